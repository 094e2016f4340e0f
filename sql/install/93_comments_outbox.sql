-- What everything about notifications is.

COMMENT ON TABLE leadreturns.notification IS
'What is to be said, or was said, to somebody about a return. Read the view notifications.';
COMMENT ON COLUMN leadreturns.notification.notification_id IS
'Key; the stable id of the event, the same at each attempt to send it.';
COMMENT ON COLUMN leadreturns.notification.return_id IS
'The return it is about.';
COMMENT ON COLUMN leadreturns.notification.account_id IS
'The account of the delivery.';
COMMENT ON COLUMN leadreturns.notification.supplier_id IS
'The supplier of the lead; NULL: none.';
COMMENT ON COLUMN leadreturns.notification.sequence IS
'Number among the notifications of this return, from 1, without gaps.';
COMMENT ON COLUMN leadreturns.notification.kind IS
'What happened.';
COMMENT ON COLUMN leadreturns.notification.recipient_kind IS
'Who is told: seller, buyer or supplier.';
COMMENT ON COLUMN leadreturns.notification.recipient IS
'Name of who is told; NULL: not known.';
COMMENT ON COLUMN leadreturns.notification.address IS
'Where to, such as an e-mail address; NULL: none is known.';
COMMENT ON COLUMN leadreturns.notification.sender IS
'Address it comes from; NULL: the workers own.';
COMMENT ON COLUMN leadreturns.notification.language IS
'Language of subject and body.';
COMMENT ON COLUMN leadreturns.notification.subject IS
'One line; NULL: no template, or erased.';
COMMENT ON COLUMN leadreturns.notification.body IS
'Text; NULL: no template, or erased.';
COMMENT ON COLUMN leadreturns.notification.payload IS
'The same facts for machines, as an object.';
COMMENT ON COLUMN leadreturns.notification.created_at IS
'When it happened.';
COMMENT ON COLUMN leadreturns.notification.status IS
'pending, claimed (by a worker), sent or dead (given up).';
COMMENT ON COLUMN leadreturns.notification.attempts IS
'How many times a worker has taken it.';
COMMENT ON COLUMN leadreturns.notification.due_at IS
'From when on a worker may take it, while claimed the end of the lease; NULL: sent or dead.';
COMMENT ON COLUMN leadreturns.notification.claimed_by IS
'The worker that took it last; NULL: none has.';
COMMENT ON COLUMN leadreturns.notification.claimed_at IS
'When that was.';
COMMENT ON COLUMN leadreturns.notification.settled_at IS
'When it was sent or given up; NULL: neither yet.';
COMMENT ON COLUMN leadreturns.notification.last_error IS
'What the last failed attempt said; NULL: none has failed.';

COMMENT ON TABLE leadreturns.notification_template IS
'Subject and body of notifications by kind, recipient and language; staff edits them.';
COMMENT ON COLUMN leadreturns.notification_template.kind IS
'What happened.';
COMMENT ON COLUMN leadreturns.notification_template.recipient_kind IS
'Who is told: seller, buyer or supplier.';
COMMENT ON COLUMN leadreturns.notification_template.language IS
'Language tag, such as en.';
COMMENT ON COLUMN leadreturns.notification_template.subject IS
'One line with placeholders.';
COMMENT ON COLUMN leadreturns.notification_template.body IS
'Text with placeholders.';
COMMENT ON COLUMN leadreturns.notification_template.seeded IS
'true: came with the extension.';

COMMENT ON INDEX leadreturns.notification_due_idx IS
'lr_claim_notifications: what is to be sent, the longest due first.';
