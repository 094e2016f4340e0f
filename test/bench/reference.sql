-- What the deliveries of the measurements refer to: :accounts accounts, ten of each buyer,
-- 50 suppliers, 5 lead groups, and terms at each of the four scopes. The cap is asked for each
-- return and lets all of them pass. Nobody is notified: what is compared with tells nobody either.

INSERT INTO leadreturns.buyer (buyer_id, name)
SELECT i, format('Buyer %s', i) FROM generate_series(1, :accounts / 10) i;

INSERT INTO leadreturns.account (account_id, buyer_id, name)
SELECT i, (i - 1) % (:accounts / 10) + 1, format('Account %s', i)
  FROM generate_series(1, :accounts) i;

INSERT INTO leadreturns.supplier (supplier_id, name)
SELECT i, format('Supplier %s', i) FROM generate_series(1, 50) i;

INSERT INTO leadreturns.lead_group (lead_group_id, name)
SELECT i, format('Lead group %s', i) FROM generate_series(1, 5) i;

INSERT INTO leadreturns.reason_alias (alias, code)
VALUES ('disconnected phone', 'bad_contact_info'), ('phone was disconnected', 'bad_contact_info'),
       ('already a customer', 'duplicate'), ('renter', 'wrong_vertical');

SELECT count(lr_set_terms(s.scope, s.scope_id, s.settings, '2000-01-01'))
  FROM (SELECT 'global', NULL::bigint, '{"max_return_percent": 100, "max_age": "30 days",
               "notify_buyer": false, "notify_supplier": false, "notify_seller": false}'::jsonb
         UNION ALL
        SELECT 'lead_group', i, '{"clawback": "by_reason"}' FROM generate_series(1, 5) i
         UNION ALL
        SELECT 'buyer', i, '{"time_zone": "America/New_York"}'
          FROM generate_series(1, :accounts / 10) i
         UNION ALL
        SELECT 'account', i, '{"accepted_status": "RETURNED", "min_age": "0"}'
          FROM generate_series(1, :accounts) i) s (scope, scope_id, settings);
