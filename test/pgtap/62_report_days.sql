-- A day is a day of the time_zone in force for the delivery, to the microsecond; what the session's
-- TimeZone and DateStyle say does not matter, nor does a time_zone set later.
BEGIN;
SELECT plan(19);
\ir ../model/common.sql
\ir ../model/report.sql
SET LOCAL jit = off;
SELECT t.at('2026-12-01 00:00:00+00')
\g /dev/null
SELECT lr_set_terms('global', NULL, '{"max_age": "3 years"}', '2020-01-01 00:00:00+00'),
       lr_set_terms('account', 11, '{"time_zone": "Pacific/Auckland"}', '2020-01-01 00:00:00+00'),
       lr_set_terms('account', 12, '{"time_zone": "America/New_York"}', '2020-01-01 00:00:00+00')
\g /dev/null

-- When days begin: around the new year, whose first days belong to a week of the old one; in a leap
-- year; before and after the change of the clocks.
CREATE TABLE t.border (account bigint, begins timestamptz, day date);
INSERT INTO t.border VALUES
(11, '2024-12-29 11:00:00+00', '2024-12-30'), (11, '2024-12-31 11:00:00+00', '2025-01-01'),
(11, '2026-04-04 11:00:00+00', '2026-04-05'), (11, '2026-04-05 12:00:00+00', '2026-04-06'),
(11, '2026-09-26 12:00:00+00', '2026-09-27'), (11, '2026-09-27 11:00:00+00', '2026-09-28'),
(12, '2024-12-30 05:00:00+00', '2024-12-30'), (12, '2025-01-01 05:00:00+00', '2025-01-01'),
(12, '2026-03-08 05:00:00+00', '2026-03-08'), (12, '2026-03-09 04:00:00+00', '2026-03-09'),
(12, '2026-11-01 04:00:00+00', '2026-11-01'), (12, '2026-11-02 05:00:00+00', '2026-11-02'),
(21, '2024-12-30 00:00:00+00', '2024-12-30'), (21, '2025-01-01 00:00:00+00', '2025-01-01'),
(21, '2024-03-01 00:00:00+00', '2024-03-01'), (21, '2026-03-01 00:00:00+00', '2026-03-01');

-- A lead a microsecond before each and one at it, from a session that lives elsewhere.
CREATE FUNCTION t.deliver_from(zone text, style text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('TimeZone', zone, true), set_config('DateStyle', style, true);
    INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost, delivered_at)
    SELECT 10 * n + us, account, 5, 10, 6, begins - us * interval '1 us'
      FROM (SELECT row_number() OVER (ORDER BY account, begins) AS n, * FROM t.border) b,
           generate_series(0, 1) us;
END;
$$;
SELECT t.deliver_from('UTC', 'ISO, MDY'), t.deliver_from('Pacific/Kiritimati', 'German, DMY'),
       t.deliver_from('America/New_York', 'SQL, DMY'), t.deliver_from('Asia/Kolkata', 'ISO, YMD')
\g /dev/null
CREATE VIEW t.expected_days AS
SELECT account AS account_id, day - us AS day, 4 * count(*) AS delivered
  FROM t.border, generate_series(0, 1) us GROUP BY 1, 2;
CREATE FUNCTION t.same_days(zone text, style text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('TimeZone', zone, true), set_config('DateStyle', style, true);
    RETURN NEXT set_eq('SELECT account_id, day, delivered
                          FROM leadreturns.return_rate_by_account_daily',
                       'SELECT account_id, day, delivered FROM t.expected_days',
                       format('days are those of the account, read from %s (%s)', zone, style));
    RETURN NEXT set_eq($q$SELECT week, sum(delivered) FROM leadreturns.return_rate_weekly
                           WHERE account_id = 11 GROUP BY week$q$,
        $q$VALUES ('20241223'::date, 4), ('20241230', 12), ('20260330', 12), ('20260406', 4),
                  ('20260921', 12), ('20260928', 4)$q$,
        format('weeks begin on Monday, read from %s (%s)', zone, style));
    RETURN NEXT set_eq($q$SELECT month, sum(delivered) FROM leadreturns.return_rate_monthly
                           WHERE account_id = 21 GROUP BY month$q$,
        $q$VALUES ('20240201'::date, 4), ('20240301', 4), ('20241201', 12), ('20250101', 4),
                  ('20260201', 4), ('20260301', 4)$q$,
        format('months begin on the first, read from %s (%s)', zone, style));
END;
$$;
SELECT t.same_days('Pacific/Kiritimati', 'German, DMY');
SELECT leadreturns.fold_rates(30)
\g /dev/null
SELECT t.same_days('America/New_York', 'SQL, MDY');
SET LOCAL timezone = 'Pacific/Pago_Pago';
SELECT leadreturns.fold_rates(1000)
\g /dev/null
SELECT t.same_days('UTC', 'ISO, YMD');
SELECT is_empty($$
    SELECT day FROM generate_series('1999-12-20'::timestamp, '2030-01-10', '1 day') day
     WHERE leadreturns.week_of(day::date) <> date_trunc('week', day)
        OR leadreturns.month_of(day::date) <> date_trunc('month', day)$$, 'through thirty years');

-- Decisions and postings, around midnight in New York and then in Auckland.
CREATE TABLE t.moment (account bigint, at timestamptz, day date);
INSERT INTO t.moment VALUES
(12, '2026-12-01 04:59:59.999999+00', '2026-11-30'), (12, '2026-12-01 05:00:00+00', '2026-12-01'),
(11, '2026-12-01 10:59:59.999999+00', '2026-12-01'), (11, '2026-12-01 11:00:00+00', '2026-12-02');
CREATE FUNCTION t.decide_at(moment t.moment, first bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM t.at(moment.at::text);
    PERFORM t.lead(first + n, moment.at - interval '10 days', moment.account)
       FROM generate_series(1, 4) n;
    PERFORM lr_return(first + n, 'duplicate') FROM generate_series(1, 4) n;
    PERFORM lr_accept(r.return_id) FROM leadreturns.returns r
      WHERE r.lead_id IN (first + 1, first + 2);
    PERFORM lr_decline(t.last_return(first + 3)), lr_withdraw(t.last_return(first + 4));
    PERFORM lr_rollback_return(first + 2);
    PERFORM lr_post('adjustment', moment.account, -1);
END;
$$;
SET LOCAL timezone = 'Pacific/Kiritimati';
SELECT t.decide_at(m, 500 + 10 * row_number() OVER (ORDER BY m.at)) FROM t.moment m
\g /dev/null
SELECT set_eq('SELECT account_id, day, accepted, declined, withdrawn, rolled_back, returned_value,
                      clawback FROM leadreturns.returns_decided_daily
                WHERE decided > 0',
    'SELECT account, day, c.* FROM t.moment, (VALUES (2::bigint, 1::bigint, 1::bigint, 1::bigint,
                                                      10.00, 6.00)) c',
    'decisions count on the account''s day');
SELECT set_eq($$SELECT account_id, day, revenue_returned, cost_clawed_back
                  FROM leadreturns.pnl WHERE revenue_returned <> 0$$,
              'SELECT account, day, 10.00 AS r, 6.00 AS c FROM t.moment', 'so does their money');
SELECT set_eq('SELECT account_id, day, adjustments FROM leadreturns.pnl WHERE adjustments <> 0',
              'SELECT account, day, 1.00 FROM t.moment', 'and what is posted by hand');
SELECT is_empty('SELECT * FROM t.differences()', 'all reports agree with a recount');

-- Zones set later. Those of account 21 even begin before its deliveries, which nobody has returned.
CREATE TABLE t.days_before AS
SELECT 'delivery' AS what, delivery_id AS id, delivered_on AS day FROM leadreturns.delivery
UNION ALL SELECT 'history', history_id, moved_on FROM leadreturns.history
UNION ALL SELECT 'transfer', transfer_id, posted_on FROM leadreturns.transfer;
CREATE TABLE t.reported_before AS
SELECT account_id, day, delivered, returned FROM leadreturns.return_rate_daily;
SELECT lr_set_terms('account', 11, '{"time_zone": "UTC"}'),
       lr_set_terms('account', 21, '{"time_zone": "Pacific/Kiritimati"}', '2020-01-01 00:00:00+00')
\g /dev/null
SELECT set_eq('SELECT account_id, day, delivered, returned FROM leadreturns.return_rate_daily',
              'TABLE t.reported_before', 'another time_zone moves no day of a report');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'and everything reconciles');

-- At this instant a day begins in Auckland; it is noon in UTC and one o'clock at Kiritimati. Lead
-- 534 was delivered under the old zone, 130 too, but its account had the new one all the time.
SELECT t.at('2026-12-05 11:00:00+00')
\g /dev/null
SELECT t.lead(901, '2026-12-05 10:59:59+00', 11), t.lead(902, '2026-12-05 10:59:59+00', 21)
\g /dev/null
SELECT lr_return(lead, 'duplicate', account_id => account)
  FROM (VALUES (534, 11), (130, 21), (901, 11), (902, 21)) v (lead, account)
\g /dev/null
SELECT lr_accept(return_id) FROM leadreturns.returns WHERE status = 'open'
\g /dev/null
SELECT results_eq($$
    SELECT lead_id, delivered_on, moved_on FROM leadreturns.history
      JOIN leadreturns.request USING (return_id) JOIN leadreturns.delivery USING (delivery_id)
     WHERE at = '2026-12-05 11:00:00+00' AND to_status = 'accepted' ORDER BY lead_id$$,
    $$VALUES (130::bigint, '2024-03-01'::date, '2026-12-06'::date),
             (534, '2026-11-21', '2026-12-06'), (901, '2026-12-05', '2026-12-05'),
             (902, '2026-12-06', '2026-12-06')$$, 'each by the zone of its delivery');
SELECT is_empty('SELECT * FROM t.differences()', 'later returns of what was delivered before');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'reconcile, too');
SELECT * FROM finish();
ROLLBACK;
