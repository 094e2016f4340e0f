-- The import as one statement: what can be said in SQL to file and accept the returns of
-- bench.import_line and to write down what became of each line. Deliveries are locked by id, then
-- accounts by id; each rule is asked once for the whole set, the cap by counting, within account
-- and period, the lines before that can be taken. Reasons are matched once per text. It uses the
-- terms and reasons of twin_terms.sql and twin_reason.sql; ids are taken where the library does.
--
-- This file finds out what each line means; twin_import_writes.sql, which follows it in the same
-- statement, writes.
--
-- Left out, because the file and the terms have none of it: everything that twin_terms.sql leaves
-- out; caps by value or with review at the cap; requests that stay open; a lead that was delivered
-- twice or that is in the file twice; several versions of the terms amid a period whose caps
-- differ; notes; the snapshot after the locks, which one statement cannot have.

WITH clock AS MATERIALIZED (SELECT leadreturns.clock() AS at),
named AS MATERIALIZED (
    SELECT l.line_no, l.reason AS given, d.delivery_id, d.lead_id, d.account_id, d.supplier_id,
           coalesce(d.lead_group_id, 0) AS lead_group_id, d.price, d.cost, d.currency,
           d.delivered_at, d.delivered_on, d.status, d.replaces, d.deleted_at,
           d.sale_transfer_id, d.payout_transfer_id,
           width_bucket(d.delivered_at, (SELECT array_agg(DISTINCT t.valid_from
                                                          ORDER BY t.valid_from)
                                           FROM twin.terms t)) AS span
      FROM bench.import_line l JOIN leadreturns.delivery d ON d.lead_id = l.lead_id
     ORDER BY d.delivery_id
       FOR NO KEY UPDATE OF d),
held AS MATERIALIZED (
    SELECT a.account_id, a.buyer_id
      FROM leadreturns.account a WHERE a.account_id IN (SELECT n.account_id FROM named n)
     ORDER BY a.account_id
       FOR NO KEY UPDATE OF a),
said AS MATERIALIZED (
    SELECT g.given, rtrim(left(btrim(regexp_replace(g.given, '\s+', ' ', 'g')), 75)) AS text,
           c.code, c.active, c.requires_note, c.supplier_fault, c.min_age, c.max_age
      FROM (SELECT DISTINCT n.given FROM named n) g
      LEFT JOIN twin.reason_match m ON m.key = leadreturns.reason_key(g.given)
      JOIN leadreturns.reason c ON c.code = coalesce(m.code, 'other')),
period AS MATERIALIZED (
    SELECT p.account_id, p.starts_at, p.ends_at, p.used, p.delivered + coalesce(x.n, 0) AS delivered
      FROM leadreturns.cap_period p
      LEFT JOIN (SELECT q.account_id, q.starts_at, q.ends_at, count(*) AS n
                   FROM leadreturns.volume_delta v
                   JOIN leadreturns.cap_period q ON q.account_id = v.account_id
                        AND v.delivered_at >= q.starts_at AND v.delivered_at < q.ends_at
                  GROUP BY q.account_id, q.starts_at, q.ends_at) x
             USING (account_id, starts_at, ends_at)),
-- the terms of each account, lead group and span of time without a new version of any terms
rule AS MATERIALIZED (
    SELECT g.account_id, g.lead_group_id, g.span, t.*,
           (k.at AT TIME ZONE t.time_zone)::date AS today
      FROM (SELECT n.account_id, a.buyer_id, n.lead_group_id, n.span,
                   min(n.delivered_at) AS delivered_at
              FROM named n JOIN held a ON a.account_id = n.account_id
             GROUP BY n.account_id, a.buyer_id, n.lead_group_id, n.span) g
     CROSS JOIN clock k
     CROSS JOIN LATERAL twin.terms_at(g.account_id, g.buyer_id, g.lead_group_id,
                                      g.delivered_at) t),
closed AS MATERIALIZED (
    SELECT c.account_id, max(c.ends_at) AS until FROM leadreturns.closing c GROUP BY 1),
fact AS (
    SELECT n.*, s.text, s.code, s.supplier_fault, t.accepted_status, t.reverse_money, t.clawback
           AS claws, t.remedy, t.today, p.starts_at, p.ends_at, p.used, x.until,
           r.status AS live_status, r.return_id AS live_id, k.at, w.opens_at, w.closes_at,
           least(t.max_return_count, CASE WHEN p.delivered >= t.cap_min_volume
               THEN floor(t.max_return_percent * p.delivered / 100) END) AS allowed,
           CASE WHEN n.deleted_at IS NOT NULL THEN 'LR005'
                WHEN r.status = 'open' THEN 'LR010'
                WHEN r.status = 'accepted' THEN 'LR011'
                WHEN NOT t.resubmission AND EXISTS (SELECT FROM leadreturns.request q
                                                     WHERE q.delivery_id = n.delivery_id)
                THEN 'LR015'
                WHEN n.replaces IS NOT NULL AND NOT t.replacement_returnable THEN 'LR020'
                WHEN k.at < w.opens_at THEN 'LR021'
                WHEN k.at > w.closes_at THEN 'LR022' END AS before_cap,
           CASE WHEN coalesce(s.text, '') = '' THEN 'LR030'
                WHEN s.code = 'other' AND NOT t.allow_other_reason THEN 'LR031'
                WHEN NOT s.active THEN 'LR032'
                WHEN s.requires_note THEN 'LR033' END AS after_cap
      FROM named n
     CROSS JOIN clock k
      JOIN rule t ON t.account_id = n.account_id
            AND t.lead_group_id = n.lead_group_id AND t.span = n.span
      LEFT JOIN said s ON s.given = n.given
     CROSS JOIN LATERAL (
           SELECT (n.delivered_at AT TIME ZONE t.time_zone + coalesce(s.min_age, t.min_age))
                  AT TIME ZONE t.time_zone AS opens_at,
                  (n.delivered_at AT TIME ZONE t.time_zone + coalesce(s.max_age, t.max_age))
                  AT TIME ZONE t.time_zone AS closes_at
           OFFSET 0) w
      LEFT JOIN leadreturns.request r ON r.live_delivery_id = n.delivery_id
      LEFT JOIN closed x ON x.account_id = n.account_id
      LEFT JOIN period p ON p.account_id = n.account_id
            AND n.delivered_at >= p.starts_at AND n.delivered_at < p.ends_at
    OFFSET 0),
ranked AS (
    SELECT f.*, count(*) FILTER (WHERE f.before_cap IS NULL AND f.after_cap IS NULL) OVER (
                    PARTITION BY f.account_id, f.starts_at ORDER BY f.line_no
                    ROWS UNBOUNDED PRECEDING)
                - (f.before_cap IS NULL AND f.after_cap IS NULL)::int AS earlier
      FROM fact f),
judged AS (
    SELECT r.*, m.sqlstate,
           CASE WHEN m.sqlstate IS NULL AND r.reverse_money AND r.remedy = 'credit'
                THEN r.price ELSE 0 END AS credit,
           CASE WHEN m.sqlstate IS NULL AND r.reverse_money AND r.remedy = 'credit'
                     AND r.supplier_id IS NOT NULL
                     AND (r.claws = 'always' OR (r.claws = 'by_reason' AND r.supplier_fault))
                THEN r.cost ELSE 0 END AS clawback
      FROM ranked r
     CROSS JOIN LATERAL (
           SELECT coalesce(r.before_cap, CASE WHEN r.used + r.earlier + 1 > r.allowed
                                              THEN 'LR023' END, r.after_cap) AS sqlstate
           OFFSET 0) m),
decided AS MATERIALIZED (
    SELECT j.*,
           CASE WHEN j.sqlstate IS NULL
                THEN nextval('leadreturns.request_return_id_seq') END AS return_id,
           CASE WHEN j.credit > 0
                THEN nextval('leadreturns.transfer_transfer_id_seq') END AS credit_id,
           CASE WHEN j.clawback > 0
                THEN nextval('leadreturns.transfer_transfer_id_seq') END AS clawback_id
      FROM (SELECT * FROM judged ORDER BY delivery_id) j),
