/*
 * lr_decision.c
 *		What happens to a request after it was filed: accept, decline, withdraw, reopen, roll back.
 */
#include "postgres.h"

#include "lr_ledger.h"
#include "lr_request.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

static bool move(LrCase *c, const LrDecision *d, LrStatus to);
static LrCondition condition_of_live(LrStatus status);
static bool reserve_again(LrCase *c, const LrDecision *d);
static bool apply_rollback(LrCase *c, const LrDecision *d);
static void post_reversals(LrCase *c, const LrSettlement *settlement);
static int64 post(LrCase *c, LrTransferKind kind, LrMoney amount, TimestampTz at, LrId reverses);
static void count_posting(LrCase *c, const LrTransfer *transfer);
static LrId reverses(const LrRow *row, int column);
static void leave_queue(LrRequest *r);

/*
 * lr_decide_find
 *		The delivery of the return, before the locks.
 */
bool
lr_decide_find(LrCase *c, LrId return_id, LrFound *found)
{
	LrAccount account;
	LrRow row;
	bool mine;

	if (!return_id.given)
		return LR_REFUSE(c, LR_RETURN_NOT_FOUND, "return_id is null.");
	mine = lr_store_get_id(c->store, LR_REQUEST, LR_REQUEST_PKEY, return_id.id, &row);
	if (mine && c->party.kind == LR_BUYER_PARTY)
		mine = lr_get_account(c->store, DatumGetInt64(row.values[REQUEST_ACCOUNT_ID]),
							  &account) &&
			   account.buyer_id == c->party.party.id;
	if (!mine)
		return LR_REFUSE(c, LR_RETURN_NOT_FOUND, "There is no return " INT64_FORMAT ".",
						 return_id.id);
	lr_found_request(&row, found);
	lr_held_want(c->held, found->delivery_id, found->account_id, NULL);
	return true;
}

void
lr_found_request(const LrRow *row, LrFound *found)
{
	found->tid = row->tid;
	found->delivery_id = DatumGetInt64(row->values[REQUEST_DELIVERY_ID]);
	found->account_id = DatumGetInt64(row->values[REQUEST_ACCOUNT_ID]);
}

/* The request is read after the locks, which cover it: every writer of a request holds them. */
void
lr_case_read(LrCase *c, int64 return_id, LrFound *found)
{
	LrRow row;

	lr_case_take(c, found->delivery_id);
	if (!lr_store_get_covered_at(c->store, LR_REQUEST, LR_REQUEST_PKEY, return_id, &found->tid,
								 &row))
		elog(ERROR, "return " INT64_FORMAT " has vanished", return_id);
	lr_read_request(&row, &c->request);
}

void
lr_case_open(LrCase *c, LrId return_id)
{
	LrFound found;

	if (!lr_decide_find(c, return_id, &found))
		lr_raise_refusal(c);
	lr_case_lock(c);
	lr_case_read(c, return_id.id, &found);
}

bool
lr_decide(LrCase *c, const LrDecision *d)
{
	LrRequest *r = &c->request;
	LrStatus to;

	if (lr_state_move(r->status, d->command, &to))
		return move(c, d, to);
	if (d->command == LR_ROLLBACK)
		return LR_REFUSE(c, LR_NOT_RETURNED, "Return " INT64_FORMAT " is %s.", r->return_id,
						 lr_status_name(r->status));
	return LR_REFUSE(c, LR_ILLEGAL_TRANSITION,
					 "Return " INT64_FORMAT " is %s; it cannot be %s.", r->return_id,
					 lr_status_name(r->status),
					 d->command == LR_REOPEN     ? "reopened"
					 : d->command == LR_WITHDRAW ? "withdrawn"
					 : d->command == LR_DECLINE  ? "declined"
												 : "accepted");
}

/* A legal move, with all that belongs to it. */
static bool
move(LrCase *c, const LrDecision *d, LrStatus to)
{
	LrRequest *r = &c->request;
	LrMoney price = c->delivery->price;
	LrStatus from = r->status;
	bool was_live = lr_is_live(from);
	LrMoney was_used = from == LR_OPEN ? price : r->credit;
	LrMoney is_used;

	if (!was_live && !reserve_again(c, d))
		return false;
	switch (to)
	{
		case LR_ACCEPTED:
			if (!lr_apply_acceptance(c, d, c->role))
				return false;
			break;
		case LR_ROLLED_BACK:
			if (!apply_rollback(c, d))
				return false;
			break;
		case LR_OPEN:
			lr_request_clear(r, REQUEST_DECIDED_AT);
			lr_request_clear(r, REQUEST_DECIDED_BY);
			lr_request_clear(r, REQUEST_DECIDED_HOW);
			lr_request_clear(r, REQUEST_DECISION_NOTE);
			/* a person looks at it again, and has as long as for a new one */
			lr_request_set_timeout(
				r, &c->terms,
				lr_decide_timeout(&c->terms, DatumGetBool(r->values[REQUEST_OVER_CAP]),
								  c->now));
			break;
		default:
			break;
	}
	if (to != LR_OPEN && to != LR_ACCEPTED)
	{
		leave_queue(r);
		lr_request_set(r, REQUEST_DECIDED_AT, TimestampTzGetDatum(c->now));
		lr_request_set_text(r, REQUEST_DECIDED_BY, c->role);
		lr_request_set_text(r, REQUEST_DECIDED_HOW, lr_how_name(c->how));
		lr_request_set_text(r, REQUEST_DECISION_NOTE, d->note);
	}
	r->status = to;
	/* an acceptance has done so already */
	if (to != LR_ACCEPTED)
	{
		lr_history_append(c, false, from, to, d->note);
		lr_outbox_moved(c, d->notify, d->note);
	}
	lr_request_write(c);

	is_used = to == LR_OPEN ? price : r->credit;
	lr_case_cap_use(c, (int) lr_is_live(to) - (int) was_live,
					(lr_is_live(to) ? is_used : 0) - (was_live ? was_used : 0));
	return true;
}

static LrCondition
condition_of_live(LrStatus status)
{
	return status == LR_OPEN ? LR_RETURN_ALREADY_OPEN : LR_ALREADY_RETURNED;
}

/*
 * A declined request comes back to life: the delivery must have no other live request, and the
 * cap must have room, or staff overrides it. The window is not looked at again.
 */
static bool
reserve_again(LrCase *c, const LrDecision *d)
{
	LrRequest *r = &c->request;
	LrOthers others = lr_other_requests(c->store, c->delivery->delivery_id, r->return_id);
	LrUsage usage;
	LrCap cap;

	if (c->delivery->deleted)
		return LR_REFUSE(c, LR_LEAD_DELETED, "Lead " INT64_FORMAT " is deleted.",
						 c->delivery->lead_id);
	if (others.live)
		return LR_REFUSE(c, condition_of_live(others.live_status),
						 "Return " INT64_FORMAT " of lead " INT64_FORMAT " is %s.",
						 others.live_return_id, c->delivery->lead_id,
						 lr_status_name(others.live_status));
	if (d->command == LR_REOPEN && !c->terms.resubmission)
		return LR_REFUSE(c, LR_RESUBMISSION_NOT_ALLOWED,
						 "The terms of account " INT64_FORMAT " say resubmission = false.",
						 c->account->account_id);

	usage = lr_case_cap_usage(c);
	cap = lr_decide_cap(&c->terms, &usage, c->delivery->price);
	if (cap.exceeded && c->terms.at_cap == LR_CAP_REFUSE && !d->override)
		return lr_refuse(c, LR_CAP_REACHED, lr_case_cap_detail(c, &cap), NULL);
	if (d->override && d->note == NULL)
		return LR_REFUSE(c, LR_NOTE_REQUIRED, "An override needs a note.");
	lr_request_set(r, REQUEST_OVER_CAP, BoolGetDatum(cap.exceeded && !d->override));
	if (cap.exceeded && d->override)
		lr_request_set(r, REQUEST_OVERRIDDEN, BoolGetDatum(true));
	return true;
}

/*
 * lr_apply_acceptance
 *		Settles the money, sets the delivery's status and remembers the one before. Accepting a
 *		request that lies beyond the cap is an override.
 */
bool
lr_apply_acceptance(LrCase *c, const LrDecision *d, const char *decided_by)
{
	LrRequest *r = &c->request;
	char *code = TextDatumGetCString(r->values[REQUEST_REASON]);
	const LrReason *reason = lr_reason_by_code(c->store, code);
	const char *new_status = d->new_status != NULL ? d->new_status : c->terms.accepted_status;
	LrStake stake = {c->delivery->price, c->delivery->cost, c->delivery->supplier.given,
					 reason != NULL && reason->supplier_fault};
	LrSettlement settlement;
	LrCondition condition;
	char *detail;

	if (c->delivery->deleted)
		return LR_REFUSE(c, LR_LEAD_DELETED, "Lead " INT64_FORMAT " is deleted.",
						 c->delivery->lead_id);
	condition = lr_decide_settlement(&c->terms, &stake, &d->asked, &settlement, &detail);
	if (condition != LR_OK)
		return lr_refuse(c, condition, detail, NULL);

	r->credit = settlement.credit;
	r->clawback = settlement.clawback;
	lr_request_set_text(r, REQUEST_REMEDY,
						settlement.remedy == LR_CREDIT ? "credit" : "replacement");
	post_reversals(c, &settlement);
	lr_request_set(r, REQUEST_PRIOR_STATUS, c->delivery->row.values[DELIVERY_STATUS]);
	lr_request_set_text(r, REQUEST_RETURNED_STATUS, new_status);
	lr_delivery_set_status(c, CStringGetTextDatum(new_status));

	if (DatumGetBool(r->values[REQUEST_OVER_CAP]))
		lr_request_set(r, REQUEST_OVERRIDDEN, BoolGetDatum(true));
	leave_queue(r);
	lr_request_set(r, REQUEST_DECIDED_AT, TimestampTzGetDatum(c->now));
	lr_request_set_text(r, REQUEST_DECIDED_BY, decided_by);
	lr_request_set_text(r, REQUEST_DECIDED_HOW, lr_how_name(c->how));
	lr_request_set_text(r, REQUEST_DECISION_NOTE, d->note);
	lr_history_append(c, false, r->status, LR_ACCEPTED, d->note);
	r->status = LR_ACCEPTED;
	lr_outbox_moved(c, d->notify, d->note);
	return true;
}

/* The buyer's credit and the supplier's clawback, each naming the transfer it reverses. */
static void
post_reversals(LrCase *c, const LrSettlement *settlement)
{
	LrRequest *r = &c->request;
	const LrRow *delivery = &c->delivery->row;
	TimestampTz at;
	int64 id;

	if (settlement->credit == 0 && settlement->clawback == 0)
		return;
	/* what was sold in a closed period is adjusted in the open one */
	at = Max(c->now, lr_account_closed_until(c->held, c->account));
	if (settlement->credit > 0)
	{
		id = post(c, LR_CREDIT_GIVEN, settlement->credit, at,
				  reverses(delivery, DELIVERY_SALE_TRANSFER_ID));
		lr_request_set(r, REQUEST_CREDIT_TRANSFER_ID, Int64GetDatum(id));
	}
	if (settlement->clawback > 0)
	{
		id = post(c, LR_CLAWBACK, settlement->clawback, at,
				  reverses(delivery, DELIVERY_PAYOUT_TRANSFER_ID));
		lr_request_set(r, REQUEST_CLAWBACK_TRANSFER_ID, Int64GetDatum(id));
	}
}

static LrId
reverses(const LrRow *row, int column)
{
	return lr_id(row->values[column], row->nulls[column]);
}

static int64
post(LrCase *c, LrTransferKind kind, LrMoney amount, TimestampTz at, LrId reverses)
{
	bool of_account = kind == LR_CREDIT_GIVEN || kind == LR_CREDIT_REVERSED;
	LrId none = {0, false};
	LrTransfer transfer = {0};

	transfer.kind = kind;
	transfer.posted_at = at;
	transfer.posted_on = lr_case_day(c, at);
	transfer.amount = amount;
	transfer.currency = c->delivery->row.values[DELIVERY_CURRENCY];
	transfer.account = (LrId){c->account->account_id, of_account};
	transfer.supplier = of_account ? none : c->delivery->supplier;
	transfer.delivery_id = (LrId){c->delivery->delivery_id, true};
	transfer.return_id = (LrId){c->request.return_id, true};
	transfer.reverses = reverses;
	transfer.actor = c->role;
	count_posting(c, &transfer);
	return lr_transfer_post(c->store, &transfer);
}

/* Profit and loss: what was reversed, on the day it was posted on. */
static void
count_posting(LrCase *c, const LrTransfer *t)
{
	const char *reason = TextDatumGetCString(c->request.values[REQUEST_REASON]);
	bool of_account = t->kind == LR_CREDIT_GIVEN || t->kind == LR_CREDIT_REVERSED;
	bool reversed = t->kind == LR_CREDIT_REVERSED || t->kind == LR_CLAWBACK_REVERSED;

	lr_case_count(c, reason, t->posted_at, of_account ? FIGURE_CREDITED : FIGURE_CLAWED_BACK,
				  reversed ? -t->amount : t->amount);
}

/*
 * Undoes an acceptance: exact counter-transfers, and the delivery's prior status, unless somebody
 * changed it meanwhile or the replacement has been delivered.
 */
static bool
apply_rollback(LrCase *c, const LrDecision *d)
{
	LrRequest *r = &c->request;
	char *status = TextDatumGetCString(c->delivery->row.values[DELIVERY_STATUS]);
	char *returned_status = TextDatumGetCString(r->values[REQUEST_RETURNED_STATUS]);
	LrKey key = lr_key_id(1, r->return_id);
	TimestampTz at;
	LrRow row;

	if (strcmp(status, returned_status) != 0)
		return LR_REFUSE(c, LR_ROLLBACK_CONFLICT,
						 "The return set lead " INT64_FORMAT " to \"%s\"; it is \"%s\" now.",
						 c->delivery->lead_id, returned_status, status);
	if (lr_store_get(c->store, LR_DELIVERY, LR_DELIVERY_REPLACES_KEY, &key, 1, &row))
		return LR_REFUSE(c, LR_ROLLBACK_CONFLICT,
						 "Return " INT64_FORMAT " has been replaced by delivery " INT64_FORMAT ".",
						 r->return_id, DatumGetInt64(row.values[DELIVERY_ID]));

	at = Max(c->now, lr_account_closed_until(c->held, c->account));
	if (r->credit > 0)
		post(c, LR_CREDIT_REVERSED, r->credit, at,
			 lr_id(r->values[REQUEST_CREDIT_TRANSFER_ID], false));
	if (r->clawback > 0)
		post(c, LR_CLAWBACK_REVERSED, r->clawback, at,
			 lr_id(r->values[REQUEST_CLAWBACK_TRANSFER_ID], false));
	lr_delivery_set_status(c, r->values[REQUEST_PRIOR_STATUS]);
	r->credit = 0;
	r->clawback = 0;
	lr_request_clear(r, REQUEST_CREDIT_TRANSFER_ID);
	lr_request_clear(r, REQUEST_CLAWBACK_TRANSFER_ID);
	lr_request_clear(r, REQUEST_REMEDY);
	lr_request_clear(r, REQUEST_PRIOR_STATUS);
	lr_request_clear(r, REQUEST_RETURNED_STATUS);
	return true;
}

/* Nothing is due any more. */
static void
leave_queue(LrRequest *r)
{
	lr_request_set(r, REQUEST_AWAITS_BUYER, BoolGetDatum(false));
	lr_request_clear(r, REQUEST_AUTO_ACCEPT_AT);
	lr_request_clear(r, REQUEST_TIMEOUT_AT);
	lr_request_clear(r, REQUEST_TIMEOUT_ACTION);
}

/*
 * lr_rollback_find
 *		The deliveries that the target may mean, before the locks. Those that are not returned do
 *		not matter, but only the locks tell which these are.
 */
bool
lr_rollback_find(LrCase *c, const LrTarget *target, LrCandidates *candidates)
{
	*candidates = lr_find_candidates(c->store, target, c->party);
	for (int i = 0; i < candidates->n; i++)
		lr_held_want(c->held, candidates->all[i].delivery_id, candidates->all[i].account_id,
					 &candidates->all[i].tid);
	return true;
}

/*
 * lr_rollback
 *		Rolls the lead's one accepted return back: of the newest delivery, if the lead was delivered
 *		to one account several times.
 */
bool
lr_rollback(LrCase *c, const LrTarget *target, const LrCandidates *candidates,
			const LrDecision *decision)
{
	LrCandidates returned = {0, palloc(sizeof(LrCandidate) * Max(candidates->n, 1))};
	int64 return_id = 0;
	LrFound found = {0};
	TimestampTz newest = DT_NOBEGIN;
	LrCondition condition;
	char *detail;

	for (int i = 0; i < candidates->n; i++)
	{
		const LrCandidate *candidate = &candidates->all[i];
		LrOthers requests;

		/* steps, so that what this command did to it before is seen */
		lr_held_delivery(c->held, candidate->delivery_id);
		requests = lr_other_requests(c->store, candidate->delivery_id, 0);
		if (!requests.live || requests.live_status != LR_ACCEPTED)
			continue;
		if (returned.n == 0 || candidate->delivered_at >= newest)
		{
			return_id = requests.live_return_id;
			found.delivery_id = candidate->delivery_id;
			newest = candidate->delivered_at;
		}
		returned.all[returned.n++] = *candidate;
	}
	condition = lr_check_candidates(returned.n > 0 ? &returned : candidates, target, &detail);
	if (returned.n == 0 && condition != LR_LEAD_NOT_FOUND)
		return LR_REFUSE(c, LR_NOT_RETURNED, "%s has no accepted return.",
						 lr_target_text(target));
	if (condition != LR_OK)
		return lr_refuse(c, condition, detail, NULL);
	lr_case_read(c, return_id, &found);
	return lr_decide(c, decision);
}
