-- What can be done with an import in each of its states; what cannot, changes nothing.
SELECT plan(36);
\ir ../model/common.sql
SELECT t.at('2026-03-02 12:00:00+00')
\g /dev/null
SELECT t.lead(n, '2026-03-01 12:00:00+00') FROM generate_series(1, 4) n
\g /dev/null

-- A file of four lines, in the state asked for.
CREATE FUNCTION t.in_state(state text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    id bigint := t.import(E'lead_id,reason\n1,duplicate\n1,duplicate\nx,duplicate\n2,duplicate\n');
BEGIN
    IF state = 'verified' THEN
        PERFORM lr_import_verify(id);
    ELSIF state IN ('running', 'cancelled') THEN
        PERFORM lr_import_step(id, 2);
    ELSIF state IN ('done', 'undone') THEN
        PERFORM lr_import_step(id, 100);
    END IF;
    IF state = 'cancelled' THEN
        PERFORM lr_import_cancel(id);
    ELSIF state = 'undone' THEN
        PERFORM lr_import_undo(id);
    END IF;
    IF state <> (SELECT status FROM leadreturns.import_progress WHERE import_id = id) THEN
        RAISE 'the import is not %', state;
    END IF;
    RETURN id;
END;
$$;

-- "ok" or the error of a command on an import in a state, then what import_progress says. All of
-- it is undone.
CREATE FUNCTION t.try(state text, command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    id bigint;
    said text;
BEGIN
    id := t.in_state(state);
    said := t.attempt(format(command, id));
    SELECT concat_ws(', ', said, status, total || ' lines',
                     concat_ws('+', returned, failed, errors) || ' done') INTO said
      FROM leadreturns.import_progress WHERE import_id = id;
    RAISE 'undo' USING ERRCODE = 'XX999', DETAIL = said;
EXCEPTION WHEN SQLSTATE 'XX999' THEN
    GET STACKED DIAGNOSTICS said = PG_EXCEPTION_DETAIL;
    RETURN said;
END;
$$;
CREATE TABLE t.command (name text, sql text);
INSERT INTO t.command VALUES
    ('load', $$SELECT lr_import_text(%s, E'lead_id,reason\n3,duplicate\n')$$),
    ('upload', 'INSERT INTO leadreturns.import_upload VALUES (%s, ''3'', ''duplicate'', NULL)'),
    ('verify', 'SELECT lr_import_verify(%s)'), ('step', 'SELECT lr_import_step(%s)'),
    ('cancel', 'SELECT lr_import_cancel(%s)'), ('retry', 'SELECT lr_import_retry(%s)'),
    ('undo', 'SELECT lr_import_undo(%s)');
CREATE TABLE t.outcome AS
SELECT state, name, t.try(state, sql) AS outcome
  FROM t.command, unnest('{new,verified,running,cancelled,done,undone}'::text[]) state;

-- the second line has the first one's lead, the third one is malformed
CREATE FUNCTION t.say(command text, VARIADIC expected text[]) RETURNS text LANGUAGE sql AS $$
SELECT results_eq(
    format('SELECT outcome FROM t.outcome WHERE name = %L ORDER BY array_position(
            ''{new,verified,running,cancelled,done,undone}'', state)', command),
    expected, command || ' in each state')
$$;
SELECT t.say('load', 'ok, new, 5 lines, 0+0+0 done', 'ok, new, 5 lines, 0+0+0 done',
             'LR062 import_state, running, 4 lines, 1+1+0 done',
             'LR062 import_state, cancelled, 4 lines, 1+1+0 done',
             'LR062 import_state, done, 4 lines, 2+1+1 done',
             'LR062 import_state, undone, 4 lines, 2+1+1 done');
SELECT t.say('upload', 'ok, new, 5 lines, 0+0+0 done', 'ok, new, 5 lines, 0+0+0 done',
             'LR062 import_state, running, 4 lines, 1+1+0 done',
             'LR062 import_state, cancelled, 4 lines, 1+1+0 done',
             'LR062 import_state, done, 4 lines, 2+1+1 done',
             'LR062 import_state, undone, 4 lines, 2+1+1 done');
SELECT t.say('verify', 'ok, verified, 4 lines, 0+0+0 done', 'ok, verified, 4 lines, 0+0+0 done',
             'ok, running, 4 lines, 1+1+0 done', 'ok, cancelled, 4 lines, 1+1+0 done',
             'LR062 import_state, done, 4 lines, 2+1+1 done',
             'LR062 import_state, undone, 4 lines, 2+1+1 done');
SELECT t.say('step', 'ok, done, 4 lines, 2+1+1 done', 'ok, done, 4 lines, 2+1+1 done',
             'ok, done, 4 lines, 2+1+1 done', 'ok, done, 4 lines, 2+1+1 done',
             'ok, done, 4 lines, 2+1+1 done', 'LR062 import_state, undone, 4 lines, 2+1+1 done');
SELECT t.say('cancel', 'ok, cancelled, 4 lines, 0+0+0 done', 'ok, cancelled, 4 lines, 0+0+0 done',
             'ok, cancelled, 4 lines, 1+1+0 done', 'ok, cancelled, 4 lines, 1+1+0 done',
             'LR062 import_state, done, 4 lines, 2+1+1 done',
             'LR062 import_state, undone, 4 lines, 2+1+1 done');
SELECT t.say('retry', 'ok, new, 4 lines, 0+0+0 done', 'ok, new, 4 lines, 0+0+0 done',
             'ok, new, 4 lines, 1+0+0 done', 'ok, new, 4 lines, 1+0+0 done',
             'ok, new, 4 lines, 2+0+0 done', 'LR062 import_state, undone, 4 lines, 2+1+1 done');
SELECT t.say('undo', 'LR062 import_state, new, 4 lines, 0+0+0 done',
             'LR062 import_state, verified, 4 lines, 0+0+0 done',
             'ok, undone, 4 lines, 1+1+0 done', 'ok, undone, 4 lines, 1+1+0 done',
             'ok, undone, 4 lines, 2+1+1 done', 'ok, undone, 4 lines, 2+1+1 done');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'what was tried is undone');

-- A step of an import that is done does nothing at all.
SELECT t.in_state('done') AS done, t.fingerprint() AS before \gset
SELECT lr_import_step(:done)
\g /dev/null
SELECT is(t.fingerprint(), :'before', 'a step of an import that is done changes no row');
SELECT lr_import_undo(:done)
\g /dev/null

-- lr_import_run commits, so it is called by itself.
CREATE TABLE t.run (state text PRIMARY KEY, id bigint);
CREATE FUNCTION t.run(state text) RETURNS bigint LANGUAGE sql AS
$$ INSERT INTO t.run VALUES (state, t.in_state(state)) RETURNING id $$;
\set ON_ERROR_STOP off
SELECT t.run('undone') AS id, t.fingerprint() AS before \gset
CALL lr_import_run(:id);
SELECT is(:'LAST_ERROR_SQLSTATE'::text, 'LR062', 'no run of an import that was undone');
SELECT t.run('cancelled') AS id \gset
BEGIN;
CALL lr_import_run(:id);
ROLLBACK;
SELECT is(:'LAST_ERROR_SQLSTATE'::text, '2D000', 'no run in a transaction block');
\set ON_ERROR_STOP on
SELECT is((SELECT status FROM leadreturns.import_progress WHERE import_id = :id), 'cancelled',
          'what was refused has changed nothing');
CALL lr_import_run(:id, 1);
SELECT results_eq(format('SELECT t.lines(%s)', :id), ARRAY['2 requested',
    '3 already_returned LR010', '4 malformed 22P04', '5 requested'],
    'a run goes on where a cancelled one stopped');
SELECT t.fingerprint() AS before \gset
CALL lr_import_run(:id);
SELECT is(t.fingerprint(), :'before', 'a run of an import that is done changes no row');

-- What is no import, or none that makes sense.
SELECT is(t.attempt(format(sql, 'NULL')), 'LR061 invalid_import', name || ': import_id is null')
  FROM t.command WHERE name <> 'upload';
SELECT is(t.attempt(format(sql, 99)), 'LR061 invalid_import', name || ': no such import')
  FROM t.command;
SELECT is(t.attempt(format('SELECT lr_import_create(%s)', arguments)), 'LR061 invalid_import',
          format('no import is made of (%s)', arguments))
  FROM (VALUES ('NULL'), (quote_literal('')), (quote_literal(' ')), ($$'x', 'id'$$),
               ($$'x', NULL$$), ($$'x', buyer_id => 9$$)) v (arguments);
SELECT is(t.attempt(format('SELECT lr_import_step(%s, %s)', :id, n)), '22023',
          format('a step of %s lines', n)) FROM unnest('{"NULL",0,-1}'::text[]) n;
SELECT * FROM finish();
