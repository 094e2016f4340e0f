-- A database that knows neither the page's encoding nor the line ends that it escapes
SET client_encoding = 'UTF8';
SET leadreturns.now = '2026-07-15 11:00:00+00';
INSERT INTO leadreturns.buyer (name) VALUES ('Müller & Söhne');
INSERT INTO leadreturns.account (buyer_id, name) VALUES (1, 'Düren');
INSERT INTO leadreturns.deliveries (lead_id, account_id, price, cost) VALUES (1, 1, 30, 10);
SELECT current_database() AS database \gset
ALTER DATABASE :"database" SET leadreturns.now = '2026-07-15 12:00:00+00';
