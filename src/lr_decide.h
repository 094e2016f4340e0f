/*
 * lr_decide.h
 *		The rules: facts in, verdict out. Pure: no database access, no clock.
 */
#ifndef LR_DECIDE_H
#define LR_DECIDE_H

#include "lr_error.h"
#include "lr_reason.h"
#include "lr_session.h"
#include "lr_settings.h"
#include "lr_state.h"
#include "lr_window.h"

/* When a return may be asked for; both instants are inside. */
typedef struct LrWindow
{
	TimestampTz opens_at;
	TimestampTz closes_at;
} LrWindow;

/* What a cap is measured on: deliveries of the period, and the live requests on them. */
typedef struct LrUsage
{
	int64 delivered;
	LrMoney delivered_value;
	int64 used;
	LrMoney used_value;
} LrUsage;

/* A cap applied to one more request: counts, or cents under cap_basis = value. */
typedef struct LrCap
{
	bool bound; /* false: nothing limits this request */
	bool by_value;
	int64 allowed;
	int64 used;
	int64 left;
	bool exceeded; /* one more request does not fit */
} LrCap;

/* The facts about one submission. */
typedef struct LrFacts
{
	bool staff;
	bool override;
	bool note_given;
	bool deleted;
	bool is_replacement;
	bool asked_before; /* the delivery has an earlier request */
	bool live;         /* it has a live one, in live_status */
	LrStatus live_status;
	const char *reason_text; /* NULL: none was given */
	const LrReason *reason;  /* NULL: matches none */
	TimestampTz now;
	TimestampTz delivered_at;
	const LrTerms *terms;
	LrWindow window;
	LrCap cap;
} LrFacts;

/* A set of conditions; the lowest one is raised. */
typedef uint32 LrViolations;

typedef struct LrVerdict
{
	LrViolations violations;
	bool overridden; /* staff's override mattered */
	bool over_cap;   /* taken beyond the cap: only a person may accept it */
	bool accept_now;
	TimestampTz auto_accept_at; /* 0: the sweep does not accept it */
	TimestampTz timeout_at;     /* 0: it never times out */
} LrVerdict;

/* What the decision asks for; amounts are in cents, -1 where the terms decide. */
typedef struct LrAsked
{
	LrMoney credit;
	LrMoney clawback;
	int remedy; /* LR_CREDIT, LR_REPLACEMENT or -1 */
} LrAsked;

typedef struct LrSettlement
{
	int remedy;
	LrMoney credit;
	LrMoney clawback;
} LrSettlement;

/* The money of the delivery that is settled. */
typedef struct LrStake
{
	LrMoney price;
	LrMoney cost;
	bool has_supplier;
	bool supplier_fault; /* of the reason */
} LrStake;

extern LrWindow lr_decide_window(const LrTerms *terms, const LrReason *reason,
								 const LrCycle *cycle, const LrHolidays *holidays,
								 TimestampTz delivered_at);
extern LrPeriod lr_decide_period(const LrTerms *terms, const LrCycle *cycle,
								 TimestampTz delivered_at, TimestampTz now);
extern bool lr_cap_is_set(const LrTerms *terms);
extern LrCap lr_decide_cap(const LrTerms *terms, const LrUsage *usage, LrMoney price);
extern LrVerdict lr_decide_submission(const LrFacts *facts);
/* When the sweep decides a request that is open since then; 0: never. */
extern TimestampTz lr_decide_timeout(const LrTerms *terms, bool over_cap,
									 TimestampTz open_since);
/* LR_OK, or the condition that the asked amounts violate, with its detail. */
extern LrCondition lr_decide_settlement(const LrTerms *terms, const LrStake *stake,
										const LrAsked *asked, LrSettlement *settlement,
										char **detail);

static inline bool
lr_violates(LrViolations violations, LrCondition condition)
{
	return (violations & ((LrViolations) 1 << condition)) != 0;
}

#endif /* LR_DECIDE_H */
