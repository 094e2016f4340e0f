/*
 * lr_store_private.h
 *		What lr_store.c and lr_write.c share.
 */
#ifndef LR_STORE_PRIVATE_H
#define LR_STORE_PRIVATE_H

#include "lr_store.h"
#include "utils/relcache.h"

struct LrStore
{
	MemoryContext cxt;
	bool writes;
	Relation relations[LR_NRELATIONS];
	TupleTableSlot *insert_slots[LR_NTABLES];
	Relation *indexes[LR_NTABLES]; /* the table's indexes, open for writing */
	int nindexes[LR_NTABLES];
	List *slots;
};

extern Relation lr_store_table(LrStore *store, LrRelation table);
extern void lr_store_close_indexes(LrStore *store, LrRelation table);

#endif /* LR_STORE_PRIVATE_H */
