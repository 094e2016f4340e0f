/*
 * lr_dml.c
 *		INSERT, COPY and UPDATE of the views deliveries and returns: translated into the commands.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type_d.h"
#include "common/int.h"
#include "lr_batch.h"
#include "lr_deliver.h"
#include "lr_row.h"
#include "lr_trigger.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(lr_deliveries_dml);
PG_FUNCTION_INFO_V1(lr_returns_dml);

static void insert_return(LrCase *c, const Datum *values, const bool *nulls);
static void update_return(LrCase *c, const Datum *old, const bool *old_nulls, const Datum *new,
						  const bool *new_nulls);
static void refuse_other_columns(TupleDesc desc, const Datum *old, const bool *old_nulls,
								 const Datum *new, const bool *new_nulls, const int *allowed,
								 int nallowed);

/* INSTEAD OF INSERT OR UPDATE row trigger, and the AFTER STATEMENT trigger that writes the rows. */
Datum
lr_deliveries_dml(PG_FUNCTION_ARGS)
{
	static const int changeable[] = {DELIVERIES_STATUS, DELIVERIES_EMAIL, DELIVERIES_PHONE,
									 DELIVERIES_DELETED_AT};
	TriggerData *trigger = lr_trigger_data(fcinfo);
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	Datum values[DELIVERIES_NCOLUMNS];
	bool nulls[DELIVERIES_NCOLUMNS];
	Datum new_values[DELIVERIES_NCOLUMNS];
	bool new_nulls[DELIVERIES_NCOLUMNS];
	LrDeliveryInput input = {values, nulls};
	LrDeliveryInput after = {new_values, new_nulls};

	if (TRIGGER_FIRED_FOR_STATEMENT(trigger->tg_event))
	{
		lr_deliver_flush();
		return PointerGetDatum(NULL);
	}
	Assert(desc->natts == DELIVERIES_NCOLUMNS);
	heap_deform_tuple(trigger->tg_trigtuple, desc, values, nulls);
	if (TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
	{
		lr_require_staff("deliver leads");
		lr_deliver_gather(&input);
		return PointerGetDatum(heap_form_tuple(desc, values, nulls));
	}

	heap_deform_tuple(trigger->tg_newtuple, desc, new_values, new_nulls);
	refuse_other_columns(desc, values, nulls, new_values, new_nulls, changeable,
						 lengthof(changeable));
	lr_deliver_update(&input, &after);
	return PointerGetDatum(trigger->tg_newtuple);
}

/* INSTEAD OF INSERT OR UPDATE row trigger. */
Datum
lr_returns_dml(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = lr_trigger_data(fcinfo);
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	LrCase *c = lr_begin_command(lr_require_staff_or_buyer("return leads"));
	Datum values[RETURNS_NCOLUMNS];
	bool nulls[RETURNS_NCOLUMNS];
	Datum new_values[RETURNS_NCOLUMNS];
	bool new_nulls[RETURNS_NCOLUMNS];
	HeapTuple result;

	Assert(desc->natts == RETURNS_NCOLUMNS);
	heap_deform_tuple(trigger->tg_trigtuple, desc, values, nulls);
	if (TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
		insert_return(c, values, nulls);
	else
	{
		/* An ORM that writes back every column writes back an age that has passed */
		static const int changeable[] = {RETURNS_STATUS, RETURNS_DECISION_NOTE,
										 RETURNS_ASSIGNEE, RETURNS_AGE_HOURS};

		heap_deform_tuple(trigger->tg_newtuple, desc, new_values, new_nulls);
		refuse_other_columns(desc, values, nulls, new_values, new_nulls, changeable,
							 lengthof(changeable));
		update_return(c, values, nulls, new_values, new_nulls);
	}
	lr_returns_columns(c, values, nulls);
	result = heap_form_tuple(desc, values, nulls);
	lr_case_end(c);
	return PointerGetDatum(result);
}

static const char *
column_text(const Datum *values, const bool *nulls, int column)
{
	return nulls[column] ? NULL : TextDatumGetCString(values[column]);
}

/* What lr_return does with the same arguments. */
static void
insert_return(LrCase *c, const Datum *values, const bool *nulls)
{
	bool by_delivery = !nulls[RETURNS_DELIVERY_ID];
	int id_column = by_delivery ? RETURNS_DELIVERY_ID : RETURNS_LEAD_ID;
	LrOrder order = {LR_SUBMIT_ORDER};
	LrSubmission *s = &order.submission;

	s->target.kind = by_delivery ? LR_BY_DELIVERY_ID : LR_BY_LEAD_ID;
	s->target.id = lr_id(values[id_column], nulls[id_column]);
	s->target.account = lr_id(values[RETURNS_ACCOUNT_ID], nulls[RETURNS_ACCOUNT_ID]);
	s->reason = column_text(values, nulls, RETURNS_REASON);
	s->note = lr_note(column_text(values, nulls, RETURNS_NOTE));
	s->idempotency_key = lr_idempotency_key(
		column_text(values, nulls, RETURNS_IDEMPOTENCY_KEY));
	lr_batch_run_one(c, &order);
}

/*
 * A new status is the command that makes that move, with the new decision note as its note. The
 * assignee changes by itself.
 */
static void
update_return(LrCase *c, const Datum *old, const bool *old_nulls, const Datum *new,
			  const bool *new_nulls)
{
	LrStatus from = lr_status_of(old[RETURNS_STATUS]);
	const char *wanted = column_text(new, new_nulls, RETURNS_STATUS);
	const char *old_note = column_text(old, old_nulls, RETURNS_DECISION_NOTE);
	const char *note = column_text(new, new_nulls, RETURNS_DECISION_NOTE);
	const char *old_assignee = column_text(old, old_nulls, RETURNS_ASSIGNEE);
	const char *assignee = column_text(new, new_nulls, RETURNS_ASSIGNEE);
	LrStatus to = wanted == NULL ? LR_NSTATUSES : lr_status_from_name(wanted, strlen(wanted));
	LrDecision d = {LR_ACCEPT, NULL, {-1, -1, -1}, NULL, false};
	bool new_note = (note == NULL) != (old_note == NULL) ||
					(note != NULL && strcmp(note, old_note) != 0);
	bool new_assignee = (assignee == NULL) != (old_assignee == NULL) ||
						(assignee != NULL && strcmp(assignee, old_assignee) != 0);

	if (from == to || !lr_state_command(from, to, &d.command) || d.command != LR_WITHDRAW ||
		new_assignee)
		lr_require_staff("change a return");
	lr_case_open(c, lr_id(old[RETURNS_RETURN_ID], false));
	if (from != to)
	{
		if (!lr_state_command(from, to, &d.command))
			LR_RAISE(LR_ILLEGAL_TRANSITION,
					 "Return " INT64_FORMAT " is %s; it cannot become \"%s\".",
					 c->request.return_id, lr_status_name(from),
					 wanted == NULL ? "(null)" : wanted);
		d.note = new_note ? lr_note(note) : NULL;
		if (!lr_decide(c, &d))
			lr_raise_refusal(c);
	}
	else if (new_note)
		lr_change_decision_note(c, lr_note(note));
	if (new_assignee)
	{
		if (from != to || new_note)
			lr_store_step(c->store);
		lr_change_assignee(c, lr_note(assignee));
	}
}

/*
 * Clients that know only milliseconds, as JavaScript does, write back instants that are a little
 * earlier than those they read.
 */
static bool
is_other_value(Form_pg_attribute attribute, Datum old, bool old_null, Datum new, bool new_null)
{
	int64 lost;

	if (attribute->atttypid != TIMESTAMPTZOID || old_null || new_null)
		return lr_value_differs(attribute, old, old_null, new, new_null);
	return pg_sub_s64_overflow(DatumGetTimestampTz(old), DatumGetTimestampTz(new), &lost) ||
		   lost < 0 || lost >= 1000;
}

static void
refuse_other_columns(TupleDesc desc, const Datum *old, const bool *old_nulls, const Datum *new,
					 const bool *new_nulls, const int *allowed, int nallowed)
{
	for (int column = 0; column < desc->natts; column++)
	{
		bool may_change = false;

		for (int i = 0; i < nallowed; i++)
			may_change |= allowed[i] == column;
		if (!may_change && is_other_value(TupleDescAttr(desc, column), old[column],
										  old_nulls[column], new[column], new_nulls[column]))
			LR_RAISE(LR_HISTORY_IS_IMMUTABLE, "Column \"%s\" cannot be changed.",
					 NameStr(TupleDescAttr(desc, column)->attname));
	}
}
