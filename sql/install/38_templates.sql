-- The texts that notifications come with; staff changes them and adds languages. ASCII alone, so
-- that a database of any encoding can hold them.

INSERT INTO leadreturns.notification_template
    (seeded, language, kind, recipient_kind, subject, body)
VALUES
(true, 'en', 'return_requested', 'seller', 'Return {{return_id}}: {{account}}, {{reason_label}}',
'{{account}} ({{buyer}}) asks to return lead {{lead_id}}.

Reason: {{reason_label}} ({{reason_text}})
Note: {{note}}
Price: {{price}} {{currency}}
Supplier: {{supplier}}
Assigned to: {{assignee}}
'),
(true, 'en', 'return_withdrawn', 'seller', 'Return {{return_id}} was withdrawn',
'{{account}} ({{buyer}}) no longer asks to return lead {{lead_id}}.

Note: {{decision_note}}
'),
(true, 'en', 'message_received', 'seller', 'Return {{return_id}}: message from {{account}}',
'{{account}} ({{buyer}}) writes about the return of lead {{lead_id}}:

{{message}}
'),
(true, 'en', 'decision_disputed', 'seller', 'Return {{return_id}}: {{account}} disagrees',
'{{account}} ({{buyer}}) writes about the declined return of lead {{lead_id}}:

{{message}}
'),
(true, 'en', 'return_accepted', 'buyer', 'Return of lead {{lead_id}} accepted',
'Your return of lead {{lead_id}} ({{reason_label}}) was accepted.

Account: {{account}}
Credit: {{credit}} {{currency}}
Note: {{decision_note}}
'),
(true, 'en', 'return_declined', 'buyer', 'Return of lead {{lead_id}} declined',
'Your return of lead {{lead_id}} ({{reason_label}}) was declined.

Account: {{account}}
Note: {{decision_note}}
'),
(true, 'en', 'return_reopened', 'buyer', 'Return of lead {{lead_id}} reopened',
'Your return of lead {{lead_id}} ({{reason_label}}) is being looked at again.

Account: {{account}}
Note: {{message}}
'),
(true, 'en', 'return_rolled_back', 'buyer', 'Return of lead {{lead_id}} undone',
'The accepted return of lead {{lead_id}} ({{reason_label}}) was undone.

Account: {{account}}
Taken back: {{credit}} {{currency}}
Note: {{decision_note}}
'),
(true, 'en', 'info_requested', 'buyer', 'Return of lead {{lead_id}}: a question',
'We have a question about your return of lead {{lead_id}} ({{reason_label}}):

{{message}}
'),
(true, 'en', 'message_received', 'buyer', 'Return of lead {{lead_id}}: a message',
'About your return of lead {{lead_id}} ({{reason_label}}):

{{message}}
'),
(true, 'en', 'lead_returned', 'supplier', 'Lead {{lead_id}} was returned',
'Lead {{lead_id}} was returned.

Reason: {{reason_label}}
Cost: {{cost}} {{currency}}
Debited: {{clawback}} {{currency}}
'),
(true, 'en', 'return_rolled_back', 'supplier', 'Return of lead {{lead_id}} undone',
'The return of lead {{lead_id}} ({{reason_label}}) was undone.

Credited: {{clawback}} {{currency}}
'),
(true, 'de', 'return_requested', 'seller', 'Retoure {{return_id}}: {{account}}, {{reason_label}}',
'{{account}} ({{buyer}}) beantragt die Retoure von Lead {{lead_id}}.

Grund: {{reason_label}} ({{reason_text}})
Anmerkung: {{note}}
Preis: {{price}} {{currency}}
Lieferant: {{supplier}}
Bearbeitung: {{assignee}}
'),
(true, 'de', 'return_withdrawn', 'seller', 'Retoure {{return_id}} wurde widerrufen',
'{{account}} ({{buyer}}) widerruft den Antrag auf Retoure von Lead {{lead_id}}.

Anmerkung: {{decision_note}}
'),
(true, 'de', 'message_received', 'seller', 'Retoure {{return_id}}: Nachricht von {{account}}',
'{{account}} ({{buyer}}) schreibt zur Retoure von Lead {{lead_id}}:

{{message}}
'),
(true, 'de', 'decision_disputed', 'seller', 'Retoure {{return_id}}: {{account}} widerspricht',
'{{account}} ({{buyer}}) schreibt zur abgelehnten Retoure von Lead {{lead_id}}:

{{message}}
'),
(true, 'de', 'return_accepted', 'buyer', 'Retoure von Lead {{lead_id}} angenommen',
'Ihre Retoure von Lead {{lead_id}} ({{reason_label}}) wurde angenommen.

Konto: {{account}}
Gutschrift: {{credit}} {{currency}}
Anmerkung: {{decision_note}}
'),
(true, 'de', 'return_declined', 'buyer', 'Retoure von Lead {{lead_id}} abgelehnt',
'Ihre Retoure von Lead {{lead_id}} ({{reason_label}}) wurde abgelehnt.

Konto: {{account}}
Anmerkung: {{decision_note}}
'),
(true, 'de', 'return_reopened', 'buyer', 'Retoure von Lead {{lead_id}} wieder offen',
'Ihre Retoure von Lead {{lead_id}} ({{reason_label}}) wird erneut bearbeitet.

Konto: {{account}}
Anmerkung: {{message}}
'),
(true, 'de', 'return_rolled_back', 'buyer', 'Retoure von Lead {{lead_id}} aufgehoben',
'Die angenommene Retoure von Lead {{lead_id}} ({{reason_label}}) wurde aufgehoben.

Konto: {{account}}
Storniert: {{credit}} {{currency}}
Anmerkung: {{decision_note}}
'),
(true, 'de', 'info_requested', 'buyer', 'Retoure von Lead {{lead_id}}: eine Frage',
'Wir haben eine Frage zu Ihrer Retoure von Lead {{lead_id}} ({{reason_label}}):

{{message}}
'),
(true, 'de', 'message_received', 'buyer', 'Retoure von Lead {{lead_id}}: eine Nachricht',
'Zu Ihrer Retoure von Lead {{lead_id}} ({{reason_label}}):

{{message}}
'),
(true, 'de', 'lead_returned', 'supplier', 'Lead {{lead_id}} wurde retourniert',
'Lead {{lead_id}} wurde retourniert.

Grund: {{reason_label}}
Einkaufspreis: {{cost}} {{currency}}
Belastet: {{clawback}} {{currency}}
'),
(true, 'de', 'return_rolled_back', 'supplier', 'Retoure von Lead {{lead_id}} aufgehoben',
'Die Retoure von Lead {{lead_id}} ({{reason_label}}) wurde aufgehoben.

Gutgeschrieben: {{clawback}} {{currency}}
');
