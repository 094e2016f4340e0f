-- The sweep as one statement: accepts all requests that are due for it. Deliveries and accounts
-- are locked, those that others hold are passed over. It uses the terms of twin_terms.sql.
--
-- Left out, because nothing of it is due: timeouts and what they decline, leads that are deleted,
-- deliveries that the caps have not counted, several sweeps at once. What the rates have not
-- folded is left to twin_fold.sql.

WITH clock AS MATERIALIZED (SELECT leadreturns.clock() AS at),
found AS MATERIALIZED (
    SELECT r.return_id, r.reason, r.overridden OR r.over_cap AS overridden, d.delivery_id,
           d.account_id, d.supplier_id, coalesce(d.lead_group_id, 0) AS lead_group_id, d.price,
           d.cost, d.currency, d.delivered_at, d.delivered_on, d.status, d.sale_transfer_id,
           d.payout_transfer_id,
           width_bucket(d.delivered_at, (SELECT array_agg(DISTINCT t.valid_from
                                                          ORDER BY t.valid_from)
                                           FROM twin.terms t)) AS span
      FROM leadreturns.request r JOIN leadreturns.delivery d ON d.delivery_id = r.delivery_id
     WHERE (r.auto_accept_at IS NOT NULL OR r.timeout_at IS NOT NULL)
       AND LEAST(r.auto_accept_at, r.timeout_at) <= (SELECT k.at FROM clock k)
       AND r.status = 'open'
     ORDER BY d.delivery_id
       FOR NO KEY UPDATE OF d SKIP LOCKED),
held AS MATERIALIZED (
    SELECT a.account_id, a.buyer_id
      FROM leadreturns.account a WHERE a.account_id IN (SELECT f.account_id FROM found f)
     ORDER BY a.account_id
       FOR NO KEY UPDATE OF a SKIP LOCKED),
-- as in twin_import_rules.sql
rule AS MATERIALIZED (
    SELECT g.account_id, g.lead_group_id, g.span, t.*,
           (k.at AT TIME ZONE t.time_zone)::date AS today
      FROM (SELECT f.account_id, a.buyer_id, f.lead_group_id, f.span,
                   min(f.delivered_at) AS delivered_at
              FROM found f JOIN held a ON a.account_id = f.account_id
             GROUP BY f.account_id, a.buyer_id, f.lead_group_id, f.span) g
     CROSS JOIN clock k
     CROSS JOIN LATERAL twin.terms_at(g.account_id, g.buyer_id, g.lead_group_id,
                                      g.delivered_at) t),
closed AS MATERIALIZED (
    SELECT c.account_id, max(c.ends_at) AS until FROM leadreturns.closing c GROUP BY 1),
judged AS (
    SELECT f.*, t.accepted_status, t.remedy, t.today, greatest(k.at, x.until) AS posted_at, k.at,
           CASE WHEN t.reverse_money AND t.remedy = 'credit' THEN f.price ELSE 0 END AS credit,
           CASE WHEN t.reverse_money AND t.remedy = 'credit' AND f.supplier_id IS NOT NULL
                     AND (t.clawback = 'always' OR (t.clawback = 'by_reason' AND c.supplier_fault))
                THEN f.cost ELSE 0 END AS clawback
      FROM found f
     CROSS JOIN clock k
      JOIN rule t ON t.account_id = f.account_id
            AND t.lead_group_id = f.lead_group_id AND t.span = f.span
      JOIN leadreturns.reason c ON c.code = f.reason
      LEFT JOIN closed x ON x.account_id = f.account_id),
decided AS MATERIALIZED (
    SELECT j.*,
           CASE WHEN j.credit > 0
                THEN nextval('leadreturns.transfer_transfer_id_seq') END AS credit_id,
           CASE WHEN j.clawback > 0
                THEN nextval('leadreturns.transfer_transfer_id_seq') END AS clawback_id
      FROM judged j),
posted AS (
    INSERT INTO leadreturns.transfer
           (transfer_id, posted_at, posted_on, kind, debit, credit, account_id, supplier_id,
            amount, currency, delivery_id, return_id, reverses, actor)
    SELECT v.id, d.posted_at, d.today, v.kind, v.debit, v.credit, v.account_id, v.supplier_id,
           v.amount, d.currency, d.delivery_id, d.return_id, v.reverses, current_user
      FROM decided d
     CROSS JOIN LATERAL (VALUES
           (d.credit_id, 'credit', 'revenue', 'account', d.account_id, NULL, d.credit,
            d.sale_transfer_id),
           (d.clawback_id, 'clawback', 'supplier', 'cost', NULL, d.supplier_id, d.clawback,
            d.payout_transfer_id))
           v (id, kind, debit, credit, account_id, supplier_id, amount, reverses)
     WHERE v.id IS NOT NULL),
remembered AS (
    INSERT INTO leadreturns.history
           (return_id, from_status, to_status, at, moved_on, actor, party_kind, how, terms_at)
    SELECT d.return_id, 'open', 'accepted', d.at, d.today, current_user, 'staff', 'sweep',
           d.delivered_at
      FROM decided d),
rated AS (
    INSERT INTO leadreturns.rate_delta
           (account_id, supplier_id, lead_group_id, currency, delivered_on, moved_on, reason,
            returned, open, acceptances, returned_value, clawback, credited, clawed_back)
    SELECT d.account_id, d.supplier_id, nullif(d.lead_group_id, 0), d.currency, d.delivered_on,
           d.today, d.reason, count(*), - count(*), count(*), sum(d.credit) * 100,
           sum(d.clawback) * 100, sum(d.credit) * 100, sum(d.clawback) * 100
      FROM decided d GROUP BY 1, 2, 3, 4, 5, 6, 7),
returned AS (
    UPDATE leadreturns.delivery x SET status = d.accepted_status
      FROM decided d WHERE x.delivery_id = d.delivery_id),
accepted AS (
    UPDATE leadreturns.request r
       SET status = 'accepted', decided_at = d.at, decided_by = current_user,
           decided_how = 'sweep', credit = d.credit, clawback = d.clawback, remedy = d.remedy,
           prior_status = d.status, returned_status = d.accepted_status,
           overridden = d.overridden, awaits_buyer = false, auto_accept_at = NULL,
           timeout_at = NULL, timeout_action = NULL, credit_transfer_id = d.credit_id,
           clawback_transfer_id = d.clawback_id
      FROM decided d WHERE r.return_id = d.return_id),
-- less may be credited than was reserved
counted AS (
    UPDATE leadreturns.cap_period p SET used_value = p.used_value - u.amount
      FROM (SELECT q.account_id, q.starts_at, q.ends_at, sum(d.price - d.credit) AS amount
              FROM decided d
              JOIN leadreturns.cap_period q ON q.account_id = d.account_id
                   AND d.delivered_at >= q.starts_at AND d.delivered_at < q.ends_at
             WHERE d.credit <> d.price GROUP BY q.account_id, q.starts_at, q.ends_at) u
     WHERE p.account_id = u.account_id AND p.starts_at = u.starts_at AND p.ends_at = u.ends_at)
UPDATE leadreturns.sweep_heartbeat h
   SET last_run_at = k.at, last_run_by = current_user, duration_ms = 0,
       accepted = (SELECT count(*) FROM decided), declined = 0, handed_over = 0,
       consolidated = 0, released = 0, skipped = 0, failed = 0, remaining = 0,
       oldest_due_at = NULL
  FROM clock k;
