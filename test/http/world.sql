-- A shop on one day in March: two buyers, two suppliers, ten leads. For psql, in an empty database;
-- the clock stands still.
CREATE EXTENSION leadreturns;
SELECT current_database() AS shop \gset
ALTER DATABASE :"shop" SET leadreturns.now = '2026-03-02 12:00:00+00';
SET leadreturns.now = '2026-03-02 12:00:00+00';

INSERT INTO leadreturns.buyer (name) VALUES ('Ashford Energy'), ('Beacon Solar');
INSERT INTO leadreturns.account (buyer_id, name, billing)
VALUES (1, 'Ashford North', 'prepaid'), (2, 'Beacon', 'net_terms');
INSERT INTO leadreturns.supplier (name) VALUES ('ClickRiver'), ('LeadForge');
INSERT INTO leadreturns.lead_group (name) VALUES ('Solar');
SELECT FROM lr_set_terms('global', NULL, '{"max_age": "14 days"}', '2026-01-01');
SELECT FROM lr_set_terms('account', 2, '{"max_return_count": 1}', '2026-01-01');
INSERT INTO leadreturns.deliveries
    (lead_id, account_id, supplier_id, lead_group_id, price, cost, delivered_at, email)
SELECT n, 1 + n % 2, 1 + n % 2, 1, 40, 25, '2026-03-01 12:00:00+00', 'person' || n || '@example.com'
  FROM generate_series(41, 60) AS n;
INSERT INTO leadreturns.deliveries (lead_id, account_id, price, delivered_at)
VALUES (70, 1, 40, '2026-02-01 12:00:00+00');
