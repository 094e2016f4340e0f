/*
 * lr_attachment.c
 *		What this backend knows of attached tables, and statements on their rows.
 *
 * The statements run with the rights of the table's owner, as those of foreign keys do: who returns
 * a lead need not have any on the application's tables. They name every table, type and operator
 * with its schema, so that no search_path leads them elsewhere.
 *
 * Whoever changes a row of an attached table holds the row and then wants its delivery (the
 * triggers of lr_attached.c). So every command of ours locks the row first, then the delivery.
 */
#include "postgres.h"

#include "lr_attachment.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lr_error.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* The statements on a row; all find it by its primary key. */
typedef enum RowStatement
{
	LOCK_ROW,
	LOCK_ROW_IF_FREE,
	LOOK_FOR_ROW,
	SET_STATUS,
	NROW_STATEMENTS
} RowStatement;

typedef struct Entry
{
	LrAttachment attachment;
	int nkeys;
	SPIPlanPtr plans[NROW_STATEMENTS];
} Entry;

static MemoryContext cxt = NULL;
static bool registered = false;
static bool loaded = false;
static bool stale = false;
static uint64 version = 0;
static Entry *entries = NULL;
static int nentries = 0;
static int running = 0; /* statements on rows; their plans must stay */

static void load(void);
static void forget(void);
static void read_entry(const LrRow *row, Entry *entry);
static void relation_changed(Datum arg, Oid relid);
static Entry *entry_of(int64 attachment_id);
static bool run(Entry *entry, RowStatement statement, const char *row_key, const char *status);
static bool execute(Entry *entry, RowStatement statement, const char *row_key, const char *status);
static SPIPlanPtr prepare(Entry *entry, RowStatement statement);
static int compare_links(const void *a, const void *b);

/* Any change of an attached table makes all be read anew: they are few and seldom change. */
static void
load(void)
{
	LrStore *store;
	LrScan *scan;
	LrRow row;
	uint64 now = lr_table_version(LR_ATTACHMENT);

	if ((loaded && !stale && version == now) || running > 0)
		return;
	if (!registered)
	{
		CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
		registered = true;
	}
	forget();
	cxt = AllocSetContextCreate(CacheMemoryContext, "leadreturns attachments",
								ALLOCSET_SMALL_SIZES);
	/* before the rows are read: an invalidation that arrives meanwhile must win */
	stale = false;
	version = now;
	/* for writing: with the newest snapshot, for the triggers are there once it is committed */
	store = lr_store_open(true);
	scan = lr_store_scan_all(store, LR_ATTACHMENT);
	while (lr_store_next(scan, &row))
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);

		if (entries == NULL)
			entries = palloc(sizeof(Entry));
		else
			entries = repalloc(entries, sizeof(Entry) * (nentries + 1));
		read_entry(&row, &entries[nentries]);
		nentries++;
		MemoryContextSwitchTo(old);
	}
	lr_store_end_scan(scan);
	lr_store_close(store);
	/* an error on the way leaves nothing that could be taken for the whole */
	loaded = true;
}

static void
forget(void)
{
	loaded = false;
	for (int i = 0; i < nentries; i++)
	{
		for (int s = 0; s < NROW_STATEMENTS; s++)
		{
			if (entries[i].plans[s] != NULL)
				SPI_freeplan(entries[i].plans[s]);
		}
	}
	entries = NULL;
	nentries = 0;
	if (cxt != NULL)
		MemoryContextDelete(cxt);
	cxt = NULL;
}

static void
read_entry(const LrRow *row, Entry *entry)
{
	memset(entry, 0, sizeof(*entry));
	entry->attachment.attachment_id = DatumGetInt64(row->values[ATTACHMENT_ID]);
	entry->attachment.tbl = DatumGetObjectId(row->values[ATTACHMENT_TBL]);
	entry->attachment.mapping = DatumGetJsonbPCopy(row->values[ATTACHMENT_MAPPING]);
	entry->attachment.attached = row->nulls[ATTACHMENT_DETACHED_AT] &&
								 SearchSysCacheExists1(RELOID,
													   row->values[ATTACHMENT_TBL]);
}

static void
relation_changed(Datum arg, Oid relid)
{
	for (int i = 0; i < nentries; i++)
	{
		if (!OidIsValid(relid) || entries[i].attachment.tbl == relid)
			stale = true;
	}
}

static Entry *
entry_of(int64 attachment_id)
{
	load();
	for (int i = 0; i < nentries; i++)
	{
		if (entries[i].attachment.attachment_id == attachment_id)
			return &entries[i];
	}
	return NULL;
}

const LrAttachment *
lr_attachment(int64 attachment_id)
{
	Entry *entry = entry_of(attachment_id);

	return entry == NULL ? NULL : &entry->attachment;
}

const LrAttachment *
lr_attachment_of(Oid tbl)
{
	load();
	for (int i = 0; i < nentries; i++)
	{
		if (entries[i].attachment.tbl == tbl)
			return &entries[i].attachment;
	}
	return NULL;
}

bool
lr_attachments_exist(void)
{
	load();
	return nentries > 0;
}

void
lr_attachments_changed(void)
{
	CacheInvalidateRelcacheByRelid(lr_relation(LR_ATTACHMENT));
	CommandCounterIncrement();
}

LrLink
lr_link_of(const LrRow *delivery)
{
	LrLink link = {0, NULL};

	if (delivery->nulls[DELIVERY_ROW_KEY])
		return link;
	link.attachment_id = DatumGetInt64(delivery->values[DELIVERY_ATTACHMENT_ID]);
	link.row_key = TextDatumGetCString(delivery->values[DELIVERY_ROW_KEY]);
	return link;
}

bool
lr_link_lock(LrLink *links, int nlinks, bool skip)
{
	if (nlinks > 1)
		qsort(links, nlinks, sizeof(LrLink), compare_links);
	for (int i = 0; i < nlinks; i++)
	{
		Entry *entry = entry_of(links[i].attachment_id);

		CHECK_FOR_INTERRUPTS();
		if (entry == NULL || !entry->attachment.attached)
			continue;
		if (!run(entry, skip ? LOCK_ROW_IF_FREE : LOCK_ROW, links[i].row_key, NULL) && skip &&
			run(entry, LOOK_FOR_ROW, links[i].row_key, NULL))
			return false;
	}
	return true;
}

bool
lr_link_exists(const LrLink *link)
{
	Entry *entry = entry_of(link->attachment_id);

	return entry == NULL || run(entry, LOOK_FOR_ROW, link->row_key, NULL);
}

void
lr_link_write_back(const LrLink *link, const char *status)
{
	Entry *entry = entry_of(link->attachment_id);

	if (entry == NULL || !entry->attachment.attached)
		return;
	if (!run(entry, SET_STATUS, link->row_key, status))
		lr_raise(LR_LEAD_DELETED,
				 psprintf("Row %s of table \"%s\" is gone.", link->row_key,
						  get_rel_name(entry->attachment.tbl)),
				 "Its triggers did not tell of it; lr_attach() takes over what is there.");
}

/* Runs a statement on the row as the owner of its table; answers whether there was such a row. */
static bool
run(Entry *entry, RowStatement statement, const char *row_key, const char *status)
{
	volatile bool found = true;
	Oid user;
	int context;

	SPI_connect();
	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(lr_table_owner(entry->attachment.tbl),
						   context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS);
	running++;
	PG_TRY();
	{
		if (entry->plans[statement] == NULL)
			entry->plans[statement] = prepare(entry, statement);
		if (entry->plans[statement] != NULL)
			found = execute(entry, statement, row_key, status);
	}
	PG_FINALLY();
	{
		running--;
	}
	PG_END_TRY();
	SetUserIdAndSecContext(user, context);
	SPI_finish();
	return found;
}

Oid
lr_table_owner(Oid tbl)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(tbl));
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", tbl);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

static bool
execute(Entry *entry, RowStatement statement, const char *row_key, const char *status)
{
	char **parts = lr_mapping_key_parts(row_key, entry->nkeys);
	Datum values[INDEX_MAX_KEYS + 1];

	for (int i = 0; i < entry->nkeys; i++)
		values[i] = CStringGetTextDatum(parts[i]);
	if (statement == SET_STATUS)
		values[entry->nkeys] = CStringGetTextDatum(status);
	if (SPI_execute_plan(entry->plans[statement], values, NULL, false, 0) < 0)
		elog(ERROR, "a statement on table %u failed", entry->attachment.tbl);
	return SPI_processed > 0;
}

/* NULL: there is nothing to be done, because the mapping has no status. */
static SPIPlanPtr
prepare(Entry *entry, RowStatement statement)
{
	Relation rel = table_open(entry->attachment.tbl, AccessShareLock);
	LrMapping *m = lr_mapping_resolve(entry->attachment.mapping, RelationGetDescr(rel),
									  RelationGetRelationName(rel));
	char *name = quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)),
											RelationGetRelationName(rel));
	const LrColumn *status = &m->columns[MAPPED_STATUS];
	Oid types[INDEX_MAX_KEYS + 1];
	StringInfoData sql;
	SPIPlanPtr plan;

	initStringInfo(&sql);
	if (statement == SET_STATUS)
		appendStringInfo(&sql, "UPDATE %s AS x SET %s = $%d::%s", name,
						 quote_identifier(status->name == NULL ? "" : status->name),
						 m->nkeys + 1,
						 status->name == NULL ? "" : format_type_be_qualified(status->type));
	else
		appendStringInfo(&sql, "SELECT 1 FROM %s AS x", name);
	for (int i = 0; i < m->nkeys; i++)
		appendStringInfo(&sql, " %s x.%s OPERATOR(pg_catalog.=) $%d::%s",
						 i == 0 ? "WHERE" : "AND", quote_identifier(m->keys[i].name), i + 1,
						 format_type_be_qualified(m->keys[i].type));
	if (statement == LOCK_ROW || statement == LOCK_ROW_IF_FREE)
		appendStringInfo(&sql, " FOR NO KEY UPDATE%s",
						 statement == LOCK_ROW ? "" : " SKIP LOCKED");
	for (int i = 0; i <= m->nkeys; i++)
		types[i] = TEXTOID;
	entry->nkeys = m->nkeys;
	table_close(rel, NoLock);
	if (statement == SET_STATUS && status->name == NULL)
		return NULL;
	plan = SPI_prepare(sql.data, m->nkeys + (statement == SET_STATUS), types);
	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not prepare \"%s\"", sql.data);
	return plan;
}

static int
compare_links(const void *a, const void *b)
{
	const LrLink *x = a;
	const LrLink *y = b;

	if (x->attachment_id != y->attachment_id)
		return lr_compare_ids(x->attachment_id, y->attachment_id);
	return strcmp(x->row_key, y->row_key);
}
