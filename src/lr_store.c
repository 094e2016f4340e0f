/*
 * lr_store.c
 *		Opening and closing a store, reading rows and locking them. Writing is in lr_write.c.
 */
#include "postgres.h"

#include "lr_store.h"

#include "access/relscan.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "lr_compat.h"
#include "lr_store_private.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

struct LrScan
{
	LrStore *store;
	IndexScanDesc index_scan;
	TableScanDesc table_scan;
	TupleTableSlot *slot;
};

static Relation index_of(LrStore *store, LrRelation index);
static void fill_scan_keys(ScanKey scan_keys, const LrKey *keys, int nkeys);
static RegProcedure comparison(Oid type, int strategy);
static bool take_row(TupleTableSlot *slot, LrRow *row);
static void serialization_failure(void) pg_attribute_noreturn();
static void lock_slot(Relation rel, TupleTableSlot *slot, LockTupleMode mode, bool *found);

/*
 * lr_store_open
 *		Opens a store. For writing, what this transaction wrote before becomes visible and reads use
 *		the newest snapshot; a reader sees what the calling query sees.
 */
LrStore *
lr_store_open(bool writes)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "leadreturns store",
											  ALLOCSET_DEFAULT_SIZES);
	LrStore *store = MemoryContextAllocZero(cxt, sizeof(LrStore));

	store->cxt = cxt;
	store->writes = writes;
	if (writes)
	{
		PreventCommandIfReadOnly("leadreturns");
		PreventCommandIfParallelMode("leadreturns");
		CommandCounterIncrement();
		PushActiveSnapshot(GetLatestSnapshot());
	}
	return store;
}

/*
 * lr_store_refresh
 *		Called when the locks are held: from here on reads see whatever was committed before, terms
 *		and reasons included.
 */
void
lr_store_refresh(LrStore *store)
{
	Assert(store->writes);
	AcceptInvalidationMessages();
	PopActiveSnapshot();
	PushActiveSnapshot(GetLatestSnapshot());
}

void
lr_store_step(LrStore *store)
{
	Assert(store->writes);
	CommandCounterIncrement();
	PopActiveSnapshot();
	PushActiveSnapshot(GetLatestSnapshot());
}

bool
lr_store_writes(const LrStore *store)
{
	return store->writes;
}

void
lr_store_close(LrStore *store)
{
	ListCell *lc;

	foreach (lc, store->slots)
		ExecDropSingleTupleTableSlot(lfirst(lc));
	for (int i = 0; i < LR_NRELATIONS; i++)
	{
		if (store->relations[i] == NULL)
			continue;
		if (i < LR_NTABLES)
		{
			lr_store_close_indexes(store, i);
			table_close(store->relations[i], NoLock);
		}
		else
			index_close(store->relations[i], NoLock);
	}
	if (store->writes)
		PopActiveSnapshot();
	MemoryContextDelete(store->cxt);
}

/* The open table; a store that writes takes the writer's lock at once, so it never upgrades. */
Relation
lr_store_table(LrStore *store, LrRelation table)
{
	Assert(table < LR_NTABLES);
	if (store->relations[table] == NULL)
	{
		bool reference = table < LR_DELIVERY && table != LR_ACCOUNT;
		LOCKMODE mode = store->writes && !reference ? RowExclusiveLock : AccessShareLock;

		store->relations[table] = table_open(lr_relation(table), mode);
		Assert(store->relations[table]->rd_rel->relkind == RELKIND_RELATION);
	}
	return store->relations[table];
}

/* A slot for rows of the table, dropped when the store is closed. */
TupleTableSlot *
lr_store_make_slot(LrStore *store, LrRelation table)
{
	MemoryContext old = MemoryContextSwitchTo(store->cxt);
	TupleTableSlot *slot = table_slot_create(lr_store_table(store, table), NULL);

	store->slots = lappend(store->slots, slot);
	MemoryContextSwitchTo(old);
	return slot;
}

/*
 * lr_store_get
 *		The first row that the index finds for the keys.
 */
bool
lr_store_get(LrStore *store, LrRelation table, LrRelation index, const LrKey *keys, int nkeys,
			 LrRow *row)
{
	LrScan *scan = lr_store_scan(store, table, index, keys, nkeys);
	bool found = lr_store_next(scan, row);

	lr_store_end_scan(scan);
	return found;
}

bool
lr_store_get_id(LrStore *store, LrRelation table, LrRelation pkey, int64 id, LrRow *row)
{
	LrKey key = lr_key_id(1, id);

	return lr_store_get(store, table, pkey, &key, 1, row);
}

/*
 * lr_store_lock_id
 *		Locks the row with this primary key, waiting for whoever holds it, and returns its newest
 *		version; false when there is none. A row made or changed since the snapshot of a REPEATABLE
 *		READ or SERIALIZABLE transaction is a serialization failure.
 */
bool
lr_store_lock_id(LrStore *store, LrRelation table, LrRelation pkey, int64 id, LockTupleMode mode,
				 LrRow *row)
{
	bool found;

	Assert(store->writes);
	if (IsolationUsesXactSnapshot())
		PushActiveSnapshot(GetTransactionSnapshot());
	found = lr_store_get_id(store, table, pkey, id, row);
	if (found)
		lock_slot(lr_store_table(store, table), row->slot, mode, &found);
	if (IsolationUsesXactSnapshot())
	{
		PopActiveSnapshot();
		if (!found && lr_store_get_id(store, table, pkey, id, row))
			serialization_failure();
	}
	return found && take_row(row->slot, row);
}

/*
 * lr_store_lock_found
 *		lr_store_lock_id for a row that this store has read at tid since it was opened or refreshed:
 *		at READ COMMITTED that saves the second look into an index.
 */
bool
lr_store_lock_found(LrStore *store, LrRelation table, LrRelation pkey, int64 id, ItemPointer tid,
					LockTupleMode mode, LrRow *row)
{
	TupleTableSlot *slot;
	bool found;

	if (IsolationUsesXactSnapshot())
		return lr_store_lock_id(store, table, pkey, id, mode, row);
	slot = lr_store_make_slot(store, table);
	slot->tts_tid = *tid;
	lock_slot(lr_store_table(store, table), slot, mode, &found);
	return found && take_row(slot, row);
}

/*
 * lr_store_get_covered
 *		A row that nobody else can change, because its writers all hold a lock that the caller has.
 *		At REPEATABLE READ and above it is locked all the same: if it changed since the
 *		transaction's snapshot, that is a serialization failure.
 */
bool
lr_store_get_covered(LrStore *store, LrRelation table, LrRelation pkey, int64 id, LrRow *row)
{
	if (IsolationUsesXactSnapshot())
		return lr_store_lock_id(store, table, pkey, id, LockTupleNoKeyExclusive, row);
	return lr_store_get_id(store, table, pkey, id, row);
}

static void
lock_slot(Relation rel, TupleTableSlot *slot, LockTupleMode mode, bool *found)
{
	ItemPointerData tid = slot->tts_tid;
	uint8 flags = TUPLE_LOCK_FLAG_LOCK_UPDATE_IN_PROGRESS;
	TM_FailureData tmfd;
	TM_Result result;

	if (!IsolationUsesXactSnapshot())
		flags |= TUPLE_LOCK_FLAG_FIND_LAST_VERSION;
	result = table_tuple_lock(rel, &tid, GetActiveSnapshot(), slot, GetCurrentCommandId(false),
							  mode, LockWaitBlock, flags, &tmfd);
	switch (result)
	{
		case TM_Ok:
			*found = true;
			break;
		case TM_Updated:
		case TM_Deleted:
			if (IsolationUsesXactSnapshot())
				serialization_failure();
			*found = false;
			break;
		default:
			elog(ERROR, "unexpected result %d of locking a row of %s", (int) result,
				 RelationGetRelationName(rel));
	}
}

static void
serialization_failure(void)
{
	ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					errmsg("could not serialize access due to concurrent update"),
					errhint("The transaction might succeed if retried.")));
}

LrScan *
lr_store_scan(LrStore *store, LrRelation table, LrRelation index, const LrKey *keys, int nkeys)
{
	MemoryContext old = MemoryContextSwitchTo(store->cxt);
	LrScan *scan = palloc0(sizeof(LrScan));
	ScanKeyData scan_keys[3];

	Assert(nkeys <= (int) lengthof(scan_keys));
	fill_scan_keys(scan_keys, keys, nkeys);
	scan->store = store;
	scan->slot = lr_store_make_slot(store, table);
	scan->index_scan = lr_index_beginscan(lr_store_table(store, table), index_of(store, index),
										  GetActiveSnapshot(), nkeys);
	index_rescan(scan->index_scan, scan_keys, nkeys, NULL, 0);
	MemoryContextSwitchTo(old);
	return scan;
}

/* Every row of a table, in no order: for small reference tables. */
LrScan *
lr_store_scan_all(LrStore *store, LrRelation table)
{
	MemoryContext old = MemoryContextSwitchTo(store->cxt);
	LrScan *scan = palloc0(sizeof(LrScan));

	scan->store = store;
	scan->slot = lr_store_make_slot(store, table);
	scan->table_scan = table_beginscan(lr_store_table(store, table), GetActiveSnapshot(), 0, NULL);
	MemoryContextSwitchTo(old);
	return scan;
}

/* The next row; it stays valid until the next call or, for the last one, the store's end. */
bool
lr_store_next(LrScan *scan, LrRow *row)
{
	bool found;

	CHECK_FOR_INTERRUPTS();
	if (scan->index_scan != NULL)
		found = index_getnext_slot(scan->index_scan, ForwardScanDirection, scan->slot);
	else
		found = table_scan_getnextslot(scan->table_scan, ForwardScanDirection, scan->slot);
	return found && take_row(scan->slot, row);
}

void
lr_store_end_scan(LrScan *scan)
{
	if (scan->index_scan != NULL)
		index_endscan(scan->index_scan);
	else
		table_endscan(scan->table_scan);
}

static bool
take_row(TupleTableSlot *slot, LrRow *row)
{
	slot_getallattrs(slot);
	row->slot = slot;
	row->values = slot->tts_values;
	row->nulls = slot->tts_isnull;
	return true;
}

static Relation
index_of(LrStore *store, LrRelation index)
{
	Assert(index >= LR_NTABLES && index < LR_DELIVERY_SEQ);
	if (store->relations[index] == NULL)
		store->relations[index] = index_open(lr_relation(index), AccessShareLock);
	return store->relations[index];
}

static void
fill_scan_keys(ScanKey scan_keys, const LrKey *keys, int nkeys)
{
	for (int i = 0; i < nkeys; i++)
		ScanKeyEntryInitialize(&scan_keys[i], 0, keys[i].column, keys[i].strategy, InvalidOid,
							   keys[i].type == TEXTOID ? DEFAULT_COLLATION_OID : InvalidOid,
							   comparison(keys[i].type, keys[i].strategy), keys[i].value);
}

static RegProcedure
comparison(Oid type, int strategy)
{
	if (type == INT8OID && strategy == BTEqualStrategyNumber)
		return F_INT8EQ;
	if (type == TEXTOID && strategy == BTEqualStrategyNumber)
		return F_TEXTEQ;
	if (type == TIMESTAMPTZOID && strategy == BTGreaterStrategyNumber)
		return F_TIMESTAMPTZ_GT;
	if (type == TIMESTAMPTZOID && strategy == BTGreaterEqualStrategyNumber)
		return F_TIMESTAMPTZ_GE;
	if (type == TIMESTAMPTZOID && strategy == BTLessStrategyNumber)
		return F_TIMESTAMPTZ_LT;
	if (type == TIMESTAMPTZOID && strategy == BTLessEqualStrategyNumber)
		return F_TIMESTAMPTZ_LE;
	elog(ERROR, "no comparison %d of type %u", strategy, type);
}

int64
lr_store_next_id(LrRelation sequence)
{
	Assert(sequence >= LR_DELIVERY_SEQ && sequence < LR_DELIVERIES_VIEW);
	return nextval_internal(lr_relation(sequence), false);
}
