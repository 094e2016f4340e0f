-- A shop whose names are as bad as names can be: eight buyers, six suppliers and two currencies, a
-- hundred days of deliveries of which some come back, with one supplier's spike and a queue. The
-- clock stands still at noon of 2026-07-15.
SET leadreturns.now = '2026-03-31 12:00:00+00';

-- What must appear as text, wherever a name can be
CREATE TABLE public.bad (n bigint GENERATED ALWAYS AS IDENTITY, name text);
INSERT INTO public.bad (name) VALUES
    ('</script><img src=x onerror="window.pwned = 1">'),
    ('"quotes" ''and'' \backslashes\n \u003c ${1 + 1} {{style}}'),
    ('<!-- <script> --> <b>bold</b> &lt;&amp;'),
    ('Zażółć gęślą 日本語 🙂' || chr(8232) || 'line' || chr(8233) || 'end'),
    (repeat('Long name ', 20)),
    ('Plain');

INSERT INTO leadreturns.buyer (name)
SELECT name FROM public.bad ORDER BY n;
-- two of one name, which are two all the same
INSERT INTO leadreturns.buyer (name) VALUES ('Plain'), ('Small');
INSERT INTO leadreturns.supplier (name) SELECT name FROM public.bad ORDER BY n;
INSERT INTO leadreturns.lead_group (name) SELECT name FROM public.bad WHERE n = 1;
INSERT INTO leadreturns.account (buyer_id, name, currency)
SELECT buyer_id, name, CASE WHEN buyer_id IN (2, 5) THEN 'EUR' ELSE 'USD' END
  FROM leadreturns.buyer ORDER BY buyer_id;
-- a buyer in both currencies
INSERT INTO leadreturns.account (buyer_id, name, currency) VALUES (1, 'Other currency', 'EUR');
INSERT INTO leadreturns.reason (code, label, supplier_fault)
SELECT 'bad_' || n, name, n < 4 FROM public.bad WHERE n <= 5 ORDER BY n;

-- a cap of each kind, and none for buyer 3
SELECT lr_set_terms('buyer', buyer_id, '{"max_return_percent": 60}')
  FROM leadreturns.buyer WHERE buyer_id IN (1, 4, 5, 7, 8);
SELECT FROM lr_set_terms('buyer', 2, '{"cap_basis": "value", "max_return_percent": 25}');
SELECT FROM lr_set_terms('buyer', 6, '{"max_return_percent": 12.5, "cap_period": "lifetime"}');
SELECT FROM lr_set_terms('buyer', 4, '{"auto_accept": "always", "auto_accept_delay": "2 days"}');

-- Account, supplier and whether it comes back follow from the number of a lead
INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, lead_group_id, price, cost,
                                    delivered_at)
SELECT n, CASE WHEN n % 400 = 0 THEN 8 ELSE n % 7 + 1 + (n % 7 = 0 AND n % 3 = 0)::int * 8 END,
       nullif(n * 5 % 13 / 2, 0), nullif(n % 3, 0) * 0 + 1, 20 + n % 11, 12 + n % 5,
       '2026-04-05 08:00:00+00'::timestamptz + n * interval '33 minutes'
  FROM generate_series(1, 4400) AS n;

-- Supplier 4 has three bad days, on which it also delivers more
INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost, delivered_at)
SELECT n, (ARRAY[1, 3, 4, 7])[n % 4 + 1], 4, 25, 14,
       '2026-06-20 00:10:00+00'::timestamptz + (n - 5000) * interval '43 minutes'
  FROM generate_series(5000, 5099) AS n;

-- Supplier 5 has a day with as many and none the worse
INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost, delivered_at)
SELECT n, n % 2 + 3, 5, 25, 14,
       '2026-06-25 00:10:00+00'::timestamptz + (n - 5200) * interval '33 minutes'
  FROM generate_series(5200, 5239) AS n;

CREATE TABLE public.wish AS
SELECT d.delivery_id, d.lead_id, d.account_id,
       least(d.delivered_at + d.lead_id % 90 * interval '1 hour',
             timestamptz '2026-07-15 11:59+00') AS at,
       'bad_' || d.lead_id % 17 % 5 + 1 AS reason, d.lead_id % 10 AS decision
  FROM leadreturns.deliveries d
 WHERE hashint8(d.lead_id) & 1023 < CASE
       WHEN d.supplier_id = 4 AND d.delivered_at >= '2026-06-20' AND d.delivered_at < '2026-06-23'
       THEN 900 WHEN d.account_id = 7 THEN 450 WHEN d.account_id = 1 THEN 260 ELSE 110 END;

DO $$
DECLARE
    w record;
    id bigint;
BEGIN
    FOR w IN SELECT * FROM public.wish ORDER BY at, lead_id LOOP
        PERFORM set_config('leadreturns.now', w.at::text, true);
        BEGIN
            SELECT return_id INTO id
              FROM lr_return(w.lead_id, w.reason, account_id => w.account_id);
        EXCEPTION WHEN SQLSTATE 'LR023' THEN	-- the cap
            CONTINUE;
        END;
        -- the latest ones are still open, some for more than a week
        CONTINUE WHEN w.at > timestamptz '2026-07-15 12:00+00'
                              - abs(hashint8(w.lead_id)) % 10 * interval '1 day'
              OR w.account_id = 4 AND w.at > timestamptz '2026-07-05 12:00+00';
        IF w.decision = 9 THEN
            PERFORM lr_decline(id, 'no');
        ELSE
            PERFORM lr_accept(id, 'yes', credit => CASE w.decision WHEN 8 THEN 10 END);
        END IF;
    END LOOP;
END;
$$;

SELECT current_database() AS database \gset
ALTER DATABASE :"database" SET leadreturns.now = '2026-07-15 12:00:00+00';
