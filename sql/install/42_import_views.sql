-- The sweep's health, and what is shown of files of returns. A buyer sees the files it has made.

CREATE VIEW leadreturns.sweep_health WITH (security_barrier) AS
SELECT h.last_run_at, h.last_run_by, h.duration_ms, h.accepted, h.declined, h.handed_over,
       h.consolidated, h.released, h.skipped, h.failed, h.remaining,
       d.overdue, d.oldest_due_at,
       (extract(epoch FROM leadreturns.clock() - d.oldest_due_at))::numeric(14,2)
           AS oldest_overdue_seconds,
       coalesce(d.oldest_due_at < leadreturns.clock() - interval '5 minutes', false) AS late,
       (SELECT count(*) FROM leadreturns.rate_delta) AS rate_deltas
  FROM leadreturns.sweep_heartbeat h
 CROSS JOIN (SELECT count(*) AS overdue,
                    min(LEAST(r.auto_accept_at, r.timeout_at)) AS oldest_due_at
               FROM leadreturns.request r
              WHERE (r.auto_accept_at IS NOT NULL OR r.timeout_at IS NOT NULL)
                AND LEAST(r.auto_accept_at, r.timeout_at) <= leadreturns.clock()) d
 WHERE (SELECT leadreturns.reads_figures());

-- rows become lines of the import
CREATE VIEW leadreturns.import_upload WITH (security_barrier) AS
SELECT NULL::bigint AS import_id, NULL::text AS key, NULL::text AS reason, NULL::text AS note
 WHERE false;

CREATE VIEW leadreturns.import_progress WITH (security_barrier) AS
SELECT i.import_id, i.name,
       CASE WHEN i.status = 'running'
                 AND EXISTS (SELECT FROM leadreturns.import_cancel c
                              WHERE c.import_id = i.import_id)
            THEN 'cancelling' ELSE i.status END AS status,
       i.total, i.returned + i.failed + i.errors AS done, i.returned, i.failed, i.errors,
       i.total - i.returned - i.failed - i.errors AS remaining,
       i.started_at, i.finished_at,
       i.match_by, i.reason, i.undo, i.buyer_id,
       i.credit,
       CASE WHEN (SELECT leadreturns.sees_all()) THEN i.clawback END::numeric(14,2) AS clawback,
       i.undone, i.conflicts,
       i.verified_at, i.verified_returned, i.verified_failed, i.verified_errors,
       i.verified_credit,
       CASE WHEN (SELECT leadreturns.sees_all()) THEN i.verified_clawback END::numeric(14,2)
           AS verified_clawback,
       i.cap_crossed_line, i.created_at, i.created_by, i.updated_at
  FROM leadreturns.import i
 WHERE (SELECT leadreturns.sees_all())
    OR i.owner_id = (SELECT leadreturns.own_buyer());

CREATE VIEW leadreturns.import_results WITH (security_barrier) AS
SELECT i.import_id, l.line_no, l.raw, l.key, l.reason, l.note,
       coalesce(o.status, 'pending') AS status, o.sqlstate, e.condition,
       coalesce(e.message, o.detail) AS message, o.detail,
       coalesce(o.hint, e.hint) AS hint,
       o.lead_id, o.delivery_id, o.account_id, o.return_id, o.over_cap,
       o.credit,
       CASE WHEN (SELECT leadreturns.sees_all()) THEN o.clawback END::numeric(14,2) AS clawback,
       a.currency, o.undo_status, o.undo_sqlstate, o.undo_detail,
       v.status AS verdict, v.sqlstate AS verdict_sqlstate, v.detail AS verdict_detail,
       v.credit AS verdict_credit,
       CASE WHEN (SELECT leadreturns.sees_all()) THEN v.clawback END::numeric(14,2)
           AS verdict_clawback,
       v.over_cap AS verdict_over_cap
  FROM leadreturns.import i
 CROSS JOIN LATERAL leadreturns.import_lines(i.import_id) l
  LEFT JOIN leadreturns.import_outcome o
         ON o.import_id = i.import_id AND o.line_no = l.line_no
  LEFT JOIN leadreturns.import_verdict v
         ON v.import_id = i.import_id AND v.line_no = l.line_no
  LEFT JOIN leadreturns.error_code e ON e.sqlstate = o.sqlstate
  LEFT JOIN leadreturns.account a ON a.account_id = coalesce(o.account_id, v.account_id)
 WHERE (SELECT leadreturns.sees_all())
    OR i.owner_id = (SELECT leadreturns.own_buyer());

CREATE VIEW leadreturns.import_summary WITH (security_barrier) AS
WITH lines AS (
    SELECT v.import_id, 'verified' AS phase, v.line_no, v.status, v.sqlstate, v.account_id,
           v.credit, v.clawback
      FROM leadreturns.import_verdict v
    UNION ALL
    SELECT o.import_id, 'done', o.line_no, o.status, o.sqlstate, o.account_id, o.credit,
           o.clawback
      FROM leadreturns.import_outcome o
    UNION ALL
    SELECT o.import_id, 'undone', o.line_no, o.undo_status, o.undo_sqlstate, o.account_id,
           o.credit, o.clawback
      FROM leadreturns.import_outcome o WHERE o.undo_status IS NOT NULL)
SELECT i.import_id, i.name, l.phase, l.status, l.sqlstate, e.condition, e.message,
       count(*) AS lines, min(l.line_no) AS first_line, a.currency,
       sum(l.credit)::numeric(14,2) AS credit,
       CASE WHEN (SELECT leadreturns.sees_all()) THEN sum(l.clawback) END::numeric(14,2)
           AS clawback
  FROM leadreturns.import i
  JOIN lines l ON l.import_id = i.import_id
  LEFT JOIN leadreturns.error_code e ON e.sqlstate = l.sqlstate
  LEFT JOIN leadreturns.account a ON a.account_id = l.account_id
 WHERE (SELECT leadreturns.sees_all())
    OR i.owner_id = (SELECT leadreturns.own_buyer())
 GROUP BY i.import_id, i.name, l.phase, l.status, l.sqlstate, e.condition, e.message, a.currency;
