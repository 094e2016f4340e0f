-- Deliveries through the view, which adds their ledger rows.
\timing on
INSERT INTO leadreturns.deliveries
    (lead_id, account_id, supplier_id, lead_group_id, price, cost, delivered_at, status,
     external_id, email, phone)
SELECT lead_id, account_id, supplier_id, lead_group_id, price, cost, delivered_at, status,
       external_id, email, phone
  FROM bench.source;
