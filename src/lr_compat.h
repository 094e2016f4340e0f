/*
 * lr_compat.h
 *		Differences between PostgreSQL 15 to 18, kept in this one place.
 */
#ifndef LR_COMPAT_H
#define LR_COMPAT_H

#include "postgres.h"
#include "access/genam.h"
#include "access/tableam.h"
#include "executor/executor.h"
#include "utils/guc.h"

/* 15.20 changed how row datums are checked; older minors lack those fixes. */
#define LR_MIN_SERVER_VERSION 150020

static inline List *
lr_insert_index_tuples(ResultRelInfo *rri, TupleTableSlot *slot, EState *estate, bool update,
					   bool only_summarizing)
{
#if PG_VERSION_NUM >= 160000
	return ExecInsertIndexTuples(rri, slot, estate, update, false, NULL, NIL, only_summarizing);
#else
	return ExecInsertIndexTuples(rri, slot, estate, update, false, NULL, NIL);
#endif
}

/* Updates a row; *reindex tells whether index entries are due, *summarizing that only those are. */
static inline TM_Result
lr_tuple_update(Relation rel, ItemPointer tid, TupleTableSlot *slot, CommandId cid,
				Snapshot snapshot, TM_FailureData *tmfd, LockTupleMode *mode, bool *reindex,
				bool *summarizing)
{
	TM_Result result;
#if PG_VERSION_NUM >= 160000
	TU_UpdateIndexes update_indexes;

	result = table_tuple_update(rel, tid, slot, cid, snapshot, InvalidSnapshot, true, tmfd, mode,
								&update_indexes);
	*reindex = update_indexes != TU_None;
	*summarizing = update_indexes == TU_Summarizing;
#else
	result = table_tuple_update(rel, tid, slot, cid, snapshot, InvalidSnapshot, true, tmfd, mode,
								reindex);
	*summarizing = false;
#endif
	return result;
}

static inline IndexScanDesc
lr_index_beginscan(Relation rel, Relation index, Snapshot snapshot, int nkeys)
{
#if PG_VERSION_NUM >= 180000
	return index_beginscan(rel, index, snapshot, NULL, nkeys, 0);
#else
	return index_beginscan(rel, index, snapshot, nkeys, 0);
#endif
}

/* Memory for the extra data of a setting. */
static inline void *
lr_guc_alloc(Size size)
{
#if PG_VERSION_NUM >= 160000
	return guc_malloc(LOG, size);
#else
	return malloc(size);
#endif
}

static inline void
lr_guc_free(void *extra)
{
#if PG_VERSION_NUM >= 160000
	guc_free(extra);
#else
	free(extra);
#endif
}

static inline void
lr_init_range_table(EState *estate, List *range_table)
{
#if PG_VERSION_NUM >= 180000
	ExecInitRangeTable(estate, range_table, NIL, bms_make_singleton(1));
#elif PG_VERSION_NUM >= 160000
	ExecInitRangeTable(estate, range_table, NIL);
#else
	ExecInitRangeTable(estate, range_table);
#endif
}

#endif /* LR_COMPAT_H */
