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
