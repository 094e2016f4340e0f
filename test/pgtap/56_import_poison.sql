-- One line that fails for a reason of somebody's own spoils no other; and a file in many small
-- batches comes to the same end as in one.
SELECT plan(23);
\ir ../model/common.sql
SELECT t.at('2026-03-02 12:00:00+00')
\g /dev/null
SELECT lr_set_terms('account', 11, '{"auto_accept": "always", "max_return_percent": 50}',
                    '2026-01-01 00:00:00+00')
\g /dev/null
SELECT t.lead(n, '2026-03-01 12:00:00+00', CASE WHEN n % 3 = 0 THEN 12 ELSE 11 END)
  FROM generate_series(1, 60) n
\g /dev/null

-- A trigger of the database's administrator raises for lead 4, and for 5 when it is accepted.
CREATE FUNCTION t.poison() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE 'lead % is poison', NEW.delivery_id USING ERRCODE = 'ZZ001'; END $$;
CREATE TRIGGER poison BEFORE INSERT ON leadreturns.request FOR EACH ROW
    WHEN (NEW.delivery_id = 4) EXECUTE FUNCTION t.poison();
CREATE TRIGGER poison BEFORE INSERT ON leadreturns.transfer FOR EACH ROW
    WHEN (NEW.delivery_id = 5) EXECUTE FUNCTION t.poison();
CREATE TABLE t.before AS SELECT * FROM t.state();
SELECT t.import(E'lead_id\n1\n2\n4\nx\n5\n7\n4\n8\n900\n', 'duplicate') AS id \gset
SELECT t.fingerprint('{import,import_verdict}') AS before \gset
SELECT lr_import_verify(:id)
\g /dev/null
SELECT is(t.fingerprint('{import,import_verdict}'), :'before', 'verification changes nothing');
CREATE TABLE t.said (line text);
INSERT INTO t.said VALUES ('2 returned'), ('3 returned'), ('4 error ZZ001'), ('5 malformed 22P04'),
    ('6 error ZZ001'), ('7 returned'), ('8 error ZZ001'), ('9 returned'), ('10 unknown_lead LR002');
SELECT results_eq(format('SELECT t.lines(%s, true)', :id), 'TABLE t.said',
                  'it finds the lines that will fail, and judges the others');
CALL lr_import_run(:id);
SELECT results_eq(format('SELECT t.lines(%s)', :id), 'TABLE t.said', 'the run does as foretold');
SELECT is((SELECT array_agg(DISTINCT detail ORDER BY detail) FROM leadreturns.import_results
            WHERE status = 'error'), '{"lead 4 is poison","lead 5 is poison"}',
          'the error is told as it came');
SELECT is((SELECT array_agg(lead_id ORDER BY lead_id) FROM leadreturns.returns),
          '{1,2,7,8}'::bigint[], 'the others are returned');
SELECT is((SELECT format('%s %s %s %s', returned, failed, errors, status)
             FROM leadreturns.import_progress), '4 1 4 done', 'errors are counted as such');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'nothing half done is left');
DROP TRIGGER poison ON leadreturns.request;
DROP TRIGGER poison ON leadreturns.transfer;
SELECT lr_import_retry(:id)
\g /dev/null
CALL lr_import_run(:id, 1);
SELECT results_eq(format('SELECT t.lines(%s)', :id), ARRAY['2 returned', '3 returned', '4 returned',
    '5 malformed 22P04', '6 returned', '7 returned', '8 already_returned LR011', '9 returned',
    '10 unknown_lead LR002'], 'without the trigger a retry returns them');
SELECT lr_import_undo(:id)
\g /dev/null
SELECT is_empty('(TABLE t.before EXCEPT SELECT * FROM t.state()) UNION ALL
                 (SELECT * FROM t.state() EXCEPT TABLE t.before)', 'undo leaves all as it was');

-- An error in an undo is nobody's line: nothing happens.
SELECT t.import(E'lead_id\n1\n2\n4\n', 'duplicate') AS id \gset
CALL lr_import_run(:id);
CREATE TRIGGER poison BEFORE INSERT ON leadreturns.transfer FOR EACH ROW
    WHEN (NEW.delivery_id = 2) EXECUTE FUNCTION t.poison();
SELECT is(t.attempt(format('SELECT lr_import_undo(%s)', :id)), 'ZZ001',
          'an undo that fails, fails');
DROP TRIGGER poison ON leadreturns.transfer;
SELECT lr_import_undo(:id)
\g /dev/null
SELECT is_empty('(TABLE t.before EXCEPT SELECT * FROM t.state()) UNION ALL
                 (SELECT * FROM t.state() EXCEPT TABLE t.before)', 'and succeeds without it');

-- Batches: repeats, unknown, malformed and blank lines among 90; account 11 has 40 leads, and half
-- of them may come back.
CREATE TABLE t.csv AS
SELECT E'lead_id,reason\n' || string_agg(CASE n % 9 WHEN 0 THEN 'x' WHEN 5 THEN '' WHEN 7 THEN '900'
                                         ELSE (n * 7 % 61)::text END || ',duplicate', E'\n'
                                         ORDER BY n) || E'\n\n' AS csv
  FROM generate_series(1, 100) n;
CREATE FUNCTION t.ends(max_rows bigint, OUT steps int, OUT lines text[], OUT progress text,
                       OUT state text) LANGUAGE plpgsql AS $$
DECLARE
    id bigint := t.import((SELECT csv FROM t.csv));
    left_over bigint;
BEGIN
    steps := 0;
    LOOP
        SELECT remaining INTO left_over FROM lr_import_step(id, max_rows);
        steps := steps + 1;
        EXIT WHEN left_over = 0;
    END LOOP;
    SELECT array_agg(l) INTO lines FROM t.lines(id) l;
    SELECT concat_ws(' ', total, done, returned, failed, errors, credit, clawback) INTO progress
      FROM leadreturns.import_progress WHERE import_id = id;
    SELECT string_agg(concat_ws(' ', lead_id, reason, note, status, credit, clawback), ', '
                      ORDER BY lead_id)
      INTO state FROM leadreturns.returns WHERE import_id = id;
    RAISE 'undo' USING ERRCODE = 'XX999',
        DETAIL = to_json((SELECT r FROM (SELECT steps, lines, progress, state) r));
EXCEPTION WHEN SQLSTATE 'XX999' THEN
    GET STACKED DIAGNOSTICS state = PG_EXCEPTION_DETAIL;
    SELECT r.steps, r.lines, r.progress, r.state INTO steps, lines, progress, state
      FROM json_to_record(state::json) r (steps int, lines text[], progress text, state text);
END;
$$;
CREATE TABLE t.run AS SELECT n, e.* FROM unnest('{1,7,90,1000}'::int[]) n, t.ends(n) e;
SELECT is((SELECT cardinality(lines) FROM t.run WHERE n = 1000), 100, 'a hundred lines');
SELECT is((SELECT array_agg(steps ORDER BY n) FROM t.run), '{100,15,2,1}'::int[],
          'a step does as many as it is told');
SELECT is(lines, (SELECT lines FROM t.run WHERE n = 1000), format('lines of batches of %s', n))
  FROM t.run WHERE n < 1000;
SELECT is(progress, (SELECT progress FROM t.run WHERE n = 1000), format('numbers: %s', n))
  FROM t.run WHERE n < 1000;
SELECT is(state, (SELECT state FROM t.run WHERE n = 1000), format('returns: %s', n))
  FROM t.run WHERE n < 1000;
SELECT matches((SELECT array_to_string(lines, ',') FROM t.run WHERE n = 7), 'LR023',
               'the cap is crossed among them');
SELECT * FROM finish();
