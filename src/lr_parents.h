/*
 * lr_parents.h
 *		The rows that deliveries refer to, looked up once per transaction.
 */
#ifndef LR_PARENTS_H
#define LR_PARENTS_H

#include "lr_store.h"

typedef struct LrParentKey
{
	int64 table; /* LrRelation */
	int64 id;
} LrParentKey;

typedef struct LrParent
{
	LrParentKey key;
	int64 buyer_id;           /* of an account */
	Datum currency;           /* of an account */
	TimestampTz closed_until; /* of an account */
} LrParent;

/* The parent; raises a foreign-key violation when it does not exist. Accounts are locked. */
extern const LrParent *lr_find_parent(LrRelation table, LrRelation pkey, int64 id);
/*
 * The id of the account or supplier with this external id, or of the lead group with this name; the
 * same error when there is none.
 */
extern int64 lr_find_parent_named(LrRelation table, const char *name);
extern void lr_forget_parents(void);
extern void lr_parents_init(void);

#endif /* LR_PARENTS_H */
