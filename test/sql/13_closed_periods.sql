-- A closed period takes nothing more: what is returned later adjusts the open one.
\set ECHO none
\getenv dir PG_ABS_SRCDIR
\set file :dir /model/fresh.sql
\i :file
\set ECHO all
SELECT t.at('2026-03-05 12:00:00+00');
SELECT t.lead(1, '2026-02-10 12:00:00+00'), t.lead(2, '2026-02-20 12:00:00+00'),
       t.lead(3, '2026-03-01 00:00:00+00'), t.lead(4, '2026-02-10 12:00:00+00', 12),
       t.lead(8, '2026-02-20 12:00:00+00');
SELECT t.file(1), t.file(2), t.file(3), t.file(4), t.file(8);
SELECT status FROM lr_accept(1);
SELECT account_id, t.day(starts_on), t.day(ends_before), t.utc(ends_at), t.utc(closed_at)
  FROM lr_close_period(11, '2026-02-15');
SELECT t.day(starts_on), t.day(ends_before), t.utc(ends_at) FROM lr_close_period(11, '2026-03-01');
SELECT account_id, t.day(starts_on), t.day(ends_before) FROM leadreturns.closed_periods
 ORDER BY account_id, ends_before;
-- closed once; not before it has ended; of an account that there is
SELECT lr_close_period(11, '2026-03-01');
SELECT lr_close_period(11, '2026-02-01');
SELECT lr_close_period(11, '2026-03-06');
SELECT lr_close_period(99, '2026-03-01');
SELECT lr_close_period(11, NULL);
SELECT lr_close_period(NULL, '2026-03-01');
SELECT lr_close_period(11, 'infinity');
-- nothing is delivered into it; its first open instant is open
SELECT t.attempt('SELECT lr_deliver(9, 11, 5, 1,
                                    delivered_at => ''2026-02-28 23:59:59.999999+00'')');
SELECT detail FROM t.texts('SELECT lr_deliver(9, 11, 5, 1, delivered_at => ''2026-02-01+00'')');
SELECT t.utc(delivered_at) FROM lr_deliver(5, 11, 5, 1, delivered_at => '2026-03-01 00:00:00+00');
SELECT t.utc(delivered_at) FROM lr_deliver(6, 12, 5, 1, delivered_at => '2026-02-28 00:00:00+00');
-- a return of a closed lead posts today and names the original
SELECT status, credit, clawback FROM lr_accept(2);
SELECT l.kind, t.utc(l.posted_at), o.kind AS reverses, t.utc(o.posted_at) AS original
  FROM leadreturns.ledger l LEFT JOIN leadreturns.ledger o ON o.transfer_id = l.reverses
 WHERE l.return_id = 2 ORDER BY l.transfer_id;
-- so does the rollback of one that was accepted before the closing
SELECT status FROM lr_rollback_return(1);
SELECT kind, t.utc(posted_at) FROM leadreturns.ledger WHERE return_id = 1 ORDER BY transfer_id;
-- even if the clock is behind: nothing is posted before the end of what is closed
SELECT t.at('2026-02-28 12:00:00+00');
SELECT kind, t.utc(posted_at) FROM lr_post('deposit', 11, 50);
SELECT kind, t.utc(posted_at) FROM lr_post('deposit', 12, 50);
SELECT status FROM lr_accept(4);
SELECT kind, t.utc(posted_at) FROM leadreturns.ledger WHERE return_id = 4 ORDER BY transfer_id;
SELECT status FROM lr_accept(5);
SELECT status FROM lr_rollback_return(8);
SELECT kind, t.utc(posted_at) FROM leadreturns.ledger WHERE return_id = 5 ORDER BY transfer_id;
-- sums of a closed period do not move any more
SELECT t.at('2026-03-05 12:00:00+00');
SELECT coalesce(sum(debit), 0), coalesce(sum(credit), 0) FROM leadreturns.account_statement
 WHERE account_id = 11 AND posted_at < '2026-03-01 00:00:00+00';
SELECT status FROM lr_accept(3);
SELECT coalesce(sum(debit), 0), coalesce(sum(credit), 0) FROM leadreturns.account_statement
 WHERE account_id = 11 AND posted_at < '2026-03-01 00:00:00+00';
SELECT kind, t.utc(posted_at), debit, credit, balance FROM leadreturns.account_statement
 WHERE account_id = 11 ORDER BY posted_at, transfer_id;
-- days begin at midnight in the zone of the account's terms
SELECT settings FROM lr_set_terms('account', 21, '{"time_zone": "America/New_York"}',
                                  '2026-01-01 00:00:00+00');
SELECT t.utc(ends_at) FROM lr_close_period(21, '2026-03-01');
SELECT t.attempt('SELECT lr_deliver(9, 21, 5, 1, delivered_at => ''2026-03-01 04:59:59+00'')');
SELECT t.utc(delivered_at) FROM lr_deliver(7, 21, 5, 1, delivered_at => '2026-03-01 05:00:00+00');
SELECT t.at('2026-03-07 04:59:59+00');
SELECT lr_close_period(21, '2026-03-07');
SELECT t.at('2026-03-07 05:00:00+00');
SELECT t.utc(ends_at) FROM lr_close_period(21, '2026-03-07');
SELECT count(*) FROM lr_reconcile();
