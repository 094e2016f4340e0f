-- A buyer's spreadsheet: a file as people send it, its verification, its run, and its undo.
\pset numericlocale off
SELECT FROM set_config('leadreturns.now', leadreturns.clock()::text, false) \g /dev/null
INSERT INTO leadreturns.buyer (name) VALUES ('Harbor Realty') RETURNING buyer_id \gset
INSERT INTO leadreturns.account (buyer_id, name, billing)
VALUES (:buyer_id, 'Harbor Realty', 'prepaid') RETURNING account_id \gset
SELECT FROM lr_set_terms('account', :account_id, '{"max_return_percent": 50,
    "auto_accept": "always", "auto_accept_delay": "1 day"}') \g /dev/null
SELECT FROM lr_post('deposit', :account_id, 500) \g /dev/null
INSERT INTO leadreturns.deliveries (lead_id, account_id, supplier_id, price, cost)
SELECT 90000000 + n, :account_id, (SELECT min(supplier_id) FROM leadreturns.supplier), 40, 15
  FROM generate_series(1, 8) AS n;
SELECT balance AS before FROM leadreturns.balances
 WHERE ledger_account = 'wallet' AND party_id = :account_id \gset

\echo '8. A FILE: HARBOR REALTY SENDS ITS RETURNS'
SELECT import_id FROM lr_import_create('harbor-realty.csv', 'lead_id') \gset
SELECT lr_import_text(:import_id, E'\ufeff' || replace(
    $$Lead No;Why returned;Comment
90000001;phone was disconnected;"called three times,
nobody there"
 90000002 ;DUPLICATE;
90000002;duplicate;sent twice
90000003;wrong   vertical;;
ninety;duplicate;

90000099;duplicate;
90000004;=HYPERLINK("x");looks like a formula
90000005;duplicate;x;y
90000006;duplicate;"one quote too few
90000007;out of service area;
90000008;duplicate;
$$, chr(10), chr(13) || chr(10)), 'lead no', 'why returned', 'comment') AS lines \gset
\echo :lines 'lines, with a byte-order mark, semicolons, CRLF and more. What each would do:'
SELECT FROM lr_import_verify(:import_id) \g /dev/null
SELECT line_no AS line, verdict, coalesce(verdict_sqlstate, '') AS code,
       left(coalesce(verdict_detail, reason), 63) AS "detail, or the reason as it came"
  FROM leadreturns.import_results WHERE import_id = :import_id ORDER BY line_no;
\echo 'The run says the same, line by line. Its progress and its summary:'
CALL lr_import_run(:import_id);
SELECT status, total, done, returned, failed, errors, remaining
  FROM leadreturns.import_progress WHERE import_id = :import_id;
SELECT status, coalesce(condition, sqlstate, '') AS why, lines, first_line AS "first line"
  FROM leadreturns.import_summary WHERE import_id = :import_id AND phase = 'done'
 ORDER BY first_line;
