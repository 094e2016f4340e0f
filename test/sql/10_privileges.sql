-- Who may see and do what: staff, buyer, supplier, reporting, an application, nobody.
\set ECHO none
\getenv dir PG_ABS_SRCDIR
\set file :dir /model/fresh.sql
\i :file
\set ECHO all
SELECT t.at('2026-03-02 12:00:00+00');
CREATE ROLE lr_p_staff; CREATE ROLE lr_p_buyer; CREATE ROLE lr_p_supplier;
CREATE ROLE lr_p_reporting; CREATE ROLE lr_p_app; CREATE ROLE lr_p_nobody;
SELECT granted_kind, granted_party_id FROM lr_grant('lr_p_staff', 'staff');
SELECT granted_kind, granted_party_id FROM lr_grant('lr_p_buyer', 'buyer', 1);
SELECT granted_kind, granted_party_id FROM lr_grant('lr_p_supplier', 'supplier', 5);
SELECT granted_kind, granted_party_id FROM lr_grant('lr_p_reporting', 'reporting');
SELECT granted_kind, granted_party_id FROM lr_grant('lr_p_app', 'app');
-- a grant that makes no sense
SELECT lr_grant('lr_p_nobody', 'buyer');
SELECT lr_grant('lr_p_nobody', 'buyer', 99);
SELECT lr_grant('lr_p_nobody', 'staff', 1);
SELECT lr_grant('lr_p_nobody', 'boss');
SELECT lr_grant('no_such_role', 'staff');

SELECT t.lead(1, '2026-03-01 12:00:00+00'), t.lead(2, '2026-03-01 12:00:00+00', 21),
       t.lead(3, '2026-03-01 12:00:00+00'), t.lead(4, '2026-03-01 12:00:00+00', 21);
SELECT lead_id FROM lr_deliver(5, 21, 6, 10, 6, delivered_at => '2026-03-01 12:00:00+00');
SELECT t.file(1), t.file(2), t.file(5);
SELECT status FROM lr_accept(1);
SELECT status FROM lr_accept(3);
SELECT kind FROM lr_message(2, 'to the second buyer');
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA t TO PUBLIC;

-- How many rows each sees, or why not.
CREATE FUNCTION t.sees(who text) RETURNS TABLE (view text, rows text) LANGUAGE plpgsql AS $$
BEGIN
    FOR view IN SELECT relname FROM pg_class WHERE relnamespace = 'leadreturns'::regnamespace
                   AND relkind = 'v' ORDER BY relname COLLATE "C"
    LOOP
        BEGIN
            PERFORM set_config('role', who, true);
            EXECUTE format('SELECT count(*) FROM leadreturns.%I', view) INTO rows;
        EXCEPTION WHEN insufficient_privilege THEN
            rows := 'denied';
        END;
        PERFORM set_config('role', 'none', true);
        RETURN NEXT;
    END LOOP;
END;
$$;
SELECT s.view, s.rows AS staff, b.rows AS buyer, p.rows AS supplier, r.rows AS reporting,
       a.rows AS app, n.rows AS nobody
  FROM t.sees('lr_p_staff') s, t.sees('lr_p_buyer') b, t.sees('lr_p_supplier') p,
       t.sees('lr_p_reporting') r, t.sees('lr_p_app') a, t.sees('lr_p_nobody') n
 WHERE s.view IN ('deliveries', 'returns', 'return_history', 'return_thread', 'ledger', 'pnl',
                  'account_statement', 'supplier_statement', 'balances', 'terms_history')
   AND (b.view, p.view, r.view, a.view, n.view) = (s.view, s.view, s.view, s.view, s.view)
 ORDER BY s.view COLLATE "C";
SET ROLE lr_p_buyer;
SELECT DISTINCT account_id FROM leadreturns.deliveries;
SELECT DISTINCT buyer_id FROM leadreturns.returns;
-- what its leads cost, and who supplied them, is not told
SELECT count(cost) AS costs, count(supplier_id) AS suppliers, count(price) > 0 AS prices
  FROM leadreturns.deliveries;
SELECT count(cost) + count(clawback) + count(supplier_id) + count(supplier) AS told
  FROM leadreturns.returns;
SELECT ledger_account, party_id FROM leadreturns.balances ORDER BY 1, 2;
RESET ROLE;
-- a supplier: its own leads' returns, its clawback; the buyer's price nowhere
SET ROLE lr_p_supplier;
SELECT lead_id, kind, reason, debit, credit, balance FROM leadreturns.supplier_statement
 ORDER BY transfer_id;
SELECT ledger_account, party_id FROM leadreturns.balances;
RESET ROLE;

-- tables are nobody's
SELECT who, string_agg(DISTINCT t.attempt(format('SELECT FROM leadreturns.%I', relname), who), ',')
  FROM unnest('{lr_p_staff,lr_p_buyer,lr_p_supplier,lr_p_reporting,lr_p_app,lr_p_nobody}'::text[])
       who,
       unnest('{delivery,request,history,transfer,cap_period,volume_delta,closing,terms,message,
                party_grant}'::text[]) relname GROUP BY who ORDER BY who COLLATE "C";

-- what each may call: LR001, or no right to the function at all
CREATE FUNCTION t.calls(command text) RETURNS text LANGUAGE sql AS $$
SELECT string_agg(split_part(t.attempt('SELECT ' || command, who), ' ', 1), ' ' ORDER BY n)
  FROM unnest('{lr_p_buyer,lr_p_supplier,lr_p_reporting,lr_p_app,lr_p_nobody}'::text[])
       WITH ORDINALITY w (who, n) $$;
SELECT rpad(split_part(command, '(', 1), 20), t.calls(command) FROM unnest(string_to_array(
    'lr_deliver(9, 11, price => 1);lr_return(2, ''other'');lr_accept(2);lr_decline(2);'
    'lr_withdraw(2);lr_reopen(2);lr_rollback_return(1);lr_correct_reason(2, ''other'');'
    'lr_message(2, ''x'');'
    'lr_request_info(2, ''x'');lr_assign(2, ''x'');lr_attach_evidence(2, ''x'');lr_terms(21);'
    'lr_set_terms(''global'', NULL, ''{}'');lr_merge_reason(''duplicate'', ''other'');'
    'lr_post(''deposit'', 11, 1);lr_close_period(11, ''2026-01-01'');'
    'lr_grant(''lr_p_nobody'', ''staff'');lr_revoke(''lr_p_staff'', ''staff'')', ';')) command;
SELECT t.attempt('SELECT lr_return(3, ''duplicate'', ''n'', override => true)', 'lr_p_buyer');

-- an application acts for whom it names, until the end of the transaction
BEGIN;
SET LOCAL ROLE lr_p_app;
SELECT acting_kind, acting_party_id FROM lr_act_as('buyer', 1);
SELECT kind, party_id FROM lr_whoami();
SELECT count(*) FROM leadreturns.returns;
SELECT t.file(3);
SAVEPOINT s;
SELECT lr_return(2, 'duplicate');
ROLLBACK TO s;
SELECT acting_kind FROM lr_act_as('staff');
SELECT status FROM lr_decline((SELECT max(return_id) FROM leadreturns.returns));
ROLLBACK TO s;
SELECT kind, party_id FROM lr_whoami();
COMMIT;
SET ROLE lr_p_app;
SELECT kind, party_id FROM lr_whoami();
SELECT count(*) FROM leadreturns.returns;
SELECT lr_act_as('app');
SELECT lr_act_as('buyer');
RESET ROLE;

-- revoked: nothing is left
SELECT lr_revoke('lr_p_buyer', 'buyer', 2), lr_revoke('lr_p_buyer', 'buyer', 1);
SELECT t.attempt('SELECT FROM leadreturns.returns', 'lr_p_buyer'),
       t.attempt('SELECT lr_return(3, ''x'')', 'lr_p_buyer');
DROP OWNED BY lr_p_staff, lr_p_buyer, lr_p_supplier, lr_p_reporting, lr_p_app, lr_p_nobody;
DROP ROLE lr_p_staff, lr_p_buyer, lr_p_supplier, lr_p_reporting, lr_p_app, lr_p_nobody;
