-- The sweep as a job of pg_cron, which lives in one database of a cluster and may not be there at
-- all. Nothing here is called by this script: a job made by it would be in the way of a restore.

CREATE FUNCTION leadreturns.cron_status(wanted text,
    OUT state text, OUT job_name text, OUT schedule text, OUT active boolean, OUT command text,
    OUT run_in text, OUT to_run text, OUT last_run_at timestamptz, OUT last_run_status text,
    OUT last_run_message text, OUT job bigint)
RETURNS record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    here   text := 'database ' || quote_ident(current_database());
    enable text := CASE WHEN wanted = '* * * * *' THEN 'SELECT lr_cron_enable()'
                        ELSE format('SELECT lr_cron_enable(%L)', wanted) END;
BEGIN
    PERFORM leadreturns.require_staff('schedule the sweep');
    IF wanted IS NULL OR btrim(wanted) = '' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'invalid schedule',
            HINT = 'Give a cron schedule in UTC, such as * * * * * for every minute.';
    END IF;
    job_name := 'leadreturns_sweep:' || current_database();
    command := (SELECT format('CALL %I.lr_run_sweep()', n.nspname)
                  FROM pg_extension e
                  JOIN pg_depend d ON d.refobjid = e.oid AND d.deptype = 'e'
                                  AND d.classid = 'pg_proc'::regclass
                  JOIN pg_proc p ON p.oid = d.objid AND p.proname = 'lr_run_sweep'
                  JOIN pg_namespace n ON n.oid = p.pronamespace
                 WHERE e.extname = 'leadreturns');
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron') THEN
        EXECUTE 'SELECT j.jobid, j.schedule, j.active FROM cron.job j
                  WHERE j.jobname = $1 AND j.database = current_database()
                  ORDER BY j.active DESC, j.jobid LIMIT 1'
           INTO job, schedule, active USING job_name;
        EXECUTE 'SELECT r.start_time, r.status, r.return_message FROM cron.job_run_details r
                  WHERE r.jobid = $1 ORDER BY r.runid DESC LIMIT 1'
           INTO last_run_at, last_run_status, last_run_message USING job;
        state := CASE WHEN job IS NULL THEN 'not scheduled' ELSE 'scheduled' END;
        IF job IS NULL THEN
            run_in := here;
            to_run := enable;
        END IF;
    ELSIF leadreturns.cron_database() IS NULL THEN
        state := 'not available';
        run_in := 'the crontab of a user who may connect';
        -- a percent sign ends a command there
        to_run := format('%s PGDATABASE=%s psql -X -q -c %s', wanted,
                         replace(leadreturns.shell_quoted(current_database()), '%', chr(92) || '%'),
                         replace(leadreturns.shell_quoted(command), '%', chr(92) || '%'));
    ELSIF leadreturns.cron_database() = current_database() THEN
        state := 'not available';
        run_in := here;
        to_run := 'CREATE EXTENSION pg_cron; ' || enable;
    ELSE
        state := 'elsewhere';
        run_in := 'database ' || quote_ident(leadreturns.cron_database());
        to_run := format('SELECT cron.schedule_in_database(%L, %L, %L, %L)', job_name, wanted,
                         command, current_database());
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE insufficient_privilege USING MESSAGE = SQLERRM,
            HINT = format('Run: GRANT USAGE ON SCHEMA cron TO %I', current_user);
END;
$$;
COMMENT ON FUNCTION leadreturns.cron_status(text) IS
'What lr_cron_status shows, with what to run for this schedule; lr_cron_enable and'
' lr_cron_disable start from it.';

CREATE FUNCTION lr_cron_status(
    OUT state text, OUT job_name text, OUT schedule text, OUT active boolean, OUT command text,
    OUT run_in text, OUT to_run text, OUT last_run_at timestamptz, OUT last_run_status text,
    OUT last_run_message text)
RETURNS record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
SELECT s.state, s.job_name, s.schedule, s.active, s.command, s.run_in, s.to_run, s.last_run_at,
       s.last_run_status, s.last_run_message
  FROM leadreturns.cron_status('* * * * *') s
$$;

CREATE FUNCTION lr_cron_enable(schedule text DEFAULT '* * * * *',
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

CREATE FUNCTION lr_cron_disable(
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
