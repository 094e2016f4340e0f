-- The parties of commands.sql.
INSERT INTO leadreturns.buyer (name) VALUES ('Buyer');
INSERT INTO leadreturns.account (buyer_id, name) VALUES (1, 'By hand'), (1, 'At once');
INSERT INTO leadreturns.supplier (name) VALUES ('Supplier');
SELECT FROM lr_set_terms('global', NULL, '{"max_return_percent": 100}', '2000-01-01');
SELECT FROM lr_set_terms('account', 2, '{"auto_accept": "always"}', '2000-01-01');
