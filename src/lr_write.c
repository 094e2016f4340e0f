/*
 * lr_write.c
 *		Inserting, updating and deleting rows for lr_store.
 *
 * What the executor prepares for each statement (compiled CHECK constraints and generated columns,
 * index descriptions) is prepared here once per backend and table, in a TableWriter of its own
 * memory context below CacheMemoryContext, and thrown away when the table changes. Relations and
 * indexes themselves are opened for each store, under the usual locks.
 *
 * The BEFORE UPDATE and DELETE triggers of our tables are the guards against everybody else, so
 * updates and deletes here fire no triggers. Inserts into a table with triggers (foreign keys, or
 * a DBA's own) go through the executor's own path.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/table.h"
#include "catalog/index.h"
#include "catalog/pg_type.h"
#include "access/xact.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/nodeModifyTable.h"
#include "lr_compat.h"
#include "lr_pause.h"
#include "lr_store_private.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* So many rows of a table are written at once, at most; notifications are wide. */
#define MANY_ROWS(table) ((table) == LR_NOTIFICATION ? 1000 : 10000)

/* A row by the first column of an index. */
typedef struct KeyedSlot
{
	int64 key;
	TupleTableSlot *slot;
} KeyedSlot;

typedef struct TableWriter
{
	MemoryContext cxt;
	uint64 version; /* lr_table_version when it was prepared */
	bool sound;     /* false while its first row is on its way: an error may leave it half made */
	TupleDesc desc; /* a copy: slots of it are not counted, which is slow when they are many */
	EState *estate;
	ResultRelInfo *rri;
	Oid *index_oids;
} TableWriter;

static TableWriter *writers[LR_NTABLES];

static void flush_inserted(LrStore *store, LrRelation table);
static void flush_entries(LrStore *store, LrRelation table, SlotPool *pool, bool update);
static void add_many_entries(LrStore *store, TableWriter *writer, SlotPool *pool, bool update);
static void add_entry(TableWriter *writer, int i, TupleTableSlot *slot, bool update);
static int compare_keyed(const void *a, const void *b);
static TableWriter *writer_for(LrStore *store, LrRelation table);
static TableWriter *prepare_writer(Relation rel, uint64 version);
static void open_indexes(LrStore *store, LrRelation table, TableWriter *writer);
static void check_row(TableWriter *writer, Relation rel, TupleTableSlot *slot, CmdType cmd);
static void add_index_entries(TableWriter *writer, TupleTableSlot *slot, bool update,
							  bool only_summarizing);
static void insert_firing_triggers(Relation rel, TupleTableSlot *slot);
static void fill_slot(TupleTableSlot *slot, const Datum *values, const bool *nulls, int ncolumns,
					  const LrRow *old);
static int columns_of(LrRelation table);

static bool
fires_on_insert(Relation rel)
{
	return rel->trigdesc != NULL &&
		   (rel->trigdesc->trig_insert_before_row || rel->trigdesc->trig_insert_after_row);
}

/*
 * lr_store_insert
 *		Checks a row and takes it; it is written with others of its table by lr_store_flush().
 */
void
lr_store_insert(LrStore *store, LrRelation table, const Datum *values, const bool *nulls)
{
	Relation rel = lr_store_table(store, table);
	SlotPool *pool = &store->inserted[table];
	TableWriter *writer = writer_for(store, table);
	TupleTableSlot *slot = lr_store_take_slot(store, rel, writer->desc, pool);

	fill_slot(slot, values, nulls, columns_of(table), NULL);
	if (fires_on_insert(rel))
	{
		insert_firing_triggers(rel, slot);
		pool->nused--;
		return;
	}
	check_row(writer, rel, slot, CMD_INSERT);
	ExecMaterializeSlot(slot);
	if (pool->nused == MANY_ROWS(table))
		flush_inserted(store, table);
}

void
lr_store_flush(LrStore *store)
{
	for (int table = 0; table < LR_NTABLES; table++)
	{
		if (store->inserted[table].nused > 0)
			flush_inserted(store, table);
		if (store->updated[table].nused > 0)
			flush_entries(store, table, &store->updated[table], true);
	}
}

static void
flush_inserted(LrStore *store, LrRelation table)
{
	Relation rel = lr_store_table(store, table);
	SlotPool *pool = &store->inserted[table];
	CommandId cid = GetCurrentCommandId(true);

	if (pool->nused == 1)
		table_tuple_insert(rel, pool->slots[0], cid, 0, NULL);
	else
		table_multi_insert(rel, pool->slots, pool->nused, cid, 0, NULL);
	LR_PAUSE("store.heap_written");
	flush_entries(store, table, pool, false);
	LR_PAUSE("store.flushed");
}

/* Makes the index entries of rows that lie in the table already. */
static void
flush_entries(LrStore *store, LrRelation table, SlotPool *pool, bool update)
{
	TableWriter *writer = writer_for(store, table);

	open_indexes(store, table, writer);
	if (pool->nused == 1)
		add_index_entries(writer, pool->slots[0], update, false);
	else
		add_many_entries(store, writer, pool, update);
	writer->sound = true;
	for (int i = 0; i < pool->nused; i++)
		ExecClearTuple(pool->slots[i]);
	pool->nused = 0;
}

/*
 * What ExecInsertIndexTuples() does for each row, done for each index instead, in the order of its
 * first column: neighbours in an index share its pages, and these are the cost of an entry.
 */
static void
add_many_entries(LrStore *store, TableWriter *writer, SlotPool *pool, bool update)
{
	KeyedSlot *keyed = MemoryContextAlloc(store->cxt, sizeof(KeyedSlot) * pool->nused);

	for (int i = 0; i < writer->rri->ri_NumIndices; i++)
	{
		IndexInfo *info = writer->rri->ri_IndexRelationInfo[i];
		int column = info->ii_IndexAttrNumbers[0];
		bool sortable = column > 0 &&
						TupleDescAttr(writer->rri->ri_RelationDesc->rd_att, column - 1)
								->atttypid == INT8OID;

		for (int j = 0; j < pool->nused; j++)
		{
			bool null = true;

			keyed[j].slot = pool->slots[j];
			keyed[j].key = sortable ? DatumGetInt64(slot_getattr(pool->slots[j], column, &null))
									: 0;
			if (null)
				keyed[j].key = PG_INT64_MAX;
		}
		if (sortable)
			qsort(keyed, pool->nused, sizeof(KeyedSlot), compare_keyed);
		CHECK_FOR_INTERRUPTS();
		for (int j = 0; j < pool->nused; j++)
			add_entry(writer, i, keyed[j].slot, update);
	}
	pfree(keyed);
}

static void
add_entry(TableWriter *writer, int i, TupleTableSlot *slot, bool update)
{
	Relation index = writer->rri->ri_IndexRelationDescs[i];
	IndexInfo *info = writer->rri->ri_IndexRelationInfo[i];
	IndexUniqueCheck unique = index->rd_index->indisunique ? UNIQUE_CHECK_YES : UNIQUE_CHECK_NO;
	ExprContext *econtext = GetPerTupleExprContext(writer->estate);
	Datum values[INDEX_MAX_KEYS];
	bool nulls[INDEX_MAX_KEYS];

	if (!info->ii_ReadyForInserts)
		return;
	econtext->ecxt_scantuple = slot;
	if (info->ii_Predicate != NIL && info->ii_PredicateState == NULL)
		info->ii_PredicateState = ExecPrepareQual(info->ii_Predicate, writer->estate);
	if (info->ii_Predicate == NIL || ExecQual(info->ii_PredicateState, econtext))
	{
		FormIndexDatum(info, slot, writer->estate, values, nulls);
		index_insert(index, values, nulls, &slot->tts_tid, writer->rri->ri_RelationDesc, unique,
					 update, info);
	}
	ResetPerTupleExprContext(writer->estate);
}

static int
compare_keyed(const void *a, const void *b)
{
	return lr_compare_ids(((const KeyedSlot *) a)->key, ((const KeyedSlot *) b)->key);
}

/*
 * lr_store_update
 *		Replaces the row, which the caller has locked, by one with these values.
 */
void
lr_store_update(LrStore *store, LrRelation table, LrRow *row, const Datum *values,
				const bool *nulls)
{
	Relation rel = lr_store_table(store, table);
	TableWriter *writer = writer_for(store, table);
	SlotPool *pool = &store->updated[table];
	TupleTableSlot *slot;
	TM_FailureData tmfd;
	LockTupleMode mode;
	TM_Result result;
	bool reindex;
	bool only_summarizing;

	slot = lr_store_take_slot(store, rel, writer->desc, pool);
	fill_slot(slot, values, nulls, columns_of(table), row);
	slot->tts_tableOid = RelationGetRelid(rel);
	check_row(writer, rel, slot, CMD_UPDATE);
	CheckCmdReplicaIdentity(rel, CMD_UPDATE);
	result = lr_tuple_update(rel, &row->tid, slot, GetCurrentCommandId(true), GetActiveSnapshot(),
							 &tmfd, &mode, &reindex, &only_summarizing);
	if (result != TM_Ok)
		elog(ERROR, "unexpected result %d of updating a row of %s", (int) result,
			 RelationGetRelationName(rel));
	writer->sound = true;
	row->tid = slot->tts_tid;
	if (reindex && !only_summarizing)
	{
		/* what reads before the next step sees the old version, and finds it by its entries */
		if (pool->nused == MANY_ROWS(table))
			flush_entries(store, table, pool, true);
		return;
	}
	if (reindex)
	{
		open_indexes(store, table, writer);
		add_index_entries(writer, slot, true, true);
	}
	ExecClearTuple(slot);
	pool->nused--;
}

/* Deletes a row that nobody else can change: the caller holds the lock that covers it. */
void
lr_store_delete(LrStore *store, LrRelation table, LrRow *row)
{
	Relation rel = lr_store_table(store, table);
	TM_FailureData tmfd;
	TM_Result result;

	CheckCmdReplicaIdentity(rel, CMD_DELETE);
	result = table_tuple_delete(rel, &row->tid, GetCurrentCommandId(true),
								GetActiveSnapshot(), InvalidSnapshot, true, &tmfd, false);
	if (result != TM_Ok)
		elog(ERROR, "unexpected result %d of deleting a row of %s", (int) result,
			 RelationGetRelationName(rel));
}

void
lr_store_close_indexes(LrStore *store, LrRelation table)
{
	for (int i = 0; i < store->nindexes[table]; i++)
		index_close(store->indexes[table][i], NoLock);
	store->nindexes[table] = 0;
}

static TableWriter *
writer_for(LrStore *store, LrRelation table)
{
	Relation rel = lr_store_table(store, table);
	uint64 version = lr_table_version(table);
	TableWriter *writer = writers[table];

	if (writer != NULL && (!writer->sound || writer->version != version) &&
		store->nindexes[table] == 0 && store->inserted[table].nslots == 0 &&
		store->updated[table].nslots == 0)
	{
		writers[table] = NULL;
		MemoryContextDelete(writer->cxt);
		writer = NULL;
	}
	if (writer == NULL)
		writer = writers[table] = prepare_writer(rel, version);
	writer->rri->ri_RelationDesc = rel;
	return writer;
}

static TableWriter *
prepare_writer(Relation rel, uint64 version)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "leadreturns table writer",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	TableWriter *writer = palloc0(sizeof(TableWriter));
	List *index_oids = RelationGetIndexList(rel);
	ResultRelInfo *rri = makeNode(ResultRelInfo);
	ListCell *lc;
	int n = list_length(index_oids);

	writer->cxt = cxt;
	writer->version = version;
	writer->sound = false;
	writer->desc = CreateTupleDescCopyConstr(RelationGetDescr(rel));
	writer->estate = CreateExecutorState();
	writer->rri = rri;
	InitResultRelInfo(rri, rel, 0, NULL, 0);
	rri->ri_IndexRelationInfo = palloc0(sizeof(IndexInfo *) * Max(n, 1));
	writer->index_oids = palloc0(sizeof(Oid) * Max(n, 1));
	foreach (lc, index_oids)
	{
		int i = rri->ri_NumIndices++;
		Relation index = index_open(lfirst_oid(lc), RowExclusiveLock);

		writer->index_oids[i] = lfirst_oid(lc);
		rri->ri_IndexRelationInfo[i] = BuildIndexInfo(index);
		if (index->rd_index->indisexclusion || !index->rd_index->indimmediate)
			elog(ERROR, "index %s is an exclusion or deferrable constraint",
				 RelationGetRelationName(index));
		index_close(index, NoLock);
	}
	MemoryContextSwitchTo(old);
	MemoryContextSetParent(cxt, CacheMemoryContext);
	return writer;
}

static void
open_indexes(LrStore *store, LrRelation table, TableWriter *writer)
{
	ResultRelInfo *rri = writer->rri;
	int n = rri->ri_NumIndices;

	if (store->indexes[table] == NULL)
		store->indexes[table] = MemoryContextAlloc(store->cxt, sizeof(Relation) * Max(n, 1));
	while (store->nindexes[table] < n)
	{
		int i = store->nindexes[table];

		store->indexes[table][i] = index_open(writer->index_oids[i], RowExclusiveLock);
		store->nindexes[table]++;
	}
	rri->ri_IndexRelationDescs = store->indexes[table];
}

static void
check_row(TableWriter *writer, Relation rel, TupleTableSlot *slot, CmdType cmd)
{
	TupleConstr *constr = rel->rd_att->constr;

	slot->tts_tableOid = RelationGetRelid(rel);
	if (constr == NULL)
		return;
	if (constr->has_generated_stored)
		ExecComputeStoredGenerated(writer->rri, writer->estate, slot, cmd);
	ExecConstraints(writer->rri, slot, writer->estate);
	ResetPerTupleExprContext(writer->estate);
}

static void
add_index_entries(TableWriter *writer, TupleTableSlot *slot, bool update, bool only_summarizing)
{
	lr_insert_index_tuples(writer->rri, slot, writer->estate, update, only_summarizing);
	ResetPerTupleExprContext(writer->estate);
}

/* The executor's own path, for tables on which inserts fire triggers. */
static void
insert_firing_triggers(Relation rel, TupleTableSlot *slot)
{
	EState *estate = CreateExecutorState();
	ResultRelInfo *rri = makeNode(ResultRelInfo);
	RangeTblEntry *rte = makeNode(RangeTblEntry);

	rte->rtekind = RTE_RELATION;
	rte->relid = RelationGetRelid(rel);
	rte->relkind = rel->rd_rel->relkind;
	rte->rellockmode = RowExclusiveLock;
	lr_init_range_table(estate, list_make1(rte));
	ExecInitResultRelation(estate, rri, 1);
	ExecOpenIndices(rri, false);
	estate->es_output_cid = GetCurrentCommandId(true);

	AfterTriggerBeginQuery();
	ExecSimpleRelationInsert(rri, estate, slot);
	AfterTriggerEndQuery(estate);

	ExecCloseResultRelations(estate);
	ExecCloseRangeTableRelations(estate);
	ExecResetTupleTable(estate->es_tupleTable, false);
	FreeExecutorState(estate);
}

/* Columns that a later version added keep their value in an update and are null in an insert. */
static void
fill_slot(TupleTableSlot *slot, const Datum *values, const bool *nulls, int ncolumns,
		  const LrRow *old)
{
	int natts = slot->tts_tupleDescriptor->natts;

	Assert(natts >= ncolumns);
	ExecClearTuple(slot);
	memcpy(slot->tts_values, values, sizeof(Datum) * ncolumns);
	memcpy(slot->tts_isnull, nulls, sizeof(bool) * ncolumns);
	for (int i = ncolumns; i < natts; i++)
	{
		slot->tts_values[i] = old != NULL ? old->values[i] : (Datum) 0;
		slot->tts_isnull[i] = old != NULL ? old->nulls[i] : true;
	}
	ExecStoreVirtualTuple(slot);
}

/* How many columns of the table our values have; later versions may add some. */
static int
columns_of(LrRelation table)
{
	switch (table)
	{
		case LR_TERMS:
			return TERMS_NCOLUMNS;
		case LR_DELIVERY:
			return DELIVERY_NCOLUMNS;
		case LR_REQUEST:
			return REQUEST_NCOLUMNS;
		case LR_HISTORY:
		case LR_ARCHIVED_HISTORY:
			return HISTORY_NCOLUMNS;
		case LR_TRANSFER:
			return TRANSFER_NCOLUMNS;
		case LR_CAP_PERIOD:
			return CAP_NCOLUMNS;
		case LR_VOLUME_DELTA:
			return DELTA_NCOLUMNS;
		case LR_RATE_DELTA:
			return RATE_DELTA_NCOLUMNS;
		case LR_ROLLUP_CROSS:
			return ROLLUP_CROSS_NCOLUMNS;
		case LR_ROLLUP_ACCOUNT:
			return ROLLUP_ACCOUNT_NCOLUMNS;
		case LR_ROLLUP_SUPPLIER:
			return ROLLUP_SUPPLIER_NCOLUMNS;
		case LR_ROLLUP_LEAD_GROUP:
			return ROLLUP_LEAD_GROUP_NCOLUMNS;
		case LR_ROLLUP_REASON:
			return ROLLUP_REASON_NCOLUMNS;
		case LR_RATE_FOLD:
			return RATE_FOLD_NCOLUMNS;
		case LR_CLOSING:
			return CLOSING_NCOLUMNS;
		case LR_MESSAGE:
		case LR_ARCHIVED_MESSAGE:
			return MESSAGE_NCOLUMNS;
		case LR_SWEEP_HEARTBEAT:
			return HEARTBEAT_NCOLUMNS;
		case LR_IMPORT:
			return IMPORT_NCOLUMNS;
		case LR_IMPORT_CHUNK:
		case LR_ARCHIVED_IMPORT_CHUNK:
			return CHUNK_NCOLUMNS;
		case LR_IMPORT_VERDICT:
		case LR_ARCHIVED_IMPORT_VERDICT:
			return VERDICT_NCOLUMNS;
		case LR_IMPORT_OUTCOME:
		case LR_ARCHIVED_IMPORT_OUTCOME:
			return OUTCOME_NCOLUMNS;
		case LR_IMPORT_CANCEL:
			return CANCEL_NCOLUMNS;
		case LR_NOTIFICATION:
		case LR_ARCHIVED_NOTIFICATION:
			return NOTIFICATION_NCOLUMNS;
		case LR_ATTACHMENT:
			return ATTACHMENT_NCOLUMNS;
		case LR_ERASURE:
			return ERASURE_NCOLUMNS;
		default:
			elog(ERROR, "table %d is not written by the store", (int) table);
	}
}
