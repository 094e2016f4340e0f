-- The views that include what has been archived, and who erased what. The plain views show live
-- rows only, so that what is read every day stays small.

CREATE VIEW leadreturns.return_history_all WITH (security_barrier) AS
SELECT h.history_id, h.return_id, h.from_status, h.to_status, h.at, h.actor, h.party_kind,
       h.party_id, h.how, h.note, h.terms_at
  FROM (SELECT * FROM leadreturns.history
        UNION ALL
        SELECT * FROM leadreturns.archived_history) h
 WHERE (SELECT leadreturns.sees_all())
    OR h.return_id IN (SELECT r.return_id FROM leadreturns.returns r);

CREATE VIEW leadreturns.return_thread_all WITH (security_barrier) AS
SELECT m.message_id, m.return_id, m.kind, m.at, m.author, m.party_kind, m.party_id, m.body,
       m.uri, m.media_type, m.sha256
  FROM (SELECT * FROM leadreturns.message
        UNION ALL
        SELECT * FROM leadreturns.archived_message) m
 WHERE (SELECT leadreturns.sees_all())
    OR m.return_id IN (SELECT r.return_id FROM leadreturns.returns r);

CREATE VIEW leadreturns.archived_notifications WITH (security_barrier) AS
SELECT n.notification_id, n.return_id, n.account_id, n.supplier_id, n.sequence, n.kind,
       n.recipient_kind, n.recipient, n.address, n.sender, n.language, n.subject, n.body,
       n.payload, n.created_at, n.status, n.attempts, n.claimed_by, n.claimed_at, n.settled_at,
       n.last_error
  FROM leadreturns.archived_notification n
 WHERE (SELECT leadreturns.sees_all());

CREATE VIEW leadreturns.import_results_all WITH (security_barrier) AS
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
 CROSS JOIN LATERAL (SELECT * FROM leadreturns.import_lines(i.import_id)
                     UNION ALL
                     SELECT * FROM leadreturns.archived_import_lines(i.import_id)) l
  LEFT JOIN (SELECT * FROM leadreturns.import_outcome
             UNION ALL
             SELECT * FROM leadreturns.archived_import_outcome) o
         ON o.import_id = i.import_id AND o.line_no = l.line_no
  LEFT JOIN (SELECT * FROM leadreturns.import_verdict
             UNION ALL
             SELECT * FROM leadreturns.archived_import_verdict) v
         ON v.import_id = i.import_id AND v.line_no = l.line_no
  LEFT JOIN leadreturns.error_code e ON e.sqlstate = o.sqlstate
  LEFT JOIN leadreturns.account a ON a.account_id = coalesce(o.account_id, v.account_id)
 WHERE (SELECT leadreturns.sees_all())
    OR i.owner_id = (SELECT leadreturns.own_buyer());

CREATE VIEW leadreturns.erasures WITH (security_barrier) AS
SELECT e.erasure_id, e.lead_id, e.erased_at, e.erased_by, e.deliveries, e.returns
  FROM leadreturns.erasure e
 WHERE (SELECT leadreturns.sees_all());
