/*
 * lr_clock.c
 *		The only place that reads time.
 *
 * Rules ask for the clock after the locks they need are held, so a command that waited is judged
 * at the instant it acts, not at the instant its transaction began. Tests move time by setting
 * leadreturns.now.
 */
#include "postgres.h"

#include "leadreturns.h"
#include "lr_compat.h"

#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(lr_clock_sql);

static char *now_setting = NULL;

/* What leadreturns.now says, 0 when it says nothing. */
static TimestampTz now_override = 0;

static bool check_now(char **newval, void **extra, GucSource source);
static void assign_now(const char *newval, void *extra);

void
lr_clock_init(void)
{
	DefineCustomStringVariable("leadreturns.now", "The clock that every rule reads, for tests.",
							   "Empty means the time of day.", &now_setting, "", PGC_SUSET,
							   GUC_NOT_IN_SAMPLE, check_now, assign_now, NULL);
}

/*
 * check_now
 *		Accepts an ISO timestamp with its zone; anything else is refused by timestamptz_in.
 */
static bool
check_now(char **newval, void **extra, GucSource source)
{
	TimestampTz *at;

	at = lr_guc_alloc(sizeof(TimestampTz));
	if (at == NULL)
		return false;
	*at = 0;
	if (*newval != NULL && **newval != '\0')
	{
		*at = DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in, CStringGetDatum(*newval),
													  ObjectIdGetDatum(InvalidOid),
													  Int32GetDatum(-1)));
		if (TIMESTAMP_NOT_FINITE(*at))
		{
			lr_guc_free(at);
			GUC_check_errdetail("The clock must be a finite instant.");
			return false;
		}
	}
	*extra = at;
	return true;
}

static void
assign_now(const char *newval, void *extra)
{
	now_override = *(TimestampTz *) extra;
}

TimestampTz
lr_clock(void)
{
	return now_override != 0 ? now_override : GetCurrentTimestamp();
}

Datum
lr_clock_sql(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMPTZ(lr_clock());
}
