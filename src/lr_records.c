/*
 * lr_records.c
 *		Between rows and structures, and the writes that every command shares.
 */
#include "postgres.h"

#include "lr_records.h"

#include "lr_cap.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

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
	d->deleted = !row->nulls[DELIVERY_DELETED_AT];
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
}

void
lr_read_request(const LrRow *row, LrRequest *r)
{
	r->row = *row;
	r->stored = true;
	memcpy(r->values, row->values, sizeof(r->values));
	memcpy(r->nulls, row->nulls, sizeof(r->nulls));
	r->return_id = DatumGetInt64(row->values[REQUEST_ID]);
	r->status = lr_status_of(row->values[REQUEST_STATUS]);
	r->credit = lr_money_from_datum(row->values[REQUEST_CREDIT]);
	r->clawback = lr_money_from_datum(row->values[REQUEST_CLAWBACK]);
}

void
lr_raise_no_parent(LrRelation table, LrId id)
{
	const char *what = table == LR_ACCOUNT    ? "account"
					   : table == LR_SUPPLIER ? "supplier"
											  : "lead group";

	ereport(ERROR, (errcode(ERRCODE_FOREIGN_KEY_VIOLATION), errmsg("no such %s", what),
					id.given ? errdetail("There is no %s " INT64_FORMAT ".", what, id.id)
							 : errdetail("The id of the %s is null.", what),
					errhint("Insert it into table leadreturns.%s first.",
							table == LR_LEAD_GROUP ? "lead_group" : what)));
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

void
lr_case_begin(LrCase *c, LrStore *store, LrParty party, LrHow how)
{
	c->store = store;
	c->party = party;
	c->role = lr_session_role();
	c->how = how;
}

void
lr_case_lock_delivery(LrCase *c, int64 delivery_id, ItemPointer tid)
{
	LrRow row;
	bool found;

	if (tid != NULL)
		found = lr_store_lock_found(c->store, LR_DELIVERY, LR_DELIVERY_PKEY, delivery_id, tid,
									LockTupleNoKeyExclusive, &row);
	else
		found = lr_store_lock_id(c->store, LR_DELIVERY, LR_DELIVERY_PKEY, delivery_id,
								 LockTupleNoKeyExclusive, &row);
	if (!found)
		elog(ERROR, "delivery " INT64_FORMAT " has vanished", delivery_id);
	lr_read_delivery(&row, &c->delivery);
}

void
lr_case_lock_account(LrCase *c, int64 account_id)
{
	LrRow row;

	if (!lr_store_lock_id(c->store, LR_ACCOUNT, LR_ACCOUNT_PKEY, account_id,
						  LockTupleNoKeyExclusive, &row))
		elog(ERROR, "account " INT64_FORMAT " has vanished", account_id);
	lr_read_account(&row, &c->account);
}

void
lr_case_settle(LrCase *c)
{
	if (lr_store_writes(c->store))
		lr_store_refresh(c->store);
	c->now = lr_clock();
	lr_case_resolve_terms(c);
}

void
lr_case_resolve_terms(LrCase *c)
{
	LrTermsOf of = {c->account.account_id, c->account.buyer_id, c->delivery.lead_group};

	lr_terms_resolve(c->store, &of, c->delivery.delivered_at, &c->terms, NULL);
}

const char *
lr_case_assignee(LrCase *c)
{
	LrTermsOf of = {c->account.account_id, c->account.buyer_id, c->delivery.lead_group};
	LrTerms today;

	lr_terms_resolve(c->store, &of, c->now, &today, NULL);
	return today.assignee;
}

LrUsage
lr_case_cap_usage(LrCase *c)
{
	LrCapSubject subject = {c->account.account_id, c->delivery.delivered_at, &c->account.cycle,
							&c->terms, c->now};
	LrUsage none = {0};

	return lr_cap_is_set(&c->terms) ? lr_cap_usage(c->store, &subject) : none;
}

void
lr_request_set(LrRequest *r, int column, Datum value)
{
	r->values[column] = value;
	r->nulls[column] = false;
}

void
lr_request_clear(LrRequest *r, int column)
{
	r->values[column] = (Datum) 0;
	r->nulls[column] = true;
}

/* NULL clears the column. */
void
lr_request_set_text(LrRequest *r, int column, const char *value)
{
	if (value == NULL)
		lr_request_clear(r, column);
	else
		lr_request_set(r, column, CStringGetTextDatum(value));
}

/* Inserts the request or replaces its row, with its status and amounts as the struct has them. */
void
lr_request_write(LrCase *c)
{
	LrRequest *r = &c->request;

	lr_request_set(r, REQUEST_ID, Int64GetDatum(r->return_id));
	lr_request_set_text(r, REQUEST_STATUS, lr_status_name(r->status));
	lr_request_set(r, REQUEST_CREDIT, lr_money_datum(r->credit));
	lr_request_set(r, REQUEST_CLAWBACK, lr_money_datum(r->clawback));
	if (r->stored)
		lr_store_update(c->store, LR_REQUEST, &r->row, r->values, r->nulls);
	else
		lr_store_insert(c->store, LR_REQUEST, r->values, r->nulls);
}

void
lr_delivery_set_status(LrCase *c, Datum status)
{
	LrRow *row = &c->delivery.row;
	Datum values[DELIVERY_NCOLUMNS];
	bool nulls[DELIVERY_NCOLUMNS];

	memcpy(values, row->values, sizeof(values));
	memcpy(nulls, row->nulls, sizeof(nulls));
	values[DELIVERY_STATUS] = status;
	lr_store_update(c->store, LR_DELIVERY, row, values, nulls);
}

/*
 * One line of the append-only history. Its id is taken under the account's lock, so the ids of one
 * account rise in the order in which its moves took effect. terms_at names the terms that applied:
 * those in force at that instant never change for a delivery that has a request.
 */
void
lr_history_append(LrCase *c, bool is_new, LrStatus from, LrStatus to, const char *note)
{
	Datum values[HISTORY_NCOLUMNS];
	bool nulls[HISTORY_NCOLUMNS] = {false};

	values[HISTORY_ID] = Int64GetDatum(lr_store_next_id(LR_HISTORY_SEQ));
	values[HISTORY_RETURN_ID] = Int64GetDatum(c->request.return_id);
	nulls[HISTORY_FROM_STATUS] = is_new;
	values[HISTORY_FROM_STATUS] = is_new ? (Datum) 0 : CStringGetTextDatum(lr_status_name(from));
	values[HISTORY_TO_STATUS] = CStringGetTextDatum(lr_status_name(to));
	values[HISTORY_AT] = TimestampTzGetDatum(c->now);
	values[HISTORY_ACTOR] = CStringGetTextDatum(c->role);
	values[HISTORY_PARTY_KIND] = CStringGetTextDatum(lr_party_kind_name(c->party.kind));
	nulls[HISTORY_PARTY_ID] = !c->party.party.given;
	values[HISTORY_PARTY_ID] = Int64GetDatum(c->party.party.id);
	values[HISTORY_HOW] = CStringGetTextDatum(lr_how_name(c->how));
	nulls[HISTORY_NOTE] = note == NULL;
	values[HISTORY_NOTE] = lr_text_datum(note);
	values[HISTORY_TERMS_AT] = TimestampTzGetDatum(c->delivery.delivered_at);
	lr_store_insert(c->store, LR_HISTORY, values, nulls);
}

LrOthers
lr_other_requests(LrStore *store, int64 delivery_id, int64 except_return_id)
{
	LrKey key = lr_key_id(1, delivery_id);
	LrScan *scan = lr_store_scan(store, LR_REQUEST, LR_REQUEST_DELIVERY_IDX, &key, 1);
	LrOthers others = {0};
	LrRow row;

	while (lr_store_next(scan, &row))
	{
		LrStatus status = lr_status_of(row.values[REQUEST_STATUS]);
		int64 return_id = DatumGetInt64(row.values[REQUEST_ID]);

		if (return_id == except_return_id)
			continue;
		others.any = true;
		if (lr_is_live(status))
		{
			others.live = true;
			others.live_status = status;
			others.live_return_id = return_id;
		}
	}
	lr_store_end_scan(scan);
	return others;
}
