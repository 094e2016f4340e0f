-- What the scripts of pgbench need besides the extension.

CREATE SCHEMA IF NOT EXISTS bench;

CREATE FUNCTION bench.nothing(bigint) RETURNS bigint LANGUAGE internal AS 'int8up';

-- how much CPU time, in nanoseconds, a backend had used after its nth transaction
CREATE TABLE bench.cpu (
    run    text,
    client integer,
    n      integer,
    ns     bigint
);
