-- Every condition of a return: state, name and text; and the order in which they are checked.
\set ECHO none
\getenv dir PG_ABS_SRCDIR
\set file :dir /model/fresh.sql
\i :file
\set ECHO all
SELECT t.at('2026-03-02 12:00:00+00');
-- a message is the one that the catalogue names, the detail has the facts, the hint the remedy
CREATE FUNCTION t.told(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    state text; condition text; message text; detail text; hint text; entry leadreturns.error_code;
BEGIN
    EXECUTE command;
    RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, condition = CONSTRAINT_NAME,
        message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    SELECT * INTO entry FROM leadreturns.error_code e WHERE e.sqlstate = state;
    RETURN format('%s %s: %s%s%s', state, condition, detail,
                  CASE WHEN message = entry.message AND condition = entry.condition
                       THEN '' ELSE ' BUT NOT AS LISTED' END,
                  CASE WHEN hint = '' THEN ' AND NO HINT' END);
END;
$$;
CREATE FUNCTION t.tell(arguments text) RETURNS text LANGUAGE sql AS
$$ SELECT t.told('SELECT lr_return(' || arguments || ')') $$;

SELECT t.lead(1, '2026-03-01 12:00:00+00'), t.lead(2, '2026-03-01 12:00:00+00');
SELECT t.tell('99, ''duplicate''');
SELECT t.tell('NULL, ''duplicate''');
SELECT t.tell('1, ''duplicate'', account_id => 12');
SELECT t.told('SELECT lr_accept(99)');
SELECT t.told('SELECT lr_accept(NULL)');
-- sold to several accounts: name one
SELECT lead_id FROM lr_deliver(1, 21, price => 5, delivered_at => '2026-03-01 12:00:00+00');
SELECT t.tell('1, ''duplicate''');
SELECT account_id FROM lr_return(1, 'duplicate', account_id => 21);
SELECT t.tell('1, ''duplicate'', account_id => 21');
SELECT status FROM lr_accept(1);
SELECT t.tell('1, ''duplicate'', account_id => 21');
SELECT t.told('SELECT lr_rollback_return(1, account_id => 11)');
SELECT t.told('SELECT lr_decline(1)');
SELECT t.told('SELECT lr_rollback_return(2)');

-- everything is wrong with lead 10; each thing put right uncovers the next one
SELECT t.terms(12, '{"max_age": "1 day", "min_age": "1 hour", "max_return_count": 1,
    "resubmission": false, "allow_other_reason": false, "returns_enabled": false}');
UPDATE leadreturns.reason SET active = false WHERE code = 'tcpa_risk';
UPDATE leadreturns.reason SET requires_note = true WHERE code = 'duplicate';
CREATE ROLE lr_errors_buyer;
SELECT granted_kind FROM lr_grant('lr_errors_buyer', 'buyer', 1);
SELECT t.lead(10, '2026-03-01 00:00:00+00', 12), t.lead(11, '2026-03-01 00:00:00+00', 12);
SELECT t.at('2026-03-01 12:00:00+00');
SELECT t.file(10, 'duplicate', 'n');
SELECT t.at('2026-03-02 12:00:00+00');
UPDATE leadreturns.deliveries SET deleted_at = '2026-03-02 00:00:00+00' WHERE lead_id = 10;
SET ROLE lr_errors_buyer;
SELECT lr_return(10, NULL, override => true);
SELECT lr_return(10, NULL);
RESET ROLE;
UPDATE leadreturns.deliveries SET deleted_at = NULL WHERE lead_id = 10;
SET ROLE lr_errors_buyer;
SELECT lr_return(10, NULL);
RESET ROLE;
SELECT status FROM lr_decline(t.last_return(10));
SET ROLE lr_errors_buyer;
SELECT lr_return(10, NULL);
SELECT violations FROM lr_check_return(10, NULL);
RESET ROLE;
SELECT status FROM lr_accept(t.last_return(10));
SET ROLE lr_errors_buyer;
SELECT lr_return(10, NULL);
-- the other lead of the account: disabled, too late, cap, no reason
SELECT lr_return(11, NULL);
SELECT violations FROM lr_check_return(11, NULL);
SELECT violations FROM lr_check_return(11, 'nonsense');
SELECT violations FROM lr_check_return(11, 'tcpa risk');
RESET ROLE;
SELECT t.tell('11, NULL');
SELECT t.tell('11, NULL, override => true');
SELECT t.tell('11, ''nonsense'', override => true');
SELECT t.tell('11, ''tcpa risk'', override => true');
SELECT t.tell('11, ''duplicate'', override => true');
SELECT t.at('2026-03-01 00:59:59+00');
SELECT t.tell('11, NULL');
SELECT t.at('2026-03-01 12:00:00+00');
SELECT t.tell('11, NULL');
SELECT status FROM lr_rollback_return(10);
SELECT t.tell('11, NULL');
SELECT t.tell('11, ''duplicate''');
SELECT t.tell('11, ''duplicate'', ''seen''');

-- what the check says of leads that are not there, without an error
SELECT eligible, violations, t.utc(window_closes_at), cap_allowed
  FROM lr_check_return(99, 'duplicate');
SELECT eligible, violations FROM lr_check_return(1, 'duplicate');
SELECT eligible, violations FROM lr_check_return(2, 'duplicate');
-- others
SELECT t.told('SELECT lr_deliver(3, 11)');
SELECT t.told('SELECT lr_deliver(3, 11, price => 1e11)');
SELECT t.told('SELECT lr_post(''payout'', 6, 1)');
SELECT t.told('SELECT lr_set_terms(''global'', NULL, ''{"x": 1}'')');
SELECT t.told('UPDATE leadreturns.deliveries SET price = 3');
SELECT t.told('UPDATE leadreturns.request SET status = ''declined''');
-- the same lead twice to the same account: the newest that is neither returned nor deleted
SELECT delivery_id FROM lr_deliver(20, 11, price => 1, delivered_at => '2026-02-27 00:00:00+00');
SELECT delivery_id FROM lr_deliver(20, 11, price => 2, delivered_at => '2026-02-28 00:00:00+00');
SELECT delivery_id FROM lr_deliver(20, 11, price => 3, delivered_at => '2026-02-26 00:00:00+00');
UPDATE leadreturns.deliveries SET deleted_at = '2026-03-01 00:00:00+00'
 WHERE lead_id = 20 AND price = 3;
SELECT price FROM lr_return(20, 'other', 'n');
SELECT t.tell('20, ''other''');
SELECT price FROM lr_accept(t.last_return(20));
SELECT price FROM lr_return(20, 'other');
SELECT price FROM lr_accept(t.last_return(20));
SELECT t.tell('20, ''other''');
SELECT count(*) FROM lr_reconcile();
DROP OWNED BY lr_errors_buyer;
DROP ROLE lr_errors_buyer;
