/*
 * lr_store_private.h
 *		What lr_store.c and lr_write.c share.
 */
#ifndef LR_STORE_PRIVATE_H
#define LR_STORE_PRIVATE_H

#include "lr_store.h"
#include "utils/relcache.h"

/* Slots of one table that are used again and again: the first nused hold something. */
typedef struct SlotPool
{
	TupleTableSlot **slots;
	int nslots;
	int nused;
	int size;
} SlotPool;

struct LrStore
{
	MemoryContext cxt;
	bool writes;
	Relation relations[LR_NRELATIONS];
	Relation *indexes[LR_NTABLES]; /* the table's indexes, open for writing */
	int nindexes[LR_NTABLES];
	SlotPool read[LR_NTABLES];     /* rows read since lr_store_forget_rows() */
	SlotPool inserted[LR_NTABLES]; /* rows on their way into the table */
	SlotPool updated[LR_NTABLES];  /* rows whose new version has no index entries yet */
	List *scans;                   /* those not in use serve the next look-up */
};

extern Relation lr_store_table(LrStore *store, LrRelation table);
extern TupleTableSlot *lr_store_read_slot(LrStore *store, LrRelation table);
extern TupleTableSlot *lr_store_take_slot(LrStore *store, Relation rel, TupleDesc desc,
										  SlotPool *pool);
extern bool lr_store_take_row(TupleTableSlot *slot, LrRow *row);
extern void lr_store_close_indexes(LrStore *store, LrRelation table);
/* Writes the rows that lr_store_insert() has taken. */
extern void lr_store_flush(LrStore *store);

#endif /* LR_STORE_PRIVATE_H */
