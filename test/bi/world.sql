-- A small shop that gives every view rows: names as bad as names can be, two currencies, a spike of
-- one supplier, returns in every state, some rates folded and some not. From here on the clock of
-- this database stands still at noon of 2026-07-15.
SELECT current_database() AS database \gset
ALTER DATABASE :"database" SET leadreturns.now = '2026-07-15 12:00:00+00';
SET leadreturns.now = '2026-05-01 12:00:00+00';

INSERT INTO leadreturns.buyer (name)
VALUES ('=HYPERLINK("x")'), (E'Acme "Leads",\nInc; \\N'), ('Zażółć 日本 🙂');
INSERT INTO leadreturns.supplier (name) VALUES ('+1 good leads'), ('@bad'), (E'\tTab');
INSERT INTO leadreturns.lead_group (name) VALUES ('-1+1');
INSERT INTO leadreturns.account (buyer_id, name, currency, billing)
VALUES (1, 'One', 'USD', 'prepaid'), (2, 'Two', 'USD', 'net_terms'), (3, 'Three', 'EUR', 'prepaid'),
       (1, 'One in euros', 'EUR', 'prepaid');
INSERT INTO leadreturns.reason_alias (alias, code) VALUES ('number is dead', 'bad_contact_info');
INSERT INTO leadreturns.holiday (day, name) VALUES ('2026-07-04', 'Independence Day');
SELECT FROM lr_set_terms('global', NULL, '{"max_age": "60 days"}');
SELECT FROM lr_set_terms('buyer', 3,
    '{"auto_accept": "always", "auto_accept_delay": "2 days", "max_return_percent": 90}');
SELECT FROM lr_post('deposit', 1, 5000, 'to start with');

-- Twelve leads a day until the 14th, now and then one of no supplier and no group
INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, lead_group_id, price, cost,
                                    external_id, delivered_at)
SELECT n, n % 4 + 1, nullif(n % 3, 0), nullif(n % 5, 0) / nullif(n % 5, 0), 20 + n % 7 + 0.25,
       nullif(n % 3, 0) * 5.5, 'lead ' || n,
       '2026-05-16 09:00:00+00'::timestamptz + n / 12 * interval '1 day'
  FROM generate_series(0, 719) AS n;
-- a day on which supplier 2 sells much, of which half comes back
INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost, delivered_at)
SELECT n, n / 2 % 4 + 1, 2, 30, 12, '2026-07-10 10:00:00+00' FROM generate_series(1000, 1059) AS n;
-- a supplier that is bad and has nothing to compare with
INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost, delivered_at)
SELECT n, 2, 3, 30, 12, '2026-07-09 10:00:00+00' FROM generate_series(1100, 1123) AS n;

-- long ago: told, archived below
SET leadreturns.now = '2026-05-20 12:00:00+00';
SELECT lr_decline(r.return_id) FROM lr_return(12, 'duplicate') r
\g /dev/null
SELECT lr_ack_notifications(ARRAY(
    SELECT notification_id FROM lr_claim_notifications('worker', 10)))
\g /dev/null

SET leadreturns.now = '2026-07-11 12:00:00+00';
SELECT lr_return(n, CASE n % 3 WHEN 0 THEN 'Number is dead!' ELSE '=1+1' END, note => '-2')
  FROM generate_series(1000, 1123, 2) AS n WHERE n NOT BETWEEN 1060 AND 1099
\g /dev/null
SELECT lr_return(n, 'duplicate') FROM generate_series(100, 180, 10) AS n
\g /dev/null
SELECT lr_accept(return_id) FROM leadreturns.returns WHERE lead_id >= 1000 AND lead_id % 3 > 0
\g /dev/null
SELECT lr_accept(return_id, remedy => 'replacement') FROM leadreturns.returns WHERE lead_id = 100
\g /dev/null
SELECT lr_accept(return_id, credit => 7.5, clawback => 0) FROM leadreturns.returns
 WHERE lead_id = 110
\g /dev/null
SELECT lr_decline(return_id, '@no') FROM leadreturns.returns WHERE lead_id IN (120, 130)
\g /dev/null
SELECT lr_withdraw(return_id) FROM leadreturns.returns WHERE lead_id = 140
\g /dev/null
SELECT lr_rollback_return(1010) \g /dev/null
SELECT lr_request_info(return_id, '=when?') FROM leadreturns.returns WHERE lead_id = 150
\g /dev/null
SELECT lr_close_period(2, '2026-06-01') \g /dev/null
SELECT lr_sweep() \g /dev/null

-- not folded, and the last of it still to be decided: today's lead, too
SET leadreturns.now = '2026-07-15 10:00:00+00';
INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost)
SELECT n, 1, n % 2 + 1, 25, 10 FROM generate_series(2000, 2024) AS n;
SELECT lr_return(n, 'wrong_vertical') FROM generate_series(2000, 2007) AS n \g /dev/null
SELECT lr_accept(return_id) FROM leadreturns.returns WHERE lead_id BETWEEN 2000 AND 2003
\g /dev/null
SELECT import_id FROM lr_import_create('=file.csv') \gset
SELECT lr_import_text(:import_id, E'lead_id,reason\n2008,duplicate\n99999,duplicate\n2009,+1\n')
\g /dev/null
SELECT lr_import_verify(:import_id) \g /dev/null
SELECT lr_import_step(:import_id, 2) \g /dev/null

SELECT lr_archive('2026-06-01 00:00:00+00'), lr_erase_lead(24)
\g /dev/null
CREATE TABLE app_lead (id bigint PRIMARY KEY, account bigint, price numeric);
SELECT lr_attach('app_lead', '{"lead_id": "id", "account": "account", "price": "price"}')
\g /dev/null
