-- The table of an application three times: without triggers, with one that copies its rows, and
-- attached. What is copied are the rows that we write, into tables of the same shape, constraints
-- and indexes; the copies are told the ids and check nothing.

CREATE TABLE bench.bare (
    id          bigint PRIMARY KEY,
    account     bigint NOT NULL,
    supplier    bigint,
    lead_group  bigint,
    price       numeric(10,2) NOT NULL,
    cost        numeric(10,2),
    state       text NOT NULL,
    sold_at     timestamptz,
    external_id text,
    email       text,
    phone       text,
    hits        integer NOT NULL DEFAULT 0
);
CREATE TABLE bench.copied (LIKE bench.bare INCLUDING ALL);
CREATE TABLE bench.attached (LIKE bench.bare INCLUDING ALL);

CREATE FUNCTION bench.copy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO bench.delivery
        (delivery_id, lead_id, account_id, supplier_id, lead_group_id, price, cost, currency,
         delivered_at, delivered_on, status, external_id, email, phone, sale_transfer_id,
         payout_transfer_id, attachment_id, row_key)
    SELECT id, id, account, supplier, lead_group, price, cost, 'USD', sold_at,
           (sold_at AT TIME ZONE 'America/New_York')::date, state, external_id, email, phone,
           2 * id - 1, 2 * id, 1, id::text
      FROM new_rows;
    INSERT INTO bench.transfer
        (transfer_id, posted_at, posted_on, kind, debit, credit, account_id, supplier_id, amount,
         currency, delivery_id, actor)
    SELECT 2 * s.id - v.n, s.sold_at, (s.sold_at AT TIME ZONE 'America/New_York')::date, v.kind,
           v.debit, v.credit, CASE v.n WHEN 1 THEN s.account END,
           CASE v.n WHEN 0 THEN s.supplier END, CASE v.n WHEN 1 THEN s.price ELSE s.cost END,
           'USD', s.id, current_user
      FROM new_rows s
     CROSS JOIN (VALUES (1, 'sale', 'account', 'revenue'), (0, 'payout_due', 'cost', 'supplier'))
                v (n, kind, debit, credit);
    INSERT INTO bench.volume_delta SELECT account, sold_at, price FROM new_rows;
    INSERT INTO bench.rate_delta
    SELECT account, supplier, lead_group, 'USD', (sold_at AT TIME ZONE 'America/New_York')::date,
           NULL, NULL, 1, 0, 0, 0, 0, 0, 0, 0, price * 100, cost * 100, 0, 0, 0, 0, 0
      FROM new_rows;
    RETURN NULL;
END $$;
CREATE TRIGGER copy AFTER INSERT ON bench.copied REFERENCING NEW TABLE AS new_rows
   FOR EACH STATEMENT EXECUTE FUNCTION bench.copy();
SELECT lr_attach('bench.attached', '{"lead_id": "id", "account": "account",
    "supplier": "supplier", "lead_group": "lead_group", "price": "price", "cost": "cost",
    "status": "state", "delivered_at": "sold_at", "external_id": "external_id",
    "email": "email", "phone": "phone", "delivered": ["sold"]}');

-- rows that a single INSERT adds
CREATE SEQUENCE bench.bare_id START WITH 100000001;
CREATE SEQUENCE bench.copied_id START WITH 100000001;
CREATE SEQUENCE bench.attached_id START WITH 100000001;

-- Whatever one side has and the other has not; ids aside, which a sequence gave to one of them.
CREATE VIEW bench.copies AS
SELECT 'delivery' AS of, to_jsonb(d) - '{delivery_id,sale_transfer_id,payout_transfer_id}'::text[]
       AS what FROM bench.delivery d
UNION ALL
SELECT 'transfer', to_jsonb(t) - '{transfer_id,delivery_id}'::text[]
                   || jsonb_build_object('lead', d.lead_id)
  FROM bench.transfer t JOIN bench.delivery d USING (delivery_id)
UNION ALL SELECT 'volume_delta', to_jsonb(v) FROM bench.volume_delta v
UNION ALL SELECT 'rate_delta', to_jsonb(r) FROM bench.rate_delta r;
CREATE VIEW bench.written AS
SELECT 'delivery' AS of, to_jsonb(d) - '{delivery_id,sale_transfer_id,payout_transfer_id}'::text[]
       AS what FROM leadreturns.delivery d
UNION ALL
SELECT 'transfer', to_jsonb(t) - '{transfer_id,delivery_id}'::text[]
                   || jsonb_build_object('lead', d.lead_id)
  FROM leadreturns.transfer t JOIN leadreturns.delivery d USING (delivery_id)
UNION ALL SELECT 'volume_delta', to_jsonb(v) FROM leadreturns.volume_delta v
UNION ALL SELECT 'rate_delta', to_jsonb(r) FROM leadreturns.rate_delta r;
