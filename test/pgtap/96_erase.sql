-- After lr_erase_lead no byte of what was said about the lead is left, and no figure has moved.
SELECT plan(32);
\ir ../model/common.sql
SELECT t.at('2026-03-02 12:00:00+00')
\g /dev/null

-- How many columns of rows hold a marker, by table; files are read as bytes.
CREATE FUNCTION t.holding(marker text) RETURNS TABLE (place text) LANGUAGE plpgsql AS $$
DECLARE
    col record;
    n bigint;
BEGIN
    FOR col IN SELECT c.relname, a.attname, a.atttypid = 'bytea'::regtype AS is_bytes
                 FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
                WHERE c.relnamespace = 'leadreturns'::regnamespace AND c.relkind = 'r'
                  AND NOT a.attisdropped ORDER BY 1, 2
    LOOP
        EXECUTE format('SELECT count(*) FROM leadreturns.%I x WHERE %s ILIKE %L', col.relname,
                       CASE WHEN col.is_bytes THEN format('encode(x.%I, ''escape'')', col.attname)
                            ELSE format('x.%I::text', col.attname) END, '%' || marker || '%')
           INTO n;
        IF n > 0 THEN
            place := col.relname || '.' || col.attname;
            RETURN NEXT;
        END IF;
    END LOOP;
END;
$$;
-- Figures: balances, states, caps, rates, money.
CREATE FUNCTION t.figures() RETURNS SETOF text LANGUAGE sql AS $$
SELECT s::text FROM t.state() s
UNION ALL SELECT x::text FROM leadreturns.return_rate_daily x
UNION ALL SELECT x::text FROM leadreturns.returns_decided_daily x
UNION ALL SELECT x::text FROM leadreturns.pnl x
UNION ALL SELECT (x.transfer_id, x.kind, x.amount, x.posted_at)::text FROM leadreturns.ledger x
$$;

-- Everything that can be said about a lead, with its marker: qx1qx for lead 1.
UPDATE leadreturns.notification_template SET subject = 'About {{external_id}}';
CREATE FUNCTION t.tell_all(lead bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    mark text := format('qx%sqx', lead);
    made bigint;
BEGIN
    INSERT INTO leadreturns.deliveries (delivery_id, lead_id, account_id, supplier_id, price, cost,
        delivered_at, email, phone, external_id)
    VALUES (lead, lead, 11, 5, 10, 6, '2026-03-01 12:00:00+00', mark || '@Example.com',
            '+49 30 ' || lead || ' ' || mark, mark);
    PERFORM lr_return(lead, mark || ' told me', mark, account_id => 11);
    made := t.last_return(lead);
    PERFORM lr_message(made, mark);
    PERFORM lr_attach_evidence(made, 'https://example.com/' || mark, mark, repeat('a', 64));
    PERFORM lr_correct_reason(made, 'duplicate', mark);
    PERFORM lr_accept(made, mark);
    -- one is sent, one has failed, the others wait
    PERFORM lr_ack_notifications(ARRAY(
        SELECT n.notification_id FROM lr_claim_notifications('worker', 1) n));
    PERFORM lr_fail_notification(n.notification_id, mark)
       FROM lr_claim_notifications('worker', 1) n;
END;
$$;
SELECT t.tell_all(n) FROM generate_series(1, 2) n
\g /dev/null
INSERT INTO leadreturns.deliveries (delivery_id, lead_id, account_id, price, cost, delivered_at)
VALUES (4, 1, 21, 8, 2, '2026-03-01 13:00:00+00');
-- The lead's lines: by each key, run, verified only, neither, unreadable, uploaded row by row.
SELECT lr_import_create(name, match_by, 'duplicate') FROM (VALUES
    ('email', 'email'), ('phone', 'phone'), ('external', 'external_id'), ('lead', 'lead_id'),
    ('rows', 'email')) v (name, match_by)
\g /dev/null
SELECT lr_import_text(1, E'email,reason,note\nQX1QX@example.com,dup qx1qx,"qx1qx\nqx1qx"\n'
    'qx2qx@example.com,duplicate,"qx2qx\nqx2qx"\nnobody@example.com,other,none\n');
SELECT lr_import_text(2, E'phone;note\n4930-1;nobody\n+49/30/11;qx1qx\n493022;qx2qx\n');
SELECT lr_import_text(3, E'external_id,note,more\nqx1qx,"a ""qx1qx""",qx1qx\nqx2qx,qx2qx,\n');
SELECT lr_import_text(4, E'lead_id,note\n1,qx1qx\n2,qx2qx\n1,"qx1qx\n1,"qx1qx" x\n');
INSERT INTO leadreturns.import_upload (import_id, key, note)
VALUES (5, 'qx1qx@EXAMPLE.com', E'qx1qx\nqx1qx'), (5, 'qx2qx@example.com', 'qx2qx');
CALL lr_import_run(1);
SELECT lr_import_verify(3)
\g /dev/null
CALL lr_import_run(4);
SELECT ok(EXISTS (SELECT FROM t.holding('qx1qx') WHERE place = 'import_outcome.detail')
          OR EXISTS (SELECT FROM leadreturns.import_outcome WHERE detail IS NOT NULL),
          'lines have been told what became of them');
SELECT bag_eq($$SELECT * FROM t.holding('qx1qx')$$, $$VALUES ('delivery.email'::text),
    ('delivery.phone'), ('delivery.external_id'), ('request.reason_text'), ('request.note'),
    ('request.decision_note'), ('history.note'), ('message.body'), ('message.uri'),
    ('message.media_type'),
    ('notification.subject'), ('notification.body'), ('notification.payload'),
    ('notification.last_error'), ('import_chunk.body')$$, 'the lead is everywhere');

CREATE TEMP TABLE before AS SELECT * FROM t.figures() AS f (figure);
CREATE TEMP TABLE others AS SELECT * FROM t.holding('qx2qx') AS f (place);
CREATE TEMP TABLE lines AS
SELECT import_id, line_no, status, sqlstate, return_id FROM leadreturns.import_results;
CREATE ROLE lr_erase_buyer;
CREATE ROLE lr_erase_app;
SELECT lr_grant('lr_erase_buyer', 'buyer', 1), lr_grant('lr_erase_app', 'reporting')
\g /dev/null
SELECT is(t.attempt('SELECT lr_erase_lead(1)', role), 'LR001 not_permitted', role || ' may not')
  FROM unnest('{lr_erase_buyer,lr_erase_app}'::text[]) role;
SELECT is(t.attempt(format('SELECT lr_erase_lead(%s)', lead)), 'LR002 lead_not_found',
          lead || ' is no lead')
  FROM unnest(ARRAY['99', 'NULL']) lead;

SELECT t.at('2026-03-03 12:00:00+00')
\g /dev/null
SELECT is(lr_erase_lead(1), 2::bigint, 'the lead was delivered twice');
SELECT is_empty($$SELECT * FROM t.holding('qx1qx')$$, 'nothing is left of it');
SELECT bag_eq('SELECT * FROM t.holding(''qx2qx'')', 'TABLE others', 'other leads keep theirs');
SELECT bag_eq('SELECT * FROM t.figures()', 'TABLE before', 'no figure has moved');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'and everything agrees');
SELECT is((SELECT (lead_id, erased_at, deliveries, returns)::text FROM leadreturns.erasures),
          '(1,"2026-03-03 12:00:00+00",1,1)', 'it is told when, and what there was');
SELECT is((SELECT erased_by FROM leadreturns.erasures), session_user::text, 'and by whom');
SELECT is((SELECT (from_status, to_status, note, at)::text FROM leadreturns.return_history h
            WHERE return_id = 1 ORDER BY history_id DESC LIMIT 1),
          '(accepted,accepted,erased,"2026-03-03 12:00:00+00")', 'so does the history');
SELECT is((SELECT (reason, reason_text, note, decision_note)::text FROM leadreturns.returns
            WHERE return_id = 1), '(duplicate,duplicate,,)', 'the reason is its code');
SELECT is((SELECT string_agg(coalesce(body, uri), ' ') FROM leadreturns.return_thread
            WHERE return_id = 1), '[erased] [erased]', 'that something was said is known');
SELECT results_eq($$SELECT DISTINCT status, subject IS NULL AND body IS NULL,
           recipient IS NOT NULL AND payload ? 'event_id' AND payload ? 'price'
       AND NOT payload ?| '{external_id,note,reason_text,decision_note,message}'
  FROM leadreturns.notification WHERE return_id = 1 AND recipient_kind = 'buyer' ORDER BY 1$$,
    $$VALUES ('pending', true, true)$$, 'notifications keep ids, kinds and amounts');
SELECT bag_eq('SELECT import_id, line_no, status, sqlstate, return_id
    FROM leadreturns.import_results WHERE status <> ''pending''',
    'SELECT * FROM lines WHERE status <> ''pending''', 'lines keep numbers and results');
SELECT is((SELECT count(*) FROM leadreturns.import_results),
          (SELECT count(*) FROM lines), 'no line is gone');
SELECT results_eq($$SELECT line_no, raw FROM leadreturns.import_results WHERE import_id = 1
    ORDER BY 1$$, $$VALUES (2::bigint, E'*,*,"*\n*"'), (4, E'qx2qx@example.com,duplicate,"qx2qx'
    '\nqx2qx"'), (6, 'nobody@example.com,other,none')$$, 'fields and line breaks are counted');
SELECT is((SELECT string_agg(raw, ' ' ORDER BY line_no) FROM leadreturns.import_results
            WHERE import_id = 3), '*,*,* qx2qx,qx2qx,', 'a file that was only verified');
SELECT is((SELECT string_agg(raw, ' ' ORDER BY line_no) FROM leadreturns.import_results
            WHERE import_id = 4), '*,* 2,qx2qx * *', 'lines that cannot be read');
SELECT is((SELECT key FROM leadreturns.import_results WHERE import_id = 5 AND line_no = 1), '*',
          'rows that were inserted');

CREATE TEMP TABLE once AS SELECT t.fingerprint();
SELECT is(lr_erase_lead(1), 2::bigint, 'once more');
SELECT is(t.fingerprint(), (TABLE once), 'changes nothing');
-- Life goes on, and what has gone does not come back.
SELECT lives_ok($$SELECT lr_rollback_return(1, 'sorry', account_id => 11)$$, 'it can be undone');
SELECT lives_ok($$SELECT lr_return(1, 'duplicate', account_id => 11)$$, 'and returned again');
CALL lr_import_run(2);
SELECT is((SELECT string_agg(status, ' ' ORDER BY line_no) FROM leadreturns.import_results
            WHERE import_id = 2), 'unknown_lead unknown_lead already_returned',
          'in a file that is run now its lines are nobody''s');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'which agrees');
SELECT is_empty($$SELECT * FROM t.holding('qx1qx')$$, 'and says nothing of it');
SELECT lr_message(t.last_return(1), 'qx1qx'), t.at('2026-03-04 12:00:00+00')
\g /dev/null
SELECT is(lr_erase_lead(1), 2::bigint, 'what was said since');
SELECT is_empty($$SELECT * FROM t.holding('qx1qx')$$, 'is erased too');
SELECT * FROM finish();
