-- Every report once more, by the words of its description: plain views over the records, in schema
-- t, with the names of the views that they must equal. Nothing here reads what commands count as
-- they go. Included with \ir after common.sql.

CREATE FUNCTION t.share(part numeric, whole numeric) RETURNS numeric(7,4) LANGUAGE sql AS
$$ SELECT CASE WHEN whole > 0 AND abs(part / whole) < 999 THEN round(part / whole, 4) END $$;

CREATE FUNCTION t.band(delivered bigint, returned bigint) RETURNS text LANGUAGE sql AS $$
SELECT CASE WHEN delivered < 20 THEN 'too_few' WHEN returned * 10 >= delivered * 3 THEN 'high'
            WHEN returned * 20 >= delivered * 3 THEN 'watch' ELSE 'healthy' END
$$;

-- z = (p1 - p2) / sqrt(p (1 - p) (1 / n1 + 1 / n2)), p = (x1 + x2) / (n1 + n2)
CREATE FUNCTION t.z(x1 numeric, n1 numeric, x2 numeric, n2 numeric) RETURNS float8
LANGUAGE sql AS $$
SELECT CASE WHEN x1 + x2 IN (0, n1 + n2) THEN 0
            ELSE (x1 / n1 - x2 / n2)::float8
                 / sqrt(((x1 + x2) * (n1 + n2 - x1 - x2) / (n1 * n2 * (n1 + n2)))::float8) END
 WHERE n1 > 0 AND n2 > 0
$$;

-- Deliveries with their names, and what has become of each: its live return, else the newest one.
CREATE VIEW t.sold AS
SELECT d.delivery_id, d.delivered_on AS day,
       date_trunc('week', d.delivered_on::timestamp)::date AS week,
       date_trunc('month', d.delivered_on::timestamp)::date AS month,
       a.buyer_id, b.name AS buyer, d.account_id, a.name AS account, d.supplier_id,
       s.name AS supplier, d.lead_group_id, g.name AS lead_group, d.currency, d.price,
       r.status AS state, r.reason, r.credit, r.clawback
  FROM leadreturns.delivery d
  JOIN leadreturns.account a USING (account_id)
  JOIN leadreturns.buyer b USING (buyer_id)
  LEFT JOIN leadreturns.supplier s USING (supplier_id)
  LEFT JOIN leadreturns.lead_group g USING (lead_group_id)
  LEFT JOIN (SELECT DISTINCT ON (delivery_id) * FROM leadreturns.request
              ORDER BY delivery_id, status IN ('open', 'accepted') DESC, return_id DESC) r
         USING (delivery_id);

DO $$
DECLARE
    v record;
BEGIN
    FOR v IN
        SELECT * FROM (VALUES
            ('return_rate_by_buyer', 'buyer_id, buyer, currency'),
            ('return_rate_by_account', 'account_id, account, buyer_id, buyer, currency'),
            ('return_rate_by_supplier', 'supplier_id, supplier, currency'),
            ('return_rate_by_lead_group', 'lead_group_id, lead_group, currency'),
            ('return_rate_buyer_supplier', 'buyer_id, buyer, supplier_id, supplier, currency'),
            ('return_rate_by_buyer_daily', 'day, buyer_id, buyer, currency'),
            ('return_rate_by_account_daily', 'day, account_id, account, buyer_id, buyer, currency'),
            ('return_rate_by_supplier_daily', 'day, supplier_id, supplier, currency'),
            ('return_rate_by_lead_group_daily', 'day, lead_group_id, lead_group, currency'),
            ('return_rate_daily', 'day, buyer_id, buyer, account_id, account, supplier_id,
              supplier, lead_group_id, lead_group, currency'),
            ('return_rate_weekly', 'week, buyer_id, buyer, account_id, account, supplier_id,
              supplier, lead_group_id, lead_group, currency'),
            ('return_rate_monthly', 'month, buyer_id, buyer, account_id, account, supplier_id,
              supplier, lead_group_id, lead_group, currency')) AS v (name, keys)
    LOOP
        EXECUTE format($view$
CREATE VIEW t.%I AS
SELECT x.*, t.share(returned, delivered) AS return_rate,
       t.share(returned_value, delivered_value) AS value_rate, t.band(delivered, returned) AS band
  FROM (SELECT %s, count(*) AS delivered, count(*) FILTER (WHERE state = 'accepted') AS returned,
               count(*) FILTER (WHERE state = 'open') AS open,
               count(*) FILTER (WHERE state = 'declined') AS declined,
               sum(price) AS delivered_value, coalesce(sum(credit), 0) AS returned_value
          FROM t.sold GROUP BY %2$s) x$view$, v.name, v.keys);
    END LOOP;

    -- by reason: what came back for it, of everything that was delivered
    FOR v IN
        SELECT * FROM (VALUES
            ('return_rate_by_reason', 'currency'), ('return_rate_by_reason_daily', 'day, currency'),
            ('bad_lead_summary', 'supplier_id, supplier, currency')) AS v (name, keys)
    LOOP
        EXECUTE format($view$
CREATE VIEW t.%I AS
WITH all_of_it AS (
    SELECT %s, count(*) AS delivered, count(*) FILTER (WHERE state = 'accepted') AS all_returned,
           sum(price) AS delivered_value
      FROM t.sold GROUP BY %2$s)
SELECT x.*, label AS reason_label, t.share(returned, delivered) AS return_rate,
       t.share(returned_value, delivered_value) AS value_rate,
       t.share(returned, all_returned) AS share, t.band(delivered, returned) AS band
  FROM (SELECT a.*, s.reason, count(*) FILTER (WHERE state = 'accepted') AS returned,
               count(*) FILTER (WHERE state = 'open') AS open,
               count(*) FILTER (WHERE state = 'declined') AS declined,
               sum(credit) AS returned_value, sum(clawback) AS clawback
          FROM all_of_it a
          JOIN t.sold s ON (SELECT ROW (%s) IS NOT DISTINCT FROM ROW (%s))
         WHERE state IN ('accepted', 'open', 'declined')
         GROUP BY %s, delivered, all_returned, delivered_value, s.reason) x
  JOIN leadreturns.reason m ON m.code = x.reason$view$, v.name, v.keys,
            regexp_replace(v.keys, '(\w+)', 'a.\1', 'g'),
            regexp_replace(v.keys, '(\w+)', 's.\1', 'g'),
            regexp_replace(v.keys, '(\w+)', 'a.\1', 'g'));
    END LOOP;
END;
$$;

-- Money and moves by the day that saw them. An adjustment is about no delivery.
CREATE VIEW t.posted AS
SELECT x.posted_on AS day, coalesce(d.account_id, x.account_id) AS account_id, d.supplier_id,
       d.lead_group_id, x.kind,
       CASE WHEN x.kind LIKE '%\_reversed' OR x.debit = 'adjustments' THEN - x.amount
            ELSE x.amount END AS amount
  FROM leadreturns.transfer x
  LEFT JOIN leadreturns.delivery d USING (delivery_id)
 WHERE x.kind NOT IN ('deposit', 'payment', 'payout');

CREATE VIEW t.returns_decided_daily AS
WITH seen AS (
    SELECT day, account_id, supplier_id, lead_group_id, 'delivered' AS what, price AS amount
      FROM t.sold
    UNION ALL
    SELECT h.moved_on, d.account_id, d.supplier_id, d.lead_group_id, h.to_status, 0
      FROM leadreturns.history h
      JOIN leadreturns.request r USING (return_id)
      JOIN leadreturns.delivery d USING (delivery_id)
     WHERE h.from_status <> h.to_status AND h.to_status <> 'open'
    UNION ALL
    SELECT day, account_id, supplier_id, lead_group_id, kind, amount FROM t.posted)
SELECT x.*, accepted + x.declined AS decided, t.share(accepted, delivered) AS decided_return_rate,
       t.share(returned_value, delivered_value) AS decided_value_rate
  FROM (SELECT day, buyer_id, b.name AS buyer, account_id, a.name AS account,
               supplier_id, s.name AS supplier, lead_group_id, g.name AS lead_group, currency,
               count(*) FILTER (WHERE what = 'delivered') AS delivered,
               coalesce(sum(amount) FILTER (WHERE what = 'delivered'), 0) AS delivered_value,
               count(*) FILTER (WHERE what = 'accepted') AS accepted,
               count(*) FILTER (WHERE what = 'declined') AS declined,
               count(*) FILTER (WHERE what = 'withdrawn') AS withdrawn,
               count(*) FILTER (WHERE what = 'rolled_back') AS rolled_back,
               coalesce(sum(amount) FILTER (WHERE what LIKE 'credit%'), 0) AS returned_value,
               coalesce(sum(amount) FILTER (WHERE what LIKE 'clawback%'), 0) AS clawback
          FROM seen
          JOIN leadreturns.account a USING (account_id)
          JOIN leadreturns.buyer b USING (buyer_id)
          LEFT JOIN leadreturns.supplier s USING (supplier_id)
          LEFT JOIN leadreturns.lead_group g USING (lead_group_id)
         GROUP BY day, buyer_id, b.name, account_id, a.name, supplier_id, s.name, lead_group_id,
                  g.name, currency) x
 WHERE delivered + accepted + x.declined + withdrawn + rolled_back > 0;

DO $$
DECLARE
    v record;
BEGIN
    FOR v IN SELECT * FROM (VALUES ('pnl', 'day', 'day'),
                            ('pnl_monthly', 'month', 'date_trunc(''month'', day::timestamp)::date')
                           ) AS v (name, period, source)
    LOOP
        EXECUTE format($view$
CREATE VIEW t.%I AS
SELECT x.*, gross AS revenue_before_returns, credits AS revenue_returned,
       gross - credits AS revenue_after_returns,
       due AS cost_before_returns, clawed AS cost_clawed_back, due - clawed AS cost_after_returns,
       gross - due AS profit_before_returns,
       gross - credits - (due - clawed) AS profit_after_returns,
       t.share(gross - due, gross) AS margin_before_returns,
       t.share(gross - credits - (due - clawed), gross - credits) AS margin_after_returns
  FROM (SELECT %s AS %I, buyer_id, b.name AS buyer, account_id, a.name AS account,
               supplier_id, s.name AS supplier, lead_group_id, g.name AS lead_group, currency,
               count(*) FILTER (WHERE kind = 'delivered') AS n,
               coalesce(sum(amount) FILTER (WHERE kind = 'sale'), 0) AS gross,
               coalesce(sum(amount) FILTER (WHERE kind = 'payout_due'), 0) AS due,
               coalesce(sum(amount) FILTER (WHERE kind LIKE 'credit%%'), 0) AS credits,
               coalesce(sum(amount) FILTER (WHERE kind LIKE 'clawback%%'), 0) AS clawed,
               coalesce(sum(amount) FILTER (WHERE kind = 'adjustment'), 0) AS adjustments
          FROM (TABLE t.posted UNION ALL
                SELECT day, account_id, supplier_id, lead_group_id, 'delivered', 0 FROM t.sold) p
          JOIN leadreturns.account a USING (account_id)
          JOIN leadreturns.buyer b USING (buyer_id)
          LEFT JOIN leadreturns.supplier s USING (supplier_id)
          LEFT JOIN leadreturns.lead_group g USING (lead_group_id)
         GROUP BY 1, buyer_id, b.name, account_id, a.name, supplier_id, s.name, lead_group_id,
                  g.name, currency) x
 WHERE (n, gross, due, credits, clawed, adjustments) <> (0, 0, 0, 0, 0, 0)$view$,
            v.name, v.source, v.period);
    END LOOP;
END;
$$;

CREATE VIEW t.pending_returns AS
SELECT r.return_id, r.delivery_id, d.lead_id, d.external_id, r.account_id, s.account, s.buyer_id,
       s.buyer, s.supplier_id, s.supplier, s.lead_group_id, s.lead_group, r.reason,
       m.label AS reason_label, r.reason_text, r.note, r.price, s.currency, r.requested_at,
       r.requested_by, r.assignee,
       CASE WHEN r.auto_accept_at IS NOT NULL OR r.awaits_buyer THEN 'pending'
            ELSE 'requires_review' END AS review,
       'orange' AS colour, r.over_cap, age_hours,
       (ARRAY['under 1 hour', '1 to 24 hours', '1 to 3 days', '3 to 7 days',
              'over 7 days'])[bucket] AS age_bucket, bucket AS age_bucket_order,
       due_at, CASE WHEN due_at = r.auto_accept_at THEN 'accept' ELSE r.timeout_action END
           AS due_action,
       round(extract(epoch FROM due_at - now) / 3600, 2) AS due_in_hours,
       due_at IS NOT NULL AND due_at <= now AS overdue
  FROM leadreturns.request r
  JOIN leadreturns.delivery d USING (delivery_id)
  JOIN t.sold s USING (delivery_id)
  JOIN leadreturns.reason m ON m.code = r.reason
 CROSS JOIN LATERAL (SELECT current_setting('leadreturns.now')::timestamptz AS now,
                            least(r.auto_accept_at, r.timeout_at) AS due_at) q
 CROSS JOIN LATERAL (SELECT round(extract(epoch FROM now - r.requested_at) / 3600, 2)
                            AS age_hours) h
 CROSS JOIN LATERAL (SELECT 1 + width_bucket(age_hours, ARRAY[1, 24, 72, 168]::numeric[])
                            AS bucket) w
 WHERE r.status = 'open';

CREATE VIEW t.replacements_owed AS
SELECT r.return_id, r.delivery_id, d.lead_id, r.account_id, s.account, s.buyer_id, s.buyer,
       s.lead_group_id, r.price, s.currency, r.decided_at AS accepted_at
  FROM leadreturns.request r
  JOIN leadreturns.delivery d USING (delivery_id)
  JOIN t.sold s USING (delivery_id)
 WHERE r.status = 'accepted' AND r.remedy = 'replacement'
   AND r.return_id NOT IN (SELECT replaces FROM leadreturns.delivery WHERE replaces IS NOT NULL);

-- Nothing may be wrong.
CREATE VIEW t.distribution_check AS
SELECT NULL::text AS check_name, NULL::bigint AS delivery_id, NULL::bigint AS lead_id,
       NULL::bigint AS account_id, NULL::bigint AS return_id, NULL::bigint AS transfer_id,
       NULL::numeric AS expected, NULL::numeric AS actual, NULL::text AS currency,
       NULL::text AS detail
 WHERE false;

-- What a report, or each of them, and its recount do not have in common; every column counts.
CREATE FUNCTION t.differences(which text DEFAULT NULL)
RETURNS TABLE (report text, only_in text, line text) LANGUAGE plpgsql AS $$
DECLARE
    v record;
BEGIN
    FOR v IN
        SELECT c.relname, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns
          FROM pg_class mine
          JOIN pg_class c ON c.relname = mine.relname
                         AND c.relnamespace = 'leadreturns'::regnamespace
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
         WHERE mine.relnamespace = 't'::regnamespace AND mine.relkind = 'v'
           AND (which IS NULL OR mine.relname = which)
         GROUP BY c.relname
    LOOP
        RETURN QUERY EXECUTE format('
            WITH said AS MATERIALIZED (SELECT %2$s FROM leadreturns.%1$I),
                 counted AS MATERIALIZED (SELECT %2$s FROM t.%1$I)
            SELECT %1$L, ''report'', x::text FROM (TABLE said EXCEPT ALL TABLE counted) x
            UNION ALL
            SELECT %1$L, ''recount'', x::text FROM (TABLE counted EXCEPT ALL TABLE said) x
            LIMIT 3', v.relname, v.columns);
    END LOOP;
END;
$$;
