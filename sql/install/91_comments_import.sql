-- What everything about the sweep, files of returns and pg_cron is.

COMMENT ON TABLE leadreturns.sweep_heartbeat IS
'What the last sweep did: one row, which each sweep writes anew. Not part of a dump. Read the view'
' sweep_health.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.heartbeat_id IS 'Key; always 1.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.last_run_at IS
'When a sweep last wrote this row; NULL: never.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.last_run_by IS 'The role that ran it.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.duration_ms IS
'How long it has taken so far, all its batches together; milliseconds, three decimals.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.accepted IS
'Returns that it accepted, by rule or at the end of review_timeout.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.declined IS
'Returns that it declined at the end of review_timeout.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.handed_over IS
'Returns that it left to a person, because their lead is deleted.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.consolidated IS
'Rows that it folded: deliveries of volume_delta into the counters of cap_period, rows of'
' rate_delta'
' into the rollups.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.released IS
'Notifications whose lease had run out, which it took back or gave up.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.skipped IS
'Due returns that its last batch left, because another session held their delivery or account.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.failed IS
'Due returns that its last batch could not decide for an unexpected error; the log has it.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.remaining IS
'Due returns that were left when it wrote this row.';
COMMENT ON COLUMN leadreturns.sweep_heartbeat.oldest_due_at IS
'When the longest overdue of those became due; NULL: none is left.';

COMMENT ON TABLE leadreturns.import IS
'Files of returns, one row each, with how far each is. Read the view import_progress.';
COMMENT ON COLUMN leadreturns.import.import_id IS 'Key.';
COMMENT ON COLUMN leadreturns.import.name IS 'What the file is called; not empty, not unique.';
COMMENT ON COLUMN leadreturns.import.match_by IS
'What the key of a line is: lead_id, external_id, email or phone.';
COMMENT ON COLUMN leadreturns.import.reason IS 'Reason of lines that give none; NULL: none.';
COMMENT ON COLUMN leadreturns.import.undo IS
'true: the lines roll accepted returns back; false: they file returns.';
COMMENT ON COLUMN leadreturns.import.buyer_id IS
'The buyer whose deliveries are meant; NULL: anybody''s.';
COMMENT ON COLUMN leadreturns.import.owner_id IS
'The buyer that made it and sees it; NULL: staff made it.';
COMMENT ON COLUMN leadreturns.import.status IS
'new (not begun), verified, running (begun and not at the end), cancelled, done or undone.';
COMMENT ON COLUMN leadreturns.import.total IS 'Lines loaded; the header and blank lines are none.';
COMMENT ON COLUMN leadreturns.import.last_line IS 'Number of the last line loaded.';
COMMENT ON COLUMN leadreturns.import.position IS
'Lines up to this number have been seen to; a step goes on behind it.';
COMMENT ON COLUMN leadreturns.import.returned IS
'Lines with the status returned, requested or rolled_back.';
COMMENT ON COLUMN leadreturns.import.failed IS
'Lines with the status already_returned, not_returnable or unknown_lead.';
COMMENT ON COLUMN leadreturns.import.errors IS 'Lines with the status malformed or error.';
COMMENT ON COLUMN leadreturns.import.credit IS
'Sum of what the lines credited, whatever their currencies; two decimals.';
COMMENT ON COLUMN leadreturns.import.clawback IS
'Sum of what the lines clawed back, whatever their currencies; two decimals.';
COMMENT ON COLUMN leadreturns.import.undone IS 'Lines that lr_import_undo took back.';
COMMENT ON COLUMN leadreturns.import.conflicts IS 'Lines that the last lr_import_undo could not.';
COMMENT ON COLUMN leadreturns.import.verified_returned IS
'What returned would have risen by, at the last verification; NULL: never verified.';
COMMENT ON COLUMN leadreturns.import.verified_failed IS
'What failed would have risen by, at the last verification.';
COMMENT ON COLUMN leadreturns.import.verified_errors IS
'What errors would have risen by, at the last verification.';
COMMENT ON COLUMN leadreturns.import.verified_credit IS
'What credit would have risen by, at the last verification; two decimals.';
COMMENT ON COLUMN leadreturns.import.verified_clawback IS
'What clawback would have risen by, at the last verification; two decimals.';
COMMENT ON COLUMN leadreturns.import.cap_crossed_line IS
'The first line that the last verification found beyond a cap; NULL: none.';
COMMENT ON COLUMN leadreturns.import.created_at IS 'When it was created.';
COMMENT ON COLUMN leadreturns.import.created_by IS 'The role that created it.';
COMMENT ON COLUMN leadreturns.import.verified_at IS 'When it was last verified; NULL: never.';
COMMENT ON COLUMN leadreturns.import.started_at IS
'When its first line was worked on; NULL: not yet.';
COMMENT ON COLUMN leadreturns.import.updated_at IS 'When this row last changed.';
COMMENT ON COLUMN leadreturns.import.finished_at IS
'When its last line was worked on; NULL: not yet, or not since more is to be done.';

COMMENT ON TABLE leadreturns.import_chunk IS
'The files as they came, cut into pieces of about 64 KiB that end where a record ends. The parser'
' reads them again whenever lines are needed; function import_lines shows them.';
COMMENT ON COLUMN leadreturns.import_chunk.import_id IS
'The import. No foreign key: the import is locked while its file is loaded, and never deleted.';
COMMENT ON COLUMN leadreturns.import_chunk.last_line IS 'Number of its last line.';
COMMENT ON COLUMN leadreturns.import_chunk.first_line IS 'Number of its first line.';
COMMENT ON COLUMN leadreturns.import_chunk.by_row IS
'true: rows of import_upload, each of which is one line, whatever line breaks it has.';
COMMENT ON COLUMN leadreturns.import_chunk.encoding IS 'Encoding of the bytes.';
COMMENT ON COLUMN leadreturns.import_chunk.delimiter IS 'What stands between fields: one byte.';
COMMENT ON COLUMN leadreturns.import_chunk.fields IS 'Number of fields in the header.';
COMMENT ON COLUMN leadreturns.import_chunk.key_field IS 'Place of the key, from 0.';
COMMENT ON COLUMN leadreturns.import_chunk.reason_field IS
'Place of the reason, from 0; -1: there is none.';
COMMENT ON COLUMN leadreturns.import_chunk.note_field IS
'Place of the note, from 0; -1: there is none.';
COMMENT ON COLUMN leadreturns.import_chunk.body IS 'The bytes, not compressed.';

COMMENT ON TABLE leadreturns.import_verdict IS
'What each line would do, from the last lr_import_verify of its import. Read import_results.';
COMMENT ON TABLE leadreturns.import_outcome IS
'What each line has done. A row is written in the transaction of the return it tells of, changed by'
' lr_import_undo alone and deleted by lr_import_retry alone. Read import_results.';
COMMENT ON COLUMN leadreturns.import_outcome.return_id IS
'The return it filed or rolled back; NULL: none.';
COMMENT ON COLUMN leadreturns.import_outcome.undo_status IS
'What lr_import_undo did: undone or conflict; NULL: it has not tried.';
COMMENT ON COLUMN leadreturns.import_outcome.undo_sqlstate IS
'Of a conflict, the SQLSTATE of what is in the way.';
COMMENT ON COLUMN leadreturns.import_outcome.undo_detail IS 'Of a conflict, the facts.';

-- the columns that both have
DO $$
DECLARE
    told record;
    name text;
BEGIN
    FOREACH name IN ARRAY '{import_verdict,import_outcome}'::text[]
    LOOP
        FOR told IN
            SELECT * FROM (VALUES
                ('import_id',
                 'The import. No foreign key: the import is locked, and never deleted.'),
                ('line_no', 'Number of the line; the header is line 1.'),
                ('status', 'returned (filed and accepted), requested (filed, waits for a decision),'
                 ' rolled_back, already_returned, not_returnable, unknown_lead, malformed or'
                 ' error.'),
                ('sqlstate', 'Of a line that failed, which condition it met; NULL: none.'),
                ('detail', 'The facts of that condition.'),
                ('hint', 'Its remedy, if another than that of table error_code.'),
                ('lead_id', 'The lead that the key means; NULL: none was found.'),
                ('delivery_id', 'The delivery that the key means; NULL: none was found.'),
                ('account_id', 'The account of that delivery.'),
                ('over_cap', 'Taken beyond the cap (at_cap = review): only a person accepts it.'),
                ('credit', 'What the buyer gets; account''s currency, two decimals.'),
                ('clawback', 'What the supplier gives back; account''s currency, two decimals.'))
                AS v (column_name, meaning)
        LOOP
            EXECUTE pg_catalog.format('COMMENT ON COLUMN leadreturns.%I.%I IS %L', name,
                                      told.column_name, told.meaning);
        END LOOP;
    END LOOP;
END;
$$;

COMMENT ON TABLE leadreturns.import_cancel IS
'Wishes to stop an import, from lr_import_cancel while another session is at work on it. That'
' session looks here between its batches and deletes them.';
COMMENT ON COLUMN leadreturns.import_cancel.import_id IS
'The import. No foreign key: it would wait for the session at work.';
COMMENT ON COLUMN leadreturns.import_cancel.cancelled_at IS 'When it was asked for.';
COMMENT ON COLUMN leadreturns.import_cancel.cancelled_by IS 'The role that asked for it.';

COMMENT ON INDEX leadreturns.request_due_idx IS
'What the sweep will decide, the longest overdue first; decided returns are not in it.';
COMMENT ON INDEX leadreturns.import_cancel_idx IS 'Is this import to stop?';

COMMENT ON VIEW leadreturns.sweep_health IS
'One row: what the last sweep did, what is overdue now, and whether that is late. Staff and'
' reporting only. One row.';
COMMENT ON COLUMN leadreturns.sweep_health.last_run_at IS
'When a sweep was last seen at work; NULL: never.';
COMMENT ON COLUMN leadreturns.sweep_health.last_run_by IS 'The role that ran it.';
COMMENT ON COLUMN leadreturns.sweep_health.duration_ms IS
'How long it has taken so far, all its batches together; milliseconds, three decimals.';
COMMENT ON COLUMN leadreturns.sweep_health.accepted IS
'Returns that it accepted, by rule or at the end of review_timeout.';
COMMENT ON COLUMN leadreturns.sweep_health.declined IS
'Returns that it declined at the end of review_timeout.';
COMMENT ON COLUMN leadreturns.sweep_health.handed_over IS
'Returns that it left to a person, because their lead is deleted.';
COMMENT ON COLUMN leadreturns.sweep_health.consolidated IS
'Rows that it folded: deliveries for the caps, and rows of rate_delta for the reports.';
COMMENT ON COLUMN leadreturns.sweep_health.released IS
'Notifications whose lease had run out, which it took back or gave up.';
COMMENT ON COLUMN leadreturns.sweep_health.skipped IS
'Due returns that its last batch left, because another session held their delivery or account.';
COMMENT ON COLUMN leadreturns.sweep_health.failed IS
'Due returns that its last batch could not decide for an unexpected error; the log has it.';
COMMENT ON COLUMN leadreturns.sweep_health.remaining IS 'Due returns that it left.';
COMMENT ON COLUMN leadreturns.sweep_health.overdue IS 'Returns that are due now.';
COMMENT ON COLUMN leadreturns.sweep_health.oldest_due_at IS
'When the longest overdue of those became due; NULL: none is.';
COMMENT ON COLUMN leadreturns.sweep_health.oldest_overdue_seconds IS
'How long ago that was; seconds, two decimals.';
COMMENT ON COLUMN leadreturns.sweep_health.rate_deltas IS
'Rows of rate_delta that are not folded into the rollups yet; reports get slower as they grow.';
COMMENT ON COLUMN leadreturns.sweep_health.late IS
'true when something has been due for more than five minutes.';

COMMENT ON VIEW leadreturns.import_upload IS
'INSERT and COPY of rows that become lines of an import, in their order. It shows nothing.'
' Line numbers go on from those that the import has; from 1 if it has none.';
COMMENT ON COLUMN leadreturns.import_upload.import_id IS
'The import; NULL: the one that this session created last.';
COMMENT ON COLUMN leadreturns.import_upload.key IS
'Lead id, external id, e-mail address or telephone number, as the import''s match_by says.';
COMMENT ON COLUMN leadreturns.import_upload.reason IS 'NULL or blank: the import''s own.';
COMMENT ON COLUMN leadreturns.import_upload.note IS 'NULL or blank: none.';

COMMENT ON VIEW leadreturns.import_progress IS
'Files of returns, one row each, and how far each is: it changes with each batch. A buyer sees the'
' files it made, staff all. Key: import_id.';
COMMENT ON COLUMN leadreturns.import_progress.import_id IS 'Key.';
COMMENT ON COLUMN leadreturns.import_progress.name IS 'What the file is called.';
COMMENT ON COLUMN leadreturns.import_progress.status IS
'new (not begun), verified, running (begun and not at the end), cancelling (to stop after the'
' batch in flight), cancelled, done or undone.';
COMMENT ON COLUMN leadreturns.import_progress.total IS
'Lines loaded; the header and blank lines are none.';
COMMENT ON COLUMN leadreturns.import_progress.done IS 'returned + failed + errors.';
COMMENT ON COLUMN leadreturns.import_progress.returned IS
'Lines with the status returned, requested or rolled_back.';
COMMENT ON COLUMN leadreturns.import_progress.failed IS
'Lines with the status already_returned, not_returnable or unknown_lead.';
COMMENT ON COLUMN leadreturns.import_progress.errors IS
'Lines with the status malformed or error.';
COMMENT ON COLUMN leadreturns.import_progress.remaining IS 'total - done.';
COMMENT ON COLUMN leadreturns.import_progress.started_at IS
'When its first line was worked on; NULL: not yet.';
COMMENT ON COLUMN leadreturns.import_progress.finished_at IS
'When its last line was worked on; NULL: not yet, or not since more is to be done.';
COMMENT ON COLUMN leadreturns.import_progress.match_by IS
'What the key of a line is: lead_id, external_id, email or phone.';
COMMENT ON COLUMN leadreturns.import_progress.reason IS
'Reason of lines that give none; NULL: none.';
COMMENT ON COLUMN leadreturns.import_progress.undo IS
'true: the lines roll accepted returns back; false: they file returns.';
COMMENT ON COLUMN leadreturns.import_progress.buyer_id IS
'The buyer whose deliveries are meant; NULL: anybody''s.';
COMMENT ON COLUMN leadreturns.import_progress.credit IS
'Sum of what the lines credited when they ran, whatever their currencies; two decimals.'
' import_summary tells currencies apart.';
COMMENT ON COLUMN leadreturns.import_progress.clawback IS
'Likewise what they clawed back; NULL for a buyer.';
COMMENT ON COLUMN leadreturns.import_progress.undone IS 'Lines that lr_import_undo took back.';
COMMENT ON COLUMN leadreturns.import_progress.conflicts IS
'Lines that the last lr_import_undo could not take back; import_results says why.';
COMMENT ON COLUMN leadreturns.import_progress.verified_at IS
'When it was last verified; NULL: never.';
COMMENT ON COLUMN leadreturns.import_progress.verified_returned IS
'What returned would have risen by, at the last verification.';
COMMENT ON COLUMN leadreturns.import_progress.verified_failed IS
'What failed would have risen by, at the last verification.';
COMMENT ON COLUMN leadreturns.import_progress.verified_errors IS
'What errors would have risen by, at the last verification.';
COMMENT ON COLUMN leadreturns.import_progress.verified_credit IS
'What credit would have risen by, at the last verification; two decimals.';
COMMENT ON COLUMN leadreturns.import_progress.verified_clawback IS
'What clawback would have risen by, at the last verification; NULL for a buyer.';
COMMENT ON COLUMN leadreturns.import_progress.cap_crossed_line IS
'The first line that the last verification found beyond a cap; NULL: none.';
COMMENT ON COLUMN leadreturns.import_progress.created_at IS 'When it was created.';
COMMENT ON COLUMN leadreturns.import_progress.created_by IS 'The role that created it.';
COMMENT ON COLUMN leadreturns.import_progress.updated_at IS
'When it last changed: after each batch.';

COMMENT ON VIEW leadreturns.import_results IS
'Each line of each file: as it came, as it was read, what it did and what the last verification'
' said of it. Name the import_id: each file shown is read from its beginning. A buyer sees the'
' files it made, staff all. Key: import_id, line_no.';
COMMENT ON COLUMN leadreturns.import_results.import_id IS 'The import.';
COMMENT ON COLUMN leadreturns.import_results.line_no IS
'Number of the line on which the record starts; the header is line 1. Of import_upload, the row.';
COMMENT ON COLUMN leadreturns.import_results.raw IS
E'The record as it came; bytes that are not valid are shown as \\xNN.';
COMMENT ON COLUMN leadreturns.import_results.key IS 'The key as read; NULL: it could not be.';
COMMENT ON COLUMN leadreturns.import_results.reason IS 'The reason as read; NULL: none.';
COMMENT ON COLUMN leadreturns.import_results.note IS 'The note as read; NULL: none.';
COMMENT ON COLUMN leadreturns.import_results.status IS
'pending (not worked on yet), returned (filed and accepted), requested (filed, waits for a'
' decision), rolled_back, already_returned, not_returnable, unknown_lead, malformed or error.';
COMMENT ON COLUMN leadreturns.import_results.sqlstate IS
'Of a line that failed, which condition it met: LRnnn; 22P04 if it is malformed; else what error'
' the server met.';
COMMENT ON COLUMN leadreturns.import_results.condition IS 'Name of that condition (error_code).';
COMMENT ON COLUMN leadreturns.import_results.message IS 'Its message.';
COMMENT ON COLUMN leadreturns.import_results.detail IS 'Its facts.';
COMMENT ON COLUMN leadreturns.import_results.hint IS 'Its remedy.';
COMMENT ON COLUMN leadreturns.import_results.lead_id IS
'The lead that the key means; NULL: none was found.';
COMMENT ON COLUMN leadreturns.import_results.delivery_id IS
'The delivery that the key means; NULL: none was found.';
COMMENT ON COLUMN leadreturns.import_results.account_id IS 'The account of that delivery.';
COMMENT ON COLUMN leadreturns.import_results.return_id IS
'The return it filed or rolled back; NULL: none.';
COMMENT ON COLUMN leadreturns.import_results.over_cap IS
'Taken beyond the cap (at_cap = review): only a person accepts it.';
COMMENT ON COLUMN leadreturns.import_results.credit IS
'What the buyer got when the line ran; two decimals.';
COMMENT ON COLUMN leadreturns.import_results.clawback IS
'What the supplier gave back when the line ran; NULL for a buyer.';
COMMENT ON COLUMN leadreturns.import_results.currency IS 'Of the amounts: the account''s.';
COMMENT ON COLUMN leadreturns.import_results.undo_status IS
'What lr_import_undo did: undone or conflict; NULL: it has not tried.';
COMMENT ON COLUMN leadreturns.import_results.undo_sqlstate IS
'Of a conflict, the SQLSTATE of what is in the way.';
COMMENT ON COLUMN leadreturns.import_results.undo_detail IS 'Of a conflict, the facts.';
COMMENT ON COLUMN leadreturns.import_results.verdict IS
'What status the last verification foresaw; NULL: the line was not in it.';
COMMENT ON COLUMN leadreturns.import_results.verdict_sqlstate IS
'The condition that it foresaw; NULL: none.';
COMMENT ON COLUMN leadreturns.import_results.verdict_detail IS 'The facts of that condition.';
COMMENT ON COLUMN leadreturns.import_results.verdict_credit IS
'What the buyer would have got; two decimals.';
COMMENT ON COLUMN leadreturns.import_results.verdict_clawback IS
'What the supplier would have given back; NULL for a buyer.';
COMMENT ON COLUMN leadreturns.import_results.verdict_over_cap IS
'Whether it would have been taken beyond the cap.';

COMMENT ON VIEW leadreturns.import_summary IS
'The lines of each file counted by what became of them, and why. A buyer sees the files it made,'
' staff all. Key: import_id, phase, status, sqlstate, currency.';
COMMENT ON COLUMN leadreturns.import_summary.import_id IS 'The import.';
COMMENT ON COLUMN leadreturns.import_summary.name IS 'What the file is called.';
COMMENT ON COLUMN leadreturns.import_summary.phase IS
'verified (what the last verification foresaw), done (what the lines did) or undone (what'
' lr_import_undo made of them).';
COMMENT ON COLUMN leadreturns.import_summary.status IS
'As in import_results: of phase undone undo_status, else status.';
COMMENT ON COLUMN leadreturns.import_summary.sqlstate IS 'The condition met; NULL: none.';
COMMENT ON COLUMN leadreturns.import_summary.condition IS 'Its name (error_code).';
COMMENT ON COLUMN leadreturns.import_summary.message IS 'Its message.';
COMMENT ON COLUMN leadreturns.import_summary.lines IS 'How many lines.';
COMMENT ON COLUMN leadreturns.import_summary.first_line IS 'Number of the first of them.';
COMMENT ON COLUMN leadreturns.import_summary.currency IS
'Of the amounts; NULL for lines that mean no delivery.';
COMMENT ON COLUMN leadreturns.import_summary.credit IS
'Sum of the credits of those lines when they ran; two decimals.';
COMMENT ON COLUMN leadreturns.import_summary.clawback IS
'Sum of their clawbacks; NULL for a buyer.';

-- The public functions, wherever they were installed.

COMMENT ON FUNCTION lr_return_many(bigint[], text, text, bigint) IS
'lr_return for many leads at once, one row for each in the order given: the return, or the'
' condition that refused it, which disturbs no other. At most 10,000 leads; of a lead given twice'
' the second is refused. clawback is NULL for a buyer.'
' Errors: LR001; 54000 for more leads. What refuses a lead is in its row.'
' Example: SELECT * FROM lr_return_many(ARRAY[42, 43], ''duplicate'')';

COMMENT ON FUNCTION lr_sweep(bigint) IS
'One batch of what is due, in the caller''s transaction: accepts (auto_accept_delay) and decides'
' (review_timeout) up to max_rows returns, at most 10,000, the longest overdue first; then takes'
' back notifications whose lease has run out (released), counts new deliveries for the caps and'
' folds up to 100,000 rows of rate_delta for the reports. What another session holds is skipped'
' until the next time. Staff only.'
' Errors: LR001; 22023 unless max_rows is above 0.'
' Example: SELECT accepted, declined, remaining FROM lr_sweep()';

COMMENT ON PROCEDURE lr_run_sweep() IS
'lr_sweep in batches of 1,000, each committed, until nothing is left that can be done. Cannot be'
' called in a transaction block. Staff only.'
' Errors: LR001; 2D000 in a transaction block or function.'
' Example: CALL lr_run_sweep()';

COMMENT ON FUNCTION lr_import_create(text, text, text, boolean, bigint) IS
'Makes an import, to be loaded with a file of returns. match_by says what the key of its lines is:'
' lead_id, external_id, email or phone. reason is for lines that give none. undo: the lines roll'
' accepted returns back (for staff). buyer_id: the newest live delivery to any of this buyer''s'
' accounts is meant; a buyer''s own import always means its own.'
' Errors: LR001, LR061.'
' Example: SELECT import_id FROM lr_import_create(''May returns'', ''email'', ''duplicate'')';

COMMENT ON FUNCTION lr_import_text(bigint, text, text, text, text) IS
E'Loads a CSV text with a header line into an import, behind what it has, and returns the number of'
' lines. Columns are found by their names: key_column (unless given: the import''s match_by, or the'
' only column), reason_column (reason, if there is one) and note_column (note, if there is one).'
' Errors: LR001, LR061 for a header that does not fit, LR062 once the import was begun.'
' Example: SELECT lr_import_text(1, E''lead_id,reason\\n42,duplicate\\n'')';

COMMENT ON FUNCTION lr_import_bytes(bigint, bytea, text, text, text, text) IS
E'lr_import_text for a file in another encoding: UTF8, LATIN1, WIN1252 and whatever else a server'
' may have. Lines that are not valid in it, or not in the database''s encoding, are malformed.'
' Errors: LR001, LR061, LR062.'
' Example: SELECT lr_import_bytes(1, ''\\x6c6561645f69640a34320a'', ''WIN1252'')';

COMMENT ON FUNCTION lr_import_verify(bigint) IS
'Carries the lines that are not done out and takes everything back; import_results then has a'
' verdict for each. What the lines mean is locked while it works.'
' Errors: LR001, LR061, LR062 for a file that is done or undone; 57014 after lr_import_cancel.'
' Example: SELECT verified_returned, cap_crossed_line FROM lr_import_verify(1)';

COMMENT ON FUNCTION lr_import_step(bigint, bigint) IS
'Carries out the next max_rows lines, at most 10,000, in the caller''s transaction. Goes on with a'
' cancelled import; does nothing to one that is done.'
' Errors: LR001, LR061, LR062 for a file that is undone; 22023 unless max_rows is above 0.'
' Example: SELECT status, done, remaining FROM lr_import_step(1)';

COMMENT ON PROCEDURE lr_import_run(bigint, bigint) IS
'lr_import_step to the end of the file, with a commit after each batch of lines (at most 10,000).'
' Begins or goes on: after lr_import_cancel or a crash no line is done twice. Cannot be called in a'
' transaction block.'
' Errors: LR001, LR061, LR062 for a file that is undone; 22023 unless batch is above 0, 2D000 in a'
' transaction block or function.'
' Example: CALL lr_import_run(1)';

COMMENT ON FUNCTION lr_import_cancel(bigint) IS
'Stops an import without waiting: a run after its batch in flight, a verification or an undo with'
' an error. What is done stays done; lr_import_step or lr_import_run goes on.'
' Errors: LR001, LR061, LR062 for a file that is done or undone.'
' Example: SELECT status FROM lr_import_cancel(1)';

COMMENT ON FUNCTION lr_import_retry(bigint) IS
'Puts the lines that did not succeed (already_returned, not_returnable, unknown_lead, malformed,'
' error) back, for the next step or run.'
' Errors: LR001, LR061, LR062 for a file that is undone.'
' Example: SELECT status, remaining FROM lr_import_retry(1)';

COMMENT ON FUNCTION lr_import_undo(bigint) IS
'Takes back what a file has done, in one transaction: its accepted returns are rolled back, its'
' open ones withdrawn. What has gone its own way since stays and is reported as a conflict;'
' another call tries those again. Staff only.'
' Errors: LR001, LR061, LR062 for a file that rolled returns back; 57014 after lr_import_cancel.'
' Example: SELECT undone, conflicts FROM lr_import_undo(1)';

COMMENT ON FUNCTION lr_cron_enable(text) IS
'Has pg_cron call lr_run_sweep, every minute unless another schedule is given; a second call'
' changes the schedule. Where pg_cron is not in this database it changes nothing: to_run says what'
' to run, run_in where. Staff only.'
' Errors: LR001; 22023 for an empty schedule, 42501 without USAGE on schema cron.'
' Example: SELECT state, run_in, to_run FROM lr_cron_enable(''*/5 * * * *'')';

COMMENT ON FUNCTION lr_cron_disable() IS
'Removes the job that lr_cron_enable made, or says what to run, and where. Staff only.'
' Errors: LR001; 42501 without USAGE on schema cron.'
' Example: SELECT state, run_in, to_run FROM lr_cron_disable()';

COMMENT ON FUNCTION lr_cron_status() IS
'Whether pg_cron runs the sweep: state is scheduled, not scheduled, elsewhere (pg_cron lives in'
' another database) or not available; then to_run says what to run, run_in where. Of a job also its'
' last run. Staff only.'
' Errors: LR001; 42501 without USAGE on schema cron.'
' Example: SELECT state, schedule, last_run_at, last_run_status FROM lr_cron_status()';
