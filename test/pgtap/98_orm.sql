-- What object-relational mappers send to the views: every column, as they have read it, or null,
-- and ids by DEFAULT.
BEGIN;
SELECT plan(12);
\ir ../model/common.sql
SELECT t.at('2026-03-02 12:00:00.123456+00')
\g /dev/null

-- INSERT with every column that there is: all but a few are null.
CREATE FUNCTION t.insert_all(view text, given text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    columns text := (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
                       FROM pg_attribute a
                      WHERE a.attrelid = ('leadreturns.' || view)::regclass AND a.attnum > 0);
    answer text;
BEGIN
    EXECUTE format('INSERT INTO leadreturns.%1$I (%2$s)
                    SELECT %2$s FROM jsonb_populate_record(NULL::leadreturns.%1$I, %3$L)
                    RETURNING concat_ws(%4$L, lead_id, status, price)', view, columns, given, ' ')
       INTO answer;
    RETURN answer;
END;
$$;
SELECT is(t.insert_all('deliveries', '{"lead_id": 1, "account_id": 11, "price": 10}'),
          '1 DELIVERED 10.00', 'a delivery with every other column null is what lr_deliver makes');
SELECT is(t.insert_all('returns', '{"lead_id": 1, "reason": "duplicate"}'), '1 open 10.00',
          'and so is a return');
SELECT isnt((SELECT return_id FROM leadreturns.returns), NULL, 'with an id of its own');
PREPARE by_default AS
INSERT INTO leadreturns.deliveries (delivery_id, lead_id, account_id, price, cost, status)
VALUES (DEFAULT, 2, 11, 5, DEFAULT, DEFAULT) RETURNING *;
SELECT lives_ok('EXECUTE by_default', 'DEFAULT is no value');

-- UPDATE that writes back what was read, an hour later and in milliseconds, but for what it means.
CREATE FUNCTION t.update_all(view text, change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    key text := CASE view WHEN 'returns' THEN 'return_id' ELSE 'delivery_id' END;
    changes text;
    n bigint;
BEGIN
    SELECT string_agg(format(CASE a.atttypid WHEN 'timestamptz'::regtype
                                  THEN '%1$I = date_trunc(''milliseconds'', n.%1$I)'
                                  ELSE '%1$I = n.%1$I' END, a.attname), ', ' ORDER BY a.attnum)
      INTO changes
      FROM pg_attribute a
     WHERE a.attrelid = ('leadreturns.' || view)::regclass AND a.attnum > 0;
    EXECUTE format('CREATE TEMP TABLE read AS SELECT * FROM leadreturns.%I WHERE lead_id = 1',
                   view);
    PERFORM t.at('2026-03-02 13:00:00.123456+00');
    EXECUTE format('UPDATE leadreturns.%1$I v SET %2$s
                      FROM read r CROSS JOIN LATERAL jsonb_populate_record(r, %3$L) n
                     WHERE v.%4$I = r.%4$I', view, changes, change, key);
    GET DIAGNOSTICS n = ROW_COUNT;
    DROP TABLE read;
    RETURN n;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END;
$$;
SELECT is(t.update_all('returns', '{}'), '1', 'a return that was read can be written back');
SELECT is(t.update_all('returns', '{"assignee": "ann"}'), '1', 'and so changed');
SELECT is(t.update_all('returns', '{"price": 11}'), 'LR070', 'but not in what is fixed');
SELECT is(t.update_all('returns', '{"requested_at": "2026-03-02 12:00:00.122Z"}'), 'LR070',
          'nor by a millisecond');
SELECT is(t.update_all('returns', '{"status": "accepted", "decision_note": "fine"}'), '1',
          'a status is the move, however many columns come with it');
SELECT results_eq('SELECT status, decision_note, credit, assignee FROM leadreturns.returns',
                  $$VALUES ('accepted', 'fine', 10.00, 'ann')$$, 'which was made');
SELECT is(t.update_all('deliveries', '{"phone": "1"}'), '1', 'a delivery as well');
SELECT is((SELECT count(*) FROM lr_reconcile()), 0::bigint, 'and everything agrees');
SELECT * FROM finish();
ROLLBACK;
