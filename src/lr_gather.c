/*
 * lr_gather.c
 *		INSERT and COPY into the view deliveries gather rows and write them in batches, with the
 *		sale, the supplier's payout and the count for the caps.
 *
 * Gathered rows belong to the statement that inserts them: its AFTER STATEMENT trigger writes
 * them, and so does any other command of ours before it starts, so nobody can tell them from
 * written ones. A rolled-back savepoint takes the rows gathered in it with it. Rows gathered
 * outside but written inside it would be lost, so they are kept until their own level is reached,
 * to be written again.
 */
#include "postgres.h"

#include "access/xact.h"
#include "lr_deliver.h"
#include "lr_ledger.h"
#include "lr_rates.h"
#include "lr_row.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define BATCH_ROWS 512

typedef struct GatheredRow
{
	LrNewDelivery delivery;
	int nest_level;    /* of the savepoint it was gathered in */
	int written_level; /* of the one it was written in; 0: not written */
} GatheredRow;

static MemoryContext cxt = NULL;     /* of the rows; ends with the transaction */
static MemoryContext row_cxt = NULL; /* of their values; reset when all are settled */
static GatheredRow *rows = NULL;
static int nrows = 0;
static int nunwritten = 0;
static int max_rows = 0;

static void copy_values(LrNewDelivery *delivery);
static void write_rows(LrStore *store);
static void drop_settled_rows(void);
static void count_delivery(LrRates *rates, const LrNewDelivery *row);
static void post_transfers(LrStore *store, const LrNewDelivery *row);
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
	LrNewDelivery delivery;
	GatheredRow *row;

	if (nunwritten >= BATCH_ROWS)
		lr_deliver_flush();
	/* completing may write what was gathered before, and so move the end */
	lr_deliver_complete(input, &delivery);

	if (cxt == NULL)
	{
		cxt = AllocSetContextCreate(TopTransactionContext, "leadreturns deliveries",
									ALLOCSET_DEFAULT_SIZES);
		row_cxt = AllocSetContextCreate(cxt, "leadreturns gathered rows",
										ALLOCSET_DEFAULT_SIZES);
		max_rows = BATCH_ROWS;
		rows = MemoryContextAlloc(cxt, sizeof(GatheredRow) * max_rows);
	}
	if (nrows == max_rows)
	{
		max_rows *= 2;
		rows = repalloc_huge(rows, sizeof(GatheredRow) * max_rows);
	}
	copy_values(&delivery);
	row = &rows[nrows++];
	row->delivery = delivery;
	row->nest_level = GetCurrentTransactionNestLevel();
	row->written_level = 0;
	nunwritten++;
	if (!delivery.nulls[DELIVERY_REPLACES])
		lr_deliver_flush();
}

/* Moves the values to where they last until the rows are written. */
static void
copy_values(LrNewDelivery *delivery)
{
	static const int by_reference[] = {DELIVERY_PRICE, DELIVERY_COST, DELIVERY_CURRENCY,
									   DELIVERY_STATUS, DELIVERY_EXTERNAL_ID, DELIVERY_EMAIL,
									   DELIVERY_PHONE, DELIVERY_ROW_KEY};
	MemoryContext old = MemoryContextSwitchTo(row_cxt);

	for (int i = 0; i < (int) lengthof(by_reference); i++)
	{
		int column = by_reference[i];

		if (!delivery->nulls[column])
			delivery->values[column] = datumCopy(delivery->values[column], false, -1);
	}
	MemoryContextSwitchTo(old);
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
	LrRates *rates = lr_rates_open();

	for (int i = 0; i < nrows; i++)
	{
		LrNewDelivery *row = &rows[i].delivery;
		Datum delta[DELTA_NCOLUMNS] = {row->values[DELIVERY_ACCOUNT_ID],
									   row->values[DELIVERY_DELIVERED_AT],
									   row->values[DELIVERY_PRICE]};
		bool no_nulls[DELTA_NCOLUMNS] = {false};

		if (rows[i].written_level != 0)
			continue;
		if (!row->nulls[DELIVERY_SALE_TRANSFER_ID])
			row->values[DELIVERY_SALE_TRANSFER_ID] =
				Int64GetDatum(lr_store_next_id(LR_TRANSFER_SEQ));
		if (!row->nulls[DELIVERY_PAYOUT_TRANSFER_ID])
			row->values[DELIVERY_PAYOUT_TRANSFER_ID] =
				Int64GetDatum(lr_store_next_id(LR_TRANSFER_SEQ));
		lr_store_insert(store, LR_DELIVERY, row->values, row->nulls);
		post_transfers(store, row);
		lr_store_insert(store, LR_VOLUME_DELTA, delta, no_nulls);
		count_delivery(rates, row);
	}
	lr_rates_write(rates, store);
}

/* What nobody is owed is no cost. */
static void
count_delivery(LrRates *rates, const LrNewDelivery *row)
{
	LrRateKey key = {DatumGetInt64(row->values[DELIVERY_ACCOUNT_ID])};

	key.supplier = lr_id(row->values[DELIVERY_SUPPLIER_ID], row->nulls[DELIVERY_SUPPLIER_ID]);
	key.lead_group =
		lr_id(row->values[DELIVERY_LEAD_GROUP_ID], row->nulls[DELIVERY_LEAD_GROUP_ID]);
	key.currency = row->values[DELIVERY_CURRENCY];
	key.delivered_on = (LrDay){DatumGetDateADT(row->values[DELIVERY_DELIVERED_ON]), true};
	lr_rates_add(rates, &key, FIGURE_DELIVERED, 1);
	lr_rates_add(rates, &key, FIGURE_DELIVERED_VALUE, row->price);
	if (!row->nulls[DELIVERY_PAYOUT_TRANSFER_ID])
		lr_rates_add(rates, &key, FIGURE_COST, row->cost);
}

/* The sale, posted when the lead was delivered, and what the supplier is owed for it. */
static void
post_transfers(LrStore *store, const LrNewDelivery *row)
{
	LrTransfer transfer = {0};

	transfer.posted_at = DatumGetTimestampTz(row->values[DELIVERY_DELIVERED_AT]);
	transfer.posted_on = DatumGetDateADT(row->values[DELIVERY_DELIVERED_ON]);
	transfer.currency = row->values[DELIVERY_CURRENCY];
	transfer.delivery_id = lr_id(row->values[DELIVERY_ID], false);
	transfer.actor = lr_session_role();
	if (!row->nulls[DELIVERY_SALE_TRANSFER_ID])
	{
		transfer.kind = LR_SALE;
		transfer.amount = row->price;
		transfer.account = lr_id(row->values[DELIVERY_ACCOUNT_ID], false);
		transfer.transfer_id = DatumGetInt64(row->values[DELIVERY_SALE_TRANSFER_ID]);
		lr_transfer_post(store, &transfer);
	}
	if (!row->nulls[DELIVERY_PAYOUT_TRANSFER_ID])
	{
		transfer.kind = LR_PAYOUT_DUE;
		transfer.amount = row->cost;
		transfer.account.given = false;
		transfer.supplier = lr_id(row->values[DELIVERY_SUPPLIER_ID], false);
		transfer.transfer_id = DatumGetInt64(row->values[DELIVERY_PAYOUT_TRANSFER_ID]);
		lr_transfer_post(store, &transfer);
	}
}

static void
forget_all(void)
{
	cxt = NULL;
	rows = NULL;
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
}
