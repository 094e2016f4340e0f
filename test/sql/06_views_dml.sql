-- INSERT, COPY and UPDATE of the views deliveries and returns do what the commands do.
\set ECHO none
\getenv dir PG_ABS_SRCDIR
\set file :dir /model/fresh.sql
\i :file
\set ECHO all
SELECT t.at('2026-03-02 12:00:00+00');
-- deliveries: ids are given or generated, what is left out has its default
INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost)
VALUES (1, 11, 5, 10, 6), (2, 11, NULL, 7.5, 1)
RETURNING delivery_id, status, t.utc(delivered_at), currency;
INSERT INTO leadreturns.deliveries (delivery_id, lead_id, account_id, price, status, delivered_at)
VALUES (77, 3, 12, 4, 'sold', '2026-03-01 00:00:00+00') RETURNING delivery_id, cost, status;
COPY leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost, email, phone)
    FROM stdin;
4	11	5	10	6	Ann@Example.com	(555) 010-0004
5	11	5	10	6	\N	\N
\.
SELECT lead_id, price, email FROM leadreturns.deliveries WHERE lead_id IN (4, 5) ORDER BY 1;
SELECT kind, count(*), sum(amount) FROM leadreturns.ledger GROUP BY 1 ORDER BY 1;
-- one bad row spoils its statement, and nothing of it stays
INSERT INTO leadreturns.deliveries (lead_id, account_id, price) VALUES (6, 11, 1), (7, 11, -1);
INSERT INTO leadreturns.deliveries (lead_id, account_id, price) VALUES (6, 11, 1), (7, 99, 1);
INSERT INTO leadreturns.deliveries (lead_id, account_id, price) VALUES (6, 11, 1), (7, 11, NULL);
INSERT INTO leadreturns.deliveries (lead_id, account_id, price) VALUES (6, 11, 1), (NULL, 11, 1);
INSERT INTO leadreturns.deliveries (delivery_id, lead_id, account_id, price)
VALUES (78, 6, 11, 1), (77, 7, 11, 1);
INSERT INTO leadreturns.deliveries (lead_id, account_id, price, currency) VALUES (6, 11, 1, 'EUR');
SELECT count(*) FROM leadreturns.deliveries WHERE lead_id IN (6, 7);
-- inside one transaction commands see what was inserted just before
BEGIN;
INSERT INTO leadreturns.deliveries (lead_id, account_id, price) VALUES (8, 11, 3);
SELECT status FROM lr_return(8, 'duplicate');
ROLLBACK;
SELECT count(*) FROM leadreturns.deliveries WHERE lead_id = 8;

-- what may change of a delivery, and what may not
UPDATE leadreturns.deliveries SET status = 'called', email = 'x@y.z', phone = '1'
 WHERE lead_id = 1 RETURNING status, email, phone;
UPDATE leadreturns.deliveries SET price = 1 WHERE lead_id = 1;
UPDATE leadreturns.deliveries SET cost = 1 WHERE lead_id = 1;
UPDATE leadreturns.deliveries SET lead_id = 9 WHERE lead_id = 1;
UPDATE leadreturns.deliveries SET account_id = 12 WHERE lead_id = 1;
UPDATE leadreturns.deliveries SET delivered_at = now() WHERE lead_id = 1;
UPDATE leadreturns.deliveries SET status = NULL WHERE lead_id = 1;
UPDATE leadreturns.deliveries SET price = price WHERE lead_id = 1 RETURNING price;
DELETE FROM leadreturns.deliveries WHERE lead_id = 1;
SELECT status, email, price FROM leadreturns.deliveries WHERE lead_id = 1;

-- returns: by lead or by delivery, with the rules of lr_return
INSERT INTO leadreturns.returns (lead_id, reason, note) VALUES (1, 'Duplicate', 'n')
RETURNING return_id, status, reason, reason_text, note, review;
INSERT INTO leadreturns.returns (delivery_id, reason, idempotency_key) VALUES (77, 'tcpa_risk', 'k')
RETURNING return_id, lead_id, account_id, status, idempotency_key;
INSERT INTO leadreturns.returns (lead_id, reason, account_id) VALUES (2, 'duplicate', 11)
RETURNING return_id, status;
INSERT INTO leadreturns.returns (lead_id, reason) VALUES (1, 'duplicate');
INSERT INTO leadreturns.returns (lead_id, reason) VALUES (99, 'duplicate');
INSERT INTO leadreturns.returns (lead_id) VALUES (4);
INSERT INTO leadreturns.returns (reason) VALUES ('duplicate');
INSERT INTO leadreturns.returns (lead_id, reason, account_id) VALUES (4, 'duplicate', 12);
INSERT INTO leadreturns.returns (delivery_id, reason) VALUES (-1, 'duplicate');
COPY leadreturns.returns (lead_id, reason, note) FROM stdin;
4	duplicate	\N
5	wrong vertical	by file
\.
SELECT lead_id, status, reason, note FROM leadreturns.returns ORDER BY lead_id;

-- a status is the command that makes the move; the note goes with it
UPDATE leadreturns.returns SET status = 'declined', decision_note = 'no' WHERE lead_id = 1
RETURNING status, decision_note, decided_how;
UPDATE leadreturns.returns SET status = 'open' WHERE lead_id = 1
RETURNING status, decision_note, t.utc(decided_at);
UPDATE leadreturns.returns SET status = 'accepted' WHERE lead_id = 1 RETURNING status, credit;
SELECT status FROM leadreturns.deliveries WHERE lead_id = 1;
UPDATE leadreturns.returns SET status = 'rolled_back' WHERE lead_id = 1 RETURNING status, credit;
SELECT status FROM leadreturns.deliveries WHERE lead_id = 1;
UPDATE leadreturns.returns SET status = 'withdrawn' WHERE lead_id = 2 RETURNING status;
SELECT from_status, to_status, how, note FROM leadreturns.return_history
 WHERE return_id = t.last_return(1) ORDER BY history_id;
-- what is no move
UPDATE leadreturns.returns SET status = 'open' WHERE lead_id = 2;
UPDATE leadreturns.returns SET status = 'accepted' WHERE lead_id = 2;
UPDATE leadreturns.returns SET status = 'rolled_back' WHERE lead_id = 3;
UPDATE leadreturns.returns SET status = 'lost' WHERE lead_id = 3;
UPDATE leadreturns.returns SET status = NULL WHERE lead_id = 3;
-- assignee and decision note by themselves; nothing else
UPDATE leadreturns.returns SET assignee = 'ann' WHERE lead_id = 3 RETURNING status, assignee;
UPDATE leadreturns.returns SET status = 'declined', assignee = 'bob', decision_note = 'x'
 WHERE lead_id = 3 RETURNING status, assignee, decision_note;
UPDATE leadreturns.returns SET decision_note = 'y' WHERE lead_id = 3 RETURNING decision_note;
UPDATE leadreturns.returns SET reason = 'other' WHERE lead_id = 3;
UPDATE leadreturns.returns SET credit = 1 WHERE lead_id = 3;
UPDATE leadreturns.returns SET requested_at = now() WHERE lead_id = 3;
DELETE FROM leadreturns.returns WHERE lead_id = 3;
-- many at once: all or none
UPDATE leadreturns.returns SET status = 'accepted' WHERE lead_id IN (2, 4, 5);
SELECT lead_id, status FROM leadreturns.returns WHERE lead_id IN (2, 4, 5) ORDER BY 1;
UPDATE leadreturns.returns SET status = 'accepted' WHERE lead_id IN (4, 5) RETURNING status;
SELECT count(*) FROM lr_reconcile();
