-- The columns that applications and BI tools rely on, and the types they can read.
BEGIN;
SELECT plan(8);

CREATE TEMP TABLE expected (relation text, columns text, type text);
INSERT INTO expected VALUES
('deliveries', 'delivery_id lead_id account_id supplier_id lead_group_id replaces', 'bigint'),
('deliveries', 'price cost', 'numeric(14,2)'),
('deliveries', 'delivered_at deleted_at', 'timestamp with time zone'),
('deliveries', 'status external_id email phone currency', 'text'),
('returns', 'return_id delivery_id lead_id account_id buyer_id supplier_id lead_group_id
  import_id', 'bigint'),
('returns', 'external_id account buyer supplier lead_group reason reason_label reason_text note
  status review colour requested_by decided_by decided_how decision_note assignee remedy currency
  prior_status idempotency_key', 'text'),
('returns', 'delivered_at requested_at decided_at', 'timestamp with time zone'),
('returns', 'price cost credit clawback', 'numeric(14,2)'),
('returns', 'overridden', 'boolean'),
('returns', 'age_hours', 'numeric(12,2)'),
('return_history', 'history_id return_id party_id', 'bigint'),
('return_history', 'from_status to_status actor party_kind how note', 'text'),
('return_history', 'at terms_at', 'timestamp with time zone'),
('return_thread', 'message_id return_id party_id', 'bigint'),
('return_thread', 'kind author party_kind body uri media_type sha256', 'text'),
('return_thread', 'at', 'timestamp with time zone'),
('replacements_owed', 'return_id delivery_id lead_id account_id buyer_id lead_group_id', 'bigint'),
('replacements_owed', 'account buyer currency', 'text'),
('replacements_owed', 'price', 'numeric(14,2)'),
('replacements_owed', 'accepted_at', 'timestamp with time zone'),
('terms_history', 'terms_id scope_id', 'bigint'),
('terms_history', 'scope set_by', 'text'),
('terms_history', 'valid_from set_at', 'timestamp with time zone'),
('terms_history', 'settings', 'jsonb'),
('ledger', 'transfer_id debit_id credit_id delivery_id return_id reverses', 'bigint'),
('ledger', 'kind debit_account credit_account currency actor note', 'text'),
('ledger', 'amount', 'numeric(14,2)'),
('ledger', 'posted_at', 'timestamp with time zone'),
('account_statement', 'account_id buyer_id transfer_id delivery_id lead_id return_id', 'bigint'),
('account_statement', 'account currency kind note', 'text'),
('account_statement', 'debit credit balance', 'numeric(14,2)'),
('account_statement', 'posted_at', 'timestamp with time zone'),
('supplier_statement', 'supplier_id transfer_id delivery_id lead_id return_id', 'bigint'),
('supplier_statement', 'supplier currency kind reason note', 'text'),
('supplier_statement', 'debit credit balance', 'numeric(14,2)'),
('supplier_statement', 'posted_at', 'timestamp with time zone'),
('balances', 'party_id', 'bigint'),
('balances', 'ledger_account party currency', 'text'),
('balances', 'balance', 'numeric(14,2)'),
('sweep_health', 'accepted declined handed_over consolidated released skipped failed remaining
  overdue', 'bigint'),
('sweep_health', 'last_run_at oldest_due_at', 'timestamp with time zone'),
('sweep_health', 'last_run_by', 'text'), ('sweep_health', 'late', 'boolean'),
('sweep_health', 'duration_ms', 'numeric(12,3)'),
('sweep_health', 'oldest_overdue_seconds', 'numeric(14,2)'),
('notifications', 'notification_id return_id lead_id account_id supplier_id', 'bigint'),
('notifications', 'kind recipient_kind recipient address sender language subject body
  status claimed_by last_error', 'text'), ('notifications', 'payload', 'jsonb'),
('notifications', 'sequence attempts', 'integer'),
('notifications', 'created_at due_at claimed_at settled_at', 'timestamp with time zone'),
('outbox_health', 'pending claimed dead', 'bigint'),
('outbox_health', 'oldest_due_at', 'timestamp with time zone'),
('outbox_health', 'oldest_age_seconds', 'numeric(14,2)'),
('buyer', 'language', 'text'), ('account', 'language', 'text'), ('supplier', 'language', 'text'),
('import_upload', 'import_id', 'bigint'), ('import_upload', 'key reason note', 'text'),
('import_progress', 'import_id total done returned failed errors remaining buyer_id undone conflicts
  verified_returned verified_failed verified_errors cap_crossed_line', 'bigint'),
('import_progress', 'name status match_by reason created_by', 'text'),
('import_progress', 'started_at finished_at verified_at created_at updated_at',
  'timestamp with time zone'),
('import_progress', 'undo', 'boolean'),
('import_progress', 'credit clawback verified_credit verified_clawback', 'numeric(14,2)'),
('import_results', 'import_id line_no lead_id delivery_id account_id return_id', 'bigint'),
('import_results', 'raw key reason note status sqlstate condition message detail hint currency
  undo_status undo_sqlstate undo_detail verdict verdict_sqlstate verdict_detail', 'text'),
('import_results', 'over_cap verdict_over_cap', 'boolean'),
('import_results', 'credit clawback verdict_credit verdict_clawback', 'numeric(14,2)'),
('import_summary', 'import_id lines first_line', 'bigint'),
('import_summary', 'name phase status sqlstate condition message currency', 'text'),
('import_summary', 'credit clawback', 'numeric(14,2)'),
('grants', 'party_id', 'bigint'), ('grants', 'role_name kind party granted_by', 'text'),
('grants', 'role_exists', 'boolean'), ('grants', 'granted_at', 'timestamp with time zone'),
('archived_notifications', 'notification_id return_id account_id supplier_id', 'bigint'),
('archived_notifications', 'sequence attempts', 'integer'),
('archived_notifications', 'kind recipient_kind recipient address sender language', 'text'),
('archived_notifications', 'subject body status claimed_by last_error', 'text'),
('archived_notifications', 'payload', 'jsonb'),
('archived_notifications', 'created_at claimed_at settled_at', 'timestamp with time zone'),
('erasures', 'erasure_id lead_id', 'bigint'), ('erasures', 'erased_by', 'text'),
('erasures', 'deliveries returns', 'integer'),
('erasures', 'erased_at', 'timestamp with time zone'),
('attachments', 'attachment_id without_triggers', 'bigint'),
('attachments', 'table_name attached_by', 'text'), ('attachments', 'mapping', 'jsonb'),
('attachments', 'attached_at detached_at', 'timestamp with time zone'),
-- reference tables
('buyer', 'buyer_id', 'bigint'), ('buyer', 'name email external_id', 'text'),
('account', 'account_id buyer_id', 'bigint'), ('account', 'cycle_anchor', 'date'),
('account', 'name billing currency cycle email external_id', 'text'),
('supplier', 'supplier_id', 'bigint'), ('supplier', 'name email external_id', 'text'),
('lead_group', 'lead_group_id', 'bigint'), ('lead_group', 'name', 'text'),
('reason', 'code label description', 'text'),
('reason', 'active requires_note supplier_fault always_review', 'boolean'),
('reason', 'min_age max_age', 'interval'),
('reason_alias', 'alias code', 'text'),
('holiday', 'day', 'date'), ('holiday', 'name', 'text'),
('error_code', 'sqlstate condition message hint', 'text'), ('error_code', 'http_status', 'integer');

-- with the archive
INSERT INTO expected
SELECT relation || '_all', columns, type FROM expected
 WHERE relation IN ('return_history', 'return_thread', 'import_results');

-- reports
INSERT INTO expected
SELECT v, 'delivered returned open declined', 'bigint' FROM unnest('{return_rate_by_buyer,
  return_rate_by_account,return_rate_by_supplier,return_rate_by_lead_group,return_rate_by_reason,
  return_rate_by_buyer_daily,return_rate_by_account_daily,return_rate_by_supplier_daily,
  return_rate_by_lead_group_daily,return_rate_by_reason_daily,return_rate_daily,return_rate_weekly,
  return_rate_monthly,return_rate_buyer_supplier}'::text[]) v (v);
INSERT INTO expected
SELECT r.relation, c.columns, c.type FROM expected r
 CROSS JOIN (VALUES ('return_rate value_rate', 'numeric(7,4)'), ('band currency', 'text'),
                    ('delivered_value returned_value', 'numeric(14,2)')) c (columns, type)
 WHERE r.columns = 'delivered returned open declined';
INSERT INTO expected
SELECT v.relation, c.columns, c.type
  FROM (VALUES ('return_rate_daily', 'day'), ('return_rate_weekly', 'week'),
               ('return_rate_monthly', 'month'), ('returns_decided_daily', 'day'),
               ('pnl', 'day'), ('pnl_monthly', 'month')) v (relation, period)
 CROSS JOIN LATERAL (VALUES
       (v.period, 'date'), ('buyer_id account_id supplier_id lead_group_id', 'bigint'),
       ('buyer account supplier lead_group currency', 'text')) c (columns, type);
INSERT INTO expected VALUES
('return_rate_by_buyer', 'buyer_id', 'bigint'), ('return_rate_by_buyer', 'buyer', 'text'),
('return_rate_by_account', 'account_id buyer_id', 'bigint'),
('return_rate_by_account', 'account buyer', 'text'),
('return_rate_by_supplier', 'supplier_id', 'bigint'),
('return_rate_by_supplier', 'supplier', 'text'),
('return_rate_by_lead_group', 'lead_group_id', 'bigint'),
('return_rate_by_lead_group', 'lead_group', 'text'),
('return_rate_by_reason', 'reason reason_label', 'text'),
('return_rate_by_reason', 'share', 'numeric(7,4)'),
('return_rate_by_buyer_daily', 'day', 'date'), ('return_rate_by_account_daily', 'day', 'date'),
('return_rate_by_supplier_daily', 'day', 'date'),
('return_rate_by_lead_group_daily', 'day', 'date'), ('return_rate_by_reason_daily', 'day', 'date'),
('return_rate_buyer_supplier', 'buyer_id supplier_id', 'bigint'),
('return_rate_buyer_supplier', 'buyer supplier', 'text'),
('returns_decided_daily', 'delivered decided accepted declined withdrawn rolled_back', 'bigint'),
('returns_decided_daily', 'decided_return_rate decided_value_rate', 'numeric(7,4)'),
('returns_decided_daily', 'delivered_value returned_value clawback', 'numeric(14,2)'),
('bad_lead_summary', 'supplier_id delivered returned open declined', 'bigint'),
('bad_lead_summary', 'supplier reason reason_label currency band', 'text'),
('bad_lead_summary', 'return_rate share', 'numeric(7,4)'),
('bad_lead_summary', 'returned_value clawback', 'numeric(14,2)'),
('return_spikes', 'subject_kind subject cause', 'text'), ('return_spikes', 'day', 'date'),
('return_spikes', 'subject_id delivered returned baseline_delivered baseline_returned
  counterparts raised', 'bigint'),
('return_spikes', 'return_rate baseline_rate top_share', 'numeric(7,4)'),
('return_spikes', 'z_score', 'numeric(10,4)'), ('return_spikes', 'is_spike', 'boolean'),
('pending_returns', 'return_id delivery_id lead_id account_id buyer_id supplier_id lead_group_id',
 'bigint'),
('pending_returns', 'external_id account buyer supplier lead_group reason reason_label reason_text
  note currency requested_by assignee review colour age_bucket due_action', 'text'),
('pending_returns', 'price', 'numeric(14,2)'),
('pending_returns', 'requested_at due_at', 'timestamp with time zone'),
('pending_returns', 'age_hours due_in_hours', 'numeric(12,2)'),
('pending_returns', 'over_cap overdue', 'boolean'),
('pending_returns', 'age_bucket_order', 'integer'),
('distribution_check', 'check_name currency detail', 'text'),
('distribution_check', 'delivery_id lead_id account_id return_id transfer_id', 'bigint'),
('distribution_check', 'expected actual', 'numeric(14,2)');
INSERT INTO expected
SELECT v, 'revenue_before_returns revenue_returned revenue_after_returns cost_before_returns
  cost_clawed_back cost_after_returns profit_before_returns profit_after_returns adjustments',
  'numeric(14,2)' FROM unnest('{pnl,pnl_monthly}'::text[]) v (v);
INSERT INTO expected
SELECT v, 'margin_before_returns margin_after_returns', 'numeric(7,4)'
  FROM unnest('{pnl,pnl_monthly}'::text[]) v (v);

CREATE TEMP VIEW actual AS
SELECT c.relname::text AS relation, a.attname::text AS name, a.atttypmod, t.typtype, t.typcategory,
       format_type(a.atttypid, a.atttypmod) AS type, c.relkind
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
 WHERE c.relnamespace = 'leadreturns'::regnamespace AND c.relkind IN ('r', 'v')
   AND a.attnum > 0 AND NOT a.attisdropped
   -- what others are made of is read by nobody
   AND (c.relkind = 'r' OR EXISTS (
        SELECT FROM leadreturns.privileges('staff') p
         WHERE p.statement ~ (' ON leadreturns.' || c.relname || '$')));

SELECT is_empty(
    $$SELECT relation, unnest(regexp_split_to_array(columns, '\s+')), type FROM expected
      EXCEPT SELECT relation, name, type FROM actual$$,
    'every promised column is there with its type');
SELECT is_empty($$SELECT relation, name, type FROM actual
                   WHERE relkind = 'v' AND (typtype <> 'b' OR typcategory = 'A')$$,
                'no view has an enum, domain, array or composite column');
SELECT is_empty($$SELECT relation, name FROM actual
                   WHERE relkind = 'v' AND type = 'numeric'$$,
                'no view has an unconstrained numeric');
SELECT is_empty($$SELECT relation, name, type FROM actual WHERE relkind = 'v'
                     AND type NOT IN ('bigint', 'integer', 'text', 'boolean', 'date', 'jsonb',
                                      'timestamp with time zone') AND type NOT LIKE 'numeric(%'$$,
                'views use plain types only');
SELECT is_empty($$SELECT relation, name, type FROM actual
                   WHERE name ~ '(price|cost|credit|clawback|debit|balance|amount)$'
                     AND type LIKE 'numeric%' AND type <> 'numeric(14,2)'
                     AND relation !~ '^(rate_|rollup_)'$$, -- sums, which need more room
                'money is numeric(14,2)');
SELECT is_empty($$SELECT table_name, column_name FROM information_schema.columns
                   WHERE table_schema = 'leadreturns' AND is_identity = 'YES'
                     AND (identity_generation <> 'BY DEFAULT' OR data_type <> 'bigint')$$,
                'ids are bigint, generated by default');
-- COPY without a list of columns relies on their order
SELECT is((SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute
            WHERE attrelid = 'leadreturns.import_upload'::regclass AND attnum > 0),
          'import_id key reason note', 'rows of import_upload have four columns');
SELECT is((SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute
            WHERE attrelid = 'leadreturns.import_progress'::regclass AND attnum BETWEEN 1 AND 11),
          'import_id name status total done returned failed errors remaining started_at'
          ' finished_at', 'import_progress begins as promised');
SELECT * FROM finish();
ROLLBACK;
