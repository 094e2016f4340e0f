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

/* What leadreturns.now says. */
typedef struct NowOverride
{
	bool given;
	TimestampTz at;
} NowOverride;

static NowOverride now_override = {false, 0};

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
	NowOverride *said = lr_guc_alloc(sizeof(NowOverride));

	if (said == NULL)
		return false;
	said->given = false;
	said->at = 0;
	if (*newval != NULL && **newval != '\0')
	{
		said->given = true;
		said->at = DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in, CStringGetDatum(*newval),
														   ObjectIdGetDatum(InvalidOid),
														   Int32GetDatum(-1)));
		if (TIMESTAMP_NOT_FINITE(said->at))
		{
			lr_guc_free(said);
			GUC_check_errdetail("The clock must be a finite instant.");
			return false;
		}
	}
	*extra = said;
	return true;
}

static void
assign_now(const char *newval, void *extra)
{
	now_override = *(NowOverride *) extra;
}

TimestampTz
lr_clock(void)
{
	return now_override.given ? now_override.at : GetCurrentTimestamp();
}

Datum
lr_clock_sql(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMPTZ(lr_clock());
}
