-- The same returns, as staff, a buyer, a supplier and a report see them.
\echo '11. WHO SEES WHAT: THE SAME RETURNS FOR FOUR ROLES (view leadreturns.returns)'
SELECT r.buyer_id, r.buyer, r.supplier_id, r.supplier
  FROM leadreturns.returns r
 WHERE r.status = 'accepted' AND r.clawback > 0 AND r.credit > 0
 GROUP BY r.buyer_id, r.buyer, r.supplier_id, r.supplier
 ORDER BY count(*) DESC, r.buyer_id, r.supplier_id LIMIT 1 \gset
-- one that both are a party to, and one that only the buyer or only the supplier is
SELECT (SELECT max(return_id) FROM leadreturns.returns WHERE status = 'accepted' AND clawback > 0
           AND buyer_id = :buyer_id AND supplier_id = :supplier_id)::text
       || ',' || (SELECT max(return_id) FROM leadreturns.returns
                   WHERE buyer_id = :buyer_id AND supplier_id <> :supplier_id)
       || ',' || (SELECT max(return_id) FROM leadreturns.returns
                   WHERE buyer_id <> :buyer_id AND supplier_id = :supplier_id) AS ids \gset
CREATE ROLE demo_staff;
CREATE ROLE demo_buyer;
CREATE ROLE demo_supplier;
CREATE ROLE demo_reporting;
SELECT FROM lr_grant('demo_staff', 'staff') \g /dev/null
SELECT FROM lr_grant('demo_buyer', 'buyer', :buyer_id) \g /dev/null
SELECT FROM lr_grant('demo_supplier', 'supplier', :supplier_id) \g /dev/null
SELECT FROM lr_grant('demo_reporting', 'reporting') \g /dev/null

PREPARE seen AS
SELECT return_id AS return, buyer, supplier, reason, left(reason_text, 20) AS "in their words",
       status, price, cost, credit, clawback
  FROM leadreturns.returns WHERE return_id = ANY (('{' || :'ids' || '}')::bigint[])
 ORDER BY return_id;
\echo 'SET ROLE demo_staff:'
SET ROLE demo_staff;
EXECUTE seen;
\echo 'SET ROLE demo_buyer,' :buyer
SET ROLE demo_buyer;
EXECUTE seen;
\echo 'SET ROLE demo_supplier,' :supplier
SET ROLE demo_supplier;
EXECUTE seen;
\echo 'SET ROLE demo_reporting:'
SET ROLE demo_reporting;
EXECUTE seen;
RESET ROLE;
