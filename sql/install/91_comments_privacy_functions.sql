-- What the functions that erase and archive do.

COMMENT ON FUNCTION lr_erase_lead(bigint) IS
'Takes a lead''s personal data out of the records: e-mail, telephone number and external id of its'
' deliveries, every note and text about its returns, its lines in files, the texts of its'
' notifications, archived ones included. States, days, amounts, rates and the ledger stay as they'
' are. The history of each return says when and by whom; the view erasures lists the leads. Returns'
' the number of deliveries; again it changes nothing. Staff only.'
' Errors: LR001; LR002 for a lead that was never delivered.'
' Example: SELECT lr_erase_lead(42)';

COMMENT ON FUNCTION lr_archive(timestamptz, bigint) IS
'Moves the history, thread and settled notifications of returns that were decided before an'
' instant, and about which nothing has happened since, and the lines of files finished before it,'
' into the archive: about max_rows rows, without waiting for what another session holds (skipped).'
' remaining: the batch was full, call it again. No total and no report of rates or money changes.'
' Staff only.'
' Errors: LR001; 22023 for an instant that has not passed, or max_rows below 1.'
' Example: SELECT returns, history, remaining FROM lr_archive(''2026-01-01'')';

COMMENT ON PROCEDURE lr_run_archive(timestamptz) IS
'lr_archive in batches of 10,000, each committed, until nothing is left that can go. Cannot be'
' called in a transaction block. Staff only.'
' Errors: LR001; 22023 for an instant that has not passed; 2D000 in a transaction block.'
' Example: CALL lr_run_archive(''2026-01-01'')';
