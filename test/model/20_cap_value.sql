-- The cap by value: a request is within it if used + price <= percent / 100 * delivered value,
-- against exact numeric arithmetic; prices in cents, percentages to the millionth.
BEGIN;
SELECT plan(4);
SELECT set_config('leadreturns.now', '2026-03-15 12:00:00+00', false)
\g /dev/null
SELECT setseed(0.23)
\g /dev/null

CREATE TEMP TABLE cap AS
SELECT n AS account_id,
       CASE n % 4 WHEN 0 THEN round((random() * 100)::numeric, 6)
                  WHEN 1 THEN (random() * 100)::int
                  ELSE round((random() * 100)::numeric, 1) END AS percent
  FROM generate_series(1, 200) n;
INSERT INTO leadreturns.buyer (buyer_id, name) VALUES (1, 'Acme');
INSERT INTO leadreturns.account (account_id, buyer_id, name)
SELECT account_id, 1, 'a' || account_id FROM cap;
SELECT lr_set_terms('account', account_id, jsonb_build_object('max_return_percent', percent,
    'cap_basis', 'value', 'cap_period', 'lifetime'), '2026-01-01 00:00:00+00') FROM cap
\g /dev/null
CREATE TEMP TABLE lead AS
SELECT account_id, n AS lead_id, round((random() ^ 3 * 100)::numeric, 2) AS price
  FROM cap, generate_series(1, 20) n;
INSERT INTO leadreturns.deliveries (lead_id, account_id, price, delivered_at)
SELECT lead_id, account_id, price, '2026-03-01 12:00:00+00' FROM lead;

-- Leads in order; each is taken if it fits what is left, by the model and by the extension.
CREATE TEMP TABLE judged (account_id bigint, lead_id bigint, modelled boolean, taken boolean);
DO $$
DECLARE
    l record;
    used numeric;
    fits boolean;
    took boolean;
BEGIN
    FOR l IN SELECT lead.*, cap.percent, sum(price) OVER (PARTITION BY account_id) AS delivered
               FROM lead JOIN cap USING (account_id) ORDER BY account_id, lead_id
    LOOP
        used := CASE WHEN l.lead_id = 1 THEN 0 ELSE used END;
        fits := used + l.price <= l.percent / 100 * l.delivered;
        BEGIN
            PERFORM lr_return(l.lead_id, 'duplicate', account_id => l.account_id);
            took := true;
        EXCEPTION WHEN SQLSTATE 'LR023' THEN
            took := false;
        END;
        INSERT INTO judged VALUES (l.account_id, l.lead_id, fits, took);
        used := used + CASE WHEN fits THEN l.price ELSE 0 END;
    END LOOP;
END;
$$;
SELECT is((SELECT count(*) FROM judged), 4000::bigint, 'every lead was tried');
SELECT is_empty('SELECT * FROM judged NATURAL JOIN lead NATURAL JOIN cap WHERE modelled <> taken',
                'a return is taken exactly when its price still fits the share of the value');
SELECT ok((SELECT count(*) FILTER (WHERE taken) > 500 AND count(*) FILTER (WHERE NOT taken) > 500
             FROM judged), 'both happened often');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'recounted, everything agrees');
SELECT * FROM finish();
ROLLBACK;
