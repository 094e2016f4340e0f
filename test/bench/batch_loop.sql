-- The same by a loop over lr_return.
SELECT import_id FROM lr_import_create('file') \gset
COPY bench.import_line (lead_id, reason) FROM :'file' (FORMAT csv, HEADER);
ANALYZE bench.import_line;
\set part loop-run
\ir part_start.sql
CALL bench.import_loop(:import_id, 1000);
\ir part_stop.sql
