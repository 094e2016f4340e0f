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
