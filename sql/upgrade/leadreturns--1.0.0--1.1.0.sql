\echo Use "ALTER EXTENSION leadreturns UPDATE" to load this file. \quit

-- Like the install script: what the schema leadreturns gets is defined under a closed search_path.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
