-- Schema trap: a namesake of every function and operator of the server, and of its relations and
-- ours. Whoever finds one by the search path fails. What the test files use by such names
-- themselves is left out, and so is what has arguments of no particular type.
SET check_function_bodies = off;
CREATE SCHEMA trap;
GRANT USAGE ON SCHEMA trap TO PUBLIC;

DO $$
DECLARE
    relation text;
BEGIN
    FOR relation IN
        SELECT relname FROM pg_class
         WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v')
           AND relname NOT IN ('pg_class', 'pg_attribute')
        UNION ALL
        SELECT unnest('{account, buyer, cap_period, closing, deliveries, delivery, error_code,
            history, import_chunk, lead_group, message, outbox, party_grant, reason, reason_alias,
            request, returns, supplier, terms, transfer, volume_delta}'::text[])
    LOOP
        EXECUTE format('CREATE TABLE trap.%I ()', relation);
        EXECUTE format('GRANT SELECT ON trap.%I TO PUBLIC', relation);
    END LOOP;
END;
$$;

CREATE FUNCTION trap.definitions() RETURNS SETOF text LANGUAGE sql
SET search_path = pg_catalog, pg_temp AS $$
SELECT format('CREATE FUNCTION trap.%I(%s) RETURNS %s%s LANGUAGE plpgsql AS %L', p.proname,
              pg_get_function_identity_arguments(p.oid), CASE WHEN p.proretset THEN 'SETOF ' END,
              format_type(p.prorettype, NULL),
              format('BEGIN RAISE EXCEPTION %L; END', 'trap: ' || p.oid::regprocedure))
  FROM pg_proc p
 WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f'
   AND NOT EXISTS (SELECT FROM pg_type t
                    WHERE t.oid = ANY (p.proargtypes || p.prorettype) AND t.typtype = 'p')
   AND p.proname <> ALL ('{btrim, chr, clock_timestamp, current_setting,
           generate_series, length, md5, now, octet_length, repeat, right, rpad, set_config,
           split_part, string_to_array, timezone, to_char}'::text[])
UNION ALL
SELECT format('CREATE OPERATOR trap.%s (FUNCTION = trap.%I, LEFTARG = %s, RIGHTARG = %s)',
              o.oprname, p.proname, format_type(o.oprleft, NULL), format_type(o.oprright, NULL))
  FROM pg_operator o JOIN pg_proc p ON p.oid = o.oprcode
 WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprkind = 'b'
   AND NOT EXISTS (SELECT FROM pg_type t
                    WHERE t.oid IN (o.oprleft, o.oprright, o.oprresult) AND t.typtype = 'p')
   AND NOT (o.oprname = ANY ('{=,<>,<,<=,>,>=,+,-,*,%,||}'::text[])
            AND o.oprleft = ANY ('{int2,int8,int4,text,oid,name,"\"char\""}'::regtype[])
            AND o.oprright = ANY ('{int2,int8,int4,text,oid,name,"\"char\""}'::regtype[]))
   AND (o.oprname, o.oprleft::regtype::text, o.oprright::regtype::text) NOT IN (
           ('=', 'numeric', 'numeric'), ('<', 'interval', 'interval'),
           ('*', 'double precision', 'interval'), ('+', 'timestamp with time zone', 'interval'),
           ('=', 'timestamp with time zone', 'timestamp with time zone'),
           ('<', 'timestamp with time zone', 'timestamp with time zone'),
           ('-', 'timestamp with time zone', 'timestamp with time zone'))
$$;
SELECT trap.definitions() \gexec
