-- Every kind of command once, on leads from :base on: none of them is refused. Of account 2
-- returns are accepted at once, of account 1 when a person says so.
SELECT count(*) FROM (
    SELECT lr_deliver(:base + n, 1 + n % 2, 1, 10, 4, email => :base + n || '@example.org')
      FROM generate_series(1, 8) n) d;
INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost)
SELECT :base + n, 1 + n % 2, 1, 10, 4 FROM generate_series(11, 30) n;
SELECT eligible FROM lr_check_return(:base + 1, 'duplicate');
SELECT status FROM lr_return(:base + 1, 'phone was disconnected', idempotency_key => 'k' || :base);
SELECT status FROM lr_return(:base + 1, 'phone was disconnected', idempotency_key => 'k' || :base);
SELECT status FROM lr_return_by_key('email', :base + 2 || '@example.org', 'duplicate');
SELECT count(*) FROM lr_accept((SELECT max(return_id) FROM leadreturns.returns
                                 WHERE lead_id = :base + 2), credit => 5);
SELECT status FROM lr_return(:base + 3, 'duplicate');
SELECT status FROM lr_rollback_return(:base + 3);
SELECT count(*) FROM lr_return_many((SELECT array_agg(:base + n) FROM generate_series(11, 20) n),
                                    'duplicate');
INSERT INTO leadreturns.returns (lead_id, reason) VALUES (:base + 4, 'other'), (:base + 6, 'other');
UPDATE leadreturns.returns SET status = 'declined' WHERE lead_id = :base + 4;
SELECT count(*) FROM leadreturns.returns WHERE lead_id BETWEEN :base AND :base + 99;
SELECT count(*) FROM lr_message((SELECT max(return_id) FROM leadreturns.returns
                                  WHERE lead_id = :base + 6), 'Which number did you dial?');
SELECT status FROM lr_withdraw((SELECT max(return_id) FROM leadreturns.returns
                                 WHERE lead_id = :base + 6));
UPDATE leadreturns.deliveries SET email = NULL WHERE lead_id = :base + 1;
SELECT count(*) FROM lr_post('deposit', 2, 100, 'A deposit');
BEGIN;
SELECT count(*) FROM lr_set_terms('account', 1, '{"max_return_percent": 100}');
SELECT eligible FROM lr_check_return(:base + 7, 'duplicate');
ROLLBACK;
SELECT count(*) FROM lr_terms(1);
SELECT count(*) FROM lr_import_create('file ' || :base, reason => 'duplicate');
SELECT max(import_id) AS import FROM leadreturns.import_progress \gset
SELECT lr_import_text(:import, 'lead_id' || E'\n' || string_agg((:base + n)::text, E'\n'))
  FROM generate_series(21, 32) n;
SELECT verified_returned FROM lr_import_verify(:import);
SELECT returned FROM lr_import_step(:import);
SELECT undone FROM lr_import_undo(:import);
SELECT remaining FROM lr_sweep();
SELECT count(*) FROM leadreturns.return_rate_by_account;
SELECT count(*) FROM leadreturns.return_spikes;
