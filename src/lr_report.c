/*
 * lr_report.c
 *		By what reports judge a rate: bands and spikes.
 *
 * The thresholds are settings that only a superuser may change (for a database, or for all of
 * them), so that everybody reads the same judgement.
 */
#include "postgres.h"

#include "lr_report.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/numeric.h"

PG_FUNCTION_INFO_V1(lr_rate_band);
PG_FUNCTION_INFO_V1(lr_report_setting);
PG_FUNCTION_INFO_V1(lr_spreadsheet_text);
PG_FUNCTION_INFO_V1(lr_z_score);
PG_FUNCTION_INFO_V1(lr_ratio);
PG_FUNCTION_INFO_V1(lr_money);

/* A rate is a quotient of counts, which a double cannot always hold: 3 of 20 is 0.15. */
#define TOLERANCE 1e-9

#define MAX_DAYS 3660

/* numeric(7,4) holds nothing from 1000 on */
#define MAX_RATIO 999
#define RATIO_DIGITS 4
#define RATIO_SCALE 10000

static int band_min_delivered = 20;
static double band_watch = 0.15;
static double band_high = 0.30;
static int spike_window_days = 1;
static int spike_baseline_from_days = 42;
static int spike_baseline_until_days = 15;
static int spike_min_delivered = 20;
static int spike_min_baseline = 100;
static double spike_z = 4.0;

typedef struct CountSetting
{
	const char *name;
	const char *description;
	int *value;
	int least;
	int most;
} CountSetting;

typedef struct NumberSetting
{
	const char *name;
	const char *description;
	double *value;
	double most;
} NumberSetting;

static const CountSetting counts[] = {
	{"leadreturns.band_min_delivered",
	 "Deliveries below which a rate says too little: its band is too_few.", &band_min_delivered,
	 1, PG_INT32_MAX},
	{"leadreturns.spike_window_days", "Days of a return_spikes row: that day and those before.",
	 &spike_window_days, 1, MAX_DAYS},
	{"leadreturns.spike_baseline_from_days", "Days before its day at which a baseline begins.",
	 &spike_baseline_from_days, 1, MAX_DAYS},
	{"leadreturns.spike_baseline_until_days", "Days before its day at which a baseline ends.",
	 &spike_baseline_until_days, 1, MAX_DAYS},
	{"leadreturns.spike_min_delivered", "Deliveries that a window needs to be judged.",
	 &spike_min_delivered, 1, PG_INT32_MAX},
	{"leadreturns.spike_min_baseline", "Deliveries that a baseline needs to be one.",
	 &spike_min_baseline, 1, PG_INT32_MAX},
};

static const NumberSetting numbers[] = {
	{"leadreturns.band_watch", "The return rate from which on the band is watch, 0.15 for 15 %.",
	 &band_watch, 1.0},
	{"leadreturns.band_high", "The return rate from which on the band is high, 0.30 for 30 %.",
	 &band_high, 1.0},
	{"leadreturns.spike_z", "The z score above which a window is a spike.", &spike_z, 1000.0},
};

void
lr_report_init(void)
{
	/* The next to be made, also when a load that failed is repeated. */
	static int i = 0;
	static int j = 0;

	for (; i < (int) lengthof(counts); i++)
		DefineCustomIntVariable(counts[i].name, counts[i].description, NULL, counts[i].value,
								*counts[i].value, counts[i].least, counts[i].most, PGC_SUSET, 0,
								NULL, NULL, NULL);
	for (; j < (int) lengthof(numbers); j++)
		DefineCustomRealVariable(numbers[j].name, numbers[j].description, NULL, numbers[j].value,
								 *numbers[j].value, 0.0, numbers[j].most, PGC_SUSET, 0, NULL,
								 NULL, NULL);
}

/* rate_band(delivered, returned) */
Datum
lr_rate_band(PG_FUNCTION_ARGS)
{
	int64 delivered = PG_GETARG_INT64(0);
	double rate = (double) PG_GETARG_INT64(1) / Max(delivered, 1) + TOLERANCE;

	if (delivered < band_min_delivered)
		PG_RETURN_DATUM(lr_text_datum("too_few"));
	if (rate >= band_high)
		PG_RETURN_DATUM(lr_text_datum("high"));
	PG_RETURN_DATUM(lr_text_datum(rate >= band_watch ? "watch" : "healthy"));
}

/* report_setting(name): one of ours, without its prefix, as a number */
Datum
lr_report_setting(PG_FUNCTION_ARGS)
{
	char *name = psprintf("leadreturns.%s", text_to_cstring(PG_GETARG_TEXT_PP(0)));

	for (int i = 0; i < (int) lengthof(counts); i++)
	{
		if (strcmp(counts[i].name, name) == 0)
			PG_RETURN_FLOAT8(*counts[i].value);
	}
	for (int i = 0; i < (int) lengthof(numbers); i++)
	{
		if (strcmp(numbers[i].name, name) == 0)
			PG_RETURN_FLOAT8(*numbers[i].value);
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid name of a setting"),
					errdetail("\"%s\" is no setting of reports.", name),
					errhint("Give spike_z or another one of reports, without leadreturns.")));
}

/* ratio(part, whole): four digits, rounded half away from zero as numeric is */
Datum
lr_ratio(PG_FUNCTION_ARGS)
{
	int64 part = PG_GETARG_INT64(0);
	int64 whole = PG_GETARG_INT64(1);
	int128 twice;

	if (whole <= 0 || (int128) Abs(part) >= (int128) whole * MAX_RATIO)
		PG_RETURN_NULL();
	twice = (int128) part * (2 * RATIO_SCALE);
	PG_RETURN_DATUM(NumericGetDatum(int64_div_fast_to_numeric(
		(int64) ((twice + (part < 0 ? -whole : whole)) / ((int128) whole * 2)), RATIO_DIGITS)));
}

/* money(cents) */
Datum
lr_money(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(lr_money_datum(PG_GETARG_INT64(0)));
}

/* z_score(returned, delivered, base_returned, base_delivered): two proportions, pooled */
Datum
lr_z_score(PG_FUNCTION_ARGS)
{
	double x1 = (double) PG_GETARG_INT64(0);
	double n1 = (double) PG_GETARG_INT64(1);
	double x2 = (double) PG_GETARG_INT64(2);
	double n2 = (double) PG_GETARG_INT64(3);
	double pooled;
	double variance;

	if (n1 <= 0 || n2 <= 0)
		PG_RETURN_NULL();
	pooled = (x1 + x2) / (n1 + n2);
	variance = pooled * (1 - pooled) * (1 / n1 + 1 / n2);
	/* all alike: nothing or everything was returned on both sides */
	if (variance <= 0)
		PG_RETURN_FLOAT8(0);
	PG_RETURN_FLOAT8((x1 / n1 - x2 / n2) / sqrt(variance));
}

/*
 * lr_spreadsheet_text(value)
 *		Excel, LibreOffice and Google Sheets take a cell that begins like this for a formula; a
 *		leading apostrophe makes it text (OWASP, "CSV Injection").
 */
Datum
lr_spreadsheet_text(PG_FUNCTION_ARGS)
{
	text *value = PG_GETARG_TEXT_PP(0);

	if (VARSIZE_ANY_EXHDR(value) == 0 || strchr("=+-@\t\r\n", *VARDATA_ANY(value)) == NULL)
		PG_RETURN_TEXT_P(value);
	PG_RETURN_TEXT_P(cstring_to_text(psprintf("'%s", text_to_cstring(value))));
}
