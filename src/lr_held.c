/*
 * lr_held.c
 *		Locking the deliveries and accounts of a command, and keeping their rows while it runs.
 *
 * With the locks in one order no two commands wait for each other in a circle, however many things
 * each works on. What lr_held_try() locks it never waits for, so its order does not matter.
 */
#include "postgres.h"

#include "lr_held.h"

#include "lr_attachment.h"
#include "lr_ledger.h"
#include "miscadmin.h"
#include "utils/date.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* A delivery that was named, before it is locked. */
typedef struct Wanted
{
	int64 delivery_id;
	int64 account_id;
	ItemPointerData tid; /* invalid: not read */
} Wanted;

/* A row of an attached table that gets its delivery's status. */
typedef struct WriteBack
{
	LrLink link;
	const char *status;
} WriteBack;

struct LrHeld
{
	MemoryContext cxt;
	LrStore *store;
	LrCapBooks *books;
	Wanted *wanted;
	int nwanted;
	int max_wanted;
	LrDelivery *deliveries; /* by id, once locked */
	int ndeliveries;
	int max_deliveries;
	LrAccount *accounts; /* by id, once locked */
	int naccounts;
	int max_accounts;
	int64 *busy; /* accounts that another session holds */
	int nbusy;
	int max_busy;
	WriteBack *write_backs;
	int nwrite_backs;
	int max_write_backs;
};

static void *grow(LrHeld *held, void *array, int n, int *max, Size size);
static void hold_delivery(LrHeld *held, LrRow *row);
static void hold_account(LrHeld *held, LrRow *row);
static void lock_wanted(LrHeld *held, bool keep);
static void lock_rows(LrHeld *held);
static bool try_row(LrHeld *held, int64 delivery_id);
static void lock_deliveries(LrHeld *held, bool keep);
static void lock_accounts(LrHeld *held, bool keep);
static int compare_wanted(const void *a, const void *b);
static int compare_deliveries(const void *a, const void *b);
static int compare_accounts(const void *a, const void *b);

void
lr_read_delivery(const LrRow *row, LrDelivery *d)
{
	d->row = *row;
	d->delivery_id = DatumGetInt64(row->values[DELIVERY_ID]);
	d->lead_id = DatumGetInt64(row->values[DELIVERY_LEAD_ID]);
	d->account_id = DatumGetInt64(row->values[DELIVERY_ACCOUNT_ID]);
	d->supplier = lr_id(row->values[DELIVERY_SUPPLIER_ID], row->nulls[DELIVERY_SUPPLIER_ID]);
	d->lead_group = lr_id(row->values[DELIVERY_LEAD_GROUP_ID],
						  row->nulls[DELIVERY_LEAD_GROUP_ID]);
	d->replaces = lr_id(row->values[DELIVERY_REPLACES], row->nulls[DELIVERY_REPLACES]);
	d->price = lr_money_from_datum(row->values[DELIVERY_PRICE]);
	d->cost = lr_money_from_datum(row->values[DELIVERY_COST]);
	d->delivered_at = DatumGetTimestampTz(row->values[DELIVERY_DELIVERED_AT]);
	d->delivered_on = DatumGetDateADT(row->values[DELIVERY_DELIVERED_ON]);
	d->deleted = !row->nulls[DELIVERY_DELETED_AT];
	d->touched = false;
}

void
lr_read_account(const LrRow *row, LrAccount *a)
{
	text *cycle = DatumGetTextPP(row->values[ACCOUNT_CYCLE]);

	a->row = *row;
	a->account_id = DatumGetInt64(row->values[ACCOUNT_ID]);
	a->buyer_id = DatumGetInt64(row->values[ACCOUNT_BUYER_ID]);
	a->cycle.weekly = *VARDATA_ANY(cycle) == 'w';
	a->cycle.anchor = DatumGetDateADT(row->values[ACCOUNT_CYCLE_ANCHOR]);
	a->closed_until = 0;
	a->caps = NULL;
}

bool
lr_get_account(LrStore *store, int64 account_id, LrAccount *account)
{
	LrRow row;

	if (!lr_store_get_id(store, LR_ACCOUNT, LR_ACCOUNT_PKEY, account_id, &row))
		return false;
	lr_read_account(&row, account);
	return true;
}

LrHeld *
lr_held_open(LrStore *store)
{
	LrHeld *held = palloc0(sizeof(LrHeld));

	held->cxt = CurrentMemoryContext;
	held->store = store;
	return held;
}

void
lr_held_share(LrHeld *held, LrCapBooks *books)
{
	held->books = books;
}

/* Room for one more element. */
static void *
grow(LrHeld *held, void *array, int n, int *max, Size size)
{
	if (n < *max)
		return array;
	*max = Max(*max * 2, 1);
	if (array == NULL)
		return MemoryContextAlloc(held->cxt, size * *max);
	return repalloc_huge(array, size * *max);
}

void
lr_held_want(LrHeld *held, int64 delivery_id, int64 account_id, ItemPointer tid)
{
	Wanted *wanted;

	held->wanted = grow(held, held->wanted, held->nwanted, &held->max_wanted, sizeof(Wanted));
	wanted = &held->wanted[held->nwanted++];
	wanted->delivery_id = delivery_id;
	wanted->account_id = account_id;
	if (tid != NULL)
		wanted->tid = *tid;
	else
		ItemPointerSetInvalid(&wanted->tid);
}

bool
lr_held_try(LrHeld *held, int64 delivery_id, int64 account_id)
{
	LrRow row;

	if (lr_held_try_account(held, account_id) == NULL || !try_row(held, delivery_id) ||
		!lr_store_try_lock(held->store, LR_DELIVERY, LR_DELIVERY_PKEY, delivery_id,
						   LockTupleNoKeyExclusive, &row))
		return false;
	hold_delivery(held, &row);
	lr_store_forget_rows(held->store);
	return true;
}

/* What was found of an account before is remembered: many deliveries share one. */
LrAccount *
lr_held_try_account(LrHeld *held, int64 account_id)
{
	LrRow row;

	for (int i = 0; i < held->naccounts; i++)
	{
		if (held->accounts[i].account_id == account_id)
			return &held->accounts[i];
	}
	for (int i = 0; i < held->nbusy; i++)
	{
		if (held->busy[i] == account_id)
			return NULL;
	}
	if (lr_store_try_lock(held->store, LR_ACCOUNT, LR_ACCOUNT_PKEY, account_id,
						  LockTupleNoKeyExclusive, &row))
	{
		hold_account(held, &row);
		return &held->accounts[held->naccounts - 1];
	}
	held->busy = grow(held, held->busy, held->nbusy, &held->max_busy, sizeof(int64));
	held->busy[held->nbusy++] = account_id;
	return NULL;
}

void
lr_held_lock(LrHeld *held)
{
	lock_wanted(held, true);
	if (held->ndeliveries > 1)
		qsort(held->deliveries, held->ndeliveries, sizeof(LrDelivery), compare_deliveries);
	if (held->naccounts > 1)
		qsort(held->accounts, held->naccounts, sizeof(LrAccount), compare_accounts);
}

void
lr_held_reserve(LrHeld *held)
{
	lock_wanted(held, false);
}

/* The one order: rows of attached tables, deliveries by id, then accounts by id. */
static void
lock_wanted(LrHeld *held, bool keep)
{
	if (held->nwanted > 1)
		qsort(held->wanted, held->nwanted, sizeof(Wanted), compare_wanted);
	if (lr_store_writes(held->store) && lr_attachments_exist())
		lock_rows(held);
	lock_deliveries(held, keep);
	lock_accounts(held, keep);
	held->nwanted = 0;
}

static void
lock_rows(LrHeld *held)
{
	LrLink *links = palloc(sizeof(LrLink) * Max(held->nwanted, 1));
	int nlinks = 0;
	LrRow row;

	for (int i = 0; i < held->nwanted; i++)
	{
		if (i > 0 && held->wanted[i - 1].delivery_id == held->wanted[i].delivery_id)
			continue;
		if (!lr_store_get_id(held->store, LR_DELIVERY, LR_DELIVERY_PKEY,
							 held->wanted[i].delivery_id, &row))
			continue;
		links[nlinks] = lr_link_of(&row);
		if (links[nlinks].attachment_id != 0)
			nlinks++;
		lr_store_forget_rows(held->store);
	}
	lr_link_lock(links, nlinks, false);
}

/* Locks the row of an attached table that the delivery is, unless another session holds it. */
static bool
try_row(LrHeld *held, int64 delivery_id)
{
	LrLink link;
	LrRow row;

	if (!lr_attachments_exist() || !lr_store_get_id(held->store, LR_DELIVERY, LR_DELIVERY_PKEY,
													delivery_id, &row))
		return true;
	link = lr_link_of(&row);
	return link.attachment_id == 0 || lr_link_lock(&link, 1, true);
}

static void
lock_deliveries(LrHeld *held, bool keep)
{
	for (int i = 0; i < held->nwanted; i++)
	{
		Wanted *wanted = &held->wanted[i];
		bool found;
		LrRow row;

		CHECK_FOR_INTERRUPTS();
		if (i > 0 && wanted[-1].delivery_id == wanted->delivery_id)
			continue;
		if (!lr_store_writes(held->store))
			found = lr_store_get_id(held->store, LR_DELIVERY, LR_DELIVERY_PKEY,
									wanted->delivery_id, &row);
		else if (ItemPointerIsValid(&wanted->tid))
			found = lr_store_lock_found(held->store, LR_DELIVERY, LR_DELIVERY_PKEY,
										wanted->delivery_id, &wanted->tid,
										LockTupleNoKeyExclusive, &row);
		else
			found = lr_store_lock_id(held->store, LR_DELIVERY, LR_DELIVERY_PKEY,
									 wanted->delivery_id, LockTupleNoKeyExclusive, &row);
		if (!found)
			elog(ERROR, "delivery " INT64_FORMAT " has vanished", wanted->delivery_id);
		if (keep)
			hold_delivery(held, &row);
		lr_store_forget_rows(held->store);
	}
}

static void
lock_accounts(LrHeld *held, bool keep)
{
	int64 *ids = palloc(sizeof(int64) * Max(held->nwanted, 1));

	for (int i = 0; i < held->nwanted; i++)
		ids[i] = held->wanted[i].account_id;
	if (held->nwanted > 1)
		qsort(ids, held->nwanted, sizeof(int64), lr_compare_elements);
	for (int i = 0; i < held->nwanted; i++)
	{
		bool found;
		LrRow row;

		if (i > 0 && ids[i - 1] == ids[i])
			continue;
		if (lr_store_writes(held->store))
			found = lr_store_lock_id(held->store, LR_ACCOUNT, LR_ACCOUNT_PKEY, ids[i],
									 LockTupleNoKeyExclusive, &row);
		else
			found = lr_store_get_id(held->store, LR_ACCOUNT, LR_ACCOUNT_PKEY, ids[i], &row);
		if (!found)
			elog(ERROR, "account " INT64_FORMAT " has vanished", ids[i]);
		if (keep)
			hold_account(held, &row);
		lr_store_forget_rows(held->store);
	}
	pfree(ids);
}

static void
hold_delivery(LrHeld *held, LrRow *row)
{
	lr_store_keep(held->store, row);
	held->deliveries = grow(held, held->deliveries, held->ndeliveries, &held->max_deliveries,
							sizeof(LrDelivery));
	lr_read_delivery(row, &held->deliveries[held->ndeliveries++]);
}

static void
hold_account(LrHeld *held, LrRow *row)
{
	LrAccount *account;

	lr_store_keep(held->store, row);
	held->accounts = grow(held, held->accounts, held->naccounts, &held->max_accounts,
						  sizeof(LrAccount));
	account = &held->accounts[held->naccounts++];
	lr_read_account(row, account);
	if (held->books != NULL)
		account->caps = lr_cap_book_of(held->books, held->store, account->account_id);
	else
		account->caps = lr_cap_open(held->store, account->account_id);
}

LrDelivery *
lr_held_delivery(LrHeld *held, int64 delivery_id)
{
	LrDelivery sought = {.delivery_id = delivery_id};
	LrDelivery *d = bsearch(&sought, held->deliveries, held->ndeliveries, sizeof(LrDelivery),
							compare_deliveries);
	LrRow row;

	if (d == NULL)
		elog(ERROR, "delivery " INT64_FORMAT " is not held", delivery_id);
	if (!d->touched)
		return d;
	lr_store_step(held->store);
	if (!lr_store_get_covered(held->store, LR_DELIVERY, LR_DELIVERY_PKEY, delivery_id, &row))
		elog(ERROR, "delivery " INT64_FORMAT " has vanished", delivery_id);
	lr_store_keep(held->store, &row);
	lr_read_delivery(&row, d);
	return d;
}

LrAccount *
lr_held_account(LrHeld *held, int64 account_id)
{
	LrAccount sought = {.account_id = account_id};
	LrAccount *account = bsearch(&sought, held->accounts, held->naccounts, sizeof(LrAccount),
								 compare_accounts);

	if (account == NULL)
		elog(ERROR, "account " INT64_FORMAT " is not held", account_id);
	return account;
}

TimestampTz
lr_account_closed_until(LrHeld *held, LrAccount *account)
{
	if (account->closed_until == 0)
		account->closed_until = lr_closed_until(held->store, account->account_id);
	return account->closed_until;
}

void
lr_held_write(LrHeld *held)
{
	if (held->books != NULL)
		return;
	for (int i = 0; i < held->naccounts; i++)
		lr_cap_write(held->accounts[i].caps);
}

void
lr_held_write_back(LrHeld *held, const LrDelivery *delivery, const char *status)
{
	MemoryContext old = MemoryContextSwitchTo(held->cxt);
	LrLink link = lr_link_of(&delivery->row);

	if (link.attachment_id != 0)
	{
		held->write_backs = grow(held, held->write_backs, held->nwrite_backs,
								 &held->max_write_backs, sizeof(WriteBack));
		held->write_backs[held->nwrite_backs++] = (WriteBack){link, pstrdup(status)};
	}
	MemoryContextSwitchTo(old);
}

void
lr_held_finish(LrHeld *held)
{
	for (int i = 0; i < held->nwrite_backs; i++)
		lr_link_write_back(&held->write_backs[i].link, held->write_backs[i].status);
	held->nwrite_backs = 0;
}

static int
compare_wanted(const void *a, const void *b)
{
	return lr_compare_ids(((const Wanted *) a)->delivery_id, ((const Wanted *) b)->delivery_id);
}

static int
compare_deliveries(const void *a, const void *b)
{
	return lr_compare_ids(((const LrDelivery *) a)->delivery_id,
						  ((const LrDelivery *) b)->delivery_id);
}

static int
compare_accounts(const void *a, const void *b)
{
	return lr_compare_ids(((const LrAccount *) a)->account_id,
						  ((const LrAccount *) b)->account_id);
}
