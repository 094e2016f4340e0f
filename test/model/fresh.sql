-- For regress: an empty extension, with what common.sql adds; output as bare rows, and of errors
-- only their SQLSTATE.
SET client_min_messages = warning;
\pset tuples_only on
\pset format unaligned
\pset fieldsep ' | '
\pset null '(null)'
\set VERBOSITY sqlstate
DROP SCHEMA IF EXISTS t CASCADE;
DROP EXTENSION IF EXISTS leadreturns CASCADE;
CREATE EXTENSION leadreturns;
\ir common.sql

-- Times and days as text that no setting of the session changes.
CREATE FUNCTION t.utc(moment timestamptz) RETURNS text LANGUAGE sql
SET TimeZone = 'UTC' SET DateStyle = 'ISO' AS $$ SELECT moment::text $$;
CREATE FUNCTION t.day(day date) RETURNS text LANGUAGE sql
SET DateStyle = 'ISO' AS $$ SELECT day::text $$;

-- Terms of an account for all of 2026.
CREATE FUNCTION t.terms(account bigint, settings jsonb) RETURNS void LANGUAGE sql AS
$$ SELECT FROM lr_set_terms('account', account, settings, '2026-01-01 00:00:00+00') $$;

-- Files a return of a lead and says what became of it.
CREATE FUNCTION t.file(lead bigint, reason text DEFAULT 'duplicate', note text DEFAULT NULL,
                       override boolean DEFAULT false) RETURNS text LANGUAGE sql AS
$$ SELECT status || ', ' || review FROM lr_return(lead, reason, note, override => override) $$;
