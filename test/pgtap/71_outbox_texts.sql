-- What the outbox says: addresses, languages, templates, payloads, and who must not learn what.
BEGIN;
SELECT plan(41);
\ir ../model/common.sql
SELECT t.at('2026-03-02 12:00:00.5+00')
\g /dev/null
CREATE ROLE lr_texts_buyer;
CREATE ROLE lr_texts_other;
CREATE ROLE lr_texts_supplier;
CREATE ROLE lr_texts_app;
CREATE ROLE lr_texts_reporting;
SELECT lr_grant('lr_texts_buyer', 'buyer', 1), lr_grant('lr_texts_other', 'buyer', 2),
       lr_grant('lr_texts_supplier', 'supplier', 5), lr_grant('lr_texts_app', 'app'),
       lr_grant('lr_texts_reporting', 'reporting')
\g /dev/null
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA t TO PUBLIC;
SELECT lr_deliver(1, 11, 5, 17.31, 6.23, 7, '2026-03-01', external_id => 'x-1',
                  email => 'person@lead.example', phone => '+1 555 0100')
\g /dev/null
CREATE FUNCTION t.told(kind text, recipient_kind text) RETURNS leadreturns.notifications
LANGUAGE sql AS $$
SELECT * FROM leadreturns.notifications n WHERE (n.kind, n.recipient_kind) = ($1, $2)
 ORDER BY notification_id DESC LIMIT 1
$$;
-- The life of a return of lead 1: filed with a note, decided, undone.
CREATE FUNCTION t.life() RETURNS void LANGUAGE sql AS $$
SELECT lr_return(1, 'duplicate', 'our note');
SELECT lr_accept(t.last_return(1), 'their note', credit => 8.65);
SELECT lr_rollback_return(1, 'a mistake')
$$;

-- Nothing is known of anybody: the rows are there all the same, for webhooks.
SELECT t.life() \g /dev/null
SELECT is_empty('SELECT 1 FROM leadreturns.notifications WHERE address IS NOT NULL
                    OR sender IS NOT NULL', 'no address is known');
SELECT is((SELECT count(*) FROM leadreturns.notifications), 5::bigint, 'but everything is told');
SELECT is((t.told('return_accepted', 'buyer')).recipient, 'Acme', 'a buyer is called by its name');
SELECT is((t.told('lead_returned', 'supplier')).recipient, 'Source', 'a supplier too');
SELECT is((t.told('return_requested', 'seller')).recipient, NULL, 'a task is nobody''s yet');

-- The payload: each recipient's facts, and no others.
CREATE FUNCTION t.keys(payload jsonb) RETURNS text LANGUAGE sql AS
$$ SELECT string_agg(k, ' ' ORDER BY k) FROM jsonb_object_keys(payload) k $$;
SELECT is(t.keys((t.told('lead_returned', 'supplier')).payload),
    'clawback cost currency event_id external_id kind lead_id occurred_at reason reason_label'
    ' recipient recipient_kind return_id sequence status supplier supplier_id',
    'what a supplier learns');
SELECT is(t.keys((t.told('return_accepted', 'buyer')).payload),
    'account account_id credit currency decision_note event_id external_id kind lead_id message'
    ' occurred_at price reason reason_label recipient recipient_kind remedy return_id sequence'
    ' status', 'what a buyer learns');
SELECT is(t.keys((t.told('return_requested', 'seller')).payload),
    'account account_id assignee buyer buyer_id clawback cost credit currency decision_note'
    ' event_id external_id kind lead_id message note occurred_at price reason reason_label'
    ' reason_text recipient recipient_kind remedy return_id review sequence status supplier'
    ' supplier_id', 'what the seller learns');
SELECT is((t.told('return_accepted', 'buyer')).payload - '{event_id,return_id}'::text[],
    '{"kind": "return_accepted", "recipient_kind": "buyer", "recipient": "Acme", "sequence": 2,
      "lead_id": 1, "external_id": "x-1", "status": "accepted", "reason": "duplicate",
      "reason_label": "Duplicate", "occurred_at": "2026-03-02T12:00:00.5+00:00",
      "currency": "USD", "account_id": 11, "account": "Acme prepaid", "price": 17.31,
      "credit": 8.65, "remedy": "credit", "decision_note": "their note", "message": null}',
    'the facts of an acceptance');
SELECT is((t.told('lead_returned', 'supplier')).payload - '{event_id,return_id}'::text[],
    '{"kind": "lead_returned", "recipient_kind": "supplier", "recipient": "Source",
      "sequence": 3, "lead_id": 1, "external_id": "x-1", "status": "accepted",
      "reason": "duplicate", "reason_label": "Duplicate", "currency": "USD",
      "occurred_at": "2026-03-02T12:00:00.5+00:00", "supplier_id": 5, "supplier": "Source",
      "cost": 6.23, "clawback": 3.11}', 'as the supplier has them');
SELECT is((SELECT string_agg((payload ->> 'credit') || ' ' || (payload ->> 'status'), ', ')
             FROM leadreturns.notifications
            WHERE kind = 'return_rolled_back' AND recipient_kind = 'buyer'),
          '8.65 rolled_back', 'a rollback tells what it took back');
SELECT is((SELECT payload ->> 'clawback' FROM leadreturns.notifications
            WHERE kind = 'return_rolled_back' AND recipient_kind = 'supplier'), '3.11',
          'from the supplier too');
SELECT is_empty('SELECT 1 FROM leadreturns.notifications
                  WHERE (payload ->> ''event_id'')::bigint <> notification_id
                     OR (payload ->> ''return_id'')::bigint <> return_id
                     OR (payload ->> ''sequence'')::int <> sequence', 'ids are those of the row');
SELECT is_empty('SELECT 1 FROM leadreturns.notifications n
                  WHERE n::text ~ ''person@lead|555''', 'nowhere is how to reach the person');
SELECT is_empty('SELECT 1 FROM leadreturns.notifications n WHERE recipient_kind = ''supplier''
    AND n::text ~ ''17[.]31|8[.]65|Acme|our note|their note|a mistake''',
    'suppliers learn neither the price, nor the buyer, nor what was said');
SELECT is_empty('SELECT 1 FROM leadreturns.notifications n WHERE recipient_kind = ''buyer''
    AND concat(subject, body, payload) ~ ''6[.]23|3[.]11|Source''',
    'buyers neither the cost nor the supplier');

-- Who reads which rows of the view, and which columns of them.
CREATE FUNCTION t.reads(who text, OUT told text, OUT hidden text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('role', who, true);
    SELECT string_agg(DISTINCT recipient_kind, ' '),
           concat_ws(' ', CASE WHEN count(account_id) > 0 THEN 'account' END,
                     CASE WHEN count(supplier_id) > 0 THEN 'supplier' END,
                     CASE WHEN count(claimed_by) > 0 THEN 'worker' END)
      INTO told, hidden FROM leadreturns.notifications;
    PERFORM set_config('role', 'none', true);
END;
$$;
DO $$
BEGIN
    FOR n IN 1 .. 5 LOOP
        PERFORM lr_ack_notifications(ARRAY(
            SELECT c.notification_id FROM lr_claim_notifications('w') c));
    END LOOP;
END;
$$;
SELECT results_eq($$SELECT who, (t.reads('lr_texts_' || who)).*
                      FROM unnest('{buyer,other,supplier,app}'::text[]) who$$,
    $$VALUES ('buyer', 'buyer', 'account'), ('other', NULL, ''),
             ('supplier', 'supplier', 'supplier'), ('app', NULL, '')$$,
    'a party reads what it is told itself, an application that acts for nobody nothing');
SELECT is(concat_ws(', ', told, hidden), 'buyer seller supplier, account supplier worker',
          'staff reads all') FROM t.reads('none');
SELECT is(t.attempt('SELECT FROM leadreturns.notifications', 'lr_texts_reporting'), '42501',
          'reporting reads none');
SELECT is(t.attempt('SELECT FROM leadreturns.outbox_health', 'lr_texts_reporting'), 'ok',
          'but how many there are');

-- Addresses, languages and senders.
UPDATE leadreturns.buyer SET email = 'buyer@acme.example', language = 'de' WHERE buyer_id = 1;
UPDATE leadreturns.supplier SET email = E'source@x.example\r\nBcc: all@x.example', language = 'xx'
 WHERE supplier_id = 5;
SELECT lr_set_terms('global', NULL, '{"sender_address": "returns@seller.example",
    "seller_address": "team@seller.example", "assignee": "maria"}') \g /dev/null
SELECT t.life() \g /dev/null
SELECT is((SELECT concat_ws(' ', address, language, sender)
             FROM t.told('return_accepted', 'buyer')),
          'buyer@acme.example de returns@seller.example', 'the buyer''s address and language');
SELECT is((t.told('return_accepted', 'buyer')).subject, 'Retoure von Lead 1 angenommen',
          'and the template in it');
SELECT is((SELECT concat_ws('|', address, language, subject)
             FROM t.told('lead_returned', 'supplier')),
          'source@x.example  Bcc: all@x.example|en|Lead 1 was returned',
          'an address stays on its line, and an unknown language is English');
SELECT is((SELECT concat_ws(' ', recipient, address) FROM t.told('return_requested', 'seller')),
          'maria team@seller.example', 'an assignee without an address: the team''s');
UPDATE leadreturns.account SET email = 'contract@acme.example', language = 'fr'
 WHERE account_id = 11;
SELECT lr_set_terms('account', 11, '{"assignee": "maria@seller.example", "language": "de"}')
\g /dev/null
INSERT INTO leadreturns.notification_template (kind, recipient_kind, language, subject, body)
VALUES ('return_accepted', 'buyer', 'fr', 'Retour {{ lead_id }}: {{decision_note}}!',
        'x{{external_id}}{{currency}}{y} {{message}}}');
SELECT t.life() \g /dev/null
SELECT is((SELECT concat_ws('|', address, language, subject, body)
             FROM t.told('return_accepted', 'buyer')),
          'contract@acme.example|fr|Retour 1: their note!|xx-1USD{y} }',
          'the account''s come before the buyer''s; what has no value is empty');
SELECT is((SELECT concat_ws('|', address, language) FROM t.told('return_requested', 'seller')),
          'maria@seller.example|de', 'an assignee with an address gets it, in their language');
SELECT is((SELECT string_agg(DISTINCT language, ' ') FROM leadreturns.notification_template
            WHERE seeded), 'de en', 'templates come in two languages');
SELECT is((SELECT count(*) FROM leadreturns.notification_template WHERE seeded), 24::bigint,
          'for all there is to tell');

-- Values: line breaks, placeholders, markup and quotes stay values.
SELECT lr_return(1, 'duplicate') \g /dev/null
SELECT lr_accept(t.last_return(1), E'a\r\nBcc: x@y.z\t{{price}} "<b>\\') \g /dev/null
SELECT is((t.told('return_accepted', 'buyer')).subject,
          'Retour 1: a  Bcc: x@y.z {{price}} "<b>\!', 'nothing breaks a subject');
SELECT is((t.told('return_accepted', 'buyer')).payload ->> 'decision_note',
          E'a\r\nBcc: x@y.z\t{{price}} "<b>\\', 'the payload has it as it was');
SELECT lr_rollback_return(1) \g /dev/null
UPDATE leadreturns.notification_template SET subject = '{{decision_note}}' WHERE language = 'fr';
SELECT t.life() \g /dev/null
SELECT is((t.told('return_accepted', 'buyer')).subject, 'their note', 'an edit counts at once');
SELECT lr_return(1, 'duplicate') \g /dev/null
SELECT lr_accept(t.last_return(1)) \g /dev/null
SELECT is((t.told('return_accepted', 'buyer')).subject, NULL, 'a subject of nothing is none');
SELECT lr_rollback_return(1) \g /dev/null

-- No template at all is no reason to fail.
SET LOCAL session_replication_role = replica;
TRUNCATE leadreturns.notification_template;
SET LOCAL session_replication_role = origin;
SELECT t.life() \g /dev/null
SELECT is((SELECT concat_ws('|', subject, body, language) FROM t.told('return_accepted', 'buyer')),
          'fr', 'without templates there is no text, and the return goes on');

-- Templates are checked when they are saved.
CREATE FUNCTION t.saves(kind text, recipient_kind text, subject text, body text) RETURNS text
LANGUAGE sql AS $$
SELECT coalesce((SELECT concat_ws(' | ', message, detail, hint) FROM t.texts(format(
    'INSERT INTO leadreturns.notification_template (kind, recipient_kind, language, subject, body)
     VALUES (%L, %L, ''en'', %L, %L)', kind, recipient_kind, subject, body))), 'ok')
$$;
SELECT is(t.saves('return_accepted', 'buyer', '{{prise}}', ''), 'invalid setting'
    ' | There is no field "prise" for a buyer. | The fields are event_id, sequence, kind,'
    ' recipient_kind, recipient, occurred_at, return_id, lead_id, external_id, status, reason,'
    ' reason_label, currency, account_id, account, price, credit, remedy, decision_note, message.',
    'an unknown field is refused, and the others named');
SELECT is((SELECT string_agg(field, ' ') FROM unnest('{price,credit,buyer,buyer_id,account,
    account_id,note,reason_text,decision_note,message,remedy,assignee,review,email,phone}'::text[])
           field
            WHERE t.saves('lead_returned', 'supplier', 's', '{{' || field || '}}')
                  ~ ('no field "' || field || '" for a supplier')),
    'price credit buyer buyer_id account account_id note reason_text decision_note message remedy'
    ' assignee review email phone', 'what suppliers must not know is no field of theirs');
SELECT is((SELECT string_agg(field, ' ') FROM unnest(
    '{cost,clawback,supplier,supplier_id,note,assignee,email,phone}'::text[]) field
            WHERE t.saves('return_accepted', 'buyer', 's', '{{' || field || '}}')
                  ~ ('no field "' || field || '" for a buyer')),
    'cost clawback supplier supplier_id note assignee email phone', 'nor what buyers must not');
SELECT is((SELECT string_agg(split_part(t.saves(kind, who, subject, body), ' | ', 2), ' '
                             ORDER BY n)
             FROM (VALUES (1, 'sold', 'buyer', 's', ''), (2, 'lead_returned', 'buyer', 's', ''),
                          (3, 'return_accepted', 'buyer', E'a\nb', ''),
                          (4, 'return_accepted', 'buyer', 's', 'a {{ b'),
                          (5, 'return_accepted', 'buyer', 's', '{{}}'),
                          (6, 'return_accepted', 'buyer', 's', '{{{lead_id}}}'))
                  v (n, kind, who, subject, body)),
    'Nothing of kind "sold" is told to "buyer". Nothing of kind "lead_returned" is told to "buyer".'
    ' The subject has a line break. "{{ b" is not closed. There is no field "" for a buyer.'
    ' There is no field "{lead_id" for a buyer.', 'each mistake is named');
SELECT is((SELECT string_agg(t.attempt(format('INSERT INTO leadreturns.notification_template
    (kind, recipient_kind, language, subject, body) VALUES (''return_accepted'', ''buyer'', %L,
    ''s'', %L)', l, b)), ' ' ORDER BY n) FROM (VALUES (1, 'en', '{{prise}}'), (2, 'not a tag', ''),
                                                      (3, 'pt-BR', '')) v (n, l, b)),
          'LR060 invalid_setting 23514 notification_template_language_check ok',
          'with conditions that programs can tell apart');

-- What came with the extension can be edited, but not taken away.
INSERT INTO leadreturns.notification_template
    (kind, recipient_kind, language, subject, body, seeded)
VALUES ('return_accepted', 'buyer', 'de', 's', 'b', true);
SELECT is((SELECT string_agg(t.attempt(c || ' WHERE seeded'), ' ' ORDER BY n) FROM (VALUES
    (1, 'DELETE FROM leadreturns.notification_template'),
    (2, 'UPDATE leadreturns.notification_template SET language = ''it'''),
    (3, 'UPDATE leadreturns.notification_template SET subject = ''t''')) v (n, c)),
    'LR070 history_is_immutable LR070 history_is_immutable ok', 'a seed is edited in its place');
SELECT is(t.attempt('DELETE FROM leadreturns.notification_template WHERE NOT seeded'), 'ok',
          'one''s own can go');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'reconciles');
SELECT * FROM finish();
ROLLBACK;
