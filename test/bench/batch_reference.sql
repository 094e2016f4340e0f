-- The terms of the measurements of batches, after reference.sql: a monthly cap that is asked for
-- each return, acceptance by a rule at once, for lead group 5 by the sweep a second later. One
-- reason has a short window, so that some lines come too late.

SELECT count(lr_set_terms(s.scope, s.scope_id, s.settings, '2000-01-01'))
  FROM (VALUES ('global', NULL::bigint,
                '{"max_return_percent": 30, "max_age": "30 days",
                  "auto_accept": "always"}'::jsonb),
               ('lead_group', 5,
                '{"clawback": "by_reason", "auto_accept_delay": "1 second"}'))
       s (scope, scope_id, settings);

UPDATE leadreturns.reason SET max_age = '8 days' WHERE code = 'wrong_vertical';

CREATE SCHEMA bench;

-- the file, and the staging table into which a client would COPY it
CREATE TABLE bench.file (line_no bigint, lead_id bigint, reason text);
CREATE TABLE bench.import_line (
    line_no bigint GENERATED ALWAYS AS IDENTITY (START 2),
    lead_id bigint,
    reason  text
);
