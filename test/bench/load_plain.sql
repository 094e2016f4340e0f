-- The same rows as plain statements, which check nothing and are told the ids: :round is the
-- number of rounds before this one.
\set base ':round * (SELECT count(*) FROM bench.source)'
\timing on
BEGIN;
INSERT INTO bench.delivery
    (delivery_id, lead_id, account_id, supplier_id, lead_group_id, price, cost, currency,
     delivered_at, delivered_on, status, external_id, email, phone, sale_transfer_id,
     payout_transfer_id)
SELECT :base + lead_id, lead_id, account_id, supplier_id, lead_group_id, price, cost, currency,
       delivered_at, delivered_on, status, external_id, email, phone,
       2 * (:base + lead_id) - 1, 2 * (:base + lead_id)
  FROM bench.source;
INSERT INTO bench.transfer
    (transfer_id, posted_at, posted_on, kind, debit, credit, account_id, supplier_id, amount,
     currency, delivery_id, actor)
SELECT 2 * (:base + s.lead_id) - v.n, s.delivered_at, s.delivered_on, v.kind, v.debit, v.credit,
       CASE v.n WHEN 1 THEN s.account_id END, CASE v.n WHEN 0 THEN s.supplier_id END,
       CASE v.n WHEN 1 THEN s.price ELSE s.cost END, s.currency, :base + s.lead_id, current_user
  FROM bench.source s
 CROSS JOIN (VALUES (1, 'sale', 'account', 'revenue'), (0, 'payout_due', 'cost', 'supplier'))
            v (n, kind, debit, credit);
INSERT INTO bench.volume_delta SELECT account_id, delivered_at, price FROM bench.source;
-- one row for each, as the view writes them: what it writes at once has no key twice
INSERT INTO bench.rate_delta
SELECT account_id, supplier_id, lead_group_id, currency, delivered_on, NULL, NULL, 1, 0, 0, 0, 0,
       0, 0, 0, price * 100, cost * 100, 0, 0, 0, 0, 0
  FROM bench.source;
COMMIT;
