-- COPY and INSERT into import_upload: rows become lines, in their order, whatever is in them; what
-- a savepoint or an error takes back leaves no line.
SELECT plan(28);
\ir ../model/common.sql
SELECT t.at('2026-03-02 12:00:00+00')
\g /dev/null
SELECT lr_set_terms('account', 11, '{"auto_accept": "always"}', '2026-01-01 00:00:00+00')
\g /dev/null
SELECT t.lead(n, '2026-03-01 12:00:00+00') FROM generate_series(1, 20) n
\g /dev/null
CREATE FUNCTION t.new(text DEFAULT 'rows', text DEFAULT NULL) RETURNS bigint LANGUAGE sql AS
$$ SELECT import_id FROM lr_import_create($1, reason => $2) $$;
CREATE FUNCTION t.rows(import bigint)
RETURNS TABLE (line_no bigint, key text, reason text, note text) LANGUAGE sql AS $$
SELECT r.line_no, r.key, r.reason, r.note FROM leadreturns.import_results r
 WHERE r.import_id = import ORDER BY r.line_no $$;
CREATE FUNCTION t.total(import bigint) RETURNS text LANGUAGE sql AS $$
SELECT format('%s of %s', (SELECT count(*) FROM t.rows(import)), total)
  FROM leadreturns.import_progress WHERE import_id = import $$;

SELECT is(t.attempt('INSERT INTO leadreturns.import_upload (key) VALUES (''1'')'),
          'LR061 invalid_import', 'a session that has made no import must name one');

-- COPY, with the import that this session has made last.
SELECT t.new() AS id \gset
COPY leadreturns.import_upload (key, reason, note) FROM STDIN (FORMAT csv);
1,duplicate,"a ""note"", with
a line break"
2,,
 3 ,"  wrong vertical",é✓
,duplicate,
"","",""
1,duplicate,again
\.
SELECT results_eq(format('SELECT * FROM t.rows(%s)', :id), $$VALUES
    (1::bigint, '1', 'duplicate', E'a "note", with\na line break'), (2, '2', NULL, NULL),
    (3, '3', 'wrong vertical', 'é✓'), (4, NULL, 'duplicate', NULL), (5, NULL, NULL, NULL),
    (6, '1', 'duplicate', 'again')$$, 'COPY: rows are lines from 1, blank ones too');
SELECT is(t.total(:id), '6 of 6', 'all are counted');
CALL lr_import_run(:id, 4);
SELECT results_eq(format('SELECT t.lines(%s)', :id), ARRAY['1 returned',
    '2 not_returnable LR030', '3 returned', '4 malformed 22P04', '5 malformed 22P04',
    '6 already_returned LR011'], 'and have their outcomes');
SELECT is((SELECT note FROM leadreturns.returns WHERE lead_id = 1), E'a "note", with\na line break',
          'the note is the row''s, to the letter');

-- INSERT of several rows; text that a parser might take for something else.
SELECT t.new('insert', 'duplicate') AS id \gset
INSERT INTO leadreturns.import_upload (import_id, key, reason, note) VALUES
    (:id, '4', NULL, '"'), (:id, '5', 'a,b;c	d', '""'), (:id, 'x', '-', ','),
    (:id, E'6\r\n', E'\n', E'\r'), (NULL, '7', '\.', '\N'), (NULL, 'sep=;', NULL, 'lead_id,reason');
SELECT results_eq(format('SELECT * FROM t.rows(%s)', :id), $$VALUES
    (1::bigint, '4', NULL, '"'), (2, '5', 'a,b;c	d', '""'), (3, 'x', '-', ','),
    (4, '6', NULL, NULL), (5, '7', '\.', '\N'), (6, 'sep=;', NULL, 'lead_id,reason')$$,
    'INSERT: text is kept');
SELECT is((SELECT raw FROM leadreturns.import_results WHERE import_id = :id AND line_no = 2),
          '"5","a,b;c	d",""""""', 'the raw text is the row as CSV');
INSERT INTO leadreturns.import_upload (key) VALUES ('8');
INSERT INTO leadreturns.import_upload (key) SELECT '9' WHERE false;
SELECT results_eq(format('SELECT line_no, key FROM t.rows(%s) WHERE line_no > 6', :id),
                  $$VALUES (7::bigint, '8')$$, 'another statement goes on where the first ended');
SELECT is(lr_import_text(:id, E'lead_id\n10\n'), 1::bigint, 'a file may follow');
INSERT INTO leadreturns.import_upload (key) VALUES ('11');
SELECT results_eq(format('SELECT line_no, key FROM t.rows(%s) WHERE line_no > 7', :id),
    $$VALUES (9::bigint, '10'), (10, '11')$$, 'its header is a line; rows may follow it');

-- Two imports in one statement, row by row.
SELECT t.new('a') AS a \gset
SELECT t.new('b') AS b \gset
INSERT INTO leadreturns.import_upload (import_id, key)
SELECT CASE n % 2 WHEN 0 THEN :a ELSE :b END, n FROM generate_series(1, 6) n;
INSERT INTO leadreturns.import_upload (import_id, key)
SELECT CASE WHEN n < 5 THEN :a ELSE NULL END, n FROM generate_series(1, 6) n;
SELECT is((SELECT array_agg(key ORDER BY line_no) FROM t.rows(:a)), '{2,4,6,1,2,3,4}'::text[],
          'rows of two imports in turn: the first');
SELECT is((SELECT array_agg(key ORDER BY line_no) FROM t.rows(:b)), '{1,3,5,5,6}'::text[],
          'and the second; null means the one made last');

-- Many rows, more than a chunk holds.
SELECT t.new('many') AS id \gset
INSERT INTO leadreturns.import_upload (key, reason, note)
SELECT n, 'duplicate', repeat('x', n % 500) FROM generate_series(1, 5000) n;
SELECT is(t.total(:id), '5000 of 5000', 'five thousand rows');
SELECT is_empty(format('SELECT * FROM t.rows(%s) WHERE line_no::text <> key
    OR note IS DISTINCT FROM nullif(repeat(''x'', line_no::int %% 500), '''')', :id),
    'each in its place');

-- Savepoints, and statements that fail.
SELECT t.new('savepoints') AS id \gset
BEGIN;
INSERT INTO leadreturns.import_upload (key) VALUES ('1'), ('2');
SAVEPOINT s;
INSERT INTO leadreturns.import_upload (key) VALUES ('3');
ROLLBACK TO s;
INSERT INTO leadreturns.import_upload (key) VALUES ('4');
RELEASE s;
SELECT results_eq(format('SELECT line_no, key FROM t.rows(%s)', :id),
    $$VALUES (1::bigint, '1'), (2, '2'), (3, '4')$$, 'a savepoint takes its rows with it');
COMMIT;
SELECT is(t.total(:id), '3 of 3', 'the others stay');
BEGIN;
INSERT INTO leadreturns.import_upload (key) VALUES ('5');
ROLLBACK;
SELECT is(t.total(:id), '3 of 3', 'a transaction too');
-- the second row is bad, or the function that makes it raises
CREATE FUNCTION t.raises(n bigint) RETURNS text LANGUAGE plpgsql AS
$$ BEGIN IF n > 1500 THEN RAISE 'no' USING ERRCODE = 'ZZ001'; END IF; RETURN n; END $$;
SELECT is(t.attempt('INSERT INTO leadreturns.import_upload (key)
    SELECT t.raises(n) FROM generate_series(1, 2000) n'), 'ZZ001', 'an error in the middle');
SELECT is(t.attempt('INSERT INTO leadreturns.import_upload (key, note)
    VALUES (''1'', ''''), (''2'', repeat(''x'', 30 * 1024))'), 'LR061 invalid_import',
    'a row that is too large');
SELECT is(t.attempt('INSERT INTO leadreturns.import_upload (import_id, key)
    VALUES (NULL, ''1''), (987654, ''2'')'), 'LR061 invalid_import', 'a row of no import');
SELECT is(t.total(:id), '3 of 3', 'none of them leaves a line');
INSERT INTO leadreturns.import_upload (key, note) VALUES ('6', repeat('"', 30 * 1024 - 1));
SELECT is((SELECT length(note) FROM t.rows(:id) WHERE key = '6'), 30719,
          'a row of the greatest size, all quotes');

-- Statements within the statement, also such as are taken back.
CREATE FUNCTION t.nested(n bigint) RETURNS text LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO leadreturns.import_upload (key) VALUES ('n' || n); RETURN n; END $$;
SELECT t.new('nested') AS id \gset
INSERT INTO leadreturns.import_upload (key) SELECT t.nested(n) FROM generate_series(1, 3) n;
SELECT is((SELECT array_agg(key ORDER BY key) FROM t.rows(:id)), '{1,2,3,n1,n2,n3}'::text[],
          'a statement within the statement');

CREATE FUNCTION t.hidden(n bigint) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        INSERT INTO leadreturns.import_upload (key) VALUES ('h' || n);
        RAISE 'no';
    EXCEPTION WHEN OTHERS THEN
        RETURN n;
    END;
END $$;
SELECT t.new('hidden') AS id \gset
INSERT INTO leadreturns.import_upload (key) SELECT t.hidden(n) FROM generate_series(1, 3) n;
SELECT is((SELECT array_agg(key ORDER BY key) FROM t.rows(:id)), '{1,2,3}'::text[],
          'a statement within that is taken back takes no row of the outer one');

-- What the view is not.
SELECT is((SELECT count(*) FROM leadreturns.import_upload), 0::bigint, 'it shows nothing');
SELECT matches(t.attempt(command), '^(55000|0A000|42809)', command) FROM unnest(ARRAY[
    'UPDATE leadreturns.import_upload SET key = ''1''', 'DELETE FROM leadreturns.import_upload'])
    command;
SELECT is_empty('SELECT * FROM lr_reconcile()', 'reconciles');
SELECT * FROM finish();
