-- The cap by count: floor(percent / 100 * deliveries), against whole numbers: a tenth of a percent
-- is a thousandth, so what is allowed is tenths * deliveries / 1000 in integer division.
--
-- With LR_LONG it is asked after each delivery from the 1st to the 200th, else after every fifth.
\set step 5
\getenv long LR_LONG
\if :{?long}
\set step 1
\endif
BEGIN;
SELECT plan(6);
SELECT set_config('leadreturns.now', '2026-03-15 12:00:00+00', false)
\g /dev/null

-- one account for each tenth of a percent, its id 1 more than the tenths
INSERT INTO leadreturns.buyer (buyer_id, name) VALUES (1, 'Acme');
INSERT INTO leadreturns.account (account_id, buyer_id, name)
SELECT tenths + 1, 1, 'a' || tenths FROM generate_series(0, 1000) tenths;
SELECT count(lr_set_terms('account', tenths + 1,
    jsonb_build_object('max_return_percent', tenths / 10.0, 'cap_period', 'lifetime'),
    '2026-01-01 00:00:00+00')) FROM generate_series(0, 1000) tenths
\g /dev/null

-- lead n of an account has the id tenths * 1000 + n; a wrong answer is kept with the right one
CREATE TEMP TABLE wrong (tenths bigint, delivered bigint, allowed numeric, expected bigint,
                         violations text[]);
CREATE TEMP TABLE asked (n bigint);
CREATE FUNCTION pg_temp.deliver_and_ask(n bigint, ask boolean) RETURNS void LANGUAGE sql AS $$
INSERT INTO leadreturns.deliveries (lead_id, account_id, price, delivered_at)
SELECT tenths * 1000 + n, tenths + 1, 1, '2026-03-01 12:00:00+00'
  FROM generate_series(0, 1000) tenths;
INSERT INTO wrong
SELECT tenths, n, c.cap_allowed, tenths * n / 1000, c.violations
  FROM generate_series(0::bigint, 1000) tenths,
       lr_check_return(tenths * 1000 + n, 'duplicate') c
 WHERE ask AND (c.cap_allowed IS DISTINCT FROM tenths * n / 1000
    OR c.cap_used IS DISTINCT FROM 0
    OR c.capacity_left IS DISTINCT FROM tenths * n / 1000
    OR c.violations <> CASE WHEN tenths * n / 1000 >= 1 THEN '{}' ELSE '{cap_reached}'::text[] END);
INSERT INTO asked SELECT n WHERE ask;
$$;
SELECT pg_temp.deliver_and_ask(n, n % :step = 0) FROM generate_series(1, 200) n
\g /dev/null
SELECT is((SELECT count(*) FROM asked), 200::bigint / :step, 'asked for 1 to 200 deliveries');
SELECT is_empty('SELECT * FROM wrong LIMIT 10',
                'every tenth of a percent allows exactly floor(percent / 100 * deliveries)');

-- File until it is refused. 7 and 29 % have no exact binary fraction, and with 100 or 200
-- deliveries the floor must not fall short of 7, 14, 29 and 58.
CREATE TEMP TABLE filed (tenths bigint, taken bigint, refused bigint, errors text);
CREATE FUNCTION pg_temp.file_all(tenths bigint) RETURNS filed LANGUAGE plpgsql AS $$
DECLARE
    f filed := (tenths, 0, 0, '');
BEGIN
    FOR lead IN 1..200 LOOP
        BEGIN
            PERFORM lr_return(tenths * 1000 + lead, 'duplicate');
            f.taken := f.taken + 1;
        EXCEPTION WHEN SQLSTATE 'LR023' THEN
            f.refused := f.refused + 1;
        END;
    END LOOP;
    RETURN f;
END;
$$;
INSERT INTO filed
SELECT f.* FROM unnest('{0,1,4,5,9,10,70,99,100,290,333,577,999,1000}'::bigint[]) tenths,
                pg_temp.file_all(tenths) f;
SELECT is_empty('SELECT * FROM filed WHERE taken <> tenths * 200 / 1000 OR taken + refused <> 200',
                'as many returns can be filed as are allowed, and no more');
SELECT is((SELECT taken FROM filed WHERE tenths = 290), 58::bigint, '29 % of 200 are 58');
SELECT is_empty('SELECT f.*, r.n FROM filed f, LATERAL (SELECT count(*) AS n
                   FROM leadreturns.returns r WHERE r.account_id = f.tenths + 1) r
                  WHERE r.n <> f.taken', 'what was taken is what is there');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'recounted, everything agrees');
SELECT * FROM finish();
ROLLBACK;
