/*
 * lr_many.c
 *		lr_return_many: one call, many leads, one outcome for each.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "lr_batch.h"
#include "lr_deliver.h"
#include "utils/array.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(lr_return_many);

static void put_outcome(ReturnSetInfo *rsinfo, const LrOrder *order);

/* lr_return_many(lead_ids, reason, note, account_id) */
Datum
lr_return_many(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	LrParty party = lr_require_staff_or_buyer("return leads");
	const char *reason = LR_ARG_CSTRING(1);
	const char *note = lr_note(LR_ARG_CSTRING(2));
	Datum *ids = NULL;
	bool *nulls = NULL;
	int n = 0;
	LrOrder *orders;
	LrCase *c;

	InitMaterializedSRF(fcinfo, 0);
	if (!PG_ARGISNULL(0))
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
						  TYPALIGN_DOUBLE, &ids, &nulls, &n);
	if (n > LR_MAX_ORDERS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many leads"),
						errdetail("There are %d; one call takes %d.", n, LR_MAX_ORDERS),
						errhint("Split them, or import a file.")));
	orders = palloc0(sizeof(LrOrder) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		orders[i].kind = LR_SUBMIT_ORDER;
		orders[i].submission.target = (LrTarget){LR_BY_LEAD_ID, lr_id(ids[i], nulls[i]), NULL,
												 LR_ARG_ID(3)};
		orders[i].submission.reason = reason;
		orders[i].submission.note = note;
	}
	c = lr_begin_command(party);
	lr_batch_run(c, orders, n);
	lr_case_end(c);
	for (int i = 0; i < n; i++)
		put_outcome(rsinfo, &orders[i]);
	return (Datum) 0;
}

static void
put_outcome(ReturnSetInfo *rsinfo, const LrOrder *order)
{
	const LrOutcome *outcome = &order->outcome;
	const LrRefusal *refusal = &outcome->refusal;
	LrId lead_id = order->submission.target.id;
	Datum values[9];
	bool nulls[9];

	memset(nulls, true, sizeof(nulls));
	values[0] = Int64GetDatum(lead_id.id);
	nulls[0] = !lead_id.given;
	if (refusal->condition == LR_OK)
	{
		values[1] = Int64GetDatum(outcome->return_id);
		values[2] = CStringGetTextDatum(lr_status_name(outcome->status));
		values[3] = lr_money_datum(outcome->credit);
		values[4] = lr_money_datum(outcome->clawback);
		nulls[1] = nulls[2] = nulls[3] = false;
		/* the seller's affair */
		nulls[4] = lr_session_party().kind == LR_BUYER_PARTY;
	}
	else
	{
		values[5] = CStringGetTextDatum(lr_condition_sqlstate(refusal->condition));
		values[6] = CStringGetTextDatum(lr_condition_name(refusal->condition));
		values[7] = CStringGetTextDatum(refusal->detail);
		values[8] = CStringGetTextDatum(
			refusal->hint != NULL ? refusal->hint : lr_condition_hint(refusal->condition));
		nulls[5] = nulls[6] = nulls[7] = nulls[8] = false;
	}
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}
