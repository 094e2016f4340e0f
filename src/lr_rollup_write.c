/*
 * lr_rollup_write.c
 *		Adding cells to the rollups' tables.
 *
 * Cells are written in the order of the index that their rows are found by: one look into it serves
 * all cells of a subject and period.
 */
#include "postgres.h"

#include "lr_rollup_private.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

static const char *const grain_names[] = {"day", "week", "month", "all"};

/* What a column of a rollup holds; figures follow. */
typedef enum Column
{
	IS_GRAIN,
	IS_STARTS_ON,
	IS_ACCOUNT,
	IS_SUPPLIER,
	IS_LEAD_GROUP,
	IS_REASON,
	IS_CURRENCY,
	IS_FIGURE
} Column;

#define FIGURE(f) (IS_FIGURE + (f))
#define MAX_COLUMNS 24

typedef struct Rollup
{
	LrRelation table;
	LrRelation index; /* by subject, grain and starts_on */
	Party party;
	Grain longest;            /* but for all */
	int columns[MAX_COLUMNS]; /* of the table, in order; ends with -1 */
} Rollup;

static const Rollup rollups_of[NROLLUPS] = {
	[CROSS] = {LR_ROLLUP_CROSS,
			   LR_ROLLUP_CROSS_KEY,
			   OF_ACCOUNT,
			   BY_MONTH,
			   {IS_GRAIN, IS_STARTS_ON, IS_ACCOUNT, IS_SUPPLIER, IS_LEAD_GROUP,
				FIGURE(FIGURE_DELIVERED), FIGURE(FIGURE_RETURNED), FIGURE(FIGURE_OPEN),
				FIGURE(FIGURE_DECLINED), FIGURE(FIGURE_ACCEPTANCES), FIGURE(FIGURE_DECLINES),
				FIGURE(FIGURE_WITHDRAWALS), FIGURE(FIGURE_ROLLBACKS),
				FIGURE(FIGURE_DELIVERED_VALUE), FIGURE(FIGURE_COST),
				FIGURE(FIGURE_RETURNED_VALUE), FIGURE(FIGURE_CREDITED),
				FIGURE(FIGURE_CLAWED_BACK), FIGURE(FIGURE_ADJUSTED), -1}},
	[ACCOUNTS] = {LR_ROLLUP_ACCOUNT,
				  LR_ROLLUP_ACCOUNT_PKEY,
				  OF_ACCOUNT,
				  BY_DAY,
				  {IS_GRAIN, IS_STARTS_ON, IS_ACCOUNT, FIGURE(FIGURE_DELIVERED),
				   FIGURE(FIGURE_RETURNED), FIGURE(FIGURE_OPEN), FIGURE(FIGURE_DECLINED),
				   FIGURE(FIGURE_DELIVERED_VALUE), FIGURE(FIGURE_RETURNED_VALUE), -1}},
	[SUPPLIERS] = {LR_ROLLUP_SUPPLIER,
				   LR_ROLLUP_SUPPLIER_KEY,
				   OF_SUPPLIER,
				   BY_DAY,
				   {IS_GRAIN, IS_STARTS_ON, IS_SUPPLIER, IS_CURRENCY, FIGURE(FIGURE_DELIVERED),
					FIGURE(FIGURE_RETURNED), FIGURE(FIGURE_OPEN), FIGURE(FIGURE_DECLINED),
					FIGURE(FIGURE_DELIVERED_VALUE), FIGURE(FIGURE_RETURNED_VALUE), -1}},
	[LEAD_GROUPS] = {LR_ROLLUP_LEAD_GROUP,
					 LR_ROLLUP_LEAD_GROUP_KEY,
					 OF_LEAD_GROUP,
					 BY_DAY,
					 {IS_GRAIN, IS_STARTS_ON, IS_LEAD_GROUP, IS_CURRENCY,
					  FIGURE(FIGURE_DELIVERED), FIGURE(FIGURE_RETURNED), FIGURE(FIGURE_OPEN),
					  FIGURE(FIGURE_DECLINED), FIGURE(FIGURE_DELIVERED_VALUE),
					  FIGURE(FIGURE_RETURNED_VALUE), -1}},
	[REASONS] = {LR_ROLLUP_REASON,
				 LR_ROLLUP_REASON_KEY,
				 OF_SUPPLIER,
				 BY_DAY,
				 {IS_GRAIN, IS_STARTS_ON, IS_SUPPLIER, IS_REASON, IS_CURRENCY,
				  FIGURE(FIGURE_RETURNED), FIGURE(FIGURE_OPEN), FIGURE(FIGURE_DECLINED),
				  FIGURE(FIGURE_RETURNED_VALUE), FIGURE(FIGURE_CLAWBACK), -1}},
};

static int compare_cells(const void *a, const void *b, void *rollup);
static bool same_place(const Rollup *rollup, const CellKey *x, const CellKey *y);
static void write_run(const LrRollups *rollups, const Rollup *rollup, Cell **cells, long n,
					  LrStore *store);
static bool is_row_of(const LrRollups *rollups, const Rollup *rollup, const CellKey *key,
					  const LrRow *row);
static bool is_text(const LrRollups *rollups, int16 number, Datum value);
static bool has_figures(const Rollup *rollup, const Cell *cell);
static void add_to_row(const Rollup *rollup, const Cell *cell, LrRow *row, LrStore *store);
static void insert_row(const LrRollups *rollups, const Rollup *rollup, const Cell *cell,
					   LrStore *store);
static Datum key_datum(const LrRollups *rollups, Column column, const CellKey *key, bool *null);

Party
lr_rollup_party(Subject subject)
{
	return rollups_of[subject].party;
}

Grain
lr_rollup_longest(Subject subject)
{
	return rollups_of[subject].longest;
}

Cell **
lr_rollup_cells(const LrRollups *rollups, Subject subject, long *n)
{
	HTAB *table = rollups->cells[subject];
	long size = hash_get_num_entries(table);
	Cell **cells = palloc_extended(sizeof(Cell *) * Max(size, 1), MCXT_ALLOC_HUGE);
	HASH_SEQ_STATUS status;
	Cell *cell;

	*n = 0;
	hash_seq_init(&status, table);
	while ((cell = hash_seq_search(&status)) != NULL)
		cells[(*n)++] = cell;
	Assert(*n == size);
	return cells;
}

void
lr_rollup_write(const LrRollups *rollups, Subject subject, LrStore *store)
{
	const Rollup *rollup = &rollups_of[subject];
	long n;
	Cell **cells = lr_rollup_cells(rollups, subject, &n);
	long first = 0;

	qsort_arg(cells, n, sizeof(Cell *), compare_cells, unconstify(Rollup *, rollup));
	for (long i = 1; i <= n; i++)
	{
		if (i < n && same_place(rollup, &cells[first]->key, &cells[i]->key))
			continue;
		write_run(rollups, rollup, &cells[first], i - first, store);
		first = i;
	}
	pfree(cells);
}

static int
compare_cells(const void *a, const void *b, void *rollup)
{
	const CellKey *x = &(*(Cell *const *) a)->key;
	const CellKey *y = &(*(Cell *const *) b)->key;
	int party = ((const Rollup *) rollup)->party;
	int order = lr_compare_ids(x->ids[party], y->ids[party]);

	if (order == 0)
		order = (int) x->given[party] - (int) y->given[party];
	if (order == 0)
		order = x->grain - y->grain;
	if (order == 0)
		order = lr_compare_ids(x->starts_on, y->starts_on);
	return order;
}

/* Are their rows found by the same look into the index? */
static bool
same_place(const Rollup *rollup, const CellKey *x, const CellKey *y)
{
	int party = rollup->party;

	return x->ids[party] == y->ids[party] && x->given[party] == y->given[party] &&
		   x->grain == y->grain && x->starts_on == y->starts_on;
}

/* Cells of one subject and period: those that have a row are added to it, the others inserted. */
static void
write_run(const LrRollups *rollups, const Rollup *rollup, Cell **cells, long n, LrStore *store)
{
	const CellKey *key = &cells[0]->key;
	LrKey keys[3] = {{1, BTEqualStrategyNumber, INT8OID, 0},
					 {2, BTEqualStrategyNumber, TEXTOID, 0},
					 {3, BTEqualStrategyNumber, DATEOID, 0}};
	bool is_null;
	LrScan *scan;
	LrRow row;

	keys[0].value = key_datum(rollups, IS_ACCOUNT + rollup->party, key, &is_null);
	if (is_null)
		keys[0].type = InvalidOid;
	keys[1].value = key_datum(rollups, IS_GRAIN, key, &is_null);
	keys[2].value = key_datum(rollups, IS_STARTS_ON, key, &is_null);
	scan = lr_store_scan(store, rollup->table, rollup->index, keys, 3);
	while (lr_store_next(scan, &row))
	{
		for (long i = 0; i < n; i++)
		{
			if (cells[i]->stored || !is_row_of(rollups, rollup, &cells[i]->key, &row))
				continue;
			cells[i]->stored = true;
			if (has_figures(rollup, cells[i]))
				add_to_row(rollup, cells[i], &row, store);
			break;
		}
	}
	lr_store_end_scan(scan);
	for (long i = 0; i < n; i++)
	{
		if (!cells[i]->stored && has_figures(rollup, cells[i]))
			insert_row(rollups, rollup, cells[i], store);
	}
	lr_store_forget_rows(store);
}

/* Has the row, found by subject and period, the rest of the key too? */
static bool
is_row_of(const LrRollups *rollups, const Rollup *rollup, const CellKey *key, const LrRow *row)
{
	for (int i = 0; rollup->columns[i] >= 0 && rollup->columns[i] < IS_FIGURE; i++)
	{
		int part = rollup->columns[i] - IS_ACCOUNT;

		switch (rollup->columns[i])
		{
			case IS_ACCOUNT:
			case IS_SUPPLIER:
			case IS_LEAD_GROUP:
				if (row->nulls[i] == key->given[part] ||
					(key->given[part] && DatumGetInt64(row->values[i]) != key->ids[part]))
					return false;
				break;
			case IS_REASON:
				if (!is_text(rollups, key->reason, row->values[i]))
					return false;
				break;
			case IS_CURRENCY:
				if (!is_text(rollups, key->currency, row->values[i]))
					return false;
				break;
			default:
				break;
		}
	}
	return true;
}

static bool
is_text(const LrRollups *rollups, int16 number, Datum value)
{
	const char *text = rollups->texts[number - 1];
	const struct varlena *stored = PG_DETOAST_DATUM_PACKED(value);
	Size length = strlen(text);

	return VARSIZE_ANY_EXHDR(stored) == length && memcmp(VARDATA_ANY(stored), text, length) == 0;
}

/* Does the cell change anything that the rollup knows? */
static bool
has_figures(const Rollup *rollup, const Cell *cell)
{
	for (int i = 0; rollup->columns[i] >= 0; i++)
	{
		if (rollup->columns[i] >= IS_FIGURE && cell->figures[rollup->columns[i] - IS_FIGURE] != 0)
			return true;
	}
	return false;
}

static void
add_to_row(const Rollup *rollup, const Cell *cell, LrRow *row, LrStore *store)
{
	Datum values[MAX_COLUMNS];
	bool nulls[MAX_COLUMNS];

	for (int i = 0; rollup->columns[i] >= 0; i++)
	{
		values[i] = row->values[i];
		nulls[i] = row->nulls[i];
		if (rollup->columns[i] >= IS_FIGURE)
		{
			int f = rollup->columns[i] - IS_FIGURE;

			values[i] =
				lr_figure_datum(f, lr_figure_of(f, values[i]) + cell->figures[f]);
		}
	}
	lr_store_update(store, rollup->table, row, values, nulls);
}

static void
insert_row(const LrRollups *rollups, const Rollup *rollup, const Cell *cell, LrStore *store)
{
	Datum values[MAX_COLUMNS];
	bool nulls[MAX_COLUMNS] = {false};

	for (int i = 0; rollup->columns[i] >= 0; i++)
	{
		int f = rollup->columns[i] - IS_FIGURE;

		if (f >= 0)
			values[i] = lr_figure_datum(f, cell->figures[f]);
		else
			values[i] = key_datum(rollups, rollup->columns[i], &cell->key, &nulls[i]);
	}
	lr_store_insert(store, rollup->table, values, nulls);
}

static Datum
key_datum(const LrRollups *rollups, Column column, const CellKey *key, bool *null)
{
	static Datum grains[NGRAINS];

	*null = false;
	switch (column)
	{
		case IS_GRAIN:
			if (grains[key->grain] == 0)
			{
				MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

				grains[key->grain] = CStringGetTextDatum(grain_names[key->grain]);
				MemoryContextSwitchTo(old);
			}
			return grains[key->grain];
		case IS_STARTS_ON:
			return DateADTGetDatum(key->starts_on);
		case IS_REASON:
			return CStringGetTextDatum(rollups->texts[key->reason - 1]);
		case IS_CURRENCY:
			return CStringGetTextDatum(rollups->texts[key->currency - 1]);
		default:
			*null = !key->given[column - IS_ACCOUNT];
			return Int64GetDatum(key->ids[column - IS_ACCOUNT]);
	}
}
