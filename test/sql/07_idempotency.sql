-- A key makes a call safe to repeat: the first result comes back, other arguments are an error.
\set ECHO none
\getenv dir PG_ABS_SRCDIR
\set file :dir /model/fresh.sql
\i :file
\set ECHO all
SELECT t.at('2026-03-02 12:00:00+00');
SELECT t.lead(1, '2026-03-01 12:00:00+00'), t.lead(2, '2026-03-01 12:00:00+00'),
       t.lead(3, '2026-03-01 12:00:00+00', 12), t.lead(4, '2026-03-01 12:00:00+00', 21);
SELECT return_id, status FROM lr_return(1, 'duplicate', 'n', idempotency_key => 'k');
SELECT t.fingerprint() AS before \gset
SELECT return_id, status FROM lr_return(1, 'duplicate', 'n', idempotency_key => 'k');
SELECT return_id, status FROM lr_return(1, ' duplicate ', 'n', 11, 'k');
SELECT t.fingerprint() = :'before' AS nothing_was_done;
-- other arguments
SELECT t.attempt('SELECT lr_return(2, ''duplicate'', ''n'', 11, ''k'')');
SELECT t.attempt('SELECT lr_return(2, ''duplicate'', ''n'', idempotency_key => ''k'')');
SELECT t.attempt('SELECT lr_return(1, ''other'', ''n'', idempotency_key => ''k'')');
SELECT t.attempt('SELECT lr_return(1, ''duplicate'', ''m'', idempotency_key => ''k'')');
SELECT t.attempt('SELECT lr_return(1, ''duplicate'', idempotency_key => ''k'')');
SELECT detail FROM t.texts('SELECT lr_return(1, ''other'', ''n'', idempotency_key => ''k'')');
-- a key is unique per account
SELECT return_id, status FROM lr_return(3, 'duplicate', 'n', idempotency_key => 'k');
SELECT return_id, status FROM lr_return(4, 'duplicate', 'n', idempotency_key => 'k');
-- whatever became of the return, and however long ago; the window does not matter any more
SELECT status FROM lr_decline(1);
SELECT return_id, status FROM lr_return(1, 'duplicate', 'n', idempotency_key => 'k');
SELECT status FROM lr_accept(1);
SELECT t.at('2027-03-02 12:00:00+00');
SELECT return_id, status FROM lr_return(1, 'duplicate', 'n', idempotency_key => 'k');
SELECT return_id FROM lr_return(1, 'duplicate', 'n', 11, 'k');
SELECT t.at('2026-03-02 12:00:00+00');
SELECT status FROM lr_rollback_return(1);
SELECT return_id, status FROM lr_return(1, 'duplicate', 'n', idempotency_key => 'k');
-- a failed call leaves the key free
SELECT lr_return(2, '', idempotency_key => 'k2');
SELECT return_id, status FROM lr_return(2, 'duplicate', idempotency_key => 'k2');
-- an empty key is none
SELECT return_id, status FROM lr_return(1, 'duplicate', idempotency_key => '');
SELECT t.attempt('SELECT lr_return(1, ''duplicate'', idempotency_key => '''')');
-- an override is an argument too, whether or not it mattered
SELECT l.lead_id FROM unnest('{71,72}'::bigint[]) n CROSS JOIN LATERAL
    lr_deliver(n, 11, price => 1, delivered_at => '2026-03-01 12:00:00+00') l;
SELECT return_id, overridden FROM lr_return(71, 'duplicate', 'why', idempotency_key => 'k3',
                                            override => true);
SELECT return_id FROM lr_return(71, 'duplicate', 'why', idempotency_key => 'k3', override => true);
SELECT t.attempt($$SELECT lr_return(71, 'duplicate', 'why', idempotency_key => 'k3')$$);
-- the view takes an empty key for none, too
INSERT INTO leadreturns.returns (lead_id, reason, idempotency_key) VALUES (72, 'duplicate', '')
RETURNING lead_id, idempotency_key IS NULL AS none;
-- by key and by the view, the same key means the same
SELECT lead_id FROM lr_deliver(5, 11, price => 1, external_id => 'x-5',
                               delivered_at => '2026-03-01 12:00:00+00');
SELECT return_id, status FROM lr_return_by_key('external_id', 'x-5', 'duplicate',
                                               idempotency_key => 'k5');
SELECT return_id, status FROM lr_return_by_key('external_id', 'x-5', 'duplicate',
                                               idempotency_key => 'k5');
SELECT return_id, status FROM lr_return(5, 'duplicate', idempotency_key => 'k5');
INSERT INTO leadreturns.returns (lead_id, reason, idempotency_key) VALUES (5, 'duplicate', 'k5')
RETURNING return_id, status;
SELECT count(*) FROM leadreturns.returns WHERE lead_id = 5;
-- another buyer learns nothing of a key that is not its own
CREATE ROLE lr_keys_buyer;
SELECT granted_kind FROM lr_grant('lr_keys_buyer', 'buyer', 2);
SET ROLE lr_keys_buyer;
SELECT lr_return(5, 'duplicate', idempotency_key => 'k5');
SELECT lr_return(5, 'duplicate', account_id => 11, idempotency_key => 'k5');
SELECT return_id FROM lr_return(4, 'duplicate', 'n', idempotency_key => 'k');
RESET ROLE;
DROP OWNED BY lr_keys_buyer;
DROP ROLE lr_keys_buyer;
