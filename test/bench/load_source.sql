-- What is loaded to measure loading: :rows deliveries with all that can be indexed, and tables of
-- the same shape, constraints and indexes as those that the view writes, without triggers.

CREATE SCHEMA IF NOT EXISTS bench;

CREATE UNLOGGED TABLE bench.source AS
SELECT i AS lead_id, i % :accounts + 1 AS account_id,
       i / :accounts % 50 + 1 AS supplier_id, i % 5 + 1 AS lead_group_id,
       (20 + i % 80 + 0.5)::numeric(14,2) AS price,
       (5 + i % 10)::numeric(14,2) AS cost, 'USD' AS currency,
       date_trunc('second', now()) - interval '20 days' * (1 - i / (:rows + 1.0))
           AS delivered_at,
       'DELIVERED' AS status, md5(i::text) AS external_id,
       format('person.%s@example.com', i) AS email, (15550000000 + i)::text AS phone
  FROM generate_series(1, :rows::bigint) i;
ANALYZE bench.source;

CREATE TABLE bench.delivery (LIKE leadreturns.delivery INCLUDING ALL) WITH (fillfactor = 90);
CREATE TABLE bench.transfer (LIKE leadreturns.transfer INCLUDING ALL);
CREATE TABLE bench.volume_delta (LIKE leadreturns.volume_delta INCLUDING ALL);
