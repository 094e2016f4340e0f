-- Every argument of every function is given NULL, nothing, too much and the ends of its range. It
-- is taken or refused, never an internal error, and a refusal changes nothing.
BEGIN;
SELECT plan(9);
\ir ../model/common.sql
SELECT t.at('2026-03-02 12:00:00+00') \g /dev/null
CREATE ROLE lr_bad_role;
-- leads 1 to 5: untouched, open, declined, accepted, owed; what the calls below refer to
SELECT t.lead(n, '2026-03-01 12:00:00+00') FROM generate_series(2, 5) n \g /dev/null
SELECT lr_deliver(1, 11, price => 1, external_id => 'x-1', email => 'a@b.c', phone => '555')
\g /dev/null
SELECT lr_return(n, 'duplicate') FROM generate_series(2, 5) n \g /dev/null
SELECT lr_decline(t.last_return(3)), lr_accept(t.last_return(4)),
       lr_accept(t.last_return(5), remedy => 'replacement')
\g /dev/null
SELECT lr_import_create('file'), lr_import_text(1, E'lead_id,reason\n1,other\nx,y\n9,') \g /dev/null
-- an instant is one
SELECT throws_ok(format('UPDATE leadreturns.deliveries SET deleted_at = %L WHERE lead_id = 2', x),
                 '23514', NULL, x || ' is no instant')
  FROM unnest('{infinity,-infinity}'::text[]) x;
-- One good call of each function; each argument in turn is replaced.
CREATE TEMP TABLE call (name text, args jsonb);
INSERT INTO call VALUES
('lr_deliver', '{"lead_id": "9", "account_id": "11", "supplier_id": "5", "price": "1", "cost": "1",
  "lead_group_id": "7", "delivered_at": "2026-03-01", "status": "sold", "external_id": "e",
  "email": "e@f.g", "phone": "1", "replaces": null}'),
('lr_return', '{"lead_id": "1", "reason": "duplicate", "note": "n", "account_id": "11",
  "idempotency_key": "k", "override": "false"}'),
('lr_return_by_key', '{"key_kind": "external_id", "key": "x-1", "reason": "duplicate", "note": "n",
  "account_id": "11", "idempotency_key": "k", "override": "false"}'),
('lr_return_by_key', '{"key_kind": "email", "key": "a@b.c", "reason": "duplicate"}'),
('lr_return_by_key', '{"key_kind": "phone", "key": "555", "reason": "duplicate"}'),
('lr_check_return', '{"lead_id": "1", "reason": "duplicate", "account_id": "11"}'),
('lr_accept', '{"return_id": "2", "note": "n", "credit": "1", "clawback": "1", "status": "GONE",
  "remedy": "credit", "notify": "true", "override": "false"}'),
('lr_decline', '{"return_id": "2", "note": "n", "notify": "true"}'),
('lr_withdraw', '{"return_id": "2", "note": "n"}'),
('lr_reopen', '{"return_id": "3", "note": "n", "override": "false"}'),
('lr_rollback_return', '{"lead_id": "4", "note": "n", "account_id": "11", "notify": "true"}'),
('lr_correct_reason', '{"return_id": "2", "reason": "tcpa risk", "note": "n"}'),
('lr_merge_reason', '{"from_code": "duplicate", "into_code": "other"}'),
('lr_message', '{"return_id": "2", "body": "b"}'),
('lr_request_info', '{"return_id": "2", "body": "b"}'),
('lr_attach_evidence', '{"return_id": "2", "uri": "u", "media_type": "m", "sha256": null}'),
('lr_assign', '{"return_id": "2", "assignee": "a"}'),
('lr_set_terms', '{"scope": "account", "scope_id": "11", "settings": "{\"max_age\": \"9 days\"}",
  "valid_from": "2026-03-02"}'),
('lr_terms', '{"account_id": "11", "lead_group_id": "7", "at": "2026-03-02"}'),
('lr_post', '{"kind": "deposit", "party_id": "11", "amount": "1", "note": "n", "currency": "USD"}'),
('lr_post', '{"kind": "payout", "party_id": "5", "amount": "1", "note": "n", "currency": "USD"}'),
('lr_close_period', '{"account_id": "11", "ends_before": "2026-03-01"}'),
('lr_grant', '{"role": "lr_bad_role", "kind": "buyer", "party_id": "1"}'),
('lr_revoke', '{"role": "lr_bad_role", "kind": "buyer", "party_id": "1"}'),
('lr_act_as', '{"kind": "buyer", "party_id": "1"}'), ('lr_sweep', '{"max_rows": "1"}'),
('lr_erase_lead', '{"lead_id": "1"}'),
('lr_archive', '{"before": "2026-01-01", "max_rows": "1"}'),
('lr_return_many', '{"lead_ids": "{1,2}", "reason": "duplicate", "note": "n", "account_id": "11"}'),
('lr_cron_enable', '{"schedule": "0 3 * * *"}'), ('lr_import_create', '{"name": "n",
  "match_by": "email", "reason": "r", "undo": "true", "buyer_id": "1"}'),
('lr_import_text', '{"import_id": "1", "csv": "k,r,n\n1,duplicate,x\n", "key_column": "k",
  "reason_column": "r", "note_column": "n"}'),
('lr_import_bytes', '{"import_id": "1", "csv": "k,r,n", "encoding": "LATIN1", "key_column": "k",
  "reason_column": "r", "note_column": "n"}'),
('lr_import_step', '{"import_id": "1", "max_rows": "1"}'),
('lr_import_run', '{"import_id": "1", "batch": "1"}'),
('lr_claim_notifications', '{"worker": "w", "max_rows": "1", "lease": "1 minute"}'),
('lr_ack_notifications', '{"ids": "{1}"}'), ('lr_requeue_notifications', '{"ids": "{1}"}'),
('lr_fail_notification', '{"id": "1", "error": "e", "worker": "w"}');
INSERT INTO call SELECT 'lr_import_' || x, '{"import_id": "1"}'
  FROM unnest('{verify,cancel,retry,undo}'::text[]) x;
-- the ids that the good calls use
UPDATE call SET args = jsonb_set(args, '{return_id}', to_jsonb(t.last_return(
    (args ->> 'return_id')::bigint)::text)) WHERE args ? 'return_id';
UPDATE call SET args = jsonb_set(args, '{replaces}', to_jsonb(t.last_return(5)::text))
             || '{"account_id": "11", "price": "0"}' WHERE name = 'lr_deliver';

CREATE TEMP TABLE bad (type regtype, value text);
INSERT INTO bad VALUES
('bigint', NULL), ('bigint', '0'), ('bigint', '-1'), ('bigint', '9223372036854775807'),
('bigint', '-9223372036854775808'), ('numeric', NULL), ('numeric', 'NaN'), ('numeric', 'Infinity'),
('numeric', '-Infinity'), ('numeric', '-1'), ('numeric', '0'), ('numeric', '0.001'),
('numeric', '1e12'), ('numeric', '99999999999.99'), ('numeric', '999999999999.99'),
('numeric', '1e1000'), ('numeric', '1e-1000'), ('text', NULL), ('text', ''), ('text', '   '),
('text', ''''), ('text', E'\t\n'), ('text', E'\U0001F600'), ('text', repeat(E'\U0001F600', 262144)),
('text', repeat('x', 1048576)), ('text', repeat(' ', 1048576)), ('timestamptz', NULL),
('timestamptz', 'infinity'), ('timestamptz', '-infinity'),
('timestamptz', '4714-11-24 00:00:00+00 BC'), ('timestamptz', '294276-12-31 23:59:59.999999+00'),
('timestamptz', '1899-12-31 23:59:59+00'), ('timestamptz', '9999-12-31 23:59:59+00'),
('interval', NULL), ('interval', '0'), ('interval', '-1 day'), ('interval', '178000000 years'),
('date', NULL), ('date', 'infinity'), ('date', '-infinity'), ('date', '4714-11-24 BC'),
('date', '5874897-12-31'), ('jsonb', NULL), ('jsonb', 'null'), ('jsonb', '[]'), ('jsonb', '"x"'),
('jsonb', '{}'), ('jsonb', '{"max_age": []}'), ('jsonb', '{"max_age": "-1 day"}'),
('jsonb', '{"max_return_percent": 1e400}'), ('jsonb', '{"": 1}'), ('boolean', NULL),
('regrole', NULL), ('regrole', '4294967295'), ('bytea', NULL), ('bytea', ''), ('bytea', '\x00'),
('bytea', '\xefbbbf'), ('bytea', '\x6bff2c0a22'), ('bytea', repeat(',', 1048576)),
('bytea', repeat('"', 1048576)), ('bigint[]', NULL), ('bigint[]', '{}'), ('bigint[]', '{NULL}'),
('bigint[]', '{1,1}'), ('bigint[]', '{{1,9},{-1,0}}'),
('bigint[]', array_fill(9, ARRAY[10001])::text);
INSERT INTO bad SELECT 'text', string_agg(md5(n::text), '') FROM generate_series(1, 32768) n;
INSERT INTO bad SELECT 'jsonb', jsonb_build_object('assignee', repeat('x', 1048576));

CREATE FUNCTION pg_temp.call(function text, args jsonb) RETURNS text LANGUAGE sql AS $$
SELECT format('%s %I(%s)', CASE (SELECT prokind FROM pg_proc WHERE proname = function)
                           WHEN 'p' THEN 'CALL' ELSE 'SELECT * FROM' END, function,
              (SELECT string_agg(format('%I => %L', key, value), ', ') FROM jsonb_each_text(args)))
$$;
CREATE TEMP TABLE seen AS
SELECT c.name, c.args, a.key AS argument, b.value,
       NULL::text AS outcome, NULL::bigint AS disagreements, NULL::text AS unreadable
  FROM call c CROSS JOIN LATERAL jsonb_each_text(c.args) a
  JOIN pg_proc p ON p.proname = c.name
  JOIN bad b ON b.type = p.proargtypes[array_position(p.proargnames, a.key) - 1]
UNION ALL
SELECT name, args, 'none', NULL, NULL, NULL, NULL FROM call;
-- The views that cannot be read, each planned once.
DO $$
BEGIN
    EXECUTE (
        SELECT 'CREATE FUNCTION t.unreadable() RETURNS text LANGUAGE plpgsql AS $f$'
               ' DECLARE found text; BEGIN '
               || string_agg(format('BEGIN PERFORM count(x::text) FROM leadreturns.%1$I x;
                      EXCEPTION WHEN OTHERS THEN found := concat_ws('' '', found, %1$L); END;',
                                    relname), ' ')
               || ' RETURN found; END $f$'
          FROM pg_class WHERE relnamespace = 'leadreturns'::regnamespace AND relkind = 'v');
END;
$$;
-- Tries each, reads all views after it and undoes it.
CREATE FUNCTION t.try(INOUT s seen) LANGUAGE plpgsql AS $$
BEGIN
    s.outcome := t.attempt(pg_temp.call(s.name, CASE WHEN s.argument = 'none' THEN s.args
        ELSE s.args || jsonb_build_object(s.argument, s.value) END));
    IF s.outcome = 'ok' THEN
        s.unreadable := t.unreadable();
        s.disagreements := (SELECT count(*) FROM lr_reconcile());
    END IF;
    RAISE 'undo' USING ERRCODE = 'XX999';
EXCEPTION WHEN SQLSTATE 'XX999' THEN
END;
$$;

CREATE TEMP TABLE tried AS SELECT x.* FROM seen, t.try(seen) x;

SELECT ok((SELECT count(*) > 700 FROM tried), 'many calls were tried');
SELECT is_empty($$SELECT name, outcome FROM tried WHERE argument = 'none'
                   AND outcome <> coalesce('{"lr_act_as": "LR001 not_permitted",
        "lr_import_run": "2D000", "lr_import_undo": "LR062 import_state"}'::jsonb ->> name, 'ok')$$,
                'the good calls are good, but for what they may not do here');
SELECT is_empty($$SELECT name, argument, left(value, 20), length(value), outcome FROM tried
                   WHERE outcome <> 'ok' AND outcome !~ '^(LR|22|23|42|54|2D)'$$,
                'nothing fails in an unexpected way');
SELECT is_empty($$SELECT name, argument, left(value, 20), outcome FROM tried
                   WHERE outcome LIKE '%CHANGED%'$$, 'what fails changes nothing');
SELECT is_empty($$SELECT name, argument, left(value, 20), disagreements FROM tried
                   WHERE disagreements > 0$$, 'what is taken keeps everything in agreement');
SELECT is_empty($$SELECT name, argument, left(value, 20), unreadable FROM tried
                   WHERE unreadable <> ''$$, 'what is taken leaves every view readable');
SELECT is_empty($$SELECT name, argument, value, outcome FROM tried
                   WHERE (argument LIKE '%_id' OR argument = 'replaces') AND outcome = 'ok'
                     AND value IS NOT NULL AND argument <> 'external_id' AND name NOT IN
                         ('lr_check_return', 'lr_revoke', 'lr_return_many')
                     AND (name, argument) NOT IN (VALUES ('lr_deliver', 'lead_id'),
                                                         ('lr_terms', 'lead_group_id'))$$,
                'an id that does not exist is refused');
SELECT * FROM finish();
ROLLBACK;
