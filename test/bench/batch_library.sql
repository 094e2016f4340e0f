-- The file :file by the library: loaded, verified, run; then the sweep.
SELECT import_id FROM lr_import_create('file') \gset
\set part library-load
\ir part_start.sql
SELECT lr_import_text(:import_id, pg_read_file(:'file')) \g /dev/null
\ir part_stop.sql
\set part library-verify
\ir part_start.sql
SELECT lr_import_verify(:import_id) \g /dev/null
\ir part_stop.sql
\set part library-run
\ir part_start.sql
CALL lr_import_run(:import_id);
\ir part_stop.sql
CHECKPOINT;
\set part library-sweep
\ir part_start.sql
CALL lr_run_sweep();
\ir part_stop.sql
