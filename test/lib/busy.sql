-- A day's work of every kind in the database of world.sql, by a superuser; n is the day.
SELECT set_config('leadreturns.now',
                  (timestamptz '2026-05-01 12:00:00+00' + :n * interval '1 day')::text, false);
\set first (10000 * :n)
INSERT INTO leadreturns.deliveries
    (lead_id, account_id, supplier_id, lead_group_id, price, cost, external_id, email)
SELECT :first + i, 1 + i % 2, 1, 1, 10 + i % 7, 4, 'day ' || (:first + i), i || '@example.com'
  FROM generate_series(1, 40) i;
SELECT FROM lr_set_terms('lead_group', 1, '{"auto_accept_delay": "1 hour"}');
SELECT count(lr_return(:first + i, 'duplicate', 'a note')) FROM generate_series(1, 10) i;
INSERT INTO leadreturns.returns (lead_id, reason) VALUES (:first + 11, 'other');
CREATE TEMPORARY TABLE today AS
SELECT return_id, lead_id - :first AS i FROM leadreturns.returns
 WHERE lead_id BETWEEN :first + 1 AND :first + 11;
SELECT FROM today, lr_accept(return_id, 'yes') WHERE i <= 4;
SELECT FROM lr_rollback_return(:first + 1, 'oops');
SELECT FROM today, lr_decline(return_id, 'no') WHERE i IN (5, 6);
SELECT FROM today, lr_reopen(return_id, 'after all') WHERE i = 6;
SELECT FROM today, lr_withdraw(return_id, 'found it') WHERE i = 7;
SELECT FROM today, lr_message(return_id, 'a word') WHERE i = 8;
SELECT FROM today, lr_request_info(return_id, 'a question') WHERE i = 9;
SELECT FROM today, lr_attach_evidence(return_id, 'https://example.com/1') WHERE i = 9;
SELECT FROM today, lr_assign(return_id, 'somebody') WHERE i = 8;
SELECT FROM today, lr_correct_reason(return_id, 'other') WHERE i = 10;
UPDATE leadreturns.returns SET status = 'accepted' WHERE lead_id = :first + 11;
DROP TABLE today;
SELECT FROM lr_return_many(ARRAY[:first + 12, :first + 13], 'duplicate');
UPDATE leadreturns.deliveries SET deleted_at = now() WHERE lead_id = :first + 20;
SELECT FROM lr_post('deposit', 1, 100);

SELECT import_id AS file FROM lr_import_create('day ' || :n, reason => 'other') \gset
SELECT lr_import_text(:file, concat_ws(E'\n', 'lead_id', :first + 21, :first + 22, '99999'));
SELECT FROM lr_import_verify(:file);
CALL lr_import_run(:file, 2);
SELECT import_id AS file FROM lr_import_create('undone ' || :n, reason => 'other') \gset
SELECT lr_import_text(:file, E'lead_id\n' || (:first + 23) || E'\n');
CALL lr_import_run(:file);
SELECT FROM lr_import_undo(:file);

INSERT INTO public.crm_lead SELECT :first + i, 2, 10 FROM generate_series(31, 35) i;
UPDATE public.crm_lead SET price = 11 WHERE id = :first + 31;
DELETE FROM public.crm_lead WHERE id = :first + 32;

SELECT lr_ack_notifications(ARRAY(SELECT notification_id FROM lr_claim_notifications('mailer', 5)));
SELECT lr_erase_lead(:first + 3);
SELECT set_config('leadreturns.now',
                  (timestamptz '2026-05-01 14:00:00+00' + :n * interval '1 day')::text, false);
CALL lr_run_sweep();
SELECT leadreturns.fold_rates(100000);
SELECT FROM lr_archive(timestamptz '2026-04-30 00:00:00+00' + :n * interval '1 day');
SELECT FROM lr_close_period(2, date '2026-04-01' + :n);
