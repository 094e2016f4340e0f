-- Leaves the database as it is after running for a while: vacuumed, and in memory what returns read
-- at random.

CREATE EXTENSION pg_prewarm;
VACUUM ANALYZE;
CHECKPOINT;
SELECT sum(pg_prewarm(oid)) FROM pg_class
 WHERE relnamespace = 'leadreturns'::regnamespace
   AND relname IN ('delivery', 'delivery_lead_idx', 'delivery_pkey', 'transfer_account_idx');
