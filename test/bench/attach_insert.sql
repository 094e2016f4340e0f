-- The application's bulk INSERT into table bench.:table, in its round.
\timing on
INSERT INTO bench.:table
SELECT :round * :rows::bigint + lead_id, account_id, supplier_id, lead_group_id, price, cost,
       'sold', delivered_at, external_id, email, phone
  FROM bench.source;
