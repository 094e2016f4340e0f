-- What there is before anything is measured, made by imports: the oldest lead of each account is
-- returned, the newest one and others of group 5, :due in all, wait for the sweep. So each period
-- has been counted. Then the file is written: :lines leads at random, one in fifty refused.

SELECT import_id FROM lr_import_create('returned before') \gset
INSERT INTO leadreturns.import_upload (import_id, key, reason)
SELECT :import_id, i, 'Duplicate' FROM generate_series(1, :accounts) i;
CALL lr_import_run(:import_id);
-- folds what the caps have not counted yet
CALL lr_run_sweep();

SELECT import_id FROM lr_import_create('waiting for the sweep') \gset
INSERT INTO leadreturns.import_upload (import_id, key, reason)
SELECT :import_id, i, (ARRAY['Duplicate', 'Phone was disconnected', 'TCPA risk',
                             'changed their mind'])[i % 4 + 1]
  FROM generate_series(1::bigint, :leads) i
 WHERE (i - 1) / :accounts % 5 = 4
 ORDER BY i <= :leads - :accounts, hashint8extended(i, 1)
 LIMIT :due;
CALL lr_import_run(:import_id);
SELECT pg_sleep(1);

INSERT INTO bench.file
WITH fresh AS (
    SELECT i AS lead_id, row_number() OVER (ORDER BY hashint8extended(i, 2)) AS n
      FROM generate_series(:accounts + 1::bigint, :leads) i
     WHERE (i - 1) / :accounts % 5 < 4),
late AS (SELECT lead_id FROM fresh WHERE lead_id < :leads / 2 ORDER BY n LIMIT :lines / 200),
line AS (
    SELECT lead_id, 'Wrong vertical' AS reason FROM late
     UNION ALL
    SELECT i, 'Duplicate' FROM generate_series(1, :lines / 100) i
     UNION ALL
    SELECT 1000000000 + i, 'Duplicate' FROM generate_series(1, :lines / 200) i
     UNION ALL
    (SELECT f.lead_id,
            (ARRAY['Duplicate', 'Phone was disconnected', 'Bad contact info', 'TCPA risk',
                   'already a customer', 'out of service area', 'changed their mind',
                   'never called back, number does not exist'])[f.n % 8 + 1]
       FROM fresh f WHERE f.lead_id NOT IN (SELECT lead_id FROM late)
      ORDER BY f.n LIMIT :lines - :lines / 100 - 2 * (:lines / 200)))
SELECT row_number() OVER (ORDER BY hashint8extended(lead_id, 3)) + 1, lead_id, reason FROM line;
