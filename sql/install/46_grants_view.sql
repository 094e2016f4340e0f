-- Who has been granted what.

CREATE VIEW leadreturns.grants WITH (security_barrier) AS
SELECT coalesce(r.rolname::text, g.role::oid::text) AS role_name, g.kind, g.party_id,
       coalesce(b.name, s.name) AS party, r.oid IS NOT NULL AS role_exists,
       g.granted_at, g.granted_by
  FROM leadreturns.party_grant g
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = g.role
  LEFT JOIN leadreturns.buyer b ON g.kind = 'buyer' AND b.buyer_id = g.party_id
  LEFT JOIN leadreturns.supplier s ON g.kind = 'supplier' AND s.supplier_id = g.party_id
 WHERE (SELECT leadreturns.sees_all());
