\echo Use "CREATE EXTENSION leadreturns" to load this file. \quit

-- Everything but the lr_* functions lives in the schema leadreturns and is defined under a closed
-- search_path; 60_functions.sql goes back to the path that CREATE EXTENSION chose.
SELECT pg_catalog.set_config('lr_install.search_path',
                             pg_catalog.current_setting('search_path'), true);
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE SCHEMA leadreturns;
COMMENT ON SCHEMA leadreturns IS
'Tables and views of the extension leadreturns. Applications call lr_* and use the views.';
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
'A word as a POSIX shell reads it. Example: shell_quoted(''it''''s'') is ''it''\''''s''.';

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
-- Reference tables: staff fills them with plain INSERT and UPDATE. Rows are never deleted, because
-- deliveries and returns refer to them without a foreign key (see delivery and request).

CREATE TABLE leadreturns.buyer (
    buyer_id    bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    name        text NOT NULL CHECK (name <> ''),
    email       text,
    external_id text UNIQUE,
    language    text CHECK (language ~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$')
);

CREATE TABLE leadreturns.account (
    account_id   bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    buyer_id     bigint NOT NULL REFERENCES leadreturns.buyer,
    name         text NOT NULL CHECK (name <> ''),
    billing      text NOT NULL DEFAULT 'prepaid' CHECK (billing IN ('prepaid', 'net_terms')),
    currency     text NOT NULL DEFAULT 'USD' CHECK (currency ~ '^[A-Z]{3}$'),
    cycle        text NOT NULL DEFAULT 'month' CHECK (cycle IN ('week', 'month')),
    -- 2001-01-01 is the first of a month and a Monday, so it suits both cycles
    cycle_anchor date NOT NULL DEFAULT '2001-01-01' CHECK (isfinite(cycle_anchor)),
    email        text,
    external_id  text UNIQUE,
    language     text CHECK (language ~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$')
);
CREATE INDEX account_buyer_idx ON leadreturns.account (buyer_id);

CREATE TABLE leadreturns.supplier (
    supplier_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    name        text NOT NULL CHECK (name <> ''),
    email       text,
    external_id text UNIQUE,
    language    text CHECK (language ~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$')
);

CREATE TABLE leadreturns.lead_group (
    lead_group_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    name          text NOT NULL CHECK (name <> '')
);

CREATE TABLE leadreturns.reason (
    code           text PRIMARY KEY CHECK (code ~ '^[a-z0-9][a-z0-9_]*$' AND length(code) <= 75),
    label          text NOT NULL CHECK (leadreturns.reason_key(label) <> ''),
    description    text,
    active         boolean NOT NULL DEFAULT true,
    requires_note  boolean NOT NULL DEFAULT false,
    supplier_fault boolean NOT NULL DEFAULT false,
    always_review  boolean NOT NULL DEFAULT false,
    min_age        interval CHECK (min_age BETWEEN interval '0' AND interval '100 years'),
    max_age        interval CHECK (max_age BETWEEN interval '0' AND interval '100 years'),
    merged_into    text REFERENCES leadreturns.reason CHECK (merged_into <> code),
    seeded         boolean NOT NULL DEFAULT false,
    CHECK (min_age <= max_age)
);

CREATE TABLE leadreturns.reason_alias (
    alias text PRIMARY KEY CHECK (leadreturns.reason_key(alias) <> ''),
    code  text NOT NULL REFERENCES leadreturns.reason
);
CREATE UNIQUE INDEX reason_alias_key ON leadreturns.reason_alias (leadreturns.reason_key(alias));
CREATE INDEX reason_alias_code_idx ON leadreturns.reason_alias (code);

CREATE TABLE leadreturns.holiday (
    day  date PRIMARY KEY CHECK (isfinite(day)),
    name text NOT NULL
);

CREATE TABLE leadreturns.error_code (
    sqlstate    text PRIMARY KEY,
    condition   text NOT NULL UNIQUE,
    http_status integer NOT NULL,
    message     text NOT NULL,
    hint        text NOT NULL
);

INSERT INTO leadreturns.reason
    (code, label, description, requires_note, supplier_fault, seeded)
VALUES
    ('bad_contact_info', 'Bad contact info',
     'The person cannot be reached with the data given.', false, true, true),
    ('wrong_vertical', 'Wrong vertical',
     'The person asked for something that the buyer does not sell.', false, true, true),
    ('duplicate', 'Duplicate',
     'The buyer already had this person from another source.', false, true, true),
    ('tcpa_risk', 'TCPA risk',
     'There is no proof that the person agreed to be called.', false, true, true),
    ('out_of_service_area', 'Out of service area',
     'The person lives where the buyer does not sell.', false, true, true),
    ('other', 'Other',
     'Free text that matches no reason of the catalogue.', false, false, true);

INSERT INTO leadreturns.error_code SELECT * FROM leadreturns.error_catalogue();
-- The records. Nobody is granted anything on them: rows are written by the C functions alone,
-- guarded against UPDATE and DELETE by everybody else, and read through the views.
-- Foreign keys are left out where a lock that the writing function holds proves the reference and
-- the parent can never be deleted; lr_reconcile() checks each of them.

CREATE TABLE leadreturns.delivery (
    delivery_id        bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    lead_id            bigint NOT NULL,
    account_id         bigint NOT NULL,
    supplier_id        bigint,
    lead_group_id      bigint,
    price              numeric(14,2) NOT NULL CHECK (price >= 0 AND price < 1e11),
    cost               numeric(14,2) NOT NULL CHECK (cost >= 0 AND cost < 1e11),
    currency           text NOT NULL,
    delivered_at       timestamptz NOT NULL
        CHECK (delivered_at >= '1900-01-01 00:00:00+00'
               AND delivered_at < '10000-01-01 00:00:00+00'),
    delivered_on       date NOT NULL,
    status             text NOT NULL CHECK (status <> ''),
    external_id        text,
    email              text,
    phone              text,
    replaces           bigint,
    deleted_at         timestamptz,
    sale_transfer_id   bigint,
    payout_transfer_id bigint,
    attachment_id      bigint,
    row_key            text,
    -- what was posted stays, even if it is corrected to nothing
    CHECK (price = 0 OR sale_transfer_id IS NOT NULL),
    CHECK (cost = 0 OR supplier_id IS NULL OR payout_transfer_id IS NOT NULL),
    CHECK (row_key IS NULL OR attachment_id IS NOT NULL)
) WITH (fillfactor = 90);
-- lr_return(lead_id)
CREATE INDEX delivery_lead_idx ON leadreturns.delivery (lead_id);
-- a new cap period is counted once; rolling caps; deliveries of one account by date
CREATE INDEX delivery_account_idx ON leadreturns.delivery (account_id, delivered_at);
-- lr_return_by_key
CREATE INDEX delivery_external_idx ON leadreturns.delivery (external_id)
    WHERE external_id IS NOT NULL;
CREATE INDEX delivery_email_idx ON leadreturns.delivery (lower(email)) WHERE email IS NOT NULL;
CREATE INDEX delivery_phone_idx ON leadreturns.delivery (leadreturns.phone_digits(phone))
    WHERE phone IS NOT NULL;
-- which delivery is this row of an attached table?
CREATE UNIQUE INDEX delivery_attached_key ON leadreturns.delivery (attachment_id, row_key)
    WHERE row_key IS NOT NULL;
-- a return is replaced once; replacements_owed
CREATE UNIQUE INDEX delivery_replaces_key ON leadreturns.delivery (replaces)
    WHERE replaces IS NOT NULL;

CREATE TABLE leadreturns.request (
    return_id            bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    delivery_id          bigint NOT NULL,
    account_id           bigint NOT NULL,
    delivered_at         timestamptz NOT NULL,
    price                numeric(14,2) NOT NULL,
    cost                 numeric(14,2) NOT NULL,
    reason               text NOT NULL,
    reason_text          text NOT NULL,
    note                 text,
    status               text NOT NULL
        CHECK (status IN ('open', 'accepted', 'declined', 'withdrawn', 'rolled_back')),
    requested_at         timestamptz NOT NULL,
    requested_by         text NOT NULL,
    decided_at           timestamptz,
    decided_by           text,
    decided_how          text CHECK (decided_how IN ('manual', 'rule', 'sweep', 'import')),
    decision_note        text,
    assignee             text,
    credit               numeric(14,2) NOT NULL,
    clawback             numeric(14,2) NOT NULL,
    remedy               text CHECK (remedy IN ('credit', 'replacement')),
    prior_status         text,
    returned_status      text,
    override_asked       boolean NOT NULL DEFAULT false,
    overridden           boolean NOT NULL,
    over_cap             boolean NOT NULL,
    awaits_buyer         boolean NOT NULL,
    auto_accept_at       timestamptz,
    timeout_at           timestamptz,
    timeout_action       text CHECK (timeout_action IN ('accept', 'decline')),
    idempotency_key      text,
    import_id            bigint,
    credit_transfer_id   bigint,
    clawback_transfer_id bigint,
    event_count          integer NOT NULL DEFAULT 0,
    -- Says "live" to the unique constraint without naming the status, so that accepting an open
    -- request changes no indexed column and the update stays heap-only.
    live_delivery_id     bigint GENERATED ALWAYS AS
        (CASE WHEN status = 'open' OR status = 'accepted' THEN delivery_id END) STORED
        CONSTRAINT one_live_return_per_delivery UNIQUE,
    CONSTRAINT request_amounts CHECK (credit BETWEEN 0 AND price AND clawback BETWEEN 0 AND cost),
    CONSTRAINT request_decided CHECK ((decided_at IS NULL) = (status = 'open')),
    CONSTRAINT request_accepted CHECK (
        CASE WHEN status = 'accepted'
             THEN remedy IS NOT NULL AND prior_status IS NOT NULL AND returned_status IS NOT NULL
                  AND (credit_transfer_id IS NOT NULL) = (credit > 0)
                  AND (clawback_transfer_id IS NOT NULL) = (clawback > 0)
             ELSE remedy IS NULL AND prior_status IS NULL AND returned_status IS NULL
                  AND credit = 0 AND clawback = 0
                  AND credit_transfer_id IS NULL AND clawback_transfer_id IS NULL
        END)
) WITH (fillfactor = 70);
-- has this delivery been asked for before; the returns of one delivery
CREATE INDEX request_delivery_idx ON leadreturns.request (delivery_id);
-- rolling caps; a new cap period is counted once; the returns of one account by date
CREATE INDEX request_account_idx ON leadreturns.request (account_id, requested_at);
-- a repeated call finds its first result
CREATE UNIQUE INDEX request_idempotency_key ON leadreturns.request (account_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL;

CREATE TABLE leadreturns.history (
    history_id  bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    return_id   bigint NOT NULL,
    from_status text,
    to_status   text NOT NULL,
    at          timestamptz NOT NULL,
    moved_on    date NOT NULL,
    actor       text NOT NULL,
    party_kind  text NOT NULL,
    party_id    bigint,
    how         text NOT NULL CHECK (how IN ('manual', 'rule', 'sweep', 'import')),
    note        text,
    terms_at    timestamptz NOT NULL
);
-- the life of one return
CREATE INDEX history_return_idx ON leadreturns.history (return_id);

CREATE TABLE leadreturns.transfer (
    transfer_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    posted_at   timestamptz NOT NULL CHECK (isfinite(posted_at)),
    posted_on   date NOT NULL,
    kind        text NOT NULL,
    debit       text NOT NULL,
    credit      text NOT NULL,
    account_id  bigint,
    supplier_id bigint,
    amount      numeric(14,2) NOT NULL CHECK (amount > 0 AND amount < 1e11),
    currency    text NOT NULL,
    delivery_id bigint,
    return_id   bigint,
    reverses    bigint,
    actor       text NOT NULL,
    note        text,
    -- what each kind moves: from the first ledger account to the second
    CONSTRAINT transfer_legs CHECK (
        (kind, debit, credit) IN (
            ('sale', 'account', 'revenue'), ('payout_due', 'cost', 'supplier'),
            ('credit', 'revenue', 'account'), ('clawback', 'supplier', 'cost'),
            ('credit_reversed', 'account', 'revenue'), ('clawback_reversed', 'cost', 'supplier'),
            ('deposit', 'cash', 'account'), ('payment', 'cash', 'account'),
            ('payout', 'supplier', 'cash'),
            ('adjustment', 'adjustments', 'account'), ('adjustment', 'account', 'adjustments'),
            ('sale_corrected', 'account', 'revenue'), ('sale_corrected', 'revenue', 'account'),
            ('payout_corrected', 'cost', 'supplier'), ('payout_corrected', 'supplier', 'cost'))),
    CONSTRAINT transfer_parties CHECK (
        (account_id IS NOT NULL) = (debit = 'account' OR credit = 'account')
        AND (supplier_id IS NOT NULL) = (debit = 'supplier' OR credit = 'supplier'))
);
-- account_statement, balances of one account
CREATE INDEX transfer_account_idx ON leadreturns.transfer (account_id, posted_at, transfer_id)
    WHERE account_id IS NOT NULL;
-- supplier_statement, balances of one supplier
CREATE INDEX transfer_supplier_idx ON leadreturns.transfer (supplier_id, posted_at, transfer_id)
    WHERE supplier_id IS NOT NULL;

-- How much of a cap is used. A row exists for each period that a cap has asked about, is counted
-- once when it is first asked for, and is then kept by whoever holds the lock on the account.
CREATE TABLE leadreturns.cap_period (
    account_id      bigint NOT NULL,
    starts_at       timestamptz NOT NULL,
    ends_at         timestamptz NOT NULL,
    delivered       bigint NOT NULL,
    delivered_value numeric(18,2) NOT NULL,
    used            bigint NOT NULL CHECK (used >= 0),
    used_value      numeric(18,2) NOT NULL CHECK (used_value >= 0),
    PRIMARY KEY (account_id, ends_at, starts_at),
    CHECK (starts_at < ends_at)
) WITH (fillfactor = 50);

-- Deliveries that no cap_period has counted yet: one row each, appended by whoever delivers (who
-- therefore waits for nobody), folded into cap_period under the lock on the account.
CREATE TABLE leadreturns.volume_delta (
    account_id   bigint NOT NULL,
    delivered_at timestamptz NOT NULL,
    price        numeric(14,2) NOT NULL
);
CREATE INDEX volume_delta_account_idx ON leadreturns.volume_delta (account_id);

CREATE TABLE leadreturns.closing (
    account_id  bigint NOT NULL REFERENCES leadreturns.account,
    ends_before date NOT NULL,
    ends_at     timestamptz NOT NULL,
    closed_at   timestamptz NOT NULL,
    closed_by   text NOT NULL,
    PRIMARY KEY (account_id, ends_before)
);

CREATE TABLE leadreturns.terms (
    terms_id   bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    scope      text NOT NULL CHECK (scope IN ('global', 'lead_group', 'buyer', 'account')),
    scope_id   bigint,
    valid_from timestamptz NOT NULL CHECK (isfinite(valid_from)),
    settings   jsonb NOT NULL,
    set_at     timestamptz NOT NULL,
    set_by     text NOT NULL,
    CHECK ((scope = 'global') = (scope_id IS NULL))
);
-- the versions of one scope
CREATE INDEX terms_scope_idx ON leadreturns.terms (scope, scope_id, valid_from);

CREATE TABLE leadreturns.party_grant (
    -- not its name: a role that is renamed stays who it is, one that is made anew is somebody else
    role       regrole NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('staff', 'app', 'buyer', 'supplier', 'reporting')),
    party_id   bigint,
    granted_at timestamptz NOT NULL,
    granted_by text NOT NULL,
    PRIMARY KEY (role, kind),
    CHECK ((kind IN ('buyer', 'supplier')) = (party_id IS NOT NULL))
);

CREATE TABLE leadreturns.message (
    message_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    return_id  bigint NOT NULL REFERENCES leadreturns.request,
    kind       text NOT NULL CHECK (kind IN ('message', 'question', 'evidence')),
    at         timestamptz NOT NULL,
    author     text NOT NULL,
    party_kind text NOT NULL,
    party_id   bigint,
    body       text CHECK (body <> ''),
    uri        text CHECK (uri <> ''),
    media_type text,
    sha256     text CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    CHECK ((kind = 'evidence') = (uri IS NOT NULL) AND (kind = 'evidence') = (body IS NULL))
);
-- the thread of one return
CREATE INDEX message_return_idx ON leadreturns.message (return_id);
-- The sweep's own row, and the files of returns.

-- requests that the sweep will decide, by when
CREATE INDEX request_due_idx ON leadreturns.request (LEAST(auto_accept_at, timeout_at))
    WHERE auto_accept_at IS NOT NULL OR timeout_at IS NOT NULL;

-- One row, which each sweep writes; a sweep that finds another one writing it does not wait.
CREATE TABLE leadreturns.sweep_heartbeat (
    heartbeat_id  bigint PRIMARY KEY DEFAULT 1 CHECK (heartbeat_id = 1),
    last_run_at   timestamptz,
    last_run_by   text,
    duration_ms   numeric(12,3),
    accepted      bigint NOT NULL DEFAULT 0,
    declined      bigint NOT NULL DEFAULT 0,
    handed_over   bigint NOT NULL DEFAULT 0,
    consolidated  bigint NOT NULL DEFAULT 0,
    released      bigint NOT NULL DEFAULT 0,
    skipped       bigint NOT NULL DEFAULT 0,
    failed        bigint NOT NULL DEFAULT 0,
    remaining     bigint NOT NULL DEFAULT 0,
    oldest_due_at timestamptz
);
INSERT INTO leadreturns.sweep_heartbeat DEFAULT VALUES;

CREATE TABLE leadreturns.import (
    import_id         bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    name              text NOT NULL CHECK (name <> ''),
    match_by          text NOT NULL
        CHECK (match_by IN ('lead_id', 'external_id', 'email', 'phone')),
    reason            text,
    undo              boolean NOT NULL,
    buyer_id          bigint,
    owner_id          bigint,
    status            text NOT NULL
        CHECK (status IN ('new', 'verified', 'running', 'cancelled', 'done', 'undone')),
    total             bigint NOT NULL,
    last_line         bigint NOT NULL,
    position          bigint NOT NULL,
    returned          bigint NOT NULL,
    failed            bigint NOT NULL,
    errors            bigint NOT NULL,
    credit            numeric(14,2) NOT NULL,
    clawback          numeric(14,2) NOT NULL,
    undone            bigint NOT NULL,
    conflicts         bigint NOT NULL,
    verified_returned bigint,
    verified_failed   bigint,
    verified_errors   bigint,
    verified_credit   numeric(14,2),
    verified_clawback numeric(14,2),
    cap_crossed_line  bigint,
    created_at        timestamptz NOT NULL,
    created_by        text NOT NULL,
    verified_at       timestamptz,
    started_at        timestamptz,
    updated_at        timestamptz NOT NULL,
    finished_at       timestamptz,
    CHECK (total >= 0 AND returned >= 0 AND failed >= 0 AND errors >= 0
           AND returned + failed + errors <= total)
) WITH (fillfactor = 50);

-- The file as it came, cut where a record ends. A line is found by its number.
CREATE TABLE leadreturns.import_chunk (
    import_id    bigint NOT NULL,
    last_line    bigint NOT NULL,
    first_line   bigint NOT NULL,
    by_row       boolean NOT NULL,
    encoding     text NOT NULL,
    delimiter    text NOT NULL,
    fields       integer NOT NULL,
    key_field    integer NOT NULL,
    reason_field integer NOT NULL,
    note_field   integer NOT NULL,
    body         bytea NOT NULL,
    PRIMARY KEY (import_id, last_line)
);
ALTER TABLE leadreturns.import_chunk ALTER COLUMN body SET STORAGE EXTERNAL;

-- What a line would do, from the last verification.
CREATE TABLE leadreturns.import_verdict (
    import_id   bigint NOT NULL,
    line_no     bigint NOT NULL,
    status      text NOT NULL
        CHECK (status IN ('returned', 'requested', 'rolled_back', 'already_returned',
                          'not_returnable', 'unknown_lead', 'malformed', 'error')),
    sqlstate    text,
    detail      text,
    hint        text,
    lead_id     bigint,
    delivery_id bigint,
    account_id  bigint,
    over_cap    boolean NOT NULL,
    credit      numeric(14,2) NOT NULL,
    clawback    numeric(14,2) NOT NULL,
    PRIMARY KEY (import_id, line_no)
);

-- What a line has done.
CREATE TABLE leadreturns.import_outcome (
    LIKE leadreturns.import_verdict INCLUDING CONSTRAINTS INCLUDING INDEXES,
    return_id     bigint,
    undo_status   text CHECK (undo_status IN ('undone', 'conflict')),
    undo_sqlstate text,
    undo_detail   text
);

-- Somebody wants a running import to stop; whoever runs it looks here between batches.
CREATE TABLE leadreturns.import_cancel (
    import_id    bigint NOT NULL,
    cancelled_at timestamptz NOT NULL,
    cancelled_by text NOT NULL
);
-- is this import to stop?
CREATE INDEX import_cancel_idx ON leadreturns.import_cancel (import_id);
-- What lr_archive has moved out of the live tables: the same columns, so that a row goes over as it
-- is. Nothing points at these rows, and they point at none that can be deleted.

CREATE TABLE leadreturns.archived_history
    (LIKE leadreturns.history INCLUDING CONSTRAINTS, PRIMARY KEY (history_id));
-- the archived life of one return
CREATE INDEX archived_history_return_idx ON leadreturns.archived_history (return_id);

CREATE TABLE leadreturns.archived_message
    (LIKE leadreturns.message INCLUDING CONSTRAINTS, PRIMARY KEY (message_id));
-- the archived thread of one return
CREATE INDEX archived_message_return_idx ON leadreturns.archived_message (return_id);

CREATE TABLE leadreturns.archived_import_chunk
    (LIKE leadreturns.import_chunk INCLUDING CONSTRAINTS INCLUDING STORAGE,
     PRIMARY KEY (import_id, last_line));
CREATE TABLE leadreturns.archived_import_verdict
    (LIKE leadreturns.import_verdict INCLUDING CONSTRAINTS, PRIMARY KEY (import_id, line_no));
CREATE TABLE leadreturns.archived_import_outcome
    (LIKE leadreturns.import_outcome INCLUDING CONSTRAINTS, PRIMARY KEY (import_id, line_no));
-- What the reports read. A command appends what it changes to rate_delta, in its own transaction
-- and waiting for nobody; fold_rates() moves deltas into the rollups. Readers add both under one
-- snapshot, so a report is exact at every instant, however much is not folded yet. Amounts are
-- whole cents here: they add up faster than numeric.

CREATE TABLE leadreturns.rate_delta (
    account_id      bigint NOT NULL,
    supplier_id     bigint,
    lead_group_id   bigint,
    currency        text NOT NULL,
    delivered_on    date,
    moved_on        date,
    reason          text,
    delivered       integer NOT NULL,
    returned        integer NOT NULL,
    open            integer NOT NULL,
    declined        integer NOT NULL,
    acceptances     integer NOT NULL,
    declines        integer NOT NULL,
    withdrawals     integer NOT NULL,
    rollbacks       integer NOT NULL,
    delivered_value bigint NOT NULL,
    cost            bigint NOT NULL,
    returned_value  bigint NOT NULL,
    clawback        bigint NOT NULL,
    credited        bigint NOT NULL,
    clawed_back     bigint NOT NULL,
    adjusted        bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
-- the rates of one account, of one supplier, while deltas are not folded
CREATE INDEX rate_delta_account_idx ON leadreturns.rate_delta (account_id);
CREATE INDEX rate_delta_supplier_idx ON leadreturns.rate_delta (supplier_id);

-- One row: whoever folds holds it.
CREATE TABLE leadreturns.rate_fold (
    rate_fold_id bigint PRIMARY KEY CHECK (rate_fold_id = 1),
    folded_at    timestamptz,
    folded       bigint NOT NULL DEFAULT 0
);
INSERT INTO leadreturns.rate_fold (rate_fold_id) VALUES (1);

-- Each rollup has a row for a subject and a period: grain is day, week, month or all.

CREATE TABLE leadreturns.rollup_account (
    grain           text NOT NULL CHECK (grain IN ('day', 'all')),
    starts_on       date NOT NULL,
    account_id      bigint NOT NULL,
    delivered       integer NOT NULL,
    returned        integer NOT NULL,
    open            integer NOT NULL,
    declined        integer NOT NULL,
    delivered_value bigint NOT NULL,
    returned_value  bigint NOT NULL,
    PRIMARY KEY (account_id, grain, starts_on)
) WITH (fillfactor = 80);
-- the rates of all accounts in some days
CREATE INDEX rollup_account_period_idx ON leadreturns.rollup_account (grain, starts_on);

CREATE TABLE leadreturns.rollup_supplier (
    grain           text NOT NULL CHECK (grain IN ('day', 'all')),
    starts_on       date NOT NULL,
    supplier_id     bigint,
    currency        text NOT NULL,
    delivered       integer NOT NULL,
    returned        integer NOT NULL,
    open            integer NOT NULL,
    declined        integer NOT NULL,
    delivered_value bigint NOT NULL,
    returned_value  bigint NOT NULL,
    CONSTRAINT rollup_supplier_key UNIQUE NULLS NOT DISTINCT
        (supplier_id, grain, starts_on, currency)
) WITH (fillfactor = 80);
CREATE INDEX rollup_supplier_period_idx ON leadreturns.rollup_supplier (grain, starts_on);

CREATE TABLE leadreturns.rollup_lead_group (
    grain           text NOT NULL CHECK (grain IN ('day', 'all')),
    starts_on       date NOT NULL,
    lead_group_id   bigint,
    currency        text NOT NULL,
    delivered       integer NOT NULL,
    returned        integer NOT NULL,
    open            integer NOT NULL,
    declined        integer NOT NULL,
    delivered_value bigint NOT NULL,
    returned_value  bigint NOT NULL,
    CONSTRAINT rollup_lead_group_key UNIQUE NULLS NOT DISTINCT
        (lead_group_id, grain, starts_on, currency)
) WITH (fillfactor = 80);
CREATE INDEX rollup_lead_group_period_idx ON leadreturns.rollup_lead_group (grain, starts_on);

CREATE TABLE leadreturns.rollup_reason (
    grain           text NOT NULL CHECK (grain IN ('day', 'all')),
    starts_on       date NOT NULL,
    supplier_id     bigint,
    reason          text NOT NULL,
    currency        text NOT NULL,
    returned        integer NOT NULL,
    open            integer NOT NULL,
    declined        integer NOT NULL,
    returned_value  bigint NOT NULL,
    clawback        bigint NOT NULL,
    CONSTRAINT rollup_reason_key UNIQUE NULLS NOT DISTINCT
        (supplier_id, grain, starts_on, reason, currency)
) WITH (fillfactor = 80);
CREATE INDEX rollup_reason_period_idx ON leadreturns.rollup_reason (grain, starts_on);

CREATE TABLE leadreturns.rollup_cross (
    grain           text NOT NULL CHECK (grain IN ('day', 'week', 'month', 'all')),
    starts_on       date NOT NULL,
    account_id      bigint NOT NULL,
    supplier_id     bigint,
    lead_group_id   bigint,
    delivered       integer NOT NULL,
    returned        integer NOT NULL,
    open            integer NOT NULL,
    declined        integer NOT NULL,
    acceptances     integer NOT NULL,
    declines        integer NOT NULL,
    withdrawals     integer NOT NULL,
    rollbacks       integer NOT NULL,
    delivered_value bigint NOT NULL,
    cost            bigint NOT NULL,
    returned_value  bigint NOT NULL,
    credited        bigint NOT NULL,
    clawed_back     bigint NOT NULL,
    adjusted        bigint NOT NULL,
    CONSTRAINT rollup_cross_key UNIQUE NULLS NOT DISTINCT
        (account_id, grain, starts_on, supplier_id, lead_group_id)
) WITH (fillfactor = 80);
-- the rates of one supplier; those of everybody in some days
CREATE INDEX rollup_cross_supplier_idx
    ON leadreturns.rollup_cross (supplier_id, grain, starts_on);
CREATE INDEX rollup_cross_period_idx ON leadreturns.rollup_cross (grain, starts_on);
-- Folding deltas into the rollups, and the facts that both must agree with.

CREATE FUNCTION leadreturns.week_of(day date) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN day - (date_part('isodow', day)::integer - 1);
COMMENT ON FUNCTION leadreturns.week_of(date) IS
'The Monday of the week that a day lies in (ISO 8601). Example: week_of(''2026-11-25'') is'
' ''2026-11-23''.';

CREATE FUNCTION leadreturns.month_of(day date) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN day - (date_part('day', day)::integer - 1);
COMMENT ON FUNCTION leadreturns.month_of(date) IS
'The first day of the month that a day lies in. Example: month_of(''2026-11-25'') is'
' ''2026-11-01''.';

CREATE FUNCTION leadreturns.fold_rates(most bigint) RETURNS bigint
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_fold_rates_sql';
COMMENT ON FUNCTION leadreturns.fold_rates(bigint) IS
'Moves up to so many rows of rate_delta, at most a million, into the rollups and returns how many;'
' 0 also when another session is at it, or has been since the snapshot of a REPEATABLE READ'
' transaction. The sweep does it. Example: SELECT leadreturns.fold_rates(100000).';

-- The same rows as rate_delta's, one for each cause, out of the records themselves: whatever the
-- rollups and deltas say together, a GROUP BY over this view says too.
CREATE VIEW leadreturns.rate_facts WITH (security_barrier) AS
SELECT d.account_id, d.supplier_id, d.lead_group_id, d.currency, d.delivered_on,
       NULL::date AS moved_on, NULL::text AS reason, 1 AS delivered, 0 AS returned, 0 AS open,
       0 AS declined, 0 AS acceptances, 0 AS declines, 0 AS withdrawals, 0 AS rollbacks,
       (d.price * 100)::bigint AS delivered_value,
       CASE WHEN d.payout_transfer_id IS NULL THEN 0 ELSE (d.cost * 100)::bigint END AS cost,
       0::bigint AS returned_value, 0::bigint AS clawback,
       0::bigint AS credited, 0::bigint AS clawed_back,
       0::bigint AS adjusted
  FROM leadreturns.delivery d
UNION ALL
SELECT d.account_id, d.supplier_id, d.lead_group_id, d.currency, d.delivered_on, NULL, r.reason, 0,
       (r.status = 'accepted')::integer, (r.status = 'open')::integer,
       (r.status = 'declined')::integer, 0, 0, 0, 0, 0, 0, (r.credit * 100)::bigint,
       (r.clawback * 100)::bigint, 0, 0, 0
  FROM (-- a delivery counts as what its live request says or, without one, its latest
        SELECT DISTINCT ON (x.delivery_id) x.*
          FROM leadreturns.request x
         ORDER BY x.delivery_id, x.live_delivery_id IS NULL, x.return_id DESC) r
  JOIN leadreturns.delivery d ON d.delivery_id = r.delivery_id
UNION ALL
SELECT d.account_id, d.supplier_id, d.lead_group_id, d.currency, NULL, h.moved_on, NULL, 0, 0, 0,
       0, (h.to_status = 'accepted')::integer, (h.to_status = 'declined')::integer,
       (h.to_status = 'withdrawn')::integer, (h.to_status = 'rolled_back')::integer,
       0, 0, 0, 0, 0, 0, 0
  FROM (SELECT return_id, from_status, to_status, moved_on FROM leadreturns.history
        UNION ALL
        SELECT return_id, from_status, to_status, moved_on FROM leadreturns.archived_history) h
  JOIN leadreturns.request r ON r.return_id = h.return_id
  JOIN leadreturns.delivery d ON d.delivery_id = r.delivery_id
 WHERE h.from_status <> h.to_status
UNION ALL
SELECT d.account_id, d.supplier_id, d.lead_group_id, d.currency, NULL, t.posted_on, NULL, 0, 0, 0,
       0, 0, 0, 0, 0, 0, 0, 0, 0,
       CASE t.kind WHEN 'credit' THEN (t.amount * 100)::bigint
                   WHEN 'credit_reversed' THEN (- t.amount * 100)::bigint ELSE 0 END,
       CASE t.kind WHEN 'clawback' THEN (t.amount * 100)::bigint
                   WHEN 'clawback_reversed' THEN (- t.amount * 100)::bigint ELSE 0 END,
       0
  FROM leadreturns.transfer t
  JOIN leadreturns.delivery d ON d.delivery_id = t.delivery_id
 WHERE t.kind IN ('credit', 'credit_reversed', 'clawback', 'clawback_reversed')
UNION ALL
SELECT t.account_id, NULL, NULL, t.currency, NULL, t.posted_on, NULL, 0, 0, 0, 0, 0, 0, 0, 0,
       0, 0, 0, 0, 0, 0,
       CASE t.debit WHEN 'adjustments' THEN (- t.amount * 100)::bigint
                    ELSE (t.amount * 100)::bigint END
  FROM leadreturns.transfer t
 WHERE t.kind = 'adjustment';
-- The outbox: who is to be told what, written in the transaction that it tells of.

CREATE FUNCTION leadreturns.sees_outbox() RETURNS boolean
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'lr_sees_outbox';
COMMENT ON FUNCTION leadreturns.sees_outbox() IS
'True when the caller is staff and so reads every notification.';

CREATE FUNCTION leadreturns.require_worker(what text) RETURNS void
LANGUAGE c STABLE STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'lr_require_worker';
COMMENT ON FUNCTION leadreturns.require_worker(text) IS
'Raises LR001 unless the caller is staff, or an application server that acts for nobody.'
' Example: SELECT leadreturns.require_worker(''claim notifications'').';

CREATE FUNCTION leadreturns.release_notifications(max_rows bigint) RETURNS bigint
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_release_notifications';
COMMENT ON FUNCTION leadreturns.release_notifications(bigint) IS
'Takes back up to so many notifications whose lease has run out, or gives them up after their last'
' attempt, and returns how many. Claims and the sweep do it.'
' Example: SELECT leadreturns.release_notifications(1000).';

CREATE FUNCTION leadreturns.guard_seed() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'lr_guard_seed';
COMMENT ON FUNCTION leadreturns.guard_seed() IS
'Refuses DELETE, and a new key, of a row that came with the extension (LR070).';

-- IMMUTABLE: the row alone decides, now and in a restore
CREATE FUNCTION leadreturns.template_is_valid(
    kind text, recipient_kind text, template text, one_line boolean) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lr_template_is_valid';
COMMENT ON FUNCTION leadreturns.template_is_valid(text, text, text, boolean) IS
'True, or LR060 that says what is wrong: such a thing is not told to such a recipient, a {{field}}'
' is unknown or not this recipient''s to know, or not closed, or a subject has a line break.'
' Example: template_is_valid(''return_accepted'', ''buyer'', ''Lead {{lead_id}}'', true) is true.';

CREATE TABLE leadreturns.notification (
    notification_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    return_id       bigint NOT NULL,
    account_id      bigint NOT NULL,
    supplier_id     bigint,
    sequence        integer NOT NULL CHECK (sequence > 0),
    kind            text NOT NULL,
    recipient_kind  text NOT NULL CHECK (recipient_kind IN ('seller', 'buyer', 'supplier')),
    recipient       text,
    address         text,
    sender          text,
    language        text NOT NULL,
    subject         text,
    body            text,
    payload         jsonb NOT NULL,
    created_at      timestamptz NOT NULL,
    status          text NOT NULL CHECK (status IN ('pending', 'claimed', 'sent', 'dead')),
    attempts        integer NOT NULL CHECK (attempts >= 0),
    due_at          timestamptz,
    claimed_by      text,
    claimed_at      timestamptz,
    settled_at      timestamptz,
    last_error      text,
    -- the notifications of one return, in their order
    CONSTRAINT notification_return_key UNIQUE (return_id, sequence),
    CHECK ((due_at IS NOT NULL) = (status IN ('pending', 'claimed'))),
    CHECK ((settled_at IS NOT NULL) = (status IN ('sent', 'dead')))
) WITH (fillfactor = 70);
-- what is to be sent, the longest due first
CREATE INDEX notification_due_idx ON leadreturns.notification (due_at) WHERE due_at IS NOT NULL;
-- what a worker holds: whose lease has run out
CREATE INDEX notification_lease_idx ON leadreturns.notification (due_at)
    WHERE status = 'claimed';

-- what was given up, for outbox_health and for who requeues it
CREATE INDEX notification_dead_idx ON leadreturns.notification (settled_at)
    WHERE status = 'dead';

CREATE TABLE leadreturns.notification_template (
    kind           text NOT NULL,
    recipient_kind text NOT NULL CHECK (recipient_kind IN ('seller', 'buyer', 'supplier')),
    language       text NOT NULL DEFAULT 'en'
        CHECK (language ~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$'),
    subject        text NOT NULL CHECK (subject <> ''),
    body           text NOT NULL,
    seeded         boolean NOT NULL DEFAULT false,
    CONSTRAINT notification_template_subject CHECK (
        leadreturns.template_is_valid(kind, recipient_kind, subject, true)),
    CONSTRAINT notification_template_body CHECK (
        leadreturns.template_is_valid(kind, recipient_kind, body, false)),
    PRIMARY KEY (kind, recipient_kind, language)
);
-- Tables of applications whose rows are deliveries.

CREATE TABLE leadreturns.attachment (
    attachment_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    tbl           regclass NOT NULL UNIQUE,
    mapping       jsonb NOT NULL,
    attached_at   timestamptz NOT NULL,
    attached_by   text NOT NULL,
    detached_at   timestamptz
);

-- lead_id of rows whose own key is a text or a uuid
CREATE SEQUENCE leadreturns.attached_lead_id_seq START WITH 1000000000001;
-- Leads whose data has been erased.

CREATE TABLE leadreturns.erasure (
    erasure_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    lead_id    bigint NOT NULL,
    erased_at  timestamptz NOT NULL,
    erased_by  text NOT NULL,
    deliveries integer NOT NULL,
    returns    integer NOT NULL
);

-- like the tables of 33_archive.sql
CREATE TABLE leadreturns.archived_notification
    (LIKE leadreturns.notification INCLUDING CONSTRAINTS, PRIMARY KEY (notification_id),
     CONSTRAINT archived_notification_return_key UNIQUE (return_id, sequence));
-- The texts that notifications come with; staff changes them and adds languages. ASCII alone, so
-- that a database of any encoding can hold them.

INSERT INTO leadreturns.notification_template
    (seeded, language, kind, recipient_kind, subject, body)
VALUES
(true, 'en', 'return_requested', 'seller', 'Return {{return_id}}: {{account}}, {{reason_label}}',
'{{account}} ({{buyer}}) asks to return lead {{lead_id}}.

Reason: {{reason_label}} ({{reason_text}})
Note: {{note}}
Price: {{price}} {{currency}}
Supplier: {{supplier}}
Assigned to: {{assignee}}
'),
(true, 'en', 'return_withdrawn', 'seller', 'Return {{return_id}} was withdrawn',
'{{account}} ({{buyer}}) no longer asks to return lead {{lead_id}}.

Note: {{decision_note}}
'),
(true, 'en', 'message_received', 'seller', 'Return {{return_id}}: message from {{account}}',
'{{account}} ({{buyer}}) writes about the return of lead {{lead_id}}:

{{message}}
'),
(true, 'en', 'decision_disputed', 'seller', 'Return {{return_id}}: {{account}} disagrees',
'{{account}} ({{buyer}}) writes about the declined return of lead {{lead_id}}:

{{message}}
'),
(true, 'en', 'return_accepted', 'buyer', 'Return of lead {{lead_id}} accepted',
'Your return of lead {{lead_id}} ({{reason_label}}) was accepted.

Account: {{account}}
Credit: {{credit}} {{currency}}
Note: {{decision_note}}
'),
(true, 'en', 'return_declined', 'buyer', 'Return of lead {{lead_id}} declined',
'Your return of lead {{lead_id}} ({{reason_label}}) was declined.

Account: {{account}}
Note: {{decision_note}}
'),
(true, 'en', 'return_reopened', 'buyer', 'Return of lead {{lead_id}} reopened',
'Your return of lead {{lead_id}} ({{reason_label}}) is being looked at again.

Account: {{account}}
Note: {{message}}
'),
(true, 'en', 'return_rolled_back', 'buyer', 'Return of lead {{lead_id}} undone',
'The accepted return of lead {{lead_id}} ({{reason_label}}) was undone.

Account: {{account}}
Taken back: {{credit}} {{currency}}
Note: {{decision_note}}
'),
(true, 'en', 'info_requested', 'buyer', 'Return of lead {{lead_id}}: a question',
'We have a question about your return of lead {{lead_id}} ({{reason_label}}):

{{message}}
'),
(true, 'en', 'message_received', 'buyer', 'Return of lead {{lead_id}}: a message',
'About your return of lead {{lead_id}} ({{reason_label}}):

{{message}}
'),
(true, 'en', 'lead_returned', 'supplier', 'Lead {{lead_id}} was returned',
'Lead {{lead_id}} was returned.

Reason: {{reason_label}}
Cost: {{cost}} {{currency}}
Debited: {{clawback}} {{currency}}
'),
(true, 'en', 'return_rolled_back', 'supplier', 'Return of lead {{lead_id}} undone',
'The return of lead {{lead_id}} ({{reason_label}}) was undone.

Credited: {{clawback}} {{currency}}
'),
(true, 'de', 'return_requested', 'seller', 'Retoure {{return_id}}: {{account}}, {{reason_label}}',
'{{account}} ({{buyer}}) beantragt die Retoure von Lead {{lead_id}}.

Grund: {{reason_label}} ({{reason_text}})
Anmerkung: {{note}}
Preis: {{price}} {{currency}}
Lieferant: {{supplier}}
Bearbeitung: {{assignee}}
'),
(true, 'de', 'return_withdrawn', 'seller', 'Retoure {{return_id}} wurde widerrufen',
'{{account}} ({{buyer}}) widerruft den Antrag auf Retoure von Lead {{lead_id}}.

Anmerkung: {{decision_note}}
'),
(true, 'de', 'message_received', 'seller', 'Retoure {{return_id}}: Nachricht von {{account}}',
'{{account}} ({{buyer}}) schreibt zur Retoure von Lead {{lead_id}}:

{{message}}
'),
(true, 'de', 'decision_disputed', 'seller', 'Retoure {{return_id}}: {{account}} widerspricht',
'{{account}} ({{buyer}}) schreibt zur abgelehnten Retoure von Lead {{lead_id}}:

{{message}}
'),
(true, 'de', 'return_accepted', 'buyer', 'Retoure von Lead {{lead_id}} angenommen',
'Ihre Retoure von Lead {{lead_id}} ({{reason_label}}) wurde angenommen.

Konto: {{account}}
Gutschrift: {{credit}} {{currency}}
Anmerkung: {{decision_note}}
'),
(true, 'de', 'return_declined', 'buyer', 'Retoure von Lead {{lead_id}} abgelehnt',
'Ihre Retoure von Lead {{lead_id}} ({{reason_label}}) wurde abgelehnt.

Konto: {{account}}
Anmerkung: {{decision_note}}
'),
(true, 'de', 'return_reopened', 'buyer', 'Retoure von Lead {{lead_id}} wieder offen',
'Ihre Retoure von Lead {{lead_id}} ({{reason_label}}) wird erneut bearbeitet.

Konto: {{account}}
Anmerkung: {{message}}
'),
(true, 'de', 'return_rolled_back', 'buyer', 'Retoure von Lead {{lead_id}} aufgehoben',
'Die angenommene Retoure von Lead {{lead_id}} ({{reason_label}}) wurde aufgehoben.

Konto: {{account}}
Storniert: {{credit}} {{currency}}
Anmerkung: {{decision_note}}
'),
(true, 'de', 'info_requested', 'buyer', 'Retoure von Lead {{lead_id}}: eine Frage',
'Wir haben eine Frage zu Ihrer Retoure von Lead {{lead_id}} ({{reason_label}}):

{{message}}
'),
(true, 'de', 'message_received', 'buyer', 'Retoure von Lead {{lead_id}}: eine Nachricht',
'Zu Ihrer Retoure von Lead {{lead_id}} ({{reason_label}}):

{{message}}
'),
(true, 'de', 'lead_returned', 'supplier', 'Lead {{lead_id}} wurde retourniert',
'Lead {{lead_id}} wurde retourniert.

Grund: {{reason_label}}
Einkaufspreis: {{cost}} {{currency}}
Belastet: {{clawback}} {{currency}}
'),
(true, 'de', 'return_rolled_back', 'supplier', 'Retoure von Lead {{lead_id}} aufgehoben',
'Die Retoure von Lead {{lead_id}} ({{reason_label}}) wurde aufgehoben.

Gutgeschrieben: {{clawback}} {{currency}}
');
-- The views that applications and reports read. They run with the owner's rights and show each
-- caller its own rows: staff all, a buyer its own, a supplier its own, reporting those of figures.
-- Columns that are another's affair are null. What a lead cost, who supplied it and who of the
-- staff looks after it is not the buyer's; who bought it and for how much is not the supplier's;
-- personal data, what people wrote and who they are is nothing for reports. Whose a row is is asked
-- row by row, so that a row of another's takes no longer than none.

CREATE VIEW leadreturns.deliveries WITH (security_barrier) AS
SELECT d.delivery_id, d.lead_id, d.account_id,
       CASE WHEN (SELECT leadreturns.sees_all()) THEN d.supplier_id END AS supplier_id,
       d.lead_group_id, d.price,
       CASE WHEN (SELECT leadreturns.sees_all()) THEN d.cost END::numeric(14,2) AS cost,
       d.delivered_at, d.status, d.external_id, d.email, d.phone, d.replaces, d.deleted_at,
       d.currency
  FROM leadreturns.delivery d
 WHERE (SELECT leadreturns.sees_all())
    OR (SELECT leadreturns.own_buyer())
       = (SELECT a.buyer_id FROM leadreturns.account a WHERE a.account_id = d.account_id);

-- Keys that are hidden from some are columns of joins which those do not make, instead of
-- expressions: a condition on them makes an inner join of it and reaches the index.
CREATE VIEW leadreturns.returns WITH (security_barrier) AS
SELECT r.return_id, r.delivery_id, d.lead_id, x.external_id,
       a.account_id, a.name AS account, a.buyer_id, b.name AS buyer,
       CASE WHEN (SELECT leadreturns.own_buyer()) IS NULL THEN d.supplier_id END AS supplier_id,
       CASE WHEN (SELECT leadreturns.own_buyer()) IS NULL THEN s.name END AS supplier,
       d.lead_group_id, g.name AS lead_group, r.reason, c.label AS reason_label,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN r.reason_text END AS reason_text,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN r.note END AS note, r.status,
       leadreturns.review_state(r.status, r.awaits_buyer, r.auto_accept_at) AS review,
       leadreturns.status_colour(r.status) AS colour,
       r.delivered_at, r.requested_at,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN r.requested_by END AS requested_by,
       r.decided_at,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN r.decided_by END AS decided_by,
       CASE WHEN (SELECT leadreturns.own_supplier()) IS NULL THEN r.decided_how END
           AS decided_how,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN r.decision_note END AS decision_note,
       CASE WHEN (SELECT leadreturns.sees_all()) THEN r.assignee END AS assignee,
       CASE WHEN (SELECT leadreturns.own_supplier()) IS NULL THEN r.price END::numeric(14,2)
           AS price,
       CASE WHEN (SELECT leadreturns.own_buyer()) IS NULL THEN r.cost END::numeric(14,2) AS cost,
       CASE WHEN (SELECT leadreturns.own_supplier()) IS NULL THEN r.credit END::numeric(14,2)
           AS credit,
       CASE WHEN (SELECT leadreturns.own_buyer()) IS NULL THEN r.clawback END::numeric(14,2)
           AS clawback,
       CASE WHEN (SELECT leadreturns.own_supplier()) IS NULL THEN r.remedy END AS remedy,
       d.currency,
       CASE WHEN (SELECT leadreturns.own_supplier()) IS NULL THEN r.prior_status END
           AS prior_status,
       CASE WHEN (SELECT leadreturns.own_supplier()) IS NULL THEN r.overridden END AS overridden,
       CASE WHEN (SELECT leadreturns.own_supplier()) IS NULL THEN r.import_id END AS import_id,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN r.idempotency_key END
           AS idempotency_key,
       (extract(epoch FROM coalesce(r.decided_at, leadreturns.clock()) - r.requested_at)
        / 3600)::numeric(12,2) AS age_hours
  FROM leadreturns.request r
  JOIN leadreturns.delivery d ON d.delivery_id = r.delivery_id
  JOIN leadreturns.reason c ON c.code = r.reason
  LEFT JOIN leadreturns.account a
         ON a.account_id = r.account_id AND (SELECT leadreturns.own_supplier()) IS NULL
  LEFT JOIN leadreturns.buyer b ON b.buyer_id = a.buyer_id
  LEFT JOIN leadreturns.delivery x
         ON x.delivery_id = r.delivery_id
        AND ((SELECT leadreturns.reads_texts())
             OR (SELECT leadreturns.own_supplier()) IS NOT NULL)
  LEFT JOIN leadreturns.supplier s ON s.supplier_id = d.supplier_id
  LEFT JOIN leadreturns.lead_group g ON g.lead_group_id = d.lead_group_id
 WHERE (SELECT leadreturns.reads_figures())
    OR (SELECT leadreturns.own_buyer())
       = (SELECT o.buyer_id FROM leadreturns.account o WHERE o.account_id = r.account_id)
    OR ((SELECT leadreturns.own_supplier()) IS NOT NULL
        AND (SELECT leadreturns.own_supplier())
            = (SELECT o.supplier_id FROM leadreturns.delivery o
                WHERE o.delivery_id = r.delivery_id));

CREATE VIEW leadreturns.return_history WITH (security_barrier) AS
SELECT h.history_id, h.return_id, h.from_status, h.to_status, h.at, h.actor, h.party_kind,
       h.party_id, h.how, h.note, h.terms_at
  FROM leadreturns.history h
 WHERE (SELECT leadreturns.sees_all())
    OR (SELECT leadreturns.own_buyer())
       = (SELECT a.buyer_id FROM leadreturns.account a
           WHERE a.account_id = (SELECT r.account_id FROM leadreturns.request r
                                  WHERE r.return_id = h.return_id));

CREATE VIEW leadreturns.return_thread WITH (security_barrier) AS
SELECT m.message_id, m.return_id, m.kind, m.at, m.author, m.party_kind, m.party_id, m.body,
       m.uri, m.media_type, m.sha256
  FROM leadreturns.message m
 WHERE (SELECT leadreturns.sees_all())
    OR (SELECT leadreturns.own_buyer())
       = (SELECT a.buyer_id FROM leadreturns.account a
           WHERE a.account_id = (SELECT r.account_id FROM leadreturns.request r
                                  WHERE r.return_id = m.return_id));

CREATE VIEW leadreturns.replacements_owed WITH (security_barrier) AS
SELECT r.return_id, r.delivery_id, d.lead_id, r.account_id, a.name AS account,
       a.buyer_id, b.name AS buyer, d.lead_group_id, r.price, d.currency,
       r.decided_at AS accepted_at
  FROM leadreturns.request r
  JOIN leadreturns.delivery d ON d.delivery_id = r.delivery_id
  JOIN leadreturns.account a ON a.account_id = r.account_id
  JOIN leadreturns.buyer b ON b.buyer_id = a.buyer_id
 WHERE r.status = 'accepted' AND r.remedy = 'replacement'
   AND NOT EXISTS (SELECT FROM leadreturns.delivery n WHERE n.replaces = r.return_id)
   AND ((SELECT leadreturns.reads_figures())
        OR a.buyer_id = (SELECT leadreturns.own_buyer()));

CREATE VIEW leadreturns.terms_history WITH (security_barrier) AS
SELECT t.terms_id, t.scope, t.scope_id, t.valid_from, t.settings, t.set_at, t.set_by
  FROM leadreturns.terms t
 WHERE (SELECT leadreturns.reads_figures());

CREATE VIEW leadreturns.closed_periods WITH (security_barrier) AS
SELECT p.account_id, a.name AS account,
       lag(p.ends_before) OVER (PARTITION BY p.account_id ORDER BY p.ends_before) AS starts_on,
       p.ends_before, p.ends_at, p.closed_at,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN p.closed_by END AS closed_by
  FROM leadreturns.closing p
  JOIN leadreturns.account a ON a.account_id = p.account_id
 WHERE (SELECT leadreturns.reads_figures())
    OR a.buyer_id = (SELECT leadreturns.own_buyer());

-- Money. One amount is below 1e11, so that sums find room in numeric(14,2).

CREATE VIEW leadreturns.ledger WITH (security_barrier) AS
SELECT t.transfer_id, t.posted_at, t.kind,
       CASE WHEN t.debit = 'account' THEN l.ledger_account ELSE t.debit END AS debit_account,
       CASE t.debit WHEN 'account' THEN t.account_id WHEN 'supplier' THEN t.supplier_id END
           AS debit_id,
       CASE WHEN t.credit = 'account' THEN l.ledger_account ELSE t.credit END AS credit_account,
       CASE t.credit WHEN 'account' THEN t.account_id WHEN 'supplier' THEN t.supplier_id END
           AS credit_id,
       t.amount, t.currency, t.delivery_id, t.return_id, t.reverses, t.actor, t.note
  FROM leadreturns.transfer t
  LEFT JOIN (SELECT account_id,
                    CASE billing WHEN 'prepaid' THEN 'wallet' ELSE 'receivable' END
               FROM leadreturns.account) l (account_id, ledger_account)
         ON l.account_id = t.account_id
 WHERE (SELECT leadreturns.sees_all());

CREATE VIEW leadreturns.account_statement WITH (security_barrier) AS
SELECT t.account_id, a.name AS account, a.buyer_id, t.currency, t.posted_at, t.transfer_id,
       t.kind, t.delivery_id, d.lead_id, t.return_id,
       CASE WHEN t.debit = 'account' THEN t.amount ELSE 0 END::numeric(14,2) AS debit,
       CASE WHEN t.credit = 'account' THEN t.amount ELSE 0 END::numeric(14,2) AS credit,
       sum(CASE WHEN (t.credit = 'account') = (a.billing = 'prepaid')
                THEN t.amount ELSE - t.amount END)
           OVER (PARTITION BY t.account_id ORDER BY t.posted_at, t.transfer_id
                 ROWS UNBOUNDED PRECEDING)::numeric(14,2) AS balance,
       t.note
  FROM leadreturns.transfer t
  JOIN leadreturns.account a ON a.account_id = t.account_id
  LEFT JOIN leadreturns.delivery d ON d.delivery_id = t.delivery_id
 WHERE t.account_id IS NOT NULL
   AND ((SELECT leadreturns.sees_all())
        OR a.buyer_id = (SELECT leadreturns.own_buyer()));

CREATE VIEW leadreturns.supplier_statement WITH (security_barrier) AS
SELECT t.supplier_id, s.name AS supplier, t.currency, t.posted_at, t.transfer_id, t.kind,
       t.delivery_id, d.lead_id, t.return_id, r.reason,
       CASE WHEN t.debit = 'supplier' THEN t.amount ELSE 0 END::numeric(14,2) AS debit,
       CASE WHEN t.credit = 'supplier' THEN t.amount ELSE 0 END::numeric(14,2) AS credit,
       sum(CASE WHEN t.credit = 'supplier' THEN t.amount ELSE - t.amount END)
           OVER (PARTITION BY t.supplier_id, t.currency ORDER BY t.posted_at, t.transfer_id
                 ROWS UNBOUNDED PRECEDING)::numeric(14,2) AS balance,
       t.note
  FROM leadreturns.transfer t
  JOIN leadreturns.supplier s ON s.supplier_id = t.supplier_id
  LEFT JOIN leadreturns.delivery d ON d.delivery_id = t.delivery_id
  LEFT JOIN leadreturns.request r ON r.return_id = t.return_id
 WHERE t.supplier_id IS NOT NULL
   AND ((SELECT leadreturns.sees_all())
        OR t.supplier_id = (SELECT leadreturns.own_supplier()));

CREATE VIEW leadreturns.balances WITH (security_barrier) AS
WITH legs AS (
    SELECT debit AS ledger_account, CASE debit WHEN 'account' THEN account_id
                                               WHEN 'supplier' THEN supplier_id END AS party_id,
           currency, - amount AS amount
      FROM leadreturns.transfer
    UNION ALL
    SELECT credit, CASE credit WHEN 'account' THEN account_id
                               WHEN 'supplier' THEN supplier_id END, currency, amount
      FROM leadreturns.transfer),
sums AS (
    SELECT ledger_account, party_id, currency, sum(amount) AS amount
      FROM legs GROUP BY ledger_account, party_id, currency)
SELECT CASE WHEN a.billing = 'prepaid' THEN 'wallet' WHEN a.billing = 'net_terms' THEN 'receivable'
            ELSE l.ledger_account END AS ledger_account,
       l.party_id, coalesce(a.name, s.name) AS party, l.currency,
       -- a wallet, what a supplier is owed and revenue are what was credited to them; a
       -- receivable, cost and cash are what was debited
       CASE WHEN a.billing = 'net_terms' OR l.ledger_account IN ('cost', 'cash', 'adjustments')
            THEN - l.amount ELSE l.amount END::numeric(14,2) AS balance
  FROM sums l
  LEFT JOIN leadreturns.account a
         ON l.ledger_account = 'account' AND a.account_id = l.party_id
  LEFT JOIN leadreturns.supplier s
         ON l.ledger_account = 'supplier' AND s.supplier_id = l.party_id
 WHERE (SELECT leadreturns.reads_figures())
    OR a.buyer_id = (SELECT leadreturns.own_buyer())
    OR s.supplier_id = (SELECT leadreturns.own_supplier());
-- The reports: rates, decisions, profit and loss, out of rollups and deltas. Each shows everything
-- to staff and reporting and nothing to others. Conditions on keys and periods reach the indexes of
-- both, because every key is grouped by, no function stands before it, and the parts of a UNION ALL
-- have no conditions of their own: only such parts does the planner scan like one table. Names are
-- left-joined, so that a query which does not ask for them does not pay for them.

-- One shape for all views that count deliveries of a period and what became of them.
DO $$
DECLARE
    v record;
BEGIN
    FOR v IN
        SELECT c.*, p.period, p.grain, p.source,
               CASE WHEN p.period IS NULL THEN c.stem ELSE c.stem || p.suffix END AS name,
               CASE WHEN p.period IS NULL THEN '' ELSE 'r.' || p.period || ', ' END AS period_out,
               CASE WHEN p.period IS NULL THEN '' ELSE 'c.' || p.period || ', ' END AS period_key
          FROM (VALUES
            -- stem, rollup, keys that rollup and deltas share, join, what the view groups by and
            -- what follows from it, its columns, the joins that find names, periods
            ('return_rate_by_account', 'rollup_account', 'account_id',
             'JOIN leadreturns.account a ON a.account_id = c.account_id',
             'a.account_id', ', a.buyer_id, a.currency',
             'r.account_id, n.name AS account, r.buyer_id, b.name AS buyer, r.currency',
             'LEFT JOIN leadreturns.account n ON n.account_id = r.account_id
              LEFT JOIN leadreturns.buyer b ON b.buyer_id = r.buyer_id',
             '{all,day}'::text[]),
            ('return_rate_by_buyer', 'rollup_account', 'account_id',
             'JOIN leadreturns.account a ON a.account_id = c.account_id',
             'a.buyer_id, a.currency', '',
             'r.buyer_id, b.name AS buyer, r.currency',
             'LEFT JOIN leadreturns.buyer b ON b.buyer_id = r.buyer_id',
             '{all,day}'),
            ('return_rate_by_supplier', 'rollup_supplier', 'supplier_id, currency', '',
             'c.supplier_id, c.currency', '',
             'r.supplier_id, s.name AS supplier, r.currency',
             'LEFT JOIN leadreturns.supplier s ON s.supplier_id = r.supplier_id',
             '{all,day}'),
            ('return_rate_by_lead_group', 'rollup_lead_group', 'lead_group_id, currency', '',
             'c.lead_group_id, c.currency', '',
             'r.lead_group_id, g.name AS lead_group, r.currency',
             'LEFT JOIN leadreturns.lead_group g ON g.lead_group_id = r.lead_group_id',
             '{all,day}'),
            ('return_rate_buyer_supplier', 'rollup_cross', 'account_id, supplier_id',
             'JOIN leadreturns.account a ON a.account_id = c.account_id',
             'a.buyer_id, c.supplier_id, a.currency', '',
             'r.buyer_id, b.name AS buyer, r.supplier_id, s.name AS supplier, r.currency',
             'LEFT JOIN leadreturns.buyer b ON b.buyer_id = r.buyer_id
              LEFT JOIN leadreturns.supplier s ON s.supplier_id = r.supplier_id',
             '{all}'),
            ('return_rate', 'rollup_cross', 'account_id, supplier_id, lead_group_id',
             'JOIN leadreturns.account a ON a.account_id = c.account_id',
             'a.account_id, c.supplier_id, c.lead_group_id', ', a.buyer_id, a.currency',
             'r.buyer_id, b.name AS buyer, r.account_id, n.name AS account,
              r.supplier_id, s.name AS supplier, r.lead_group_id, g.name AS lead_group, r.currency',
             'LEFT JOIN leadreturns.account n ON n.account_id = r.account_id
              LEFT JOIN leadreturns.buyer b ON b.buyer_id = r.buyer_id
              LEFT JOIN leadreturns.supplier s ON s.supplier_id = r.supplier_id
              LEFT JOIN leadreturns.lead_group g ON g.lead_group_id = r.lead_group_id',
             '{day,week,month}')
               ) AS c (stem, rollup, shared, inner_join, keys, implied, columns, outer_join, grains)
          JOIN (VALUES
            ('all', NULL, '', NULL),
            ('day', 'day', '_daily', 'd.delivered_on'),
            ('week', 'week', '_weekly', 'leadreturns.week_of(d.delivered_on)'),
            ('month', 'month', '_monthly', 'leadreturns.month_of(d.delivered_on)')
               ) AS p (grain, period, suffix, source) ON p.grain = ANY (c.grains)
    LOOP
        EXECUTE format($view$
CREATE VIEW leadreturns.%I WITH (security_barrier) AS
SELECT %s%s, r.delivered, r.returned, r.open, r.declined,
       leadreturns.ratio(r.returned, r.delivered)::numeric(7,4) AS return_rate,
       leadreturns.money(r.delivered_value)::numeric(14,2) AS delivered_value,
       leadreturns.money(r.returned_value)::numeric(14,2) AS returned_value,
       leadreturns.ratio(r.returned_value, r.delivered_value)::numeric(7,4) AS value_rate,
       leadreturns.rate_band(r.delivered, r.returned) AS band
  FROM (SELECT %s%s%s, sum(c.delivered) AS delivered, sum(c.returned) AS returned,
               sum(c.open) AS open, sum(c.declined) AS declined,
               leadreturns.total(c.delivered_value) AS delivered_value,
               leadreturns.total(c.returned_value) AS returned_value
          FROM (SELECT grain, %s%s, delivered, returned, open, declined, delivered_value,
                       returned_value
                  FROM leadreturns.%I
                UNION ALL
                SELECT %L, %s%s, delivered, returned, open, declined, delivered_value,
                       returned_value
                  FROM leadreturns.rate_delta d) c
          %s
         WHERE c.grain = %L
         GROUP BY %s%s
        HAVING sum(c.delivered) > 0) r
  %s
 WHERE (SELECT leadreturns.reads_figures())$view$,
            v.name, v.period_out, v.columns, v.period_key, v.keys, v.implied,
            'starts_on AS ' || v.period || ', ', v.shared, v.rollup, v.grain,
            v.source || ', ', v.shared, v.inner_join, v.grain, v.period_key, v.keys,
            v.outer_join);
    END LOOP;
END;
$$;

-- Reasons: returns by reason, measured on everything that was delivered in the currency.

-- The rows without a reason are what was delivered; a window brings both together, which lets a
-- condition on the day through to either.
DO $$
DECLARE
    v record;
BEGIN
    FOR v IN
        SELECT * FROM (VALUES
            ('return_rate_by_reason', 'all', '', '', '', ''),
            ('return_rate_by_reason_daily', 'day', 'starts_on AS day, ', 'delivered_on, ',
             'c.day, ', 'x.day, ')) AS p (name, grain, period, delta_period, key, out)
    LOOP
        EXECUTE format($view$
CREATE VIEW leadreturns.%1$I WITH (security_barrier) AS
SELECT %6$sx.reason, m.label AS reason_label, x.currency, x.delivered, x.returned, x.open,
       x.declined, leadreturns.ratio(x.returned, x.delivered)::numeric(7,4) AS return_rate,
       leadreturns.money(x.delivered_value)::numeric(14,2) AS delivered_value,
       leadreturns.money(x.returned_value)::numeric(14,2) AS returned_value,
       leadreturns.ratio(x.returned_value, x.delivered_value)::numeric(7,4) AS value_rate,
       leadreturns.ratio(x.returned, x.all_returned)::numeric(7,4) AS share,
       leadreturns.rate_band(x.delivered, x.returned) AS band
  FROM (SELECT %5$sc.reason, c.currency, sum(c.returned) AS returned, sum(c.open) AS open,
               sum(c.declined) AS declined, leadreturns.total(c.returned_value) AS returned_value,
               max(sum(c.delivered)) OVER period AS delivered,
               max(leadreturns.total(c.delivered_value)) OVER period AS delivered_value,
               max(sum(c.returned) FILTER (WHERE c.reason IS NULL)) OVER period AS all_returned
          FROM (SELECT grain, %3$sreason, currency, 0 AS delivered, returned, open, declined,
                       0::bigint AS delivered_value, returned_value
                  FROM leadreturns.rollup_reason
                UNION ALL
                SELECT grain, %3$sNULL::text, currency, delivered, returned, 0, 0,
                       delivered_value, 0::bigint
                  FROM leadreturns.rollup_lead_group
                UNION ALL
                SELECT %2$L, %4$sreason, currency, 0,
                       returned, open, declined, 0::bigint, returned_value
                  FROM leadreturns.rate_delta
                UNION ALL
                SELECT %2$L, %4$sNULL::text, currency, delivered, returned, 0, 0,
                       delivered_value, 0::bigint
                  FROM leadreturns.rate_delta) c
         WHERE c.grain = %2$L
         GROUP BY %5$sc.reason, c.currency
        WINDOW period AS (PARTITION BY %5$sc.currency)) x
  JOIN leadreturns.reason m ON m.code = x.reason
 WHERE x.returned + x.open + x.declined > 0 AND (SELECT leadreturns.reads_figures())$view$,
            v.name, v.grain, v.period, v.delta_period, v.key, v.out);
    END LOOP;
END;
$$;

CREATE VIEW leadreturns.bad_lead_summary WITH (security_barrier) AS
SELECT x.supplier_id, s.name AS supplier, x.reason, m.label AS reason_label, x.currency,
       x.delivered, x.returned, x.open, x.declined,
       leadreturns.ratio(x.returned, x.delivered)::numeric(7,4) AS return_rate,
       leadreturns.ratio(x.returned, x.all_returned)::numeric(7,4) AS share,
       leadreturns.money(x.returned_value)::numeric(14,2) AS returned_value,
       leadreturns.money(x.clawback)::numeric(14,2) AS clawback,
       leadreturns.rate_band(x.delivered, x.returned) AS band
  FROM (SELECT c.supplier_id, c.reason, c.currency, sum(c.returned) AS returned,
               sum(c.open) AS open, sum(c.declined) AS declined,
               leadreturns.total(c.returned_value) AS returned_value,
               leadreturns.total(c.clawback) AS clawback,
               max(sum(c.delivered)) OVER supplier AS delivered,
               max(sum(c.returned) FILTER (WHERE c.reason IS NULL)) OVER supplier AS all_returned
          FROM (SELECT grain, supplier_id, reason, currency, 0 AS delivered, returned, open,
                       declined, returned_value, clawback
                  FROM leadreturns.rollup_reason
                UNION ALL
                SELECT grain, supplier_id, NULL::text, currency, delivered, returned, 0, 0,
                       0::bigint, 0::bigint
                  FROM leadreturns.rollup_supplier
                UNION ALL
                SELECT 'all', supplier_id, reason, currency, 0, returned, open, declined,
                       returned_value, clawback
                  FROM leadreturns.rate_delta
                UNION ALL
                SELECT 'all', supplier_id, NULL::text, currency, delivered, returned, 0, 0,
                       0::bigint, 0::bigint
                  FROM leadreturns.rate_delta) c
         WHERE c.grain = 'all'
         GROUP BY c.supplier_id, c.reason, c.currency
        WINDOW supplier AS (PARTITION BY c.supplier_id, c.currency)) x
  JOIN leadreturns.reason m ON m.code = x.reason
  LEFT JOIN leadreturns.supplier s ON s.supplier_id = x.supplier_id
 WHERE x.returned + x.open + x.declined > 0 AND (SELECT leadreturns.reads_figures());

-- What a day has seen: decisions on the day they were made, money on the day it was posted.
DO $$
DECLARE
    v record;
BEGIN
    FOR v IN
        SELECT * FROM (VALUES
            ('returns_decided_daily', 'day', 'd.delivered_on', 'd.moved_on',
             'HAVING sum(c.delivered + c.acceptances + c.declines + c.withdrawals
                         + c.rollbacks) > 0',
             $columns$
       r.delivered, leadreturns.money(r.delivered_value)::numeric(14,2) AS delivered_value,
       r.acceptances + r.declines AS decided, r.acceptances AS accepted, r.declines AS declined,
       r.withdrawals AS withdrawn, r.rollbacks AS rolled_back,
       leadreturns.ratio(r.acceptances, r.delivered)::numeric(7,4) AS decided_return_rate,
       leadreturns.money(r.credited)::numeric(14,2) AS returned_value,
       leadreturns.money(r.clawed_back)::numeric(14,2) AS clawback,
       leadreturns.ratio(r.credited, r.delivered_value)::numeric(7,4)
           AS decided_value_rate$columns$),
            ('pnl', 'day', 'd.delivered_on', 'd.moved_on', NULL, NULL),
            ('pnl_monthly', 'month', 'leadreturns.month_of(d.delivered_on)',
             'leadreturns.month_of(d.moved_on)', NULL, NULL)
            ) AS p (name, period, delivered_in, moved_in, kept, columns)
    LOOP
        EXECUTE format($view$
CREATE VIEW leadreturns.%1$I WITH (security_barrier) AS
SELECT r.%2$I, r.buyer_id, b.name AS buyer, r.account_id, n.name AS account, r.supplier_id,
       s.name AS supplier, r.lead_group_id, g.name AS lead_group, r.currency, %3$s
  FROM (SELECT c.%2$I, a.buyer_id, a.account_id, c.supplier_id, c.lead_group_id, a.currency,
               sum(c.delivered) AS delivered,
               leadreturns.total(c.delivered_value) AS delivered_value,
               leadreturns.total(c.cost) AS cost, sum(c.acceptances) AS acceptances,
               sum(c.declines) AS declines, sum(c.withdrawals) AS withdrawals,
               sum(c.rollbacks) AS rollbacks, leadreturns.total(c.credited) AS credited,
               leadreturns.total(c.clawed_back) AS clawed_back,
               leadreturns.total(c.adjusted) AS adjusted
          FROM (SELECT grain, starts_on AS %2$I, account_id, supplier_id, lead_group_id,
                       delivered, delivered_value, cost, acceptances, declines, withdrawals,
                       rollbacks, credited, clawed_back, adjusted
                  FROM leadreturns.rollup_cross
                UNION ALL
                SELECT %4$L, %5$s, account_id, supplier_id, lead_group_id, delivered,
                       delivered_value, cost, 0, 0, 0, 0, 0::bigint, 0::bigint, 0::bigint
                  FROM leadreturns.rate_delta d
                UNION ALL
                SELECT %4$L, %6$s, account_id, supplier_id, lead_group_id, 0, 0::bigint,
                       0::bigint, acceptances, declines, withdrawals, rollbacks, credited,
                       clawed_back, adjusted
                  FROM leadreturns.rate_delta d) c
          JOIN leadreturns.account a ON a.account_id = c.account_id
         WHERE c.grain = %4$L
         GROUP BY c.%2$I, a.account_id, c.supplier_id, c.lead_group_id
        %7$s) r
  LEFT JOIN leadreturns.account n ON n.account_id = r.account_id
  LEFT JOIN leadreturns.buyer b ON b.buyer_id = r.buyer_id
  LEFT JOIN leadreturns.supplier s ON s.supplier_id = r.supplier_id
  LEFT JOIN leadreturns.lead_group g ON g.lead_group_id = r.lead_group_id
 WHERE (SELECT leadreturns.reads_figures())$view$,
            v.name, v.period,
            coalesce(v.columns, $columns$
       leadreturns.money(r.delivered_value)::numeric(14,2) AS revenue_before_returns,
       leadreturns.money(r.credited)::numeric(14,2) AS revenue_returned,
       leadreturns.money(r.delivered_value - r.credited)::numeric(14,2) AS revenue_after_returns,
       leadreturns.money(r.cost)::numeric(14,2) AS cost_before_returns,
       leadreturns.money(r.clawed_back)::numeric(14,2) AS cost_clawed_back,
       leadreturns.money(r.cost - r.clawed_back)::numeric(14,2) AS cost_after_returns,
       leadreturns.money(r.delivered_value - r.cost)::numeric(14,2) AS profit_before_returns,
       leadreturns.money(r.delivered_value - r.credited - r.cost + r.clawed_back)::numeric(14,2)
           AS profit_after_returns,
       leadreturns.ratio(r.delivered_value - r.cost, r.delivered_value)::numeric(7,4)
           AS margin_before_returns,
       leadreturns.ratio(r.delivered_value - r.credited - r.cost + r.clawed_back,
                         r.delivered_value - r.credited)::numeric(7,4) AS margin_after_returns,
       leadreturns.money(r.adjusted)::numeric(14,2) AS adjustments$columns$),
            v.period, v.delivered_in, v.moved_in,
            coalesce(v.kept, 'HAVING (sum(c.delivered), leadreturns.total(c.cost),
                leadreturns.total(c.credited), leadreturns.total(c.clawed_back),
                leadreturns.total(c.adjusted)) <> (0, 0, 0, 0, 0)'));
    END LOOP;
END;
$$;
-- The sweep's health, and what is shown of files of returns. A buyer sees the files it has made.

CREATE VIEW leadreturns.sweep_health WITH (security_barrier) AS
SELECT h.last_run_at, h.last_run_by, h.duration_ms, h.accepted, h.declined, h.handed_over,
       h.consolidated, h.released, h.skipped, h.failed, h.remaining,
       d.overdue, d.oldest_due_at,
       (extract(epoch FROM leadreturns.clock() - d.oldest_due_at))::numeric(14,2)
           AS oldest_overdue_seconds,
       coalesce(d.oldest_due_at < leadreturns.clock() - interval '5 minutes', false) AS late,
       (SELECT count(*) FROM leadreturns.rate_delta) AS rate_deltas
  FROM leadreturns.sweep_heartbeat h
 CROSS JOIN (SELECT count(*) AS overdue,
                    min(LEAST(r.auto_accept_at, r.timeout_at)) AS oldest_due_at
               FROM leadreturns.request r
              WHERE (r.auto_accept_at IS NOT NULL OR r.timeout_at IS NOT NULL)
                AND LEAST(r.auto_accept_at, r.timeout_at) <= leadreturns.clock()) d
 WHERE (SELECT leadreturns.reads_figures());

-- rows become lines of the import
CREATE VIEW leadreturns.import_upload WITH (security_barrier) AS
SELECT NULL::bigint AS import_id, NULL::text AS key, NULL::text AS reason, NULL::text AS note
 WHERE false;

CREATE VIEW leadreturns.import_progress WITH (security_barrier) AS
SELECT i.import_id, i.name,
       CASE WHEN i.status = 'running'
                 AND EXISTS (SELECT FROM leadreturns.import_cancel c
                              WHERE c.import_id = i.import_id)
            THEN 'cancelling' ELSE i.status END AS status,
       i.total, i.returned + i.failed + i.errors AS done, i.returned, i.failed, i.errors,
       i.total - i.returned - i.failed - i.errors AS remaining,
       i.started_at, i.finished_at,
       i.match_by, i.reason, i.undo, i.buyer_id,
       i.credit,
       CASE WHEN (SELECT leadreturns.sees_all()) THEN i.clawback END::numeric(14,2) AS clawback,
       i.undone, i.conflicts,
       i.verified_at, i.verified_returned, i.verified_failed, i.verified_errors,
       i.verified_credit,
       CASE WHEN (SELECT leadreturns.sees_all()) THEN i.verified_clawback END::numeric(14,2)
           AS verified_clawback,
       i.cap_crossed_line, i.created_at, i.created_by, i.updated_at
  FROM leadreturns.import i
 WHERE (SELECT leadreturns.sees_all())
    OR i.owner_id = (SELECT leadreturns.own_buyer());

CREATE VIEW leadreturns.import_results WITH (security_barrier) AS
SELECT i.import_id, l.line_no, l.raw, l.key, l.reason, l.note,
       coalesce(o.status, 'pending') AS status, o.sqlstate, e.condition,
       coalesce(e.message, o.detail) AS message, o.detail,
       coalesce(o.hint, e.hint) AS hint,
       o.lead_id, o.delivery_id, o.account_id, o.return_id, o.over_cap,
       o.credit,
       CASE WHEN (SELECT leadreturns.sees_all()) THEN o.clawback END::numeric(14,2) AS clawback,
       a.currency, o.undo_status, o.undo_sqlstate, o.undo_detail,
       v.status AS verdict, v.sqlstate AS verdict_sqlstate, v.detail AS verdict_detail,
       v.credit AS verdict_credit,
       CASE WHEN (SELECT leadreturns.sees_all()) THEN v.clawback END::numeric(14,2)
           AS verdict_clawback,
       v.over_cap AS verdict_over_cap
  FROM leadreturns.import i
 CROSS JOIN LATERAL leadreturns.import_lines(i.import_id) l
  LEFT JOIN leadreturns.import_outcome o
         ON o.import_id = i.import_id AND o.line_no = l.line_no
  LEFT JOIN leadreturns.import_verdict v
         ON v.import_id = i.import_id AND v.line_no = l.line_no
  LEFT JOIN leadreturns.error_code e ON e.sqlstate = o.sqlstate
  LEFT JOIN leadreturns.account a ON a.account_id = coalesce(o.account_id, v.account_id)
 WHERE (SELECT leadreturns.sees_all())
    OR i.owner_id = (SELECT leadreturns.own_buyer());

CREATE VIEW leadreturns.import_summary WITH (security_barrier) AS
WITH lines AS (
    SELECT v.import_id, 'verified' AS phase, v.line_no, v.status, v.sqlstate, v.account_id,
           v.credit, v.clawback
      FROM leadreturns.import_verdict v
    UNION ALL
    SELECT o.import_id, 'done', o.line_no, o.status, o.sqlstate, o.account_id, o.credit,
           o.clawback
      FROM leadreturns.import_outcome o
    UNION ALL
    SELECT o.import_id, 'undone', o.line_no, o.undo_status, o.undo_sqlstate, o.account_id,
           o.credit, o.clawback
      FROM leadreturns.import_outcome o WHERE o.undo_status IS NOT NULL)
SELECT i.import_id, i.name, l.phase, l.status, l.sqlstate, e.condition, e.message,
       count(*) AS lines, min(l.line_no) AS first_line, a.currency,
       sum(l.credit)::numeric(14,2) AS credit,
       CASE WHEN (SELECT leadreturns.sees_all()) THEN sum(l.clawback) END::numeric(14,2)
           AS clawback
  FROM leadreturns.import i
  JOIN lines l ON l.import_id = i.import_id
  LEFT JOIN leadreturns.error_code e ON e.sqlstate = l.sqlstate
  LEFT JOIN leadreturns.account a ON a.account_id = l.account_id
 WHERE (SELECT leadreturns.sees_all())
    OR i.owner_id = (SELECT leadreturns.own_buyer())
 GROUP BY i.import_id, i.name, l.phase, l.status, l.sqlstate, e.condition, e.message, a.currency;
-- The views that include what has been archived, and who erased what. The plain views show live
-- rows only, so that what is read every day stays small.

CREATE VIEW leadreturns.return_history_all WITH (security_barrier) AS
SELECT h.history_id, h.return_id, h.from_status, h.to_status, h.at, h.actor, h.party_kind,
       h.party_id, h.how, h.note, h.terms_at
  FROM (SELECT * FROM leadreturns.history
        UNION ALL
        SELECT * FROM leadreturns.archived_history) h
 WHERE (SELECT leadreturns.sees_all())
    OR h.return_id IN (SELECT r.return_id FROM leadreturns.returns r);

CREATE VIEW leadreturns.return_thread_all WITH (security_barrier) AS
SELECT m.message_id, m.return_id, m.kind, m.at, m.author, m.party_kind, m.party_id, m.body,
       m.uri, m.media_type, m.sha256
  FROM (SELECT * FROM leadreturns.message
        UNION ALL
        SELECT * FROM leadreturns.archived_message) m
 WHERE (SELECT leadreturns.sees_all())
    OR m.return_id IN (SELECT r.return_id FROM leadreturns.returns r);

CREATE VIEW leadreturns.archived_notifications WITH (security_barrier) AS
SELECT n.notification_id, n.return_id, n.account_id, n.supplier_id, n.sequence, n.kind,
       n.recipient_kind, n.recipient, n.address, n.sender, n.language, n.subject, n.body,
       n.payload, n.created_at, n.status, n.attempts, n.claimed_by, n.claimed_at, n.settled_at,
       n.last_error
  FROM leadreturns.archived_notification n
 WHERE (SELECT leadreturns.sees_all());

CREATE VIEW leadreturns.import_results_all WITH (security_barrier) AS
SELECT i.import_id, l.line_no, l.raw, l.key, l.reason, l.note,
       coalesce(o.status, 'pending') AS status, o.sqlstate, e.condition,
       coalesce(e.message, o.detail) AS message, o.detail,
       coalesce(o.hint, e.hint) AS hint,
       o.lead_id, o.delivery_id, o.account_id, o.return_id, o.over_cap,
       o.credit,
       CASE WHEN (SELECT leadreturns.sees_all()) THEN o.clawback END::numeric(14,2) AS clawback,
       a.currency, o.undo_status, o.undo_sqlstate, o.undo_detail,
       v.status AS verdict, v.sqlstate AS verdict_sqlstate, v.detail AS verdict_detail,
       v.credit AS verdict_credit,
       CASE WHEN (SELECT leadreturns.sees_all()) THEN v.clawback END::numeric(14,2)
           AS verdict_clawback,
       v.over_cap AS verdict_over_cap
  FROM leadreturns.import i
 CROSS JOIN LATERAL (SELECT * FROM leadreturns.import_lines(i.import_id)
                     UNION ALL
                     SELECT * FROM leadreturns.archived_import_lines(i.import_id)) l
  LEFT JOIN (SELECT * FROM leadreturns.import_outcome
             UNION ALL
             SELECT * FROM leadreturns.archived_import_outcome) o
         ON o.import_id = i.import_id AND o.line_no = l.line_no
  LEFT JOIN (SELECT * FROM leadreturns.import_verdict
             UNION ALL
             SELECT * FROM leadreturns.archived_import_verdict) v
         ON v.import_id = i.import_id AND v.line_no = l.line_no
  LEFT JOIN leadreturns.error_code e ON e.sqlstate = o.sqlstate
  LEFT JOIN leadreturns.account a ON a.account_id = coalesce(o.account_id, v.account_id)
 WHERE (SELECT leadreturns.sees_all())
    OR i.owner_id = (SELECT leadreturns.own_buyer());

CREATE VIEW leadreturns.erasures WITH (security_barrier) AS
SELECT e.erasure_id, e.lead_id, e.erased_at, e.erased_by, e.deliveries, e.returns
  FROM leadreturns.erasure e
 WHERE (SELECT leadreturns.sees_all());
-- What a person looks at: the queue, spikes, and whether money and returns agree.

CREATE VIEW leadreturns.pending_returns WITH (security_barrier) AS
SELECT r.return_id, r.delivery_id, d.lead_id,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN d.external_id END AS external_id,
       r.account_id, a.name AS account, a.buyer_id, b.name AS buyer,
       CASE WHEN (SELECT leadreturns.reads_figures()) THEN d.supplier_id END AS supplier_id,
       CASE WHEN (SELECT leadreturns.reads_figures()) THEN s.name END AS supplier,
       d.lead_group_id, g.name AS lead_group, r.reason, c.label AS reason_label,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN r.reason_text END AS reason_text,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN r.note END AS note,
       r.price, d.currency, r.requested_at,
       CASE WHEN (SELECT leadreturns.reads_texts()) THEN r.requested_by END AS requested_by,
       CASE WHEN (SELECT leadreturns.sees_all()) THEN r.assignee END AS assignee,
       leadreturns.review_state(r.status, r.awaits_buyer, r.auto_accept_at) AS review,
       leadreturns.status_colour(r.status) AS colour, r.over_cap,
       q.age_hours,
       CASE WHEN q.age_hours < 1 THEN 'under 1 hour' WHEN q.age_hours < 24 THEN '1 to 24 hours'
            WHEN q.age_hours < 72 THEN '1 to 3 days' WHEN q.age_hours < 168 THEN '3 to 7 days'
            ELSE 'over 7 days' END AS age_bucket,
       CASE WHEN q.age_hours < 1 THEN 1 WHEN q.age_hours < 24 THEN 2 WHEN q.age_hours < 72 THEN 3
            WHEN q.age_hours < 168 THEN 4 ELSE 5 END AS age_bucket_order,
       q.due_at,
       CASE WHEN r.auto_accept_at = q.due_at THEN 'accept' ELSE r.timeout_action END AS due_action,
       (extract(epoch FROM q.due_at - q.now) / 3600)::numeric(12,2) AS due_in_hours,
       coalesce(q.due_at <= q.now, false) AS overdue
  FROM leadreturns.request r
 CROSS JOIN LATERAL (
       SELECT n.now, least(r.auto_accept_at, r.timeout_at) AS due_at,
              (extract(epoch FROM n.now - r.requested_at) / 3600)::numeric(12,2) AS age_hours
         FROM (SELECT leadreturns.clock()) AS n (now)) q
  JOIN leadreturns.delivery d ON d.delivery_id = r.delivery_id
  JOIN leadreturns.account a ON a.account_id = r.account_id
  JOIN leadreturns.buyer b ON b.buyer_id = a.buyer_id
  JOIN leadreturns.reason c ON c.code = r.reason
  LEFT JOIN leadreturns.supplier s ON s.supplier_id = d.supplier_id
  LEFT JOIN leadreturns.lead_group g ON g.lead_group_id = d.lead_group_id
 WHERE r.status = 'open'
   AND ((SELECT leadreturns.reads_figures())
        OR (SELECT leadreturns.own_buyer())
           = (SELECT o.buyer_id FROM leadreturns.account o WHERE o.account_id = r.account_id));

-- Spikes.

CREATE FUNCTION leadreturns.z_score(
    returned bigint, delivered bigint, base_returned bigint, base_delivered bigint)
RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'lr_z_score';
COMMENT ON FUNCTION leadreturns.z_score(bigint, bigint, bigint, bigint) IS
'By how many standard deviations the rate of a window differs from that of its baseline: the z test'
' of two proportions with a pooled variance, z = (p1 - p2) / sqrt(p (1 - p) (1/n1 + 1/n2)), where p'
' is the rate of both together. Unlike a test against a fixed rate it allows for the error of the'
' baseline itself, and is defined when nothing was returned in it. Source: NIST/SEMATECH e-Handbook'
' of Statistical Methods, 7.3.3. Null without deliveries on either side. Example:'
' z_score(10, 20, 20, 200) is 4.9701.';

-- Deliveries and returns by day and subject, all currencies together: these are counts.
CREATE VIEW leadreturns.subject_days WITH (security_barrier) AS
SELECT 'buyer' AS subject_kind, a.buyer_id AS subject_id, c.day,
       sum(c.delivered) AS delivered, sum(c.returned) AS returned
  FROM (SELECT grain, starts_on AS day, account_id, delivered, returned
          FROM leadreturns.rollup_account
        UNION ALL
        SELECT 'day', delivered_on, account_id, delivered, returned
          FROM leadreturns.rate_delta) c
  JOIN leadreturns.account a ON a.account_id = c.account_id
 WHERE c.grain = 'day'
 GROUP BY a.buyer_id, c.day
HAVING sum(c.delivered) > 0
UNION ALL
SELECT 'supplier', c.supplier_id, c.day, sum(c.delivered), sum(c.returned)
  FROM (SELECT grain, starts_on AS day, supplier_id, delivered, returned
          FROM leadreturns.rollup_supplier
        UNION ALL
        SELECT 'day', delivered_on, supplier_id, delivered, returned
          FROM leadreturns.rate_delta) c
 WHERE c.grain = 'day' AND c.supplier_id IS NOT NULL
 GROUP BY c.supplier_id, c.day
HAVING sum(c.delivered) > 0;

-- The same for pairs, once from each side.
CREATE VIEW leadreturns.pair_days WITH (security_barrier) AS
SELECT 'buyer' AS subject_kind, a.buyer_id AS subject_id, c.supplier_id AS other_id, c.day,
       c.delivered, c.returned
  FROM (SELECT grain, starts_on AS day, account_id, supplier_id, delivered, returned
          FROM leadreturns.rollup_cross
        UNION ALL
        SELECT 'day', delivered_on, account_id, supplier_id, delivered, returned
          FROM leadreturns.rate_delta) c
  JOIN leadreturns.account a ON a.account_id = c.account_id
 WHERE c.grain = 'day'
UNION ALL
SELECT 'supplier', c.supplier_id, a.buyer_id, c.day, c.delivered, c.returned
  FROM (SELECT grain, starts_on AS day, account_id, supplier_id, delivered, returned
          FROM leadreturns.rollup_cross
        UNION ALL
        SELECT 'day', delivered_on, account_id, supplier_id, delivered, returned
          FROM leadreturns.rate_delta) c
  JOIN leadreturns.account a ON a.account_id = c.account_id
 WHERE c.grain = 'day' AND c.supplier_id IS NOT NULL;

-- A subject's spike is its own if its rate is raised without the counterpart that contributed most,
-- too. If not, that counterpart may be raised without the subject; else it is the two of them. Each
-- is compared with its own past, without the other one as well.
CREATE VIEW leadreturns.return_spikes WITH (security_barrier) AS
SELECT s.subject_kind, s.subject_id, coalesce(b.name, p.name) AS subject, s.day,
       s.delivered, s.returned,
       leadreturns.ratio(s.returned, s.delivered)::numeric(7,4) AS return_rate,
       s.baseline_delivered, s.baseline_returned,
       leadreturns.ratio(s.baseline_returned, s.baseline_delivered)::numeric(7,4)
           AS baseline_rate,
       s.z_score::numeric(10,4) AS z_score, s.is_spike,
       c.counterparts, c.raised, c.top_share::numeric(7,4) AS top_share,
       CASE WHEN NOT s.is_spike THEN NULL
            WHEN e.own_z > 2 THEN s.subject_kind
            WHEN e.other_z > 2 THEN s.other_kind
            ELSE 'pair' END AS cause
  FROM (SELECT d.subject_kind, d.subject_id, d.day, t.delivered, t.returned,
               CASE d.subject_kind WHEN 'buyer' THEN 'supplier' ELSE 'buyer' END AS other_kind,
               k.before, k.base_from, k.base_until,
               t.baseline_delivered, t.baseline_returned, z.z_score,
               z.z_score > leadreturns.report_setting('spike_z') AS is_spike
          FROM leadreturns.subject_days d
         CROSS JOIN LATERAL (
               SELECT d.day - leadreturns.report_setting('spike_window_days')::integer,
                      d.day - leadreturns.report_setting('spike_baseline_from_days')::integer,
                      d.day - leadreturns.report_setting('spike_baseline_until_days')::integer
               ) AS k (before, base_from, base_until)
         CROSS JOIN LATERAL (
               SELECT (sum(x.delivered) FILTER (WHERE x.day > k.before))::bigint AS delivered,
                      (sum(x.returned) FILTER (WHERE x.day > k.before))::bigint AS returned,
                      (sum(x.delivered) FILTER (WHERE x.day >= k.base_from
                                                  AND x.day <= k.base_until))::bigint
                          AS baseline_delivered,
                      (sum(x.returned) FILTER (WHERE x.day >= k.base_from
                                                 AND x.day <= k.base_until))::bigint
                          AS baseline_returned
                 FROM leadreturns.subject_days x
                WHERE x.subject_kind = d.subject_kind AND x.subject_id = d.subject_id
                  AND x.day <= d.day AND x.day >= least(k.before + 1, k.base_from)) t
         CROSS JOIN LATERAL leadreturns.z_score(t.returned, t.delivered, t.baseline_returned,
                                                t.baseline_delivered) AS z (z_score)
         WHERE t.delivered >= leadreturns.report_setting('spike_min_delivered')
           AND t.baseline_delivered >= leadreturns.report_setting('spike_min_baseline')
           -- a window of one day is known before it is looked at
           AND (d.delivered >= leadreturns.report_setting('spike_min_delivered')
                OR leadreturns.report_setting('spike_window_days') > 1)) s
  LEFT JOIN LATERAL (
       SELECT count(*) AS counterparts,
              count(*) FILTER (WHERE g.excess > 0) AS raised,
              max(g.excess) / nullif(sum(g.excess) FILTER (WHERE g.excess > 0), 0) AS top_share,
              (array_agg(g.other_id ORDER BY g.excess DESC, g.other_id))[1] AS top_id
         FROM (SELECT x.other_id,
                      sum(x.returned) - sum(x.delivered) * s.baseline_returned::numeric
                                        / s.baseline_delivered AS excess
                 FROM leadreturns.pair_days x
                WHERE s.is_spike
                  AND x.subject_kind = s.subject_kind AND x.subject_id = s.subject_id
                  AND x.day <= s.day AND x.day > s.before
                GROUP BY x.other_id
               HAVING sum(x.delivered) > 0) g) c ON s.is_spike
  LEFT JOIN LATERAL (
       SELECT max(q.z) FILTER (WHERE v.kind = s.subject_kind) AS own_z,
              max(q.z) FILTER (WHERE v.kind = s.other_kind) AS other_z
         FROM (VALUES (s.subject_kind, s.subject_id, c.top_id),
                      (s.other_kind, c.top_id, s.subject_id)) AS v (kind, id, without)
        CROSS JOIN LATERAL (
              SELECT leadreturns.z_score(
                         (sum(x.returned) FILTER (WHERE x.day > s.before))::bigint,
                         (sum(x.delivered) FILTER (WHERE x.day > s.before))::bigint,
                         (sum(x.returned) FILTER (WHERE x.day >= s.base_from
                                                    AND x.day <= s.base_until))::bigint,
                         (sum(x.delivered) FILTER (WHERE x.day >= s.base_from
                                                     AND x.day <= s.base_until))::bigint) AS z
                FROM leadreturns.pair_days x
               WHERE s.is_spike AND x.subject_kind = v.kind AND x.subject_id = v.id
                 AND x.other_id IS DISTINCT FROM v.without
                 AND x.day <= s.day AND x.day >= least(s.before + 1, s.base_from)) q
       ) e ON s.is_spike
  LEFT JOIN leadreturns.buyer b ON s.subject_kind = 'buyer' AND b.buyer_id = s.subject_id
  LEFT JOIN leadreturns.supplier p
         ON s.subject_kind = 'supplier' AND p.supplier_id = s.subject_id
 WHERE (SELECT leadreturns.reads_figures());
-- Two sides of the same facts, compared: rows only where they disagree. lr_reconcile() reads both.

CREATE VIEW leadreturns.money_check WITH (security_barrier) AS
-- by how much prices and costs differ from what was posted first
WITH corrected AS (
    SELECT t.delivery_id,
           coalesce(sum(CASE WHEN t.debit = 'account' THEN t.amount ELSE - t.amount END)
                        FILTER (WHERE t.kind = 'sale_corrected'), 0) AS price,
           coalesce(sum(CASE WHEN t.debit = 'cost' THEN t.amount ELSE - t.amount END)
                        FILTER (WHERE t.kind = 'payout_corrected'), 0) AS cost
      FROM leadreturns.transfer t
     WHERE t.kind IN ('sale_corrected', 'payout_corrected')
     GROUP BY t.delivery_id),
expected AS (
    SELECT 'delivery_not_posted' AS check_name, d.delivery_id, NULL::bigint AS return_id,
           d.sale_transfer_id AS transfer_id, 'sale' AS kind,
           d.price - coalesce(c.price, 0) AS amount, d.account_id,
           NULL::bigint AS supplier_id, d.currency, NULL::bigint AS reverses
      FROM leadreturns.delivery d
      LEFT JOIN corrected c ON c.delivery_id = d.delivery_id
     WHERE d.sale_transfer_id IS NOT NULL
    UNION ALL
    SELECT 'delivery_not_posted', d.delivery_id, NULL, d.payout_transfer_id, 'payout_due',
           d.cost - coalesce(c.cost, 0), NULL, d.supplier_id, d.currency, NULL
      FROM leadreturns.delivery d
      LEFT JOIN corrected c ON c.delivery_id = d.delivery_id
     WHERE d.payout_transfer_id IS NOT NULL
    UNION ALL
    SELECT 'return_not_posted', d.delivery_id, r.return_id, r.credit_transfer_id, 'credit',
           r.credit, d.account_id, NULL, d.currency, d.sale_transfer_id
      FROM leadreturns.request r
      JOIN leadreturns.delivery d ON d.delivery_id = r.delivery_id
     WHERE r.status = 'accepted' AND r.credit > 0
    UNION ALL
    SELECT 'return_not_posted', d.delivery_id, r.return_id, r.clawback_transfer_id, 'clawback',
           r.clawback, NULL, d.supplier_id, d.currency, d.payout_transfer_id
      FROM leadreturns.request r
      JOIN leadreturns.delivery d ON d.delivery_id = r.delivery_id
     WHERE r.status = 'accepted' AND r.clawback > 0),
-- what is reversed of each delivery and of each of its returns
reversed AS (
    SELECT t.delivery_id, t.return_id, t.account_id IS NULL AS of_supplier, t.currency,
           t.kind = 'adjustment' AS by_hand,
           sum(CASE WHEN t.kind IN ('credit_reversed', 'clawback_reversed')
                    THEN - t.amount ELSE t.amount END) AS amount
      FROM leadreturns.transfer t
     WHERE t.return_id IS NOT NULL
     GROUP BY t.delivery_id, t.return_id, t.account_id IS NULL, t.currency,
              t.kind = 'adjustment'),
difference AS (
    SELECT e.check_name, e.delivery_id, e.return_id, NULL::bigint AS transfer_id,
           e.amount AS expected, t.amount AS actual,
           format('no transfer %s of kind %s over %s %s', e.transfer_id, e.kind, e.amount,
                  e.currency) AS detail
      FROM expected e
      LEFT JOIN leadreturns.transfer t ON t.transfer_id = e.transfer_id
     WHERE (t.kind, t.amount, t.currency, t.delivery_id)
           IS DISTINCT FROM (e.kind, e.amount, e.currency, e.delivery_id)
        OR (t.account_id, t.supplier_id, t.return_id, t.reverses)
           IS DISTINCT FROM (e.account_id, e.supplier_id, e.return_id, e.reverses)
    UNION ALL
    SELECT 'return_amounts', r.delivery_id, r.return_id, NULL, r.credit + r.clawback,
           coalesce(n.credit, 0) + coalesce(n.clawback, 0),
           format('credit %s and clawback %s, the ledger has %s and %s', r.credit, r.clawback,
                  coalesce(n.credit, 0), coalesce(n.clawback, 0))
      FROM leadreturns.request r
      LEFT JOIN (SELECT x.return_id, sum(x.amount) FILTER (WHERE NOT x.of_supplier) AS credit,
                        sum(x.amount) FILTER (WHERE x.of_supplier) AS clawback
                   FROM reversed x WHERE NOT x.by_hand GROUP BY x.return_id) n
             ON n.return_id = r.return_id
     WHERE (r.credit, r.clawback) <> (coalesce(n.credit, 0), coalesce(n.clawback, 0))
    UNION ALL
    SELECT 'delivery_over_reversed', x.delivery_id, NULL, NULL,
           CASE WHEN x.of_supplier THEN d.cost ELSE d.price END, sum(x.amount),
           format('%s %s of %s', sum(x.amount), x.currency,
                  CASE WHEN x.of_supplier THEN 'clawback' ELSE 'credit' END)
      FROM reversed x
      JOIN leadreturns.delivery d ON d.delivery_id = x.delivery_id
     GROUP BY x.delivery_id, x.of_supplier, x.currency, d.price, d.cost
    HAVING sum(x.amount) NOT BETWEEN 0 AND CASE WHEN x.of_supplier THEN d.cost ELSE d.price END
    UNION ALL
    SELECT 'transfer_without_cause', t.delivery_id, t.return_id, t.transfer_id, 0, t.amount,
           format('kind %s', t.kind)
      FROM leadreturns.transfer t
     WHERE (t.kind IN ('sale', 'payout_due')
            AND NOT EXISTS (SELECT FROM leadreturns.delivery d
                             WHERE d.delivery_id = t.delivery_id
                               AND t.transfer_id IN (d.sale_transfer_id, d.payout_transfer_id)))
        OR (t.kind IN ('sale_corrected', 'payout_corrected')
            AND NOT EXISTS (SELECT FROM leadreturns.delivery d
                             WHERE d.delivery_id = t.delivery_id
                               AND t.reverses IN (d.sale_transfer_id, d.payout_transfer_id)))
        OR (t.kind IN ('credit', 'clawback', 'credit_reversed', 'clawback_reversed')
            AND NOT EXISTS (SELECT FROM leadreturns.request r
                             WHERE r.return_id = t.return_id AND r.delivery_id = t.delivery_id))
    UNION ALL
    SELECT 'reversal_differs', t.delivery_id, t.return_id, t.transfer_id, o.amount, t.amount,
           format('reverses %s by %s %s', t.reverses, t.amount, t.currency)
      FROM leadreturns.transfer t
      LEFT JOIN leadreturns.transfer o ON o.transfer_id = t.reverses
      LEFT JOIN corrected c ON c.delivery_id = t.delivery_id
     WHERE t.reverses IS NOT NULL AND t.kind NOT IN ('sale_corrected', 'payout_corrected')
       AND ((o.debit, o.credit, o.currency, o.delivery_id)
            IS DISTINCT FROM (t.credit, t.debit, t.currency, t.delivery_id)
            OR o.amount + coalesce(CASE t.kind WHEN 'credit' THEN c.price
                                               WHEN 'clawback' THEN c.cost END, 0) < t.amount
            OR (t.kind NOT IN ('credit', 'clawback') AND o.amount <> t.amount)))
SELECT x.check_name, x.delivery_id, d.lead_id, d.account_id, x.return_id, x.transfer_id,
       x.expected::numeric(14,2) AS expected, x.actual::numeric(14,2) AS actual, d.currency,
       x.detail
  FROM difference x
  LEFT JOIN leadreturns.delivery d ON d.delivery_id = x.delivery_id;

CREATE VIEW leadreturns.distribution_check WITH (security_barrier) AS
SELECT x.check_name, x.delivery_id, x.lead_id, x.account_id, x.return_id, x.transfer_id,
       x.expected, x.actual, x.currency, x.detail
  FROM leadreturns.money_check x
 WHERE (SELECT leadreturns.reads_figures());

-- What the records say, less what is not folded yet, must be what has been folded.
DO $$
BEGIN
    EXECUTE format($view$
CREATE VIEW leadreturns.rate_check WITH (security_barrier) AS
WITH due AS (
    SELECT f.* FROM leadreturns.rate_facts f
    UNION ALL
    SELECT account_id, supplier_id, lead_group_id, currency, delivered_on, moved_on, reason,
           - delivered, - returned, - open, - declined, - acceptances, - declines,
           - withdrawals, - rollbacks, - delivered_value, - cost, - returned_value, - clawback,
           - credited, - clawed_back, - adjusted
      FROM leadreturns.rate_delta),
cohort AS MATERIALIZED (
    SELECT account_id, supplier_id, lead_group_id, currency, delivered_on AS day, reason,
           sum(delivered) AS delivered, sum(returned) AS returned, sum(open) AS open,
           sum(declined) AS declined, sum(delivered_value) AS delivered_value,
           sum(cost) AS cost, sum(returned_value) AS returned_value, sum(clawback) AS clawback
      FROM due WHERE delivered_on IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6),
moves AS (
    SELECT account_id, supplier_id, lead_group_id, moved_on AS day,
           sum(acceptances) AS acceptances, sum(declines) AS declines,
           sum(withdrawals) AS withdrawals, sum(rollbacks) AS rollbacks,
           sum(credited) AS credited, sum(clawed_back) AS clawed_back, sum(adjusted) AS adjusted
      FROM due WHERE moved_on IS NOT NULL GROUP BY 1, 2, 3, 4)%s
SELECT 'rollup_reason' AS rollup, x.supplier_id AS id, x.grain, x.starts_on
  FROM (SELECT CASE grouping(supplier_id) WHEN 1 THEN 'day' ELSE 'all' END AS grain,
               coalesce(day, '-infinity') AS starts_on,
               supplier_id, reason, currency, sum(returned) AS returned, sum(open) AS open,
               sum(declined) AS declined, sum(returned_value) AS returned_value,
               sum(clawback) AS clawback
          FROM cohort WHERE reason IS NOT NULL
         GROUP BY GROUPING SETS ((reason, currency, day), (supplier_id, reason, currency))
        UNION ALL
        SELECT grain, starts_on, supplier_id, reason, currency, - returned, - open, - declined,
               - returned_value, - clawback
          FROM leadreturns.rollup_reason) x
 GROUP BY x.grain, x.starts_on, x.supplier_id, x.reason, x.currency
HAVING (sum(x.returned), sum(x.open), sum(x.declined), sum(x.returned_value), sum(x.clawback))
       <> (0, 0, 0, 0, 0)
UNION ALL
SELECT 'rollup_cross', x.account_id, x.grain, x.starts_on
  FROM (SELECT CASE grouping(c.day, p.week, p.month)
                    WHEN 3 THEN 'day' WHEN 5 THEN 'week' WHEN 6 THEN 'month' ELSE 'all' END
                   AS grain,
               coalesce(c.day, p.week, p.month, '-infinity') AS starts_on,
               c.account_id, c.supplier_id, c.lead_group_id,
               sum(c.delivered) AS delivered, sum(c.returned) AS returned, sum(c.open) AS open,
               sum(c.declined) AS declined, sum(c.acceptances) AS acceptances,
               sum(c.declines) AS declines, sum(c.withdrawals) AS withdrawals,
               sum(c.rollbacks) AS rollbacks, sum(c.delivered_value) AS delivered_value,
               sum(c.cost) AS cost, sum(c.returned_value) AS returned_value,
               sum(c.credited) AS credited, sum(c.clawed_back) AS clawed_back,
               sum(c.adjusted) AS adjusted
          FROM (SELECT account_id, supplier_id, lead_group_id, day, delivered, returned, open,
                       declined, 0 AS acceptances, 0 AS declines, 0 AS withdrawals,
                       0 AS rollbacks, delivered_value, cost, returned_value, 0 AS credited,
                       0 AS clawed_back, 0 AS adjusted
                  FROM cohort
                UNION ALL
                SELECT account_id, supplier_id, lead_group_id, day, 0, 0, 0, 0, acceptances,
                       declines, withdrawals, rollbacks, 0, 0, 0, credited, clawed_back, adjusted
                  FROM moves) c
         CROSS JOIN LATERAL (SELECT leadreturns.week_of(c.day),
                                    leadreturns.month_of(c.day)) AS p (week, month)
         GROUP BY c.account_id, c.supplier_id, c.lead_group_id,
                  GROUPING SETS ((c.day), (p.week), (p.month), ())
        UNION ALL
        SELECT grain, starts_on, account_id, supplier_id, lead_group_id,
               - delivered, - returned, - open, - declined, - acceptances, - declines,
               - withdrawals, - rollbacks, - delivered_value, - cost, - returned_value,
               - credited, - clawed_back, - adjusted
          FROM leadreturns.rollup_cross) x
 GROUP BY x.grain, x.starts_on, x.account_id, x.supplier_id, x.lead_group_id
HAVING (sum(x.delivered), sum(x.returned), sum(x.open), sum(x.declined), sum(x.acceptances),
       sum(x.declines), sum(x.withdrawals), sum(x.rollbacks), sum(x.delivered_value),
       sum(x.cost), sum(x.returned_value), sum(x.credited), sum(x.clawed_back),
       sum(x.adjusted))
       <> (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)$view$,
        -- the rollups that have the same figures, of one subject each
        (SELECT string_agg(format($part$
SELECT %1$L AS rollup, x.%2$I AS id, x.grain, x.starts_on
  FROM (SELECT CASE grouping(day) WHEN 0 THEN 'day' ELSE 'all' END AS grain,
               coalesce(day, '-infinity') AS starts_on, %3$s,
               sum(delivered) AS delivered, sum(returned) AS returned, sum(open) AS open,
               sum(declined) AS declined, sum(delivered_value) AS delivered_value,
               sum(returned_value) AS returned_value
          FROM cohort
         GROUP BY GROUPING SETS ((%3$s, day), (%3$s))
        UNION ALL
        SELECT grain, starts_on, %3$s, - delivered, - returned, - open, - declined,
               - delivered_value, - returned_value
          FROM leadreturns.%1$I) x
 GROUP BY x.grain, x.starts_on, %3$s
HAVING (sum(x.delivered), sum(x.returned), sum(x.open), sum(x.declined), sum(x.delivered_value),
        sum(x.returned_value)) <> (0, 0, 0, 0, 0, 0)
UNION ALL$part$, v.rollup, v.id, v.keys), '')
           FROM (VALUES ('rollup_account', 'account_id', 'account_id'),
                        ('rollup_supplier', 'supplier_id', 'supplier_id, currency'),
                        ('rollup_lead_group', 'lead_group_id', 'lead_group_id, currency')
                ) AS v (rollup, id, keys)));
END;
$$;
-- What has been told, is to be told, and how the workers keep up.

-- All of it, for the view below and for the workers' functions; nobody is granted it.
CREATE VIEW leadreturns.notification_list WITH (security_barrier) AS
SELECT n.notification_id, n.return_id, d.lead_id, n.account_id, n.supplier_id, n.sequence, n.kind,
       n.recipient_kind, n.recipient, n.address, n.sender, n.language, n.subject, n.body,
       n.payload, n.created_at, n.status, n.attempts, n.due_at, n.claimed_by, n.claimed_at,
       n.settled_at, n.last_error
  FROM leadreturns.notification n
  LEFT JOIN leadreturns.request r ON r.return_id = n.return_id
  LEFT JOIN leadreturns.delivery d ON d.delivery_id = r.delivery_id;

-- A party reads what it was told: a supplier not whose account it is about, a buyer not who
-- supplied the lead, neither what befell the workers.
CREATE VIEW leadreturns.notifications WITH (security_barrier) AS
SELECT l.notification_id, l.return_id, l.lead_id,
       CASE WHEN (SELECT leadreturns.sees_outbox()) OR l.recipient_kind = 'buyer'
            THEN l.account_id END AS account_id,
       CASE WHEN (SELECT leadreturns.sees_outbox()) OR l.recipient_kind = 'supplier'
            THEN l.supplier_id END AS supplier_id,
       l.sequence, l.kind, l.recipient_kind, l.recipient, l.address, l.sender, l.language,
       l.subject, l.body, l.payload, l.created_at, l.status, l.attempts, l.due_at,
       CASE WHEN (SELECT leadreturns.sees_outbox()) THEN l.claimed_by END AS claimed_by,
       l.claimed_at, l.settled_at,
       CASE WHEN (SELECT leadreturns.sees_outbox()) THEN l.last_error END AS last_error
  FROM leadreturns.notification_list l
 WHERE (SELECT leadreturns.sees_outbox())
    OR (l.recipient_kind = 'buyer'
        AND l.account_id IN (SELECT a.account_id FROM leadreturns.account a
                              WHERE a.buyer_id = (SELECT leadreturns.own_buyer())))
    OR (l.recipient_kind = 'supplier' AND l.supplier_id = (SELECT leadreturns.own_supplier()));

CREATE VIEW leadreturns.outbox_health WITH (security_barrier) AS
SELECT w.pending, w.claimed, d.dead, w.oldest_due_at,
       greatest(extract(epoch FROM leadreturns.clock() - w.oldest_due_at), 0)::numeric(14,2)
           AS oldest_age_seconds
  FROM (SELECT count(*) FILTER (WHERE n.status = 'pending') AS pending,
               count(*) FILTER (WHERE n.status = 'claimed') AS claimed,
               min(n.due_at) FILTER (WHERE n.due_at <= leadreturns.clock()) AS oldest_due_at
          FROM leadreturns.notification n WHERE n.due_at IS NOT NULL) w
 CROSS JOIN (SELECT count(*) AS dead FROM leadreturns.notification n WHERE n.status = 'dead') d
 WHERE (SELECT leadreturns.reads_figures());
-- What each kind of party may touch: one list, which lr_grant and lr_revoke carry out. The public
-- functions are found among the extension's members, wherever they were installed.

CREATE FUNCTION leadreturns.privileges(kind text) RETURNS TABLE (statement text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
WITH public_function AS (
    SELECT p.oid, p.proname, n.nspname
      FROM pg_catalog.pg_proc p
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      JOIN pg_catalog.pg_depend d
        ON d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
      JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid AND e.extname = 'leadreturns'
     WHERE left(p.proname, 3) = 'lr_'),
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
COMMENT ON FUNCTION leadreturns.privileges(text) IS
'What lr_grant gives such a role. Example: SELECT * FROM leadreturns.privileges(''buyer'').';
-- Which tables are attached.

CREATE VIEW leadreturns.attachments WITH (security_barrier) AS
SELECT a.attachment_id, a.tbl::text AS table_name, a.mapping, a.attached_at, a.attached_by,
       a.detached_at,
       CASE WHEN a.detached_at IS NULL THEN (
            WITH RECURSIVE part (tbl) AS (
                SELECT a.tbl::oid
                UNION ALL
                SELECT i.inhrelid FROM part p JOIN pg_catalog.pg_inherits i ON i.inhparent = p.tbl)
            SELECT count(*) FROM part p
             WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t
                                WHERE t.tgrelid = p.tbl AND t.tgname = 'leadreturns_insert'))
            END AS without_triggers
  FROM leadreturns.attachment a
 WHERE (SELECT leadreturns.sees_all());
-- Who has been granted what.

CREATE VIEW leadreturns.grants WITH (security_barrier) AS
SELECT coalesce(r.rolname::text, g.role::oid::text) AS role_name, g.kind, g.party_id,
       coalesce(b.name, s.name) AS party, r.oid IS NOT NULL AS role_exists,
       g.granted_at, g.granted_by
  FROM leadreturns.party_grant g
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = g.role
  LEFT JOIN leadreturns.buyer b ON g.kind = 'buyer' AND b.buyer_id = g.party_id
  LEFT JOIN leadreturns.supplier s ON g.kind = 'supplier' AND s.supplier_id = g.party_id
 WHERE (SELECT leadreturns.sees_all());
-- Triggers. None of them has a rule or a side effect on INSERT, because pg_restore fires them, but
-- for replace_seed, which exists for pg_restore.

CREATE TRIGGER deliveries_dml INSTEAD OF INSERT OR UPDATE ON leadreturns.deliveries
    FOR EACH ROW EXECUTE FUNCTION leadreturns.deliveries_dml();
-- writes the rows that the row trigger has gathered
CREATE TRIGGER deliveries_flush AFTER INSERT ON leadreturns.deliveries
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.deliveries_dml();
CREATE TRIGGER returns_dml INSTEAD OF INSERT OR UPDATE ON leadreturns.returns
    FOR EACH ROW EXECUTE FUNCTION leadreturns.returns_dml();

CREATE TRIGGER import_upload INSTEAD OF INSERT ON leadreturns.import_upload
    FOR EACH ROW EXECUTE FUNCTION leadreturns.import_upload();
-- writes the rows that the row trigger has gathered
CREATE TRIGGER import_upload_flush AFTER INSERT ON leadreturns.import_upload
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.import_upload();

-- Records are changed by the library alone, reference rows keep what records refer to.
DO $$
DECLARE
    target record;
BEGIN
    FOR target IN
        SELECT * FROM (VALUES
            ('delivery', 'guard_records()'), ('request', 'guard_records()'),
            ('history', 'guard_records()'), ('transfer', 'guard_records()'),
            ('cap_period', 'guard_records()'), ('volume_delta', 'guard_records()'),
            ('closing', 'guard_records()'), ('terms', 'guard_records()'),
            ('message', 'guard_records()'),
            ('sweep_heartbeat', 'guard_records()'),
            ('import', 'guard_records()'), ('import_chunk', 'guard_records()'),
            ('import_verdict', 'guard_records()'), ('import_outcome', 'guard_records()'),
            ('import_cancel', 'guard_records()'),
            ('notification', 'guard_reference(''notification_id'', ''return_id'', ''account_id'',
              ''supplier_id'', ''sequence'', ''kind'', ''recipient_kind'', ''recipient'',
              ''address'', ''sender'', ''language'', ''subject'', ''body'', ''payload'',
              ''created_at'')'),
            ('erasure', 'guard_records()'), ('archived_history', 'guard_records()'),
            ('archived_message', 'guard_records()'),
            ('archived_notification', 'guard_records()'),
            ('archived_import_chunk', 'guard_records()'),
            ('archived_import_verdict', 'guard_records()'),
            ('archived_import_outcome', 'guard_records()'),
            ('buyer', 'guard_reference(''buyer_id'')'),
            ('account', 'guard_reference(''account_id'', ''buyer_id'', ''currency'')'),
            ('supplier', 'guard_reference(''supplier_id'')'),
            ('lead_group', 'guard_reference(''lead_group_id'')'),
            ('reason', 'guard_reference(''code'')')) AS v (name, guard)
    LOOP
        EXECUTE format('CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON leadreturns.%I
                        FOR EACH ROW EXECUTE FUNCTION leadreturns.%s', target.name, target.guard);
        EXECUTE format('CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON leadreturns.%I
                        FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.%s',
                       target.name, target.guard);
    END LOOP;
END;
$$;

-- by row: a restore copies no rows into it, but does run the COPY
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON leadreturns.error_code
    FOR EACH ROW EXECUTE FUNCTION leadreturns.guard_records();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON leadreturns.error_code
    FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.guard_records();

CREATE TRIGGER replace_seed BEFORE INSERT ON leadreturns.reason
    FOR EACH ROW WHEN (NEW.seeded) EXECUTE FUNCTION leadreturns.replace_seed();

CREATE TRIGGER replace_seed BEFORE INSERT ON leadreturns.notification_template
    FOR EACH ROW WHEN (NEW.seeded) EXECUTE FUNCTION leadreturns.replace_seed();
CREATE TRIGGER guard_seed BEFORE DELETE ON leadreturns.notification_template
    FOR EACH ROW WHEN (OLD.seeded) EXECUTE FUNCTION leadreturns.guard_seed();
CREATE TRIGGER guard_seed_key BEFORE UPDATE ON leadreturns.notification_template
    FOR EACH ROW
    WHEN ((OLD.seeded OR NEW.seeded)
          AND (OLD.kind, OLD.recipient_kind, OLD.language, OLD.seeded)
              IS DISTINCT FROM (NEW.kind, NEW.recipient_kind, NEW.language, NEW.seeded))
    EXECUTE FUNCTION leadreturns.guard_seed();

-- what every session keeps in memory
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY
        '{reason,reason_alias,holiday,terms,party_grant,notification_template}'::text[]
    LOOP
        EXECUTE format('CREATE TRIGGER forget_cached
                        AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON leadreturns.%I
                        FOR EACH STATEMENT EXECUTE FUNCTION leadreturns.forget_cached()', name);
    END LOOP;
END;
$$;
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
-- Erasing a lead's personal data, and moving closed history into the archive.

CREATE FUNCTION lr_erase_lead(lead_id bigint) RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_erase_lead';

CREATE FUNCTION lr_archive(
    before timestamptz, max_rows bigint DEFAULT 10000, OUT returns bigint, OUT history bigint,
    OUT messages bigint, OUT notifications bigint, OUT import_rows bigint, OUT skipped bigint,
    OUT remaining boolean)
RETURNS record
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_archive';

CREATE PROCEDURE lr_run_archive(before timestamptz)
LANGUAGE c AS 'MODULE_PATHNAME', 'lr_run_archive';
-- What workers call: they take notifications, send them, and say what became of it. Of one return
-- only the first that is not settled is handed out, so its order is kept whoever sends it.

CREATE FUNCTION lr_claim_notifications(
    worker text, max_rows bigint DEFAULT 100, lease interval DEFAULT '5 minutes')
RETURNS SETOF leadreturns.notifications
LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 100 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    present timestamptz;
    taken bigint[];
BEGIN
    PERFORM leadreturns.require_worker('claim notifications');
    IF worker IS NULL OR worker !~ '\S' OR max_rows IS NULL OR max_rows < 1
       OR lease IS NULL OR lease < interval '1 second' OR lease > interval '7 days'
    THEN
        RAISE invalid_parameter_value USING MESSAGE = 'invalid claim',
            DETAIL = format('worker is %s, max_rows is %s, lease is %s.',
                            coalesce(quote_literal(worker), 'null'),
                            coalesce(max_rows::text, 'null'), coalesce(lease::text, 'null')),
            HINT = 'Give the worker a name, max_rows from 1 and a lease from 1 second to 7 days.';
    END IF;
    max_rows := least(max_rows, 10000);
    PERFORM leadreturns.release_notifications(max_rows);
    present := leadreturns.clock();
    WITH due AS (
        SELECT n.notification_id
          FROM leadreturns.notification n
         WHERE n.due_at <= present AND n.status = 'pending'
           AND n.sequence = (SELECT min(o.sequence) FROM leadreturns.notification o
                              WHERE o.return_id = n.return_id AND o.due_at IS NOT NULL)
         ORDER BY n.due_at, n.notification_id
         LIMIT max_rows
           FOR NO KEY UPDATE OF n SKIP LOCKED),
    claimed AS (
        UPDATE leadreturns.notification n
           SET status = 'claimed', attempts = n.attempts + 1, due_at = present + lease,
               claimed_by = worker, claimed_at = present
          FROM due
         WHERE n.notification_id = due.notification_id
        RETURNING n.notification_id)
    SELECT array_agg(c.notification_id) INTO taken FROM claimed c;
    RETURN QUERY SELECT l.* FROM leadreturns.notification_list l
                  WHERE l.notification_id = ANY (taken) ORDER BY l.notification_id;
END;
$$;

CREATE FUNCTION lr_ack_notifications(ids bigint[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    changed bigint;
BEGIN
    PERFORM leadreturns.require_worker('acknowledge notifications');
    IF ids IS NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = 'invalid ids', DETAIL = 'ids is null.',
            HINT = 'Give the notification_id of what was sent, as an array.';
    END IF;
    -- what was sent is sent, even if its lease has run out meanwhile
    WITH sent AS (
        SELECT n.notification_id FROM leadreturns.notification n
         WHERE n.notification_id = ANY (ids) AND n.status <> 'sent' AND n.attempts > 0
         ORDER BY n.notification_id
           FOR NO KEY UPDATE OF n)
    UPDATE leadreturns.notification n
       SET status = 'sent', due_at = NULL, settled_at = leadreturns.clock()
      FROM sent WHERE n.notification_id = sent.notification_id;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END;
$$;

CREATE FUNCTION lr_fail_notification(id bigint, error text, worker text DEFAULT NULL)
RETURNS leadreturns.notifications
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    present timestamptz;
    held leadreturns.notification;
    result leadreturns.notifications;
    last boolean;
    pause interval;
BEGIN
    PERFORM leadreturns.require_worker('fail notifications');
    SELECT n.* INTO held FROM leadreturns.notification n WHERE n.notification_id = id
       FOR NO KEY UPDATE OF n;
    IF NOT FOUND THEN
        RAISE invalid_parameter_value USING MESSAGE = 'no such notification',
            DETAIL = format('There is no notification %s.', coalesce(id::text, '(null)')),
            HINT = 'Give the notification_id of one that was claimed.';
    END IF;
    -- settled, or in the hands of another worker: whatever this one says comes too late
    IF held.status = ANY (ARRAY['pending', 'claimed']) AND held.attempts > 0
       AND (worker IS NULL OR worker = held.claimed_by)
    THEN
        present := leadreturns.clock();
        last := held.attempts >= current_setting('leadreturns.notify_attempts')::integer;
        pause := least(current_setting('leadreturns.notify_backoff')::interval
                       * 2 ^ least(held.attempts - 1, 15), interval '6 hours');
        UPDATE leadreturns.notification n
           SET status = CASE WHEN last THEN 'dead' ELSE 'pending' END,
               due_at = CASE WHEN NOT last THEN present + pause END,
               settled_at = CASE WHEN last THEN present END,
               last_error = left(coalesce(error, 'no reason given'), 1000)
         WHERE n.notification_id = id;
    END IF;
    SELECT l.* INTO result FROM leadreturns.notification_list l WHERE l.notification_id = id;
    RETURN result;
END;
$$;

CREATE FUNCTION lr_requeue_notifications(ids bigint[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    changed bigint;
BEGIN
    PERFORM leadreturns.require_worker('requeue notifications');
    IF ids IS NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = 'invalid ids', DETAIL = 'ids is null.',
            HINT = 'Give the notification_id of what was given up, as an array.';
    END IF;
    WITH dead AS (
        SELECT n.notification_id FROM leadreturns.notification n
         WHERE n.notification_id = ANY (ids) AND n.status = 'dead'
         ORDER BY n.notification_id
           FOR NO KEY UPDATE OF n)
    UPDATE leadreturns.notification n
       SET status = 'pending', attempts = 0, due_at = leadreturns.clock(), settled_at = NULL
      FROM dead WHERE n.notification_id = dead.notification_id;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END;
$$;
-- Who is who: lr_grant ties a database role to a party and gives it what that kind of party needs.

CREATE FUNCTION lr_grant(role regrole, kind text, party_id bigint DEFAULT NULL,
    OUT role_name text, OUT granted_kind text, OUT granted_party_id bigint)
RETURNS record
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    grantee text := (SELECT r.rolname FROM pg_catalog.pg_roles r WHERE r.oid = lr_grant.role);
    object text;
BEGIN
    PERFORM leadreturns.require_staff('grant roles');
    IF kind IS NULL OR kind <> ALL (ARRAY['staff', 'app', 'buyer', 'supplier', 'reporting'])
       OR (kind = ANY (ARRAY['buyer', 'supplier'])) <> (party_id IS NOT NULL)
       OR (kind = 'buyer' AND NOT EXISTS (SELECT FROM leadreturns.buyer b
                                           WHERE b.buyer_id = lr_grant.party_id))
       OR (kind = 'supplier' AND NOT EXISTS (SELECT FROM leadreturns.supplier s
                                              WHERE s.supplier_id = lr_grant.party_id))
    THEN
        RAISE invalid_parameter_value USING MESSAGE = 'invalid party',
            DETAIL = format('Kind is %s, party_id is %s.', coalesce(quote_literal(kind), 'null'),
                            coalesce(party_id::text, 'null')),
            HINT = 'Give staff, app, reporting, or buyer or supplier with the id of one.';
    END IF;
    IF grantee IS NULL THEN
        RAISE undefined_object USING MESSAGE = 'no such role';
    END IF;
    INSERT INTO leadreturns.party_grant (role, kind, party_id, granted_at, granted_by)
    VALUES (lr_grant.role, lr_grant.kind, lr_grant.party_id, leadreturns.clock(),
            leadreturns.caller())
    ON CONFLICT ON CONSTRAINT party_grant_pkey DO NOTHING;
    SELECT g.party_id INTO granted_party_id
      FROM leadreturns.party_grant g
     WHERE g.role = lr_grant.role AND g.kind = lr_grant.kind;
    IF granted_party_id <> party_id THEN
        RAISE duplicate_object USING MESSAGE = 'role acts for another party',
            DETAIL = format('Role "%s" is %s %s.', grantee, kind, granted_party_id),
            HINT = format('A role acts for one: SELECT lr_revoke(%L, %L) comes first.',
                          lr_grant.role, kind);
    END IF;

    FOR object IN SELECT p.statement FROM leadreturns.privileges(lr_grant.kind) p
    LOOP
        EXECUTE format('GRANT %s TO %I', object, grantee);
    END LOOP;
    role_name := grantee;
    granted_kind := kind;
END;
$$;

CREATE FUNCTION lr_revoke(role regrole, kind text, party_id bigint DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    grantee text := (SELECT r.rolname FROM pg_catalog.pg_roles r WHERE r.oid = lr_revoke.role);
    was_granted boolean;
    object text;
BEGIN
    PERFORM leadreturns.require_staff('revoke roles');
    DELETE FROM leadreturns.party_grant g
     WHERE g.role = lr_revoke.role AND g.kind = lr_revoke.kind
       AND (lr_revoke.party_id IS NULL OR g.party_id = lr_revoke.party_id);
    was_granted := FOUND;
    -- a role that was dropped has left no privileges
    IF was_granted AND grantee IS NOT NULL THEN
        FOR object IN SELECT p.statement FROM leadreturns.privileges(lr_revoke.kind) p
        LOOP
            EXECUTE format('REVOKE %s FROM %I', object, grantee);
        END LOOP;
        -- what the role still is; a revoked SELECT has taken that on single columns with it
        FOR object IN
            SELECT DISTINCT p.statement FROM leadreturns.party_grant g
             CROSS JOIN LATERAL leadreturns.privileges(g.kind) p
             WHERE g.role = lr_revoke.role
        LOOP
            EXECUTE format('GRANT %s TO %I', object, grantee);
        END LOOP;
    END IF;
    RETURN was_granted;
END;
$$;
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
-- Tables of applications. These run with the rights of the caller, who owns the table.

CREATE FUNCTION lr_attach(tbl regclass, mapping jsonb) RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_attach';
COMMENT ON FUNCTION lr_attach(regclass, jsonb) IS
'Attaches a table of an application: its rows become deliveries, now and from now on, changes of'
' them follow, and an accepted return writes the status back to its row. The mapping names the'
' columns: lead_id (an integer; or a text or uuid, which becomes the external id), account,'
' supplier (integers are our ids, others external_id), lead_group (or its name), price, cost,'
' delivered_at, status, external_id, email, phone; and delivered: the values of the status that'
' make a row a delivery, or {"column": ..., "in": [...]}. Returns how many rows became deliveries.'
' Staff only, which must own the table; it needs a primary key. Called again it adds triggers to'
' new partitions and takes over what is missing.'
' Errors: LR001, LR040, LR041, LR060; 42501 unless the owner, 42809 for what is no table of an'
' application, 55000 if its rows belong to another attached table, 25001 above READ COMMITTED;'
' 23502 and 23503 for a row that cannot be a delivery.'
' Example: SELECT lr_attach(''public.leads'', ''{"lead_id": "id", "account": "buyer_id", "price":'
' "price", "status": "state", "delivered": ["sold"]}'').';

CREATE FUNCTION lr_detach(tbl regclass) RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_detach';
COMMENT ON FUNCTION lr_detach(regclass) IS
'Detaches a table: drops the triggers that lr_attach made and leaves its rows and their deliveries'
' as they are. Returns how many deliveries were its rows. Attached again, it goes on with them. Of'
' a table that was dropped the number is enough.'
' Staff only, which must own the table.'
' Errors: LR001; 42501 unless the owner, 55000 if it is not attached.'
' Example: SELECT lr_detach(''public.leads'').';
-- For PostgREST: a schema of the application's own with a function for each command, which raises
-- what PostgREST turns into an HTTP status, and a view for each relation that is public. They are
-- no members of the extension, and they ask with the rights of whoever calls.

-- What the functions of that schema do with an error of ours. PostgREST takes status and headers
-- from the detail of SQLSTATE PGRST, and the body from its message.
CREATE FUNCTION leadreturns.http_error(state text, message text, detail text, hint text,
    condition text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    status integer := coalesce((SELECT e.http_status FROM leadreturns.error_code e
                                 WHERE e.sqlstate = http_error.state), 400);
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'PGRST',
        MESSAGE = json_build_object('code', state, 'message', message,
                                    'details', nullif(detail, ''), 'hint', nullif(hint, '')),
        DETAIL = json_build_object('status', status, 'headers',
                                   CASE status WHEN 401 THEN '{"WWW-Authenticate": "Bearer"}'
                                               ELSE '{}' END::json),
        CONSTRAINT = condition;
END;
$$;
COMMENT ON FUNCTION leadreturns.http_error(text, text, text, text, text) IS
'Raises an error of the library so that PostgREST answers with its HTTP status (error_code):'
' SQLSTATE PGRST, the body in the message, status and headers in the detail, the condition as it'
' was. The functions that lr_create_http_api makes call it. Example: SELECT'
' leadreturns.http_error(''LR002'', ''no such lead'', '''', '''', ''lead_not_found'').';

-- The text between AS and the end of the function that stands for a command. Arguments are
-- numbered, because a name could be one that plpgsql knows.
CREATE FUNCTION leadreturns.http_body(command oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
SELECT format('
DECLARE
    error_detail text;
    error_hint text;
    error_condition text;
BEGIN
    %s;
EXCEPTION WHEN OTHERS THEN
    IF SQLSTATE NOT LIKE ''LR%%'' THEN
        RAISE;
    END IF;
    GET STACKED DIAGNOSTICS error_detail = PG_EXCEPTION_DETAIL,
        error_hint = PG_EXCEPTION_HINT, error_condition = CONSTRAINT_NAME;
    PERFORM leadreturns.http_error(SQLSTATE, SQLERRM, error_detail, error_hint,
                                   error_condition);
END;
',
              CASE WHEN p.proretset THEN 'RETURN QUERY SELECT * FROM ' || c.call
                   WHEN a.given IS NOT NULL
                   THEN format('SELECT * INTO %s FROM %s', a.given, c.call)
                   ELSE 'RETURN ' || c.call END)
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
 CROSS JOIN LATERAL (
       SELECT string_agg('$' || i, ', ' ORDER BY i) FILTER (WHERE i <= p.pronargs) AS taken,
              string_agg('$' || i, ', ' ORDER BY i) FILTER (WHERE i > p.pronargs) AS given
         FROM generate_series(1, coalesce(cardinality(p.proallargtypes), p.pronargs)) i) a
 CROSS JOIN LATERAL (SELECT format('%I.%I(%s)', n.nspname, p.proname, a.taken) AS call) c
 WHERE p.oid = http_body.command
$$;
COMMENT ON FUNCTION leadreturns.http_body(oid) IS
'What the function that stands for a command in an HTTP API does, in plpgsql. Example: SELECT'
' leadreturns.http_body(''lr_whoami''::regproc).';

CREATE FUNCTION lr_create_http_api(schema name DEFAULT 'leadreturns_api') RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    extension oid := (SELECT e.oid FROM pg_extension e WHERE e.extname = 'leadreturns');
    target oid;
    object record;
    made bigint := 0;
BEGIN
    PERFORM leadreturns.require_staff('create an HTTP API');
    IF schema IS NULL
       OR EXISTS (SELECT FROM pg_proc p
                    JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                                    AND d.refobjid = extension AND d.deptype = 'e'
                   WHERE p.pronamespace = to_regnamespace(quote_ident(schema))) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'invalid schema',
            DETAIL = format('It is %s.', coalesce(quote_ident(schema), 'null')),
            HINT = 'Name a schema of its own; the extension''s own functions are in others.';
    END IF;
    IF to_regnamespace(quote_ident(schema)) IS NULL THEN
        EXECUTE format('CREATE SCHEMA %I', schema);
        EXECUTE format('COMMENT ON SCHEMA %I IS %L', schema,
                       'What PostgREST offers of leadreturns, made by lr_create_http_api.');
    END IF;
    target := to_regnamespace(quote_ident(schema));
    IF NOT (SELECT pg_has_role(n.nspowner, 'USAGE') FROM pg_namespace n WHERE n.oid = target) THEN
        RAISE insufficient_privilege
            USING MESSAGE = format('must be owner of schema %I', schema);
    END IF;

    -- those of the last time: the dependency, which a dump keeps, says that they are
    FOR object IN
        SELECT p.oid::regprocedure AS signature
          FROM pg_proc p
          JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                          AND d.refobjid = extension AND d.deptype = 'x'
         WHERE p.pronamespace = target AND left(p.proname, 3) = 'lr_'
    LOOP
        EXECUTE format('DROP FUNCTION %s', object.signature);
    END LOOP;

    FOR object IN
        SELECT p.oid, p.proname, format('%I.%I(%s)', schema, p.proname,
                                        pg_get_function_identity_arguments(p.oid)) AS signature,
               CASE p.provolatile WHEN 'v' THEN 'VOLATILE' WHEN 's' THEN 'STABLE'
                                  ELSE 'IMMUTABLE' END AS volatility,
               obj_description(p.oid, 'pg_proc') AS told,
               (SELECT string_agg(a.grantee::regrole::text, ', ')
                  FROM aclexplode(p.proacl) a
                 WHERE a.grantee NOT IN (0, p.proowner)) AS roles
          FROM pg_proc p
          JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                          AND d.refobjid = extension AND d.deptype = 'e'
         WHERE left(p.proname, 3) = 'lr_' AND p.prokind = 'f'
           AND p.proname <> 'lr_create_http_api'
         ORDER BY p.proname
    LOOP
        EXECUTE format('CREATE FUNCTION %I.%I(%s) RETURNS %s LANGUAGE plpgsql %s'
                       ' SET search_path = pg_catalog, pg_temp AS %L',
                       schema, object.proname, pg_get_function_arguments(object.oid),
                       pg_get_function_result(object.oid), object.volatility,
                       leadreturns.http_body(object.oid));
        EXECUTE format('ALTER FUNCTION %s DEPENDS ON EXTENSION leadreturns', object.signature);
        EXECUTE format('COMMENT ON FUNCTION %s IS %L', object.signature, object.told);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', object.signature);
        IF object.roles IS NOT NULL THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', object.signature, object.roles);
        END IF;
        made := made + 1;
    END LOOP;
    PERFORM leadreturns.create_http_views(schema);
    -- a PostgREST that runs takes what there is now
    PERFORM pg_notify('pgrst', 'reload schema');
    RETURN made;
END;
$$;
COMMENT ON FUNCTION lr_create_http_api(name) IS
'Makes a schema for PostgREST, or makes it anew: a function for each command, with the same'
' arguments and result, whose errors become HTTP statuses (error_code) with our code in the body,'
' and a view for each view and reference table. Whoever may call or read the original may do so'
' there, as of now: call it again after lr_grant or an upgrade. What else is in the schema stays.'
' Nothing of it belongs to the extension. Returns how many functions there are. Staff only, which'
' must own the schema, or may create it.'
' Errors: LR001; 22023 for a schema that has functions of the extension itself; 42501 for a schema'
' of another; 42P07 or 42723 for one with other objects of these names; 2BP01 when something'
' depends on what was made before.'
' Example: SELECT lr_create_http_api(''api'')';

CREATE FUNCTION leadreturns.create_http_views(schema name) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    object record;
    granted record;
BEGIN
    FOR object IN
        SELECT c.oid, c.relname, c.relacl, c.relowner,
               obj_description(c.oid, 'pg_class') AS told,
               EXISTS (SELECT FROM pg_class v
                         JOIN pg_rewrite r ON r.ev_class = v.oid
                         JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass
                                         AND d.objid = r.oid AND d.refobjid = c.oid
                        WHERE v.relnamespace = to_regnamespace(quote_ident(schema))
                          AND v.relname = c.relname) AS made_before
          FROM pg_class c
         WHERE c.relnamespace = 'leadreturns'::regnamespace AND c.relkind IN ('r', 'v')
           AND EXISTS (SELECT FROM leadreturns.privileges('staff') p
                        WHERE split_part(p.statement, ' ON ', 2)
                              = format('leadreturns.%I', c.relname))
         ORDER BY c.relname
    LOOP
        IF object.made_before THEN
            EXECUTE format('DROP VIEW %I.%I', schema, object.relname);
        END IF;
        EXECUTE format('CREATE VIEW %I.%I WITH (security_invoker) AS'
                       ' SELECT * FROM leadreturns.%I',
                       schema, object.relname, object.relname);
        EXECUTE format('COMMENT ON VIEW %I.%I IS %L', schema, object.relname, object.told);
        FOR granted IN
            SELECT a.privilege_type AS privilege,
                   string_agg(a.grantee::regrole::text, ', ') AS roles
              FROM aclexplode(object.relacl) a
             WHERE a.grantee NOT IN (0, object.relowner)
             GROUP BY a.privilege_type
        LOOP
            EXECUTE format('GRANT %s ON %I.%I TO %s', granted.privilege, schema, object.relname,
                           granted.roles);
        END LOOP;
    END LOOP;
    FOR granted IN
        SELECT string_agg(a.grantee::regrole::text, ', ') AS roles
          FROM pg_namespace n CROSS JOIN aclexplode(n.nspacl) a
         WHERE n.nspname = 'leadreturns' AND a.grantee NOT IN (0, n.nspowner)
        HAVING count(*) > 0
    LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %s', schema, granted.roles);
    END LOOP;
END;
$$;
COMMENT ON FUNCTION leadreturns.create_http_views(name) IS
'The part of lr_create_http_api that makes the views and grants what can be read.';
-- The proof that everything agrees. Each check looks at one promise from two sides.

CREATE FUNCTION lr_reconcile()
RETURNS TABLE (check_name text, object_id bigint, detail text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
WITH every_move AS NOT MATERIALIZED (
    SELECT history_id, return_id, from_status, to_status FROM leadreturns.history
    UNION ALL
    SELECT history_id, return_id, from_status, to_status FROM leadreturns.archived_history),
every_outcome AS NOT MATERIALIZED (
    SELECT import_id, line_no, status, return_id, undo_status FROM leadreturns.import_outcome
    UNION ALL
    SELECT import_id, line_no, status, return_id, undo_status
      FROM leadreturns.archived_import_outcome),
last_move AS (
    SELECT DISTINCT ON (h.return_id) h.return_id, h.to_status
      FROM every_move h ORDER BY h.return_id, h.history_id DESC),
moves AS (
    SELECT h.return_id, h.history_id, h.from_status, h.to_status,
           lag(h.to_status) OVER (PARTITION BY h.return_id ORDER BY h.history_id) AS came_from
      FROM every_move h),
told AS (
    SELECT n.notification_id, n.return_id, n.sequence FROM leadreturns.notification n
    UNION ALL
    SELECT n.notification_id, n.return_id, n.sequence FROM leadreturns.archived_notification n),
counted AS (
    SELECT p.account_id, p.starts_at, p.ends_at,
           p.delivered + delta.n AS delivered, v.n AS counted_delivered,
           p.delivered_value + delta.amount AS delivered_value, v.amount AS counted_value,
           p.used, u.n AS counted_used, p.used_value, u.amount AS counted_used_value
      FROM leadreturns.cap_period p
     CROSS JOIN LATERAL (SELECT count(*) AS n, coalesce(sum(x.price), 0) AS amount
                           FROM leadreturns.volume_delta x
                          WHERE x.account_id = p.account_id
                            AND x.delivered_at >= p.starts_at AND x.delivered_at < p.ends_at
                        ) delta
     CROSS JOIN LATERAL (SELECT count(*) AS n, coalesce(sum(d.price), 0) AS amount
                           FROM leadreturns.delivery d
                          WHERE d.account_id = p.account_id
                            AND d.delivered_at >= p.starts_at AND d.delivered_at < p.ends_at
                        ) v
     CROSS JOIN LATERAL (SELECT count(*) AS n,
                                coalesce(sum(CASE r.status WHEN 'open' THEN r.price
                                                           ELSE r.credit END), 0) AS amount
                           FROM leadreturns.request r
                          WHERE r.account_id = p.account_id
                            AND r.status IN ('open', 'accepted')
                            AND r.delivered_at >= p.starts_at AND r.delivered_at < p.ends_at
                        ) u)
-- states and history
SELECT 'state_without_history', r.return_id,
       format('status is %s, the history ends with %s', r.status,
              coalesce(m.to_status, 'nothing'))
  FROM leadreturns.request r LEFT JOIN last_move m USING (return_id)
 WHERE m.to_status IS DISTINCT FROM r.status
UNION ALL
SELECT 'history_broken', m.return_id,
       format('history %s goes from %s, the one before went to %s', m.history_id,
              coalesce(m.from_status, 'nothing'), coalesce(m.came_from, 'nothing'))
  FROM moves m WHERE m.from_status IS DISTINCT FROM m.came_from
UNION ALL
SELECT 'history_without_return', h.return_id, format('history %s', h.history_id)
  FROM every_move h
 WHERE NOT EXISTS (SELECT FROM leadreturns.request r WHERE r.return_id = h.return_id)
UNION ALL
-- of the history that would be a break
SELECT 'archived_twice', m.message_id, 'message is live and archived'
  FROM leadreturns.message m JOIN leadreturns.archived_message a USING (message_id)
UNION ALL
SELECT 'archived_twice', n.notification_id, 'notification is live and archived'
  FROM leadreturns.notification n
  JOIN leadreturns.archived_notification a USING (notification_id)
UNION ALL
-- one live return per delivery
SELECT 'several_live_returns', r.delivery_id, format('%s live returns', count(*))
  FROM leadreturns.request r WHERE r.status IN ('open', 'accepted')
 GROUP BY r.delivery_id HAVING count(*) > 1
UNION ALL
-- references that have no foreign key
SELECT 'return_without_delivery', r.return_id, format('delivery %s', r.delivery_id)
  FROM leadreturns.request r
 WHERE NOT EXISTS (SELECT FROM leadreturns.delivery d WHERE d.delivery_id = r.delivery_id)
UNION ALL
SELECT 'return_differs_from_delivery', r.return_id,
       format('account, instant, price or cost differ from those of delivery %s', d.delivery_id)
  FROM leadreturns.request r JOIN leadreturns.delivery d USING (delivery_id)
 WHERE (r.account_id, r.delivered_at, r.price, r.cost)
       IS DISTINCT FROM (d.account_id, d.delivered_at, d.price, d.cost)
UNION ALL
SELECT 'return_without_reason', r.return_id, format('reason %s', r.reason)
  FROM leadreturns.request r
 WHERE NOT EXISTS (SELECT FROM leadreturns.reason c WHERE c.code = r.reason)
UNION ALL
SELECT 'delivery_without_parent', d.delivery_id,
       format('account %s, supplier %s, lead group %s', d.account_id, d.supplier_id,
              d.lead_group_id)
  FROM leadreturns.delivery d
 WHERE NOT EXISTS (SELECT FROM leadreturns.account a
                    WHERE a.account_id = d.account_id AND a.currency = d.currency)
    OR (d.supplier_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM leadreturns.supplier s WHERE s.supplier_id = d.supplier_id))
    OR (d.lead_group_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM leadreturns.lead_group g
                         WHERE g.lead_group_id = d.lead_group_id))
UNION ALL
SELECT 'replacement_without_return', d.delivery_id, format('replaces return %s', d.replaces)
  FROM leadreturns.delivery d
 WHERE d.replaces IS NOT NULL
   AND NOT EXISTS (SELECT FROM leadreturns.request r
                    WHERE r.return_id = d.replaces AND r.status = 'accepted'
                      AND r.remedy = 'replacement')
UNION ALL
-- attached tables that are gone, or have lost a column that is mapped
SELECT 'attachment', a.attachment_id, format('table %s or a column of its mapping is gone', a.tbl)
  FROM leadreturns.attachment a
 WHERE a.detached_at IS NULL
   AND (NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = a.tbl)
        OR EXISTS (SELECT FROM (SELECT m.value FROM pg_catalog.jsonb_each_text(a.mapping) m
                                 WHERE m.key NOT IN ('delivered', 'key')
                                 UNION ALL
                                SELECT k.value FROM pg_catalog.jsonb_array_elements_text(
                                           a.mapping -> 'key') k) AS named (name)
                    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_attribute t
                                       WHERE t.attrelid = a.tbl AND t.attname = named.name
                                         AND NOT t.attisdropped)))
UNION ALL
-- transfers and amounts
SELECT x.check_name, coalesce(x.transfer_id, x.return_id, x.delivery_id), x.detail
  FROM leadreturns.money_check x
UNION ALL
-- rollups recounted
SELECT 'rates', x.id, format('%s, %s %s: differs from the records', x.rollup, x.grain, x.starts_on)
  FROM leadreturns.rate_check x
UNION ALL
-- caps recounted
SELECT 'cap_usage', c.account_id,
       format('from %s to %s: used %s worth %s, recounted %s worth %s', c.starts_at, c.ends_at,
              c.used, c.used_value, c.counted_used, c.counted_used_value)
  FROM counted c
 WHERE (c.used, c.used_value) <> (c.counted_used, c.counted_used_value)
UNION ALL
SELECT 'cap_volume', c.account_id,
       format('from %s to %s: delivered %s worth %s, recounted %s worth %s', c.starts_at,
              c.ends_at, c.delivered, c.delivered_value, c.counted_delivered, c.counted_value)
  FROM counted c
 WHERE (c.delivered, c.delivered_value) <> (c.counted_delivered, c.counted_value)
UNION ALL
-- files: what they count, and the returns that they made
SELECT 'import_counts', i.import_id,
       format('%s returned, %s failed, %s errors, %s undone; its lines say %s, %s, %s, %s',
              i.returned, i.failed, i.errors, i.undone, l.returned, l.failed, l.errors, l.undone)
  FROM leadreturns.import i
 CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE o.status IN ('returned', 'requested', 'rolled_back')),
              count(*) FILTER (WHERE o.status IN ('already_returned', 'not_returnable',
                                                  'unknown_lead')),
              count(*) FILTER (WHERE o.status IN ('malformed', 'error')),
              count(*) FILTER (WHERE o.undo_status = 'undone')
         FROM every_outcome o WHERE o.import_id = i.import_id)
       AS l (returned, failed, errors, undone)
 WHERE (i.returned, i.failed, i.errors, i.undone)
       <> (l.returned, l.failed, l.errors, l.undone)
UNION ALL
SELECT 'import_return', r.return_id,
       format('made by import %s, which has %s lines that say so', r.import_id, count(o.line_no))
  FROM leadreturns.request r
  LEFT JOIN every_outcome o
         ON o.import_id = r.import_id AND o.return_id = r.return_id
 WHERE r.import_id IS NOT NULL
 GROUP BY r.return_id, r.import_id
HAVING count(o.line_no) <> 1
UNION ALL
-- the outbox
SELECT 'notification_sequence', r.return_id,
       format('told %s times, has %s notifications up to number %s', r.event_count,
              coalesce(n.rows, 0), coalesce(n.last, 0))
  FROM leadreturns.request r
  LEFT JOIN (SELECT x.return_id, count(*) AS rows, max(x.sequence) AS last
               FROM told x GROUP BY x.return_id) n ON n.return_id = r.return_id
 WHERE (r.event_count, r.event_count) <> (coalesce(n.rows, 0), coalesce(n.last, 0))
UNION ALL
SELECT 'notification_without_return', x.notification_id, format('return %s', x.return_id)
  FROM told x
 WHERE NOT EXISTS (SELECT FROM leadreturns.request r WHERE r.return_id = x.return_id)
$$;
-- The public functions are made: back to the closed search_path.
-- Everything that holds users' data goes into a dump, sequences included. error_code comes with
-- the library, and what the sweep last did is no data of a restored database, so none of their
-- rows does. Nor does the grant of a role that was dropped: its number may be another's elsewhere.

SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

DO $$
DECLARE
    relation record;
BEGIN
    FOR relation IN
        SELECT c.oid, c.relname FROM pg_catalog.pg_class c
         WHERE c.relnamespace = 'leadreturns'::pg_catalog.regnamespace
           AND c.relkind = ANY ('{r,S}'::pg_catalog."char"[])
    LOOP
        PERFORM pg_catalog.pg_extension_config_dump(
            relation.oid,
            CASE WHEN relation.relname
                      = ANY ('{error_code,sweep_heartbeat,rate_fold}'::pg_catalog.name[])
                 THEN 'WHERE false'
                 WHEN relation.relname = 'party_grant'
                 THEN 'WHERE role = ANY (SELECT r.oid FROM pg_catalog.pg_roles r)'
                 ELSE '' END);
    END LOOP;
END;
$$;
-- Nobody has anything until lr_grant gives it. lr_whoami tells only the caller about itself.

REVOKE ALL ON SCHEMA leadreturns FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA leadreturns FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA leadreturns FROM PUBLIC;

DO $$
DECLARE
    member pg_catalog.regprocedure;
BEGIN
    FOR member IN
        SELECT d.objid::pg_catalog.regprocedure
          FROM pg_catalog.pg_depend d
         WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.deptype = 'e'
           AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
           AND d.refobjid = (SELECT e.oid FROM pg_catalog.pg_extension e
                              WHERE e.extname = 'leadreturns')
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', member);
    END LOOP;
END;
$$;
-- What everything is, for whoever looks into the catalogue with psql or a BI tool; the tables of
-- doc/reference.md are made of it. Comments of helper functions stand with their definitions.
-- The public functions are in the schema that CREATE EXTENSION chose.
SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('lr_install.search_path'),
                             true);

COMMENT ON TABLE leadreturns.buyer IS
'Companies that buy leads. Staff fills it with INSERT and UPDATE; a row is never deleted'
' (LR070), because deliveries and returns refer to it.';
COMMENT ON COLUMN leadreturns.buyer.buyer_id IS 'Key; cannot be changed (LR070).';
COMMENT ON COLUMN leadreturns.buyer.name IS 'Shown in views and reports; not empty.';
COMMENT ON COLUMN leadreturns.buyer.email IS 'Where the buyer is written to; NULL: nowhere.';
COMMENT ON COLUMN leadreturns.buyer.external_id IS
'Id of the buyer in the seller''s own software; unique if given.';
COMMENT ON COLUMN leadreturns.buyer.language IS
'Language that the buyer is written to in, such as de; NULL: the setting language.';

COMMENT ON TABLE leadreturns.account IS
'A buyer''s delivery account (contract, campaign): billing mode, currency, billing cycle, and'
' the narrowest scope of return terms. A row is never deleted (LR070).';
COMMENT ON COLUMN leadreturns.account.account_id IS 'Key; cannot be changed (LR070).';
COMMENT ON COLUMN leadreturns.account.buyer_id IS 'Whose account it is; cannot be changed (LR070).';
COMMENT ON COLUMN leadreturns.account.name IS 'Shown in views and reports; not empty.';
COMMENT ON COLUMN leadreturns.account.billing IS
'prepaid: the account is a wallet that sales are taken from. net_terms: it is a receivable that'
' sales are added to.';
COMMENT ON COLUMN leadreturns.account.currency IS
'Three capital letters. All amounts of the account are in it; cannot be changed (LR070).';
COMMENT ON COLUMN leadreturns.account.cycle IS 'How long a billing cycle lasts: week or month.';
COMMENT ON COLUMN leadreturns.account.cycle_anchor IS
'A day on which a cycle starts. Weekly cycles start every seven days from it, monthly ones on'
' its day of the month, or on the last day of a shorter month.';
COMMENT ON COLUMN leadreturns.account.email IS
'Where this account''s messages go; NULL: to the buyer.';
COMMENT ON COLUMN leadreturns.account.external_id IS
'Id of the account in the seller''s own software; unique if given.';
COMMENT ON COLUMN leadreturns.account.language IS
'Language of this account''s messages, such as de; NULL: the buyer''s.';

COMMENT ON TABLE leadreturns.supplier IS
'Where leads come from (source, vendor, publisher). Is owed the cost of each of its leads that'
' was delivered. A row is never deleted (LR070).';
COMMENT ON COLUMN leadreturns.supplier.supplier_id IS 'Key; cannot be changed (LR070).';
COMMENT ON COLUMN leadreturns.supplier.name IS 'Shown in views and reports; not empty.';
COMMENT ON COLUMN leadreturns.supplier.email IS 'Where the supplier is written to; NULL: nowhere.';
COMMENT ON COLUMN leadreturns.supplier.external_id IS
'Id of the supplier in the seller''s own software; unique if given.';
COMMENT ON COLUMN leadreturns.supplier.language IS
'Language that the supplier is written to in, such as de; NULL: the setting language.';

COMMENT ON TABLE leadreturns.lead_group IS
'Kinds of leads (lead types, verticals). A scope of return terms. A row is never deleted'
' (LR070).';
COMMENT ON COLUMN leadreturns.lead_group.lead_group_id IS 'Key; cannot be changed (LR070).';
COMMENT ON COLUMN leadreturns.lead_group.name IS 'Shown in views and reports; not empty.';

COMMENT ON TABLE leadreturns.reason IS
'The catalogue of return reasons, which the seller owns. Retire a reason with active = false: a'
' row is never deleted (LR070).';
COMMENT ON COLUMN leadreturns.reason.code IS
'Key: lower case letters, digits and underscores, at most 75. Cannot be changed (LR070). Reason'
' "other" takes free text that matches nothing.';
COMMENT ON COLUMN leadreturns.reason.label IS
'What people read. Labels that differ only in case and punctuation are the same label.';
COMMENT ON COLUMN leadreturns.reason.description IS 'When the reason applies.';
COMMENT ON COLUMN leadreturns.reason.active IS
'False: retired. It stays in history and can no longer be given (LR032).';
COMMENT ON COLUMN leadreturns.reason.requires_note IS
'A return for this reason needs a note (LR033).';
COMMENT ON COLUMN leadreturns.reason.supplier_fault IS
'Under the setting clawback = by_reason the supplier''s payout is taken back for this reason and'
' for no other.';
COMMENT ON COLUMN leadreturns.reason.always_review IS
'No rule accepts a return for this reason: a person does.';
COMMENT ON COLUMN leadreturns.reason.min_age IS
'Replaces the setting min_age for this reason; NULL: it does not.';
COMMENT ON COLUMN leadreturns.reason.max_age IS
'Replaces the setting max_age for this reason; NULL: it does not.';
COMMENT ON COLUMN leadreturns.reason.merged_into IS
'The reason that lr_merge_reason put in its place; whatever matches this one means that one.';
COMMENT ON COLUMN leadreturns.reason.seeded IS
'Came with the extension; lets a restored dump replace it by the seller''s edited row.';

COMMENT ON TABLE leadreturns.reason_alias IS
'Other texts by which a reason is known, for example "disconnected phone".';
COMMENT ON COLUMN leadreturns.reason_alias.alias IS
'The text. Case and punctuation do not matter; unique without them.';
COMMENT ON COLUMN leadreturns.reason_alias.code IS 'The reason that the text means.';

COMMENT ON TABLE leadreturns.holiday IS
'Days that do not count under the setting window_calendar = business, besides Saturdays and'
' Sundays.';
COMMENT ON COLUMN leadreturns.holiday.day IS
'The day, in the time zone that the setting time_zone names.';
COMMENT ON COLUMN leadreturns.holiday.name IS 'What it is called.';

COMMENT ON TABLE leadreturns.error_code IS
'Every condition of SQLSTATE class LR in the order of the checks. Comes with the library; read'
' only (LR070).';
COMMENT ON COLUMN leadreturns.error_code.sqlstate IS 'The SQLSTATE that is raised.';
COMMENT ON COLUMN leadreturns.error_code.condition IS
'Name of the condition; the error carries it as its constraint name.';
COMMENT ON COLUMN leadreturns.error_code.http_status IS 'What an HTTP layer should answer.';
COMMENT ON COLUMN leadreturns.error_code.message IS
'The error''s message: short, and the same in every release.';
COMMENT ON COLUMN leadreturns.error_code.hint IS
'The error''s usual hint; some cases give a better one.';

COMMENT ON TABLE leadreturns.delivery IS
'One lead sold to one account: the unit that is returned. Written by lr_deliver and the view'
' deliveries only; a guard refuses other changes (LR070). The references have no foreign key:'
' the writer holds a lock on the account or has read the parent, which is never deleted;'
' lr_reconcile checks them.';
COMMENT ON COLUMN leadreturns.delivery.delivery_id IS 'Key; taken from its sequence unless given.';
COMMENT ON COLUMN leadreturns.delivery.lead_id IS
'The application''s id of the lead. Sold three times, a lead has three deliveries.';
COMMENT ON COLUMN leadreturns.delivery.account_id IS 'The account it was delivered to.';
COMMENT ON COLUMN leadreturns.delivery.supplier_id IS
'Who supplied the lead; NULL: nobody is owed for it.';
COMMENT ON COLUMN leadreturns.delivery.lead_group_id IS 'Kind of lead; NULL: none.';
COMMENT ON COLUMN leadreturns.delivery.price IS
'What the buyer pays, in the account''s currency with two decimals. Changes'
' only with the row of an attached table, by a correcting transfer.';
COMMENT ON COLUMN leadreturns.delivery.cost IS
'What the supplier is paid, in the account''s currency with two decimals. Changes'
' only with the row of an attached table, by a correcting transfer.';
COMMENT ON COLUMN leadreturns.delivery.currency IS 'The account''s currency.';
COMMENT ON COLUMN leadreturns.delivery.delivered_at IS
'When it was delivered: windows, cap periods and terms count from here.';
COMMENT ON COLUMN leadreturns.delivery.delivered_on IS
'The day of delivered_at in the time_zone of the terms when it was recorded: the day that reports'
' count it on. A later change of that setting does not move it.';
COMMENT ON COLUMN leadreturns.delivery.status IS
'The application''s own status of the delivery. Acceptance of a return sets it, rollback puts it'
' back.';
COMMENT ON COLUMN leadreturns.delivery.external_id IS
'Id of the lead elsewhere (uuid, CRM id), for matching.';
COMMENT ON COLUMN leadreturns.delivery.email IS 'The lead''s address, for matching in lower case.';
COMMENT ON COLUMN leadreturns.delivery.phone IS
'The lead''s telephone number, for matching by its digits.';
COMMENT ON COLUMN leadreturns.delivery.replaces IS
'The accepted return (remedy replacement) that this delivery makes good; its price is 0.';
COMMENT ON COLUMN leadreturns.delivery.deleted_at IS
'When the application deleted the lead; NULL: it has not. A deleted lead cannot be returned'
' (LR005).';
COMMENT ON COLUMN leadreturns.delivery.sale_transfer_id IS
'The transfer that posted the price; NULL when the price is 0.';
COMMENT ON COLUMN leadreturns.delivery.attachment_id IS
'The attached table that the lead is a row of; NULL: none.';
COMMENT ON COLUMN leadreturns.delivery.row_key IS
'The row''s primary key there, as text; NULL: there is no such row, or no longer.';
COMMENT ON COLUMN leadreturns.delivery.payout_transfer_id IS
'The transfer that posted the cost; NULL when there is none or no supplier.';

COMMENT ON TABLE leadreturns.request IS
'Return requests: one row each, which changes with its state. Written by the commands only; a'
' guard refuses other changes (LR013 a change of status, LR070 the rest). The references have no'
' foreign key: the writer holds the locks of the delivery and its account, which are never'
' deleted; lr_reconcile checks them.';
COMMENT ON COLUMN leadreturns.request.return_id IS 'Key.';
COMMENT ON COLUMN leadreturns.request.delivery_id IS 'The delivery to be returned.';
COMMENT ON COLUMN leadreturns.request.account_id IS 'Its account, copied for the index by account.';
COMMENT ON COLUMN leadreturns.request.delivered_at IS
'When the delivery was delivered, copied for counting by period.';
COMMENT ON COLUMN leadreturns.request.price IS
'The delivery''s price, copied for counting by value; account''s currency, two decimals.';
COMMENT ON COLUMN leadreturns.request.cost IS
'The delivery''s cost, copied; account''s currency, two decimals.';
COMMENT ON COLUMN leadreturns.request.reason IS 'Code of the reason.';
COMMENT ON COLUMN leadreturns.request.reason_text IS
'The reason as it was given: trimmed, blanks folded, at most 75 characters.';
COMMENT ON COLUMN leadreturns.request.note IS 'What the requester added.';
COMMENT ON COLUMN leadreturns.request.status IS
'open, accepted, declined, withdrawn or rolled_back. open and accepted are live: at most one'
' live request per delivery.';
COMMENT ON COLUMN leadreturns.request.requested_at IS 'When it was filed.';
COMMENT ON COLUMN leadreturns.request.requested_by IS 'The role that filed it.';
COMMENT ON COLUMN leadreturns.request.decided_at IS
'When it was last decided (accepted, declined, withdrawn, rolled back); NULL while open.';
COMMENT ON COLUMN leadreturns.request.decided_by IS
'The role that decided; of a rule, the one that filed the request.';
COMMENT ON COLUMN leadreturns.request.decided_how IS
'manual (a person), rule (at filing), sweep (later) or import.';
COMMENT ON COLUMN leadreturns.request.decision_note IS 'Note of the decision.';
COMMENT ON COLUMN leadreturns.request.assignee IS 'Who of the staff looks after it.';
COMMENT ON COLUMN leadreturns.request.credit IS
'What the buyer gets back: from 0 to the price, 0 unless accepted; account''s currency, two'
' decimals.';
COMMENT ON COLUMN leadreturns.request.clawback IS
'What is taken back from the supplier: from 0 to the cost, 0 unless accepted. Cost for a full'
' credit, else cost x credit / price rounded half up to two decimals; account''s currency.';
COMMENT ON COLUMN leadreturns.request.remedy IS
'credit (money back) or replacement (a lead is owed); NULL unless accepted.';
COMMENT ON COLUMN leadreturns.request.prior_status IS
'The delivery''s status before acceptance, which rollback restores.';
COMMENT ON COLUMN leadreturns.request.returned_status IS
'The status acceptance set; rollback finds it unchanged or fails (LR014).';
COMMENT ON COLUMN leadreturns.request.override_asked IS
'Whether override => true was given: part of what an idempotent repeat must repeat.';
COMMENT ON COLUMN leadreturns.request.overridden IS
'Staff overrode the window or the cap for it, or accepted it beyond the cap.';
COMMENT ON COLUMN leadreturns.request.over_cap IS
'Taken beyond the cap under the setting at_cap = review: only a person accepts it.';
COMMENT ON COLUMN leadreturns.request.awaits_buyer IS
'The buyer owes an answer to a question (lr_request_info).';
COMMENT ON COLUMN leadreturns.request.auto_accept_at IS
'When the sweep may accept it by rule; NULL: never.';
COMMENT ON COLUMN leadreturns.request.timeout_at IS
'When the sweep decides it if nobody has (setting review_timeout); NULL: never.';
COMMENT ON COLUMN leadreturns.request.timeout_action IS
'What the sweep does then: accept or decline.';
COMMENT ON COLUMN leadreturns.request.idempotency_key IS
'The caller''s key; unique within the account, never expires.';
COMMENT ON COLUMN leadreturns.request.import_id IS 'The import it came from; NULL: none.';
COMMENT ON COLUMN leadreturns.request.credit_transfer_id IS
'The transfer that posted the credit; NULL when there is none.';
COMMENT ON COLUMN leadreturns.request.event_count IS
'Notifications written about this return so far; the last one''s sequence.';
COMMENT ON COLUMN leadreturns.request.clawback_transfer_id IS
'The transfer that posted the clawback; NULL when there is none.';
COMMENT ON COLUMN leadreturns.request.live_delivery_id IS
'delivery_id while the request is live; its unique constraint allows one live request per'
' delivery.';

COMMENT ON TABLE leadreturns.history IS
'What happened to each return, append-only: one row per change. Ids of one account rise in the'
' order in which its moves took effect.';
COMMENT ON COLUMN leadreturns.history.history_id IS 'Key; taken under the account''s lock.';
COMMENT ON COLUMN leadreturns.history.return_id IS 'The return it happened to.';
COMMENT ON COLUMN leadreturns.history.from_status IS
'Status before; NULL when the request was filed.';
COMMENT ON COLUMN leadreturns.history.to_status IS
'Status after; the same as before for a corrected reason or note.';
COMMENT ON COLUMN leadreturns.history.at IS 'When it happened.';
COMMENT ON COLUMN leadreturns.history.moved_on IS
'The day of that instant in the time_zone of the terms.';
COMMENT ON COLUMN leadreturns.history.actor IS 'The role that did it.';
COMMENT ON COLUMN leadreturns.history.party_kind IS
'For whom the role acted: staff, buyer, supplier, reporting or app.';
COMMENT ON COLUMN leadreturns.history.party_id IS
'The buyer or supplier it acted for; NULL for the other kinds.';
COMMENT ON COLUMN leadreturns.history.how IS 'manual, rule, sweep or import.';
COMMENT ON COLUMN leadreturns.history.note IS
'The command''s note; of a corrected reason, both reasons.';
COMMENT ON COLUMN leadreturns.history.terms_at IS
'The terms that applied are those in force at this instant, when the lead was delivered.';

COMMENT ON TABLE leadreturns.transfer IS
'The ledger, append-only and in double entry: each row moves one amount from one ledger account'
' (debit) to another (credit), so every entry balances. Corrections are further rows that name'
' the one they reverse.';
COMMENT ON COLUMN leadreturns.transfer.transfer_id IS 'Key.';
COMMENT ON COLUMN leadreturns.transfer.posted_at IS
'When it counts: of a sale the delivery''s instant; else the time of posting, or the start of'
' the account''s open period if that is later.';
COMMENT ON COLUMN leadreturns.transfer.posted_on IS
'The day of posted_at in the time_zone of the terms: that of the delivery for what a delivery or'
' return posts, else that of the account, for a payout the global one.';
COMMENT ON COLUMN leadreturns.transfer.kind IS
'sale, payout_due, credit, clawback, credit_reversed, clawback_reversed, deposit, payment,'
' payout or adjustment.';
COMMENT ON COLUMN leadreturns.transfer.debit IS
'The ledger account that the amount is taken from: account, supplier, revenue, cost, cash or'
' adjustments.';
COMMENT ON COLUMN leadreturns.transfer.credit IS
'The ledger account that the amount goes to; the same words.';
COMMENT ON COLUMN leadreturns.transfer.account_id IS
'The delivery account, when debit or credit is account.';
COMMENT ON COLUMN leadreturns.transfer.supplier_id IS
'The supplier, when debit or credit is supplier.';
COMMENT ON COLUMN leadreturns.transfer.amount IS 'Above 0, two decimals.';
COMMENT ON COLUMN leadreturns.transfer.currency IS 'Of the amount.';
COMMENT ON COLUMN leadreturns.transfer.delivery_id IS
'The delivery it belongs to; NULL for money posted with lr_post.';
COMMENT ON COLUMN leadreturns.transfer.return_id IS 'The return it belongs to; NULL for others.';
COMMENT ON COLUMN leadreturns.transfer.reverses IS 'The transfer it takes back, wholly or in part.';
COMMENT ON COLUMN leadreturns.transfer.actor IS 'The role that posted it.';
COMMENT ON COLUMN leadreturns.transfer.note IS 'The note given to lr_post.';

COMMENT ON TABLE leadreturns.cap_period IS
'How much of an account''s cap is used in one period. Counted when a cap first asks about the'
' period, then kept by whoever holds the lock on the account; deliveries not folded yet are in'
' volume_delta.';
COMMENT ON COLUMN leadreturns.cap_period.account_id IS 'The account.';
COMMENT ON COLUMN leadreturns.cap_period.starts_at IS
'First instant of the period; -infinity for lifetime.';
COMMENT ON COLUMN leadreturns.cap_period.ends_at IS
'First instant after the period; infinity for lifetime.';
COMMENT ON COLUMN leadreturns.cap_period.delivered IS
'Deliveries of the period that have been folded in.';
COMMENT ON COLUMN leadreturns.cap_period.delivered_value IS
'Sum of their prices; account''s currency, two decimals.';
COMMENT ON COLUMN leadreturns.cap_period.used IS
'Open and accepted requests on deliveries of the period.';
COMMENT ON COLUMN leadreturns.cap_period.used_value IS
'Prices of the open ones plus credits of the accepted ones; account''s currency, two decimals.';

COMMENT ON TABLE leadreturns.volume_delta IS
'Deliveries that no row of cap_period counts yet. Whoever delivers appends here and so waits for'
' nobody; a return folds them under the account''s lock.';
COMMENT ON COLUMN leadreturns.volume_delta.account_id IS 'The account.';
COMMENT ON COLUMN leadreturns.volume_delta.delivered_at IS 'When it was delivered.';
COMMENT ON COLUMN leadreturns.volume_delta.price IS 'Its price; account''s currency, two decimals.';

COMMENT ON TABLE leadreturns.closing IS
'Billing periods that lr_close_period closed. Nothing is posted into them any more.';
COMMENT ON COLUMN leadreturns.closing.account_id IS 'The account.';
COMMENT ON COLUMN leadreturns.closing.ends_before IS 'The first day that stayed open.';
COMMENT ON COLUMN leadreturns.closing.ends_at IS
'That day''s first instant, in the zone of the account''s terms at the closing.';
COMMENT ON COLUMN leadreturns.closing.closed_at IS 'When it was closed.';
COMMENT ON COLUMN leadreturns.closing.closed_by IS 'The role that closed it.';

COMMENT ON TABLE leadreturns.terms IS
'Versions of the return terms, append-only; lr_set_terms adds one. The most specific scope that'
' names a setting wins: account, buyer, lead_group, global.';
COMMENT ON COLUMN leadreturns.terms.terms_id IS
'Key. Of two versions with the same scope and valid_from the later id wins.';
COMMENT ON COLUMN leadreturns.terms.scope IS 'global, lead_group, buyer or account.';
COMMENT ON COLUMN leadreturns.terms.scope_id IS
'Key of the lead group, buyer or account; NULL for global.';
COMMENT ON COLUMN leadreturns.terms.valid_from IS
'From when the version is in force, until the scope''s next one.';
COMMENT ON COLUMN leadreturns.terms.settings IS
'All settings of the scope in this version, as a JSON object from name to value.';
COMMENT ON COLUMN leadreturns.terms.set_at IS 'When it was set.';
COMMENT ON COLUMN leadreturns.terms.set_by IS 'The role that set it.';

COMMENT ON TABLE leadreturns.party_grant IS
'Which database role acts for which party (lr_grant, lr_revoke).';
COMMENT ON COLUMN leadreturns.party_grant.role IS
'The role: a renamed one keeps its grants, one that was dropped and made anew has none.';
COMMENT ON COLUMN leadreturns.party_grant.kind IS 'staff, app, buyer, supplier or reporting.';
COMMENT ON COLUMN leadreturns.party_grant.party_id IS
'The buyer or supplier; NULL for the other kinds.';
COMMENT ON COLUMN leadreturns.party_grant.granted_at IS 'When it was granted.';
COMMENT ON COLUMN leadreturns.party_grant.granted_by IS 'The role that granted it.';

COMMENT ON TABLE leadreturns.message IS
'What was said about returns, append-only: messages of both sides, questions to the buyer, and'
' references to evidence.';
COMMENT ON COLUMN leadreturns.message.message_id IS 'Key.';
COMMENT ON COLUMN leadreturns.message.return_id IS 'The return it is about.';
COMMENT ON COLUMN leadreturns.message.kind IS
'message, question (the buyer owes an answer) or evidence.';
COMMENT ON COLUMN leadreturns.message.at IS 'When it was written.';
COMMENT ON COLUMN leadreturns.message.author IS 'The role that wrote it.';
COMMENT ON COLUMN leadreturns.message.party_kind IS
'For whom the role acted: staff, buyer, supplier, reporting or app.';
COMMENT ON COLUMN leadreturns.message.party_id IS
'The buyer or supplier it acted for; NULL for the other kinds.';
COMMENT ON COLUMN leadreturns.message.body IS 'The text; NULL for evidence.';
COMMENT ON COLUMN leadreturns.message.uri IS
'Where the evidence is; NULL for messages and questions.';
COMMENT ON COLUMN leadreturns.message.media_type IS
'Media type of the evidence, such as audio/mpeg.';
COMMENT ON COLUMN leadreturns.message.sha256 IS
'SHA-256 of the evidence, 64 lower-case hexadecimal digits.';

COMMENT ON VIEW leadreturns.deliveries IS
'Leads delivered to accounts. INSERT and COPY do what lr_deliver does, in batches; UPDATE takes'
' status, email, phone and deleted_at (any other column: LR070). A buyer sees its own rows,'
' staff all. Key: delivery_id.';
COMMENT ON COLUMN leadreturns.deliveries.delivery_id IS 'Key; generated unless given.';
COMMENT ON COLUMN leadreturns.deliveries.lead_id IS
'The application''s id of the lead. Sold three times, a lead has three deliveries.';
COMMENT ON COLUMN leadreturns.deliveries.account_id IS 'The account it was delivered to.';
COMMENT ON COLUMN leadreturns.deliveries.supplier_id IS
'Who supplied the lead; NULL: nobody is owed for it.'
' Null for a buyer.';
COMMENT ON COLUMN leadreturns.deliveries.lead_group_id IS 'Kind of lead; NULL: none.';
COMMENT ON COLUMN leadreturns.deliveries.price IS
'What the buyer pays, in the account''s currency with two decimals. Changes'
' only with the row of an attached table, by a correcting transfer.';
COMMENT ON COLUMN leadreturns.deliveries.cost IS
'What the supplier is paid, in the account''s currency with two decimals. Changes'
' only with the row of an attached table, by a correcting transfer.'
' Null for a buyer.';
COMMENT ON COLUMN leadreturns.deliveries.delivered_at IS
'When it was delivered: windows, cap periods and terms count from here. Default: now.';
COMMENT ON COLUMN leadreturns.deliveries.status IS
'The application''s own status; default DELIVERED. Acceptance of a return sets it, rollback puts'
' it back.';
COMMENT ON COLUMN leadreturns.deliveries.external_id IS
'Id of the lead elsewhere (uuid, CRM id), for matching.';
COMMENT ON COLUMN leadreturns.deliveries.email IS
'The lead''s address, for matching in lower case.';
COMMENT ON COLUMN leadreturns.deliveries.phone IS
'The lead''s telephone number, for matching by its digits.';
COMMENT ON COLUMN leadreturns.deliveries.replaces IS
'The accepted return (remedy replacement) that this delivery makes good; its price is 0.';
COMMENT ON COLUMN leadreturns.deliveries.deleted_at IS
'When the application deleted the lead; NULL: it has not. A deleted lead cannot be returned'
' (LR005).';
COMMENT ON COLUMN leadreturns.deliveries.currency IS
'The account''s currency. May be left out; another one is refused (LR042).';

COMMENT ON VIEW leadreturns.returns IS
'Return requests with everything a screen shows. INSERT (lead_id or delivery_id, reason, note,'
' account_id, idempotency_key) does what lr_return does; UPDATE of status makes the move that'
' the command makes, with decision_note as its note; assignee changes by itself; any other'
' column: LR070. A buyer sees its own rows, a supplier those of its own leads; staff and'
' reporting see all. Columns that are another''s affair are null. Key: return_id.';
COMMENT ON COLUMN leadreturns.returns.return_id IS 'Key.';
COMMENT ON COLUMN leadreturns.returns.delivery_id IS 'The delivery to be returned.';
COMMENT ON COLUMN leadreturns.returns.lead_id IS
'The application''s id of the lead. Sold three times, a lead has three deliveries.';
COMMENT ON COLUMN leadreturns.returns.external_id IS
'Id of the lead elsewhere (uuid, CRM id), for matching.'
' Null for reporting.';
COMMENT ON COLUMN leadreturns.returns.account_id IS 'The account the lead was delivered to.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.account IS 'Its name.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.buyer_id IS 'Whose account it is.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.buyer IS 'The buyer''s name.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.supplier_id IS 'Who supplied the lead; NULL: nobody named.'
' Null for a buyer.';
COMMENT ON COLUMN leadreturns.returns.supplier IS 'The supplier''s name.'
' Null for a buyer.';
COMMENT ON COLUMN leadreturns.returns.lead_group_id IS 'Kind of lead; NULL: none.';
COMMENT ON COLUMN leadreturns.returns.lead_group IS 'The lead group''s name.';
COMMENT ON COLUMN leadreturns.returns.reason IS 'Code of the reason.';
COMMENT ON COLUMN leadreturns.returns.reason_label IS 'Label of the reason.';
COMMENT ON COLUMN leadreturns.returns.reason_text IS
'The reason as it was given: trimmed, blanks folded, at most 75 characters.'
' Null for suppliers and reporting.';
COMMENT ON COLUMN leadreturns.returns.note IS 'What the requester added.'
' Null for suppliers and reporting.';
COMMENT ON COLUMN leadreturns.returns.status IS
'open, accepted, declined, withdrawn or rolled_back. open and accepted are live: at most one'
' live request per delivery.';
COMMENT ON COLUMN leadreturns.returns.review IS
'processed (decided), pending (open, and a rule or the buyer is next) or requires_review (open,'
' and a person must look).';
COMMENT ON COLUMN leadreturns.returns.colour IS
'For user interfaces: open orange, accepted green, declined red, others grey.';
COMMENT ON COLUMN leadreturns.returns.delivered_at IS 'When the lead was delivered.';
COMMENT ON COLUMN leadreturns.returns.requested_at IS 'When it was filed.';
COMMENT ON COLUMN leadreturns.returns.requested_by IS 'The role that filed it.'
' Null for suppliers and reporting.';
COMMENT ON COLUMN leadreturns.returns.decided_at IS
'When it was last decided (accepted, declined, withdrawn, rolled back); NULL while open.';
COMMENT ON COLUMN leadreturns.returns.decided_by IS
'The role that decided; of a rule, the one that filed the request.'
' Null for suppliers and reporting.';
COMMENT ON COLUMN leadreturns.returns.decided_how IS
'manual (a person), rule (at filing), sweep (later) or import.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.decision_note IS 'Note of the decision.'
' Null for suppliers and reporting.';
COMMENT ON COLUMN leadreturns.returns.assignee IS 'Who of the staff looks after it.'
' Null for all but staff.';
COMMENT ON COLUMN leadreturns.returns.price IS
'The delivery''s price; account''s currency, two decimals.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.cost IS
'The delivery''s cost; account''s currency, two decimals.'
' Null for a buyer.';
COMMENT ON COLUMN leadreturns.returns.credit IS
'What the buyer gets back: from 0 to the price, 0 unless accepted; account''s currency, two'
' decimals.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.clawback IS
'What is taken back from the supplier: from 0 to the cost, 0 unless accepted. Cost for a full'
' credit, else cost x credit / price rounded half up to two decimals; account''s currency.'
' Null for a buyer.';
COMMENT ON COLUMN leadreturns.returns.remedy IS
'credit (money back) or replacement (a lead is owed); NULL unless accepted.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.currency IS 'The account''s currency.';
COMMENT ON COLUMN leadreturns.returns.prior_status IS
'The delivery''s status before acceptance, which rollback restores.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.overridden IS
'Staff overrode the window or the cap for it, or accepted it beyond the cap.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.import_id IS 'The import it came from; NULL: none.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.idempotency_key IS
'The caller''s key; unique within the account, never expires.'
' Null for suppliers and reporting.';
COMMENT ON COLUMN leadreturns.returns.age_hours IS
'Hours, two decimals, from the request to its decision, or to now while it is open.';

COMMENT ON VIEW leadreturns.return_history IS
'What happened to each return, in the order of history_id. A buyer sees its own returns, staff'
' all. Key: history_id.';
COMMENT ON COLUMN leadreturns.return_history.history_id IS
'Rises, within an account, in the order in which its moves took effect.';
COMMENT ON COLUMN leadreturns.return_history.return_id IS 'The return it happened to.';
COMMENT ON COLUMN leadreturns.return_history.from_status IS
'Status before; NULL when the request was filed.';
COMMENT ON COLUMN leadreturns.return_history.to_status IS
'Status after; the same as before for a corrected reason or note.';
COMMENT ON COLUMN leadreturns.return_history.at IS 'When it happened.';
COMMENT ON COLUMN leadreturns.return_history.actor IS 'The role that did it.';
COMMENT ON COLUMN leadreturns.return_history.party_kind IS
'For whom the role acted: staff, buyer, supplier, reporting or app.';
COMMENT ON COLUMN leadreturns.return_history.party_id IS
'The buyer or supplier it acted for; NULL for the other kinds.';
COMMENT ON COLUMN leadreturns.return_history.how IS 'manual, rule, sweep or import.';
COMMENT ON COLUMN leadreturns.return_history.note IS
'The command''s note; of a corrected reason, both reasons.';
COMMENT ON COLUMN leadreturns.return_history.terms_at IS
'The terms that applied are those in force at this instant, when the lead was delivered.';

COMMENT ON VIEW leadreturns.return_thread IS
'Messages, questions and evidence of returns, in the order of message_id. A buyer sees its own'
' returns, staff all. Key: message_id.';
COMMENT ON COLUMN leadreturns.return_thread.message_id IS 'Key.';
COMMENT ON COLUMN leadreturns.return_thread.return_id IS 'The return it is about.';
COMMENT ON COLUMN leadreturns.return_thread.kind IS
'message, question (the buyer owes an answer) or evidence.';
COMMENT ON COLUMN leadreturns.return_thread.at IS 'When it was written.';
COMMENT ON COLUMN leadreturns.return_thread.author IS 'The role that wrote it.';
COMMENT ON COLUMN leadreturns.return_thread.party_kind IS
'For whom the role acted: staff, buyer, supplier, reporting or app.';
COMMENT ON COLUMN leadreturns.return_thread.party_id IS
'The buyer or supplier it acted for; NULL for the other kinds.';
COMMENT ON COLUMN leadreturns.return_thread.body IS 'The text; NULL for evidence.';
COMMENT ON COLUMN leadreturns.return_thread.uri IS
'Where the evidence is; NULL for messages and questions.';
COMMENT ON COLUMN leadreturns.return_thread.media_type IS
'Media type of the evidence, such as audio/mpeg.';
COMMENT ON COLUMN leadreturns.return_thread.sha256 IS
'SHA-256 of the evidence, 64 lower-case hexadecimal digits.';

COMMENT ON VIEW leadreturns.replacements_owed IS
'Accepted returns whose remedy is a replacement that has not been delivered yet. A buyer sees'
' its own; staff and reporting see all. Key: return_id.';
COMMENT ON COLUMN leadreturns.replacements_owed.return_id IS
'The return; give it as replaces when the replacement is delivered.';
COMMENT ON COLUMN leadreturns.replacements_owed.delivery_id IS 'The delivery that was returned.';
COMMENT ON COLUMN leadreturns.replacements_owed.lead_id IS
'The application''s id of the lead that was returned.';
COMMENT ON COLUMN leadreturns.replacements_owed.account_id IS 'The account that is owed a lead.';
COMMENT ON COLUMN leadreturns.replacements_owed.account IS 'Its name.';
COMMENT ON COLUMN leadreturns.replacements_owed.buyer_id IS 'Whose account it is.';
COMMENT ON COLUMN leadreturns.replacements_owed.buyer IS 'The buyer''s name.';
COMMENT ON COLUMN leadreturns.replacements_owed.lead_group_id IS
'Kind of the lead that was returned; NULL: none.';
COMMENT ON COLUMN leadreturns.replacements_owed.price IS
'What the returned lead was sold for; account''s currency, two decimals.';
COMMENT ON COLUMN leadreturns.replacements_owed.currency IS 'The account''s currency.';
COMMENT ON COLUMN leadreturns.replacements_owed.accepted_at IS 'Since when the lead is owed.';

COMMENT ON VIEW leadreturns.terms_history IS
'Every version of the return terms. Staff and reporting only; lr_terms shows what results for an'
' account. Key: terms_id.';
COMMENT ON COLUMN leadreturns.terms_history.terms_id IS
'Key. Of two versions with the same scope and valid_from the later id wins.';
COMMENT ON COLUMN leadreturns.terms_history.scope IS 'global, lead_group, buyer or account.';
COMMENT ON COLUMN leadreturns.terms_history.scope_id IS
'Key of the lead group, buyer or account; NULL for global.';
COMMENT ON COLUMN leadreturns.terms_history.valid_from IS
'From when the version is in force, until the scope''s next one.';
COMMENT ON COLUMN leadreturns.terms_history.settings IS
'All settings of the scope in this version, as a JSON object from name to value.';
COMMENT ON COLUMN leadreturns.terms_history.set_at IS 'When it was set.';
COMMENT ON COLUMN leadreturns.terms_history.set_by IS 'The role that set it.';

COMMENT ON VIEW leadreturns.closed_periods IS
'Billing periods that lr_close_period closed. A buyer sees its own accounts; staff and reporting'
' see all. Key: account_id, ends_before.';
COMMENT ON COLUMN leadreturns.closed_periods.account_id IS 'The account.';
COMMENT ON COLUMN leadreturns.closed_periods.account IS 'Its name.';
COMMENT ON COLUMN leadreturns.closed_periods.starts_on IS
'First day of the period: the former one''s ends_before; NULL: from the beginning.';
COMMENT ON COLUMN leadreturns.closed_periods.ends_before IS 'The first day that stayed open.';
COMMENT ON COLUMN leadreturns.closed_periods.ends_at IS
'That day''s first instant, in the zone of the account''s terms at the closing.';
COMMENT ON COLUMN leadreturns.closed_periods.closed_at IS 'When it was closed.';
COMMENT ON COLUMN leadreturns.closed_periods.closed_by IS 'The role that closed it.'
' Null for reporting.';

COMMENT ON VIEW leadreturns.ledger IS
'Every transfer with both its ledger accounts. Staff only. Key: transfer_id.';
COMMENT ON COLUMN leadreturns.ledger.transfer_id IS 'Key.';
COMMENT ON COLUMN leadreturns.ledger.posted_at IS
'When it counts: of a sale the delivery''s instant; else the time of posting, or the start of'
' the account''s open period if that is later.';
COMMENT ON COLUMN leadreturns.ledger.kind IS
'sale, payout_due, credit, clawback, credit_reversed, clawback_reversed, deposit, payment,'
' payout or adjustment.';
COMMENT ON COLUMN leadreturns.ledger.debit_account IS
'What the amount is taken from: wallet or receivable (of a delivery account), supplier, revenue,'
' cost, cash or adjustments.';
COMMENT ON COLUMN leadreturns.ledger.debit_id IS
'Key of the account or supplier that is debited; NULL for the other ledger accounts.';
COMMENT ON COLUMN leadreturns.ledger.credit_account IS 'What the amount goes to; the same words.';
COMMENT ON COLUMN leadreturns.ledger.credit_id IS
'Key of the account or supplier that is credited; NULL for the other ledger accounts.';
COMMENT ON COLUMN leadreturns.ledger.amount IS 'Above 0, two decimals.';
COMMENT ON COLUMN leadreturns.ledger.currency IS 'Of the amount.';
COMMENT ON COLUMN leadreturns.ledger.delivery_id IS
'The delivery it belongs to; NULL for money posted with lr_post.';
COMMENT ON COLUMN leadreturns.ledger.return_id IS 'The return it belongs to; NULL for others.';
COMMENT ON COLUMN leadreturns.ledger.reverses IS 'The transfer it takes back, wholly or in part.';
COMMENT ON COLUMN leadreturns.ledger.actor IS 'The role that posted it.';
COMMENT ON COLUMN leadreturns.ledger.note IS 'The note given to lr_post.';

COMMENT ON VIEW leadreturns.account_statement IS
'Every posting to each delivery account, with the balance after it, in the order of posted_at'
' and transfer_id. A buyer sees its own accounts, staff all. Key: transfer_id.';
COMMENT ON COLUMN leadreturns.account_statement.account_id IS 'The account.';
COMMENT ON COLUMN leadreturns.account_statement.account IS 'Its name.';
COMMENT ON COLUMN leadreturns.account_statement.buyer_id IS 'Whose account it is.';
COMMENT ON COLUMN leadreturns.account_statement.currency IS 'The account''s currency.';
COMMENT ON COLUMN leadreturns.account_statement.posted_at IS
'When it counts: of a sale the delivery''s instant; else the time of posting, or the start of'
' the account''s open period if that is later.';
COMMENT ON COLUMN leadreturns.account_statement.transfer_id IS 'The transfer.';
COMMENT ON COLUMN leadreturns.account_statement.kind IS
'sale, credit, credit_reversed, deposit, payment or adjustment.';
COMMENT ON COLUMN leadreturns.account_statement.delivery_id IS
'The delivery it belongs to; NULL for money posted with lr_post.';
COMMENT ON COLUMN leadreturns.account_statement.lead_id IS
'The application''s id of the lead; NULL for money posted with lr_post.';
COMMENT ON COLUMN leadreturns.account_statement.return_id IS
'The return it belongs to; NULL for others.';
COMMENT ON COLUMN leadreturns.account_statement.debit IS
'The amount if it is charged to the account, else 0; account''s currency, two decimals.';
COMMENT ON COLUMN leadreturns.account_statement.credit IS
'The amount if it is granted to the account, else 0; account''s currency, two decimals.';
COMMENT ON COLUMN leadreturns.account_statement.balance IS
'After this posting. Of a wallet: credits less debits, what is left. Of a receivable: debits'
' less credits, what the buyer owes. Account''s currency, two decimals.';
COMMENT ON COLUMN leadreturns.account_statement.note IS 'The note given to lr_post.';

COMMENT ON VIEW leadreturns.supplier_statement IS
'Every posting to each supplier, with the balance of that currency after it, in the order of'
' posted_at and transfer_id. A supplier sees its own rows and no buyer''s price,'
' staff all. Key: transfer_id.';
COMMENT ON COLUMN leadreturns.supplier_statement.supplier_id IS 'The supplier.';
COMMENT ON COLUMN leadreturns.supplier_statement.supplier IS 'Its name.';
COMMENT ON COLUMN leadreturns.supplier_statement.currency IS
'Of the amounts and the balance; a supplier has one balance per currency.';
COMMENT ON COLUMN leadreturns.supplier_statement.posted_at IS
'When it counts: of a sale the delivery''s instant; else the time of posting, or the start of'
' the account''s open period if that is later.';
COMMENT ON COLUMN leadreturns.supplier_statement.transfer_id IS 'The transfer.';
COMMENT ON COLUMN leadreturns.supplier_statement.kind IS
'payout_due, clawback, clawback_reversed or payout.';
COMMENT ON COLUMN leadreturns.supplier_statement.delivery_id IS
'The delivery it belongs to; NULL for money posted with lr_post.';
COMMENT ON COLUMN leadreturns.supplier_statement.lead_id IS
'The application''s id of the lead; NULL for a payout.';
COMMENT ON COLUMN leadreturns.supplier_statement.return_id IS
'The return it belongs to; NULL for others.';
COMMENT ON COLUMN leadreturns.supplier_statement.reason IS
'Code of the return''s reason; NULL for other postings.';
COMMENT ON COLUMN leadreturns.supplier_statement.debit IS
'The amount if it lowers what the supplier is owed, else 0; two decimals.';
COMMENT ON COLUMN leadreturns.supplier_statement.credit IS
'The amount if it raises what the supplier is owed, else 0; two decimals.';
COMMENT ON COLUMN leadreturns.supplier_statement.balance IS
'What the supplier is owed after this posting: credits less debits. Below 0 the rest is set off'
' against later payouts. Two decimals.';
COMMENT ON COLUMN leadreturns.supplier_statement.note IS 'The note given to lr_post.';

COMMENT ON VIEW leadreturns.balances IS
'The balance of every ledger account, one row per currency. A buyer sees its own accounts, a'
' supplier its own; staff and reporting see all. Key: ledger_account, party_id, currency.';
COMMENT ON COLUMN leadreturns.balances.ledger_account IS
'wallet, receivable, supplier, revenue, cost, cash or adjustments.';
COMMENT ON COLUMN leadreturns.balances.party_id IS
'Key of the account (wallet, receivable) or of the supplier; NULL for the others.';
COMMENT ON COLUMN leadreturns.balances.party IS 'Its name.';
COMMENT ON COLUMN leadreturns.balances.currency IS
'Of the balance; balances of different currencies are never added.';
COMMENT ON COLUMN leadreturns.balances.balance IS
'Two decimals. wallet: what is left of it; receivable: what the buyer owes; supplier: what it is'
' owed; revenue: earned; cost, cash and adjustments: debits less credits. May be below 0.';

-- Indexes: which query needs each.

COMMENT ON INDEX leadreturns.delivery_lead_idx IS
'Finds the deliveries of a lead: lr_return, lr_rollback_return.';
COMMENT ON INDEX leadreturns.delivery_account_idx IS
'The deliveries of one account by date: counts a new cap period once, and rolling caps.';
COMMENT ON INDEX leadreturns.delivery_external_idx IS 'lr_return_by_key with key_kind external_id.';
COMMENT ON INDEX leadreturns.delivery_email_idx IS 'lr_return_by_key with key_kind email.';
COMMENT ON INDEX leadreturns.delivery_phone_idx IS 'lr_return_by_key with key_kind phone.';
COMMENT ON INDEX leadreturns.delivery_replaces_key IS
'A return is replaced once; view replacements_owed.';
COMMENT ON INDEX leadreturns.request_delivery_idx IS
'The requests of one delivery: has it been asked for, is one live.';
COMMENT ON INDEX leadreturns.request_account_idx IS
'The requests of one account by date: rolling caps, a new cap period, lr_set_terms.';
COMMENT ON INDEX leadreturns.request_idempotency_key IS 'A repeated call finds its first result.';
COMMENT ON INDEX leadreturns.one_live_return_per_delivery IS
'At most one open or accepted request per delivery, on every path.';
COMMENT ON INDEX leadreturns.history_return_idx IS 'The life of one return.';
COMMENT ON INDEX leadreturns.message_return_idx IS 'The thread of one return.';
COMMENT ON INDEX leadreturns.transfer_account_idx IS
'account_statement and the balance of one account.';
COMMENT ON INDEX leadreturns.transfer_supplier_idx IS
'supplier_statement, the balance and the currencies of one supplier.';
COMMENT ON INDEX leadreturns.volume_delta_account_idx IS
'The deliveries of one account that are not folded yet.';
COMMENT ON INDEX leadreturns.terms_scope_idx IS 'The versions of one scope.';
COMMENT ON INDEX leadreturns.account_buyer_idx IS
'The accounts of one buyer: lr_set_terms at scope buyer, and what a buyer sees.';
COMMENT ON INDEX leadreturns.reason_alias_key IS
'Aliases stay distinct when case and punctuation are ignored, as matching does.';
COMMENT ON INDEX leadreturns.reason_alias_code_idx IS
'The aliases of one reason: its foreign key and lr_merge_reason.';

-- The public functions, wherever they were installed.

COMMENT ON FUNCTION lr_deliver(
    bigint, bigint, bigint, numeric, numeric, bigint, timestamptz, text, text, text, text, bigint)
    IS
'Records that a lead was delivered to an account and posts its price to the account and its cost'
' to the supplier. Amounts are in the account''s currency with two decimals; delivered_at is now'
' and status DELIVERED unless given. Staff only. replaces names an accepted return whose remedy'
' is a replacement; the price is 0 then.'
' Errors: LR001, LR003, LR012, LR013, LR040, LR041; 23502 without lead_id or account_id, 23503'
' for an unknown account, supplier or lead group.'
' Example: SELECT * FROM lr_deliver(42, 7, supplier_id => 3, price => 25.00, cost => 10.00)';

COMMENT ON FUNCTION lr_return(bigint, text, text, bigint, text, boolean) IS
'Asks to return a lead, and accepts it at once if the terms say so. A buyer returns its own'
' deliveries; staff any, naming the account if the lead was sold to several. override lets staff'
' pass the window and the cap, with a note. A known idempotency_key answers with the first'
' result. By count a cap allows floor(percent / 100 x deliveries) returns, by value percent /'
' 100 x delivered value.'
' Errors: LR001, LR002, LR004, LR005, LR010, LR011, LR015, LR020, LR021, LR022, LR023, LR030,'
' LR031, LR032, LR033, LR050.'
' Example: SELECT * FROM lr_return(42, ''duplicate'', idempotency_key => ''crm-981'')';

COMMENT ON FUNCTION lr_return_by_key(text, text, text, text, bigint, text, boolean) IS
'lr_return for a lead that is known by another key: key_kind is external_id, email (any case) or'
' phone (its digits).'
' Errors: those of lr_return; 22023 for another key_kind.'
' Example: SELECT * FROM lr_return_by_key(''email'', ''Ann@Example.com'', ''duplicate'')';

COMMENT ON FUNCTION lr_check_return(bigint, text, bigint) IS
'Whether lr_return would take this request, without writing: every violated condition in the'
' order of the checks, the window (both ends inclusive), the cap (requests, or money if it'
' counts by value; NULL: none binds) and what acceptance would move. A note that the reason'
' needs is taken for given.'
' Errors: LR001; what the request itself would raise is in violations.'
' Example: SELECT eligible, violations, capacity_left FROM lr_check_return(42, ''duplicate'')';

COMMENT ON FUNCTION lr_accept(bigint, text, numeric, numeric, text, text, boolean, boolean) IS
'Accepts an open or declined return: credits the buyer, claws back from the supplier, sets the'
' delivery''s status. credit: above 0, at most the price (default), two decimals. clawback: at'
' most the cost; by default as the setting clawback says, cost x credit / price rounded half up'
' to two decimals. status and remedy replace those of the terms. A declined one must fit the'
' cap, or override with a note. Staff only.'
' Errors: LR001, LR003, LR005, LR010, LR011, LR013, LR023, LR033, LR040; 22023 for another'
' remedy.'
' Example: SELECT * FROM lr_accept(12, note => ''half the price'', credit => 12.50)';

COMMENT ON FUNCTION lr_decline(bigint, text, boolean) IS
'Declines an open return; it frees the cap. Staff only.'
' Errors: LR001, LR003, LR013.'
' Example: SELECT * FROM lr_decline(12, ''the call was answered'')';

COMMENT ON FUNCTION lr_withdraw(bigint, text) IS
'Takes back an open return; it frees the cap. By its buyer or by staff.'
' Errors: LR001, LR003, LR013.'
' Example: SELECT * FROM lr_withdraw(12, ''reached the person after all'')';

COMMENT ON FUNCTION lr_reopen(bigint, text, boolean) IS
'Opens a declined return again, for a person to decide. It reserves cap capacity anew, unless'
' staff overrides with a note; the window is not looked at again. Staff only.'
' Errors: LR001, LR003, LR005, LR010, LR011, LR013, LR015, LR023, LR033.'
' Example: SELECT * FROM lr_reopen(12, ''new evidence'')';

COMMENT ON FUNCTION lr_rollback_return(bigint, text, bigint, boolean) IS
'Undoes the accepted return of a lead: posts exact counter-transfers, restores the delivery''s'
' prior status and frees the cap. Staff only.'
' Errors: LR001, LR002, LR004, LR012, LR014.'
' Example: SELECT * FROM lr_rollback_return(42, ''accepted by mistake'')';

COMMENT ON FUNCTION lr_correct_reason(bigint, text, text) IS
'Gives a return another reason. Reports follow, the history keeps both, no money moves. Staff'
' only.'
' Errors: LR001, LR003, LR030, LR031, LR032, LR033.'
' Example: SELECT * FROM lr_correct_reason(12, ''bad_contact_info'', ''the number is dead'')';

COMMENT ON FUNCTION lr_merge_reason(text, text) IS
'Folds one reason into another and returns the number of returns that moved. The former is'
' retired; its aliases, and whatever is given as it later, mean the other. Waits for all'
' accounts. Staff only.'
' Errors: LR001, LR031, LR032.'
' Example: SELECT lr_merge_reason(''dead_phone'', ''bad_contact_info'')';

COMMENT ON FUNCTION lr_message(bigint, text) IS
'Adds a message to an open or declined return, from the buyer or from staff. The buyer''s'
' message answers a question.'
' Errors: LR001, LR003, LR013, LR033 for an empty body.'
' Example: SELECT * FROM lr_message(12, ''we called three times'')';

COMMENT ON FUNCTION lr_request_info(bigint, text) IS
'Asks the buyer about an open or declined return. No rule accepts an open one any more: after'
' the answer a person decides. Staff only.'
' Errors: LR001, LR003, LR013, LR033 for an empty body.'
' Example: SELECT * FROM lr_request_info(12, ''when did you call?'')';

COMMENT ON FUNCTION lr_attach_evidence(bigint, text, text, text) IS
'Adds a reference to a file (not its bytes) to an open or declined return, from the buyer or'
' from staff. sha256 is 64 hexadecimal digits.'
' Errors: LR001, LR003, LR013; 22023 for an empty uri or a malformed sha256.'
' Example: SELECT * FROM lr_attach_evidence(12, ''https://files.example/call.mp3'','
' ''audio/mpeg'')';

COMMENT ON FUNCTION lr_assign(bigint, text) IS
'Says who of the staff looks after a return; NULL takes the assignment away. Staff only.'
' Errors: LR001, LR003.'
' Example: SELECT * FROM lr_assign(12, ''maria'')';

COMMENT ON FUNCTION lr_set_terms(text, bigint, jsonb, timestamptz) IS
'Adds a version of the return terms of a scope: global, lead_group, buyer or account (scope_id).'
' The settings given change those in force before; null takes one away. valid_from is now unless'
' given; a past one is refused where a delivery that has a request would get other terms. Staff'
' only.'
' Errors: LR001, LR060.'
' Example: SELECT * FROM lr_set_terms(''account'', 7, ''{"max_return_percent": 15, "max_age":'
' "14 days"}'')';

COMMENT ON FUNCTION lr_terms(bigint, bigint, timestamptz) IS
'Every setting as it stands for an account (and lead group) at an instant, now unless given,'
' with the scope it came from; scope default is built in. A buyer reads its own accounts.'
' Errors: LR001; 23503 for an unknown account.'
' Example: SELECT setting, value, scope FROM lr_terms(7)';

COMMENT ON FUNCTION lr_post(text, bigint, numeric, text, text) IS
'Posts money: deposit, payment or adjustment to an account (party_id), payout to a supplier.'
' Amounts are above 0 with two decimals; a negative adjustment charges the account. currency is'
' the account''s, or for a supplier owed in several the one that is meant. Staff only.'
' Errors: LR001, LR040, LR042; 22023 for another kind, 23503 for an unknown party.'
' Example: SELECT * FROM lr_post(''deposit'', 7, 500.00, ''bank transfer'')';

COMMENT ON FUNCTION lr_close_period(bigint, date) IS
'Closes an account''s billing period: everything before the start of the day ends_before, in the'
' zone of its terms, is final. Later returns post to the open period. Waits for deliveries in'
' flight. Staff only.'
' Errors: LR001, LR041 if that is closed already; 22023 if it has not ended, 23503 for an'
' unknown account.'
' Example: SELECT * FROM lr_close_period(7, ''2026-02-01'')';

COMMENT ON FUNCTION lr_act_as(text, bigint) IS
'Until the end of the transaction an application server (kind app) acts for a party: staff,'
' reporting, or a buyer or supplier by id. Returns who it now is.'
' Errors: LR001 for a caller that is no app; 22023 for an impossible party.'
' Example: SELECT * FROM lr_act_as(''buyer'', 5)';

COMMENT ON FUNCTION lr_whoami() IS
'The caller''s role, the kind of party it acts for (none, staff, app, buyer, supplier,'
' reporting), and the id of that buyer or supplier.'
' Errors: none.'
' Example: SELECT role, kind, party_id FROM lr_whoami()';

COMMENT ON FUNCTION lr_grant(regrole, text, bigint) IS
'Ties a database role to a party and grants it what that kind needs: staff, app, reporting, or'
' buyer or supplier with its id. A role acts for one buyer or supplier. Granted to a group, it'
' holds for the members that inherit. Staff only.'
' Errors: LR001; 22023 for an impossible party; 42710 for a role that acts for another one.'
' Example: SELECT * FROM lr_grant(''acme_web'', ''buyer'', 5)';

COMMENT ON FUNCTION lr_revoke(regrole, text, bigint) IS
'Takes back what lr_grant gave, but for what another grant of the role still needs; true if'
' there was such a grant. With party_id only a grant for that party counts. Staff only.'
' Errors: LR001.'
' Example: SELECT lr_revoke(''acme_web'', ''buyer'')';

COMMENT ON FUNCTION lr_reconcile() IS
'Checks that everything agrees: states with history, ledger, caps, rates and files, references'
' that have no foreign key. Each row names a disagreement; no row means there is none. Reads all'
' records.'
' Errors: none.'
' Example: SELECT check_name, object_id, detail FROM lr_reconcile()';
COMMENT ON FUNCTION lr_spreadsheet_text(text) IS
'Text as it can stand in a CSV file that people open in a spreadsheet: an apostrophe is put before'
' what would be taken for a formula there (=, +, -, @, tab or a line end first). It changes'
' the text, so use it for such files only: COPY (SELECT lr_spreadsheet_text(buyer), returned FROM'
' leadreturns.return_rate_by_buyer) TO STDOUT CSV HEADER. Source: OWASP, "CSV Injection".'
' Errors: none. Example: SELECT lr_spreadsheet_text(''=1+1'').';
-- What everything about the sweep, files of returns and pg_cron is.

COMMENT ON TABLE leadreturns.sweep_heartbeat IS
'What the last sweep did: one row, which each sweep writes anew. Not part of a dump. Read the view'
' sweep_health.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.heartbeat_id IS 'Key; always 1.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.last_run_at IS
'When a sweep last wrote this row; NULL: never.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.last_run_by IS 'The role that ran it.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.duration_ms IS
'How long it has taken so far, all its batches together; milliseconds, three decimals.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.accepted IS
'Returns that it accepted, by rule or at the end of review_timeout.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.declined IS
'Returns that it declined at the end of review_timeout.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.handed_over IS
'Returns that it left to a person, because their lead is deleted.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.consolidated IS
'Rows that it folded: deliveries of volume_delta into the counters of cap_period, rows of'
' rate_delta'
' into the rollups.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.released IS
'Notifications whose lease had run out, which it took back or gave up.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.skipped IS
'Due returns that its last batch left, because another session held their delivery or account.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.failed IS
'Due returns that its last batch could not decide for an unexpected error; the log has it.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.remaining IS
'Due returns that were left when it wrote this row.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.oldest_due_at IS
'When the longest overdue of those became due; NULL: none is left.';

COMMENT ON TABLE leadreturns.import IS
'Files of returns, one row each, with how far each is. Read the view import_progress.';
COMMENT ON COLUMN leadreturns.import.import_id IS 'Key.';
COMMENT ON COLUMN leadreturns.import.name IS 'What the file is called; not empty, not unique.';
COMMENT ON COLUMN leadreturns.import.match_by IS
'What the key of a line is: lead_id, external_id, email or phone.';
COMMENT ON COLUMN leadreturns.import.reason IS 'Reason of lines that give none; NULL: none.';
COMMENT ON COLUMN leadreturns.import.undo IS
'true: the lines roll accepted returns back; false: they file returns.';
COMMENT ON COLUMN leadreturns.import.buyer_id IS
'The buyer whose deliveries are meant; NULL: anybody''s.';
COMMENT ON COLUMN leadreturns.import.owner_id IS
'The buyer that made it and sees it; NULL: staff made it.';
COMMENT ON COLUMN leadreturns.import.status IS
'new (not begun), verified, running (begun and not at the end), cancelled, done or undone.';
COMMENT ON COLUMN leadreturns.import.total IS 'Lines loaded; the header and blank lines are none.';
COMMENT ON COLUMN leadreturns.import.last_line IS 'Number of the last line loaded.';
COMMENT ON COLUMN leadreturns.import.position IS
'Lines up to this number have been seen to; a step goes on behind it.';
COMMENT ON COLUMN leadreturns.import.returned IS
'Lines with the status returned, requested or rolled_back.';
COMMENT ON COLUMN leadreturns.import.failed IS
'Lines with the status already_returned, not_returnable or unknown_lead.';
COMMENT ON COLUMN leadreturns.import.errors IS 'Lines with the status malformed or error.';
COMMENT ON COLUMN leadreturns.import.credit IS
'Sum of what the lines credited, whatever their currencies; two decimals.';
COMMENT ON COLUMN leadreturns.import.clawback IS
'Sum of what the lines clawed back, whatever their currencies; two decimals.';
COMMENT ON COLUMN leadreturns.import.undone IS 'Lines that lr_import_undo took back.';
COMMENT ON COLUMN leadreturns.import.conflicts IS 'Lines that the last lr_import_undo could not.';
COMMENT ON COLUMN leadreturns.import.verified_returned IS
'What returned would have risen by, at the last verification; NULL: never verified.';
COMMENT ON COLUMN leadreturns.import.verified_failed IS
'What failed would have risen by, at the last verification.';
COMMENT ON COLUMN leadreturns.import.verified_errors IS
'What errors would have risen by, at the last verification.';
COMMENT ON COLUMN leadreturns.import.verified_credit IS
'What credit would have risen by, at the last verification; two decimals.';
COMMENT ON COLUMN leadreturns.import.verified_clawback IS
'What clawback would have risen by, at the last verification; two decimals.';
COMMENT ON COLUMN leadreturns.import.cap_crossed_line IS
'The first line that the last verification found beyond a cap; NULL: none.';
COMMENT ON COLUMN leadreturns.import.created_at IS 'When it was created.';
COMMENT ON COLUMN leadreturns.import.created_by IS 'The role that created it.';
COMMENT ON COLUMN leadreturns.import.verified_at IS 'When it was last verified; NULL: never.';
COMMENT ON COLUMN leadreturns.import.started_at IS
'When its first line was worked on; NULL: not yet.';
COMMENT ON COLUMN leadreturns.import.updated_at IS 'When this row last changed.';
COMMENT ON COLUMN leadreturns.import.finished_at IS
'When its last line was worked on; NULL: not yet, or not since more is to be done.';

COMMENT ON TABLE leadreturns.import_chunk IS
'The files as they came, cut into pieces of about 64 KiB that end where a record ends. The parser'
' reads them again whenever lines are needed; function import_lines shows them.';
COMMENT ON COLUMN leadreturns.import_chunk.import_id IS
'The import. No foreign key: the import is locked while its file is loaded, and never deleted.';
COMMENT ON COLUMN leadreturns.import_chunk.last_line IS 'Number of its last line.';
COMMENT ON COLUMN leadreturns.import_chunk.first_line IS 'Number of its first line.';
COMMENT ON COLUMN leadreturns.import_chunk.by_row IS
'true: rows of import_upload, each of which is one line, whatever line breaks it has.';
COMMENT ON COLUMN leadreturns.import_chunk.encoding IS 'Encoding of the bytes.';
COMMENT ON COLUMN leadreturns.import_chunk.delimiter IS 'What stands between fields: one byte.';
COMMENT ON COLUMN leadreturns.import_chunk.fields IS 'Number of fields in the header.';
COMMENT ON COLUMN leadreturns.import_chunk.key_field IS 'Place of the key, from 0.';
COMMENT ON COLUMN leadreturns.import_chunk.reason_field IS
'Place of the reason, from 0; -1: there is none.';
COMMENT ON COLUMN leadreturns.import_chunk.note_field IS
'Place of the note, from 0; -1: there is none.';
COMMENT ON COLUMN leadreturns.import_chunk.body IS 'The bytes, not compressed.';

COMMENT ON TABLE leadreturns.import_verdict IS
'What each line would do, from the last lr_import_verify of its import. Read import_results.';
COMMENT ON TABLE leadreturns.import_outcome IS
'What each line has done. A row is written in the transaction of the return it tells of, changed by'
' lr_import_undo alone and deleted by lr_import_retry alone. Read import_results.';
COMMENT ON COLUMN leadreturns.import_outcome.return_id IS
'The return it filed or rolled back; NULL: none.';
COMMENT ON COLUMN leadreturns.import_outcome.undo_status IS
'What lr_import_undo did: undone or conflict; NULL: it has not tried.';
COMMENT ON COLUMN leadreturns.import_outcome.undo_sqlstate IS
'Of a conflict, the SQLSTATE of what is in the way.';
COMMENT ON COLUMN leadreturns.import_outcome.undo_detail IS 'Of a conflict, the facts.';

-- the columns that both have
DO $$
DECLARE
    told record;
    name text;
BEGIN
    FOREACH name IN ARRAY '{import_verdict,import_outcome}'::text[]
    LOOP
        FOR told IN
            SELECT * FROM (VALUES
                ('import_id',
                 'The import. No foreign key: the import is locked, and never deleted.'),
                ('line_no', 'Number of the line; the header is line 1.'),
                ('status', 'returned (filed and accepted), requested (filed, waits for a decision),'
                 ' rolled_back, already_returned, not_returnable, unknown_lead, malformed or'
                 ' error.'),
                ('sqlstate', 'Of a line that failed, which condition it met; NULL: none.'),
                ('detail', 'The facts of that condition.'),
                ('hint', 'Its remedy, if another than that of table error_code.'),
                ('lead_id', 'The lead that the key means; NULL: none was found.'),
                ('delivery_id', 'The delivery that the key means; NULL: none was found.'),
                ('account_id', 'The account of that delivery.'),
                ('over_cap', 'Taken beyond the cap (at_cap = review): only a person accepts it.'),
                ('credit', 'What the buyer gets; account''s currency, two decimals.'),
                ('clawback', 'What the supplier gives back; account''s currency, two decimals.'))
                AS v (column_name, meaning)
        LOOP
            EXECUTE pg_catalog.format('COMMENT ON COLUMN leadreturns.%I.%I IS %L', name,
                                      told.column_name, told.meaning);
        END LOOP;
    END LOOP;
END;
$$;

COMMENT ON TABLE leadreturns.import_cancel IS
'Wishes to stop an import, from lr_import_cancel while another session is at work on it. That'
' session looks here between its batches and deletes them.';
COMMENT ON COLUMN leadreturns.import_cancel.import_id IS
'The import. No foreign key: it would wait for the session at work.';
COMMENT ON COLUMN leadreturns.import_cancel.cancelled_at IS 'When it was asked for.';
COMMENT ON COLUMN leadreturns.import_cancel.cancelled_by IS 'The role that asked for it.';

COMMENT ON INDEX leadreturns.request_due_idx IS
'What the sweep will decide, the longest overdue first; decided returns are not in it.';
COMMENT ON INDEX leadreturns.import_cancel_idx IS 'Is this import to stop?';

COMMENT ON VIEW leadreturns.sweep_health IS
'One row: what the last sweep did, what is overdue now, and whether that is late. Staff and'
' reporting only. One row.';
COMMENT ON COLUMN leadreturns.sweep_health.last_run_at IS
'When a sweep was last seen at work; NULL: never.';
COMMENT ON COLUMN leadreturns.sweep_health.last_run_by IS 'The role that ran it.';
COMMENT ON COLUMN leadreturns.sweep_health.duration_ms IS
'How long it has taken so far, all its batches together; milliseconds, three decimals.';
COMMENT ON COLUMN leadreturns.sweep_health.accepted IS
'Returns that it accepted, by rule or at the end of review_timeout.';
COMMENT ON COLUMN leadreturns.sweep_health.declined IS
'Returns that it declined at the end of review_timeout.';
COMMENT ON COLUMN leadreturns.sweep_health.handed_over IS
'Returns that it left to a person, because their lead is deleted.';
COMMENT ON COLUMN leadreturns.sweep_health.consolidated IS
'Rows that it folded: deliveries for the caps, and rows of rate_delta for the reports.';
COMMENT ON COLUMN leadreturns.sweep_health.released IS
'Notifications whose lease had run out, which it took back or gave up.';
COMMENT ON COLUMN leadreturns.sweep_health.skipped IS
'Due returns that its last batch left, because another session held their delivery or account.';
COMMENT ON COLUMN leadreturns.sweep_health.failed IS
'Due returns that its last batch could not decide for an unexpected error; the log has it.';
COMMENT ON COLUMN leadreturns.sweep_health.remaining IS 'Due returns that it left.';
COMMENT ON COLUMN leadreturns.sweep_health.overdue IS 'Returns that are due now.';
COMMENT ON COLUMN leadreturns.sweep_health.oldest_due_at IS
'When the longest overdue of those became due; NULL: none is.';
COMMENT ON COLUMN leadreturns.sweep_health.oldest_overdue_seconds IS
'How long ago that was; seconds, two decimals.';
COMMENT ON COLUMN leadreturns.sweep_health.rate_deltas IS
'Rows of rate_delta that are not folded into the rollups yet; reports get slower as they grow.';
COMMENT ON COLUMN leadreturns.sweep_health.late IS
'true when something has been due for more than five minutes.';

COMMENT ON VIEW leadreturns.import_upload IS
'INSERT and COPY of rows that become lines of an import, in their order. It shows nothing.'
' Line numbers go on from those that the import has; from 1 if it has none.';
COMMENT ON COLUMN leadreturns.import_upload.import_id IS
'The import; NULL: the one that this session created last.';
COMMENT ON COLUMN leadreturns.import_upload.key IS
'Lead id, external id, e-mail address or telephone number, as the import''s match_by says.';
COMMENT ON COLUMN leadreturns.import_upload.reason IS 'NULL or blank: the import''s own.';
COMMENT ON COLUMN leadreturns.import_upload.note IS 'NULL or blank: none.';

COMMENT ON VIEW leadreturns.import_progress IS
'Files of returns, one row each, and how far each is: it changes with each batch. A buyer sees the'
' files it made, staff all. Key: import_id.';
COMMENT ON COLUMN leadreturns.import_progress.import_id IS 'Key.';
COMMENT ON COLUMN leadreturns.import_progress.name IS 'What the file is called.';
COMMENT ON COLUMN leadreturns.import_progress.status IS
'new (not begun), verified, running (begun and not at the end), cancelling (to stop after the'
' batch in flight), cancelled, done or undone.';
COMMENT ON COLUMN leadreturns.import_progress.total IS
'Lines loaded; the header and blank lines are none.';
COMMENT ON COLUMN leadreturns.import_progress.done IS 'returned + failed + errors.';
COMMENT ON COLUMN leadreturns.import_progress.returned IS
'Lines with the status returned, requested or rolled_back.';
COMMENT ON COLUMN leadreturns.import_progress.failed IS
'Lines with the status already_returned, not_returnable or unknown_lead.';
COMMENT ON COLUMN leadreturns.import_progress.errors IS
'Lines with the status malformed or error.';
COMMENT ON COLUMN leadreturns.import_progress.remaining IS 'total - done.';
COMMENT ON COLUMN leadreturns.import_progress.started_at IS
'When its first line was worked on; NULL: not yet.';
COMMENT ON COLUMN leadreturns.import_progress.finished_at IS
'When its last line was worked on; NULL: not yet, or not since more is to be done.';
COMMENT ON COLUMN leadreturns.import_progress.match_by IS
'What the key of a line is: lead_id, external_id, email or phone.';
COMMENT ON COLUMN leadreturns.import_progress.reason IS
'Reason of lines that give none; NULL: none.';
COMMENT ON COLUMN leadreturns.import_progress.undo IS
'true: the lines roll accepted returns back; false: they file returns.';
COMMENT ON COLUMN leadreturns.import_progress.buyer_id IS
'The buyer whose deliveries are meant; NULL: anybody''s.';
COMMENT ON COLUMN leadreturns.import_progress.credit IS
'Sum of what the lines credited when they ran, whatever their currencies; two decimals.'
' import_summary tells currencies apart.';
COMMENT ON COLUMN leadreturns.import_progress.clawback IS
'Likewise what they clawed back; NULL for a buyer.';
COMMENT ON COLUMN leadreturns.import_progress.undone IS 'Lines that lr_import_undo took back.';
COMMENT ON COLUMN leadreturns.import_progress.conflicts IS
'Lines that the last lr_import_undo could not take back; import_results says why.';
COMMENT ON COLUMN leadreturns.import_progress.verified_at IS
'When it was last verified; NULL: never.';
COMMENT ON COLUMN leadreturns.import_progress.verified_returned IS
'What returned would have risen by, at the last verification.';
COMMENT ON COLUMN leadreturns.import_progress.verified_failed IS
'What failed would have risen by, at the last verification.';
COMMENT ON COLUMN leadreturns.import_progress.verified_errors IS
'What errors would have risen by, at the last verification.';
COMMENT ON COLUMN leadreturns.import_progress.verified_credit IS
'What credit would have risen by, at the last verification; two decimals.';
COMMENT ON COLUMN leadreturns.import_progress.verified_clawback IS
'What clawback would have risen by, at the last verification; NULL for a buyer.';
COMMENT ON COLUMN leadreturns.import_progress.cap_crossed_line IS
'The first line that the last verification found beyond a cap; NULL: none.';
COMMENT ON COLUMN leadreturns.import_progress.created_at IS 'When it was created.';
COMMENT ON COLUMN leadreturns.import_progress.created_by IS 'The role that created it.';
COMMENT ON COLUMN leadreturns.import_progress.updated_at IS
'When it last changed: after each batch.';

COMMENT ON VIEW leadreturns.import_results IS
'Each line of each file: as it came, as it was read, what it did and what the last verification'
' said of it. Name the import_id: each file shown is read from its beginning. A buyer sees the'
' files it made, staff all. Key: import_id, line_no.';
COMMENT ON COLUMN leadreturns.import_results.import_id IS 'The import.';
COMMENT ON COLUMN leadreturns.import_results.line_no IS
'Number of the line on which the record starts; the header is line 1. Of import_upload, the row.';
COMMENT ON COLUMN leadreturns.import_results.raw IS
'The record as it came; bytes that are not valid are shown as \xNN.';
COMMENT ON COLUMN leadreturns.import_results.key IS 'The key as read; NULL: it could not be.';
COMMENT ON COLUMN leadreturns.import_results.reason IS 'The reason as read; NULL: none.';
COMMENT ON COLUMN leadreturns.import_results.note IS 'The note as read; NULL: none.';
COMMENT ON COLUMN leadreturns.import_results.status IS
'pending (not worked on yet), returned (filed and accepted), requested (filed, waits for a'
' decision), rolled_back, already_returned, not_returnable, unknown_lead, malformed or error.';
COMMENT ON COLUMN leadreturns.import_results.sqlstate IS
'Of a line that failed, which condition it met: LRnnn; 22P04 if it is malformed; else what error'
' the server met.';
COMMENT ON COLUMN leadreturns.import_results.condition IS 'Name of that condition (error_code).';
COMMENT ON COLUMN leadreturns.import_results.message IS 'Its message.';
COMMENT ON COLUMN leadreturns.import_results.detail IS 'Its facts.';
COMMENT ON COLUMN leadreturns.import_results.hint IS 'Its remedy.';
COMMENT ON COLUMN leadreturns.import_results.lead_id IS
'The lead that the key means; NULL: none was found.';
COMMENT ON COLUMN leadreturns.import_results.delivery_id IS
'The delivery that the key means; NULL: none was found.';
COMMENT ON COLUMN leadreturns.import_results.account_id IS 'The account of that delivery.';
COMMENT ON COLUMN leadreturns.import_results.return_id IS
'The return it filed or rolled back; NULL: none.';
COMMENT ON COLUMN leadreturns.import_results.over_cap IS
'Taken beyond the cap (at_cap = review): only a person accepts it.';
COMMENT ON COLUMN leadreturns.import_results.credit IS
'What the buyer got when the line ran; two decimals.';
COMMENT ON COLUMN leadreturns.import_results.clawback IS
'What the supplier gave back when the line ran; NULL for a buyer.';
COMMENT ON COLUMN leadreturns.import_results.currency IS 'Of the amounts: the account''s.';
COMMENT ON COLUMN leadreturns.import_results.undo_status IS
'What lr_import_undo did: undone or conflict; NULL: it has not tried.';
COMMENT ON COLUMN leadreturns.import_results.undo_sqlstate IS
'Of a conflict, the SQLSTATE of what is in the way.';
COMMENT ON COLUMN leadreturns.import_results.undo_detail IS 'Of a conflict, the facts.';
COMMENT ON COLUMN leadreturns.import_results.verdict IS
'What status the last verification foresaw; NULL: the line was not in it.';
COMMENT ON COLUMN leadreturns.import_results.verdict_sqlstate IS
'The condition that it foresaw; NULL: none.';
COMMENT ON COLUMN leadreturns.import_results.verdict_detail IS 'The facts of that condition.';
COMMENT ON COLUMN leadreturns.import_results.verdict_credit IS
'What the buyer would have got; two decimals.';
COMMENT ON COLUMN leadreturns.import_results.verdict_clawback IS
'What the supplier would have given back; NULL for a buyer.';
COMMENT ON COLUMN leadreturns.import_results.verdict_over_cap IS
'Whether it would have been taken beyond the cap.';

COMMENT ON VIEW leadreturns.import_summary IS
'The lines of each file counted by what became of them, and why. A buyer sees the files it made,'
' staff all. Key: import_id, phase, status, sqlstate, currency.';
COMMENT ON COLUMN leadreturns.import_summary.import_id IS 'The import.';
COMMENT ON COLUMN leadreturns.import_summary.name IS 'What the file is called.';
COMMENT ON COLUMN leadreturns.import_summary.phase IS
'verified (what the last verification foresaw), done (what the lines did) or undone (what'
' lr_import_undo made of them).';
COMMENT ON COLUMN leadreturns.import_summary.status IS
'As in import_results: of phase undone undo_status, else status.';
COMMENT ON COLUMN leadreturns.import_summary.sqlstate IS 'The condition met; NULL: none.';
COMMENT ON COLUMN leadreturns.import_summary.condition IS 'Its name (error_code).';
COMMENT ON COLUMN leadreturns.import_summary.message IS 'Its message.';
COMMENT ON COLUMN leadreturns.import_summary.lines IS 'How many lines.';
COMMENT ON COLUMN leadreturns.import_summary.first_line IS 'Number of the first of them.';
COMMENT ON COLUMN leadreturns.import_summary.currency IS
'Of the amounts; NULL for lines that mean no delivery.';
COMMENT ON COLUMN leadreturns.import_summary.credit IS
'Sum of the credits of those lines when they ran; two decimals.';
COMMENT ON COLUMN leadreturns.import_summary.clawback IS
'Sum of their clawbacks; NULL for a buyer.';

-- The public functions, wherever they were installed.

COMMENT ON FUNCTION lr_return_many(bigint[], text, text, bigint) IS
'lr_return for many leads at once, one row for each in the order given: the return, or the'
' condition that refused it, which disturbs no other. At most 10,000 leads; of a lead given twice'
' the second is refused. clawback is NULL for a buyer.'
' Errors: LR001; 54000 for more leads. What refuses a lead is in its row.'
' Example: SELECT * FROM lr_return_many(ARRAY[42, 43], ''duplicate'')';

COMMENT ON FUNCTION lr_sweep(bigint) IS
'One batch of what is due, in the caller''s transaction: accepts (auto_accept_delay) and decides'
' (review_timeout) up to max_rows returns, at most 10,000, the longest overdue first; then takes'
' back notifications whose lease has run out (released), counts new deliveries for the caps and'
' folds up to 100,000 rows of rate_delta for the reports. What another session holds is skipped'
' until the next time. Staff only.'
' Errors: LR001; 22023 unless max_rows is above 0.'
' Example: SELECT accepted, declined, remaining FROM lr_sweep()';

COMMENT ON PROCEDURE lr_run_sweep() IS
'lr_sweep in batches of 1,000, each committed, until nothing is left that can be done. Cannot be'
' called in a transaction block. Staff only.'
' Errors: LR001; 2D000 in a transaction block or function.'
' Example: CALL lr_run_sweep()';

COMMENT ON FUNCTION lr_import_create(text, text, text, boolean, bigint) IS
'Makes an import, to be loaded with a file of returns. match_by says what the key of its lines is:'
' lead_id, external_id, email or phone. reason is for lines that give none. undo: the lines roll'
' accepted returns back (for staff). buyer_id: the newest live delivery to any of this buyer''s'
' accounts is meant; a buyer''s own import always means its own.'
' Errors: LR001, LR061.'
' Example: SELECT import_id FROM lr_import_create(''May returns'', ''email'', ''duplicate'')';

COMMENT ON FUNCTION lr_import_text(bigint, text, text, text, text) IS
'Loads a CSV text with a header line into an import, behind what it has, and returns the number of'
' lines. Columns are found by their names: key_column (unless given: the import''s match_by, or the'
' only column), reason_column (reason, if there is one) and note_column (note, if there is one).'
' Errors: LR001, LR061 for a header that does not fit, LR062 once the import was begun.'
' Example: SELECT lr_import_text(1, E''lead_id,reason\n42,duplicate\n'')';

COMMENT ON FUNCTION lr_import_bytes(bigint, bytea, text, text, text, text) IS
'lr_import_text for a file in another encoding: UTF8, LATIN1, WIN1252 and whatever else a server'
' may have. Lines that are not valid in it, or not in the database''s encoding, are malformed.'
' Errors: LR001, LR061, LR062.'
' Example: SELECT lr_import_bytes(1, ''\x6c6561645f69640a34320a'', ''WIN1252'')';

COMMENT ON FUNCTION lr_import_verify(bigint) IS
'Carries the lines that are not done out and takes everything back; import_results then has a'
' verdict for each. What the lines mean is locked while it works.'
' Errors: LR001, LR061, LR062 for a file that is done or undone; 57014 after lr_import_cancel.'
' Example: SELECT verified_returned, cap_crossed_line FROM lr_import_verify(1)';

COMMENT ON FUNCTION lr_import_step(bigint, bigint) IS
'Carries out the next max_rows lines, at most 10,000, in the caller''s transaction. Goes on with a'
' cancelled import; does nothing to one that is done.'
' Errors: LR001, LR061, LR062 for a file that is undone; 22023 unless max_rows is above 0.'
' Example: SELECT status, done, remaining FROM lr_import_step(1)';

COMMENT ON PROCEDURE lr_import_run(bigint, bigint) IS
'lr_import_step to the end of the file, with a commit after each batch of lines (at most 10,000).'
' Begins or goes on: after lr_import_cancel or a crash no line is done twice. Cannot be called in a'
' transaction block.'
' Errors: LR001, LR061, LR062 for a file that is undone; 22023 unless batch is above 0, 2D000 in a'
' transaction block or function.'
' Example: CALL lr_import_run(1)';

COMMENT ON FUNCTION lr_import_cancel(bigint) IS
'Stops an import without waiting: a run after its batch in flight, a verification or an undo with'
' an error. What is done stays done; lr_import_step or lr_import_run goes on.'
' Errors: LR001, LR061, LR062 for a file that is done or undone.'
' Example: SELECT status FROM lr_import_cancel(1)';

COMMENT ON FUNCTION lr_import_retry(bigint) IS
'Puts the lines that did not succeed (already_returned, not_returnable, unknown_lead, malformed,'
' error) back, for the next step or run.'
' Errors: LR001, LR061, LR062 for a file that is undone.'
' Example: SELECT status, remaining FROM lr_import_retry(1)';

COMMENT ON FUNCTION lr_import_undo(bigint) IS
'Takes back what a file has done, in one transaction: its accepted returns are rolled back, its'
' open ones withdrawn. What has gone its own way since stays and is reported as a conflict;'
' another call tries those again. Staff only.'
' Errors: LR001, LR061, LR062 for a file that rolled returns back; 57014 after lr_import_cancel.'
' Example: SELECT undone, conflicts FROM lr_import_undo(1)';

COMMENT ON FUNCTION lr_cron_enable(text) IS
'Has pg_cron call lr_run_sweep, every minute unless another schedule is given; a second call'
' changes the schedule. Where pg_cron is not in this database it changes nothing: to_run says what'
' to run, run_in where. Staff only.'
' Errors: LR001; 22023 for an empty schedule, 42501 without USAGE on schema cron.'
' Example: SELECT state, run_in, to_run FROM lr_cron_enable(''*/5 * * * *'')';

COMMENT ON FUNCTION lr_cron_disable() IS
'Removes the job that lr_cron_enable made, or says what to run, and where. Staff only.'
' Errors: LR001; 42501 without USAGE on schema cron.'
' Example: SELECT state, run_in, to_run FROM lr_cron_disable()';

COMMENT ON FUNCTION lr_cron_status() IS
'Whether pg_cron runs the sweep: state is scheduled, not scheduled, elsewhere (pg_cron lives in'
' another database) or not available; then to_run says what to run, run_in where. Of a job also its'
' last run. Staff only.'
' Errors: LR001; 42501 without USAGE on schema cron.'
' Example: SELECT state, schedule, last_run_at, last_run_status FROM lr_cron_status()';
-- What the functions that erase and archive do.

COMMENT ON FUNCTION lr_erase_lead(bigint) IS
'Takes a lead''s personal data out of the records: e-mail, telephone number and external id of its'
' deliveries, every note and text about its returns, its lines in files, the texts of its'
' notifications, archived ones included. States, days, amounts, rates and the ledger stay as they'
' are. The history of each return says when and by whom; the view erasures lists the leads. Returns'
' the number of deliveries; again it changes nothing. Staff only.'
' Errors: LR001; LR002 for a lead that was never delivered.'
' Example: SELECT lr_erase_lead(42)';

COMMENT ON FUNCTION lr_archive(timestamptz, bigint) IS
'Moves the history, thread and settled notifications of returns that were decided before an'
' instant, and about which nothing has happened since, and the lines of files finished before it,'
' into the archive: about max_rows rows, without waiting for what another session holds (skipped).'
' remaining: the batch was full, call it again. No total and no report of rates or money changes.'
' Staff only.'
' Errors: LR001; 22023 for an instant that has not passed, or max_rows below 1.'
' Example: SELECT returns, history, remaining FROM lr_archive(''2026-01-01'')';

COMMENT ON PROCEDURE lr_run_archive(timestamptz) IS
'lr_archive in batches of 10,000, each committed, until nothing is left that can go. Cannot be'
' called in a transaction block. Staff only.'
' Errors: LR001; 22023 for an instant that has not passed; 2D000 in a transaction block.'
' Example: CALL lr_run_archive(''2026-01-01'')';
-- What the reports and what they are made of are.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

COMMENT ON TABLE leadreturns.rate_delta IS
'What commands have added to the rates and the sweep has not folded yet: one row for each account,'
' supplier, lead group, day and reason that a command touched. Never updated; every report adds'
' these'
' rows to a rollup. lr_reconcile compares both with the records.';
COMMENT ON TABLE leadreturns.rate_fold IS
'When rates were last folded. One row, held by whoever folds; not part of a dump.';
COMMENT ON TABLE leadreturns.rollup_account IS
'Folded rates of each account: one row a day, and one over all days.';
COMMENT ON TABLE leadreturns.rollup_supplier IS
'Folded rates of each supplier and currency: one row a day, and one over all days.';
COMMENT ON TABLE leadreturns.rollup_lead_group IS
'Folded rates of each lead group and currency: one row a day, and one over all days.';
COMMENT ON TABLE leadreturns.rollup_reason IS
'Folded returns of each reason and currency: one row a day for all suppliers, and one over all days'
' for each supplier.';
COMMENT ON TABLE leadreturns.rollup_cross IS
'Folded rates and money of each account, supplier and lead group: one row a day, week and month,'
' and'
' one over all days.';

COMMENT ON VIEW leadreturns.rate_facts IS
'What rate_delta and the rollups add up to, out of deliveries, requests, history and ledger: a'
' row for'
' each cause. Reads everything; for lr_reconcile and tests.';
COMMENT ON VIEW leadreturns.rate_check IS
'Cells of the rollups that differ from what the records and the deltas that are not folded say;'
' no row'
' means that every report is right. Reads everything; lr_reconcile reports its rows as rates.';
COMMENT ON VIEW leadreturns.money_check IS
'What distribution_check shows, whoever asks; lr_reconcile reports its rows.';
COMMENT ON VIEW leadreturns.distribution_check IS
'Every delivery and return against the ledger; no row means that they agree. check_name is one of'
' delivery_not_posted, return_not_posted, return_amounts, delivery_over_reversed,'
' transfer_without_cause and reversal_differs. Key: check_name, delivery_id, return_id,'
' transfer_id.'
' Example: SELECT check_name, lead_id, expected, actual FROM leadreturns.distribution_check'
' WHERE account_id = 7.';
COMMENT ON VIEW leadreturns.subject_days IS
'Deliveries and returns of each buyer and each supplier by day of delivery, all currencies'
' together;'
' for return_spikes.';
COMMENT ON VIEW leadreturns.pair_days IS
'Deliveries and returns of each buyer and supplier by day of delivery, once from each side; for'
' return_spikes.';

COMMENT ON VIEW leadreturns.return_rate_by_account IS
'Return rate of each account, over all its deliveries. Key: account_id. Example: SELECT account,'
' return_rate, band FROM leadreturns.return_rate_by_account ORDER BY return_rate DESC.';
COMMENT ON VIEW leadreturns.return_rate_by_account_daily IS
'Return rate of each account by day of delivery. Key: day, account_id. Example: SELECT account,'
' sum(returned) / sum(delivered) AS rate FROM leadreturns.return_rate_by_account_daily'
' WHERE day >= current_date - 30 GROUP BY account.';
COMMENT ON VIEW leadreturns.return_rate_by_buyer IS
'Return rate of each buyer in each of its currencies, over all its deliveries. Key: buyer_id,'
' currency. Example: SELECT buyer, return_rate, band FROM leadreturns.return_rate_by_buyer'
' WHERE band = ''high''.';
COMMENT ON VIEW leadreturns.return_rate_by_buyer_daily IS
'Return rate of each buyer and currency by day of delivery. Key: day, buyer_id, currency.';
COMMENT ON VIEW leadreturns.return_rate_by_supplier IS
'Return rate of each supplier in each currency its leads were sold in. Key: supplier_id (null:'
' deliveries without supplier), currency. Example: SELECT supplier, return_rate, band'
' FROM leadreturns.return_rate_by_supplier ORDER BY return_rate DESC NULLS LAST.';
COMMENT ON VIEW leadreturns.return_rate_by_supplier_daily IS
'Return rate of each supplier and currency by day of delivery. Key: day, supplier_id, currency.';
COMMENT ON VIEW leadreturns.return_rate_by_lead_group IS
'Return rate of each lead group and currency. Key: lead_group_id (null: deliveries without lead'
' group), currency.';
COMMENT ON VIEW leadreturns.return_rate_by_lead_group_daily IS
'Return rate of each lead group and currency by day of delivery. Key: day, lead_group_id,'
' currency.';
COMMENT ON VIEW leadreturns.return_rate_by_reason IS
'Returns by reason: the share of everything delivered that came back for it. Key: reason, currency.'
' Example: SELECT reason_label, returned, share FROM leadreturns.return_rate_by_reason'
' ORDER BY returned DESC.';
COMMENT ON VIEW leadreturns.return_rate_by_reason_daily IS
'The same by day of delivery. Key: day, reason, currency.';
COMMENT ON VIEW leadreturns.return_rate_daily IS
'Return rate of each account, supplier and lead group by day of delivery; sums over any of them are'
' right, within one currency. Key: day, account_id, supplier_id, lead_group_id (the last two may be'
' null). Example: SELECT day, sum(returned) / sum(delivered) AS rate'
' FROM leadreturns.return_rate_daily WHERE supplier_id = 7 GROUP BY day.';
COMMENT ON VIEW leadreturns.return_rate_weekly IS
'Return rate of each account, supplier and lead group by week of delivery (ISO 8601, Monday to'
' Sunday). Key: week, account_id, supplier_id, lead_group_id.';
COMMENT ON VIEW leadreturns.return_rate_monthly IS
'Return rate of each account, supplier and lead group by month of delivery. Key: month, account_id,'
' supplier_id, lead_group_id.';
COMMENT ON VIEW leadreturns.return_rate_buyer_supplier IS
'Return rate of each pair of buyer and supplier. Key: buyer_id, supplier_id (null: none), currency.'
' Example: SELECT buyer, supplier, return_rate FROM leadreturns.return_rate_buyer_supplier'
' WHERE band = ''high'' ORDER BY delivered DESC.';
COMMENT ON VIEW leadreturns.bad_lead_summary IS
'Which reasons the leads of each supplier are returned for. Key: supplier_id (null: none), reason,'
' currency. Example: SELECT supplier, reason_label, returned, share FROM'
' leadreturns.bad_lead_summary'
' WHERE supplier_id = 7 ORDER BY returned DESC.';
COMMENT ON VIEW leadreturns.returns_decided_daily IS
'Decisions by the day on which they were made, whenever the lead was delivered: a past day never'
' changes. A decision that is undone later stays counted on its day, and the rollback on its own.'
' Key: day, account_id, supplier_id, lead_group_id. Example: SELECT day, sum(accepted),'
' sum(declined) FROM leadreturns.returns_decided_daily WHERE day >= current_date - 7 GROUP BY day.';
COMMENT ON VIEW leadreturns.pnl IS
'Profit and loss of each account, supplier and lead group by the day it was posted on, out of the'
' ledger: a return counts on the day its money went back (in the open period if that of the sale is'
' closed). Key: day, account_id, supplier_id, lead_group_id. Example: SELECT currency, buyer,'
' sum(profit_before_returns), sum(profit_after_returns) FROM leadreturns.pnl'
' WHERE day >= ''2026-11-01'' GROUP BY currency, buyer.';
COMMENT ON VIEW leadreturns.pnl_monthly IS
'The same as pnl by month. Key: month, account_id, supplier_id, lead_group_id.';
COMMENT ON VIEW leadreturns.pending_returns IS
'The returns that are open, with their age and when a rule or the sweep will decide them. Key:'
' return_id. Example: SELECT age_bucket, count(*) FROM leadreturns.pending_returns'
' GROUP BY age_bucket, age_bucket_order ORDER BY age_bucket_order.';
COMMENT ON VIEW leadreturns.return_spikes IS
'Days on which the return rate of a buyer or supplier can be judged against its own past, and'
' whether it is a spike. The window is the day and the spike_window_days - 1 (0) days before it;'
' the baseline runs from spike_baseline_from_days (42) to spike_baseline_until_days (15) days'
' before it, so that a spike does not raise its own baseline. Rows are there when the window has'
' spike_min_delivered (20) and the baseline spike_min_baseline (100) deliveries; a spike is a'
' z_score above spike_z (4). All six are settings leadreturns.*. Source of the test: NIST/SEMATECH'
' e-Handbook, 7.3.3. Key: subject_kind, subject_id, day. Example: SELECT subject_kind, subject,'
' return_rate, baseline_rate, cause FROM leadreturns.return_spikes WHERE is_spike AND day >='
' current_date - 7.';

COMMENT ON INDEX leadreturns.rate_delta_account_idx IS
'Rates of one account or buyer: what is not folded of it.';
COMMENT ON INDEX leadreturns.rate_delta_supplier_idx IS
'Rates of one supplier: what is not folded of it.';
COMMENT ON INDEX leadreturns.rollup_account_period_idx IS 'Rates of all accounts in some days.';
COMMENT ON INDEX leadreturns.rollup_supplier_period_idx IS 'Rates of all suppliers in some days.';
COMMENT ON INDEX leadreturns.rollup_lead_group_period_idx IS
'Rates of all lead groups in some days.';
COMMENT ON INDEX leadreturns.rollup_reason_period_idx IS 'Returns by reason in some days.';
COMMENT ON INDEX leadreturns.rollup_cross_supplier_idx IS
'Rates of one supplier by account, by lead group or by period.';
COMMENT ON INDEX leadreturns.rollup_cross_period_idx IS
'Rates and profit of everybody in some periods.';

-- A column means the same wherever it stands.
DO $$
DECLARE
    c record;
    missing text;
BEGIN
    FOR c IN
        SELECT r.relname, a.attname,
               (SELECT m.told FROM (VALUES
        (NULL, 'day', 'Day of the deliveries, in the zone that time_zone named for them.'),
        ('^(returns_decided_daily|pnl)$', 'day',
         'The day, in the zone that time_zone named for the delivery, or for the account if it is'
         ' an adjustment.'),
        ('^return_spikes$', 'day', 'Last day of the window.'),
        (NULL, 'week', 'Monday of the week of the deliveries.'),
        (NULL, 'month', 'First day of the month of the deliveries.'),
        ('^pnl', 'month', 'First day of the month of posting.'),
        (NULL, 'buyer_id', 'The buyer.'),
        (NULL, 'buyer', 'The buyer''s name.'),
        (NULL, 'account_id', 'The account.'),
        (NULL, 'account', 'The account''s name.'),
        (NULL, 'supplier_id', 'The supplier; null: none is named.'),
        (NULL, 'supplier', 'The supplier''s name; null: none is named.'),
        (NULL, 'lead_group_id', 'The lead group; null: none is named.'),
        (NULL, 'lead_group', 'The lead group''s name; null: none is named.'),
        (NULL, 'currency', 'Of the amounts: three capital letters. Amounts of two currencies'
         ' are never summed here.'),
        ('^return_rate_by_reason', 'delivered',
         'Everything delivered in that currency, whatever the reason: what return_rate divides'
         ' by.'),
        ('^bad_lead_summary$', 'delivered',
         'What the supplier delivered in that currency, whatever the reason.'),
        ('^return_spikes$', 'delivered', 'Deliveries of the window.'),
        ('^(returns_decided_daily)$', 'delivered', 'Deliveries of that day.'),
        (NULL, 'delivered', 'Deliveries, whatever became of them.'),
        ('^return_spikes$', 'returned', 'Those of them whose return is accepted.'),
        ('^(return_rate_by_reason|bad_lead_summary)', 'returned',
         'Deliveries whose return is accepted for this reason.'),
        (NULL, 'returned', 'Those of them whose return is accepted.'),
        ('^(return_rate_by_reason|bad_lead_summary)', 'open',
         'Deliveries whose return is open for this reason.'),
        (NULL, 'open', 'Those of them whose return is open.'),
        ('^(return_rate_by_reason|bad_lead_summary)', 'declined',
         'Deliveries whose latest request is declined, and was for this reason.'),
        ('^returns_decided_daily$', 'declined', 'Requests declined on that day.'),
        (NULL, 'declined', 'Those of them whose latest request is declined.'),
        (NULL, 'return_rate', 'returned / delivered, 0.1250 for 12.5 %.'),
        ('^returns_decided_daily$', 'delivered_value', 'Price of the deliveries of that day.'),
        ('^return_rate_by_reason', 'delivered_value',
         'Price of everything delivered in that currency.'),
        (NULL, 'delivered_value', 'Their price.'),
        ('^returns_decided_daily$', 'returned_value',
         'Credited on that day, less what was taken back of earlier credits.'),
        (NULL, 'returned_value', 'Credited for the accepted returns.'),
        (NULL, 'value_rate', 'returned_value / delivered_value; null where nothing was paid for.'),
        (NULL, 'band', 'How return_rate is to be read: too_few (below band_min_delivered'
         ' deliveries), healthy, watch (from band_watch on) or high (from band_high on); settings'
         ' leadreturns.band_*.'),
        (NULL, 'reason', 'Code of the reason.'),
        (NULL, 'reason_label', 'What people read for it.'),
        ('^bad_lead_summary$', 'share', 'Of the supplier''s accepted returns: for this reason.'),
        (NULL, 'share', 'Of all accepted returns in the currency: for this reason.'),
        ('^returns_decided_daily$', 'clawback',
         'Clawed back from suppliers on that day, less what was given back.'),
        (NULL, 'clawback', 'Clawed back from the supplier for them.'),
        (NULL, 'decided', 'accepted + declined.'),
        (NULL, 'accepted', 'Requests accepted on that day.'),
        (NULL, 'withdrawn', 'Requests withdrawn on that day.'),
        (NULL, 'rolled_back', 'Accepted returns rolled back on that day.'),
        (NULL, 'decided_return_rate',
         'accepted / delivered, both of that day, whenever the accepted leads were delivered.'),
        (NULL, 'decided_value_rate', 'returned_value / delivered_value, both of that day.'),
        (NULL, 'revenue_before_returns', 'Sales.'),
        (NULL, 'revenue_returned', 'Credited for returns, less credits taken back.'),
        (NULL, 'revenue_after_returns', 'revenue_before_returns - revenue_returned.'),
        (NULL, 'cost_before_returns', 'What suppliers were owed for the deliveries.'),
        (NULL, 'cost_clawed_back', 'Clawed back for returns, less clawbacks given back.'),
        (NULL, 'cost_after_returns', 'cost_before_returns - cost_clawed_back.'),
        (NULL, 'profit_before_returns', 'revenue_before_returns - cost_before_returns.'),
        (NULL, 'profit_after_returns', 'revenue_after_returns - cost_after_returns.'),
        (NULL, 'margin_before_returns', 'profit_before_returns / revenue_before_returns; null'
         ' without revenue.'),
        (NULL, 'margin_after_returns', 'profit_after_returns / revenue_after_returns; null without'
         ' revenue.'),
        (NULL, 'adjustments',
         'Adjustments of accounts, negative where they are in the buyer''s favour; in no profit.'),
        (NULL, 'return_id', 'The return.'),
        (NULL, 'delivery_id', 'Its delivery.'),
        (NULL, 'lead_id', 'The app''s id of the lead.'),
        (NULL, 'external_id', 'The app''s other id of the lead; null: none was given. Null for'
         ' reporting.'),
        (NULL, 'reason_text', 'The reason as it was given. Null for reporting.'),
        (NULL, 'note', 'What was said with it. Null for reporting.'),
        (NULL, 'price', 'What the buyer paid.'),
        (NULL, 'requested_at', 'When it was filed.'),
        (NULL, 'requested_by', 'The role that filed it. Null for reporting.'),
        (NULL, 'assignee', 'Whose task it is; null: nobody''s. Null for all but staff.'),
        (NULL, 'review', 'requires_review: staff is next; pending: a rule or the buyer is.'),
        (NULL, 'colour', 'What a user interface paints it.'),
        (NULL, 'over_cap', 'True: it is beyond the cap, and only a person may accept it.'),
        (NULL, 'age_hours', 'Hours since it was filed.'),
        (NULL, 'age_bucket', 'under 1 hour, 1 to 24 hours, 1 to 3 days, 3 to 7 days or over 7'
         ' days.'),
        (NULL, 'age_bucket_order', 'From 1, the youngest, to 5: what to sort buckets by.'),
        (NULL, 'due_at', 'When a rule or the sweep will decide it; null: only a person will.'),
        (NULL, 'due_action', 'What will be done then: accept or decline.'),
        (NULL, 'due_in_hours', 'Hours until then; negative when it is overdue.'),
        (NULL, 'overdue', 'True: that time has come, and the sweep has not been there.'),
        ('^(subject|pair)_days$', 'subject_kind', 'buyer or supplier.'),
        (NULL, 'subject_kind', 'Who is judged: buyer or supplier.'),
        (NULL, 'subject_id', 'Its id.'),
        (NULL, 'other_id', 'The supplier of a buyer''s row, the buyer of a supplier''s.'),
        (NULL, 'subject', 'Its name.'),
        (NULL, 'baseline_delivered', 'Deliveries of the baseline.'),
        (NULL, 'baseline_returned', 'Those of them whose return is accepted.'),
        (NULL, 'baseline_rate', 'baseline_returned / baseline_delivered.'),
        (NULL, 'z_score', 'By how many standard deviations the window''s rate is above the'
         ' baseline''s; leadreturns.z_score() has the formula.'),
        (NULL, 'is_spike', 'True: z_score is above leadreturns.spike_z.'),
        (NULL, 'counterparts', 'Of a spike: suppliers of the buyer, or buyers of the supplier, with'
         ' deliveries in the window; else null.'),
        (NULL, 'raised', 'How many of them returned more than the baseline rate.'),
        (NULL, 'top_share', 'Share of the returns above the baseline that the one with most of them'
         ' has.'),
        (NULL, 'cause', 'Of a spike: supplier (its leads come back from several buyers), buyer (it'
         ' returns the leads of several suppliers) or pair (of this buyer and this supplier alone);'
         ' else null. A side is the cause if its rate is raised without the other (the counterpart'
         ' with most of the returns), too: z above 2 against its own past without the other.'),
        (NULL, 'rate_fold_id', 'Key; always 1.'),
        (NULL, 'folded_at', 'When it was done; null: never.'),
        (NULL, 'folded', 'How many rows of rate_delta it took.'),
        ('^(rate_|rollup_)', 'delivered_value', 'Their price, in cents.'),
        ('^(rate_|rollup_)', 'returned_value', 'Credited for the accepted returns, in cents.'),
        ('^(rate_|rollup_)', 'cost', 'What suppliers were owed for the deliveries, in cents.'),
        ('^(rate_|rollup_)', 'clawback', 'Clawed back for them, in cents.'),
        (NULL, 'grain', 'What period the row is of: day, week, month or all.'),
        (NULL, 'starts_on', 'First day of the period; -infinity for all.'),
        (NULL, 'delivered_on', 'Day of the deliveries; null: the row is about none.'),
        (NULL, 'moved_on', 'Day of the moves and postings; null: there are none.'),
        (NULL, 'acceptances', 'Requests accepted on that day.'),
        (NULL, 'declines', 'Requests declined on that day.'),
        (NULL, 'withdrawals', 'Requests withdrawn on that day.'),
        (NULL, 'rollbacks', 'Accepted returns rolled back on that day.'),
        (NULL, 'cost', 'What suppliers were owed for the deliveries.'),
        (NULL, 'credited', 'Credited on that day, less credits taken back, in cents.'),
        (NULL, 'clawed_back', 'Clawed back on that day, less clawbacks given back, in cents.'),
        (NULL, 'check_name', 'What disagrees.'),
        (NULL, 'transfer_id', 'The transfer that is wrong; null: one is missing.'),
        (NULL, 'expected', 'The amount that deliveries and returns call for.'),
        (NULL, 'actual', 'The amount that the ledger has; null: none.'),
        (NULL, 'detail', 'What exactly.'),
        (NULL, 'rollup', 'The table that differs.'),
        (NULL, 'id', 'The account, supplier or lead group.'),
        (NULL, 'adjusted', 'Adjustments of that day in cents, negative in the buyer''s favour.')
                ) AS m (view, name, told)
                 WHERE m.name = a.attname AND coalesce(r.relname ~ m.view, true)
                 ORDER BY m.view IS NULL LIMIT 1) AS told
          FROM pg_class r
          JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0
         WHERE r.relnamespace = 'leadreturns'::regnamespace
           AND r.relname ~ ('^(return_rate|rollup_|rate_|pnl|returns_decided|pending_)'
                            || '|^(bad_lead|return_spikes)'
                            || '|^(distribution|money)_check'
               || '|^(subject|pair)_days')
           AND r.relkind = ANY ('{r,v}'::"char"[])
         ORDER BY r.oid, a.attnum
    LOOP
        IF c.told IS NULL THEN
            RAISE 'column %.% has no comment', c.relname, c.attname;
        END IF;
        EXECUTE format('COMMENT ON COLUMN leadreturns.%I.%I IS %L', c.relname, c.attname, c.told);
    END LOOP;
END;
$$;
-- What everything about notifications is.
SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('lr_install.search_path'),
                             true);

COMMENT ON TABLE leadreturns.notification IS
'What is to be said, or was said, to somebody about a return. Read the view notifications. What'
' was recorded cannot be changed (LR070).';
COMMENT ON COLUMN leadreturns.notification.notification_id IS
'Key; the stable id of the event, the same at each attempt to send it.';
COMMENT ON COLUMN leadreturns.notification.return_id IS
'The return it is about.';
COMMENT ON COLUMN leadreturns.notification.account_id IS
'The account of the delivery.';
COMMENT ON COLUMN leadreturns.notification.supplier_id IS
'The supplier of the lead; NULL: none.';
COMMENT ON COLUMN leadreturns.notification.sequence IS
'Number among the notifications of this return, from 1, without gaps.';
COMMENT ON COLUMN leadreturns.notification.kind IS
'What happened.';
COMMENT ON COLUMN leadreturns.notification.recipient_kind IS
'Who is told: seller, buyer or supplier.';
COMMENT ON COLUMN leadreturns.notification.recipient IS
'Name of who is told; NULL: not known.';
COMMENT ON COLUMN leadreturns.notification.address IS
'Where to, such as an e-mail address; NULL: none is known.';
COMMENT ON COLUMN leadreturns.notification.sender IS
'Address it comes from; NULL: the workers own.';
COMMENT ON COLUMN leadreturns.notification.language IS
'Language of subject and body.';
COMMENT ON COLUMN leadreturns.notification.subject IS
'One line; NULL: no template, or erased.';
COMMENT ON COLUMN leadreturns.notification.body IS
'Text; NULL: no template, or erased.';
COMMENT ON COLUMN leadreturns.notification.payload IS
'The same facts for machines, as an object.';
COMMENT ON COLUMN leadreturns.notification.created_at IS
'When it happened.';
COMMENT ON COLUMN leadreturns.notification.status IS
'pending, claimed (by a worker), sent or dead (given up).';
COMMENT ON COLUMN leadreturns.notification.attempts IS
'How many times a worker has taken it.';
COMMENT ON COLUMN leadreturns.notification.due_at IS
'From when on a worker may take it, while claimed the end of the lease; NULL: sent or dead.';
COMMENT ON COLUMN leadreturns.notification.claimed_by IS
'The worker that took it last; NULL: none has.';
COMMENT ON COLUMN leadreturns.notification.claimed_at IS
'When that was.';
COMMENT ON COLUMN leadreturns.notification.settled_at IS
'When it was sent or given up; NULL: neither yet.';
COMMENT ON COLUMN leadreturns.notification.last_error IS
'What the last failed attempt said; NULL: none has failed.';

COMMENT ON TABLE leadreturns.notification_template IS
'Subject and body of notifications by kind, recipient and language; staff and applications edit'
' them. {{field}} stands for a fact of the return; saving refuses a field that is unknown or not'
' the recipient''s to know, and names the others (LR060). A language without a template falls back'
' to en; without any, subject and body are NULL. What came with the extension can be changed but'
' not deleted (LR070).';
COMMENT ON COLUMN leadreturns.notification_template.kind IS
'What happened.';
COMMENT ON COLUMN leadreturns.notification_template.recipient_kind IS
'Who is told: seller, buyer or supplier.';
COMMENT ON COLUMN leadreturns.notification_template.language IS
'Language tag, such as en or pt-BR.';
COMMENT ON COLUMN leadreturns.notification_template.subject IS
'One line with {{field}}s; line breaks in their values become blanks.';
COMMENT ON COLUMN leadreturns.notification_template.body IS
'Text with {{field}}s.';
COMMENT ON COLUMN leadreturns.notification_template.seeded IS
'true: came with the extension.';

COMMENT ON INDEX leadreturns.notification_due_idx IS
'lr_claim_notifications: what is to be sent, the longest due first.';
COMMENT ON INDEX leadreturns.notification_dead_idx IS
'What was given up: outbox_health, lr_requeue_notifications.';
COMMENT ON INDEX leadreturns.notification_lease_idx IS
'Which leases have run out: lr_claim_notifications and the sweep.';

COMMENT ON VIEW leadreturns.notification_list IS
'Every notification with its lead, for the view notifications and for the functions of workers.';
COMMENT ON COLUMN leadreturns.notification_list.notification_id IS
'Key; the stable id of the event, the same at each attempt to send it.';
COMMENT ON COLUMN leadreturns.notification_list.return_id IS
'The return it is about.';
COMMENT ON COLUMN leadreturns.notification_list.lead_id IS
'The lead of that return.';
COMMENT ON COLUMN leadreturns.notification_list.account_id IS
'The account of the delivery.';
COMMENT ON COLUMN leadreturns.notification_list.supplier_id IS
'The supplier of the lead; NULL: none.';
COMMENT ON COLUMN leadreturns.notification_list.sequence IS
'Number among the notifications of this return, from 1, without gaps.';
COMMENT ON COLUMN leadreturns.notification_list.kind IS
'What happened.';
COMMENT ON COLUMN leadreturns.notification_list.recipient_kind IS
'Who is told: seller, buyer or supplier.';
COMMENT ON COLUMN leadreturns.notification_list.recipient IS
'Name of who is told; NULL: not known.';
COMMENT ON COLUMN leadreturns.notification_list.address IS
'Where to, such as an e-mail address; NULL: none is known.';
COMMENT ON COLUMN leadreturns.notification_list.sender IS
'Address it comes from (setting sender_address); NULL: the workers'' own.';
COMMENT ON COLUMN leadreturns.notification_list.language IS
'Language of subject and body.';
COMMENT ON COLUMN leadreturns.notification_list.subject IS
'One line; NULL: there was no template, or it is erased.';
COMMENT ON COLUMN leadreturns.notification_list.body IS
'Text; NULL: there was no template, or it is erased.';
COMMENT ON COLUMN leadreturns.notification_list.payload IS
'The facts that this recipient may learn, for machines; the same keys each time.';
COMMENT ON COLUMN leadreturns.notification_list.created_at IS
'When it happened.';
COMMENT ON COLUMN leadreturns.notification_list.status IS
'pending, claimed (by a worker), sent or dead (given up).';
COMMENT ON COLUMN leadreturns.notification_list.attempts IS
'How many times a worker has taken it, since it was last requeued.';
COMMENT ON COLUMN leadreturns.notification_list.due_at IS
'From when on a worker may take it, while claimed the end of the lease; NULL: sent or dead.';
COMMENT ON COLUMN leadreturns.notification_list.claimed_by IS
'The worker that took it last; NULL: none has.';
COMMENT ON COLUMN leadreturns.notification_list.claimed_at IS
'When that was.';
COMMENT ON COLUMN leadreturns.notification_list.settled_at IS
'When it was sent or given up; NULL: neither yet.';
COMMENT ON COLUMN leadreturns.notification_list.last_error IS
'What the last failed attempt said; NULL: none has failed.';

COMMENT ON VIEW leadreturns.notifications IS
'The outbox: whom each return is told to, and whether that is done. Staff reads all, a buyer and a'
' supplier what they are told themselves. One row per notification.';
COMMENT ON COLUMN leadreturns.notifications.notification_id IS
'Key; the stable id of the event, the same at each attempt to send it.';
COMMENT ON COLUMN leadreturns.notifications.return_id IS
'The return it is about.';
COMMENT ON COLUMN leadreturns.notifications.lead_id IS
'The lead of that return.';
COMMENT ON COLUMN leadreturns.notifications.account_id IS
'The account of the delivery; NULL for a supplier.';
COMMENT ON COLUMN leadreturns.notifications.supplier_id IS
'The supplier of the lead; NULL: none, and for a buyer.';
COMMENT ON COLUMN leadreturns.notifications.sequence IS
'Number among the notifications of this return, from 1, without gaps.';
COMMENT ON COLUMN leadreturns.notifications.kind IS
'What happened.';
COMMENT ON COLUMN leadreturns.notifications.recipient_kind IS
'Who is told: seller, buyer or supplier.';
COMMENT ON COLUMN leadreturns.notifications.recipient IS
'Name of who is told; NULL: not known.';
COMMENT ON COLUMN leadreturns.notifications.address IS
'Where to, such as an e-mail address; NULL: none is known.';
COMMENT ON COLUMN leadreturns.notifications.sender IS
'Address it comes from (setting sender_address); NULL: the workers'' own.';
COMMENT ON COLUMN leadreturns.notifications.language IS
'Language of subject and body.';
COMMENT ON COLUMN leadreturns.notifications.subject IS
'One line; NULL: there was no template, or it is erased.';
COMMENT ON COLUMN leadreturns.notifications.body IS
'Text; NULL: there was no template, or it is erased.';
COMMENT ON COLUMN leadreturns.notifications.payload IS
'The facts that this recipient may learn, for machines; the same keys each time.';
COMMENT ON COLUMN leadreturns.notifications.created_at IS
'When it happened.';
COMMENT ON COLUMN leadreturns.notifications.status IS
'pending, claimed (by a worker), sent or dead (given up).';
COMMENT ON COLUMN leadreturns.notifications.attempts IS
'How many times a worker has taken it, since it was last requeued.';
COMMENT ON COLUMN leadreturns.notifications.due_at IS
'From when on a worker may take it, while claimed the end of the lease; NULL: sent or dead.';
COMMENT ON COLUMN leadreturns.notifications.claimed_by IS
'The worker that took it last; NULL: none has. For staff.';
COMMENT ON COLUMN leadreturns.notifications.claimed_at IS
'When that was.';
COMMENT ON COLUMN leadreturns.notifications.settled_at IS
'When it was sent or given up; NULL: neither yet.';
COMMENT ON COLUMN leadreturns.notifications.last_error IS
'What the last failed attempt said; NULL: none has failed. For staff.';

COMMENT ON VIEW leadreturns.outbox_health IS
'How the workers keep up. Staff and reporting only. One row.';
COMMENT ON COLUMN leadreturns.outbox_health.pending IS
'Notifications that wait for a worker, those that rest after a failed attempt included.';
COMMENT ON COLUMN leadreturns.outbox_health.claimed IS 'Notifications that a worker holds.';
COMMENT ON COLUMN leadreturns.outbox_health.dead IS
'Notifications that were given up; lr_requeue_notifications gives them another life.';
COMMENT ON COLUMN leadreturns.outbox_health.oldest_due_at IS
'Since when the longest waiting has been due, or its lease run out; NULL: nothing is due.';
COMMENT ON COLUMN leadreturns.outbox_health.oldest_age_seconds IS
'How long ago that was; seconds, two decimals; 0: nothing is due.';

COMMENT ON FUNCTION lr_claim_notifications(text, bigint, interval) IS
'Hands up to max_rows due notifications, at most 10,000, to a worker until the lease ends. Of each'
' return it is the first that is not settled, so its order is kept. What another worker holds is'
' skipped; what a worker did not settle within its lease is handed out again. Staff, and'
' applications that act for nobody.'
' Errors: LR001; 22023 for no worker, max_rows below 1, a lease not from 1 second to 7 days.'
' Example: SELECT notification_id, address, subject FROM lr_claim_notifications(''mailer 1'', 50)';

COMMENT ON FUNCTION lr_ack_notifications(bigint[]) IS
'Says that these were sent and returns how many that is news of. Also when the lease has run out'
' meanwhile; ids that are unknown or were never claimed do not count. Staff, and applications that'
' act for nobody.'
' Errors: LR001; 22023 for null.'
' Example: SELECT lr_ack_notifications(ARRAY[7, 8])';

COMMENT ON FUNCTION lr_fail_notification(bigint, text, text) IS
'Says that an attempt failed: it is due again after leadreturns.notify_backoff, twice as long after'
' each further attempt, up to 6 hours, and dead after leadreturns.notify_attempts. Nothing changes'
' for what is settled already or, if worker is given, in the hands of another. Staff, and'
' applications that act for nobody.'
' Errors: LR001; 22023 for an unknown id.'
' Example: SELECT status, due_at FROM lr_fail_notification(7, ''450 mailbox busy'')';

COMMENT ON FUNCTION lr_requeue_notifications(bigint[]) IS
'Gives notifications that are dead another life, with all their attempts, and returns how many.'
' What was sent of the same return meanwhile was sent before them. Staff, and applications that act'
' for nobody.'
' Errors: LR001; 22023 for null.'
' Example: SELECT lr_requeue_notifications(array_agg(notification_id)) FROM'
' leadreturns.notifications WHERE status = ''dead''';
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
-- What everything about attached tables is.

COMMENT ON TABLE leadreturns.attachment IS
'Tables of applications whose rows are deliveries; made by lr_attach.';
COMMENT ON COLUMN leadreturns.attachment.attachment_id IS
'Key.';
COMMENT ON COLUMN leadreturns.attachment.tbl IS
'The table.';
COMMENT ON COLUMN leadreturns.attachment.mapping IS
'Which of its columns is what.';
COMMENT ON COLUMN leadreturns.attachment.attached_at IS
'When it was attached, the last time.';
COMMENT ON COLUMN leadreturns.attachment.attached_by IS
'The role that did.';
COMMENT ON COLUMN leadreturns.attachment.detached_at IS
'When it was detached; NULL: it is attached.';

COMMENT ON SEQUENCE leadreturns.attached_lead_id_seq IS
'lead_id of rows of attached tables whose own key is a text or a uuid.';

COMMENT ON INDEX leadreturns.delivery_attached_key IS
'Which delivery is this row of an attached table?';

COMMENT ON VIEW leadreturns.attachments IS
'Tables of applications that are or were attached. For staff.';
COMMENT ON COLUMN leadreturns.attachments.attachment_id IS 'Key.';
COMMENT ON COLUMN leadreturns.attachments.table_name IS
'The table, with its schema unless that is on the search_path; a number: it was dropped.';
COMMENT ON COLUMN leadreturns.attachments.mapping IS
'The mapping as given, and key: the columns of the primary key.';
COMMENT ON COLUMN leadreturns.attachments.attached_at IS 'When lr_attach was last called.';
COMMENT ON COLUMN leadreturns.attachments.attached_by IS 'The role that called it.';
COMMENT ON COLUMN leadreturns.attachments.detached_at IS
'When it was detached; NULL: it is attached.';
COMMENT ON COLUMN leadreturns.attachments.without_triggers IS
'How many of the table and its partitions have no triggers: rows written to those directly are'
' missed until lr_attach is called again. Should be 0; NULL: detached.';
-- What everything about erasing and archiving is.

COMMENT ON TABLE leadreturns.erasure IS
'Leads whose personal data was erased, and who did it; made by lr_erase_lead.';
COMMENT ON COLUMN leadreturns.erasure.erasure_id IS
'Key.';
COMMENT ON COLUMN leadreturns.erasure.lead_id IS
'The lead.';
COMMENT ON COLUMN leadreturns.erasure.erased_at IS
'When.';
COMMENT ON COLUMN leadreturns.erasure.erased_by IS
'The role that did.';
COMMENT ON COLUMN leadreturns.erasure.deliveries IS
'Deliveries of the lead that lost their contact data.';
COMMENT ON COLUMN leadreturns.erasure.returns IS
'Returns of the lead that lost their texts.';
-- What everything about archiving is.

COMMENT ON TABLE leadreturns.archived_history IS
'History of returns that lr_archive has moved out of history. Read the view return_history_all.';
COMMENT ON TABLE leadreturns.archived_message IS
'Messages that lr_archive has moved out of message. Read the view return_thread_all.';
COMMENT ON TABLE leadreturns.archived_notification IS
'Settled notifications that lr_archive has moved out of notification. Read the view'
' archived_notifications.';
COMMENT ON TABLE leadreturns.archived_import_chunk IS
'Files that lr_archive has moved out of import_chunk. Read the view import_results_all.';
COMMENT ON TABLE leadreturns.archived_import_verdict IS
'Verdicts that lr_archive has moved out of import_verdict. Read the view import_results_all.';
COMMENT ON TABLE leadreturns.archived_import_outcome IS
'Outcomes that lr_archive has moved out of import_outcome. Read the view import_results_all.';
COMMENT ON INDEX leadreturns.archived_history_return_idx IS
'return_history_all, lr_erase_lead: the archived life of one return.';
COMMENT ON INDEX leadreturns.archived_message_return_idx IS
'return_thread_all, lr_erase_lead: the archived thread of one return.';

COMMENT ON VIEW leadreturns.return_history_all IS
'return_history with what has been archived.';
COMMENT ON VIEW leadreturns.return_thread_all IS
'return_thread with what has been archived.';
COMMENT ON VIEW leadreturns.import_results_all IS
'import_results with the files that have been archived.';
COMMENT ON VIEW leadreturns.archived_notifications IS
'Notifications that have been sent or given up, and archived. Staff reads it.';
COMMENT ON VIEW leadreturns.erasures IS
'Which leads have been erased, when and by whom. Staff reads it.';

-- A column means the same in the archive as in the table that its rows come from, and in a view as
-- in the table or view that it shows.
DO $$
DECLARE
    told record;
BEGIN
    FOR told IN
        SELECT v.name, a.attname, col_description(o.attrelid, o.attnum) AS comment
          FROM (VALUES
            ('archived_history', 'history'), ('archived_message', 'message'),
            ('archived_notification', 'notification'), ('archived_import_chunk', 'import_chunk'),
            ('archived_import_verdict', 'import_verdict'),
            ('archived_import_outcome', 'import_outcome'),
            ('return_history_all', 'return_history'), ('return_thread_all', 'return_thread'),
            ('import_results_all', 'import_results'), ('archived_notifications', 'notification'),
            ('erasures', 'erasure')) AS v (name, source)
          JOIN pg_attribute a
            ON a.attrelid = ('leadreturns.' || v.name)::regclass AND a.attnum > 0
          JOIN pg_attribute o
            ON o.attrelid = ('leadreturns.' || v.source)::regclass AND o.attname = a.attname
    LOOP
        EXECUTE format('COMMENT ON COLUMN leadreturns.%I.%I IS %L', told.name, told.attname,
                       told.comment);
    END LOOP;
END;
$$;
COMMENT ON VIEW leadreturns.grants IS
'Which role was granted which kind of party (lr_grant). Staff only. Key: role_name, kind. Example:'
' SELECT role_name, kind, party FROM leadreturns.grants.';
COMMENT ON COLUMN leadreturns.grants.role_name IS
'The role; of one that was dropped its number, which lr_revoke takes as well.';
COMMENT ON COLUMN leadreturns.grants.kind IS 'staff, app, buyer, supplier or reporting.';
COMMENT ON COLUMN leadreturns.grants.party_id IS
'The buyer or supplier; NULL for the other kinds.';
COMMENT ON COLUMN leadreturns.grants.party IS 'Its name.';
COMMENT ON COLUMN leadreturns.grants.role_exists IS
'False when the role was dropped. Nobody has its grant then, a new role of that name neither.';
COMMENT ON COLUMN leadreturns.grants.granted_at IS 'When it was granted.';
COMMENT ON COLUMN leadreturns.grants.granted_by IS 'The role that granted it.';
