/*
 * lr_records.c
 *		Between rows and structures, and the writes that every command shares.
 */
#include "postgres.h"

#include "lr_records.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

static LrCounted counted(const LrRequest *r);
static void count_change(LrCase *c, const LrCounted *now);
static void count_standing(LrCase *c, const LrCounted *own, const LrCounted *latest, int64 sign);
static void count_move(LrCase *c, LrStatus to);

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
	r->was = counted(r);
}

static LrCounted
counted(const LrRequest *r)
{
	return (LrCounted){r->return_id, r->status, r->credit, r->clawback,
					   TextDatumGetCString(r->values[REQUEST_REASON])};
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

void
lr_case_begin(LrCase *c, LrStore *store, LrParty party, LrHow how)
{
	c->store = store;
	c->held = lr_held_open(store);
	c->rates = lr_rates_open();
	c->party = party;
	c->role = lr_session_role();
	c->how = how;
	c->refusal.condition = LR_OK;
}

void
lr_case_lock(LrCase *c)
{
	lr_held_lock(c->held);
	if (lr_store_writes(c->store))
		lr_store_refresh(c->store);
	c->now = lr_clock();
}

void
lr_case_take(LrCase *c, int64 delivery_id)
{
	c->delivery = lr_held_delivery(c->held, delivery_id);
	c->account = lr_held_account(c->held, c->delivery->account_id);
	lr_case_terms(c);
}

void
lr_case_terms(LrCase *c)
{
	LrTermsOf of = {c->account->account_id, c->account->buyer_id, c->delivery->lead_group};

	lr_terms_resolve(c->store, &of, c->delivery->delivered_at, &c->terms, NULL);
}

void
lr_case_end(LrCase *c)
{
	lr_held_write(c->held);
	lr_rates_write(c->rates, c->store);
	lr_store_close(c->store);
	lr_held_finish(c->held);
}

void
lr_raise_refusal(const LrCase *c)
{
	lr_raise(c->refusal.condition, c->refusal.detail, c->refusal.hint);
}

void
lr_case_today(LrCase *c, LrTerms *today)
{
	LrTermsOf of = {c->account->account_id, c->account->buyer_id, c->delivery->lead_group};

	lr_terms_resolve(c->store, &of, c->now, today, NULL);
}

LrUsage
lr_case_cap_usage(LrCase *c)
{
	LrCapSubject subject = {c->delivery->delivered_at, &c->account->cycle, &c->terms, c->now};
	LrUsage none = {0};

	return lr_cap_is_set(&c->terms) ? lr_cap_usage(c->account->caps, &subject) : none;
}

char *
lr_case_cap_detail(const LrCase *c, const LrCap *cap)
{
	if (cap->by_value)
		return psprintf("Account " INT64_FORMAT " has used %s of the %s allowed; this return "
						"needs %s.",
						c->account->account_id, lr_money_text(cap->used),
						lr_money_text(cap->allowed), lr_money_text(c->delivery->price));
	return psprintf("Account " INT64_FORMAT " has used " INT64_FORMAT " of the " INT64_FORMAT
					" returns allowed.",
					c->account->account_id, cap->used, cap->allowed);
}

void
lr_case_cap_use(LrCase *c, int64 count, LrMoney value)
{
	LrCapUse use = {c->delivery->delivered_at,
					DatumGetTimestampTz(c->request.values[REQUEST_REQUESTED_AT]), count, value};

	lr_cap_use(c->account->caps, &use);
}

DateADT
lr_case_day(const LrCase *c, TimestampTz at)
{
	return lr_day_of(at, c->terms.time_zone);
}

void
lr_case_count(LrCase *c, const char *reason, TimestampTz at, LrFigure figure, int64 amount)
{
	LrRateKey key;

	if (amount == 0)
		return;
	key.account_id = c->account->account_id;
	key.supplier = c->delivery->supplier;
	key.lead_group = c->delivery->lead_group;
	key.currency = c->delivery->row.values[DELIVERY_CURRENCY];
	key.delivered_on = (LrDay){c->delivery->delivered_on, true};
	key.moved_on = (LrDay){lr_case_day(c, at), true};
	key.reason = reason;
	lr_rates_add(c->rates, &key, figure, amount);
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

void
lr_request_set_timeout(LrRequest *r, const LrTerms *terms, TimestampTz at)
{
	if (at == 0)
		return;
	lr_request_set(r, REQUEST_TIMEOUT_AT, TimestampTzGetDatum(at));
	lr_request_set_text(r, REQUEST_TIMEOUT_ACTION,
						terms->timeout_action == LR_TIMEOUT_ACCEPT ? "accept" : "decline");
}

/* Inserts the request or replaces its row, with its status and amounts as the struct has them. */
void
lr_request_write(LrCase *c)
{
	LrRequest *r = &c->request;
	LrCounted now;

	lr_request_set(r, REQUEST_ID, Int64GetDatum(r->return_id));
	lr_request_set_text(r, REQUEST_STATUS, lr_status_name(r->status));
	lr_request_set(r, REQUEST_CREDIT, lr_money_datum(r->credit));
	lr_request_set(r, REQUEST_CLAWBACK, lr_money_datum(r->clawback));
	if (r->stored)
		lr_store_update(c->store, LR_REQUEST, &r->row, r->values, r->nulls);
	else
		lr_store_insert(c->store, LR_REQUEST, r->values, r->nulls);
	c->delivery->touched = true;
	now = counted(r);
	count_change(c, &now);
	r->was = now;
}

/*
 * A delivery counts as what its live request says or, without one, its latest. So only a request
 * that is live before and after needs no look at the others.
 */
static void
count_change(LrCase *c, const LrCounted *now)
{
	const LrCounted *was = c->request.stored ? &c->request.was : NULL;
	LrOthers others = {0};

	if (was != NULL && was->status == now->status && was->credit == now->credit &&
		was->clawback == now->clawback && strcmp(was->reason, now->reason) == 0)
		return;
	if (was == NULL || !lr_is_live(was->status) || !lr_is_live(now->status))
		others = lr_other_requests(c->store, c->delivery->delivery_id, now->return_id);
	/* then the delivery counts as that one says, whatever this one does */
	if (others.live)
		return;
	count_standing(c, was, &others.latest, -1);
	count_standing(c, now, &others.latest, 1);
}

/* What the delivery counts as: added or taken away. */
static void
count_standing(LrCase *c, const LrCounted *own, const LrCounted *latest, int64 sign)
{
	const LrCounted *standing =
		own != NULL && (lr_is_live(own->status) || own->return_id > latest->return_id) ? own
																					   : latest;

	if (standing->return_id == 0)
		return;
	if (standing->status == LR_ACCEPTED)
		lr_case_count(c, standing->reason, c->now, FIGURE_RETURNED, sign);
	else if (standing->status == LR_OPEN)
		lr_case_count(c, standing->reason, c->now, FIGURE_OPEN, sign);
	else if (standing->status == LR_DECLINED)
		lr_case_count(c, standing->reason, c->now, FIGURE_DECLINED, sign);
	lr_case_count(c, standing->reason, c->now, FIGURE_RETURNED_VALUE, sign * standing->credit);
	lr_case_count(c, standing->reason, c->now, FIGURE_CLAWBACK, sign * standing->clawback);
}

/* Each decision counts on the day on which it was made, whatever became of the request since. */
static void
count_move(LrCase *c, LrStatus to)
{
	const char *reason = TextDatumGetCString(c->request.values[REQUEST_REASON]);

	if (to == LR_ACCEPTED)
		lr_case_count(c, reason, c->now, FIGURE_ACCEPTANCES, 1);
	else if (to == LR_DECLINED)
		lr_case_count(c, reason, c->now, FIGURE_DECLINES, 1);
	else if (to == LR_WITHDRAWN)
		lr_case_count(c, reason, c->now, FIGURE_WITHDRAWALS, 1);
	else if (to == LR_ROLLED_BACK)
		lr_case_count(c, reason, c->now, FIGURE_ROLLBACKS, 1);
}

void
lr_delivery_set_status(LrCase *c, Datum status)
{
	LrRow *row = &c->delivery->row;
	Datum values[DELIVERY_NCOLUMNS];
	bool nulls[DELIVERY_NCOLUMNS];

	memcpy(values, row->values, sizeof(values));
	memcpy(nulls, row->nulls, sizeof(nulls));
	values[DELIVERY_STATUS] = status;
	lr_held_write_back(c->held, c->delivery, TextDatumGetCString(status));
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
	values[HISTORY_MOVED_ON] = DateADTGetDatum(lr_case_day(c, c->now));
	values[HISTORY_ACTOR] = CStringGetTextDatum(c->role);
	values[HISTORY_PARTY_KIND] = CStringGetTextDatum(lr_party_kind_name(c->party.kind));
	nulls[HISTORY_PARTY_ID] = !c->party.party.given;
	values[HISTORY_PARTY_ID] = Int64GetDatum(c->party.party.id);
	values[HISTORY_HOW] = CStringGetTextDatum(lr_how_name(c->how));
	nulls[HISTORY_NOTE] = note == NULL;
	values[HISTORY_NOTE] = lr_text_datum(note);
	values[HISTORY_TERMS_AT] = TimestampTzGetDatum(c->delivery->delivered_at);
	lr_store_insert(c->store, LR_HISTORY, values, nulls);
	if (from != to)
		count_move(c, to);
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
			others.live_import = lr_id(row.values[REQUEST_IMPORT_ID],
									   row.nulls[REQUEST_IMPORT_ID]);
		}
		else if (return_id > others.latest.return_id)
			others.latest = (LrCounted){return_id, status, 0, 0,
										TextDatumGetCString(row.values[REQUEST_REASON])};
	}
	lr_store_end_scan(scan);
	return others;
}
