-- What everything about attached tables is.

COMMENT ON TABLE leadreturns.attachment IS
'Tables of applications whose rows are deliveries; made by lr_attach.';
COMMENT ON COLUMN leadreturns.attachment.attachment_id IS
'Key.';
COMMENT ON COLUMN leadreturns.attachment.tbl IS
'The table.';
COMMENT ON COLUMN leadreturns.attachment.mapping IS
'Which of its columns is what.';
COMMENT ON COLUMN leadreturns.attachment.attached_at IS
'When it was attached, the last time.';
COMMENT ON COLUMN leadreturns.attachment.attached_by IS
'The role that did.';
COMMENT ON COLUMN leadreturns.attachment.detached_at IS
'When it was detached; NULL: it is attached.';

COMMENT ON SEQUENCE leadreturns.attached_lead_id_seq IS
'lead_id of rows of attached tables whose own key is a text or a uuid.';

COMMENT ON INDEX leadreturns.delivery_attached_key IS
'Which delivery is this row of an attached table?';

COMMENT ON VIEW leadreturns.attachments IS
'Tables of applications that are or were attached. For staff.';
COMMENT ON COLUMN leadreturns.attachments.attachment_id IS 'Key.';
COMMENT ON COLUMN leadreturns.attachments.table_name IS
'The table, with its schema unless that is on the search_path; a number: it was dropped.';
COMMENT ON COLUMN leadreturns.attachments.mapping IS
'The mapping as given, and key: the columns of the primary key.';
COMMENT ON COLUMN leadreturns.attachments.attached_at IS 'When lr_attach was last called.';
COMMENT ON COLUMN leadreturns.attachments.attached_by IS 'The role that called it.';
COMMENT ON COLUMN leadreturns.attachments.detached_at IS
'When it was detached; NULL: it is attached.';
COMMENT ON COLUMN leadreturns.attachments.without_triggers IS
'How many of the table and its partitions have no triggers: rows written to those directly are'
' missed until lr_attach is called again. Should be 0; NULL: detached.';
