-- Two thousand buyers and three hundred suppliers, and a few returns of each
SET leadreturns.now = '2026-07-01 00:00:00+00';
INSERT INTO leadreturns.buyer (name) SELECT 'Buyer ' || n FROM generate_series(1, 2000) n;
INSERT INTO leadreturns.supplier (name) SELECT 'Supplier ' || n FROM generate_series(1, 300) n;
INSERT INTO leadreturns.account (buyer_id, name) SELECT buyer_id, name FROM leadreturns.buyer;
SELECT FROM lr_set_terms('global', NULL, '{"max_return_percent": 90, "auto_accept": "always"}');

-- 25 to each, and more to the first ones
INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost, delivered_at)
SELECT n, CASE WHEN n <= 50000 THEN n % 2000 ELSE n % 97 END + 1, n / 7 % 300 + 1, 30, 10,
       timestamptz '2026-07-02 00:00:00+00' + n * interval '20 seconds'
  FROM generate_series(1, 55000) n;

SET leadreturns.now = '2026-07-15 12:00:00+00';
SELECT count(*)
  FROM leadreturns.deliveries d
 CROSS JOIN LATERAL lr_return(d.lead_id, 'duplicate', account_id => d.account_id) r
 WHERE hashint8(d.lead_id) & 31 = 0 OR d.account_id % 250 = 0 AND d.lead_id % 3 <> 0;
SELECT current_database() AS database \gset
ALTER DATABASE :"database" SET leadreturns.now = '2026-07-15 12:00:00+00';
