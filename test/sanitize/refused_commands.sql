-- Each is refused, on the leads of commands.sql and other_commands.sql from :base on; the comment
-- says how.
SELECT lr_return(0, 'duplicate'); -- LR002
SELECT lr_accept(0); -- LR003
SELECT lr_deliver(:base + 9, 1, 1, -10, 4); -- LR040
SELECT lr_return(:base + 52, 'duplicate'); -- LR010
SELECT lr_return(:base + 11, 'duplicate'); -- LR011
SELECT lr_rollback_return(:base + 7); -- LR012
SELECT lr_return(:base + 7, NULL); -- LR030
SELECT lr_correct_reason(:return, 'no such reason'); -- LR031
SELECT lr_post('deposit', 2, 0); -- LR040
SELECT lr_post('deposit', 2, 1, currency => 'XXX'); -- LR042
SELECT lr_return(:base + 7, 'duplicate', idempotency_key => 'k' || :base); -- LR050
SELECT lr_set_terms('account', 1, '{"max_return_percent": 101}'); -- LR060
SELECT lr_import_text(:import, 'lead_id'); -- LR062
SELECT lr_import_create('none', match_by => 'a guess'); -- LR061
DELETE FROM leadreturns.history; -- LR070
SELECT lr_sweep(0); -- 22023
SELECT lr_grant('sanitize_buyer', 'nobody'); -- 22023
BEGIN;
SET LOCAL ROLE sanitize_buyer;
SELECT lr_return(:base + 7, 'duplicate'); -- 42501
ROLLBACK;
BEGIN;
SAVEPOINT a;
SELECT lr_rollback_return(:base + 11);
SAVEPOINT b;
SELECT lr_return(0, 'duplicate'); -- LR002
ROLLBACK TO a;
SELECT lr_return(:base + 11, 'duplicate'); -- LR011
ROLLBACK;
