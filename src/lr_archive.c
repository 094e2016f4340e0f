/*
 * lr_archive.c
 *		Moving what is long over out of the live tables: the history, thread and settled
 *		notifications of closed returns, and the lines of finished files.
 *
 * Candidates are found at the low end of the primary keys of history, message and notification:
 * what is old has low ids and leaves the table, so a batch reads about as many rows as it moves and
 * needs no index of its own. Old rows of returns that cannot go yet are read again by each call,
 * but only once by a run, which remembers how far it got.
 *
 * Whoever writes about a return holds its delivery and account, so both are locked here too, but
 * never waited for.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "lr_batch.h"
#include "lr_deliver.h"
#include "lr_pause.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(lr_archive);
PG_FUNCTION_INFO_V1(lr_run_archive);

#define ARCHIVE_BATCH 10000

/* Where rows about returns are. */
static const struct
{
	LrRelation table;
	LrRelation pkey;
	int return_id;
	int at;
	LrRelation by_return;
	LrRelation archive;
} sources[] = {
	{LR_HISTORY, LR_HISTORY_PKEY, HISTORY_RETURN_ID, HISTORY_AT, LR_HISTORY_RETURN_IDX,
	 LR_ARCHIVED_HISTORY},
	{LR_MESSAGE, LR_MESSAGE_PKEY, MESSAGE_RETURN_ID, MESSAGE_AT, LR_MESSAGE_RETURN_IDX,
	 LR_ARCHIVED_MESSAGE},
	{LR_NOTIFICATION, LR_NOTIFICATION_PKEY, NOTIFICATION_RETURN_ID, NOTIFICATION_CREATED_AT,
	 LR_NOTIFICATION_RETURN_KEY, LR_ARCHIVED_NOTIFICATION},
};
#define NSOURCES ((int) lengthof(sources))

/* Where the lines of files are. A file whose chunks are gone takes no command: they go first. */
static const struct
{
	LrRelation table;
	LrRelation pkey;
	LrRelation archive;
} file_parts[] = {
	{LR_IMPORT_CHUNK, LR_IMPORT_CHUNK_PKEY, LR_ARCHIVED_IMPORT_CHUNK},
	{LR_IMPORT_VERDICT, LR_IMPORT_VERDICT_PKEY, LR_ARCHIVED_IMPORT_VERDICT},
	{LR_IMPORT_OUTCOME, LR_IMPORT_OUTCOME_PKEY, LR_ARCHIVED_IMPORT_OUTCOME},
};

typedef struct Archive
{
	TimestampTz before;
	int64 after[NSOURCES]; /* how far each source has been read */
	/* of this batch */
	int64 room;
	int64 returns;
	int64 moved[NSOURCES];
	int64 import_rows;
	int64 skipped; /* another session holds them */
	bool more;
} Archive;

static TimestampTz checked_before(FunctionCallInfo fcinfo);
static void archive_batch(Archive *a, int64 max_rows);
static void archive_returns(Archive *a);
static List *find_returns(Archive *a, LrCase *c);
static bool find_in_source(Archive *a, LrCase *c, int source, HTAB *seen, List **found);
static bool is_over(LrStore *store, int64 return_id, TimestampTz before, LrFound *found,
					int64 *rows);
static bool move_return(Archive *a, LrStore *store, int64 return_id);
static bool may_move(LrStore *store, int source, LrRow *row);
static void archive_files(Archive *a);
static bool is_finished(const LrRow *import, TimestampTz before);
static bool move_file(Archive *a, LrStore *store, int64 import_id);

/* lr_archive(before, max_rows): one batch, in the caller's transaction */
Datum
lr_archive(PG_FUNCTION_ARGS)
{
	int64 max_rows = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT64(1);
	Archive a = {0};
	Datum values[7];
	bool nulls[7] = {false};
	TupleDesc desc;

	lr_require_staff("archive");
	a.before = checked_before(fcinfo);
	if (max_rows < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid max_rows"),
						errdetail("max_rows is " INT64_FORMAT ".", max_rows),
						errhint("Give a number above 0.")));
	archive_batch(&a, Min(max_rows, LR_MAX_ORDERS));

	values[0] = Int64GetDatum(a.returns);
	for (int i = 0; i < NSOURCES; i++)
		values[1 + i] = Int64GetDatum(a.moved[i]);
	values[4] = Int64GetDatum(a.import_rows);
	values[5] = Int64GetDatum(a.skipped);
	values[6] = BoolGetDatum(a.more);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "lr_archive must return a row");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/* lr_run_archive(before): batches, each in a transaction of its own, until nothing more is due */
Datum
lr_run_archive(PG_FUNCTION_ARGS)
{
	Archive a = {0};

	lr_require_staff("archive");
	a.before = checked_before(fcinfo);
	lr_begin_batches(fcinfo, "lr_run_archive", "SELECT * FROM lr_archive(before)");
	do
	{
		archive_batch(&a, ARCHIVE_BATCH);
		LR_PAUSE("archive.before_commit");
		SPI_commit();
		LR_PAUSE("archive.committed");
	} while (a.more);
	SPI_finish();
	PG_RETURN_VOID();
}

static TimestampTz
checked_before(FunctionCallInfo fcinfo)
{
	TimestampTz before = PG_ARGISNULL(0) ? DT_NOEND : PG_GETARG_TIMESTAMPTZ(0);

	if (TIMESTAMP_NOT_FINITE(before) || before > lr_clock())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid instant"),
				 errdetail("before is %s.", PG_ARGISNULL(0) ? "null" : lr_instant_text(before)),
				 errhint("Give an instant that has passed.")));
	return before;
}

static void
archive_batch(Archive *a, int64 max_rows)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "leadreturns archive",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);

	a->room = max_rows;
	a->returns = a->import_rows = a->skipped = 0;
	memset(a->moved, 0, sizeof(a->moved));
	a->more = false;
	archive_returns(a);
	archive_files(a);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
}

static void
archive_returns(Archive *a)
{
	LrCase *c = palloc0(sizeof(LrCase));
	List *found;
	ListCell *lc;

	lr_case_begin(c, lr_open_for_command(), lr_session_party(), LR_MANUAL);
	found = find_returns(a, c);
	LR_PAUSE("archive.locked");
	lr_store_refresh(c->store);
	foreach (lc, found)
	{
		if (move_return(a, c->store, *(int64 *) lfirst(lc)))
			a->returns++;
		lr_store_forget_rows(c->store);
	}
	lr_case_end(c);
}

/* Locks them, too. */
static List *
find_returns(Archive *a, LrCase *c)
{
	HASHCTL ctl = {.keysize = sizeof(int64),
				   .entrysize = sizeof(int64),
				   .hcxt = CurrentMemoryContext};
	HTAB *seen = hash_create("leadreturns archive", 1024, &ctl,
							 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	List *found = NIL;

	for (int i = 0; i < NSOURCES && !a->more; i++)
		a->more = !find_in_source(a, c, i, seen, &found);
	return found;
}

/* False when the batch is full before the source is read. */
static bool
find_in_source(Archive *a, LrCase *c, int source, HTAB *seen, List **found)
{
	LrKey key = {1, BTGreaterStrategyNumber, INT8OID, Int64GetDatum(a->after[source])};
	LrScan *scan = lr_store_scan(c->store, sources[source].table, sources[source].pkey, &key, 1);
	LrRow row;

	while (a->room > 0 && lr_store_next(scan, &row) &&
		   DatumGetTimestampTz(row.values[sources[source].at]) < a->before)
	{
		int64 *return_id = palloc(sizeof(int64));
		LrFound request;
		int64 rows;
		bool known;

		*return_id = DatumGetInt64(row.values[sources[source].return_id]);
		a->after[source] = DatumGetInt64(row.values[0]);
		hash_search(seen, return_id, HASH_ENTER, &known);
		if (known || !may_move(NULL, source, &row) ||
			!is_over(c->store, *return_id, a->before, &request, &rows))
			continue;
		if (!lr_held_try(c->held, request.delivery_id, request.account_id))
		{
			a->skipped++;
			continue;
		}
		*found = lappend(*found, return_id);
		a->room -= Max(rows, 1);
	}
	lr_store_end_scan(scan);
	return a->room > 0;
}

/* Decided, and nothing has been said or done since that instant; rows: of its history and thread */
static bool
is_over(LrStore *store, int64 return_id, TimestampTz before, LrFound *found, int64 *rows)
{
	LrKey key = lr_key_id(1, return_id);
	bool over = true;
	LrRow row;

	*rows = 0;
	if (!lr_store_get_id(store, LR_REQUEST, LR_REQUEST_PKEY, return_id, &row) ||
		row.nulls[REQUEST_DECIDED_AT] ||
		DatumGetTimestampTz(row.values[REQUEST_DECIDED_AT]) >= before)
		return false;
	lr_found_request(&row, found);
	/* history and message: when somebody is told of it does not matter */
	for (int i = 0; i < 2; i++)
	{
		LrScan *scan = lr_store_scan(store, sources[i].table, sources[i].by_return, &key, 1);

		while (over && lr_store_next(scan, &row))
		{
			over = DatumGetTimestampTz(row.values[sources[i].at]) < before;
			++*rows;
		}
		lr_store_end_scan(scan);
	}
	return over;
}

/* Looks again, now that nobody else can change it. */
static bool
move_return(Archive *a, LrStore *store, int64 return_id)
{
	LrKey key = lr_key_id(1, return_id);
	bool moved = false;
	LrFound found;
	int64 rows;

	if (!is_over(store, return_id, a->before, &found, &rows))
		return false;
	for (int i = 0; i < NSOURCES; i++)
	{
		LrScan *scan = lr_store_scan(store, sources[i].table, sources[i].by_return, &key, 1);
		LrRow row;

		while (lr_store_next(scan, &row))
		{
			if (!may_move(store, i, &row))
				continue;
			lr_store_insert(store, sources[i].archive, row.values, row.nulls);
			lr_store_delete(store, sources[i].table, &row);
			a->moved[i]++;
			moved = true;
		}
		lr_store_end_scan(scan);
	}
	return moved;
}

/* A notification goes when it is settled and no worker has it in hand; store NULL: do not lock. */
static bool
may_move(LrStore *store, int source, LrRow *row)
{
	if (sources[source].table != LR_NOTIFICATION)
		return true;
	if (row->nulls[NOTIFICATION_SETTLED_AT])
		return false;
	return store == NULL ||
		   (lr_store_try_lock(store, LR_NOTIFICATION, LR_NOTIFICATION_PKEY,
							  DatumGetInt64(row->values[NOTIFICATION_ID]),
							  LockTupleNoKeyExclusive, row) &&
			!row->nulls[NOTIFICATION_SETTLED_AT]);
}

static void
archive_files(Archive *a)
{
	LrStore *store = lr_open_for_command();
	LrScan *scan = lr_store_scan(store, LR_IMPORT, LR_IMPORT_PKEY, NULL, 0);
	LrRow row;

	while (!a->more && lr_store_next(scan, &row))
	{
		if (is_finished(&row, a->before))
			a->more = !move_file(a, store, DatumGetInt64(row.values[IMPORT_ID]));
	}
	lr_store_end_scan(scan);
	lr_store_close(store);
}

static bool
is_finished(const LrRow *import, TimestampTz before)
{
	const char *status = TextDatumGetCString(import->values[IMPORT_STATUS]);

	return (strcmp(status, "done") == 0 || strcmp(status, "undone") == 0 ||
			strcmp(status, "cancelled") == 0) &&
		   DatumGetTimestampTz(import->values[IMPORT_UPDATED_AT]) < before;
}

/* False when there was no room for all of it: the rest goes with the next batch. */
static bool
move_file(Archive *a, LrStore *store, int64 import_id)
{
	LrKey key = lr_key_id(1, import_id);
	bool locked = false;
	LrRow row;

	for (int i = 0; i < (int) lengthof(file_parts); i++)
	{
		LrScan *scan = lr_store_scan(store, file_parts[i].table, file_parts[i].pkey, &key, 1);
		bool more;

		while ((more = lr_store_next(scan, &row)) && a->room > 0)
		{
			LrRow import;

			if (!locked &&
				(!lr_store_try_lock(store, LR_IMPORT, LR_IMPORT_PKEY, import_id,
									LockTupleNoKeyExclusive, &import) ||
				 !is_finished(&import, a->before)))
			{
				a->skipped++;
				lr_store_end_scan(scan);
				return true;
			}
			if (!locked)
			{
				/* what was read before the lock may have changed */
				locked = true;
				lr_store_end_scan(scan);
				lr_store_refresh(store);
				scan = lr_store_scan(store, file_parts[i].table, file_parts[i].pkey, &key, 1);
				continue;
			}
			lr_store_insert(store, file_parts[i].archive, row.values, row.nulls);
			lr_store_delete(store, file_parts[i].table, &row);
			a->import_rows++;
			a->room--;
		}
		lr_store_end_scan(scan);
		if (more)
			return false;
	}
	return true;
}
