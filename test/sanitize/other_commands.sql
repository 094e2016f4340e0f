-- What commands.sql leaves out, on leads from :base + 50 on.
SELECT count(*) FROM (
    SELECT lr_deliver(:base + n, 1 + n % 2, 1, 10, 4, email => :base + n || '@example.org')
      FROM generate_series(50, 60) n) d;
SELECT return_id AS return FROM lr_return(:base + 50, 'duplicate') \gset
SELECT count(*) FROM lr_request_info(:return, 'Which number did you dial?');
SELECT count(*) FROM lr_message(:return, 'The one you sent');
SELECT count(*) FROM lr_attach_evidence(:return, 'https://files.example.org/1', 'audio/mpeg');
SELECT assignee FROM lr_assign(:return, 'maria');
SELECT reason FROM lr_correct_reason(:return, 'other', 'as heard');
SELECT status FROM lr_decline(:return, 'It rings');
SELECT status FROM lr_reopen(:return, 'It does not');
SELECT status FROM lr_accept(:return, notify => true);
SELECT status FROM lr_rollback_return(:base + 50, notify => true);
SELECT count(lr_erase_lead(:base + 50));
SELECT lr_spreadsheet_text('=' || :base);
SELECT kind FROM lr_whoami();
BEGIN;
SET LOCAL ROLE sanitize_portal;
SELECT acting_kind FROM lr_act_as('buyer', 1);
SELECT eligible FROM lr_check_return(:base + 52, 'duplicate');
SELECT status FROM lr_return(:base + 52, 'duplicate');
SELECT count(*) FROM leadreturns.returns WHERE lead_id = :base + 52;
COMMIT;
BEGIN;
SAVEPOINT s;
SELECT status FROM lr_return(:base + 53, 'duplicate');
SELECT status FROM lr_rollback_return(:base + 53);
ROLLBACK TO s;
SELECT status FROM lr_return(:base + 53, 'other');
COMMIT;
SELECT count(*) FROM lr_claim_notifications('worker', 50, '1 hour');
SELECT coalesce(min(notification_id), 0) AS failing,
       coalesce((array_agg(notification_id ORDER BY notification_id))[2:], '{}') AS sent
  FROM leadreturns.notifications WHERE claimed_by = 'worker' AND status = 'claimed' \gset
SELECT count(*) FROM lr_fail_notification(:failing, 'no such host', 'worker') WHERE :failing > 0;
SELECT lr_ack_notifications(:'sent') = cardinality(:'sent'::bigint[]);
SELECT lr_requeue_notifications(ARRAY[:failing]) WHERE :failing > 0;
SELECT import_id AS import FROM lr_import_create('bytes ' || :base, reason => 'duplicate') \gset
SELECT lr_import_bytes(
           :import, convert_to(E'lead_id\n' || string_agg((:base + n)::text, E'\n'), 'LATIN1'),
           'LATIN1')
  FROM generate_series(54, 62) n;
CALL lr_import_run(:import, 5);
SELECT remaining FROM lr_import_retry(:import);
SELECT import_id AS import FROM lr_import_create('cancelled ' || :base) \gset
SELECT status FROM lr_import_cancel(:import);
CALL lr_run_sweep();
