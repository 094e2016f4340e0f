-- The generated set, lived through month by month.
\ir parties.sql
\ir leads.sql

-- On the first of a month prepaid accounts pay in what they will need, the others what they owe,
-- and suppliers are paid.
CREATE PROCEDURE demo.settle(day date) LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM set_config('leadreturns.now', (day + time '06:00')::text || '+00', false);
    PERFORM lr_post('deposit', need.account_id, need.amount, 'for ' || to_char(day, 'FMMonth'))
       FROM (SELECT a.account_id,
                    ceil((sum(l.price) - coalesce(max(b.balance), 0)) / 500) * 500 AS amount
               FROM leadreturns.account a
               JOIN demo.lead l ON l.account_id = a.account_id
                AND l.delivered_at >= day AND l.delivered_at < day + interval '1 month'
               LEFT JOIN leadreturns.balances b
                 ON b.ledger_account = 'wallet' AND b.party_id = a.account_id
              WHERE a.billing = 'prepaid' GROUP BY a.account_id) need
      WHERE need.amount > 0;
    PERFORM lr_post('payment', b.party_id, b.balance, 'up to ' || to_char(day, 'FMMonth'))
       FROM leadreturns.balances b WHERE b.ledger_account = 'receivable' AND b.balance > 0;
    PERFORM lr_post('payout', b.party_id, b.balance, 'up to ' || to_char(day, 'FMMonth'))
       FROM leadreturns.balances b WHERE b.ledger_account = 'supplier' AND b.balance > 0;
END;
$$;

CALL demo.settle('2026-01-01');
CALL demo.replay('-infinity', '2026-02-01 06:00:00+00');
CALL demo.settle('2026-02-01');
-- January is invoiced: what comes back of it from now on is an adjustment in a later month
SELECT FROM lr_close_period(3, '2026-02-01');

CALL demo.replay('2026-02-01 06:00:00+00', '2026-03-01 06:00:00+00');
CALL demo.settle('2026-03-01');
-- One of the leads that an account is owed
SELECT FROM lr_deliver(
    lead_id => 700001, account_id => 7, supplier_id => 2, price => 0, cost => 27.50,
    lead_group_id => 1, replaces => (SELECT min(return_id) FROM leadreturns.replacements_owed));
INSERT INTO demo.request (request_no, lead_id, account_id, reason, requested_at)
VALUES (300001, 700001, 7, 'Duplicate', '2026-03-02 09:00:00+00');
INSERT INTO demo.event VALUES ('2026-03-02 09:00:00+00', 300001, 0, 'request');

CALL demo.replay('2026-03-01 06:00:00+00', '2026-04-01 06:00:00+00');
CALL demo.settle('2026-04-01');
-- New terms for leads delivered from now on
SELECT FROM lr_set_terms('buyer', 3, '{"max_age": "10 days"}');

CALL demo.replay('2026-04-01 06:00:00+00', '2026-05-01 06:00:00+00');
CALL demo.settle('2026-05-01');
CALL demo.replay('2026-05-01 06:00:00+00', '2026-06-01 06:00:00+00');
CALL demo.settle('2026-06-01');
CALL demo.replay('2026-06-01 06:00:00+00', '2026-07-01 06:00:00+00');
CALL demo.settle('2026-07-01');
CALL demo.replay('2026-07-01 06:00:00+00', '2026-07-15 12:00:00+00');
CALL demo.stop_clock();
