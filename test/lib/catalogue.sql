-- All that the catalogue says of what this database has beyond an empty one, and all rows of the
-- extension's tables: one line for each fact, without numbers that another database does not have.
SET search_path = pg_catalog;
CREATE FUNCTION pg_temp.named(class oid, object oid, part integer) RETURNS text LANGUAGE sql AS $$
SELECT regexp_replace(concat_ws(' ', i.type, i.identity),
                      '(pg_toast|RI_ConstraintTrigger_[ac])_\d+', '\1', 'g')
  FROM pg_identify_object(class, object, part) i
$$;
-- An access control list, in no order.
CREATE FUNCTION pg_temp.sorted(acl aclitem[]) RETURNS text LANGUAGE sql AS $$
SELECT string_agg(a::text, ' ' ORDER BY a::text COLLATE "C") FROM unnest(acl) a
$$;
CREATE FUNCTION pg_temp.rows_of(tab regclass) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT t::text FROM %s t', tab);
END;
$$;
CREATE TEMPORARY VIEW relation AS
SELECT c.*, pg_temp.named('pg_class'::regclass, c.oid, 0) AS name
  FROM pg_class c WHERE c.oid >= 16384 AND c.relnamespace = 'leadreturns'::regnamespace;
CREATE TEMPORARY VIEW function AS
SELECT p.*, pg_temp.named('pg_proc'::regclass, p.oid, 0) AS name
  FROM pg_proc p WHERE p.oid >= 16384 AND p.pronamespace <> pg_my_temp_schema();

SELECT replace(concat_ws(': ', name, what, fact), E'\n', ' ') FROM (
SELECT pg_temp.named('pg_extension'::regclass, e.oid, 0), 'is',
       concat_ws(' ', e.extversion, e.extrelocatable, e.extowner::regrole, n.nspname)
  FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.oid >= 16384
UNION ALL
SELECT pg_temp.named('pg_class'::regclass, d.oid, 0), 'is dumped', d.condition
  FROM pg_extension e CROSS JOIN LATERAL unnest(e.extconfig, e.extcondition) AS d (oid, condition)
UNION ALL
SELECT pg_temp.named('pg_namespace'::regclass, n.oid, 0), 'is',
       concat_ws(' ', n.nspowner::regrole, pg_temp.sorted(n.nspacl))
  FROM pg_namespace n WHERE n.oid >= 16384 AND n.nspname !~ '^pg_'
UNION ALL
SELECT c.name, 'is', concat_ws(' ', c.relkind, c.relpersistence, c.relowner::regrole,
                               c.relreplident, c.relhasrules, c.relhastriggers, c.relrowsecurity,
                               c.relforcerowsecurity, c.reloptions, am.amname, c.reltablespace,
                               pg_temp.sorted(c.relacl))
  FROM relation c LEFT JOIN pg_am am ON am.oid = c.relam
UNION ALL
-- by number, because the library reads columns by position
SELECT c.name, 'column ' || a.attnum,
       concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
                 a.attgenerated, a.attcollation::regcollation, a.attstorage, a.attcompression,
                 a.attstattarget, o.options, a.attisdropped, pg_temp.sorted(a.attacl),
                 pg_get_expr(d.adbin, d.adrelid))
  FROM relation c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 -- the server notes there when the columns last changed
 CROSS JOIN LATERAL (SELECT string_agg(n, ' ' ORDER BY n) FROM unnest(a.attoptions) n
                      WHERE n !~ '^pg_attver=') AS o (options)
UNION ALL
SELECT pg_temp.named('pg_constraint'::regclass, k.oid, 0), 'is',
       concat_ws(' ', pg_get_constraintdef(k.oid), k.convalidated, k.connoinherit)
  FROM pg_constraint k WHERE k.oid >= 16384
UNION ALL
SELECT c.name, 'index', concat_ws(' ', pg_get_indexdef(c.oid), i.indisprimary, i.indisunique,
                                  i.indisvalid, i.indisready, i.indisclustered, i.indisreplident)
  FROM relation c JOIN pg_index i ON i.indexrelid = c.oid
UNION ALL
SELECT c.name, 'sequence', concat_ws(' ', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin,
                                     s.seqmax, s.seqcache, s.seqcycle)
  FROM relation c JOIN pg_sequence s ON s.seqrelid = c.oid
UNION ALL
SELECT c.name, 'rule ' || r.rulename, concat_ws(' ', r.ev_enabled, pg_get_ruledef(r.oid))
  FROM relation c JOIN pg_rewrite r ON r.ev_class = c.oid
UNION ALL
SELECT c.name, 'trigger', concat_ws(' ', t.tgenabled, pg_get_triggerdef(t.oid))
  FROM relation c JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
UNION ALL
SELECT f.name, 'is', concat_ws(' ', f.prokind, f.proowner::regrole, f.procost, f.prorows,
                               f.proleakproof,
                               CASE f.prokind WHEN 'a' THEN a::text
                                    ELSE pg_get_functiondef(f.oid) END,
                               pg_temp.sorted(f.proacl))
  FROM function f
  LEFT JOIN LATERAL (SELECT g.aggkind, g.aggtransfn, g.aggfinalfn, g.aggcombinefn, g.aggtranstype,
                            g.agginitval FROM pg_aggregate g WHERE g.aggfnoid = f.oid) a ON true
UNION ALL
SELECT pg_temp.named('pg_type'::regclass, t.oid, 0), 'is',
       concat_ws(' ', t.typtype, t.typowner::regrole, t.typnotnull, t.typdefault, t.typcollation,
                 pg_temp.sorted(t.typacl))
  FROM pg_type t WHERE t.oid >= 16384 AND t.typnamespace = 'leadreturns'::regnamespace
UNION ALL
SELECT pg_temp.named(d.classoid, d.objoid, d.objsubid), 'comment', d.description
  FROM pg_description d WHERE d.objoid >= 16384
UNION ALL
SELECT pg_temp.named(i.classoid, i.objoid, i.objsubid), 'first rights',
       concat_ws(' ', i.privtype, pg_temp.sorted(i.initprivs))
  FROM pg_init_privs i WHERE i.objoid >= 16384
UNION ALL
SELECT pg_temp.named(d.classid, d.objid, d.objsubid), 'depends',
       concat_ws(' ', d.deptype, pg_temp.named(d.refclassid, d.refobjid, d.refobjsubid))
  FROM pg_depend d
 WHERE d.objid >= 16384 AND pg_temp.named(d.classid, d.objid, d.objsubid) !~ 'pg_temp'
UNION ALL
SELECT pg_temp.named(d.classid, d.objid, d.objsubid), 'depends',
       concat_ws(' ', d.deptype, pg_temp.named(d.refclassid, d.refobjid, 0))
  FROM pg_shdepend d JOIN pg_database b ON b.oid = d.dbid AND b.datname = current_database()
UNION ALL
SELECT c.name, 'row', t.row FROM relation c CROSS JOIN LATERAL pg_temp.rows_of(c.oid) AS t (row)
 WHERE c.relkind = 'r') AS catalogue (name, what, fact)
 ORDER BY concat_ws(': ', name, what, fact) COLLATE "C";
