-- The second half of the sweep: all that the rates have not folded yet, added to the rollups by one
-- statement. After twin_sweep.sql, whose own deltas a part of the same statement would not see.

WITH turn AS MATERIALIZED (
    SELECT FROM leadreturns.rate_fold FOR NO KEY UPDATE SKIP LOCKED),
taken AS (
    DELETE FROM leadreturns.rate_delta d WHERE EXISTS (SELECT FROM turn) RETURNING d.*),
-- what became of the deliveries of each day
cohort AS (
    SELECT account_id, supplier_id, lead_group_id, currency, delivered_on AS day,
           sum(delivered) AS delivered, sum(returned) AS returned, sum(open) AS open,
           sum(declined) AS declined, sum(delivered_value)::bigint AS delivered_value,
           sum(cost)::bigint AS cost, sum(returned_value)::bigint AS returned_value
      FROM taken WHERE delivered_on IS NOT NULL
     GROUP BY 1, 2, 3, 4, 5),
-- with it, what was decided and posted on each day
cell AS (
    SELECT account_id, supplier_id, lead_group_id, day, delivered, returned, open, declined,
           0 AS acceptances, 0 AS declines, 0 AS withdrawals, 0 AS rollbacks, delivered_value,
           cost, returned_value, 0 AS credited, 0 AS clawed_back, 0 AS adjusted
      FROM cohort
     UNION ALL
    SELECT account_id, supplier_id, lead_group_id, moved_on, 0, 0, 0, 0, sum(acceptances),
           sum(declines), sum(withdrawals), sum(rollbacks), 0, 0, 0, sum(credited)::bigint,
           sum(clawed_back)::bigint, sum(adjusted)::bigint
      FROM taken
     WHERE moved_on IS NOT NULL
       AND (acceptances, declines, withdrawals, rollbacks, credited, clawed_back, adjusted)
           <> (0, 0, 0, 0, 0, 0, 0)
     GROUP BY 1, 2, 3, 4),
by_account AS (
    INSERT INTO leadreturns.rollup_account AS o
    SELECT CASE grouping(day) WHEN 0 THEN 'day' ELSE 'all' END, coalesce(day, '-infinity'),
           account_id, sum(delivered), sum(returned), sum(open), sum(declined),
           sum(delivered_value), sum(returned_value)
      FROM cohort
     GROUP BY GROUPING SETS ((account_id, day), (account_id))
     ORDER BY account_id, day
        ON CONFLICT ON CONSTRAINT rollup_account_pkey DO UPDATE
       SET delivered = o.delivered + excluded.delivered, returned = o.returned + excluded.returned,
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
       SET delivered = o.delivered + excluded.delivered, returned = o.returned + excluded.returned,
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
       SET delivered = o.delivered + excluded.delivered, returned = o.returned + excluded.returned,
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
       SET delivered = o.delivered + excluded.delivered, returned = o.returned + excluded.returned,
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
           adjusted = o.adjusted + excluded.adjusted),
noted AS (
    UPDATE leadreturns.rate_fold
       SET folded_at = leadreturns.clock(), folded = (SELECT count(*) FROM taken))
UPDATE leadreturns.sweep_heartbeat SET consolidated = (SELECT count(*) FROM taken);
