/*
 * lr_sweep.c
 *		What is due: requests that a rule accepts later, reviews that time out, leases of
 *		notifications that have run out, and what caps and rates have not folded yet.
 *
 * Due is whatever its instant has passed for, however long ago. What another session holds is left
 * for the next time; one request that cannot be decided does not keep the others from it.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "lr_batch.h"
#include "lr_deliver.h"
#include "lr_fold.h"
#include "lr_guarded.h"
#include "lr_pause.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(lr_sweep);
PG_FUNCTION_INFO_V1(lr_run_sweep);

#define SWEEP_BATCH 1000
#define RATES_BATCH 100000

/* What a sweep has done, and what it has left. */
typedef struct Swept
{
	int64 accepted;
	int64 declined;
	int64 handed_over; /* to a person: could not be accepted */
	int64 consolidated;
	int64 released; /* leases of notifications that have run out */
	int64 skipped;  /* another session holds them */
	int64 failed;   /* an unexpected error */
	int64 remaining;
	TimestampTz oldest_due_at; /* 0: nothing remains */
} Swept;

typedef struct SweepWork
{
	LrOrder *orders;
	int norders;
} SweepWork;

/* Requests that this sweep has tried in vain: they are still due. */
typedef struct Passed
{
	int64 *ids;
	int n;
	int size;
} Passed;

static int64 sweep_once(int64 max_rows, Swept *swept);
static int64 sweep_requests(int64 max_rows, Swept *swept);
static int find_due(LrOrder *orders, int most, const Passed *passed);
static void sweep_orders(LrOrder *orders, int norders, Swept *swept, Passed *passed);
static void carry_out(void *arg);
static TimestampTz instant_of(const Datum *values, const bool *nulls, int column);
static bool choose_due(LrCase *c, LrDecision *decision);
static void hand_over(LrCase *c, LrOrder *order);
static bool count_outcome(const LrOrder *order, Swept *swept);
static void remember(Passed *passed, int64 return_id);
static bool is_passed(const Passed *passed, int64 return_id);
static int64 release(int64 max_rows, Swept *swept);
static int64 fold(int64 max_rows, Swept *swept);
static void count_remaining(Swept *swept);
static void write_heartbeat(const Swept *swept, instr_time started);
static LrScan *scan_due(LrStore *store);

/* lr_sweep(max_rows): one batch, in the caller's transaction */
Datum
lr_sweep(PG_FUNCTION_ARGS)
{
	int64 max_rows = PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0);
	Swept swept = {0};
	instr_time started;
	Datum values[8];
	bool nulls[8] = {false};
	TupleDesc desc;

	lr_require_staff("sweep");
	if (max_rows < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid max_rows"),
						errdetail("max_rows is " INT64_FORMAT ".", max_rows),
						errhint("Give a number above 0.")));
	INSTR_TIME_SET_CURRENT(started);
	sweep_once(Min(max_rows, LR_MAX_ORDERS), &swept);
	count_remaining(&swept);
	write_heartbeat(&swept, started);

	values[0] = Int64GetDatum(swept.accepted);
	values[1] = Int64GetDatum(swept.declined);
	values[2] = Int64GetDatum(swept.consolidated);
	values[3] = Int64GetDatum(swept.released);
	values[4] = Int64GetDatum(swept.remaining);
	values[5] = Int64GetDatum(swept.handed_over);
	values[6] = Int64GetDatum(swept.skipped);
	values[7] = Int64GetDatum(swept.failed);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "lr_sweep must return a row");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/* lr_run_sweep(): batches, each in a transaction of its own, until nothing more can be done */
Datum
lr_run_sweep(PG_FUNCTION_ARGS)
{
	Swept swept = {0};
	instr_time started;
	bool more = true;

	lr_require_staff("sweep");
	lr_begin_batches(fcinfo, "lr_run_sweep", "SELECT * FROM lr_sweep()");
	INSTR_TIME_SET_CURRENT(started);
	count_remaining(&swept);
	while (more)
	{
		int64 due = swept.remaining;
		int64 done = sweep_once(SWEEP_BATCH, &swept);

		/* a batch that was not full has found everything: the rest is held, or came meanwhile */
		more = done >= SWEEP_BATCH;
		/* counting is left to the end: it costs as much as there is left */
		swept.remaining = Max(due - done, 0);
		if (!more)
			count_remaining(&swept);
		write_heartbeat(&swept, started);
		LR_PAUSE("sweep.before_commit");
		SPI_commit();
	}
	SPI_finish();
	PG_RETURN_VOID();
}

/* Returns how many rows it was about that will not be due again. */
static int64
sweep_once(int64 max_rows, Swept *swept)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "leadreturns sweep",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	int64 done;

	swept->skipped = 0;
	swept->failed = 0;
	done = sweep_requests(max_rows, swept);
	done += release(max_rows - done, swept);
	done += fold(max_rows - done, swept);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
	return done;
}

static int64
release(int64 max_rows, Swept *swept)
{
	int64 released = lr_outbox_release(max_rows);

	lr_outbox_wake_due();
	swept->released += released;
	return released;
}

/* Deltas of the caps take their part of the batch; those of the rates are folded many at a time. */
static int64
fold(int64 max_rows, Swept *swept)
{
	int64 of_caps = max_rows > 0 ? lr_fold_caps(max_rows) : 0;
	int64 of_rates = lr_fold_rates(RATES_BATCH);

	swept->consolidated += of_caps + of_rates;
	/* a full batch of rates means that there are more */
	return of_rates < RATES_BATCH ? of_caps : max_rows;
}

/* In the order in which they became due, passing over what cannot be had now. */
static int64
sweep_requests(int64 max_rows, Swept *swept)
{
	LrOrder *orders = palloc_extended(sizeof(LrOrder) * max_rows, MCXT_ALLOC_HUGE);
	Passed passed = {0};
	int64 done = 0;
	int n;

	while (done < max_rows && (n = find_due(orders, max_rows - done, &passed)) > 0)
	{
		int64 before = swept->accepted + swept->declined + swept->handed_over;

		sweep_orders(orders, n, swept, &passed);
		done += swept->accepted + swept->declined + swept->handed_over - before;
		if (passed.n > 1)
			qsort(passed.ids, passed.n, sizeof(int64), lr_compare_elements);
	}
	return done;
}

static int
find_due(LrOrder *orders, int most, const Passed *passed)
{
	LrStore *store = lr_open_for_command();
	LrScan *scan = scan_due(store);
	int n = 0;
	LrRow row;

	while (n < most && lr_store_next(scan, &row))
	{
		LrOrder *order = &orders[n];
		int64 return_id = DatumGetInt64(row.values[REQUEST_ID]);

		if (is_passed(passed, return_id))
			continue;
		memset(order, 0, sizeof(*order));
		order->kind = LR_DECIDE_ORDER;
		order->return_id = (LrId){return_id, true};
		lr_found_request(&row, &order->found);
		order->choose = choose_due;
		n++;
	}
	lr_store_end_scan(scan);
	lr_store_close(store);
	return n;
}

/* All at once; if that fails, one after the other, to find the one that cannot be done. */
static void
sweep_orders(LrOrder *orders, int norders, Swept *swept, Passed *passed)
{
	SweepWork work = {orders, norders};
	ErrorData *error = lr_guarded(carry_out, &work);

	if (error == NULL)
	{
		for (int i = 0; i < norders; i++)
		{
			if (!count_outcome(&orders[i], swept))
				remember(passed, orders[i].return_id.id);
		}
		return;
	}
	if (norders > 1)
	{
		for (int i = 0; i < norders; i++)
			sweep_orders(&orders[i], 1, swept, passed);
		return;
	}
	swept->failed++;
	remember(passed, orders[0].return_id.id);
	ereport(WARNING, (errcode(error->sqlerrcode),
					  errmsg("return " INT64_FORMAT " is due but could not be decided",
							 orders[0].return_id.id),
					  errdetail("%s", error->message)));
}

static void
carry_out(void *arg)
{
	SweepWork *work = arg;
	LrCase *c = palloc0(sizeof(LrCase));

	LR_PAUSE("sweep.found");
	lr_case_begin(c, lr_store_open(true), lr_session_party(), LR_BY_SWEEP);
	c->skip_busy = true;
	lr_batch_run(c, work->orders, work->norders);
	for (int i = 0; i < work->norders; i++)
	{
		if (work->orders[i].outcome.refusal.condition == LR_LEAD_DELETED)
			hand_over(c, &work->orders[i]);
	}
	lr_case_end(c);
	LR_PAUSE("sweep.carried_out");
}

static TimestampTz
instant_of(const Datum *values, const bool *nulls, int column)
{
	return nulls[column] ? DT_NOEND : DatumGetTimestampTz(values[column]);
}

/* What the request in hand is due for; somebody may have decided it since it was found. */
static bool
choose_due(LrCase *c, LrDecision *decision)
{
	const LrRequest *r = &c->request;
	TimestampTz accept_at = instant_of(r->values, r->nulls, REQUEST_AUTO_ACCEPT_AT);
	TimestampTz timeout_at = instant_of(r->values, r->nulls, REQUEST_TIMEOUT_AT);
	bool accept = accept_at <= timeout_at;

	if (r->status != LR_OPEN || c->now < Min(accept_at, timeout_at))
		return LR_REFUSE(c, LR_ILLEGAL_TRANSITION, "Return " INT64_FORMAT " is not due.",
						 r->return_id);
	if (!accept)
		accept = strcmp(TextDatumGetCString(r->values[REQUEST_TIMEOUT_ACTION]), "accept") == 0;
	*decision = (LrDecision){accept ? LR_ACCEPT : LR_DECLINE, NULL, {-1, -1, -1}};
	return true;
}

/* Nobody but a person can decide it now: it leaves the queue and requires review. */
static void
hand_over(LrCase *c, LrOrder *order)
{
	lr_case_read(c, order->return_id.id, &order->found);
	lr_request_clear(&c->request, REQUEST_AUTO_ACCEPT_AT);
	lr_request_clear(&c->request, REQUEST_TIMEOUT_AT);
	lr_request_clear(&c->request, REQUEST_TIMEOUT_ACTION);
	lr_request_write(c);
}

/* Whether it will not be due again. */
static bool
count_outcome(const LrOrder *order, Swept *swept)
{
	const LrOutcome *outcome = &order->outcome;
	LrCondition condition = outcome->refusal.condition;

	if (outcome->busy)
		swept->skipped++;
	else if (condition == LR_LEAD_DELETED)
		swept->handed_over++;
	else if (condition == LR_OK && outcome->status == LR_ACCEPTED)
		swept->accepted++;
	else if (condition == LR_OK)
		swept->declined++;
	return !outcome->busy && (condition == LR_LEAD_DELETED || condition == LR_OK);
}

static void
remember(Passed *passed, int64 return_id)
{
	if (passed->n == passed->size)
	{
		passed->size = Max(passed->size * 2, 64);
		if (passed->ids == NULL)
			passed->ids = palloc(sizeof(int64) * passed->size);
		else
			passed->ids = repalloc_huge(passed->ids, sizeof(int64) * passed->size);
	}
	passed->ids[passed->n++] = return_id;
}

static bool
is_passed(const Passed *passed, int64 return_id)
{
	return passed->n > 0 &&
		   bsearch(&return_id, passed->ids, passed->n, sizeof(int64), lr_compare_elements) != NULL;
}

static void
count_remaining(Swept *swept)
{
	LrStore *store = lr_open_for_command();
	LrScan *scan = scan_due(store);
	LrRow row;

	swept->remaining = 0;
	swept->oldest_due_at = 0;
	while (lr_store_next(scan, &row))
	{
		if (swept->remaining++ > 0)
			continue;
		swept->oldest_due_at =
			Min(instant_of(row.values, row.nulls, REQUEST_AUTO_ACCEPT_AT),
				instant_of(row.values, row.nulls, REQUEST_TIMEOUT_AT));
	}
	lr_store_end_scan(scan);
	lr_store_close(store);
}

/* The requests that are due by now, the oldest first. */
static LrScan *
scan_due(LrStore *store)
{
	LrKey key = {1, BTLessEqualStrategyNumber, TIMESTAMPTZOID, TimestampTzGetDatum(lr_clock())};

	return lr_store_scan(store, LR_REQUEST, LR_REQUEST_DUE_IDX, &key, 1);
}

/* One row; another sweep that is writing it says as much as this one would. */
static void
write_heartbeat(const Swept *swept, instr_time started)
{
	LrStore *store = lr_open_for_command();
	Datum values[HEARTBEAT_NCOLUMNS];
	bool nulls[HEARTBEAT_NCOLUMNS] = {false};
	instr_time took;
	LrRow row;

	INSTR_TIME_SET_CURRENT(took);
	INSTR_TIME_SUBTRACT(took, started);
	values[HEARTBEAT_ID] = Int64GetDatum(1);
	values[HEARTBEAT_LAST_RUN_AT] = TimestampTzGetDatum(lr_clock());
	values[HEARTBEAT_LAST_RUN_BY] = CStringGetTextDatum(lr_session_role());
	values[HEARTBEAT_DURATION_MS] =
		NumericGetDatum(int64_div_fast_to_numeric((int64) INSTR_TIME_GET_MICROSEC(took), 3));
	values[HEARTBEAT_ACCEPTED] = Int64GetDatum(swept->accepted);
	values[HEARTBEAT_DECLINED] = Int64GetDatum(swept->declined);
	values[HEARTBEAT_HANDED_OVER] = Int64GetDatum(swept->handed_over);
	values[HEARTBEAT_CONSOLIDATED] = Int64GetDatum(swept->consolidated);
	values[HEARTBEAT_RELEASED] = Int64GetDatum(swept->released);
	values[HEARTBEAT_SKIPPED] = Int64GetDatum(swept->skipped);
	values[HEARTBEAT_FAILED] = Int64GetDatum(swept->failed);
	values[HEARTBEAT_REMAINING] = Int64GetDatum(swept->remaining);
	values[HEARTBEAT_OLDEST_DUE_AT] = TimestampTzGetDatum(swept->oldest_due_at);
	nulls[HEARTBEAT_OLDEST_DUE_AT] = swept->oldest_due_at == 0;
	if (lr_store_try_lock(store, LR_SWEEP_HEARTBEAT, LR_SWEEP_HEARTBEAT_PKEY, 1,
						  LockTupleNoKeyExclusive, &row))
		lr_store_update(store, LR_SWEEP_HEARTBEAT, &row, values, nulls);
	lr_store_close(store);
}
