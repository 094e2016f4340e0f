-- What is asked of the reports, and the same of the records by a plain GROUP BY.

-- Each delivery, and what became of its requests.
CREATE VIEW bench.outcome AS
SELECT d.account_id, a.buyer_id, d.supplier_id, d.lead_group_id, d.currency, d.delivered_on AS day,
       leadreturns.week_of(d.delivered_on) AS week, leadreturns.month_of(d.delivered_on) AS month,
       1 AS delivered, r.returned, r.open, r.declined, d.price AS delivered_value, r.returned_value
  FROM leadreturns.delivery d
  JOIN leadreturns.account a ON a.account_id = d.account_id
  LEFT JOIN (SELECT delivery_id, count(*) FILTER (WHERE status = 'accepted') AS returned,
                    count(*) FILTER (WHERE status = 'open') AS open,
                    count(*) FILTER (WHERE status = 'declined') AS declined,
                    sum(credit) AS returned_value
               FROM leadreturns.request GROUP BY delivery_id) r ON r.delivery_id = d.delivery_id;

CREATE VIEW bench.outcome_by_reason AS
SELECT d.account_id, a.buyer_id, d.supplier_id, d.currency, d.delivered_on AS day, r.reason,
       (r.status = 'accepted')::integer AS returned, (r.status = 'open')::integer AS open,
       (r.status = 'declined')::integer AS declined, r.credit AS returned_value
  FROM leadreturns.request r
  JOIN leadreturns.delivery d ON d.delivery_id = r.delivery_id
  JOIN leadreturns.account a ON a.account_id = d.account_id;

CREATE TABLE bench.question (
    n       integer GENERATED ALWAYS AS IDENTITY,
    period  text,           -- what is asked for
    view    text,
    keys    text,           -- what the answer is grouped by
    part    text,           -- which part of the view
    of_view text,           -- the two queries
    plain   text,
    is_same boolean,
    view_ms  double precision,
    plain_ms double precision,
    late_ms  double precision -- with deltas that are not folded
);

INSERT INTO bench.question (period, view, keys, part)
SELECT 'all', 'return_rate_' || v, k, 'true'
  FROM (VALUES ('by_buyer', 'buyer_id, currency'), ('by_account', 'account_id, currency'),
               ('by_supplier', 'supplier_id, currency'),
               ('by_lead_group', 'lead_group_id, currency'), ('by_reason', 'reason, currency'),
               ('buyer_supplier', 'buyer_id, supplier_id, currency')) AS t (v, k)
UNION ALL
SELECT 'last 30 days', 'return_rate_' || v, k, 'day >= :today - 29'
  FROM (VALUES ('by_buyer_daily', 'buyer_id, currency'),
               ('by_account_daily', 'account_id, currency'),
               ('by_supplier_daily', 'supplier_id, currency'),
               ('by_lead_group_daily', 'lead_group_id, currency'),
               ('by_reason_daily', 'reason, currency'),
               ('by_lead_group_daily', 'day, currency')) AS t (v, k)
UNION ALL
SELECT 'one account', 'return_rate_' || v, k, 'account_id = 77'
  FROM (VALUES ('by_account', 'account_id, currency'), ('by_account_daily', 'day, account_id'),
               ('daily', 'day, supplier_id, lead_group_id'),
               ('weekly', 'week, supplier_id, lead_group_id'),
               ('monthly', 'month, supplier_id, lead_group_id')) AS t (v, k)
UNION ALL
SELECT 'one account, last 30 days', 'return_rate_daily', 'day, supplier_id, lead_group_id',
       'account_id = 77 AND day >= :today - 29'
UNION ALL
SELECT 'one buyer', 'return_rate_buyer_supplier', 'supplier_id, currency', 'buyer_id = 77'
UNION ALL
SELECT 'one supplier, last 30 days', 'return_rate_daily', 'day, account_id, lead_group_id',
       'supplier_id = 77 AND day >= :today - 29';

UPDATE bench.question q
   SET part = p.part,
       of_view = format('SELECT %s, %s FROM leadreturns.%s WHERE %s GROUP BY %1$s', q.keys,
                        p.figures, q.view, p.part),
       plain = format('SELECT %s, %s FROM bench.%s WHERE %s GROUP BY %1$s', q.keys, p.figures,
                      p.source, p.part)
  FROM (SELECT n, replace(part, ':today', quote_literal((SELECT max(delivered_on)
                                                           FROM leadreturns.delivery)) || '::date')
                  AS part,
               CASE WHEN view LIKE '%reason%' THEN 'outcome_by_reason' ELSE 'outcome' END
                   AS source,
               CASE WHEN view LIKE '%reason%'
                    THEN 'sum(returned) AS returned, sum(open) AS open, sum(declined) AS declined,'
                         ' sum(returned_value) AS returned_value'
                    ELSE 'sum(delivered) AS delivered, coalesce(sum(returned), 0) AS returned,'
                         ' coalesce(sum(open), 0) AS open, coalesce(sum(declined), 0) AS declined,'
                         ' sum(delivered_value) AS delivered_value,'
                         ' coalesce(sum(returned_value), 0) AS returned_value' END AS figures
          FROM bench.question) p
 WHERE p.n = q.n;

-- Median of some runs in milliseconds; all columns are computed, none is sent.
CREATE FUNCTION bench.ms(query text, runs integer) RETURNS double precision
LANGUAGE plpgsql AS $$
DECLARE
    took double precision[] := '{}';
    started timestamptz;
BEGIN
    FOR i IN 1 .. runs LOOP
        started := clock_timestamp();
        EXECUTE format('SELECT count(q) FROM (%s) q', query);
        took := took || extract(epoch FROM clock_timestamp() - started) * 1000;
    END LOOP;
    RETURN (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY t) FROM unnest(took) t);
END;
$$;

CREATE FUNCTION bench.same(one text, other text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    differ bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM ((%1$s EXCEPT %2$s) UNION ALL (%2$s EXCEPT %1$s)) x',
                   one, other) INTO differ;
    RETURN differ = 0;
END;
$$;
