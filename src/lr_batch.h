/*
 * lr_batch.h
 *		Many commands at once: what lr_return does for one lead, the file, the sweep and
 *		lr_return_many do for a thousand.
 */
#ifndef LR_BATCH_H
#define LR_BATCH_H

#include "lr_request.h"

/* So many orders fit one batch: its locks and rows are held in memory. */
#define LR_MAX_ORDERS 10000

typedef enum LrOrderKind
{
	LR_SUBMIT_ORDER,  /* file a request */
	LR_DECIDE_ORDER,  /* decide the request return_id */
	LR_ROLLBACK_ORDER /* roll back the accepted return of the target */
} LrOrderKind;

/* What became of an order. */
typedef struct LrOutcome
{
	LrRefusal refusal; /* condition LR_OK: done */
	bool busy;         /* left alone: another session holds the delivery or its account */
	bool known;        /* the delivery is known, and with it the next three */
	int64 delivery_id;
	int64 lead_id;
	int64 account_id;
	int64 return_id; /* 0: there is none */
	LrStatus status; /* of the request */
	bool over_cap;   /* taken beyond the cap: only a person may accept it */
	LrMoney credit;
	LrMoney clawback;
} LrOutcome;

typedef struct LrOrder
{
	LrOrderKind kind;
	LrSubmission submission;
	LrId return_id;
	LrTarget target;
	LrDecision decision;
	/*
	 * Makes the decision when the request is in hand, instead of the one above; false: refused.
	 */
	bool (*choose)(LrCase *c, LrDecision *decision);

	/* filled in on the way; found, in a case that skips busy ones, by the caller */
	LrCandidates candidates;
	LrFound found;
	LrOutcome outcome;
} LrOrder;

/*
 * Carries the orders out in their order, under the locks of all. The refusal of one changes
 * nothing and does not disturb the others. Afterwards the case holds the last order's.
 */
extern void lr_batch_run(LrCase *c, LrOrder *orders, int norders);
/* The first half of it: finds and names what the orders need, and locks nothing. */
extern void lr_batch_find(LrCase *c, LrOrder *orders, int norders);
/* One order; its refusal is raised. */
extern void lr_batch_run_one(LrCase *c, LrOrder *order);

/*
 * Begins a procedure that commits after each batch: raises an error where it cannot, naming the
 * procedure and what to call instead. SPI is connected then.
 */
extern void lr_begin_batches(FunctionCallInfo fcinfo, const char *procedure,
							 const char *instead);

#endif /* LR_BATCH_H */
