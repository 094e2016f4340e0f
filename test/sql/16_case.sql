-- Case does not matter where texts are matched, whatever the language of the database.
\set ECHO none
\getenv dir PG_ABS_SRCDIR
\set file :dir /model/fresh.sql
\i :file
\set ECHO all
SELECT t.at('2026-03-02 12:00:00+00');
-- addresses
SELECT lead_id FROM lr_deliver(1, 11, price => 1, email => 'INFO.Iris@example.com');
SELECT lead_id FROM lr_deliver(2, 11, price => 1, email => 'ivy@mail.example');
SELECT lead_id FROM lr_return_by_key('email', 'info.iris@EXAMPLE.COM', 'duplicate');
SELECT status FROM lr_withdraw(t.last_return(1));
SELECT lead_id FROM lr_return_by_key('email', 'INFO.IRIS@EXAMPLE.COM', 'duplicate');
SELECT status FROM lr_withdraw(t.last_return(1));
SELECT lead_id FROM lr_return_by_key('email', 'IVY@MAIL.EXAMPLE', 'duplicate');
-- reasons: codes, labels, aliases
INSERT INTO leadreturns.reason_alias VALUES ('INVALID IDENTITY', 'bad_contact_info');
INSERT INTO leadreturns.reason_alias VALUES ('invalid identity', 'bad_contact_info');
SELECT reason FROM unnest('{WRONG_VERTICAL, WRONG VERTICAL, Invalid Identity, TCPA RISK}'::text[])
                   WITH ORDINALITY g (given, n),
                   LATERAL lr_deliver(10 + n, 11, price => 1) d,
                   LATERAL lr_return(d.lead_id, given);
-- columns of a file
SELECT t.import(E'LEAD_ID,REASON,NOTE\n1,OUT OF SERVICE AREA,in capitals\n') AS import \gset
SELECT status FROM lr_import_verify(:import);
SELECT t.lines(:import, true);
SELECT line_no, reason, note FROM leadreturns.import_results WHERE import_id = :import;
SELECT count(*) FROM lr_reconcile();
