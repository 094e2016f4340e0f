-- How often a spike is seen where there is none, and overlooked where there is one: days drawn at
-- random, written where the view reads them.
BEGIN;
SELECT plan(6);
SET LOCAL jit = off;
SELECT setseed(0.5)
\g /dev/null

-- Suppliers that return 2 to 20 % of 30 to 60 leads a day. Those of the last three kinds have one
-- day that is different; the last sells 200 leads a day, of which at least 5 % come back.
CREATE TEMP TABLE series AS
SELECT supplier_id, CASE WHEN supplier_id <= 2000 THEN 'quiet' WHEN supplier_id <= 2100 THEN 'half'
                         WHEN supplier_id <= 2200 THEN 'tripled' ELSE 'large' END AS kind,
       random() AS u
  FROM generate_series(1001, 2300) supplier_id;
ALTER TABLE series ADD rate float8;
UPDATE series SET rate = CASE kind WHEN 'large' THEN 0.05 + 0.15 * u ELSE 0.02 + 0.18 * u END;
CREATE TEMP TABLE days AS
SELECT s.*, '2026-01-01'::date + day AS day, day = 80 AND kind <> 'quiet' AS planted,
       CASE kind WHEN 'large' THEN 200 ELSE 30 + floor(random() * 31)::int END AS delivered
  FROM series s, generate_series(1, 90) day;
INSERT INTO leadreturns.supplier (supplier_id, name)
SELECT supplier_id, 'Supplier ' || supplier_id FROM series;
INSERT INTO leadreturns.rollup_supplier (grain, starts_on, supplier_id, currency, delivered,
       returned, open, declined, delivered_value, returned_value)
SELECT 'day', day, supplier_id, 'USD', delivered,
       CASE WHEN planted AND kind = 'half' THEN ceil((rate + 0.5) * delivered)
            ELSE (SELECT count(*) FROM generate_series(1, delivered)
                   WHERE random() < CASE WHEN planted THEN 3 * rate ELSE rate END) END,
       0, 0, 0, 0
  FROM days;
ANALYZE leadreturns.rollup_supplier;
ANALYZE leadreturns.rate_delta;
CREATE TEMP TABLE judged AS
SELECT kind, planted, is_spike, z_score
  FROM leadreturns.return_spikes r
  JOIN days d ON d.supplier_id = r.subject_id AND d.day = r.day
 WHERE subject_kind = 'supplier' AND subject_id > 1000;

SELECT diag(format('%s: %s of %s judged days are taken for spikes, %s per 10,000', what, spikes, n,
                   round(10000.0 * spikes / n, 2)))
  FROM (SELECT CASE WHEN planted THEN 'planted, ' || kind ELSE 'not planted, ' || kind END AS what,
               count(*) FILTER (WHERE is_spike) AS spikes, count(*) AS n
          FROM judged GROUP BY 1 ORDER BY 1) x;
SELECT ok((SELECT count(*) FROM judged WHERE kind = 'quiet') >= 1000 * 60,
          'a thousand series of sixty days and more are judged');
-- The exact binomial tail above z = 4 is 4.0 of 10,000, averaged over these rates and sizes (24 at
-- 2 % of 30 leads, 1.3 at 20 % of 45; a normal distribution would have 0.3): of some 70,000 days
-- 28 with a standard deviation of 5.3, so that 8 of 10,000 are five deviations away.
SELECT ok((SELECT avg(is_spike::int) FROM judged WHERE kind = 'quiet') < 0.0008,
          'false alarms are as rare as chance allows');
SELECT ok((SELECT avg(is_spike::int) FROM judged WHERE kind = 'quiet') > 0.0001,
          'and there are some, so they were looked for');
SELECT ok((SELECT max(z_score) FROM judged WHERE kind = 'quiet') < 8, 'none is far above 4');
SELECT is((SELECT count(*) FROM judged WHERE planted AND kind = 'half' AND is_spike), 100::bigint,
          'half of 30 to 60 leads more than usual is always seen');
SELECT cmp_ok((SELECT count(*) FROM judged WHERE planted AND kind = 'large' AND is_spike), '>=',
              90::bigint, 'three times as many of 200 leads as usual, too, nearly always');
SELECT * FROM finish();
ROLLBACK;
