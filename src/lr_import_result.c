/*
 * lr_import_result.c
 *		What became of a line: from the outcome of its command to its row in import_outcome or
 *		import_verdict.
 */
#include "postgres.h"

#include "lr_import.h"

#include "utils/builtins.h"

/* Indexed by LrLineStatus. */
static const char *const status_names[] = {"returned", "requested", "rolled_back",
										   "already_returned", "not_returnable", "unknown_lead",
										   "malformed", "error"};

LrLineStatus
lr_line_status_of(Datum status)
{
	const char *name = TextDatumGetCString(status);
	LrLineStatus found = LR_LINE_RETURNED;

	while (strcmp(status_names[found], name) != 0)
		found++;
	return found;
}

LrLineResult
lr_result_of_order(const LrImport *import, int64 line_no, const LrOrder *order)
{
	const LrOutcome *outcome = &order->outcome;
	LrCondition condition = outcome->refusal.condition;
	LrLineResult result = {line_no};

	result.outcome = *outcome;
	if (condition != LR_OK)
		result.sqlstate = lr_condition_sqlstate(condition);
	if (condition == LR_OK && import->undo)
		result.status = LR_LINE_ROLLED_BACK;
	else if (condition == LR_OK)
		result.status = outcome->status == LR_ACCEPTED ? LR_LINE_RETURNED : LR_LINE_REQUESTED;
	else if (condition == LR_RETURN_ALREADY_OPEN || condition == LR_ALREADY_RETURNED)
		result.status = LR_LINE_ALREADY_RETURNED;
	else if (condition == LR_LEAD_NOT_FOUND)
		result.status = LR_LINE_UNKNOWN_LEAD;
	else
		result.status = LR_LINE_NOT_RETURNABLE;
	return result;
}

LrLineResult
lr_result_malformed(const LrLine *line, const char *problem)
{
	LrLineResult result = {line->line_no, LR_LINE_MALFORMED, "22P04"};

	result.outcome.refusal.detail = problem;
	return result;
}

void
lr_result_count(LrImport *import, const LrLineResult *result, int sign)
{
	if (result->status < LR_LINE_ALREADY_RETURNED)
		import->returned += sign;
	else if (result->status < LR_LINE_MALFORMED)
		import->failed += sign;
	else
		import->errors += sign;
	import->credit += sign * result->outcome.credit;
	import->clawback += sign * result->outcome.clawback;
}

void
lr_result_fill(int64 import_id, const LrLineResult *result, Datum *values, bool *nulls)
{
	const LrOutcome *outcome = &result->outcome;

	memset(nulls, false, sizeof(bool) * OUTCOME_NCOLUMNS);
	values[OUTCOME_IMPORT_ID] = Int64GetDatum(import_id);
	values[OUTCOME_LINE_NO] = Int64GetDatum(result->line_no);
	values[OUTCOME_STATUS] = CStringGetTextDatum(status_names[result->status]);
	values[OUTCOME_SQLSTATE] = lr_text_datum(result->sqlstate);
	values[OUTCOME_DETAIL] = lr_text_datum(outcome->refusal.detail);
	values[OUTCOME_HINT] = lr_text_datum(outcome->refusal.hint);
	nulls[OUTCOME_SQLSTATE] = result->sqlstate == NULL;
	nulls[OUTCOME_DETAIL] = outcome->refusal.detail == NULL;
	nulls[OUTCOME_HINT] = outcome->refusal.hint == NULL;
	nulls[OUTCOME_LEAD_ID] = nulls[OUTCOME_DELIVERY_ID] = !outcome->known;
	nulls[OUTCOME_ACCOUNT_ID] = !outcome->known;
	values[OUTCOME_LEAD_ID] = Int64GetDatum(outcome->lead_id);
	values[OUTCOME_DELIVERY_ID] = Int64GetDatum(outcome->delivery_id);
	values[OUTCOME_ACCOUNT_ID] = Int64GetDatum(outcome->account_id);
	values[OUTCOME_OVER_CAP] = BoolGetDatum(outcome->over_cap);
	values[OUTCOME_CREDIT] = lr_money_datum(outcome->credit);
	values[OUTCOME_CLAWBACK] = lr_money_datum(outcome->clawback);
	values[OUTCOME_RETURN_ID] = Int64GetDatum(outcome->return_id);
	nulls[OUTCOME_RETURN_ID] = outcome->return_id == 0;
	nulls[OUTCOME_UNDO_STATUS] = nulls[OUTCOME_UNDO_SQLSTATE] = nulls[OUTCOME_UNDO_DETAIL] = true;
}
