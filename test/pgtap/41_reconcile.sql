-- lr_reconcile finds each kind of damage, and by the check that is made for it.
BEGIN;
SELECT plan(33);
\ir ../model/common.sql
SELECT t.at('2026-03-02 12:00:00+00')
\g /dev/null
-- account 11 has a cap, so that its deliveries are counted; the others have none
SELECT lr_set_terms('account', 11, '{"max_return_percent": 100}', '2026-01-01 00:00:00+00')
\g /dev/null
SELECT t.lead(n, '2026-03-01 12:00:00+00', CASE WHEN n < 10 THEN 11 ELSE 12 END)
  FROM unnest('{1,2,3,4,10,11,12,13}'::int[]) n
\g /dev/null
SELECT t.lead(n, '2026-03-01 12:00:00+00', 12, 0, 0) FROM generate_series(14, 15) n
\g /dev/null
SELECT lr_return(n, 'duplicate') FROM unnest('{1,2,3,10,11,12,13,14}'::int[]) n
\g /dev/null
SELECT lr_accept(t.last_return(1)), lr_decline(t.last_return(3)), lr_accept(t.last_return(10)),
       lr_decline(t.last_return(12)), lr_accept(t.last_return(13))
\g /dev/null
SELECT lr_rollback_return(13)
\g /dev/null
SELECT t.lead(5, '2026-03-01 12:00:00+00')
\g /dev/null
SELECT t.lead(16, '2026-03-01 12:00:00+00', 12, 0, 0) \g /dev/null
SELECT lr_import_step(t.import(E'lead_id,reason\n16,duplicate\n99,duplicate\n')) \g /dev/null
SELECT is_empty('SELECT * FROM lr_reconcile()', 'all is well at first');

-- What the checks say, each once, after something was damaged; the damage is undone.
CREATE FUNCTION t.found(damage text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
    hit bigint;
BEGIN
    SET LOCAL session_replication_role = replica;
    EXECUTE damage;
    GET DIAGNOSTICS hit = ROW_COUNT;
    SET LOCAL session_replication_role = origin;
    SELECT string_agg(DISTINCT r.check_name, ', ') INTO found FROM lr_reconcile() r;
    -- whatever else is damaged, the rates may differ from it too
    found := regexp_replace(found, '^rates, |, rates$|, rates(?=, )', '');
    RAISE 'undo' USING ERRCODE = 'XX999', DETAIL = coalesce(found, 'nothing') ||
        CASE WHEN hit > 1 THEN format(' (%s rows damaged)', hit) ELSE '' END;
EXCEPTION WHEN SQLSTATE 'XX999' THEN
    GET STACKED DIAGNOSTICS found = PG_EXCEPTION_DETAIL;
    RETURN found;
END;
$$;
CREATE FUNCTION t.finds(check_name text, damage text) RETURNS text LANGUAGE sql AS
$$ SELECT is(t.found(damage), check_name, 'found: ' || check_name) $$;

SELECT t.finds('state_without_history', 'DELETE FROM leadreturns.history
    WHERE return_id = t.last_return(12) AND to_status = ''declined''');
SELECT t.finds('history_broken', 'UPDATE leadreturns.history SET from_status = ''declined''
    WHERE return_id = t.last_return(10) AND to_status = ''accepted''');
SELECT t.finds('history_without_return', 'INSERT INTO leadreturns.history
    (return_id, to_status, at, moved_on, actor, party_kind, how, terms_at)
    VALUES (999999, ''open'', ''2026-03-01'', ''2026-03-01'', ''x'', ''staff'', ''manual'',
            ''2026-03-01'')');
SELECT t.finds('archived_twice', 'INSERT INTO leadreturns.message
    (message_id, return_id, kind, at, author, party_kind, body)
    VALUES (999, t.last_return(12), ''message'', ''2026-03-01'', ''x'', ''staff'', ''x'');
    INSERT INTO leadreturns.archived_message SELECT * FROM leadreturns.message
     WHERE message_id = 999');
SELECT t.finds('history_broken', 'INSERT INTO leadreturns.archived_history
    SELECT * FROM leadreturns.history WHERE return_id = t.last_return(12) LIMIT 1');
SELECT t.finds('several_live_returns', 'ALTER TABLE leadreturns.request
    DROP CONSTRAINT one_live_return_per_delivery; WITH second AS (
    INSERT INTO leadreturns.request (delivery_id, account_id, delivered_at, price, cost, reason,
        reason_text, status, requested_at, requested_by, credit, clawback, overridden, over_cap,
        awaits_buyer)
    SELECT delivery_id, account_id, delivered_at, price, cost, reason, reason_text, status,
           requested_at, requested_by, 0, 0, false, false, false
      FROM leadreturns.request WHERE delivery_id = 11 RETURNING return_id)
    INSERT INTO leadreturns.history (return_id, to_status, at, moved_on, actor, party_kind, how,
        terms_at)
    SELECT return_id, ''open'', ''2026-03-02'', ''2026-03-02'', ''x'', ''staff'', ''manual'',
           ''2026-03-01''
      FROM second');
SELECT t.finds('return_without_delivery',
               'DELETE FROM leadreturns.delivery WHERE delivery_id = 14');
SELECT t.finds('return_differs_from_delivery', 'UPDATE leadreturns.request SET cost = cost - 1
    WHERE delivery_id = 11');
SELECT t.finds('return_differs_from_delivery', 'UPDATE leadreturns.delivery
    SET delivered_at = delivered_at + ''1 us'' WHERE delivery_id = 11');
SELECT t.finds('return_without_reason', 'UPDATE leadreturns.request SET reason = ''none''
    WHERE delivery_id = 11');
SELECT t.finds('delivery_without_parent', 'UPDATE leadreturns.delivery SET lead_group_id = 99
    WHERE delivery_id = 15');
SELECT t.finds('delivery_without_parent', 'UPDATE leadreturns.account SET currency = ''EUR''
    WHERE account_id = 12');
SELECT t.finds('replacement_without_return', 'UPDATE leadreturns.delivery SET replaces = 999999
    WHERE delivery_id = 15');
SELECT t.finds('delivery_not_posted', 'UPDATE leadreturns.transfer SET amount = amount + 0.01
    WHERE delivery_id = 11 AND kind = ''sale''');
SELECT t.finds('return_not_posted', 'UPDATE leadreturns.request
    SET credit_transfer_id = clawback_transfer_id WHERE delivery_id = 10');
SELECT t.finds('return_amounts', 'INSERT INTO leadreturns.transfer
    (posted_at, posted_on, kind, debit,
    credit, account_id, amount, currency, delivery_id, return_id, actor)
    VALUES (''2026-03-02'', ''2026-03-02'', ''credit'',
    ''revenue'', ''account'', 12, 1, ''USD'', 12, t.last_return(12), ''x'')');
SELECT t.finds('transfer_without_cause', 'INSERT INTO leadreturns.transfer
    (posted_at, posted_on, kind,
    debit, credit, account_id, amount, currency, delivery_id, actor)
    VALUES (''2026-03-02'', ''2026-03-02'', ''sale'',
    ''account'', ''revenue'', 12, 1, ''USD'', 11, ''x'')');
SELECT t.finds('reversal_differs', 'UPDATE leadreturns.transfer SET reverses =
    (SELECT sale_transfer_id FROM leadreturns.delivery WHERE delivery_id = 13)
    WHERE delivery_id = 13 AND kind = ''credit_reversed''');
SELECT t.finds('delivery_over_reversed', 'INSERT INTO leadreturns.transfer
    (posted_at, posted_on, kind,
    debit, credit, account_id, amount, currency, delivery_id, return_id, actor)
    VALUES (''2026-03-02'', ''2026-03-02'', ''adjustment'', ''adjustments'', ''account'', 12, 0.01,
            ''USD'', 10, t.last_return(10), ''x'')');
SELECT t.finds('cap_usage', 'UPDATE leadreturns.cap_period SET used = used + 1');
SELECT t.finds('cap_volume', 'UPDATE leadreturns.cap_period SET delivered = delivered - 1');
SELECT t.finds('cap_volume', 'DELETE FROM leadreturns.volume_delta WHERE ctid = (
    SELECT max(ctid) FROM leadreturns.volume_delta WHERE account_id = 11)');
SELECT t.finds('import_counts', 'DELETE FROM leadreturns.import_outcome WHERE line_no = 3');
SELECT t.finds('import_return', 'UPDATE leadreturns.import_outcome SET return_id = NULL
    WHERE line_no = 2');
-- the rollups, each of them, and what is not folded yet
SELECT leadreturns.fold_rates(1000) \g /dev/null
SELECT t.lead(17, '2026-03-01 12:00:00+00', 12) \g /dev/null
SELECT is_empty('SELECT * FROM lr_reconcile()', 'all is well after folding');
SELECT t.finds('rates', format('UPDATE leadreturns.rollup_%1$s SET returned = returned + 1
    WHERE ctid = (SELECT max(ctid) FROM leadreturns.rollup_%1$s)', rollup))
  FROM unnest('{account,supplier,lead_group,reason,cross}'::text[]) rollup;
SELECT t.finds('rates', 'DELETE FROM leadreturns.rate_delta');
SELECT t.finds('rates', 'UPDATE leadreturns.rate_delta SET cost = cost + 1');
SELECT * FROM finish();
ROLLBACK;
