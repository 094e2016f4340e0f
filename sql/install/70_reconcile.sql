-- The proof that everything agrees. Each check looks at one promise from two sides.

CREATE FUNCTION lr_reconcile()
RETURNS TABLE (check_name text, object_id bigint, detail text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
WITH every_move AS NOT MATERIALIZED (
    SELECT history_id, return_id, from_status, to_status FROM leadreturns.history
    UNION ALL
    SELECT history_id, return_id, from_status, to_status FROM leadreturns.archived_history),
every_outcome AS NOT MATERIALIZED (
    SELECT import_id, line_no, status, return_id, undo_status FROM leadreturns.import_outcome
    UNION ALL
    SELECT import_id, line_no, status, return_id, undo_status
      FROM leadreturns.archived_import_outcome),
last_move AS (
    SELECT DISTINCT ON (h.return_id) h.return_id, h.to_status
      FROM every_move h ORDER BY h.return_id, h.history_id DESC),
moves AS (
    SELECT h.return_id, h.history_id, h.from_status, h.to_status,
           lag(h.to_status) OVER (PARTITION BY h.return_id ORDER BY h.history_id) AS came_from
      FROM every_move h),
told AS (
    SELECT n.notification_id, n.return_id, n.sequence FROM leadreturns.notification n
    UNION ALL
    SELECT n.notification_id, n.return_id, n.sequence FROM leadreturns.archived_notification n),
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
  FROM every_move h
 WHERE NOT EXISTS (SELECT FROM leadreturns.request r WHERE r.return_id = h.return_id)
UNION ALL
-- of the history that would be a break
SELECT 'archived_twice', m.message_id, 'message is live and archived'
  FROM leadreturns.message m JOIN leadreturns.archived_message a USING (message_id)
UNION ALL
SELECT 'archived_twice', n.notification_id, 'notification is live and archived'
  FROM leadreturns.notification n
  JOIN leadreturns.archived_notification a USING (notification_id)
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
-- attached tables that are gone, or have lost a column that is mapped
SELECT 'attachment', a.attachment_id, format('table %s or a column of its mapping is gone', a.tbl)
  FROM leadreturns.attachment a
 WHERE a.detached_at IS NULL
   AND (NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = a.tbl)
        OR EXISTS (SELECT FROM (SELECT m.value FROM pg_catalog.jsonb_each_text(a.mapping) m
                                 WHERE m.key NOT IN ('delivered', 'key')
                                 UNION ALL
                                SELECT k.value FROM pg_catalog.jsonb_array_elements_text(
                                           a.mapping -> 'key') k) AS named (name)
                    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_attribute t
                                       WHERE t.attrelid = a.tbl AND t.attname = named.name
                                         AND NOT t.attisdropped)))
UNION ALL
-- transfers and amounts
SELECT x.check_name, coalesce(x.transfer_id, x.return_id, x.delivery_id), x.detail
  FROM leadreturns.money_check x
UNION ALL
-- rollups recounted
SELECT 'rates', x.id, format('%s, %s %s: differs from the records', x.rollup, x.grain, x.starts_on)
  FROM leadreturns.rate_check x
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
         FROM every_outcome o WHERE o.import_id = i.import_id)
       AS l (returned, failed, errors, undone)
 WHERE (i.returned, i.failed, i.errors, i.undone)
       <> (l.returned, l.failed, l.errors, l.undone)
UNION ALL
SELECT 'import_return', r.return_id,
       format('made by import %s, which has %s lines that say so', r.import_id, count(o.line_no))
  FROM leadreturns.request r
  LEFT JOIN every_outcome o
         ON o.import_id = r.import_id AND o.return_id = r.return_id
 WHERE r.import_id IS NOT NULL
 GROUP BY r.return_id, r.import_id
HAVING count(o.line_no) <> 1
UNION ALL
-- the outbox
SELECT 'notification_sequence', r.return_id,
       format('told %s times, has %s notifications up to number %s', r.event_count,
              coalesce(n.rows, 0), coalesce(n.last, 0))
  FROM leadreturns.request r
  LEFT JOIN (SELECT x.return_id, count(*) AS rows, max(x.sequence) AS last
               FROM told x GROUP BY x.return_id) n ON n.return_id = r.return_id
 WHERE (r.event_count, r.event_count) <> (coalesce(n.rows, 0), coalesce(n.last, 0))
UNION ALL
SELECT 'notification_without_return', x.notification_id, format('return %s', x.return_id)
  FROM told x
 WHERE NOT EXISTS (SELECT FROM leadreturns.request r WHERE r.return_id = x.return_id)
$$;
