-- What a command returns is the row that the view shows afterwards, column by column.
BEGIN;
SELECT plan(30);
\ir ../model/common.sql
CREATE ROLE lr_rows_buyer;
SELECT lr_grant('lr_rows_buyer', 'buyer', 1)
\g /dev/null

-- Runs a command; names the columns in which its row differs from the one that the view shows to
-- the same role. id is the column that tells which row.
CREATE FUNCTION t.differing(command text, view text, id text, as_role text DEFAULT 'none')
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    returned jsonb;
    shown jsonb;
BEGIN
    PERFORM set_config('role', as_role, true);
    EXECUTE format(CASE WHEN command ~ '^(INSERT|UPDATE)' THEN 'WITH x AS (%s RETURNING *) '
                        ELSE 'WITH x AS (SELECT * FROM %s) ' END
                   || 'SELECT to_jsonb(x) FROM x', command) INTO STRICT returned;
    EXECUTE format('SELECT to_jsonb(v) FROM leadreturns.%I v WHERE %I = %L', view, id,
                   returned ->> id) INTO STRICT shown;
    PERFORM set_config('role', 'none', true);
    IF shown = returned THEN
        RETURN '';
    END IF;
    RETURN (SELECT string_agg(format('%s: returned %s, shown %s', key, returned -> key, value),
                              '; ')
              FROM jsonb_each(shown) WHERE value IS DISTINCT FROM returned -> key);
END;
$$;
CREATE FUNCTION t.same(command text, view text DEFAULT 'returns', id text DEFAULT 'return_id',
                       as_role text DEFAULT 'none') RETURNS text LANGUAGE sql AS
$$ SELECT is(t.differing(command, view, id, as_role), '',
             regexp_replace(command, '\s+', ' ', 'g')) $$;

SELECT t.at('2026-03-02 12:34:56.789+00')
\g /dev/null
SELECT lr_set_terms('account', 21, '{"auto_accept": "always"}', '2026-01-01 00:00:00+00'),
       lr_set_terms('account', 11, '{"assignee": "ann"}', '2026-01-01 00:00:00+00')
\g /dev/null
SELECT t.same('lr_deliver(1, 11, 5, 12.5, 3.25, 7, ''2026-03-01 10:00:00+00'', ''sold'', ''x-1'',
               ''Joe@Example.com'', ''+1 555'')', 'deliveries', 'delivery_id');
SELECT t.same('lr_deliver(2, 12, price => 7)', 'deliveries', 'delivery_id');
SELECT t.same('INSERT INTO leadreturns.deliveries (lead_id, account_id, price) VALUES (3, 11, 4)',
              'deliveries', 'delivery_id');
SELECT t.same('UPDATE leadreturns.deliveries SET status = ''called'', email = ''a@b.c''
               WHERE lead_id = 3', 'deliveries', 'delivery_id');
SELECT t.lead(n, '2026-03-01 10:00:00+00') FROM generate_series(4, 9) n
\g /dev/null
SELECT t.lead(20, '2026-03-01 10:00:00+00', 21)
\g /dev/null

SELECT t.same('lr_return(1, ''  Phone   was disconnected '', '' see call log '')');
SELECT t.same('lr_return(2, ''duplicate'', idempotency_key => ''k-1'')');
SELECT t.same('lr_return(2, ''duplicate'', idempotency_key => ''k-1'')');
SELECT t.same('lr_return_by_key(''email'', ''a@b.c'', ''wrong vertical'')');
SELECT t.same('lr_return(4, ''duplicate'', override => true, note => ''goodwill'')');
SELECT t.same('INSERT INTO leadreturns.returns (lead_id, reason) VALUES (5, ''tcpa_risk'')');
SELECT t.same('lr_return(20, ''duplicate'')');
SELECT t.same('lr_return(6, ''bad contact info'', ''n'')', as_role => 'lr_rows_buyer');

-- an hour and a half later, so that ages count
SELECT t.at('2026-03-02 14:04:56.789+00')
\g /dev/null
CREATE FUNCTION t.call(command text, lead bigint, rest text DEFAULT '') RETURNS text LANGUAGE sql AS
$$ SELECT format('lr_%s(%s%s)', command, t.last_return(lead), rest) $$;
SELECT t.same(t.call('assign', 1, ', ''bob'''));
SELECT t.same(t.call('correct_reason', 1, ', ''duplicate'', ''it was'''));
SELECT t.same(t.call('accept', 1, ', credit => 5.25, note => ''half'', status => ''resold'''));
SELECT t.same(t.call('decline', 2, ', ''no'''));
SELECT t.same(t.call('reopen', 2));
SELECT t.same(t.call('accept', 2, ', remedy => ''replacement'''));
SELECT t.same(t.call('withdraw', 6), as_role => 'lr_rows_buyer');
SELECT t.same('lr_rollback_return(1, ''mistake'')');
SELECT t.same('UPDATE leadreturns.returns SET status = ''declined'', decision_note = ''no''
               WHERE lead_id = 3');
SELECT t.same('UPDATE leadreturns.returns SET assignee = ''eve'' WHERE lead_id = 4');
SELECT t.same('UPDATE leadreturns.returns SET status = ''accepted'' WHERE lead_id = 5');
SELECT t.same(format('lr_deliver(10, 12, price => 0, replaces => %s)', t.last_return(2)),
              'deliveries', 'delivery_id');

SELECT t.same(t.call('message', 4, ', '' hello '''), 'return_thread', 'message_id');
SELECT t.same(t.call('request_info', 4, ', ''When did you call?'''), 'return_thread', 'message_id');
SELECT t.same(t.call('attach_evidence', 4, ', ''https://example.com/a.wav'', ''audio/wav'', '''
                     || repeat('0a', 32) || ''''), 'return_thread', 'message_id');
SELECT t.same('lr_set_terms(''buyer'', 2, ''{"max_age": "9 days"}'')', 'terms_history', 'terms_id');
SELECT t.same('lr_post(''deposit'', 11, 100, ''wire'')', 'ledger', 'transfer_id');
SELECT t.same('lr_close_period(11, ''2026-03-01'')', 'closed_periods', 'account_id');
SELECT * FROM finish();
ROLLBACK;
