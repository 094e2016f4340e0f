-- Helpers that tables, indexes and views below need. None of them is part of the public contract.

CREATE FUNCTION leadreturns.clock() RETURNS timestamptz
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'lr_clock_sql';
COMMENT ON FUNCTION leadreturns.clock() IS
'The instant every rule reads: the setting leadreturns.now if a test set it, else the time of day.';

CREATE FUNCTION leadreturns.reason_key(given text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lr_reason_key_sql';
COMMENT ON FUNCTION leadreturns.reason_key(text) IS
'What a reason is matched by: lower case, punctuation and blanks folded, cut at 75 characters.'
' Example: reason_key(''Phone - DISCONNECTED!'') is ''phone disconnected''.';

CREATE FUNCTION leadreturns.phone_digits(phone text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lr_phone_digits';
COMMENT ON FUNCTION leadreturns.phone_digits(text) IS
'The ASCII digits of a telephone number, by which deliveries are matched.'
' Example: phone_digits(''+1 (555) 010-99'') is ''155501099''.';

CREATE FUNCTION leadreturns.sees_all() RETURNS boolean
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'lr_sees_all';
COMMENT ON FUNCTION leadreturns.sees_all() IS
'True when the caller is staff, which reads everything.';

CREATE FUNCTION leadreturns.reads_figures() RETURNS boolean
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'lr_reads_figures';
COMMENT ON FUNCTION leadreturns.reads_figures() IS
'True when the caller is staff or reporting, which read the figures of every party.';

CREATE FUNCTION leadreturns.reads_texts() RETURNS boolean
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'lr_reads_texts';
COMMENT ON FUNCTION leadreturns.reads_texts() IS
'True when the caller is staff or a buyer, which read what was written about the returns that they'
' see, and who wrote it.';

CREATE FUNCTION leadreturns.caller() RETURNS text
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'lr_caller';
COMMENT ON FUNCTION leadreturns.caller() IS
'The role that calls, as lr_whoami tells it: after SET ROLE that one, inside a SECURITY DEFINER'
' function still the one outside. Example: SELECT leadreturns.caller().';

CREATE FUNCTION leadreturns.own_buyer() RETURNS bigint
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'lr_own_buyer';
COMMENT ON FUNCTION leadreturns.own_buyer() IS
'The buyer the caller acts for, NULL when it acts for none.';

CREATE FUNCTION leadreturns.own_supplier() RETURNS bigint
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'lr_own_supplier';
COMMENT ON FUNCTION leadreturns.own_supplier() IS
'The supplier the caller acts for, NULL when it acts for none.';

CREATE FUNCTION leadreturns.error_catalogue(
    OUT sqlstate text, OUT condition text, OUT http_status integer, OUT message text, OUT hint text)
RETURNS SETOF record
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'lr_error_catalogue';
COMMENT ON FUNCTION leadreturns.error_catalogue() IS
'The conditions that the library can raise, in the order of the checks; fills table error_code.';

CREATE FUNCTION leadreturns.import_lines(
    import_id bigint, OUT line_no bigint, OUT raw text, OUT key text, OUT reason text,
    OUT note text, OUT problem text)
RETURNS SETOF record
LANGUAGE c STABLE STRICT PARALLEL RESTRICTED ROWS 1000 AS 'MODULE_PATHNAME', 'lr_import_lines';
COMMENT ON FUNCTION leadreturns.import_lines(bigint) IS
'The lines of an import, as they came and as they are read; none of an import that the caller may'
' not see. Example: SELECT * FROM leadreturns.import_lines(1) WHERE problem IS NOT NULL.';

CREATE FUNCTION leadreturns.archived_import_lines(
    import_id bigint, OUT line_no bigint, OUT raw text, OUT key text, OUT reason text,
    OUT note text, OUT problem text)
RETURNS SETOF record
LANGUAGE c STABLE STRICT PARALLEL RESTRICTED ROWS 1000
AS 'MODULE_PATHNAME', 'lr_archived_import_lines';
COMMENT ON FUNCTION leadreturns.archived_import_lines(bigint) IS
'import_lines of a file that has been archived. Example: SELECT * FROM'
' leadreturns.archived_import_lines(1).';

CREATE FUNCTION leadreturns.cron_database() RETURNS text
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'lr_cron_database';
COMMENT ON FUNCTION leadreturns.cron_database() IS
'The database that pg_cron keeps its jobs in; NULL when the server has not loaded pg_cron.';

CREATE FUNCTION leadreturns.shell_quoted(word text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
-- chr(92): what a backslash in a literal means is a setting of the session
AS $$ SELECT '''' || replace(word, '''', '''' || chr(92) || '''''') || '''' $$;
COMMENT ON FUNCTION leadreturns.shell_quoted(text) IS
E'A word as a POSIX shell reads it. Example: shell_quoted(''it''''s'') is ''it''\\''''s''.';

CREATE FUNCTION leadreturns.ratio(part bigint, whole bigint) RETURNS numeric
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lr_ratio';
COMMENT ON FUNCTION leadreturns.ratio(bigint, bigint) IS
'A share, 0.1250 for 12.5 %, rounded half away from zero; null where there is nothing to divide by,'
' and from 999 on, where it means nothing and would not fit numeric(7,4). Example: ratio(1, 8) is'
' 0.1250.';

CREATE FUNCTION leadreturns.money(cents bigint) RETURNS numeric
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lr_money';
COMMENT ON FUNCTION leadreturns.money(bigint) IS
'An amount out of its cents. Example: money(1250) is 12.50.';

CREATE AGGREGATE leadreturns.total(bigint) (
    SFUNC = pg_catalog.int8pl, STYPE = bigint, COMBINEFUNC = pg_catalog.int8pl, PARALLEL = SAFE);
COMMENT ON AGGREGATE leadreturns.total(bigint) IS
'The sum of cents as bigint. Unlike sum(bigint), which is numeric and keeps 100 bytes and more for'
' each group, it keeps 8; beyond 9.2e18 cents it raises 22003. Example: SELECT leadreturns.total(c)'
' FROM (VALUES (1::bigint), (2)) AS v (c).';

CREATE FUNCTION leadreturns.rate_band(delivered bigint, returned bigint) RETURNS text
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lr_rate_band';
COMMENT ON FUNCTION leadreturns.rate_band(bigint, bigint) IS
'too_few below leadreturns.band_min_delivered (20) deliveries, else high from a rate of'
' leadreturns.band_high (0.30) on, watch from leadreturns.band_watch (0.15) on, else healthy.'
' Source of 0.30: Lead Distro AI, "Lead return policy": 30 % and more is a problem of the'
' process, not of'
' lead quality; 0.15 is half of it. Example: rate_band(100, 31) is ''high''.';

CREATE FUNCTION leadreturns.report_setting(name text) RETURNS double precision
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lr_report_setting';
COMMENT ON FUNCTION leadreturns.report_setting(text) IS
'A setting of the reports, without its prefix, as the views read it.'
' Example: report_setting(''spike_z'') is 4.';

-- Trigger functions.

CREATE FUNCTION leadreturns.guard_records() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'lr_guard_records';
COMMENT ON FUNCTION leadreturns.guard_records() IS
'Refuses UPDATE, DELETE and TRUNCATE of what has been recorded (LR070, a change of state LR013).';

CREATE FUNCTION leadreturns.guard_reference() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'lr_guard_reference';
COMMENT ON FUNCTION leadreturns.guard_reference() IS
'Refuses DELETE of reference rows and UPDATE of the columns its arguments name (LR070).';

CREATE FUNCTION leadreturns.replace_seed() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'lr_replace_seed';
COMMENT ON FUNCTION leadreturns.replace_seed() IS
'Lets pg_restore put a dumped seed row in the place of the one that CREATE EXTENSION made.';

CREATE FUNCTION leadreturns.forget_cached() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'lr_forget_cached';
COMMENT ON FUNCTION leadreturns.forget_cached() IS
'Tells every session to read the changed reference table anew.';

CREATE FUNCTION leadreturns.deliveries_dml() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'lr_deliveries_dml';
COMMENT ON FUNCTION leadreturns.deliveries_dml() IS
'INSERT, COPY and UPDATE of the view deliveries: what lr_deliver does, in batches.';

CREATE FUNCTION leadreturns.returns_dml() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'lr_returns_dml';
COMMENT ON FUNCTION leadreturns.returns_dml() IS
'INSERT and UPDATE of the view returns: exactly what the commands do.';

CREATE FUNCTION leadreturns.import_upload() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'lr_import_upload';
COMMENT ON FUNCTION leadreturns.import_upload() IS
'INSERT and COPY into the view import_upload: rows become lines of the import.';

CREATE FUNCTION leadreturns.review_state(
    status text, awaits_buyer boolean, auto_accept_at timestamptz) RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'lr_review_state';
COMMENT ON FUNCTION leadreturns.review_state(text, boolean, timestamptz) IS
'processed (decided), pending (a rule or the buyer is next) or requires_review (staff is).';

CREATE FUNCTION leadreturns.status_colour(status text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lr_status_colour';
COMMENT ON FUNCTION leadreturns.status_colour(text) IS
'What user interfaces paint a status: open orange, accepted green, declined red, else grey.';

CREATE FUNCTION leadreturns.require_staff(what text) RETURNS void
LANGUAGE c STABLE STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'lr_require_staff_sql';
COMMENT ON FUNCTION leadreturns.require_staff(text) IS
'Raises LR001 unless the caller is staff. Example: SELECT leadreturns.require_staff(''grant'').';

CREATE FUNCTION leadreturns.attached_rows() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'lr_attached_rows';
COMMENT ON FUNCTION leadreturns.attached_rows() IS
'The triggers that lr_attach makes on tables of applications: rows become deliveries, and changes'
' follow. Its argument is the attachment.';
