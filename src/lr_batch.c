/*
 * lr_batch.c
 *		Carrying out one command or many: find and name what each needs, lock all of it in one
 *		order, then carry them out one after the other.
 *
 * Within a batch each relation is opened once, rows are inserted many at a time and a cap's
 * counters are written once. A later order sees what an earlier one did to the same delivery
 * (lr_held_delivery) and the capacity it took (the account's book).
 */
#include "postgres.h"

#include "lr_batch.h"

#include "executor/spi.h"
#include "lr_pause.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/memutils.h"

static void carry_out_all(LrCase *c, LrOrder *orders, int norders);
static bool find(LrCase *c, LrOrder *order);
static int64 sought(const LrOrder *order);
static int compare_sought(const void *a, const void *b);
static bool carry_out(LrCase *c, LrOrder *order);
static void note_outcome(LrCase *c, LrOutcome *outcome, bool done, MemoryContext cxt);

void
lr_batch_run(LrCase *c, LrOrder *orders, int norders)
{
	lr_batch_find(c, orders, norders);
	lr_case_lock(c);
	LR_PAUSE("batch.locked");
	carry_out_all(c, orders, norders);
	LR_PAUSE("batch.carried_out");
}

void
lr_batch_find(LrCase *c, LrOrder *orders, int norders)
{
	LrOrder **sorted = palloc(sizeof(LrOrder *) * Max(norders, 1));

	/* neighbours in an index share its pages; the order of finding means nothing */
	for (int i = 0; i < norders; i++)
		sorted[i] = &orders[i];
	if (norders > 1)
		qsort(sorted, norders, sizeof(LrOrder *), compare_sought);
	for (int i = 0; i < norders; i++)
	{
		CHECK_FOR_INTERRUPTS();
		c->delivery = NULL;
		c->refusal.condition = LR_OK;
		if (!find(c, sorted[i]))
			note_outcome(c, &sorted[i]->outcome, false, CurrentMemoryContext);
		if (norders > 1)
			lr_store_forget_rows(c->store);
	}
	pfree(sorted);
}

/* What an order is found by; 0 for those that are found by a text. */
static int64
sought(const LrOrder *order)
{
	if (order->kind == LR_SUBMIT_ORDER)
		return order->submission.target.id.id;
	return order->kind == LR_DECIDE_ORDER ? order->return_id.id : order->target.id.id;
}

static int
compare_sought(const void *a, const void *b)
{
	return lr_compare_ids(sought(*(LrOrder *const *) a), sought(*(LrOrder *const *) b));
}

static void
carry_out_all(LrCase *c, LrOrder *orders, int norders)
{
	MemoryContext cxt = CurrentMemoryContext;
	MemoryContext order_cxt = NULL;

	if (norders > 1)
		order_cxt = AllocSetContextCreate(cxt, "leadreturns order", ALLOCSET_DEFAULT_SIZES);
	for (int i = 0; i < norders; i++)
	{
		LrOrder *order = &orders[i];

		if (order->outcome.refusal.condition != LR_OK || order->outcome.busy)
			continue;
		CHECK_FOR_INTERRUPTS();
		if (order_cxt != NULL)
		{
			MemoryContextReset(order_cxt);
			lr_store_forget_rows(c->store);
			MemoryContextSwitchTo(order_cxt);
		}
		c->delivery = NULL;
		c->refusal.condition = LR_OK;
		note_outcome(c, &order->outcome, carry_out(c, order), cxt);
		MemoryContextSwitchTo(cxt);
		LR_PAUSE("batch.order");
	}
}

void
lr_batch_run_one(LrCase *c, LrOrder *order)
{
	lr_batch_run(c, order, 1);
	if (order->outcome.refusal.condition != LR_OK)
	{
		c->refusal = order->outcome.refusal;
		lr_raise_refusal(c);
	}
}

static bool
find(LrCase *c, LrOrder *order)
{
	memset(&order->outcome, 0, sizeof(order->outcome));
	order->outcome.refusal.condition = LR_OK;
	switch (order->kind)
	{
		case LR_SUBMIT_ORDER:
			return lr_submit_find(c, &order->submission, &order->candidates);
		case LR_DECIDE_ORDER:
			if (!c->skip_busy)
				return lr_decide_find(c, order->return_id, &order->found);
			order->outcome.busy = !lr_held_try(c->held, order->found.delivery_id,
											   order->found.account_id);
			return true;
		default:
			return lr_rollback_find(c, &order->target, &order->candidates);
	}
}

static bool
carry_out(LrCase *c, LrOrder *order)
{
	LrDecision decision = order->decision;

	switch (order->kind)
	{
		case LR_SUBMIT_ORDER:
			return lr_submit_file(c, &order->submission, &order->candidates);
		case LR_DECIDE_ORDER:
			lr_case_read(c, order->return_id.id, &order->found);
			if (order->choose != NULL && !order->choose(c, &decision))
				return false;
			return lr_decide(c, &decision);
		default:
			return lr_rollback(c, &order->target, &order->candidates, &decision);
	}
}

/* The refusal's texts are copied to where they last. */
static void
note_outcome(LrCase *c, LrOutcome *outcome, bool done, MemoryContext cxt)
{
	const LrRequest *r = &c->request;

	if (c->delivery != NULL)
	{
		outcome->known = true;
		outcome->delivery_id = c->delivery->delivery_id;
		outcome->lead_id = c->delivery->lead_id;
		outcome->account_id = c->account->account_id;
	}
	if (!done)
	{
		outcome->refusal = c->refusal;
		outcome->refusal.detail = MemoryContextStrdup(cxt, c->refusal.detail);
		if (c->refusal.hint != NULL)
			outcome->refusal.hint = MemoryContextStrdup(cxt, c->refusal.hint);
		return;
	}
	outcome->return_id = r->return_id;
	outcome->status = r->status;
	outcome->over_cap = DatumGetBool(r->values[REQUEST_OVER_CAP]);
	outcome->credit = r->credit;
	outcome->clawback = r->clawback;
}

void
lr_begin_batches(FunctionCallInfo fcinfo, const char *procedure, const char *instead)
{
	if (fcinfo->context == NULL || !IsA(fcinfo->context, CallContext) ||
		castNode(CallContext, fcinfo->context)->atomic)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
				 errmsg("%s commits after each batch", procedure),
				 errdetail("It was called in a transaction block, or in a function."),
				 errhint("CALL it by itself, or use %s within your transaction.", instead)));
	if (SPI_connect_ext(SPI_OPT_NONATOMIC) != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
}
