-- What an installation does now and then: much of it changes the catalogue.
INSERT INTO app_lead SELECT :base + n, 1 + n % 2, 10 FROM generate_series(70, 75) n;
SELECT lr_attach('app_lead', '{"lead_id": "lead_id", "account": "account_id", "price": "price"}');
INSERT INTO app_lead SELECT :base + n, 1 + n % 2, 10 FROM generate_series(76, 80) n;
UPDATE app_lead SET price = price + 1 WHERE lead_id > :base + 77;
SELECT status FROM lr_return(:base + 76, 'duplicate');
DELETE FROM app_lead WHERE lead_id = :base + 77;
SELECT lr_detach('app_lead') FROM leadreturns.attachment WHERE detached_at IS NULL;
DELETE FROM app_lead;
SELECT lr_create_http_api('sanitize_api') > 0;
SELECT lr_protect_data();
DROP VIEW leadreturns.data_protection;
SELECT count(*) FROM lr_set_terms('account', 1, '{"max_return_percent": 100}');
SELECT state FROM lr_cron_enable('0 0 1 1 *');
SELECT state FROM lr_cron_status();
SELECT state FROM lr_cron_disable();
SELECT granted_kind FROM lr_grant('sanitize_buyer', 'buyer', 1);
SELECT lr_revoke('sanitize_buyer', 'buyer', 1);
INSERT INTO leadreturns.reason (code, label) VALUES ('r' || :base, 'Reason ' || :base);
SELECT lr_merge_reason('r' || :base, 'other');
INSERT INTO leadreturns.account (buyer_id, name) VALUES (1, 'Account ' || :base);
SELECT count(*) FROM lr_close_period((SELECT max(account_id) FROM leadreturns.account),
                                     (now() - interval '2 days')::date);
SELECT remaining FROM lr_archive(now() - interval '1 second', 100);
CALL lr_run_archive(now() - interval '1 second');
SELECT count(*) FROM lr_reconcile();
