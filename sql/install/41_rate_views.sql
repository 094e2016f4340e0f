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
