-- What the files are about: it is 2026-03-10 12:00 UTC, and these leads have been delivered. Files
-- leave it as it is, because each is undone.
\ir ../model/common.sql
ALTER DATABASE postgres SET leadreturns.now = '2026-03-10 12:00:00+00';
SET leadreturns.now = '2026-03-10 12:00:00+00';
INSERT INTO leadreturns.buyer (buyer_id, name) VALUES (3, 'Caps'), (4, 'Special');
INSERT INTO leadreturns.account (account_id, buyer_id, name, currency) VALUES
    (31, 3, 'three returns', 'USD'), (32, 3, 'half of the value', 'USD'),
    (33, 3, 'two, then review', 'USD'), (34, 4, 'asks once', 'USD'), (41, 4, 'in euros', 'EUR'),
    (42, 4, 'accepts later', 'USD'), (43, 4, 'replaces', 'USD');
INSERT INTO leadreturns.reason (code, label, active, requires_note, always_review) VALUES
    ('needs_proof', 'Needs proof', true, true, false), ('old_one', 'Old one', false, false, false),
    ('look_first', 'Look first', true, false, true);
INSERT INTO leadreturns.reason_alias (alias, code) VALUES
    ('phone was disconnected', 'bad_contact_info'), ('disconnected phone', 'bad_contact_info'),
    ('home phone number was disconnected', 'bad_contact_info'),
    ('invalid number', 'bad_contact_info'), ('número inválido', 'bad_contact_info'),
    (repeat('y', 75), 'wrong_vertical');
-- account 12 has none: its returns wait for a person
SELECT count(lr_set_terms('account', account, settings, '2000-01-01')) FROM (VALUES
    (11, '{"auto_accept": "always"}'::jsonb),
    (21, '{"auto_accept": "always", "allow_other_reason": false}'),
    (31, '{"auto_accept": "always", "max_return_count": 3}'),
    (32, '{"auto_accept": "always", "max_return_percent": 50, "cap_basis": "value"}'),
    (33, '{"auto_accept": "always", "max_return_count": 2, "at_cap": "review"}'),
    (34, '{"resubmission": false}'),
    (41, '{"auto_accept": "always", "clawback": "always"}'),
    (42, '{"auto_accept": "always", "auto_accept_delay": "2 hours"}'),
    (43, '{"auto_accept": "always", "remedy": "replacement"}')) v (account, settings);

-- Delivery ids are the lead's, or end in a number when there are several. Leads 101 to 120 can be
-- found by external id, address and telephone number.
INSERT INTO leadreturns.deliveries (delivery_id, lead_id, account_id, supplier_id, price, cost,
                                    delivered_at, external_id, email, phone)
SELECT n, n, 11, 5, 10, 6, '2026-03-01 12:00+00', 'ext-' || n, 'Lead' || n || '@Example.com',
       format('+1 (555) 000-%s', lpad(n::text, 4, '0'))
  FROM generate_series(101, 120) n;
INSERT INTO leadreturns.deliveries (delivery_id, lead_id, account_id, supplier_id, price, cost,
                                    delivered_at, external_id, email) VALUES
    (121, 121, 11, 5, 10, 6, '2026-03-01 12:00+00', NULL, 'ÄRGER@Example.com'),
    (122, 122, 11, 5, 10, 6, '2026-03-01 12:00+00', 'a,b "c"', NULL),
    (123, 123, 11, 5, 10, 6, '2026-03-01 12:00+00', '571b5c8e-a5b2-4d57-8574-f2ffb06fdeff', NULL);
SELECT count(t.lead(n, '2026-03-01 12:00+00', account)) FROM (
    SELECT 12, generate_series(201, 204)
    UNION ALL SELECT 11, unnest('{301,303,310,311,7,9223372036854775807,579767,580026,579892,
        581356,581413,582057,581415,582124,582344,580937,581292}'::bigint[])
    UNION ALL VALUES (12, 302), (34, 309), (42, 611), (43, 621)
    UNION ALL SELECT 21, generate_series(401, 404)
    UNION ALL SELECT 31, generate_series(501, 505)
    UNION ALL SELECT 33, generate_series(521, 524)) v (account, n);
SELECT count(t.lead(510 + n, '2026-03-01 12:00+00', 32, 10 * n)) FROM generate_series(1, 4) n;
SELECT t.lead(304, '2026-01-01 12:00+00'), t.lead(305, '2026-03-11 12:00+00'),
       t.lead(601, '2026-03-01 12:00+00', 41, 12.34, 7.77);
INSERT INTO leadreturns.deliveries (delivery_id, lead_id, account_id, supplier_id, price, cost,
                                    delivered_at) VALUES
    (30601, 306, 11, 5, 10, 6, '2026-03-01 12:00+00'),
    (30602, 306, 21, 5, 10, 6, '2026-03-02 12:00+00'),
    (30701, 307, 11, 5, 10, 6, '2026-03-01 12:00+00'),
    (30702, 307, 11, 5, 10, 6, '2026-03-02 12:00+00'),
    (30801, 308, 11, 5, 10, 6, '2026-03-01 12:00+00'),
    (30802, 308, 12, 5, 10, 6, '2026-03-02 12:00+00'),
    (31201, 312, 11, 5, 10, 6, '2026-03-01 12:00+00'),
    (31202, 312, 11, 5, 10, 6, '2026-03-02 12:00+00'),
    (31203, 312, 11, 5, 10, 6, '2026-03-03 12:00+00'),
    (31301, 313, 12, 5, 10, 6, '2026-03-01 12:00+00'),
    (31302, 313, 11, 5, 10, 6, '2026-03-02 12:00+00');
UPDATE leadreturns.deliveries SET deleted_at = '2026-03-05 12:00+00'
 WHERE delivery_id IN (303, 31203);

-- 301 is returned, 302 is open, 309 and 311 were declined, 310 was withdrawn
SELECT lr_return(301, 'duplicate'), lr_return(302, 'duplicate');
SELECT lr_return(n, 'look first') FROM unnest('{309,310,311}'::bigint[]) n;
SELECT lr_decline(t.last_return(309)), lr_withdraw(t.last_return(310)),
       lr_decline(t.last_return(311));
