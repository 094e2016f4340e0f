-- The reports: rates, decisions, profit and loss, out of rollups and deltas. Each shows everything
-- to staff and reporting and nothing to others. Conditions on keys and periods reach the indexes of
-- both, because every key is grouped by and no function stands before it.

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
            -- stem, rollup, keys that rollup and deltas share, join, keys of the view, its columns,
            -- the joins that find names, periods
            ('return_rate_by_account', 'rollup_account', 'account_id',
             'JOIN leadreturns.account a ON a.account_id = c.account_id',
             'c.account_id, a.buyer_id, a.currency',
             'r.account_id, n.name AS account, r.buyer_id, b.name AS buyer, r.currency',
             'JOIN leadreturns.account n ON n.account_id = r.account_id
              JOIN leadreturns.buyer b ON b.buyer_id = r.buyer_id',
             '{all,day}'::text[]),
            ('return_rate_by_buyer', 'rollup_account', 'account_id',
             'JOIN leadreturns.account a ON a.account_id = c.account_id',
             'a.buyer_id, a.currency',
             'r.buyer_id, b.name AS buyer, r.currency',
             'JOIN leadreturns.buyer b ON b.buyer_id = r.buyer_id',
             '{all,day}'),
            ('return_rate_by_supplier', 'rollup_supplier', 'supplier_id, currency', '',
             'c.supplier_id, c.currency',
             'r.supplier_id, s.name AS supplier, r.currency',
             'LEFT JOIN leadreturns.supplier s ON s.supplier_id = r.supplier_id',
             '{all,day}'),
            ('return_rate_by_lead_group', 'rollup_lead_group', 'lead_group_id, currency', '',
             'c.lead_group_id, c.currency',
             'r.lead_group_id, g.name AS lead_group, r.currency',
             'LEFT JOIN leadreturns.lead_group g ON g.lead_group_id = r.lead_group_id',
             '{all,day}'),
            ('return_rate_buyer_supplier', 'rollup_cross', 'account_id, supplier_id',
             'JOIN leadreturns.account a ON a.account_id = c.account_id',
             'a.buyer_id, c.supplier_id, a.currency',
             'r.buyer_id, b.name AS buyer, r.supplier_id, s.name AS supplier, r.currency',
             'JOIN leadreturns.buyer b ON b.buyer_id = r.buyer_id
              LEFT JOIN leadreturns.supplier s ON s.supplier_id = r.supplier_id',
             '{all}'),
            ('return_rate', 'rollup_cross', 'account_id, supplier_id, lead_group_id',
             'JOIN leadreturns.account a ON a.account_id = c.account_id',
             'a.buyer_id, c.account_id, c.supplier_id, c.lead_group_id, a.currency',
             'r.buyer_id, b.name AS buyer, r.account_id, n.name AS account,
              r.supplier_id, s.name AS supplier, r.lead_group_id, g.name AS lead_group, r.currency',
             'JOIN leadreturns.account n ON n.account_id = r.account_id
              JOIN leadreturns.buyer b ON b.buyer_id = r.buyer_id
              LEFT JOIN leadreturns.supplier s ON s.supplier_id = r.supplier_id
              LEFT JOIN leadreturns.lead_group g ON g.lead_group_id = r.lead_group_id',
             '{day,week,month}')
               ) AS c (stem, rollup, shared, inner_join, keys, columns, outer_join, grains)
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
       (r.delivered_value * 0.01)::numeric(14,2) AS delivered_value,
       (r.returned_value * 0.01)::numeric(14,2) AS returned_value,
       leadreturns.ratio(r.returned_value, r.delivered_value)::numeric(7,4) AS value_rate,
       leadreturns.rate_band(r.delivered, r.returned) AS band
  FROM (SELECT %s%s, sum(c.delivered) AS delivered, sum(c.returned) AS returned,
               sum(c.open) AS open, sum(c.declined) AS declined,
               sum(c.delivered_value) AS delivered_value,
               sum(c.returned_value) AS returned_value
          FROM (SELECT %s%s, delivered, returned, open, declined, delivered_value,
                       returned_value
                  FROM leadreturns.%I WHERE grain = %L
                UNION ALL
                SELECT %s%s, delivered, returned, open, declined, delivered_value,
                       returned_value
                  FROM leadreturns.rate_delta d WHERE delivered_on IS NOT NULL) c
          %s
         GROUP BY %s%s
        HAVING sum(c.delivered) > 0) r
  %s
 WHERE (SELECT leadreturns.sees_all())$view$,
            v.name, v.period_out, v.columns, v.period_key, v.keys,
            'starts_on AS ' || v.period || ', ', v.shared, v.rollup, v.grain,
            v.source || ' AS ' || v.period || ', ', v.shared, v.inner_join,
            v.period_key, v.keys, v.outer_join);
    END LOOP;
END;
$$;

-- Reasons: returns by reason, measured on everything that was delivered in the currency.

CREATE VIEW leadreturns.return_rate_by_reason WITH (security_barrier) AS
SELECT r.reason, m.label AS reason_label, r.currency, t.delivered, r.returned, r.open, r.declined,
       leadreturns.ratio(r.returned, t.delivered)::numeric(7,4) AS return_rate,
       t.delivered_value, (r.returned_value * 0.01)::numeric(14,2) AS returned_value,
       leadreturns.ratio(r.returned_value * 0.01, t.delivered_value)::numeric(7,4) AS value_rate,
       leadreturns.ratio(r.returned, t.returned)::numeric(7,4) AS share,
       leadreturns.rate_band(t.delivered, r.returned) AS band
  FROM (SELECT c.reason, c.currency, sum(c.returned) AS returned, sum(c.open) AS open,
               sum(c.declined) AS declined, sum(c.returned_value) AS returned_value
          FROM (SELECT reason, currency, returned, open, declined, returned_value
                  FROM leadreturns.rollup_reason WHERE grain = 'all'
                UNION ALL
                SELECT reason, currency, returned, open, declined, returned_value
                  FROM leadreturns.rate_delta WHERE reason IS NOT NULL) c
         GROUP BY c.reason, c.currency
        HAVING sum(c.returned + c.open + c.declined) > 0) r
  JOIN (SELECT currency, sum(delivered)::bigint AS delivered, sum(returned)::bigint AS returned,
               sum(delivered_value)::numeric(14,2) AS delivered_value
          FROM leadreturns.return_rate_by_lead_group GROUP BY currency) t
    ON t.currency = r.currency
  JOIN leadreturns.reason m ON m.code = r.reason
 WHERE (SELECT leadreturns.sees_all());

CREATE VIEW leadreturns.return_rate_by_reason_daily WITH (security_barrier) AS
SELECT r.day, r.reason, m.label AS reason_label, r.currency, t.delivered, r.returned, r.open,
       r.declined, leadreturns.ratio(r.returned, t.delivered)::numeric(7,4) AS return_rate,
       t.delivered_value, (r.returned_value * 0.01)::numeric(14,2) AS returned_value,
       leadreturns.ratio(r.returned_value * 0.01, t.delivered_value)::numeric(7,4) AS value_rate,
       leadreturns.ratio(r.returned, t.returned)::numeric(7,4) AS share,
       leadreturns.rate_band(t.delivered, r.returned) AS band
  FROM (SELECT c.day, c.reason, c.currency, sum(c.returned) AS returned, sum(c.open) AS open,
               sum(c.declined) AS declined, sum(c.returned_value) AS returned_value
          FROM (SELECT starts_on AS day, reason, currency, returned, open, declined,
                       returned_value
                  FROM leadreturns.rollup_reason WHERE grain = 'day'
                UNION ALL
                SELECT delivered_on, reason, currency, returned, open, declined, returned_value
                  FROM leadreturns.rate_delta WHERE reason IS NOT NULL) c
         GROUP BY c.day, c.reason, c.currency
        HAVING sum(c.returned + c.open + c.declined) > 0) r
  JOIN (SELECT day, currency, sum(delivered)::bigint AS delivered,
               sum(returned)::bigint AS returned,
               sum(delivered_value)::numeric(14,2) AS delivered_value
          FROM leadreturns.return_rate_by_lead_group_daily GROUP BY day, currency) t
    ON t.day = r.day AND t.currency = r.currency
  JOIN leadreturns.reason m ON m.code = r.reason
 WHERE (SELECT leadreturns.sees_all());

CREATE VIEW leadreturns.bad_lead_summary WITH (security_barrier) AS
SELECT r.supplier_id, s.name AS supplier, r.reason, m.label AS reason_label, r.currency,
       t.delivered, r.returned, r.open, r.declined,
       leadreturns.ratio(r.returned, t.delivered)::numeric(7,4) AS return_rate,
       leadreturns.ratio(r.returned, t.returned)::numeric(7,4) AS share,
       (r.returned_value * 0.01)::numeric(14,2) AS returned_value,
       (r.clawback * 0.01)::numeric(14,2) AS clawback,
       leadreturns.rate_band(t.delivered, r.returned) AS band
  FROM (SELECT c.supplier_id, c.reason, c.currency, sum(c.returned) AS returned,
               sum(c.open) AS open, sum(c.declined) AS declined,
               sum(c.returned_value) AS returned_value, sum(c.clawback) AS clawback
          FROM (SELECT supplier_id, reason, currency, returned, open, declined, returned_value,
                       clawback
                  FROM leadreturns.rollup_reason WHERE grain = 'all'
                UNION ALL
                SELECT supplier_id, reason, currency, returned, open, declined, returned_value,
                       clawback
                  FROM leadreturns.rate_delta WHERE reason IS NOT NULL) c
         GROUP BY c.supplier_id, c.reason, c.currency
        HAVING sum(c.returned + c.open + c.declined) > 0) r
  JOIN leadreturns.return_rate_by_supplier t
    ON t.supplier_id IS NOT DISTINCT FROM r.supplier_id AND t.currency = r.currency
  JOIN leadreturns.reason m ON m.code = r.reason
  LEFT JOIN leadreturns.supplier s ON s.supplier_id = r.supplier_id
 WHERE (SELECT leadreturns.sees_all());

-- What a day has seen: decisions on the day they were made, money on the day it was posted.
DO $$
DECLARE
    v record;
BEGIN
    FOR v IN
        SELECT * FROM (VALUES
            ('returns_decided_daily', 'day', 'd.delivered_on', 'd.moved_on',
             'HAVING sum(c.acceptances + c.declines + c.withdrawals + c.rollbacks) > 0',
             $columns$
       r.delivered, (r.delivered_value * 0.01)::numeric(14,2) AS delivered_value,
       r.acceptances + r.declines AS decided, r.acceptances AS accepted, r.declines AS declined,
       r.withdrawals AS withdrawn, r.rollbacks AS rolled_back,
       leadreturns.ratio(r.acceptances, r.delivered)::numeric(7,4) AS decided_return_rate,
       (r.credited * 0.01)::numeric(14,2) AS returned_value,
       (r.clawed_back * 0.01)::numeric(14,2) AS clawback,
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
  FROM (SELECT c.%2$I, a.buyer_id, c.account_id, c.supplier_id, c.lead_group_id, a.currency,
               sum(c.delivered) AS delivered, sum(c.delivered_value) AS delivered_value,
               sum(c.cost) AS cost, sum(c.acceptances) AS acceptances,
               sum(c.declines) AS declines, sum(c.withdrawals) AS withdrawals,
               sum(c.rollbacks) AS rollbacks, sum(c.credited) AS credited,
               sum(c.clawed_back) AS clawed_back, sum(c.adjusted) AS adjusted
          FROM (SELECT starts_on AS %2$I, account_id, supplier_id, lead_group_id, delivered,
                       delivered_value, cost, acceptances, declines, withdrawals, rollbacks,
                       credited, clawed_back, adjusted
                  FROM leadreturns.rollup_cross WHERE grain = %4$L
                UNION ALL
                SELECT %5$s, account_id, supplier_id, lead_group_id, delivered, delivered_value,
                       cost, 0, 0, 0, 0, 0, 0, 0
                  FROM leadreturns.rate_delta d WHERE delivered_on IS NOT NULL
                UNION ALL
                SELECT %6$s, account_id, supplier_id, lead_group_id, 0, 0, 0, acceptances,
                       declines, withdrawals, rollbacks, credited, clawed_back, adjusted
                  FROM leadreturns.rate_delta d WHERE moved_on IS NOT NULL) c
          JOIN leadreturns.account a ON a.account_id = c.account_id
         GROUP BY c.%2$I, a.buyer_id, c.account_id, c.supplier_id, c.lead_group_id, a.currency
        %7$s) r
  JOIN leadreturns.account n ON n.account_id = r.account_id
  JOIN leadreturns.buyer b ON b.buyer_id = r.buyer_id
  LEFT JOIN leadreturns.supplier s ON s.supplier_id = r.supplier_id
  LEFT JOIN leadreturns.lead_group g ON g.lead_group_id = r.lead_group_id
 WHERE (SELECT leadreturns.sees_all())$view$,
            v.name, v.period,
            coalesce(v.columns, $columns$
       (r.delivered_value * 0.01)::numeric(14,2) AS revenue_before_returns,
       (r.credited * 0.01)::numeric(14,2) AS revenue_returned,
       ((r.delivered_value - r.credited) * 0.01)::numeric(14,2) AS revenue_after_returns,
       (r.cost * 0.01)::numeric(14,2) AS cost_before_returns,
       (r.clawed_back * 0.01)::numeric(14,2) AS cost_clawed_back,
       ((r.cost - r.clawed_back) * 0.01)::numeric(14,2) AS cost_after_returns,
       ((r.delivered_value - r.cost) * 0.01)::numeric(14,2) AS profit_before_returns,
       ((r.delivered_value - r.credited - r.cost + r.clawed_back) * 0.01)::numeric(14,2)
           AS profit_after_returns,
       leadreturns.ratio(r.delivered_value - r.cost, r.delivered_value)::numeric(7,4)
           AS margin_before_returns,
       leadreturns.ratio(r.delivered_value - r.credited - r.cost + r.clawed_back,
                         r.delivered_value - r.credited)::numeric(7,4) AS margin_after_returns,
       (r.adjusted * 0.01)::numeric(14,2) AS adjustments$columns$),
            v.period, v.delivered_in, v.moved_in,
            coalesce(v.kept, 'HAVING (sum(c.delivered), sum(c.cost), sum(c.credited),
                                      sum(c.clawed_back), sum(c.adjusted)) <> (0, 0, 0, 0, 0)'));
    END LOOP;
END;
$$;
