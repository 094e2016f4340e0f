/*
 * lr_deliver.c
 *		Deliveries: INSERT and COPY into the view gather rows and write them in batches, with the
 *		sale, the supplier's payout and the count for the caps.
 *
 * Gathered rows belong to the statement that inserts them: its AFTER STATEMENT trigger writes
 * them, and so does any other command of ours before it starts, so nobody can tell them from
 * written ones. A rolled-back savepoint takes the rows gathered in it with it. Rows gathered
 * outside but written inside it would be lost, so they are kept until their own level is reached,
 * to be written again.
 *
 * The account is locked FOR KEY SHARE, which proves the reference and keeps out lr_close_period()
 * until the end of the transaction, but does not wait for returns.
 */
#include "postgres.h"

#include "lr_deliver.h"

#include "access/stratnum.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/tuptable.h"
#include "lr_ledger.h"
#include "lr_request.h"
#include "lr_row.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define BATCH_ROWS 512
#define STANDARD_STATUS "DELIVERED"

typedef struct GatheredRow
{
	Datum values[DELIVERY_NCOLUMNS];
	bool nulls[DELIVERY_NCOLUMNS];
	LrMoney price;
	LrMoney cost;
	int nest_level;    /* of the savepoint it was gathered in */
	int written_level; /* of the one it was written in; 0: not written */
} GatheredRow;

/* What this transaction knows of a parent row: it exists, and cannot go away. */
typedef struct ParentKey
{
	LrRelation table;
	int64 id;
} ParentKey;

typedef struct Parent
{
	ParentKey key;
	Datum currency; /* of an account */
	TimestampTz closed_until;
} Parent;

static MemoryContext cxt = NULL;     /* of the parents; ends with the transaction */
static MemoryContext row_cxt = NULL; /* of the values of gathered rows; reset by each flush */
static GatheredRow *rows = NULL;
static int nrows = 0;
static int nunwritten = 0;
static int max_rows = 0;
static HTAB *parents = NULL;

static void complete_row(LrDeliveryInput *input, GatheredRow *row);
static void check_replacement(const LrDeliveryInput *input, LrMoney price);
static LrMoney amount_of(const LrDeliveryInput *input, int column, const char *name);
static Parent *find_parent(LrRelation table, LrRelation pkey, int64 id);
static void write_rows(LrStore *store);
static void drop_settled_rows(void);
static void fill(LrStore *store, LrRelation table, TupleTableSlot **slots, int *n,
				 const Datum *values, const bool *nulls, int ncolumns);
static void fill_transfers(LrStore *store, GatheredRow *row, TupleTableSlot **slots, int *n);
static void forget_all(void);
static void at_xact_end(XactEvent event, void *arg);
static void at_subxact_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent,
						   void *arg);

void
lr_deliver_init(void)
{
	RegisterXactCallback(at_xact_end, NULL);
	RegisterSubXactCallback(at_subxact_end, NULL);
}

LrStore *
lr_open_for_command(void)
{
	lr_deliver_flush();
	return lr_store_open(true);
}

void
lr_deliver_gather(LrDeliveryInput *input)
{
	GatheredRow complete;
	GatheredRow *row;
	MemoryContext old;

	lr_require_staff("deliver leads");
	if (cxt == NULL)
	{
		HASHCTL ctl;

		cxt = AllocSetContextCreate(TopTransactionContext, "leadreturns deliveries",
									ALLOCSET_DEFAULT_SIZES);
		row_cxt = AllocSetContextCreate(cxt, "leadreturns gathered rows",
										ALLOCSET_DEFAULT_SIZES);
		max_rows = BATCH_ROWS;
		rows = MemoryContextAlloc(cxt, sizeof(GatheredRow) * max_rows);
		ctl.keysize = sizeof(ParentKey);
		ctl.entrysize = sizeof(Parent);
		ctl.hcxt = cxt;
		parents = hash_create("leadreturns parents", 64, &ctl,
							  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	if (nunwritten >= BATCH_ROWS)
		lr_deliver_flush();
	if (nrows == max_rows)
	{
		max_rows *= 2;
		rows = repalloc_huge(rows, sizeof(GatheredRow) * max_rows);
	}

	/* completing may write what was gathered before, and so move the end */
	complete_row(input, &complete);
	row = &rows[nrows];
	*row = complete;
	row->nest_level = GetCurrentTransactionNestLevel();
	row->written_level = 0;
	old = MemoryContextSwitchTo(row_cxt);
	for (int i = 0; i < DELIVERY_NCOLUMNS; i++)
	{
		bool by_value = i == DELIVERY_ID || i == DELIVERY_LEAD_ID || i == DELIVERY_ACCOUNT_ID ||
						i == DELIVERY_SUPPLIER_ID || i == DELIVERY_LEAD_GROUP_ID ||
						i == DELIVERY_DELIVERED_AT || i == DELIVERY_DELETED_AT ||
						i == DELIVERY_REPLACES || i >= DELIVERY_SALE_TRANSFER_ID;

		if (!row->nulls[i] && !by_value)
			row->values[i] = datumCopy(row->values[i], false, -1);
	}
	MemoryContextSwitchTo(old);
	nrows++;
	nunwritten++;
	if (!row->nulls[DELIVERY_REPLACES])
		lr_deliver_flush();
}

/* Checks the columns given, and fills those that were left out, in the input too. */
static void
complete_row(LrDeliveryInput *in, GatheredRow *row)
{
	static const int column_of[] = {
		DELIVERY_ID, DELIVERY_LEAD_ID, DELIVERY_ACCOUNT_ID, DELIVERY_SUPPLIER_ID,
		DELIVERY_LEAD_GROUP_ID, DELIVERY_PRICE, DELIVERY_COST, DELIVERY_DELIVERED_AT,
		DELIVERY_STATUS, DELIVERY_EXTERNAL_ID, DELIVERY_EMAIL, DELIVERY_PHONE,
		DELIVERY_REPLACES, DELIVERY_DELETED_AT, DELIVERY_CURRENCY};
	Parent *account;

	if (in->nulls[DELIVERIES_LEAD_ID] || in->nulls[DELIVERIES_ACCOUNT_ID])
		ereport(ERROR, (errcode(ERRCODE_NOT_NULL_VIOLATION),
						errmsg("a delivery needs lead_id and account_id")));
	row->price = amount_of(in, DELIVERIES_PRICE, "price");
	row->cost = in->nulls[DELIVERIES_COST] ? 0 : amount_of(in, DELIVERIES_COST, "cost");
	account = find_parent(LR_ACCOUNT, LR_ACCOUNT_PKEY,
						  DatumGetInt64(in->values[DELIVERIES_ACCOUNT_ID]));
	if (!in->nulls[DELIVERIES_SUPPLIER_ID])
		find_parent(LR_SUPPLIER, LR_SUPPLIER_PKEY,
					DatumGetInt64(in->values[DELIVERIES_SUPPLIER_ID]));
	if (!in->nulls[DELIVERIES_LEAD_GROUP_ID])
		find_parent(LR_LEAD_GROUP, LR_LEAD_GROUP_PKEY,
					DatumGetInt64(in->values[DELIVERIES_LEAD_GROUP_ID]));
	if (!in->nulls[DELIVERIES_CURRENCY] &&
		!datumIsEqual(in->values[DELIVERIES_CURRENCY], account->currency, false, -1) &&
		strcmp(TextDatumGetCString(in->values[DELIVERIES_CURRENCY]),
			   TextDatumGetCString(account->currency)) != 0)
		LR_RAISE(LR_CURRENCY_MISMATCH, "The account's currency is %s, not %s.",
				 TextDatumGetCString(account->currency),
				 TextDatumGetCString(in->values[DELIVERIES_CURRENCY]));

#define DEFAULT_TO(column, value)         \
	do                                    \
	{                                     \
		if (in->nulls[column])            \
		{                                 \
			in->values[column] = (value); \
			in->nulls[column] = false;    \
		}                                 \
	} while (0)

	DEFAULT_TO(DELIVERIES_DELIVERY_ID, Int64GetDatum(lr_store_next_id(LR_DELIVERY_SEQ)));
	DEFAULT_TO(DELIVERIES_DELIVERED_AT, TimestampTzGetDatum(lr_clock()));
	DEFAULT_TO(DELIVERIES_STATUS, CStringGetTextDatum(STANDARD_STATUS));
	DEFAULT_TO(DELIVERIES_CURRENCY, account->currency);
	in->values[DELIVERIES_PRICE] = lr_money_datum(row->price);
	in->values[DELIVERIES_COST] = lr_money_datum(row->cost);
	in->nulls[DELIVERIES_COST] = false;
	if (DatumGetTimestampTz(in->values[DELIVERIES_DELIVERED_AT]) < account->closed_until)
		LR_RAISE(LR_PERIOD_CLOSED, "Account " INT64_FORMAT " is closed until %s.",
				 DatumGetInt64(in->values[DELIVERIES_ACCOUNT_ID]),
				 lr_instant_text(account->closed_until));
	if (!in->nulls[DELIVERIES_REPLACES])
		check_replacement(in, row->price);

	memset(row->nulls, true, sizeof(row->nulls));
	for (int i = 0; i < DELIVERIES_NCOLUMNS; i++)
	{
		row->values[column_of[i]] = in->values[i];
		row->nulls[column_of[i]] = in->nulls[i];
	}
	row->nulls[DELIVERY_SALE_TRANSFER_ID] = row->price == 0;
	row->nulls[DELIVERY_PAYOUT_TRANSFER_ID] =
		row->cost == 0 || in->nulls[DELIVERIES_SUPPLIER_ID];
}

static LrMoney
amount_of(const LrDeliveryInput *in, int column, const char *name)
{
	LrMoney amount;

	if (in->nulls[column])
		LR_RAISE(LR_AMOUNT_OUT_OF_RANGE, "No %s was given.", name);
	if (!lr_money_from_argument(in->values[column], &amount) || amount < 0)
		LR_RAISE(LR_AMOUNT_OUT_OF_RANGE, "%s is %s; it must be from 0 to below 1e11.", name,
				 DatumGetCString(DirectFunctionCall1(numeric_out, in->values[column])));
	return amount;
}

/*
 * A delivery that replaces a return is free, goes to the same account, and fulfils an accepted
 * return whose remedy is a replacement. The locks keep the return from being rolled back.
 */
static void
check_replacement(const LrDeliveryInput *in, LrMoney price)
{
	LrId return_id = {DatumGetInt64(in->values[DELIVERIES_REPLACES]), true};
	LrCase *c = palloc0(sizeof(LrCase));
	LrKey key = lr_key_id(1, return_id.id);
	LrParty staff = {LR_STAFF, {0, false}};
	LrRow row;
	bool owed;

	lr_deliver_flush();
	lr_case_begin(c, lr_store_open(true), staff, LR_MANUAL);
	lr_case_open(c, return_id);
	owed = c->request.status == LR_ACCEPTED &&
		   strcmp(TextDatumGetCString(c->request.values[REQUEST_REMEDY]), "replacement") == 0;
	if (c->request.status != LR_ACCEPTED)
		LR_RAISE(LR_NOT_RETURNED, "Return " INT64_FORMAT " is %s.", return_id.id,
				 lr_status_name(c->request.status));
	if (!owed || c->account.account_id != DatumGetInt64(in->values[DELIVERIES_ACCOUNT_ID]))
		LR_RAISE(LR_ILLEGAL_TRANSITION,
				 "Return " INT64_FORMAT " owes account " INT64_FORMAT " no replacement.",
				 return_id.id, DatumGetInt64(in->values[DELIVERIES_ACCOUNT_ID]));
	if (lr_store_get(c->store, LR_DELIVERY, LR_DELIVERY_REPLACES_KEY, &key, 1, &row))
		LR_RAISE(LR_ILLEGAL_TRANSITION,
				 "Return " INT64_FORMAT " has been replaced by delivery " INT64_FORMAT ".",
				 return_id.id, DatumGetInt64(row.values[DELIVERY_ID]));
	if (price != 0)
		LR_RAISE(LR_AMOUNT_OUT_OF_RANGE, "A replacement is free; its price is %s.",
				 lr_money_text(price));
	lr_store_close(c->store);
}

static Parent *
find_parent(LrRelation table, LrRelation pkey, int64 id)
{
	ParentKey key;
	Parent *parent;
	LrStore *store;
	LrRow row;
	bool found;
	TimestampTz closed_until = DT_NOBEGIN;
	Datum currency = (Datum) 0;

	memset(&key, 0, sizeof(key));
	key.table = table;
	key.id = id;
	parent = hash_search(parents, &key, HASH_FIND, NULL);
	if (parent != NULL)
		return parent;

	store = lr_store_open(true);
	if (table == LR_ACCOUNT)
	{
		found = lr_store_lock_id(store, table, pkey, id, LockTupleKeyShare, &row);
		lr_store_refresh(store);
		if (found)
		{
			MemoryContext old = MemoryContextSwitchTo(cxt);

			currency = datumCopy(row.values[ACCOUNT_CURRENCY], false, -1);
			MemoryContextSwitchTo(old);
			closed_until = lr_closed_until(store, id);
		}
	}
	else
		found = lr_store_get_id(store, table, pkey, id, &row);
	lr_store_close(store);
	if (!found)
		lr_raise_no_parent(table, (LrId){id, true});
	parent = hash_search(parents, &key, HASH_ENTER, NULL);
	parent->currency = currency;
	parent->closed_until = closed_until;
	return parent;
}

void
lr_deliver_flush(void)
{
	int level = GetCurrentTransactionNestLevel();
	LrStore *store;

	if (nunwritten == 0)
		return;
	store = lr_store_open(true);
	write_rows(store);
	lr_store_close(store);
	for (int i = 0; i < nrows; i++)
	{
		if (rows[i].written_level == 0)
			rows[i].written_level = level;
	}
	drop_settled_rows();
}

/* Forgets the rows that are written at their own level; only its end can undo that now. */
static void
drop_settled_rows(void)
{
	int kept = 0;

	nunwritten = 0;
	for (int i = 0; i < nrows; i++)
	{
		if (rows[i].written_level != 0 && rows[i].written_level <= rows[i].nest_level)
			continue;
		if (rows[i].written_level == 0)
			nunwritten++;
		rows[kept++] = rows[i];
	}
	nrows = kept;
	if (nrows == 0)
		MemoryContextReset(row_cxt);
}

static void
write_rows(LrStore *store)
{
	TupleTableSlot **deliveries = palloc(sizeof(TupleTableSlot *) * nunwritten);
	TupleTableSlot **transfers = palloc(sizeof(TupleTableSlot *) * nunwritten * 2);
	TupleTableSlot **deltas = palloc(sizeof(TupleTableSlot *) * nunwritten);
	int ndeliveries = 0;
	int ntransfers = 0;
	int ndeltas = 0;

	for (int i = 0; i < nrows; i++)
	{
		GatheredRow *row = &rows[i];
		Datum delta[DELTA_NCOLUMNS] = {row->values[DELIVERY_ACCOUNT_ID],
									   row->values[DELIVERY_DELIVERED_AT],
									   row->values[DELIVERY_PRICE]};
		bool no_nulls[DELTA_NCOLUMNS] = {false};

		if (row->written_level != 0)
			continue;
		fill_transfers(store, row, transfers, &ntransfers);
		fill(store, LR_DELIVERY, deliveries, &ndeliveries, row->values, row->nulls,
			 DELIVERY_NCOLUMNS);
		fill(store, LR_VOLUME_DELTA, deltas, &ndeltas, delta, no_nulls, DELTA_NCOLUMNS);
	}
	lr_store_insert_many(store, LR_DELIVERY, deliveries, ndeliveries);
	if (ntransfers > 0)
		lr_store_insert_many(store, LR_TRANSFER, transfers, ntransfers);
	lr_store_insert_many(store, LR_VOLUME_DELTA, deltas, ndeltas);
}

static void
fill(LrStore *store, LrRelation table, TupleTableSlot **slots, int *n, const Datum *values,
	 const bool *nulls, int ncolumns)
{
	TupleTableSlot *slot = lr_store_make_slot(store, table);

	lr_store_fill_slot(slot, values, nulls, ncolumns);
	slots[(*n)++] = slot;
}

/* The sale, posted when the lead was delivered, and what the supplier is owed for it. */
static void
fill_transfers(LrStore *store, GatheredRow *row, TupleTableSlot **slots, int *n)
{
	Datum values[TRANSFER_NCOLUMNS];
	bool nulls[TRANSFER_NCOLUMNS];
	LrTransfer transfer = {0};
	int64 id;

	transfer.posted_at = DatumGetTimestampTz(row->values[DELIVERY_DELIVERED_AT]);
	transfer.currency = row->values[DELIVERY_CURRENCY];
	transfer.delivery_id = lr_id(row->values[DELIVERY_ID], false);
	transfer.actor = lr_session_role();
	if (!row->nulls[DELIVERY_SALE_TRANSFER_ID])
	{
		id = lr_store_next_id(LR_TRANSFER_SEQ);
		transfer.kind = LR_SALE;
		transfer.amount = row->price;
		transfer.account = lr_id(row->values[DELIVERY_ACCOUNT_ID], false);
		lr_transfer_fill(&transfer, id, values, nulls);
		fill(store, LR_TRANSFER, slots, n, values, nulls, TRANSFER_NCOLUMNS);
		row->values[DELIVERY_SALE_TRANSFER_ID] = Int64GetDatum(id);
	}
	if (!row->nulls[DELIVERY_PAYOUT_TRANSFER_ID])
	{
		id = lr_store_next_id(LR_TRANSFER_SEQ);
		transfer.kind = LR_PAYOUT_DUE;
		transfer.amount = row->cost;
		transfer.account.given = false;
		transfer.supplier = lr_id(row->values[DELIVERY_SUPPLIER_ID], false);
		lr_transfer_fill(&transfer, id, values, nulls);
		fill(store, LR_TRANSFER, slots, n, values, nulls, TRANSFER_NCOLUMNS);
		row->values[DELIVERY_PAYOUT_TRANSFER_ID] = Int64GetDatum(id);
	}
}

/*
 * lr_deliver_update
 *		UPDATE of the view: the app's own status, the contact data and the soft delete; nothing
 *		else changes once it is recorded. Only the columns that differ are written.
 */
void
lr_deliver_update(const LrDeliveryInput *before, const LrDeliveryInput *after)
{
	static const int columns[][2] = {{DELIVERIES_STATUS, DELIVERY_STATUS},
									 {DELIVERIES_EMAIL, DELIVERY_EMAIL},
									 {DELIVERIES_PHONE, DELIVERY_PHONE},
									 {DELIVERIES_DELETED_AT, DELIVERY_DELETED_AT}};
	LrCase *c = palloc0(sizeof(LrCase));
	Datum values[DELIVERY_NCOLUMNS];
	bool nulls[DELIVERY_NCOLUMNS];
	LrParty party;

	lr_require_staff("change a delivery");
	party = lr_session_party();
	lr_case_begin(c, lr_open_for_command(), party, LR_MANUAL);
	lr_case_lock_delivery(c, DatumGetInt64(before->values[DELIVERIES_DELIVERY_ID]));
	memcpy(values, c->delivery.row.values, sizeof(values));
	memcpy(nulls, c->delivery.row.nulls, sizeof(nulls));
	for (int i = 0; i < (int) lengthof(columns); i++)
	{
		int from = columns[i][0];
		int to = columns[i][1];
		bool by_value = to == DELIVERY_DELETED_AT;

		if (before->nulls[from] == after->nulls[from] &&
			(after->nulls[from] ||
			 datum_image_eq(before->values[from], after->values[from], by_value,
							by_value ? 8 : -1)))
			continue;
		values[to] = after->values[from];
		nulls[to] = after->nulls[from];
	}
	lr_store_update(c->store, LR_DELIVERY, &c->delivery.row, values, nulls);
	lr_store_close(c->store);
}

/* What was known of accounts may have changed: lr_close_period() says so too. */
void
lr_deliver_forget_parents(void)
{
	HASH_SEQ_STATUS status;
	Parent *entry;

	if (parents == NULL)
		return;
	hash_seq_init(&status, parents);
	while ((entry = hash_seq_search(&status)) != NULL)
		hash_search(parents, &entry->key, HASH_REMOVE, NULL);
}

static void
forget_all(void)
{
	cxt = NULL;
	rows = NULL;
	parents = NULL;
	nrows = 0;
	nunwritten = 0;
}

static void
at_xact_end(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			/* only a disabled trigger of the view can leave rows behind */
			lr_deliver_flush();
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			forget_all();
			break;
		default:
			break;
	}
}

static void
at_subxact_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	int level = GetCurrentTransactionNestLevel();
	bool aborts = event == SUBXACT_EVENT_ABORT_SUB;
	int kept = 0;

	if (cxt == NULL || (event != SUBXACT_EVENT_COMMIT_SUB && !aborts))
		return;
	for (int i = 0; i < nrows; i++)
	{
		GatheredRow *row = &rows[i];

		if (aborts && row->nest_level >= level)
			continue;
		if (row->written_level >= level)
			row->written_level = aborts ? 0 : level - 1;
		row->nest_level = Min(row->nest_level, level - 1);
		rows[kept++] = *row;
	}
	nrows = kept;
	drop_settled_rows();
	/* the locks that vouch for the parents may be gone */
	if (aborts)
		lr_deliver_forget_parents();
}
