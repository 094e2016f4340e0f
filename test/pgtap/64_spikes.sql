-- A day that stands out is found, and who stands behind it; chance alone is not. Bands.
BEGIN;
SELECT plan(33);
\ir ../model/common.sql
\ir ../model/report.sql
\ir ../model/spikes.sql
SET LOCAL jit = off;
SELECT t.at('2026-03-05 12:00:00+00')
\g /dev/null

-- Four buyers, four suppliers and 61 days: each supplier sells each buyer ten leads a day, one of
-- which comes back. Buyer 4 pays in another currency.
INSERT INTO leadreturns.buyer (buyer_id, name) VALUES (3, 'Cube'), (4, 'Dune');
INSERT INTO leadreturns.account (account_id, buyer_id, name, currency)
VALUES (31, 3, 'Cube', 'USD'), (41, 4, 'Dune', 'EUR');
INSERT INTO leadreturns.supplier (supplier_id, name) VALUES (7, 'Brook'), (8, 'River');
SELECT lr_set_terms('global', NULL, '{"auto_accept": "always", "max_age": "200 days"}',
                    '2026-01-01 00:00:00+00')
\g /dev/null
CREATE TABLE t.plan AS
SELECT row_number() OVER () AS lead_id, day, buyer, supplier,
       n = 1
       -- day 45: half of supplier 5's leads come back, whoever bought them
       OR (day = 45 AND supplier = 5 AND n <= 5)
       -- day 46: buyer 2 returns half of its leads, wherever they are from
       OR (day = 46 AND buyer = 2 AND n <= 5)
       -- day 47: buyer 3 returns whatever supplier 7 has sold it
       OR (day = 47 AND buyer = 3 AND supplier = 7)
       -- days 48 to 58: supplier 6 has a bad time
       OR (day BETWEEN 48 AND 58 AND supplier = 6 AND n <= 4) AS comes_back
  FROM generate_series(1, 61) day, generate_series(1, 4) buyer, generate_series(5, 8) supplier,
       generate_series(1, 10) n;
INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost, delivered_at)
SELECT lead_id, ('{11,21,31,41}'::int[])[buyer], supplier, 10, 6,
       '2026-01-01 12:00:00+00'::timestamptz + day * interval '1 day' FROM t.plan;
SELECT lr_return_many(ARRAY(SELECT lead_id FROM t.plan WHERE comes_back), 'duplicate')
\g /dev/null
CREATE VIEW t.found AS
SELECT subject_kind, subject_id, day - '2026-01-01'::date AS day, cause
  FROM leadreturns.return_spikes WHERE is_spike;
CREATE VIEW t.planted AS
SELECT 'supplier' AS subject_kind, 5 AS subject_id, 45 AS day, 'supplier' AS cause
UNION ALL VALUES ('buyer', 2, 46, 'buyer'), ('buyer', 3, 47, 'pair'), ('supplier', 7, 47, 'pair')
UNION ALL SELECT 'supplier', 6, day, 'supplier' FROM generate_series(48, 58) day;

SELECT set_eq('TABLE t.found', 'TABLE t.planted', 'every spike is found, with its cause, unfolded');
SELECT is_empty('SELECT * FROM t.differences(''return_spikes'')', 'and so says a recount');
SELECT leadreturns.fold_rates(100)
\g /dev/null
SELECT set_eq('TABLE t.found', 'TABLE t.planted', 'half folded');
SELECT leadreturns.fold_rates(1000000)
\g /dev/null
ANALYZE;
SELECT set_eq('TABLE t.found', 'TABLE t.planted', 'folded');
SELECT is_empty('SELECT * FROM t.differences(''return_spikes'')', 'and so says a recount');

-- What a row says of it: 40 leads a day, of which 4 come back, over 28 days.
SELECT results_eq(
    $$SELECT subject, delivered, returned, return_rate, baseline_delivered, baseline_returned,
             baseline_rate, z_score, counterparts, raised, top_share
        FROM leadreturns.return_spikes
       WHERE subject_kind = 'supplier' AND subject_id = 5 AND day = '2026-02-15'$$,
    $$VALUES ('Source', 40::bigint, 20::bigint, 0.5000, 1120::bigint, 112::bigint, 0.1000,
              round((0.4 / sqrt(132.0 / 1160 * 1028 / 1160 * (1 / 40.0 + 1 / 1120.0))), 4),
              4::bigint, 4::bigint, 0.2500)$$, 'a spike that all buyers share');
SELECT results_eq(
    $$SELECT subject, delivered, returned, counterparts, raised, top_share
        FROM leadreturns.return_spikes
       WHERE subject_kind = 'buyer' AND subject_id = 3 AND day = '2026-02-17'$$,
    $$VALUES ('Cube', 40::bigint, 13::bigint, 4::bigint, 1::bigint, 1.0000)$$,
    'a spike of one pair');
SELECT results_eq(
    $$SELECT DISTINCT baseline_rate FROM leadreturns.return_spikes
       WHERE subject_kind = 'supplier' AND subject_id = 6 AND is_spike$$,
    'VALUES (0.1000)', 'a bad time does not raise its own baseline');

-- Settings.
SET LOCAL leadreturns.spike_z = 2;
SELECT set_eq($$SELECT * FROM t.found WHERE day IN (45, 46)$$,
    $$SELECT * FROM t.planted WHERE day IN (45, 46)
      UNION ALL SELECT 'buyer', buyer, 45, 'supplier' FROM generate_series(1, 4) buyer
      UNION ALL SELECT 'supplier', supplier, 46, 'buyer' FROM generate_series(5, 8) supplier$$,
    'a lower spike_z shows the other side too, which has the same cause');
SELECT is_empty('SELECT * FROM t.differences(''return_spikes'')', 'a recount says so');
SET LOCAL leadreturns.spike_z = 4.6;
SELECT is_empty('SELECT * FROM t.found WHERE day = 47', 'a higher one hides the weaker');
RESET leadreturns.spike_z;
SET LOCAL leadreturns.spike_min_delivered = 41;
SELECT is_empty('SELECT * FROM leadreturns.return_spikes', 'days of 40 leads are too few of 41');
SET LOCAL leadreturns.spike_min_delivered = 40;
SELECT is((SELECT count(*) FROM t.found), 15::bigint, 'and enough of 40');
RESET leadreturns.spike_min_delivered;
SET LOCAL leadreturns.spike_min_baseline = 1121;
SELECT is_empty('SELECT * FROM leadreturns.return_spikes', '1120 leads are too few of 1121');
SET LOCAL leadreturns.spike_min_baseline = 1120;
SELECT is((SELECT min(day) FROM leadreturns.return_spikes), '2026-02-13'::date,
          'the first whole baseline is that of day 43');
RESET leadreturns.spike_min_baseline;
SET LOCAL leadreturns.spike_baseline_from_days = 10;
SET LOCAL leadreturns.spike_baseline_until_days = 1;
SELECT ok((SELECT count(*) FROM t.found WHERE subject_id = 6) BETWEEN 1 AND 10,
          'with a baseline up to the day before, the bad time hides its end');
SELECT is_empty('SELECT * FROM t.differences(''return_spikes'')', 'a recount says so');
SET LOCAL leadreturns.spike_window_days = 3;
SET LOCAL leadreturns.spike_baseline_until_days = 4;
SELECT is_empty('SELECT * FROM t.differences(''return_spikes'')', 'a window of three days');
SET LOCAL leadreturns.spike_window_days = 15;
SELECT is_empty('SELECT * FROM t.differences(''return_spikes'')', 'one longer than its baseline');
RESET leadreturns.spike_window_days;
RESET leadreturns.spike_baseline_from_days;
RESET leadreturns.spike_baseline_until_days;
CREATE ROLE lr_t64_staff;
SELECT lr_grant('lr_t64_staff', 'staff')
\g /dev/null
GRANT USAGE ON SCHEMA t TO lr_t64_staff;
SET LOCAL ROLE lr_t64_staff;
SELECT throws_ok(format('SET LOCAL leadreturns.%s = 1', name), '42501', NULL,
                 name || ' is the superuser''s')
  FROM unnest('{band_min_delivered,band_watch,band_high,spike_window_days,spike_baseline_from_days,
                spike_baseline_until_days,spike_min_delivered,spike_min_baseline,spike_z}'::text[])
       AS name;
RESET ROLE;

-- Bands, to the lead: 3 of 20 are 15 %.
SELECT is_empty($$
    SELECT n, x, leadreturns.rate_band(n, x)
      FROM generate_series(1::bigint, 400) n, generate_series(0, n) x
     WHERE leadreturns.rate_band(n, x) <>
           CASE WHEN n < 20 THEN 'too_few' WHEN x * 100 >= n * 30 THEN 'high'
                WHEN x * 100 >= n * 15 THEN 'watch' ELSE 'healthy' END$$,
    'bands of all rates of up to 400 leads');
SELECT lr_set_terms('account', 12, '{"max_age": "200 days"}')
\g /dev/null
CREATE FUNCTION t.band_of(delivered int, returned int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    band text;
BEGIN
    PERFORM t.lead(100000 + n, '2026-03-04 12:00:00+00', 12) FROM generate_series(1, delivered) n;
    PERFORM lr_return(100000 + n, 'duplicate') FROM generate_series(1, returned) n;
    SELECT r.band INTO band FROM leadreturns.return_rate_by_account r WHERE account_id = 12;
    RAISE 'undo' USING ERRCODE = 'XX999', DETAIL = band;
EXCEPTION WHEN SQLSTATE 'XX999' THEN
    GET STACKED DIAGNOSTICS band = PG_EXCEPTION_DETAIL;
    RETURN band;
END;
$$;
CREATE FUNCTION t.bands() RETURNS text LANGUAGE sql AS $$
SELECT string_agg(t.band_of(delivered, returned), ' ' ORDER BY n)
  FROM (VALUES (1, 19, 19), (2, 20, 2), (3, 20, 3), (4, 20, 5), (5, 20, 6), (6, 20, 10))
       v (n, delivered, returned)
$$;
SELECT is(t.bands(), 'too_few healthy watch watch high high', 'a view shows them');
SET LOCAL leadreturns.band_min_delivered = 19;
SET LOCAL leadreturns.band_watch = 0.25;
SET LOCAL leadreturns.band_high = 0.5;
SELECT is(t.bands(), 'high healthy healthy watch watch high', 'by settings of one''s own');
RESET leadreturns.band_min_delivered;
RESET leadreturns.band_watch;
RESET leadreturns.band_high;
SELECT is(leadreturns.rate_band(20, 3), 'watch', 'the defaults are back');
SELECT throws_ok($$SELECT leadreturns.report_setting('work_mem')$$, '22023',
                 'invalid name of a setting', 'other settings are none of reports');
SELECT * FROM finish();
ROLLBACK;
