-- The same by statements, with memory for hashes and sorts, rolled back first. File :import is
-- the one statement of twin_import_rules.sql and twin_import_writes.sql.
SET work_mem = '1GB';
SELECT import_id FROM lr_import_create('file') \gset
\set part statement-load
\ir part_start.sql
COPY bench.import_line (lead_id, reason) FROM :'file' (FORMAT csv, HEADER);
\ir part_stop.sql
ANALYZE bench.import_line;
\set part statement-verify
\ir part_start.sql
BEGIN;
\i :import
ROLLBACK;
\ir part_stop.sql
\set part statement-run
\ir part_start.sql
\i :import
\ir part_stop.sql
CHECKPOINT;
\set part statement-sweep
\ir part_start.sql
\ir twin_sweep.sql
\ir twin_fold.sql
\ir part_stop.sql
