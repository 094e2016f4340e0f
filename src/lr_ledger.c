/*
 * lr_ledger.c
 *		Posting transfers.
 */
#include "postgres.h"

#include "lr_ledger.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

typedef struct Legs
{
	const char *kind;
	const char *debit;
	const char *credit;
} Legs;

/* Indexed by LrTransferKind. */
static const Legs legs[] = {
	{"sale", "account", "revenue"},
	{"payout_due", "cost", "supplier"},
	{"credit", "revenue", "account"},
	{"clawback", "supplier", "cost"},
	{"credit_reversed", "account", "revenue"},
	{"clawback_reversed", "cost", "supplier"},
	{"deposit", "cash", "account"},
	{"payment", "cash", "account"},
	{"payout", "supplier", "cash"},
	{"adjustment", "adjustments", "account"},
	{"adjustment", "account", "adjustments"},
	{"sale_corrected", "account", "revenue"},
	{"sale_corrected", "revenue", "account"},
	{"payout_corrected", "cost", "supplier"},
	{"payout_corrected", "supplier", "cost"},
};

int64
lr_transfer_post(LrStore *store, const LrTransfer *t)
{
	const Legs *leg = &legs[t->kind];
	int64 transfer_id = t->transfer_id != 0 ? t->transfer_id : lr_store_next_id(LR_TRANSFER_SEQ);
	Datum values[TRANSFER_NCOLUMNS];
	bool nulls[TRANSFER_NCOLUMNS] = {false};

	Assert(t->amount > 0);
	values[TRANSFER_ID] = Int64GetDatum(transfer_id);
	values[TRANSFER_POSTED_AT] = TimestampTzGetDatum(t->posted_at);
	values[TRANSFER_POSTED_ON] = DateADTGetDatum(t->posted_on);
	values[TRANSFER_KIND] = CStringGetTextDatum(leg->kind);
	values[TRANSFER_DEBIT] = CStringGetTextDatum(leg->debit);
	values[TRANSFER_CREDIT] = CStringGetTextDatum(leg->credit);
	lr_set_id(values, nulls, TRANSFER_ACCOUNT_ID, t->account);
	lr_set_id(values, nulls, TRANSFER_SUPPLIER_ID, t->supplier);
	values[TRANSFER_AMOUNT] = lr_money_datum(t->amount);
	values[TRANSFER_CURRENCY] = t->currency;
	lr_set_id(values, nulls, TRANSFER_DELIVERY_ID, t->delivery_id);
	lr_set_id(values, nulls, TRANSFER_RETURN_ID, t->return_id);
	lr_set_id(values, nulls, TRANSFER_REVERSES, t->reverses);
	values[TRANSFER_ACTOR] = CStringGetTextDatum(t->actor);
	nulls[TRANSFER_NOTE] = t->note == NULL;
	values[TRANSFER_NOTE] = lr_text_datum(t->note);
	lr_store_insert(store, LR_TRANSFER, values, nulls);
	return transfer_id;
}

TimestampTz
lr_closed_until(LrStore *store, int64 account_id)
{
	LrKey key = lr_key_id(1, account_id);
	LrScan *scan = lr_store_scan(store, LR_CLOSING, LR_CLOSING_PKEY, &key, 1);
	TimestampTz until = DT_NOBEGIN;
	LrRow row;

	while (lr_store_next(scan, &row))
		until = Max(until, DatumGetTimestampTz(row.values[CLOSING_ENDS_AT]));
	lr_store_end_scan(scan);
	return until;
}
