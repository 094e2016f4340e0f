-- What everything about archiving is.

COMMENT ON TABLE leadreturns.archived_history IS
'History of returns that lr_archive has moved out of history. Read the view return_history_all.';
COMMENT ON TABLE leadreturns.archived_message IS
'Messages that lr_archive has moved out of message. Read the view return_thread_all.';
COMMENT ON TABLE leadreturns.archived_notification IS
'Settled notifications that lr_archive has moved out of notification. Read the view'
' archived_notifications.';
COMMENT ON TABLE leadreturns.archived_import_chunk IS
'Files that lr_archive has moved out of import_chunk. Read the view import_results_all.';
COMMENT ON TABLE leadreturns.archived_import_verdict IS
'Verdicts that lr_archive has moved out of import_verdict. Read the view import_results_all.';
COMMENT ON TABLE leadreturns.archived_import_outcome IS
'Outcomes that lr_archive has moved out of import_outcome. Read the view import_results_all.';
COMMENT ON INDEX leadreturns.archived_history_return_idx IS
'return_history_all, lr_erase_lead: the archived life of one return.';
COMMENT ON INDEX leadreturns.archived_message_return_idx IS
'return_thread_all, lr_erase_lead: the archived thread of one return.';

COMMENT ON VIEW leadreturns.return_history_all IS
'return_history with what has been archived.';
COMMENT ON VIEW leadreturns.return_thread_all IS
'return_thread with what has been archived.';
COMMENT ON VIEW leadreturns.import_results_all IS
'import_results with the files that have been archived.';
COMMENT ON VIEW leadreturns.archived_notifications IS
'Notifications that have been sent or given up, and archived. Staff reads it.';
COMMENT ON VIEW leadreturns.erasures IS
'Which leads have been erased, when and by whom. Staff reads it.';

-- A column means the same in the archive as in the table that its rows come from, and in a view as
-- in the table or view that it shows.
DO $$
DECLARE
    told record;
BEGIN
    FOR told IN
        SELECT v.name, a.attname, col_description(o.attrelid, o.attnum) AS comment
          FROM (VALUES
            ('archived_history', 'history'), ('archived_message', 'message'),
            ('archived_notification', 'notification'), ('archived_import_chunk', 'import_chunk'),
            ('archived_import_verdict', 'import_verdict'),
            ('archived_import_outcome', 'import_outcome'),
            ('return_history_all', 'return_history'), ('return_thread_all', 'return_thread'),
            ('import_results_all', 'import_results'), ('archived_notifications', 'notification'),
            ('erasures', 'erasure')) AS v (name, source)
          JOIN pg_attribute a
            ON a.attrelid = ('leadreturns.' || v.name)::regclass AND a.attnum > 0
          JOIN pg_attribute o
            ON o.attrelid = ('leadreturns.' || v.source)::regclass AND o.attname = a.attname
    LOOP
        EXECUTE format('COMMENT ON COLUMN leadreturns.%I.%I IS %L', told.name, told.attname,
                       told.comment);
    END LOOP;
END;
$$;
