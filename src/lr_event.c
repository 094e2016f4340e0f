/*
 * lr_event.c
 *		The kinds of events and the facts of a return, with who may learn which: the one place that
 *		keeps the buyer's price from suppliers and the supplier from buyers. Templates and payloads
 *		are made of these facts alone; how to reach a person is not among them.
 */
#include "postgres.h"

#include "lr_event.h"

#include "catalog/pg_type.h"
#include "lr_row.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#define SELLER (1 << LR_TO_SELLER)
#define BUYER (1 << LR_TO_BUYER)
#define SUPPLIER (1 << LR_TO_SUPPLIER)
#define ALL (SELLER | BUYER | SUPPLIER)

typedef struct EventKind
{
	const char *name;
	int told_to;
} EventKind;

static const EventKind kinds[] = {
	{"return_requested", SELLER},
	{"return_withdrawn", SELLER},
	{"return_accepted", BUYER},
	{"return_declined", BUYER},
	{"return_reopened", BUYER},
	{"return_rolled_back", BUYER | SUPPLIER},
	{"info_requested", BUYER},
	{"message_received", SELLER | BUYER},
	{"decision_disputed", SELLER},
	{"lead_returned", SUPPLIER},
};

StaticAssertDecl(lengthof(kinds) == LR_NEVENTS, "every kind has its name");

static const char *const recipient_names[] = {"seller", "buyer", "supplier"};

StaticAssertDecl(lengthof(recipient_names) == LR_NRECIPIENTS, "every recipient has its name");

typedef enum FactType
{
	WORDS,
	WHOLE,
	MONEY,
	INSTANT
} FactType;

/* Where a fact is found: by its column in a row, or in the event (EventColumn). */
typedef enum FactSource
{
	OF_EVENT,
	OF_REQUEST,
	OF_DELIVERY,
	OF_ACCOUNT,
	OF_BUYER,
	OF_SUPPLIER
} FactSource;

enum EventColumn
{
	EVENT_ID,
	EVENT_SEQUENCE,
	EVENT_KIND,
	EVENT_RECIPIENT_KIND,
	EVENT_RECIPIENT,
	EVENT_OCCURRED_AT,
	EVENT_RETURN_ID,
	EVENT_STATUS,
	EVENT_REVIEW,
	EVENT_REASON_LABEL,
	EVENT_CREDIT,
	EVENT_CLAWBACK,
	EVENT_MESSAGE
};

typedef struct Fact
{
	const char *name;
	int told_to;
	FactType type;
	FactSource source;
	int column;
} Fact;

static const Fact facts[] = {
	{"event_id", ALL, WHOLE, OF_EVENT, EVENT_ID},
	{"sequence", ALL, WHOLE, OF_EVENT, EVENT_SEQUENCE},
	{"kind", ALL, WORDS, OF_EVENT, EVENT_KIND},
	{"recipient_kind", ALL, WORDS, OF_EVENT, EVENT_RECIPIENT_KIND},
	{"recipient", ALL, WORDS, OF_EVENT, EVENT_RECIPIENT},
	{"occurred_at", ALL, INSTANT, OF_EVENT, EVENT_OCCURRED_AT},
	{"return_id", ALL, WHOLE, OF_EVENT, EVENT_RETURN_ID},
	{"lead_id", ALL, WHOLE, OF_DELIVERY, DELIVERY_LEAD_ID},
	{"external_id", ALL, WORDS, OF_DELIVERY, DELIVERY_EXTERNAL_ID},
	{"status", ALL, WORDS, OF_EVENT, EVENT_STATUS},
	{"reason", ALL, WORDS, OF_REQUEST, REQUEST_REASON},
	{"reason_label", ALL, WORDS, OF_EVENT, EVENT_REASON_LABEL},
	{"currency", ALL, WORDS, OF_DELIVERY, DELIVERY_CURRENCY},
	{"account_id", SELLER | BUYER, WHOLE, OF_REQUEST, REQUEST_ACCOUNT_ID},
	{"account", SELLER | BUYER, WORDS, OF_ACCOUNT, ACCOUNT_NAME},
	{"price", SELLER | BUYER, MONEY, OF_REQUEST, REQUEST_PRICE},
	{"credit", SELLER | BUYER, MONEY, OF_EVENT, EVENT_CREDIT},
	{"remedy", SELLER | BUYER, WORDS, OF_REQUEST, REQUEST_REMEDY},
	{"decision_note", SELLER | BUYER, WORDS, OF_REQUEST, REQUEST_DECISION_NOTE},
	{"message", SELLER | BUYER, WORDS, OF_EVENT, EVENT_MESSAGE},
	{"buyer_id", SELLER, WHOLE, OF_ACCOUNT, ACCOUNT_BUYER_ID},
	{"buyer", SELLER, WORDS, OF_BUYER, BUYER_NAME},
	{"assignee", SELLER, WORDS, OF_REQUEST, REQUEST_ASSIGNEE},
	{"note", SELLER, WORDS, OF_REQUEST, REQUEST_NOTE},
	{"reason_text", SELLER, WORDS, OF_REQUEST, REQUEST_REASON_TEXT},
	{"review", SELLER, WORDS, OF_EVENT, EVENT_REVIEW},
	{"supplier_id", SELLER | SUPPLIER, WHOLE, OF_DELIVERY, DELIVERY_SUPPLIER_ID},
	{"supplier", SELLER | SUPPLIER, WORDS, OF_SUPPLIER, SUPPLIER_NAME},
	{"cost", SELLER | SUPPLIER, MONEY, OF_REQUEST, REQUEST_COST},
	{"clawback", SELLER | SUPPLIER, MONEY, OF_EVENT, EVENT_CLAWBACK},
};

static bool fact_value(const LrEvent *event, const Fact *fact, Datum *value);
static bool event_value(const LrEvent *event, int column, Datum *value);
static bool text_value(const char *text, Datum *value);
static LrMoney moved(LrStatus status, LrMoney before, LrMoney after);
static void push_fact(JsonbParseState **state, const Fact *fact, bool given, Datum value);

const char *
lr_event_name(LrEventKind kind)
{
	return kinds[kind].name;
}

const char *
lr_recipient_name(LrRecipient to)
{
	return recipient_names[to];
}

LrEventKind
lr_event_find(const char *name)
{
	int kind = 0;

	while (kind < LR_NEVENTS && strcmp(kinds[kind].name, name) != 0)
		kind++;
	return kind;
}

LrRecipient
lr_recipient_find(const char *name)
{
	int to = 0;

	while (to < LR_NRECIPIENTS && strcmp(recipient_names[to], name) != 0)
		to++;
	return to;
}

bool
lr_event_is_told(LrEventKind kind, LrRecipient to)
{
	return (kinds[kind].told_to & (1 << to)) != 0;
}

int
lr_fact_find(const char *name, int length, LrRecipient to)
{
	for (int i = 0; i < (int) lengthof(facts); i++)
	{
		if ((facts[i].told_to & (1 << to)) != 0 && strlen(facts[i].name) == (size_t) length &&
			memcmp(facts[i].name, name, length) == 0)
			return i;
	}
	return -1;
}

char *
lr_fact_names(LrRecipient to)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < (int) lengthof(facts); i++)
	{
		if ((facts[i].told_to & (1 << to)) != 0)
			appendStringInfo(&names, "%s%s", names.len == 0 ? "" : ", ", facts[i].name);
	}
	return names.data;
}

char *
lr_fact_text(const LrEvent *event, int fact)
{
	Datum value;

	if (!fact_value(event, &facts[fact], &value))
		return NULL;
	switch (facts[fact].type)
	{
		case WHOLE:
			return psprintf(INT64_FORMAT, DatumGetInt64(value));
		case MONEY:
			return DatumGetCString(DirectFunctionCall1(numeric_out, value));
		case INSTANT:
			return lr_instant_text(DatumGetTimestampTz(value));
		default:
			return TextDatumGetCString(value);
	}
}

/* Every fact has its key, so that whoever reads payloads meets one shape for each recipient. */
Datum
lr_event_payload(const LrEvent *event)
{
	JsonbParseState *state = NULL;
	JsonbValue *object;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < (int) lengthof(facts); i++)
	{
		Datum value = (Datum) 0;
		bool given;

		if ((facts[i].told_to & (1 << event->to)) == 0)
			continue;
		given = fact_value(event, &facts[i], &value);
		push_fact(&state, &facts[i], given, value);
	}
	object = pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	return JsonbPGetDatum(JsonbValueToJsonb(object));
}

static void
push_fact(JsonbParseState **state, const Fact *fact, bool given, Datum value)
{
	JsonbValue key = {jbvString};
	JsonbValue told = {jbvNull};
	int utc = 0;

	key.val.string.val = unconstify(char *, fact->name);
	key.val.string.len = strlen(fact->name);
	if (given && (fact->type == WHOLE || fact->type == MONEY))
	{
		told.type = jbvNumeric;
		told.val.numeric = fact->type == MONEY ? DatumGetNumeric(value)
											   : int64_to_numeric(DatumGetInt64(value));
	}
	else if (given)
	{
		told.type = jbvString;
		told.val.string.val = fact->type == INSTANT
								  ? JsonEncodeDateTime(palloc(MAXDATELEN + 1), value,
													   TIMESTAMPTZOID, &utc)
								  : TextDatumGetCString(value);
		told.val.string.len = strlen(told.val.string.val);
	}
	pushJsonbValue(state, WJB_KEY, &key);
	pushJsonbValue(state, WJB_VALUE, &told);
}

/* False when the return has no such fact. */
static bool
fact_value(const LrEvent *event, const Fact *fact, Datum *value)
{
	const LrCase *c = event->c;
	const LrRow *row;

	switch (fact->source)
	{
		case OF_EVENT:
			return event_value(event, fact->column, value);
		case OF_REQUEST:
			*value = c->request.values[fact->column];
			return !c->request.nulls[fact->column];
		case OF_DELIVERY:
			row = &c->delivery->row;
			break;
		case OF_ACCOUNT:
			row = &c->account->row;
			break;
		case OF_BUYER:
			row = &event->buyer;
			break;
		default:
			row = &event->supplier;
	}
	if (row->values == NULL || row->nulls[fact->column])
		return false;
	*value = row->values[fact->column];
	return true;
}

/* What is not a column as it stands: the request is written after its events. */
static bool
event_value(const LrEvent *event, int column, Datum *value)
{
	const LrRequest *r = &event->c->request;
	const LrReason *reason;

	switch (column)
	{
		case EVENT_ID:
			*value = Int64GetDatum(event->id);
			return true;
		case EVENT_SEQUENCE:
			*value = Int64GetDatum(event->sequence);
			return true;
		case EVENT_KIND:
			return text_value(lr_event_name(event->kind), value);
		case EVENT_RECIPIENT_KIND:
			return text_value(lr_recipient_name(event->to), value);
		case EVENT_RECIPIENT:
			return text_value(event->recipient, value);
		case EVENT_OCCURRED_AT:
			*value = TimestampTzGetDatum(event->c->now);
			return true;
		case EVENT_RETURN_ID:
			*value = Int64GetDatum(r->return_id);
			return true;
		case EVENT_STATUS:
			return text_value(lr_status_name(r->status), value);
		case EVENT_REVIEW:
			return text_value(lr_request_review(r), value);
		case EVENT_REASON_LABEL:
			reason = lr_reason_by_code(event->c->store,
									   TextDatumGetCString(r->values[REQUEST_REASON]));
			return text_value(reason == NULL ? NULL : reason->label, value);
		case EVENT_CREDIT:
			*value = lr_money_datum(moved(r->status, r->was.credit, r->credit));
			return true;
		case EVENT_CLAWBACK:
			*value = lr_money_datum(moved(r->status, r->was.clawback, r->clawback));
			return true;
		default:
			return text_value(event->message, value);
	}
}

/* A rollback tells what it took back. */
static LrMoney
moved(LrStatus status, LrMoney before, LrMoney after)
{
	return status == LR_ROLLED_BACK ? before : after;
}

static bool
text_value(const char *text, Datum *value)
{
	if (text != NULL)
		*value = CStringGetTextDatum(text);
	return text != NULL;
}
