/*
 * lr_catalog.c
 *		OIDs of our own relations, looked up once per backend.
 *
 * A relcache callback forgets them when one of the relations changes (DROP and CREATE EXTENSION
 * in the same session). The callback only marks: the next look-up does the work. The same events
 * count the versions of the reference tables, from which the term and reason caches learn that
 * they are stale; a statement trigger on those tables sends the event for changes of rows.
 */
#include "postgres.h"

#include "lr_catalog.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

static const char *const names[] = {
	"buyer", "account", "supplier", "lead_group", "reason", "reason_alias", "holiday", "terms",
	"party_grant", "delivery", "request", "history", "transfer", "cap_period", "volume_delta",
	"rate_delta", "rollup_cross", "rollup_account", "rollup_supplier", "rollup_lead_group",
	"rollup_reason", "rate_fold", "closing", "message", "sweep_heartbeat", "import",
	"import_chunk", "import_verdict", "import_outcome", "import_cancel", "notification",
	"notification_template", "attachment", "erasure", "archived_history", "archived_message",
	"archived_notification", "archived_import_chunk", "archived_import_verdict",
	"archived_import_outcome",
	"buyer_pkey", "account_pkey", "account_buyer_idx", "account_external_id_key",
	"supplier_pkey", "supplier_external_id_key", "lead_group_pkey",
	"reason_pkey", "delivery_pkey", "delivery_lead_idx", "delivery_account_idx",
	"delivery_external_idx", "delivery_email_idx", "delivery_phone_idx", "delivery_replaces_key",
	"request_pkey", "one_live_return_per_delivery", "request_delivery_idx",
	"request_account_idx", "request_idempotency_key", "request_due_idx", "cap_period_pkey",
	"volume_delta_account_idx", "rollup_cross_key", "rollup_account_pkey",
	"rollup_supplier_key", "rollup_lead_group_key", "rollup_reason_key", "rate_fold_pkey",
	"closing_pkey", "sweep_heartbeat_pkey", "import_pkey", "import_chunk_pkey",
	"import_verdict_pkey", "import_outcome_pkey", "import_cancel_idx", "delivery_attached_key",
	"notification_pkey", "notification_due_idx", "notification_return_key",
	"notification_lease_idx", "notification_template_pkey", "attachment_pkey",
	"history_pkey", "history_return_idx", "message_pkey", "message_return_idx",
	"archived_history_return_idx", "archived_message_return_idx",
	"archived_notification_return_key", "archived_import_chunk_pkey",
	"archived_import_verdict_pkey", "archived_import_outcome_pkey",
	"delivery_delivery_id_seq", "request_return_id_seq", "history_history_id_seq",
	"transfer_transfer_id_seq", "terms_terms_id_seq", "message_message_id_seq",
	"import_import_id_seq", "notification_notification_id_seq", "attachment_attachment_id_seq",
	"attached_lead_id_seq", "erasure_erasure_id_seq",
	"deliveries", "returns"};

StaticAssertDecl(lengthof(names) == LR_NRELATIONS, "every relation has its name");

static bool registered = false;
static bool valid = false;
static bool changed = false; /* since the look-ups began */
static Oid schema_oid = InvalidOid;
static Oid oids[LR_NRELATIONS];
static uint64 versions[LR_NTABLES];

static void look_up(void);
static void relation_changed(Datum arg, Oid relid);

Oid
lr_relation(LrRelation which)
{
	Assert(which >= 0 && which < LR_NRELATIONS);
	if (!valid)
		look_up();
	return oids[which];
}

Oid
lr_schema(void)
{
	if (!valid)
		look_up();
	return schema_oid;
}

/* Whoever owns the schema owns the extension; its functions act with that role's rights. */
Oid
lr_extension_owner(void)
{
	HeapTuple tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(lr_schema()));
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for schema %u", lr_schema());
	owner = ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner;
	ReleaseSysCache(tuple);
	return owner;
}

uint64
lr_table_version(LrRelation table)
{
	Assert(table >= 0 && table < LR_NTABLES);
	if (!valid)
		look_up();
	return versions[table];
}

static void
look_up(void)
{
	if (!registered)
	{
		CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
		registered = true;
	}

	/* Look-ups that an error or a cancel ends count for nothing. */
	changed = false;
	schema_oid = get_namespace_oid("leadreturns", true);
	for (int i = 0; i < LR_NRELATIONS; i++)
	{
		oids[i] = OidIsValid(schema_oid) ? get_relname_relid(names[i], schema_oid) : InvalidOid;
		if (!OidIsValid(oids[i]))
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
							errmsg("relation leadreturns.%s does not exist", names[i]),
							errhint("Run ALTER EXTENSION leadreturns UPDATE, or create the "
									"extension in this database.")));
	}
	/* An invalidation that arrived meanwhile wins. */
	valid = !changed;
}

static void
relation_changed(Datum arg, Oid relid)
{
	for (int i = 0; i < LR_NRELATIONS; i++)
	{
		if (OidIsValid(relid) && oids[i] != relid)
			continue;
		valid = false;
		changed = true;
		if (i < LR_NTABLES)
			versions[i]++;
	}
}
