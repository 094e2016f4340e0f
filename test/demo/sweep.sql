-- What is due is done by the sweep, which pg_cron runs every minute; then the file is undone.
\echo '9. THE SWEEP: THE TERMS ACCEPT THESE RETURNS AFTER A DAY'
SELECT leadreturns.clock() + interval '25 hours' AS later \gset
SELECT format('ALTER DATABASE demo SET leadreturns.now = %L', :'later') \gexec
SET leadreturns.now = :'later';
\echo 'A day and an hour later:'
SELECT overdue, oldest_overdue_seconds AS "overdue for seconds", late
  FROM leadreturns.sweep_health;
\echo 'CALL lr_run_sweep(), which the job below does every minute:'
CALL lr_run_sweep();
SELECT accepted, declined, consolidated, remaining, overdue, late FROM leadreturns.sweep_health;
SELECT lead_id::text AS lead, reason, status, decided_how AS how, credit, clawback
  FROM leadreturns.returns WHERE import_id = :import_id ORDER BY return_id;
SELECT job_name, state, command FROM lr_cron_enable();

SELECT balance AS returned FROM leadreturns.balances
 WHERE ledger_account = 'wallet' AND party_id = :account_id \gset
SELECT FROM lr_import_undo(:import_id) \g /dev/null
SELECT balance AS after FROM leadreturns.balances
 WHERE ledger_account = 'wallet' AND party_id = :account_id \gset
\echo 'The wallet of Harbor Realty held' :before 'before the file,' :returned 'after the sweep, and'
\echo :after 'again after lr_import_undo().'
\echo
