/*
 * lr_attached.h
 *		What becomes of a row of an attached table: one rule for rows that are taken over, inserted,
 *		updated and deleted.
 */
#ifndef LR_ATTACHED_H
#define LR_ATTACHED_H

#include "lr_attachment.h"

/* The work of one statement on an attached table. */
typedef struct LrFollowing
{
	int64 attachment_id;
	const char *table; /* its name, for messages */
	const LrMapping *mapping;
	bool taking_over;      /* rows that are there: what cannot follow is left, and counted */
	int64 delivered;       /* rows that have become deliveries */
	int64 left;            /* rows whose recorded columns differ */
	MemoryContext cxt;     /* lasts for the statement */
	MemoryContext row_cxt; /* for a row */
	LrStore *store;        /* NULL: not open */
} LrFollowing;

/* A row, all its columns. */
typedef struct LrSourceRow
{
	const Datum *values;
	const bool *nulls;
} LrSourceRow;

/* A new row, whose key no delivery has. */
extern void lr_follow_insert(LrFollowing *f, const LrSourceRow *row);
/* A row as it is now; old: as it was, NULL when that is not known. */
extern void lr_follow_update(LrFollowing *f, const LrSourceRow *old, const LrSourceRow *row);
/* A row that is no more. */
extern void lr_follow_delete(LrFollowing *f, const LrSourceRow *old);
/* The delivery's row is no more. */
extern void lr_follow_vanished(LrFollowing *f, int64 delivery_id);
/* Lets go of what the last row needed. */
extern void lr_follow_next(LrFollowing *f);
/* Writes what is left to write; the work of the statement is done. */
extern void lr_follow_end(LrFollowing *f);

/*
 * lr_reprice.c: gives a delivery that nobody has asked to return another price or cost, with the
 * transfers that correct what was posted; refuses one that has been asked for.
 */
extern void lr_reprice(int64 delivery_id, int64 account_id, LrMoney price, LrMoney cost);

#endif /* LR_ATTACHED_H */
