-- For the comparison of library and twin: accounts whose terms differ, so that every rule that the
-- twin has is decided both ways, and deliveries that are unlike the others. After reference.sql.

SELECT count(lr_set_terms('account', s.account_id, s.settings, '2000-01-01'))
  FROM (VALUES (6, '{"max_return_count": 1, "at_cap": "review"}'::jsonb),
               (7, '{"max_return_count": 2}'),
               (8, '{"max_return_percent": 20}'),
               (9, '{"max_return_percent": 35, "cap_basis": "value"}'),
               (10, '{"max_return_percent": 10, "cap_min_volume": 6}'),
               (11, '{"allow_other_reason": false}'),
               (12, '{"min_age": "3 days"}'),
               (13, '{"max_age": "10 days 06:00"}'),
               (14, '{"clawback": "always"}'),
               (15, '{"clawback": "never"}'),
               (16, '{"reverse_money": false}'),
               (17, '{"remedy": "replacement"}'),
               (18, '{"resubmission": false}'),
               (19, '{"time_zone": "Asia/Kolkata", "accepted_status": "BACK"}'),
               (20, '{"max_return_percent": 12.5}')) s (account_id, settings);
-- versions that begin amid the deliveries
SELECT count(lr_set_terms(s.scope, s.id, s.settings, now() - s.age))
  FROM (VALUES ('account', 20, '{"max_return_count": 1}'::jsonb, interval '5 days'),
               ('buyer', 3, '{"clawback": "always"}', interval '9 days')
       ) s (scope, id, settings, age);

UPDATE leadreturns.reason SET max_age = '8 days' WHERE code = 'wrong_vertical';
UPDATE leadreturns.reason SET requires_note = true WHERE code = 'tcpa_risk';
INSERT INTO leadreturns.reason (code, label, active, merged_into)
VALUES ('old', 'Old reason', false, NULL), ('dupe', 'Dupe', false, 'duplicate');

INSERT INTO leadreturns.deliveries
    (lead_id, account_id, supplier_id, lead_group_id, price, cost, external_id)
VALUES (90001, 1, 1, 1, 0, 5, NULL), (90002, 2, 2, 2, 33.33, 0, 'x-2'),
       (90003, 3, NULL, 3, 10, 7, NULL), (90004, 4, 4, NULL, 10, 7, NULL),
       (90005, 5, 5, 5, 10, 7, NULL), (90006, 6, 6, 1, 99.99, 98, NULL),
       (90007, 1, 1, 1, 10, 7, NULL), (90007, 2, 1, 1, 10, 7, NULL);
UPDATE leadreturns.deliveries SET deleted_at = now() WHERE lead_id = 90005;
SELECT lr_close_period(4, date_trunc('month', current_date)::date) IS NOT NULL;

CREATE SCHEMA bench;
CREATE TABLE bench.outcome (
    step bigint GENERATED ALWAYS AS IDENTITY,
    call text,
    said text
);
