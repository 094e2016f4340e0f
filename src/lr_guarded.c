/*
 * lr_guarded.c
 *		Work in a subtransaction.
 */
#include "postgres.h"

#include "lr_guarded.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

static ErrorData *work_in_subtransaction(LrWork work, void *arg, bool keep);
static bool concerns_the_work(int sqlstate);

ErrorData *
lr_guarded(LrWork work, void *arg)
{
	return work_in_subtransaction(work, arg, true);
}

ErrorData *
lr_tried(LrWork work, void *arg)
{
	return work_in_subtransaction(work, arg, false);
}

static ErrorData *
work_in_subtransaction(LrWork work, void *arg, bool keep)
{
	MemoryContext cxt = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(cxt);
	PG_TRY();
	{
		work(arg);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(cxt);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();

	if (error == NULL && keep)
		ReleaseCurrentSubTransaction();
	else
		RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(cxt);
	CurrentResourceOwner = owner;
	if (error != NULL && !concerns_the_work(error->sqlerrcode))
		ReThrowError(error);
	return error;
}

static bool
concerns_the_work(int sqlstate)
{
	switch (ERRCODE_TO_CATEGORY(sqlstate))
	{
		case ERRCODE_OPERATOR_INTERVENTION:
		case ERRCODE_INSUFFICIENT_RESOURCES:
		case ERRCODE_SYSTEM_ERROR:
		case ERRCODE_TRANSACTION_ROLLBACK:
		case ERRCODE_INVALID_TRANSACTION_STATE:
		case ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE:
			return false;
		default:
			return sqlstate != ERRCODE_DATA_CORRUPTED && sqlstate != ERRCODE_INDEX_CORRUPTED;
	}
}
