/*
 * lr_fold.c
 *		Folding: deliveries into the counters of the caps, figures into the rollups of the rates.
 *
 * Neither is needed for a right answer, since whoever reads adds what is not folded; folding keeps
 * that little.
 */
#include "postgres.h"

#include "lr_fold.h"

#include "access/stratnum.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "lr_deliver.h"
#include "lr_guarded.h"
#include "lr_pause.h"
#include "lr_rollup.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(lr_fold_rates_sql);

/* So many deltas are added up in memory at once. */
#define MAX_FOLD 1000000

/* How many rates to fold, and how many have been. */
typedef struct FoldRates
{
	int64 max_rows;
	int64 folded;
} FoldRates;

static int64 fold_next_account(int64 *account_id, int64 most);
static void fold_rates(void *arg);
static int64 take_deltas(LrStore *store, LrRollups *rollups, int64 most);
static void add_delta(LrRollups *rollups, const LrRow *row);
static void note_fold(LrStore *store, LrRow *lock, int64 folded);

/*
 * Moves deliveries that the caps have not counted yet into the counters, account by account; an
 * account that another session holds waits for the next time.
 */
int64
lr_fold_caps(int64 max_rows)
{
	int64 account_id = PG_INT64_MIN;
	int64 folded = 0;

	while (folded < max_rows)
	{
		int64 n = fold_next_account(&account_id, max_rows - folded);

		if (n < 0)
			break;
		folded += n;
	}
	return folded;
}

/* Of the next account that has any; -1 when there is none. */
static int64
fold_next_account(int64 *account_id, int64 most)
{
	LrStore *store = lr_open_for_command();
	LrKey key = lr_key_id(1, *account_id);
	LrHeld *held = lr_held_open(store);
	LrAccount *account;
	int64 folded = 0;
	LrRow row;

	key.strategy = BTGreaterStrategyNumber;
	if (!lr_store_get(store, LR_VOLUME_DELTA, LR_VOLUME_DELTA_ACCOUNT_IDX, &key, 1, &row))
	{
		lr_store_close(store);
		return -1;
	}
	*account_id = DatumGetInt64(row.values[DELTA_ACCOUNT_ID]);
	account = lr_held_try_account(held, *account_id);
	if (account != NULL)
	{
		lr_store_refresh(store);
		folded = lr_cap_fold(account->caps, most);
		lr_held_write(held);
	}
	lr_store_close(store);
	return folded;
}

/* An error is told and does not keep the sweep from its other work. */
int64
lr_fold_rates(int64 max_rows)
{
	FoldRates work = {max_rows, 0};
	ErrorData *error = lr_guarded(fold_rates, &work);

	if (error == NULL)
		return work.folded;
	ereport(WARNING, (errcode(error->sqlerrcode), errmsg("rates could not be folded"),
					  errdetail("%s", error->message)));
	return 0;
}

/*
 * One session at a time, which the row of rate_fold tells: whoever comes second, or comes with a
 * snapshot from before the last fold, leaves it to others.
 */
static void
fold_rates(void *arg)
{
	FoldRates *work = arg;
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "leadreturns fold",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	LrStore *store = lr_open_for_command();
	LrRow lock;

	if (!lr_store_get_id(store, LR_RATE_FOLD, LR_RATE_FOLD_PKEY, 1, &lock))
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND), errmsg("table rate_fold has lost its row"),
				 errhint("INSERT INTO leadreturns.rate_fold (rate_fold_id) VALUES (1).")));
	LR_PAUSE("fold.begun");
	if (lr_store_try_lock(store, LR_RATE_FOLD, LR_RATE_FOLD_PKEY, 1, LockTupleNoKeyExclusive,
						  &lock))
	{
		LrRollups *rollups = lr_rollups_open();

		lr_store_keep(store, &lock);
		lr_store_refresh(store);
		work->folded = take_deltas(store, rollups, Min(work->max_rows, MAX_FOLD));
		LR_PAUSE("fold.taken");
		lr_rollups_write(rollups, store);
		if (work->folded > 0)
			note_fold(store, &lock, work->folded);
	}
	lr_store_close(store);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
}

/*
 * Deletes deltas and adds them up. A transaction with a snapshot of its own takes only what it
 * sees, so that its reports keep agreeing with the records that it sees.
 */
static int64
take_deltas(LrStore *store, LrRollups *rollups, int64 most)
{
	MemoryContext row_cxt = AllocSetContextCreate(CurrentMemoryContext, "leadreturns delta",
												  ALLOCSET_SMALL_SIZES);
	int64 n = 0;
	LrScan *scan;
	LrRow row;

	if (IsolationUsesXactSnapshot())
		PushActiveSnapshot(GetTransactionSnapshot());
	scan = lr_store_scan_all(store, LR_RATE_DELTA);
	while (n < most && lr_store_next(scan, &row))
	{
		MemoryContext old = MemoryContextSwitchTo(row_cxt);

		add_delta(rollups, &row);
		lr_store_delete(store, LR_RATE_DELTA, &row);
		MemoryContextSwitchTo(old);
		MemoryContextReset(row_cxt);
		n++;
	}
	lr_store_end_scan(scan);
	if (IsolationUsesXactSnapshot())
		PopActiveSnapshot();
	return n;
}

static void
add_delta(LrRollups *rollups, const LrRow *row)
{
	LrRateKey key;
	int64 figures[LR_NFIGURES];

	key.account_id = DatumGetInt64(row->values[RATE_DELTA_ACCOUNT_ID]);
	key.supplier = lr_id(row->values[RATE_DELTA_SUPPLIER_ID], row->nulls[RATE_DELTA_SUPPLIER_ID]);
	key.lead_group =
		lr_id(row->values[RATE_DELTA_LEAD_GROUP_ID], row->nulls[RATE_DELTA_LEAD_GROUP_ID]);
	key.currency = row->values[RATE_DELTA_CURRENCY];
	key.delivered_on = (LrDay){DatumGetDateADT(row->values[RATE_DELTA_DELIVERED_ON]),
							   !row->nulls[RATE_DELTA_DELIVERED_ON]};
	key.moved_on = (LrDay){DatumGetDateADT(row->values[RATE_DELTA_MOVED_ON]),
						   !row->nulls[RATE_DELTA_MOVED_ON]};
	key.reason = row->nulls[RATE_DELTA_REASON]
					 ? NULL
					 : TextDatumGetCString(row->values[RATE_DELTA_REASON]);
	for (int f = 0; f < LR_NFIGURES; f++)
		figures[f] = lr_figure_of(f, row->values[RATE_DELTA_FIGURES + f]);
	lr_rollups_add(rollups, &key, figures);
}

static void
note_fold(LrStore *store, LrRow *lock, int64 folded)
{
	Datum values[RATE_FOLD_NCOLUMNS] = {Int64GetDatum(1), TimestampTzGetDatum(lr_clock()),
										Int64GetDatum(folded)};
	bool nulls[RATE_FOLD_NCOLUMNS] = {false};

	lr_store_update(store, LR_RATE_FOLD, lock, values, nulls);
}

/* fold_rates(most) */
Datum
lr_fold_rates_sql(PG_FUNCTION_ARGS)
{
	FoldRates work = {PG_GETARG_INT64(0), 0};

	fold_rates(&work);
	PG_RETURN_INT64(work.folded);
}
