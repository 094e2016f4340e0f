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
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lr_deliver.h"
#include "lr_guarded.h"

/* How many rates to fold, and how many have been. */
typedef struct FoldRates
{
	int64 max_rows;
	int64 folded;
} FoldRates;

static int64 fold_next_account(int64 *account_id, int64 most);
static void fold_rates(void *arg);

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

static void
fold_rates(void *arg)
{
	FoldRates *work = arg;
	Oid type = INT8OID;
	Datum max_rows = Int64GetDatum(work->max_rows);
	bool null;

	SPI_connect();
	if (SPI_execute_with_args("SELECT leadreturns.fold_rates($1)", 1, &type, &max_rows, NULL,
							  false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not fold rates");
	work->folded = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1,
											   &null));
	SPI_finish();
}
