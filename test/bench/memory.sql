-- One backend makes :returns returns, each in its own transaction: most are declined, every tenth
-- is accepted and rolled back. Tells by how much its memory grew after the first thousand.

SET synchronous_commit = off;
SELECT set_config('bench.returns', :'returns', false) \g /dev/null

DO $$
DECLARE
    resident CONSTANT text := 'RssAnon:\s*(\d+)';
    returns  CONSTANT bigint := current_setting('bench.returns');
    before   bigint;
    before_contexts bigint;
    given    bigint;
BEGIN
    FOR i IN 1..returns + 1000 LOOP
        given := (lr_return(i % 100000 + 1, 'Phone was disconnected')).return_id;
        IF i % 10 = 0 THEN
            PERFORM lr_accept(given);
            PERFORM lr_rollback_return(i % 100000 + 1);
        ELSE
            PERFORM lr_decline(given);
        END IF;
        COMMIT;
        IF i = 1000 THEN
            before := (regexp_match(pg_read_file('/proc/self/status'), resident))[1];
            before_contexts := (SELECT sum(total_bytes) FROM pg_backend_memory_contexts);
        END IF;
    END LOOP;
    RAISE INFO 'grown %', (regexp_match(pg_read_file('/proc/self/status'), resident))[1]::bigint
        - before;
    RAISE INFO 'contexts %', (SELECT sum(total_bytes) FROM pg_backend_memory_contexts)
        - before_contexts;
END;
$$;
