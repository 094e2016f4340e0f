-- For the comparison of the library and the statements: accounts whose terms differ, so that each
-- rule that the statements have is decided both ways. Between batch_reference.sql and
-- batch_deliveries.sql.

SELECT count(lr_set_terms('account', s.account_id, s.settings, '2000-01-01'))
  FROM (VALUES (6, '{"max_return_count": 9}'::jsonb),
               (7, '{"max_return_percent": 12.5}'),
               (8, '{"max_return_percent": 1, "cap_min_volume": 81}'),
               (9, '{"max_return_percent": 1, "cap_min_volume": 80}'),
               (10, '{"allow_other_reason": false}'),
               (11, '{"min_age": "3 days"}'),
               (12, '{"max_age": "10 days 06:00"}'),
               (13, '{"clawback": "always"}'),
               (14, '{"clawback": "never"}'),
               (15, '{"reverse_money": false}'),
               (16, '{"remedy": "replacement"}'),
               (17, '{"resubmission": false}'),
               (18, '{"time_zone": "Asia/Kolkata", "accepted_status": "BACK"}')
       ) s (account_id, settings);
-- versions that begin amid the deliveries
SELECT count(lr_set_terms(s.scope, s.id, s.settings, now() - s.age))
  FROM (VALUES ('account', 19, '{"accepted_status": "LATER"}'::jsonb, interval '5 days'),
               ('buyer', 3, '{"clawback": "always"}', interval '9 days')
       ) s (scope, id, settings, age);
