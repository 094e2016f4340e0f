\echo Use "ALTER EXTENSION leadreturns UPDATE" to load this file. \quit

-- Like the install script: what the schema leadreturns gets is defined under a closed search_path.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- What plpgsql compiled to check the functions made, the session kept for as long as it lasted.
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION %s SET check_function_bodies = off',
                   (SELECT p.oid::regprocedure
                      FROM pg_proc p
                      JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                                      AND d.deptype = 'e'
                      JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'leadreturns'
                     WHERE p.proname = 'lr_create_http_api'));
END
$$;
