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

#include "access/parallel.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(lr_clock_sql);

static char *now_setting = NULL;

/* What leadreturns.now says. */
typedef struct NowOverride
{
	bool given;
	bool parsed;
	TimestampTz at;
} NowOverride;

static NowOverride now_override = {false, true, 0};

static bool check_now(char **newval, void **extra, GucSource source);
static void assign_now(const char *newval, void *extra);
static TimestampTz parse_now(const char *given);

void
lr_clock_init(void)
{
	DefineCustomStringVariable("leadreturns.now", "The clock that every rule reads, for tests.",
							   "Empty means the time of day.", &now_setting, "", PGC_SUSET,
							   GUC_NOT_IN_SAMPLE, check_now, assign_now, NULL);
}

/*
 * check_now
 *		Accepts an ISO timestamp with its zone; anything else is refused by timestamptz_in. A
 *		parallel worker takes over what its leader has accepted, before it knows the abbreviations
 *		of time zones, so it parses the value when it is first asked for.
 */
static bool
check_now(char **newval, void **extra, GucSource source)
{
	NowOverride *said = lr_guc_alloc(sizeof(NowOverride));

	if (said == NULL)
		return false;
	said->given = *newval != NULL && **newval != '\0';
	said->parsed = !said->given || !InitializingParallelWorker;
	said->at = 0;
	if (said->given && said->parsed)
	{
		said->at = parse_now(*newval);
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

static TimestampTz
parse_now(const char *given)
{
	return DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in, CStringGetDatum(given),
												   ObjectIdGetDatum(InvalidOid),
												   Int32GetDatum(-1)));
}

static void
assign_now(const char *newval, void *extra)
{
	now_override = *(NowOverride *) extra;
}

TimestampTz
lr_clock(void)
{
	if (!now_override.given)
		return GetCurrentTimestamp();
	if (!now_override.parsed)
	{
		now_override.at = parse_now(now_setting);
		now_override.parsed = true;
	}
	return now_override.at;
}

Datum
lr_clock_sql(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMPTZ(lr_clock());
}
