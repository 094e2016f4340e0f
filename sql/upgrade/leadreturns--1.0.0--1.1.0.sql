\echo Use "ALTER EXTENSION leadreturns UPDATE" to load this file. \quit

-- Like the install script: what the schema leadreturns gets is defined under a closed search_path,
-- the lr_* functions in the schema that CREATE EXTENSION chose. Rights are taken from what is new
-- alone: GRANT and REVOKE in a script turn what users hold on an object into something that a dump
-- leaves out. Members are replaced, not dropped, where users may hold rights on them.
SELECT pg_catalog.set_config('lr_install.search_path',
                             pg_catalog.current_setting('search_path'), true);
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- All tables at once or none: a lock that is not had soon gives back those that are, before a
-- session that works could be the victim of a deadlock. Others wait for a moment, however long this
-- waits for them; lock_timeout, if it is set, says how long that may be.
DO $$
DECLARE
    given text := current_setting('lock_timeout');
    patience interval := (SELECT nullif(s.setting, '0')::integer * interval '1 millisecond'
                            FROM pg_settings s WHERE s.name = 'lock_timeout');
    began timestamptz := clock_timestamp();
    tables text := (SELECT string_agg(format('leadreturns.%I', c.relname), ', ' ORDER BY c.oid)
                      FROM pg_class c
                     WHERE c.relnamespace = 'leadreturns'::regnamespace AND c.relkind = 'r');
BEGIN
    LOOP
        BEGIN
            PERFORM set_config('lock_timeout', '50ms', true);
            EXECUTE 'LOCK TABLE ' || tables;
            EXIT;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            IF clock_timestamp() - began >= patience THEN
                RAISE;
            END IF;
        END;
        PERFORM pg_sleep(0.05);
    END LOOP;
    PERFORM set_config('lock_timeout', given, true);
END;
$$;

-- Tables without a key that is never null: while all tables are published, their rows could be
-- neither changed nor removed.
ALTER TABLE leadreturns.volume_delta REPLICA IDENTITY FULL;
ALTER TABLE leadreturns.import_cancel REPLICA IDENTITY FULL;
ALTER TABLE leadreturns.rate_delta REPLICA IDENTITY FULL;
ALTER TABLE leadreturns.rollup_supplier REPLICA IDENTITY FULL;
ALTER TABLE leadreturns.rollup_lead_group REPLICA IDENTITY FULL;
ALTER TABLE leadreturns.rollup_reason REPLICA IDENTITY FULL;
ALTER TABLE leadreturns.rollup_cross REPLICA IDENTITY FULL;

-- Triggers that a restore without foreign keys and what replication applies need.
ALTER TABLE leadreturns.reason ENABLE ALWAYS TRIGGER replace_seed;
ALTER TABLE leadreturns.notification_template ENABLE ALWAYS TRIGGER replace_seed;
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY
        '{reason,reason_alias,holiday,terms,party_grant,notification_template}'::pg_catalog.text[]
    LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER forget_replicated
                        AFTER INSERT OR UPDATE OR DELETE ON leadreturns.%1$I
                        FOR EACH ROW EXECUTE FUNCTION leadreturns.forget_cached();
                        ALTER TABLE leadreturns.%1$I ENABLE ALWAYS TRIGGER forget_cached,
                                                     ENABLE REPLICA TRIGGER forget_replicated',
                       name);
    END LOOP;
END;
$$;

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

-- lr_protect_data, which lr_grant leaves out.

CREATE OR REPLACE FUNCTION leadreturns.privileges(kind text) RETURNS TABLE (statement text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
WITH public_function AS (
    SELECT p.oid, p.proname, n.nspname
      FROM pg_catalog.pg_proc p
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      JOIN pg_catalog.pg_depend d
        ON d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
      JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid AND e.extname = 'leadreturns'
     WHERE left(p.proname, 3) = 'lr_'
       -- for the owner of the extension
       AND p.proname <> 'lr_protect_data'),
readable (kinds, views) AS (VALUES
    -- rows of one's own, and for reporting without what is personal
    ('{staff,app,buyer,supplier,reporting}'::text[], '{returns,balances}'::text[]),
    ('{staff,app,buyer,reporting}', '{pending_returns,replacements_owed,closed_periods}'),
    ('{staff,app,buyer}',
     '{deliveries,return_history,return_thread,account_statement,import_progress,
       import_results,import_summary,return_history_all,return_thread_all,import_results_all}'),
    ('{staff,app,supplier}', '{supplier_statement}'),
    ('{staff,app,buyer,supplier}', '{notifications}'),
    -- figures of everybody
    ('{staff,app,reporting}', '{terms_history,sweep_health,outbox_health,distribution_check}'),
    ('{staff,app}', '{notification_template,erasures,archived_notifications,attachments}'),
    ('{staff,app,reporting}',
     '{return_rate_by_buyer,return_rate_by_account,return_rate_by_supplier,
       return_rate_by_lead_group,return_rate_by_reason,return_rate_by_buyer_daily,
       return_rate_by_account_daily,return_rate_by_supplier_daily,
       return_rate_by_lead_group_daily,return_rate_by_reason_daily,return_rate_daily,
       return_rate_weekly,return_rate_monthly,return_rate_buyer_supplier,returns_decided_daily,
       return_spikes,bad_lead_summary,pnl,pnl_monthly}'),
    ('{staff,app}', '{ledger}'),
    ('{staff}', '{grants,buyer,account,supplier}'),
    ('{staff,app,buyer,supplier,reporting}', '{error_code,reason,reason_alias,holiday}'),
    ('{staff,app,reporting}', '{lead_group}')),
-- tables show all their rows to whoever reads them, whomever an application acts for; of the
-- parties it reads the keys that an INSERT returns and an UPDATE names
readable_columns (kinds, columns, name) AS (VALUES
    ('{app}'::text[], 'buyer_id', 'buyer'),
    ('{app}', 'account_id, buyer_id', 'account'),
    ('{app}', 'supplier_id', 'supplier'),
    ('{reporting}', 'buyer_id, name', 'buyer'),
    ('{reporting}', 'account_id, buyer_id, name, billing, currency, cycle, cycle_anchor',
     'account'),
    ('{reporting}', 'supplier_id, name', 'supplier')),
writable (kinds, tables) AS (VALUES
    ('{staff,app}'::text[],
     '{buyer,account,supplier,lead_group,reason,reason_alias,holiday,
       notification_template}'::text[]))
SELECT 'USAGE ON SCHEMA leadreturns'
UNION
SELECT format('USAGE ON SCHEMA %I', f.nspname) FROM public_function f
UNION
-- every command checks who asks and answers LR001 by itself; lr_reconcile reads everything
SELECT format('EXECUTE ON ROUTINE %s', f.oid::regprocedure)
  FROM public_function f
 WHERE f.proname <> ALL ('{lr_reconcile,lr_attach,lr_detach,lr_create_http_api}'::name[])
    OR privileges.kind = 'staff'
    OR f.proname = 'lr_reconcile' AND privileges.kind = ANY ('{staff,reporting}'::text[])
UNION
-- what views and indexes call runs with the rights of whoever uses them
SELECT format('EXECUTE ON FUNCTION leadreturns.%s', f.name)
  FROM unnest('{clock(),sees_all(),reads_figures(),reads_texts(),own_buyer(),own_supplier(),
                reason_key(text),phone_digits(text),status_colour(text)}'::text[]
              || 'review_state(text, boolean, timestamptz)'::text
              || '{import_lines(bigint),archived_import_lines(bigint)}'::text[]
              || '{cron_status(text),cron_database(),shell_quoted(text)}'::text[]
              || 'require_staff(text)'::text
              || '{sees_outbox(),"template_is_valid(text, text, text, boolean)"}'::text[]
              || '{"ratio(bigint, bigint)",money(bigint),total(bigint),week_of(date),
                   month_of(date),
                   "rate_band(bigint, bigint)",report_setting(text),
                   "z_score(bigint, bigint, bigint, bigint)"}'::text[])
       AS f (name)
UNION
-- what the functions of an HTTP API call
SELECT 'EXECUTE ON FUNCTION leadreturns.http_error(text, text, text, text, text)'
UNION
-- triggers on a table that is attached, which its owner makes, call the first, lr_create_http_api
-- the others
SELECT format('EXECUTE ON FUNCTION leadreturns.%s', f.name)
  FROM unnest('{attached_rows(),http_body(oid),create_http_views(name),privileges(text)}'::text[])
       AS f (name)
 WHERE privileges.kind = 'staff'
UNION
SELECT format('SELECT ON leadreturns.%I', v.name)
  FROM readable r CROSS JOIN LATERAL unnest(r.views) AS v (name)
 WHERE privileges.kind = ANY (r.kinds)
UNION
SELECT format('SELECT (%s) ON leadreturns.%I', c.columns, c.name)
  FROM readable_columns c
 WHERE privileges.kind = ANY (c.kinds)
UNION
SELECT format('INSERT, UPDATE ON leadreturns.%I', t.name)
  FROM writable w CROSS JOIN LATERAL unnest(w.tables) AS t (name)
 WHERE privileges.kind = ANY (w.kinds)
UNION
SELECT 'INSERT ON leadreturns.import_upload'
 WHERE privileges.kind = ANY ('{staff,app,buyer}'::text[])
UNION
SELECT 'DELETE ON leadreturns.' || t.name
  FROM unnest('{reason_alias,holiday,notification_template}'::text[]) AS t (name)
 WHERE privileges.kind = ANY ('{staff,app}'::text[])
UNION
SELECT 'INSERT, UPDATE ON leadreturns.' || t.name
  FROM unnest('{deliveries,returns}'::text[]) AS t (name)
 WHERE privileges.kind = ANY ('{staff,app}'::text[])
    OR (privileges.kind = 'buyer' AND t.name = 'returns')
$$;

SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('lr_install.search_path'),
                             true);

-- On a standby, and in any transaction that may not write, pg_cron fails with an internal error.
CREATE OR REPLACE FUNCTION lr_cron_enable(schedule text DEFAULT '* * * * *',
    OUT state text, OUT job_name text, OUT command text, OUT run_in text, OUT to_run text)
RETURNS record
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    asleep bigint;
BEGIN
    SELECT s.state, s.job_name, s.command, s.run_in, s.to_run,
           CASE WHEN NOT s.active THEN s.job END
      INTO state, job_name, command, run_in, to_run, asleep
      FROM leadreturns.cron_status(schedule) s;
    IF state = ANY ('{scheduled,not scheduled}') THEN
        -- unscheduling writes without asking whether it may
        IF current_setting('transaction_read_only')::boolean THEN
            RAISE read_only_sql_transaction;
        END IF;
        -- a job that somebody has switched off would stay off
        IF asleep IS NOT NULL THEN
            EXECUTE 'SELECT cron.unschedule($1)' USING asleep;
        END IF;
        EXECUTE 'SELECT cron.schedule($1, $2, $3)' USING job_name, schedule, command;
        state := 'scheduled';
        run_in := NULL;
        to_run := NULL;
    END IF;
END;
$$;

CREATE OR REPLACE FUNCTION lr_cron_disable(
    OUT state text, OUT job_name text, OUT run_in text, OUT to_run text)
RETURNS record
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT s.state, s.job_name, s.run_in INTO state, job_name, run_in
      FROM leadreturns.cron_status('* * * * *') s;
    IF state = 'scheduled' THEN
        -- unscheduling writes without asking whether it may
        IF current_setting('transaction_read_only')::boolean THEN
            RAISE read_only_sql_transaction;
        END IF;
        EXECUTE 'SELECT cron.unschedule(j.jobid) FROM cron.job j
                  WHERE j.jobname = $1 AND j.database = current_database()' USING job_name;
        state := 'not scheduled';
    ELSIF state = 'elsewhere' THEN
        to_run := format('SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname = %L',
                         job_name);
    ELSIF leadreturns.cron_database() IS NULL THEN
        state := 'not scheduled';
        to_run := 'take the line with lr_run_sweep out of the crontab';
    ELSE
        state := 'not scheduled';
        run_in := NULL;
    END IF;
END;
$$;

-- The name of a worker is matched with '\S', which a session may take for the letter.
ALTER FUNCTION lr_claim_notifications(text, bigint, interval) SET standard_conforming_strings = on;

-- What plpgsql compiled to check the functions made, the session kept for as long as it lasted.
ALTER FUNCTION lr_create_http_api(name) SET check_function_bodies = off;

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
REVOKE ALL ON FUNCTION lr_protect_data() FROM PUBLIC;

SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
