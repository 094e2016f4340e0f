\echo Use "CREATE EXTENSION leadreturns" to load this file. \quit

-- Everything but the lr_* functions lives in the schema leadreturns and is defined under a closed
-- search_path; 60_functions.sql goes back to the path that CREATE EXTENSION chose.
SELECT pg_catalog.set_config('lr_install.search_path',
                             pg_catalog.current_setting('search_path'), true);
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE SCHEMA leadreturns;
COMMENT ON SCHEMA leadreturns IS
'Tables and views of the extension leadreturns. Applications call lr_* and use the views.';
