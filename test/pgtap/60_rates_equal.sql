-- After any history every report says what a plain recount of the records says: unfolded, half
-- folded, folded, and with more on top. Not in one transaction, so that folded rows can be vacuumed
-- and what comes later lies before what came earlier.
SELECT plan(21);
\ir ../model/common.sql
\ir ../model/history.sql
\ir ../model/report.sql
\ir ../model/spikes.sql
SET jit = off;
-- so that a history of this size has days to judge, and spikes
SET leadreturns.spike_min_delivered = 3;
SET leadreturns.spike_min_baseline = 10;
SET leadreturns.spike_z = 1;
SELECT t.at('2026-01-05 08:00:00+00'), setseed(0.4)
\g /dev/null

SELECT is_empty($$
    SELECT v.relname FROM pg_class v
     WHERE v.relnamespace = 'leadreturns'::regnamespace AND v.relkind = 'v'
       AND v.relname ~ '^return_(rate|spikes)|^returns_dec|^pnl|^bad_|^pending|_owed|^distribution'
       AND to_regclass('t.' || v.relname) IS NULL$$, 'every report has a recount');
SELECT is_empty('SELECT * FROM t.differences()', 'there is nothing to report at first');

SELECT t.deliver_some() FROM generate_series(1, 5)
\g /dev/null
SELECT t.live(700)
\g /dev/null
SELECT is_empty('SELECT * FROM leadreturns.rollup_cross', 'nothing is folded');
SELECT is_empty('SELECT * FROM t.differences()', 'unfolded');

SELECT is(leadreturns.fold_rates(7) + leadreturns.fold_rates(1) + leadreturns.fold_rates(100),
          108::bigint, 'so many rows are folded as were asked for');
SELECT is_empty('SELECT * FROM t.differences()', 'a few rows folded');
SELECT count(*) AS deltas FROM leadreturns.rate_delta
\gset
SELECT is(leadreturns.fold_rates(:deltas / 2), (:deltas / 2)::bigint, 'half of what is left');
SELECT is_empty('SELECT * FROM t.differences()', 'half folded');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'half folded, everything reconciles');
SET leadreturns.spike_window_days = 5;
SET leadreturns.spike_baseline_from_days = 30;
SET leadreturns.spike_baseline_until_days = 6;
SELECT is_empty('SELECT * FROM t.differences()', 'half folded, with a longer window for spikes');
RESET leadreturns.spike_window_days;
RESET leadreturns.spike_baseline_from_days;
RESET leadreturns.spike_baseline_until_days;

-- folding in between, from a table whose first pages are free again
VACUUM leadreturns.rate_delta;
SELECT t.live(600, folding => true)
\g /dev/null
SELECT is_empty('SELECT * FROM t.differences()', 'folded now and then');

SELECT count(*) AS deltas FROM leadreturns.rate_delta
\gset
SELECT is(leadreturns.fold_rates(1000000), :deltas::bigint, 'all is folded');
SELECT is_empty('SELECT * FROM leadreturns.rate_delta', 'nothing is left');
SELECT is_empty('SELECT * FROM t.differences()', 'folded');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'folded, everything reconciles');

VACUUM leadreturns.rate_delta;
SELECT t.live(300)
\g /dev/null
SELECT is_empty('SELECT * FROM t.differences()', 'more on top of what is folded');
SELECT leadreturns.fold_rates((SELECT count(*) / 3 FROM leadreturns.rate_delta))
\g /dev/null
SELECT is_empty('SELECT * FROM t.differences()', 'and a part of it folded');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'everything reconciles');

-- The days that were recorded are those of the time_zone in force for the delivery.
SELECT is_empty($$
    WITH zone AS (
        SELECT d.delivery_id, d.delivered_on, d.delivered_at, z.value AS zone
          FROM leadreturns.delivery d
         CROSS JOIN LATERAL lr_terms(d.account_id, d.lead_group_id, d.delivered_at) z
         WHERE z.setting = 'time_zone')
    SELECT 'delivery', delivery_id FROM zone
     WHERE delivered_on <> (delivered_at AT TIME ZONE zone)::date
    UNION ALL
    SELECT 'transfer', transfer_id FROM leadreturns.transfer JOIN zone USING (delivery_id)
     WHERE posted_on <> (posted_at AT TIME ZONE zone)::date
    UNION ALL
    SELECT 'history', history_id FROM leadreturns.history
      JOIN leadreturns.request USING (return_id) JOIN zone USING (delivery_id)
     WHERE moved_on <> (at AT TIME ZONE zone)::date$$, 'days are those of the zone');

-- What was asked for was there.
SELECT is_empty('SELECT * FROM t.done WHERE done < 5', 'each operation has succeeded often');
SELECT is_empty($$
    SELECT * FROM (VALUES
        ('deliveries', (SELECT count(*) FROM leadreturns.delivery), 1500),
        ('without supplier', (SELECT count(*) FROM t.sold WHERE supplier_id IS NULL), 100),
        ('without lead group', (SELECT count(*) FROM t.sold WHERE lead_group_id IS NULL), 100),
        ('for nothing', (SELECT count(*) FROM t.sold WHERE price = 0), 100),
        ('accepted', (SELECT count(*) FROM t.sold WHERE state = 'accepted'), 100),
        ('accepted, no money', (SELECT count(*) FROM t.sold
                                 WHERE state = 'accepted' AND credit = 0 AND price > 0), 20),
        ('partial', (SELECT count(*) FROM t.sold WHERE credit > 0 AND credit < price), 20),
        ('replacements', (SELECT count(*) FROM leadreturns.delivery WHERE replaces > 0), 5),
        ('declined and returned', (SELECT count(*) FROM t.sold JOIN leadreturns.request r
                                    USING (delivery_id)
                                   WHERE state = 'accepted' AND r.status = 'declined'), 3),
        ('posted later than sold', (SELECT count(*) FROM leadreturns.transfer x
                                      JOIN leadreturns.delivery d USING (delivery_id)
                                     WHERE x.posted_on > d.delivered_on), 100),
        ('months', (SELECT count(DISTINCT month) FROM t.sold), 4),
        ('spikes', (SELECT count(*) FROM t.return_spikes WHERE is_spike), 20),
        ('causes', (SELECT count(DISTINCT cause) FROM t.return_spikes), 3)) v (what, n, least)
     WHERE n < least$$, 'the history had all that makes a difference');
SELECT * FROM finish();
