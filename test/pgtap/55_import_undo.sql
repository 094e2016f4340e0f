-- Undoing a file: what it did is taken back; what has gone its own way since is a conflict, and is
-- undone by a later call when nothing is in the way any more. Files that roll returns back.
BEGIN;
SELECT plan(28);
\ir ../model/common.sql
SELECT t.at('2026-03-02 12:00:00+00')
\g /dev/null
SELECT lr_set_terms('account', 11, '{"auto_accept": "always", "max_return_percent": 100}',
                    '2026-01-01 00:00:00+00')
\g /dev/null
SELECT t.lead(n, '2026-03-01 12:00:00+00') FROM generate_series(1, 8) n
\g /dev/null
SELECT t.lead(n, '2026-03-01 12:00:00+00', 12) FROM generate_series(11, 16) n
\g /dev/null
SELECT t.lead(20, '2026-03-01 12:00:00+00')
\g /dev/null
SELECT lr_return(20, 'duplicate')
\g /dev/null
CREATE FUNCTION t.undone(import bigint) RETURNS SETOF text LANGUAGE sql AS $$
SELECT concat_ws(' ', line_no, undo_status, undo_sqlstate)
  FROM leadreturns.import_results WHERE import_id = import AND undo_status IS NOT NULL
 ORDER BY line_no $$;
CREATE FUNCTION t.says(import bigint) RETURNS text LANGUAGE sql AS $$
SELECT format('%s, %s undone, %s in conflict', status, undone, conflicts)
  FROM leadreturns.import_progress WHERE import_id = import $$;
CREATE TABLE t.before AS SELECT * FROM t.state();
CREATE FUNCTION t.changed() RETURNS SETOF t.before LANGUAGE sql AS $$
(TABLE t.before EXCEPT SELECT * FROM t.state()) UNION ALL
(SELECT * FROM t.state() EXCEPT TABLE t.before) $$;

-- Lines 2 to 7 are returned (1 to 6), 8 to 13 wait (11 to 16), 14 was returned before.
SELECT t.import(E'lead_id\n1\n2\n3\n4\n5\n6\n11\n12\n13\n14\n15\n16\n20\nx\n', 'duplicate') AS id
\gset
SELECT lr_import_step(:id)
\g /dev/null
SELECT is((SELECT format('%s %s %s', returned, failed, errors) FROM leadreturns.import_progress),
          '12 1 1', 'twelve lines have an effect');
SELECT isnt_empty('SELECT * FROM t.changed()', 'which the tables show');
-- Meanwhile: 1 was resold, 2 rolled back by hand, 3 too and returned anew; 11 was accepted, 12
-- declined, 13 withdrawn, 14 declined and reopened, 15 declined and then accepted after all
UPDATE leadreturns.deliveries SET status = 'SOLD' WHERE lead_id = 1;
SELECT lr_rollback_return(2), lr_rollback_return(3)
\g /dev/null
SELECT lr_return(3, 'wrong vertical')
\g /dev/null
SELECT lr_accept(t.last_return(11)), lr_decline(t.last_return(12)), lr_withdraw(t.last_return(13)),
       lr_decline(t.last_return(14)), lr_decline(t.last_return(15))
\g /dev/null
SELECT lr_reopen(t.last_return(14)), lr_accept(t.last_return(15))
\g /dev/null
SELECT t.at('2026-03-03 12:00:00+00'), lr_import_undo(:id)
\g /dev/null
SELECT is(t.says(:id), 'undone, 7 undone, 5 in conflict', 'what can be undone, is');
SELECT results_eq(format('SELECT t.undone(%s)', :id), ARRAY['2 conflict LR014', '3 conflict LR012',
    '4 conflict LR012', '5 undone', '6 undone', '7 undone', '8 undone', '9 conflict LR012',
    '10 conflict LR012', '11 undone', '12 undone', '13 undone'], 'each line says which');
SELECT results_eq('SELECT undo_detail FROM leadreturns.import_results
    WHERE undo_sqlstate = ''LR012'' ORDER BY line_no',
    format('SELECT format(''Return %%s is %%s.'', return_id, status) FROM leadreturns.returns
    WHERE import_id = %s AND lead_id IN (2, 3, 12, 13)
    ORDER BY return_id', :id), 'a conflict tells what became of the return');
SELECT is((SELECT array_agg(status ORDER BY lead_id) FROM leadreturns.returns
            WHERE import_id = :id AND lead_id IN (4, 5, 6, 11, 14, 15, 16)),
          '{rolled_back,rolled_back,rolled_back,rolled_back,withdrawn,rolled_back,withdrawn}',
          'the accepted are rolled back, the open withdrawn');
SELECT is((SELECT array_agg(DISTINCT how) FROM leadreturns.return_history
            WHERE at = '2026-03-03 12:00:00+00'), '{import}', 'history says that an import did it');
SELECT is((SELECT status FROM leadreturns.returns WHERE return_id = t.last_return(3)), 'accepted',
          'the return made by hand since stays');
SELECT is((SELECT status FROM leadreturns.returns WHERE lead_id = 20), 'accepted',
          'so does one that the file found there');
SELECT is((SELECT status FROM leadreturns.deliveries WHERE lead_id = 1), 'SOLD',
          'the lead that was resold is left alone');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'reconciles');
SELECT results_eq('SELECT status, sqlstate, lines FROM leadreturns.import_summary
    WHERE phase = ''undone'' ORDER BY 1, 2', $$VALUES ('conflict', 'LR012', 4::bigint),
    ('conflict', 'LR014', 1), ('undone', NULL, 7)$$, 'the summary counts both');

-- Once more: conflicts are tried again, what is undone is not.
SELECT lr_import_undo(:id)
\g /dev/null
SELECT is(t.says(:id), 'undone, 7 undone, 5 in conflict', 'nothing new while all is as it was');
UPDATE leadreturns.deliveries SET status = 'RETURNED' WHERE lead_id = 1;
SELECT lr_import_undo(:id)
\g /dev/null
SELECT is(t.says(:id), 'undone, 8 undone, 4 in conflict', 'the resold lead is back, and undone');
SELECT is((SELECT undo_status FROM leadreturns.import_results WHERE import_id = :id
            AND line_no = 2), 'undone', 'its line says so');
SELECT is((SELECT undo_sqlstate || undo_detail FROM leadreturns.import_results
            WHERE import_id = :id AND line_no = 2), NULL, 'and has no conflict any more');
SELECT is((SELECT status FROM leadreturns.deliveries WHERE lead_id = 1), 'DELIVERED',
          'its lead has the status that it had before');
SELECT lr_rollback_return(3)
\g /dev/null
SELECT is_empty('SELECT * FROM t.changed()', 'balances, statuses and caps are as before the file');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'reconciles');

-- A file that rolls returns back.
SELECT lr_return(n, 'duplicate') FROM unnest('{4,5,6,11}'::bigint[]) n
\g /dev/null
SELECT lr_accept(t.last_return(11))
\g /dev/null
SELECT lr_return(12, 'duplicate')
\g /dev/null
UPDATE leadreturns.deliveries SET status = 'SOLD' WHERE lead_id = 6;
SELECT t.import(E'lead_id,note\n4,our fault\n4,again\n7,never\n12,open\n6,sold\n999,\nx,\n'
                '11,\n5,\n',
                undo => true) AS back \gset
CREATE TABLE t.said (line text);
INSERT INTO t.said VALUES ('2 rolled_back'), ('3 not_returnable LR012'), ('4 not_returnable LR012'),
    ('5 not_returnable LR012'), ('6 not_returnable LR014'), ('7 unknown_lead LR002'),
    ('8 malformed 22P04'), ('9 rolled_back'), ('10 rolled_back');
SELECT t.fingerprint('{import,import_verdict}') AS before \gset
SELECT lr_import_verify(:back)
\g /dev/null
SELECT is(t.fingerprint('{import,import_verdict}'), :'before', 'verifying it changes nothing');
SELECT results_eq(format('SELECT t.lines(%s, true)', :back), 'TABLE t.said', 'each verdict');
SELECT lr_import_step(:back, 3), lr_import_step(:back, 100)
\g /dev/null
SELECT results_eq(format('SELECT t.lines(%s)', :back), 'TABLE t.said', 'each outcome, as foretold');
SELECT is((SELECT format('%s %s %s %s', status, returned, failed, errors)
             FROM leadreturns.import_progress WHERE import_id = :back), 'done 3 5 1', 'progress');
SELECT results_eq('SELECT lead_id, status, decision_note, decided_how FROM leadreturns.returns
    WHERE return_id IN (t.last_return(4), t.last_return(11)) ORDER BY 1', $$VALUES
    (4::bigint, 'rolled_back', 'our fault', 'import'), (11, 'rolled_back', NULL, 'import')$$,
    'the note of a line is the note of the rollback');
SELECT is((SELECT status FROM leadreturns.returns WHERE return_id = t.last_return(6)),
          'accepted', 'a lead that was resold is refused and stays');
UPDATE leadreturns.deliveries SET status = 'RETURNED' WHERE lead_id = 6;
SELECT lr_rollback_return(6), lr_withdraw(t.last_return(12))
\g /dev/null
SELECT is_empty('SELECT * FROM t.changed()', 'all is as it was before the returns');
SELECT is(t.attempt(format('SELECT lr_import_undo(%s)', :back)), 'LR062 import_state',
          'a file that rolls back cannot be undone');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'reconciles');
SELECT * FROM finish();
ROLLBACK;
