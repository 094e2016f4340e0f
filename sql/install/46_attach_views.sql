-- Which tables are attached.

CREATE VIEW leadreturns.attachments WITH (security_barrier) AS
SELECT a.attachment_id, a.tbl::text AS table_name, a.mapping, a.attached_at, a.attached_by,
       a.detached_at,
       CASE WHEN a.detached_at IS NULL THEN (
            WITH RECURSIVE part (tbl) AS (
                SELECT a.tbl::oid
                UNION ALL
                SELECT i.inhrelid FROM part p JOIN pg_catalog.pg_inherits i ON i.inhparent = p.tbl)
            SELECT count(*) FROM part p
             WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t
                                WHERE t.tgrelid = p.tbl AND t.tgname = 'leadreturns_insert'))
            END AS without_triggers
  FROM leadreturns.attachment a
 WHERE (SELECT leadreturns.sees_all());
