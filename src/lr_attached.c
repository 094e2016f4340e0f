/*
 * lr_attached.c
 *		Rows of attached tables and their deliveries.
 *
 * A row that has been delivered and has no delivery gets one. A row that has one is followed in
 * what the application owns: status, e-mail address, telephone number, external id. What has been
 * recorded does not change: another price or cost is corrected as long as nobody has asked for a
 * return (lr_reprice.c), anything else is refused, but for a row that is sold to another account
 * after its delivery was returned, which is a new delivery.
 */
#include "postgres.h"

#include "lr_attached.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "lr_deliver.h"
#include "lr_parents.h"
#include "lr_request.h"
#include "lr_row.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

/* A row as a delivery: columns of the view deliveries. */
typedef struct Converted
{
	Datum values[DELIVERIES_NCOLUMNS];
	bool nulls[DELIVERIES_NCOLUMNS];
} Converted;

/* What never changes once a delivery is recorded. */
static const struct
{
	LrMapped mapped;
	int view;
	int table;
} fixed[] = {{MAPPED_LEAD_ID, DELIVERIES_LEAD_ID, DELIVERY_LEAD_ID},
			 {MAPPED_ACCOUNT, DELIVERIES_ACCOUNT_ID, DELIVERY_ACCOUNT_ID},
			 {MAPPED_SUPPLIER, DELIVERIES_SUPPLIER_ID, DELIVERY_SUPPLIER_ID},
			 {MAPPED_LEAD_GROUP, DELIVERIES_LEAD_GROUP_ID, DELIVERY_LEAD_GROUP_ID},
			 {MAPPED_DELIVERED_AT, DELIVERIES_DELIVERED_AT, DELIVERY_DELIVERED_AT}};

/* What follows the row. */
static const struct
{
	int view;
	int table;
} following[] = {{DELIVERIES_STATUS, DELIVERY_STATUS},
				 {DELIVERIES_EXTERNAL_ID, DELIVERY_EXTERNAL_ID},
				 {DELIVERIES_EMAIL, DELIVERY_EMAIL},
				 {DELIVERIES_PHONE, DELIVERY_PHONE}};

static void convert(LrFollowing *f, const LrSourceRow *row, Converted *to);
static void convert_parent(LrFollowing *f, LrMapped mapped, LrRelation table, int column,
						   const LrSourceRow *row, Converted *to);
static void convert_instant(LrFollowing *f, const LrSourceRow *row, Converted *to);
static TimestampTz instant_in(Timestamp local, const LrTermsOf *of);
static void add_delivery(LrFollowing *f, const LrSourceRow *row, Converted *converted);
static LrStore *store_of(LrFollowing *f);
static void close_store(LrFollowing *f);
static bool find_delivery(LrFollowing *f, const char *key, LrRow *row);
static bool check_fixed(LrFollowing *f, const LrRow *delivery, const Converted *was,
						const Converted *is, bool *resold);
static bool is_same_amount(const Converted *was, const Converted *is, int column);
static bool correct_amounts(LrFollowing *f, const LrRow *delivery, const Converted *was,
							Converted *is);
static bool is_same_text(Datum a, bool a_null, Datum b, bool b_null);
static void write_delivery(LrFollowing *f, int64 delivery_id, const Converted *is,
						   const char *key);
static void unlink_delivery(LrFollowing *f, int64 delivery_id, bool delete);

void
lr_follow_insert(LrFollowing *f, const LrSourceRow *row)
{
	Converted converted;

	if (!lr_mapping_is_delivered(f->mapping, row->values, row->nulls))
		return;
	convert(f, row, &converted);
	add_delivery(f, row, &converted);
}

void
lr_follow_update(LrFollowing *f, const LrSourceRow *old, const LrSourceRow *row)
{
	char *key = lr_mapping_key(f->mapping, row->values);
	char *former_key = old == NULL ? key : lr_mapping_key(f->mapping, old->values);
	Converted was;
	Converted is;
	bool resold;
	int64 delivery_id;
	LrRow delivery;

	if (!find_delivery(f, former_key, &delivery))
	{
		lr_follow_insert(f, row);
		return;
	}
	delivery_id = DatumGetInt64(delivery.values[DELIVERY_ID]);
	convert(f, row, &is);
	if (old != NULL)
		convert(f, old, &was);
	if (!check_fixed(f, &delivery, old == NULL ? NULL : &was, &is, &resold))
		f->left++;
	if (resold)
	{
		unlink_delivery(f, delivery_id, false);
		add_delivery(f, row, &is);
		return;
	}
	if (!correct_amounts(f, &delivery, old == NULL ? NULL : &was, &is))
		f->left++;
	write_delivery(f, delivery_id, &is, key);
}

void
lr_follow_delete(LrFollowing *f, const LrSourceRow *old)
{
	LrRow delivery;

	if (find_delivery(f, lr_mapping_key(f->mapping, old->values), &delivery))
		unlink_delivery(f, DatumGetInt64(delivery.values[DELIVERY_ID]), true);
}

void
lr_follow_vanished(LrFollowing *f, int64 delivery_id)
{
	unlink_delivery(f, delivery_id, true);
}

void
lr_follow_next(LrFollowing *f)
{
	if (f->store != NULL)
		lr_store_forget_rows(f->store);
}

void
lr_follow_end(LrFollowing *f)
{
	close_store(f);
	lr_deliver_flush();
}

static void
convert(LrFollowing *f, const LrSourceRow *row, Converted *to)
{
	static const struct
	{
		LrMapped mapped;
		int column;
	} texts[] = {{MAPPED_STATUS, DELIVERIES_STATUS},
				 {MAPPED_EXTERNAL_ID, DELIVERIES_EXTERNAL_ID},
				 {MAPPED_EMAIL, DELIVERIES_EMAIL},
				 {MAPPED_PHONE, DELIVERIES_PHONE}};
	static const struct
	{
		LrMapped mapped;
		int column;
	} amounts[] = {{MAPPED_PRICE, DELIVERIES_PRICE}, {MAPPED_COST, DELIVERIES_COST}};
	const LrColumn *lead = &f->mapping->columns[MAPPED_LEAD_ID];

	memset(to->nulls, true, sizeof(to->nulls));
	if (row->nulls[lead->index])
		ereport(ERROR, (errcode(ERRCODE_NOT_NULL_VIOLATION),
						errmsg("a delivery needs lead_id and account_id"),
						errdetail("Column \"%s\" of table \"%s\" is null.", lead->name, f->table)));
	/* another key than a number is the external id; the number is made when it is delivered */
	if (lead->kind == VALUE_INTEGER)
	{
		to->values[DELIVERIES_LEAD_ID] =
			Int64GetDatum(lr_column_integer(lead, row->values[lead->index]));
		to->nulls[DELIVERIES_LEAD_ID] = false;
	}
	else
	{
		to->values[DELIVERIES_EXTERNAL_ID] =
			CStringGetTextDatum(lr_column_text(lead, row->values[lead->index]));
		to->nulls[DELIVERIES_EXTERNAL_ID] = false;
	}
	for (int i = 0; i < (int) lengthof(texts); i++)
	{
		const LrColumn *c = &f->mapping->columns[texts[i].mapped];

		if (c->name == NULL || row->nulls[c->index])
			continue;
		to->values[texts[i].column] =
			CStringGetTextDatum(lr_column_text(c, row->values[c->index]));
		to->nulls[texts[i].column] = false;
	}
	for (int i = 0; i < (int) lengthof(amounts); i++)
	{
		const LrColumn *c = &f->mapping->columns[amounts[i].mapped];

		if (c->name == NULL || row->nulls[c->index])
			continue;
		to->values[amounts[i].column] = lr_column_numeric(c, row->values[c->index]);
		to->nulls[amounts[i].column] = false;
	}
	convert_parent(f, MAPPED_ACCOUNT, LR_ACCOUNT, DELIVERIES_ACCOUNT_ID, row, to);
	convert_parent(f, MAPPED_SUPPLIER, LR_SUPPLIER, DELIVERIES_SUPPLIER_ID, row, to);
	convert_parent(f, MAPPED_LEAD_GROUP, LR_LEAD_GROUP, DELIVERIES_LEAD_GROUP_ID, row, to);
	convert_instant(f, row, to);
}

/* A number is our id; anything else the external id, or the name of a lead group. */
static void
convert_parent(LrFollowing *f, LrMapped mapped, LrRelation table, int column,
			   const LrSourceRow *row, Converted *to)
{
	const LrColumn *c = &f->mapping->columns[mapped];

	if (c->name == NULL || row->nulls[c->index])
		return;
	to->values[column] = Int64GetDatum(
		c->kind == VALUE_INTEGER
			? lr_column_integer(c, row->values[c->index])
			: lr_find_parent_named(table, lr_column_text(c, row->values[c->index])));
	to->nulls[column] = false;
}

/* What has no time zone of its own is meant in the zone of the terms. */
static void
convert_instant(LrFollowing *f, const LrSourceRow *row, Converted *to)
{
	const LrColumn *c = &f->mapping->columns[MAPPED_DELIVERED_AT];
	LrTermsOf of;
	Datum value;

	if (c->name == NULL || row->nulls[c->index] || to->nulls[DELIVERIES_ACCOUNT_ID])
		return;
	value = row->values[c->index];
	if (c->kind != VALUE_TIMESTAMPTZ)
	{
		if (c->kind == VALUE_DATE)
			value = DirectFunctionCall1(date_timestamp, value);
		of.account_id = DatumGetInt64(to->values[DELIVERIES_ACCOUNT_ID]);
		of.buyer_id = lr_find_parent(LR_ACCOUNT, LR_ACCOUNT_PKEY, of.account_id)->buyer_id;
		of.lead_group = lr_id(to->values[DELIVERIES_LEAD_GROUP_ID],
							  to->nulls[DELIVERIES_LEAD_GROUP_ID]);
		value = TimestampTzGetDatum(instant_in(DatumGetTimestamp(value), &of));
	}
	to->values[DELIVERIES_DELIVERED_AT] = value;
	to->nulls[DELIVERIES_DELIVERED_AT] = false;
}

static TimestampTz
instant_in(Timestamp local, const LrTermsOf *of)
{
	struct pg_tm tm;
	fsec_t fsec;
	int offset;
	TimestampTz at;

	if (TIMESTAMP_NOT_FINITE(local))
		return local;
	if (timestamp2tm(local, NULL, &tm, &fsec, NULL, NULL) != 0)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("timestamp out of range")));
	offset = DetermineTimeZoneOffset(&tm, lr_terms_zone(of, local));
	if (tm2timestamp(&tm, fsec, &offset, &at) != 0)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("timestamp out of range")));
	return at;
}

static void
add_delivery(LrFollowing *f, const LrSourceRow *row, Converted *converted)
{
	LrDeliveryInput input = {converted->values, converted->nulls, f->attachment_id};

	close_store(f);
	if (converted->nulls[DELIVERIES_LEAD_ID])
	{
		converted->values[DELIVERIES_LEAD_ID] =
			Int64GetDatum(lr_store_next_id(LR_ATTACHED_LEAD_SEQ));
		converted->nulls[DELIVERIES_LEAD_ID] = false;
	}
	input.row_key = lr_mapping_key(f->mapping, row->values);
	lr_deliver_gather(&input);
	f->delivered++;
}

/* One for the whole statement, unless something in between needs one of its own. */
static LrStore *
store_of(LrFollowing *f)
{
	if (f->store == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(f->cxt);

		f->store = lr_open_for_command();
		MemoryContextSwitchTo(old);
	}
	return f->store;
}

static void
close_store(LrFollowing *f)
{
	if (f->store != NULL)
		lr_store_close(f->store);
	f->store = NULL;
}

static bool
find_delivery(LrFollowing *f, const char *key, LrRow *row)
{
	LrKey keys[2] = {lr_key_id(1, f->attachment_id),
					 {2, BTEqualStrategyNumber, TEXTOID, CStringGetTextDatum(key)}};

	return lr_store_get(store_of(f), LR_DELIVERY, LR_DELIVERY_ATTACHED_KEY, keys, 2, row);
}

/*
 * Whether what never changes has not: between the row as it was and as it is, or, when rows are
 * taken over, against the delivery; false there, an error here. An instant that was not known when
 * the lead was delivered may come later; the delivery keeps its own.
 */
static bool
check_fixed(LrFollowing *f, const LrRow *delivery, const Converted *was, const Converted *is,
			bool *resold)
{
	const char *changed = NULL;

	*resold = false;
	for (int i = 0; i < (int) lengthof(fixed); i++)
	{
		int v = fixed[i].view;
		bool null = was != NULL ? was->nulls[v] : delivery->nulls[fixed[i].table];
		Datum value = was != NULL ? was->values[v] : delivery->values[fixed[i].table];

		if (f->mapping->columns[fixed[i].mapped].name == NULL ||
			(v == DELIVERIES_LEAD_ID && is->nulls[v]) ||
			(v == DELIVERIES_DELIVERED_AT && (null || was == NULL)) ||
			(null == is->nulls[v] &&
			 (null || DatumGetInt64(value) == DatumGetInt64(is->values[v]))))
			continue;
		changed = f->mapping->columns[fixed[i].mapped].name;
		*resold |= v == DELIVERIES_ACCOUNT_ID;
	}
	if (*resold)
	{
		LrOthers of = lr_other_requests(store_of(f), DatumGetInt64(delivery->values[DELIVERY_ID]),
										0);

		*resold = of.live && of.live_status == LR_ACCEPTED;
	}
	if (changed != NULL && !*resold && !f->taking_over)
		lr_raise(LR_HISTORY_IS_IMMUTABLE,
				 psprintf("Column \"%s\" of table \"%s\" belongs to delivery " INT64_FORMAT
						  " and cannot change.",
						  changed, f->table, DatumGetInt64(delivery->values[DELIVERY_ID])),
				 "A lead that has been returned can be sold to another account; what was delivered "
				 "otherwise than recorded is returned and delivered anew.");
	return changed == NULL || *resold;
}

static bool
is_same_amount(const Converted *was, const Converted *is, int column)
{
	return was->nulls[column] == is->nulls[column] &&
		   (was->nulls[column] || DatumGetBool(DirectFunctionCall2(numeric_eq, was->values[column],
																   is->values[column])));
}

/*
 * Another price or cost; false if it cannot be corrected, where that is no error. Only a change
 * counts: a row that differed when it was taken over may be updated otherwise.
 */
static bool
correct_amounts(LrFollowing *f, const LrRow *delivery, const Converted *was, Converted *is)
{
	LrDeliveryInput input = {is->values, is->nulls};
	LrMoney price = lr_money_from_datum(delivery->values[DELIVERY_PRICE]);
	LrMoney cost = lr_money_from_datum(delivery->values[DELIVERY_COST]);
	LrMoney new_price = lr_deliver_amount(&input, DELIVERIES_PRICE, "price");
	LrMoney new_cost = is->nulls[DELIVERIES_COST]
						   ? 0
						   : lr_deliver_amount(&input, DELIVERIES_COST, "cost");
	int64 delivery_id = DatumGetInt64(delivery->values[DELIVERY_ID]);
	int64 account_id = DatumGetInt64(delivery->values[DELIVERY_ACCOUNT_ID]);

	if (f->mapping->columns[MAPPED_COST].name == NULL)
		new_cost = cost;
	if ((price == new_price && cost == new_cost) ||
		(was != NULL && is_same_amount(was, is, DELIVERIES_PRICE) &&
		 is_same_amount(was, is, DELIVERIES_COST)))
		return true;
	if (f->taking_over && lr_other_requests(store_of(f), delivery_id, 0).any)
		return false;
	close_store(f);
	lr_reprice(delivery_id, account_id, new_price, new_cost);
	return true;
}

static bool
is_same_text(Datum a, bool a_null, Datum b, bool b_null)
{
	return a_null == b_null &&
		   (a_null || strcmp(TextDatumGetCString(a), TextDatumGetCString(b)) == 0);
}

/* What follows the row, and its key; the delivery is locked only if something differs. */
static void
write_delivery(LrFollowing *f, int64 delivery_id, const Converted *is, const char *key)
{
	LrStore *store = store_of(f);
	Datum values[DELIVERY_NCOLUMNS];
	bool nulls[DELIVERY_NCOLUMNS];
	bool locked = false;
	LrRow row;

	if (!lr_store_get_id(store, LR_DELIVERY, LR_DELIVERY_PKEY, delivery_id, &row))
		elog(ERROR, "delivery " INT64_FORMAT " has vanished", delivery_id);
	for (;;)
	{
		bool differs = strcmp(TextDatumGetCString(row.values[DELIVERY_ROW_KEY]), key) != 0;

		memcpy(values, row.values, sizeof(values));
		memcpy(nulls, row.nulls, sizeof(nulls));
		values[DELIVERY_ROW_KEY] = CStringGetTextDatum(key);
		for (int i = 0; i < (int) lengthof(following); i++)
		{
			int v = following[i].view;
			int t = following[i].table;
			LrMapped mapped = v == DELIVERIES_STATUS        ? MAPPED_STATUS
							  : v == DELIVERIES_EXTERNAL_ID ? MAPPED_EXTERNAL_ID
							  : v == DELIVERIES_EMAIL       ? MAPPED_EMAIL
															: MAPPED_PHONE;

			/* a status there must be; and what is not mapped is not the table's */
			if ((is->nulls[v] &&
				 (v == DELIVERIES_STATUS || f->mapping->columns[mapped].name == NULL)) ||
				is_same_text(values[t], nulls[t], is->values[v], is->nulls[v]))
				continue;
			values[t] = is->values[v];
			nulls[t] = is->nulls[v];
			differs = true;
		}
		if (!differs)
			return;
		if (locked)
			break;
		if (!lr_store_lock_id(store, LR_DELIVERY, LR_DELIVERY_PKEY, delivery_id,
							  LockTupleNoKeyExclusive, &row))
			elog(ERROR, "delivery " INT64_FORMAT " has vanished", delivery_id);
		locked = true;
	}
	lr_store_update(store, LR_DELIVERY, &row, values, nulls);
}

/* The delivery is no row of the table any more; its lead may be deleted with it. */
static void
unlink_delivery(LrFollowing *f, int64 delivery_id, bool delete)
{
	LrStore *store = store_of(f);
	Datum values[DELIVERY_NCOLUMNS];
	bool nulls[DELIVERY_NCOLUMNS];
	LrRow row;

	if (!lr_store_lock_id(store, LR_DELIVERY, LR_DELIVERY_PKEY, delivery_id,
						  LockTupleNoKeyExclusive, &row))
		elog(ERROR, "delivery " INT64_FORMAT " has vanished", delivery_id);
	memcpy(values, row.values, sizeof(values));
	memcpy(nulls, row.nulls, sizeof(nulls));
	nulls[DELIVERY_ROW_KEY] = true;
	if (delete &&nulls[DELIVERY_DELETED_AT])
	{
		values[DELIVERY_DELETED_AT] = TimestampTzGetDatum(lr_clock());
		nulls[DELIVERY_DELETED_AT] = false;
	}
	lr_store_update(store, LR_DELIVERY, &row, values, nulls);
}
