-- The views that applications and reports read. They run with the owner's rights and show each
-- caller its own rows: staff all, a buyer its own, a supplier its own, reporting those of figures.
-- Columns that are another's affair are null. What a lead cost, who supplied it and who of the
-- staff looks after it is not the buyer's; who bought it and for how much is not the supplier's;
-- personal data, what people wrote and who they are is nothing for reports. Whose a row is is asked
-- row by row, so that a row of another's takes no longer than none.

CREATE VIEW leadreturns.deliveries WITH (security_barrier) AS
SELECT d.delivery_id, d.lead_id, d.account_id,
       CASE WHEN (SELECT leadreturns.sees_all()) THEN d.supplier_id END AS supplier_id,
       d.lead_group_id, d.price,
       CASE WHEN (SELECT leadreturns.sees_all()) THEN d.cost END::numeric(14,2) AS cost,
       d.delivered_at, d.status, d.external_id, d.email, d.phone, d.replaces, d.deleted_at,
       d.currency
  FROM leadreturns.delivery d
 WHERE (SELECT leadreturns.sees_all())
    OR (SELECT leadreturns.own_buyer())
       = (SELECT a.buyer_id FROM leadreturns.account a WHERE a.account_id = d.account_id);

-- Keys that are hidden from some are columns of joins which those do not make, instead of
-- expressions: a condition on them makes an inner join of it and reaches the index.
CREATE VIEW leadreturns.returns WITH (security_barrier) AS
SELECT r.return_id, r.delivery_id, d.lead_id, x.external_id,
       a.account_id, a.name AS account, a.buyer_id, b.name AS buyer,
       CASE WHEN (SELECT leadreturns.own_buyer()) IS NULL THEN d.supplier_id END AS supplier_id,
       CASE WHEN (SELECT leadreturns.own_buyer()) IS NULL THEN s.name END AS supplier,
       d.lead_group_id, g.name AS lead_group, r.reason, c.label AS reason_label,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN r.reason_text END AS reason_text,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN r.note END AS note, r.status,
       leadreturns.review_state(r.status, r.awaits_buyer, r.auto_accept_at) AS review,
       leadreturns.status_colour(r.status) AS colour,
       r.delivered_at, r.requested_at,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN r.requested_by END AS requested_by,
       r.decided_at,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN r.decided_by END AS decided_by,
       CASE WHEN (SELECT leadreturns.own_supplier()) IS NULL THEN r.decided_how END
           AS decided_how,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN r.decision_note END AS decision_note,
       CASE WHEN (SELECT leadreturns.sees_all()) THEN r.assignee END AS assignee,
       CASE WHEN (SELECT leadreturns.own_supplier()) IS NULL THEN r.price END::numeric(14,2)
           AS price,
       CASE WHEN (SELECT leadreturns.own_buyer()) IS NULL THEN r.cost END::numeric(14,2) AS cost,
       CASE WHEN (SELECT leadreturns.own_supplier()) IS NULL THEN r.credit END::numeric(14,2)
           AS credit,
       CASE WHEN (SELECT leadreturns.own_buyer()) IS NULL THEN r.clawback END::numeric(14,2)
           AS clawback,
       CASE WHEN (SELECT leadreturns.own_supplier()) IS NULL THEN r.remedy END AS remedy,
       d.currency,
       CASE WHEN (SELECT leadreturns.own_supplier()) IS NULL THEN r.prior_status END
           AS prior_status,
       CASE WHEN (SELECT leadreturns.own_supplier()) IS NULL THEN r.overridden END AS overridden,
       CASE WHEN (SELECT leadreturns.own_supplier()) IS NULL THEN r.import_id END AS import_id,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN r.idempotency_key END
           AS idempotency_key,
       (extract(epoch FROM coalesce(r.decided_at, leadreturns.clock()) - r.requested_at)
        / 3600)::numeric(12,2) AS age_hours
  FROM leadreturns.request r
  JOIN leadreturns.delivery d ON d.delivery_id = r.delivery_id
  JOIN leadreturns.reason c ON c.code = r.reason
  LEFT JOIN leadreturns.account a
         ON a.account_id = r.account_id AND (SELECT leadreturns.own_supplier()) IS NULL
  LEFT JOIN leadreturns.buyer b ON b.buyer_id = a.buyer_id
  LEFT JOIN leadreturns.delivery x
         ON x.delivery_id = r.delivery_id
        AND ((SELECT leadreturns.reads_texts())
             OR (SELECT leadreturns.own_supplier()) IS NOT NULL)
  LEFT JOIN leadreturns.supplier s ON s.supplier_id = d.supplier_id
  LEFT JOIN leadreturns.lead_group g ON g.lead_group_id = d.lead_group_id
 WHERE (SELECT leadreturns.reads_figures())
    OR (SELECT leadreturns.own_buyer())
       = (SELECT o.buyer_id FROM leadreturns.account o WHERE o.account_id = r.account_id)
    OR ((SELECT leadreturns.own_supplier()) IS NOT NULL
        AND (SELECT leadreturns.own_supplier())
            = (SELECT o.supplier_id FROM leadreturns.delivery o
                WHERE o.delivery_id = r.delivery_id));

CREATE VIEW leadreturns.return_history WITH (security_barrier) AS
SELECT h.history_id, h.return_id, h.from_status, h.to_status, h.at, h.actor, h.party_kind,
       h.party_id, h.how, h.note, h.terms_at
  FROM leadreturns.history h
 WHERE (SELECT leadreturns.sees_all())
    OR (SELECT leadreturns.own_buyer())
       = (SELECT a.buyer_id FROM leadreturns.account a
           WHERE a.account_id = (SELECT r.account_id FROM leadreturns.request r
                                  WHERE r.return_id = h.return_id));

CREATE VIEW leadreturns.return_thread WITH (security_barrier) AS
SELECT m.message_id, m.return_id, m.kind, m.at, m.author, m.party_kind, m.party_id, m.body,
       m.uri, m.media_type, m.sha256
  FROM leadreturns.message m
 WHERE (SELECT leadreturns.sees_all())
    OR (SELECT leadreturns.own_buyer())
       = (SELECT a.buyer_id FROM leadreturns.account a
           WHERE a.account_id = (SELECT r.account_id FROM leadreturns.request r
                                  WHERE r.return_id = m.return_id));

CREATE VIEW leadreturns.replacements_owed WITH (security_barrier) AS
SELECT r.return_id, r.delivery_id, d.lead_id, r.account_id, a.name AS account,
       a.buyer_id, b.name AS buyer, d.lead_group_id, r.price, d.currency,
       r.decided_at AS accepted_at
  FROM leadreturns.request r
  JOIN leadreturns.delivery d ON d.delivery_id = r.delivery_id
  JOIN leadreturns.account a ON a.account_id = r.account_id
  JOIN leadreturns.buyer b ON b.buyer_id = a.buyer_id
 WHERE r.status = 'accepted' AND r.remedy = 'replacement'
   AND NOT EXISTS (SELECT FROM leadreturns.delivery n WHERE n.replaces = r.return_id)
   AND ((SELECT leadreturns.reads_figures())
        OR a.buyer_id = (SELECT leadreturns.own_buyer()));

CREATE VIEW leadreturns.terms_history WITH (security_barrier) AS
SELECT t.terms_id, t.scope, t.scope_id, t.valid_from, t.settings, t.set_at, t.set_by
  FROM leadreturns.terms t
 WHERE (SELECT leadreturns.reads_figures());

CREATE VIEW leadreturns.closed_periods WITH (security_barrier) AS
SELECT p.account_id, a.name AS account,
       lag(p.ends_before) OVER (PARTITION BY p.account_id ORDER BY p.ends_before) AS starts_on,
       p.ends_before, p.ends_at, p.closed_at,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN p.closed_by END AS closed_by
  FROM leadreturns.closing p
  JOIN leadreturns.account a ON a.account_id = p.account_id
 WHERE (SELECT leadreturns.reads_figures())
    OR a.buyer_id = (SELECT leadreturns.own_buyer());

-- Money. One amount is below 1e11, so that sums find room in numeric(14,2).

CREATE VIEW leadreturns.ledger WITH (security_barrier) AS
SELECT t.transfer_id, t.posted_at, t.kind,
       CASE WHEN t.debit = 'account' THEN l.ledger_account ELSE t.debit END AS debit_account,
       CASE t.debit WHEN 'account' THEN t.account_id WHEN 'supplier' THEN t.supplier_id END
           AS debit_id,
       CASE WHEN t.credit = 'account' THEN l.ledger_account ELSE t.credit END AS credit_account,
       CASE t.credit WHEN 'account' THEN t.account_id WHEN 'supplier' THEN t.supplier_id END
           AS credit_id,
       t.amount, t.currency, t.delivery_id, t.return_id, t.reverses, t.actor, t.note
  FROM leadreturns.transfer t
  LEFT JOIN (SELECT account_id,
                    CASE billing WHEN 'prepaid' THEN 'wallet' ELSE 'receivable' END
               FROM leadreturns.account) l (account_id, ledger_account)
         ON l.account_id = t.account_id
 WHERE (SELECT leadreturns.sees_all());

CREATE VIEW leadreturns.account_statement WITH (security_barrier) AS
SELECT t.account_id, a.name AS account, a.buyer_id, t.currency, t.posted_at, t.transfer_id,
       t.kind, t.delivery_id, d.lead_id, t.return_id,
       CASE WHEN t.debit = 'account' THEN t.amount ELSE 0 END::numeric(14,2) AS debit,
       CASE WHEN t.credit = 'account' THEN t.amount ELSE 0 END::numeric(14,2) AS credit,
       sum(CASE WHEN (t.credit = 'account') = (a.billing = 'prepaid')
                THEN t.amount ELSE - t.amount END)
           OVER (PARTITION BY t.account_id ORDER BY t.posted_at, t.transfer_id
                 ROWS UNBOUNDED PRECEDING)::numeric(14,2) AS balance,
       t.note
  FROM leadreturns.transfer t
  JOIN leadreturns.account a ON a.account_id = t.account_id
  LEFT JOIN leadreturns.delivery d ON d.delivery_id = t.delivery_id
 WHERE t.account_id IS NOT NULL
   AND ((SELECT leadreturns.sees_all())
        OR a.buyer_id = (SELECT leadreturns.own_buyer()));

CREATE VIEW leadreturns.supplier_statement WITH (security_barrier) AS
SELECT t.supplier_id, s.name AS supplier, t.currency, t.posted_at, t.transfer_id, t.kind,
       t.delivery_id, d.lead_id, t.return_id, r.reason,
       CASE WHEN t.debit = 'supplier' THEN t.amount ELSE 0 END::numeric(14,2) AS debit,
       CASE WHEN t.credit = 'supplier' THEN t.amount ELSE 0 END::numeric(14,2) AS credit,
       sum(CASE WHEN t.credit = 'supplier' THEN t.amount ELSE - t.amount END)
           OVER (PARTITION BY t.supplier_id, t.currency ORDER BY t.posted_at, t.transfer_id
                 ROWS UNBOUNDED PRECEDING)::numeric(14,2) AS balance,
       t.note
  FROM leadreturns.transfer t
  JOIN leadreturns.supplier s ON s.supplier_id = t.supplier_id
  LEFT JOIN leadreturns.delivery d ON d.delivery_id = t.delivery_id
  LEFT JOIN leadreturns.request r ON r.return_id = t.return_id
 WHERE t.supplier_id IS NOT NULL
   AND ((SELECT leadreturns.sees_all())
        OR t.supplier_id = (SELECT leadreturns.own_supplier()));

CREATE VIEW leadreturns.balances WITH (security_barrier) AS
WITH legs AS (
    SELECT debit AS ledger_account, CASE debit WHEN 'account' THEN account_id
                                               WHEN 'supplier' THEN supplier_id END AS party_id,
           currency, - amount AS amount
      FROM leadreturns.transfer
    UNION ALL
    SELECT credit, CASE credit WHEN 'account' THEN account_id
                               WHEN 'supplier' THEN supplier_id END, currency, amount
      FROM leadreturns.transfer),
sums AS (
    SELECT ledger_account, party_id, currency, sum(amount) AS amount
      FROM legs GROUP BY ledger_account, party_id, currency)
SELECT CASE WHEN a.billing = 'prepaid' THEN 'wallet' WHEN a.billing = 'net_terms' THEN 'receivable'
            ELSE l.ledger_account END AS ledger_account,
       l.party_id, coalesce(a.name, s.name) AS party, l.currency,
       -- a wallet, what a supplier is owed and revenue are what was credited to them; a
       -- receivable, cost and cash are what was debited
       CASE WHEN a.billing = 'net_terms' OR l.ledger_account IN ('cost', 'cash', 'adjustments')
            THEN - l.amount ELSE l.amount END::numeric(14,2) AS balance
  FROM sums l
  LEFT JOIN leadreturns.account a
         ON l.ledger_account = 'account' AND a.account_id = l.party_id
  LEFT JOIN leadreturns.supplier s
         ON l.ledger_account = 'supplier' AND s.supplier_id = l.party_id
 WHERE (SELECT leadreturns.reads_figures())
    OR a.buyer_id = (SELECT leadreturns.own_buyer())
    OR s.supplier_id = (SELECT leadreturns.own_supplier());
