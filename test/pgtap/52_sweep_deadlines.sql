-- What the sweep decides, and when: each deadline to the microsecond, the earlier of two whatever
-- the hour, and never what only a person may accept.
BEGIN;
SELECT plan(40);
\ir ../model/common.sql
SELECT t.at('2026-03-02 12:00:00+00')
\g /dev/null
INSERT INTO leadreturns.account (account_id, buyer_id, name)
SELECT n, 1, n::text FROM generate_series(30, 37) n;
SELECT lr_set_terms('account', account, settings, '2026-01-01 00:00:00+00') FROM (VALUES
    (11, '{"auto_accept": "always", "auto_accept_delay": "2 hours"}'::jsonb),
    (12, '{"review_timeout": "3 days", "timeout_action": "accept"}'),
    (21, '{"review_timeout": "3 days", "timeout_action": "decline"}'),
    (30, '{"auto_accept": "always", "auto_accept_delay": "1 day", "review_timeout": "2 hours",
           "timeout_action": "decline"}'),
    (31, '{"auto_accept": "always", "auto_accept_delay": "2 hours", "review_timeout": "1 day",
           "timeout_action": "decline"}'),
    (32, '{"auto_accept": "always", "auto_accept_delay": "2 hours", "review_timeout": "1 day",
           "timeout_action": "accept", "max_return_count": 1, "at_cap": "review"}'),
    (33, '{"review_timeout": "1 day", "timeout_action": "decline", "max_return_count": 1,
           "at_cap": "review"}'),
    (34, '{"review_timeout": "1 day"}')) v (account, settings)
\g /dev/null
INSERT INTO leadreturns.reason (code, label, always_review) VALUES ('look', 'Look', true);
-- two leads for each account, its number and one hundred more
SELECT t.lead(n, '2026-03-01 12:00:00+00', n % 100)
  FROM unnest('{11,12,21,30,31,32,33,34,35}'::int[]) a, unnest(ARRAY[a, a + 100, a + 200]) n
\g /dev/null

-- What became of a lead's newest return, who decided, and when.
CREATE FUNCTION t.now_is(lead bigint, OUT status text, OUT how text, OUT decided_at timestamptz)
LANGUAGE sql AS $$
SELECT r.status, r.decided_how, r.decided_at FROM leadreturns.returns r
 WHERE r.return_id = t.last_return(lead)
$$;
CREATE FUNCTION t.became(lead bigint, status text, at timestamptz, says text) RETURNS text
LANGUAGE sql AS $$
SELECT is(t.now_is(lead), (status, CASE WHEN status <> 'open' THEN 'sweep' END, at)::record, says)
$$;

-- Delayed acceptance: due two hours after the request, not a microsecond before.
SELECT lr_return(11, 'duplicate')
\g /dev/null
SELECT is(t.swept('2026-03-02 13:59:59.999999+00'), 'nothing',
          'a delay is not over a microsecond before');
SELECT t.became(11, 'open', NULL, 'and the return is open');
SELECT is(t.swept('2026-03-02 14:00:00+00'), '1 accepted', 'it is over at its instant');
SELECT t.became(11, 'accepted', '2026-03-02 14:00:00+00', 'and the return accepted');
SELECT results_eq('SELECT from_status, to_status, how, at FROM leadreturns.return_history
    WHERE return_id = t.last_return(11) ORDER BY history_id', $$VALUES
    (NULL, 'open', 'manual', '2026-03-02 12:00:00+00'::timestamptz),
    ('open', 'accepted', 'sweep', '2026-03-02 14:00:00+00')$$, 'history says the sweep did it');
SELECT is((SELECT concat_ws(' ', r.credit, r.clawback, d.status) FROM leadreturns.returns r
             JOIN leadreturns.deliveries d USING (delivery_id) WHERE d.lead_id = 11),
          '10.00 6.00 RETURNED', 'money and the lead''s status move as ever');
SELECT t.fingerprint('{sweep_heartbeat}') AS before \gset
SELECT is(t.swept('2026-03-02 14:00:00.000001+00'), 'nothing',
          'a microsecond later nothing is left');
SELECT is(t.swept('2040-01-01 00:00:00+00'), 'nothing', 'nor years later');
SELECT is(t.fingerprint('{sweep_heartbeat}'), :'before', 'so it changes no row but its own');

-- Review timeouts, three days after the request.
SELECT t.at('2026-03-03 12:00:00+00')
\g /dev/null
SELECT lr_return(n, 'duplicate') FROM unnest('{12,21}'::bigint[]) n
\g /dev/null
SELECT is(t.swept('2026-03-06 11:59:59.999999+00'), 'nothing', 'no timeout a microsecond before');
SELECT is(t.swept('2026-03-06 12:00:00+00'), '1 accepted, 1 declined',
          'at its instant one is accepted, one declined');
SELECT t.became(12, 'accepted', '2026-03-06 12:00:00+00', 'accepted by timeout_action');
SELECT t.became(21, 'declined', '2026-03-06 12:00:00+00', 'declined by timeout_action');

-- Two deadlines: the earlier one decides, even if the sweep comes years after both.
SELECT t.at('2026-03-07 12:00:00+00')
\g /dev/null
SELECT lr_return(n, 'duplicate') FROM unnest('{30,31}'::bigint[]) n
\g /dev/null
SELECT is(t.swept('2031-03-07 12:00:00+00'), '1 accepted, 1 declined', 'five years late');
SELECT t.became(30, 'declined', '2031-03-07 12:00:00+00', 'the timeout came first');
SELECT t.became(31, 'accepted', '2031-03-07 12:00:00+00', 'the acceptance came first');
SELECT t.at('2026-03-07 12:00:00+00')
\g /dev/null
SELECT lr_return(n, 'duplicate') FROM unnest('{130,131}'::bigint[]) n
\g /dev/null
SELECT is(t.swept('2026-03-07 14:00:00+00'), '1 accepted, 1 declined',
          'on time each is decided by its first deadline');

-- The clock is set back: what was decided stays, and what is not due yet waits.
SELECT t.at('2026-03-02 08:00:00+00')
\g /dev/null
SELECT lr_return(111, 'duplicate')
\g /dev/null
SELECT is(t.swept('2026-03-02 07:00:00+00'), 'nothing', 'before the request was made');
SELECT is(t.swept('2026-03-02 10:00:00+00'), '1 accepted', 'and when it is due');
SELECT is(t.swept('2026-03-02 09:00:00+00'), 'nothing', 'back once more');
SELECT t.became(111, 'accepted', '2026-03-02 10:00:00+00', 'it stays accepted');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'reconciles after all the travelling');

-- Beyond the cap only a person accepts; a timeout may decline.
SELECT lr_return(n, 'duplicate') FROM unnest('{32,132,33,133}'::bigint[]) n
\g /dev/null
SELECT is(t.swept('2027-03-02 12:00:00+00'), '1 accepted, 2 declined',
          'one of two is within each cap');
SELECT t.became(32, 'accepted', '2027-03-02 12:00:00+00', 'the first one is accepted');
SELECT t.became(132, 'open', NULL, 'beyond the cap neither delay nor timeout accepts');
SELECT t.became(133, 'declined', '2027-03-02 12:00:00+00', 'beyond the cap a timeout declines');
SELECT is((SELECT review FROM leadreturns.returns WHERE lead_id = 132), 'requires_review',
          'a person must look at it');

-- Reasons for a person, questions, no action.
SELECT t.at('2026-03-02 12:00:00+00')
\g /dev/null
SELECT lr_return(211, 'look'), lr_return(231, 'duplicate'), lr_return(34, 'duplicate'),
       lr_return(230, 'duplicate')
\g /dev/null
SELECT lr_request_info(t.last_return(231), 'which number?')
\g /dev/null
SELECT is(t.swept('2026-03-03 11:59:59+00'), '1 declined', 'only the other one''s timeout is due');
SELECT t.became(211, 'open', NULL, 'a reason of always_review waits for a person');
SELECT t.became(231, 'open', NULL, 'a question stops the delayed acceptance');
SELECT is(t.swept('2026-03-03 12:00:00+00'), '1 declined', 'but not the timeout');
SELECT t.became(231, 'declined', '2026-03-03 12:00:00+00', 'which declines it');
SELECT t.became(34, 'open', NULL, 'a timeout without an action does nothing');

-- Reopened: a person has as long as for a new one, and the old delay is over for good.
SELECT t.at('2026-03-05 12:00:00+00')
\g /dev/null
SELECT lr_reopen(t.last_return(231))
\g /dev/null
SELECT is(t.swept('2026-03-06 11:59:59.999999+00'), 'nothing',
          'a reopened request has a new timeout');
SELECT is(t.swept('2026-03-06 12:00:00+00'), '1 declined',
          'which ends a day after it was reopened');
SELECT t.became(231, 'declined', '2026-03-06 12:00:00+00', 'declined again');

-- A lead that is deleted meanwhile cannot be accepted: a person gets it. It can be declined.
SELECT t.at('2026-03-07 12:00:00+00')
\g /dev/null
SELECT lr_return(112, 'duplicate'), lr_return(121, 'duplicate')
\g /dev/null
UPDATE leadreturns.deliveries SET deleted_at = '2026-03-08 00:00:00+00' WHERE lead_id IN (112, 121);
SELECT is(t.swept('2026-03-20 12:00:00+00'), '1 declined, 1 handed_over',
          'handed over, and declined');
SELECT is((SELECT status || ' ' || review FROM leadreturns.returns WHERE lead_id = 112),
          'open requires_review', 'it waits for a person');
SELECT is(t.swept('2036-03-20 12:00:00+00'), 'nothing', 'for as long as it takes');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'reconciles');
SELECT * FROM finish();
ROLLBACK;
