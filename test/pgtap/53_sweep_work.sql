-- How much a sweep does at once, what it leaves, what it folds, and what it says about itself.
SELECT plan(34);
\ir ../model/common.sql
SELECT t.at('2026-03-02 12:00:00+00')
\g /dev/null
SELECT lr_set_terms('account', account, settings, '2026-01-01 00:00:00+00') FROM (VALUES
    (11, '{"auto_accept": "always", "auto_accept_delay": "2 hours",
           "max_return_percent": 90}'::jsonb),
    (12, '{"auto_accept": "always", "auto_accept_delay": "2 hours"}')) v (account, settings)
\g /dev/null
SELECT t.lead(n, '2026-03-01 12:00:00+00') FROM generate_series(1, 10) n
\g /dev/null

CREATE FUNCTION t.health(OUT overdue bigint, OUT oldest timestamptz, OUT seconds numeric,
                         OUT late boolean) LANGUAGE sql AS
$$ SELECT overdue, oldest_due_at, oldest_overdue_seconds, late FROM leadreturns.sweep_health $$;
SELECT results_eq('SELECT last_run_at, remaining, overdue, oldest_due_at, oldest_overdue_seconds,
    late FROM leadreturns.sweep_health',
    'VALUES (NULL::timestamptz, 0::bigint, 0::bigint, NULL::timestamptz, NULL::numeric, false)',
    'nothing has run, and nothing is late');

-- Leads 1 to 5 are asked for a minute apart, the first one last.
SELECT t.at(format('2026-03-02 12:0%s:00+00', 5 - n)), lr_return(n, 'duplicate')
  FROM generate_series(5, 1, -1) n
\g /dev/null
SELECT t.at('2026-03-02 13:59:59.999999+00')
\g /dev/null
SELECT results_eq('SELECT * FROM t.health()',
    'VALUES (0::bigint, NULL::timestamptz, NULL::numeric, false)', 'nothing is due yet');
SELECT t.at('2026-03-02 14:05:00+00')
\g /dev/null
SELECT results_eq('SELECT * FROM t.health()', $$VALUES (5::bigint,
    '2026-03-02 14:00:00+00'::timestamptz, 300.00, false)$$, 'five minutes are not late');
SELECT t.at('2026-03-02 14:05:00.01+00')
\g /dev/null
SELECT results_eq('SELECT * FROM t.health()', $$VALUES (5::bigint,
    '2026-03-02 14:00:00+00'::timestamptz, 300.01, true)$$, 'more are');

-- max_rows, the longest overdue first.
SELECT is(t.swept('2026-03-02 14:10:00+00', 2), '2 accepted, 3 remaining', 'two, and no more');
SELECT is((SELECT array_agg(lead_id ORDER BY lead_id) FROM leadreturns.returns
            WHERE status = 'accepted'), '{4,5}'::bigint[], 'those that were due first');
SELECT results_eq('SELECT last_run_at, last_run_by, accepted, remaining, oldest_due_at, late
    FROM leadreturns.sweep_health', $$VALUES ('2026-03-02 14:10:00+00'::timestamptz,
    'postgres', 2::bigint, 3::bigint, '2026-03-02 14:02:00+00'::timestamptz, true)$$,
    'the heartbeat says what was done, and what is left');
SELECT is((SELECT duration_ms >= 0 FROM leadreturns.sweep_health), true, 'and how long it took');
SELECT is(t.swept('2026-03-02 14:10:00+00', 1), '1 accepted, 2 remaining', 'one more');
SELECT is(t.swept('2026-03-02 14:10:00+00'), '2 accepted', 'and the rest');
SELECT results_eq('SELECT accepted, remaining, overdue, oldest_due_at, late
    FROM leadreturns.sweep_health',
    'VALUES (2::bigint, 0::bigint, 0::bigint, NULL::timestamptz, false)', 'then all is well');
SELECT is(t.swept('2026-03-02 14:10:00+00'), 'nothing', 'a sweep at once after it does nothing');
SELECT is(t.attempt(format('SELECT lr_sweep(%s)', n)), '22023', format('max_rows = %s', n))
  FROM unnest('{"NULL",0,-1}'::text[]) n;

-- Deliveries that no cap has counted yet are folded into its counters: account 11 has one.
SELECT t.lead(n, '2026-03-01 12:00:00+00', 11, n) FROM generate_series(21, 30) n
\g /dev/null
SELECT t.lead(n, '2026-03-01 12:00:00+00', 12, n) FROM generate_series(31, 35) n
\g /dev/null
CREATE FUNCTION t.counted() RETURNS SETOF text LANGUAGE sql AS $$
SELECT concat_ws(' ', account_id, delivered, delivered_value, used, used_value)
  FROM leadreturns.cap_period ORDER BY 1 $$;
SELECT isnt((SELECT count(*) FROM leadreturns.volume_delta WHERE account_id = 11), 0::bigint,
            'deliveries wait to be counted');
SELECT lr_sweep()
\g /dev/null
SELECT is((SELECT count(*) FROM leadreturns.volume_delta), 0::bigint, 'the sweep counts them all');
-- ten at 10.00, and 21 to 30 at their number, 255.00; five of ten are accepted, 50.00
SELECT results_eq('SELECT * FROM t.counted()', ARRAY['11 20 355.00 5 50.00'],
                  'the counters are exact, and others have none');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'reconciles');
SELECT is((SELECT consolidated FROM lr_sweep()), 0::bigint, 'once');

-- A return that cannot be decided, for a reason of somebody's own, keeps none of the others.
SELECT t.at('2026-03-02 15:00:00+00')
\g /dev/null
SELECT lr_return(n, 'duplicate') FROM generate_series(6, 9) n
\g /dev/null
CREATE FUNCTION t.poison() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE 'not this one' USING ERRCODE = 'ZZ001'; END $$;
CREATE TRIGGER poison BEFORE INSERT ON leadreturns.transfer FOR EACH ROW
    WHEN (NEW.delivery_id = 7) EXECUTE FUNCTION t.poison();
SELECT is(t.swept('2026-03-02 18:00:00+00'), '3 accepted, 1 remaining, 1 failed',
          'one fails, three do not');
SELECT is((SELECT array_agg(lead_id) FROM leadreturns.returns WHERE status = 'open'),
          '{7}'::bigint[], 'the one that fails is left as it was');
SELECT results_eq('SELECT failed, remaining, overdue, late FROM leadreturns.sweep_health',
    'VALUES (1::bigint, 1::bigint, 1::bigint, true)', 'health tells of it');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'reconciles');
SELECT is(t.swept('2026-03-02 18:00:00+00', 1), '1 remaining, 1 failed', 'it fails again');
DROP TRIGGER poison ON leadreturns.transfer;
SELECT is(t.swept('2026-03-02 18:00:00+00'), '1 accepted', 'until the trigger is gone');

-- Many: more than a batch in one call of the procedure, and the cost of looking.
SELECT t.lead(n, '2026-03-01 12:00:00+00', 12) FROM generate_series(1001, 3600) n
\g /dev/null
SELECT lr_return_many(array_agg(n), 'duplicate') FROM generate_series(1001, 3600) n
\g /dev/null
SELECT is(t.swept('2026-03-02 20:00:00+00', 100000), '2600 accepted', '2,600 in one sweep');
SELECT lr_rollback_return(n) FROM generate_series(1001, 3300) n
\g /dev/null
SELECT lr_return_many(array_agg(n), 'duplicate') FROM generate_series(1001, 3300) n
\g /dev/null
SELECT t.at('2026-03-02 22:00:00+00')
\g /dev/null
CALL lr_run_sweep();
SELECT results_eq('SELECT accepted, remaining, overdue FROM leadreturns.sweep_health',
    'VALUES (2300::bigint, 0::bigint, 0::bigint)', 'a call goes through all its batches');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'reconciles');
SELECT t.fingerprint('{sweep_heartbeat}') AS before \gset
CALL lr_run_sweep();
SELECT is(t.fingerprint('{sweep_heartbeat}'), :'before', 'another call changes nothing');
VACUUM ANALYZE leadreturns.request;
SELECT is((SELECT reltuples::bigint FROM pg_class WHERE relname = 'request_due_idx'), 0::bigint,
          'the index of what is due holds nothing that was decided');
CREATE FUNCTION t.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS
$$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query; END $$;
SELECT matches((SELECT string_agg(p, ' ') FROM t.plan('SELECT * FROM leadreturns.sweep_health') p),
               'request_due_idx', 'what is due is found by that index');

-- Sweeping is for staff; so is the view of it.
BEGIN;
CREATE ROLE lr_sweep_buyer;
SELECT lr_grant('lr_sweep_buyer', 'buyer', 1)
\g /dev/null
SELECT is(t.attempt('SELECT lr_sweep()', 'lr_sweep_buyer'), 'LR001 not_permitted',
          'no buyer sweeps');
SELECT is(t.attempt('SELECT FROM leadreturns.sweep_health', 'lr_sweep_buyer'), '42501',
          'nor sees how it goes');
ROLLBACK;
SELECT * FROM finish();
