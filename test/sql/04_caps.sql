-- The maximum: by count and by value, per period, refused or reviewed at it.
\set ECHO none
\getenv dir PG_ABS_SRCDIR
\set file :dir /model/fresh.sql
\i :file
\set ECHO all
SELECT t.at('2026-03-15 12:00:00+00');
CREATE FUNCTION t.cap(lead bigint) RETURNS text LANGUAGE sql AS $$
SELECT format('%s of %s, %s left, %s', cap_used, cap_allowed, capacity_left, violations)
  FROM lr_check_return(lead, 'duplicate') $$;

-- 30 % of 10 are 3; declined, withdrawn and rolled back ones give room again
SELECT t.terms(11, '{"max_return_percent": 30}');
SELECT t.lead(n, '2026-03-01 12:00:00+00') FROM generate_series(1, 10) n \g /dev/null
SELECT t.cap(1);
SELECT t.file(1), t.file(2), t.file(3);
SELECT t.cap(4);
SELECT t.attempt('SELECT lr_return(4, ''duplicate'')');
SELECT message, detail FROM t.texts('SELECT lr_return(4, ''duplicate'')');
SELECT status FROM lr_decline(t.last_return(1));
SELECT t.file(4);
SELECT t.attempt('SELECT lr_return(5, ''duplicate'')');
SELECT status FROM lr_withdraw(t.last_return(2));
SELECT t.file(5);
SELECT status FROM lr_accept(t.last_return(3));
SELECT t.attempt('SELECT lr_return(6, ''duplicate'')');
SELECT status FROM lr_rollback_return(3);
SELECT t.file(6);
-- a declined one reserves anew when it is reopened or accepted; staff may override with a note
SELECT t.attempt(format('SELECT lr_reopen(%s)', t.last_return(1)));
SELECT t.attempt(format('SELECT lr_accept(%s)', t.last_return(1)));
SELECT t.attempt(format('SELECT lr_reopen(%s, override => true)', t.last_return(1)));
SELECT status, overridden FROM lr_reopen(t.last_return(1), 'goodwill', override => true);
SELECT t.cap(7);
SELECT t.attempt('SELECT lr_return(7, ''duplicate'', override => true)');
SELECT status, overridden FROM lr_return(7, 'duplicate', 'goodwill', override => true);
SELECT t.cap(8);
-- more deliveries, more room; another month has its own
SELECT t.lead(n, '2026-03-02 12:00:00+00') FROM generate_series(11, 20) n \g /dev/null
SELECT t.cap(8);
SELECT t.lead(21, '2026-02-28 23:59:59.999999+00'), t.lead(22, '2026-03-01 00:00:00+00');
SELECT t.cap(21), t.cap(22);

-- count and percentage both bind; a count alone does
SELECT t.terms(12, '{"max_return_percent": 50, "max_return_count": 2}');
SELECT t.lead(n, '2026-03-01 12:00:00+00', 12) FROM generate_series(31, 33) n \g /dev/null
SELECT t.cap(31);
SELECT t.lead(n, '2026-03-01 12:00:00+00', 12) FROM generate_series(34, 40) n \g /dev/null
SELECT t.cap(31);
SELECT t.file(31), t.file(32);
SELECT t.attempt('SELECT lr_return(33, ''duplicate'')');
SELECT t.terms(21, '{"max_return_count": 0}');
SELECT t.lead(41, '2026-03-01 12:00:00+00', 21);
SELECT t.cap(41);

-- under the least volume the percentage does not bind, a count still does
INSERT INTO leadreturns.account (account_id, buyer_id, name)
SELECT n, 2, 'account ' || n FROM generate_series(51, 57) n;
SELECT t.terms(51, '{"max_return_percent": 10, "cap_min_volume": 4}');
SELECT t.lead(n, '2026-03-01 12:00:00+00', 51) FROM generate_series(51, 53) n \g /dev/null
SELECT t.cap(51);
SELECT t.file(51), t.file(52);
SELECT t.lead(54, '2026-03-01 12:00:00+00', 51);
SELECT t.cap(53);

-- by value: used + price must fit percent / 100 * delivered value; a partial credit uses less
SELECT t.terms(52, '{"max_return_percent": 25, "cap_basis": "value"}');
SELECT t.lead(60 + n, '2026-03-01 12:00:00+00', 52, price) FROM (VALUES (1, 10.00), (2, 15.01),
    (3, 15.00), (4, 60.00)) v (n, price) \g /dev/null
SELECT t.cap(61), t.cap(62), t.cap(64);
SELECT t.file(61);
SELECT t.attempt('SELECT lr_return(62, ''duplicate'')');
SELECT t.cap(63);
SELECT credit FROM lr_accept(t.last_return(61), credit => 9.99);
SELECT t.cap(62);
SELECT t.file(62);
SELECT t.attempt('SELECT lr_return(63, ''duplicate'')');

-- review at the cap: taken and marked, accepted only by a person, which is an override
SELECT t.terms(53, '{"max_return_percent": 50, "at_cap": "review", "auto_accept": "always"}');
SELECT t.lead(n, '2026-03-01 12:00:00+00', 53) FROM generate_series(71, 73) n \g /dev/null
SELECT t.file(71), t.file(72);
SELECT t.cap(73);
SELECT overridden FROM leadreturns.returns WHERE lead_id IN (71, 72) ORDER BY lead_id;
SELECT status, decided_how, overridden FROM lr_accept(t.last_return(72));

-- a count binds besides a share of the value
SELECT t.terms(57, '{"max_return_percent": 100, "cap_basis": "value", "max_return_count": 1}');
SELECT t.lead(n, '2026-03-01 12:00:00+00', 57) FROM generate_series(76, 77) n;
SELECT t.file(76);
SELECT t.attempt('SELECT lr_return(77, ''duplicate'')');

-- rolling: deliveries and requests of the last days, both ends included
SELECT t.terms(54, '{"max_return_percent": 50, "cap_period": "rolling", "cap_days": 10}');
SELECT t.lead(80 + n, timestamptz '2026-03-01 12:00:00+00' + n * interval '24 hours', 54)
  FROM generate_series(1, 8) n \g /dev/null
SELECT t.at('2026-03-10 12:00:00+00');
SELECT t.cap(81);
SELECT t.file(81), t.file(82), t.file(83), t.file(84);
SELECT t.attempt('SELECT lr_return(85, ''duplicate'')');
-- ten days before are 3 March 12:00, which counts: 7 leads, and all requests
SELECT t.at('2026-03-13 12:00:00+00');
SELECT t.cap(85);
SELECT t.at('2026-03-20 12:00:00+00');
SELECT t.cap(85);
SELECT t.at('2026-03-20 12:00:00.000001+00');
SELECT t.cap(85);

-- cycles: weeks from Monday 2 March; lifetime: everything
UPDATE leadreturns.account SET cycle = 'week' WHERE account_id = 55;
SELECT t.terms(55, '{"max_return_percent": 50, "cap_period": "cycle"}');
SELECT t.terms(56, '{"max_return_percent": 50, "cap_period": "lifetime"}');
SELECT t.lead(n, at, 55), t.lead(n + 10, at, 56)
  FROM (VALUES (91, timestamptz '2026-03-01 23:59+00'), (92, '2026-03-02 00:00+00'),
               (93, '2026-03-08 23:59+00'), (94, '2026-03-09 00:00+00')) v (n, at) \g /dev/null
SELECT t.cap(91), t.cap(92), t.cap(94), t.cap(101);
SELECT count(*) FROM lr_reconcile();
