\echo Use "ALTER EXTENSION leadreturns UPDATE" to load this file. \quit

-- Like the install script: what the schema leadreturns gets is defined under a closed search_path.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- Where I and i are two letters, as in Turkish, they count as one in what is matched without regard
-- to case. Elsewhere nothing changes, and no index is built anew.
DO $$
BEGIN
    IF lower('I') <> 'i' THEN
        DROP INDEX leadreturns.delivery_email_idx;
        CREATE INDEX delivery_email_idx
            ON leadreturns.delivery (replace(lower(email), lower('I'), 'i'))
         WHERE email IS NOT NULL;
        COMMENT ON INDEX leadreturns.delivery_email_idx IS 'lr_return_by_key with key_kind email.';
        REINDEX INDEX leadreturns.reason_alias_key;
    END IF;
END;
$$;
