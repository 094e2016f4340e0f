-- The twin writes the tables themselves.
ALTER TABLE leadreturns.delivery DISABLE TRIGGER guard;
ALTER TABLE leadreturns.request DISABLE TRIGGER guard;
ALTER TABLE leadreturns.history DISABLE TRIGGER guard;
ALTER TABLE leadreturns.transfer DISABLE TRIGGER guard;
ALTER TABLE leadreturns.cap_period DISABLE TRIGGER guard;
ALTER TABLE leadreturns.volume_delta DISABLE TRIGGER guard;

-- A statement names the figures that it changes; the others are 0.
ALTER TABLE leadreturns.rate_delta
    ALTER delivered SET DEFAULT 0, ALTER returned SET DEFAULT 0, ALTER open SET DEFAULT 0,
    ALTER declined SET DEFAULT 0, ALTER acceptances SET DEFAULT 0, ALTER declines SET DEFAULT 0,
    ALTER withdrawals SET DEFAULT 0, ALTER rollbacks SET DEFAULT 0,
    ALTER delivered_value SET DEFAULT 0, ALTER cost SET DEFAULT 0,
    ALTER returned_value SET DEFAULT 0, ALTER clawback SET DEFAULT 0,
    ALTER credited SET DEFAULT 0, ALTER clawed_back SET DEFAULT 0, ALTER adjusted SET DEFAULT 0;
