-- What the scripts of pgbench need besides the extension.

CREATE SCHEMA IF NOT EXISTS bench;

CREATE FUNCTION bench.nothing(bigint) RETURNS bigint LANGUAGE internal AS 'int8up';

-- When a client had done its nth transaction, and the nanoseconds its backend had then computed
CREATE TABLE bench.mark (
    run    text,
    client integer,
    n      integer,
    at     timestamptz,
    ns     bigint
);
