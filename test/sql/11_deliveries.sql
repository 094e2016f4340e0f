-- Deliveries: what is taken, what it posts, and how a lead is found by its keys.
\set ECHO none
\getenv dir PG_ABS_SRCDIR
\set file :dir /model/fresh.sql
\i :file
\set ECHO all
SELECT t.at('2026-03-02 12:00:00+00');
SELECT lead_id, account_id, supplier_id, price, cost, lead_group_id, t.utc(delivered_at), status,
       external_id, email, phone, replaces, deleted_at, currency
  FROM lr_deliver(1, 11, 5, 12.5, 3.25, 7, '2026-03-01 10:00:00+00', 'sold', 'x-1',
                  'Joe@Example.com', '+1 (555) 010-0001');
SELECT status, t.utc(delivered_at), cost, supplier_id FROM lr_deliver(2, 12, price => 7);
SELECT kind, amount, t.utc(posted_at), currency, delivery_id
  FROM leadreturns.ledger ORDER BY transfer_id;
-- free, or without a supplier: nothing to post; a cost without a supplier is owed to nobody
SELECT price, cost FROM lr_deliver(3, 11, 5, 0, 0);
SELECT price, cost FROM lr_deliver(4, 11, NULL, 0, 2);
SELECT price, cost FROM lr_deliver(5, 11, 5, 0, 2);
SELECT kind, amount FROM leadreturns.ledger WHERE transfer_id > 3;
-- the currency is the account's
INSERT INTO leadreturns.account (account_id, buyer_id, name, currency)
VALUES (31, 1, 'Euro', 'EUR');
SELECT currency FROM lr_deliver(6, 31, 5, 8, 4);
SELECT currency, kind, amount FROM leadreturns.ledger WHERE currency = 'EUR' ORDER BY 1, 2;
SELECT ledger_account, currency, balance FROM leadreturns.balances
 WHERE ledger_account = 'supplier' ORDER BY 2;
SELECT lr_post('payout', 5, 1);
SELECT currency, amount FROM lr_post('payout', 5, 1, currency => 'EUR');
SELECT lr_post('payout', 5, 1, currency => 'GBP');
-- the same lead to several accounts, and again to the same
SELECT account_id FROM lr_deliver(1, 12, 5, 9, 1);
SELECT account_id FROM lr_deliver(1, 11, 5, 9, 1);
SELECT count(*) FROM leadreturns.deliveries WHERE lead_id = 1;
-- what is refused
SELECT t.attempt(format('SELECT lr_deliver(%s)', a)), a FROM unnest(string_to_array(
    '9, 99, price => 1; 9, 11, 99, 1; 9, 11, lead_group_id => 99, price => 1; 9, 11; 9, 11, 5, -1;'
    '9, 11, 5, 1, -1; 9, 11, 5, 1.005; 9, 11, 5, ''NaN''; NULL, 11, 5, 1; 9, NULL, 5, 1;'
    '9, 11, 5, 1, status => ''''; 9, 11, 5, 1, delivered_at => ''infinity'';'
    '9, 11, 5, 1, delivered_at => ''1899-12-31 23:59:59+00''', ';')) x (given), btrim(given) a;
SELECT count(*) FROM leadreturns.deliveries WHERE lead_id = 9;

-- found by external id, e-mail in any case, telephone number in any notation
SELECT t.at('2026-03-03 12:00:00+00');
SELECT lead_id, account_id FROM lr_return_by_key('external_id', 'x-1', 'duplicate');
SELECT status FROM lr_withdraw(1);
SELECT lead_id, account_id FROM lr_return_by_key('email', 'JOE@example.COM', 'duplicate');
SELECT status FROM lr_withdraw(2);
SELECT lead_id, account_id FROM lr_return_by_key('phone', '1-555-010-0001', 'duplicate');
SELECT t.attempt('SELECT lr_return_by_key(''phone'', ''15550100001'', ''duplicate'')');
SELECT t.attempt('SELECT lr_return_by_key(''external_id'', ''X-1'', ''duplicate'')');
SELECT t.attempt('SELECT lr_return_by_key(''email'', ''nobody@example.com'', ''duplicate'')');
-- a key without anything to match by matches nothing, not what is as empty as itself
SELECT lead_id FROM lr_deliver(97, 11, price => 1, external_id => '', email => '', phone => 'n/a');
SELECT t.attempt('SELECT lr_return_by_key(''phone'', ''none'', ''duplicate'')');
SELECT t.attempt('SELECT lr_return_by_key(''email'', '''', ''duplicate'')');
SELECT t.attempt('SELECT lr_return_by_key(''external_id'', '''', ''duplicate'')');
SELECT t.attempt('SELECT lr_return_by_key(''fax'', ''1'', ''duplicate'')');
SELECT t.attempt('SELECT lr_return_by_key(NULL, ''1'', ''duplicate'')');
SELECT t.attempt('SELECT lr_return_by_key(''email'', NULL, ''duplicate'')');
SELECT detail FROM t.texts('SELECT lr_return_by_key(''email'', ''a@b.c'', ''duplicate'')');
-- a key that two accounts share is ambiguous; a buyer means its own
SELECT lead_id FROM lr_deliver(7, 11, price => 1, email => 'two@example.com');
SELECT lead_id FROM lr_deliver(8, 21, price => 1, email => 'Two@example.com');
SELECT t.attempt('SELECT lr_return_by_key(''email'', ''two@example.com'', ''duplicate'')');
SELECT lead_id FROM lr_return_by_key('email', 'two@example.com', 'duplicate', account_id => 21);
CREATE ROLE lr_deliveries_buyer;
SELECT granted_kind FROM lr_grant('lr_deliveries_buyer', 'buyer', 1);
SET ROLE lr_deliveries_buyer;
SELECT lead_id FROM lr_return_by_key('email', 'TWO@example.com', 'duplicate');
RESET ROLE;
DROP OWNED BY lr_deliveries_buyer;
DROP ROLE lr_deliveries_buyer;
SELECT count(*) FROM lr_reconcile();
