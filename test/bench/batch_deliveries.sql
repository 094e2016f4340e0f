-- Loads leads 1 to :leads through the view, delivered in this order over the last 20 days; each
-- account has leads of all groups.

INSERT INTO leadreturns.deliveries
    (lead_id, account_id, supplier_id, lead_group_id, price, cost, delivered_at)
SELECT i, (i - 1) % :accounts + 1, i / :accounts % 50 + 1, (i - 1) / :accounts % 5 + 1,
       20 + i % 80 + 0.5, 5 + i % 10,
       date_trunc('second', now()) - interval '1 hour'
       - interval '20 days' * ((:leads - i) / (:leads + 1.0))
  FROM generate_series(1::bigint, :leads) i;
