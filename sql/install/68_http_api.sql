-- For PostgREST: a schema of the application's own with a function for each command, which raises
-- what PostgREST turns into an HTTP status, and a view for each relation that is public. They are
-- no members of the extension, and they ask with the rights of whoever calls.

-- What the functions of that schema do with an error of ours. PostgREST takes status and headers
-- from the detail of SQLSTATE PGRST, and the body from its message.
CREATE FUNCTION leadreturns.http_error(state text, message text, detail text, hint text,
    condition text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    status integer := coalesce((SELECT e.http_status FROM leadreturns.error_code e
                                 WHERE e.sqlstate = http_error.state), 400);
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'PGRST',
        MESSAGE = json_build_object('code', state, 'message', message,
                                    'details', nullif(detail, ''), 'hint', nullif(hint, '')),
        DETAIL = json_build_object('status', status, 'headers',
                                   CASE status WHEN 401 THEN '{"WWW-Authenticate": "Bearer"}'
                                               ELSE '{}' END::json),
        CONSTRAINT = condition;
END;
$$;
COMMENT ON FUNCTION leadreturns.http_error(text, text, text, text, text) IS
'Raises an error of the library so that PostgREST answers with its HTTP status (error_code):'
' SQLSTATE PGRST, the body in the message, status and headers in the detail, the condition as it'
' was. The functions that lr_create_http_api makes call it. Example: SELECT'
' leadreturns.http_error(''LR002'', ''no such lead'', '''', '''', ''lead_not_found'').';

-- The text between AS and the end of the function that stands for a command. Arguments are
-- numbered, because a name could be one that plpgsql knows.
CREATE FUNCTION leadreturns.http_body(command oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
SELECT format('
DECLARE
    error_detail text;
    error_hint text;
    error_condition text;
BEGIN
    %s;
EXCEPTION WHEN OTHERS THEN
    IF SQLSTATE NOT LIKE ''LR%%'' THEN
        RAISE;
    END IF;
    GET STACKED DIAGNOSTICS error_detail = PG_EXCEPTION_DETAIL,
        error_hint = PG_EXCEPTION_HINT, error_condition = CONSTRAINT_NAME;
    PERFORM leadreturns.http_error(SQLSTATE, SQLERRM, error_detail, error_hint,
                                   error_condition);
END;
',
              CASE WHEN p.proretset THEN 'RETURN QUERY SELECT * FROM ' || c.call
                   WHEN a.given IS NOT NULL
                   THEN format('SELECT * INTO %s FROM %s', a.given, c.call)
                   ELSE 'RETURN ' || c.call END)
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
 CROSS JOIN LATERAL (
       SELECT string_agg('$' || i, ', ' ORDER BY i) FILTER (WHERE i <= p.pronargs) AS taken,
              string_agg('$' || i, ', ' ORDER BY i) FILTER (WHERE i > p.pronargs) AS given
         FROM generate_series(1, coalesce(cardinality(p.proallargtypes), p.pronargs)) i) a
 CROSS JOIN LATERAL (SELECT format('%I.%I(%s)', n.nspname, p.proname, a.taken) AS call) c
 WHERE p.oid = http_body.command
$$;
COMMENT ON FUNCTION leadreturns.http_body(oid) IS
'What the function that stands for a command in an HTTP API does, in plpgsql. Example: SELECT'
' leadreturns.http_body(''lr_whoami''::regproc).';

-- What plpgsql has compiled to check it, the session keeps for as long as it lasts.
CREATE FUNCTION lr_create_http_api(schema name DEFAULT 'leadreturns_api') RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET check_function_bodies = off
AS $$
DECLARE
    extension oid := (SELECT e.oid FROM pg_extension e WHERE e.extname = 'leadreturns');
    target oid;
    object record;
    made bigint := 0;
BEGIN
    PERFORM leadreturns.require_staff('create an HTTP API');
    IF schema IS NULL
       OR EXISTS (SELECT FROM pg_proc p
                    JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                                    AND d.refobjid = extension AND d.deptype = 'e'
                   WHERE p.pronamespace = to_regnamespace(quote_ident(schema))) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'invalid schema',
            DETAIL = format('It is %s.', coalesce(quote_ident(schema), 'null')),
            HINT = 'Name a schema of its own; the extension''s own functions are in others.';
    END IF;
    IF to_regnamespace(quote_ident(schema)) IS NULL THEN
        EXECUTE format('CREATE SCHEMA %I', schema);
        EXECUTE format('COMMENT ON SCHEMA %I IS %L', schema,
                       'What PostgREST offers of leadreturns, made by lr_create_http_api.');
    END IF;
    target := to_regnamespace(quote_ident(schema));
    IF NOT (SELECT pg_has_role(n.nspowner, 'USAGE') FROM pg_namespace n WHERE n.oid = target) THEN
        RAISE insufficient_privilege
            USING MESSAGE = format('must be owner of schema %I', schema);
    END IF;

    -- those of the last time: the dependency, which a dump keeps, says that they are
    FOR object IN
        SELECT p.oid::regprocedure AS signature
          FROM pg_proc p
          JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                          AND d.refobjid = extension AND d.deptype = 'x'
         WHERE p.pronamespace = target AND left(p.proname, 3) = 'lr_'
    LOOP
        EXECUTE format('DROP FUNCTION %s', object.signature);
    END LOOP;

    FOR object IN
        SELECT p.oid, p.proname, format('%I.%I(%s)', schema, p.proname,
                                        pg_get_function_identity_arguments(p.oid)) AS signature,
               CASE p.provolatile WHEN 'v' THEN 'VOLATILE' WHEN 's' THEN 'STABLE'
                                  ELSE 'IMMUTABLE' END AS volatility,
               obj_description(p.oid, 'pg_proc') AS told,
               (SELECT string_agg(a.grantee::regrole::text, ', ')
                  FROM aclexplode(p.proacl) a
                 WHERE a.grantee NOT IN (0, p.proowner)) AS roles
          FROM pg_proc p
          JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                          AND d.refobjid = extension AND d.deptype = 'e'
         WHERE left(p.proname, 3) = 'lr_' AND p.prokind = 'f'
           AND p.proname <> 'lr_create_http_api'
         ORDER BY p.proname
    LOOP
        EXECUTE format('CREATE FUNCTION %I.%I(%s) RETURNS %s LANGUAGE plpgsql %s'
                       ' SET search_path = pg_catalog, pg_temp AS %L',
                       schema, object.proname, pg_get_function_arguments(object.oid),
                       pg_get_function_result(object.oid), object.volatility,
                       leadreturns.http_body(object.oid));
        EXECUTE format('ALTER FUNCTION %s DEPENDS ON EXTENSION leadreturns', object.signature);
        EXECUTE format('COMMENT ON FUNCTION %s IS %L', object.signature, object.told);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', object.signature);
        IF object.roles IS NOT NULL THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', object.signature, object.roles);
        END IF;
        made := made + 1;
    END LOOP;
    PERFORM leadreturns.create_http_views(schema);
    -- a PostgREST that runs takes what there is now
    PERFORM pg_notify('pgrst', 'reload schema');
    RETURN made;
END;
$$;
COMMENT ON FUNCTION lr_create_http_api(name) IS
'Makes a schema for PostgREST, or makes it anew: a function for each command, with the same'
' arguments and result, whose errors become HTTP statuses (error_code) with our code in the body,'
' and a view for each view and reference table. Whoever may call or read the original may do so'
' there, as of now: call it again after lr_grant or an upgrade. What else is in the schema stays.'
' Nothing of it belongs to the extension. Returns how many functions there are. Staff only, which'
' must own the schema, or may create it.'
' Errors: LR001; 22023 for a schema that has functions of the extension itself; 42501 for a schema'
' of another; 42P07 or 42723 for one with other objects of these names; 2BP01 when something'
' depends on what was made before.'
' Example: SELECT lr_create_http_api(''api'')';

CREATE FUNCTION leadreturns.create_http_views(schema name) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    object record;
    granted record;
BEGIN
    FOR object IN
        SELECT c.oid, c.relname, c.relacl, c.relowner,
               obj_description(c.oid, 'pg_class') AS told,
               EXISTS (SELECT FROM pg_class v
                         JOIN pg_rewrite r ON r.ev_class = v.oid
                         JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass
                                         AND d.objid = r.oid AND d.refobjid = c.oid
                        WHERE v.relnamespace = to_regnamespace(quote_ident(schema))
                          AND v.relname = c.relname) AS made_before
          FROM pg_class c
         WHERE c.relnamespace = 'leadreturns'::regnamespace AND c.relkind IN ('r', 'v')
           AND EXISTS (SELECT FROM leadreturns.privileges('staff') p
                        WHERE split_part(p.statement, ' ON ', 2)
                              = format('leadreturns.%I', c.relname))
         ORDER BY c.relname
    LOOP
        IF object.made_before THEN
            EXECUTE format('DROP VIEW %I.%I', schema, object.relname);
        END IF;
        EXECUTE format('CREATE VIEW %I.%I WITH (security_invoker) AS'
                       ' SELECT * FROM leadreturns.%I',
                       schema, object.relname, object.relname);
        EXECUTE format('COMMENT ON VIEW %I.%I IS %L', schema, object.relname, object.told);
        FOR granted IN
            SELECT a.privilege_type AS privilege,
                   string_agg(a.grantee::regrole::text, ', ') AS roles
              FROM aclexplode(object.relacl) a
             WHERE a.grantee NOT IN (0, object.relowner)
             GROUP BY a.privilege_type
        LOOP
            EXECUTE format('GRANT %s ON %I.%I TO %s', granted.privilege, schema, object.relname,
                           granted.roles);
        END LOOP;
    END LOOP;
    FOR granted IN
        SELECT string_agg(a.grantee::regrole::text, ', ') AS roles
          FROM pg_namespace n CROSS JOIN aclexplode(n.nspacl) a
         WHERE n.nspname = 'leadreturns' AND a.grantee NOT IN (0, n.nspowner)
        HAVING count(*) > 0
    LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %s', schema, granted.roles);
    END LOOP;
END;
$$;
COMMENT ON FUNCTION leadreturns.create_http_views(name) IS
'The part of lr_create_http_api that makes the views and grants what can be read.';
