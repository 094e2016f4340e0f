-- What has been told, is to be told, and how the workers keep up.

-- All of it, for the view below and for the workers' functions; nobody is granted it.
CREATE VIEW leadreturns.notification_list WITH (security_barrier) AS
SELECT n.notification_id, n.return_id, d.lead_id, n.account_id, n.supplier_id, n.sequence, n.kind,
       n.recipient_kind, n.recipient, n.address, n.sender, n.language, n.subject, n.body,
       n.payload, n.created_at, n.status, n.attempts, n.due_at, n.claimed_by, n.claimed_at,
       n.settled_at, n.last_error
  FROM leadreturns.notification n
  LEFT JOIN leadreturns.request r ON r.return_id = n.return_id
  LEFT JOIN leadreturns.delivery d ON d.delivery_id = r.delivery_id;

-- A party reads what it was told: a supplier not whose account it is about, a buyer not who
-- supplied the lead, neither what befell the workers.
CREATE VIEW leadreturns.notifications WITH (security_barrier) AS
SELECT l.notification_id, l.return_id, l.lead_id,
       CASE WHEN (SELECT leadreturns.sees_outbox()) OR l.recipient_kind = 'buyer'
            THEN l.account_id END AS account_id,
       CASE WHEN (SELECT leadreturns.sees_outbox()) OR l.recipient_kind = 'supplier'
            THEN l.supplier_id END AS supplier_id,
       l.sequence, l.kind, l.recipient_kind, l.recipient, l.address, l.sender, l.language,
       l.subject, l.body, l.payload, l.created_at, l.status, l.attempts, l.due_at,
       CASE WHEN (SELECT leadreturns.sees_outbox()) THEN l.claimed_by END AS claimed_by,
       l.claimed_at, l.settled_at,
       CASE WHEN (SELECT leadreturns.sees_outbox()) THEN l.last_error END AS last_error
  FROM leadreturns.notification_list l
 WHERE (SELECT leadreturns.sees_outbox())
    OR (l.recipient_kind = 'buyer'
        AND l.account_id IN (SELECT a.account_id FROM leadreturns.account a
                              WHERE a.buyer_id = (SELECT leadreturns.own_buyer())))
    OR (l.recipient_kind = 'supplier' AND l.supplier_id = (SELECT leadreturns.own_supplier()));

CREATE VIEW leadreturns.outbox_health WITH (security_barrier) AS
SELECT w.pending, w.claimed, d.dead, w.oldest_due_at,
       greatest(extract(epoch FROM leadreturns.clock() - w.oldest_due_at), 0)::numeric(14,2)
           AS oldest_age_seconds
  FROM (SELECT count(*) FILTER (WHERE n.status = 'pending') AS pending,
               count(*) FILTER (WHERE n.status = 'claimed') AS claimed,
               min(n.due_at) FILTER (WHERE n.due_at <= leadreturns.clock()) AS oldest_due_at
          FROM leadreturns.notification n WHERE n.due_at IS NOT NULL) w
 CROSS JOIN (SELECT count(*) AS dead FROM leadreturns.notification n WHERE n.status = 'dead') d
 WHERE (SELECT leadreturns.reads_figures());
