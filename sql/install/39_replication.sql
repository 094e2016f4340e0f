-- Tables without a key that is never null: while all tables are published, their rows could be
-- neither changed nor removed. It costs nothing unless wal_level is logical.

ALTER TABLE leadreturns.volume_delta REPLICA IDENTITY FULL;
ALTER TABLE leadreturns.import_cancel REPLICA IDENTITY FULL;
ALTER TABLE leadreturns.rate_delta REPLICA IDENTITY FULL;
ALTER TABLE leadreturns.rollup_supplier REPLICA IDENTITY FULL;
ALTER TABLE leadreturns.rollup_lead_group REPLICA IDENTITY FULL;
ALTER TABLE leadreturns.rollup_reason REPLICA IDENTITY FULL;
ALTER TABLE leadreturns.rollup_cross REPLICA IDENTITY FULL;
