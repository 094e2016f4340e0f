-- The workers: claim, acknowledge, fail, back off, give up, requeue; time moves by leadreturns.now.
BEGIN;
SELECT plan(51);
\ir ../model/common.sql
SELECT t.at('2026-03-02 12:00:00+00')
\g /dev/null
CREATE ROLE lr_work_app;
CREATE ROLE lr_work_buyer;
CREATE ROLE lr_work_staff;
SELECT lr_grant('lr_work_app', 'app'), lr_grant('lr_work_staff', 'staff'),
       lr_grant('lr_work_buyer', 'buyer', 1)
\g /dev/null
SELECT t.lead(n, '2026-03-01 12:00:00+00') FROM generate_series(1, 9) n
\g /dev/null

-- Rows of a claim as lead and sequence, and rows of the outbox as the state of one.
CREATE FUNCTION t.claim(worker text, max_rows bigint DEFAULT 100, lease interval DEFAULT '5 min')
RETURNS text LANGUAGE sql AS $$
SELECT coalesce(string_agg(lead_id || '.' || sequence, ' '), 'nothing')
  FROM lr_claim_notifications(worker, max_rows, lease)
$$;
CREATE FUNCTION t.id(lead bigint, number integer) RETURNS bigint LANGUAGE sql AS
$$ SELECT notification_id FROM leadreturns.notifications WHERE (lead_id, sequence) = ($1, $2) $$;
CREATE FUNCTION t.state(lead bigint, number integer) RETURNS text LANGUAGE sql AS $$
SELECT concat_ws(' ', status, attempts, to_char(due_at, 'HH24:MI:SS'), claimed_by, last_error)
  FROM leadreturns.notifications WHERE (lead_id, sequence) = ($1, $2)
$$;

SELECT is(t.claim('a'), 'nothing', 'there is nothing to do');
SELECT is((SELECT concat_ws(' ', pending, claimed, dead, oldest_due_at, oldest_age_seconds)
             FROM leadreturns.outbox_health), '0 0 0 0.00', 'and outbox_health says so');
SELECT lr_return(1, 'duplicate'), lr_return(2, 'duplicate'), lr_return(3, 'duplicate') \g /dev/null
SELECT lr_message(t.last_return(1), 'm') \g /dev/null
SELECT t.at('2026-03-02 12:01:00+00') \g /dev/null
SELECT is((SELECT concat_ws(' ', pending, claimed, dead, oldest_due_at, oldest_age_seconds)
             FROM leadreturns.outbox_health), '4 0 0 2026-03-02 12:00:00+00 60.00',
          'four wait, since a minute');

-- Order, limits, and one at a time of each return.
SELECT is(t.claim('a', 2), '1.1 2.1', 'the longest due come first, as many as asked for');
SELECT is(t.state(1, 1), 'claimed 1 12:06:00 a', 'they are the worker''s until the lease ends');
SELECT is((SELECT claimed_at FROM leadreturns.notifications WHERE (lead_id, sequence) = (1, 1)),
          '2026-03-02 12:01:00+00', 'from now on');
SELECT is(t.claim('b'), '3.1', 'another worker gets the others, but not the second of a return');
SELECT is(t.claim('b'), 'nothing', 'and nothing twice');
SELECT is((SELECT concat_ws(' ', pending, claimed, oldest_due_at) FROM leadreturns.outbox_health),
          '1 3 2026-03-02 12:00:00+00', 'outbox_health counts both');
SELECT is(lr_ack_notifications(ARRAY[t.id(1, 1), t.id(2, 1)]), 2::bigint, 'two are sent');
SELECT is(t.state(1, 1), 'sent 1 a', 'and done');
SELECT is((SELECT settled_at FROM leadreturns.notifications WHERE (lead_id, sequence) = (1, 1)),
          '2026-03-02 12:01:00+00', 'since now');
SELECT is(t.claim('b'), '1.2', 'then the next of that return is due');
SELECT is(lr_ack_notifications(ARRAY[t.id(1, 1), t.id(2, 1), 999, NULL, t.id(1, 2), t.id(1, 2)]),
          1::bigint, 'what was sent before, is unknown or null does not count');
SELECT is(lr_ack_notifications('{}'), 0::bigint, 'none is none');
SELECT lr_accept(t.last_return(2)) \g /dev/null
SELECT is(lr_ack_notifications(ARRAY[t.id(2, 2)]), 0::bigint, 'nobody sent what nobody claimed');
SELECT is(t.state(2, 2), 'pending 0 12:01:00', 'so it stays');

-- A lease that runs out: claimed again by anybody, first come first served.
SELECT t.at('2026-03-02 12:05:59.999999+00') \g /dev/null
SELECT is(t.claim('c'), '2.2', 'a microsecond before its end a lease holds');
SELECT t.at('2026-03-02 12:06:00+00') \g /dev/null
SELECT is(t.claim('c', 1), '3.1', 'at its end it does not');
SELECT is(t.state(3, 1), 'claimed 2 12:11:00 c', 'that is another attempt');
SELECT is(lr_ack_notifications(ARRAY[t.id(3, 1)]), 1::bigint,
          'whoever was late has sent it all the same');
SELECT t.at('2026-03-02 12:11:00+00') \g /dev/null
SELECT is((SELECT released FROM lr_sweep()), 1::bigint, 'the sweep takes back what has run out');
SELECT is(t.state(2, 2), 'pending 1 12:10:59 c', 'it waits again');
SELECT is((SELECT released FROM leadreturns.sweep_health), 1::bigint, 'and sweep_health tells');
SELECT is((SELECT released FROM lr_sweep()), 0::bigint, 'once');
SELECT is(lr_ack_notifications(ARRAY[t.id(2, 2)]), 1::bigint, 'a late word counts then too');
SELECT is(t.claim('c'), '2.3', 'and its order goes on');
SELECT lr_ack_notifications(ARRAY[t.id(2, 3)]) \g /dev/null

-- Failures: 30 s, doubled each time, at most 6 hours; dead after the last.
SELECT t.at('2026-03-02 13:00:00+00') \g /dev/null
SELECT lr_return(4, 'duplicate') \g /dev/null
SELECT lr_accept(t.last_return(4)) \g /dev/null
SELECT is(t.claim('a'), '4.1', 'a new one');
SELECT is((SELECT concat_ws(' ', notification_id = t.id(4, 1), lead_id, status, attempts, due_at,
                            last_error) FROM lr_fail_notification(t.id(4, 1), '450 busy')),
          't 4 pending 1 2026-03-02 13:00:30+00 450 busy', 'failed, it rests');
SELECT is(t.claim('a'), 'nothing', 'and so does what comes after it');
SELECT t.at('2026-03-02 13:00:29.999999+00') \g /dev/null
SELECT is(t.claim('a'), 'nothing', 'to the microsecond');
-- Fails as often as it takes: the pauses, until it is given up.
CREATE FUNCTION t.pauses(id bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n leadreturns.notifications;
    pauses text;
BEGIN
    LOOP
        SELECT * INTO n FROM leadreturns.notifications WHERE notification_id = id;
        EXIT WHEN n.status = 'dead';
        PERFORM t.at(n.due_at::text);
        PERFORM lr_claim_notifications('a');
        n := lr_fail_notification(id, 'no');
        pauses := concat_ws(' ', pauses, coalesce((n.due_at - leadreturns.clock())::text, 'dead'));
    END LOOP;
    RETURN pauses;
END;
$$;
SELECT is(t.pauses(t.id(4, 1)), '00:01:00 00:02:00 00:04:00 00:08:00 00:16:00 00:32:00 01:04:00'
          ' 02:08:00 dead', 'twice as long each time, ten attempts in all');
SELECT is(t.state(4, 1), 'dead 10 a no', 'then it is dead');
SELECT is((SELECT concat_ws(' ', pending, claimed, dead) FROM leadreturns.outbox_health), '2 0 1',
          'which outbox_health counts');
SELECT is(t.claim('a'), '4.2', 'what came after it goes on');
SELECT is(lr_requeue_notifications(ARRAY[t.id(4, 1), t.id(4, 2), t.id(1, 1), 999, NULL]), 1::bigint,
          'the dead get another life');
SELECT is(t.state(4, 1), format('pending 0 %s a no', to_char(leadreturns.clock(), 'HH24:MI:SS')),
          'from the start');
SELECT is(t.claim('a'), '4.1', 'and at once');
SET LOCAL leadreturns.notify_attempts = 20;
SET LOCAL leadreturns.notify_backoff = '1h';
-- the lease of the first attempt runs out before it is failed
SELECT is(t.pauses(t.id(4, 1)), concat_ws(' ', '02:00:00 04:00:00',
    trim(repeat('06:00:00 ', 16)), 'dead'), 'never longer than six hours');
SET LOCAL leadreturns.notify_attempts = 2;
SELECT lr_fail_notification(t.id(1, 1), 'late') \g /dev/null
SELECT is(t.state(1, 1), 'sent 1 a', 'what was sent does not fail any more');
SELECT is((SELECT status FROM lr_fail_notification(t.id(4, 1), 'again')), 'dead',
          'nor what is dead');

-- Another worker has it now: the former one's failure comes too late.
SELECT lr_ack_notifications(ARRAY[t.id(4, 2)]), lr_return(5, 'duplicate') \g /dev/null
SELECT t.claim('old', 100, '1 minute') \g /dev/null
SELECT t.at((leadreturns.clock() + interval '61 seconds')::text) \g /dev/null
SELECT t.claim('new') \g /dev/null
SELECT is((SELECT status FROM lr_fail_notification(t.id(5, 1), 'x', 'old')), 'claimed',
          'it stays the other''s');
SELECT is((SELECT status FROM lr_fail_notification(t.id(5, 1), NULL, 'new')), 'dead',
          'who may fail it, here for the last time');
-- leases that run out count as attempts
SELECT lr_return(6, 'duplicate') \g /dev/null
SELECT t.claim('a', 1, '1 s'), t.at((leadreturns.clock() + interval '1 second')::text) \g /dev/null
SELECT t.claim('a', 1, '1 s'), t.at((leadreturns.clock() + interval '1 second')::text) \g /dev/null
SELECT is(t.claim('a'), 'nothing', 'after the last attempt nobody gets it');
SELECT is(t.state(6, 1), 'dead 2 a the lease of the last attempt ran out', 'it is dead');

-- Arguments and rights.
SELECT is((SELECT string_agg(DISTINCT t.attempt('SELECT ' || c), ' ') FROM unnest(ARRAY[
    'lr_claim_notifications(NULL)', 'lr_claim_notifications('' '')',
    'lr_claim_notifications(''a'', 0)', 'lr_claim_notifications(''a'', NULL)',
    'lr_claim_notifications(''a'', 1, NULL)', 'lr_claim_notifications(''a'', 1, ''0'')',
    'lr_claim_notifications(''a'', 1, ''-1 day'')', 'lr_claim_notifications(''a'', 1, ''8 days'')',
    'lr_ack_notifications(NULL)', 'lr_requeue_notifications(NULL)',
    'lr_fail_notification(NULL, ''x'')', 'lr_fail_notification(99999, ''x'')']) c), '22023',
    'bad arguments are refused');
SELECT is((SELECT hint FROM t.texts('SELECT lr_claim_notifications(NULL)')),
    'Give the worker a name, max_rows from 1 and a lease from 1 second to 7 days.', 'with a hint');
CREATE FUNCTION t.calls(who text) RETURNS text LANGUAGE sql AS $$
SELECT string_agg(DISTINCT t.attempt('SELECT ' || c, who), ' ') FROM unnest(ARRAY[
    'lr_claim_notifications(''a'')', 'lr_ack_notifications(''{1}'')',
    'lr_fail_notification(1, ''x'')', 'lr_requeue_notifications(''{1}'')']) c
$$;
SELECT is(t.calls('lr_work_staff') || ' ' || t.calls('lr_work_app'), 'ok ok',
          'staff may, and an application that acts for nobody');
SELECT is(t.calls('lr_work_buyer'), 'LR001 not_permitted', 'nobody else');
SELECT is(t.attempt($$DO 'BEGIN PERFORM lr_act_as(''buyer'', 1);
    PERFORM lr_claim_notifications(''a''); END'$$, 'lr_work_app'), 'LR001 not_permitted',
    'not an application that acts for a buyer');
SELECT is((SELECT string_agg(DISTINCT t.attempt('SET leadreturns.notify_' || s, 'lr_work_staff'),
                             ' ') FROM unnest('{attempts=1,backoff=1}'::text[]) s), '42501',
          'how often and how long is the superuser''s affair');
SELECT * FROM finish();
ROLLBACK;
