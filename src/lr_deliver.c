/*
 * lr_deliver.c
 *		What a delivery must be, and what of it may change.
 *
 * The account is locked FOR KEY SHARE (lr_parents.c), which proves the reference and keeps out
 * lr_close_period() until the end of the transaction, but does not wait for returns.
 */
#include "postgres.h"

#include "lr_deliver.h"

#include "lr_parents.h"
#include "lr_request.h"
#include "lr_row.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/timestamp.h"

#define STANDARD_STATUS "DELIVERED"

static void set_link(LrNewDelivery *row, const LrDeliveryInput *in);
static void set_day(LrNewDelivery *row, int64 buyer_id);
static void check_replacement(const LrDeliveryInput *input, LrMoney price);

/* Checks the columns given, and fills those that were left out, in the input too. */
void
lr_deliver_complete(LrDeliveryInput *in, LrNewDelivery *row)
{
	static const int column_of[] = {
		DELIVERY_ID, DELIVERY_LEAD_ID, DELIVERY_ACCOUNT_ID, DELIVERY_SUPPLIER_ID,
		DELIVERY_LEAD_GROUP_ID, DELIVERY_PRICE, DELIVERY_COST, DELIVERY_DELIVERED_AT,
		DELIVERY_STATUS, DELIVERY_EXTERNAL_ID, DELIVERY_EMAIL, DELIVERY_PHONE,
		DELIVERY_REPLACES, DELIVERY_DELETED_AT, DELIVERY_CURRENCY};
	const LrParent *account;

	if (in->nulls[DELIVERIES_LEAD_ID] || in->nulls[DELIVERIES_ACCOUNT_ID])
		ereport(ERROR, (errcode(ERRCODE_NOT_NULL_VIOLATION),
						errmsg("a delivery needs lead_id and account_id")));
	row->price = lr_deliver_amount(in, DELIVERIES_PRICE, "price");
	row->cost = in->nulls[DELIVERIES_COST] ? 0 : lr_deliver_amount(in, DELIVERIES_COST, "cost");
	account = lr_find_parent(LR_ACCOUNT, LR_ACCOUNT_PKEY,
							 DatumGetInt64(in->values[DELIVERIES_ACCOUNT_ID]));
	if (!in->nulls[DELIVERIES_SUPPLIER_ID])
		lr_find_parent(LR_SUPPLIER, LR_SUPPLIER_PKEY,
					   DatumGetInt64(in->values[DELIVERIES_SUPPLIER_ID]));
	if (!in->nulls[DELIVERIES_LEAD_GROUP_ID])
		lr_find_parent(LR_LEAD_GROUP, LR_LEAD_GROUP_PKEY,
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
	set_link(row, in);
	set_day(row, account->buyer_id);
	row->nulls[DELIVERY_SALE_TRANSFER_ID] = row->price == 0;
	row->nulls[DELIVERY_PAYOUT_TRANSFER_ID] = row->cost == 0 || in->nulls[DELIVERIES_SUPPLIER_ID];
}

/* The row of an attached table that it is. */
static void
set_link(LrNewDelivery *row, const LrDeliveryInput *in)
{
	if (in->row_key == NULL)
		return;
	lr_set_id(row->values, row->nulls, DELIVERY_ATTACHMENT_ID, (LrId){in->attachment_id, true});
	row->values[DELIVERY_ROW_KEY] = CStringGetTextDatum(in->row_key);
	row->nulls[DELIVERY_ROW_KEY] = false;
}

/* The day for reports, by the terms of now: what is recorded does not follow later ones. */
static void
set_day(LrNewDelivery *row, int64 buyer_id)
{
	TimestampTz at = DatumGetTimestampTz(row->values[DELIVERY_DELIVERED_AT]);
	LrTermsOf of = {DatumGetInt64(row->values[DELIVERY_ACCOUNT_ID]), buyer_id,
					lr_id(row->values[DELIVERY_LEAD_GROUP_ID],
						  row->nulls[DELIVERY_LEAD_GROUP_ID])};

	row->values[DELIVERY_DELIVERED_ON] = DateADTGetDatum(lr_day_of(at, lr_terms_zone(&of, at)));
	row->nulls[DELIVERY_DELIVERED_ON] = false;
}

LrMoney
lr_deliver_amount(const LrDeliveryInput *in, int column, const char *name)
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
	if (!owed || c->account->account_id != DatumGetInt64(in->values[DELIVERIES_ACCOUNT_ID]))
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
	lr_case_end(c);
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
	int64 delivery_id = DatumGetInt64(before->values[DELIVERIES_DELIVERY_ID]);
	Datum values[DELIVERY_NCOLUMNS];
	bool nulls[DELIVERY_NCOLUMNS];
	LrStore *store;
	LrRow row;

	lr_require_staff("change a delivery");
	store = lr_open_for_command();
	if (!lr_store_lock_id(store, LR_DELIVERY, LR_DELIVERY_PKEY, delivery_id,
						  LockTupleNoKeyExclusive, &row))
		elog(ERROR, "delivery " INT64_FORMAT " has vanished", delivery_id);
	memcpy(values, row.values, sizeof(values));
	memcpy(nulls, row.nulls, sizeof(nulls));
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
	lr_store_update(store, LR_DELIVERY, &row, values, nulls);
	lr_store_close(store);
}
