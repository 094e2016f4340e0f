/*
 * lr_cap.c
 *		Exact cap usage.
 *
 * Whoever changes what is used holds the account's lock, so a row of cap_period has one writer at
 * a time and its "used" is exact. Deliveries wait for nobody: each appends a row to volume_delta,
 * and the deliveries of a period are the row's count plus the deltas, both read under one snapshot
 * taken after the lock. A period's row is made by counting the tables once, when a cap first asks
 * about it; what the deltas of the same snapshot add is taken off, so that none counts twice.
 */
#include "postgres.h"

#include "lr_cap.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "utils/timestamp.h"

/* From here on reading the deltas for each request costs more than folding them. */
#define MANY_DELTAS 64

static bool find_period(LrStore *store, int64 account_id, LrPeriod period, LrRow *row);
static LrUsage read_usage(const LrRow *row);
static void write_usage(LrStore *store, LrRow *row, const LrUsage *usage);
static int add_deltas(LrStore *store, int64 account_id, LrPeriod period, LrUsage *usage);
static void fold_deltas(LrStore *store, int64 account_id);
static LrUsage count_tables(LrStore *store, int64 account_id, LrPeriod period, bool by_request);
static void insert_period(LrStore *store, int64 account_id, LrPeriod period,
						  const LrUsage *usage);
static LrScan *scan_periods(LrStore *store, int64 account_id, TimestampTz ends_after);

static inline bool
lies_in(TimestampTz at, LrPeriod period)
{
	return at >= period.starts_at && at < period.ends_at;
}

LrUsage
lr_cap_usage(LrStore *store, const LrCapSubject *subject)
{
	int64 account_id = subject->account_id;
	LrPeriod period = lr_decide_period(subject->terms, subject->cycle, subject->delivered_at,
									   subject->now);
	LrUsage usage;
	LrRow row;

	if (subject->terms->cap_period == LR_ROLLING)
		return count_tables(store, account_id, period, true);

	if (find_period(store, account_id, period, &row))
	{
		usage = read_usage(&row);
		if (add_deltas(store, account_id, period, &usage) > MANY_DELTAS &&
			lr_store_writes(store))
			fold_deltas(store, account_id);
		return usage;
	}

	usage = count_tables(store, account_id, period, false);
	if (lr_store_writes(store))
		insert_period(store, account_id, period, &usage);
	return usage;
}

void
lr_cap_use(LrStore *store, int64 account_id, TimestampTz delivered_at, int64 count, LrMoney value)
{
	LrScan *scan;
	LrRow row;

	if (count == 0 && value == 0)
		return;
	scan = scan_periods(store, account_id, delivered_at);
	while (lr_store_next(scan, &row))
	{
		LrUsage usage;

		if (DatumGetTimestampTz(row.values[CAP_STARTS_AT]) > delivered_at)
			continue;
		usage = read_usage(&row);
		usage.used += count;
		usage.used_value += value;
		write_usage(store, &row, &usage);
	}
	lr_store_end_scan(scan);
}

/* Rows of the account's periods that end after an instant. */
static LrScan *
scan_periods(LrStore *store, int64 account_id, TimestampTz ends_after)
{
	LrKey keys[2] = {lr_key_id(1, account_id),
					 {2, BTGreaterStrategyNumber, TIMESTAMPTZOID,
					  TimestampTzGetDatum(ends_after)}};

	return lr_store_scan(store, LR_CAP_PERIOD, LR_CAP_PERIOD_PKEY, keys, 2);
}

static bool
find_period(LrStore *store, int64 account_id, LrPeriod period, LrRow *row)
{
	LrScan *scan = scan_periods(store, account_id, period.ends_at - 1);
	bool found = false;

	while (!found && lr_store_next(scan, row))
	{
		if (DatumGetTimestampTz(row->values[CAP_ENDS_AT]) > period.ends_at)
			break;
		found = DatumGetTimestampTz(row->values[CAP_STARTS_AT]) == period.starts_at;
	}
	lr_store_end_scan(scan);
	return found;
}

static LrUsage
read_usage(const LrRow *row)
{
	LrUsage usage;

	usage.delivered = DatumGetInt64(row->values[CAP_DELIVERED]);
	usage.delivered_value = lr_money_from_datum(row->values[CAP_DELIVERED_VALUE]);
	usage.used = DatumGetInt64(row->values[CAP_USED]);
	usage.used_value = lr_money_from_datum(row->values[CAP_USED_VALUE]);
	return usage;
}

static void
write_usage(LrStore *store, LrRow *row, const LrUsage *usage)
{
	Datum values[CAP_NCOLUMNS];
	bool nulls[CAP_NCOLUMNS] = {false};

	memcpy(values, row->values, sizeof(values));
	values[CAP_DELIVERED] = Int64GetDatum(usage->delivered);
	values[CAP_DELIVERED_VALUE] = lr_money_datum(usage->delivered_value);
	values[CAP_USED] = Int64GetDatum(usage->used);
	values[CAP_USED_VALUE] = lr_money_datum(usage->used_value);
	lr_store_update(store, LR_CAP_PERIOD, row, values, nulls);
}

/* Adds the account's deltas that lie in the period; tells how many the account has. */
static int
add_deltas(LrStore *store, int64 account_id, LrPeriod period, LrUsage *usage)
{
	LrKey key = lr_key_id(1, account_id);
	LrScan *scan = lr_store_scan(store, LR_VOLUME_DELTA, LR_VOLUME_DELTA_ACCOUNT_IDX, &key, 1);
	int ndeltas = 0;
	LrRow row;

	while (lr_store_next(scan, &row))
	{
		ndeltas++;
		if (!lies_in(DatumGetTimestampTz(row.values[DELTA_DELIVERED_AT]), period))
			continue;
		usage->delivered++;
		usage->delivered_value += lr_money_from_datum(row.values[DELTA_PRICE]);
	}
	lr_store_end_scan(scan);
	return ndeltas;
}

/* Moves the account's deltas into its periods. Both are read under the store's one snapshot. */
static void
fold_deltas(LrStore *store, int64 account_id)
{
	LrScan *scan = scan_periods(store, account_id, DT_NOBEGIN);
	LrKey key = lr_key_id(1, account_id);
	LrRow row;

	while (lr_store_next(scan, &row))
	{
		LrUsage usage = read_usage(&row);
		LrPeriod period = {DatumGetTimestampTz(row.values[CAP_STARTS_AT]),
						   DatumGetTimestampTz(row.values[CAP_ENDS_AT])};
		int64 before = usage.delivered;

		add_deltas(store, account_id, period, &usage);
		if (usage.delivered != before)
			write_usage(store, &row, &usage);
	}
	lr_store_end_scan(scan);

	scan = lr_store_scan(store, LR_VOLUME_DELTA, LR_VOLUME_DELTA_ACCOUNT_IDX, &key, 1);
	while (lr_store_next(scan, &row))
		lr_store_delete(store, LR_VOLUME_DELTA, &row);
	lr_store_end_scan(scan);
	lr_store_step(store);
}

/*
 * Counts the deliveries of a period and the live requests on them; by_request, the requests made
 * in it (rolling caps).
 */
static LrUsage
count_tables(LrStore *store, int64 account_id, LrPeriod period, bool by_request)
{
	LrKey keys[3] = {lr_key_id(1, account_id),
					 {2, BTGreaterEqualStrategyNumber, TIMESTAMPTZOID,
					  TimestampTzGetDatum(period.starts_at)},
					 {2, BTLessStrategyNumber, TIMESTAMPTZOID,
					  TimestampTzGetDatum(period.ends_at)}};
	LrUsage usage = {0};
	LrScan *scan;
	LrRow row;

	scan = lr_store_scan(store, LR_DELIVERY, LR_DELIVERY_ACCOUNT_IDX, keys, 3);
	while (lr_store_next(scan, &row))
	{
		usage.delivered++;
		usage.delivered_value += lr_money_from_datum(row.values[DELIVERY_PRICE]);
	}
	lr_store_end_scan(scan);

	scan = lr_store_scan(store, LR_REQUEST, LR_REQUEST_ACCOUNT_IDX, keys, by_request ? 3 : 1);
	while (lr_store_next(scan, &row))
	{
		bool open = lr_status_of(row.values[REQUEST_STATUS]) == LR_OPEN;

		if (row.nulls[REQUEST_LIVE_DELIVERY_ID])
			continue;
		if (!by_request &&
			!lies_in(DatumGetTimestampTz(row.values[REQUEST_DELIVERED_AT]), period))
			continue;
		usage.used++;
		usage.used_value += lr_money_from_datum(
			row.values[open ? REQUEST_PRICE : REQUEST_CREDIT]);
	}
	lr_store_end_scan(scan);
	return usage;
}

/* usage was counted under the store's snapshot, as the deltas are here. */
static void
insert_period(LrStore *store, int64 account_id, LrPeriod period, const LrUsage *usage)
{
	Datum values[CAP_NCOLUMNS];
	bool nulls[CAP_NCOLUMNS] = {false};
	LrUsage deltas = {0};

	add_deltas(store, account_id, period, &deltas);

	values[CAP_ACCOUNT_ID] = Int64GetDatum(account_id);
	values[CAP_STARTS_AT] = TimestampTzGetDatum(period.starts_at);
	values[CAP_ENDS_AT] = TimestampTzGetDatum(period.ends_at);
	values[CAP_DELIVERED] = Int64GetDatum(usage->delivered - deltas.delivered);
	values[CAP_DELIVERED_VALUE] =
		lr_money_datum(usage->delivered_value - deltas.delivered_value);
	values[CAP_USED] = Int64GetDatum(usage->used);
	values[CAP_USED_VALUE] = lr_money_datum(usage->used_value);
	lr_store_insert(store, LR_CAP_PERIOD, values, nulls);
	lr_store_step(store);
}
