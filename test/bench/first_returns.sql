-- One return for each account and each month that has deliveries, on leads of their own after
-- :leads: it counts the deliveries of the period once, which is not what is measured.

INSERT INTO leadreturns.deliveries
    (lead_id, account_id, supplier_id, lead_group_id, price, cost, delivered_at)
SELECT :leads::bigint + 2 * a + x, a, 1, 1, 50, 10,
       now() - interval '1 hour' - interval '20 days' * x
  FROM generate_series(1, 200) a, generate_series(0, 1) x;

SELECT count(lr_return(:leads::bigint + i, 'duplicate')) FROM generate_series(2, 401) i;
