/*
 * lr_thread.c
 *		What is said about a return, who works on it, and corrections of its reason.
 */
#include "postgres.h"

#include "lr_request.h"
#include "lr_row.h"

#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/formatting.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(lr_message);
PG_FUNCTION_INFO_V1(lr_request_info);
PG_FUNCTION_INFO_V1(lr_attach_evidence);
PG_FUNCTION_INFO_V1(lr_assign);
PG_FUNCTION_INFO_V1(lr_correct_reason);

#define SHA256_DIGITS 64

typedef enum MessageKind
{
	MESSAGE,
	QUESTION,
	EVIDENCE
} MessageKind;

static const char *const kind_names[] = {"message", "question", "evidence"};

static Datum add_message(FunctionCallInfo fcinfo, MessageKind kind, const char *body,
						 const char *uri, const char *media_type, const char *sha256);
static bool pass_the_ball(LrCase *c, MessageKind kind);
static char *given_digest(const char *digest);
static const LrReason *known_reason(LrStore *store, const char *given);

/* lr_message(return_id, body): from either side */
Datum
lr_message(PG_FUNCTION_ARGS)
{
	return add_message(fcinfo, MESSAGE, lr_note(LR_ARG_CSTRING(1)), NULL, NULL, NULL);
}

/* lr_request_info(return_id, body): a question to the buyer, who owes an answer then */
Datum
lr_request_info(PG_FUNCTION_ARGS)
{
	lr_require_staff("ask the buyer");
	return add_message(fcinfo, QUESTION, lr_note(LR_ARG_CSTRING(1)), NULL, NULL, NULL);
}

/* lr_attach_evidence(return_id, uri, media_type, sha256): a reference, not the bytes */
Datum
lr_attach_evidence(PG_FUNCTION_ARGS)
{
	const char *uri = lr_note(LR_ARG_CSTRING(1));

	if (uri == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("uri is empty"),
						errhint("Give the address of the file.")));
	return add_message(fcinfo, EVIDENCE, NULL, uri, lr_note(LR_ARG_CSTRING(2)),
					   given_digest(lr_note(LR_ARG_CSTRING(3))));
}

/* Hexadecimal digits of either case, kept in lower case. */
static char *
given_digest(const char *digest)
{
	char *lower;

	if (digest == NULL)
		return NULL;
	lower = asc_tolower(digest, strlen(digest));
	if (strlen(lower) != SHA256_DIGITS || strspn(lower, "0123456789abcdef") != SHA256_DIGITS)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid sha256"),
						errdetail("sha256 has %d characters.", (int) pg_mbstrlen(digest)),
						errhint("Give the 64 hexadecimal digits that sha256sum prints.")));
	return lower;
}

static Datum
add_message(FunctionCallInfo fcinfo, MessageKind kind, const char *body, const char *uri,
			const char *media_type, const char *sha256)
{
	LrCase *c = lr_begin_command(lr_require_staff_or_buyer("write about a return"));
	Datum values[MESSAGE_NCOLUMNS];
	bool nulls[MESSAGE_NCOLUMNS] = {false};
	TupleDesc desc;
	bool changed;

	lr_case_open(c, LR_ARG_ID(0));
	if (c->request.status != LR_OPEN && c->request.status != LR_DECLINED)
		LR_RAISE(LR_ILLEGAL_TRANSITION,
				 "Return " INT64_FORMAT " is %s; messages belong to open and declined ones.",
				 c->request.return_id, lr_status_name(c->request.status));
	if (kind != EVIDENCE && body == NULL)
		LR_RAISE(LR_NOTE_REQUIRED, "The body is empty.");

	values[MESSAGE_ID] = Int64GetDatum(lr_store_next_id(LR_MESSAGE_SEQ));
	values[MESSAGE_RETURN_ID] = Int64GetDatum(c->request.return_id);
	values[MESSAGE_KIND] = CStringGetTextDatum(kind_names[kind]);
	values[MESSAGE_AT] = TimestampTzGetDatum(c->now);
	values[MESSAGE_AUTHOR] = CStringGetTextDatum(c->role);
	values[MESSAGE_PARTY_KIND] = CStringGetTextDatum(lr_party_kind_name(c->party.kind));
	values[MESSAGE_PARTY_ID] = Int64GetDatum(c->party.party.id);
	nulls[MESSAGE_PARTY_ID] = !c->party.party.given;
	values[MESSAGE_BODY] = lr_text_datum(body);
	nulls[MESSAGE_BODY] = body == NULL;
	values[MESSAGE_URI] = lr_text_datum(uri);
	nulls[MESSAGE_URI] = uri == NULL;
	values[MESSAGE_MEDIA_TYPE] = lr_text_datum(media_type);
	nulls[MESSAGE_MEDIA_TYPE] = media_type == NULL;
	values[MESSAGE_SHA256] = lr_text_datum(sha256);
	nulls[MESSAGE_SHA256] = sha256 == NULL;
	lr_store_insert(c->store, LR_MESSAGE, values, nulls);
	changed = pass_the_ball(c, kind);
	changed |= lr_outbox_said(c, kind == QUESTION, kind == EVIDENCE ? uri : body);
	if (changed)
		lr_request_write(c);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "a message must be a row");
	lr_case_end(c);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/*
 * A question stops the rules and waits for the buyer; whatever the buyer then sends brings the
 * request back to a person. True when that changes the request.
 */
static bool
pass_the_ball(LrCase *c, MessageKind kind)
{
	LrRequest *r = &c->request;
	bool awaited = DatumGetBool(r->values[REQUEST_AWAITS_BUYER]);
	bool awaits = kind == QUESTION || (awaited && c->party.kind != LR_BUYER_PARTY);

	if (r->status != LR_OPEN || awaits == awaited)
		return false;
	lr_request_set(r, REQUEST_AWAITS_BUYER, BoolGetDatum(awaits));
	lr_request_clear(r, REQUEST_AUTO_ACCEPT_AT);
	return true;
}

/* lr_assign(return_id, assignee); null takes the assignment away */
Datum
lr_assign(PG_FUNCTION_ARGS)
{
	LrCase *c;
	Datum row;

	lr_require_staff("assign a return");
	c = lr_begin_command(lr_session_party());
	lr_case_open(c, LR_ARG_ID(0));
	lr_change_assignee(c, lr_note(LR_ARG_CSTRING(1)));
	row = lr_returns_row(c);
	lr_case_end(c);
	return row;
}

/* Not a move of the return's life, so the history does not tell of it. */
void
lr_change_assignee(LrCase *c, const char *assignee)
{
	lr_request_set_text(&c->request, REQUEST_ASSIGNEE, assignee);
	lr_request_write(c);
}

/* The history keeps the former note. */
void
lr_change_decision_note(LrCase *c, const char *note)
{
	LrStatus status = c->request.status;

	if (status == LR_OPEN)
		LR_RAISE(LR_ILLEGAL_TRANSITION, "Return " INT64_FORMAT " is open: nothing is decided.",
				 c->request.return_id);
	lr_request_set_text(&c->request, REQUEST_DECISION_NOTE, note);
	lr_request_write(c);
	lr_history_append(c, false, status, status, note);
}

/* The reason that a text means, or the error that names the nearest one. */
static const LrReason *
known_reason(LrStore *store, const char *given)
{
	const LrReason *reason = lr_reason_match(store, given);
	const char *nearest;

	if (reason != NULL)
		return reason;
	nearest = lr_reason_nearest(store, given);
	lr_raise(LR_REASON_UNKNOWN, psprintf("\"%s\" matches no reason.", lr_reason_text(given)),
			 nearest == NULL ? NULL : psprintf("Did you mean \"%s\"?", nearest));
}

/*
 * lr_correct_reason(return_id, reason, note)
 *		Reports follow the new reason, the text as given stays, the history names both, and no money
 *		moves.
 */
Datum
lr_correct_reason(PG_FUNCTION_ARGS)
{
	const char *given = LR_ARG_CSTRING(1);
	const char *note = lr_note(LR_ARG_CSTRING(2));
	const LrReason *reason;
	LrCase *c;
	Datum row;

	lr_require_staff("correct a reason");
	c = lr_begin_command(lr_session_party());
	lr_case_open(c, LR_ARG_ID(0));
	if (given == NULL || lr_reason_text(given) == NULL)
		LR_RAISE(LR_REASON_REQUIRED, "No reason was given for return " INT64_FORMAT ".",
				 c->request.return_id);
	reason = known_reason(c->store, given);
	if (!reason->active)
		LR_RAISE(LR_REASON_RETIRED, "Reason \"%s\" is retired.", reason->code);
	if (reason->requires_note && note == NULL && c->request.nulls[REQUEST_NOTE])
		LR_RAISE(LR_NOTE_REQUIRED, "Reason \"%s\" needs a note.", reason->code);
	lr_change_reason(c, reason->code, note);
	row = lr_returns_row(c);
	lr_case_end(c);
	return row;
}

void
lr_change_reason(LrCase *c, const char *code, const char *note)
{
	LrRequest *r = &c->request;
	char *former = TextDatumGetCString(r->values[REQUEST_REASON]);
	char *told = psprintf("reason %s -> %s%s%s", former, code, note == NULL ? "" : ": ",
						  note == NULL ? "" : note);

	if (strcmp(former, code) == 0)
		return;
	lr_request_set_text(r, REQUEST_REASON, code);
	lr_request_write(c);
	lr_history_append(c, false, r->status, r->status, told);
}
