-- The schema for PostgREST: what is in it, whose it is, and what PostgREST would answer.
BEGIN;
SELECT plan(39);
\ir ../model/common.sql
CREATE ROLE lr_http_staff;
CREATE ROLE lr_http_buyer;
CREATE ROLE lr_http_other;
CREATE ROLE lr_http_supplier;
CREATE ROLE lr_http_bi;
CREATE ROLE lr_http_nobody;
SELECT lr_grant('lr_http_staff', 'staff'), lr_grant('lr_http_buyer', 'buyer', 1),
       lr_grant('lr_http_other', 'buyer', 2), lr_grant('lr_http_supplier', 'supplier', 5)
\g /dev/null
SELECT set_config('search_path', 'public', true) \g /dev/null

-- Who makes it, and where.
SELECT is(t.attempt('SELECT lr_create_http_api()', 'lr_http_buyer'), '42501',
          'no buyer makes the schema');
SELECT is(t.attempt('SELECT lr_create_http_api()', 'lr_http_staff'), '42501',
          'nor staff that may not create schemas');
SELECT is(t.attempt(format('SELECT lr_create_http_api(%L)', s)), '22023',
          format('schema %s is refused', s))
  FROM unnest('{leadreturns,public,NULL}'::text[]) s;
CREATE SCHEMA "Of another";
SELECT is(t.attempt('SELECT lr_create_http_api(''Of another'')', 'lr_http_staff'), '42501',
          'nor do they make it in a schema of another');
CREATE SCHEMA api AUTHORIZATION lr_http_staff;
CREATE TABLE api.lr_notes (note text);
CREATE FUNCTION api.lr_whoami(hint text) RETURNS text LANGUAGE sql RETURN 'mine';

-- What is in it.
CREATE TEMP VIEW original AS
SELECT p.* FROM pg_proc p
  JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
  JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
 WHERE e.extname = 'leadreturns' AND p.proname LIKE 'lr\_%' AND p.prokind = 'f'
   AND p.proname <> 'lr_create_http_api';
CREATE TEMP VIEW wrapper AS
SELECT p.*, n.nspname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE n.nspname IN ('leadreturns_api', 'api') AND p.proname LIKE 'lr\_%'
   AND pg_get_function_arguments(p.oid) <> 'hint text';
SELECT is(lr_create_http_api(), (SELECT count(*) FROM original),
          'it says how many functions it made');
SELECT isnt_empty('SELECT FROM wrapper', 'they are there');
SELECT bag_eq($$SELECT proname, pg_get_function_arguments(oid), pg_get_function_result(oid),
                       provolatile FROM wrapper$$,
              $$SELECT proname, pg_get_function_arguments(oid), pg_get_function_result(oid),
                       provolatile FROM original$$,
              'each command has its arguments, defaults, result and volatility');
SELECT is_empty($$SELECT proname FROM wrapper WHERE prosecdef OR proconfig IS DISTINCT FROM
                         ARRAY['search_path=pg_catalog, pg_temp']$$,
                'they run as whoever calls, with a closed search_path');
SELECT is_empty($$SELECT w.proname, w.proacl FROM wrapper w JOIN original o USING (proname)
                   WHERE array(SELECT a.grantee FROM aclexplode(w.proacl) a
                                WHERE a.grantee <> w.proowner ORDER BY 1)
                      <> array(SELECT a.grantee FROM aclexplode(o.proacl) a
                                WHERE a.grantee <> o.proowner ORDER BY 1)$$,
                'who may call a command may call it there, and nobody else');
SELECT is_empty($$SELECT w.proname FROM wrapper w JOIN original o USING (proname)
                   WHERE obj_description(w.oid) IS DISTINCT FROM obj_description(o.oid)$$,
                'and each says what it is');
SELECT is_empty($$SELECT proname FROM wrapper
                   WHERE pronargs > 0
                     AND (proargnames IS NULL OR '' = ANY (proargnames[:pronargs])
                          OR provariadic <> 0)$$, 'every argument has a name');
SELECT is_empty('SELECT proname FROM wrapper GROUP BY proname HAVING count(*) > 1',
                'no name is taken twice');
SELECT is_empty($$SELECT proname FROM wrapper JOIN pg_type y ON y.oid = prorettype
                   WHERE y.typtype = 'p' AND NOT 'o' = ANY (proargmodes)
                     AND NOT 't' = ANY (proargmodes)$$,
                'every result is a scalar, a named row or has named columns');
CREATE TEMP VIEW api_view AS
SELECT v.oid, v.relname, v.reloptions, v.relacl, v.relowner FROM pg_class v
 WHERE v.relnamespace = 'leadreturns_api'::regnamespace AND v.relkind = 'v';
SELECT bag_eq('SELECT relname FROM api_view',
    $$SELECT relname FROM pg_class c
       WHERE relnamespace = 'leadreturns'::regnamespace AND relkind IN ('r', 'v')
         AND (has_table_privilege('lr_http_staff', oid, 'SELECT')
              OR has_table_privilege('lr_http_staff', oid, 'INSERT'))$$,
    'there is a view for each relation that staff reads or writes, and for no other');
SELECT is_empty($$SELECT relname FROM api_view
                   WHERE reloptions IS DISTINCT FROM '{security_invoker=true}'$$,
                'which asks with the rights of the caller');
SELECT is_empty($$SELECT v.relname, a.grantee::regrole, a.privilege_type
                    FROM api_view v CROSS JOIN aclexplode(v.relacl) a
                   WHERE a.grantee <> v.relowner
                     AND (a.grantee = 0 OR NOT has_table_privilege(
                              a.grantee, format('leadreturns.%I', v.relname), a.privilege_type))$$,
                'and is granted to nobody who has not the original');
SELECT is_empty($$SELECT d.* FROM pg_depend d
                   WHERE d.deptype = 'e' AND (d.objid IN (SELECT oid FROM wrapper)
                         OR d.objid IN (SELECT oid FROM api_view)
                         OR d.objid = 'leadreturns_api'::regnamespace)$$,
                'nothing of it belongs to the extension');

-- What PostgREST does with an answer or an error (docs, "Errors"): status, headers and body.
CREATE FUNCTION t.http(call text, who text DEFAULT 'lr_http_staff', method text DEFAULT 'POST',
                       OUT status int, OUT code text, OUT body json, OUT headers json)
LANGUAGE plpgsql AS $$
DECLARE
    message text;
    detail text;
BEGIN
    PERFORM set_config('role', who, true);
    IF method = 'GET' THEN
        SET LOCAL transaction_read_only = on;
    END IF;
    EXECUTE 'SELECT to_json(x) FROM leadreturns_api.' || call || ' x' INTO body;
    PERFORM set_config('role', 'none', true);
    status := 200;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    code := SQLSTATE;
    IF SQLSTATE = 'PGRST' THEN
        body := message;
        code := body->>'code';
        status := detail::json->>'status';
        headers := detail::json->'headers';
    ELSE
        status := (SELECT s.status
                     FROM (VALUES ('^(08|53(?!400))|^57P01', 503), ('^(0L|0P|28)', 403),
                           ('^2350[35]', 409), ('^25006', 405), ('^42501', 403),
                           ('^(42883|42P01)', 404), ('^P0001', 400),
                           ('^(09|25|2D|38|39|3B|40|5[34578]|F0|HV|P0|XX)', 500), ('', 400))
                          AS s (pattern, status)
                    WHERE SQLSTATE ~ s.pattern LIMIT 1);
    END IF;
END;
$$;

-- A lead of each fate.
SELECT t.at('2026-03-01 12:00:00+00')
\g /dev/null
SELECT lr_set_terms('account', 12, '{"max_age": "1 day", "min_age": "1 hour", "resubmission": false,
                     "allow_other_reason": false, "max_return_count": 1}', '2026-01-01'),
       lr_set_terms('account', 21, '{"returns_enabled": false}', '2026-01-01'),
       t.lead(n, '2026-03-01 12:00:00+00') FROM generate_series(1, 8) n
\g /dev/null
UPDATE leadreturns.reason SET active = false WHERE code = 'tcpa_risk';
UPDATE leadreturns.reason SET requires_note = true WHERE code = 'out_of_service_area';
SELECT lr_deliver(1, 12, price => 1), lr_deliver(31, 21, price => 1),
       lr_deliver(32, 21, price => 1),
       lr_deliver(22, 12, price => 1, delivered_at => '2026-02-01 00:00:00+00'),
       lr_deliver(n, 12, price => 1, delivered_at => '2026-03-01 00:00:00+00')
  FROM generate_series(23, 26) n
\g /dev/null
SELECT lr_return(n, 'duplicate') FROM generate_series(3, 5) n
\g /dev/null
SELECT lr_return(24, 'duplicate'), lr_return(6, 'duplicate', idempotency_key => 'once')
\g /dev/null
SELECT lr_decline(t.last_return(24)), lr_accept(t.last_return(3)), lr_accept(t.last_return(5))
\g /dev/null
SELECT lr_return(23, 'duplicate')
\g /dev/null
UPDATE leadreturns.deliveries SET status = 'sold again' WHERE lead_id = 5;
UPDATE leadreturns.deliveries SET deleted_at = now() WHERE lead_id = 2;
SELECT lr_close_period(11, '2026-02-01'), lr_import_create('a file')
\g /dev/null

CREATE TEMP TABLE request (call text, status int, code text, who text DEFAULT 'lr_http_staff');
INSERT INTO request VALUES
('lr_accept(6)', 401, 'LR001', 'lr_http_buyer'),
('lr_return(3, ''duplicate'')', 404, 'LR002', 'lr_http_other'),
('lr_return(999, ''duplicate'')', 404, 'LR002', 'lr_http_other'),
('lr_return(1, ''duplicate'')', 401, 'LR001', 'lr_http_supplier'),
('lr_return(1, ''duplicate'')', 403, '42501', 'lr_http_bi'),
('lr_return(1, ''duplicate'')', 403, '42501', 'lr_http_nobody');
INSERT INTO request VALUES
('lr_accept(return_id => 999)', 404, 'LR003'),
('lr_return(lead_id => 1, reason => ''duplicate'')', 409, 'LR004'),
('lr_return(2, ''duplicate'')', 410, 'LR005'),
('lr_return(4, ''duplicate'')', 409, 'LR010'),
('lr_return(3, ''duplicate'')', 409, 'LR011'),
('lr_rollback_return(7)', 409, 'LR012'),
('lr_withdraw(t.last_return(3))', 409, 'LR013'),
('lr_rollback_return(5)', 409, 'LR014'),
('lr_return(24, ''duplicate'')', 409, 'LR015'),
('lr_return(31, ''duplicate'', override => true, note => ''n'')', 200, NULL),
('lr_return(1, ''duplicate'', account_id => 12)', 422, 'LR021'),
('lr_return(22, ''duplicate'')', 422, 'LR022'),
('lr_return(25, ''duplicate'')', 422, 'LR023'),
('lr_return(7, '''')', 422, 'LR030'),
('lr_return(25, ''nonsense'', override => true, note => ''n'')', 422, 'LR031'),
('lr_return(7, ''tcpa risk'')', 422, 'LR032'),
('lr_return(7, ''out of service area'')', 422, 'LR033'),
('lr_accept(t.last_return(4), credit => 10.01)', 422, 'LR040'),
('lr_close_period(11, ''2026-01-01'')', 409, 'LR041'),
('lr_post(''deposit'', 11, 1, currency => ''EUR'')', 422, 'LR042'),
('lr_return(6, ''other'', idempotency_key => ''once'')', 422, 'LR050'),
('lr_set_terms(''global'', NULL, ''{"max_return_percent": 101}'')', 422, 'LR060'),
('lr_import_create(''f'', ''colour'')', 422, 'LR061'),
('lr_import_undo((SELECT max(import_id) FROM leadreturns.import_progress))', 409, 'LR062'),
('lr_archive(''infinity'')', 400, '22023'),
('lr_return(7, ''duplicate'')', 200, NULL),
('lr_whoami()', 200, NULL);
INSERT INTO request VALUES ('lr_return(32, ''duplicate'')', 422, 'LR020', 'lr_http_other');
SELECT is(lr_create_http_api('api'), lr_create_http_api(), 'another schema can have it as well');
CREATE TEMP TABLE answer AS
SELECT q.*, a.status AS got, a.code AS got_code, a.body, a.headers
  FROM request q CROSS JOIN LATERAL t.http(q.call, q.who) a;
SELECT is_empty('SELECT * FROM answer WHERE (got, got_code) IS DISTINCT FROM (status, code)',
                'each request is answered with its status and our code');
SELECT set_eq('SELECT DISTINCT status FROM answer', '{200,400,401,403,404,409,410,422}'::int[],
              'all statuses are among them');
SELECT set_eq($$SELECT code FROM answer WHERE code LIKE 'LR%'$$,
              $$SELECT sqlstate FROM leadreturns.error_code
                 WHERE condition <> 'history_is_immutable'$$,
              'and all conditions that a command can have');
SELECT is_empty($$SELECT call, body FROM answer WHERE code LIKE 'LR%' AND
                  array(SELECT json_object_keys(body)) <> '{code,message,details,hint}'$$,
                'the body of an error has four members');
SELECT is_empty($$SELECT a.call, a.body
                    FROM answer a JOIN leadreturns.error_code e ON e.sqlstate = a.code
                   WHERE a.body->>'message' <> e.message OR a.body->>'hint' IS NULL
                      OR a.body->>'details' IS NULL OR a.got <> e.http_status$$,
                'with the message, facts and remedy that the command gives');
SELECT is_empty($$SELECT call, headers FROM answer WHERE code LIKE 'LR%' AND headers::text <>
                  CASE status WHEN 401 THEN '{"WWW-Authenticate": "Bearer"}' ELSE '{}' END$$,
                '401 says how to authenticate');
SELECT is((SELECT body->>'message' FROM answer WHERE code = 'LR012'),
          'lead has not yet been returned', 'what is not returned is called so');
SELECT is((SELECT count(DISTINCT regexp_replace(body::text, '[0-9]+ was', 'n was'))
             FROM answer WHERE code = 'LR002'),
          1::bigint, 'another''s lead is answered like none');
SELECT is((SELECT body->>'status' FROM answer WHERE call = 'lr_return(7, ''duplicate'')'), 'open',
          'a return is answered with its row');
SELECT is((SELECT body->>'role' FROM t.http('lr_whoami()', 'lr_http_buyer')), 'lr_http_buyer',
          'who asks is whoever calls');
CREATE FUNCTION pg_temp.raised(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    condition text;
    detail text;
BEGIN
    EXECUTE call;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS condition = CONSTRAINT_NAME, detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', SQLSTATE, condition,
                     array(SELECT json_object_keys(detail::json)));
END;
$$;
SELECT is(pg_temp.raised('SELECT leadreturns_api.lr_accept(999)'),
          'PGRST return_not_found {status,headers}',
          'SQLSTATE and detail are what PostgREST looks for, the condition stays');
SELECT is_empty($$SELECT w.proname, a.status, a.code
                    FROM wrapper w
                   CROSS JOIN LATERAL t.http(
                         format('%s(%s)', w.proname,
                                CASE w.proname WHEN 'lr_check_return' THEN '7, ''x'''
                                               WHEN 'lr_terms' THEN '11'
                                               WHEN 'lr_spreadsheet_text' THEN '''x''' END),
                         method => 'GET') a
                   WHERE w.nspname = 'leadreturns_api' AND w.provolatile <> 'v'
                     AND a.status <> 200$$,
                'what only reads can be asked for with GET');
SELECT is((SELECT status FROM t.http('lr_return(8, ''duplicate'')', method => 'GET')), 405,
          'what writes cannot');

-- Made again.
SELECT lr_grant('lr_http_bi', 'reporting')
\g /dev/null
SELECT is((SELECT status FROM t.http('lr_reconcile()', 'lr_http_bi')), 403,
          'who was granted something later');
SELECT is(t.attempt('SELECT lr_create_http_api()'), 'ok', 'is let in');
SELECT is((SELECT status FROM t.http('lr_reconcile()', 'lr_http_bi')), 200,
          'when it is made again');
SELECT is(api.lr_whoami('?'), 'mine', 'what else was in a schema stays');
CREATE VIEW public.who AS SELECT * FROM api.lr_whoami();
SELECT is(t.attempt('SELECT lr_create_http_api(''api'')'), '2BP01',
          'a function that something depends on is not taken away');
CREATE SCHEMA taken;
CREATE TABLE taken.returns (return_id bigint);
SELECT is(t.attempt('SELECT lr_create_http_api(''taken'')'), '42P07',
          'nor is a table of that name replaced');
SELECT * FROM finish();
ROLLBACK;
