-- Progress of a file, what verification foretells, its summary, and retrying what failed after
-- the cause is gone.
BEGIN;
SELECT plan(30);
\ir ../model/common.sql
SELECT t.at('2026-03-02 12:00:00+00')
\g /dev/null
SELECT lr_set_terms('account', account, settings, '2026-01-01 00:00:00+00') FROM (VALUES
    (11, '{"auto_accept": "always", "allow_other_reason": false, "max_return_count": 3}'::jsonb),
    (12, '{"auto_accept": "always", "max_return_count": 1, "at_cap": "review"}'))
       v (account, settings)
\g /dev/null
INSERT INTO leadreturns.account (account_id, buyer_id, name, currency) VALUES (22, 2, 'e', 'EUR');
SELECT t.lead(n, '2026-03-01 12:00:00+00') FROM generate_series(1, 6) n
\g /dev/null
SELECT t.lead(n, '2026-03-01 12:00:00+00', 22) FROM generate_series(31, 32) n
\g /dev/null

-- lines 2 to 11: returned, unknown reason, unknown lead, malformed, returned twice over, beyond
-- the cap, two in another currency that wait
SELECT t.import(E'lead_id,reason,note\n1,duplicate,a\n2,gone fishing,b\n900,duplicate,c\n'
    'x,duplicate,d\n3,duplicate,e\n1,duplicate,f\n4,duplicate,g\n5,duplicate,h\n31,duplicate,\n'
    '32,duplicate,\n') AS id \gset
CREATE FUNCTION t.progress(import bigint) RETURNS text LANGUAGE sql AS $$
SELECT concat_ws(' ', status, total, done, returned, failed, errors, remaining, credit, clawback,
                 cap_crossed_line)
  FROM leadreturns.import_progress WHERE import_id = import
$$;
SELECT is(t.progress(:id), 'new 10 0 0 0 0 10 0.00 0.00', 'ten lines to do');
SELECT t.fingerprint('{import,import_verdict}') AS before \gset
SELECT lr_import_verify(:id)
\g /dev/null
SELECT is(t.fingerprint('{import,import_verdict}'), :'before', 'verification changes nothing else');
SELECT is(t.progress(:id), 'verified 10 0 0 0 0 10 0.00 0.00 9', 'nor what is done');
SELECT results_eq('SELECT verified_returned, verified_failed, verified_errors, verified_credit,
    verified_clawback, verified_at FROM leadreturns.import_progress',
    $$VALUES (5::bigint, 4::bigint, 1::bigint, 30.00, 18.00, '2026-03-02 12:00+00'::timestamptz)$$,
    'five, four and one; three times 10.00 and 6.00');
CREATE TABLE t.said (line text);
INSERT INTO t.said VALUES ('2 returned'), ('3 not_returnable LR031'), ('4 unknown_lead LR002'),
    ('5 malformed 22P04'), ('6 returned'), ('7 already_returned LR011'), ('8 returned'),
    ('9 not_returnable LR023'), ('10 requested'), ('11 requested');
SELECT results_eq(format('SELECT t.lines(%s, true)', :id), 'TABLE t.said', 'each has its verdict');
SELECT is((SELECT string_agg(DISTINCT status, ',') FROM leadreturns.import_results), 'pending',
          'and no outcome yet');

-- In two steps; the instants of the run.
SELECT t.at('2026-03-02 13:00:00+00'), lr_import_step(:id, 4)
\g /dev/null
SELECT is(t.progress(:id), 'running 10 4 1 2 1 6 10.00 6.00 9', 'four are done');
SELECT t.at('2026-03-02 14:00:00+00'), lr_import_step(:id, 6)
\g /dev/null
SELECT lr_import_step(:id, 6)
\g /dev/null
SELECT is(t.progress(:id), 'done 10 10 5 4 1 0 30.00 18.00 9', 'all are');
SELECT results_eq('SELECT started_at, finished_at FROM leadreturns.import_progress',
    $$VALUES ('2026-03-02 13:00+00'::timestamptz, '2026-03-02 14:00+00'::timestamptz)$$,
    'it knows when it began and ended');
SELECT results_eq(format('SELECT t.lines(%s)', :id), 'TABLE t.said', 'as was foretold');
SELECT is((SELECT format('%s|%s|%s|%s|%s', raw, key, reason, note, message)
             FROM leadreturns.import_results WHERE line_no = 3),
          '2,gone fishing,b|2|gone fishing|b|unknown reason', 'a line keeps what it said');
SELECT matches((SELECT detail FROM leadreturns.import_results WHERE line_no = 7),
               'earlier line of the file', 'a lead of an earlier line is told so');
SELECT results_eq('SELECT phase, status, sqlstate, condition, lines, first_line, currency, credit,
    clawback FROM leadreturns.import_summary WHERE phase <> ''undone'' ORDER BY 1, first_line',
    $$SELECT phase, status, sqlstate, condition, lines::bigint, first_line::bigint, currency,
             credit, clawback FROM unnest('{done,verified}'::text[]) phase, (VALUES
        ('returned', NULL, NULL, 3, 2, 'USD', 30.00, 18.00),
        ('not_returnable', 'LR031', 'reason_unknown', 1, 3, 'USD', 0.00, 0.00),
        ('unknown_lead', 'LR002', 'lead_not_found', 1, 4, NULL, 0.00, 0.00),
        ('malformed', '22P04', NULL, 1, 5, NULL, 0.00, 0.00),
        ('already_returned', 'LR011', 'already_returned', 1, 7, 'USD', 0.00, 0.00),
        ('not_returnable', 'LR023', 'cap_reached', 1, 9, 'USD', 0.00, 0.00),
        ('requested', NULL, NULL, 2, 10, 'EUR', 0.00, 0.00))
        v (status, sqlstate, condition, lines, first_line, currency, credit, clawback)
      ORDER BY 1, 6$$, 'the summary counts lines of a kind, each currency by itself');

-- The causes go: an alias, the delivery that was missing, capacity. What is done stays done.
INSERT INTO leadreturns.reason_alias (alias, code) VALUES ('gone fishing', 'bad_contact_info');
SELECT t.lead(900, '2026-03-01 12:00:00+00', 12)
\g /dev/null
SELECT lr_rollback_return(4), lr_rollback_return(3)
\g /dev/null
SELECT lr_import_retry(:id)
\g /dev/null
SELECT is(t.progress(:id), 'new 10 5 5 0 0 5 30.00 18.00 9', 'what failed is to be done again');
SELECT results_eq('SELECT line_no FROM leadreturns.import_results WHERE status = ''pending''',
    'VALUES (3::bigint), (4), (5), (7), (9)', 'those lines, and no others');
SELECT is((SELECT finished_at FROM leadreturns.import_progress), NULL, 'so it is not finished');
SELECT lr_import_verify(:id)
\g /dev/null
SELECT results_eq('SELECT line_no || '' '' || verdict FROM leadreturns.import_results
    WHERE verdict IS NOT NULL', ARRAY['3 returned', '4 returned', '5 malformed',
    '7 already_returned', '9 returned'], 'verification looks at them alone');
SELECT is((SELECT cap_crossed_line FROM leadreturns.import_progress), NULL, 'no cap is crossed');
SELECT lr_import_step(:id)
\g /dev/null
SELECT results_eq(format('SELECT t.lines(%s)', :id), ARRAY['2 returned', '3 returned',
    '4 returned', '5 malformed 22P04', '6 returned', '7 already_returned LR011', '8 returned',
    '9 returned', '10 requested', '11 requested'], 'three more are returned');
SELECT is(t.progress(:id), 'done 10 10 8 1 1 0 60.00 36.00', 'and counted');
SELECT is((SELECT count(*) FROM leadreturns.returns WHERE import_id = :id), 8::bigint,
          'none was returned twice');
SELECT lr_import_retry(:id)
\g /dev/null
SELECT is(t.progress(:id), 'new 10 8 8 0 0 2 60.00 36.00', 'retried again');
SELECT lr_import_step(:id)
\g /dev/null
SELECT is(t.progress(:id), 'done 10 10 8 1 1 0 60.00 36.00', 'to the same end');

-- Beyond the cap under review a line is taken, and is where the cap is crossed.
SELECT t.lead(n, '2026-03-01 12:00:00+00', 12) FROM generate_series(41, 43) n
\g /dev/null
SELECT lr_rollback_return(900)
\g /dev/null
SELECT t.import(E'lead_id\n41\n42\n43\n', 'duplicate') AS review \gset
SELECT lr_import_verify(:review)
\g /dev/null
SELECT is(t.progress(:review), 'verified 3 0 0 0 0 3 0.00 0.00 3',
          'the second one crosses the cap');
SELECT lr_import_step(:review)
\g /dev/null
SELECT results_eq(format('SELECT status, over_cap, verdict_over_cap FROM leadreturns.import_results
    WHERE import_id = %s', :review), $$VALUES ('returned', false, false),
    ('requested', true, true), ('requested', true, true)$$, 'and waits for a person');

-- Several loads are one file; lines go on being counted.
SELECT t.import(E'lead_id,reason\r\n5,duplicate\r\n') AS two \gset
SELECT is(lr_import_text(:two, E'\uFEFFgrund;nr\n\nduplicate;6', 'nr', 'grund'), 1::bigint,
          'a second load has columns and delimiters of its own');
SELECT results_eq(format('SELECT line_no, key, reason FROM leadreturns.import_results
    WHERE import_id = %s', :two), $$VALUES (2::bigint, '5', 'duplicate'), (5, '6', 'duplicate')$$,
    'and line numbers that go on');
SELECT lr_import_verify(:two), lr_import_text(:two, E'lead_id,reason\n7,duplicate')
\g /dev/null
SELECT is(t.progress(:two), 'new 3 0 0 0 0 3 0.00 0.00 5', 'a load makes a verified file new');
SELECT is((SELECT count(*) FROM leadreturns.import_results r WHERE r.import_id = :two
            AND r.verdict IS NULL), 1::bigint, 'and its lines have no verdict');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'reconciles');
SELECT * FROM finish();
ROLLBACK;
