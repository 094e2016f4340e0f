-- Whether a row is another's or not there at all, every call answers the same: the same result or
-- the same SQLSTATE, message, detail and hint. And nothing else tells of it either.
BEGIN;
SELECT plan(13);
\ir ../model/common.sql
SELECT t.at('2026-03-02 12:00:00+00')
\g /dev/null
CREATE ROLE lr_o_buyer;
CREATE ROLE lr_o_supplier;
SELECT lr_grant('lr_o_buyer', 'buyer', 1), lr_grant('lr_o_supplier', 'supplier', 6)
\g /dev/null

-- Of each: lead 1 of the caller's own, lead 2 of another buyer; 999999 is nobody's.
SELECT lr_deliver(n, CASE n WHEN 1 THEN 11 ELSE 21 END, 5, 10, 6, 7, '2026-03-01 12:00:00+00',
                  external_id => 'x-' || n, email => n || '@example.com', phone => '(55) ' || n)
  FROM generate_series(1, 2) n
\g /dev/null
SELECT t.lead(3, '2026-03-01 12:00:00+00'), t.lead(4, '2026-03-01 12:00:00+00', 21)
\g /dev/null
SELECT lr_return(3, 'duplicate', idempotency_key => 'mine'),
       lr_return(4, 'duplicate', idempotency_key => 'theirs')
\g /dev/null
CREATE TABLE t.id AS
SELECT t.last_return(3) AS own_return, t.last_return(4) AS other_return,
       (SELECT import_id FROM lr_import_create('theirs', buyer_id => 2)) AS other_import;
SET LOCAL ROLE lr_o_buyer;
SELECT import_id AS own_import FROM lr_import_create('mine') \gset
RESET ROLE;

-- What the role is answered, with the id that was asked for as N. What the call did is undone.
CREATE FUNCTION t.answer(command text, id text, who text DEFAULT 'lr_o_buyer') RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    said text;
    message text;
    detail text;
    hint text;
    n bigint;
BEGIN
    PERFORM set_config('role', who, true);
    IF command ~ '^SELECT' THEN
        EXECUTE format('SELECT string_agg(x::text, chr(10)) FROM (%s) x',
                       replace(command, '%s', id)) INTO said;
    ELSE
        EXECUTE replace(command, '%s', id);
        GET DIAGNOSTICS n = ROW_COUNT;
        said := n || ' rows';
    END IF;
    RAISE triggered_action_exception USING MESSAGE = coalesce(said, 'nothing');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
                            hint = PG_EXCEPTION_HINT;
    RETURN regexp_replace(concat_ws(' | ', SQLSTATE, message, detail, hint),
                          '\m' || id || '\M', 'N', 'g');
END;
$$;
CREATE TABLE t.asked (n bigint GENERATED ALWAYS AS IDENTITY, command text, own text, other text,
                      absent text DEFAULT '999999');
INSERT INTO t.asked (command, own, other)
SELECT command, '1', '2' FROM (VALUES
    ('SELECT lr_return(%s, ''duplicate'')'),
    ('SELECT lr_return(%s, ''nonsense'')'),
    ('SELECT lr_return(%s, NULL)'),
    ('SELECT lr_return(%s, ''duplicate'', account_id => 11)'),
    ('SELECT lr_return(%s, ''duplicate'', idempotency_key => ''theirs'')'),
    ('SELECT lr_return(%s, ''duplicate'', account_id => 11, idempotency_key => ''new'')'),
    ('SELECT lr_return_by_key(''external_id'', ''x-%s'', ''duplicate'')'),
    ('SELECT lr_return_by_key(''email'', ''%s@example.com'', ''duplicate'')'),
    ('SELECT lr_return_by_key(''phone'', ''55 %s'', ''duplicate'')'),
    ('SELECT lr_return_by_key(''phone'', ''55 %s'', ''duplicate'', account_id => 11)'),
    ('SELECT lr_return_many(''{%s}'', ''duplicate'')'),
    ('SELECT lr_return_many(''{%s}'', ''duplicate'', account_id => 11)'),
    ('SELECT lr_check_return(%s, ''duplicate'')'),
    ('SELECT lr_check_return(%s, ''duplicate'', account_id => 11)'),
    ('INSERT INTO leadreturns.returns (lead_id, reason) VALUES (%s, ''duplicate'')'),
    ('SELECT lead_id FROM leadreturns.deliveries WHERE lead_id = %s'),
    ('SELECT price FROM leadreturns.deliveries WHERE external_id = ''x-%s''')) v (command);
-- the leads of others, named with their account or with a key that was used there
INSERT INTO t.asked (command, own, other)
SELECT command, '3', '4' FROM (VALUES
    ('SELECT lr_return(%s, ''duplicate'', account_id => 21, idempotency_key => ''theirs'')'),
    ('SELECT lr_return(%s, ''duplicate'', account_id => 21)'),
    ('SELECT lr_check_return(%s, ''duplicate'', account_id => 21)')) v (command);
UPDATE t.asked SET own = NULL WHERE own = '3';
INSERT INTO t.asked (command, own, other)
SELECT command, '11', '21' FROM (VALUES
    ('SELECT lr_return(1, ''duplicate'', account_id => %s)'),
    ('SELECT lr_return(1, ''duplicate'', account_id => %s, idempotency_key => ''theirs'')'),
    ('SELECT lr_return_many(''{1}'', ''duplicate'', account_id => %s)'),
    ('SELECT lr_check_return(1, ''duplicate'', account_id => %s)'),
    ('SELECT lr_return_by_key(''email'', ''1@example.com'', ''duplicate'', account_id => %s,
                              idempotency_key => ''theirs'')'),
    ('INSERT INTO leadreturns.returns (lead_id, account_id, reason, idempotency_key)
      VALUES (1, %s, ''duplicate'', ''theirs'')'),
    ('SELECT lr_terms(%s)'),
    ('SELECT * FROM leadreturns.account_statement WHERE account_id = %s'),
    ('SELECT * FROM leadreturns.balances WHERE party_id = %s')) v (command);
INSERT INTO t.asked (command, own, other)
SELECT command, d.own, d.other
  FROM (SELECT max(delivery_id) FILTER (WHERE lead_id = 1)::text AS own,
               max(delivery_id) FILTER (WHERE lead_id = 2)::text AS other
          FROM leadreturns.deliveries) d, (VALUES
    ('INSERT INTO leadreturns.returns (delivery_id, reason) VALUES (%s, ''duplicate'')')
    ) v (command);
INSERT INTO t.asked (command, own, other)
SELECT command, own_return, other_return FROM t.id, (VALUES
    ('SELECT lr_withdraw(%s)'), ('SELECT lr_message(%s, ''a word'')'),
    ('SELECT lr_message(%s, '''')'),
    ('SELECT lr_attach_evidence(%s, ''https://example.com/1'')'),
    ('UPDATE leadreturns.returns SET status = ''withdrawn'' WHERE return_id = %s'),
    ('SELECT return_id FROM leadreturns.returns WHERE return_id = %s'),
    ('SELECT return_id FROM leadreturns.pending_returns WHERE return_id = %s'),
    ('SELECT history_id FROM leadreturns.return_history WHERE return_id = %s')) v (command);
INSERT INTO t.asked (command, own, other)
SELECT command, :own_import, other_import FROM t.id, (VALUES
    ('SELECT lr_import_text(%s, E''lead_id\n2\n'')'), ('SELECT lr_import_bytes(%s, ''lead_id'')'),
    ('INSERT INTO leadreturns.import_upload VALUES (%s, ''2'', ''duplicate'', NULL)'),
    ('SELECT lr_import_verify(%s)'), ('SELECT lr_import_step(%s)'),
    ('SELECT lr_import_cancel(%s)'), ('SELECT lr_import_retry(%s)'),
    ('SELECT import_id FROM leadreturns.import_progress WHERE import_id = %s')) v (command);
INSERT INTO t.asked (command, own, other)
VALUES ('SELECT name FROM lr_import_create(''a file'', buyer_id => %s)', '1', '2');

SELECT ok(count(*) > 40, 'there is much to ask') FROM t.asked;
SELECT is_empty($$SELECT command, t.answer(command, other), t.answer(command, absent) FROM t.asked
                   WHERE t.answer(command, other) <> t.answer(command, absent)$$,
                'another''s row and no row answer the same');
SELECT is_empty($$SELECT command, t.answer(command, own) FROM t.asked
                   WHERE t.answer(command, own) = t.answer(command, absent)$$,
                'one''s own answers something else');
SELECT is(t.answer('SELECT lr_return(1, ''duplicate'', account_id => %s,
                                     idempotency_key => ''theirs'')', '21'),
          'LR002 | no such lead | Lead 1 was not delivered to account N. | '
          || (SELECT hint FROM leadreturns.error_code WHERE sqlstate = 'LR002'),
          'a key that another account has used is not told of');

-- A file with other's leads in it.
CREATE FUNCTION t.lines_of(key text, kind text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    id bigint;
    said text;
BEGIN
    PERFORM set_config('role', 'lr_o_buyer', true);
    SELECT import_id INTO id FROM lr_import_create('lines', kind, 'duplicate');
    PERFORM lr_import_text(id, kind || E'\n' || key || E'\n');
    PERFORM lr_import_verify(id), lr_import_step(id);
    SELECT string_agg(to_jsonb(x)::text, ' ') INTO said
      FROM (SELECT r.*, NULL AS import_id FROM leadreturns.import_results r
             WHERE r.import_id = id) x;
    PERFORM set_config('role', 'none', true);
    RETURN regexp_replace(said, '\m' || key || '\M', 'N', 'g');
END;
$$;
SELECT is(t.lines_of(other, kind), t.lines_of(absent, kind), 'a line with another''s ' || kind)
  FROM (VALUES ('lead_id', '4', '999999'), ('external_id', 'x-2', 'x-999999'),
               ('email', '2@example.com', '999999@example.com'),
               ('phone', '552', '55999999')) v (kind, other, absent);

-- A supplier finds another's leads nowhere; what it may not call does not look at its arguments.
SELECT is_empty($$SELECT command FROM t.asked
                   WHERE t.answer(command, other, 'lr_o_supplier')
                         <> t.answer(command, absent, 'lr_o_supplier')$$,
                'the same for a supplier');
SELECT is_empty($$SELECT command FROM (VALUES ('SELECT lr_accept(%s)'), ('SELECT lr_decline(%s)'),
                         ('SELECT lr_reopen(%s)'), ('SELECT lr_rollback_return(%s)'),
                         ('SELECT lr_correct_reason(%s, ''other'')'),
                         ('SELECT lr_assign(%s, ''x'')'),
                         ('SELECT lr_request_info(%s, ''x'')'), ('SELECT lr_import_undo(%s)'),
                         ('SELECT lr_close_period(%s, ''2026-01-01'')'),
                         ('SELECT lr_post(''deposit'', %s, 1)'),
                         ('SELECT lr_act_as(''buyer'', %s)')) v (command)
                   WHERE t.answer(command, '1') <> t.answer(command, '999999')
                      OR t.answer(command, '1') !~ '^LR001'$$,
                'what is for staff refuses before it looks');

-- Sequences, statistics and functions of the caller's own in conditions.
SELECT is_empty($$SELECT relname FROM pg_class
                   WHERE relnamespace = 'leadreturns'::regnamespace AND relkind = 'S'
                     AND (t.answer(format('SELECT last_value FROM %s', oid::regclass), '1')
                            !~ '^42501'
                          OR t.answer(format('SELECT nextval(%L)', oid::regclass), '1')
                            !~ '^42501')$$,
                'sequences are not read');
CREATE FUNCTION t.tells(what anyelement) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS
$$ BEGIN RAISE NOTICE 'seen'; RETURN 1 / (what::text::numeric - 2)::integer IS NOT NULL; END $$;
SELECT is(t.answer('SELECT count(*) FROM leadreturns.deliveries
                     WHERE t.tells(lead_id) AND lead_id < %s', '999999'),
          '09000 | (2) |  | ', 'a function in a condition is not shown another''s row');
ANALYZE;
SELECT is(t.answer('SELECT count(*) FROM pg_stats WHERE schemaname = ''leadreturns'' AND tablename
                    NOT IN (''reason'', ''reason_alias'', ''holiday'', ''error_code'')', 'N'),
          '09000 | (0) |  | ', 'statistics of the records are not shown');
SELECT * FROM finish();
ROLLBACK;
