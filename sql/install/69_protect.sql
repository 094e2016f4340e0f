-- A view that is no member of the extension and needs the records: it stands in the way of DROP
-- EXTENSION. It reads them with the rights of whoever asks, so default privileges open nothing, and
-- names no column of them, so it holds no later version up.

CREATE FUNCTION lr_protect_data() RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT (SELECT pg_has_role(e.extowner, 'USAGE') FROM pg_extension e
             WHERE e.extname = 'leadreturns') THEN
        RAISE insufficient_privilege
            USING MESSAGE = 'must be owner of extension leadreturns',
                  HINT = 'Have its owner or a superuser call it.';
    END IF;
    IF to_regclass('leadreturns.data_protection') IS NOT NULL THEN
        RETURN false;
    END IF;
    CREATE VIEW leadreturns.data_protection WITH (security_barrier, security_invoker) AS
    SELECT (SELECT count(*) FROM leadreturns.delivery) AS deliveries,
           (SELECT count(*) FROM leadreturns.request) AS returns,
           (SELECT count(*) FROM leadreturns.history) AS moves,
           (SELECT count(*) FROM leadreturns.transfer) AS transfers;
    COMMENT ON VIEW leadreturns.data_protection IS
    'Made by lr_protect_data: while it is there, DROP EXTENSION leadreturns fails unless CASCADE is'
    ' said. How many records that would destroy. DROP VIEW takes the protection off.';
    RETURN true;
END;
$$;
COMMENT ON FUNCTION lr_protect_data() IS
'Protects the records from DROP EXTENSION leadreturns: it makes the view'
' leadreturns.data_protection, which is no part of the extension and needs its tables, so that the'
' command fails (2BP01) unless CASCADE is said. Dumps keep it; DROP VIEW'
' leadreturns.data_protection takes it off. True when it made the view, false when that was there.'
' For the owner of the extension; lr_grant gives it to nobody.'
' Errors: 42501 unless the owner or a superuser.'
' Example: SELECT lr_protect_data()';
