-- The life of a return: every legal move, what it records, and what it does to the lead.
\set ECHO none
\getenv dir PG_ABS_SRCDIR
\set file :dir /model/fresh.sql
\i :file
\set ECHO all
SELECT t.at('2026-03-02 12:00:00+00');
SELECT t.lead(1, '2026-03-01 12:00:00+00');
SELECT status, review, colour, reason, reason_label, reason_text, note, t.utc(requested_at),
       t.utc(decided_at)
  FROM lr_return(1, 'Wrong Vertical!', ' not ours ');
SELECT status FROM leadreturns.deliveries WHERE lead_id = 1;

-- declined, reopened, accepted
SELECT t.at('2026-03-03 12:00:00+00');
SELECT status, review, colour, t.utc(decided_at), decided_how, decision_note, age_hours
  FROM lr_decline(1, 'we have proof');
SELECT t.at('2026-03-04 12:00:00+00');
SELECT status, review, colour, t.utc(decided_at), decided_how, decision_note, age_hours
  FROM lr_reopen(1, 'new facts');
SELECT status, review, colour, decided_how, decision_note, prior_status, credit, clawback, remedy
  FROM lr_accept(1, 'agreed');
SELECT status FROM leadreturns.deliveries WHERE lead_id = 1;

-- rolled back, asked for again, withdrawn, asked for again, declined, accepted after all
SELECT t.at('2026-03-05 12:00:00+00');
SELECT status, review, colour, t.utc(decided_at), credit, clawback, remedy, prior_status,
       decision_note
  FROM lr_rollback_return(1, 'sold after all');
SELECT status FROM leadreturns.deliveries WHERE lead_id = 1;
SELECT return_id, status FROM lr_return(1, 'duplicate');
SELECT status, review, colour FROM lr_withdraw(2, 'found it');
SELECT return_id, status FROM lr_return(1, 'duplicate');
SELECT status FROM lr_decline(3);
SELECT status, decided_how FROM lr_accept(3, 'changed our mind');
SELECT return_id, status FROM leadreturns.returns ORDER BY 1;
SELECT return_id, from_status, to_status, t.utc(at), how, party_kind, note, t.utc(terms_at)
  FROM leadreturns.return_history ORDER BY history_id;

-- what may not be
SELECT lr_accept(3);
SELECT lr_decline(3);
SELECT lr_withdraw(3);
SELECT lr_reopen(3);
SELECT lr_return(1, 'duplicate');
SELECT lr_accept(1);
SELECT lr_reopen(2);
SELECT lr_accept(99);
SELECT lr_rollback_return(99);
SELECT t.lead(2, '2026-03-01 12:00:00+00');
SELECT lr_rollback_return(2);

-- a second live return is impossible, for an old one too
SELECT t.lead(3, '2026-03-01 12:00:00+00');
SELECT return_id, status FROM lr_return(3, 'duplicate');
SELECT status FROM lr_decline(4);
SELECT return_id, status FROM lr_return(3, 'other');
SELECT lr_reopen(4);
SELECT lr_accept(4);
SELECT status FROM lr_accept(5);
SELECT lr_reopen(4);
SELECT lr_accept(4);

-- resubmission off: neither asked for again nor reopened, but the seller may change its mind
SELECT t.terms(21, '{"resubmission": false}');
SELECT t.lead(4, '2026-03-01 12:00:00+00', 21), t.lead(5, '2026-03-01 12:00:00+00', 21);
SELECT t.file(4), t.file(5);
SELECT status FROM lr_decline(t.last_return(4));
SELECT lr_return(4, 'duplicate');
SELECT lr_reopen(t.last_return(4));
SELECT status FROM lr_accept(t.last_return(4));
SELECT status FROM lr_withdraw(t.last_return(5));
SELECT lr_return(5, 'duplicate');
SELECT violations FROM lr_check_return(5, 'duplicate');

-- the status that acceptance sets: the terms', or the decision's; a conflict when it has changed
SELECT t.terms(12, '{"accepted_status": "REFUNDED"}');
SELECT t.lead(n, '2026-03-01 12:00:00+00', 12) FROM generate_series(6, 8) n;
UPDATE leadreturns.deliveries SET status = 'sold' WHERE lead_id IN (6, 7, 8);
SELECT t.file(6), t.file(7), t.file(8);
SELECT prior_status FROM lr_accept(t.last_return(6));
SELECT prior_status FROM lr_accept(t.last_return(7), status => 'on hold');
SELECT prior_status FROM lr_accept(t.last_return(8));
SELECT lead_id, status FROM leadreturns.deliveries WHERE lead_id IN (6, 7, 8) ORDER BY 1;
UPDATE leadreturns.deliveries SET status = 'resold' WHERE lead_id = 8;
SELECT t.attempt('SELECT lr_rollback_return(8)');
SELECT status FROM lr_rollback_return(6);
SELECT status FROM lr_rollback_return(7);
UPDATE leadreturns.deliveries SET status = 'REFUNDED' WHERE lead_id = 8;
SELECT status FROM lr_rollback_return(8);
SELECT lead_id, status FROM leadreturns.deliveries WHERE lead_id IN (6, 7, 8) ORDER BY 1;

-- a deleted lead
SELECT t.lead(9, '2026-03-01 12:00:00+00');
UPDATE leadreturns.deliveries SET deleted_at = '2026-03-02 12:00:00+00' WHERE lead_id = 9;
SELECT lr_return(9, 'duplicate');
SELECT lr_return(9, 'duplicate', 'please', override => true);
SELECT violations FROM lr_check_return(9, 'duplicate');
SELECT * FROM lr_reconcile();
