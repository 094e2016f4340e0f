-- Everything of the extension is explained in the catalogue, and what the explanations say holds.
BEGIN;
SELECT plan(13);

CREATE TEMPORARY VIEW member AS
SELECT d.classid, d.objid
  FROM pg_depend d
 WHERE d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
   AND d.refobjid = (SELECT e.oid FROM pg_extension e WHERE e.extname = 'leadreturns');

CREATE TEMPORARY VIEW relation AS
SELECT c.oid, c.relkind, c.oid::regclass::text AS name, obj_description(c.oid, 'pg_class') AS told
  FROM member m JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
 WHERE c.relkind IN ('r', 'v');

CREATE TEMPORARY VIEW relation_column AS
SELECT r.relkind, r.name || '.' || a.attname AS name, col_description(r.oid, a.attnum) AS told
  FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0
 WHERE NOT a.attisdropped;

CREATE TEMPORARY VIEW function AS
SELECT p.oid, p.proname, p.oid::regprocedure::text AS name,
       obj_description(p.oid, 'pg_proc') AS told
  FROM member m JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid;

CREATE TEMPORARY VIEW public_function AS
SELECT f.* FROM function f WHERE f.proname LIKE 'lr\_%';

-- an empty catalogue would pass all that follows
SELECT bag_has(
    'SELECT DISTINCT relkind::text FROM relation_column', $$VALUES ('r'), ('v')$$,
    'the extension has tables and views with columns');
SELECT isnt_empty('SELECT * FROM public_function', 'the extension has public functions');

SELECT is_empty($$SELECT nspname FROM pg_namespace
                   WHERE nspname = 'leadreturns' AND obj_description(oid, 'pg_namespace') IS NULL$$,
                'the schema has a comment');
SELECT is_empty('SELECT name FROM relation WHERE told IS NULL',
                'every table and view has a comment');
SELECT is_empty('SELECT name FROM relation_column WHERE told IS NULL',
                'every column of a table or view has a comment');
SELECT is_empty('SELECT name FROM function WHERE told IS NULL', 'every function has a comment');
SELECT is_empty(
    $$SELECT c.oid::regclass FROM pg_class c
        JOIN pg_index i ON i.indexrelid = c.oid JOIN relation r ON r.oid = i.indrelid
       WHERE NOT i.indisprimary AND obj_description(c.oid, 'pg_class') IS NULL
         AND NOT EXISTS (SELECT FROM pg_constraint k
                          WHERE k.conindid = c.oid AND k.conname LIKE '%\_key')$$,
    'every index that no key implies says what needs it');

SELECT is_empty(
    $$SELECT name FROM public_function WHERE told !~ ' Errors: .+ Example: (SELECT|CALL) .+$'$$,
    'every public function names its errors and shows a call');
SELECT is_empty(
    $$SELECT t.name, m.code[1]
        FROM (SELECT name, told FROM relation UNION ALL SELECT name, told FROM relation_column
              UNION ALL SELECT name, told FROM function) t
       CROSS JOIN LATERAL regexp_matches(t.told, '\mLR[0-9]+\M', 'g') AS m (code)
       WHERE m.code[1] NOT IN (SELECT e.sqlstate FROM leadreturns.error_code e)$$,
    'no comment names an error that there is not');
-- The examples are calls that the server takes, with the types and names as they are.
CREATE ROLE acme_web;
CREATE TABLE public.leads ();
CREATE FUNCTION pg_temp.refused(call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF call LIKE 'CALL %' THEN
        -- cannot be prepared, but can be the body of a function, which is checked as well
        EXECUTE format('CREATE FUNCTION pg_temp.example() RETURNS void LANGUAGE sql AS %L', call);
        DROP FUNCTION pg_temp.example();
        RETURN NULL;
    END IF;
    EXECUTE 'PREPARE example AS ' || call;
    DEALLOCATE example;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLERRM;
END;
$$;
CREATE TEMPORARY VIEW example AS
SELECT f.proname, e.match[1] AS call
  FROM function f
 CROSS JOIN LATERAL regexp_matches(f.told, 'Example: ([SC].*?)\.?$') AS e (match);

SELECT is_empty(
    $$SELECT call, pg_temp.refused(call) FROM example WHERE pg_temp.refused(call) IS NOT NULL$$,
    'every example can be run');
SELECT is_empty(
    $$SELECT proname, call FROM example WHERE strpos(call, proname || '(') = 0$$,
    'every example calls the function that it explains');

-- A buyer is refused what the comments say is for staff, and nothing else but acting for others.
INSERT INTO leadreturns.buyer (buyer_id, name) VALUES (5, 'Acme');
SELECT lives_ok($$SELECT lr_grant('acme_web', 'buyer', 5)$$, 'a role may become a buyer');
CREATE FUNCTION pg_temp.answer(call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('role', 'acme_web', true);
    EXECUTE call;
    RAISE no_data_found;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END;
$$;
CREATE TEMPORARY VIEW asked AS
SELECT f.proname, f.told,
       format('%s %s(%s)', CASE p.prokind WHEN 'p' THEN 'CALL' ELSE 'SELECT' END, p.oid::regproc,
              (SELECT string_agg('NULL::' || t.type::regtype, ', ' ORDER BY t.n)
                 FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS t (type, n))) AS call
  FROM public_function f JOIN pg_proc p USING (oid);
SELECT results_eq(
    $$SELECT proname::text FROM asked WHERE pg_temp.answer(call) = 'LR001' ORDER BY 1$$,
    $$SELECT proname::text FROM asked
       WHERE told ~ 'Staff only\.|Staff, and applications that act for nobody\.'
          OR proname = 'lr_act_as' ORDER BY 1$$,
    'what is for staff only says so');

SELECT * FROM finish();
ROLLBACK;
