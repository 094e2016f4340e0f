-- The public functions, in the schema that CREATE EXTENSION chose.
SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('lr_install.search_path'),
                             true);

CREATE FUNCTION lr_deliver(
    lead_id bigint, account_id bigint, supplier_id bigint DEFAULT NULL,
    price numeric DEFAULT NULL, cost numeric DEFAULT 0, lead_group_id bigint DEFAULT NULL,
    delivered_at timestamptz DEFAULT NULL, status text DEFAULT NULL,
    external_id text DEFAULT NULL, email text DEFAULT NULL, phone text DEFAULT NULL,
    replaces bigint DEFAULT NULL)
RETURNS leadreturns.deliveries
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_deliver';

CREATE FUNCTION lr_return(
    lead_id bigint, reason text, note text DEFAULT NULL, account_id bigint DEFAULT NULL,
    idempotency_key text DEFAULT NULL, override boolean DEFAULT false)
RETURNS leadreturns.returns
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_return';

CREATE FUNCTION lr_return_by_key(
    key_kind text, key text, reason text, note text DEFAULT NULL, account_id bigint DEFAULT NULL,
    idempotency_key text DEFAULT NULL, override boolean DEFAULT false)
RETURNS leadreturns.returns
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_return_by_key';

CREATE FUNCTION lr_check_return(
    lead_id bigint, reason text, account_id bigint DEFAULT NULL,
    OUT eligible boolean, OUT violations text[], OUT window_opens_at timestamptz,
    OUT window_closes_at timestamptz, OUT cap_allowed numeric, OUT cap_used numeric,
    OUT capacity_left numeric, OUT would_auto_accept boolean, OUT credit numeric,
    OUT clawback numeric)
RETURNS record
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'lr_check_return';

CREATE FUNCTION lr_accept(
    return_id bigint, note text DEFAULT NULL, credit numeric DEFAULT NULL,
    clawback numeric DEFAULT NULL, status text DEFAULT NULL, remedy text DEFAULT NULL,
    notify boolean DEFAULT NULL, override boolean DEFAULT false)
RETURNS leadreturns.returns
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_accept';

CREATE FUNCTION lr_decline(
    return_id bigint, note text DEFAULT NULL, notify boolean DEFAULT NULL)
RETURNS leadreturns.returns
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_decline';

CREATE FUNCTION lr_withdraw(return_id bigint, note text DEFAULT NULL)
RETURNS leadreturns.returns
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_withdraw';

CREATE FUNCTION lr_reopen(
    return_id bigint, note text DEFAULT NULL, override boolean DEFAULT false)
RETURNS leadreturns.returns
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_reopen';

CREATE FUNCTION lr_rollback_return(
    lead_id bigint, note text DEFAULT NULL, account_id bigint DEFAULT NULL,
    notify boolean DEFAULT NULL)
RETURNS leadreturns.returns
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_rollback_return';

CREATE FUNCTION lr_correct_reason(return_id bigint, reason text, note text DEFAULT NULL)
RETURNS leadreturns.returns
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_correct_reason';

CREATE FUNCTION lr_merge_reason(from_code text, into_code text) RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'lr_merge_reason';

CREATE FUNCTION lr_message(return_id bigint, body text)
RETURNS leadreturns.return_thread
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_message';

CREATE FUNCTION lr_request_info(return_id bigint, body text)
RETURNS leadreturns.return_thread
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_request_info';

CREATE FUNCTION lr_attach_evidence(
    return_id bigint, uri text, media_type text DEFAULT NULL, sha256 text DEFAULT NULL)
RETURNS leadreturns.return_thread
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_attach_evidence';

CREATE FUNCTION lr_assign(return_id bigint, assignee text)
RETURNS leadreturns.returns
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_assign';

CREATE FUNCTION lr_set_terms(
    scope text, scope_id bigint, settings jsonb, valid_from timestamptz DEFAULT NULL)
RETURNS leadreturns.terms_history
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_set_terms';

CREATE FUNCTION lr_terms(
    account_id bigint, lead_group_id bigint DEFAULT NULL, at timestamptz DEFAULT NULL)
RETURNS TABLE (setting text, value text, scope text, scope_id bigint, valid_from timestamptz)
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 30 AS 'MODULE_PATHNAME', 'lr_terms';

CREATE FUNCTION lr_post(
    kind text, party_id bigint, amount numeric, note text DEFAULT NULL,
    currency text DEFAULT NULL)
RETURNS leadreturns.ledger
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'lr_post';

CREATE FUNCTION lr_close_period(account_id bigint, ends_before date)
RETURNS leadreturns.closed_periods
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'lr_close_period';

CREATE FUNCTION lr_act_as(
    kind text, party_id bigint DEFAULT NULL,
    OUT role text, OUT acting_kind text, OUT acting_party_id bigint)
RETURNS record
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_act_as';

CREATE FUNCTION lr_whoami(OUT role text, OUT kind text, OUT party_id bigint)
RETURNS record
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'lr_whoami';

CREATE FUNCTION lr_return_many(
    lead_ids bigint[], reason text, note text DEFAULT NULL, account_id bigint DEFAULT NULL)
RETURNS TABLE (lead_id bigint, return_id bigint, status text, credit numeric, clawback numeric,
               sqlstate text, condition text, detail text, hint text)
LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100 AS 'MODULE_PATHNAME', 'lr_return_many';

CREATE FUNCTION lr_sweep(
    max_rows bigint DEFAULT 1000, OUT accepted bigint, OUT declined bigint,
    OUT consolidated bigint, OUT released bigint, OUT remaining bigint, OUT handed_over bigint,
    OUT skipped bigint, OUT failed bigint)
RETURNS record
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_sweep';

CREATE PROCEDURE lr_run_sweep()
LANGUAGE c AS 'MODULE_PATHNAME', 'lr_run_sweep';

CREATE FUNCTION lr_import_create(
    name text, match_by text DEFAULT 'lead_id', reason text DEFAULT NULL,
    undo boolean DEFAULT false, buyer_id bigint DEFAULT NULL)
RETURNS leadreturns.import_progress
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'lr_import_create';

CREATE FUNCTION lr_import_text(
    import_id bigint, csv text, key_column text DEFAULT NULL, reason_column text DEFAULT NULL,
    note_column text DEFAULT NULL)
RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_import_text';

CREATE FUNCTION lr_import_bytes(
    import_id bigint, csv bytea, encoding text DEFAULT 'UTF8', key_column text DEFAULT NULL,
    reason_column text DEFAULT NULL, note_column text DEFAULT NULL)
RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_import_bytes';

CREATE FUNCTION lr_import_verify(import_id bigint) RETURNS leadreturns.import_progress
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'lr_import_verify';

CREATE FUNCTION lr_import_step(import_id bigint, max_rows bigint DEFAULT 1000)
RETURNS leadreturns.import_progress
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'lr_import_step';

CREATE PROCEDURE lr_import_run(import_id bigint, batch bigint DEFAULT 10000)
LANGUAGE c AS 'MODULE_PATHNAME', 'lr_import_run';

CREATE FUNCTION lr_import_cancel(import_id bigint) RETURNS leadreturns.import_progress
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'lr_import_cancel';

CREATE FUNCTION lr_import_retry(import_id bigint) RETURNS leadreturns.import_progress
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'lr_import_retry';

CREATE FUNCTION lr_import_undo(import_id bigint) RETURNS leadreturns.import_progress
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'lr_import_undo';

CREATE FUNCTION lr_spreadsheet_text(value text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lr_spreadsheet_text';
