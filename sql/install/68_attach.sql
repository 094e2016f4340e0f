-- Tables of applications. These run with the rights of the caller, who owns the table.

CREATE FUNCTION lr_attach(tbl regclass, mapping jsonb) RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_attach';
COMMENT ON FUNCTION lr_attach(regclass, jsonb) IS
'Attaches a table of an application: its rows become deliveries, now and from now on, changes of'
' them follow, and an accepted return writes the status back to its row. The mapping names the'
' columns: lead_id (an integer; or a text or uuid, which becomes the external id), account,'
' supplier (integers are our ids, others external_id), lead_group (or its name), price, cost,'
' delivered_at, status, external_id, email, phone; and delivered: the values of the status that'
' make a row a delivery, or {"column": ..., "in": [...]}. Returns how many rows became deliveries.'
' Staff only, which must own the table; it needs a primary key. Called again it adds triggers to'
' new partitions and takes over what is missing.'
' Errors: LR001, LR040, LR041, LR060; 42501 unless the owner, 42809 for what is no table of an'
' application, 55000 if its rows belong to another attached table, 25001 above READ COMMITTED;'
' 23502 and 23503 for a row that cannot be a delivery.'
' Example: SELECT lr_attach(''public.leads'', ''{"lead_id": "id", "account": "buyer_id", "price":'
' "price", "status": "state", "delivered": ["sold"]}'').';

CREATE FUNCTION lr_detach(tbl regclass) RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_detach';
COMMENT ON FUNCTION lr_detach(regclass) IS
'Detaches a table: drops the triggers that lr_attach made and leaves its rows and their deliveries'
' as they are. Returns how many deliveries were its rows. Attached again, it goes on with them. Of'
' a table that was dropped the number is enough.'
' Staff only, which must own the table.'
' Errors: LR001; 42501 unless the owner, 55000 if it is not attached.'
' Example: SELECT lr_detach(''public.leads'').';
