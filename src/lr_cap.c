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
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* From here on reading the deltas for each command costs more than folding them. */
#define MANY_DELTAS 64

typedef enum PeriodKind
{
	STORED, /* a row of cap_period */
	FRESH,  /* will be one */
	ROLLING /* never is: counted anew by each command */
} PeriodKind;

/* What is counted of a period; of the first two kinds without the deltas. */
typedef struct Period
{
	LrPeriod span;
	PeriodKind kind;
	bool changed;
	LrUsage usage;
	LrStore *read_by; /* of STORED: the store that has its row */
	LrRow row;
} Period;

typedef struct Delta
{
	TimestampTz delivered_at;
	LrMoney price;
} Delta;

struct LrCapBook
{
	LrStore *store;
	int64 account_id;
	TimestampTz read_after; /* periods that end after it have been read */
	Period *periods;
	int nperiods;
	int size;
	bool deltas_read;
	int ndeltas;
	Delta deltas[MANY_DELTAS];
};

/* An entry of LrCapBooks. */
typedef struct BookEntry
{
	int64 account_id; /* key */
	LrCapBook *book;
} BookEntry;

struct LrCapBooks
{
	MemoryContext cxt;
	HTAB *by_account;
};

static void read_again(LrCapBook *book, Period *period);
static void read_periods(LrCapBook *book, TimestampTz ends_after);
static Period *add_period(LrCapBook *book, PeriodKind kind, LrPeriod span);
static Period *find_period(LrCapBook *book, PeriodKind kind, LrPeriod span);
static Period *count_period(LrCapBook *book, PeriodKind kind, LrPeriod span);
static void read_deltas(LrCapBook *book);
static void add_deltas(LrCapBook *book, LrPeriod span, LrUsage *usage);
static void scan_deltas(LrCapBook *book, LrPeriod span, LrUsage *usage);
static LrScan *begin_deltas(LrCapBook *book);
static LrUsage read_usage(const LrRow *row);
static LrUsage count_tables(LrCapBook *book, LrPeriod period, bool by_request);

static inline bool
lies_in(TimestampTz at, LrPeriod period)
{
	return at >= period.starts_at && at < period.ends_at;
}

static inline void
add_delivery(LrUsage *usage, int64 count, LrMoney value)
{
	usage->delivered += count;
	usage->delivered_value += value;
}

LrCapBook *
lr_cap_open(LrStore *store, int64 account_id)
{
	LrCapBook *book = palloc(sizeof(LrCapBook));

	memset(book, 0, offsetof(LrCapBook, deltas));
	book->store = store;
	book->account_id = account_id;
	book->read_after = DT_NOEND;
	return book;
}

LrUsage
lr_cap_usage(LrCapBook *book, const LrCapSubject *subject)
{
	LrPeriod span = lr_decide_period(subject->terms, subject->cycle, subject->delivered_at,
									 subject->now);
	PeriodKind kind = subject->terms->cap_period == LR_ROLLING ? ROLLING : STORED;
	Period *period;
	LrUsage usage;

	/* from the delivery on, for lr_cap_use() will ask for these */
	if (kind == STORED)
		read_periods(book, subject->delivered_at);
	period = find_period(book, kind, span);
	if (period == NULL)
		period = count_period(book, kind, span);
	if (kind == ROLLING)
		return period->usage;

	/* folding the deltas changes the period */
	read_deltas(book);
	usage = period->usage;
	add_deltas(book, span, &usage);
	return usage;
}

void
lr_cap_use(LrCapBook *book, const LrCapUse *use)
{
	if (use->count == 0 && use->value == 0 && use->delivered_value == 0)
		return;
	read_periods(book, use->delivered_at);
	for (int i = 0; i < book->nperiods; i++)
	{
		Period *period = &book->periods[i];
		TimestampTz at = period->kind == ROLLING ? use->requested_at : use->delivered_at;

		if (!lies_in(at, period->span))
			continue;
		period->usage.used += use->count;
		period->usage.used_value += use->value;
		/* a delta that is not folded yet keeps the former value, and so will its sum */
		period->usage.delivered_value += use->delivered_value;
		period->changed = true;
	}
}

void
lr_cap_write(LrCapBook *book)
{
	for (int i = 0; i < book->nperiods; i++)
	{
		Period *period = &book->periods[i];
		Datum values[CAP_NCOLUMNS];
		bool nulls[CAP_NCOLUMNS] = {false};

		if (!period->changed || period->kind == ROLLING)
			continue;
		values[CAP_ACCOUNT_ID] = Int64GetDatum(book->account_id);
		values[CAP_STARTS_AT] = TimestampTzGetDatum(period->span.starts_at);
		values[CAP_ENDS_AT] = TimestampTzGetDatum(period->span.ends_at);
		values[CAP_DELIVERED] = Int64GetDatum(period->usage.delivered);
		values[CAP_DELIVERED_VALUE] = lr_money_datum(period->usage.delivered_value);
		values[CAP_USED] = Int64GetDatum(period->usage.used);
		values[CAP_USED_VALUE] = lr_money_datum(period->usage.used_value);
		if (period->kind == STORED)
		{
			if (period->read_by != book->store)
				read_again(book, period);
			lr_store_update(book->store, LR_CAP_PERIOD, &period->row, values, nulls);
		}
		else
			lr_store_insert(book->store, LR_CAP_PERIOD, values, nulls);
	}
}

/* The store that has read the period's row is closed. */
static void
read_again(LrCapBook *book, Period *period)
{
	LrKey keys[3] = {lr_key_id(1, book->account_id),
					 {2, BTEqualStrategyNumber, TIMESTAMPTZOID,
					  TimestampTzGetDatum(period->span.ends_at)},
					 {3, BTEqualStrategyNumber, TIMESTAMPTZOID,
					  TimestampTzGetDatum(period->span.starts_at)}};

	if (!lr_store_get(book->store, LR_CAP_PERIOD, LR_CAP_PERIOD_PKEY, keys, 3, &period->row))
		elog(ERROR, "a cap period of account " INT64_FORMAT " has vanished", book->account_id);
}

LrCapBooks *
lr_cap_books(void)
{
	LrCapBooks *books = palloc(sizeof(LrCapBooks));
	HASHCTL info = {0};

	info.keysize = sizeof(int64);
	info.entrysize = sizeof(BookEntry);
	info.hcxt = CurrentMemoryContext;
	books->cxt = CurrentMemoryContext;
	books->by_account = hash_create("leadreturns cap books", 128, &info,
									HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	return books;
}

LrCapBook *
lr_cap_book_of(LrCapBooks *books, LrStore *store, int64 account_id)
{
	bool found;
	BookEntry *entry = hash_search(books->by_account, &account_id, HASH_ENTER, &found);

	if (!found)
	{
		MemoryContext old = MemoryContextSwitchTo(books->cxt);

		entry->book = lr_cap_open(store, account_id);
		MemoryContextSwitchTo(old);
	}
	entry->book->store = store;
	return entry->book;
}

void
lr_cap_books_write(LrCapBooks *books, LrStore *store)
{
	HASH_SEQ_STATUS all;
	BookEntry *entry;

	hash_seq_init(&all, books->by_account);
	while ((entry = hash_seq_search(&all)) != NULL)
	{
		entry->book->store = store;
		lr_cap_write(entry->book);
		lr_store_forget_rows(store);
	}
}

int64
lr_cap_fold(LrCapBook *book, int64 most)
{
	LrScan *scan;
	int64 folded = 0;
	LrRow row;

	read_periods(book, DT_NOBEGIN);
	scan = begin_deltas(book);
	while (folded < most && lr_store_next(scan, &row))
	{
		TimestampTz delivered_at = DatumGetTimestampTz(row.values[DELTA_DELIVERED_AT]);
		LrMoney price = lr_money_from_datum(row.values[DELTA_PRICE]);

		for (int i = 0; i < book->nperiods; i++)
		{
			if (!lies_in(delivered_at, book->periods[i].span))
				continue;
			add_delivery(&book->periods[i].usage, 1, price);
			book->periods[i].changed = true;
		}
		lr_store_delete(book->store, LR_VOLUME_DELTA, &row);
		folded++;
	}
	lr_store_end_scan(scan);
	/* a scan would still see what was deleted */
	if (folded > 0)
		lr_store_step(book->store);
	return folded;
}

/* Reads the rows of periods that end after this instant, but for those that have been read. */
static void
read_periods(LrCapBook *book, TimestampTz ends_after)
{
	LrKey keys[2] = {lr_key_id(1, book->account_id),
					 {2, BTGreaterStrategyNumber, TIMESTAMPTZOID,
					  TimestampTzGetDatum(ends_after)}};
	bool first = book->read_after == DT_NOEND;
	LrScan *scan;
	LrRow row;

	if (!first && ends_after >= book->read_after)
		return;
	scan = lr_store_scan(book->store, LR_CAP_PERIOD, LR_CAP_PERIOD_PKEY, keys, 2);
	while (lr_store_next(scan, &row))
	{
		LrPeriod span = {DatumGetTimestampTz(row.values[CAP_STARTS_AT]),
						 DatumGetTimestampTz(row.values[CAP_ENDS_AT])};
		Period *period;

		if (!first && span.ends_at > book->read_after)
			break;
		period = add_period(book, STORED, span);
		period->usage = read_usage(&row);
		period->row = row;
		period->read_by = book->store;
		lr_store_keep(book->store, &period->row);
	}
	lr_store_end_scan(scan);
	book->read_after = ends_after;
}

static Period *
add_period(LrCapBook *book, PeriodKind kind, LrPeriod span)
{
	Period *period;

	if (book->nperiods == book->size)
	{
		MemoryContext cxt = GetMemoryChunkContext(book);

		book->size = Max(book->size * 2, 4);
		if (book->periods == NULL)
			book->periods = MemoryContextAlloc(cxt, sizeof(Period) * book->size);
		else
			book->periods = repalloc(book->periods, sizeof(Period) * book->size);
	}
	period = &book->periods[book->nperiods++];
	memset(period, 0, sizeof(*period));
	period->kind = kind;
	period->span = span;
	return period;
}

static Period *
find_period(LrCapBook *book, PeriodKind kind, LrPeriod span)
{
	for (int i = 0; i < book->nperiods; i++)
	{
		Period *period = &book->periods[i];

		if ((period->kind == ROLLING) == (kind == ROLLING) &&
			period->span.starts_at == span.starts_at && period->span.ends_at == span.ends_at)
			return period;
	}
	return NULL;
}

/*
 * Counts a period that has no row. The deltas are taken off under the snapshot that counted their
 * deliveries, and read again under it.
 */
static Period *
count_period(LrCapBook *book, PeriodKind kind, LrPeriod span)
{
	bool writes = lr_store_writes(book->store);
	Period *period;
	LrUsage deltas = {0};
	LrUsage usage;

	/* what this command has written so far counts too */
	if (writes)
		lr_store_step(book->store);
	usage = count_tables(book, span, kind == ROLLING);
	if (kind == STORED)
	{
		book->deltas_read = false;
		scan_deltas(book, span, &deltas);
		add_delivery(&usage, -deltas.delivered, -deltas.delivered_value);
	}
	period = add_period(book, kind == ROLLING ? ROLLING : FRESH, span);
	period->usage = usage;
	period->changed = writes;
	return period;
}

/* Keeps the deltas in memory, or folds them when there are many; a reader does neither. */
static void
read_deltas(LrCapBook *book)
{
	LrScan *scan;
	LrRow row;
	bool many = false;

	if (book->deltas_read || !lr_store_writes(book->store))
		return;
	book->deltas_read = true;
	book->ndeltas = 0;
	scan = begin_deltas(book);
	while (!many && lr_store_next(scan, &row))
	{
		Delta *delta = &book->deltas[book->ndeltas];

		many = book->ndeltas == MANY_DELTAS;
		if (many)
			continue;
		delta->delivered_at = DatumGetTimestampTz(row.values[DELTA_DELIVERED_AT]);
		delta->price = lr_money_from_datum(row.values[DELTA_PRICE]);
		book->ndeltas++;
	}
	lr_store_end_scan(scan);
	if (!many)
		return;
	book->ndeltas = 0;
	lr_cap_fold(book, PG_INT64_MAX);
}

static void
add_deltas(LrCapBook *book, LrPeriod span, LrUsage *usage)
{
	if (!book->deltas_read)
		scan_deltas(book, span, usage);
	for (int i = 0; book->deltas_read && i < book->ndeltas; i++)
	{
		if (lies_in(book->deltas[i].delivered_at, span))
			add_delivery(usage, 1, book->deltas[i].price);
	}
}

/* Adds the deltas of a period, straight from the table. */
static void
scan_deltas(LrCapBook *book, LrPeriod span, LrUsage *usage)
{
	LrScan *scan = begin_deltas(book);
	LrRow row;

	while (lr_store_next(scan, &row))
	{
		if (lies_in(DatumGetTimestampTz(row.values[DELTA_DELIVERED_AT]), span))
			add_delivery(usage, 1, lr_money_from_datum(row.values[DELTA_PRICE]));
	}
	lr_store_end_scan(scan);
}

static LrScan *
begin_deltas(LrCapBook *book)
{
	LrKey key = lr_key_id(1, book->account_id);

	return lr_store_scan(book->store, LR_VOLUME_DELTA, LR_VOLUME_DELTA_ACCOUNT_IDX, &key, 1);
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

/*
 * Counts the deliveries of a period and the live requests on them; by_request, the requests made
 * in it (rolling caps).
 */
static LrUsage
count_tables(LrCapBook *book, LrPeriod period, bool by_request)
{
	LrKey keys[3] = {lr_key_id(1, book->account_id),
					 {2, BTGreaterEqualStrategyNumber, TIMESTAMPTZOID,
					  TimestampTzGetDatum(period.starts_at)},
					 {2, BTLessStrategyNumber, TIMESTAMPTZOID,
					  TimestampTzGetDatum(period.ends_at)}};
	LrStore *store = book->store;
	LrUsage usage = {0};
	LrScan *scan;
	LrRow row;

	scan = lr_store_scan(store, LR_DELIVERY, LR_DELIVERY_ACCOUNT_IDX, keys, 3);
	while (lr_store_next(scan, &row))
		add_delivery(&usage, 1, lr_money_from_datum(row.values[DELIVERY_PRICE]));
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
