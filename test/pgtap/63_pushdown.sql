-- A condition on account, buyer, supplier or period reads that part of the rollups and no more, for
-- everybody who may read the reports; and of what is not folded, that of the account, buyer or
-- supplier.
SELECT plan(10);
\ir ../model/common.sql
SET jit = off;
SET max_parallel_workers_per_gather = 0;
-- tables of a few pages are rather read whole; the question is what the indexes can be used for
SET enable_seqscan = off;
SELECT t.at('2026-06-01 12:00:00+00')
\g /dev/null

-- 50 buyers with two accounts each, ten suppliers and 60 days: a lead of each a day, every tenth of
-- which comes back; and two days more, not folded.
INSERT INTO leadreturns.buyer (buyer_id, name)
SELECT n, 'Buyer ' || n FROM generate_series(101, 150) n;
INSERT INTO leadreturns.account (account_id, buyer_id, name)
SELECT 1000 + n, 101 + n / 2, 'Account ' || n FROM generate_series(0, 99) n;
INSERT INTO leadreturns.supplier (supplier_id, name)
SELECT n, 'Supplier ' || n FROM generate_series(101, 110) n;
INSERT INTO leadreturns.lead_group (lead_group_id, name)
SELECT n, 'Group ' || n FROM generate_series(101, 104) n;
SELECT lr_set_terms('global', NULL, '{"auto_accept": "always", "max_age": "200 days"}',
                    '2026-01-01 00:00:00+00')
\g /dev/null
CREATE PROCEDURE t.deliver_days(first int, last int) LANGUAGE sql AS $$
INSERT INTO leadreturns.deliveries
    (lead_id, account_id, supplier_id, lead_group_id, price, cost, delivered_at)
SELECT row_number() OVER () + first * 1000, account, supplier, 101 + (account + day) % 4, 10, 6,
       '2026-03-01 12:00:00+00'::timestamptz + day * interval '1 day'
  FROM generate_series(1000, 1099) account, generate_series(101, 110) supplier,
       generate_series(first, last) day;
$$;
CALL t.deliver_days(0, 59);
SELECT count(*) FROM generate_series(1, 10) part, lr_return_many(
    ARRAY(SELECT n FROM generate_series(part * 7, 60000, 101) n),
    CASE part % 2 WHEN 0 THEN 'duplicate' ELSE 'tcpa_risk' END)
\g /dev/null
SELECT leadreturns.fold_rates(1000000)
\g /dev/null
CALL t.deliver_days(60, 61);
VACUUM ANALYZE;

-- How many rows a query reads of relations named like this, and of all of them together.
CREATE FUNCTION t.rows_read(query text, relations text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    plan json;
    n bigint;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) ' || query INTO plan;
    WITH RECURSIVE node (node) AS (
        SELECT (plan->0->'Plan')::jsonb
        UNION ALL SELECT child FROM node, jsonb_array_elements(node->'Plans') child)
    SELECT sum(((node->>'Actual Rows')::numeric
                + coalesce((node->>'Rows Removed by Filter')::numeric, 0)
                + coalesce((node->>'Rows Removed by Index Recheck')::numeric, 0))
               * (node->>'Actual Loops')::numeric)
      INTO n FROM node WHERE node->>'Relation Name' ~ relations;
    RETURN coalesce(n, 0);
END;
$$;
SELECT is(t.rows_read('SELECT * FROM leadreturns.delivery WHERE lead_id % 10 = 0', '^delivery$'),
          62000::bigint, 'rows that a filter removes are read, too');

-- What is asked, and the part of a rollup that answers it. Of rate_delta the same part, unless the
-- condition is on days alone: it has few rows, and no index by day.
CREATE TABLE t.asked AS
SELECT v.view, c.condition, v.rollup, v.grain, replace(replace(c.condition, v.period, 'starts_on'),
           'buyer_id = 110', 'account_id IN (1018, 1019)') AS part
  FROM (VALUES ('return_rate_daily', 'rollup_cross', 'day', 'day'),
               ('return_rate_weekly', 'rollup_cross', 'week', 'week'),
               ('return_rate_monthly', 'rollup_cross', 'month', 'month'),
               ('returns_decided_daily', 'rollup_cross', 'day', 'day'),
               ('pnl', 'rollup_cross', 'day', 'day'),
               ('pnl_monthly', 'rollup_cross', 'month', 'month'),
               ('return_rate_buyer_supplier', 'rollup_cross', 'all', '-'),
               ('return_rate_by_account', 'rollup_account', 'all', '-'),
               ('return_rate_by_account_daily', 'rollup_account', 'day', 'day'),
               ('return_rate_by_buyer', 'rollup_account', 'all', '-'),
               ('return_rate_by_buyer_daily', 'rollup_account', 'day', 'day'),
               ('return_rate_by_supplier', 'rollup_supplier', 'all', '-'),
               ('return_rate_by_supplier_daily', 'rollup_supplier', 'day', 'day'),
               ('return_rate_by_lead_group_daily', 'rollup_lead_group', 'day', 'day'),
               ('return_rate_by_reason_daily', 'rollup_reason', 'day', 'day'),
               ('bad_lead_summary', 'rollup_reason', 'all', '-')) v (view, rollup, grain, period)
 CROSS JOIN LATERAL (
       SELECT concat_ws(' AND ', s.condition, p.condition) AS condition
         FROM (VALUES (NULL), ('account_id = 1019'), ('buyer_id = 110'), ('supplier_id = 103'),
                      ('account_id = 1019 AND supplier_id = 103'),
                      ('buyer_id = 110 AND supplier_id = 103')) s (condition)
        CROSS JOIN (VALUES (NULL), (v.period || ' >= ''2026-04-20'''),
                           (v.period || ' BETWEEN ''2026-04-01'' AND ''2026-04-06''')
                   ) p (condition)
        WHERE s.condition IS NOT NULL OR p.condition IS NOT NULL) c
 -- only what the view has
 WHERE NOT EXISTS (
       SELECT FROM regexp_matches(c.condition, '(\w+|-) (?:=|>=|BETWEEN)', 'g') AS used (names)
        WHERE names[1] NOT IN (SELECT attname FROM pg_attribute
                                WHERE attrelid = to_regclass('leadreturns.' || v.view)));
ALTER TABLE t.asked ADD rollup_rows bigint, ADD delta_rows bigint;
CREATE FUNCTION t.count_rows(relation text, condition text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM leadreturns.%I WHERE %s', relation, condition) INTO n;
    RETURN n;
END;
$$;
UPDATE t.asked SET
    rollup_rows = t.count_rows(rollup, format('grain = %L AND %s', grain, part)),
    delta_rows = CASE WHEN part ~ '_id' THEN t.count_rows('rate_delta', regexp_replace(part,
                     '( AND )?starts_on (>= \S+|BETWEEN \S+ AND \S+)', '', 'g')) END;
SELECT ok(count(*) > 90 AND min(rollup_rows) < 10 AND max(rollup_rows) > 5000,
          'many questions with answers of all sizes') FROM t.asked;

-- Twice as much and a page more may be read: pnl looks at deltas for sales and for moves.
CREATE FUNCTION t.too_much(OUT view text, OUT condition text, OUT rows text)
RETURNS SETOF record LANGUAGE sql AS $$
SELECT view, condition, format('rollups %s of %s, deltas %s of %s', rollups, rollup_rows, deltas,
                               delta_rows)
  FROM t.asked
 CROSS JOIN LATERAL (SELECT format('SELECT * FROM leadreturns.%I WHERE %s', view, condition)) q (q)
 CROSS JOIN LATERAL (SELECT t.rows_read(q, '^rollup_') AS rollups,
                            t.rows_read(q, '^rate_delta$') AS deltas) r
 WHERE rollups > 2 * rollup_rows + 30 OR deltas > 2 * delta_rows + 30
$$;

-- A spike is judged by the subject's past 42 days; its causes are looked for only if it is one.
CREATE TABLE t.asked_spikes AS
SELECT * FROM (VALUES
    ('subject_kind = ''buyer'' AND subject_id = 110 AND day = ''2026-04-25''', 2 * 43),
    ('subject_kind = ''supplier'' AND subject_id = 103 AND day = ''2026-04-25''', 43),
    ('day = ''2026-04-25''', 110 * 43 + 110)) v (condition, rollup_rows);
CREATE FUNCTION t.too_much_for_spikes(OUT condition text, OUT rows text)
RETURNS SETOF record LANGUAGE sql AS $$
SELECT condition, format('rollups %s of %s', rollups, rollup_rows)
  FROM t.asked_spikes
 CROSS JOIN LATERAL (SELECT t.rows_read('SELECT * FROM leadreturns.return_spikes WHERE '
                                        || condition, '^rollup_') AS rollups) r
 WHERE rollups > 2 * rollup_rows + 30
$$;
SELECT ok(count(*) >= 60, 'there are days to judge')
  FROM leadreturns.return_spikes WHERE day = '2026-04-25';

CREATE ROLE lr_t63_reporting;
CREATE ROLE lr_t63_staff;
SELECT lr_grant('lr_t63_reporting', 'reporting'), lr_grant('lr_t63_staff', 'staff')
\g /dev/null
GRANT SELECT ON t.asked, t.asked_spikes TO PUBLIC;

SELECT is_empty('SELECT * FROM t.too_much()', 'the superuser reads what is asked for');
SELECT is_empty('SELECT * FROM t.too_much_for_spikes()', 'and of spikes');
SET ROLE lr_t63_reporting;
SELECT is_empty('SELECT * FROM t.too_much()', 'so does reporting');
SELECT is_empty('SELECT * FROM t.too_much_for_spikes()', 'and of spikes');
RESET ROLE;
SET ROLE lr_t63_staff;
SELECT is_empty('SELECT * FROM t.too_much()', 'so does staff');
SELECT is_empty('SELECT * FROM t.too_much_for_spikes()', 'and of spikes');
RESET ROLE;
SELECT is_empty('SELECT * FROM lr_reconcile()', 'everything reconciles');
SELECT * FROM finish();
DROP OWNED BY lr_t63_reporting, lr_t63_staff;
DROP ROLE lr_t63_reporting, lr_t63_staff;
