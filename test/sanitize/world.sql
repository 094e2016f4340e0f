-- The parties that the commands here are about, and a table to attach.
INSERT INTO leadreturns.buyer (name) VALUES ('Buyer');
INSERT INTO leadreturns.account (buyer_id, name) VALUES (1, 'By hand'), (1, 'At once');
INSERT INTO leadreturns.supplier (name) VALUES ('Supplier');
SELECT FROM lr_set_terms('global', NULL, '{"max_return_percent": 100}', '2000-01-01');
SELECT FROM lr_set_terms('account', 2, '{"auto_accept": "always"}', '2000-01-01');
CREATE ROLE sanitize_portal;
CREATE ROLE sanitize_buyer;
SELECT FROM lr_grant('sanitize_portal', 'app');
CREATE TABLE app_lead (lead_id bigint PRIMARY KEY, account_id bigint, price numeric);
