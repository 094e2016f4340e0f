/*
 * lr_decide.c
 *		The rules of SPEC: windows, caps, what may be submitted, what the rules accept by
 *		themselves, what is credited and clawed back.
 */
#include "postgres.h"

#include "lr_decide.h"

#include "utils/timestamp.h"

StaticAssertDecl(LR_NCONDITIONS <= sizeof(LrViolations) * BITS_PER_BYTE, "conditions fit the set");

static void decide_automatic(const LrFacts *facts, LrVerdict *verdict);
static int64 share(int64 percent, int64 of);

/* A reason's own window replaces that of the terms; the grace after the cycle binds both. */
LrWindow
lr_decide_window(const LrTerms *terms, const LrReason *reason, const LrCycle *cycle,
				 const LrHolidays *holidays, TimestampTz delivered_at)
{
	const LrHolidays *counted = terms->window_calendar == LR_BUSINESS ? holidays : NULL;
	const Interval *min_age = &terms->min_age;
	const Interval *max_age = &terms->max_age;
	LrWindow window;

	if (reason != NULL && reason->min_age != NULL)
		min_age = reason->min_age;
	if (reason != NULL && reason->max_age != NULL)
		max_age = reason->max_age;
	window.opens_at = lr_instant_add(delivered_at, min_age, terms->time_zone, counted);
	window.closes_at = lr_instant_add(delivered_at, max_age, terms->time_zone, counted);
	if (terms->cycle_grace != NULL)
	{
		LrPeriod period = lr_cycle_of(delivered_at, cycle, terms->time_zone);
		TimestampTz grace_ends = lr_instant_add(period.ends_at, terms->cycle_grace,
												terms->time_zone, counted);

		window.closes_at = Min(window.closes_at, grace_ends);
	}
	return window;
}

/* The period whose deliveries and requests the cap counts. A rolling one ends now, inclusive. */
LrPeriod
lr_decide_period(const LrTerms *terms, const LrCycle *cycle, TimestampTz delivered_at,
				 TimestampTz now)
{
	LrPeriod period = {DT_NOBEGIN, DT_NOEND};

	switch (terms->cap_period)
	{
		case LR_MONTH:
			return lr_month_of(delivered_at, terms->time_zone);
		case LR_CYCLE:
			return lr_cycle_of(delivered_at, cycle, terms->time_zone);
		case LR_ROLLING:
			period.starts_at = lr_instant_add_days(now, -(int) terms->cap_days, terms->time_zone);
			period.ends_at = now + 1;
			return period;
		default:
			Assert(terms->cap_period == LR_LIFETIME);
			return period;
	}
}

bool
lr_cap_is_set(const LrTerms *terms)
{
	return terms->max_return_percent != LR_NO_LIMIT || terms->max_return_count != LR_NO_LIMIT;
}

/*
 * lr_decide_cap
 *		allowed = floor(percent / 100 * delivered). By count one more request must fit, by value
 *		its price. The percentage does not bind under cap_min_volume deliveries; a count binds
 *		besides it.
 */
LrCap
lr_decide_cap(const LrTerms *terms, const LrUsage *usage, LrMoney price)
{
	bool percent = terms->max_return_percent != LR_NO_LIMIT &&
				   usage->delivered >= terms->cap_min_volume;
	bool count = terms->max_return_count != LR_NO_LIMIT;
	bool count_full = count && usage->used + 1 > terms->max_return_count;
	LrCap cap = {0};

	cap.bound = percent || count;
	cap.by_value = terms->cap_basis == LR_BY_VALUE && percent;
	if (cap.by_value)
	{
		cap.allowed = share(terms->max_return_percent, usage->delivered_value);
		cap.used = usage->used_value;
		cap.exceeded = cap.used + price > cap.allowed || count_full;
	}
	else if (cap.bound)
	{
		cap.allowed = percent ? share(terms->max_return_percent, usage->delivered) : PG_INT64_MAX;
		if (count)
			cap.allowed = Min(cap.allowed, terms->max_return_count);
		cap.used = usage->used;
		cap.exceeded = cap.used + 1 > cap.allowed;
	}
	cap.left = count_full ? 0 : Max(cap.allowed - cap.used, 0);
	return cap;
}

/* floor(percent / 100 * of), exactly */
static int64
share(int64 percent, int64 of)
{
	return (int64) ((int128) percent * of / (100 * LR_PERCENT_SCALE));
}

#define VIOLATED_IF(condition, test) \
	((test) ? (LrViolations) 1 << (condition) : (LrViolations) 0)

LrVerdict
lr_decide_submission(const LrFacts *f)
{
	const LrTerms *terms = f->terms;
	bool too_early = f->now < f->window.opens_at;
	bool too_late = f->now > f->window.closes_at;
	bool refuse_at_cap = f->cap.exceeded && terms->at_cap == LR_CAP_REFUSE;
	bool disabled = (!f->staff && (!terms->returns_enabled || !terms->buyer_may_return)) ||
					(f->is_replacement && !terms->replacement_returnable);
	bool other = f->reason != NULL && strcmp(f->reason->code, LR_OTHER_REASON) == 0;
	bool known = f->reason != NULL && (!other || terms->allow_other_reason);
	LrVerdict verdict = {0};
	LrViolations v = 0;

	v |= VIOLATED_IF(LR_LEAD_DELETED, f->deleted);
	v |= VIOLATED_IF(LR_RETURN_ALREADY_OPEN, f->live && f->live_status == LR_OPEN);
	v |= VIOLATED_IF(LR_ALREADY_RETURNED, f->live && f->live_status == LR_ACCEPTED);
	v |= VIOLATED_IF(LR_RESUBMISSION_NOT_ALLOWED,
					 !f->live && f->asked_before && !terms->resubmission);
	v |= VIOLATED_IF(LR_RETURNS_DISABLED, disabled);
	v |= VIOLATED_IF(LR_WINDOW_NOT_OPEN, too_early && !f->override);
	v |= VIOLATED_IF(LR_WINDOW_CLOSED, too_late && !f->override);
	v |= VIOLATED_IF(LR_CAP_REACHED, refuse_at_cap && !f->override);
	v |= VIOLATED_IF(LR_REASON_REQUIRED, f->reason_text == NULL);
	v |= VIOLATED_IF(LR_REASON_UNKNOWN, f->reason_text != NULL && !known);
	v |= VIOLATED_IF(LR_REASON_RETIRED, known && !f->reason->active);
	v |= VIOLATED_IF(LR_NOTE_REQUIRED,
					 !f->note_given && (f->override || (known && f->reason->requires_note)));

	verdict.violations = v;
	verdict.overridden = f->override && (too_early || too_late || f->cap.exceeded);
	verdict.over_cap = f->cap.exceeded && !f->override && terms->at_cap == LR_CAP_REVIEW;
	decide_automatic(f, &verdict);
	return verdict;
}

/* What the rules do with a submission that is taken. */
static void
decide_automatic(const LrFacts *f, LrVerdict *verdict)
{
	const LrTerms *terms = f->terms;
	const Interval *delay = &terms->auto_accept_delay;
	bool matches = terms->auto_accept == LR_AUTO_ALWAYS;

	if (terms->auto_accept == LR_AUTO_WITHIN)
		matches = f->now <= lr_instant_add(f->delivered_at, &terms->auto_accept_within,
										   terms->time_zone, NULL);
	if (verdict->over_cap || (f->reason != NULL && f->reason->always_review))
		matches = false;

	if (matches && delay->month == 0 && delay->day == 0 && delay->time == 0)
		verdict->accept_now = true;
	else if (matches)
		verdict->auto_accept_at = lr_instant_add(f->now, delay, terms->time_zone, NULL);
	if (!verdict->accept_now)
		verdict->timeout_at = lr_decide_timeout(terms, verdict->over_cap, f->now);
}

/* Only a person accepts what lies beyond the cap, so it never times out into an acceptance. */
TimestampTz
lr_decide_timeout(const LrTerms *terms, bool over_cap, TimestampTz open_since)
{
	if (terms->review_timeout == NULL || terms->timeout_action < 0 ||
		(over_cap && terms->timeout_action == LR_TIMEOUT_ACCEPT))
		return 0;
	return lr_instant_add(open_since, terms->review_timeout, terms->time_zone, NULL);
}

/*
 * lr_decide_settlement
 *		Credit is the price unless the decision grants a part of it. The clawback follows the terms
 *		and shrinks with the credit: cost * credit / price, rounded half up; the decision may name
 *		another, up to the cost. Nothing moves under reverse_money = false or a replacement.
 */
LrCondition
lr_decide_settlement(const LrTerms *terms, const LrStake *stake, const LrAsked *asked,
					 LrSettlement *s, char **detail)
{
	bool clawed_back = terms->clawback == LR_CLAWBACK_ALWAYS ||
					   (terms->clawback == LR_CLAWBACK_BY_REASON && stake->supplier_fault);
	LrMoney most = stake->has_supplier ? stake->cost : 0;

	s->remedy = asked->remedy >= 0 ? asked->remedy : terms->remedy;
	s->credit = 0;
	s->clawback = 0;
	if (s->remedy == LR_REPLACEMENT || !terms->reverse_money)
	{
		if (asked->credit <= 0 && asked->clawback <= 0)
			return LR_OK;
		*detail = s->remedy == LR_REPLACEMENT
					  ? pstrdup("The remedy is a replacement: no money moves.")
					  : pstrdup("The terms say reverse_money = false: no money moves.");
		return LR_AMOUNT_OUT_OF_RANGE;
	}

	if (asked->credit == 0 || asked->credit > stake->price)
	{
		*detail = psprintf("Credit is %s; it must be above 0 and at most the price, %s.",
						   lr_money_text(asked->credit), lr_money_text(stake->price));
		return LR_AMOUNT_OUT_OF_RANGE;
	}
	if (asked->clawback > most)
	{
		*detail = psprintf("Clawback is %s; it must be at most the supplier's cost, %s.",
						   lr_money_text(asked->clawback), lr_money_text(most));
		return LR_AMOUNT_OUT_OF_RANGE;
	}

	s->credit = asked->credit > 0 ? asked->credit : stake->price;
	if (asked->clawback >= 0)
		s->clawback = asked->clawback;
	else if (!clawed_back)
		s->clawback = 0;
	else if (s->credit == stake->price)
		s->clawback = most;
	else
		s->clawback = (LrMoney) (((int128) most * s->credit * 2 + stake->price) /
								 ((int128) stake->price * 2));
	return LR_OK;
}
