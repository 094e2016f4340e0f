/*
 * lr_error.c
 *		The catalogue of conditions and the one place that raises them.
 */
#include "postgres.h"

#include "lr_error.h"

#include "funcapi.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(lr_error_catalogue);

typedef struct ErrorEntry
{
	const char *sqlstate;
	const char *condition;
	int http_status;
	const char *message;
	const char *hint;
} ErrorEntry;

/* Indexed by LrCondition. */
static const ErrorEntry catalogue[] = {
	{"LR001", "not_permitted", 401, "not permitted",
	 "Ask the seller's staff, or have them grant your role a party with lr_grant()."},
	{"LR002", "lead_not_found", 404, "no such lead",
	 "Check the id; a lead can be returned only if it was delivered to one of your accounts."},
	{"LR003", "return_not_found", 404, "no such return",
	 "Look the return up in the view returns."},
	{"LR004", "ambiguous_delivery", 409, "lead was delivered to several accounts",
	 "Name the account with account_id."},
	{"LR005", "lead_deleted", 410, "lead has been deleted",
	 "A deleted lead cannot be returned."},
	{"LR010", "return_already_open", 409, "a return of this lead is already open",
	 "Wait for the decision, or withdraw the open return first."},
	{"LR011", "already_returned", 409, "lead has already been returned",
	 "Nothing is left to do; lr_rollback_return() undoes an accepted return."},
	{"LR012", "not_returned", 409, "lead has not yet been returned",
	 "Only an accepted return can be rolled back."},
	{"LR013", "illegal_transition", 409, "this return cannot make that move",
	 "Read its status in the view returns; doc/design.md shows the legal moves."},
	{"LR014", "rollback_conflict", 409, "the lead has changed since it was returned",
	 "Settle what happened to the lead since, then roll back again."},
	{"LR015", "resubmission_not_allowed", 409, "this lead cannot be asked for again",
	 "The account's terms allow one request for a lead (setting resubmission)."},
	{"LR020", "returns_disabled", 422, "returns are disabled",
	 "Ask the seller's staff to file the return or to change the terms."},
	{"LR021", "window_not_open", 422, "return window is not open yet",
	 "Try again when the window opens; staff may override with a note."},
	{"LR022", "window_closed", 422, "return window has closed",
	 "Staff may override with override => true and a note."},
	{"LR023", "cap_reached", 422, "maximum of returns has been reached",
	 "Wait for more deliveries or for open returns to be declined; staff may override."},
	{"LR030", "reason_required", 422, "a reason is required",
	 "Give a reason of the table leadreturns.reason."},
	{"LR031", "reason_unknown", 422, "unknown reason",
	 "Use a reason of the table leadreturns.reason, or add an alias for this text."},
	{"LR032", "reason_retired", 422, "this reason is no longer in use",
	 "Use an active reason of the table leadreturns.reason."},
	{"LR033", "note_required", 422, "a note is required", "Say why in the note."},
	{"LR040", "amount_out_of_range", 422, "amount out of range",
	 "Give an amount of money with at most two decimal places."},
	{"LR041", "period_closed", 409, "billing period is closed",
	 "Post to the open period instead."},
	{"LR042", "currency_mismatch", 422, "currencies do not match",
	 "Name the currency; amounts of different currencies are never added."},
	{"LR050", "idempotency_conflict", 422, "idempotency key was used with other arguments",
	 "Use a new key for a new request, or repeat the call exactly."},
	{"LR060", "invalid_setting", 422, "invalid setting",
	 "lr_terms() lists the settings; doc/reference.md says what each takes."},
	{"LR061", "invalid_import", 422, "invalid import", "Check the arguments of the import."},
	{"LR062", "import_state", 409, "the import cannot do that now",
	 "Read its status in the view import_progress."},
	{"LR070", "history_is_immutable", 409, "what has been recorded cannot be changed",
	 "Use the lr_* functions or the views deliveries and returns; a correction is a new record."},
};

StaticAssertDecl(lengthof(catalogue) == LR_NCONDITIONS, "every condition has its entry");

const char *
lr_condition_name(LrCondition condition)
{
	Assert(condition >= 0 && condition < LR_NCONDITIONS);
	return catalogue[condition].condition;
}

const char *
lr_condition_sqlstate(LrCondition condition)
{
	Assert(condition >= 0 && condition < LR_NCONDITIONS);
	return catalogue[condition].sqlstate;
}

const char *
lr_condition_hint(LrCondition condition)
{
	Assert(condition >= 0 && condition < LR_NCONDITIONS);
	return catalogue[condition].hint;
}

void
lr_raise(LrCondition condition, const char *detail, const char *hint)
{
	const ErrorEntry *entry = &catalogue[condition];
	const char *s = entry->sqlstate;

	Assert(condition >= 0 && condition < LR_NCONDITIONS);
	ereport(ERROR, (errcode(MAKE_SQLSTATE(s[0], s[1], s[2], s[3], s[4])),
					errmsg("%s", entry->message), errdetail("%s", detail),
					errhint("%s", hint != NULL ? hint : entry->hint),
					err_generic_string(PG_DIAG_CONSTRAINT_NAME, entry->condition)));
	pg_unreachable();
}

Datum
lr_error_catalogue(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < LR_NCONDITIONS; i++)
	{
		Datum values[5];
		bool nulls[5] = {false};

		values[0] = CStringGetTextDatum(catalogue[i].sqlstate);
		values[1] = CStringGetTextDatum(catalogue[i].condition);
		values[2] = Int32GetDatum(catalogue[i].http_status);
		values[3] = CStringGetTextDatum(catalogue[i].message);
		values[4] = CStringGetTextDatum(catalogue[i].hint);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
