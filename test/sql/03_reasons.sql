-- Reasons: matching free text, the catalogue, merging and correcting.
\set ECHO none
\getenv dir PG_ABS_SRCDIR
\set file :dir /model/fresh.sql
\i :file
\set ECHO all
SELECT t.at('2026-03-02 12:00:00+00');
SELECT code, label, active, requires_note, always_review FROM leadreturns.reason
 ORDER BY code COLLATE "C";
SELECT t.lead(n, '2026-03-01 12:00:00+00') FROM generate_series(1, 60) n \g /dev/null
CREATE FUNCTION t.reason_of(lead bigint, given text) RETURNS text LANGUAGE sql AS
$$ SELECT reason || ' <- ' || reason_text FROM lr_return(lead, given) $$;

-- code, label, alias; blanks, case and punctuation do not matter; the text is kept
INSERT INTO leadreturns.reason_alias VALUES ('Phone was disconnected', 'bad_contact_info'),
    ('disconnected phone', 'bad_contact_info'),
    ('home phone number was disconnected', 'bad_contact_info');
SELECT t.reason_of(1, 'bad_contact_info');
SELECT t.reason_of(2, 'BAD CONTACT INFO');
SELECT t.reason_of(3, E'  bad \t\n contact   info ');
SELECT t.reason_of(4, 'Bad-contact: info!');
SELECT t.reason_of(5, 'phone was disconnected');
SELECT t.reason_of(6, 'Disconnected phone.');
SELECT t.reason_of(7, 'Home phone number WAS disconnected');
SELECT t.reason_of(8, 'TCPA-risk');
SELECT t.reason_of(9, 'I did not like her');
-- an alias of yesterday is no alias any more
DELETE FROM leadreturns.reason_alias WHERE alias = 'disconnected phone';
SELECT t.reason_of(10, 'disconnected phone');
INSERT INTO leadreturns.reason_alias VALUES ('disconnected phone', 'duplicate');
SELECT t.reason_of(11, 'disconnected phone');
INSERT INTO leadreturns.reason_alias VALUES ('Disconnected, phone', 'duplicate');

-- cut at 75 characters, never refused (of several bytes each: test/tap/051_encodings.pl)
SELECT length(reason_text), octet_length(reason_text), reason
  FROM lr_return(12, repeat('x', 1000));
SELECT length(reason_text), reason FROM lr_return(15, repeat(' ', 500) || 'duplicate'
                                                     || repeat(' ', 500));
-- 74 characters, a blank and more: the blank at the cut goes too
SELECT length(reason_text), right(reason_text, 1) FROM lr_return(16, repeat('y', 74) || ' yy');

-- mandatory
SELECT lr_return(17, NULL);
SELECT lr_return(17, '');
SELECT lr_return(17, E' \t\n ');

-- other reasons not allowed: an error that names the nearest one
SELECT t.terms(21, '{"allow_other_reason": false}');
SELECT t.lead(n, '2026-03-01 12:00:00+00', 21) FROM generate_series(61, 69) n \g /dev/null
SELECT * FROM t.texts('SELECT lr_return(61, ''duplicat'')');
SELECT * FROM t.texts('SELECT lr_return(61, ''wrnog verticle'')');
SELECT * FROM t.texts('SELECT lr_return(61, ''qqqqqqqqqqqqqqqqqqqqqq'')');
SELECT t.attempt('SELECT lr_return(61, ''other'')');
SELECT violations FROM lr_check_return(61, 'duplicat');
SELECT t.reason_of(61, 'duplicate');

-- retired: stays in history, cannot be used anew, by whatever name
INSERT INTO leadreturns.reason (code, label) VALUES ('fax', 'Fax number');
INSERT INTO leadreturns.reason_alias VALUES ('it is a fax', 'fax');
SELECT t.reason_of(18, 'fax');
UPDATE leadreturns.reason SET active = false WHERE code = 'fax';
SELECT t.attempt('SELECT lr_return(19, ''fax'')'),
       t.attempt('SELECT lr_return(19, ''Fax number'')'),
       t.attempt('SELECT lr_return(19, ''it is a fax'')');
SELECT reason, reason_label FROM leadreturns.returns WHERE lead_id = 18;
SELECT detail FROM t.texts('SELECT lr_return(19, ''fax'')');

-- requires_note, always_review
UPDATE leadreturns.reason SET requires_note = true WHERE code = 'tcpa_risk';
SELECT t.attempt('SELECT lr_return(20, ''tcpa risk'')');
SELECT t.attempt('SELECT lr_return(20, ''tcpa risk'', ''  '')');
SELECT reason, note FROM lr_return(20, 'tcpa risk', 'she called');
SELECT t.terms(12, '{"auto_accept": "always"}');
UPDATE leadreturns.reason SET always_review = true WHERE code = 'wrong_vertical';
SELECT t.lead(n, '2026-03-01 12:00:00+00', 12) FROM generate_series(71, 72) n;
SELECT t.file(71, 'duplicate'), t.file(72, 'wrong vertical');

-- correcting: history keeps both, the text as given stays, money does not move
SELECT credit, clawback FROM lr_accept(t.last_return(9));
SELECT reason, reason_label, reason_text, credit, clawback
  FROM lr_correct_reason(t.last_return(9), 'Wrong vertical', 'heard the call');
SELECT from_status, to_status, note FROM leadreturns.return_history
 WHERE return_id = t.last_return(9) ORDER BY history_id;
SELECT lr_correct_reason(t.last_return(9), 'fax');
SELECT lr_correct_reason(t.last_return(9), 'nonsense');
SELECT lr_correct_reason(t.last_return(9), '');
SELECT lr_correct_reason(t.last_return(9), 'tcpa risk');

-- merging: requests, aliases and what is given from now on move; history says so
INSERT INTO leadreturns.reason (code, label) VALUES ('dead_line', 'Dead line');
INSERT INTO leadreturns.reason_alias VALUES ('no dial tone', 'dead_line');
SELECT t.reason_of(21, 'dead line');
SELECT t.reason_of(22, 'no dial tone');
SELECT lr_merge_reason('dead_line', 'bad_contact_info');
SELECT lead_id, reason, reason_text FROM leadreturns.returns WHERE lead_id IN (21, 22) ORDER BY 1;
SELECT note FROM leadreturns.return_history WHERE return_id = t.last_return(21) ORDER BY history_id;
SELECT t.reason_of(23, 'Dead line');
SELECT t.reason_of(24, 'no dial tone');
SELECT active, merged_into FROM leadreturns.reason WHERE code = 'dead_line';
SELECT lr_merge_reason('dead_line', 'duplicate');
SELECT lr_merge_reason('duplicate', 'duplicate');
SELECT lr_merge_reason('duplicate', 'dead_line');
SELECT lr_merge_reason('nothing', 'duplicate');
SELECT count(*) FROM lr_reconcile();
