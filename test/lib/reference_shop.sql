-- The shop that the examples in doc/reference.md ask about: two months of leads, their returns, and
-- a clock that stands still at noon of 2026-03-31. For psql, in an empty database; what it prints
-- is of no interest.
SET client_min_messages = warning;
CREATE EXTENSION leadreturns;
SET client_min_messages = notice;
SET timezone = 'UTC';
SELECT current_database() AS shop \gset
ALTER DATABASE :"shop" SET leadreturns.now = '2026-03-31 12:00:00+00';
SET leadreturns.now = '2026-02-01 06:00:00+00';

INSERT INTO leadreturns.buyer (buyer_id, name)
VALUES (1, 'Ashford Energy'), (2, 'Beacon Solar'), (3, 'Cobalt Finance');
INSERT INTO leadreturns.account (account_id, buyer_id, name, billing, currency)
VALUES (1, 1, 'Ashford North', 'prepaid', 'USD'), (2, 1, 'Ashford South', 'prepaid', 'USD'),
       (3, 2, 'Beacon', 'net_terms', 'USD'), (4, 3, 'Cobalt', 'prepaid', 'EUR');
INSERT INTO leadreturns.supplier (supplier_id, name)
VALUES (1, 'ClickRiver'), (2, 'LeadForge'), (3, 'Meadow');
INSERT INTO leadreturns.lead_group (lead_group_id, name) VALUES (1, 'Solar'), (2, 'Loans');
SELECT FROM lr_set_terms('global', NULL, '{"max_age": "14 days", "time_zone": "Europe/Paris"}');
SELECT FROM lr_set_terms('account', 2,
    '{"auto_accept": "always", "auto_accept_delay": "36 hours"}');
SELECT FROM lr_set_terms('account', 3, '{"max_return_percent": 13, "at_cap": "review"}');
SELECT FROM lr_set_terms('account', 4,
    '{"review_timeout": "5 days", "timeout_action": "decline"}');
SELECT FROM lr_post('deposit', 1, 50000);

-- Who buys how many leads a day from whom, and how many of a hundred come back
CREATE TEMPORARY TABLE trade (account_id int, supplier_id int, n int, percent int);
INSERT INTO trade
VALUES (1, 1, 6, 5), (1, 2, 6, 20), (2, 1, 4, 5), (2, 2, 4, 15), (3, 1, 10, 5), (3, 2, 10, 20),
       (4, 1, 10, 5), (4, 2, 10, 40);
CREATE TEMPORARY TABLE plan AS
SELECT row_number() OVER (ORDER BY day, account_id, supplier_id, i) AS lead_id, day, account_id,
       supplier_id,
       -- evenly spread: each time that n percent have made a whole lead
       ((day - '2026-02-01') * n + i) * percent / 100
           > ((day - '2026-02-01') * n + i - 1) * percent / 100
       -- on the 24th half of what ClickRiver sells is bad, whoever buys it
       OR (supplier_id = 1 AND day = '2026-03-24' AND i % 2 = 0)
       -- on the 20th and 21st Beacon returns half of its leads, whoever they are from
       OR (account_id = 3 AND day BETWEEN '2026-03-20' AND '2026-03-21' AND i % 2 = 0)
           AS bad
  FROM trade, generate_series(1, trade.n) AS i,
       LATERAL (SELECT '2026-02-01'::date + d AS day FROM generate_series(0, 58) AS d) AS days;

-- Each day its leads are delivered, bad ones of the day before are returned, and what was asked for
-- two days ago is decided, but for two returns
DO $$
DECLARE
    today date;
    asked bigint;
BEGIN
    FOR today IN SELECT '2026-02-01'::date + d FROM generate_series(0, 58) AS d
    LOOP
        PERFORM set_config('leadreturns.now', (today + time '10:00')::text || '+00', false);
        INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, lead_group_id, price,
                                            cost, external_id)
        SELECT lead_id, account_id, supplier_id,
               CASE account_id WHEN 3 THEN NULL WHEN 4 THEN 2 ELSE 1 END,
               CASE account_id WHEN 4 THEN 30 ELSE 40 END,
               CASE account_id WHEN 4 THEN 18 ELSE 25 END, 'L-' || lead_id
          FROM plan WHERE day = today;
        PERFORM lr_return(lead_id, CASE lead_id % 5 WHEN 0 THEN 'duplicate'
                                                    WHEN 1 THEN 'not interested'
                                                    ELSE 'bad contact info' END)
           FROM plan WHERE day = today - 1 AND bad ORDER BY lead_id;
        FOR asked IN SELECT return_id FROM leadreturns.returns
                      WHERE status = 'open' AND requested_at < today - 1 ORDER BY return_id
        LOOP
            CONTINUE WHEN asked IN (430, 470);
            IF asked % 8 = 0 THEN
                PERFORM lr_decline(asked, 'was reached');
            ELSE
                PERFORM lr_accept(asked);
            END IF;
        END LOOP;
        IF today = '2026-03-28' THEN
            PERFORM lr_sweep();
        END IF;
    END LOOP;
END;
$$;

-- Odds and ends: a supplier of few leads, half a credit, a lead instead of money, second thoughts
SET leadreturns.now = '2026-03-31 11:00:00+00';
INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost)
SELECT 9000 + i, 1, 3, 40, 25 FROM generate_series(1, 8) AS i;
INSERT INTO leadreturns.deliveries (lead_id, account_id, price) VALUES (9101, 1, 40);
SELECT FROM lr_return_many('{9001, 9002, 9003, 9004}', 'wrong vertical');
SELECT FROM lr_return(9005, 'was a wrong number', idempotency_key => 'crm-9005');
SELECT return_id AS first FROM leadreturns.returns WHERE lead_id = 9001 \gset
SELECT FROM lr_accept(:first, credit => 20);
SELECT FROM lr_accept(:first + 1, remedy => 'replacement');
SELECT FROM lr_accept(:first + 2);
SELECT FROM lr_rollback_return(9003, 'it was ours after all');
SELECT FROM lr_withdraw(:first + 3, 'they called back');
SELECT FROM lr_request_info(:first + 4, 'Which number was it?');
SELECT FROM lr_close_period(1, '2026-03-01');
SELECT FROM lr_post('adjustment', 1, 15, 'for the trouble');
SELECT FROM lr_post('payment', 3, 20000);
SELECT FROM lr_post('payout', 1, 10000, currency => 'USD');
CREATE ROLE shop_desk;
CREATE ROLE shop_buyer;
SELECT FROM lr_grant('shop_desk', 'staff');
SELECT FROM lr_grant('shop_buyer', 'buyer', 2);
SELECT import_id FROM lr_import_create('march.csv') \gset
SELECT FROM lr_import_text(:import_id,
    E'lead_id,reason\n3501,duplicate\n9102,duplicate\n3421,\n');
CALL lr_import_run(:import_id);

-- a table of the application, which has sold nothing yet
CREATE TABLE web_leads (id bigint PRIMARY KEY, buyer bigint, price numeric, state text);
SELECT lr_attach('web_leads', '{"lead_id": "id", "account": "buyer", "price": "price",
    "status": "state", "delivered": ["sold"]}');
