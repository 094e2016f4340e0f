-- What a role of each kind may do with each object of the extension, as the server answers for
-- roles that lr_grant has just been given: the view pg_temp.right_to. To be run in a transaction
-- that is rolled back.
CREATE ROLE lr_kind_staff;
CREATE ROLE lr_kind_app;
CREATE ROLE lr_kind_buyer;
CREATE ROLE lr_kind_supplier;
CREATE ROLE lr_kind_reporting;
CREATE ROLE lr_kind_nobody;
INSERT INTO leadreturns.buyer (buyer_id, name) VALUES (900001, 'Buyer');
INSERT INTO leadreturns.supplier (supplier_id, name) VALUES (900001, 'Supplier');
DO $$
BEGIN
    PERFORM lr_grant('lr_kind_staff', 'staff'), lr_grant('lr_kind_app', 'app'),
            lr_grant('lr_kind_buyer', 'buyer', 900001),
            lr_grant('lr_kind_supplier', 'supplier', 900001),
            lr_grant('lr_kind_reporting', 'reporting');
END;
$$;

-- every object with the verbs that there are for its kind
CREATE TEMPORARY VIEW object AS
SELECT 'schema' AS type, n.oid, n.nspname::text AS name, '{USAGE,CREATE}'::text[] AS verbs
  FROM pg_namespace n WHERE n.nspname = 'leadreturns'
UNION ALL
SELECT 'function', p.oid, p.proname::text, '{EXECUTE}'
  FROM pg_proc p
  JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
  JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
 WHERE e.extname = 'leadreturns'
UNION ALL
SELECT CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' ELSE 'table' END, c.oid,
       c.relname::text,
       CASE c.relkind WHEN 'S' THEN '{USAGE,SELECT,UPDATE}'::text[]
            ELSE '{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}' END
  FROM pg_class c
 WHERE c.relnamespace = 'leadreturns'::regnamespace AND c.relkind NOT IN ('i', 'c');

CREATE FUNCTION pg_temp.may(role text, type text, object oid, verb text) RETURNS boolean
LANGUAGE sql STABLE AS $$
SELECT CASE type WHEN 'schema' THEN has_schema_privilege(role, object, verb)
                 WHEN 'function' THEN has_function_privilege(role, object, verb)
                 WHEN 'sequence' THEN has_sequence_privilege(role, object, verb)
                 ELSE has_table_privilege(role, object, verb) END
$$;

-- a right to some columns alone is written with them: buyer(buyer_id)
CREATE TEMPORARY VIEW right_to AS
SELECT k.kind, k.n, o.type, o.name, v.verb
  FROM unnest('{staff,app,buyer,supplier,reporting,nobody}'::text[])
       WITH ORDINALITY AS k (kind, n)
 CROSS JOIN object o CROSS JOIN unnest(o.verbs) AS v (verb)
 WHERE pg_temp.may('lr_kind_' || k.kind, o.type, o.oid, v.verb)
UNION ALL
SELECT k.kind, k.n, o.type, format('%s(%s)', o.name,
                                   string_agg(a.attname, ',' ORDER BY a.attnum)), v.verb
  FROM unnest('{staff,app,buyer,supplier,reporting,nobody}'::text[])
       WITH ORDINALITY AS k (kind, n)
 CROSS JOIN object o CROSS JOIN unnest('{SELECT,INSERT,UPDATE,REFERENCES}'::text[]) AS v (verb)
  JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE o.type IN ('table', 'view')
   AND NOT pg_temp.may('lr_kind_' || k.kind, o.type, o.oid, v.verb)
   AND has_column_privilege('lr_kind_' || k.kind, o.oid, a.attnum, v.verb)
 GROUP BY k.kind, k.n, o.type, o.name, v.verb;
