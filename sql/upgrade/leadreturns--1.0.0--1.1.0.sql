\echo Use "ALTER EXTENSION leadreturns UPDATE" to load this file. \quit

-- Like the install script: what the schema leadreturns gets is defined under a closed search_path.
SELECT pg_catalog.set_config('lr_install.search_path',
                             pg_catalog.current_setting('search_path'), true);
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

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

-- On a standby, and in any transaction that may not write, pg_cron fails with an internal error.
SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('lr_install.search_path'),
                             true);

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

SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
