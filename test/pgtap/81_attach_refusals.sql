-- What cannot be attached, by whom, and what a table that has changed since does.
BEGIN;
SELECT plan(36);
\ir ../model/common.sql
SELECT t.at('2026-03-02 12:00:00+00');
SET client_min_messages = warning;
CREATE TABLE x (id bigint PRIMARY KEY, code text, account bigint, price numeric, state text,
    sold boolean, at timestamptz, doc jsonb, ratio float8);
CREATE TABLE keyless (id bigint, account bigint, price numeric);
INSERT INTO x (id, account, price) VALUES (1, 11, 10);
CREATE FUNCTION t.attach(tbl text, mapping text) RETURNS text LANGUAGE sql AS
$$ SELECT t.attempt(format('SELECT lr_attach(%L, %L)', tbl, mapping)) $$;
CREATE FUNCTION t.triggers(tbl regclass) RETURNS bigint LANGUAGE sql AS
$$ SELECT count(*) FROM pg_trigger WHERE tgrelid = tbl AND tgname LIKE 'leadreturns%' $$;
CREATE FUNCTION t.plain() RETURNS text LANGUAGE sql AS
$$ SELECT '{"lead_id": "id", "account": "account", "price": "price", "status": "state"}' $$;

-- the mapping: each is refused, says which of its keys is wrong, and changes nothing
CREATE TABLE t.bad (mapping text, says text);
INSERT INTO t.bad
SELECT mapping, says FROM (VALUES
    ('[]', 'no object'), ('"x"', 'no object'), ('{}', '"lead_id": it is missing'),
    ('{"lead_id": "id", "price": "price"}', '"account": it is missing'),
    ('{"lead_id": "id", "account": "account"}', '"price": it is missing'),
    ('{"lead_id": "id", "account": "account", "price": null}', '"price": it is missing')) v
       (mapping, says)
UNION ALL
SELECT (t.plain()::jsonb || more::jsonb)::text, says FROM (VALUES
    ('{"colour": "state"}', '"colour": there is nothing of this name'),
    ('{"key": ["id"]}', '"key": rows are found by the primary key'),
    ('{"price": "gone"}', 'no column "gone"'), ('{"price": "ctid"}', 'no column "ctid"'),
    ('{"price": "PRICE"}', 'no column "PRICE"'), ('{"price": 7}', '"price": it wants the name'),
    ('{"price": ["price"]}', '"price": it wants the name'),
    ('{"price": "price; DROP TABLE x"}', 'no column "price; DROP TABLE x"'),
    ('{"price": "ratio"}', 'column "ratio" of "x" is double precision; it wants numeric'),
    ('{"price": "code"}', 'column "code" of "x" is text'), ('{"lead_id": "doc"}', 'is jsonb'),
    ('{"lead_id": "at"}', 'is timestamp with time zone'), ('{"account": "price"}', 'is numeric'),
    ('{"delivered_at": "code"}', 'it wants a timestamp or a date'),
    ('{"status": "id"}', 'it wants a text or an enum'), ('{"email": "id"}', 'it wants a text'),
    ('{"lead_id": "code", "external_id": "code"}', 'it is the external id already'),
    ('{"delivered": "sold"}', 'it wants a list of values of the status'),
    ('{"delivered": []}', 'at least one value'), ('{"delivered": [null]}', 'neither text'),
    ('{"delivered": [["sold"]]}', 'neither text'),
    ('{"status": null, "delivered": ["sold"]}', 'the status, which is not mapped'),
    ('{"delivered": {"column": "sold"}}', 'an object with column and in'),
    ('{"delivered": {"column": "sold", "in": [true], "or": 1}}', 'an object with column and in'),
    ('{"delivered": {"column": "none", "in": [true]}}', 'no column "none"'),
    ('{"delivered": {"column": 1, "in": [true]}}', 'it wants the name'),
    ('{"delivered": {"column": "ratio", "in": [1]}}', 'is double precision'),
    ('{"delivered": {"column": "sold", "in": true}}', 'at least one value')) v (more, says);
SELECT is_empty($$SELECT mapping, t.attach('x', mapping) FROM t.bad
                   WHERE t.attach('x', mapping) <> 'LR060 invalid_setting'$$,
                'a mapping that does not fit is an invalid setting, and changes nothing');
SELECT is_empty($$SELECT b.*, e.detail FROM t.bad b CROSS JOIN LATERAL
    t.texts(format('SELECT lr_attach(''x'', %L)', b.mapping)) e
    WHERE strpos(e.detail, b.says) = 0 OR e.hint = ''$$, 'which is told');
SELECT is(t.attach('keyless', t.plain()), 'LR060 invalid_setting', 'no primary key');
SELECT is(t.triggers('x') + t.triggers('keyless'), 0::bigint, 'no trigger is left behind');

-- what is no table of an application
CREATE VIEW x_view AS SELECT * FROM x;
CREATE MATERIALIZED VIEW x_materialized AS SELECT * FROM x;
CREATE TEMPORARY TABLE x_temporary (LIKE x INCLUDING ALL);
CREATE SEQUENCE x_sequence;
SELECT is_empty($$SELECT r, t.attach(r, t.plain()) FROM unnest('{x_view,x_materialized,x_temporary,
    x_sequence,leadreturns.delivery,leadreturns.deliveries,x_pkey}'::text[]) r
    WHERE t.attach(r, t.plain()) <> '42809'$$, 'views, temporary tables, our own');
SELECT is(t.attach('1', t.plain()), '42P01', 'no such table');
SELECT is(t.attach('pg_catalog.pg_language', t.plain()), 'LR060 invalid_setting', 'a catalogue');
SELECT is(t.attempt('SELECT lr_attach(NULL, ''{}'')'), '22004', 'no table');
SELECT is(t.attempt('SELECT lr_attach(''x'', NULL)'), '22004', 'no mapping');
SELECT is(t.attempt('SELECT lr_detach(NULL)'), '22004', 'nothing to detach');
SELECT is(t.attempt('SELECT lr_detach(''x'')'), '55000', 'not attached');

-- who may
CREATE ROLE lr_r_staff;
CREATE ROLE lr_r_buyer;
CREATE ROLE lr_r_app;
CREATE ROLE lr_r_nobody;
SELECT FROM lr_grant('lr_r_staff', 'staff');
SELECT FROM lr_grant('lr_r_buyer', 'buyer', 1);
SELECT FROM lr_grant('lr_r_app', 'app');
CREATE FUNCTION t.asks(who text) RETURNS text LANGUAGE sql AS $$
SELECT t.attempt(format('SELECT lr_attach(''x'', %L)', t.plain()), who) || ' '
       || t.attempt('SELECT lr_detach(''x'')', who) $$;
SELECT results_eq($$SELECT who, t.asks(who) FROM unnest('{lr_r_staff,lr_r_buyer,lr_r_app,
    lr_r_nobody}'::text[]) who$$, $$VALUES ('lr_r_staff', '42501 42501'),
    ('lr_r_buyer', '42501 42501'), ('lr_r_app', '42501 42501'), ('lr_r_nobody', '42501 42501')$$,
    'staff that does not own the table, and nobody else');
SELECT is((SELECT message FROM t.texts('SET LOCAL ROLE lr_r_staff;
    SELECT lr_attach(''x'', t.plain()::jsonb)')), 'must be owner of table "x"', 'which is told');
GRANT EXECUTE ON FUNCTION lr_attach(regclass, jsonb), lr_detach(regclass)
   TO lr_r_buyer, lr_r_app, lr_r_nobody;
ALTER TABLE x OWNER TO lr_r_buyer;
SELECT is_empty($$SELECT who, t.asks(who) FROM unnest('{lr_r_buyer,lr_r_app}'::text[]) who
    WHERE t.asks(who) <> 'LR001 not_permitted LR001 not_permitted'$$,
    'an owner who is not staff does not, though somebody let it call the function');
SELECT is((SELECT count(*) FROM leadreturns.attachments), 0::bigint, 'nothing was attached');
ALTER TABLE x OWNER TO CURRENT_USER;

-- rows that cannot be deliveries: nothing is attached, and later nothing is written
INSERT INTO x (id, account, price) VALUES (2, 99, 10);
SELECT is(t.attach('x', t.plain()), '23503', 'a row whose account is not there');
SELECT is(t.triggers('x'), 0::bigint, 'and no trigger');
DELETE FROM x WHERE id = 2;
SELECT is(t.attach('x', t.plain()), 'ok', 'without it all is well');
SELECT is_empty($$SELECT v, t.attempt('INSERT INTO x (id, account, price) VALUES ' || v)
    FROM unnest('{"(3, 99, 1)","(3, NULL, 1)","(3, 11, NULL)","(3, 11, -1)","(3, 11, 1e13)",
                  "(3, 11, 0.005), (4, 99, 1)"}'::text[]) v
    WHERE t.attempt('INSERT INTO x (id, account, price) VALUES ' || v) = 'ok'$$,
    'a row that is no delivery is not written');
SELECT is((SELECT count(*) FROM x), 1::bigint, 'nor are those beside it');

-- a table and its partition, or a table and its child, are not both attached
CREATE TABLE parts (id bigint PRIMARY KEY, account bigint, price numeric, state text)
 PARTITION BY HASH (id);
CREATE TABLE part PARTITION OF parts FOR VALUES WITH (MODULUS 1, REMAINDER 0);
INSERT INTO parts VALUES (50, 11, 10);
SELECT is(t.attach('parts', t.plain()), 'ok', 'a partitioned table');
SELECT is(t.attach('part', t.plain()), '55000', 'then none of its partitions');
SELECT lr_detach('parts') AS n \gset
SELECT is(t.attempt('INSERT INTO part VALUES (51, 11, 10)'), 'ok', 'detached with its partitions');

-- triggers that somebody made by hand
CREATE TABLE other (id bigint PRIMARY KEY, account bigint, price numeric, state text);
CREATE FUNCTION t.by_hand(on_table text, timing text, each text, arguments text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER by_hand %s ON %s %s EXECUTE FUNCTION
                    leadreturns.attached_rows(%s)', timing, on_table, each, arguments);
    RETURN t.attempt(format('INSERT INTO %s VALUES (60, 11, 1)', on_table));
END $$;
SELECT attachment_id AS x FROM leadreturns.attachments WHERE table_name = 'x' \gset
SAVEPOINT by_hand;
SELECT is(t.by_hand('other', 'AFTER INSERT', 'REFERENCING NEW TABLE AS n', :'x'), '55000',
          'a trigger on a table that is not attached');
ROLLBACK TO by_hand;
SELECT is(t.by_hand('other', 'AFTER INSERT', 'REFERENCING NEW TABLE AS n', ''), '55000',
          'one that names no attachment');
ROLLBACK TO by_hand;
SELECT is(t.by_hand('x', 'AFTER INSERT', 'FOR EACH ROW', :'x'), '39P01', 'one for each row');
ROLLBACK TO by_hand;
SELECT is(t.by_hand('x', 'BEFORE INSERT', '', :'x'), '39P01', 'one that runs before');
ROLLBACK TO by_hand;
SELECT is(t.attempt('SELECT leadreturns.attached_rows()'), '39P01', 'and no trigger at all');

-- a table that has changed since
ALTER TABLE x RENAME price TO amount;
SELECT is((SELECT detail FROM t.texts('INSERT INTO x (id, account, amount) VALUES (5, 11, 1)')),
          'Mapping "price": table "x" has no column "price".', 'a column that was renamed is told');
SELECT results_eq('SELECT check_name, object_id FROM lr_reconcile()',
                  format('VALUES (%L, %s::bigint)', 'attachment', :'x'), 'and reported');
SELECT is(t.attach('x', (t.plain()::jsonb || '{"price": "amount"}')::text), 'ok',
          'attached with its new name');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'all is well again');
SELECT FROM lr_return(1, 'duplicate');
SELECT 'x'::regclass::oid AS gone \gset
DROP TABLE x CASCADE;
SELECT results_eq('SELECT check_name, object_id FROM lr_reconcile()',
                  format('VALUES (%L, %s::bigint)', 'attachment', :'x'),
                  'a table that was dropped is reported');
SELECT is((SELECT status FROM lr_accept(t.last_return(1))), 'accepted',
          'the returns of its leads go on');
SELECT is(lr_detach(:gone), 1::bigint, 'its number is enough to detach it');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'and all agrees');

SELECT * FROM finish();
ROLLBACK;
