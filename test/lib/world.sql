-- Something in every table, for tests that copy or restore a database; each sequence is ahead of
-- its rows by what a rollback left out. The roles of the grants are made here as well.
CREATE ROLE of_buyer LOGIN;
CREATE ROLE of_supplier LOGIN; CREATE ROLE of_staff LOGIN; CREATE ROLE of_bi LOGIN;
CREATE ROLE gone;
INSERT INTO leadreturns.buyer (name, email) VALUES ('Ann', 'a@example.com'), ('Bob', NULL);
INSERT INTO leadreturns.account (buyer_id, name, billing, currency)
VALUES (1, 'First', 'prepaid', 'USD'), (2, 'Second', 'net_terms', 'EUR');
INSERT INTO leadreturns.supplier (name) VALUES ('Source');
INSERT INTO leadreturns.lead_group (name) VALUES ('Solar');
INSERT INTO leadreturns.holiday VALUES ('2026-12-25', 'Christmas');
UPDATE leadreturns.reason SET label = 'Called twice', max_age = '3 days'
 WHERE code = 'duplicate';
UPDATE leadreturns.reason SET active = false WHERE code = 'tcpa_risk';
INSERT INTO leadreturns.reason (code, label, supplier_fault)
VALUES ('no_answer', 'No answer', true);
INSERT INTO leadreturns.reason_alias VALUES ('rings forever', 'no_answer');
SELECT FROM lr_merge_reason('wrong_vertical', 'no_answer');
SELECT FROM lr_set_terms('global', NULL, '{"max_return_percent": 50}', '2000-01-01');
SELECT FROM lr_set_terms('account', 2, '{"remedy": "replacement"}', '2000-01-01');
SET leadreturns.now = '2026-03-05 12:00:00+00';
INSERT INTO leadreturns.deliveries
    (lead_id, account_id, supplier_id, lead_group_id, price, cost, external_id, email, phone)
SELECT n, 1 + n % 2, 1, 1, 10 + n, 4, 'x' || n, n || '@example.com', '+1 555 ' || n
  FROM generate_series(1, 20) n;
SELECT FROM lr_return(2, 'rings forever', idempotency_key => 'k');
SELECT FROM lr_return(4, 'duplicate', 'a note');
SELECT FROM lr_accept(2, 'yes', credit => 5);
SELECT FROM lr_return(6, 'other');
SELECT FROM lr_decline(3, 'no');
SELECT FROM lr_return(8, 'wrong vertical');
SELECT FROM lr_accept(4);
SELECT FROM lr_rollback_return(8, 'oops');
SELECT FROM lr_return(1, E'Free\ttext, "quoted" \\ N');
SELECT FROM lr_accept(5);
SELECT FROM lr_return(3, 'bad contact info');
SELECT FROM lr_accept(6);
SELECT FROM lr_deliver(101, 2, price => 0, replaces => 5);
SELECT FROM lr_message(1, 'why?');
SELECT FROM lr_request_info(1, 'When?');
SELECT FROM lr_attach_evidence(1, 'https://example.com/1', 'audio/wav', repeat('0', 64));
UPDATE leadreturns.deliveries SET deleted_at = '2026-03-06' WHERE lead_id = 10;
SELECT FROM lr_post('deposit', 1, 500, 'thanks');
SELECT FROM lr_post('payout', 1, 20, currency => 'USD');
SELECT FROM lr_close_period(1, '2026-03-01');
SELECT FROM lr_grant('of_buyer', 'buyer', 1);
SELECT FROM lr_grant('of_supplier', 'supplier', 1);
SELECT FROM lr_grant('of_staff', 'staff');
SELECT FROM lr_grant('of_bi', 'reporting');
SELECT FROM lr_sweep(1);
SELECT FROM lr_import_create('a "file"', reason => 'other');
SELECT lr_import_text(1, E'lead_id;note\n5;"two\nlines"\n999;\nnonsense;\n7;later\n');
-- takes ids that are not used
SELECT FROM lr_import_verify(1);
SELECT FROM lr_import_step(1, 3);
SELECT FROM lr_import_create('archived', reason => 'other');
SELECT lr_import_text(2, E'lead_id\n13\n998\n');
SELECT FROM lr_import_verify(2);
SELECT FROM lr_import_step(2, 10);
SELECT FROM lr_message(3, 'long ago');
UPDATE leadreturns.notification_template SET subject = 'Hello {{lead_id}}'
 WHERE (kind, recipient_kind, language) = ('return_declined', 'buyer', 'en');
INSERT INTO leadreturns.notification_template VALUES
    ('return_declined', 'buyer', 'fr', 'Bonjour', '{{recipient}}');
SELECT lr_ack_notifications(ARRAY(
    SELECT notification_id FROM lr_claim_notifications('mailer', 3)));
SELECT FROM lr_claim_notifications('mailer', 1), lr_fail_notification(1, 'no');
SELECT FROM lr_erase_lead(14);
SET leadreturns.now = '2026-04-05 12:00:00+00';
SELECT FROM lr_archive('2026-04-01');
SET leadreturns.now = '2026-03-05 12:00:00+00';
CREATE TABLE public.crm_lead (id bigint PRIMARY KEY, account bigint, price numeric);
SELECT FROM lr_attach('crm_lead', '{"lead_id": "id", "account": "account", "price": "price"}');
INSERT INTO public.crm_lead VALUES (500, 1, 12);
INSERT INTO leadreturns.import_cancel VALUES (1, '2026-03-05', 'somebody');
BEGIN;
SELECT FROM lr_import_create('another');
SELECT FROM lr_deliver(102, 1, 1, 10, 4);
SELECT FROM lr_return(12, 'other');
ROLLBACK;
