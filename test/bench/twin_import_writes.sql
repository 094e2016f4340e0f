-- The second half of the statement that twin_import_rules.sql begins.
requested AS (
    INSERT INTO leadreturns.request
           (return_id, delivery_id, account_id, delivered_at, price, cost, reason, reason_text,
            status, requested_at, requested_by, decided_at, decided_by, decided_how, credit,
            clawback, remedy, prior_status, returned_status, overridden, over_cap, awaits_buyer,
            import_id, credit_transfer_id, clawback_transfer_id)
    SELECT d.return_id, d.delivery_id, d.account_id, d.delivered_at, d.price, d.cost, d.code,
           d.text, 'accepted', d.at, current_user, d.at, current_user, 'rule', d.credit,
           d.clawback, d.remedy, d.status, d.accepted_status, false, false, false, :import_id,
           d.credit_id, d.clawback_id
      FROM decided d WHERE d.return_id IS NOT NULL),
remembered AS (
    INSERT INTO leadreturns.history
           (return_id, from_status, to_status, at, moved_on, actor, party_kind, how, terms_at)
    SELECT d.return_id, v.from_status, v.to_status, d.at, d.today, current_user, 'staff',
           v.how, d.delivered_at
      FROM decided d
     CROSS JOIN (VALUES (NULL, 'open', 'import'), ('open', 'accepted', 'rule'))
                v (from_status, to_status, how)
     WHERE d.return_id IS NOT NULL),
posted AS (
    INSERT INTO leadreturns.transfer
           (transfer_id, posted_at, posted_on, kind, debit, credit, account_id, supplier_id,
            amount, currency, delivery_id, return_id, reverses, actor)
    SELECT v.id, greatest(d.at, d.until), d.today, v.kind, v.debit, v.credit, v.account_id,
           v.supplier_id, v.amount, d.currency, d.delivery_id, d.return_id, v.reverses,
           current_user
      FROM decided d
     CROSS JOIN LATERAL (VALUES
           (d.credit_id, 'credit', 'revenue', 'account', d.account_id, NULL, d.credit,
            d.sale_transfer_id),
           (d.clawback_id, 'clawback', 'supplier', 'cost', NULL, d.supplier_id, d.clawback,
            d.payout_transfer_id))
           v (id, kind, debit, credit, account_id, supplier_id, amount, reverses)
     WHERE v.id IS NOT NULL),
returned AS (
    UPDATE leadreturns.delivery x SET status = d.accepted_status
      FROM decided d WHERE x.delivery_id = d.delivery_id AND d.return_id IS NOT NULL),
counted AS (
    UPDATE leadreturns.cap_period p
       SET used = p.used + u.n, used_value = p.used_value + u.amount
      FROM (SELECT d.account_id, d.starts_at, d.ends_at, count(*) AS n, sum(d.credit) AS amount
              FROM decided d WHERE d.return_id IS NOT NULL
             GROUP BY d.account_id, d.starts_at, d.ends_at) u
     WHERE p.account_id = u.account_id AND p.starts_at = u.starts_at AND p.ends_at = u.ends_at),
rated AS (
    INSERT INTO leadreturns.rate_delta
           (account_id, supplier_id, lead_group_id, currency, delivered_on, moved_on, reason,
            returned, acceptances, returned_value, clawback, credited, clawed_back)
    SELECT d.account_id, d.supplier_id, nullif(d.lead_group_id, 0), d.currency, d.delivered_on,
           d.today, d.code, count(*), count(*), sum(d.credit) * 100, sum(d.clawback) * 100,
           sum(d.credit) * 100, sum(d.clawback) * 100
      FROM decided d WHERE d.return_id IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7),
told AS (
    INSERT INTO leadreturns.import_outcome
           (import_id, line_no, status, sqlstate, detail, lead_id, delivery_id, account_id,
            over_cap, credit, clawback, return_id)
    SELECT :import_id, d.line_no,
           CASE WHEN d.sqlstate IS NULL THEN 'returned'
                WHEN d.sqlstate IN ('LR010', 'LR011') THEN 'already_returned'
                ELSE 'not_returnable' END,
           d.sqlstate,
           CASE d.sqlstate
                WHEN 'LR010' THEN format('Return %s of lead %s is open.', d.live_id, d.lead_id)
                WHEN 'LR011'
                THEN format('Return %s of lead %s is accepted.', d.live_id, d.lead_id)
                WHEN 'LR021' THEN format('It is %s; the window of lead %s opens at %s.', d.at,
                                         d.lead_id, d.opens_at)
                WHEN 'LR022' THEN format('It is %s; the window of lead %s closed at %s.', d.at,
                                         d.lead_id, d.closes_at)
                WHEN 'LR023'
                THEN format('Account %s has used %s of the %s returns allowed.', d.account_id,
                            d.used + least(d.earlier, greatest(d.allowed - d.used, 0)),
                            d.allowed)
                WHEN 'LR030' THEN format('No reason was given for lead %s.', d.lead_id)
                WHEN 'LR031' THEN format('"%s" matches no reason, and the terms of account %s say '
                                         'allow_other_reason = false.', d.text, d.account_id)
                WHEN 'LR032' THEN format('Reason "%s" is retired.', d.code)
                WHEN 'LR033' THEN format('Reason "%s" needs a note.', d.code)
                ELSE CASE WHEN d.sqlstate IS NOT NULL
                          THEN format('Lead %s, account %s.', d.lead_id, d.account_id) END END,
           d.lead_id, d.delivery_id, d.account_id, false, d.credit, d.clawback, d.return_id
      FROM decided d
     UNION ALL
    SELECT :import_id, l.line_no, 'unknown_lead', 'LR002',
           format('Lead %s was not delivered.', l.lead_id), NULL, NULL, NULL, false, 0, 0, NULL
      FROM bench.import_line l
     WHERE NOT EXISTS (SELECT FROM named n WHERE n.lead_id = l.lead_id))
UPDATE leadreturns.import i
   SET status = 'done', total = l.n, last_line = l.last, position = l.last,
       returned = s.returned, failed = l.n - s.returned, credit = s.credit,
       clawback = s.clawback, started_at = k.at, finished_at = k.at, updated_at = k.at
  FROM clock k,
       (SELECT count(*) AS n, max(l.line_no) AS last FROM bench.import_line l) l,
       (SELECT count(d.return_id) AS returned, coalesce(sum(d.credit), 0) AS credit,
               coalesce(sum(d.clawback), 0) AS clawback FROM decided d) s
 WHERE i.import_id = :import_id;
