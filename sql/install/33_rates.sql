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
