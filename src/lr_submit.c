/*
 * lr_submit.c
 *		Filing a request: lr_return and its relatives, and lr_check_return, which gathers the same
 *		facts and asks the same rules without locking or writing.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "lr_calendar.h"
#include "lr_request.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(lr_check_return);

static bool find_first_result(LrCase *c, const LrSubmission *s, const LrCandidates *candidates,
							  bool *found);
static bool is_own_account(LrCase *c, int64 account_id);
static bool compare_with_first(LrCase *c, const LrSubmission *s,
							   const LrCandidates *candidates);
static LrCondition choose_delivery(LrCase *c, const LrCandidates *candidates);
static void gather_facts(LrCase *c, const LrSubmission *s, LrFacts *facts);
static bool refuse_violation(LrCase *c, const LrSubmission *s, const LrFacts *facts,
							 LrViolations violations);
static char *violation_detail(LrCase *c, const LrSubmission *s, const LrFacts *facts,
							  LrCondition condition);
static bool write_submission(LrCase *c, const LrSubmission *s, const LrFacts *facts,
							 const LrVerdict *verdict);
static Datum violation_array(LrViolations violations);
static void check_result(FunctionCallInfo fcinfo, LrCase *c, const LrFacts *facts,
						 const LrVerdict *verdict, Datum *values, bool *nulls);

/*
 * lr_submit_find
 *		What the submission may mean, before the locks.
 */
bool
lr_submit_find(LrCase *c, const LrSubmission *s, LrCandidates *candidates)
{
	LrCondition condition;
	char *detail;
	bool found;

	*candidates = lr_find_candidates(c->store, &s->target, c->party);
	/* a known key answers before any check, and the first result needs no lock */
	if (!find_first_result(c, s, candidates, &found))
		return false;
	if (found)
		return true;
	condition = lr_check_candidates(candidates, &s->target, &detail);
	if (condition != LR_OK)
		return lr_refuse(c, condition, detail, NULL);
	for (int i = 0; i < candidates->n; i++)
		lr_held_want(c->held, candidates->all[i].delivery_id, candidates->all[i].account_id,
					 &candidates->all[i].tid);
	return true;
}

/*
 * lr_submit_file
 *		With the locks held the checks run in the order of LrCondition and the first that fails
 *		refuses; nothing is written before all have passed.
 */
bool
lr_submit_file(LrCase *c, const LrSubmission *s, const LrCandidates *candidates)
{
	LrCondition condition;
	LrVerdict verdict;
	LrFacts facts;
	bool found;

	/* another session may have used the key while we waited for the locks */
	if (!find_first_result(c, s, candidates, &found))
		return false;
	if (found)
		return true;
	condition = choose_delivery(c, candidates);
	if (condition != LR_OK)
		return LR_REFUSE(c, condition,
						 "%s has no delivery to account " INT64_FORMAT " left to return.",
						 lr_target_text(&s->target), c->account->account_id);

	gather_facts(c, s, &facts);
	verdict = lr_decide_submission(&facts);
	if (verdict.violations != 0)
		return refuse_violation(c, s, &facts, verdict.violations);
	return write_submission(c, s, &facts, &verdict);
}

/*
 * The request that was made with this key for an account that the call may mean. The case then
 * holds it; other arguments than the first call's are refused.
 */
static bool
find_first_result(LrCase *c, const LrSubmission *s, const LrCandidates *candidates, bool *found)
{
	LrRow row;

	*found = false;
	for (int i = -1; s->idempotency_key != NULL && i < candidates->n; i++)
	{
		LrKey keys[2];

		if ((i < 0) != s->target.account.given)
			continue;
		keys[0] = lr_key_id(1, i < 0 ? s->target.account.id : candidates->all[i].account_id);
		/* the keys of another buyer's account are none of the caller's */
		if (i < 0 && !is_own_account(c, s->target.account.id))
			continue;
		keys[1] = (LrKey){2, BTEqualStrategyNumber, TEXTOID,
						  CStringGetTextDatum(s->idempotency_key)};
		if (!lr_store_get(c->store, LR_REQUEST, LR_REQUEST_IDEMPOTENCY_KEY, keys, 2, &row))
			continue;
		lr_read_request(&row, &c->request);
		*found = true;
		return compare_with_first(c, s, candidates);
	}
	return true;
}

static bool
is_own_account(LrCase *c, int64 account_id)
{
	LrAccount account;

	return c->party.kind != LR_BUYER_PARTY ||
		   (lr_get_account(c->store, account_id, &account) &&
			account.buyer_id == c->party.party.id);
}

/* Reads the rest of the first result's case, and refuses a call that differs from the first. */
static bool
compare_with_first(LrCase *c, const LrSubmission *s, const LrCandidates *candidates)
{
	LrRequest *r = &c->request;
	char *reason = s->reason == NULL ? NULL : lr_reason_text(s->reason);
	LrRow row;
	bool same;
	bool among = false;

	c->delivery = palloc(sizeof(LrDelivery));
	c->account = palloc(sizeof(LrAccount));
	if (!lr_store_get_id(c->store, LR_DELIVERY, LR_DELIVERY_PKEY,
						 DatumGetInt64(r->values[REQUEST_DELIVERY_ID]), &row))
		elog(ERROR, "return " INT64_FORMAT " has no delivery", r->return_id);
	lr_read_delivery(&row, c->delivery);
	if (!lr_get_account(c->store, c->delivery->account_id, c->account))
		elog(ERROR, "return " INT64_FORMAT " has no account", r->return_id);
	c->now = lr_clock();

	same = reason != NULL && s->override == DatumGetBool(r->values[REQUEST_OVERRIDE_ASKED]) &&
		   strcmp(reason, TextDatumGetCString(r->values[REQUEST_REASON_TEXT])) == 0;
	if (r->nulls[REQUEST_NOTE] || s->note == NULL)
		same = same && r->nulls[REQUEST_NOTE] && s->note == NULL;
	else
		same = same && strcmp(s->note, TextDatumGetCString(r->values[REQUEST_NOTE])) == 0;
	for (int i = 0; i < candidates->n; i++)
		among |= candidates->all[i].delivery_id == c->delivery->delivery_id;
	if (!same || !among)
		return LR_REFUSE(c, LR_IDEMPOTENCY_CONFLICT,
						 "Key \"%s\" belongs to return " INT64_FORMAT " of lead " INT64_FORMAT
						 ".",
						 s->idempotency_key, r->return_id, c->delivery->lead_id);
	return true;
}

/*
 * Takes the delivery in hand: among several the newest that is neither returned nor deleted. All
 * are locked, because their states decide.
 */
static LrCondition
choose_delivery(LrCase *c, const LrCandidates *candidates)
{
	const LrCandidate *best = NULL;
	bool any_returned = false;

	for (int i = 0; candidates->n > 1 && i < candidates->n; i++)
	{
		const LrCandidate *candidate = &candidates->all[i];
		bool deleted = lr_held_delivery(c->held, candidate->delivery_id)->deleted;
		LrOthers others = lr_other_requests(c->store, candidate->delivery_id, 0);
		bool returned = others.live && others.live_status == LR_ACCEPTED;

		any_returned |= returned;
		if (!returned && !deleted &&
			(best == NULL || candidate->delivered_at >= best->delivered_at))
			best = candidate;
	}
	lr_case_take(c, best != NULL ? best->delivery_id : candidates->all[0].delivery_id);
	if (best != NULL || candidates->n == 1)
		return LR_OK;
	return any_returned ? LR_ALREADY_RETURNED : LR_LEAD_DELETED;
}

static void
gather_facts(LrCase *c, const LrSubmission *s, LrFacts *facts)
{
	LrOthers others = lr_other_requests(c->store, c->delivery->delivery_id, 0);
	char *reason_text = s->reason == NULL ? NULL : lr_reason_text(s->reason);
	LrUsage usage;

	memset(facts, 0, sizeof(*facts));
	facts->staff = c->party.kind == LR_STAFF;
	facts->override = s->override;
	facts->note_given = s->note != NULL;
	facts->deleted = c->delivery->deleted;
	facts->is_replacement = c->delivery->replaces.given;
	facts->asked_before = others.any;
	facts->live = others.live;
	facts->live_status = others.live_status;
	facts->reason_text = reason_text;
	if (reason_text != NULL)
	{
		facts->reason = lr_reason_match(c->store, reason_text);
		if (facts->reason == NULL && c->terms.allow_other_reason)
			facts->reason = lr_reason_by_code(c->store, LR_OTHER_REASON);
	}
	facts->now = c->now;
	facts->delivered_at = c->delivery->delivered_at;
	facts->terms = &c->terms;
	facts->window = lr_decide_window(&c->terms, facts->reason, &c->account->cycle,
									 lr_holidays(c->store), c->delivery->delivered_at);
	usage = lr_case_cap_usage(c);
	facts->cap = lr_decide_cap(&c->terms, &usage, c->delivery->price);
}

static bool
refuse_violation(LrCase *c, const LrSubmission *s, const LrFacts *facts, LrViolations violations)
{
	LrCondition condition = pg_rightmost_one_pos32(violations);
	const char *hint = NULL;

	if (condition == LR_REASON_UNKNOWN)
	{
		const char *nearest = lr_reason_nearest(c->store, s->reason);

		if (nearest != NULL)
			hint = psprintf("Did you mean \"%s\"? Staff may add the text as an alias.", nearest);
	}
	return lr_refuse(c, condition, violation_detail(c, s, facts, condition), hint);
}

static char *
violation_detail(LrCase *c, const LrSubmission *s, const LrFacts *facts, LrCondition condition)
{
	int64 lead_id = c->delivery->lead_id;
	int64 account_id = c->account->account_id;
	LrOthers others;

	switch (condition)
	{
		case LR_RETURN_ALREADY_OPEN:
		case LR_ALREADY_RETURNED:
			others = lr_other_requests(c->store, c->delivery->delivery_id, 0);
			if (s->import_id.given && others.live_import.given &&
				others.live_import.id == s->import_id.id)
				return psprintf("An earlier line of the file has lead " INT64_FORMAT
								"; its return is %s.",
								lead_id, lr_status_name(others.live_status));
			return psprintf("Return " INT64_FORMAT " of lead " INT64_FORMAT " is %s.",
							others.live_return_id, lead_id, lr_status_name(others.live_status));
		case LR_RETURNS_DISABLED:
			if (facts->is_replacement && !c->terms.replacement_returnable)
				return psprintf("Lead " INT64_FORMAT " replaces return " INT64_FORMAT
								"; the terms say replacement_returnable = false.",
								lead_id, c->delivery->replaces.id);
			return psprintf("The terms of account " INT64_FORMAT " say %s = false.", account_id,
							c->terms.returns_enabled ? "buyer_may_return" : "returns_enabled");
		case LR_WINDOW_NOT_OPEN:
			return psprintf("It is %s; the window of lead " INT64_FORMAT " opens at %s.",
							lr_instant_text(c->now), lead_id,
							lr_instant_text(facts->window.opens_at));
		case LR_WINDOW_CLOSED:
			return psprintf("It is %s; the window of lead " INT64_FORMAT " closed at %s.",
							lr_instant_text(c->now), lead_id,
							lr_instant_text(facts->window.closes_at));
		case LR_CAP_REACHED:
			return lr_case_cap_detail(c, &facts->cap);
		case LR_REASON_REQUIRED:
			return psprintf("No reason was given for lead " INT64_FORMAT ".", lead_id);
		case LR_REASON_UNKNOWN:
			return psprintf("\"%s\" matches no reason, and the terms of account " INT64_FORMAT
							" say allow_other_reason = false.",
							lr_reason_text(s->reason), account_id);
		case LR_REASON_RETIRED:
			return psprintf("Reason \"%s\" is retired.", facts->reason->code);
		case LR_NOTE_REQUIRED:
			return facts->override ? pstrdup("An override needs a note.")
								   : psprintf("Reason \"%s\" needs a note.", facts->reason->code);
		default:
			return psprintf("Lead " INT64_FORMAT ", account " INT64_FORMAT ".", lead_id,
							account_id);
	}
}

/* Everything was checked: writes the request and, if a rule accepts it, its acceptance. */
static bool
write_submission(LrCase *c, const LrSubmission *s, const LrFacts *facts, const LrVerdict *verdict)
{
	LrRequest *r = &c->request;
	LrDecision by_rule = {LR_ACCEPT, NULL, {-1, -1, -1}, NULL, false};
	LrTerms today;

	Assert(facts->reason != NULL && s->reason != NULL);
	r->stored = false;
	r->return_id = lr_store_next_id(LR_REQUEST_SEQ);
	r->status = LR_OPEN;
	r->credit = 0;
	r->clawback = 0;
	memset(r->nulls, true, sizeof(r->nulls));
	lr_request_set(r, REQUEST_DELIVERY_ID, Int64GetDatum(c->delivery->delivery_id));
	lr_request_set(r, REQUEST_ACCOUNT_ID, Int64GetDatum(c->account->account_id));
	lr_request_set(r, REQUEST_DELIVERED_AT, TimestampTzGetDatum(c->delivery->delivered_at));
	lr_request_set(r, REQUEST_PRICE, c->delivery->row.values[DELIVERY_PRICE]);
	lr_request_set(r, REQUEST_COST, c->delivery->row.values[DELIVERY_COST]);
	lr_request_set_text(r, REQUEST_REASON, facts->reason->code);
	lr_request_set_text(r, REQUEST_REASON_TEXT, facts->reason_text);
	lr_request_set_text(r, REQUEST_NOTE, s->note);
	lr_request_set(r, REQUEST_REQUESTED_AT, TimestampTzGetDatum(c->now));
	lr_request_set_text(r, REQUEST_REQUESTED_BY, c->role);
	lr_case_today(c, &today);
	lr_request_set_text(r, REQUEST_ASSIGNEE, today.assignee);
	lr_request_set(r, REQUEST_OVERRIDE_ASKED, BoolGetDatum(s->override));
	lr_request_set(r, REQUEST_OVERRIDDEN, BoolGetDatum(verdict->overridden));
	lr_request_set(r, REQUEST_OVER_CAP, BoolGetDatum(verdict->over_cap));
	lr_request_set(r, REQUEST_AWAITS_BUYER, BoolGetDatum(false));
	lr_request_set(r, REQUEST_EVENT_COUNT, Int32GetDatum(0));
	lr_request_set_text(r, REQUEST_IDEMPOTENCY_KEY, s->idempotency_key);
	if (s->import_id.given)
		lr_request_set(r, REQUEST_IMPORT_ID, Int64GetDatum(s->import_id.id));
	if (verdict->auto_accept_at != 0)
		lr_request_set(r, REQUEST_AUTO_ACCEPT_AT, TimestampTzGetDatum(verdict->auto_accept_at));
	lr_request_set_timeout(r, &c->terms, verdict->timeout_at);

	lr_history_append(c, true, LR_OPEN, LR_OPEN, s->note);
	lr_outbox_requested(c);
	if (verdict->accept_now)
	{
		LrHow how = c->how;

		c->how = LR_BY_RULE;
		if (!lr_apply_acceptance(c, &by_rule, c->role))
			elog(ERROR, "a rule may not accept: %s", c->refusal.detail);
		c->how = how;
	}
	lr_request_write(c);
	lr_case_cap_use(c, 1, r->status == LR_ACCEPTED ? r->credit : c->delivery->price);
	return true;
}

/*
 * lr_check_return(lead_id, reason, account_id)
 *		What lr_return would say, without locks and writes: all violations, not only the first.
 */
Datum
lr_check_return(PG_FUNCTION_ARGS)
{
	LrSubmission s = {{LR_BY_LEAD_ID, LR_ARG_ID(0), NULL, LR_ARG_ID(2)}, LR_ARG_CSTRING(1)};
	LrCase *c = palloc0(sizeof(LrCase));
	LrCandidates candidates;
	LrCondition condition;
	LrFacts facts = {0};
	LrVerdict verdict = {0};
	Datum values[10];
	bool nulls[10];
	TupleDesc desc;

	lr_case_begin(c, lr_store_open(false), lr_require_staff_or_buyer("check a return"),
				  LR_MANUAL);
	if (lr_submit_find(c, &s, &candidates))
	{
		lr_case_lock(c);
		condition = choose_delivery(c, &candidates);
	}
	else
		condition = c->refusal.condition;
	if (condition == LR_OK)
	{
		/* a required note is the one argument that this function does not have */
		s.note = "checked";
		gather_facts(c, &s, &facts);
		verdict = lr_decide_submission(&facts);
	}
	else
		verdict.violations = (LrViolations) 1 << condition;
	check_result(fcinfo, c, &facts, &verdict, values, nulls);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "lr_check_return must return a row");
	lr_store_close(c->store);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

static void
check_result(FunctionCallInfo fcinfo, LrCase *c, const LrFacts *facts, const LrVerdict *verdict,
			 Datum *values, bool *nulls)
{
	const LrCap *cap = &facts->cap;
	LrStake stake;
	LrAsked asked = {-1, -1, -1};
	LrSettlement settlement = {0};
	bool found = facts->terms != NULL;
	char *detail;

	memset(nulls, !found, sizeof(bool) * 10);
	nulls[0] = nulls[1] = nulls[7] = false;
	values[0] = BoolGetDatum(verdict->violations == 0);
	values[1] = violation_array(verdict->violations);
	values[7] = BoolGetDatum(verdict->violations == 0 &&
							 (verdict->accept_now || verdict->auto_accept_at != 0));
	if (!found)
		return;
	stake.price = c->delivery->price;
	stake.cost = c->delivery->cost;
	stake.has_supplier = c->delivery->supplier.given;
	stake.supplier_fault = facts->reason != NULL && facts->reason->supplier_fault;
	lr_decide_settlement(&c->terms, &stake, &asked, &settlement, &detail);
	values[2] = TimestampTzGetDatum(facts->window.opens_at);
	values[3] = TimestampTzGetDatum(facts->window.closes_at);
	values[4] = lr_money_datum(cap->by_value ? cap->allowed : cap->allowed * 100);
	values[5] = lr_money_datum(cap->by_value ? cap->used : cap->used * 100);
	values[6] = lr_money_datum(cap->by_value ? cap->left : cap->left * 100);
	nulls[4] = nulls[5] = nulls[6] = !cap->bound;
	values[8] = lr_money_datum(settlement.credit);
	values[9] = lr_money_datum(settlement.clawback);
	nulls[9] = c->party.kind == LR_BUYER_PARTY;
}

/* The names of the conditions, in the order of the checks. */
static Datum
violation_array(LrViolations violations)
{
	Datum names[LR_NCONDITIONS];
	int n = 0;

	for (int i = 0; i < LR_NCONDITIONS; i++)
	{
		if (lr_violates(violations, i))
			names[n++] = CStringGetTextDatum(lr_condition_name(i));
	}
	return PointerGetDatum(construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT));
}
