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

#include "access/stratnum.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "lr_ledger.h"
#include "lr_records.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define MAX_NAME 256 /* longer names are looked up each time */

static MemoryContext cxt = NULL; /* ends with the transaction */
static HTAB *parents = NULL;
static HTAB *named = NULL;

/* What a name means; the key is zero-padded. */
typedef struct NamedParent
{
	char key[MAX_NAME];
	int64 id;
} NamedParent;

static void prepare(void);
static bool look_for_name(LrRelation table, const char *name, int64 *id);
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
	ctl.keysize = MAX_NAME;
	ctl.entrysize = sizeof(NamedParent);
	named = hash_create("leadreturns named parents", 64, &ctl,
						HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

int64
lr_find_parent_named(LrRelation table, const char *name)
{
	char key[MAX_NAME] = {0};
	NamedParent *known;
	int64 id;

	prepare();
	if (strlen(name) + 2 < MAX_NAME)
	{
		key[0] = (char) table;
		strcpy(key + 1, name);
		known = hash_search(named, key, HASH_FIND, NULL);
		if (known != NULL)
			return known->id;
	}
	if (!look_for_name(table, name, &id))
		ereport(ERROR, (errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
						errmsg("no such %s", table == LR_ACCOUNT    ? "account"
											 : table == LR_SUPPLIER ? "supplier"
																	: "lead group"),
						errdetail("None has the %s \"%s\".",
								  table == LR_LEAD_GROUP ? "name" : "external_id", name),
						errhint("Insert it into table leadreturns.%s first.",
								table == LR_ACCOUNT    ? "account"
								: table == LR_SUPPLIER ? "supplier"
													   : "lead_group")));
	if (strlen(name) + 2 < MAX_NAME)
	{
		known = hash_search(named, key, HASH_ENTER, NULL);
		known->id = id;
	}
	return id;
}

static bool
look_for_name(LrRelation table, const char *name, int64 *id)
{
	LrStore *store = lr_store_open(true);
	LrKey key = {1, BTEqualStrategyNumber, TEXTOID, CStringGetTextDatum(name)};
	bool found = false;
	LrScan *scan;
	LrRow row;

	if (table == LR_LEAD_GROUP)
		scan = lr_store_scan_all(store, table);
	else
		scan = lr_store_scan(store, table,
							 table == LR_ACCOUNT ? LR_ACCOUNT_EXTERNAL_KEY
												 : LR_SUPPLIER_EXTERNAL_KEY,
							 &key, 1);
	while (!found && lr_store_next(scan, &row))
	{
		*id = DatumGetInt64(row.values[0]);
		found = table != LR_LEAD_GROUP ||
				strcmp(TextDatumGetCString(row.values[LEAD_GROUP_NAME]), name) == 0;
	}
	lr_store_end_scan(scan);
	lr_store_close(store);
	return found;
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
	NamedParent *known;
	LrParent *entry;

	if (parents == NULL)
		return;
	hash_seq_init(&status, parents);
	while ((entry = hash_seq_search(&status)) != NULL)
		hash_search(parents, &entry->key, HASH_REMOVE, NULL);
	hash_seq_init(&status, named);
	while ((known = hash_seq_search(&status)) != NULL)
		hash_search(named, known->key, HASH_REMOVE, NULL);
}

static void
at_xact_end(XactEvent event, void *arg)
{
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE)
		return;
	cxt = NULL;
	parents = NULL;
	named = NULL;
}

static void
at_subxact_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		lr_forget_parents();
}
