-- What the demo keeps of its own: the leads and requests to come, and what was refused.

CREATE EXTENSION leadreturns;
CREATE EXTENSION pg_cron;
CREATE SCHEMA demo;

CREATE TABLE demo.lead (
    n             bigint PRIMARY KEY,
    lead_id       bigint NOT NULL,
    account_id    bigint NOT NULL,
    supplier_id   bigint,
    lead_group_id bigint,
    price         numeric(14,2) NOT NULL,
    cost          numeric(14,2) NOT NULL,
    delivered_at  timestamptz NOT NULL,
    external_id   text,
    email         text,
    phone         text
);
CREATE INDEX ON demo.lead (delivered_at, n);

CREATE TABLE demo.request (
    request_no   bigint PRIMARY KEY,
    lead_id      bigint NOT NULL,
    account_id   bigint,
    reason       text,
    note         text,
    requested_at timestamptz NOT NULL,
    return_id    bigint
);

CREATE TABLE demo.event (
    at         timestamptz NOT NULL,
    request_no bigint NOT NULL,
    step       integer NOT NULL,
    command    text NOT NULL,
    note       text,
    PRIMARY KEY (at, request_no, step)
);

CREATE TABLE demo.refusal (
    at         timestamptz NOT NULL,
    request_no bigint NOT NULL,
    command    text NOT NULL,
    sqlstate   text NOT NULL,
    condition  text NOT NULL,
    detail     text NOT NULL
);

-- A throw of dice from 0 to 999 that falls the same way on every machine.
CREATE FUNCTION demo.dice(n bigint, throw integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT (('x' || substr(md5(n || '/' || throw), 1, 7))::bit(28)::integer % 1000)
$$;

-- Every delivery with what has become of it: its latest request, if there is one.
CREATE VIEW demo.outcome AS
SELECT DISTINCT ON (d.delivery_id)
       d.delivery_id, d.price, a.account_id, a.name AS account, b.name AS buyer,
       coalesce(s.name, '(none)') AS supplier, coalesce(r.status, 'kept') AS status,
       CASE WHEN r.status = 'accepted' THEN r.credit ELSE 0 END AS credit
  FROM leadreturns.deliveries d
  JOIN leadreturns.account a USING (account_id)
  JOIN leadreturns.buyer b USING (buyer_id)
  LEFT JOIN leadreturns.supplier s ON s.supplier_id = d.supplier_id
  LEFT JOIN leadreturns.returns r ON r.delivery_id = d.delivery_id
 ORDER BY d.delivery_id, r.return_id DESC;
