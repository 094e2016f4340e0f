-- The example of each view in doc/reference.md, asked in the shop of reference_shop.sql. Marks of
-- sections and queries are printed with the answers, for test/lib/reference-parts to sort them in.
\pset footer off
SET timezone = 'UTC';
\set ECHO queries

\echo '### deliveries'
SELECT delivery_id, lead_id, account_id, supplier_id, price, cost, delivered_at, status
  FROM leadreturns.deliveries WHERE lead_id IN (9001, 9003, 9101) ORDER BY delivery_id;

\echo '### returns'
SELECT return_id, lead_id, account, reason, status, review, credit, clawback, remedy
  FROM leadreturns.returns WHERE requested_at >= '2026-03-31 11:00:00+00' ORDER BY return_id;

\echo '### return_history'
SELECT h.return_id, h.from_status, h.to_status, h.at, h.how, h.note
  FROM leadreturns.return_history h JOIN leadreturns.returns r USING (return_id)
 WHERE r.lead_id = 9003 ORDER BY h.history_id;

\echo '### return_thread'
SELECT return_id, kind, at, party_kind, body FROM leadreturns.return_thread;

\echo '### replacements_owed'
SELECT return_id, lead_id, account, price, currency, accepted_at
  FROM leadreturns.replacements_owed;

\echo '### terms_history'
SELECT scope, scope_id, valid_from, settings FROM leadreturns.terms_history ORDER BY terms_id;

\echo '### grants'
SELECT role_name, kind, party_id, party, role_exists FROM leadreturns.grants ORDER BY role_name;

\echo '### closed_periods'
SELECT account, starts_on, ends_before, ends_at FROM leadreturns.closed_periods;

\echo '### ledger'
SELECT transfer_id, kind, debit_account, debit_id, credit_account, credit_id, amount, reverses
  FROM leadreturns.ledger
 WHERE return_id = (SELECT return_id FROM leadreturns.returns WHERE lead_id = 9003)
 ORDER BY transfer_id;

\echo '### account_statement'
SELECT posted_at, kind, lead_id, return_id, debit, credit, balance, currency
  FROM leadreturns.account_statement WHERE account_id = 1
 ORDER BY posted_at DESC, transfer_id DESC LIMIT 6;

\echo '### supplier_statement'
SELECT posted_at, kind, lead_id, reason, debit, credit, balance, currency
  FROM leadreturns.supplier_statement WHERE supplier_id = 3
 ORDER BY posted_at DESC, transfer_id DESC LIMIT 5;

\echo '### balances'
SELECT ledger_account, party, currency, balance FROM leadreturns.balances
 ORDER BY ledger_account, party, currency;

\echo '### attachments'
SELECT attachment_id, table_name, mapping, detached_at, without_triggers
  FROM leadreturns.attachments;

\echo '### return_rate_by_account'
SELECT account, delivered, returned, open, declined, return_rate, value_rate, band
  FROM leadreturns.return_rate_by_account ORDER BY return_rate DESC;

\echo '### return_rate_by_account_daily'
SELECT account, sum(delivered) AS delivered, sum(returned) AS returned,
       round(sum(returned) / sum(delivered), 4) AS return_rate
  FROM leadreturns.return_rate_by_account_daily
 WHERE day BETWEEN '2026-03-18' AND '2026-03-24' GROUP BY account ORDER BY return_rate DESC;

\echo '### return_rate_by_buyer'
SELECT buyer, currency, delivered, returned, return_rate, returned_value, value_rate, band
  FROM leadreturns.return_rate_by_buyer ORDER BY buyer;

\echo '### return_rate_by_buyer_daily'
SELECT day, delivered, returned, open, return_rate, band
  FROM leadreturns.return_rate_by_buyer_daily
 WHERE buyer_id = 2 AND day BETWEEN '2026-03-18' AND '2026-03-22' ORDER BY day;

\echo '### return_rate_by_supplier'
SELECT supplier, currency, delivered, returned, return_rate, value_rate, band
  FROM leadreturns.return_rate_by_supplier ORDER BY supplier_id, currency;

\echo '### return_rate_by_supplier_daily'
SELECT day, currency, delivered, returned, return_rate, band
  FROM leadreturns.return_rate_by_supplier_daily
 WHERE supplier_id = 1 AND day BETWEEN '2026-03-23' AND '2026-03-25' ORDER BY day, currency;

\echo '### return_rate_by_lead_group'
SELECT lead_group_id, lead_group, currency, delivered, returned, return_rate, band
  FROM leadreturns.return_rate_by_lead_group ORDER BY lead_group_id;

\echo '### return_rate_by_lead_group_daily'
SELECT day, lead_group, delivered, returned, return_rate, band
  FROM leadreturns.return_rate_by_lead_group_daily
 WHERE lead_group_id = 1 AND day >= '2026-03-28' ORDER BY day;

\echo '### return_rate_buyer_supplier'
SELECT buyer, supplier, currency, delivered, returned, return_rate, band
  FROM leadreturns.return_rate_buyer_supplier
 WHERE delivered >= 20 ORDER BY return_rate DESC;

\echo '### return_rate_daily'
SELECT account, supplier, lead_group, delivered, returned, open, declined, return_rate, band
  FROM leadreturns.return_rate_daily
 WHERE day = '2026-03-24' ORDER BY account_id, supplier_id;

\echo '### return_rate_weekly'
SELECT week, currency, sum(delivered) AS delivered, sum(returned) AS returned,
       round(sum(returned) / sum(delivered), 4) AS return_rate
  FROM leadreturns.return_rate_weekly
 WHERE supplier_id = 1 AND week >= '2026-03-09' GROUP BY week, currency ORDER BY currency, week;

\echo '### return_rate_monthly'
SELECT month, account, supplier, delivered, returned, return_rate, band
  FROM leadreturns.return_rate_monthly WHERE buyer_id = 1 AND supplier_id = 2
 ORDER BY account_id, month;

\echo '### return_rate_by_reason'
SELECT reason_label, currency, returned, open, declined, delivered, return_rate, share
  FROM leadreturns.return_rate_by_reason ORDER BY currency, returned DESC;

\echo '### return_rate_by_reason_daily'
SELECT reason_label, sum(returned) AS returned
  FROM leadreturns.return_rate_by_reason_daily
 WHERE currency = 'USD' AND day BETWEEN '2026-03-24' AND '2026-03-30'
 GROUP BY reason_label ORDER BY returned DESC;

\echo '### bad_lead_summary'
SELECT supplier, reason_label, delivered, returned, return_rate, share, clawback, band
  FROM leadreturns.bad_lead_summary WHERE currency = 'USD'
 ORDER BY supplier_id, returned DESC, reason;

\echo '### returns_decided_daily'
SELECT day, sum(decided) AS decided, sum(accepted) AS accepted, sum(declined) AS declined,
       sum(withdrawn) AS withdrawn, sum(rolled_back) AS rolled_back,
       sum(returned_value) AS returned_value, sum(clawback) AS clawback
  FROM leadreturns.returns_decided_daily
 WHERE currency = 'USD' AND day >= '2026-03-27' GROUP BY day ORDER BY day;

\echo '### pnl'
SELECT supplier, sum(revenue_before_returns) AS revenue, sum(revenue_returned) AS returned,
       sum(cost_before_returns) AS cost, sum(cost_clawed_back) AS clawed_back,
       sum(profit_before_returns) AS before, sum(profit_after_returns) AS after,
       sum(adjustments) AS adjustments
  FROM leadreturns.pnl WHERE currency = 'USD' AND day >= '2026-03-25'
 GROUP BY supplier_id, supplier ORDER BY supplier_id;

\echo '### pnl_monthly'
SELECT month, supplier, profit_before_returns, profit_after_returns, margin_before_returns,
       margin_after_returns
  FROM leadreturns.pnl_monthly WHERE account_id = 4 ORDER BY month, supplier_id;

\echo '### sweep_health'
SELECT last_run_at, accepted, declined, consolidated, failed, overdue, late, rate_deltas
  FROM leadreturns.sweep_health;

\echo '### notifications'
SELECT sequence, kind, recipient_kind, recipient, subject, status
  FROM leadreturns.notifications WHERE lead_id = 9003 ORDER BY sequence;
SELECT payload FROM leadreturns.notifications WHERE lead_id = 9003 AND kind = 'lead_returned';

\echo '### outbox_health'
SELECT pending, claimed, dead, oldest_due_at FROM leadreturns.outbox_health;

\echo '### import_progress'
SELECT import_id, name, status, total, done, returned, failed, errors, credit, clawback
  FROM leadreturns.import_progress;

\echo '### import_results'
SELECT line_no, raw, status, sqlstate, message FROM leadreturns.import_results
 WHERE import_id = 1 ORDER BY line_no;

\echo '### import_summary'
SELECT phase, status, sqlstate, lines, first_line, currency, credit
  FROM leadreturns.import_summary WHERE import_id = 1 ORDER BY first_line;

\echo '### pending_returns'
SELECT age_bucket, count(*) AS returns, count(*) FILTER (WHERE review = 'pending') AS pending,
       count(*) FILTER (WHERE over_cap) AS over_cap
  FROM leadreturns.pending_returns
 GROUP BY age_bucket, age_bucket_order ORDER BY age_bucket_order;
SELECT return_id, account, age_hours, over_cap, due_at, due_action, due_in_hours
  FROM leadreturns.pending_returns ORDER BY age_hours DESC, due_at, return_id LIMIT 6;

\echo '### return_spikes'
SELECT subject_kind, subject, day, delivered, returned, return_rate, baseline_rate, z_score, cause
  FROM leadreturns.return_spikes WHERE is_spike ORDER BY day;

\echo '### distribution_check'
SELECT check_name, delivery_id, lead_id, expected, actual, currency, detail
  FROM leadreturns.distribution_check;
-- what a superuser's hand in the ledger would look like
\set ECHO none
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE leadreturns.transfer SET amount = 35.00 WHERE kind = 'sale' AND delivery_id = 1;
SET LOCAL session_replication_role = origin;
\set ECHO queries
SELECT check_name, delivery_id, lead_id, expected, actual, currency, detail
  FROM leadreturns.distribution_check;
\set ECHO none
ROLLBACK;

\set ECHO queries
\echo '### return_history_all'
SELECT returns, history, import_rows, remaining FROM lr_archive('2026-02-05 00:00:00+00');
SELECT count(*) AS history, count(*) FILTER (WHERE a.at < '2026-02-05 00:00:00+00') AS old,
       (SELECT count(*) FROM leadreturns.return_history) AS live
  FROM leadreturns.return_history_all a;

\echo '### erasures'
SELECT lr_erase_lead(1);
SELECT lead_id, erased_at, deliveries, returns FROM leadreturns.erasures;

\echo '### archived_notifications'
SELECT count(*) AS archived FROM leadreturns.archived_notifications;

\echo '### return_thread_all'
SELECT kind, body FROM leadreturns.return_thread_all ORDER BY message_id LIMIT 2;

\echo '### import_results_all'
SELECT line_no, status, sqlstate FROM leadreturns.import_results_all ORDER BY import_id, line_no;
