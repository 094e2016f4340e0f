COMMENT ON VIEW leadreturns.grants IS
'Which role was granted which kind of party (lr_grant). Staff only. Key: role_name, kind. Example:'
' SELECT role_name, kind, party FROM leadreturns.grants.';
COMMENT ON COLUMN leadreturns.grants.role_name IS
'The role; of one that was dropped its number, which lr_revoke takes as well.';
COMMENT ON COLUMN leadreturns.grants.kind IS 'staff, app, buyer, supplier or reporting.';
COMMENT ON COLUMN leadreturns.grants.party_id IS
'The buyer or supplier; NULL for the other kinds.';
COMMENT ON COLUMN leadreturns.grants.party IS 'Its name.';
COMMENT ON COLUMN leadreturns.grants.role_exists IS
'False when the role was dropped. Nobody has its grant then, a new role of that name neither.';
COMMENT ON COLUMN leadreturns.grants.granted_at IS 'When it was granted.';
COMMENT ON COLUMN leadreturns.grants.granted_by IS 'The role that granted it.';
