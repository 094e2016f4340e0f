/*
 * lr_store.h
 *		Row access: look up by index, lock, insert, update, delete. The only module that touches the
 *		executor or the table access methods.
 *
 * A store is opened by each command and closed at its end. Between the two it holds the relations
 * that the command touched. Rules of use:
 *	- lock first, then lr_store_refresh(), then read what is decided upon: reads see everything
 *	  that was committed before the refresh, at every isolation level;
 *	- a lock at REPEATABLE READ or above fails with 40001 if the row has changed since the
 *	  transaction's snapshot;
 *	- defaults, privileges and rules do not apply; CHECK, NOT NULL, unique and generated columns do;
 *	- inserted rows are checked at once and written many at a time: lr_store_step() and
 *	  lr_store_close() write what is left, and only then do reads of the store see them.
 *
 * Pointers into a row (text values) stay valid until the store is closed. A command that works on
 * many things calls lr_store_forget_rows() between them and keeps the rows it needs for longer.
 */
#ifndef LR_STORE_H
#define LR_STORE_H

#include "executor/tuptable.h"
#include "lr_catalog.h"
#include "nodes/lockoptions.h"

typedef struct LrStore LrStore;

/* A row as the store returns it. */
typedef struct LrRow
{
	TupleTableSlot *slot; /* that holds it; NULL once it is kept */
	ItemPointerData tid;  /* where it is stored */
	Datum *values;
	bool *nulls;
} LrRow;

/* One condition of an index scan on the index's next column. */
typedef struct LrKey
{
	int column;   /* column of the index, from 1 */
	int strategy; /* BTEqualStrategyNumber ... */
	Oid type;     /* INT8OID, TEXTOID, TIMESTAMPTZOID, DATEOID; InvalidOid: is null */
	Datum value;
} LrKey;

typedef struct LrScan LrScan;

extern LrStore *lr_store_open(bool writes);
extern void lr_store_refresh(LrStore *store);
/* Makes what the store has written so far visible to its own reads. */
extern void lr_store_step(LrStore *store);
extern void lr_store_close(LrStore *store);
extern bool lr_store_writes(const LrStore *store);

extern bool lr_store_get(LrStore *store, LrRelation table, LrRelation index, const LrKey *keys,
						 int nkeys, LrRow *row);
extern bool lr_store_get_id(LrStore *store, LrRelation table, LrRelation pkey, int64 id,
							LrRow *row);
extern bool lr_store_lock_id(LrStore *store, LrRelation table, LrRelation pkey, int64 id,
							 LockTupleMode mode, LrRow *row);
extern bool lr_store_lock_found(LrStore *store, LrRelation table, LrRelation pkey, int64 id,
								ItemPointer tid, LockTupleMode mode, LrRow *row);
/* The serialization failure of a transaction whose snapshot is older than what it works with. */
extern void lr_store_too_old(void) pg_attribute_noreturn();
/* Like lr_store_lock_id, but false also for a row that another session holds or has changed. */
extern bool lr_store_try_lock(LrStore *store, LrRelation table, LrRelation pkey, int64 id,
							  LockTupleMode mode, LrRow *row);
extern bool lr_store_get_covered(LrStore *store, LrRelation table, LrRelation pkey, int64 id,
								 LrRow *row);
/* The same for a row that was read at tid before the lock: mostly it is still there. */
extern bool lr_store_get_covered_at(LrStore *store, LrRelation table, LrRelation pkey, int64 id,
									ItemPointer tid, LrRow *row);
extern LrScan *lr_store_scan(LrStore *store, LrRelation table, LrRelation index,
							 const LrKey *keys, int nkeys);
extern LrScan *lr_store_scan_all(LrStore *store, LrRelation table);
/* For what is kept in memory: it is true as long as lr_table_version(table) is *version. */
extern LrScan *lr_store_scan_reference(LrStore *store, LrRelation table, uint64 *version);
extern bool lr_store_next(LrScan *scan, LrRow *row);
extern void lr_store_end_scan(LrScan *scan);
/* Lets go of the rows read so far, but for those kept. */
extern void lr_store_forget_rows(LrStore *store);
/* Makes the row last until the store is closed. */
extern void lr_store_keep(LrStore *store, LrRow *row);

/* values and nulls hold every column of the table, generated ones ignored. */
extern void lr_store_insert(LrStore *store, LrRelation table, const Datum *values,
							const bool *nulls);
extern void lr_store_update(LrStore *store, LrRelation table, LrRow *row, const Datum *values,
							const bool *nulls);
extern void lr_store_delete(LrStore *store, LrRelation table, LrRow *row);

extern int64 lr_store_next_id(LrRelation sequence);

static inline LrKey
lr_key_id(int column, int64 id)
{
	LrKey key = {column, 3 /* BTEqualStrategyNumber */, 20 /* INT8OID */, Int64GetDatum(id)};

	return key;
}

#endif /* LR_STORE_H */
