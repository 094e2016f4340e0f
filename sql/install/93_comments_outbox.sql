-- What everything about notifications is.
SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('lr_install.search_path'),
                             true);

COMMENT ON TABLE leadreturns.notification IS
'What is to be said, or was said, to somebody about a return. Read the view notifications. What'
' was recorded cannot be changed (LR070).';
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
'Subject and body of notifications by kind, recipient and language; staff and applications edit'
' them. {{field}} stands for a fact of the return; saving refuses a field that is unknown or not'
' the recipient''s to know, and names the others (LR060). A language without a template falls back'
' to en; without any, subject and body are NULL. What came with the extension can be changed but'
' not deleted (LR070).';
COMMENT ON COLUMN leadreturns.notification_template.kind IS
'What happened.';
COMMENT ON COLUMN leadreturns.notification_template.recipient_kind IS
'Who is told: seller, buyer or supplier.';
COMMENT ON COLUMN leadreturns.notification_template.language IS
'Language tag, such as en or pt-BR.';
COMMENT ON COLUMN leadreturns.notification_template.subject IS
'One line with {{field}}s; line breaks in their values become blanks.';
COMMENT ON COLUMN leadreturns.notification_template.body IS
'Text with {{field}}s.';
COMMENT ON COLUMN leadreturns.notification_template.seeded IS
'true: came with the extension.';

COMMENT ON INDEX leadreturns.notification_due_idx IS
'lr_claim_notifications: what is to be sent, the longest due first.';
COMMENT ON INDEX leadreturns.notification_dead_idx IS
'What was given up: outbox_health, lr_requeue_notifications.';
COMMENT ON INDEX leadreturns.notification_lease_idx IS
'Which leases have run out: lr_claim_notifications and the sweep.';

COMMENT ON VIEW leadreturns.notification_list IS
'Every notification with its lead, for the view notifications and for the functions of workers.';
COMMENT ON COLUMN leadreturns.notification_list.notification_id IS
'Key; the stable id of the event, the same at each attempt to send it.';
COMMENT ON COLUMN leadreturns.notification_list.return_id IS
'The return it is about.';
COMMENT ON COLUMN leadreturns.notification_list.lead_id IS
'The lead of that return.';
COMMENT ON COLUMN leadreturns.notification_list.account_id IS
'The account of the delivery.';
COMMENT ON COLUMN leadreturns.notification_list.supplier_id IS
'The supplier of the lead; NULL: none.';
COMMENT ON COLUMN leadreturns.notification_list.sequence IS
'Number among the notifications of this return, from 1, without gaps.';
COMMENT ON COLUMN leadreturns.notification_list.kind IS
'What happened.';
COMMENT ON COLUMN leadreturns.notification_list.recipient_kind IS
'Who is told: seller, buyer or supplier.';
COMMENT ON COLUMN leadreturns.notification_list.recipient IS
'Name of who is told; NULL: not known.';
COMMENT ON COLUMN leadreturns.notification_list.address IS
'Where to, such as an e-mail address; NULL: none is known.';
COMMENT ON COLUMN leadreturns.notification_list.sender IS
'Address it comes from (setting sender_address); NULL: the workers'' own.';
COMMENT ON COLUMN leadreturns.notification_list.language IS
'Language of subject and body.';
COMMENT ON COLUMN leadreturns.notification_list.subject IS
'One line; NULL: there was no template, or it is erased.';
COMMENT ON COLUMN leadreturns.notification_list.body IS
'Text; NULL: there was no template, or it is erased.';
COMMENT ON COLUMN leadreturns.notification_list.payload IS
'The facts that this recipient may learn, for machines; the same keys each time.';
COMMENT ON COLUMN leadreturns.notification_list.created_at IS
'When it happened.';
COMMENT ON COLUMN leadreturns.notification_list.status IS
'pending, claimed (by a worker), sent or dead (given up).';
COMMENT ON COLUMN leadreturns.notification_list.attempts IS
'How many times a worker has taken it, since it was last requeued.';
COMMENT ON COLUMN leadreturns.notification_list.due_at IS
'From when on a worker may take it, while claimed the end of the lease; NULL: sent or dead.';
COMMENT ON COLUMN leadreturns.notification_list.claimed_by IS
'The worker that took it last; NULL: none has.';
COMMENT ON COLUMN leadreturns.notification_list.claimed_at IS
'When that was.';
COMMENT ON COLUMN leadreturns.notification_list.settled_at IS
'When it was sent or given up; NULL: neither yet.';
COMMENT ON COLUMN leadreturns.notification_list.last_error IS
'What the last failed attempt said; NULL: none has failed.';

COMMENT ON VIEW leadreturns.notifications IS
'The outbox: whom each return is told to, and whether that is done. Staff reads all, a buyer and a'
' supplier what they are told themselves. One row per notification.';
COMMENT ON COLUMN leadreturns.notifications.notification_id IS
'Key; the stable id of the event, the same at each attempt to send it.';
COMMENT ON COLUMN leadreturns.notifications.return_id IS
'The return it is about.';
COMMENT ON COLUMN leadreturns.notifications.lead_id IS
'The lead of that return.';
COMMENT ON COLUMN leadreturns.notifications.account_id IS
'The account of the delivery; NULL for a supplier.';
COMMENT ON COLUMN leadreturns.notifications.supplier_id IS
'The supplier of the lead; NULL: none, and for a buyer.';
COMMENT ON COLUMN leadreturns.notifications.sequence IS
'Number among the notifications of this return, from 1, without gaps.';
COMMENT ON COLUMN leadreturns.notifications.kind IS
'What happened.';
COMMENT ON COLUMN leadreturns.notifications.recipient_kind IS
'Who is told: seller, buyer or supplier.';
COMMENT ON COLUMN leadreturns.notifications.recipient IS
'Name of who is told; NULL: not known.';
COMMENT ON COLUMN leadreturns.notifications.address IS
'Where to, such as an e-mail address; NULL: none is known.';
COMMENT ON COLUMN leadreturns.notifications.sender IS
'Address it comes from (setting sender_address); NULL: the workers'' own.';
COMMENT ON COLUMN leadreturns.notifications.language IS
'Language of subject and body.';
COMMENT ON COLUMN leadreturns.notifications.subject IS
'One line; NULL: there was no template, or it is erased.';
COMMENT ON COLUMN leadreturns.notifications.body IS
'Text; NULL: there was no template, or it is erased.';
COMMENT ON COLUMN leadreturns.notifications.payload IS
'The facts that this recipient may learn, for machines; the same keys each time.';
COMMENT ON COLUMN leadreturns.notifications.created_at IS
'When it happened.';
COMMENT ON COLUMN leadreturns.notifications.status IS
'pending, claimed (by a worker), sent or dead (given up).';
COMMENT ON COLUMN leadreturns.notifications.attempts IS
'How many times a worker has taken it, since it was last requeued.';
COMMENT ON COLUMN leadreturns.notifications.due_at IS
'From when on a worker may take it, while claimed the end of the lease; NULL: sent or dead.';
COMMENT ON COLUMN leadreturns.notifications.claimed_by IS
'The worker that took it last; NULL: none has. For staff.';
COMMENT ON COLUMN leadreturns.notifications.claimed_at IS
'When that was.';
COMMENT ON COLUMN leadreturns.notifications.settled_at IS
'When it was sent or given up; NULL: neither yet.';
COMMENT ON COLUMN leadreturns.notifications.last_error IS
'What the last failed attempt said; NULL: none has failed. For staff.';

COMMENT ON VIEW leadreturns.outbox_health IS
'How the workers keep up. Staff and reporting only. One row.';
COMMENT ON COLUMN leadreturns.outbox_health.pending IS
'Notifications that wait for a worker, those that rest after a failed attempt included.';
COMMENT ON COLUMN leadreturns.outbox_health.claimed IS 'Notifications that a worker holds.';
COMMENT ON COLUMN leadreturns.outbox_health.dead IS
'Notifications that were given up; lr_requeue_notifications gives them another life.';
COMMENT ON COLUMN leadreturns.outbox_health.oldest_due_at IS
'Since when the longest waiting has been due, or its lease run out; NULL: nothing is due.';
COMMENT ON COLUMN leadreturns.outbox_health.oldest_age_seconds IS
'How long ago that was; seconds, two decimals; 0: nothing is due.';

COMMENT ON FUNCTION lr_claim_notifications(text, bigint, interval) IS
'Hands up to max_rows due notifications, at most 10,000, to a worker until the lease ends. Of each'
' return it is the first that is not settled, so its order is kept. What another worker holds is'
' skipped; what a worker did not settle within its lease is handed out again. Staff, and'
' applications that act for nobody.'
' Errors: LR001; 22023 for no worker, max_rows below 1, a lease not from 1 second to 7 days.'
' Example: SELECT notification_id, address, subject FROM lr_claim_notifications(''mailer 1'', 50)';

COMMENT ON FUNCTION lr_ack_notifications(bigint[]) IS
'Says that these were sent and returns how many that is news of. Also when the lease has run out'
' meanwhile; ids that are unknown or were never claimed do not count. Staff, and applications that'
' act for nobody.'
' Errors: LR001; 22023 for null.'
' Example: SELECT lr_ack_notifications(ARRAY[7, 8])';

COMMENT ON FUNCTION lr_fail_notification(bigint, text, text) IS
'Says that an attempt failed: it is due again after leadreturns.notify_backoff, twice as long after'
' each further attempt, up to 6 hours, and dead after leadreturns.notify_attempts. Nothing changes'
' for what is settled already or, if worker is given, in the hands of another. Staff, and'
' applications that act for nobody.'
' Errors: LR001; 22023 for an unknown id.'
' Example: SELECT status, due_at FROM lr_fail_notification(7, ''450 mailbox busy'')';

COMMENT ON FUNCTION lr_requeue_notifications(bigint[]) IS
'Gives notifications that are dead another life, with all their attempts, and returns how many.'
' What was sent of the same return meanwhile was sent before them. Staff, and applications that act'
' for nobody.'
' Errors: LR001; 22023 for null.'
' Example: SELECT lr_requeue_notifications(array_agg(notification_id)) FROM'
' leadreturns.notifications WHERE status = ''dead''';
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
