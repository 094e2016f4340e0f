-- Erasing a lead's personal data, and moving closed history into the archive.

CREATE FUNCTION lr_erase_lead(lead_id bigint) RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_erase_lead';

CREATE FUNCTION lr_archive(
    before timestamptz, max_rows bigint DEFAULT 10000, OUT returns bigint, OUT history bigint,
    OUT messages bigint, OUT notifications bigint, OUT import_rows bigint, OUT skipped bigint,
    OUT remaining boolean)
RETURNS record
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_archive';

CREATE PROCEDURE lr_run_archive(before timestamptz)
LANGUAGE c AS 'MODULE_PATHNAME', 'lr_run_archive';
