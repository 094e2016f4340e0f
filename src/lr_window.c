/*
 * lr_window.c
 *		Arithmetic with instants in a named time zone.
 *
 * Instants are from 1900 to 9999 (table delivery) and intervals at most 100 years (lr_settings.c),
 * so nothing here overflows.
 */
#include "postgres.h"

#include "lr_window.h"

#include "utils/datetime.h"
#include "utils/timestamp.h"

static void to_local(TimestampTz at, pg_tz *zone, struct pg_tm *tm, fsec_t *fsec);
static TimestampTz to_instant(struct pg_tm *tm, fsec_t fsec, pg_tz *zone);
static bool is_business_day(int julian, const LrHolidays *holidays);
static TimestampTz add_business_time(TimestampTz at, int64 microseconds, pg_tz *zone,
									 const LrHolidays *holidays);
static int days_in_month(int year, int month);
static TimestampTz midnight(int julian, pg_tz *zone);

TimestampTz
lr_instant_add(TimestampTz from, const Interval *span, pg_tz *zone, const LrHolidays *holidays)
{
	TimestampTz at = from;
	struct pg_tm tm;
	fsec_t fsec;
	int julian;

	if (span->month != 0 || span->day != 0)
	{
		to_local(from, zone, &tm, &fsec);
		tm.tm_mon += span->month;
		tm.tm_year += (tm.tm_mon - 1) / MONTHS_PER_YEAR;
		tm.tm_mon = (tm.tm_mon - 1) % MONTHS_PER_YEAR + 1;
		tm.tm_mday = Min(tm.tm_mday, days_in_month(tm.tm_year, tm.tm_mon));
		julian = date2j(tm.tm_year, tm.tm_mon, tm.tm_mday);
		if (holidays == NULL)
			julian += span->day;
		else
		{
			for (int left = span->day; left > 0;)
			{
				julian++;
				if (is_business_day(julian, holidays))
					left--;
			}
		}
		j2date(julian, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
		at = to_instant(&tm, fsec, zone);
	}
	if (holidays != NULL && span->time > 0)
		return add_business_time(at, span->time, zone, holidays);
	return at + span->time;
}

TimestampTz
lr_instant_add_days(TimestampTz from, int days, pg_tz *zone)
{
	Interval span = {0, days, 0};

	return lr_instant_add(from, &span, zone, NULL);
}

/* Lets time elapse on business days only; a start on another day waits for the next midnight. */
static TimestampTz
add_business_time(TimestampTz at, int64 microseconds, pg_tz *zone, const LrHolidays *holidays)
{
	for (;;)
	{
		struct pg_tm tm;
		fsec_t fsec;
		int julian;
		TimestampTz end_of_day;

		to_local(at, zone, &tm, &fsec);
		julian = date2j(tm.tm_year, tm.tm_mon, tm.tm_mday);
		end_of_day = midnight(julian + 1, zone);
		if (is_business_day(julian, holidays))
		{
			if (microseconds <= end_of_day - at)
				return at + microseconds;
			microseconds -= end_of_day - at;
		}
		at = end_of_day;
	}
}

static bool
is_business_day(int julian, const LrHolidays *holidays)
{
	DateADT day = julian - POSTGRES_EPOCH_JDATE;
	int weekday = j2day(julian);
	int low = 0;
	int high = holidays->ndays;

	if (weekday == 0 || weekday == 6)
		return false;
	while (low < high)
	{
		int middle = (low + high) / 2;

		if (holidays->days[middle] < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low == holidays->ndays || holidays->days[low] != day;
}

/* The calendar month of an instant. */
LrPeriod
lr_month_of(TimestampTz at, pg_tz *zone)
{
	LrCycle calendar = {false, 0};

	calendar.anchor = date2j(2001, 1, 1) - POSTGRES_EPOCH_JDATE;
	return lr_cycle_of(at, &calendar, zone);
}

/*
 * lr_cycle_of
 *		Weekly cycles start every seven days at the anchor, monthly ones on the anchor's day of the
 *		month or, in a shorter month, on its last day.
 */
LrPeriod
lr_cycle_of(TimestampTz at, const LrCycle *cycle, pg_tz *zone)
{
	int anchor = cycle->anchor + POSTGRES_EPOCH_JDATE;
	struct pg_tm tm;
	fsec_t fsec;
	LrPeriod period;
	int julian;
	int first;
	int next;

	to_local(at, zone, &tm, &fsec);
	julian = date2j(tm.tm_year, tm.tm_mon, tm.tm_mday);
	if (cycle->weekly)
	{
		int offset = (julian - anchor) % 7;

		first = julian - (offset < 0 ? offset + 7 : offset);
		next = first + 7;
	}
	else
	{
		int year = tm.tm_year;
		int month = tm.tm_mon;
		int anchor_year;
		int anchor_month;
		int day;

		j2date(anchor, &anchor_year, &anchor_month, &day);
		if (tm.tm_mday < Min(day, days_in_month(year, month)))
		{
			year = month == 1 ? year - 1 : year;
			month = month == 1 ? 12 : month - 1;
		}
		first = date2j(year, month, Min(day, days_in_month(year, month)));
		year = month == 12 ? year + 1 : year;
		month = month == 12 ? 1 : month + 1;
		next = date2j(year, month, Min(day, days_in_month(year, month)));
	}
	period.starts_at = midnight(first, zone);
	period.ends_at = midnight(next, zone);
	return period;
}

TimestampTz
lr_start_of_day(DateADT day, pg_tz *zone)
{
	return midnight(day + POSTGRES_EPOCH_JDATE, zone);
}

DateADT
lr_day_of(TimestampTz at, pg_tz *zone)
{
	struct pg_tm tm;
	fsec_t fsec;

	to_local(at, zone, &tm, &fsec);
	return date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE;
}

static TimestampTz
midnight(int julian, pg_tz *zone)
{
	struct pg_tm tm;

	memset(&tm, 0, sizeof(tm));
	j2date(julian, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
	return to_instant(&tm, 0, zone);
}

static int
days_in_month(int year, int month)
{
	return day_tab[isleap(year)][month - 1];
}

static void
to_local(TimestampTz at, pg_tz *zone, struct pg_tm *tm, fsec_t *fsec)
{
	int tz;

	if (timestamp2tm(at, &tz, tm, fsec, NULL, zone) != 0)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("timestamp out of range")));
}

/* A local time that daylight saving skips or repeats is read with standard time. */
static TimestampTz
to_instant(struct pg_tm *tm, fsec_t fsec, pg_tz *zone)
{
	int tz = DetermineTimeZoneOffset(tm, zone);
	TimestampTz at;

	if (tm2timestamp(tm, fsec, &tz, &at) != 0)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("timestamp out of range")));
	return at;
}
