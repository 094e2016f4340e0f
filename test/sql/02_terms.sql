-- Terms: what may be set, which scope wins, which version judges a lead.
\set ECHO none
\getenv dir PG_ABS_SRCDIR
\set file :dir /model/fresh.sql
\i :file
\set ECHO all
SELECT t.at('2026-03-02 12:00:00+00');
-- every setting with its default
SELECT setting, value, scope, scope_id, t.utc(valid_from) FROM lr_terms(11)
 ORDER BY setting COLLATE "C";

-- account, buyer, lead group, global: the most specific one that says something
SELECT scope, scope_id, t.utc(valid_from), settings
  FROM lr_set_terms('global', NULL, '{"max_age": "5 days", "remedy": "replacement",
                    "min_age": "1 hour", "assignee": "g", "cap_days": 3}',
                    '2026-01-01 00:00:00+00');
SELECT settings FROM lr_set_terms('lead_group', 7, '{"max_age": "6 days", "remedy": "credit",
                    "min_age": "2 hours"}', '2026-01-01 00:00:00+00');
SELECT settings FROM lr_set_terms('buyer', 1, '{"max_age": "7 days", "remedy": "replacement"}',
                    '2026-01-01 00:00:00+00');
SELECT settings FROM lr_set_terms('account', 11, '{"max_age": "8 days"}', '2026-01-01 00:00:00+00');
CREATE FUNCTION t.show(account bigint, grp bigint, at timestamptz DEFAULT NULL)
RETURNS TABLE (setting text, value text, scope text, scope_id bigint) LANGUAGE sql AS $$
SELECT setting, value, scope, scope_id FROM lr_terms(account, grp, at)
 WHERE setting IN ('max_age', 'remedy', 'min_age', 'assignee', 'cap_days')
 ORDER BY setting COLLATE "C" $$;
SELECT * FROM t.show(11, 7);
SELECT * FROM t.show(12, 7);
SELECT * FROM t.show(21, NULL);
SELECT * FROM t.show(11, 7, '2025-12-31 23:59:59.999999+00');

-- a new version changes what it names; null takes a setting away
SELECT settings, t.utc(valid_from) FROM lr_set_terms('account', 11, '{"min_age": "3 hours"}');
SELECT settings FROM lr_set_terms('account', 11, '{"max_age": null}', '2026-03-02 13:00:00+00');
SELECT * FROM t.show(11, 7);
SELECT * FROM t.show(11, 7, '2026-03-02 13:00:00+00');

-- a lead is judged by the terms in force when it was delivered
SELECT t.lead(1, '2026-03-01 12:00:00+00', 21), t.lead(2, '2026-03-02 12:00:00+00', 21);
SELECT settings FROM lr_set_terms('account', 21, '{"max_age": "1 day"}', '2026-03-02 12:00:00+00');
SELECT lead_id, t.utc(window_closes_at)
  FROM (VALUES (1), (2)) l (lead_id), lr_check_return(lead_id, 'other');
SELECT t.at('2026-03-05 00:00:00+00');
SELECT t.file(1, 'duplicate');
SELECT t.file(2, 'duplicate');
-- the past is never judged anew
SELECT lr_set_terms('account', 21, '{"max_age": "2 days"}', '2026-03-01 00:00:00+00');
SELECT lr_set_terms('account', 21, '{"max_age": "5 days"}', '2026-03-01 12:00:00+00');
SELECT lr_set_terms('global', NULL, '{"cap_days": 4}', '2026-03-01 00:00:00+00');
SELECT detail FROM t.texts('SELECT lr_set_terms(''buyer'', 2, ''{"remedy": "replacement"}'',
                                                ''2026-01-01'')');
-- but a version that gives no such lead other terms may begin in the past
SELECT settings FROM lr_set_terms('global', NULL, '{"max_age": "2 days"}',
                                  '2026-03-01 00:00:00+00');
SELECT settings FROM lr_set_terms('account', 21, '{"max_age": "2 days"}',
                                  '2026-03-01 12:00:00.000001+00');
SELECT settings FROM lr_set_terms('account', 12, '{"max_age": "2 days"}', '2020-01-01 00:00:00+00');

-- what is no setting
SELECT t.attempt(format('SELECT lr_set_terms(''account'', 11, %L)', setting)) AS outcome, setting
  FROM unnest(string_to_array('{"max_ages": 1}; {"max_age": "-1 day"}; {"max_age": "soon"};
    {"max_return_percent": 100.1}; {"max_return_percent": -1}; {"max_return_percent": 100};
    {"max_return_percent": 0}; {"max_return_percent": 12.3456789}; {"max_return_count": 1.5};
    {"max_return_count": -1}; {"returns_enabled": "maybe"}; {"returns_enabled": 1};
    {"cap_basis": "both"}; {"cap_period": "year"}; {"cap_days": 0}; {"at_cap": "ask"};
    {"auto_accept": "sometimes"}; {"clawback": "half"}; {"remedy": "cash"};
    {"time_zone": "Mars/Olympus"}; {"accepted_status": ""}; {"window_calendar": "lunar"};
    {"max_age": [1]}; {"min_age": "9 days", "max_age": "8 days"}; {"timeout_action": "forget"}',
    ';')) AS s (given), btrim(given, E' \n') AS setting;
SELECT detail FROM t.texts('SELECT lr_set_terms(''account'', 11, ''{"max_return_percent": 101}'')');
SELECT detail FROM t.texts('SELECT lr_set_terms(''account'', 11, ''{"max_returns": 1}'')');
-- what is no scope
SELECT lr_set_terms('galaxy', NULL, '{}');
SELECT lr_set_terms('global', 1, '{}');
SELECT lr_set_terms('account', NULL, '{}');
SELECT lr_set_terms('account', 99, '{}');
SELECT lr_set_terms('buyer', 99, '{}');
SELECT lr_set_terms('lead_group', 99, '{}');
SELECT lr_terms(99);

-- returns_enabled and buyer_may_return bind everybody but staff
CREATE ROLE lr_terms_buyer;
SELECT granted_kind FROM lr_grant('lr_terms_buyer', 'buyer', 2);
SELECT settings FROM lr_set_terms('account', 21, '{"returns_enabled": false}');
SELECT t.lead(3, '2026-03-05 00:00:00+00', 21);
SELECT t.at('2026-03-05 03:00:00+00');
SELECT settings FROM lr_set_terms('account', 21,
                                  '{"returns_enabled": true, "buyer_may_return": false}');
SELECT t.lead(4, '2026-03-05 03:00:00+00', 21);
SELECT t.at('2026-03-05 06:00:00+00');
SET ROLE lr_terms_buyer;
SELECT violations FROM lr_check_return(3, 'duplicate');
SELECT lr_return(3, 'duplicate');
SELECT violations FROM lr_check_return(4, 'duplicate');
SELECT lr_return(4, 'duplicate');
RESET ROLE;
SELECT t.file(3), t.file(4);
DROP OWNED BY lr_terms_buyer;
DROP ROLE lr_terms_buyer;
