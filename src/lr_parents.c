/*
 * lr_parents.c
 *		The accounts, suppliers and lead groups that this transaction knows to exist.
 *
 * A batch of deliveries refers to the same few parents again and again. Each is looked up, and an
 * account locked, once per transaction; suppliers and lead groups cannot be deleted. A rolled-back
 * savepoint forgets all of them, because it may have released the locks.
 */
#include "postgres.h"

#include "lr_parents.h"

#include "access/xact.h"
#include "lr_ledger.h"
#include "lr_records.h"
#include "utils/datum.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

static MemoryContext cxt = NULL; /* ends with the transaction */
static HTAB *parents = NULL;

static void prepare(void);
static bool read_account(int64 id, LrParent *parent);
static bool row_exists(LrRelation table, LrRelation pkey, int64 id);
static void at_xact_end(XactEvent event, void *arg);
static void at_subxact_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent,
						   void *arg);

void
lr_parents_init(void)
{
	RegisterXactCallback(at_xact_end, NULL);
	RegisterSubXactCallback(at_subxact_end, NULL);
}

const LrParent *
lr_find_parent(LrRelation table, LrRelation pkey, int64 id)
{
	LrParent found = {{table, id}, 0, (Datum) 0, DT_NOBEGIN};
	LrParent *parent;

	prepare();
	parent = hash_search(parents, &found.key, HASH_FIND, NULL);
	if (parent != NULL)
		return parent;
	if (!(table == LR_ACCOUNT ? read_account(id, &found) : row_exists(table, pkey, id)))
		lr_raise_no_parent(table, (LrId){id, true});
	parent = hash_search(parents, &found.key, HASH_ENTER, NULL);
	*parent = found;
	return parent;
}

static void
prepare(void)
{
	HASHCTL ctl;

	if (cxt != NULL)
		return;
	cxt = AllocSetContextCreate(TopTransactionContext, "leadreturns parents",
								ALLOCSET_SMALL_SIZES);
	ctl.keysize = sizeof(LrParentKey);
	ctl.entrysize = sizeof(LrParent);
	ctl.hcxt = cxt;
	parents = hash_create("leadreturns parents", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* Locks the account, and reads after the lock up to when it is closed. */
static bool
read_account(int64 id, LrParent *parent)
{
	LrStore *store = lr_store_open(true);
	MemoryContext old;
	LrRow row;
	bool found;

	found = lr_store_lock_id(store, LR_ACCOUNT, LR_ACCOUNT_PKEY, id, LockTupleKeyShare, &row);
	if (found)
	{
		lr_store_refresh(store);
		parent->closed_until = lr_closed_until(store, id);
		parent->buyer_id = DatumGetInt64(row.values[ACCOUNT_BUYER_ID]);
		old = MemoryContextSwitchTo(cxt);
		parent->currency = datumCopy(row.values[ACCOUNT_CURRENCY], false, -1);
		MemoryContextSwitchTo(old);
	}
	lr_store_close(store);
	return found;
}

static bool
row_exists(LrRelation table, LrRelation pkey, int64 id)
{
	LrStore *store = lr_store_open(true);
	LrRow row;
	bool found = lr_store_get_id(store, table, pkey, id, &row);

	lr_store_close(store);
	return found;
}

/* What was known of accounts may have changed: lr_close_period() says so too. */
void
lr_forget_parents(void)
{
	HASH_SEQ_STATUS status;
	LrParent *entry;

	if (parents == NULL)
		return;
	hash_seq_init(&status, parents);
	while ((entry = hash_seq_search(&status)) != NULL)
		hash_search(parents, &entry->key, HASH_REMOVE, NULL);
}

static void
at_xact_end(XactEvent event, void *arg)
{
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE)
		return;
	cxt = NULL;
	parents = NULL;
}

static void
at_subxact_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		lr_forget_parents();
}
