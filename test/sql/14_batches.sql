-- Rows that a statement gathers are neither lost nor doubled by savepoints inside it.
\set VERBOSITY terse
INSERT INTO leadreturns.buyer (buyer_id, name) VALUES (1401, 'Batches');
INSERT INTO leadreturns.account (account_id, buyer_id, name) VALUES (1401, 1401, 'Batches');

-- Each call writes its own row in a savepoint, which also writes what the outer statement has
-- gathered; every second savepoint is rolled back.
CREATE FUNCTION deliver_inside(lead bigint, fails boolean) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        INSERT INTO leadreturns.deliveries (lead_id, account_id, price) VALUES (lead, 1401, 2);
        IF fails THEN
            RAISE EXCEPTION 'rolled back';
        END IF;
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
    RETURN lead + 100;
END;
$$;
INSERT INTO leadreturns.deliveries (lead_id, account_id, price)
SELECT deliver_inside(140000 + i, i % 2 = 0), 1401, 1 FROM generate_series(1, 6) i;
SELECT lead_id, price FROM leadreturns.deliveries WHERE account_id = 1401 ORDER BY lead_id;

-- A command in the same statement sees what was gathered before it.
WITH delivered AS (
    INSERT INTO leadreturns.deliveries (lead_id, account_id, price)
    VALUES (140201, 1401, 1), (140202, 1401, 1) RETURNING lead_id)
SELECT r.lead_id, r.status
  FROM delivered d CROSS JOIN LATERAL lr_return(d.lead_id, 'duplicate') r ORDER BY 1;

-- A bad row in the middle of a statement of several batches leaves nothing behind.
SELECT count(*) AS before FROM leadreturns.transfer \gset
INSERT INTO leadreturns.deliveries (lead_id, account_id, price)
SELECT 150000 + i, 1401, CASE WHEN i = 1500 THEN -1 ELSE 1 END FROM generate_series(1, 2000) i;
SELECT count(*) AS deliveries FROM leadreturns.deliveries WHERE lead_id > 150000;
SELECT count(*) - :before AS transfers FROM leadreturns.transfer;

-- A savepoint takes its rows with it.
BEGIN;
INSERT INTO leadreturns.deliveries (lead_id, account_id, price) VALUES (140301, 1401, 1);
SAVEPOINT s;
INSERT INTO leadreturns.deliveries (lead_id, account_id, price) VALUES (140302, 1401, 1);
ROLLBACK TO s;
INSERT INTO leadreturns.deliveries (lead_id, account_id, price) VALUES (140303, 1401, 1);
COMMIT;
SELECT lead_id FROM leadreturns.deliveries WHERE lead_id BETWEEN 140301 AND 140309 ORDER BY 1;

-- Many batches in one statement: every row, its sale and its count are there.
INSERT INTO leadreturns.deliveries (lead_id, account_id, price)
SELECT 160000 + i, 1401, 1 FROM generate_series(1, 3000) i;
SELECT count(*), count(DISTINCT d.delivery_id) AS ids, count(t.transfer_id) AS sales
  FROM leadreturns.delivery d
  LEFT JOIN leadreturns.transfer t ON t.transfer_id = d.sale_transfer_id AND t.amount = d.price
 WHERE d.lead_id > 160000;
SELECT * FROM lr_reconcile();
DROP FUNCTION deliver_inside(bigint, boolean);
