-- A table that an application has already, attached: it is not changed, and neither is its code.
\echo '10. AN APPLICATION''S OWN TABLE, ATTACHED'
SELECT account_id, buyer_id FROM leadreturns.account ORDER BY account_id LIMIT 1 \gset
SELECT supplier_id FROM leadreturns.supplier ORDER BY supplier_id LIMIT 1 \gset
CREATE SCHEMA crm;
CREATE TABLE crm."Leads" (
    "Id"       bigint PRIMARY KEY,
    "Buyer"    bigint NOT NULL,
    vendor     bigint,
    price      numeric(10,2) NOT NULL,
    payout     numeric(10,2) NOT NULL,
    state      text NOT NULL DEFAULT 'new',
    sold_at    timestamptz,
    contact    text
);
INSERT INTO crm."Leads"
SELECT 95000000 + n, :account_id, :supplier_id, 30, 12,
       CASE WHEN n % 4 = 0 THEN 'new' ELSE 'sold' END,
       CASE WHEN n % 4 > 0 THEN leadreturns.clock() - n * interval '1 hour' END,
       'person' || n || '@example.com'
  FROM generate_series(1, 20) AS n;
SELECT lr_attach('crm."Leads"', '{"lead_id": "Id", "account": "Buyer", "supplier": "vendor",
    "price": "price", "cost": "payout", "status": "state", "delivered_at": "sold_at",
    "email": "contact", "delivered": ["sold"]}') AS taken \gset
\echo :taken 'of its 20 rows are sold and have become deliveries. The application goes on:'
\echo '  UPDATE crm."Leads" SET state = ''sold'', sold_at = now() WHERE "Id" = 95000004'
UPDATE crm."Leads" SET state = 'sold', sold_at = leadreturns.clock() WHERE "Id" = 95000004;
SELECT r.return_id FROM lr_return(95000004, 'duplicate', 'the CRM had it', override => true) r \gset
SELECT status = 'open' AS is_open FROM leadreturns.returns WHERE return_id = :return_id \gset
\if :is_open
SELECT FROM lr_accept(:return_id, 'checked') \g /dev/null
\endif
\echo 'Lead 95000004 is returned and accepted; its row says so, without a line of code:'
SELECT "Id"::text AS "Id", state FROM crm."Leads" WHERE "Id" IN (95000003, 95000004)
 ORDER BY "Leads"."Id";
SELECT status FROM lr_rollback_return(95000004, 'shown enough') \g /dev/null
SELECT state AS back FROM crm."Leads" WHERE "Id" = 95000004 \gset
\echo 'Rolled back, it is' :back 'again.'
\echo
