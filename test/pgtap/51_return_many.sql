-- lr_return_many: one outcome for each lead, in the order asked for, as single calls would give.
BEGIN;
SELECT plan(19);
\ir ../model/common.sql
SELECT t.at('2026-03-02 12:00:00+00')
\g /dev/null
SELECT lr_set_terms('account', account, settings, '2026-01-01 00:00:00+00') FROM (VALUES
    (11, '{"auto_accept": "always", "max_return_count": 3}'::jsonb),
    (12, '{"max_return_percent": 50, "cap_basis": "value", "at_cap": "review"}'))
       v (account, settings)
\g /dev/null
SELECT t.lead(n, '2026-03-01 12:00:00+00') FROM generate_series(1, 6) n
\g /dev/null
SELECT t.lead(n, '2026-03-01 12:00:00+00', 12, n) FROM generate_series(11, 16) n
\g /dev/null
-- lead 21 was sold to both buyers, 22 twice to one account; 23 is too old, 24 deleted
SELECT lr_deliver(21, account, 5, 10, 6, delivered_at => '2026-03-01 12:00:00+00')
  FROM unnest('{12,21}'::bigint[]) account
\g /dev/null
SELECT lr_deliver(22, 21, 5, 10, 6, delivered_at => '2026-03-01 12:00:00+00')
  FROM generate_series(1, 2)
\g /dev/null
SELECT t.lead(23, '2025-03-01 12:00:00+00', 21), t.lead(24, '2026-03-01 12:00:00+00', 21)
\g /dev/null
UPDATE leadreturns.deliveries SET deleted_at = '2026-03-01 13:00:00+00' WHERE lead_id = 24;

-- Calls it, reports a line of text for each outcome, and undoes it.
CREATE FUNCTION t.many(leads bigint[], reason text, account bigint DEFAULT NULL) RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE
    said text[];
BEGIN
    SELECT array_agg(concat_ws(' ', coalesce(m.lead_id::text, 'null'), m.status, m.credit,
                               m.clawback, m.sqlstate, m.condition) ORDER BY m.n) INTO said
      FROM lr_return_many(leads, reason, 'a note', account) WITH ORDINALITY
           m (lead_id, return_id, status, credit, clawback, sqlstate, condition, detail, hint, n);
    RAISE 'undo' USING ERRCODE = 'XX999', DETAIL = coalesce(said, '{}'::text[])::text;
EXCEPTION WHEN SQLSTATE 'XX999' THEN
    GET STACKED DIAGNOSTICS said = PG_EXCEPTION_DETAIL;
    RETURN said;
END;
$$;
SELECT is(t.many('{3,1,2}', 'duplicate'), '{3 accepted 10.00 6.00,1 accepted 10.00 6.00,
    2 accepted 10.00 6.00}', 'outcomes come in the order of the array');
SELECT is(t.many('{11,1,11,1}', 'duplicate'), ARRAY['11 open 0.00 0.00', '1 accepted 10.00 6.00',
    '11 LR010 return_already_open', '1 LR011 already_returned'],
    'a lead named again is returned once');
SELECT is(t.many('{1,NULL,404,2}', 'duplicate'), ARRAY['1 accepted 10.00 6.00',
    'null LR002 lead_not_found', '404 LR002 lead_not_found', '2 accepted 10.00 6.00'],
    'null and unknown leads are told as such');
SELECT is(t.many('{23,1,24,21,2}', 'duplicate'), ARRAY['23 LR022 window_closed',
    '1 accepted 10.00 6.00', '24 LR005 lead_deleted', '21 LR004 ambiguous_delivery',
    '2 accepted 10.00 6.00'], 'what is refused leaves the others alone');
SELECT is(t.many('{5,3,4,1,2,11}', 'duplicate'), ARRAY['5 accepted 10.00 6.00',
    '3 accepted 10.00 6.00', '4 accepted 10.00 6.00', '1 LR023 cap_reached',
    '2 LR023 cap_reached', '11 open 0.00 0.00'], 'the cap is crossed within a call');
SELECT is(t.many('{22,22,22}', 'duplicate'), ARRAY['22 open 0.00 0.00',
    '22 LR010 return_already_open', '22 LR010 return_already_open'],
    'the newest delivery that is not returned is meant, also when its return is open');
SELECT is(t.many('{21,11,1}', 'duplicate', 12), ARRAY['21 open 0.00 0.00', '11 open 0.00 0.00',
    '1 LR002 lead_not_found'], 'the account named is meant');
SELECT is(t.many('{1,404}', NULL), ARRAY['1 LR030 reason_required', '404 LR002 lead_not_found'],
          'no reason');
SELECT is(t.many('{1,2}', 'wrong ☎ number'), '{1 accepted 10.00 0.00,2 accepted 10.00 0.00}',
          'free text is another reason, and no fault of the supplier');
SELECT is(t.many('{}', 'duplicate'), '{}', 'no leads, no outcomes');
SELECT is(t.many(NULL, 'duplicate'), '{}', 'no array, no outcomes');
SELECT results_eq('SELECT detail, hint FROM lr_return_many(''{404}'', ''duplicate'')',
    'SELECT ''Lead 404 was not delivered.'', hint FROM leadreturns.error_code
      WHERE sqlstate = ''LR002''', 'a refusal says what and what to do');

-- A note and the caller are those of the call; over the cap under review a person decides.
SELECT status FROM lr_return_many('{16,15,14,13,12,11}', 'duplicate', 'called')
\g /dev/null
SELECT results_eq('SELECT lead_id, note, requested_by, review FROM leadreturns.returns
    ORDER BY return_id', 'SELECT n::bigint, ''called'', ''postgres'', ''requires_review''
    FROM unnest(''{16,15,14,13,12,11}''::int[]) n', 'each is filed in order, with the note');
-- of the prices 11 to 16, and 10 of lead 21, 91.00, half is 45.50: 16 + 15 + 14 = 45 fit
SELECT results_eq('SELECT lead_id, over_cap FROM leadreturns.request JOIN leadreturns.delivery
    USING (delivery_id) ORDER BY return_id', 'VALUES (16::bigint, false), (15, false), (14, false),
    (13, true), (12, true), (11, true)', 'those beyond the cap are marked');
SELECT is_empty('SELECT * FROM lr_reconcile()', 'reconciles');

-- Many at once leave what single calls leave, whatever is among them: every table, but for ids.
CREATE FUNCTION t.contents() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    part text;
    whole text := '';
    tab regclass;
BEGIN
    -- many leave fewer deltas than one by one, but not another sum: they are compared folded
    PERFORM leadreturns.fold_rates(1000);
    FOR tab IN SELECT oid FROM pg_class WHERE relnamespace = 'leadreturns'::regnamespace
                  AND relkind = 'r' AND relname <> 'rate_fold' ORDER BY relname
    LOOP
        EXECUTE format($q$SELECT string_agg(x, chr(10) ORDER BY x) FROM (
            SELECT (to_jsonb(r) - '{return_id,transfer_id,history_id,credit_transfer_id}'::text[]
                    - '{clawback_transfer_id,notification_id,subject}'::text[]
                    #- '{payload,event_id}' #- '{payload,return_id}')::text
              FROM %s r) s (x)$q$, tab) INTO part;
        whole := whole || tab::text || chr(10) || coalesce(part, '') || chr(10);
    END LOOP;
    RETURN whole;
END;
$$;
CREATE FUNCTION t.one_by_one(leads bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. cardinality(leads) LOOP
        BEGIN
            PERFORM lr_return(leads[i], 'duplicate', 'a note');
        EXCEPTION WHEN OTHERS THEN
            IF SQLSTATE !~ '^LR' THEN RAISE; END IF;
        END;
    END LOOP;
END;
$$;
CREATE FUNCTION t.left_by(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    left_over text;
BEGIN
    EXECUTE command;
    RAISE 'undo' USING ERRCODE = 'XX999', DETAIL = t.contents();
EXCEPTION WHEN SQLSTATE 'XX999' THEN
    GET STACKED DIAGNOSTICS left_over = PG_EXCEPTION_DETAIL;
    RETURN left_over;
END;
$$;
\set leads '''{22,16,1,1,NULL,404,2,24,3,23,4,5,21,22,22,11}'''
SELECT t.left_by(format('SELECT t.one_by_one(%L)', :leads)) AS single,
       t.left_by(format('SELECT * FROM lr_return_many(%L, ''duplicate'', ''a note'')', :leads))
           AS many
\gset
SELECT is(:'many'::text, :'single', 'many at once leave what single calls leave');
SELECT isnt(:'many'::text, t.contents(), 'they do leave something');

SELECT lives_ok('SELECT * FROM lr_return_many(array_fill(404::bigint, ARRAY[10000]), ''x'')',
                '10,000 leads are taken');
SELECT throws_ok('SELECT * FROM lr_return_many(array_fill(404::bigint, ARRAY[10001]), ''x'')',
                 '54000', NULL, 'more are not');
SELECT * FROM finish();
ROLLBACK;
