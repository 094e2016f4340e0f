-- Files and the sweep, asked for what they cannot do: each refusal has its code and changes
-- nothing; and what each kind of role may touch of them.
BEGIN;
SELECT plan(9);
\ir ../model/common.sql
SELECT t.at('2026-03-02 12:00:00+00')
\g /dev/null
SELECT t.lead(n, '2026-03-01 12:00:00+00') FROM generate_series(1, 9) n
\g /dev/null
SELECT format('CREATE ROLE lr_of_%s', k)
  FROM unnest('{staff,app,buyer,supplier,reporting,other_buyer}'::text[]) k
\gexec
SELECT lr_grant('lr_of_staff', 'staff'), lr_grant('lr_of_app', 'app'),
       lr_grant('lr_of_buyer', 'buyer', 1), lr_grant('lr_of_supplier', 'supplier', 5),
       lr_grant('lr_of_reporting', 'reporting'), lr_grant('lr_of_other_buyer', 'buyer', 2)
\g /dev/null

-- One import in each state, numbered as the states are; each has a line that returns a lead.
CREATE TEMP TABLE made (import_id bigint, state text);
INSERT INTO made SELECT n, s FROM unnest('{new,verified,running,cancelled,done,undone}'::text[])
    WITH ORDINALITY AS x (s, n);
SELECT lr_import_create(state, reason => 'duplicate') FROM made ORDER BY import_id \g /dev/null
SELECT lr_import_text(import_id, format(E'lead_id\n%s\nx\n', import_id)) FROM made \g /dev/null
SELECT lr_import_verify(2), lr_import_step(3, 1), lr_import_step(4, 1), lr_import_cancel(4),
       lr_import_step(5), lr_import_step(6), lr_import_undo(6)
\g /dev/null
-- one that rolls back, and one of a buyer
SELECT lr_import_create('backwards', undo => true), lr_import_text(7, E'lead_id\n5\n')
\g /dev/null
SET ROLE lr_of_buyer;
SELECT lr_import_create('mine', reason => 'duplicate'), lr_import_text(8, E'lead_id\n8\n')
\g /dev/null
RESET ROLE;
SELECT results_eq('SELECT import_id, status FROM leadreturns.import_progress WHERE import_id < 7
                    ORDER BY 1', 'SELECT * FROM made ORDER BY 1', 'an import in each state');

-- What each state allows: a cross is 409.
CREATE TEMP TABLE expected (call text, new text, verified text, running text, cancelled text,
                            done text, undone text);
INSERT INTO expected VALUES
('lr_import_text(%s, E''lead_id\n9'')', '', '', 'x', 'x', 'x', 'x'),
('lr_import_bytes(%s, ''lead_id'')', '', '', 'x', 'x', 'x', 'x'),
('lr_import_verify(%s)', '', '', '', '', 'x', 'x'),
('lr_import_step(%s)', '', '', '', '', '', 'x'),
('lr_import_cancel(%s)', '', '', '', '', 'x', 'x'),
('lr_import_retry(%s)', '', '', '', '', '', 'x'),
('lr_import_undo(%s)', 'x', 'x', '', '', '', '');
CREATE FUNCTION pg_temp.answer(call text, as_role text DEFAULT 'none') RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    answer := t.attempt(call, as_role);
    RAISE 'undo' USING ERRCODE = 'XX999';
EXCEPTION WHEN SQLSTATE 'XX999' THEN
    RETURN answer;
END;
$$;
SELECT bag_eq(
    $$SELECT e.call, m.state, pg_temp.answer(format('SELECT ' || e.call, m.import_id))
        FROM expected e CROSS JOIN made m$$,
    $$SELECT e.call, m.state, CASE to_jsonb(e) ->> m.state WHEN 'x' THEN 'LR062 import_state'
                                                         ELSE 'ok' END
        FROM expected e CROSS JOIN made m$$, 'each state allows what it should');
SELECT bag_eq(
    $$SELECT m.state, pg_temp.answer(format('INSERT INTO leadreturns.import_upload VALUES (%s, 9)',
                                            m.import_id)) FROM made m$$,
    $$VALUES ('new', 'ok'), ('verified', 'ok'), ('running', 'LR062 import_state'),
             ('cancelled', 'LR062 import_state'), ('done', 'LR062 import_state'), ('undone',
              'LR062 import_state')$$, 'rows are loaded before the first step only');
SELECT is(pg_temp.answer('SELECT lr_import_undo(7)'), 'LR062 import_state',
          'what a file rolled back is not undone by undo');

-- Bad arguments.
CREATE TEMP TABLE bad AS
SELECT call, 'LR061 invalid_import' AS answer FROM unnest(ARRAY['lr_import_create(NULL)',
    'lr_import_create('''')', 'lr_import_create(''  '')', 'lr_import_create(''a'', NULL)',
    'lr_import_create(''a'', ''E-mail'')', 'lr_import_create(''a'', ''delivery_id'')',
    'lr_import_create(''a'', buyer_id => 3)', 'lr_import_text(NULL, ''lead_id'')',
    'lr_import_text(99, ''lead_id'')', 'lr_import_text(1, NULL)', 'lr_import_text(1, '''')',
    'lr_import_text(1, E''\n \n'')', 'lr_import_text(1, ''a,b'')',
    'lr_import_text(1, ''lead_id,Lead ID'')', 'lr_import_text(1, ''lead_id,a'', ''why'')',
    'lr_import_text(1, ''lead_id,a'', ''lead_id'', ''why'')',
    'lr_import_text(1, ''lead_id,a'', note_column => ''lead id'')',
    'lr_import_text(1, ''"lead_id'')', 'lr_import_text(1, ''lead_id'' || repeat('','', 256))',
    'lr_import_bytes(1, NULL)', 'lr_import_bytes(1, ''lead_id'', NULL)',
    'lr_import_bytes(1, ''lead_id'', ''SJIS'')', 'lr_import_bytes(1, ''lead_id'', ''klingon'')',
    'lr_import_bytes(1, ''\xff2c6c'')', 'lr_import_verify(NULL)', 'lr_import_verify(99)',
    'lr_import_step(NULL)', 'lr_import_step(99)', 'lr_import_cancel(NULL)', 'lr_import_cancel(99)',
    'lr_import_retry(NULL)', 'lr_import_retry(99)', 'lr_import_undo(NULL)',
    'lr_import_undo(99)']) call
UNION ALL SELECT call, '22023' FROM unnest(ARRAY['lr_import_step(1, 0)', 'lr_import_step(1, -1)',
    'lr_import_step(1, NULL)', 'lr_sweep(0)', 'lr_sweep(-1)', 'lr_sweep(NULL)',
    'lr_cron_enable('''')', 'lr_cron_enable(NULL)']) call
UNION ALL
SELECT 'lr_return_many(array_fill(1::bigint, ARRAY[10001]), ''duplicate'')', '54000';
SELECT is_empty($$SELECT * FROM (SELECT *, pg_temp.answer('SELECT ' || call) AS got FROM bad) b
                   WHERE got <> answer$$, 'a bad argument has its own refusal');

-- Who asks comes first.
CREATE TEMP TABLE asked (as_role text, call text, answer text);
INSERT INTO asked
SELECT r, c, 'LR001 not_permitted'
  FROM unnest('{lr_of_supplier,lr_of_reporting,lr_of_app}'::text[]) r
 CROSS JOIN unnest(ARRAY['SELECT lr_import_create(NULL)', 'SELECT lr_import_text(1, NULL)',
    'SELECT lr_import_bytes(1, NULL)', 'SELECT lr_import_verify(99)', 'SELECT lr_import_step(1, 0)',
    'CALL lr_import_run(1, 0)', 'SELECT lr_import_cancel(1)', 'SELECT lr_import_retry(1)',
    'SELECT lr_return_many(''{1}'', ''duplicate'')']) c;
INSERT INTO asked
SELECT r, c, 'LR001 not_permitted'
  FROM unnest('{lr_of_supplier,lr_of_reporting,lr_of_app,lr_of_buyer}'::text[]) r
 CROSS JOIN unnest(ARRAY['SELECT lr_sweep(0)', 'CALL lr_run_sweep()', 'SELECT lr_import_undo(1)',
    'SELECT lr_cron_enable('''')', 'SELECT lr_cron_disable()', 'SELECT lr_cron_status()']) c;
-- a buyer's file is nobody else's, and it has no right to roll back
INSERT INTO asked
SELECT 'lr_of_other_buyer', format('SELECT lr_import_%s(8)', c), 'LR061 invalid_import'
  FROM unnest('{verify,step,cancel,retry}'::text[]) c
UNION ALL SELECT 'lr_of_buyer', format('SELECT lr_import_%s(%s)', c, i), 'LR061 invalid_import'
  FROM unnest('{verify,step,cancel,retry}'::text[]) c CROSS JOIN unnest('{1,99}'::int[]) i;
INSERT INTO asked VALUES
('lr_of_buyer', 'SELECT lr_import_create(''b'', undo => true)', 'LR001 not_permitted'),
('lr_of_buyer', 'SELECT lr_import_step(8)', 'ok'),
('lr_of_staff', 'SELECT lr_import_step(8)', 'ok'),
('lr_of_staff', 'CALL lr_run_sweep()', '2D000'), ('lr_of_staff', 'CALL lr_import_run(1)', '2D000'),
('lr_of_buyer', 'INSERT INTO leadreturns.import_upload VALUES (1, 9)', 'LR061 invalid_import'),
('lr_of_reporting', 'INSERT INTO leadreturns.import_upload VALUES (1, 9)', '42501');
SELECT is_empty($$SELECT * FROM (SELECT *, pg_temp.answer(call, as_role) AS got FROM asked) a
                   WHERE got <> answer$$, 'each kind of role may do what is its own');
SELECT is(pg_temp.answer('UPDATE leadreturns.import_progress SET name = ''x'''),
          'LR070 history_is_immutable', 'progress is not written by hand');

SELECT bag_eq(
    $$SELECT r.rolname::text, c.relname::text, p.priv FROM pg_roles r CROSS JOIN pg_class c
       CROSS JOIN unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) AS p (priv)
       WHERE r.rolname LIKE 'lr\_of\_%' AND r.rolname <> 'lr_of_other_buyer'
         AND c.relnamespace = 'leadreturns'::regnamespace AND c.relkind IN ('r', 'v')
         AND (c.relname LIKE 'import%' OR c.relname LIKE 'sweep%')
         AND has_table_privilege(r.oid, c.oid, p.priv)$$,
    $$SELECT 'lr_of_' || k AS kind, v, 'SELECT' AS priv
        FROM unnest('{staff,app,buyer}'::text[]) k
       CROSS JOIN unnest('{import_progress,import_results,import_results_all,
                           import_summary}'::text[]) v
      UNION ALL SELECT 'lr_of_' || k, 'sweep_health', 'SELECT'
        FROM unnest('{staff,app,reporting}'::text[]) k
      UNION ALL SELECT 'lr_of_' || k, 'import_upload', 'INSERT'
        FROM unnest('{staff,app,buyer}'::text[]) k$$, 'views only, each to whom it is for');
SET ROLE lr_of_buyer;
SELECT results_eq('SELECT import_id, name FROM leadreturns.import_progress',
                  $$VALUES (8::bigint, 'mine')$$, 'a buyer sees the files it made');
SELECT * FROM finish();
ROLLBACK;
