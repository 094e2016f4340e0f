-- Three batches of 1000 lines of a file: leads at random among the :leads after the first :after.
-- The first one fills caches and is not counted.
SELECT import_id FROM lr_import_create(:'part') \gset
INSERT INTO leadreturns.import_upload (import_id, key, reason)
SELECT :import_id, l.lead_id, 'Phone was disconnected'
  FROM (SELECT DISTINCT :after + 1 + floor(random() * :leads)::bigint AS lead_id
          FROM generate_series(1, 30000)) l
 WHERE NOT EXISTS (SELECT FROM leadreturns.delivery d JOIN leadreturns.request r USING (delivery_id)
                    WHERE d.lead_id = l.lead_id)
 LIMIT 3000;
SELECT lr_import_step(:import_id, 1000) \g /dev/null
\ir part_start.sql
SELECT lr_import_step(:import_id, 1000) \g /dev/null
SELECT lr_import_step(:import_id, 1000) \g /dev/null
\ir part_stop.sql
SELECT 1 / (returned = 3000)::int FROM leadreturns.import WHERE import_id = :import_id
\g /dev/null
