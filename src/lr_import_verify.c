/*
 * lr_import_verify.c
 *		Verify: the real run in a subtransaction that is rolled back. Undo: taking back what a run
 *		has done. Both work through the whole file in one transaction, so they lock all they need
 *		before the first batch.
 */
#include "postgres.h"

#include "lr_import_batch.h"

#include "access/stratnum.h"
#include "funcapi.h"
#include "lr_deliver.h"
#include "lr_guarded.h"
#include "lr_pause.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(lr_import_verify);
PG_FUNCTION_INFO_V1(lr_import_undo);

/* A verification on its way. The verdicts outlive the subtransaction, on disk if they are many. */
typedef struct Verification
{
	const LrImport *import;
	bool one_by_one; /* an unexpected error has come up: look for the line that causes it */
	Tuplestorestate *verdicts;
	TupleDesc desc;
	LrCapBooks *books; /* never written: nothing of a verification stays */
	LrImport counts;
	int64 cap_crossed_line;
} Verification;

static void verify(void *arg);
static void reserve(const LrImport *import);
static void verify_batch(Verification *v, LrImport *at, bool *at_end);
static void write_verdicts(LrStore *store, const Verification *v);
static void set_verified(LrImport *import, const Verification *v);
static void stop_if_cancelled(int64 import_id);
static void undo_lines(LrStore *store, LrImport *import);
static int find_returned(LrStore *store, const LrImport *import, int64 after_line,
						 LrOrder *orders, int64 *line_of);
static void reserve_returned(LrStore *store, const LrImport *import);
static bool is_returned(const LrRow *row);
static bool choose_undo(LrCase *c, LrDecision *decision);
static void note_undone(LrStore *store, LrImport *import, int64 line_no, const LrOrder *order);

/* lr_import_verify(import_id) */
Datum
lr_import_verify(PG_FUNCTION_ARGS)
{
	Verification v = {0};
	LrStore *store;
	LrImport import;
	ErrorData *error;

	lr_require_staff_or_buyer("import returns");
	store = lr_open_for_command();
	lr_import_lock(store, LR_ARG_ID(0), &import);
	if (import.undo)
		lr_require_staff("roll back a return");
	if (import.status == LR_IMPORT_DONE || import.status == LR_IMPORT_UNDONE)
		lr_import_refuse(&import, "verify it");
	lr_import_forget_cancel(store, import.import_id);
	lr_store_step(store);

	v.import = &import;
	v.desc = lookup_rowtype_tupdesc(get_rel_type_id(lr_relation(LR_IMPORT_VERDICT)), -1);
	v.verdicts = tuplestore_begin_heap(false, false, work_mem);
	error = lr_tried(verify, &v);
	if (error != NULL)
	{
		tuplestore_clear(v.verdicts);
		v.one_by_one = true;
		error = lr_tried(verify, &v);
		if (error != NULL)
			ReThrowError(error);
	}
	LR_PAUSE("verify.rolled_back");
	lr_store_step(store);
	write_verdicts(store, &v);
	set_verified(&import, &v);
	lr_import_write(store, &import);
	lr_store_close(store);
	tuplestore_end(v.verdicts);
	ReleaseTupleDesc(v.desc);
	return lr_import_progress_row(import.import_id);
}

/* Carries everything out that is not done yet, as a run would. */
static void
verify(void *arg)
{
	Verification *v = arg;
	LrImport at = *v->import;
	bool at_end = false;

	memset(&v->counts, 0, sizeof(v->counts));
	v->books = lr_cap_books();
	v->cap_crossed_line = 0;
	reserve(v->import);
	LR_PAUSE("verify.reserved");
	while (!at_end)
	{
		MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "leadreturns verify",
												  ALLOCSET_DEFAULT_SIZES);
		MemoryContext old = MemoryContextSwitchTo(cxt);

		stop_if_cancelled(at.import_id);
		verify_batch(v, &at, &at_end);
		MemoryContextSwitchTo(old);
		MemoryContextDelete(cxt);
		LR_PAUSE("verify.batch");
	}
}

/*
 * Each batch locks what it works on in one order, but a later batch may need what sorts before an
 * earlier one's: two files would wait for each other in a circle. So all is locked before.
 */
static void
reserve(const LrImport *import)
{
	LrCase *c = palloc0(sizeof(LrCase));
	LrLines *lines;
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "leadreturns reserve",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = CurrentMemoryContext;
	bool at_end = false;

	lr_case_begin(c, lr_store_open(true), lr_session_party(), LR_BY_IMPORT);
	lines = lr_lines_open(c->store, import->import_id, import->position, true);
	MemoryContextSwitchTo(cxt);
	while (!at_end)
	{
		LrImportBatch *batch = lr_import_batch(import, lines, LR_MAX_ORDERS);

		lr_batch_find(c, batch->orders, batch->norders);
		at_end = batch->at_end;
		MemoryContextReset(cxt);
	}
	MemoryContextSwitchTo(old);
	lr_lines_close(lines);
	lr_held_reserve(c->held);
	lr_store_close(c->store);
	MemoryContextDelete(cxt);
}

static void
verify_batch(Verification *v, LrImport *at, bool *at_end)
{
	LrStore *store = lr_store_open(false);
	LrLines *lines = lr_lines_open(store, at->import_id, at->position, true);
	LrImportBatch *batch = lr_import_batch(at, lines, LR_MAX_ORDERS);
	Datum values[OUTCOME_NCOLUMNS];
	bool nulls[OUTCOME_NCOLUMNS];

	lr_lines_close(lines);
	lr_store_close(store);
	if (v->one_by_one)
		lr_import_carry_out(batch);
	else
		lr_import_carry_out_together(batch, v->books);
	for (int i = 0; i < batch->n; i++)
	{
		const LrLineResult *result = &batch->results[i];
		LrCondition refused = result->outcome.refusal.condition;

		lr_result_fill(at->import_id, result, values, nulls);
		tuplestore_putvalues(v->verdicts, v->desc, values, nulls);
		lr_result_count(&v->counts, result, 1);
		if (v->cap_crossed_line == 0 && (refused == LR_CAP_REACHED || result->outcome.over_cap))
			v->cap_crossed_line = result->line_no;
	}
	at->position = batch->position;
	*at_end = batch->at_end;
}

/* In the place of those of an earlier verification. */
static void
write_verdicts(LrStore *store, const Verification *v)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(v->desc, &TTSOpsMinimalTuple);
	LrKey key = lr_key_id(1, v->import->import_id);
	LrScan *scan = lr_store_scan(store, LR_IMPORT_VERDICT, LR_IMPORT_VERDICT_PKEY, &key, 1);
	LrRow row;

	while (lr_store_next(scan, &row))
		lr_store_delete(store, LR_IMPORT_VERDICT, &row);
	lr_store_end_scan(scan);
	while (tuplestore_gettupleslot(v->verdicts, true, false, slot))
	{
		CHECK_FOR_INTERRUPTS();
		slot_getallattrs(slot);
		lr_store_insert(store, LR_IMPORT_VERDICT, slot->tts_values, slot->tts_isnull);
	}
	ExecDropSingleTupleTableSlot(slot);
}

static void
set_verified(LrImport *import, const Verification *v)
{
	static const int given[] = {IMPORT_VERIFIED_RETURNED, IMPORT_VERIFIED_FAILED,
								IMPORT_VERIFIED_ERRORS, IMPORT_VERIFIED_CREDIT,
								IMPORT_VERIFIED_CLAWBACK, IMPORT_VERIFIED_AT};
	Datum *values = import->values;

	values[IMPORT_VERIFIED_RETURNED] = Int64GetDatum(v->counts.returned);
	values[IMPORT_VERIFIED_FAILED] = Int64GetDatum(v->counts.failed);
	values[IMPORT_VERIFIED_ERRORS] = Int64GetDatum(v->counts.errors);
	values[IMPORT_VERIFIED_CREDIT] = lr_money_datum(v->counts.credit);
	values[IMPORT_VERIFIED_CLAWBACK] = lr_money_datum(v->counts.clawback);
	values[IMPORT_VERIFIED_AT] = TimestampTzGetDatum(lr_clock());
	for (int i = 0; i < (int) lengthof(given); i++)
		import->nulls[given[i]] = false;
	values[IMPORT_CAP_CROSSED_LINE] = Int64GetDatum(v->cap_crossed_line);
	import->nulls[IMPORT_CAP_CROSSED_LINE] = v->cap_crossed_line == 0;
	if (import->status == LR_IMPORT_NEW)
		import->status = LR_IMPORT_VERIFIED;
}

static void
stop_if_cancelled(int64 import_id)
{
	LrStore *store = lr_store_open(true);
	bool cancelled = lr_import_is_cancelled(store, import_id);

	lr_store_close(store);
	if (cancelled)
		ereport(ERROR, (errcode(ERRCODE_QUERY_CANCELED), errmsg("import was cancelled"),
						errdetail("Somebody has called lr_import_cancel(" INT64_FORMAT ").",
								  import_id),
						errhint("Nothing has changed; call it again when you like.")));
}

/*
 * lr_import_undo(import_id)
 *		Rolls back what the file returned, and withdraws what waits for a decision. A return that
 *		has gone its own way since stays as it is and is told as a conflict; another undo tries
 *		those again.
 */
Datum
lr_import_undo(PG_FUNCTION_ARGS)
{
	LrStore *store;
	LrImport import;

	lr_require_staff("roll back a return");
	store = lr_open_for_command();
	lr_import_lock(store, LR_ARG_ID(0), &import);
	if (import.undo)
		lr_raise(LR_IMPORT_STATE,
				 psprintf("Import " INT64_FORMAT " has itself rolled returns back.",
						  import.import_id),
				 "Return the leads again, with another import.");
	if (import.nulls[IMPORT_STARTED_AT])
		lr_import_refuse(&import, "undo what was never run");
	lr_import_forget_cancel(store, import.import_id);
	lr_store_step(store);
	import.conflicts = 0;
	undo_lines(store, &import);
	import.status = LR_IMPORT_UNDONE;
	lr_import_write(store, &import);
	LR_PAUSE("undo.written");
	lr_store_close(store);
	return lr_import_progress_row(import.import_id);
}

static void
undo_lines(LrStore *store, LrImport *import)
{
	LrOrder *orders = palloc(sizeof(LrOrder) * LR_MAX_ORDERS);
	int64 *line_of = palloc(sizeof(int64) * LR_MAX_ORDERS);
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "leadreturns undo",
											  ALLOCSET_DEFAULT_SIZES);
	LrCapBooks *books = lr_cap_books();
	int64 after_line = 0;
	int n;

	reserve_returned(store, import);
	while ((n = find_returned(store, import, after_line, orders, line_of)) > 0)
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);

		stop_if_cancelled(import->import_id);
		lr_import_run_orders(orders, n, books);
		lr_store_step(store);
		for (int i = 0; i < n; i++)
			note_undone(store, import, line_of[i], &orders[i]);
		after_line = line_of[n - 1];
		lr_store_forget_rows(store);
		MemoryContextSwitchTo(old);
		MemoryContextReset(cxt);
		LR_PAUSE("undo.batch");
	}
	lr_cap_books_write(books, store);
}

/* The next returns that the file has made and that have not been undone. */
static int
find_returned(LrStore *store, const LrImport *import, int64 after_line, LrOrder *orders,
			  int64 *line_of)
{
	LrKey keys[2] = {lr_key_id(1, import->import_id), lr_key_id(2, after_line)};
	LrScan *scan;
	int n = 0;
	LrRow row;

	keys[1].strategy = BTGreaterStrategyNumber;
	scan = lr_store_scan(store, LR_IMPORT_OUTCOME, LR_IMPORT_OUTCOME_PKEY, keys, 2);
	while (n < LR_MAX_ORDERS && lr_store_next(scan, &row))
	{
		if (!is_returned(&row))
			continue;
		memset(&orders[n], 0, sizeof(LrOrder));
		orders[n].kind = LR_DECIDE_ORDER;
		orders[n].return_id = lr_id(row.values[OUTCOME_RETURN_ID], false);
		orders[n].choose = choose_undo;
		line_of[n++] = DatumGetInt64(row.values[OUTCOME_LINE_NO]);
	}
	lr_store_end_scan(scan);
	return n;
}

/* Locks all of them before the first batch, as reserve() does for a verification. */
static void
reserve_returned(LrStore *store, const LrImport *import)
{
	LrHeld *held = lr_held_open(store);
	LrKey key = lr_key_id(1, import->import_id);
	LrScan *scan = lr_store_scan(store, LR_IMPORT_OUTCOME, LR_IMPORT_OUTCOME_PKEY, &key, 1);
	LrRow row;

	while (lr_store_next(scan, &row))
	{
		if (is_returned(&row))
			lr_held_want(held, DatumGetInt64(row.values[OUTCOME_DELIVERY_ID]),
						 DatumGetInt64(row.values[OUTCOME_ACCOUNT_ID]), NULL);
	}
	lr_store_end_scan(scan);
	lr_held_reserve(held);
}

static bool
is_returned(const LrRow *row)
{
	return lr_line_status_of(row->values[OUTCOME_STATUS]) <= LR_LINE_REQUESTED &&
		   (row->nulls[OUTCOME_UNDO_STATUS] ||
			strcmp(TextDatumGetCString(row->values[OUTCOME_UNDO_STATUS]), "undone") != 0);
}

static bool
choose_undo(LrCase *c, LrDecision *decision)
{
	const LrRequest *r = &c->request;

	if (r->status != LR_ACCEPTED && r->status != LR_OPEN)
		return LR_REFUSE(c, LR_NOT_RETURNED, "Return " INT64_FORMAT " is %s.", r->return_id,
						 lr_status_name(r->status));
	*decision = (LrDecision){r->status == LR_ACCEPTED ? LR_ROLLBACK : LR_WITHDRAW};
	return true;
}

static void
note_undone(LrStore *store, LrImport *import, int64 line_no, const LrOrder *order)
{
	const LrRefusal *refusal = &order->outcome.refusal;
	bool undone = refusal->condition == LR_OK;
	LrKey keys[2] = {lr_key_id(1, import->import_id), lr_key_id(2, line_no)};
	Datum values[OUTCOME_NCOLUMNS];
	bool nulls[OUTCOME_NCOLUMNS];
	LrRow row;

	if (!lr_store_get(store, LR_IMPORT_OUTCOME, LR_IMPORT_OUTCOME_PKEY, keys, 2, &row))
		elog(ERROR, "line " INT64_FORMAT " has lost its outcome", line_no);
	memcpy(values, row.values, sizeof(values));
	memcpy(nulls, row.nulls, sizeof(nulls));
	values[OUTCOME_UNDO_STATUS] = CStringGetTextDatum(undone ? "undone" : "conflict");
	nulls[OUTCOME_UNDO_STATUS] = false;
	nulls[OUTCOME_UNDO_SQLSTATE] = nulls[OUTCOME_UNDO_DETAIL] = undone;
	if (!undone)
	{
		values[OUTCOME_UNDO_SQLSTATE] =
			CStringGetTextDatum(lr_condition_sqlstate(refusal->condition));
		values[OUTCOME_UNDO_DETAIL] = CStringGetTextDatum(refusal->detail);
	}
	lr_store_update(store, LR_IMPORT_OUTCOME, &row, values, nulls);
	import->undone += undone;
	import->conflicts += !undone;
}
