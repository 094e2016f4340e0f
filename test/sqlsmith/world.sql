-- Two buyers and two suppliers. Every text tells whose it is: mkA, mkB, mkS, mkT, mkstaff; what is
-- personal says so; extAS is the external id of a lead of buyer A from supplier S.
CREATE EXTENSION leadreturns;
SET leadreturns.now = '2026-03-02 12:00:00+00';
INSERT INTO leadreturns.buyer (name, email, external_id)
SELECT 'mk' || x, 'mk' || x || ' personal', 'mk' || x || ' key' FROM unnest('{A,B}'::text[]) x;
INSERT INTO leadreturns.account (buyer_id, name, email, external_id)
SELECT n, 'mk' || x, 'mk' || x || ' personal', 'mk' || x || ' key'
  FROM unnest('{A,B}'::text[]) WITH ORDINALITY v (x, n);
INSERT INTO leadreturns.supplier (name, email, external_id)
SELECT 'mk' || x, 'mk' || x || ' personal', 'mk' || x || ' key' FROM unnest('{S,T}'::text[]) x;
INSERT INTO leadreturns.lead_group (name) VALUES ('Solar');
SELECT lr_set_terms('global', NULL, '{"assignee": "desk"}', '2026-01-01');
INSERT INTO leadreturns.deliveries
    (lead_id, account_id, supplier_id, lead_group_id, price, cost, delivered_at, external_id, email,
     phone)
SELECT n, a, s, 1, 10, 4, '2026-03-01', 'ext' || substr('AB', a, 1) || substr('ST', s, 1) || n,
       format('mk%s-personal-%s', substr('AB', a, 1), n),
       'mk' || substr('AB', a, 1) || ' personal ' || n
  FROM generate_series(1, 200) n
 CROSS JOIN LATERAL (SELECT 1 + n % 2, 1 + n / 2 % 2) AS p (a, s);
SELECT count(lr_return(lead_id, 'mk' || substr('AB', account_id::int, 1) || ' personal reason',
                       'mk' || substr('AB', account_id::int, 1) || ' personal note',
                       idempotency_key => 'mk' || substr('AB', account_id::int, 1) || ' personal '
                                          || lead_id))
  FROM leadreturns.deliveries WHERE lead_id <= 80;
SELECT count(CASE return_id % 4 WHEN 0 THEN lr_accept(return_id, note)
                                WHEN 1 THEN lr_decline(return_id, note) END)
  FROM leadreturns.returns;
SELECT count(lr_message(return_id, note)), count(lr_assign(return_id, 'mkstaff'))
  FROM leadreturns.pending_returns;
SELECT lr_post('deposit', a, 100, 'mk' || substr('AB', a, 1) || ' personal deposit'),
       lr_post('payout', a, 10, 'mk' || substr('ST', a, 1) || ' personal payout', 'USD')
  FROM generate_series(1, 2) a;
CREATE ROLE "mkstaff" LOGIN;
CREATE ROLE "mkA" LOGIN;
CREATE ROLE "mkB" LOGIN;
CREATE ROLE "mkS" LOGIN;
CREATE ROLE reporting LOGIN;
CREATE ROLE app LOGIN;
SELECT lr_grant('"mkstaff"', 'staff'), lr_grant('"mkA"', 'buyer', 1), lr_grant('"mkB"', 'buyer', 2),
       lr_grant('"mkS"', 'supplier', 1), lr_grant('reporting', 'reporting'), lr_grant('app', 'app');
SET ROLE "mkB";
SELECT import_id FROM lr_import_create('mkB personal file') \gset
SELECT lr_import_text(:import_id, E'lead_id;note\n1;mkB personal line\n');
SELECT lr_import_verify(:import_id);
RESET ROLE;
SELECT lr_close_period(a, '2026-02-01') FROM generate_series(1, 2) a;
SELECT lr_sweep();
