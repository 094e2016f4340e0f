-- The public functions are made: back to the closed search_path.
-- Everything that holds users' data goes into a dump, sequences included. error_code comes with
-- the library, and what the sweep last did is no data of a restored database, so none of their
-- rows does. Nor does the grant of a role that was dropped: its number may be another's elsewhere.

SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

DO $$
DECLARE
    relation record;
BEGIN
    FOR relation IN
        SELECT c.oid, c.relname FROM pg_catalog.pg_class c
         WHERE c.relnamespace = 'leadreturns'::pg_catalog.regnamespace
           AND c.relkind = ANY ('{r,S}'::pg_catalog."char"[])
    LOOP
        PERFORM pg_catalog.pg_extension_config_dump(
            relation.oid,
            CASE WHEN relation.relname
                      = ANY ('{error_code,sweep_heartbeat,rate_fold}'::pg_catalog.name[])
                 THEN 'WHERE false'
                 WHEN relation.relname = 'party_grant'
                 THEN 'WHERE role = ANY (SELECT r.oid FROM pg_catalog.pg_roles r)'
                 ELSE '' END);
    END LOOP;
END;
$$;
