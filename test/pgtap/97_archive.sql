-- Archiving moves what is over and nothing else, and changes no figure.
SELECT plan(36);
\ir ../model/common.sql
SELECT t.at('2026-01-10 12:00:00+00')
\g /dev/null
CREATE FUNCTION t.figures() RETURNS SETOF text LANGUAGE sql AS $$
SELECT s::text FROM t.state() s
UNION ALL SELECT x::text FROM leadreturns.return_rate_daily x
UNION ALL SELECT x::text FROM leadreturns.returns_decided_daily x
UNION ALL SELECT x::text FROM leadreturns.pnl x
UNION ALL SELECT x::text FROM leadreturns.ledger x
UNION ALL SELECT x::text FROM leadreturns.returns x
UNION ALL SELECT x::text FROM leadreturns.import_progress x
$$;
-- What is in the archive, by table.
CREATE FUNCTION t.archived(OUT history bigint, OUT messages bigint, OUT notifications bigint,
                           OUT import_rows bigint) LANGUAGE sql AS $$
SELECT (SELECT count(*) FROM leadreturns.archived_history),
       (SELECT count(*) FROM leadreturns.archived_message),
       (SELECT count(*) FROM leadreturns.archived_notification),
       (SELECT count(*) FROM leadreturns.archived_import_chunk)
       + (SELECT count(*) FROM leadreturns.archived_import_verdict)
       + (SELECT count(*) FROM leadreturns.archived_import_outcome)
$$;

-- In January: 1 accepted, 2 declined, 3 open, 4 declined but talked about in March, 5 accepted in
-- March, 6 withdrawn. Returns have their leads' numbers; the verified file takes 7 and 8, and
-- the run one makes 9 and 10.
SELECT t.lead(n, '2026-01-09 12:00:00+00') FROM generate_series(1, 9) n
\g /dev/null
SELECT lr_return(n, 'duplicate', 'note ' || n) FROM generate_series(1, 6) n
\g /dev/null
SELECT lr_message(n, 'first ' || n) FROM generate_series(1, 5) n
\g /dev/null
SELECT lr_accept(1), lr_decline(2), lr_decline(4), lr_withdraw(6)
\g /dev/null
-- of return 2 the first is sent, the second given up, the third waits; a worker has all the others
SET leadreturns.notify_attempts = 1;
SELECT lr_ack_notifications(ARRAY(
    SELECT n.notification_id FROM lr_claim_notifications('worker', 100, '7 days') n
     WHERE n.return_id = 2))
\g /dev/null
SELECT lr_fail_notification(n.notification_id, 'no such address')
  FROM lr_claim_notifications('worker', 1) n
\g /dev/null
SELECT lr_import_create('done'), lr_import_create('new')
\g /dev/null
SELECT lr_import_text(i, E'lead_id,reason\n7,duplicate\n99,duplicate\n8,duplicate\n')
  FROM generate_series(1, 2) i
\g /dev/null
SELECT lr_import_verify(1)
\g /dev/null
CALL lr_import_run(1);
SELECT t.at('2026-03-10 12:00:00+00')
\g /dev/null
SELECT lr_message(4, 'why?'), lr_accept(5)
\g /dev/null
CREATE TEMP TABLE before AS SELECT * FROM t.figures() AS f (figure);
CREATE TEMP TABLE moves AS TABLE leadreturns.return_history;
CREATE TEMP TABLE thread AS TABLE leadreturns.return_thread;
CREATE TEMP TABLE lines AS TABLE leadreturns.import_results;

CREATE ROLE lr_archive_buyer;
SELECT lr_grant('lr_archive_buyer', 'buyer', 1)
\g /dev/null
SELECT is(t.attempt('SELECT lr_archive(''2026-02-01'')', 'lr_archive_buyer'),
          'LR001 not_permitted', 'a buyer may not');
SELECT is(t.attempt('CALL lr_run_archive(''2026-02-01'')', 'lr_archive_buyer'),
          'LR001 not_permitted', 'nor run it');
SELECT is(t.attempt(format('SELECT lr_archive(%s)', args)), '22023', 'refused: ' || args)
  FROM unnest(ARRAY['NULL', '''infinity''', '''2026-03-10 12:00:01+00''', '''2026-02-01'', 0',
                    '''2026-02-01'', NULL']) args;
SELECT is(t.attempt('CALL lr_run_archive(''2026-02-01'')'), '2D000', 'not in a transaction');
SELECT is((lr_archive('2026-01-10 12:00:00+00')).history, 0::bigint,
          'what happened at that very instant stays');

-- By and by: 1, 2, 6 and the file; whole returns, one after the other.
SELECT results_eq($$SELECT returns, history, messages, remaining
    FROM lr_archive('2026-02-01', 1)$$, 'VALUES (1::bigint, 2::bigint, 1::bigint, true)',
    'one return is more than one row');
SELECT bag_eq($$SELECT DISTINCT return_id FROM leadreturns.archived_history$$,
    'VALUES (1::bigint)', 'but never a part of it');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'all agrees in between');
SELECT results_eq($$SELECT returns, history, messages, notifications, import_rows, skipped,
    remaining FROM lr_archive('2026-02-01')$$, $$VALUES (2::bigint, 4::bigint, 1::bigint, 2::bigint,
    7::bigint, 0::bigint, false)$$, 'the rest');
SELECT results_eq($$SELECT * FROM lr_archive('2026-02-01')$$, $$VALUES (0::bigint, 0::bigint,
    0::bigint, 0::bigint, 0::bigint, 0::bigint, false)$$, 'and then nothing');
SELECT bag_eq('SELECT DISTINCT return_id FROM leadreturns.return_history', $$VALUES (3::bigint),
    (4), (5), (9), (10)$$, 'what is open, talked about or decided since is live');
SELECT results_eq('SELECT status FROM leadreturns.notification WHERE return_id = 2',
    $$VALUES ('pending'::text)$$,
    'and what is yet to be sent');
SELECT is((SELECT count(*) FROM leadreturns.archived_notifications), 2::bigint,
          'the others are not');
SELECT bag_eq('SELECT * FROM t.figures()', 'TABLE before', 'no figure has moved');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'and everything agrees');
SELECT bag_eq('TABLE leadreturns.return_history_all', 'TABLE moves', 'the history is whole');
SELECT bag_eq('TABLE leadreturns.return_thread_all', 'TABLE thread', 'so is the thread');
SELECT bag_eq('TABLE leadreturns.import_results_all', 'TABLE lines', 'and so are the files');
SELECT is_empty('SELECT * FROM leadreturns.import_results WHERE import_id = 1',
    'a file that is over is not among the live ones');
SELECT is(t.attempt(format('SELECT lr_import_%s(1)', what)), 'LR062 import_state',
          what || ' finds it archived')
  FROM unnest('{undo,retry}'::text[]) what;

-- Whose past is archived goes on living.
SELECT lives_ok('SELECT lr_rollback_return(1)', 'rolled back');
SELECT lives_ok('SELECT lr_accept(2)', 'accepted after all');
SELECT lives_ok('SELECT lr_message(4, ''again'')', 'talked about');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'and all agrees');
SELECT is((SELECT string_agg(to_status, ' ' ORDER BY history_id)
             FROM leadreturns.return_history_all WHERE return_id = 2), 'open declined accepted',
          'its history is one');
SELECT t.at('2026-06-01 12:00:00+00')
\g /dev/null
CALL lr_run_archive('2026-05-01');
SELECT is((t.archived()).history, (SELECT count(*) FROM leadreturns.return_history_all
    WHERE return_id NOT IN (3, 9, 10)), 'later the rest of it follows');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'which agrees');
-- The archive is erased too.
SELECT lr_erase_lead(2)
\g /dev/null
SELECT is((SELECT count(*) FROM leadreturns.return_history_all WHERE note = 'note 2')
          + (SELECT count(*) FROM leadreturns.return_thread_all WHERE body = 'first 2'), 0::bigint,
          'erasing a lead reaches the archive');
SELECT is(t.attempt('DELETE FROM leadreturns.' || tab), 'LR070 history_is_immutable',
          tab || ' is guarded')
  FROM unnest('{archived_history,archived_import_outcome,erasure}'::text[]) tab;
SELECT * FROM finish();
