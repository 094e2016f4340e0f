-- Prints the tables of doc/reference.md that are made of the catalogue, each between the marks that
-- the document has; see test/lib/reference-parts. For psql -A -t -q.

CREATE FUNCTION pg_temp.cell(told text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN coalesce(replace(told, '|', '\|'), '');

-- what staff fills, what is read, what is inside
CREATE TEMPORARY VIEW relation AS
SELECT c.oid, c.relname AS name, c.relkind = 'r' AS is_table,
       -- the document has examples with answers
       regexp_replace(obj_description(c.oid), ' Example: .*', '') AS told,
       CASE WHEN NOT used.by_staff THEN 'records'
            WHEN c.relkind = 'v' THEN 'views' ELSE 'reference tables' END AS part
  FROM pg_class c
 CROSS JOIN LATERAL (
       SELECT EXISTS (SELECT FROM leadreturns.privileges('staff') p
                       WHERE p.statement ~ (' ON leadreturns.' || c.relname || '$'))
       ) AS used (by_staff)
 WHERE c.relnamespace = 'leadreturns'::regnamespace AND c.relkind IN ('r', 'v');

CREATE TEMPORARY VIEW line AS
SELECT r.part, r.oid AS place, 0 AS n, format(E'\n### %s\n\n%s\n', r.name, r.told)
       || CASE WHEN r.is_table THEN E'\n| column | type | default | meaning |\n|---|---|---|---|'
               ELSE E'\n| column | type | meaning |\n|---|---|---|' END AS said
  FROM relation r
UNION ALL
SELECT r.part, r.oid, a.attnum,
       CASE WHEN r.is_table
            THEN format('| `%s` | %s%s | %s | %s |', a.attname, t.name,
                        CASE WHEN a.attnotnull THEN ' not null' ELSE '' END,
                        pg_temp.cell(t.standard), pg_temp.cell(t.told))
            ELSE format('| `%s` | %s | %s |', a.attname, t.name, pg_temp.cell(t.told)) END
  FROM relation r
  JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
 CROSS JOIN LATERAL (
     SELECT replace(format_type(a.atttypid, a.atttypmod), 'timestamp with time zone',
                    'timestamptz') AS name,
            CASE WHEN a.attidentity <> '' THEN 'next id'
                 WHEN a.attgenerated <> '' THEN 'generated'
                 ELSE '`' || regexp_replace(pg_get_expr(d.adbin, d.adrelid), '::[a-z]+$', '') || '`'
            END AS standard,
            col_description(r.oid, a.attnum) AS told) t;

SELECT '<!-- generated: ' || part || E' -->\n'
       || string_agg(said, E'\n' ORDER BY place, n) || E'\n\n<!-- end -->'
  FROM line GROUP BY part;

SELECT E'<!-- generated: errors -->\n\n| SQLSTATE | condition | HTTP | message | hint |\n'
       || E'|---|---|---|---|---|\n'
       || string_agg(format('| %s | `%s` | %s | %s | %s |', sqlstate, condition, http_status,
                            pg_temp.cell(message), pg_temp.cell(hint)), E'\n' ORDER BY ordinality)
       || E'\n\n<!-- end -->'
  FROM leadreturns.error_catalogue() WITH ORDINALITY;

-- Who may do what, as the server says: the columns are the kinds of parties.
BEGIN;
\ir rights.sql
WITH cell AS (
    SELECT o.type, o.name, k.n, string_agg(lower(r.verb), ', ' ORDER BY r.verb) AS said
      FROM (SELECT DISTINCT type, name FROM right_to) o
     CROSS JOIN generate_series(1, 5) AS k (n)
      LEFT JOIN right_to r ON (r.type, r.name, r.n) = (o.type, o.name, k.n)
     GROUP BY o.type, o.name, k.n),
line AS (
    SELECT type, name, format('| `%s` | %s | %s |', name, type,
                              string_agg(coalesce(said, ''), ' | ' ORDER BY n)) AS said
      FROM cell GROUP BY type, name)
SELECT E'<!-- generated: rights -->\n\n'
       || E'| object | | staff | app | buyer | supplier | reporting |\n'
       || E'|---|---|---|---|---|---|---|\n'
       || string_agg(said, E'\n' ORDER BY array_position('{schema,function,view,table}', type),
                                         name LIKE 'lr\_%' DESC, name COLLATE "C")
       || E'\n\n<!-- end -->'
  FROM line;
ROLLBACK;
