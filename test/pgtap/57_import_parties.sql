-- Who may do what with a file: a buyer works with its own, and knows of no other; staff with all.
BEGIN;
SELECT plan(51);
\ir ../model/common.sql
SELECT t.at('2026-03-02 12:00:00+00')
\g /dev/null
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA t TO PUBLIC;
CREATE ROLE lr_i_acme; CREATE ROLE lr_i_bolt; CREATE ROLE lr_i_staff; CREATE ROLE lr_i_supplier;
CREATE ROLE lr_i_reporting; CREATE ROLE lr_i_nobody; CREATE ROLE lr_i_app;
SELECT lr_grant('lr_i_acme', 'buyer', 1), lr_grant('lr_i_bolt', 'buyer', 2),
       lr_grant('lr_i_staff', 'staff'), lr_grant('lr_i_supplier', 'supplier', 5),
       lr_grant('lr_i_reporting', 'reporting'), lr_grant('lr_i_app', 'app')
\g /dev/null
SELECT lr_set_terms('global', NULL, '{"auto_accept": "always"}', '2026-01-01 00:00:00+00')
\g /dev/null
SELECT lr_set_terms('account', 12, '{"auto_accept": "always", "max_return_count": 1}',
                    '2026-01-01 00:00:00+00')
\g /dev/null
SELECT t.lead(n, '2026-03-01 12:00:00+00') FROM generate_series(1, 3) n
\g /dev/null
SELECT t.lead(n, '2026-03-01 12:00:00+00', 21) FROM generate_series(21, 23) n
\g /dev/null
-- lead 9 was sold to both, to the first one twice
SELECT lr_deliver(9, account, 5, 10, 6, delivered_at => at)
  FROM (VALUES (11, '2026-03-01 12:00+00'::timestamptz), (12, '2026-03-01 13:00+00'),
               (21, '2026-03-01 14:00+00')) v (account, at)
\g /dev/null

-- Acme's own file: lead 21 is Bolt's, lead 9 means the newest delivery to Acme.
SET LOCAL ROLE lr_i_acme;
SELECT t.import(E'lead_id,reason\n1,duplicate\n21,duplicate\n9,duplicate\n9,duplicate\n')
    AS id \gset
SELECT results_eq('SELECT import_id, buyer_id FROM leadreturns.import_progress',
    format('VALUES (%s::bigint, 1::bigint)', :id), 'a buyer''s file is about its own leads');
SELECT throws_ok('SELECT lr_import_create(''for another'', buyer_id => 2)', 'LR061', NULL,
                 'it cannot name another buyer');
SELECT lr_import_create('another', buyer_id => 1) \g /dev/null
SELECT is((SELECT status FROM lr_import_verify(:id)), 'verified', 'a buyer verifies');
SELECT is((SELECT status FROM lr_import_step(:id, 1)), 'running', 'a buyer runs');
SELECT is((SELECT status FROM lr_import_cancel(:id)), 'cancelled', 'a buyer cancels');
SELECT is((SELECT status FROM lr_import_step(:id)), 'done', 'a buyer goes on');
SELECT results_eq(format('SELECT concat_ws('' '', l, lead_id, account_id)
    FROM t.lines(%s) WITH ORDINALITY t (l, n)
    JOIN leadreturns.import_results ON line_no = n + 1 AND import_id = %1$s ORDER BY n', :id),
    ARRAY['2 returned 1 11', '3 unknown_lead LR002', '4 returned 9 12', '5 returned 9 11'],
    'of a lead sold to it twice the newest comes back first');
SELECT is((SELECT status FROM lr_import_retry(:id)), 'new', 'a buyer retries');
SELECT is((SELECT status FROM lr_import_step(:id)), 'done', 'and runs again');
SELECT is((SELECT array_agg(DISTINCT coalesce(clawback, verdict_clawback))
             FROM leadreturns.import_results), '{NULL}', 'what suppliers give back is not told');
SELECT is((SELECT array_agg(DISTINCT coalesce(clawback, verified_clawback))
             FROM leadreturns.import_progress), '{NULL}', 'nor the sum of it');
SELECT is((SELECT array_agg(DISTINCT clawback) FROM leadreturns.import_summary), '{NULL}',
          'nor in the summary');
SELECT is((SELECT sum(credit) FROM leadreturns.import_results), 30.00, 'its credit is');
INSERT INTO leadreturns.import_upload VALUES
    ((SELECT max(import_id) FROM leadreturns.import_progress), '2', 'duplicate', NULL);
SELECT is((SELECT sum(total) FROM leadreturns.import_progress), 5::numeric, 'a buyer uploads rows');
RESET ROLE;
SELECT is(t.attempt(format('SELECT lr_import_undo(%s)', :id), 'lr_i_acme'), 'LR001 not_permitted',
          'no buyer undoes');
SELECT is(t.attempt('SELECT lr_import_create(''x'', undo => true)', 'lr_i_acme'),
          'LR001 not_permitted', 'nor rolls back');

-- Staff sees what was returned for it, and by whom.
SELECT is((SELECT sum(clawback) FROM leadreturns.import_results WHERE import_id = :id), 18.00,
          'staff sees the clawback');
SELECT is((SELECT array_agg(DISTINCT created_by) FROM leadreturns.import_progress), '{lr_i_acme}',
          'and who made the files');
SELECT is((SELECT array_agg(DISTINCT party_kind || party_id) FROM leadreturns.return_history),
          '{buyer1}', 'history says that the buyer returned them');

-- Another buyer: nothing is to be seen, and a file of somebody else's reads like none.
SET LOCAL ROLE lr_i_bolt;
SELECT is_empty('SELECT * FROM leadreturns.' || view, view || ' shows no file of another buyer')
  FROM unnest('{import_progress,import_results,import_summary}'::text[]) view;
SELECT is_empty(format('SELECT * FROM leadreturns.import_lines(%s)', :id), 'nor its lines');
RESET ROLE;
CREATE FUNCTION t.refusal(command text, import bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text;
    detail text;
BEGIN
    PERFORM set_config('role', 'lr_i_bolt', true);
    EXECUTE format(command, import);
    RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', SQLSTATE, message, replace(detail, import::text, 'N'));
END;
$$;
CREATE TABLE t.command (name text, sql text);
INSERT INTO t.command VALUES ('load', $$SELECT lr_import_text(%s, E'lead_id\n23\n')$$),
    ('upload', 'INSERT INTO leadreturns.import_upload VALUES (%s, ''23'', ''duplicate'', NULL)'),
    ('verify', 'SELECT lr_import_verify(%s)'), ('step', 'SELECT lr_import_step(%s)'),
    ('cancel', 'SELECT lr_import_cancel(%s)'), ('retry', 'SELECT lr_import_retry(%s)');
SELECT is(t.refusal(sql, :id), 'LR061 invalid import There is no import N.',
          name || ': another buyer''s file reads like none') FROM t.command;
SELECT is(t.refusal(sql, :id), t.refusal(sql, 987654), name || ': the same text') FROM t.command;
SELECT is(t.attempt(format(sql, :id), 'lr_i_bolt'), 'LR061 invalid_import', name || ': no effect')
  FROM t.command;
SELECT lr_import_create('of staff', buyer_id => 2) AS staffs
\g /dev/null
SELECT max(import_id) AS staffs FROM leadreturns.import_progress \gset
SELECT is(t.attempt(format('SELECT lr_import_step(%s)', :staffs), 'lr_i_bolt'),
          'LR061 invalid_import', 'a file that staff made for a buyer is staff''s');

-- Who has no part in it.
SELECT is(t.attempt('SELECT lr_import_create(''x'')', who), expected,
          format('%s makes a file: %s', who, expected))
  FROM (VALUES ('lr_i_staff', 'ok'), ('lr_i_supplier', 'LR001 not_permitted'),
               ('lr_i_reporting', 'LR001 not_permitted'), ('lr_i_app', 'LR001 not_permitted'),
               ('lr_i_nobody', '42501')) v (who, expected);
SELECT is(t.attempt('SELECT FROM leadreturns.import_results', 'lr_i_reporting'), '42501',
          'what stands in a file is not for reporting');
SELECT is(t.attempt('SELECT FROM leadreturns.import_results', 'lr_i_nobody'), '42501',
          'nobody else does');
SET LOCAL ROLE lr_i_app;
SELECT lr_act_as('buyer', 1)
\g /dev/null
SELECT is((SELECT count(*) FROM leadreturns.import_progress), 2::bigint,
          'an application sees the files of the party that it acts for');
RESET ROLE;
SELECT is_empty('SELECT * FROM lr_reconcile()', 'reconciles');
SELECT * FROM finish();
ROLLBACK;
