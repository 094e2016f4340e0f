-- Folding: what it takes, what it refuses, and that the sweep goes on when it cannot be done.
BEGIN;
SELECT plan(7);
\ir ../model/common.sql
SELECT t.at('2026-03-02 12:00:00+00') \g /dev/null
SELECT t.lead(n, '2026-03-01 12:00:00+00', 12) FROM generate_series(1, 4) n \g /dev/null

SELECT is(leadreturns.fold_rates(0), 0::bigint, 'none is taken when none is asked for');
SELECT is(leadreturns.fold_rates(3), 3::bigint, 'so many are taken as are asked for');
SELECT is(leadreturns.fold_rates(1000), 1::bigint,
          'then the rest');
SELECT is((SELECT folded FROM leadreturns.rate_fold), 1::bigint, 'and it is noted');
SELECT t.lead(5, '2026-03-01 12:00:00+00', 12) \g /dev/null
DELETE FROM leadreturns.rate_fold;
SELECT throws_ok('SELECT leadreturns.fold_rates(1000)', 'P0002',
                 'table rate_fold has lost its row', 'a lost row is told');
SET client_min_messages = error;
SELECT lives_ok('SELECT * FROM lr_sweep()', 'and does not keep the sweep from its work');
INSERT INTO leadreturns.rate_fold (rate_fold_id) VALUES (1);
SELECT lr_sweep() \g /dev/null
SELECT is((SELECT count(*) FROM leadreturns.rate_delta), 0::bigint, 'the sweep folds');
SELECT * FROM finish();
ROLLBACK;
