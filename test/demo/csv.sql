-- Leads and returns from files: demo.csv_leads and demo.csv_returns hold them as text. Names are
-- taken as they stand; who has no buyer is put down to "(none)".
SELECT min(delivered_at::timestamptz) - interval '1 day' AS start FROM demo.csv_leads \gset
SET leadreturns.now = :'start';

INSERT INTO leadreturns.lead_group (name)
SELECT DISTINCT lead_group FROM demo.csv_leads WHERE lead_group <> '' ORDER BY 1;
INSERT INTO leadreturns.supplier (name)
SELECT DISTINCT supplier FROM demo.csv_leads WHERE supplier <> '' ORDER BY 1;
INSERT INTO leadreturns.buyer (name)
SELECT DISTINCT coalesce(nullif(buyer, ''), '(none)') FROM demo.csv_leads ORDER BY 1;
INSERT INTO leadreturns.account (buyer_id, name, billing)
SELECT buyer_id, name, 'net_terms' FROM leadreturns.buyer ORDER BY buyer_id;

SELECT FROM lr_set_terms('global', NULL, '{"max_age": "30 days", "max_return_percent": 10,
    "cap_period": "month"}');
-- What the sales team wrote; everything that is no alias becomes "other" with its text
INSERT INTO leadreturns.reason_alias (alias, code)
VALUES ('invalid number', 'bad_contact_info'), ('wrong number given', 'bad_contact_info'),
       ('number not provided', 'bad_contact_info');

INSERT INTO demo.lead
SELECT c.line, c.lead_id::bigint, a.account_id, s.supplier_id, g.lead_group_id, c.price::numeric,
       coalesce(nullif(c.cost, '')::numeric, 0), c.delivered_at::timestamptz, c.external_id,
       c.email, c.phone
  FROM demo.csv_leads c
  JOIN leadreturns.account a ON a.name = coalesce(nullif(c.buyer, ''), '(none)')
  LEFT JOIN leadreturns.supplier s ON s.name = c.supplier
  LEFT JOIN leadreturns.lead_group g ON g.name = c.lead_group;
INSERT INTO demo.request (request_no, lead_id, reason, requested_at)
SELECT line, lead_id::bigint, reason, requested_at::timestamptz FROM demo.csv_returns;
CALL demo.plan();
DELETE FROM demo.event WHERE at > (SELECT max(requested_at) FROM demo.request);
ANALYZE demo.lead, demo.request, demo.event;

SELECT greatest((SELECT max(delivered_at) FROM demo.lead),
                (SELECT max(requested_at) FROM demo.request)) AS curtain \gset
CALL demo.replay('-infinity', :'curtain');
CALL demo.stop_clock();
