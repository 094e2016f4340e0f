-- Some 500 returns and as many acceptances, by lr_return and lr_accept of the library or of the
-- twin, whichever the search_path finds; what each call returned or raised goes to bench.outcome.
-- The clock is set, so that both leave the same rows.

SELECT set_config('leadreturns.now', (max(delivered_at) + interval '1 hour')::text, false)
  FROM leadreturns.deliveries \g /dev/null

DO $$
DECLARE
    reasons text[] := ARRAY['duplicate', 'Bad contact info', ' phone   was DISCONNECTED!', 'renter',
                            'wrong-vertical', 'never heard of it', 'tcpa risk', NULL, ' ', 'old',
                            'Dupe', repeat('very long ', 12), 'out of service area', 'other'];
    notes   text[] := ARRAY[NULL, 'a note', '  ', NULL];
    lead    bigint;
    reason  text;
    note    text;
    forced  boolean;
    given   leadreturns.returns;
    taken   leadreturns.returns;
    what    text;
    said    text;
BEGIN
    FOR i IN 1..560 LOOP
        -- accounts 1 to 20 in turn, some leads twice, then the special ones and an unknown one
        lead := CASE WHEN i <= 480 THEN i % 20 + 1 + i / 40 * 200
                     WHEN i <= 550 THEN 90000 + i % 8 ELSE 20 + (i - 550) * 200 END;
        reason := reasons[i * 5 % 14 + 1];
        note := notes[i % 4 + 1];
        forced := i % 23 = 0;
        given := NULL;
        BEGIN
            given := lr_return(
                lead, reason, note => note, override => forced,
                account_id => CASE WHEN i % 7 = 0 OR i > 530 THEN lead % 200 + 1 END);
            said := given::text;
        EXCEPTION WHEN OTHERS THEN
            said := SQLSTATE;
        END;
        what := format('return %s %s %s %s', lead, reason, note, forced);
        INSERT INTO bench.outcome (call, said) VALUES (what, said);
        CONTINUE WHEN i % 11 = 0;
        -- what is withdrawn may be asked for again
        IF i % 9 = 4 OR given.account_id = 18 THEN
            IF given.return_id IS NOT NULL THEN
                PERFORM lr_withdraw(given.return_id);
            END IF;
            CONTINUE;
        END IF;

        BEGIN
            taken := lr_accept(
                coalesce(given.return_id, i % 150 + 1),
                note => note,
                credit => CASE i % 9 WHEN 0 THEN 12.34 WHEN 1 THEN 0 WHEN 2 THEN 200
                                     WHEN 3 THEN 0.005 END,
                clawback => CASE i % 8 WHEN 0 THEN 1 WHEN 1 THEN 50 WHEN 2 THEN 0 END,
                status => CASE WHEN i % 6 = 0 THEN 'REJECTED' END,
                remedy => CASE i % 10 WHEN 0 THEN 'replacement' WHEN 1 THEN 'credit' END);
            said := taken::text;
        EXCEPTION WHEN OTHERS THEN
            said := SQLSTATE;
        END;
        INSERT INTO bench.outcome (call, said) VALUES (format('accept for %s', i), said);
    END LOOP;
END;
$$;
