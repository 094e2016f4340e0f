/*
 * lr_calendar.c
 *		Table holiday as a sorted array, read anew when the table has changed.
 */
#include "postgres.h"

#include "lr_calendar.h"

#include "utils/memutils.h"

static struct
{
	MemoryContext cxt;
	uint64 version;
	LrHolidays holidays;
} cache;

static int compare_days(const void *a, const void *b);

const LrHolidays *
lr_holidays(LrStore *store)
{
	uint64 version;
	MemoryContext cxt;
	DateADT *days;
	int ndays = 0;
	int size = 64;
	LrScan *scan;
	LrRow row;

	if (cache.cxt != NULL && cache.version == lr_table_version(LR_HOLIDAY))
		return &cache.holidays;

	cxt = AllocSetContextCreate(CurrentMemoryContext, "leadreturns holidays",
								ALLOCSET_SMALL_SIZES);
	days = MemoryContextAlloc(cxt, sizeof(DateADT) * size);
	scan = lr_store_scan_reference(store, LR_HOLIDAY, &version);
	while (lr_store_next(scan, &row))
	{
		if (ndays == size)
		{
			size *= 2;
			days = repalloc(days, sizeof(DateADT) * size);
		}
		days[ndays++] = DatumGetDateADT(row.values[0]);
	}
	lr_store_end_scan(scan);
	qsort(days, ndays, sizeof(DateADT), compare_days);

	if (cache.cxt != NULL)
		MemoryContextDelete(cache.cxt);
	MemoryContextSetParent(cxt, CacheMemoryContext);
	cache.cxt = cxt;
	cache.version = version;
	cache.holidays.ndays = ndays;
	cache.holidays.days = days;
	return &cache.holidays;
}

static int
compare_days(const void *a, const void *b)
{
	DateADT x = *(const DateADT *) a;
	DateADT y = *(const DateADT *) b;

	return x < y ? -1 : x > y;
}
