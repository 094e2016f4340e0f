-- Tables of applications: rows become deliveries and are followed, on every way they are written.
BEGIN;
SELECT plan(62);
\ir ../model/common.sql
SELECT t.at('2026-03-02 12:00:00+00');
SELECT FROM lr_set_terms('global', NULL, '{"time_zone": "Europe/Berlin"}', '2000-01-01');
UPDATE leadreturns.account SET external_id = 'acc-' || account_id;
UPDATE leadreturns.supplier SET external_id = 'sup-' || supplier_id;

-- What the extension has of the rows of a table: lead or external id, status, price.
CREATE FUNCTION t.has(of regclass) RETURNS SETOF text LANGUAGE sql AS $$
SELECT concat_ws(' ', d.row_key, d.status, d.price)
  FROM leadreturns.delivery d JOIN leadreturns.attachment a USING (attachment_id)
 WHERE a.tbl = of AND d.row_key IS NOT NULL ORDER BY d.row_key COLLATE "C" $$;
CREATE FUNCTION t.agrees() RETURNS text LANGUAGE sql AS
$$ SELECT is_empty('SELECT * FROM lr_reconcile()', 'everything agrees') $$;

-- an ordinary table, rows before and after
CREATE TABLE leads (id bigint PRIMARY KEY, account bigint, price numeric, cost numeric,
    state text DEFAULT 'new', sold_at timestamptz, mail text, hits int DEFAULT 0);
INSERT INTO leads SELECT n, 11, 10, 6, CASE WHEN n < 3 THEN 'sold' ELSE 'new' END,
                         '2026-03-01 12:00:00+00', n || '@x.example' FROM generate_series(1, 4) n;
CREATE FUNCTION t.mapping() RETURNS jsonb LANGUAGE sql AS $$ SELECT '{"lead_id": "id",
    "account": "account", "price": "price", "cost": "cost", "status": "state",
    "delivered_at": "sold_at", "email": "mail", "delivered": ["sold"]}'::jsonb $$;
SELECT is(lr_attach('leads', t.mapping()), 2::bigint, 'rows that are sold are taken over');
SELECT results_eq($$SELECT t.has('leads')$$, $$VALUES ('1 sold 10.00'), ('2 sold 10.00')$$,
                  'as deliveries');
UPDATE leads SET state = 'sold' WHERE id = 3;
INSERT INTO leads VALUES (5, 11, 20, 6, 'sold', '2026-03-01 12:00:00+00'),
                         (6, 11, 20, 6, 'new', NULL);
SELECT results_eq($$SELECT t.has('leads')$$, $$VALUES ('1 sold 10.00'), ('2 sold 10.00'),
    ('3 sold 10.00'), ('5 sold 20.00')$$, 'a row becomes one when it is sold, by UPDATE or INSERT');
UPDATE leads SET hits = hits + 1;
UPDATE leads SET state = 'called', mail = 'new@x.example' WHERE id = 1;
SELECT is((SELECT status || email FROM leadreturns.deliveries WHERE lead_id = 1),
          'callednew@x.example', 'status and address follow');
UPDATE leads SET price = 12.50, cost = 5 WHERE id = 2;
SELECT results_eq($$SELECT kind, debit_account, amount FROM leadreturns.ledger
                     WHERE delivery_id = (SELECT delivery_id FROM leadreturns.deliveries
                                           WHERE lead_id = 2) ORDER BY transfer_id$$,
    $$VALUES ('sale', 'wallet', 10.00), ('sale_corrected', 'wallet', 2.50)$$,
    'another price is a correcting transfer; a cost nobody is owed is none');
SELECT t.agrees();

-- the life of a return
SELECT is((SELECT status FROM lr_return(1, 'duplicate')), 'open', 'it is returned');
SELECT is((SELECT status FROM lr_accept(t.last_return(1))), 'accepted', 'and accepted');
SELECT is((SELECT state FROM leads WHERE id = 1), 'RETURNED', 'which the row says');
SELECT is((SELECT status FROM lr_rollback_return(1)), 'rolled_back', 'and rolled back');
SELECT is((SELECT state FROM leads WHERE id = 1), 'called', 'which the row says too');
SELECT throws_ok('UPDATE leads SET price = 99 WHERE id = 1', 'LR070', NULL,
                 'once asked for, its price stays');
SELECT throws_ok('UPDATE leads SET account = 12 WHERE id = 2', 'LR070', NULL,
                 'it is not moved to another account');
SELECT throws_ok($$UPDATE leads SET sold_at = '2026-02-01' WHERE id = 2$$, 'LR070', NULL,
                 'nor to another day');
SELECT lives_ok($$UPDATE leads SET state = 'sold' WHERE id = 6$$, 'sold without an instant');
SELECT lives_ok($$UPDATE leads SET sold_at = now() WHERE id = 6$$, 'which may come later');
SELECT is((SELECT delivered_at FROM leadreturns.deliveries WHERE lead_id = 6),
          '2026-03-02 12:00:00+00'::timestamptz, 'and is when it was sold');
-- a bulk return, and a sweep
SELECT is((SELECT count(*) FROM lr_return_many('{2,3,5}', 'duplicate') WHERE sqlstate IS NULL),
          3::bigint, 'many are returned');
UPDATE leadreturns.returns SET status = 'accepted' WHERE lead_id IN (2, 3, 5);
SELECT is((SELECT string_agg(state, ' ' ORDER BY id) FROM leads WHERE id IN (2, 3, 5)),
          'RETURNED RETURNED RETURNED', 'and accepted through the view');
-- resold
UPDATE leads SET account = 12, state = 'sold', price = 8 WHERE id = 5;
SELECT results_eq($$SELECT account_id, status, price FROM leadreturns.deliveries
                     WHERE lead_id = 5 ORDER BY delivery_id$$,
    $$VALUES (11::bigint, 'RETURNED', 20.00), (12, 'sold', 8.00)$$,
    'a returned lead that is sold to another account is a new delivery');
SELECT is((SELECT status FROM lr_rollback_return(5, account_id => 11)), 'rolled_back',
          'the former one can still be rolled back');
SELECT is((SELECT state FROM leads WHERE id = 5), 'sold', 'without touching the row');
-- gone
DELETE FROM leads WHERE id IN (3, 4);
SELECT ok((SELECT deleted_at IS NOT NULL FROM leadreturns.deliveries WHERE lead_id = 3),
          'a deleted row is a deleted lead');
INSERT INTO leads VALUES (3, 11, 7, 1, 'sold', '2026-03-01 12:00:00+00');
SELECT is((SELECT count(*) FROM leadreturns.deliveries WHERE lead_id = 3), 2::bigint,
          'a new row with its key is a new delivery');
INSERT INTO leads VALUES (3, 11, 9, 1, 'sold', NULL), (7, 11, 9, 1, 'sold', NULL)
    ON CONFLICT (id) DO UPDATE SET mail = 'conflict@x.example';
SELECT is((SELECT string_agg(lead_id || coalesce(email, ''), ' ' ORDER BY lead_id)
             FROM leadreturns.deliveries WHERE lead_id IN (3, 7) AND deleted_at IS NULL),
          '3conflict@x.example 7', 'ON CONFLICT DO UPDATE is both');
MERGE INTO leads l USING (VALUES (7::bigint), (8)) AS v (id) ON l.id = v.id
 WHEN MATCHED THEN DELETE
 WHEN NOT MATCHED THEN INSERT (id, account, price, state) VALUES (v.id, 11, 3, 'sold');
SELECT results_eq($$SELECT lead_id, deleted_at IS NULL FROM leadreturns.deliveries
                     WHERE lead_id IN (7, 8)$$, $$VALUES (7::bigint, false), (8, true)$$,
                  'so is MERGE');
SELECT throws_ok('UPDATE leads SET id = 81 WHERE id = 1', 'LR070', NULL,
                 'a lead id that is recorded stays');
SELECT t.agrees();
SELECT is(lr_attach('leads', t.mapping()), 0::bigint, 'attached again, nothing is delivered twice');
SELECT is(lr_detach('leads'), (SELECT count(*) FROM t.has('leads')), 'detached');
UPDATE leads SET state = 'elsewhere', price = 100 WHERE id = 6;
INSERT INTO leads VALUES (9, 11, 3, 1, 'sold');
DELETE FROM leads WHERE id = 3;
SELECT ok('6 sold 20.00' IN (SELECT t.has('leads')), 'nothing is followed then');
SELECT is(lr_attach('leads', t.mapping()), 1::bigint, 'attached once more, what is new is taken');
SELECT ok('6 elsewhere 100.00' IN (SELECT t.has('leads')), 'what has changed is followed');
SELECT ok(NOT EXISTS (SELECT FROM t.has('leads') h WHERE h LIKE '3 %'),
          'what was deleted is deleted');
-- what differed when it was taken over: the row can be updated, and that column not
SELECT lr_detach('leads') AS n \gset
UPDATE leads SET price = 50 WHERE id = 2;
SET client_min_messages = error;
SELECT is(lr_attach('leads', t.mapping()), 0::bigint, 'a price that cannot follow is left');
RESET client_min_messages;
SELECT lives_ok($$UPDATE leads SET mail = 'later@x.example' WHERE id = 2$$, 'the rest follows');
SELECT throws_ok('UPDATE leads SET price = 51 WHERE id = 2', 'LR070', NULL, 'that does not');
TRUNCATE leads;
SELECT is_empty($$SELECT t.has('leads')$$, 'TRUNCATE deletes them all');
SELECT t.agrees();

-- names, types, keys
CREATE SCHEMA "Städte";
CREATE TYPE "Städte"."Zustand" AS ENUM ('neu', 'verkauft', 'RETURNED');
CREATE DOMAIN "Städte".key AS uuid;
CREATE TABLE "Städte"."Lead ""s" ("Schlüssel" "Städte".key PRIMARY KEY, "An" text,
    "Preis €" integer, von varchar(20), art char(10), "zu'stand" "Städte"."Zustand",
    am timestamp, CHECK ("Preis €" < 1000));
INSERT INTO leadreturns.lead_group (name) VALUES ('Wärme');
SELECT is(lr_attach('"Städte"."Lead ""s"', '{"lead_id": "Schlüssel", "account": "An",
    "price": "Preis €", "supplier": "von", "lead_group": "art", "status": "zu''stand",
    "delivered_at": "am", "delivered": ["verkauft"]}'), 0::bigint, 'odd names and types');
INSERT INTO "Städte"."Lead ""s" VALUES ('11111111-1111-1111-1111-111111111111', 'acc-21', 30,
    'sup-5', 'Wärme', 'verkauft', '2026-03-01 12:00:00');
SELECT results_eq($$SELECT external_id, lead_id > 1000000000000, account_id, supplier_id,
           lead_group_id IS NOT NULL, price, status, delivered_at FROM leadreturns.deliveries
     WHERE external_id IS NOT NULL$$,
    $$VALUES ('11111111-1111-1111-1111-111111111111', true, 21::bigint, 5::bigint, true, 30.00,
              'verkauft', '2026-03-01 11:00:00+00'::timestamptz)$$,
    'keys, external ids and an instant in the zone of the terms');
SELECT is((SELECT status FROM lr_return_by_key('external_id',
    '11111111-1111-1111-1111-111111111111', 'duplicate')), 'open', 'returned by its key');
SELECT lives_ok($$UPDATE leadreturns.returns SET status = 'accepted'
    WHERE external_id = '11111111-1111-1111-1111-111111111111'$$, 'accepted');
SELECT is((SELECT "zu'stand"::text FROM "Städte"."Lead ""s"), 'RETURNED', 'and written back');
SELECT throws_ok($$INSERT INTO "Städte"."Lead ""s" VALUES (
    '21111111-1111-1111-1111-111111111111', 'acc-99', 30, NULL, NULL, 'verkauft')$$, '23503', NULL,
    'an account that is not there');

-- partitions, a key of two columns, statements on a partition
CREATE TABLE parts (id bigint, day timestamptz, account bigint, price numeric, sold boolean,
    note text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2026-02-01') TO ('2026-12-01')
    PARTITION BY HASH (id);
CREATE TABLE parts_2a (note text, sold boolean, price numeric, account bigint,
    day timestamptz NOT NULL, id bigint NOT NULL, gone int);
ALTER TABLE parts_2a DROP COLUMN gone;
ALTER TABLE parts_2 ATTACH PARTITION parts_2a FOR VALUES WITH (MODULUS 1, REMAINDER 0);
SELECT lr_attach('parts', '{"lead_id": "id", "account": "account", "price": "price",
    "delivered": {"column": "sold", "in": [true]}}') AS n \gset
INSERT INTO parts VALUES (70, '2026-01-05 00:00:00+00', 11, 1, true),
                         (71, '2026-03-05 00:00:00+00', 11, 2, true);
INSERT INTO parts_1 VALUES (72, '2026-01-06 00:00:00+00', 11, 3, true);
INSERT INTO parts_2a VALUES ('x', true, 4, 11, '2026-03-06 00:00:00+00', 73);
SELECT results_eq($$SELECT lead_id, price FROM leadreturns.deliveries WHERE lead_id BETWEEN 70
    AND 73 ORDER BY 1$$, $$VALUES (70::bigint, 1.00), (71, 2.00), (72, 3.00), (73, 4.00)$$,
    'rows of partitions, written to the table or to a partition');
UPDATE parts SET day = '2026-03-07 00:00:00+00' WHERE id = 70;
SELECT is((SELECT array_agg(row_key) FROM leadreturns.delivery WHERE lead_id = 70),
          '{"70,2026-03-07 00:00:00+00"}', 'a row that moves to another partition keeps its own');
CREATE TABLE parts_3 PARTITION OF parts FOR VALUES FROM ('2026-12-01') TO ('2027-01-01');
SELECT is((SELECT without_triggers FROM leadreturns.attachments WHERE table_name = 'parts'),
          1::bigint, 'a new partition is seen');
INSERT INTO parts_3 VALUES (74, '2026-12-05 00:00:00+00', 11, 5, true);
SELECT is(lr_attach('parts', '{"lead_id": "id", "account": "account", "price": "price",
    "delivered": {"column": "sold", "in": [true]}}'), 1::bigint, 'and attached');
TRUNCATE parts_1;
SELECT is((SELECT string_agg(lead_id::text, ' ' ORDER BY lead_id) FROM leadreturns.deliveries
            WHERE lead_id BETWEEN 70 AND 74 AND deleted_at IS NULL), '70 71 73 74',
          'TRUNCATE of one partition deletes its rows');
SELECT t.agrees();

-- the application's own triggers, and its row-level security
CREATE TABLE own (id bigint PRIMARY KEY, account bigint, price numeric, state text, log text);
CREATE FUNCTION t.own() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.log := coalesce(NEW.log, '') || current_user || ';'; RETURN NEW; END $$;
CREATE TRIGGER own BEFORE UPDATE ON own FOR EACH ROW EXECUTE FUNCTION t.own();
CREATE ROLE lr_own_owner;
CREATE ROLE lr_own_app;
CREATE ROLE lr_own_buyer;
SELECT FROM lr_grant('lr_own_buyer', 'buyer', 1);
SELECT FROM lr_grant('lr_own_owner', 'staff');
ALTER TABLE own OWNER TO lr_own_owner;
GRANT USAGE ON SCHEMA public TO lr_own_app;
GRANT SELECT, INSERT, UPDATE ON own TO lr_own_app;
ALTER TABLE own ENABLE ROW LEVEL SECURITY;
ALTER TABLE own FORCE ROW LEVEL SECURITY;
CREATE POLICY app ON own TO lr_own_app USING (true);
SET LOCAL ROLE lr_own_owner;
SELECT lives_ok($$SELECT lr_attach('own', '{"lead_id": "id", "account": "account", "price": "price",
    "status": "state", "delivered": ["sold"]}')$$, 'staff attaches the table that it owns');
SET LOCAL ROLE lr_own_app;
INSERT INTO own VALUES (90, 11, 10, 'sold');
RESET ROLE;
SELECT ok('90 sold 10.00' IN (SELECT t.has('own')), 'the application needs no right of ours');
SELECT FROM lr_set_terms('account', 11, '{"auto_accept": "always"}');
INSERT INTO leadreturns.deliveries (lead_id, account_id, price) VALUES (91, 11, 1);
SET LOCAL ROLE lr_own_app;
INSERT INTO own VALUES (92, 11, 10, 'sold');
SET LOCAL ROLE lr_own_buyer;
SELECT is((SELECT status FROM lr_return(92, 'duplicate')), 'accepted',
          'a buyer who has no right on the table returns');
RESET ROLE;
SELECT is((SELECT state || log FROM own WHERE id = 92), 'RETURNEDlr_own_owner;',
          'written as the table''s owner, whose triggers run');
SELECT is((SELECT status FROM leadreturns.deliveries WHERE lead_id = 92), 'RETURNED', 'once');
SELECT t.agrees();

-- a key of all kinds, with what separates its parts inside one; a day is its midnight in the
-- account's zone
CREATE TABLE odd (name text, day date, at timestamp, id smallint, account bigint,
    price numeric, state text, PRIMARY KEY (name, day, at, id));
SELECT is(lr_attach('odd', '{"lead_id": "id", "account": "account", "price": "price",
    "status": "state", "delivered": ["sold"], "delivered_at": "day"}'), 0::bigint, 'nothing yet');
INSERT INTO odd VALUES (E'a,b\\c', '2026-02-27', '2026-02-28 01:02:03.5', 95, 11, 10, 'sold'),
    (E'a,b\\c', '2026-02-27', 'infinity', 96, 11, 10, 'sold'),
    ('', '2026-02-27', '-infinity', 97, 11, 10, 'sold');
SELECT results_eq($$SELECT lead_id, delivered_at FROM leadreturns.deliveries
                     WHERE lead_id BETWEEN 95 AND 97 ORDER BY 1$$,
                  $$SELECT n, timestamptz '2026-02-26 23:00:00+00'
                      FROM generate_series(95::bigint, 97) n$$, 'they are delivered on their day');
SELECT is((SELECT string_agg(a.status, ' ') FROM generate_series(95, 97) n,
                  lr_return(n, 'duplicate') r, lr_accept(r.return_id) a),
          'accepted accepted accepted', 'they are returned');
SELECT is((SELECT string_agg(state, ' ') FROM odd), 'RETURNED RETURNED RETURNED',
          'and found by their keys, to say so');
SELECT t.agrees();

SELECT * FROM finish();
ROLLBACK;
