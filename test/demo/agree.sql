-- The last word of the demo.
\echo '13. DOES IT ALL AGREE? (lr_reconcile() names every difference)'
CREATE TEMP TABLE difference AS SELECT * FROM lr_reconcile();
SELECT count(*) AS differences, count(*) > 0 AS differs FROM difference \gset
\if :differs
SELECT * FROM difference LIMIT 10;
\endif
\echo 'lr_reconcile() found' :differences 'differences.'
\echo
