-- The twin: lr_return and lr_accept in PL/pgSQL. The same tables, constraints, indexes, locks,
-- checks and writes, and the same row as its result. What makes it fast: few statements, each with
-- a generic plan; ids taken beforehand, so that one statement makes all writes; terms and reasons
-- in a form that plain index scans find (here and in twin_reason.sql); reason_key() of the library.
--
-- Left out, so that it raises feature_not_supported or does not apply: parties other than staff,
-- several deliveries of a lead to one account, idempotency keys, business days, cycle grace, cap
-- periods but the month, automatic acceptance, time limits of review, assignees, accepting what
-- was declined, postings on a later day than their move (they take a clock set back to before a
-- closed period), details and hints of errors, a snapshot after the lock at REPEATABLE READ and
-- above. None of it is asked for in what is measured. run compares what both leave behind.

-- The reference data as the twin reads it: what a PL/pgSQL programmer would keep besides the
-- tables to look up terms and reasons with plain index scans. Triggers on terms, reason and
-- reason_alias would keep them; no return writes them, so here they are filled once.

CREATE SCHEMA twin;

-- One row per version, typed, with the time it ends; the global versions have the defaults.
CREATE TABLE twin.terms (
    scope                text NOT NULL,
    scope_id             bigint NOT NULL,
    valid_from           timestamptz NOT NULL,
    valid_to             timestamptz NOT NULL,
    returns_enabled      boolean,
    buyer_may_return     boolean,
    min_age              interval,
    max_age              interval,
    time_zone            text,
    window_calendar      text,
    cycle_grace          interval,
    max_return_percent   numeric,
    max_return_count     bigint,
    cap_basis            text,
    cap_period           text,
    cap_min_volume       bigint,
    at_cap               text,
    auto_accept          text,
    review_timeout       interval,
    allow_other_reason   boolean,
    resubmission         boolean,
    accepted_status      text,
    reverse_money        boolean,
    clawback             text,
    remedy               text,
    replacement_returnable boolean,
    assignee             text,
    PRIMARY KEY (scope, scope_id, valid_from)
);

INSERT INTO twin.terms
WITH version AS (
    SELECT t.scope, coalesce(t.scope_id, 0) AS scope_id, t.valid_from,
           lead(t.valid_from, 1, 'infinity') OVER (PARTITION BY t.scope, t.scope_id
                                                   ORDER BY t.valid_from, t.terms_id) AS valid_to,
           t.settings
      FROM leadreturns.terms t
     UNION ALL
    SELECT 'global', 0, '-infinity',
           coalesce((SELECT min(g.valid_from) FROM leadreturns.terms g WHERE g.scope = 'global'),
                    'infinity'), '{}'),
standard AS (
    SELECT '{"returns_enabled": true, "buyer_may_return": true, "min_age": "0",
             "max_age": "30 days", "time_zone": "UTC", "window_calendar": "calendar",
             "cap_basis": "count", "cap_period": "month", "cap_min_volume": 0,
             "at_cap": "refuse", "auto_accept": "never", "allow_other_reason": true,
             "resubmission": true, "accepted_status": "RETURNED", "reverse_money": true,
             "clawback": "by_reason", "remedy": "credit",
             "replacement_returnable": false}'::jsonb AS settings)
SELECT v.scope, v.scope_id, v.valid_from, v.valid_to, typed.*
  FROM version v CROSS JOIN standard s
 CROSS JOIN LATERAL jsonb_to_record(
           CASE v.scope WHEN 'global' THEN s.settings || v.settings ELSE v.settings END) AS typed (
           returns_enabled boolean, buyer_may_return boolean, min_age interval, max_age interval,
           time_zone text, window_calendar text, cycle_grace interval, max_return_percent numeric,
           max_return_count bigint, cap_basis text, cap_period text, cap_min_volume bigint,
           at_cap text, auto_accept text, review_timeout interval, allow_other_reason boolean,
           resubmission boolean, accepted_status text, reverse_money boolean, clawback text,
           remedy text, replacement_returnable boolean, assignee text)
 WHERE v.valid_from < v.valid_to;

-- terms that name an assignee are rare: whether there are any
CREATE INDEX terms_assignee_idx ON twin.terms (assignee) WHERE assignee IS NOT NULL;

-- The terms that apply to a delivery: the most specific value of each setting. Plain SQL, which
-- the planner puts into the query that calls it, so that unused settings cost nothing.
CREATE FUNCTION twin.terms_at(
    account_id bigint, buyer_id bigint, lead_group_id bigint, at timestamptz)
RETURNS TABLE (
    min_age interval, max_age interval, time_zone text, window_calendar text,
    cycle_grace interval, max_return_percent numeric, max_return_count bigint, cap_basis text,
    cap_period text, cap_min_volume bigint, at_cap text, auto_accept text,
    review_timeout interval, allow_other_reason boolean, resubmission boolean,
    accepted_status text, reverse_money boolean, clawback text, remedy text,
    replacement_returnable boolean)
LANGUAGE sql STABLE AS $$
SELECT
    coalesce(a.min_age, b.min_age, l.min_age, g.min_age),
    coalesce(a.max_age, b.max_age, l.max_age, g.max_age),
    coalesce(a.time_zone, b.time_zone, l.time_zone, g.time_zone),
    coalesce(a.window_calendar, b.window_calendar, l.window_calendar, g.window_calendar),
    coalesce(a.cycle_grace, b.cycle_grace, l.cycle_grace, g.cycle_grace),
    coalesce(a.max_return_percent, b.max_return_percent, l.max_return_percent,
             g.max_return_percent),
    coalesce(a.max_return_count, b.max_return_count, l.max_return_count, g.max_return_count),
    coalesce(a.cap_basis, b.cap_basis, l.cap_basis, g.cap_basis),
    coalesce(a.cap_period, b.cap_period, l.cap_period, g.cap_period),
    coalesce(a.cap_min_volume, b.cap_min_volume, l.cap_min_volume, g.cap_min_volume),
    coalesce(a.at_cap, b.at_cap, l.at_cap, g.at_cap),
    coalesce(a.auto_accept, b.auto_accept, l.auto_accept, g.auto_accept),
    coalesce(a.review_timeout, b.review_timeout, l.review_timeout, g.review_timeout),
    coalesce(a.allow_other_reason, b.allow_other_reason, l.allow_other_reason,
             g.allow_other_reason),
    coalesce(a.resubmission, b.resubmission, l.resubmission, g.resubmission),
    coalesce(a.accepted_status, b.accepted_status, l.accepted_status, g.accepted_status),
    coalesce(a.reverse_money, b.reverse_money, l.reverse_money, g.reverse_money),
    coalesce(a.clawback, b.clawback, l.clawback, g.clawback),
    coalesce(a.remedy, b.remedy, l.remedy, g.remedy),
    coalesce(a.replacement_returnable, b.replacement_returnable, l.replacement_returnable,
             g.replacement_returnable)
  FROM twin.terms g
  LEFT JOIN twin.terms l ON l.scope = 'lead_group' AND l.scope_id = $3
                        AND l.valid_from <= $4 AND l.valid_to > $4
  LEFT JOIN twin.terms b ON b.scope = 'buyer' AND b.scope_id = $2
                        AND b.valid_from <= $4 AND b.valid_to > $4
  LEFT JOIN twin.terms a ON a.scope = 'account' AND a.scope_id = $1
                        AND a.valid_from <= $4 AND a.valid_to > $4
 WHERE g.scope = 'global' AND g.scope_id = 0 AND g.valid_from <= $4 AND g.valid_to > $4
$$;
