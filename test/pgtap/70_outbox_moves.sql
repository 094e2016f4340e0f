-- Who is told of what: every move, on every path, with every setting and every override.
BEGIN;
SELECT plan(15);
\ir ../model/common.sql
SELECT t.at('2026-03-02 12:00:00+00')
\g /dev/null
CREATE ROLE lr_told_buyer;
SELECT lr_grant('lr_told_buyer', 'buyer', 1)
\g /dev/null
SELECT t.lead(n, '2026-03-01 12:00:00+00') FROM generate_series(1, 4) n
\g /dev/null
INSERT INTO leadreturns.deliveries (delivery_id, lead_id, account_id, price)
VALUES (9, 9, 11, 10);

-- What a command adds to the outbox, under these terms and after those commands; it is undone.
-- $1 stands for the newest return of lead 1.
CREATE FUNCTION t.tells(before text[], command text, terms jsonb) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    told text;
    step text;
    former bigint;
BEGIN
    PERFORM lr_set_terms('global', NULL, terms);
    FOREACH step IN ARRAY before || command LOOP
        former := (SELECT max(notification_id) FROM leadreturns.notification);
        EXECUTE replace(step, '$1', coalesce(t.last_return(1), 0)::text);
    END LOOP;
    told := (SELECT string_agg(kind || '/' || recipient_kind, ', ' ORDER BY notification_id)
               FROM leadreturns.notifications WHERE notification_id > coalesce(former, 0));
    RAISE 'undo' USING ERRCODE = 'XX999',
        DETAIL = coalesce(told, 'nobody')
                 || coalesce((SELECT string_agg(detail, ' ') FROM lr_reconcile()), '');
EXCEPTION WHEN SQLSTATE 'XX999' THEN
    GET STACKED DIAGNOSTICS told = PG_EXCEPTION_DETAIL;
    RETURN told;
END;
$$;

CREATE TEMP TABLE move (name text, before text[], command text, told text[]);
INSERT INTO move VALUES
('filed', '{}', 'SELECT lr_return(1, ''duplicate'')', '{return_requested/seller}'),
('filed by key', '{}', 'SELECT lr_return_by_key(''email'', ''a@b.c'', ''duplicate'')',
 '{return_requested/seller}'),
('filed by INSERT', '{}', 'INSERT INTO leadreturns.returns (lead_id, reason) VALUES (1, ''other'')',
 '{return_requested/seller}'),
('filed by the buyer', '{}', 'SET LOCAL ROLE lr_told_buyer; SELECT lr_return(1, ''duplicate'');
  RESET ROLE', '{return_requested/seller}'),
('filed with others', '{}', 'SELECT lr_return_many(''{1,2}'', ''duplicate'')',
 '{return_requested/seller,return_requested/seller}'),
('filed by a file', '{}', E'SELECT lr_import_step(t.import(''lead_id,reason\n1,duplicate\n''))',
 '{return_requested/seller}'),
('filed again', '{"SELECT lr_return(1, ''duplicate'')", "SELECT lr_withdraw($1)"}',
 'SELECT lr_return(1, ''duplicate'')', '{return_requested/seller}'),
('refused', '{"SELECT lr_return(1, ''duplicate'')"}', 'SELECT lr_return_many(''{1}'', ''other'')',
 '{}'),
('assigned', '{"SELECT lr_return(1, ''duplicate'')"}', 'SELECT lr_assign($1, ''ann'')', '{}'),
('corrected', '{"SELECT lr_return(1, ''duplicate'')"}', 'SELECT lr_correct_reason($1, ''other'')',
 '{}'),
('asked', '{"SELECT lr_return(1, ''duplicate'')"}', 'SELECT lr_request_info($1, ''why'')',
 '{info_requested/buyer}'),
('written to the buyer', '{"SELECT lr_return(1, ''duplicate'')"}', 'SELECT lr_message($1, ''a'')',
 '{message_received/buyer}'),
('written by the buyer', '{"SELECT lr_return(1, ''duplicate'')"}',
 'SET LOCAL ROLE lr_told_buyer; SELECT lr_message($1, ''a''); RESET ROLE',
 '{message_received/seller}'),
('answered', '{"SELECT lr_return(1, ''duplicate'')", "SELECT lr_request_info($1, ''why'')"}',
 'SET LOCAL ROLE lr_told_buyer; SELECT lr_message($1, ''a''); RESET ROLE',
 '{message_received/seller}'),
('shown by the buyer', '{"SELECT lr_return(1, ''duplicate'')"}',
 'SET LOCAL ROLE lr_told_buyer; SELECT lr_attach_evidence($1, ''u''); RESET ROLE',
 '{message_received/seller}'),
('shown to the buyer', '{"SELECT lr_return(1, ''duplicate'')"}',
 'SELECT lr_attach_evidence($1, ''u'')', '{message_received/buyer}'),
('disputed', '{"SELECT lr_return(1, ''duplicate'')", "SELECT lr_decline($1)"}',
 'SET LOCAL ROLE lr_told_buyer; SELECT lr_message($1, ''a''); RESET ROLE',
 '{decision_disputed/seller}'),
('explained', '{"SELECT lr_return(1, ''duplicate'')", "SELECT lr_decline($1)"}',
 'SELECT lr_message($1, ''a'')', '{message_received/buyer}'),
('withdrawn', '{"SELECT lr_return(1, ''duplicate'')"}', 'SELECT lr_withdraw($1)',
 '{return_withdrawn/seller}'),
('withdrawn by UPDATE', '{"SELECT lr_return(1, ''duplicate'')"}',
 'UPDATE leadreturns.returns SET status = ''withdrawn'' WHERE lead_id = 1',
 '{return_withdrawn/seller}'),
('accepted by UPDATE', '{"SELECT lr_return(1, ''duplicate'')"}',
 'UPDATE leadreturns.returns SET status = ''accepted'', assignee = ''x'' WHERE lead_id = 1',
 '{return_accepted/buyer,lead_returned/supplier}'),
('note changed', '{"SELECT lr_return(1, ''duplicate'')", "SELECT lr_accept($1)"}',
 'UPDATE leadreturns.returns SET decision_note = ''n'' WHERE lead_id = 1', '{}'),
('reopened', '{"SELECT lr_return(1, ''duplicate'')", "SELECT lr_decline($1)"}',
 'SELECT lr_reopen($1)', '{return_reopened/buyer}'),
('reopened by UPDATE', '{"SELECT lr_return(1, ''duplicate'')", "SELECT lr_decline($1)"}',
 'UPDATE leadreturns.returns SET status = ''open'' WHERE lead_id = 1', '{return_reopened/buyer}'),
('rolled back by UPDATE', '{"SELECT lr_return(1, ''duplicate'')", "SELECT lr_accept($1)"}',
 'UPDATE leadreturns.returns SET status = ''rolled_back'' WHERE lead_id = 1',
 '{return_rolled_back/buyer,return_rolled_back/supplier}'),
('rolled back by a file', '{"SELECT lr_return(1, ''duplicate'')", "SELECT lr_accept($1)"}',
 E'SELECT lr_import_step(t.import(''lead_id\n1\n'', NULL, true))',
 '{return_rolled_back/buyer,return_rolled_back/supplier}');
-- those with the argument notify, where {} stands
INSERT INTO move VALUES
('accepted', '{"SELECT lr_return(1, ''duplicate'')"}', 'SELECT lr_accept($1, notify => {})',
 '{return_accepted/buyer,lead_returned/supplier}'),
('accepted without money', '{"SELECT lr_return(1, ''other'')"}',
 'SELECT lr_accept($1, notify => {})', '{return_accepted/buyer,lead_returned/supplier}'),
('accepted after all', '{"SELECT lr_return(1, ''duplicate'')", "SELECT lr_decline($1)"}',
 'SELECT lr_accept($1, notify => {})', '{return_accepted/buyer,lead_returned/supplier}'),
('accepted without a supplier', '{"SELECT lr_return(9, ''duplicate'')"}',
 'SELECT lr_accept(t.last_return(9), notify => {})', '{return_accepted/buyer}'),
('declined', '{"SELECT lr_return(1, ''duplicate'')"}', 'SELECT lr_decline($1, notify => {})',
 '{return_declined/buyer}'),
('rolled back', '{"SELECT lr_return(1, ''duplicate'')", "SELECT lr_accept($1)"}',
 'SELECT lr_rollback_return(1, notify => {})',
 '{return_rolled_back/buyer,return_rolled_back/supplier}');
UPDATE leadreturns.deliveries SET email = 'a@b.c' WHERE lead_id = 1;

CREATE TEMP TABLE tried AS
SELECT m.name, m.told, terms, notify,
       t.tells(m.before, replace(m.command, '{}', notify), terms) AS tells
  FROM move m
 CROSS JOIN (SELECT jsonb_build_object('notify_buyer', b, 'notify_supplier', p,
                                       'notify_seller', s)
               FROM unnest('{true,false}'::boolean[]) b, unnest('{true,false}'::boolean[]) p,
                    unnest('{true,false}'::boolean[]) s) x (terms)
  JOIN unnest('{"null",true,false}'::text[]) notify ON m.command LIKE '%{}%' OR notify = 'null';
SELECT is((SELECT count(*) FROM tried), (26 * 8 + 6 * 8 * 3)::bigint, 'the matrix is complete');
SELECT is_empty($$
    SELECT name, terms, notify, tells, expected FROM tried CROSS JOIN LATERAL (
        SELECT coalesce(string_agg(x, ', ' ORDER BY n), 'nobody') AS expected
          FROM unnest(told) WITH ORDINALITY AS y (x, n)
         CROSS JOIN LATERAL (SELECT split_part(x, '/', 2) AS who) z
         WHERE CASE WHEN who = 'seller' OR notify = 'null' THEN (terms ->> ('notify_' || who))::bool
                    ELSE notify = 'true' END) e
     WHERE tells IS DISTINCT FROM expected$$, 'everybody is told what the terms or the call say');
SELECT is((SELECT count(DISTINCT tells) FROM tried WHERE name = 'accepted'), 4::bigint,
          'buyer, supplier, both, neither');

-- rules and the sweep
SELECT is(t.tells('{}', 'SELECT lr_return(1, ''duplicate'')', '{"auto_accept": "always"}'),
          'return_requested/seller', 'today''s terms accept nothing that was delivered before');
SELECT lr_set_terms('account', 12, '{"auto_accept": "always"}', '2026-01-01') \g /dev/null
SELECT t.lead(20, '2026-03-01 12:00:00+00', 12)
\g /dev/null
SELECT is(t.tells('{}', 'SELECT lr_return(20, ''duplicate'')', '{}'),
    'return_requested/seller, return_accepted/buyer, lead_returned/supplier',
    'a rule that accepts at once tells all');
SELECT lr_set_terms('account', 12, '{"auto_accept_delay": "1 hour"}', '2026-02-01') \g /dev/null
SELECT t.lead(21, '2026-03-01 12:00:00+00', 12)
\g /dev/null
SELECT is(t.tells('{"SELECT lr_return(21, ''duplicate'')", "SELECT t.at(''2026-03-02 14:00+00'')"}',
                  'SELECT lr_sweep()', '{}'),
          'return_accepted/buyer, lead_returned/supplier', 'so does the sweep that accepts');
SELECT t.at('2026-03-02 12:00:00+00') \g /dev/null
SELECT lr_set_terms('account', 21, '{"review_timeout": "1 hour", "timeout_action": "decline"}',
                    '2026-01-01') \g /dev/null
SELECT t.lead(22, '2026-03-01 12:00:00+00', 21)
\g /dev/null
SELECT is(t.tells('{"SELECT lr_return(22, ''duplicate'')", "SELECT t.at(''2026-03-02 14:00+00'')"}',
                  'SELECT lr_sweep()', '{}'), 'return_declined/buyer', 'and the one that declines');
SELECT t.at('2026-03-02 12:00:00+00') \g /dev/null

-- The narrowest scope of today says who is told; what fails tells nobody.
SELECT lr_set_terms('account', 11, '{"notify_seller": false}') \g /dev/null
SELECT is(t.tells('{}', 'SELECT lr_return(1, ''duplicate'')', '{"notify_seller": true}'), 'nobody',
          'the account''s terms win');
SELECT lr_set_terms('account', 11, '{"notify_seller": null}') \g /dev/null
SELECT lr_return(2, 'duplicate') \g /dev/null
SELECT t.fingerprint() AS before \gset
SELECT is(t.attempt('SELECT lr_return(2, ''duplicate'')'), 'LR010 return_already_open',
          'what is refused');
SELECT is(t.fingerprint(), :'before', 'leaves nothing in the outbox');

-- the numbers of one return
SELECT lr_message(t.last_return(2), 'a'), lr_accept(t.last_return(2)) \g /dev/null
SELECT lr_rollback_return(2) \g /dev/null
SELECT results_eq('SELECT sequence, kind, recipient_kind FROM leadreturns.notifications
    WHERE lead_id = 2 ORDER BY notification_id', $$VALUES (1, 'return_requested', 'seller'),
    (2, 'message_received', 'buyer'), (3, 'return_accepted', 'buyer'),
    (4, 'lead_returned', 'supplier'), (5, 'return_rolled_back', 'buyer'),
    (6, 'return_rolled_back', 'supplier')$$, 'they rise without gaps in the order of events');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'and agree with what the return counts');
SET LOCAL session_replication_role = replica;
DELETE FROM leadreturns.notification WHERE sequence = 2;
INSERT INTO leadreturns.notification
SELECT (n).* FROM (SELECT jsonb_populate_record(n, '{"notification_id": 999, "return_id": 999}') n
                     FROM leadreturns.notification n WHERE sequence = 6) x;
SET LOCAL session_replication_role = origin;
SELECT results_eq('SELECT check_name, object_id FROM lr_reconcile() ORDER BY 1',
    $$VALUES ('notification_sequence', t.last_return(2)),
             ('notification_without_return', 999::bigint)$$, 'a gap and an orphan are found');

-- What was recorded stays as it is.
SELECT is((SELECT string_agg(DISTINCT t.attempt(c), ' ') FROM unnest(ARRAY[
    'DELETE FROM leadreturns.notification',
    'TRUNCATE leadreturns.notification',
    'UPDATE leadreturns.notification SET payload = ''{}''',
    'UPDATE leadreturns.notification SET sequence = 77, return_id = 77',
    'UPDATE leadreturns.notification SET body = ''x''']) c), 'LR070 history_is_immutable',
    'nobody edits or deletes a notification');
SELECT is((SELECT string_agg(DISTINCT t.attempt(c, 'lr_told_buyer'), ' ') FROM unnest(ARRAY[
    'SELECT FROM leadreturns.notification', 'SELECT FROM leadreturns.notification_list',
    'SELECT FROM leadreturns.outbox_health', 'SELECT FROM leadreturns.notification_template',
    'DELETE FROM leadreturns.notification_template']) c), '42501',
    'and a buyer reads the view alone');
SELECT * FROM finish();
ROLLBACK;
