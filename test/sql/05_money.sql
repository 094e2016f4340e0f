-- Money: sales, credits, clawbacks, replacements, and undoing them to the cent.
\set ECHO none
\getenv dir PG_ABS_SRCDIR
\set file :dir /model/fresh.sql
\i :file
\set ECHO all
SELECT t.at('2026-03-02 12:00:00+00');
CREATE FUNCTION t.moved(lead bigint) RETURNS TABLE (kind text, debit text, credit text,
    amount numeric, reverses text) LANGUAGE sql AS $$
SELECT l.kind, l.debit_account || coalesce(' ' || l.debit_id, ''),
       l.credit_account || coalesce(' ' || l.credit_id, ''), l.amount, o.kind
  FROM leadreturns.ledger l JOIN leadreturns.deliveries d USING (delivery_id)
  LEFT JOIN leadreturns.ledger o ON o.transfer_id = l.reverses
 WHERE d.lead_id = moved.lead ORDER BY l.transfer_id $$;

-- sale and payout; credit and clawback; and back
SELECT t.lead(1, '2026-03-01 12:00:00+00'), t.lead(2, '2026-03-01 12:00:00+00', 12);
SELECT t.file(1, 'duplicate'), t.file(2, 'duplicate');
SELECT * FROM t.moved(2);
SELECT credit, clawback FROM lr_accept(t.last_return(1));
SELECT credit, clawback FROM lr_accept(t.last_return(2));
SELECT * FROM t.moved(1);
SELECT status FROM lr_rollback_return(2);
SELECT * FROM t.moved(2);
SELECT ledger_account, party_id, currency, balance FROM leadreturns.balances ORDER BY 1, 2;
SELECT to_json(p) FROM leadreturns.pnl p ORDER BY day, account_id;

-- partial credit: the clawback shrinks in proportion, rounded half up, unless it is named
SELECT t.lead(n, '2026-03-01 12:00:00+00', 12, 10, 6) FROM generate_series(10, 16) n \g /dev/null
SELECT t.file(n) FROM generate_series(10, 16) n \g /dev/null
SELECT credit, clawback FROM lr_accept(t.last_return(10), credit => 3.33);
SELECT credit, clawback FROM lr_accept(t.last_return(11), credit => 0.01);
SELECT credit, clawback FROM lr_accept(t.last_return(12), credit => 9.99);
SELECT credit, clawback FROM lr_accept(t.last_return(13), credit => 2.5, clawback => 6);
SELECT credit, clawback FROM lr_accept(t.last_return(14), clawback => 0);
SELECT t.lead(17, '2026-03-01 12:00:00+00', 12, 0.04, 0.02);
SELECT t.file(17);
SELECT credit, clawback FROM lr_accept(t.last_return(17), credit => 0.01);
-- 15.01 and 14.99 halved: 7.505 and 7.495, with a price of twice the credit
SELECT t.lead(18, '2026-03-01 12:00:00+00', 12, 20, 15.01), t.lead(19, '2026-03-01 12:00:00+00', 12,
    20, 14.99);
SELECT t.file(18), t.file(19);
SELECT credit, clawback FROM lr_accept(t.last_return(18), credit => 10);
SELECT credit, clawback FROM lr_accept(t.last_return(19), credit => 10);
-- never more than the price or the cost
SELECT t.attempt(format('SELECT lr_accept(%s, %s)', t.last_return(15), a))
  FROM unnest('{credit => 10.01,credit => -1,credit => 0.005,credit => 0,credit => ''NaN'',
    credit => ''Infinity'',clawback => 6.01,clawback => -0.01,clawback => ''NaN''}'::text[]) a;

-- clawback: by reason (the supplier's fault or not), never, always; no supplier, none
INSERT INTO leadreturns.account (account_id, buyer_id, name)
SELECT n, 2, 'account ' || n FROM generate_series(51, 55) n;
SELECT t.terms(51, '{"clawback": "never"}');
SELECT t.terms(52, '{"clawback": "always"}');
SELECT t.lead(20, '2026-03-01 12:00:00+00', 51), t.lead(21, '2026-03-01 12:00:00+00', 52);
SELECT lead_id FROM lr_deliver(22, 52, NULL, 10, 6, delivered_at => '2026-03-01 12:00:00+00');
SELECT t.file(20), t.file(21, 'my dog ate it'), t.file(22);
SELECT credit, clawback FROM lr_accept(t.last_return(20));
SELECT credit, clawback FROM lr_accept(t.last_return(21));
SELECT t.attempt(format('SELECT lr_accept(%s, clawback => 1)', t.last_return(22)));
SELECT credit, clawback FROM lr_accept(t.last_return(22));
SELECT t.lead(23, '2026-03-01 12:00:00+00', 12), t.file(23, 'my dog ate it');
SELECT credit, clawback FROM lr_check_return(16, 'my dog ate it');
SELECT credit, clawback FROM lr_accept(t.last_return(23));
SELECT t.lead(24, '2026-03-01 12:00:00+00', 51), t.file(24);
SELECT credit, clawback FROM lr_accept(t.last_return(24), clawback => 1.23);

-- reverse_money off: only states change
SELECT t.terms(53, '{"reverse_money": false}');
SELECT t.lead(30, '2026-03-01 12:00:00+00', 53);
SELECT t.file(30);
SELECT t.attempt(format('SELECT lr_accept(%s, credit => 1)', t.last_return(30)));
SELECT status, credit, clawback, remedy FROM lr_accept(t.last_return(30));
SELECT status FROM leadreturns.deliveries WHERE lead_id = 30;
SELECT kind FROM t.moved(30);
SELECT status FROM lr_rollback_return(30);
SELECT kind FROM t.moved(30);

-- replacement: no money, a lead is owed until a free delivery names the return
SELECT t.terms(54, '{"remedy": "replacement"}');
SELECT t.lead(n, '2026-03-01 12:00:00+00', 54) FROM generate_series(40, 42) n;
SELECT t.file(n) FROM generate_series(40, 42) n;
SELECT status, credit, clawback, remedy FROM lr_accept(t.last_return(40));
SELECT status, credit, clawback, remedy FROM lr_accept(t.last_return(41), remedy => 'credit');
SELECT t.attempt(format('SELECT lr_accept(%s, credit => 5)', t.last_return(42)));
SELECT lead_id, account_id, price, t.utc(accepted_at) FROM leadreturns.replacements_owed;
CREATE FUNCTION t.replace(account bigint, price numeric, of bigint) RETURNS text LANGUAGE sql AS $$
SELECT t.attempt(format('SELECT lr_deliver(49, %s, 5, %s, replaces => %s)', account, price,
                        t.last_return(of))) $$;
SELECT t.replace(54, 1, 40), t.replace(11, 0, 40), t.replace(54, 0, 41), t.replace(54, 0, 42);
SELECT t.replace(54, 0, 40);
SELECT count(*) FROM leadreturns.replacements_owed;
SELECT t.replace(54, 0, 40);
SELECT t.attempt('SELECT lr_rollback_return(40)');
-- such a lead may be returned only if the terms say so
SELECT t.attempt('SELECT lr_return(49, ''duplicate'')');
SELECT t.terms(55, '{"remedy": "replacement", "replacement_returnable": true}');
SELECT t.lead(43, '2026-03-01 12:00:00+00', 55), t.file(43);
SELECT remedy FROM lr_accept(t.last_return(43));
SELECT price, cost FROM lr_deliver(44, 55, 5, 0, 2, replaces => t.last_return(43));
SELECT t.file(44);
SELECT credit, clawback, remedy FROM lr_accept(t.last_return(44), remedy => 'credit');
-- without money in it, a free lead is returned all the same
SELECT lead_id FROM lr_deliver(45, 12, price => 0);
SELECT t.file(45);
SELECT status, credit, clawback FROM lr_accept(t.last_return(45));

-- posting by hand
SELECT kind, debit_account, credit_account, amount, note FROM lr_post('deposit', 11, 100, 'wire');
SELECT kind, debit_account, credit_account, amount FROM lr_post('payment', 12, 5.5);
SELECT kind, debit_account, credit_account, amount FROM lr_post('payout', 5, 7);
SELECT kind, debit_account, credit_account, amount FROM lr_post('adjustment', 11, -1.25);
SELECT kind, debit_account, credit_account, amount FROM lr_post('adjustment', 11, 2);
SELECT t.attempt(format('SELECT lr_post(%s)', a)) FROM unnest(string_to_array(
    '''deposit'', 11, 0; ''deposit'', 11, -1; ''payment'', 11, ''NaN''; ''payout'', 99, 1;
     ''deposit'', 99, 1; ''gift'', 11, 1; ''deposit'', 11, 1, currency => ''EUR''',
    ';')) a;
SELECT count(*) FROM lr_reconcile();
