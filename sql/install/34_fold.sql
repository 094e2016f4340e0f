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
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    folded bigint;
BEGIN
    -- one at a time; whoever comes second leaves it to the first
    IF NOT pg_try_advisory_xact_lock('leadreturns.rate_delta'::regclass::oid::bigint) THEN
        RETURN 0;
    END IF;
    -- each statement below has a snapshot of its own, but all of them are one command: no reader
    -- sees a delta twice, or not at all
    WITH taken AS (
        DELETE FROM leadreturns.rate_delta d
         WHERE d.ctid = ANY (ARRAY(SELECT x.ctid FROM leadreturns.rate_delta x LIMIT most))
        RETURNING d.*),
    cohort AS (
        SELECT account_id, supplier_id, lead_group_id, currency, delivered_on AS day,
               sum(delivered)::integer AS delivered, sum(returned)::integer AS returned,
               sum(open)::integer AS open, sum(declined)::integer AS declined,
               sum(delivered_value) AS delivered_value, sum(cost) AS cost,
               sum(returned_value) AS returned_value
          FROM taken WHERE delivered_on IS NOT NULL
         GROUP BY 1, 2, 3, 4, 5),
    by_account AS (
        INSERT INTO leadreturns.rollup_account AS o
        SELECT CASE grouping(day) WHEN 0 THEN 'day' ELSE 'all' END, coalesce(day, '-infinity'),
               account_id, sum(delivered), sum(returned), sum(open), sum(declined),
               sum(delivered_value), sum(returned_value)
          FROM cohort
         GROUP BY GROUPING SETS ((account_id, day), (account_id))
         ORDER BY account_id, day
        ON CONFLICT ON CONSTRAINT rollup_account_pkey DO UPDATE
        SET delivered = o.delivered + excluded.delivered,
            returned = o.returned + excluded.returned,
            open = o.open + excluded.open, declined = o.declined + excluded.declined,
            delivered_value = o.delivered_value + excluded.delivered_value,
            returned_value = o.returned_value + excluded.returned_value),
    by_supplier AS (
        INSERT INTO leadreturns.rollup_supplier AS o
        SELECT CASE grouping(day) WHEN 0 THEN 'day' ELSE 'all' END, coalesce(day, '-infinity'),
               supplier_id, currency, sum(delivered), sum(returned), sum(open), sum(declined),
               sum(delivered_value), sum(returned_value)
          FROM cohort
         GROUP BY GROUPING SETS ((supplier_id, currency, day), (supplier_id, currency))
         ORDER BY supplier_id, day
        ON CONFLICT ON CONSTRAINT rollup_supplier_key DO UPDATE
        SET delivered = o.delivered + excluded.delivered,
            returned = o.returned + excluded.returned,
            open = o.open + excluded.open, declined = o.declined + excluded.declined,
            delivered_value = o.delivered_value + excluded.delivered_value,
            returned_value = o.returned_value + excluded.returned_value),
    by_lead_group AS (
        INSERT INTO leadreturns.rollup_lead_group AS o
        SELECT CASE grouping(day) WHEN 0 THEN 'day' ELSE 'all' END, coalesce(day, '-infinity'),
               lead_group_id, currency, sum(delivered), sum(returned), sum(open), sum(declined),
               sum(delivered_value), sum(returned_value)
          FROM cohort
         GROUP BY GROUPING SETS ((lead_group_id, currency, day), (lead_group_id, currency))
         ORDER BY lead_group_id, day
        ON CONFLICT ON CONSTRAINT rollup_lead_group_key DO UPDATE
        SET delivered = o.delivered + excluded.delivered,
            returned = o.returned + excluded.returned,
            open = o.open + excluded.open, declined = o.declined + excluded.declined,
            delivered_value = o.delivered_value + excluded.delivered_value,
            returned_value = o.returned_value + excluded.returned_value),
    by_reason AS (
        INSERT INTO leadreturns.rollup_reason AS o
        SELECT CASE grouping(delivered_on) WHEN 0 THEN 'day' ELSE 'all' END,
               coalesce(delivered_on, '-infinity'), supplier_id, reason, currency, sum(returned),
               sum(open), sum(declined), sum(returned_value), sum(clawback)
          FROM taken WHERE reason IS NOT NULL
         GROUP BY GROUPING SETS ((supplier_id, reason, currency, delivered_on),
                                 (supplier_id, reason, currency))
         ORDER BY supplier_id, delivered_on
        ON CONFLICT ON CONSTRAINT rollup_reason_key DO UPDATE
        SET returned = o.returned + excluded.returned, open = o.open + excluded.open,
            declined = o.declined + excluded.declined,
            returned_value = o.returned_value + excluded.returned_value,
            clawback = o.clawback + excluded.clawback),
    cell AS (
        SELECT account_id, supplier_id, lead_group_id, day, delivered, returned, open, declined,
               0 AS acceptances, 0 AS declines, 0 AS withdrawals, 0 AS rollbacks,
               delivered_value, cost, returned_value,
               0.00 AS credited, 0.00 AS clawed_back, 0.00 AS adjusted
          FROM cohort
        UNION ALL
        SELECT account_id, supplier_id, lead_group_id, moved_on, 0, 0, 0, 0,
               sum(acceptances), sum(declines), sum(withdrawals), sum(rollbacks), 0, 0, 0,
               sum(credited), sum(clawed_back), sum(adjusted)
          FROM taken WHERE moved_on IS NOT NULL
         GROUP BY account_id, supplier_id, lead_group_id, moved_on),
    by_all AS (
        INSERT INTO leadreturns.rollup_cross AS o
        SELECT CASE grouping(c.day, p.week, p.month)
                    WHEN 3 THEN 'day' WHEN 5 THEN 'week' WHEN 6 THEN 'month' ELSE 'all' END,
               coalesce(c.day, p.week, p.month, '-infinity'),
               c.account_id, c.supplier_id, c.lead_group_id, sum(c.delivered), sum(c.returned),
               sum(c.open), sum(c.declined), sum(c.acceptances), sum(c.declines),
               sum(c.withdrawals), sum(c.rollbacks), sum(c.delivered_value), sum(c.cost),
               sum(c.returned_value), sum(c.credited), sum(c.clawed_back), sum(c.adjusted)
          FROM cell c
         CROSS JOIN LATERAL (SELECT leadreturns.week_of(c.day),
                                    leadreturns.month_of(c.day)) AS p (week, month)
         GROUP BY c.account_id, c.supplier_id, c.lead_group_id,
                  GROUPING SETS ((c.day), (p.week), (p.month), ())
         ORDER BY c.account_id, 1, 2
        ON CONFLICT ON CONSTRAINT rollup_cross_key DO UPDATE
        SET delivered = o.delivered + excluded.delivered,
            returned = o.returned + excluded.returned,
            open = o.open + excluded.open, declined = o.declined + excluded.declined,
            acceptances = o.acceptances + excluded.acceptances,
            declines = o.declines + excluded.declines,
            withdrawals = o.withdrawals + excluded.withdrawals,
            rollbacks = o.rollbacks + excluded.rollbacks,
            delivered_value = o.delivered_value + excluded.delivered_value,
            cost = o.cost + excluded.cost,
            returned_value = o.returned_value + excluded.returned_value,
            credited = o.credited + excluded.credited,
            clawed_back = o.clawed_back + excluded.clawed_back,
            adjusted = o.adjusted + excluded.adjusted)
    SELECT count(*) INTO folded FROM taken;
    RETURN folded;
END;
$$;
COMMENT ON FUNCTION leadreturns.fold_rates(bigint) IS
'Moves up to so many rows of rate_delta into the rollups and returns how many; 0 also when another'
' session is at it. The sweep calls it. Example: SELECT leadreturns.fold_rates(100000).';

-- The same rows as rate_delta's, one for each cause, out of the records themselves: whatever the
-- rollups and deltas say together, a GROUP BY over this view says too.
CREATE VIEW leadreturns.rate_facts WITH (security_barrier) AS
SELECT d.account_id, d.supplier_id, d.lead_group_id, d.currency, d.delivered_on,
       NULL::date AS moved_on, NULL::text AS reason, 1 AS delivered, 0 AS returned, 0 AS open,
       0 AS declined, 0 AS acceptances, 0 AS declines, 0 AS withdrawals, 0 AS rollbacks,
       d.price::numeric(18,2) AS delivered_value,
       CASE WHEN d.payout_transfer_id IS NULL THEN 0 ELSE d.cost END::numeric(18,2) AS cost,
       0::numeric(18,2) AS returned_value, 0::numeric(18,2) AS clawback,
       0::numeric(18,2) AS credited, 0::numeric(18,2) AS clawed_back,
       0::numeric(18,2) AS adjusted
  FROM leadreturns.delivery d
UNION ALL
SELECT d.account_id, d.supplier_id, d.lead_group_id, d.currency, d.delivered_on, NULL, r.reason, 0,
       (r.status = 'accepted')::integer, (r.status = 'open')::integer,
       (r.status = 'declined')::integer, 0, 0, 0, 0, 0, 0, r.credit, r.clawback, 0, 0, 0
  FROM leadreturns.request r
  JOIN leadreturns.delivery d ON d.delivery_id = r.delivery_id
UNION ALL
SELECT d.account_id, d.supplier_id, d.lead_group_id, d.currency, NULL, h.moved_on, NULL, 0, 0, 0,
       0, (h.to_status = 'accepted')::integer, (h.to_status = 'declined')::integer,
       (h.to_status = 'withdrawn')::integer, (h.to_status = 'rolled_back')::integer,
       0, 0, 0, 0, 0, 0, 0
  FROM leadreturns.history h
  JOIN leadreturns.request r ON r.return_id = h.return_id
  JOIN leadreturns.delivery d ON d.delivery_id = r.delivery_id
 WHERE h.from_status <> h.to_status
UNION ALL
SELECT d.account_id, d.supplier_id, d.lead_group_id, d.currency, NULL, t.posted_on, NULL, 0, 0, 0,
       0, 0, 0, 0, 0, 0, 0, 0, 0,
       CASE t.kind WHEN 'credit' THEN t.amount WHEN 'credit_reversed' THEN - t.amount ELSE 0 END,
       CASE t.kind WHEN 'clawback' THEN t.amount
                   WHEN 'clawback_reversed' THEN - t.amount ELSE 0 END,
       0
  FROM leadreturns.transfer t
  JOIN leadreturns.delivery d ON d.delivery_id = t.delivery_id
 WHERE t.kind IN ('credit', 'credit_reversed', 'clawback', 'clawback_reversed')
UNION ALL
SELECT t.account_id, NULL, NULL, t.currency, NULL, t.posted_on, NULL, 0, 0, 0, 0, 0, 0, 0, 0,
       0, 0, 0, 0, 0, 0, CASE t.debit WHEN 'adjustments' THEN - t.amount ELSE t.amount END
  FROM leadreturns.transfer t
 WHERE t.kind = 'adjustment';
