/*
 * lr_rollup.c
 *		Adding up deltas into the cells of the rollups.
 *
 * A delta belongs to two days: that of its delivery and that of the move. Its figures are added to
 * the cells of those days; what the other rollups and longer periods need is made of these cells,
 * which are fewer. lr_rollup_write.c adds the cells to the tables.
 */
#include "postgres.h"

#include "lr_rollup_private.h"

#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/memutils.h"

static int16 number_of(LrRollups *rollups, const char *text);
static void add(LrRollups *rollups, Subject subject, const CellKey *key, const int64 *figures);
static void add_reason(LrRollups *rollups, CellKey key, const char *reason,
					   const int64 *figures);
static void add_coarser(LrRollups *rollups);
static void add_periods(LrRollups *rollups, Subject subject, CellKey key, const int64 *figures);
static DateADT start_of(Grain grain, DateADT day);

LrRollups *
lr_rollups_open(void)
{
	LrRollups *rollups = palloc0(sizeof(LrRollups));
	HASHCTL ctl = {0};

	rollups->cxt = CurrentMemoryContext;
	ctl.keysize = sizeof(CellKey);
	ctl.entrysize = sizeof(Cell);
	ctl.hcxt = CurrentMemoryContext;
	for (int subject = 0; subject < NROLLUPS; subject++)
		rollups->cells[subject] = hash_create("leadreturns cells", 1024, &ctl,
											  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	rollups->texts = palloc(sizeof(char *) * PG_INT16_MAX);
	return rollups;
}

/* There are few of them, and neighbours have the same. */
static int16
number_of(LrRollups *rollups, const char *text)
{
	if (text == NULL)
		return 0;
	for (int i = 0; i < rollups->ntexts; i++)
	{
		if (strcmp(rollups->texts[i], text) == 0)
			return i + 1;
	}
	if (rollups->ntexts == PG_INT16_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("too many reasons and currencies to fold at once")));
	rollups->texts[rollups->ntexts++] = MemoryContextStrdup(rollups->cxt, text);
	return rollups->ntexts;
}

void
lr_rollups_add(LrRollups *rollups, const LrRateKey *key, const int64 *figures)
{
	int64 part[LR_NFIGURES] = {0};
	CellKey cell;

	memset(&cell, 0, sizeof(cell));
	cell.ids[OF_ACCOUNT] = key->account_id;
	cell.given[OF_ACCOUNT] = true;
	cell.ids[OF_SUPPLIER] = key->supplier.given ? key->supplier.id : 0;
	cell.given[OF_SUPPLIER] = key->supplier.given;
	cell.ids[OF_LEAD_GROUP] = key->lead_group.given ? key->lead_group.id : 0;
	cell.given[OF_LEAD_GROUP] = key->lead_group.given;
	cell.currency = number_of(rollups, TextDatumGetCString(key->currency));
	cell.grain = BY_DAY;
	if (key->delivered_on.given)
	{
		cell.starts_on = key->delivered_on.day;
		for (int f = 0; f < LR_NFIGURES; f++)
			part[f] = lr_figure_is_of_delivery(f) ? figures[f] : 0;
		add(rollups, CROSS, &cell, part);
		if (key->reason != NULL)
			add_reason(rollups, cell, key->reason, part);
	}
	if (key->moved_on.given)
	{
		cell.starts_on = key->moved_on.day;
		for (int f = 0; f < LR_NFIGURES; f++)
			part[f] = lr_figure_is_of_delivery(f) ? 0 : figures[f];
		add(rollups, CROSS, &cell, part);
	}
}

static void
add(LrRollups *rollups, Subject subject, const CellKey *key, const int64 *figures)
{
	bool found;
	Cell *cell = hash_search(rollups->cells[subject], key, HASH_ENTER, &found);

	if (!found)
	{
		memset(cell->figures, 0, sizeof(cell->figures));
		cell->stored = false;
	}
	for (int f = 0; f < LR_NFIGURES; f++)
		cell->figures[f] += figures[f];
}

/* Of each supplier over all days, and of all suppliers by day. */
static void
add_reason(LrRollups *rollups, CellKey key, const char *reason, const int64 *figures)
{
	DateADT day = key.starts_on;

	for (int party = 0; party < NPARTIES; party++)
	{
		if (party == OF_SUPPLIER)
			continue;
		key.ids[party] = 0;
		key.given[party] = false;
	}
	key.reason = number_of(rollups, reason);
	key.grain = OVER_ALL;
	key.starts_on = start_of(OVER_ALL, day);
	add(rollups, REASONS, &key, figures);
	key.ids[OF_SUPPLIER] = 0;
	key.given[OF_SUPPLIER] = false;
	key.grain = BY_DAY;
	key.starts_on = day;
	add(rollups, REASONS, &key, figures);
}

void
lr_rollups_write(LrRollups *rollups, LrStore *store)
{
	add_coarser(rollups);
	for (int subject = 0; subject < NROLLUPS; subject++)
		lr_rollup_write(rollups, subject, store);
}

/* Makes the longer periods, and the other subjects, of the days that have been added up. */
static void
add_coarser(LrRollups *rollups)
{
	long n;
	Cell **days = lr_rollup_cells(rollups, CROSS, &n);

	for (long i = 0; i < n; i++)
	{
		Cell *day = days[i];

		add_periods(rollups, CROSS, day->key, day->figures);
		for (int subject = ACCOUNTS; subject <= LEAD_GROUPS; subject++)
		{
			CellKey key = day->key;

			for (int part = 0; part < NPARTIES; part++)
			{
				if (part == (int) lr_rollup_party(subject))
					continue;
				key.ids[part] = 0;
				key.given[part] = false;
			}
			add_periods(rollups, subject, key, day->figures);
		}
	}
	pfree(days);
}

/* Adds figures of a day to all periods it lies in; days of CROSS have been added. */
static void
add_periods(LrRollups *rollups, Subject subject, CellKey key, const int64 *figures)
{
	DateADT day = key.starts_on;

	for (Grain grain = subject == CROSS ? BY_WEEK : BY_DAY; grain < NGRAINS; grain++)
	{
		if (grain > lr_rollup_longest(subject) && grain != OVER_ALL)
			continue;
		key.grain = grain;
		key.starts_on = start_of(grain, day);
		add(rollups, subject, &key, figures);
	}
}

/* What leadreturns.week_of() and month_of() say. */
static DateADT
start_of(Grain grain, DateADT day)
{
	int year;
	int month;
	int day_of_month;

	switch (grain)
	{
		case BY_DAY:
			return day;
		case BY_WEEK:
			/* j2day() counts from Sunday */
			return day - (j2day(day + POSTGRES_EPOCH_JDATE) + 6) % 7;
		case BY_MONTH:
			j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &day_of_month);
			return day - (day_of_month - 1);
		default:
			return DATEVAL_NOBEGIN;
	}
}
