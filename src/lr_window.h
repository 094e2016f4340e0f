/*
 * lr_window.h
 *		Arithmetic with instants in a named time zone: windows, business days, billing cycles,
 *		periods. Pure: no database access, no session setting.
 */
#ifndef LR_WINDOW_H
#define LR_WINDOW_H

#include "leadreturns.h"
#include "pgtime.h"
#include "utils/date.h"

/* Days that do not count as business days, besides Saturdays and Sundays. */
typedef struct LrHolidays
{
	int ndays;
	const DateADT *days; /* ascending */
} LrHolidays;

/* The billing cycle of an account. */
typedef struct LrCycle
{
	bool weekly; /* else monthly */
	DateADT anchor;
} LrCycle;

/* From starts_at, inclusive, to ends_at, exclusive. */
typedef struct LrPeriod
{
	TimestampTz starts_at;
	TimestampTz ends_at;
} LrPeriod;

/*
 * An instant moved by an interval as its clock on the wall says: months, then days, then elapsed
 * time, like timestamptz + interval in that zone. holidays NULL: calendar days; else only business
 * days count, for the days and for the elapsed time.
 */
extern TimestampTz lr_instant_add(TimestampTz from, const Interval *span, pg_tz *zone,
								  const LrHolidays *holidays);
extern TimestampTz lr_instant_add_days(TimestampTz from, int days, pg_tz *zone);

extern LrPeriod lr_month_of(TimestampTz at, pg_tz *zone);
extern LrPeriod lr_cycle_of(TimestampTz at, const LrCycle *cycle, pg_tz *zone);
extern TimestampTz lr_start_of_day(DateADT day, pg_tz *zone);
extern DateADT lr_day_of(TimestampTz at, pg_tz *zone);

#endif /* LR_WINDOW_H */
