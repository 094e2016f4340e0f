-- One backend makes :returns returns, each in its own transaction: most are declined, every tenth
-- is accepted and rolled back. Tells by how many kB its own memory grew after the first thousand.
SET synchronous_commit = off;

-- PL/pgSQL keeps some bytes per COMMIT until the call ends, so each call makes a thousand returns.
CREATE PROCEDURE bench.make_thousand(after bigint) LANGUAGE plpgsql AS $$
DECLARE
    lead  bigint;
    given bigint;
BEGIN
    FOR i IN after + 1..after + 1000 LOOP
        lead := i % 100000 + 1;
        given := (lr_return(lead, 'Phone was disconnected')).return_id;
        IF i % 10 = 0 THEN
            PERFORM lr_accept(given);
            PERFORM lr_rollback_return(lead);
        ELSE
            PERFORM lr_decline(given);
        END IF;
        COMMIT;
    END LOOP;
END;
$$;

CREATE FUNCTION bench.own_kb() RETURNS bigint LANGUAGE sql AS $$
SELECT (regexp_match(pg_read_file('/proc/self/status'), 'RssAnon:\s*(\d+)'))[1]::bigint
$$;

CALL bench.make_thousand(0);
SELECT bench.own_kb() AS before \gset
SELECT format('CALL bench.make_thousand(%s)', i)
  FROM generate_series(1000, :returns::bigint, 1000) i \gexec
SELECT 'grown', bench.own_kb() - :before;
