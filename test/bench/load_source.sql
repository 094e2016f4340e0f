-- What is loaded to measure loading: :rows deliveries with all that can be indexed, and tables of
-- the same shape, constraints and indexes as those that the view writes, without triggers. The
-- day is for the plain statements; it is in the zone of the terms of reference.sql.

CREATE SCHEMA IF NOT EXISTS bench;

CREATE UNLOGGED TABLE bench.source AS
SELECT i AS lead_id, i % :accounts + 1 AS account_id,
       i / :accounts % 50 + 1 AS supplier_id, i % 5 + 1 AS lead_group_id,
       (20 + i % 80 + 0.5)::numeric(14,2) AS price,
       (5 + i % 10)::numeric(14,2) AS cost, 'USD' AS currency,
       t.delivered_at, (t.delivered_at AT TIME ZONE 'America/New_York')::date AS delivered_on,
       'DELIVERED' AS status, md5(i::text) AS external_id,
       format('person.%s@example.com', i) AS email, (15550000000 + i)::text AS phone
  FROM generate_series(1, :rows::bigint) i
 CROSS JOIN LATERAL (SELECT date_trunc('second', now())
                            - interval '20 days' * (1 - i / (:rows + 1.0))) t (delivered_at);
ANALYZE bench.source;

CREATE TABLE bench.delivery (LIKE leadreturns.delivery INCLUDING ALL) WITH (fillfactor = 90);
CREATE TABLE bench.transfer (LIKE leadreturns.transfer INCLUDING ALL);
CREATE TABLE bench.volume_delta (LIKE leadreturns.volume_delta INCLUDING ALL);
CREATE TABLE bench.rate_delta (LIKE leadreturns.rate_delta INCLUDING ALL);
