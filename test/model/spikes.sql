-- return_spikes once more, by the words of its description; included with \ir after report.sql.

CREATE VIEW t.spike_settings AS
SELECT current_setting('leadreturns.spike_window_days')::integer AS days,
       current_setting('leadreturns.spike_baseline_from_days')::integer AS from_days,
       current_setting('leadreturns.spike_baseline_until_days')::integer AS until_days,
       current_setting('leadreturns.spike_min_delivered')::integer AS min_delivered,
       current_setting('leadreturns.spike_min_baseline')::integer AS min_baseline,
       current_setting('leadreturns.spike_z')::float8 AS z;

-- Every delivery twice: as its buyer's and as its supplier's.
CREATE VIEW t.sides AS
SELECT 'buyer' AS subject_kind, buyer_id AS subject_id, buyer AS subject, supplier_id AS other_id,
       day, (state = 'accepted') IS TRUE AS returned
  FROM t.sold
UNION ALL
SELECT 'supplier', supplier_id, supplier, buyer_id, day, (state = 'accepted') IS TRUE
  FROM t.sold WHERE supplier_id IS NOT NULL;

CREATE VIEW t.return_spikes AS
WITH k AS MATERIALIZED (SELECT * FROM t.spike_settings),
side_days AS MATERIALIZED (
    SELECT subject_kind, subject_id, subject, other_id, day, count(*) AS n,
           count(*) FILTER (WHERE returned) AS r
      FROM t.sides GROUP BY 1, 2, 3, 4, 5),
subject_days AS MATERIALIZED (
    SELECT subject_kind, subject_id, subject, day, sum(n) AS n, sum(r) AS r
      FROM side_days GROUP BY 1, 2, 3, 4),
counted AS (
    SELECT d.subject_kind, d.subject_id, d.subject, d.day,
           sum(x.n) FILTER (WHERE x.day > d.day - days) AS n1,
           sum(x.r) FILTER (WHERE x.day > d.day - days) AS x1,
           sum(x.n) FILTER (WHERE x.day BETWEEN d.day - from_days AND d.day - until_days) AS n2,
           sum(x.r) FILTER (WHERE x.day BETWEEN d.day - from_days AND d.day - until_days) AS x2
      FROM k CROSS JOIN subject_days d
      JOIN subject_days x ON (x.subject_kind, x.subject_id) = (d.subject_kind, d.subject_id)
                         AND x.day <= d.day
     GROUP BY 1, 2, 3, 4),
judged AS (
    SELECT c.*, t.z(x1, n1, x2, n2) AS z_score, t.z(x1, n1, x2, n2) > k.z AS is_spike, k.days
      FROM counted c CROSS JOIN k WHERE n1 >= k.min_delivered AND n2 >= k.min_baseline)
SELECT j.subject_kind, j.subject_id, j.subject, j.day, n1 AS delivered, x1 AS returned,
       t.share(x1, n1) AS return_rate, n2 AS baseline_delivered, x2 AS baseline_returned,
       t.share(x2, n2) AS baseline_rate, round(z_score::numeric, 4) AS z_score, is_spike,
       p.counterparts, p.raised, round(top_excess / nullif(excess, 0), 4) AS top_share,
       -- raised without the worst counterpart: the subject; that one raised without the subject:
       -- that one; both against their own past without the other
       CASE WHEN NOT is_spike THEN NULL
            WHEN own.z > 2 THEN subject_kind
            WHEN other.z > 2
            THEN CASE subject_kind WHEN 'buyer' THEN 'supplier' ELSE 'buyer' END
            ELSE 'pair' END AS cause
  FROM judged j
  LEFT JOIN LATERAL (
       SELECT count(*) AS counterparts, count(*) FILTER (WHERE over > 0) AS raised,
              sum(over) FILTER (WHERE over > 0) AS excess, max(over) AS top_excess,
              (array_agg(other_id ORDER BY over DESC, other_id))[1] AS top_id
         FROM (SELECT other_id, sum(r) - sum(n) * x2 / n2 AS over
                 FROM side_days s
                WHERE (s.subject_kind, s.subject_id) = (j.subject_kind, j.subject_id)
                  AND s.day > j.day - j.days AND s.day <= j.day
                GROUP BY other_id) o) p ON is_spike
  LEFT JOIN LATERAL (
       SELECT t.z(sum(r) FILTER (WHERE s.day > j.day - j.days),
                  sum(n) FILTER (WHERE s.day > j.day - j.days),
                  sum(r) FILTER (WHERE s.day BETWEEN j.day - from_days AND j.day - until_days),
                  sum(n) FILTER (WHERE s.day BETWEEN j.day - from_days AND j.day - until_days))
                  AS z
         FROM side_days s CROSS JOIN k
        WHERE (s.subject_kind, s.subject_id) = (j.subject_kind, j.subject_id)
          AND s.other_id IS DISTINCT FROM p.top_id AND s.day <= j.day) own ON is_spike
  LEFT JOIN LATERAL (
       SELECT t.z(sum(r) FILTER (WHERE s.day > j.day - j.days),
                  sum(n) FILTER (WHERE s.day > j.day - j.days),
                  sum(r) FILTER (WHERE s.day BETWEEN j.day - from_days AND j.day - until_days),
                  sum(n) FILTER (WHERE s.day BETWEEN j.day - from_days AND j.day - until_days))
                  AS z
         FROM side_days s CROSS JOIN k
        WHERE s.subject_kind <> j.subject_kind AND s.subject_id = p.top_id
          AND s.other_id IS DISTINCT FROM j.subject_id AND s.day <= j.day) other ON is_spike;
