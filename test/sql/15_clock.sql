-- The clock of tests: what it takes, and that parallel workers take it too.
\set VERBOSITY sqlstate
SET leadreturns.now = '2026-03-01T12:00:00Z';
SELECT leadreturns.clock() = '2026-03-01 12:00:00+00' AS noon;
SET leadreturns.now = 'infinity';
SET leadreturns.now = 'tomorrow-ish';
-- a worker starts with the settings of its leader, before it knows the names of time zones
SET force_parallel_mode = on;
SELECT count(*) > 0 AS counted FROM pg_class;
RESET force_parallel_mode;
-- and goes on with it: the leader alone reads the clock
SELECT leadreturns.clock() = '2026-03-01 12:00:00+00' AS noon;
RESET leadreturns.now;
SELECT leadreturns.clock() - clock_timestamp() < interval '1 minute' AS the_time_of_day;
