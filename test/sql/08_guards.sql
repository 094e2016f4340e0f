-- Nobody, a superuser neither, changes what is recorded but by the commands and the views.
\set ECHO none
\getenv dir PG_ABS_SRCDIR
\set file :dir /model/fresh.sql
\i :file
\set ECHO all
SELECT t.at('2026-03-02 12:00:00+00');
SELECT t.lead(1, '2026-03-01 12:00:00+00'), t.lead(2, '2026-03-01 12:00:00+00');
SELECT t.terms(11, '{"max_return_percent": 100}');
SELECT t.file(1), t.file(2);
SELECT status FROM lr_accept(1);
SELECT kind FROM lr_message(2, 'hello');
SELECT t.lead(3, '2026-03-01 12:00:00+00');
SELECT t.day(ends_before) FROM lr_close_period(12, '2026-03-01');
SELECT t.fingerprint() AS before \gset
-- a status by any other way is an illegal move
UPDATE leadreturns.request SET status = 'declined' WHERE return_id = 2;
UPDATE leadreturns.request SET status = 'open' WHERE return_id = 1;
-- everything else is history
SELECT t.attempt(format('UPDATE leadreturns.%I SET %I = %2$I', c.relname, a.attname)) AS updated,
       t.attempt(format('DELETE FROM leadreturns.%I', c.relname)) AS deleted,
       t.attempt(format('TRUNCATE leadreturns.%I CASCADE', c.relname)) AS truncated, c.relname
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = 1
 WHERE c.relnamespace = 'leadreturns'::regnamespace
   AND c.relname IN ('delivery', 'request', 'history', 'transfer', 'cap_period', 'volume_delta',
                     'closing', 'terms', 'message', 'error_code')
 ORDER BY c.relname COLLATE "C";
UPDATE leadreturns.request SET credit = 99 WHERE return_id = 1;
UPDATE leadreturns.transfer SET amount = 1;
UPDATE leadreturns.history SET note = 'never said';
UPDATE leadreturns.delivery SET price = 1;
INSERT INTO leadreturns.error_code VALUES ('LR999', 'x', 1, 'x', 'x');
-- a delivery has one live return, whatever writes the rows
SELECT r.status, t.attempt(format('INSERT INTO leadreturns.request (%s) SELECT %s
           FROM leadreturns.request WHERE return_id = %s', a.columns, a.contents, r.return_id))
  FROM leadreturns.request r,
       (SELECT string_agg(attname, ', ') AS columns,
               string_agg(CASE attname WHEN 'return_id' THEN '999'
                          WHEN 'idempotency_key' THEN 'NULL' ELSE attname END, ', ') AS contents
          FROM pg_attribute
         WHERE attrelid = 'leadreturns.request'::regclass AND attnum > 0 AND attgenerated = '') a
 WHERE r.status IN ('open', 'accepted') ORDER BY r.return_id;
-- reference rows stay, and keep what refers to them
DELETE FROM leadreturns.buyer WHERE buyer_id = 2;
DELETE FROM leadreturns.account WHERE account_id = 21;
DELETE FROM leadreturns.supplier WHERE supplier_id = 6;
DELETE FROM leadreturns.lead_group WHERE lead_group_id = 7;
DELETE FROM leadreturns.reason WHERE code = 'tcpa_risk';
UPDATE leadreturns.buyer SET buyer_id = 3 WHERE buyer_id = 2;
UPDATE leadreturns.account SET buyer_id = 2 WHERE account_id = 11;
UPDATE leadreturns.account SET currency = 'EUR' WHERE account_id = 11;
UPDATE leadreturns.reason SET code = 'tcpa' WHERE code = 'tcpa_risk';
SELECT t.fingerprint() = :'before' AS nothing_changed;
UPDATE leadreturns.buyer SET name = 'Bolt & Co' WHERE buyer_id = 2;
UPDATE leadreturns.account SET name = 'Acme wallet' WHERE account_id = 11;
UPDATE leadreturns.reason SET label = 'TCPA' WHERE code = 'tcpa_risk';
-- a reference row that makes no sense
INSERT INTO leadreturns.account (buyer_id, name) VALUES (99, 'x');
INSERT INTO leadreturns.account (buyer_id, name, billing) VALUES (1, 'x', 'barter');
INSERT INTO leadreturns.account (buyer_id, name, currency) VALUES (1, 'x', 'usd');
INSERT INTO leadreturns.account (buyer_id, name, cycle) VALUES (1, 'x', 'day');
INSERT INTO leadreturns.buyer (name) VALUES ('');
INSERT INTO leadreturns.reason (code, label) VALUES ('Not a code', 'x');
INSERT INTO leadreturns.reason (code, label, min_age, max_age) VALUES ('x', 'x', '2 days', '1 day');
INSERT INTO leadreturns.reason (code, label, max_age) VALUES ('x', 'x', '-1 day');
INSERT INTO leadreturns.reason_alias VALUES ('x', 'no such code');
INSERT INTO leadreturns.reason_alias VALUES ('...', 'duplicate');
SELECT * FROM lr_reconcile();
