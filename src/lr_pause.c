/*
 * lr_pause.c
 *		Named points at which a test stops a backend: where the setting leadreturns.pause_at names
 *		the point that is reached, the backend takes and gives back an advisory lock, which the test
 *		holds while it looks, or kills.
 */
#include "postgres.h"

#include "lr_pause.h"

#ifdef LR_TEST

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"

#define PAUSE_LOCK INT64CONST(20260101)

static char *pause_at = NULL;

void
lr_pause_init(void)
{
	DefineCustomStringVariable("leadreturns.pause_at", "Where to stop, in tests.", NULL,
							   &pause_at, "", PGC_SUSET, GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
}

void
lr_pause(const char *point)
{
	if (pause_at == NULL || strcmp(pause_at, point) != 0)
		return;
	DirectFunctionCall1(pg_advisory_lock_int8, Int64GetDatum(PAUSE_LOCK));
	DirectFunctionCall1(pg_advisory_unlock_int8, Int64GetDatum(PAUSE_LOCK));
}

#endif /* LR_TEST */
