-- The proof that everything agrees. Each check looks at one promise from two sides.

CREATE FUNCTION lr_reconcile()
RETURNS TABLE (check_name text, object_id bigint, detail text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
WITH last_move AS (
    SELECT DISTINCT ON (h.return_id) h.return_id, h.to_status
      FROM leadreturns.history h ORDER BY h.return_id, h.history_id DESC),
moves AS (
    SELECT h.return_id, h.history_id, h.from_status, h.to_status,
           lag(h.to_status) OVER (PARTITION BY h.return_id ORDER BY h.history_id) AS came_from
      FROM leadreturns.history h),
expected_sale AS (
    SELECT d.delivery_id, d.sale_transfer_id AS transfer_id, 'sale' AS kind, d.price AS amount,
           d.account_id, NULL::bigint AS supplier_id, d.currency
      FROM leadreturns.delivery d WHERE d.price > 0
    UNION ALL
    SELECT d.delivery_id, d.payout_transfer_id, 'payout_due', d.cost, NULL, d.supplier_id,
           d.currency
      FROM leadreturns.delivery d WHERE d.cost > 0 AND d.supplier_id IS NOT NULL),
expected_reversal AS (
    SELECT r.return_id, r.credit_transfer_id AS transfer_id, 'credit' AS kind,
           r.credit AS amount, d.account_id, NULL::bigint AS supplier_id, d.currency,
           d.sale_transfer_id AS reverses
      FROM leadreturns.request r JOIN leadreturns.delivery d USING (delivery_id)
     WHERE r.status = 'accepted' AND r.credit > 0
    UNION ALL
    SELECT r.return_id, r.clawback_transfer_id, 'clawback', r.clawback, NULL, d.supplier_id,
           d.currency, d.payout_transfer_id
      FROM leadreturns.request r JOIN leadreturns.delivery d USING (delivery_id)
     WHERE r.status = 'accepted' AND r.clawback > 0),
net_of_return AS (
    SELECT t.return_id,
           coalesce(sum(CASE t.kind WHEN 'credit' THEN t.amount
                                    WHEN 'credit_reversed' THEN - t.amount END), 0) AS credit,
           coalesce(sum(CASE t.kind WHEN 'clawback' THEN t.amount
                                    WHEN 'clawback_reversed' THEN - t.amount END), 0) AS clawback
      FROM leadreturns.transfer t WHERE t.return_id IS NOT NULL GROUP BY t.return_id),
counted AS (
    SELECT p.account_id, p.starts_at, p.ends_at,
           p.delivered + delta.n AS delivered, v.n AS counted_delivered,
           p.delivered_value + delta.amount AS delivered_value, v.amount AS counted_value,
           p.used, u.n AS counted_used, p.used_value, u.amount AS counted_used_value
      FROM leadreturns.cap_period p
     CROSS JOIN LATERAL (SELECT count(*) AS n, coalesce(sum(x.price), 0) AS amount
                           FROM leadreturns.volume_delta x
                          WHERE x.account_id = p.account_id
                            AND x.delivered_at >= p.starts_at AND x.delivered_at < p.ends_at
                        ) delta
     CROSS JOIN LATERAL (SELECT count(*) AS n, coalesce(sum(d.price), 0) AS amount
                           FROM leadreturns.delivery d
                          WHERE d.account_id = p.account_id
                            AND d.delivered_at >= p.starts_at AND d.delivered_at < p.ends_at
                        ) v
     CROSS JOIN LATERAL (SELECT count(*) AS n,
                                coalesce(sum(CASE r.status WHEN 'open' THEN r.price
                                                           ELSE r.credit END), 0) AS amount
                           FROM leadreturns.request r
                          WHERE r.account_id = p.account_id
                            AND r.status IN ('open', 'accepted')
                            AND r.delivered_at >= p.starts_at AND r.delivered_at < p.ends_at
                        ) u)
-- states and history
SELECT 'state_without_history', r.return_id,
       format('status is %s, the history ends with %s', r.status,
              coalesce(m.to_status, 'nothing'))
  FROM leadreturns.request r LEFT JOIN last_move m USING (return_id)
 WHERE m.to_status IS DISTINCT FROM r.status
UNION ALL
SELECT 'history_broken', m.return_id,
       format('history %s goes from %s, the one before went to %s', m.history_id,
              coalesce(m.from_status, 'nothing'), coalesce(m.came_from, 'nothing'))
  FROM moves m WHERE m.from_status IS DISTINCT FROM m.came_from
UNION ALL
SELECT 'history_without_return', h.return_id, format('history %s', h.history_id)
  FROM leadreturns.history h
 WHERE NOT EXISTS (SELECT FROM leadreturns.request r WHERE r.return_id = h.return_id)
UNION ALL
-- one live return per delivery
SELECT 'several_live_returns', r.delivery_id, format('%s live returns', count(*))
  FROM leadreturns.request r WHERE r.status IN ('open', 'accepted')
 GROUP BY r.delivery_id HAVING count(*) > 1
UNION ALL
-- references that have no foreign key
SELECT 'return_without_delivery', r.return_id, format('delivery %s', r.delivery_id)
  FROM leadreturns.request r
 WHERE NOT EXISTS (SELECT FROM leadreturns.delivery d WHERE d.delivery_id = r.delivery_id)
UNION ALL
SELECT 'return_differs_from_delivery', r.return_id,
       format('account, instant, price or cost differ from those of delivery %s', d.delivery_id)
  FROM leadreturns.request r JOIN leadreturns.delivery d USING (delivery_id)
 WHERE (r.account_id, r.delivered_at, r.price, r.cost)
       IS DISTINCT FROM (d.account_id, d.delivered_at, d.price, d.cost)
UNION ALL
SELECT 'return_without_reason', r.return_id, format('reason %s', r.reason)
  FROM leadreturns.request r
 WHERE NOT EXISTS (SELECT FROM leadreturns.reason c WHERE c.code = r.reason)
UNION ALL
SELECT 'delivery_without_parent', d.delivery_id,
       format('account %s, supplier %s, lead group %s', d.account_id, d.supplier_id,
              d.lead_group_id)
  FROM leadreturns.delivery d
 WHERE NOT EXISTS (SELECT FROM leadreturns.account a
                    WHERE a.account_id = d.account_id AND a.currency = d.currency)
    OR (d.supplier_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM leadreturns.supplier s WHERE s.supplier_id = d.supplier_id))
    OR (d.lead_group_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM leadreturns.lead_group g
                         WHERE g.lead_group_id = d.lead_group_id))
UNION ALL
SELECT 'replacement_without_return', d.delivery_id, format('replaces return %s', d.replaces)
  FROM leadreturns.delivery d
 WHERE d.replaces IS NOT NULL
   AND NOT EXISTS (SELECT FROM leadreturns.request r
                    WHERE r.return_id = d.replaces AND r.status = 'accepted'
                      AND r.remedy = 'replacement')
UNION ALL
-- transfers and amounts
SELECT 'delivery_not_posted', e.delivery_id,
       format('no transfer %s of kind %s over %s %s', e.transfer_id, e.kind, e.amount, e.currency)
  FROM expected_sale e
 WHERE NOT EXISTS (SELECT FROM leadreturns.transfer t
                    WHERE t.transfer_id = e.transfer_id AND t.kind = e.kind
                      AND t.amount = e.amount AND t.currency = e.currency
                      AND t.delivery_id = e.delivery_id
                      AND t.account_id IS NOT DISTINCT FROM e.account_id
                      AND t.supplier_id IS NOT DISTINCT FROM e.supplier_id)
UNION ALL
SELECT 'return_not_posted', e.return_id,
       format('no transfer %s of kind %s over %s %s', e.transfer_id, e.kind, e.amount, e.currency)
  FROM expected_reversal e
 WHERE NOT EXISTS (SELECT FROM leadreturns.transfer t
                    WHERE t.transfer_id = e.transfer_id AND t.kind = e.kind
                      AND t.amount = e.amount AND t.currency = e.currency
                      AND t.return_id = e.return_id
                      AND t.reverses IS NOT DISTINCT FROM e.reverses
                      AND t.account_id IS NOT DISTINCT FROM e.account_id
                      AND t.supplier_id IS NOT DISTINCT FROM e.supplier_id)
UNION ALL
SELECT 'return_amounts', r.return_id,
       format('credit %s and clawback %s, the ledger has %s and %s', r.credit, r.clawback,
              coalesce(n.credit, 0), coalesce(n.clawback, 0))
  FROM leadreturns.request r LEFT JOIN net_of_return n USING (return_id)
 WHERE (r.credit, r.clawback) <> (coalesce(n.credit, 0), coalesce(n.clawback, 0))
UNION ALL
SELECT 'transfer_without_cause', t.transfer_id, format('kind %s', t.kind)
  FROM leadreturns.transfer t
 WHERE (t.kind IN ('sale', 'payout_due')
        AND NOT EXISTS (SELECT FROM leadreturns.delivery d
                         WHERE d.delivery_id = t.delivery_id
                           AND t.transfer_id IN (d.sale_transfer_id, d.payout_transfer_id)))
    OR (t.kind IN ('credit', 'clawback', 'credit_reversed', 'clawback_reversed')
        AND NOT EXISTS (SELECT FROM leadreturns.request r
                         WHERE r.return_id = t.return_id AND r.delivery_id = t.delivery_id))
UNION ALL
SELECT 'reversal_differs', t.transfer_id,
       format('reverses %s by %s %s', t.reverses, t.amount, t.currency)
  FROM leadreturns.transfer t
 WHERE t.reverses IS NOT NULL
   AND NOT EXISTS (SELECT FROM leadreturns.transfer o
                    WHERE o.transfer_id = t.reverses AND o.debit = t.credit
                      AND o.credit = t.debit AND o.currency = t.currency
                      AND o.delivery_id = t.delivery_id AND o.amount >= t.amount
                      AND (t.kind IN ('credit', 'clawback') OR o.amount = t.amount))
UNION ALL
SELECT 'delivery_over_reversed', t.delivery_id,
       format('%s %s of %s', sum(CASE WHEN t.kind LIKE '%\_reversed' THEN - t.amount
                                      ELSE t.amount END),
              t.currency, min(CASE WHEN t.account_id IS NULL THEN 'clawback' ELSE 'credit' END))
  FROM leadreturns.transfer t JOIN leadreturns.delivery d USING (delivery_id)
 WHERE t.return_id IS NOT NULL
 GROUP BY t.delivery_id, t.account_id IS NULL, t.currency, d.price, d.cost
HAVING sum(CASE WHEN t.kind LIKE '%\_reversed' THEN - t.amount ELSE t.amount END)
       NOT BETWEEN 0 AND CASE WHEN t.account_id IS NULL THEN d.cost ELSE d.price END
UNION ALL
-- caps recounted
SELECT 'cap_usage', c.account_id,
       format('from %s to %s: used %s worth %s, recounted %s worth %s', c.starts_at, c.ends_at,
              c.used, c.used_value, c.counted_used, c.counted_used_value)
  FROM counted c
 WHERE (c.used, c.used_value) <> (c.counted_used, c.counted_used_value)
UNION ALL
SELECT 'cap_volume', c.account_id,
       format('from %s to %s: delivered %s worth %s, recounted %s worth %s', c.starts_at,
              c.ends_at, c.delivered, c.delivered_value, c.counted_delivered, c.counted_value)
  FROM counted c
 WHERE (c.delivered, c.delivered_value) <> (c.counted_delivered, c.counted_value)
UNION ALL
-- files: what they count, and the returns that they made
SELECT 'import_counts', i.import_id,
       format('%s returned, %s failed, %s errors, %s undone; its lines say %s, %s, %s, %s',
              i.returned, i.failed, i.errors, i.undone, l.returned, l.failed, l.errors, l.undone)
  FROM leadreturns.import i
 CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE o.status IN ('returned', 'requested', 'rolled_back')),
              count(*) FILTER (WHERE o.status IN ('already_returned', 'not_returnable',
                                                  'unknown_lead')),
              count(*) FILTER (WHERE o.status IN ('malformed', 'error')),
              count(*) FILTER (WHERE o.undo_status = 'undone')
         FROM leadreturns.import_outcome o WHERE o.import_id = i.import_id)
       AS l (returned, failed, errors, undone)
 WHERE (i.returned, i.failed, i.errors, i.undone)
       <> (l.returned, l.failed, l.errors, l.undone)
UNION ALL
SELECT 'import_return', r.return_id,
       format('made by import %s, which has %s lines that say so', r.import_id, count(o.line_no))
  FROM leadreturns.request r
  LEFT JOIN leadreturns.import_outcome o
         ON o.import_id = r.import_id AND o.return_id = r.return_id
 WHERE r.import_id IS NOT NULL
 GROUP BY r.return_id, r.import_id
HAVING count(o.line_no) <> 1
$$;
