-- What is said about a return, who owes an answer, who works on it, what the rules do meanwhile.
\set ECHO none
\getenv dir PG_ABS_SRCDIR
\set file :dir /model/fresh.sql
\i :file
\set ECHO all
SELECT t.at('2026-03-02 12:00:00+00');
CREATE ROLE lr_thread_buyer;
CREATE ROLE lr_thread_supplier;
SELECT granted_kind FROM lr_grant('lr_thread_buyer', 'buyer', 1);
SELECT granted_kind FROM lr_grant('lr_thread_supplier', 'supplier', 5);
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA t TO lr_thread_buyer;
CREATE FUNCTION t.review(lead bigint) RETURNS text LANGUAGE sql AS
$$ SELECT review FROM leadreturns.returns WHERE return_id = t.last_return(lead) $$;

SELECT t.lead(1, '2026-03-01 12:00:00+00');
SELECT t.file(1);
-- a question puts the ball in the buyer's court, whatever the buyer says brings it back
SELECT kind, party_kind, party_id, body, t.utc(at) FROM lr_request_info(1, 'When did you call?');
SELECT t.review(1);
SELECT kind FROM lr_message(1, 'The seller adds a word.');
SELECT t.review(1);
SET ROLE lr_thread_buyer;
SELECT kind, party_kind, party_id, author, body FROM lr_message(1, 'Twice on Monday.');
RESET ROLE;
SELECT t.review(1);
SELECT kind FROM lr_request_info(1, 'Do you have a recording?');
SELECT t.review(1);
SET ROLE lr_thread_buyer;
SELECT kind, uri, media_type, sha256, body
  FROM lr_attach_evidence(1, 'https://example.com/1.wav', 'audio/wav', repeat('0f', 32));
SELECT lr_request_info(1, 'May I ask too?');
SELECT count(*) FROM leadreturns.return_thread;
RESET ROLE;
SELECT t.review(1);
SELECT lr_attach_evidence(1, 'https://example.com', NULL, 'no digest');
SELECT lr_attach_evidence(1, 'https://example.com', NULL, repeat('0f', 31) || '0g');
SELECT sha256 FROM lr_attach_evidence(1, 'https://example.com/2', NULL, repeat('0F', 32));
SELECT lr_attach_evidence(1, '  ');
SELECT lr_message(1, '  ');
SELECT lr_message(1, NULL);
-- a supplier has no word in it
SET ROLE lr_thread_supplier;
SELECT lr_message(1, 'It was a good lead.');
SELECT lr_attach_evidence(1, 'https://example.com');
RESET ROLE;
-- open and declined ones only
SELECT status FROM lr_decline(1);
SELECT kind FROM lr_message(1, 'Here is why.');
SELECT t.review(1);
SELECT status FROM lr_accept(1);
SELECT lr_message(1, 'too late');
SELECT lr_attach_evidence(1, 'u');
SELECT lr_request_info(1, 'too late');
SELECT message_id, kind FROM leadreturns.return_thread ORDER BY 1;

-- the assignee of today's terms, changed by hand
SELECT t.lead(2, '2026-03-01 12:00:00+00'), t.lead(3, '2026-03-01 12:00:00+00');
SELECT settings FROM lr_set_terms('account', 11, '{"assignee": "ann"}');
SELECT assignee FROM lr_return(2, 'duplicate');
SELECT assignee FROM lr_assign(t.last_return(2), 'bob');
SELECT assignee FROM lr_assign(t.last_return(2), NULL);
SELECT assignee FROM lr_return(3, 'duplicate');

-- rules: never, always, within so long after delivery, and after a delay
INSERT INTO leadreturns.account (account_id, buyer_id, name)
SELECT n, 1, 'account ' || n FROM generate_series(51, 54) n;
SELECT t.terms(51, '{"auto_accept": "always"}');
SELECT t.terms(52, '{"auto_accept": "within"}');
SELECT t.terms(53, '{"auto_accept": "within", "auto_accept_within": "2 hours"}');
SELECT t.terms(54, '{"auto_accept": "always", "auto_accept_delay": "3 hours"}');
SELECT t.lead(51, '2026-02-10 12:00:00+00', 51);
SELECT would_auto_accept FROM lr_check_return(51, 'duplicate');
SELECT status, decided_how, t.utc(decided_at), credit FROM lr_return(51, 'duplicate');
SELECT from_status, to_status, how FROM leadreturns.return_history
 WHERE return_id = t.last_return(51) ORDER BY history_id;
-- 24 hours to the microsecond
SELECT t.lead(61, '2026-03-01 12:00:00+00', 52), t.lead(62, '2026-03-01 11:59:59.999999+00', 52);
SELECT would_auto_accept FROM lr_check_return(61, 'duplicate');
SELECT would_auto_accept FROM lr_check_return(62, 'duplicate');
SELECT t.file(61), t.file(62);
SELECT t.lead(63, '2026-03-02 10:00:00+00', 53), t.lead(64, '2026-03-02 09:59:59+00', 53);
SELECT t.file(63), t.file(64);
-- delayed: the sweep's to decide; a question takes it from the sweep, for good
SELECT t.lead(71, '2026-03-01 12:00:00+00', 54), t.lead(72, '2026-03-01 12:00:00+00', 54);
SELECT would_auto_accept FROM lr_check_return(71, 'duplicate');
SELECT t.file(71), t.file(72);
SELECT kind FROM lr_request_info(t.last_return(71), 'Why?');
SELECT t.review(71);
SET ROLE lr_thread_buyer;
SELECT kind FROM lr_message(t.last_return(71), 'Because.');
RESET ROLE;
SELECT t.review(71), t.review(72);
-- declined and reopened: a person must look
SELECT status FROM lr_decline(t.last_return(72));
SELECT review FROM lr_reopen(t.last_return(72));
-- a worker's name is some letter, whatever a backslash means to the session
SELECT t.attempt('SELECT lr_claim_notifications(''mailer'')');
SELECT t.attempt('SELECT lr_claim_notifications('' '')');
DROP OWNED BY lr_thread_buyer, lr_thread_supplier;
DROP ROLE lr_thread_buyer, lr_thread_supplier;
SELECT count(*) FROM lr_reconcile();
