-- Nobody has anything until lr_grant gives it. lr_whoami tells only the caller about itself.

REVOKE ALL ON SCHEMA leadreturns FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA leadreturns FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA leadreturns FROM PUBLIC;

DO $$
DECLARE
    member pg_catalog.regprocedure;
BEGIN
    FOR member IN
        SELECT d.objid::pg_catalog.regprocedure
          FROM pg_catalog.pg_depend d
         WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.deptype = 'e'
           AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
           AND d.refobjid = (SELECT e.oid FROM pg_catalog.pg_extension e
                              WHERE e.extname = 'leadreturns')
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', member);
    END LOOP;
END;
$$;
