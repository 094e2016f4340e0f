-- Where reports go wrong first: nothing there, one row, nothing paid, two currencies, no names.
BEGIN;
SELECT plan(25);
\ir ../model/common.sql
\ir ../model/report.sql
\ir ../model/spikes.sql
SET LOCAL jit = off;
SELECT t.at('2026-03-02 12:00:00+00')
\g /dev/null
CREATE ROLE lr_t61_reporting;
SELECT lr_grant('lr_t61_reporting', 'reporting')
\g /dev/null

-- What reporting may read: how many rows each view has.
CREATE FUNCTION t.rows_of_views() RETURNS TABLE (name text, n bigint) LANGUAGE plpgsql AS $$
BEGIN
    FOR name IN SELECT c.relname FROM pg_class c
                 WHERE c.relnamespace = 'leadreturns'::regnamespace AND c.relkind = 'v'
                   AND has_table_privilege('lr_t61_reporting', c.oid, 'SELECT')
                   AND c.relname NOT IN ('sweep_health', 'outbox_health')
    LOOP
        EXECUTE format('SELECT count(x) FROM (SELECT x FROM leadreturns.%I x OFFSET 0) y', name)
           INTO n;
        RETURN NEXT;
    END LOOP;
END;
$$;
SELECT ok((SELECT count(*) FROM t.rows_of_views()) > 25, 'reporting reads many views');
SET LOCAL ROLE lr_t61_reporting;
SELECT is_empty('SELECT * FROM t.rows_of_views() WHERE n > 0', 'an empty database has no row');
RESET ROLE;
SELECT is((SELECT rate_deltas FROM leadreturns.sweep_health), 0::bigint, 'and nothing is to fold');
SELECT is(leadreturns.fold_rates(10), 0::bigint, 'folding nothing does nothing');

-- One lead, which nobody paid for: there is no rate by value, and nothing is divided by zero.
SELECT t.lead(1, '2026-03-01 12:00:00+00', price => 0, cost => 0)
\g /dev/null
SELECT results_eq(
    'SELECT account, buyer, delivered, returned, open, declined, return_rate, delivered_value,
            returned_value, value_rate, band FROM leadreturns.return_rate_by_account',
    $$VALUES ('Acme prepaid', 'Acme', 1::bigint, 0::bigint, 0::bigint, 0::bigint, 0.0000, 0.00,
              0.00, NULL::numeric, 'too_few')$$, 'one lead for nothing');
SELECT lr_return(1, 'duplicate')
\g /dev/null
SELECT lr_accept(t.last_return(1))
\g /dev/null
SELECT results_eq(
    'SELECT returned, return_rate, returned_value, value_rate, share
       FROM leadreturns.return_rate_by_reason',
    'VALUES (1::bigint, 1.0000, 0.00, NULL::numeric, 1.0000)', 'it came back');
SELECT results_eq(
    'SELECT day, delivered, decided, accepted, decided_return_rate, returned_value,
            decided_value_rate FROM leadreturns.returns_decided_daily ORDER BY day',
    $$VALUES ('2026-03-01'::date, 1::bigint, 0::bigint, 0::bigint, 0.0000, 0.00, NULL::numeric),
             ('2026-03-02', 0, 1, 1, NULL, 0.00, NULL)$$,
    'decided on a day without deliveries, delivered on one without decisions');
SELECT results_eq(
    'SELECT day, revenue_after_returns, profit_after_returns, margin_before_returns,
            margin_after_returns FROM leadreturns.pnl',
    $$VALUES ('2026-03-01'::date, 0.00, 0.00, NULL::numeric, NULL::numeric)$$,
    'no revenue, no margin');
SELECT is_empty('SELECT * FROM t.differences()', 'a single row, unfolded');
SELECT is(leadreturns.fold_rates(10), 3::bigint, 'a row each for delivery, request and decision');
SELECT is_empty('SELECT * FROM t.differences()', 'a single row, folded');
SELECT lr_rollback_return(1)
\g /dev/null
SELECT is_empty('SELECT * FROM leadreturns.return_rate_by_reason',
                'a reason without returns is no row, whatever is folded');
SELECT is((SELECT format('%s %s', delivered, returned) FROM leadreturns.return_rate_by_lead_group),
          '1 0', 'the lead is still delivered');

-- Returns of what was sold before make revenue negative: there is no margin of that.
SELECT t.lead(2, '2026-03-01 12:00:00+00', 21, 10000, 6000)
\g /dev/null
SELECT lr_return(2, 'duplicate')
\g /dev/null
SELECT lr_accept(t.last_return(2))
\g /dev/null
SELECT results_eq(
    'SELECT day, revenue_after_returns, profit_after_returns, margin_after_returns
       FROM leadreturns.pnl WHERE account_id = 21 ORDER BY day',
    $$VALUES ('2026-03-01'::date, 10000.00, 4000.00, 0.4000),
             ('2026-03-02'::date, -10000.00, -4000.00, NULL::numeric)$$,
    'a day with returns alone');

-- Two currencies of one buyer, supplier, lead group and reason: dollars come by the thousand, and
-- all euros together are less, so that any sum over both shows. Two suppliers and two lead groups
-- share a name, and a third of the leads has none.
INSERT INTO leadreturns.account (account_id, buyer_id, name, currency)
VALUES (13, 1, 'Acme Europe', 'EUR'), (14, 1, 'Acme America', 'USD');
INSERT INTO leadreturns.supplier (supplier_id, name) VALUES (8, 'Source');
INSERT INTO leadreturns.lead_group (lead_group_id, name) VALUES (9, 'Solar');
CREATE FUNCTION t.in_two_currencies(first int) RETURNS void LANGUAGE sql AS $$
INSERT INTO leadreturns.deliveries
    (lead_id, account_id, supplier_id, lead_group_id, price, cost, delivered_at)
SELECT first + n, 13 + n % 2, ('{5,8,NULL}'::bigint[])[1 + n / 2 % 3],
       ('{7,9,NULL}'::bigint[])[1 + n / 6 % 3], CASE n % 2 WHEN 0 THEN 3 ELSE 4000 END,
       CASE n % 2 WHEN 0 THEN 1 ELSE 2000 END,
       '2026-03-01 12:00:00+00'::timestamptz - n / 36 * interval '1 day'
  FROM generate_series(0, 107) n;
SELECT lr_return_many(ARRAY(SELECT first + n FROM generate_series(0, 107) n WHERE n % 5 < 3),
                      'duplicate');
SELECT lr_accept(return_id) FROM leadreturns.returns WHERE status = 'open' AND lead_id % 5 < 2;
SELECT lr_post('adjustment', 13, -2), lr_post('adjustment', 14, 5000);
$$;
CREATE VIEW t.reports AS
SELECT c.oid, c.relname AS name, obj_description(c.oid, 'pg_class') AS told
  FROM pg_class c
 WHERE c.relnamespace = 'leadreturns'::regnamespace AND c.relkind = 'v'
   AND EXISTS (SELECT FROM pg_class m
                WHERE m.relnamespace = 't'::regnamespace AND m.relname = c.relname);
CREATE FUNCTION t.mixed() RETURNS TABLE (report text, line text) LANGUAGE plpgsql AS $$
DECLARE
    v record;
BEGIN
    FOR v IN
        SELECT r.name, string_agg(format('CASE currency WHEN ''USD'' THEN %1$I %% 1000 <> 0
                                               ELSE abs(%1$I) >= 1000 END', a.attname), ' OR ')
                       AS mixed
          FROM t.reports r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0
         WHERE format_type(a.atttypid, a.atttypmod) = 'numeric(14,2)'
         GROUP BY r.name
    LOOP
        RETURN QUERY EXECUTE format('SELECT %1$L, x::text FROM leadreturns.%1$I x WHERE %2$s',
                                    v.name, v.mixed);
    END LOOP;
END;
$$;
SELECT is_empty($$
    SELECT r.name FROM t.reports r
     WHERE EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = r.oid
                      AND format_type(a.atttypid, a.atttypmod) = 'numeric(14,2)')
       AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = r.oid
                          AND a.attname = 'currency')$$, 'money has a currency');
SELECT t.in_two_currencies(1000)
\g /dev/null
SELECT is_empty('SELECT * FROM t.mixed()', 'no row mixes currencies, unfolded');
SELECT is_empty('SELECT * FROM t.differences()', 'and all are right');
SELECT leadreturns.fold_rates(1000)
\g /dev/null
SELECT t.in_two_currencies(2000)
\g /dev/null
SELECT is_empty('SELECT * FROM t.mixed()', 'no row mixes currencies, half folded');
SELECT is_empty('SELECT * FROM t.differences()', 'and all are right');
SELECT results_eq(
    'SELECT buyer, currency, delivered, delivered_value FROM leadreturns.return_rate_by_buyer
      WHERE buyer_id = 1 ORDER BY currency',
    $$VALUES ('Acme', 'EUR', 108::bigint, 324.00), ('Acme', 'USD', 109::bigint, 432000.00)$$,
    'a buyer has a row for each currency');
SELECT results_eq(
    'SELECT supplier_id, supplier, currency, delivered FROM leadreturns.return_rate_by_supplier
      ORDER BY currency, supplier_id',
    $$VALUES (5::bigint, 'Source', 'EUR', 36::bigint), (8, 'Source', 'EUR', 36),
             (NULL, NULL, 'EUR', 36), (5, 'Source', 'USD', 38), (8, 'Source', 'USD', 36),
             (NULL, NULL, 'USD', 36)$$,
    'suppliers of one name are two, and none is a third');
SELECT results_eq(
    'SELECT lead_group_id, lead_group, currency, delivered
       FROM leadreturns.return_rate_by_lead_group ORDER BY currency, lead_group_id',
    $$VALUES (7::bigint, 'Solar', 'EUR', 36::bigint), (9, 'Solar', 'EUR', 36),
             (NULL, NULL, 'EUR', 36), (7, 'Solar', 'USD', 38), (9, 'Solar', 'USD', 36),
             (NULL, NULL, 'USD', 36)$$,
    'so are lead groups');
SELECT results_eq(
    $$SELECT count(*), count(supplier), count(lead_group) FROM leadreturns.return_rate_daily
       WHERE account_id = 13 AND day = '2026-03-01'$$,
    'VALUES (9::bigint, 6::bigint, 6::bigint)', 'rows without names are kept apart');
SELECT results_eq(
    $$SELECT count(*), count(DISTINCT (account_id, supplier_id, lead_group_id))
        FROM leadreturns.return_rate_monthly WHERE account_id = 14$$,
    'VALUES (18::bigint, 9::bigint)', 'in months, too');

-- The key that a report's comment names is one.
CREATE FUNCTION t.keys() RETURNS TABLE (report text, key text, n bigint) LANGUAGE plpgsql AS $$
BEGIN
    FOR report, key IN
        SELECT r.name, regexp_replace(substring(r.told FROM 'Key: ([^.]+)\.'), '\([^)]*\)', '', 'g')
          FROM t.reports r
    LOOP
        IF key IS NOT NULL THEN
            EXECUTE format('SELECT count(*) FROM (SELECT FROM leadreturns.%I GROUP BY %s
                                                  HAVING count(*) > 1) x', report, key) INTO n;
        END IF;
        RETURN NEXT;
    END LOOP;
END;
$$;
SELECT is_empty('SELECT * FROM t.keys() WHERE key IS NULL OR n > 0',
                'every report has the key that its comment names');
SELECT * FROM finish();
ROLLBACK;
