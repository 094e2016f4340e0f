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
' Errors: LR001 not staff, LR060 the mapping, 42501 not the owner, 25001 not READ COMMITTED; and'
' of a row that cannot be a delivery LR040, LR041, LR042, 23502, 23503.'
' Example: SELECT lr_attach(''public.leads'', ''{"lead_id": "id", "account": "buyer_id", "price":'
' "price", "status": "state", "delivered": ["sold"]}'').';

CREATE FUNCTION lr_detach(tbl regclass) RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lr_detach';
COMMENT ON FUNCTION lr_detach(regclass) IS
'Detaches a table: drops the triggers that lr_attach made and leaves its rows and their deliveries'
' as they are. Returns how many deliveries were its rows. Attached again, it goes on with them.'
' Staff only, which must own the table.'
' Errors: LR001 not staff, 42501 not the owner, 55000 not attached.'
' Example: SELECT lr_detach(''public.leads'').';
