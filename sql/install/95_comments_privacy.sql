-- What everything about erasing and archiving is.

COMMENT ON TABLE leadreturns.erasure IS
'Leads whose personal data was erased, and who did it; made by lr_erase_lead.';
COMMENT ON COLUMN leadreturns.erasure.erasure_id IS
'Key.';
COMMENT ON COLUMN leadreturns.erasure.lead_id IS
'The lead.';
COMMENT ON COLUMN leadreturns.erasure.erased_at IS
'When.';
COMMENT ON COLUMN leadreturns.erasure.erased_by IS
'The role that did.';
COMMENT ON COLUMN leadreturns.erasure.deliveries IS
'Deliveries of the lead that lost their contact data.';
COMMENT ON COLUMN leadreturns.erasure.returns IS
'Returns of the lead that lost their texts.';
