-- What a person looks at: the queue, spikes, and whether money and returns agree.

CREATE VIEW leadreturns.pending_returns WITH (security_barrier) AS
SELECT r.return_id, r.delivery_id, d.lead_id,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN d.external_id END AS external_id,
       r.account_id, a.name AS account, a.buyer_id, b.name AS buyer,
       CASE WHEN (SELECT leadreturns.reads_figures()) THEN d.supplier_id END AS supplier_id,
       CASE WHEN (SELECT leadreturns.reads_figures()) THEN s.name END AS supplier,
       d.lead_group_id, g.name AS lead_group, r.reason, c.label AS reason_label,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN r.reason_text END AS reason_text,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN r.note END AS note,
       r.price, d.currency, r.requested_at,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN r.requested_by END AS requested_by,
       CASE WHEN (SELECT leadreturns.sees_all()) THEN r.assignee END AS assignee,
       leadreturns.review_state(r.status, r.awaits_buyer, r.auto_accept_at) AS review,
       leadreturns.status_colour(r.status) AS colour, r.over_cap,
       q.age_hours,
       CASE WHEN q.age_hours < 1 THEN 'under 1 hour' WHEN q.age_hours < 24 THEN '1 to 24 hours'
            WHEN q.age_hours < 72 THEN '1 to 3 days' WHEN q.age_hours < 168 THEN '3 to 7 days'
            ELSE 'over 7 days' END AS age_bucket,
       CASE WHEN q.age_hours < 1 THEN 1 WHEN q.age_hours < 24 THEN 2 WHEN q.age_hours < 72 THEN 3
            WHEN q.age_hours < 168 THEN 4 ELSE 5 END AS age_bucket_order,
       q.due_at,
       CASE WHEN r.auto_accept_at = q.due_at THEN 'accept' ELSE r.timeout_action END AS due_action,
       (extract(epoch FROM q.due_at - q.now) / 3600)::numeric(12,2) AS due_in_hours,
       coalesce(q.due_at <= q.now, false) AS overdue
  FROM leadreturns.request r
 CROSS JOIN LATERAL (
       SELECT n.now, least(r.auto_accept_at, r.timeout_at) AS due_at,
              (extract(epoch FROM n.now - r.requested_at) / 3600)::numeric(12,2) AS age_hours
         FROM (SELECT leadreturns.clock()) AS n (now)) q
  JOIN leadreturns.delivery d ON d.delivery_id = r.delivery_id
  JOIN leadreturns.account a ON a.account_id = r.account_id
  JOIN leadreturns.buyer b ON b.buyer_id = a.buyer_id
  JOIN leadreturns.reason c ON c.code = r.reason
  LEFT JOIN leadreturns.supplier s ON s.supplier_id = d.supplier_id
  LEFT JOIN leadreturns.lead_group g ON g.lead_group_id = d.lead_group_id
 WHERE r.status = 'open'
   AND ((SELECT leadreturns.reads_figures())
        OR (SELECT leadreturns.own_buyer())
           = (SELECT o.buyer_id FROM leadreturns.account o WHERE o.account_id = r.account_id));

-- Spikes.

CREATE FUNCTION leadreturns.z_score(
    returned bigint, delivered bigint, base_returned bigint, base_delivered bigint)
RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lr_z_score';
COMMENT ON FUNCTION leadreturns.z_score(bigint, bigint, bigint, bigint) IS
'By how many standard deviations the rate of a window differs from that of its baseline: the z test'
' of two proportions with a pooled variance, z = (p1 - p2) / sqrt(p (1 - p) (1/n1 + 1/n2)), where p'
' is the rate of both together. Unlike a test against a fixed rate it allows for the error of the'
' baseline itself, and is defined when nothing was returned in it. Source: NIST/SEMATECH e-Handbook'
' of Statistical Methods, 7.3.3. Null without deliveries on either side. Example:'
' z_score(10, 20, 20, 200) is 4.9701.';

-- Deliveries and returns by day and subject, all currencies together: these are counts.
CREATE VIEW leadreturns.subject_days WITH (security_barrier) AS
SELECT 'buyer' AS subject_kind, a.buyer_id AS subject_id, c.day,
       sum(c.delivered) AS delivered, sum(c.returned) AS returned
  FROM (SELECT grain, starts_on AS day, account_id, delivered, returned
          FROM leadreturns.rollup_account
        UNION ALL
        SELECT 'day', delivered_on, account_id, delivered, returned
          FROM leadreturns.rate_delta) c
  JOIN leadreturns.account a ON a.account_id = c.account_id
 WHERE c.grain = 'day'
 GROUP BY a.buyer_id, c.day
HAVING sum(c.delivered) > 0
UNION ALL
SELECT 'supplier', c.supplier_id, c.day, sum(c.delivered), sum(c.returned)
  FROM (SELECT grain, starts_on AS day, supplier_id, delivered, returned
          FROM leadreturns.rollup_supplier
        UNION ALL
        SELECT 'day', delivered_on, supplier_id, delivered, returned
          FROM leadreturns.rate_delta) c
 WHERE c.grain = 'day' AND c.supplier_id IS NOT NULL
 GROUP BY c.supplier_id, c.day
HAVING sum(c.delivered) > 0;

-- The same for pairs, once from each side.
CREATE VIEW leadreturns.pair_days WITH (security_barrier) AS
SELECT 'buyer' AS subject_kind, a.buyer_id AS subject_id, c.supplier_id AS other_id, c.day,
       c.delivered, c.returned
  FROM (SELECT grain, starts_on AS day, account_id, supplier_id, delivered, returned
          FROM leadreturns.rollup_cross
        UNION ALL
        SELECT 'day', delivered_on, account_id, supplier_id, delivered, returned
          FROM leadreturns.rate_delta) c
  JOIN leadreturns.account a ON a.account_id = c.account_id
 WHERE c.grain = 'day'
UNION ALL
SELECT 'supplier', c.supplier_id, a.buyer_id, c.day, c.delivered, c.returned
  FROM (SELECT grain, starts_on AS day, account_id, supplier_id, delivered, returned
          FROM leadreturns.rollup_cross
        UNION ALL
        SELECT 'day', delivered_on, account_id, supplier_id, delivered, returned
          FROM leadreturns.rate_delta) c
  JOIN leadreturns.account a ON a.account_id = c.account_id
 WHERE c.grain = 'day' AND c.supplier_id IS NOT NULL;

-- A subject's spike is its own if its rate is raised without the counterpart that contributed most,
-- too. If not, that counterpart may be raised without the subject; else it is the two of them. Each
-- is compared with its own past, without the other one as well.
CREATE VIEW leadreturns.return_spikes WITH (security_barrier) AS
SELECT s.subject_kind, s.subject_id, coalesce(b.name, p.name) AS subject, s.day,
       s.delivered, s.returned,
       leadreturns.ratio(s.returned, s.delivered)::numeric(7,4) AS return_rate,
       s.baseline_delivered, s.baseline_returned,
       leadreturns.ratio(s.baseline_returned, s.baseline_delivered)::numeric(7,4)
           AS baseline_rate,
       s.z_score::numeric(10,4) AS z_score, s.is_spike,
       c.counterparts, c.raised, c.top_share::numeric(7,4) AS top_share,
       CASE WHEN NOT s.is_spike THEN NULL
            WHEN e.own_z > 2 THEN s.subject_kind
            WHEN e.other_z > 2 THEN s.other_kind
            ELSE 'pair' END AS cause
  FROM (SELECT d.subject_kind, d.subject_id, d.day, t.delivered, t.returned,
               CASE d.subject_kind WHEN 'buyer' THEN 'supplier' ELSE 'buyer' END AS other_kind,
               k.before, k.base_from, k.base_until,
               t.baseline_delivered, t.baseline_returned, z.z_score,
               z.z_score > leadreturns.report_setting('spike_z') AS is_spike
          FROM leadreturns.subject_days d
         CROSS JOIN LATERAL (
               SELECT d.day - leadreturns.report_setting('spike_window_days')::integer,
                      d.day - leadreturns.report_setting('spike_baseline_from_days')::integer,
                      d.day - leadreturns.report_setting('spike_baseline_until_days')::integer
               ) AS k (before, base_from, base_until)
         CROSS JOIN LATERAL (
               SELECT (sum(x.delivered) FILTER (WHERE x.day > k.before))::bigint AS delivered,
                      (sum(x.returned) FILTER (WHERE x.day > k.before))::bigint AS returned,
                      (sum(x.delivered) FILTER (WHERE x.day >= k.base_from
                                                  AND x.day <= k.base_until))::bigint
                          AS baseline_delivered,
                      (sum(x.returned) FILTER (WHERE x.day >= k.base_from
                                                 AND x.day <= k.base_until))::bigint
                          AS baseline_returned
                 FROM leadreturns.subject_days x
                WHERE x.subject_kind = d.subject_kind AND x.subject_id = d.subject_id
                  AND x.day <= d.day AND x.day >= least(k.before + 1, k.base_from)) t
         CROSS JOIN LATERAL leadreturns.z_score(t.returned, t.delivered, t.baseline_returned,
                                                t.baseline_delivered) AS z (z_score)
         WHERE t.delivered >= leadreturns.report_setting('spike_min_delivered')
           AND t.baseline_delivered >= leadreturns.report_setting('spike_min_baseline')
           -- a window of one day is known before it is looked at
           AND (d.delivered >= leadreturns.report_setting('spike_min_delivered')
                OR leadreturns.report_setting('spike_window_days') > 1)) s
  LEFT JOIN LATERAL (
       SELECT count(*) AS counterparts,
              count(*) FILTER (WHERE g.excess > 0) AS raised,
              max(g.excess) / nullif(sum(g.excess) FILTER (WHERE g.excess > 0), 0) AS top_share,
              (array_agg(g.other_id ORDER BY g.excess DESC, g.other_id))[1] AS top_id
         FROM (SELECT x.other_id,
                      sum(x.returned) - sum(x.delivered) * s.baseline_returned::numeric
                                        / s.baseline_delivered AS excess
                 FROM leadreturns.pair_days x
                WHERE s.is_spike
                  AND x.subject_kind = s.subject_kind AND x.subject_id = s.subject_id
                  AND x.day <= s.day AND x.day > s.before
                GROUP BY x.other_id
               HAVING sum(x.delivered) > 0) g) c ON s.is_spike
  LEFT JOIN LATERAL (
       SELECT max(q.z) FILTER (WHERE v.kind = s.subject_kind) AS own_z,
              max(q.z) FILTER (WHERE v.kind = s.other_kind) AS other_z
         FROM (VALUES (s.subject_kind, s.subject_id, c.top_id),
                      (s.other_kind, c.top_id, s.subject_id)) AS v (kind, id, without)
        CROSS JOIN LATERAL (
              SELECT leadreturns.z_score(
                         (sum(x.returned) FILTER (WHERE x.day > s.before))::bigint,
                         (sum(x.delivered) FILTER (WHERE x.day > s.before))::bigint,
                         (sum(x.returned) FILTER (WHERE x.day >= s.base_from
                                                    AND x.day <= s.base_until))::bigint,
                         (sum(x.delivered) FILTER (WHERE x.day >= s.base_from
                                                     AND x.day <= s.base_until))::bigint) AS z
                FROM leadreturns.pair_days x
               WHERE s.is_spike AND x.subject_kind = v.kind AND x.subject_id = v.id
                 AND x.other_id IS DISTINCT FROM v.without
                 AND x.day <= s.day AND x.day >= least(s.before + 1, s.base_from)) q
       ) e ON s.is_spike
  LEFT JOIN leadreturns.buyer b ON s.subject_kind = 'buyer' AND b.buyer_id = s.subject_id
  LEFT JOIN leadreturns.supplier p
         ON s.subject_kind = 'supplier' AND p.supplier_id = s.subject_id
 WHERE (SELECT leadreturns.reads_figures());
