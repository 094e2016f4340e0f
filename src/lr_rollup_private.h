/*
 * lr_rollup_private.h
 *		What lr_rollup.c and lr_rollup_write.c share.
 */
#ifndef LR_ROLLUP_PRIVATE_H
#define LR_ROLLUP_PRIVATE_H

#include "lr_rollup.h"
#include "utils/hsearch.h"

typedef enum Grain
{
	BY_DAY,
	BY_WEEK,
	BY_MONTH,
	OVER_ALL,
	NGRAINS
} Grain;

typedef enum Subject
{
	CROSS, /* first: the others are made of its days */
	ACCOUNTS,
	SUPPLIERS,
	LEAD_GROUPS,
	REASONS,
	NROLLUPS
} Subject;

/* What CellKey.ids and given are of. */
typedef enum Party
{
	OF_ACCOUNT,
	OF_SUPPLIER,
	OF_LEAD_GROUP,
	NPARTIES
} Party;

/* Compared byte by byte, so padding and what a rollup does not know are zero. */
typedef struct CellKey
{
	int64 ids[NPARTIES]; /* 0 when not given */
	DateADT starts_on;
	int16 reason; /* place in LrRollups.texts plus 1; 0: none */
	int16 currency;
	int16 grain;
	bool given[NPARTIES];
	bool padding;
} CellKey;

typedef struct Cell
{
	CellKey key;
	int64 figures[LR_NFIGURES];
	bool stored;
} Cell;

struct LrRollups
{
	MemoryContext cxt;
	HTAB *cells[NROLLUPS];
	char **texts; /* reasons and currencies */
	int ntexts;
};

/* Whose cells a rollup has, and the longest period but for all that it has them for. */
extern Party lr_rollup_party(Subject subject);
extern Grain lr_rollup_longest(Subject subject);
/* The cells of a subject, in no order. */
extern Cell **lr_rollup_cells(const LrRollups *rollups, Subject subject, long *n);
/* Adds the cells of a subject to its table. */
extern void lr_rollup_write(const LrRollups *rollups, Subject subject, LrStore *store);

#endif /* LR_ROLLUP_PRIVATE_H */
