-- Three returns for each account, on leads of their own after :leads: two count the deliveries of
-- the months there are, the third folds the deltas. That happens once and is not what is measured.

INSERT INTO leadreturns.deliveries
    (lead_id, account_id, supplier_id, lead_group_id, price, cost, delivered_at)
SELECT :leads::bigint + 3 * a + x, a, 1, 1, 50, 10,
       now() - interval '1 hour' - interval '20 days' * (x % 2)
  FROM generate_series(1, :accounts) a, generate_series(0, 2) x;

SELECT count(lr_return(:leads::bigint + i, 'duplicate'))
  FROM generate_series(3, 3 * :accounts + 2) i;
