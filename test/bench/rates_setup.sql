-- Three years for the reports: :accounts accounts (four of a buyer, in three currencies), 300
-- suppliers, 20 lead groups; each account buys one kind of lead from six suppliers. A tenth comes
-- back: most of it accepted by rule, some declined, some still open. :leads deliveries, up to now.

INSERT INTO leadreturns.buyer (buyer_id, name)
SELECT i, format('Buyer %s', i) FROM generate_series(1, :accounts / 4) i;
INSERT INTO leadreturns.account (account_id, buyer_id, name, currency)
SELECT i, (i - 1) % (:accounts / 4) + 1, format('Account %s', i),
       ('{USD,USD,USD,EUR,GBP}'::text[])[i % 5 + 1]
  FROM generate_series(1, :accounts) i;
INSERT INTO leadreturns.supplier (supplier_id, name)
SELECT i, format('Supplier %s', i) FROM generate_series(1, 300) i;
INSERT INTO leadreturns.lead_group (lead_group_id, name)
SELECT i, format('Lead group %s', i) FROM generate_series(1, 20) i;
SELECT FROM lr_set_terms('global', NULL, '{"max_age": "60 days", "auto_accept": "always"}',
                         '2000-01-01');
-- a person decides on the returns of every fifth buyer
SELECT count(lr_set_terms('buyer', i, '{"auto_accept": "never"}', '2000-01-01'))
  FROM generate_series(5, :accounts / 4, 5) i;

-- A month of deliveries, then the returns of its leads at the end of it.
CREATE PROCEDURE bench.live_month(first bigint, last bigint, starts_at timestamptz,
                                  ends_at timestamptz, accounts integer, fold boolean)
LANGUAGE plpgsql AS $$
DECLARE
    leads bigint[];
BEGIN
    INSERT INTO leadreturns.deliveries
        (lead_id, account_id, supplier_id, lead_group_id, price, cost, delivered_at)
    SELECT i, a.id, (a.id * 7 + h.h / accounts % 6 * 41) % 300 + 1, a.id % 20 + 1,
           20 + i % 80 + 0.5, 5 + i % 10,
           date_trunc('second', starts_at + (ends_at - starts_at)
                                * ((i - first) / (last - first + 1)::float8))
      FROM generate_series(first, last) i
     CROSS JOIN LATERAL (SELECT hashint8(i)::bigint & 2147483647) h (h)
     CROSS JOIN LATERAL (SELECT h.h % accounts + 1) a (id);
    PERFORM set_config('leadreturns.now', ends_at::text, true);
    FOR n IN 0 .. 5 LOOP
        SELECT array_agg(i ORDER BY i) INTO leads
          FROM generate_series(first, last) i WHERE i % 60 = n * 10 + 7;
        PERFORM lr_return_many(leads,
            ('{bad_contact_info,duplicate,wrong_vertical,out_of_service_area,tcpa_risk,gone}'::
             text[])[n + 1]);
    END LOOP;
    UPDATE leadreturns.returns SET status = 'declined'
     WHERE status = 'open' AND return_id % 4 > 0;
    IF fold THEN
        PERFORM leadreturns.fold_rates(10000000);
    END IF;
END;
$$;

CREATE PROCEDURE bench.live(leads bigint, accounts integer)
LANGUAGE plpgsql AS $$
DECLARE
    today timestamptz := date_trunc('day', now(), 'UTC');
    months constant integer := 36;
BEGIN
    FOR m IN 0 .. months - 1 LOOP
        CALL bench.live_month(
            m * leads / months + 1, (m + 1) * leads / months,
            today - interval '30 days 10 hours' * (months - m),
            today - interval '30 days 10 hours' * (months - m - 1), accounts, true);
        COMMIT;
    END LOOP;
END;
$$;
SET synchronous_commit = off;
CALL bench.live(:leads, :accounts);
RESET synchronous_commit;
VACUUM (ANALYZE);
