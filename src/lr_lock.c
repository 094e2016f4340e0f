/*
 * lr_lock.c
 *		Locking rows for lr_store.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "access/xact.h"
#include "lr_store_private.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

static void lock_slot(Relation rel, TupleTableSlot *slot, LockTupleMode mode,
					  LockWaitPolicy policy, bool *found);
static bool lock_row(LrStore *store, LrRelation table, LrRelation pkey, int64 id,
					 LockTupleMode mode, LockWaitPolicy policy, LrRow *row);

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
	if (lock_row(store, table, pkey, id, mode, LockWaitBlock, row))
		return true;
	if (IsolationUsesXactSnapshot() && lr_store_get_id(store, table, pkey, id, row))
		lr_store_too_old();
	return false;
}

bool
lr_store_try_lock(LrStore *store, LrRelation table, LrRelation pkey, int64 id, LockTupleMode mode,
				  LrRow *row)
{
	return lock_row(store, table, pkey, id, mode, LockWaitSkip, row);
}

static bool
lock_row(LrStore *store, LrRelation table, LrRelation pkey, int64 id, LockTupleMode mode,
		 LockWaitPolicy policy, LrRow *row)
{
	bool found;

	Assert(store->writes);
	if (IsolationUsesXactSnapshot())
		PushActiveSnapshot(GetTransactionSnapshot());
	found = lr_store_get_id(store, table, pkey, id, row);
	if (found)
		lock_slot(lr_store_table(store, table), row->slot, mode, policy, &found);
	if (IsolationUsesXactSnapshot())
		PopActiveSnapshot();
	return found && lr_store_take_row(row->slot, row);
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
	slot = lr_store_read_slot(store, table);
	slot->tts_tid = *tid;
	lock_slot(lr_store_table(store, table), slot, mode, LockWaitBlock, &found);
	return found && lr_store_take_row(slot, row);
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

bool
lr_store_get_covered_at(LrStore *store, LrRelation table, LrRelation pkey, int64 id,
						ItemPointer tid, LrRow *row)
{
	TupleTableSlot *slot;

	if (!IsolationUsesXactSnapshot() && ItemPointerIsValid(tid))
	{
		slot = lr_store_read_slot(store, table);
		/* the place may hold another row by now; the first column is the key */
		if (table_tuple_fetch_row_version(lr_store_table(store, table), tid, GetActiveSnapshot(),
										  slot) &&
			lr_store_take_row(slot, row) && DatumGetInt64(row->values[0]) == id)
			return true;
	}
	return lr_store_get_covered(store, table, pkey, id, row);
}

static void
lock_slot(Relation rel, TupleTableSlot *slot, LockTupleMode mode, LockWaitPolicy policy,
		  bool *found)
{
	ItemPointerData tid = slot->tts_tid;
	uint8 flags = TUPLE_LOCK_FLAG_LOCK_UPDATE_IN_PROGRESS;
	TM_FailureData tmfd;
	TM_Result result;

	if (!IsolationUsesXactSnapshot())
		flags |= TUPLE_LOCK_FLAG_FIND_LAST_VERSION;
	result = table_tuple_lock(rel, &tid, GetActiveSnapshot(), slot, GetCurrentCommandId(false),
							  mode, policy, flags, &tmfd);
	switch (result)
	{
		case TM_Ok:
			*found = true;
			break;
		case TM_Updated:
		case TM_Deleted:
		case TM_WouldBlock:
			*found = false;
			break;
		default:
			elog(ERROR, "unexpected result %d of locking a row of %s", (int) result,
				 RelationGetRelationName(rel));
	}
}

void
lr_store_too_old(void)
{
	ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					errmsg("could not serialize access due to concurrent update"),
					errhint("The transaction might succeed if retried.")));
}
