/*
 * lr_row.c
 *		Building rows of the views deliveries and returns without a query: what a command returns
 *		costs a few index look-ups, not the start of a six-table join. A test holds each row against
 *		the view.
 */
#include "postgres.h"

#include "lr_row.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "lr_catalog.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(lr_review_state);
PG_FUNCTION_INFO_V1(lr_status_colour);

/* Which column of the request, or of the delivery, a column of the view shows. */
typedef struct ColumnCopy
{
	int to;
	int from;
} ColumnCopy;

static const ColumnCopy from_request[] = {
	{RETURNS_RETURN_ID, REQUEST_ID},
	{RETURNS_DELIVERY_ID, REQUEST_DELIVERY_ID},
	{RETURNS_ACCOUNT_ID, REQUEST_ACCOUNT_ID},
	{RETURNS_REASON, REQUEST_REASON},
	{RETURNS_REASON_TEXT, REQUEST_REASON_TEXT},
	{RETURNS_NOTE, REQUEST_NOTE},
	{RETURNS_STATUS, REQUEST_STATUS},
	{RETURNS_DELIVERED_AT, REQUEST_DELIVERED_AT},
	{RETURNS_REQUESTED_AT, REQUEST_REQUESTED_AT},
	{RETURNS_REQUESTED_BY, REQUEST_REQUESTED_BY},
	{RETURNS_DECIDED_AT, REQUEST_DECIDED_AT},
	{RETURNS_DECIDED_BY, REQUEST_DECIDED_BY},
	{RETURNS_DECIDED_HOW, REQUEST_DECIDED_HOW},
	{RETURNS_DECISION_NOTE, REQUEST_DECISION_NOTE},
	{RETURNS_ASSIGNEE, REQUEST_ASSIGNEE},
	{RETURNS_PRICE, REQUEST_PRICE},
	{RETURNS_COST, REQUEST_COST},
	{RETURNS_CREDIT, REQUEST_CREDIT},
	{RETURNS_CLAWBACK, REQUEST_CLAWBACK},
	{RETURNS_REMEDY, REQUEST_REMEDY},
	{RETURNS_PRIOR_STATUS, REQUEST_PRIOR_STATUS},
	{RETURNS_OVERRIDDEN, REQUEST_OVERRIDDEN},
	{RETURNS_IMPORT_ID, REQUEST_IMPORT_ID},
	{RETURNS_IDEMPOTENCY_KEY, REQUEST_IDEMPOTENCY_KEY},
};

static const ColumnCopy from_delivery[] = {
	{RETURNS_LEAD_ID, DELIVERY_LEAD_ID},
	{RETURNS_EXTERNAL_ID, DELIVERY_EXTERNAL_ID},
	{RETURNS_SUPPLIER_ID, DELIVERY_SUPPLIER_ID},
	{RETURNS_LEAD_GROUP_ID, DELIVERY_LEAD_GROUP_ID},
	{RETURNS_CURRENCY, DELIVERY_CURRENCY},
};

static Datum form_row(LrRelation view, Datum *values, bool *nulls);
static void copy_columns(Datum *values, bool *nulls, const ColumnCopy *copies, int n,
						 const Datum *from_values, const bool *from_nulls);
static void name_of(LrStore *store, LrRelation table, LrRelation pkey, LrId id, Datum *value,
					bool *null);
static const char *review_state(LrStatus status, bool awaits_buyer, bool scheduled);
static const char *status_colour(LrStatus status);
static Datum age_in_hours(const LrRequest *r, TimestampTz now);

Datum
lr_returns_row(LrCase *c)
{
	Datum values[RETURNS_NCOLUMNS];
	bool nulls[RETURNS_NCOLUMNS];

	lr_returns_columns(c, values, nulls);
	return form_row(LR_RETURNS_VIEW, values, nulls);
}

void
lr_returns_columns(LrCase *c, Datum *values, bool *nulls)
{
	const LrRequest *r = &c->request;
	const LrRow *delivery = &c->delivery->row;
	LrId buyer = {c->account->buyer_id, true};
	LrId none = {0, false};
	const LrReason *reason;
	char *code = TextDatumGetCString(r->values[REQUEST_REASON]);

	memset(nulls, 0, sizeof(bool) * RETURNS_NCOLUMNS);
	copy_columns(values, nulls, from_request, lengthof(from_request), r->values, r->nulls);
	copy_columns(values, nulls, from_delivery, lengthof(from_delivery), delivery->values,
				 delivery->nulls);

	values[RETURNS_ACCOUNT] = c->account->row.values[ACCOUNT_NAME];
	values[RETURNS_BUYER_ID] = Int64GetDatum(buyer.id);
	name_of(c->store, LR_BUYER, LR_BUYER_PKEY, buyer, &values[RETURNS_BUYER],
			&nulls[RETURNS_BUYER]);
	name_of(c->store, LR_SUPPLIER, LR_SUPPLIER_PKEY,
			c->delivery->supplier.given ? c->delivery->supplier : none, &values[RETURNS_SUPPLIER],
			&nulls[RETURNS_SUPPLIER]);
	name_of(c->store, LR_LEAD_GROUP, LR_LEAD_GROUP_PKEY, c->delivery->lead_group,
			&values[RETURNS_LEAD_GROUP], &nulls[RETURNS_LEAD_GROUP]);
	reason = lr_reason_by_code(c->store, code);
	nulls[RETURNS_REASON_LABEL] = reason == NULL;
	values[RETURNS_REASON_LABEL] = reason == NULL ? (Datum) 0
												  : CStringGetTextDatum(reason->label);
	values[RETURNS_REVIEW] = CStringGetTextDatum(lr_request_review(r));
	values[RETURNS_COLOUR] = CStringGetTextDatum(status_colour(r->status));
	values[RETURNS_AGE_HOURS] = age_in_hours(r, c->now);
	if (c->party.kind == LR_BUYER_PARTY)
	{
		/* the seller's affair, here as in the view */
		nulls[RETURNS_SUPPLIER_ID] = nulls[RETURNS_SUPPLIER] = true;
		nulls[RETURNS_COST] = nulls[RETURNS_CLAWBACK] = true;
		nulls[RETURNS_ASSIGNEE] = true;
	}
}

const char *
lr_request_review(const LrRequest *r)
{
	return review_state(r->status, DatumGetBool(r->values[REQUEST_AWAITS_BUYER]),
						!r->nulls[REQUEST_AUTO_ACCEPT_AT]);
}

Datum
lr_deliveries_view_row(Datum *values, bool *nulls)
{
	return form_row(LR_DELIVERIES_VIEW, values, nulls);
}

static void
copy_columns(Datum *values, bool *nulls, const ColumnCopy *copies, int n,
			 const Datum *from_values, const bool *from_nulls)
{
	for (int i = 0; i < n; i++)
	{
		values[copies[i].to] = from_values[copies[i].from];
		nulls[copies[i].to] = from_nulls[copies[i].from];
	}
}

static Datum
form_row(LrRelation view, Datum *values, bool *nulls)
{
	TupleDesc desc = lookup_rowtype_tupdesc(get_rel_type_id(lr_relation(view)), -1);
	HeapTuple tuple = heap_form_tuple(desc, values, nulls);

	ReleaseTupleDesc(desc);
	return HeapTupleGetDatum(tuple);
}

/*
 * The one row that a query of a view finds, for commands that are not often called. What was
 * written is there, but what it belongs to may be newer than the transaction's snapshot.
 */
Datum
lr_view_row(const char *query, int nargs, Oid *types, Datum *values)
{
	HeapTupleHeader row;

	CommandCounterIncrement();
	SPI_connect();
	if (SPI_execute_with_args(query, nargs, types, values, NULL, false, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
	{
		if (IsolationUsesXactSnapshot())
			lr_store_too_old();
		elog(ERROR, "could not read back what was written: %s", query);
	}
	row = SPI_returntuple(SPI_tuptable->vals[0], SPI_tuptable->tupdesc);
	SPI_finish();
	return HeapTupleHeaderGetDatum(row);
}

/* The name of a party or lead group: the second column of each of those tables. */
static void
name_of(LrStore *store, LrRelation table, LrRelation pkey, LrId id, Datum *value, bool *null)
{
	LrRow row;

	*null = !id.given || !lr_store_get_id(store, table, pkey, id.id, &row);
	*value = *null ? (Datum) 0 : row.values[table == LR_BUYER ? BUYER_NAME : 1];
}

/* Hours from the request to its decision, or to now, rounded as a cast to numeric(12,2) does. */
static Datum
age_in_hours(const LrRequest *r, TimestampTz now)
{
	TimestampTz from = DatumGetTimestampTz(r->values[REQUEST_REQUESTED_AT]);
	TimestampTz to = r->nulls[REQUEST_DECIDED_AT]
						 ? now
						 : DatumGetTimestampTz(r->values[REQUEST_DECIDED_AT]);
	int64 unit = USECS_PER_HOUR / 100;
	int64 age = to - from;
	int64 hundredths = (Abs(age) + unit / 2) / unit;

	return lr_money_datum(age < 0 ? -hundredths : hundredths);
}

static const char *
review_state(LrStatus status, bool awaits_buyer, bool scheduled)
{
	if (status != LR_OPEN)
		return "processed";
	return awaits_buyer || scheduled ? "pending" : "requires_review";
}

static const char *
status_colour(LrStatus status)
{
	switch (status)
	{
		case LR_OPEN:
			return "orange";
		case LR_ACCEPTED:
			return "green";
		case LR_DECLINED:
			return "red";
		default:
			return "grey";
	}
}

Datum
lr_review_state(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(review_state(lr_status_of(PG_GETARG_DATUM(0)),
												  PG_GETARG_BOOL(1), !PG_ARGISNULL(2))));
}

Datum
lr_status_colour(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(status_colour(lr_status_of(PG_GETARG_DATUM(0)))));
}
