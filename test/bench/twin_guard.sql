-- The twin writes the tables themselves.
ALTER TABLE leadreturns.delivery DISABLE TRIGGER guard;
ALTER TABLE leadreturns.request DISABLE TRIGGER guard;
ALTER TABLE leadreturns.history DISABLE TRIGGER guard;
ALTER TABLE leadreturns.transfer DISABLE TRIGGER guard;
ALTER TABLE leadreturns.cap_period DISABLE TRIGGER guard;
ALTER TABLE leadreturns.volume_delta DISABLE TRIGGER guard;
