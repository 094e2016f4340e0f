-- Every command in every state, for every kind of caller, inside and outside the window.
BEGIN;
SELECT plan(5);
\ir ../model/common.sql
CREATE ROLE lr_moves_staff;
CREATE ROLE lr_moves_buyer;
CREATE ROLE lr_moves_other;
CREATE ROLE lr_moves_supplier;
CREATE ROLE lr_moves_nobody;
SELECT lr_grant('lr_moves_staff', 'staff'), lr_grant('lr_moves_buyer', 'buyer', 1),
       lr_grant('lr_moves_other', 'buyer', 2), lr_grant('lr_moves_supplier', 'supplier', 5)
\g /dev/null
-- so that the library itself, not the privilege on the function, has to refuse
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public
    TO lr_moves_buyer, lr_moves_other, lr_moves_supplier, lr_moves_nobody;

-- What must come of it: the status that the return ends in, or the error. Two words: the second
-- is what happens outside the window.
CREATE TEMP TABLE expected (who text, command text, "no return" text, open text, accepted text,
                            declined text, withdrawn text, rolled_back text);
INSERT INTO expected VALUES
('staff', 'return', 'open LR022', 'LR010', 'LR011', 'open LR022', 'open LR022', 'open LR022'),
('staff', 'accept', 'LR003', 'accepted', 'LR013', 'accepted', 'LR013', 'LR013'),
('staff', 'decline', 'LR003', 'declined', 'LR013', 'LR013', 'LR013', 'LR013'),
('staff', 'withdraw', 'LR003', 'withdrawn', 'LR013', 'LR013', 'LR013', 'LR013'),
('staff', 'reopen', 'LR003', 'LR013', 'LR013', 'open', 'LR013', 'LR013'),
('staff', 'rollback', 'LR012', 'LR012', 'rolled_back', 'LR012', 'LR012', 'LR012'),
('buyer', 'return', 'open LR022', 'LR010', 'LR011', 'open LR022', 'open LR022', 'open LR022'),
('buyer', 'withdraw', 'LR003', 'withdrawn', 'LR013', 'LR013', 'LR013', 'LR013'),
('other', 'return', 'LR002', 'LR002', 'LR002', 'LR002', 'LR002', 'LR002'),
('other', 'withdraw', 'LR003', 'LR003', 'LR003', 'LR003', 'LR003', 'LR003');
INSERT INTO expected
SELECT who, command, 'LR001', 'LR001', 'LR001', 'LR001', 'LR001', 'LR001'
  FROM (VALUES ('buyer'), ('other')) w (who),
       (VALUES ('accept'), ('decline'), ('reopen'), ('rollback')) c (command)
UNION ALL
SELECT who, command, 'LR001', 'LR001', 'LR001', 'LR001', 'LR001', 'LR001'
  FROM (VALUES ('supplier'), ('nobody')) w (who),
       (VALUES ('return'), ('accept'), ('decline'), ('withdraw'), ('reopen'), ('rollback'))
           c (command);

CREATE TEMP VIEW expected_case AS
SELECT e.who, e.command, state.key AS state, w.in_window,
       CASE WHEN w.in_window THEN split_part(state.value, ' ', 1)
            ELSE regexp_replace(state.value, '.* ', '') END AS outcome
  FROM expected e,
       jsonb_each_text(to_jsonb(e) - 'who' - 'command') state,
       (VALUES (true), (false)) w (in_window);

-- One lead for each state, 10.00 each, delivered on the first of March.
SELECT t.at('2026-03-02 12:00:00+00')
\g /dev/null
CREATE TEMP TABLE situation (state text PRIMARY KEY, lead_id bigint, return_id bigint);
INSERT INTO situation VALUES ('no return', 100, 0), ('open', 101, NULL), ('accepted', 102, NULL),
    ('declined', 103, NULL), ('withdrawn', 104, NULL), ('rolled_back', 105, NULL);
SELECT t.lead(lead_id, '2026-03-01 12:00:00+00') FROM situation
\g /dev/null
UPDATE situation SET return_id = (lr_return(lead_id, 'duplicate')).return_id
 WHERE return_id IS NULL;
SELECT lr_accept(return_id) FROM situation WHERE state IN ('accepted', 'rolled_back')
\g /dev/null
SELECT lr_decline(return_id) FROM situation WHERE state = 'declined'
\g /dev/null
SELECT lr_withdraw(return_id) FROM situation WHERE state = 'withdrawn'
\g /dev/null
SELECT lr_rollback_return(lead_id) FROM situation WHERE state = 'rolled_back'
\g /dev/null
SELECT set_eq(
    $$SELECT s.state, r.status FROM situation s JOIN leadreturns.returns r USING (return_id)$$,
    $$VALUES ('open', 'open'), ('accepted', 'accepted'), ('declined', 'declined'),
             ('withdrawn', 'withdrawn'), ('rolled_back', 'rolled_back')$$,
    'each situation is what it is called');

CREATE TEMP TABLE seen (who text, command text, state text, in_window boolean, outcome text,
                        changed boolean, disagreements bigint, lead_status text);
-- Tries one case and undoes it; the result leaves the undone transaction in a variable.
CREATE FUNCTION t.try(c expected_case) RETURNS seen LANGUAGE plpgsql AS $$
DECLARE
    s situation := (SELECT x FROM situation x WHERE x.state = c.state);
    statement text := CASE c.command
        WHEN 'return' THEN format('SELECT lr_return(%s, ''other'')', s.lead_id)
        WHEN 'rollback' THEN format('SELECT lr_rollback_return(%s)', s.lead_id)
        ELSE format('SELECT lr_%s(%s)', c.command, s.return_id) END;
    result seen := (c.who, c.command, c.state, c.in_window, NULL, NULL, NULL, NULL);
BEGIN
    PERFORM t.at(CASE WHEN c.in_window THEN '2026-03-03 12:00:00+00'
                      ELSE '2026-05-03 12:00:00+00' END);
    BEGIN
        result.outcome := t.attempt(statement, 'lr_moves_' || c.who);
        result.changed := t.fingerprint() <> current_setting('lr_test.before');
        IF result.outcome = 'ok' THEN
            result.outcome := (SELECT r.status FROM leadreturns.returns r
                                WHERE r.return_id = t.last_return(s.lead_id));
        ELSE
            result.outcome := split_part(result.outcome, ' ', 1);
        END IF;
        IF result.changed THEN
            result.disagreements := (SELECT count(*) FROM lr_reconcile());
        END IF;
        result.lead_status := (SELECT d.status FROM leadreturns.deliveries d
                                WHERE d.delivery_id = s.lead_id);
        RAISE 'undo' USING ERRCODE = 'XX999';
    EXCEPTION WHEN SQLSTATE 'XX999' THEN
        RETURN result;
    END;
END;
$$;
SELECT set_config('lr_test.before', t.fingerprint(), false)
\g /dev/null
INSERT INTO seen SELECT x.* FROM expected_case c, t.try(c) x;

SELECT bag_eq('SELECT who, command, state, in_window, outcome FROM seen',
              'SELECT who, command, state, in_window, outcome FROM expected_case',
              'each command does or refuses what the state machine says');
SELECT is((SELECT count(*) FROM seen), 360::bigint, 'every combination was tried');
SELECT is_empty($$SELECT * FROM seen WHERE changed <> (outcome !~ '^LR')$$,
                'a refusal changes no row, a move changes some');
SELECT is_empty($$SELECT * FROM seen WHERE disagreements > 0 OR lead_status <>
                   CASE WHEN outcome = 'accepted' OR (outcome ~ '^LR' AND state = 'accepted')
                        THEN 'RETURNED' ELSE 'DELIVERED' END$$,
                'after each move money, caps and history agree; only accepted leads are RETURNED');
SELECT * FROM finish();
ROLLBACK;
