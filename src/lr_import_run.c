/*
 * lr_import_run.c
 *		Working through a file: step and run carry its lines out, verify carries them out and takes
 *		them back, undo takes back what a run has done.
 *
 * A step is one batch in the caller's transaction: its returns, their outcomes and the position up
 * to which the file has been seen to are committed together, so a crash loses at most the batch in
 * flight and going on repeats nothing.
 */
#include "postgres.h"

#include "lr_import.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "lr_deliver.h"
#include "lr_guarded.h"
#include "lr_import_batch.h"
#include "lr_pause.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(lr_import_step);
PG_FUNCTION_INFO_V1(lr_import_run);

static int64 batch_size(FunctionCallInfo fcinfo);
static bool step(LrId import_id, int max_lines, bool first);
static bool may_go_on(LrStore *store, LrImport *import, bool first);
static void obey_cancel(LrStore *store, LrImport *import);
static void require_right(const LrImport *import);
static void work_through(LrStore *store, LrImport *import, int max_lines);

/* lr_import_step(import_id, max_rows): one batch, in the caller's transaction */
Datum
lr_import_step(PG_FUNCTION_ARGS)
{
	LrId import_id = LR_ARG_ID(0);

	lr_require_staff_or_buyer("import returns");
	step(import_id, (int) batch_size(fcinfo), true);
	return lr_import_progress_row(import_id.id);
}

/* lr_import_run(import_id, batch): batches, each in a transaction of its own, to the end */
Datum
lr_import_run(PG_FUNCTION_ARGS)
{
	LrId import_id = LR_ARG_ID(0);
	int max_lines;
	bool first = true;
	bool more = true;

	lr_require_staff_or_buyer("import returns");
	max_lines = (int) batch_size(fcinfo);
	lr_begin_batches(fcinfo, "lr_import_run", "SELECT * FROM lr_import_step()");
	while (more)
	{
		MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "leadreturns import",
												  ALLOCSET_DEFAULT_SIZES);
		MemoryContext old = MemoryContextSwitchTo(cxt);

		more = step(import_id, max_lines, first);
		MemoryContextSwitchTo(old);
		MemoryContextDelete(cxt);
		LR_PAUSE("run.before_commit");
		SPI_commit();
		LR_PAUSE("run.committed");
		first = false;
	}
	SPI_finish();
	PG_RETURN_VOID();
}

/* Of both functions the second argument. */
static int64
batch_size(FunctionCallInfo fcinfo)
{
	int64 size = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT64(1);

	if (size < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid number of rows"),
						errdetail("The number is " INT64_FORMAT ".", size),
						errhint("Give a number above 0.")));
	return Min(size, LR_MAX_ORDERS);
}

/* Whether there is more to do. */
static bool
step(LrId import_id, int max_lines, bool first)
{
	LrStore *store = lr_open_for_command();
	LrImport import;

	lr_import_lock(store, import_id, &import);
	require_right(&import);
	LR_PAUSE("step.locked");
	if (may_go_on(store, &import, first))
	{
		work_through(store, &import, max_lines);
		obey_cancel(store, &import);
		lr_import_write(store, &import);
	}
	LR_PAUSE("step.written");
	lr_store_close(store);
	return import.status == LR_IMPORT_RUNNING;
}

/* A new step or run goes on with a cancelled import; the batches of a run do not. */
static bool
may_go_on(LrStore *store, LrImport *import, bool first)
{
	if (import->status == LR_IMPORT_UNDONE)
		lr_import_refuse(import, "run it");
	if (import->status == LR_IMPORT_DONE || (!first && import->status != LR_IMPORT_RUNNING))
		return false;
	if (first)
	{
		lr_import_forget_cancel(store, import->import_id);
		lr_store_step(store);
	}
	return true;
}

/* A wish to cancel that came while the batch was carried out; what is done stays done. */
static void
obey_cancel(LrStore *store, LrImport *import)
{
	if (import->status != LR_IMPORT_RUNNING)
		return;
	lr_store_step(store);
	if (!lr_import_is_cancelled(store, import->import_id))
		return;
	lr_import_forget_cancel(store, import->import_id);
	import->status = LR_IMPORT_CANCELLED;
}

/* Whoever works through a file that rolls returns back needs the right to do so. */
static void
require_right(const LrImport *import)
{
	if (import->undo)
		lr_require_staff("roll back a return");
}

static void
work_through(LrStore *store, LrImport *import, int max_lines)
{
	TimestampTz now = lr_clock();
	LrLines *lines = lr_lines_open(store, import->import_id, import->position, true);
	LrImportBatch *batch = lr_import_batch(import, lines, max_lines);
	Datum values[OUTCOME_NCOLUMNS];
	bool nulls[OUTCOME_NCOLUMNS];

	lr_lines_close(lines);
	lr_import_carry_out(batch);
	LR_PAUSE("step.carried_out");
	for (int i = 0; i < batch->n; i++)
	{
		lr_result_fill(import->import_id, &batch->results[i], values, nulls);
		lr_store_insert(store, LR_IMPORT_OUTCOME, values, nulls);
		lr_result_count(import, &batch->results[i], 1);
	}
	if (import->nulls[IMPORT_STARTED_AT])
	{
		import->values[IMPORT_STARTED_AT] = TimestampTzGetDatum(now);
		import->nulls[IMPORT_STARTED_AT] = false;
	}
	import->status = batch->at_end ? LR_IMPORT_DONE : LR_IMPORT_RUNNING;
	import->position = batch->position;
	import->values[IMPORT_FINISHED_AT] = TimestampTzGetDatum(lr_clock());
	import->nulls[IMPORT_FINISHED_AT] = !batch->at_end;
}
