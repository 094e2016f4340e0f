/*
 * lr_api.c
 *		The SQL entry points of a return's life: each reads its arguments, runs one command and
 *		returns the row of the view.
 */
#include "postgres.h"

#include "lr_batch.h"
#include "lr_deliver.h"
#include "lr_row.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(lr_deliver);
PG_FUNCTION_INFO_V1(lr_return);
PG_FUNCTION_INFO_V1(lr_return_by_key);
PG_FUNCTION_INFO_V1(lr_accept);
PG_FUNCTION_INFO_V1(lr_decline);
PG_FUNCTION_INFO_V1(lr_withdraw);
PG_FUNCTION_INFO_V1(lr_reopen);
PG_FUNCTION_INFO_V1(lr_rollback_return);

static Datum finish(LrCase *c);
static LrKeyKind key_kind_from_name(const char *name);
static Datum submit(FunctionCallInfo fcinfo, const LrTarget *target, int reason);
static Datum decide_by_id(LrId return_id, LrParty party, const LrDecision *decision);
static LrMoney asked_amount(FunctionCallInfo fcinfo, int argument, const char *name);
static int asked_remedy(const char *remedy);
static LrNotify asked_notify(FunctionCallInfo fcinfo, int argument);

#define ARG_BOOL(n) (!PG_ARGISNULL(n) && PG_GETARG_BOOL(n))

/* A note as the command keeps it: NULL when it is blank. */
#define ARG_NOTE(n) lr_note(LR_ARG_CSTRING(n))

LrCase *
lr_begin_command(LrParty party)
{
	LrCase *c = palloc0(sizeof(LrCase));

	lr_case_begin(c, lr_open_for_command(), party, LR_MANUAL);
	return c;
}

static Datum
finish(LrCase *c)
{
	Datum row = lr_returns_row(c);

	lr_case_end(c);
	return row;
}

/*
 * lr_deliver(lead_id, account_id, supplier_id, price, cost, lead_group_id, delivered_at, status,
 *			  external_id, email, phone, replaces)
 */
Datum
lr_deliver(PG_FUNCTION_ARGS)
{
	static const int column_of[] = {
		DELIVERIES_LEAD_ID, DELIVERIES_ACCOUNT_ID, DELIVERIES_SUPPLIER_ID, DELIVERIES_PRICE,
		DELIVERIES_COST, DELIVERIES_LEAD_GROUP_ID, DELIVERIES_DELIVERED_AT, DELIVERIES_STATUS,
		DELIVERIES_EXTERNAL_ID, DELIVERIES_EMAIL, DELIVERIES_PHONE, DELIVERIES_REPLACES};
	Datum values[DELIVERIES_NCOLUMNS];
	bool nulls[DELIVERIES_NCOLUMNS];
	LrDeliveryInput input = {values, nulls};

	lr_require_staff("deliver leads");
	memset(nulls, true, sizeof(nulls));
	for (int i = 0; i < (int) lengthof(column_of); i++)
	{
		values[column_of[i]] = PG_GETARG_DATUM(i);
		nulls[column_of[i]] = PG_ARGISNULL(i);
	}
	lr_deliver_gather(&input);
	lr_deliver_flush();
	return lr_deliveries_view_row(values, nulls);
}

/* lr_return(lead_id, reason, note, account_id, idempotency_key, override) */
Datum
lr_return(PG_FUNCTION_ARGS)
{
	LrTarget target = {LR_BY_LEAD_ID, LR_ARG_ID(0), NULL, LR_ARG_ID(3)};

	return submit(fcinfo, &target, 1);
}

/* lr_return_by_key(key_kind, key, reason, note, account_id, idempotency_key, override) */
Datum
lr_return_by_key(PG_FUNCTION_ARGS)
{
	LrTarget target = {key_kind_from_name(LR_ARG_CSTRING(0))};

	target.key = LR_ARG_TEXT(1);
	target.account = LR_ARG_ID(4);
	return submit(fcinfo, &target, 2);
}

static LrKeyKind
key_kind_from_name(const char *name)
{
	LrKeyKind kind;

	if (lr_key_kind_find(name, &kind) && kind > LR_BY_DELIVERY_ID)
		return kind;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid key_kind"),
					errdetail("key_kind is \"%s\".", name == NULL ? "(null)" : name),
					errhint("Give external_id, email or phone.")));
}

/* Both have reason, note, account_id, idempotency_key and override in this order. */
static Datum
submit(FunctionCallInfo fcinfo, const LrTarget *target, int reason)
{
	LrOrder order = {LR_SUBMIT_ORDER};
	LrSubmission *s = &order.submission;
	LrParty party = lr_require_staff_or_buyer("return leads");
	LrCase *c;

	s->target = *target;
	s->reason = LR_ARG_CSTRING(reason);
	s->note = ARG_NOTE(reason + 1);
	s->idempotency_key = lr_idempotency_key(LR_ARG_CSTRING(reason + 3));
	s->override = ARG_BOOL(reason + 4);
	if (s->override)
		lr_require_staff("override the window or the cap");
	c = lr_begin_command(party);
	lr_batch_run_one(c, &order);
	return finish(c);
}

/* lr_accept(return_id, note, credit, clawback, status, remedy, notify, override) */
Datum
lr_accept(PG_FUNCTION_ARGS)
{
	LrDecision d = {LR_ACCEPT, ARG_NOTE(1)};

	lr_require_staff("accept a return");
	d.asked.credit = asked_amount(fcinfo, 2, "Credit");
	d.asked.clawback = asked_amount(fcinfo, 3, "Clawback");
	d.new_status = lr_note(LR_ARG_CSTRING(4));
	d.asked.remedy = asked_remedy(LR_ARG_CSTRING(5));
	d.notify = asked_notify(fcinfo, 6);
	d.override = ARG_BOOL(7);
	return decide_by_id(LR_ARG_ID(0), lr_session_party(), &d);
}

/* lr_decline(return_id, note, notify) */
Datum
lr_decline(PG_FUNCTION_ARGS)
{
	LrDecision d = {LR_DECLINE, ARG_NOTE(1)};

	lr_require_staff("decline a return");
	d.notify = asked_notify(fcinfo, 2);
	return decide_by_id(LR_ARG_ID(0), lr_session_party(), &d);
}

/* lr_withdraw(return_id, note) */
Datum
lr_withdraw(PG_FUNCTION_ARGS)
{
	LrDecision d = {LR_WITHDRAW, ARG_NOTE(1)};

	return decide_by_id(LR_ARG_ID(0), lr_require_staff_or_buyer("withdraw a return"), &d);
}

/* lr_reopen(return_id, note, override) */
Datum
lr_reopen(PG_FUNCTION_ARGS)
{
	LrDecision d = {LR_REOPEN, ARG_NOTE(1)};

	lr_require_staff("reopen a return");
	d.override = ARG_BOOL(2);
	return decide_by_id(LR_ARG_ID(0), lr_session_party(), &d);
}

/* lr_rollback_return(lead_id, note, account_id, notify) */
Datum
lr_rollback_return(PG_FUNCTION_ARGS)
{
	LrOrder order = {LR_ROLLBACK_ORDER};
	LrCase *c;

	lr_require_staff("roll back a return");
	order.target = (LrTarget){LR_BY_LEAD_ID, LR_ARG_ID(0), NULL, LR_ARG_ID(2)};
	order.decision = (LrDecision){LR_ROLLBACK, ARG_NOTE(1)};
	order.decision.notify = asked_notify(fcinfo, 3);
	c = lr_begin_command(lr_session_party());
	lr_batch_run_one(c, &order);
	return finish(c);
}

static Datum
decide_by_id(LrId return_id, LrParty party, const LrDecision *decision)
{
	LrOrder order = {LR_DECIDE_ORDER};
	LrCase *c = lr_begin_command(party);

	order.return_id = return_id;
	order.decision = *decision;
	lr_batch_run_one(c, &order);
	return finish(c);
}

/* -1 when the argument is null: the terms decide. */
static LrMoney
asked_amount(FunctionCallInfo fcinfo, int argument, const char *name)
{
	LrMoney amount;

	if (PG_ARGISNULL(argument))
		return -1;
	if (!lr_money_from_argument(PG_GETARG_DATUM(argument), &amount) || amount < 0)
		LR_RAISE(LR_AMOUNT_OUT_OF_RANGE,
				 "%s is %s; it must be an amount from 0 with at most two decimals.", name,
				 DatumGetCString(DirectFunctionCall1(numeric_out, PG_GETARG_DATUM(argument))));
	return amount;
}

static int
asked_remedy(const char *remedy)
{
	if (remedy == NULL)
		return -1;
	if (strcmp(remedy, "credit") == 0)
		return LR_CREDIT;
	if (strcmp(remedy, "replacement") == 0)
		return LR_REPLACEMENT;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid remedy"),
					errdetail("The remedy is \"%s\".", remedy),
					errhint("Give credit or replacement.")));
}

static LrNotify
asked_notify(FunctionCallInfo fcinfo, int argument)
{
	if (PG_ARGISNULL(argument))
		return LR_NOTIFY_BY_TERMS;
	return PG_GETARG_BOOL(argument) ? LR_NOTIFY_ALWAYS : LR_NOTIFY_NEVER;
}
