-- Every kind of role, every object, every verb: what lr_grant gives is what the list says that was
-- written by hand, test/lib/rights.txt, nothing more and nothing less; and whom commands answer.
BEGIN;
SELECT plan(10);
\ir ../model/common.sql
\ir ../lib/rights.sql
\set allowed `cat "$LR_TREE/test/lib/rights.txt"`
\set answers `cat "$LR_TREE/test/lib/rights_calls.txt"`

CREATE TEMP VIEW allowed AS
SELECT kind, object, verb
  FROM regexp_split_to_table(:'allowed', '\n') AS l (line)
 CROSS JOIN LATERAL regexp_split_to_table(split_part(line, ' | ', 1), ' ') AS k (kind)
 CROSS JOIN LATERAL regexp_split_to_table(split_part(line, ' | ', 2), ' ') AS v (verb)
 CROSS JOIN LATERAL regexp_split_to_table(split_part(line, ' | ', 3), ' ') AS o (object)
 WHERE line !~ '^(#|$)';
SELECT ok((SELECT count(*) * 6 FROM object CROSS JOIN unnest(verbs)) > 2000,
          'there are objects and verbs to ask for');
SELECT is_empty('SELECT kind, object, verb FROM allowed GROUP BY 1, 2, 3 HAVING count(*) > 1',
                'nothing is on the list twice');
SELECT is_empty('SELECT kind, name, verb FROM right_to EXCEPT SELECT * FROM allowed',
                'no role may do more than the list says');
SELECT is_empty('SELECT * FROM allowed EXCEPT SELECT kind, name, verb FROM right_to',
                'nor less');
SELECT is_empty($$SELECT kind, name, verb FROM right_to WHERE kind = 'nobody'$$,
                'who was granted nothing may do nothing');
SELECT is_empty($$SELECT k, name, verb
                    FROM unnest('{staff,app,buyer,supplier,reporting,nobody}'::text[]) k,
                         object, unnest(verbs) verb
                   WHERE pg_temp.may('lr_kind_' || k, type, oid, verb || ' WITH GRANT OPTION')$$,
                'and none may pass on what it may do');

-- Whom commands answer. What they do is undone.
SELECT t.at('2026-03-02 12:00:00+00')
\g /dev/null
SELECT lr_revoke('lr_kind_buyer', 'buyer'), lr_grant('lr_kind_buyer', 'buyer', 1),
       lr_revoke('lr_kind_supplier', 'supplier'), lr_grant('lr_kind_supplier', 'supplier', 5)
\g /dev/null
SELECT lr_set_terms('account', 11, '{"auto_accept": "never"}', '2026-01-01 00:00:00+00'),
       t.lead(n, '2026-03-01 12:00:00+00') FROM generate_series(1, 4) n
\g /dev/null
UPDATE leadreturns.deliveries SET email = 'a@example.com' WHERE lead_id = 2;
SELECT lr_deliver(5, 11, price => 1, external_id => 'x-2',
                  delivered_at => '2026-03-01 12:00:00+00')
\g /dev/null
SELECT lr_return(1, 'duplicate'), lr_return(3, 'duplicate'), lr_return(4, 'duplicate')
\g /dev/null
SELECT lr_decline(t.last_return(3)), lr_accept(t.last_return(4))
\g /dev/null
CREATE FUNCTION t.answer(call text, kind text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    said text := 'allowed';
BEGIN
    PERFORM set_config('role', 'lr_kind_' || kind, true);
    EXECUTE 'SELECT ' || call;
    RAISE triggered_action_exception;
EXCEPTION
    WHEN triggered_action_exception THEN
        RETURN 'allowed';
    WHEN insufficient_privilege THEN
        RETURN SQLSTATE;
    WHEN OTHERS THEN
        RETURN CASE WHEN SQLSTATE = 'LR001' THEN SQLSTATE ELSE 'allowed' END;
END;
$$;
CREATE TEMP TABLE answer AS
SELECT kind, call, t.answer(call, kind) AS said,
       CASE WHEN kind = ANY (regexp_split_to_array(split_part(line, ' | ', 1), ' '))
            THEN 'allowed'
            WHEN EXISTS (SELECT FROM allowed a
                          WHERE a.kind = k.kind AND a.object = substring(call FROM '^\w+'))
            THEN 'LR001' ELSE '42501' END AS expected
  FROM regexp_split_to_table(:'answers', '\n') AS l (line)
 CROSS JOIN LATERAL substr(line, strpos(line, ' | ') + 3) AS c (call)
 CROSS JOIN unnest('{staff,app,buyer,supplier,reporting,nobody}'::text[]) AS k (kind)
 WHERE line !~ '^(#|$)';
SELECT is_empty('SELECT kind, call, said, expected FROM answer WHERE said <> expected',
                'each command answers those whom it is for, and refuses the others');
SELECT is_empty($$SELECT o.name FROM object o
                   WHERE o.type = 'function' AND o.name LIKE 'lr\_%'
                     -- procedures end a transaction; lr_reconcile is for whom it is granted to
                     AND o.name NOT IN ('lr_run_sweep', 'lr_import_run', 'lr_run_archive',
                                        'lr_reconcile')
                     AND NOT EXISTS (SELECT FROM answer a WHERE a.call LIKE o.name || '(%')$$,
                'every command was called');
SELECT is((SELECT count(*) FROM answer WHERE kind = 'nobody' AND said <> '42501'), 0::bigint,
          'who was granted nothing is refused everywhere');

-- An application that acts for nobody sees nothing.
CREATE FUNCTION t.rows_seen(who text) RETURNS TABLE (relation text, seen bigint)
LANGUAGE plpgsql AS $$
BEGIN
    FOR relation IN SELECT name FROM right_to WHERE kind = 'app' AND verb = 'SELECT'
                       AND type = 'view'
    LOOP
        PERFORM set_config('role', who, true);
        EXECUTE format('SELECT count(*) FROM leadreturns.%I', relation) INTO seen;
        PERFORM set_config('role', 'none', true);
        RETURN NEXT;
    END LOOP;
END;
$$;
SELECT is_empty($$SELECT * FROM t.rows_seen('lr_kind_app') WHERE seen > 0$$,
                'an application that acts for nobody sees no row of any view');
SELECT * FROM finish();
ROLLBACK;
