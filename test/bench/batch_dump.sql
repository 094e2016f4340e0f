-- Everything that an import or a sweep writes, without ids that depend on the order in which they
-- were taken, nor how many deltas of the rates there were, which depends on the batches.
\pset format unaligned
SELECT * FROM leadreturns.delivery ORDER BY delivery_id;
SELECT to_jsonb(r) - '{return_id,credit_transfer_id,clawback_transfer_id}'::text[],
       to_jsonb(t) - 'transfer_id' - 'return_id', to_jsonb(w) - 'transfer_id' - 'return_id'
  FROM leadreturns.request r
  LEFT JOIN leadreturns.transfer t ON t.transfer_id = r.credit_transfer_id
  LEFT JOIN leadreturns.transfer w ON w.transfer_id = r.clawback_transfer_id
 ORDER BY r.delivery_id, r.requested_at;
SELECT r.delivery_id, to_jsonb(h) - 'history_id' - 'return_id'
  FROM leadreturns.history h JOIN leadreturns.request r USING (return_id)
 ORDER BY r.delivery_id, h.history_id;
SELECT t.delivery_id, r.delivery_id, to_jsonb(t) - 'transfer_id' - 'return_id'
  FROM leadreturns.transfer t LEFT JOIN leadreturns.request r USING (return_id)
 ORDER BY t.delivery_id, t.kind, t.transfer_id;
SELECT * FROM leadreturns.cap_period ORDER BY account_id, starts_at;
SELECT * FROM leadreturns.volume_delta ORDER BY account_id, delivered_at, price;
SELECT * FROM leadreturns.rate_delta d ORDER BY d;
SELECT * FROM leadreturns.rollup_account r ORDER BY r;
SELECT * FROM leadreturns.rollup_supplier r ORDER BY r;
SELECT * FROM leadreturns.rollup_lead_group r ORDER BY r;
SELECT * FROM leadreturns.rollup_reason r ORDER BY r;
SELECT * FROM leadreturns.rollup_cross r ORDER BY r;
SELECT o.import_id, o.line_no, to_jsonb(o) - 'return_id', r.delivery_id
  FROM leadreturns.import_outcome o LEFT JOIN leadreturns.request r USING (return_id)
 ORDER BY o.import_id, o.line_no;
SELECT import_id, status, total, last_line, position, returned, failed, errors, credit, clawback,
       undone, conflicts
  FROM leadreturns.import ORDER BY import_id;
SELECT to_jsonb(h) - '{duration_ms,consolidated}'::text[] FROM leadreturns.sweep_heartbeat h;
SELECT * FROM lr_reconcile();
