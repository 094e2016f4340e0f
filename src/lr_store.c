/*
 * lr_store.c
 *		Opening and closing a store, and reading rows. Locks are in lr_lock.c, writing is in
 *		lr_write.c.
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
	LrRelation index;
	int nkeys;
	bool busy;
	IndexScanDesc index_scan;
	TableScanDesc table_scan;
	bool own_snapshot;
	TupleTableSlot *slot;
};

static void drop_slots(SlotPool *pool);
static LrScan *scan_table(LrStore *store, LrRelation table, Snapshot snapshot);
static Relation index_of(LrStore *store, LrRelation index);
static void fill_scan_keys(ScanKey scan_keys, const LrKey *keys, int nkeys);
static RegProcedure comparison(Oid type, int strategy);
static bool serves_scan(LrStore *store, TupleTableSlot *slot);
static LrScan *idle_scan(LrStore *store, LrRelation index, int nkeys);

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
	lr_store_flush(store);
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

	if (store->writes)
		lr_store_flush(store);
	foreach (lc, store->scans)
	{
		LrScan *scan = lfirst(lc);

		if (scan->index_scan != NULL)
			index_endscan(scan->index_scan);
	}
	for (int i = 0; i < LR_NTABLES; i++)
	{
		drop_slots(&store->read[i]);
		drop_slots(&store->inserted[i]);
		drop_slots(&store->updated[i]);
	}
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

/* A slot for reading the table, which lr_store_forget_rows() clears. */
TupleTableSlot *
lr_store_read_slot(LrStore *store, LrRelation table)
{
	return lr_store_take_slot(store, lr_store_table(store, table),
							  RelationGetDescr(lr_store_table(store, table)),
							  &store->read[table]);
}

/* A slot of the pool that holds nothing yet. */
TupleTableSlot *
lr_store_take_slot(LrStore *store, Relation rel, TupleDesc desc, SlotPool *pool)
{
	if (pool->nused == pool->nslots)
	{
		MemoryContext old = MemoryContextSwitchTo(store->cxt);

		if (pool->nslots == pool->size)
		{
			int size = Max(pool->size * 2, 4);

			pool->slots = pool->size == 0
							  ? palloc(sizeof(TupleTableSlot *) * size)
							  : repalloc(pool->slots, sizeof(TupleTableSlot *) * size);
			pool->size = size;
		}
		pool->slots[pool->nslots++] = MakeSingleTupleTableSlot(desc, table_slot_callbacks(rel));
		MemoryContextSwitchTo(old);
	}
	return pool->slots[pool->nused++];
}

static void
drop_slots(SlotPool *pool)
{
	for (int i = 0; i < pool->nslots; i++)
		ExecDropSingleTupleTableSlot(pool->slots[i]);
}

void
lr_store_forget_rows(LrStore *store)
{
	for (int table = 0; table < LR_NTABLES; table++)
	{
		SlotPool *pool = &store->read[table];
		int nbusy = 0;

		for (int i = 0; i < pool->nused; i++)
		{
			TupleTableSlot *slot = pool->slots[i];

			if (serves_scan(store, slot))
			{
				pool->slots[i] = pool->slots[nbusy];
				pool->slots[nbusy++] = slot;
			}
			else
				ExecClearTuple(slot);
		}
		pool->nused = nbusy;
	}
}

static bool
serves_scan(LrStore *store, TupleTableSlot *slot)
{
	ListCell *lc;

	foreach (lc, store->scans)
	{
		LrScan *scan = lfirst(lc);

		if (scan->busy && scan->slot == slot)
			return true;
	}
	return false;
}

void
lr_store_keep(LrStore *store, LrRow *row)
{
	TupleDesc desc = row->slot->tts_tupleDescriptor;
	MemoryContext old = MemoryContextSwitchTo(store->cxt);
	HeapTuple tuple = ExecCopySlotHeapTuple(row->slot);

	row->slot = NULL;
	row->values = palloc(sizeof(Datum) * desc->natts);
	row->nulls = palloc(sizeof(bool) * desc->natts);
	heap_deform_tuple(tuple, desc, row->values, row->nulls);
	MemoryContextSwitchTo(old);
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

LrScan *
lr_store_scan(LrStore *store, LrRelation table, LrRelation index, const LrKey *keys, int nkeys)
{
	MemoryContext old = MemoryContextSwitchTo(store->cxt);
	LrScan *scan = idle_scan(store, index, nkeys);
	ScanKeyData scan_keys[3];
	Relation rel = lr_store_table(store, table);

	Assert(nkeys <= (int) lengthof(scan_keys));
	fill_scan_keys(scan_keys, keys, nkeys);
	if (scan == NULL)
	{
		scan = palloc0(sizeof(LrScan));
		scan->store = store;
		scan->index = index;
		scan->nkeys = nkeys;
		/* the table is locked before its index is looked up: until then an index may be replaced */
		scan->index_scan =
			lr_index_beginscan(rel, index_of(store, index), GetActiveSnapshot(), nkeys);
		store->scans = lappend(store->scans, scan);
	}
	scan->busy = true;
	scan->slot = lr_store_read_slot(store, table);
	scan->index_scan->xs_snapshot = GetActiveSnapshot();
	index_rescan(scan->index_scan, scan_keys, nkeys, NULL, 0);
	MemoryContextSwitchTo(old);
	return scan;
}

/* A scan of the index that has ended: starting it again is cheaper than beginning another. */
static LrScan *
idle_scan(LrStore *store, LrRelation index, int nkeys)
{
	ListCell *lc;

	foreach (lc, store->scans)
	{
		LrScan *scan = lfirst(lc);

		if (!scan->busy && scan->index_scan != NULL && scan->index == index &&
			scan->nkeys == nkeys)
			return scan;
	}
	return NULL;
}

/* Every row of a table, in no order: for small reference tables. */
LrScan *
lr_store_scan_all(LrStore *store, LrRelation table)
{
	return scan_table(store, table, GetActiveSnapshot());
}

/*
 * lr_store_scan_reference
 *		Every row of a reference table for keeping in memory, whatever snapshot the caller has. That
 *		may be older than the last change that this backend has heard of; what it shows would then
 *		be kept as if it were the newest. So: hear what has changed, note how often, and only then
 *		look. In parallel mode there is no newer snapshot, and nothing is kept.
 */
LrScan *
lr_store_scan_reference(LrStore *store, LrRelation table, uint64 *version)
{
	LrScan *scan;

	(void) lr_store_table(store, table);
	AcceptInvalidationMessages();
	if (IsInParallelMode())
	{
		*version = LR_NO_VERSION;
		return lr_store_scan_all(store, table);
	}
	*version = lr_table_version(table);
	scan = scan_table(store, table, RegisterSnapshot(GetLatestSnapshot()));
	scan->own_snapshot = true;
	return scan;
}

static LrScan *
scan_table(LrStore *store, LrRelation table, Snapshot snapshot)
{
	MemoryContext old = MemoryContextSwitchTo(store->cxt);
	LrScan *scan = palloc0(sizeof(LrScan));

	scan->store = store;
	scan->busy = true;
	scan->slot = lr_store_read_slot(store, table);
	store->scans = lappend(store->scans, scan);
	scan->table_scan = table_beginscan(lr_store_table(store, table), snapshot, 0, NULL);
	MemoryContextSwitchTo(old);
	return scan;
}

/* The next row; it stays valid until the next call or, for the last one, the store's end. */
bool
lr_store_next(LrScan *scan, LrRow *row)
{
	bool found;

	MemoryContext old;

	CHECK_FOR_INTERRUPTS();
	/* a scan may be used again, so what it allocates on the way must last as long as the store */
	old = MemoryContextSwitchTo(scan->store->cxt);
	if (scan->index_scan != NULL)
		found = index_getnext_slot(scan->index_scan, ForwardScanDirection, scan->slot);
	else
		found = table_scan_getnextslot(scan->table_scan, ForwardScanDirection, scan->slot);
	MemoryContextSwitchTo(old);
	return found && lr_store_take_row(scan->slot, row);
}

void
lr_store_end_scan(LrScan *scan)
{
	Snapshot own = scan->own_snapshot ? scan->table_scan->rs_snapshot : NULL;

	scan->busy = false;
	if (scan->index_scan == NULL)
		table_endscan(scan->table_scan);
	if (own != NULL)
		UnregisterSnapshot(own);
}

/* Shows what the slot holds. */
bool
lr_store_take_row(TupleTableSlot *slot, LrRow *row)
{
	slot_getallattrs(slot);
	row->slot = slot;
	row->tid = slot->tts_tid;
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
	{
		if (keys[i].type == InvalidOid)
		{
			ScanKeyEntryInitialize(&scan_keys[i], SK_ISNULL | SK_SEARCHNULL, keys[i].column,
								   InvalidStrategy, InvalidOid, InvalidOid, InvalidOid, 0);
			continue;
		}
		ScanKeyEntryInitialize(&scan_keys[i], 0, keys[i].column, keys[i].strategy, InvalidOid,
							   keys[i].type == TEXTOID ? DEFAULT_COLLATION_OID : InvalidOid,
							   comparison(keys[i].type, keys[i].strategy), keys[i].value);
	}
}

static RegProcedure
comparison(Oid type, int strategy)
{
	if (type == INT8OID && strategy == BTEqualStrategyNumber)
		return F_INT8EQ;
	if (type == INT8OID && strategy == BTGreaterStrategyNumber)
		return F_INT8GT;
	if (type == TEXTOID && strategy == BTEqualStrategyNumber)
		return F_TEXTEQ;
	if (type == DATEOID && strategy == BTEqualStrategyNumber)
		return F_DATE_EQ;
	if (type == TIMESTAMPTZOID && strategy == BTEqualStrategyNumber)
		return F_TIMESTAMPTZ_EQ;
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
