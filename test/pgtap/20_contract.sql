-- The functions and errors that doc and applications rely on, typed from the public contract.
BEGIN;
SELECT plan(21);

CREATE TEMP TABLE expected (name text, args text, defaults int, result text, volatility "char");
INSERT INTO expected VALUES
('lr_deliver', 'lead_id bigint, account_id bigint, supplier_id bigint, price numeric,
  cost numeric, lead_group_id bigint, delivered_at timestamptz, status text, external_id text,
  email text, phone text, replaces bigint', 10, 'leadreturns.deliveries', 'v'),
('lr_return', 'lead_id bigint, reason text, note text, account_id bigint, idempotency_key text,
  override boolean', 4, 'leadreturns.returns', 'v'),
('lr_return_by_key', 'key_kind text, key text, reason text, note text, account_id bigint,
  idempotency_key text, override boolean', 4, 'leadreturns.returns', 'v'),
('lr_check_return', 'lead_id bigint, reason text, account_id bigint', 1, 'record', 's'),
('lr_accept', 'return_id bigint, note text, credit numeric, clawback numeric, status text,
  remedy text, notify boolean, override boolean', 7, 'leadreturns.returns', 'v'),
('lr_decline', 'return_id bigint, note text, notify boolean', 2, 'leadreturns.returns', 'v'),
('lr_withdraw', 'return_id bigint, note text', 1, 'leadreturns.returns', 'v'),
('lr_reopen', 'return_id bigint, note text, override boolean', 2, 'leadreturns.returns', 'v'),
('lr_rollback_return', 'lead_id bigint, note text, account_id bigint, notify boolean', 3,
  'leadreturns.returns', 'v'),
('lr_message', 'return_id bigint, body text', 0, 'leadreturns.return_thread', 'v'),
('lr_request_info', 'return_id bigint, body text', 0, 'leadreturns.return_thread', 'v'),
('lr_assign', 'return_id bigint, assignee text', 0, 'leadreturns.returns', 'v'),
('lr_attach_evidence', 'return_id bigint, uri text, media_type text, sha256 text', 2,
  'leadreturns.return_thread', 'v'),
('lr_set_terms', 'scope text, scope_id bigint, settings jsonb, valid_from timestamptz', 1,
  'leadreturns.terms_history', 'v'),
('lr_terms', 'account_id bigint, lead_group_id bigint, at timestamptz', 2,
  'TABLE(setting text, value text, scope text, scope_id bigint, valid_from timestamptz)', 's'),
('lr_merge_reason', 'from_code text, into_code text', 0, 'bigint', 'v'),
('lr_correct_reason', 'return_id bigint, reason text, note text', 1, 'leadreturns.returns', 'v'),
('lr_post', 'kind text, party_id bigint, amount numeric, note text, currency text', 2,
  'leadreturns.ledger', 'v'),
('lr_close_period', 'account_id bigint, ends_before date', 0, 'leadreturns.closed_periods', 'v'),
('lr_grant', 'role regrole, kind text, party_id bigint', 1, 'record', 'v'),
('lr_revoke', 'role regrole, kind text, party_id bigint', 1, 'boolean', 'v'),
('lr_act_as', 'kind text, party_id bigint', 1, 'record', 'v'),
('lr_whoami', '', 0, 'record', 's'),
('lr_reconcile', '', 0, 'TABLE(check_name text, object_id bigint, detail text)', 's'),
('lr_return_many', 'lead_ids bigint[], reason text, note text, account_id bigint', 2,
  'TABLE(lead_id bigint, return_id bigint, status text, credit numeric, clawback numeric,
  sqlstate text, condition text, detail text, hint text)', 'v'),
('lr_sweep', 'max_rows bigint', 1, 'record', 'v'),
('lr_run_sweep', '', 0, NULL, 'v'),
('lr_erase_lead', 'lead_id bigint', 0, 'bigint', 'v'),
('lr_archive', 'before timestamptz, max_rows bigint', 1, 'record', 'v'),
('lr_run_archive', 'IN before timestamptz', 0, NULL, 'v'),
('lr_create_http_api', 'schema name', 1, 'bigint', 'v'),
('lr_cron_enable', 'schedule text', 1, 'record', 'v'),
('lr_cron_disable', '', 0, 'record', 'v'), ('lr_cron_status', '', 0, 'record', 's'),
('lr_import_create', 'name text, match_by text, reason text, undo boolean, buyer_id bigint', 4,
  'leadreturns.import_progress', 'v'),
('lr_import_text', 'import_id bigint, csv text, key_column text, reason_column text,
  note_column text', 3, 'bigint', 'v'),
('lr_import_bytes', 'import_id bigint, csv bytea, encoding text, key_column text,
  reason_column text, note_column text', 4, 'bigint', 'v'),
('lr_import_step', 'import_id bigint, max_rows bigint', 1, 'leadreturns.import_progress', 'v'),
('lr_claim_notifications', 'worker text, max_rows bigint, lease interval', 2,
  'SETOF leadreturns.notifications', 'v'),
('lr_ack_notifications', 'ids bigint[]', 0, 'bigint', 'v'),
('lr_fail_notification', 'id bigint, error text, worker text', 1, 'leadreturns.notifications',
  'v'),
('lr_requeue_notifications', 'ids bigint[]', 0, 'bigint', 'v'),
('lr_spreadsheet_text', 'value text', 0, 'text', 'i'),
('lr_attach', 'tbl regclass, mapping jsonb', 0, 'bigint', 'v'),
('lr_detach', 'tbl regclass', 0, 'bigint', 'v'),
('lr_protect_data', '', 0, 'boolean', 'v'),
('lr_import_run', 'IN import_id bigint, IN batch bigint', 1, NULL, 'v');
INSERT INTO expected
SELECT 'lr_import_' || x, 'import_id bigint', 0, 'leadreturns.import_progress', 'v'
  FROM unnest('{verify,cancel,retry,undo}'::text[]) x;

CREATE TEMP VIEW member AS
SELECT p.*, pg_get_function_result(p.oid) AS res,
       regexp_replace(pg_get_function_identity_arguments(p.oid), '(, )?OUT .*', '') AS args
  FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
  JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
 WHERE d.deptype = 'e' AND e.extname = 'leadreturns';
CREATE TEMP VIEW actual AS
SELECT proname::text AS name, replace(args, 'timestamp with time zone', 'timestamptz') AS args,
       pronargdefaults::int AS defaults,
       replace(res, 'timestamp with time zone', 'timestamptz') AS result, provolatile AS volatility
  FROM member WHERE proname LIKE 'lr\_%';
UPDATE expected SET args = regexp_replace(args, '\s+', ' ', 'g'),
                    result = regexp_replace(result, '\s+', ' ', 'g');

SELECT bag_eq('SELECT name, args FROM actual', 'SELECT name, args FROM expected',
              'every function has the arguments that were promised, and no overload');
SELECT bag_eq('SELECT name, defaults FROM actual', 'SELECT name, defaults FROM expected',
              'optional arguments come last with defaults');
SELECT bag_eq('SELECT name, result FROM actual', 'SELECT name, result FROM expected',
              'every function returns what was promised');
SELECT bag_eq('SELECT name, volatility FROM actual', 'SELECT name, volatility FROM expected',
              'reads are stable, commands volatile');
SELECT is_empty('SELECT proname FROM member WHERE proname LIKE ''lr\_%''
                  GROUP BY proname HAVING count(*) > 1', 'no overloads');
SELECT bag_eq($$SELECT unnest(proargnames[4:]), format_type(unnest(proallargtypes[4:]), NULL)
                  FROM member WHERE proname = 'lr_check_return'$$,
    $$VALUES ('eligible', 'boolean'), ('violations', 'text[]'),
      ('window_opens_at', 'timestamp with time zone'),
      ('window_closes_at', 'timestamp with time zone'), ('cap_allowed', 'numeric'),
      ('cap_used', 'numeric'), ('capacity_left', 'numeric'), ('would_auto_accept', 'boolean'),
      ('credit', 'numeric'), ('clawback', 'numeric')$$, 'lr_check_return answers one full row');
SELECT is((SELECT array_to_string(proargnames[2:], ' ') FROM member WHERE proname = 'lr_sweep'),
          'accepted declined consolidated released remaining handed_over skipped failed',
          'lr_sweep answers one full row');
SELECT is((SELECT array_to_string(proargnames[3:], ' ') FROM member WHERE proname = 'lr_archive'),
          'returns history messages notifications import_rows skipped remaining',
          'lr_archive answers one full row');
SELECT is_empty('SELECT proname FROM member WHERE proname LIKE ''lr\_%''
                  AND pronamespace <> ''public''::regnamespace',
                'lr_* functions live where CREATE EXTENSION put them');
SELECT is_empty($$SELECT proname FROM member WHERE proname NOT LIKE 'lr\_%'
                  AND pronamespace <> 'leadreturns'::regnamespace$$,
                'helpers live in schema leadreturns');

SELECT is_empty($$SELECT proname FROM member,
                         aclexplode(coalesce(proacl, acldefault('f', proowner))) a
                   WHERE a.grantee = 0$$, 'PUBLIC executes no function');
SELECT is_empty($$SELECT relname FROM pg_class c,
                         aclexplode(coalesce(relacl, acldefault('r', relowner))) a
                   WHERE relnamespace = 'leadreturns'::regnamespace AND a.grantee = 0$$,
                'PUBLIC reads no table or view');
SELECT is_empty($$SELECT 1 FROM pg_namespace n, aclexplode(nspacl) a
                   WHERE nspname = 'leadreturns' AND a.grantee = 0$$,
                'PUBLIC does not even use the schema');
SELECT is_empty($$SELECT proname FROM member WHERE prosecdef
                   AND NOT proconfig @> '{"search_path=pg_catalog, pg_temp"}'$$,
                'definer functions close their search_path');

-- the whole list of errors
SELECT results_eq('SELECT sqlstate, condition, http_status FROM leadreturns.error_code ORDER BY 1',
$$VALUES ('LR001', 'not_permitted', 401), ('LR002', 'lead_not_found', 404),
('LR003', 'return_not_found', 404), ('LR004', 'ambiguous_delivery', 409),
('LR005', 'lead_deleted', 410), ('LR010', 'return_already_open', 409),
('LR011', 'already_returned', 409), ('LR012', 'not_returned', 409),
('LR013', 'illegal_transition', 409), ('LR014', 'rollback_conflict', 409),
('LR015', 'resubmission_not_allowed', 409), ('LR020', 'returns_disabled', 422),
('LR021', 'window_not_open', 422), ('LR022', 'window_closed', 422), ('LR023', 'cap_reached', 422),
('LR030', 'reason_required', 422), ('LR031', 'reason_unknown', 422),
('LR032', 'reason_retired', 422), ('LR033', 'note_required', 422),
('LR040', 'amount_out_of_range', 422), ('LR041', 'period_closed', 409),
('LR042', 'currency_mismatch', 422), ('LR050', 'idempotency_conflict', 422),
('LR060', 'invalid_setting', 422), ('LR061', 'invalid_import', 422), ('LR062', 'import_state', 409),
('LR070', 'history_is_immutable', 409)$$, 'every error has its code, condition and HTTP status');
SELECT is((SELECT message FROM leadreturns.error_code WHERE sqlstate = 'LR012'),
          'lead has not yet been returned', 'LR012 says what was promised');
SELECT is_empty('SELECT sqlstate FROM leadreturns.error_code WHERE message = '''' OR hint = ''''',
                'every error has a message and a remedy');

-- a dump takes every table and sequence; what the library or the sweep fills, without its rows
CREATE TEMP VIEW flagged AS
SELECT unnest(extconfig) AS oid, unnest(extcondition) AS condition
  FROM pg_extension WHERE extname = 'leadreturns';
SELECT bag_eq('SELECT oid FROM flagged', $$SELECT oid FROM pg_class WHERE relkind IN ('r', 'S')
               AND relnamespace = 'leadreturns'::regnamespace$$,
              'every table and sequence is flagged for pg_dump');
SELECT is((SELECT string_agg(oid::regclass || ' ' || condition, ', ' ORDER BY oid::regclass::text)
             FROM flagged
            WHERE condition <> ''),
          'leadreturns.error_code WHERE false, leadreturns.party_grant WHERE role = ANY (SELECT'
          ' r.oid FROM pg_catalog.pg_roles r), leadreturns.rate_fold WHERE false,'
          ' leadreturns.sweep_heartbeat WHERE false',
          'left out are what comes with the library, what the last sweep did and dropped roles');

-- what replication needs
SELECT is_empty($$SELECT relname FROM pg_class c
                   WHERE relnamespace = 'leadreturns'::regnamespace AND relkind = 'r'
                     AND relreplident <> 'f'
                     AND NOT (relreplident = 'd'
                              AND EXISTS (SELECT FROM pg_index
                                           WHERE indrelid = c.oid AND indisprimary))$$,
                'rows of every table can be changed and removed while it is published');
SELECT set_eq($$SELECT tgname::text, tgenabled::text, count(*) FROM pg_trigger t
                  JOIN pg_class c ON c.oid = t.tgrelid
                 WHERE c.relnamespace = 'leadreturns'::regnamespace AND NOT tgisinternal
                   AND tgenabled <> 'O' GROUP BY 1, 2$$,
              $$VALUES ('replace_seed', 'A', 2::bigint), ('forget_cached', 'A', 6),
                       ('forget_replicated', 'R', 6)$$,
              'of applied rows only those triggers hear that seeds and caches need');
SELECT * FROM finish();
ROLLBACK;
