\echo Use "ALTER EXTENSION leadreturns UPDATE" to load this file. \quit

-- The name of a worker is matched with '\S', which a session may take for the letter. The function
-- is in the schema that CREATE EXTENSION chose, which is the path so far.
ALTER FUNCTION lr_claim_notifications(text, bigint, interval) SET standard_conforming_strings = on;

-- Like the install script: what the schema leadreturns gets is defined under a closed search_path.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- An instant that is none ('infinity') could be given for the deletion of a lead. Adding the CHECK
-- locks the table; in two steps it would be locked as long, for the script is one transaction.
ALTER TABLE leadreturns.delivery
    ADD CONSTRAINT delivery_deleted_at_check CHECK (isfinite(deleted_at));

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
