-- What everything is, for whoever looks into the catalogue with psql or a BI tool; the tables of
-- doc/reference.md are made of it. Comments of helper functions stand with their definitions.
-- The public functions are in the schema that CREATE EXTENSION chose.
SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('lr_install.search_path'),
                             true);

COMMENT ON TABLE leadreturns.buyer IS
'Companies that buy leads. Staff fills it with INSERT and UPDATE; a row is never deleted'
' (LR070), because deliveries and returns refer to it.';
COMMENT ON COLUMN leadreturns.buyer.buyer_id IS 'Key; cannot be changed (LR070).';
COMMENT ON COLUMN leadreturns.buyer.name IS 'Shown in views and reports; not empty.';
COMMENT ON COLUMN leadreturns.buyer.email IS 'Where the buyer is written to; NULL: nowhere.';
COMMENT ON COLUMN leadreturns.buyer.external_id IS
'Id of the buyer in the seller''s own software; unique if given.';
COMMENT ON COLUMN leadreturns.buyer.language IS
'Language that the buyer is written to in, such as de; NULL: the setting language.';

COMMENT ON TABLE leadreturns.account IS
'A buyer''s delivery account (contract, campaign): billing mode, currency, billing cycle, and'
' the narrowest scope of return terms. A row is never deleted (LR070).';
COMMENT ON COLUMN leadreturns.account.account_id IS 'Key; cannot be changed (LR070).';
COMMENT ON COLUMN leadreturns.account.buyer_id IS 'Whose account it is; cannot be changed (LR070).';
COMMENT ON COLUMN leadreturns.account.name IS 'Shown in views and reports; not empty.';
COMMENT ON COLUMN leadreturns.account.billing IS
'prepaid: the account is a wallet that sales are taken from. net_terms: it is a receivable that'
' sales are added to.';
COMMENT ON COLUMN leadreturns.account.currency IS
'Three capital letters. All amounts of the account are in it; cannot be changed (LR070).';
COMMENT ON COLUMN leadreturns.account.cycle IS 'How long a billing cycle lasts: week or month.';
COMMENT ON COLUMN leadreturns.account.cycle_anchor IS
'A day on which a cycle starts. Weekly cycles start every seven days from it, monthly ones on'
' its day of the month, or on the last day of a shorter month.';
COMMENT ON COLUMN leadreturns.account.email IS
'Where this account''s messages go; NULL: to the buyer.';
COMMENT ON COLUMN leadreturns.account.external_id IS
'Id of the account in the seller''s own software; unique if given.';
COMMENT ON COLUMN leadreturns.account.language IS
'Language of this account''s messages, such as de; NULL: the buyer''s.';

COMMENT ON TABLE leadreturns.supplier IS
'Where leads come from (source, vendor, publisher). Is owed the cost of each of its leads that'
' was delivered. A row is never deleted (LR070).';
COMMENT ON COLUMN leadreturns.supplier.supplier_id IS 'Key; cannot be changed (LR070).';
COMMENT ON COLUMN leadreturns.supplier.name IS 'Shown in views and reports; not empty.';
COMMENT ON COLUMN leadreturns.supplier.email IS 'Where the supplier is written to; NULL: nowhere.';
COMMENT ON COLUMN leadreturns.supplier.external_id IS
'Id of the supplier in the seller''s own software; unique if given.';
COMMENT ON COLUMN leadreturns.supplier.language IS
'Language that the supplier is written to in, such as de; NULL: the setting language.';

COMMENT ON TABLE leadreturns.lead_group IS
'Kinds of leads (lead types, verticals). A scope of return terms. A row is never deleted'
' (LR070).';
COMMENT ON COLUMN leadreturns.lead_group.lead_group_id IS 'Key; cannot be changed (LR070).';
COMMENT ON COLUMN leadreturns.lead_group.name IS 'Shown in views and reports; not empty.';

COMMENT ON TABLE leadreturns.reason IS
'The catalogue of return reasons, which the seller owns. Retire a reason with active = false: a'
' row is never deleted (LR070).';
COMMENT ON COLUMN leadreturns.reason.code IS
'Key: lower case letters, digits and underscores, at most 75. Cannot be changed (LR070). Reason'
' "other" takes free text that matches nothing.';
COMMENT ON COLUMN leadreturns.reason.label IS
'What people read. Labels that differ only in case and punctuation are the same label.';
COMMENT ON COLUMN leadreturns.reason.description IS 'When the reason applies.';
COMMENT ON COLUMN leadreturns.reason.active IS
'False: retired. It stays in history and can no longer be given (LR032).';
COMMENT ON COLUMN leadreturns.reason.requires_note IS
'A return for this reason needs a note (LR033).';
COMMENT ON COLUMN leadreturns.reason.supplier_fault IS
'Under the setting clawback = by_reason the supplier''s payout is taken back for this reason and'
' for no other.';
COMMENT ON COLUMN leadreturns.reason.always_review IS
'No rule accepts a return for this reason: a person does.';
COMMENT ON COLUMN leadreturns.reason.min_age IS
'Replaces the setting min_age for this reason; NULL: it does not.';
COMMENT ON COLUMN leadreturns.reason.max_age IS
'Replaces the setting max_age for this reason; NULL: it does not.';
COMMENT ON COLUMN leadreturns.reason.merged_into IS
'The reason that lr_merge_reason put in its place; whatever matches this one means that one.';
COMMENT ON COLUMN leadreturns.reason.seeded IS
'Came with the extension; lets a restored dump replace it by the seller''s edited row.';

COMMENT ON TABLE leadreturns.reason_alias IS
'Other texts by which a reason is known, for example "disconnected phone".';
COMMENT ON COLUMN leadreturns.reason_alias.alias IS
'The text. Case and punctuation do not matter; unique without them.';
COMMENT ON COLUMN leadreturns.reason_alias.code IS 'The reason that the text means.';

COMMENT ON TABLE leadreturns.holiday IS
'Days that do not count under the setting window_calendar = business, besides Saturdays and'
' Sundays.';
COMMENT ON COLUMN leadreturns.holiday.day IS
'The day, in the time zone that the setting time_zone names.';
COMMENT ON COLUMN leadreturns.holiday.name IS 'What it is called.';

COMMENT ON TABLE leadreturns.error_code IS
'Every condition of SQLSTATE class LR in the order of the checks. Comes with the library; read'
' only (LR070).';
COMMENT ON COLUMN leadreturns.error_code.sqlstate IS 'The SQLSTATE that is raised.';
COMMENT ON COLUMN leadreturns.error_code.condition IS
'Name of the condition; the error carries it as its constraint name.';
COMMENT ON COLUMN leadreturns.error_code.http_status IS 'What an HTTP layer should answer.';
COMMENT ON COLUMN leadreturns.error_code.message IS
'The error''s message: short, and the same in every release.';
COMMENT ON COLUMN leadreturns.error_code.hint IS
'The error''s usual hint; some cases give a better one.';

COMMENT ON TABLE leadreturns.delivery IS
'One lead sold to one account: the unit that is returned. Written by lr_deliver and the view'
' deliveries only; a guard refuses other changes (LR070). The references have no foreign key:'
' the writer holds a lock on the account or has read the parent, which is never deleted;'
' lr_reconcile checks them.';
COMMENT ON COLUMN leadreturns.delivery.delivery_id IS 'Key; taken from its sequence unless given.';
COMMENT ON COLUMN leadreturns.delivery.lead_id IS
'The application''s id of the lead. Sold three times, a lead has three deliveries.';
COMMENT ON COLUMN leadreturns.delivery.account_id IS 'The account it was delivered to.';
COMMENT ON COLUMN leadreturns.delivery.supplier_id IS
'Who supplied the lead; NULL: nobody is owed for it.';
COMMENT ON COLUMN leadreturns.delivery.lead_group_id IS 'Kind of lead; NULL: none.';
COMMENT ON COLUMN leadreturns.delivery.price IS
'What the buyer pays, in the account''s currency with two decimals. Changes'
' only with the row of an attached table, by a correcting transfer.';
COMMENT ON COLUMN leadreturns.delivery.cost IS
'What the supplier is paid, in the account''s currency with two decimals. Changes'
' only with the row of an attached table, by a correcting transfer.';
COMMENT ON COLUMN leadreturns.delivery.currency IS 'The account''s currency.';
COMMENT ON COLUMN leadreturns.delivery.delivered_at IS
'When it was delivered: windows, cap periods and terms count from here.';
COMMENT ON COLUMN leadreturns.delivery.delivered_on IS
'The day of delivered_at in the time_zone of the terms when it was recorded: the day that reports'
' count it on. A later change of that setting does not move it.';
COMMENT ON COLUMN leadreturns.delivery.status IS
'The application''s own status of the delivery. Acceptance of a return sets it, rollback puts it'
' back.';
COMMENT ON COLUMN leadreturns.delivery.external_id IS
'Id of the lead elsewhere (uuid, CRM id), for matching.';
COMMENT ON COLUMN leadreturns.delivery.email IS 'The lead''s address, for matching in lower case.';
COMMENT ON COLUMN leadreturns.delivery.phone IS
'The lead''s telephone number, for matching by its digits.';
COMMENT ON COLUMN leadreturns.delivery.replaces IS
'The accepted return (remedy replacement) that this delivery makes good; its price is 0.';
COMMENT ON COLUMN leadreturns.delivery.deleted_at IS
'When the application deleted the lead; NULL: it has not. A deleted lead cannot be returned'
' (LR005).';
COMMENT ON COLUMN leadreturns.delivery.sale_transfer_id IS
'The transfer that posted the price; NULL when the price is 0.';
COMMENT ON COLUMN leadreturns.delivery.attachment_id IS
'The attached table that the lead is a row of; NULL: none.';
COMMENT ON COLUMN leadreturns.delivery.row_key IS
'The row''s primary key there, as text; NULL: there is no such row, or no longer.';
COMMENT ON COLUMN leadreturns.delivery.payout_transfer_id IS
'The transfer that posted the cost; NULL when there is none or no supplier.';

COMMENT ON TABLE leadreturns.request IS
'Return requests: one row each, which changes with its state. Written by the commands only; a'
' guard refuses other changes (LR013 a change of status, LR070 the rest). The references have no'
' foreign key: the writer holds the locks of the delivery and its account, which are never'
' deleted; lr_reconcile checks them.';
COMMENT ON COLUMN leadreturns.request.return_id IS 'Key.';
COMMENT ON COLUMN leadreturns.request.delivery_id IS 'The delivery to be returned.';
COMMENT ON COLUMN leadreturns.request.account_id IS 'Its account, copied for the index by account.';
COMMENT ON COLUMN leadreturns.request.delivered_at IS
'When the delivery was delivered, copied for counting by period.';
COMMENT ON COLUMN leadreturns.request.price IS
'The delivery''s price, copied for counting by value; account''s currency, two decimals.';
COMMENT ON COLUMN leadreturns.request.cost IS
'The delivery''s cost, copied; account''s currency, two decimals.';
COMMENT ON COLUMN leadreturns.request.reason IS 'Code of the reason.';
COMMENT ON COLUMN leadreturns.request.reason_text IS
'The reason as it was given: trimmed, blanks folded, at most 75 characters.';
COMMENT ON COLUMN leadreturns.request.note IS 'What the requester added.';
COMMENT ON COLUMN leadreturns.request.status IS
'open, accepted, declined, withdrawn or rolled_back. open and accepted are live: at most one'
' live request per delivery.';
COMMENT ON COLUMN leadreturns.request.requested_at IS 'When it was filed.';
COMMENT ON COLUMN leadreturns.request.requested_by IS 'The role that filed it.';
COMMENT ON COLUMN leadreturns.request.decided_at IS
'When it was last decided (accepted, declined, withdrawn, rolled back); NULL while open.';
COMMENT ON COLUMN leadreturns.request.decided_by IS
'The role that decided; of a rule, the one that filed the request.';
COMMENT ON COLUMN leadreturns.request.decided_how IS
'manual (a person), rule (at filing), sweep (later) or import.';
COMMENT ON COLUMN leadreturns.request.decision_note IS 'Note of the decision.';
COMMENT ON COLUMN leadreturns.request.assignee IS 'Who of the staff looks after it.';
COMMENT ON COLUMN leadreturns.request.credit IS
'What the buyer gets back: from 0 to the price, 0 unless accepted; account''s currency, two'
' decimals.';
COMMENT ON COLUMN leadreturns.request.clawback IS
'What is taken back from the supplier: from 0 to the cost, 0 unless accepted. Cost for a full'
' credit, else cost x credit / price rounded half up to two decimals; account''s currency.';
COMMENT ON COLUMN leadreturns.request.remedy IS
'credit (money back) or replacement (a lead is owed); NULL unless accepted.';
COMMENT ON COLUMN leadreturns.request.prior_status IS
'The delivery''s status before acceptance, which rollback restores.';
COMMENT ON COLUMN leadreturns.request.returned_status IS
'The status acceptance set; rollback finds it unchanged or fails (LR014).';
COMMENT ON COLUMN leadreturns.request.override_asked IS
'Whether override => true was given: part of what an idempotent repeat must repeat.';
COMMENT ON COLUMN leadreturns.request.overridden IS
'Staff overrode the window or the cap for it, or accepted it beyond the cap.';
COMMENT ON COLUMN leadreturns.request.over_cap IS
'Taken beyond the cap under the setting at_cap = review: only a person accepts it.';
COMMENT ON COLUMN leadreturns.request.awaits_buyer IS
'The buyer owes an answer to a question (lr_request_info).';
COMMENT ON COLUMN leadreturns.request.auto_accept_at IS
'When the sweep may accept it by rule; NULL: never.';
COMMENT ON COLUMN leadreturns.request.timeout_at IS
'When the sweep decides it if nobody has (setting review_timeout); NULL: never.';
COMMENT ON COLUMN leadreturns.request.timeout_action IS
'What the sweep does then: accept or decline.';
COMMENT ON COLUMN leadreturns.request.idempotency_key IS
'The caller''s key; unique within the account, never expires.';
COMMENT ON COLUMN leadreturns.request.import_id IS 'The import it came from; NULL: none.';
COMMENT ON COLUMN leadreturns.request.credit_transfer_id IS
'The transfer that posted the credit; NULL when there is none.';
COMMENT ON COLUMN leadreturns.request.event_count IS
'Notifications written about this return so far; the last one''s sequence.';
COMMENT ON COLUMN leadreturns.request.clawback_transfer_id IS
'The transfer that posted the clawback; NULL when there is none.';
COMMENT ON COLUMN leadreturns.request.live_delivery_id IS
'delivery_id while the request is live; its unique constraint allows one live request per'
' delivery.';

COMMENT ON TABLE leadreturns.history IS
'What happened to each return, append-only: one row per change. Ids of one account rise in the'
' order in which its moves took effect.';
COMMENT ON COLUMN leadreturns.history.history_id IS 'Key; taken under the account''s lock.';
COMMENT ON COLUMN leadreturns.history.return_id IS 'The return it happened to.';
COMMENT ON COLUMN leadreturns.history.from_status IS
'Status before; NULL when the request was filed.';
COMMENT ON COLUMN leadreturns.history.to_status IS
'Status after; the same as before for a corrected reason or note.';
COMMENT ON COLUMN leadreturns.history.at IS 'When it happened.';
COMMENT ON COLUMN leadreturns.history.moved_on IS
'The day of that instant in the time_zone of the terms.';
COMMENT ON COLUMN leadreturns.history.actor IS 'The role that did it.';
COMMENT ON COLUMN leadreturns.history.party_kind IS
'For whom the role acted: staff, buyer, supplier, reporting or app.';
COMMENT ON COLUMN leadreturns.history.party_id IS
'The buyer or supplier it acted for; NULL for the other kinds.';
COMMENT ON COLUMN leadreturns.history.how IS 'manual, rule, sweep or import.';
COMMENT ON COLUMN leadreturns.history.note IS
'The command''s note; of a corrected reason, both reasons.';
COMMENT ON COLUMN leadreturns.history.terms_at IS
'The terms that applied are those in force at this instant, when the lead was delivered.';

COMMENT ON TABLE leadreturns.transfer IS
'The ledger, append-only and in double entry: each row moves one amount from one ledger account'
' (debit) to another (credit), so every entry balances. Corrections are further rows that name'
' the one they reverse.';
COMMENT ON COLUMN leadreturns.transfer.transfer_id IS 'Key.';
COMMENT ON COLUMN leadreturns.transfer.posted_at IS
'When it counts: of a sale the delivery''s instant; else the time of posting, or the start of'
' the account''s open period if that is later.';
COMMENT ON COLUMN leadreturns.transfer.posted_on IS
'The day of posted_at in the time_zone of the terms: that of the delivery for what a delivery or'
' return posts, else that of the account, for a payout the global one.';
COMMENT ON COLUMN leadreturns.transfer.kind IS
'sale, payout_due, credit, clawback, credit_reversed, clawback_reversed, deposit, payment,'
' payout or adjustment.';
COMMENT ON COLUMN leadreturns.transfer.debit IS
'The ledger account that the amount is taken from: account, supplier, revenue, cost, cash or'
' adjustments.';
COMMENT ON COLUMN leadreturns.transfer.credit IS
'The ledger account that the amount goes to; the same words.';
COMMENT ON COLUMN leadreturns.transfer.account_id IS
'The delivery account, when debit or credit is account.';
COMMENT ON COLUMN leadreturns.transfer.supplier_id IS
'The supplier, when debit or credit is supplier.';
COMMENT ON COLUMN leadreturns.transfer.amount IS 'Above 0, two decimals.';
COMMENT ON COLUMN leadreturns.transfer.currency IS 'Of the amount.';
COMMENT ON COLUMN leadreturns.transfer.delivery_id IS
'The delivery it belongs to; NULL for money posted with lr_post.';
COMMENT ON COLUMN leadreturns.transfer.return_id IS 'The return it belongs to; NULL for others.';
COMMENT ON COLUMN leadreturns.transfer.reverses IS 'The transfer it takes back, wholly or in part.';
COMMENT ON COLUMN leadreturns.transfer.actor IS 'The role that posted it.';
COMMENT ON COLUMN leadreturns.transfer.note IS 'The note given to lr_post.';

COMMENT ON TABLE leadreturns.cap_period IS
'How much of an account''s cap is used in one period. Counted when a cap first asks about the'
' period, then kept by whoever holds the lock on the account; deliveries not folded yet are in'
' volume_delta.';
COMMENT ON COLUMN leadreturns.cap_period.account_id IS 'The account.';
COMMENT ON COLUMN leadreturns.cap_period.starts_at IS
'First instant of the period; -infinity for lifetime.';
COMMENT ON COLUMN leadreturns.cap_period.ends_at IS
'First instant after the period; infinity for lifetime.';
COMMENT ON COLUMN leadreturns.cap_period.delivered IS
'Deliveries of the period that have been folded in.';
COMMENT ON COLUMN leadreturns.cap_period.delivered_value IS
'Sum of their prices; account''s currency, two decimals.';
COMMENT ON COLUMN leadreturns.cap_period.used IS
'Open and accepted requests on deliveries of the period.';
COMMENT ON COLUMN leadreturns.cap_period.used_value IS
'Prices of the open ones plus credits of the accepted ones; account''s currency, two decimals.';

COMMENT ON TABLE leadreturns.volume_delta IS
'Deliveries that no row of cap_period counts yet. Whoever delivers appends here and so waits for'
' nobody; a return folds them under the account''s lock.';
COMMENT ON COLUMN leadreturns.volume_delta.account_id IS 'The account.';
COMMENT ON COLUMN leadreturns.volume_delta.delivered_at IS 'When it was delivered.';
COMMENT ON COLUMN leadreturns.volume_delta.price IS 'Its price; account''s currency, two decimals.';

COMMENT ON TABLE leadreturns.closing IS
'Billing periods that lr_close_period closed. Nothing is posted into them any more.';
COMMENT ON COLUMN leadreturns.closing.account_id IS 'The account.';
COMMENT ON COLUMN leadreturns.closing.ends_before IS 'The first day that stayed open.';
COMMENT ON COLUMN leadreturns.closing.ends_at IS
'That day''s first instant, in the zone of the account''s terms at the closing.';
COMMENT ON COLUMN leadreturns.closing.closed_at IS 'When it was closed.';
COMMENT ON COLUMN leadreturns.closing.closed_by IS 'The role that closed it.';

COMMENT ON TABLE leadreturns.terms IS
'Versions of the return terms, append-only; lr_set_terms adds one. The most specific scope that'
' names a setting wins: account, buyer, lead_group, global.';
COMMENT ON COLUMN leadreturns.terms.terms_id IS
'Key. Of two versions with the same scope and valid_from the later id wins.';
COMMENT ON COLUMN leadreturns.terms.scope IS 'global, lead_group, buyer or account.';
COMMENT ON COLUMN leadreturns.terms.scope_id IS
'Key of the lead group, buyer or account; NULL for global.';
COMMENT ON COLUMN leadreturns.terms.valid_from IS
'From when the version is in force, until the scope''s next one.';
COMMENT ON COLUMN leadreturns.terms.settings IS
'All settings of the scope in this version, as a JSON object from name to value.';
COMMENT ON COLUMN leadreturns.terms.set_at IS 'When it was set.';
COMMENT ON COLUMN leadreturns.terms.set_by IS 'The role that set it.';

COMMENT ON TABLE leadreturns.party_grant IS
'Which database role acts for which party (lr_grant, lr_revoke).';
COMMENT ON COLUMN leadreturns.party_grant.role IS
'The role: a renamed one keeps its grants, one that was dropped and made anew has none.';
COMMENT ON COLUMN leadreturns.party_grant.kind IS 'staff, app, buyer, supplier or reporting.';
COMMENT ON COLUMN leadreturns.party_grant.party_id IS
'The buyer or supplier; NULL for the other kinds.';
COMMENT ON COLUMN leadreturns.party_grant.granted_at IS 'When it was granted.';
COMMENT ON COLUMN leadreturns.party_grant.granted_by IS 'The role that granted it.';

COMMENT ON TABLE leadreturns.message IS
'What was said about returns, append-only: messages of both sides, questions to the buyer, and'
' references to evidence.';
COMMENT ON COLUMN leadreturns.message.message_id IS 'Key.';
COMMENT ON COLUMN leadreturns.message.return_id IS 'The return it is about.';
COMMENT ON COLUMN leadreturns.message.kind IS
'message, question (the buyer owes an answer) or evidence.';
COMMENT ON COLUMN leadreturns.message.at IS 'When it was written.';
COMMENT ON COLUMN leadreturns.message.author IS 'The role that wrote it.';
COMMENT ON COLUMN leadreturns.message.party_kind IS
'For whom the role acted: staff, buyer, supplier, reporting or app.';
COMMENT ON COLUMN leadreturns.message.party_id IS
'The buyer or supplier it acted for; NULL for the other kinds.';
COMMENT ON COLUMN leadreturns.message.body IS 'The text; NULL for evidence.';
COMMENT ON COLUMN leadreturns.message.uri IS
'Where the evidence is; NULL for messages and questions.';
COMMENT ON COLUMN leadreturns.message.media_type IS
'Media type of the evidence, such as audio/mpeg.';
COMMENT ON COLUMN leadreturns.message.sha256 IS
'SHA-256 of the evidence, 64 lower-case hexadecimal digits.';

COMMENT ON VIEW leadreturns.deliveries IS
'Leads delivered to accounts. INSERT and COPY do what lr_deliver does, in batches; UPDATE takes'
' status, email, phone and deleted_at (any other column: LR070). A buyer sees its own rows,'
' staff all. Key: delivery_id.';
COMMENT ON COLUMN leadreturns.deliveries.delivery_id IS 'Key; generated unless given.';
COMMENT ON COLUMN leadreturns.deliveries.lead_id IS
'The application''s id of the lead. Sold three times, a lead has three deliveries.';
COMMENT ON COLUMN leadreturns.deliveries.account_id IS 'The account it was delivered to.';
COMMENT ON COLUMN leadreturns.deliveries.supplier_id IS
'Who supplied the lead; NULL: nobody is owed for it.'
' Null for a buyer.';
COMMENT ON COLUMN leadreturns.deliveries.lead_group_id IS 'Kind of lead; NULL: none.';
COMMENT ON COLUMN leadreturns.deliveries.price IS
'What the buyer pays, in the account''s currency with two decimals. Changes'
' only with the row of an attached table, by a correcting transfer.';
COMMENT ON COLUMN leadreturns.deliveries.cost IS
'What the supplier is paid, in the account''s currency with two decimals. Changes'
' only with the row of an attached table, by a correcting transfer.'
' Null for a buyer.';
COMMENT ON COLUMN leadreturns.deliveries.delivered_at IS
'When it was delivered: windows, cap periods and terms count from here. Default: now.';
COMMENT ON COLUMN leadreturns.deliveries.status IS
'The application''s own status; default DELIVERED. Acceptance of a return sets it, rollback puts'
' it back.';
COMMENT ON COLUMN leadreturns.deliveries.external_id IS
'Id of the lead elsewhere (uuid, CRM id), for matching.';
COMMENT ON COLUMN leadreturns.deliveries.email IS
'The lead''s address, for matching in lower case.';
COMMENT ON COLUMN leadreturns.deliveries.phone IS
'The lead''s telephone number, for matching by its digits.';
COMMENT ON COLUMN leadreturns.deliveries.replaces IS
'The accepted return (remedy replacement) that this delivery makes good; its price is 0.';
COMMENT ON COLUMN leadreturns.deliveries.deleted_at IS
'When the application deleted the lead; NULL: it has not. A deleted lead cannot be returned'
' (LR005).';
COMMENT ON COLUMN leadreturns.deliveries.currency IS
'The account''s currency. May be left out; another one is refused (LR042).';

COMMENT ON VIEW leadreturns.returns IS
'Return requests with everything a screen shows. INSERT (lead_id or delivery_id, reason, note,'
' account_id, idempotency_key) does what lr_return does; UPDATE of status makes the move that'
' the command makes, with decision_note as its note; assignee changes by itself; any other'
' column: LR070. A buyer sees its own rows, a supplier those of its own leads; staff and'
' reporting see all. Columns that are another''s affair are null. Key: return_id.';
COMMENT ON COLUMN leadreturns.returns.return_id IS 'Key.';
COMMENT ON COLUMN leadreturns.returns.delivery_id IS 'The delivery to be returned.';
COMMENT ON COLUMN leadreturns.returns.lead_id IS
'The application''s id of the lead. Sold three times, a lead has three deliveries.';
COMMENT ON COLUMN leadreturns.returns.external_id IS
'Id of the lead elsewhere (uuid, CRM id), for matching.'
' Null for reporting.';
COMMENT ON COLUMN leadreturns.returns.account_id IS 'The account the lead was delivered to.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.account IS 'Its name.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.buyer_id IS 'Whose account it is.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.buyer IS 'The buyer''s name.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.supplier_id IS 'Who supplied the lead; NULL: nobody named.'
' Null for a buyer.';
COMMENT ON COLUMN leadreturns.returns.supplier IS 'The supplier''s name.'
' Null for a buyer.';
COMMENT ON COLUMN leadreturns.returns.lead_group_id IS 'Kind of lead; NULL: none.';
COMMENT ON COLUMN leadreturns.returns.lead_group IS 'The lead group''s name.';
COMMENT ON COLUMN leadreturns.returns.reason IS 'Code of the reason.';
COMMENT ON COLUMN leadreturns.returns.reason_label IS 'Label of the reason.';
COMMENT ON COLUMN leadreturns.returns.reason_text IS
'The reason as it was given: trimmed, blanks folded, at most 75 characters.'
' Null for suppliers and reporting.';
COMMENT ON COLUMN leadreturns.returns.note IS 'What the requester added.'
' Null for suppliers and reporting.';
COMMENT ON COLUMN leadreturns.returns.status IS
'open, accepted, declined, withdrawn or rolled_back. open and accepted are live: at most one'
' live request per delivery.';
COMMENT ON COLUMN leadreturns.returns.review IS
'processed (decided), pending (open, and a rule or the buyer is next) or requires_review (open,'
' and a person must look).';
COMMENT ON COLUMN leadreturns.returns.colour IS
'For user interfaces: open orange, accepted green, declined red, others grey.';
COMMENT ON COLUMN leadreturns.returns.delivered_at IS 'When the lead was delivered.';
COMMENT ON COLUMN leadreturns.returns.requested_at IS 'When it was filed.';
COMMENT ON COLUMN leadreturns.returns.requested_by IS 'The role that filed it.'
' Null for suppliers and reporting.';
COMMENT ON COLUMN leadreturns.returns.decided_at IS
'When it was last decided (accepted, declined, withdrawn, rolled back); NULL while open.';
COMMENT ON COLUMN leadreturns.returns.decided_by IS
'The role that decided; of a rule, the one that filed the request.'
' Null for suppliers and reporting.';
COMMENT ON COLUMN leadreturns.returns.decided_how IS
'manual (a person), rule (at filing), sweep (later) or import.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.decision_note IS 'Note of the decision.'
' Null for suppliers and reporting.';
COMMENT ON COLUMN leadreturns.returns.assignee IS 'Who of the staff looks after it.'
' Null for all but staff.';
COMMENT ON COLUMN leadreturns.returns.price IS
'The delivery''s price; account''s currency, two decimals.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.cost IS
'The delivery''s cost; account''s currency, two decimals.'
' Null for a buyer.';
COMMENT ON COLUMN leadreturns.returns.credit IS
'What the buyer gets back: from 0 to the price, 0 unless accepted; account''s currency, two'
' decimals.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.clawback IS
'What is taken back from the supplier: from 0 to the cost, 0 unless accepted. Cost for a full'
' credit, else cost x credit / price rounded half up to two decimals; account''s currency.'
' Null for a buyer.';
COMMENT ON COLUMN leadreturns.returns.remedy IS
'credit (money back) or replacement (a lead is owed); NULL unless accepted.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.currency IS 'The account''s currency.';
COMMENT ON COLUMN leadreturns.returns.prior_status IS
'The delivery''s status before acceptance, which rollback restores.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.overridden IS
'Staff overrode the window or the cap for it, or accepted it beyond the cap.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.import_id IS 'The import it came from; NULL: none.'
' Null for a supplier.';
COMMENT ON COLUMN leadreturns.returns.idempotency_key IS
'The caller''s key; unique within the account, never expires.'
' Null for suppliers and reporting.';
COMMENT ON COLUMN leadreturns.returns.age_hours IS
'Hours, two decimals, from the request to its decision, or to now while it is open.';

COMMENT ON VIEW leadreturns.return_history IS
'What happened to each return, in the order of history_id. A buyer sees its own returns, staff'
' all. Key: history_id.';
COMMENT ON COLUMN leadreturns.return_history.history_id IS
'Rises, within an account, in the order in which its moves took effect.';
COMMENT ON COLUMN leadreturns.return_history.return_id IS 'The return it happened to.';
COMMENT ON COLUMN leadreturns.return_history.from_status IS
'Status before; NULL when the request was filed.';
COMMENT ON COLUMN leadreturns.return_history.to_status IS
'Status after; the same as before for a corrected reason or note.';
COMMENT ON COLUMN leadreturns.return_history.at IS 'When it happened.';
COMMENT ON COLUMN leadreturns.return_history.actor IS 'The role that did it.';
COMMENT ON COLUMN leadreturns.return_history.party_kind IS
'For whom the role acted: staff, buyer, supplier, reporting or app.';
COMMENT ON COLUMN leadreturns.return_history.party_id IS
'The buyer or supplier it acted for; NULL for the other kinds.';
COMMENT ON COLUMN leadreturns.return_history.how IS 'manual, rule, sweep or import.';
COMMENT ON COLUMN leadreturns.return_history.note IS
'The command''s note; of a corrected reason, both reasons.';
COMMENT ON COLUMN leadreturns.return_history.terms_at IS
'The terms that applied are those in force at this instant, when the lead was delivered.';

COMMENT ON VIEW leadreturns.return_thread IS
'Messages, questions and evidence of returns, in the order of message_id. A buyer sees its own'
' returns, staff all. Key: message_id.';
COMMENT ON COLUMN leadreturns.return_thread.message_id IS 'Key.';
COMMENT ON COLUMN leadreturns.return_thread.return_id IS 'The return it is about.';
COMMENT ON COLUMN leadreturns.return_thread.kind IS
'message, question (the buyer owes an answer) or evidence.';
COMMENT ON COLUMN leadreturns.return_thread.at IS 'When it was written.';
COMMENT ON COLUMN leadreturns.return_thread.author IS 'The role that wrote it.';
COMMENT ON COLUMN leadreturns.return_thread.party_kind IS
'For whom the role acted: staff, buyer, supplier, reporting or app.';
COMMENT ON COLUMN leadreturns.return_thread.party_id IS
'The buyer or supplier it acted for; NULL for the other kinds.';
COMMENT ON COLUMN leadreturns.return_thread.body IS 'The text; NULL for evidence.';
COMMENT ON COLUMN leadreturns.return_thread.uri IS
'Where the evidence is; NULL for messages and questions.';
COMMENT ON COLUMN leadreturns.return_thread.media_type IS
'Media type of the evidence, such as audio/mpeg.';
COMMENT ON COLUMN leadreturns.return_thread.sha256 IS
'SHA-256 of the evidence, 64 lower-case hexadecimal digits.';

COMMENT ON VIEW leadreturns.replacements_owed IS
'Accepted returns whose remedy is a replacement that has not been delivered yet. A buyer sees'
' its own; staff and reporting see all. Key: return_id.';
COMMENT ON COLUMN leadreturns.replacements_owed.return_id IS
'The return; give it as replaces when the replacement is delivered.';
COMMENT ON COLUMN leadreturns.replacements_owed.delivery_id IS 'The delivery that was returned.';
COMMENT ON COLUMN leadreturns.replacements_owed.lead_id IS
'The application''s id of the lead that was returned.';
COMMENT ON COLUMN leadreturns.replacements_owed.account_id IS 'The account that is owed a lead.';
COMMENT ON COLUMN leadreturns.replacements_owed.account IS 'Its name.';
COMMENT ON COLUMN leadreturns.replacements_owed.buyer_id IS 'Whose account it is.';
COMMENT ON COLUMN leadreturns.replacements_owed.buyer IS 'The buyer''s name.';
COMMENT ON COLUMN leadreturns.replacements_owed.lead_group_id IS
'Kind of the lead that was returned; NULL: none.';
COMMENT ON COLUMN leadreturns.replacements_owed.price IS
'What the returned lead was sold for; account''s currency, two decimals.';
COMMENT ON COLUMN leadreturns.replacements_owed.currency IS 'The account''s currency.';
COMMENT ON COLUMN leadreturns.replacements_owed.accepted_at IS 'Since when the lead is owed.';

COMMENT ON VIEW leadreturns.terms_history IS
'Every version of the return terms. Staff and reporting only; lr_terms shows what results for an'
' account. Key: terms_id.';
COMMENT ON COLUMN leadreturns.terms_history.terms_id IS
'Key. Of two versions with the same scope and valid_from the later id wins.';
COMMENT ON COLUMN leadreturns.terms_history.scope IS 'global, lead_group, buyer or account.';
COMMENT ON COLUMN leadreturns.terms_history.scope_id IS
'Key of the lead group, buyer or account; NULL for global.';
COMMENT ON COLUMN leadreturns.terms_history.valid_from IS
'From when the version is in force, until the scope''s next one.';
COMMENT ON COLUMN leadreturns.terms_history.settings IS
'All settings of the scope in this version, as a JSON object from name to value.';
COMMENT ON COLUMN leadreturns.terms_history.set_at IS 'When it was set.';
COMMENT ON COLUMN leadreturns.terms_history.set_by IS 'The role that set it.';

COMMENT ON VIEW leadreturns.closed_periods IS
'Billing periods that lr_close_period closed. A buyer sees its own accounts; staff and reporting'
' see all. Key: account_id, ends_before.';
COMMENT ON COLUMN leadreturns.closed_periods.account_id IS 'The account.';
COMMENT ON COLUMN leadreturns.closed_periods.account IS 'Its name.';
COMMENT ON COLUMN leadreturns.closed_periods.starts_on IS
'First day of the period: the former one''s ends_before; NULL: from the beginning.';
COMMENT ON COLUMN leadreturns.closed_periods.ends_before IS 'The first day that stayed open.';
COMMENT ON COLUMN leadreturns.closed_periods.ends_at IS
'That day''s first instant, in the zone of the account''s terms at the closing.';
COMMENT ON COLUMN leadreturns.closed_periods.closed_at IS 'When it was closed.';
COMMENT ON COLUMN leadreturns.closed_periods.closed_by IS 'The role that closed it.'
' Null for reporting.';

COMMENT ON VIEW leadreturns.ledger IS
'Every transfer with both its ledger accounts. Staff only. Key: transfer_id.';
COMMENT ON COLUMN leadreturns.ledger.transfer_id IS 'Key.';
COMMENT ON COLUMN leadreturns.ledger.posted_at IS
'When it counts: of a sale the delivery''s instant; else the time of posting, or the start of'
' the account''s open period if that is later.';
COMMENT ON COLUMN leadreturns.ledger.kind IS
'sale, payout_due, credit, clawback, credit_reversed, clawback_reversed, deposit, payment,'
' payout or adjustment.';
COMMENT ON COLUMN leadreturns.ledger.debit_account IS
'What the amount is taken from: wallet or receivable (of a delivery account), supplier, revenue,'
' cost, cash or adjustments.';
COMMENT ON COLUMN leadreturns.ledger.debit_id IS
'Key of the account or supplier that is debited; NULL for the other ledger accounts.';
COMMENT ON COLUMN leadreturns.ledger.credit_account IS 'What the amount goes to; the same words.';
COMMENT ON COLUMN leadreturns.ledger.credit_id IS
'Key of the account or supplier that is credited; NULL for the other ledger accounts.';
COMMENT ON COLUMN leadreturns.ledger.amount IS 'Above 0, two decimals.';
COMMENT ON COLUMN leadreturns.ledger.currency IS 'Of the amount.';
COMMENT ON COLUMN leadreturns.ledger.delivery_id IS
'The delivery it belongs to; NULL for money posted with lr_post.';
COMMENT ON COLUMN leadreturns.ledger.return_id IS 'The return it belongs to; NULL for others.';
COMMENT ON COLUMN leadreturns.ledger.reverses IS 'The transfer it takes back, wholly or in part.';
COMMENT ON COLUMN leadreturns.ledger.actor IS 'The role that posted it.';
COMMENT ON COLUMN leadreturns.ledger.note IS 'The note given to lr_post.';

COMMENT ON VIEW leadreturns.account_statement IS
'Every posting to each delivery account, with the balance after it, in the order of posted_at'
' and transfer_id. A buyer sees its own accounts, staff all. Key: transfer_id.';
COMMENT ON COLUMN leadreturns.account_statement.account_id IS 'The account.';
COMMENT ON COLUMN leadreturns.account_statement.account IS 'Its name.';
COMMENT ON COLUMN leadreturns.account_statement.buyer_id IS 'Whose account it is.';
COMMENT ON COLUMN leadreturns.account_statement.currency IS 'The account''s currency.';
COMMENT ON COLUMN leadreturns.account_statement.posted_at IS
'When it counts: of a sale the delivery''s instant; else the time of posting, or the start of'
' the account''s open period if that is later.';
COMMENT ON COLUMN leadreturns.account_statement.transfer_id IS 'The transfer.';
COMMENT ON COLUMN leadreturns.account_statement.kind IS
'sale, credit, credit_reversed, deposit, payment or adjustment.';
COMMENT ON COLUMN leadreturns.account_statement.delivery_id IS
'The delivery it belongs to; NULL for money posted with lr_post.';
COMMENT ON COLUMN leadreturns.account_statement.lead_id IS
'The application''s id of the lead; NULL for money posted with lr_post.';
COMMENT ON COLUMN leadreturns.account_statement.return_id IS
'The return it belongs to; NULL for others.';
COMMENT ON COLUMN leadreturns.account_statement.debit IS
'The amount if it is charged to the account, else 0; account''s currency, two decimals.';
COMMENT ON COLUMN leadreturns.account_statement.credit IS
'The amount if it is granted to the account, else 0; account''s currency, two decimals.';
COMMENT ON COLUMN leadreturns.account_statement.balance IS
'After this posting. Of a wallet: credits less debits, what is left. Of a receivable: debits'
' less credits, what the buyer owes. Account''s currency, two decimals.';
COMMENT ON COLUMN leadreturns.account_statement.note IS 'The note given to lr_post.';

COMMENT ON VIEW leadreturns.supplier_statement IS
'Every posting to each supplier, with the balance of that currency after it, in the order of'
' posted_at and transfer_id. A supplier sees its own rows and no buyer''s price,'
' staff all. Key: transfer_id.';
COMMENT ON COLUMN leadreturns.supplier_statement.supplier_id IS 'The supplier.';
COMMENT ON COLUMN leadreturns.supplier_statement.supplier IS 'Its name.';
COMMENT ON COLUMN leadreturns.supplier_statement.currency IS
'Of the amounts and the balance; a supplier has one balance per currency.';
COMMENT ON COLUMN leadreturns.supplier_statement.posted_at IS
'When it counts: of a sale the delivery''s instant; else the time of posting, or the start of'
' the account''s open period if that is later.';
COMMENT ON COLUMN leadreturns.supplier_statement.transfer_id IS 'The transfer.';
COMMENT ON COLUMN leadreturns.supplier_statement.kind IS
'payout_due, clawback, clawback_reversed or payout.';
COMMENT ON COLUMN leadreturns.supplier_statement.delivery_id IS
'The delivery it belongs to; NULL for money posted with lr_post.';
COMMENT ON COLUMN leadreturns.supplier_statement.lead_id IS
'The application''s id of the lead; NULL for a payout.';
COMMENT ON COLUMN leadreturns.supplier_statement.return_id IS
'The return it belongs to; NULL for others.';
COMMENT ON COLUMN leadreturns.supplier_statement.reason IS
'Code of the return''s reason; NULL for other postings.';
COMMENT ON COLUMN leadreturns.supplier_statement.debit IS
'The amount if it lowers what the supplier is owed, else 0; two decimals.';
COMMENT ON COLUMN leadreturns.supplier_statement.credit IS
'The amount if it raises what the supplier is owed, else 0; two decimals.';
COMMENT ON COLUMN leadreturns.supplier_statement.balance IS
'What the supplier is owed after this posting: credits less debits. Below 0 the rest is set off'
' against later payouts. Two decimals.';
COMMENT ON COLUMN leadreturns.supplier_statement.note IS 'The note given to lr_post.';

COMMENT ON VIEW leadreturns.balances IS
'The balance of every ledger account, one row per currency. A buyer sees its own accounts, a'
' supplier its own; staff and reporting see all. Key: ledger_account, party_id, currency.';
COMMENT ON COLUMN leadreturns.balances.ledger_account IS
'wallet, receivable, supplier, revenue, cost, cash or adjustments.';
COMMENT ON COLUMN leadreturns.balances.party_id IS
'Key of the account (wallet, receivable) or of the supplier; NULL for the others.';
COMMENT ON COLUMN leadreturns.balances.party IS 'Its name.';
COMMENT ON COLUMN leadreturns.balances.currency IS
'Of the balance; balances of different currencies are never added.';
COMMENT ON COLUMN leadreturns.balances.balance IS
'Two decimals. wallet: what is left of it; receivable: what the buyer owes; supplier: what it is'
' owed; revenue: earned; cost, cash and adjustments: debits less credits. May be below 0.';

-- Indexes: which query needs each.

COMMENT ON INDEX leadreturns.delivery_lead_idx IS
'Finds the deliveries of a lead: lr_return, lr_rollback_return.';
COMMENT ON INDEX leadreturns.delivery_account_idx IS
'The deliveries of one account by date: counts a new cap period once, and rolling caps.';
COMMENT ON INDEX leadreturns.delivery_external_idx IS 'lr_return_by_key with key_kind external_id.';
COMMENT ON INDEX leadreturns.delivery_email_idx IS 'lr_return_by_key with key_kind email.';
COMMENT ON INDEX leadreturns.delivery_phone_idx IS 'lr_return_by_key with key_kind phone.';
COMMENT ON INDEX leadreturns.delivery_replaces_key IS
'A return is replaced once; view replacements_owed.';
COMMENT ON INDEX leadreturns.request_delivery_idx IS
'The requests of one delivery: has it been asked for, is one live.';
COMMENT ON INDEX leadreturns.request_account_idx IS
'The requests of one account by date: rolling caps, a new cap period, lr_set_terms.';
COMMENT ON INDEX leadreturns.request_idempotency_key IS 'A repeated call finds its first result.';
COMMENT ON INDEX leadreturns.one_live_return_per_delivery IS
'At most one open or accepted request per delivery, on every path.';
COMMENT ON INDEX leadreturns.history_return_idx IS 'The life of one return.';
COMMENT ON INDEX leadreturns.message_return_idx IS 'The thread of one return.';
COMMENT ON INDEX leadreturns.transfer_account_idx IS
'account_statement and the balance of one account.';
COMMENT ON INDEX leadreturns.transfer_supplier_idx IS
'supplier_statement, the balance and the currencies of one supplier.';
COMMENT ON INDEX leadreturns.volume_delta_account_idx IS
'The deliveries of one account that are not folded yet.';
COMMENT ON INDEX leadreturns.terms_scope_idx IS 'The versions of one scope.';
COMMENT ON INDEX leadreturns.account_buyer_idx IS
'The accounts of one buyer: lr_set_terms at scope buyer, and what a buyer sees.';
COMMENT ON INDEX leadreturns.reason_alias_key IS
'Aliases stay distinct when case and punctuation are ignored, as matching does.';
COMMENT ON INDEX leadreturns.reason_alias_code_idx IS
'The aliases of one reason: its foreign key and lr_merge_reason.';

-- The public functions, wherever they were installed.

COMMENT ON FUNCTION lr_deliver(
    bigint, bigint, bigint, numeric, numeric, bigint, timestamptz, text, text, text, text, bigint)
    IS
'Records that a lead was delivered to an account and posts its price to the account and its cost'
' to the supplier. Amounts are in the account''s currency with two decimals; delivered_at is now'
' and status DELIVERED unless given. Staff only. replaces names an accepted return whose remedy'
' is a replacement; the price is 0 then.'
' Errors: LR001, LR003, LR012, LR013, LR040, LR041; 23502 without lead_id or account_id, 23503'
' for an unknown account, supplier or lead group.'
' Example: SELECT * FROM lr_deliver(42, 7, supplier_id => 3, price => 25.00, cost => 10.00)';

COMMENT ON FUNCTION lr_return(bigint, text, text, bigint, text, boolean) IS
'Asks to return a lead, and accepts it at once if the terms say so. A buyer returns its own'
' deliveries; staff any, naming the account if the lead was sold to several. override lets staff'
' pass the window and the cap, with a note. A known idempotency_key answers with the first'
' result. By count a cap allows floor(percent / 100 x deliveries) returns, by value percent /'
' 100 x delivered value.'
' Errors: LR001, LR002, LR004, LR005, LR010, LR011, LR015, LR020, LR021, LR022, LR023, LR030,'
' LR031, LR032, LR033, LR050.'
' Example: SELECT * FROM lr_return(42, ''duplicate'', idempotency_key => ''crm-981'')';

COMMENT ON FUNCTION lr_return_by_key(text, text, text, text, bigint, text, boolean) IS
'lr_return for a lead that is known by another key: key_kind is external_id, email (any case) or'
' phone (its digits).'
' Errors: those of lr_return; 22023 for another key_kind.'
' Example: SELECT * FROM lr_return_by_key(''email'', ''Ann@Example.com'', ''duplicate'')';

COMMENT ON FUNCTION lr_check_return(bigint, text, bigint) IS
'Whether lr_return would take this request, without writing: every violated condition in the'
' order of the checks, the window (both ends inclusive), the cap (requests, or money if it'
' counts by value; NULL: none binds) and what acceptance would move. A note that the reason'
' needs is taken for given.'
' Errors: LR001; what the request itself would raise is in violations.'
' Example: SELECT eligible, violations, capacity_left FROM lr_check_return(42, ''duplicate'')';

COMMENT ON FUNCTION lr_accept(bigint, text, numeric, numeric, text, text, boolean, boolean) IS
'Accepts an open or declined return: credits the buyer, claws back from the supplier, sets the'
' delivery''s status. credit: above 0, at most the price (default), two decimals. clawback: at'
' most the cost; by default as the setting clawback says, cost x credit / price rounded half up'
' to two decimals. status and remedy replace those of the terms. A declined one must fit the'
' cap, or override with a note. Staff only.'
' Errors: LR001, LR003, LR005, LR010, LR011, LR013, LR023, LR033, LR040; 22023 for another'
' remedy.'
' Example: SELECT * FROM lr_accept(12, note => ''half the price'', credit => 12.50)';

COMMENT ON FUNCTION lr_decline(bigint, text, boolean) IS
'Declines an open return; it frees the cap. Staff only.'
' Errors: LR001, LR003, LR013.'
' Example: SELECT * FROM lr_decline(12, ''the call was answered'')';

COMMENT ON FUNCTION lr_withdraw(bigint, text) IS
'Takes back an open return; it frees the cap. By its buyer or by staff.'
' Errors: LR001, LR003, LR013.'
' Example: SELECT * FROM lr_withdraw(12, ''reached the person after all'')';

COMMENT ON FUNCTION lr_reopen(bigint, text, boolean) IS
'Opens a declined return again, for a person to decide. It reserves cap capacity anew, unless'
' staff overrides with a note; the window is not looked at again. Staff only.'
' Errors: LR001, LR003, LR005, LR010, LR011, LR013, LR015, LR023, LR033.'
' Example: SELECT * FROM lr_reopen(12, ''new evidence'')';

COMMENT ON FUNCTION lr_rollback_return(bigint, text, bigint, boolean) IS
'Undoes the accepted return of a lead: posts exact counter-transfers, restores the delivery''s'
' prior status and frees the cap. Staff only.'
' Errors: LR001, LR002, LR004, LR012, LR014.'
' Example: SELECT * FROM lr_rollback_return(42, ''accepted by mistake'')';

COMMENT ON FUNCTION lr_correct_reason(bigint, text, text) IS
'Gives a return another reason. Reports follow, the history keeps both, no money moves. Staff'
' only.'
' Errors: LR001, LR003, LR030, LR031, LR032, LR033.'
' Example: SELECT * FROM lr_correct_reason(12, ''bad_contact_info'', ''the number is dead'')';

COMMENT ON FUNCTION lr_merge_reason(text, text) IS
'Folds one reason into another and returns the number of returns that moved. The former is'
' retired; its aliases, and whatever is given as it later, mean the other. Waits for all'
' accounts. Staff only.'
' Errors: LR001, LR031, LR032.'
' Example: SELECT lr_merge_reason(''dead_phone'', ''bad_contact_info'')';

COMMENT ON FUNCTION lr_message(bigint, text) IS
'Adds a message to an open or declined return, from the buyer or from staff. The buyer''s'
' message answers a question.'
' Errors: LR001, LR003, LR013, LR033 for an empty body.'
' Example: SELECT * FROM lr_message(12, ''we called three times'')';

COMMENT ON FUNCTION lr_request_info(bigint, text) IS
'Asks the buyer about an open or declined return. No rule accepts an open one any more: after'
' the answer a person decides. Staff only.'
' Errors: LR001, LR003, LR013, LR033 for an empty body.'
' Example: SELECT * FROM lr_request_info(12, ''when did you call?'')';

COMMENT ON FUNCTION lr_attach_evidence(bigint, text, text, text) IS
'Adds a reference to a file (not its bytes) to an open or declined return, from the buyer or'
' from staff. sha256 is 64 hexadecimal digits.'
' Errors: LR001, LR003, LR013; 22023 for an empty uri or a malformed sha256.'
' Example: SELECT * FROM lr_attach_evidence(12, ''https://files.example/call.mp3'','
' ''audio/mpeg'')';

COMMENT ON FUNCTION lr_assign(bigint, text) IS
'Says who of the staff looks after a return; NULL takes the assignment away. Staff only.'
' Errors: LR001, LR003.'
' Example: SELECT * FROM lr_assign(12, ''maria'')';

COMMENT ON FUNCTION lr_set_terms(text, bigint, jsonb, timestamptz) IS
'Adds a version of the return terms of a scope: global, lead_group, buyer or account (scope_id).'
' The settings given change those in force before; null takes one away. valid_from is now unless'
' given; a past one is refused where a delivery that has a request would get other terms. Staff'
' only.'
' Errors: LR001, LR060.'
' Example: SELECT * FROM lr_set_terms(''account'', 7, ''{"max_return_percent": 15, "max_age":'
' "14 days"}'')';

COMMENT ON FUNCTION lr_terms(bigint, bigint, timestamptz) IS
'Every setting as it stands for an account (and lead group) at an instant, now unless given,'
' with the scope it came from; scope default is built in. A buyer reads its own accounts.'
' Errors: LR001; 23503 for an unknown account.'
' Example: SELECT setting, value, scope FROM lr_terms(7)';

COMMENT ON FUNCTION lr_post(text, bigint, numeric, text, text) IS
'Posts money: deposit, payment or adjustment to an account (party_id), payout to a supplier.'
' Amounts are above 0 with two decimals; a negative adjustment charges the account. currency is'
' the account''s, or for a supplier owed in several the one that is meant. Staff only.'
' Errors: LR001, LR040, LR042; 22023 for another kind, 23503 for an unknown party.'
' Example: SELECT * FROM lr_post(''deposit'', 7, 500.00, ''bank transfer'')';

COMMENT ON FUNCTION lr_close_period(bigint, date) IS
'Closes an account''s billing period: everything before the start of the day ends_before, in the'
' zone of its terms, is final. Later returns post to the open period. Waits for deliveries in'
' flight. Staff only.'
' Errors: LR001, LR041 if that is closed already; 22023 if it has not ended, 23503 for an'
' unknown account.'
' Example: SELECT * FROM lr_close_period(7, ''2026-02-01'')';

COMMENT ON FUNCTION lr_act_as(text, bigint) IS
'Until the end of the transaction an application server (kind app) acts for a party: staff,'
' reporting, or a buyer or supplier by id. Returns who it now is.'
' Errors: LR001 for a caller that is no app; 22023 for an impossible party.'
' Example: SELECT * FROM lr_act_as(''buyer'', 5)';

COMMENT ON FUNCTION lr_whoami() IS
'The caller''s role, the kind of party it acts for (none, staff, app, buyer, supplier,'
' reporting), and the id of that buyer or supplier.'
' Errors: none.'
' Example: SELECT role, kind, party_id FROM lr_whoami()';

COMMENT ON FUNCTION lr_grant(regrole, text, bigint) IS
'Ties a database role to a party and grants it what that kind needs: staff, app, reporting, or'
' buyer or supplier with its id. A role acts for one buyer or supplier. Granted to a group, it'
' holds for the members that inherit. Staff only.'
' Errors: LR001; 22023 for an impossible party; 42710 for a role that acts for another one.'
' Example: SELECT * FROM lr_grant(''acme_web'', ''buyer'', 5)';

COMMENT ON FUNCTION lr_revoke(regrole, text, bigint) IS
'Takes back what lr_grant gave, but for what another grant of the role still needs; true if'
' there was such a grant. With party_id only a grant for that party counts. Staff only.'
' Errors: LR001.'
' Example: SELECT lr_revoke(''acme_web'', ''buyer'')';

COMMENT ON FUNCTION lr_reconcile() IS
'Checks that everything agrees: states with history, ledger, caps, rates and files, references'
' that have no foreign key. Each row names a disagreement; no row means there is none. Reads all'
' records.'
' Errors: none.'
' Example: SELECT check_name, object_id, detail FROM lr_reconcile()';
COMMENT ON FUNCTION lr_spreadsheet_text(text) IS
'Text as it can stand in a CSV file that people open in a spreadsheet: an apostrophe is put before'
' what would be taken for a formula there (=, +, -, @, tab or a line end first). It changes'
' the text, so use it for such files only: COPY (SELECT lr_spreadsheet_text(buyer), returned FROM'
' leadreturns.return_rate_by_buyer) TO STDOUT CSV HEADER. Source: OWASP, "CSV Injection".'
' Errors: none. Example: SELECT lr_spreadsheet_text(''=1+1'').';
