-- Business days, the grace after a billing cycle and a reason's own window, with instants worked
-- out by hand on the calendar of 2026.
BEGIN;
SELECT plan(31);
\ir ../model/common.sql
INSERT INTO leadreturns.holiday
VALUES ('2026-04-03', 'Good Friday'), ('2026-04-06', 'Easter Monday');

-- When the window of a new lead closes and opens, as the check says it.
CREATE SEQUENCE t.next;
CREATE FUNCTION t.window_of(delivered timestamptz, account bigint, reason text DEFAULT 'duplicate')
RETURNS tstzrange LANGUAGE sql AS $$
SELECT t.lead(nextval('t.next'), delivered, account);
SELECT tstzrange(c.window_opens_at, c.window_closes_at, '[]')
  FROM lr_check_return(currval('t.next'), reason) c
$$;
CREATE FUNCTION t.closes(delivered timestamptz, account bigint, reason text DEFAULT 'duplicate')
RETURNS timestamptz LANGUAGE sql AS $$ SELECT upper(t.window_of(delivered, account, reason)) $$;
CREATE FUNCTION t.terms(account bigint, settings jsonb) RETURNS void LANGUAGE sql AS
$$ SELECT FROM lr_set_terms('account', account, settings, '2026-01-01 00:00:00+00') $$;
SELECT t.at('2026-06-30 12:00:00+00')
\g /dev/null

-- Thursday 2 April, two business days: Tuesday 7 and Wednesday 8
SELECT t.terms(11, '{"window_calendar": "business", "max_age": "2 days"}')
\g /dev/null
SELECT is(t.closes('2026-04-02 15:00:00+00', 11), '2026-04-08 15:00:00+00',
          'weekend and holidays do not count');
SELECT is(t.closes('2026-03-30 09:00:00+00', 11), '2026-04-01 09:00:00+00', 'Monday to Wednesday');
SELECT is(t.closes('2026-04-10 09:00:00+00', 11), '2026-04-14 09:00:00+00', 'Friday to Tuesday');
SELECT is(t.closes('2026-04-11 09:00:00+00', 11), '2026-04-14 09:00:00+00', 'Saturday to Tuesday');
SELECT is(t.closes('2026-04-12 09:00:00+00', 11), '2026-04-14 09:00:00+00', 'Sunday to Tuesday');
DELETE FROM leadreturns.holiday WHERE day = '2026-04-06';
SELECT is(t.closes('2026-04-02 15:00:00+00', 11), '2026-04-07 15:00:00+00',
          'a holiday that is taken away counts again');
-- 02:00 UTC on Saturday is still Friday evening in New York
SELECT t.terms(12, '{"window_calendar": "business", "max_age": "1 day",
                     "time_zone": "America/New_York"}')
\g /dev/null
SELECT is(t.closes('2026-04-11 02:00:00+00', 12), '2026-04-14 02:00:00+00',
          'business days are those of the zone: Friday 22:00 to Monday 22:00');
SELECT t.terms(21, '{"window_calendar": "business", "max_age": "5 days", "min_age": "1 day"}')
\g /dev/null
SELECT is(t.window_of('2026-04-10 09:00:00+00', 21),
          '["2026-04-13 09:00:00+00", "2026-04-17 09:00:00+00"]', 'both ends count business days');
-- hours run on business days only; 3 April is still a holiday
SELECT t.terms(11, '{"window_calendar": "business", "max_age": "12 hours"}')
\g /dev/null
SELECT is(t.closes('2026-04-10 10:00:00+00', 11), '2026-04-10 22:00:00+00', 'within one day');
SELECT is(t.closes('2026-04-10 15:00:00+00', 11), '2026-04-13 03:00:00+00',
          '9 hours of Friday and 3 of Monday');
SELECT is(t.closes('2026-04-11 15:00:00+00', 11), '2026-04-13 12:00:00+00',
          'a Saturday waits for Monday');
SELECT is(t.closes('2026-04-02 22:00:00+00', 11), '2026-04-06 10:00:00+00',
          'a holiday lets no hour pass');

-- the edges of a business window, and of a grace
CREATE FUNCTION t.verdict(lead bigint, at text) RETURNS text LANGUAGE sql AS $$
SELECT t.at(at); SELECT t.attempt(format('SELECT lr_return(%s, ''duplicate'')', lead)) $$;
SELECT t.lead(900, '2026-04-10 09:00:00+00', 21)
\g /dev/null
SELECT is(t.verdict(900, '2026-04-13 08:59:59.999999+00'), 'LR021 window_not_open', 'too early');
SELECT is(t.verdict(900, '2026-04-17 09:00:00.000001+00'), 'LR022 window_closed', 'too late');
SELECT is(t.verdict(900, '2026-04-17 09:00:00+00'), 'ok', 'the last instant is inside');
SELECT t.lead(901, '2026-04-10 09:00:00+00', 21)
\g /dev/null
SELECT is(t.verdict(901, '2026-04-13 09:00:00+00'), 'ok', 'the first instant is inside');

-- Cycles that start on the 15th: a lead of 20 May lies in the one that ends on 15 June
INSERT INTO leadreturns.account (account_id, buyer_id, name, cycle, cycle_anchor)
VALUES (31, 1, 'monthly', 'month', '2026-01-15'), (32, 1, 'weekly', 'week', '2026-01-07'),
       (33, 1, 'last day', 'month', '2026-01-31');
SELECT t.terms(a, '{"max_age": "60 days", "cycle_grace": "3 days"}')
  FROM generate_series(31, 33) a
\g /dev/null
SELECT is(t.closes('2026-05-20 10:00:00+00', 31), '2026-06-18 00:00:00+00', 'cycle to 15 June');
SELECT is(t.closes('2026-05-15 00:00:00+00', 31), '2026-06-18 00:00:00+00', 'its first instant');
SELECT is(t.closes('2026-05-14 23:59:59.999999+00', 31), '2026-05-18 00:00:00+00',
          'the last instant of the cycle before');
SELECT is(t.closes('2026-05-20 10:00:00+00', 32), '2026-05-30 00:00:00+00',
          'weeks from a Wednesday: 20 to 27 May');
SELECT is(t.closes('2026-05-19 10:00:00+00', 32), '2026-05-23 00:00:00+00', 'the week before');
SELECT is(t.closes('2026-02-10 10:00:00+00', 33), '2026-03-03 00:00:00+00',
          'a month without a 31st starts its cycle on its last day');
SELECT is(t.closes('2026-03-01 10:00:00+00', 33), '2026-04-03 00:00:00+00', 'and ends on the 31st');
SELECT t.terms(31, '{"max_age": "10 days"}')
\g /dev/null
SELECT is(t.closes('2026-05-20 10:00:00+00', 31), '2026-05-30 10:00:00+00',
          'the grace only shortens the window');
SELECT t.lead(902, '2026-05-20 10:00:00+00', 32)
\g /dev/null
SELECT is(t.verdict(902, '2026-05-30 00:00:00.000001+00'), 'LR022 window_closed', 'grace is over');
SELECT is(t.verdict(902, '2026-05-30 00:00:00+00'), 'ok', 'the last instant of the grace');

-- a reason's own window
UPDATE leadreturns.reason SET min_age = '1 day', max_age = '3 days' WHERE code = 'tcpa_risk';
SELECT t.at('2026-06-30 12:00:00+00'), t.terms(12, '{"window_calendar": "calendar",
    "time_zone": "UTC", "min_age": "2 hours", "max_age": "90 days"}')
\g /dev/null
SELECT is(t.window_of('2026-05-01 10:00:00+00', 12, 'TCPA risk'),
          '["2026-05-02 10:00:00+00", "2026-05-04 10:00:00+00"]', 'it replaces that of the terms');
SELECT is(t.window_of('2026-05-01 10:00:00+00', 12),
          '["2026-05-01 12:00:00+00", "2026-07-30 10:00:00+00"]', 'for that reason only');
SELECT t.lead(903, '2026-06-20 10:00:00+00', 12)
\g /dev/null
SELECT is(t.attempt('SELECT lr_return(903, ''tcpa risk'')'), 'LR022 window_closed',
          'the command uses it');
SELECT is((SELECT detail FROM t.texts('SELECT lr_return(903, ''tcpa risk'')')),
          'It is 2026-06-30 12:00:00+00; the window of lead 903 closed at 2026-06-23 10:00:00+00.',
          'the error names the closing instant');

-- the clock of tests, at the one instant that is zero inside the server
SELECT t.at('2000-01-01 00:00:00+00')
\g /dev/null
SELECT is(leadreturns.clock(), '2000-01-01 00:00:00+00'::timestamptz, 'the clock can be set to it');
SELECT * FROM finish();
ROLLBACK;
