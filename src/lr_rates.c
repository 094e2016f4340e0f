/*
 * lr_rates.c
 *		Gathering what the reports count.
 *
 * A command adds figures as it goes; what belongs to one key is added up and becomes one row of
 * rate_delta, written in the command's transaction and locked by nobody. The sweep folds the rows
 * into the rollups (leadreturns.fold_rates), and every view reads both.
 */
#include "postgres.h"

#include "lr_rates.h"

#include "utils/builtins.h"
#include "utils/memutils.h"

StaticAssertDecl(RATE_DELTA_FIGURES + LR_NFIGURES == RATE_DELTA_NCOLUMNS,
				 "every figure has its column");

/* Consecutive figures mostly belong to one of so many keys. */
#define RECENT 3

typedef struct Entry
{
	LrRateKey key;
	int64 figures[LR_NFIGURES];
} Entry;

struct LrRates
{
	MemoryContext cxt; /* of the entries and of what their keys point to */
	Entry *entries;
	int n;
	int size;
};

static Entry *entry_of(LrRates *rates, const LrRateKey *key);
static int compare_entries(const void *a, const void *b);
static int compare_keys(const LrRateKey *x, const LrRateKey *y);
static int compare_ids(LrId x, LrId y);
static int compare_days(LrDay x, LrDay y);
static int compare_texts(const char *x, const char *y);
static int add_up(Entry *entries, int n);
static void write_entry(const Entry *entry, LrStore *store);
static void set_day(Datum *values, bool *nulls, int column, LrDay day);

LrRates *
lr_rates_open(void)
{
	LrRates *rates = palloc0(sizeof(LrRates));

	rates->cxt = CurrentMemoryContext;
	return rates;
}

void
lr_rates_add(LrRates *rates, const LrRateKey *key, LrFigure figure, int64 amount)
{
	if (amount != 0)
		entry_of(rates, key)->figures[figure] += amount;
}

static Entry *
entry_of(LrRates *rates, const LrRateKey *key)
{
	MemoryContext old;
	Entry *entry;

	for (int i = rates->n - 1; i >= Max(0, rates->n - RECENT); i--)
	{
		if (compare_keys(&rates->entries[i].key, key) == 0)
			return &rates->entries[i];
	}
	old = MemoryContextSwitchTo(rates->cxt);
	if (rates->n == rates->size)
	{
		rates->size = Max(rates->size * 2, 8);
		rates->entries = rates->entries == NULL
							 ? palloc(sizeof(Entry) * rates->size)
							 : repalloc_huge(rates->entries, sizeof(Entry) * rates->size);
	}
	entry = &rates->entries[rates->n++];
	memset(entry, 0, sizeof(*entry));
	entry->key = *key;
	entry->key.currency = PointerGetDatum(PG_DETOAST_DATUM_COPY(key->currency));
	if (key->reason != NULL)
		entry->key.reason = pstrdup(key->reason);
	MemoryContextSwitchTo(old);
	return entry;
}

void
lr_rates_write(LrRates *rates, LrStore *store)
{
	int n = rates->n;

	if (n > 1)
	{
		qsort(rates->entries, n, sizeof(Entry), compare_entries);
		n = add_up(rates->entries, n);
	}
	for (int i = 0; i < n; i++)
		write_entry(&rates->entries[i], store);
	rates->n = 0;
}

/* Neighbours with the same key become one; returns how many are left. */
static int
add_up(Entry *entries, int n)
{
	int last = 0;

	for (int i = 1; i < n; i++)
	{
		if (compare_keys(&entries[last].key, &entries[i].key) != 0)
			entries[++last] = entries[i];
		else
		{
			for (int f = 0; f < LR_NFIGURES; f++)
				entries[last].figures[f] += entries[i].figures[f];
		}
	}
	return last + 1;
}

static int
compare_entries(const void *a, const void *b)
{
	return compare_keys(&((const Entry *) a)->key, &((const Entry *) b)->key);
}

/* An account has one currency. */
static int
compare_keys(const LrRateKey *x, const LrRateKey *y)
{
	int order = lr_compare_ids(x->account_id, y->account_id);

	if (order == 0)
		order = compare_days(x->delivered_on, y->delivered_on);
	if (order == 0)
		order = compare_ids(x->supplier, y->supplier);
	if (order == 0)
		order = compare_ids(x->lead_group, y->lead_group);
	if (order == 0)
		order = compare_days(x->moved_on, y->moved_on);
	if (order == 0)
		order = compare_texts(x->reason, y->reason);
	return order;
}

static int
compare_ids(LrId x, LrId y)
{
	if (x.given != y.given)
		return x.given ? 1 : -1;
	return x.given ? lr_compare_ids(x.id, y.id) : 0;
}

static int
compare_days(LrDay x, LrDay y)
{
	if (x.given != y.given)
		return x.given ? 1 : -1;
	return x.given ? lr_compare_ids(x.day, y.day) : 0;
}

static int
compare_texts(const char *x, const char *y)
{
	if (x == NULL || y == NULL)
		return (x != NULL) - (y != NULL);
	return strcmp(x, y);
}

static void
write_entry(const Entry *entry, LrStore *store)
{
	const LrRateKey *key = &entry->key;
	Datum values[RATE_DELTA_NCOLUMNS];
	bool nulls[RATE_DELTA_NCOLUMNS] = {false};
	bool changed = false;

	for (int f = 0; f < LR_NFIGURES; f++)
	{
		int64 figure = entry->figures[f];

		changed = changed || figure != 0;
		values[RATE_DELTA_FIGURES + f] = lr_figure_datum(f, figure);
	}
	if (!changed)
		return;
	values[RATE_DELTA_ACCOUNT_ID] = Int64GetDatum(key->account_id);
	lr_set_id(values, nulls, RATE_DELTA_SUPPLIER_ID, key->supplier);
	lr_set_id(values, nulls, RATE_DELTA_LEAD_GROUP_ID, key->lead_group);
	values[RATE_DELTA_CURRENCY] = key->currency;
	set_day(values, nulls, RATE_DELTA_DELIVERED_ON, key->delivered_on);
	set_day(values, nulls, RATE_DELTA_MOVED_ON, key->moved_on);
	values[RATE_DELTA_REASON] = lr_text_datum(key->reason);
	nulls[RATE_DELTA_REASON] = key->reason == NULL;
	lr_store_insert(store, LR_RATE_DELTA, values, nulls);
}

static void
set_day(Datum *values, bool *nulls, int column, LrDay day)
{
	values[column] = DateADTGetDatum(day.day);
	nulls[column] = !day.given;
}

Datum
lr_figure_datum(LrFigure figure, int64 value)
{
	if (figure >= FIGURE_MONEY)
		return Int64GetDatum(value);
	if (value > PG_INT32_MAX || value < PG_INT32_MIN)
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("a report cannot count beyond %d in one cell", PG_INT32_MAX)));
	return Int32GetDatum((int32) value);
}
