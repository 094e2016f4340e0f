-- Loads leads :from to :to through the view, delivered in this order over the last 20 days.

INSERT INTO leadreturns.deliveries
    (lead_id, account_id, supplier_id, lead_group_id, price, cost, delivered_at)
SELECT i, i % :accounts + 1, i / :accounts % 50 + 1, i % 5 + 1, 20 + i % 80 + 0.5,
       5 + i % 10,
       date_trunc('second', now()) - interval '1 hour'
       - interval '20 days' * ((:to - i) / (:to - :from + 1.0))
  FROM generate_series(:from::bigint, :to) i;
