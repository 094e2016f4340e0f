/*
 * lr_attach.c
 *		Attaching a table of an application, and detaching it.
 *
 * The triggers are made, and the rows that are there are read, with the caller's rights: it must be
 * staff and own the table. While that happens nobody else writes to the table, so no row is missed
 * and none delivered twice.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_trigger.h"
#include "executor/spi.h"
#include "lr_attached.h"
#include "lr_deliver.h"
#include "lr_error.h"
#include "lr_held.h"
#include "lr_session.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(lr_attach);
PG_FUNCTION_INFO_V1(lr_detach);

#define ROWS_AT_ONCE 1000

/* The triggers that lr_attach() makes on a table and on each of its children. */
static const struct
{
	const char *name;
	const char *when;
	const char *tables;
} triggers[] = {
	{"leadreturns_insert", "AFTER INSERT", " REFERENCING NEW TABLE AS new_rows"},
	{"leadreturns_update", "AFTER UPDATE",
	 " REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows"},
	{"leadreturns_delete", "AFTER DELETE", " REFERENCING OLD TABLE AS old_rows"},
	{"leadreturns_truncate", "BEFORE TRUNCATE", ""}};

static Relation open_attachable(Oid tbl, LOCKMODE lock);
static void lock_linked(int64 attachment_id);
static char *full_name(Oid tbl);
static int64 write_attachment(Oid tbl, Jsonb *mapping, bool *is_new);
static void make_triggers(Oid tbl, int64 attachment_id);
static void drop_triggers(Oid tbl);
static void drop_trigger(Oid tbl, const char *name);
static Trigger *find_trigger(Relation rel, const char *name);
static bool has_trigger(Oid tbl, const char *name, int64 attachment_id);
static void take_over(LrFollowing *f, Oid tbl, Jsonb *mapping, bool is_new);
static void take_rows(LrFollowing *f, bool is_new);
static void drop_vanished(int64 attachment_id, LrFollowing *f);
static int64 count_linked(int64 attachment_id);
static void run(const char *command);

/* lr_attach(tbl, mapping): how many rows have become deliveries */
Datum
lr_attach(PG_FUNCTION_ARGS)
{
	LrFollowing f = {0};
	Relation rel;
	Jsonb *mapping;
	bool is_new;

	lr_require_staff("attach a table");
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("lr_attach needs a table and a mapping")));
	/* rows that were committed after the snapshot would be missed */
	if (IsolationUsesXactSnapshot())
		ereport(ERROR, (errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
						errmsg("a table cannot be attached in this transaction"),
						errdetail("Its isolation level is above READ COMMITTED."),
						errhint("Attach it in a transaction at READ COMMITTED.")));
	/* a standby refuses the lock before it refuses to write, with another code */
	PreventCommandIfReadOnly("lr_attach()");
	rel = open_attachable(PG_GETARG_OID(0), ExclusiveLock);
	mapping = lr_mapping_with_key(PG_GETARG_JSONB_P(1), rel);
	lr_mapping_resolve(mapping, RelationGetDescr(rel), RelationGetRelationName(rel));

	lr_deliver_flush();
	f.cxt = CurrentMemoryContext;
	f.row_cxt = AllocSetContextCreate(f.cxt, "leadreturns row", ALLOCSET_DEFAULT_SIZES);
	f.attachment_id = write_attachment(RelationGetRelid(rel), mapping, &is_new);
	/* with the mapping as it is now: the one before may name columns that are gone */
	if (!is_new)
		lock_linked(f.attachment_id);
	f.table = pstrdup(RelationGetRelationName(rel));
	f.taking_over = true;
	table_close(rel, NoLock);
	make_triggers(PG_GETARG_OID(0), f.attachment_id);
	take_over(&f, PG_GETARG_OID(0), mapping, is_new);
	if (f.left > 0)
		ereport(WARNING, (errmsg(INT64_FORMAT " deliveries differ from their rows", f.left),
						  errdetail("Table \"%s\" has other accounts, suppliers or amounts than "
									"were recorded; the deliveries keep theirs.",
									f.table)));
	PG_RETURN_INT64(f.delivered);
}

/* lr_detach(tbl): how many deliveries were its rows; they stay, and so do the rows */
Datum
lr_detach(PG_FUNCTION_ARGS)
{
	const LrAttachment *a;
	LrStore *store;
	Datum values[ATTACHMENT_NCOLUMNS];
	bool nulls[ATTACHMENT_NCOLUMNS];
	int64 attachment_id;
	bool is_dropped;
	Oid tbl;
	LrRow row;

	lr_require_staff("detach a table");
	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("lr_detach needs a table")));
	tbl = PG_GETARG_OID(0);
	a = lr_attachment_of(tbl);
	/* of a table that was dropped only the number is left */
	is_dropped = a != NULL && get_rel_name(tbl) == NULL;
	if (!is_dropped)
		table_close(open_attachable(tbl, AccessExclusiveLock), NoLock);
	a = lr_attachment_of(tbl);
	if (a == NULL || !(a->attached || is_dropped))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("table \"%s\" is not attached", get_rel_name(tbl)),
						errhint("The view leadreturns.attachments has those that are.")));
	attachment_id = a->attachment_id;
	if (!is_dropped)
		drop_triggers(tbl);

	store = lr_open_for_command();
	if (!lr_store_lock_id(store, LR_ATTACHMENT, LR_ATTACHMENT_PKEY, attachment_id,
						  LockTupleNoKeyExclusive, &row))
		elog(ERROR, "attachment " INT64_FORMAT " has vanished", attachment_id);
	memcpy(values, row.values, sizeof(values));
	memcpy(nulls, row.nulls, sizeof(nulls));
	values[ATTACHMENT_DETACHED_AT] = TimestampTzGetDatum(lr_clock());
	nulls[ATTACHMENT_DETACHED_AT] = false;
	lr_store_update(store, LR_ATTACHMENT, &row, values, nulls);
	lr_store_close(store);
	lr_attachments_changed();
	PG_RETURN_INT64(count_linked(attachment_id));
}

/*
 * An ordinary or partitioned table of the caller, locked with its children: against whoever
 * writes to it or locks rows of it, which keeps out our own commands before they hold anything.
 */
static Relation
open_attachable(Oid tbl, LOCKMODE lock)
{
	char *name = get_rel_name(tbl);
	Oid schema = get_rel_namespace(tbl);
	char kind = get_rel_relkind(tbl);
	Relation rel;

	if (name == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("there is no table with OID %u", tbl)));
	if ((kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE) ||
		schema == lr_schema() || get_rel_persistence(tbl) == RELPERSISTENCE_TEMP)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("\"%s\" cannot be attached", name),
						errdetail("It is a view, temporary, a part of leadreturns or otherwise no "
								  "table of an application."),
						errhint("Attach the table that holds the rows.")));
	if (!has_privs_of_role(GetUserId(), lr_table_owner(tbl)))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("must be owner of table \"%s\"", name),
						errhint("Its owner, or a member of the owner, attaches and detaches it.")));
	/* this one first, for that only locks the children */
	rel = table_open(tbl, lock);
	find_all_inheritors(tbl, lock, NULL);
	return rel;
}

/*
 * The deliveries that may be changed are locked like those of any command, before anything else:
 * the deliveries first, then the accounts. Nobody else can lock rows of the table meanwhile.
 */
static void
lock_linked(int64 attachment_id)
{
	LrStore *store = lr_open_for_command();
	LrHeld *held = lr_held_open(store);
	LrKey key = lr_key_id(1, attachment_id);
	LrScan *scan = lr_store_scan(store, LR_DELIVERY, LR_DELIVERY_ATTACHED_KEY, &key, 1);
	LrRow row;

	while (lr_store_next(scan, &row))
	{
		lr_held_want(held, DatumGetInt64(row.values[DELIVERY_ID]),
					 DatumGetInt64(row.values[DELIVERY_ACCOUNT_ID]), NULL);
		lr_store_forget_rows(store);
	}
	lr_store_end_scan(scan);
	lr_held_reserve(held);
	lr_store_close(store);
}

static char *
full_name(Oid tbl)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(tbl)),
									  get_rel_name(tbl));
}

/* A table that was attached before goes on under its number. */
static int64
write_attachment(Oid tbl, Jsonb *mapping, bool *is_new)
{
	const LrAttachment *a = lr_attachment_of(tbl);
	LrStore *store = lr_open_for_command();
	Datum values[ATTACHMENT_NCOLUMNS];
	bool nulls[ATTACHMENT_NCOLUMNS] = {false};
	int64 id = a == NULL ? lr_store_next_id(LR_ATTACHMENT_SEQ) : a->attachment_id;
	LrRow row;

	*is_new = a == NULL;
	values[ATTACHMENT_ID] = Int64GetDatum(id);
	values[ATTACHMENT_TBL] = ObjectIdGetDatum(tbl);
	values[ATTACHMENT_MAPPING] = JsonbPGetDatum(mapping);
	values[ATTACHMENT_ATTACHED_AT] = TimestampTzGetDatum(lr_clock());
	values[ATTACHMENT_ATTACHED_BY] = CStringGetTextDatum(lr_session_role());
	values[ATTACHMENT_DETACHED_AT] = (Datum) 0;
	nulls[ATTACHMENT_DETACHED_AT] = true;
	if (*is_new)
		lr_store_insert(store, LR_ATTACHMENT, values, nulls);
	else if (lr_store_lock_id(store, LR_ATTACHMENT, LR_ATTACHMENT_PKEY, id,
							  LockTupleNoKeyExclusive, &row))
		lr_store_update(store, LR_ATTACHMENT, &row, values, nulls);
	lr_store_close(store);
	lr_attachments_changed();
	return id;
}

/* A statement on a partition fires only the partition's triggers, so each has its own. */
static void
make_triggers(Oid tbl, int64 attachment_id)
{
	List *all = find_all_inheritors(tbl, ShareRowExclusiveLock, NULL);
	ListCell *lc;

	foreach (lc, all)
	{
		Oid rel = lfirst_oid(lc);

		if (get_rel_relkind(rel) != RELKIND_RELATION &&
			get_rel_relkind(rel) != RELKIND_PARTITIONED_TABLE)
			continue;
		for (int i = 0; i < (int) lengthof(triggers); i++)
		{
			if (has_trigger(rel, triggers[i].name, attachment_id))
				continue;
			run(psprintf("CREATE TRIGGER %s %s ON %s%s FOR EACH STATEMENT "
						 "EXECUTE FUNCTION leadreturns.attached_rows('" INT64_FORMAT "')",
						 triggers[i].name, triggers[i].when, full_name(rel), triggers[i].tables,
						 attachment_id));
		}
	}
}

static void
drop_triggers(Oid tbl)
{
	List *all = find_all_inheritors(tbl, ShareRowExclusiveLock, NULL);
	ListCell *lc;

	foreach (lc, all)
	{
		for (int i = 0; i < (int) lengthof(triggers); i++)
			drop_trigger(lfirst_oid(lc), triggers[i].name);
	}
}

static void
drop_trigger(Oid tbl, const char *name)
{
	Relation rel = table_open(tbl, NoLock);
	bool found = find_trigger(rel, name) != NULL;

	table_close(rel, NoLock);
	if (found)
		run(psprintf("DROP TRIGGER %s ON %s", name, full_name(tbl)));
}

static Trigger *
find_trigger(Relation rel, const char *name)
{
	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
	{
		if (strcmp(rel->trigdesc->triggers[i].tgname, name) == 0)
			return &rel->trigdesc->triggers[i];
	}
	return NULL;
}

/* One of another attachment means that the rows are delivered already. */
static bool
has_trigger(Oid tbl, const char *name, int64 attachment_id)
{
	Relation rel = table_open(tbl, NoLock);
	Trigger *trigger = find_trigger(rel, name);

	if (trigger != NULL && (trigger->tgnargs != 1 ||
							strtoll(trigger->tgargs[0], NULL, 10) != attachment_id))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("table \"%s\" has triggers of another attachment",
							   RelationGetRelationName(rel)),
						errdetail("Its rows are, or were, rows of another attached table."),
						errhint("Attach the table or its parent, not both; drop triggers that "
								"were left behind.")));
	table_close(rel, NoLock);
	return trigger != NULL;
}

/* The rows that are there, a thousand at a time. */
static void
take_over(LrFollowing *f, Oid tbl, Jsonb *mapping, bool is_new)
{
	Portal portal;

	SPI_connect();
	portal = SPI_cursor_open_with_args(NULL, psprintf("SELECT * FROM %s", full_name(tbl)), 0, NULL,
									   NULL, NULL, false, CURSOR_OPT_NO_SCROLL);
	for (;;)
	{
		SPI_cursor_fetch(portal, true, ROWS_AT_ONCE);
		if (SPI_processed == 0)
			break;
		if (f->mapping == NULL)
		{
			MemoryContext old = MemoryContextSwitchTo(f->cxt);

			f->mapping = lr_mapping_resolve(mapping, SPI_tuptable->tupdesc, f->table);
			MemoryContextSwitchTo(old);
		}
		take_rows(f, is_new);
		lr_follow_end(f);
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
	SPI_finish();
	if (!is_new)
		drop_vanished(f->attachment_id, f);
}

static void
take_rows(LrFollowing *f, bool is_new)
{
	SPITupleTable *rows = SPI_tuptable;
	uint64 n = SPI_processed;
	Datum *values = palloc(sizeof(Datum) * rows->tupdesc->natts);
	bool *nulls = palloc(sizeof(bool) * rows->tupdesc->natts);
	LrSourceRow row = {values, nulls};

	for (uint64 i = 0; i < n; i++)
	{
		MemoryContext old;

		CHECK_FOR_INTERRUPTS();
		lr_follow_next(f);
		MemoryContextReset(f->row_cxt);
		heap_deform_tuple(rows->vals[i], rows->tupdesc, values, nulls);
		old = MemoryContextSwitchTo(f->row_cxt);
		if (is_new)
			lr_follow_insert(f, &row);
		else
			lr_follow_update(f, NULL, &row);
		MemoryContextSwitchTo(old);
	}
	pfree(values);
	pfree(nulls);
}

/* Rows that were deleted while the table was detached. */
static void
drop_vanished(int64 attachment_id, LrFollowing *f)
{
	LrStore *store = lr_open_for_command();
	LrKey key = lr_key_id(1, attachment_id);
	LrScan *scan = lr_store_scan(store, LR_DELIVERY, LR_DELIVERY_ATTACHED_KEY, &key, 1);
	List *vanished = NIL;
	ListCell *lc;
	LrRow row;

	while (lr_store_next(scan, &row))
	{
		LrLink link = lr_link_of(&row);
		int64 *id;

		CHECK_FOR_INTERRUPTS();
		if (lr_link_exists(&link))
			continue;
		id = palloc(sizeof(int64));
		*id = DatumGetInt64(row.values[DELIVERY_ID]);
		vanished = lappend(vanished, id);
	}
	lr_store_end_scan(scan);
	lr_store_close(store);
	foreach (lc, vanished)
		lr_follow_vanished(f, *(int64 *) lfirst(lc));
	lr_follow_end(f);
}

static int64
count_linked(int64 attachment_id)
{
	LrStore *store = lr_store_open(true);
	LrKey key = lr_key_id(1, attachment_id);
	LrScan *scan = lr_store_scan(store, LR_DELIVERY, LR_DELIVERY_ATTACHED_KEY, &key, 1);
	int64 n = 0;
	LrRow row;

	while (lr_store_next(scan, &row))
	{
		n++;
		lr_store_forget_rows(store);
	}
	lr_store_end_scan(scan);
	lr_store_close(store);
	return n;
}

static void
run(const char *command)
{
	SPI_connect();
	if (SPI_execute(command, false, 0) < 0)
		elog(ERROR, "could not run \"%s\"", command);
	SPI_finish();
}
