/*
 * lr_outbox.c
 *		Who is told what, written as rows of table notification; workers take them from there (the
 *		functions for them are SQL, in 62_outbox.sql).
 *
 * A notification is a row of the transaction that it tells of: without the one there is not the
 * other. Its number within the return comes from the request, whose delivery is locked, so the
 * numbers of one return have no gaps and rise in the order of its events.
 */
#include "postgres.h"

#include "lr_outbox.h"

#include "access/stratnum.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/async.h"
#include "lr_deliver.h"
#include "lr_session.h"
#include "lr_template.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(lr_release_notifications);
PG_FUNCTION_INFO_V1(lr_require_worker);
PG_FUNCTION_INFO_V1(lr_sees_outbox);

#define CHANNEL "leadreturns"

typedef enum NotifySetting
{
	NOTIFY_OFF,
	NOTIFY_WAKEUP
} NotifySetting;

static const struct config_enum_entry notify_options[] = {
	{"off", NOTIFY_OFF, false}, {"wakeup", NOTIFY_WAKEUP, false}, {NULL, 0, false}};

static int notify_setting = NOTIFY_OFF;
static int notify_attempts = 10;
static int notify_backoff = 30;

/* Whether this transaction has looked if the outbox was empty. */
static bool looked = false;

/* What one change tells of. */
typedef struct Telling
{
	LrCase *c;
	LrTerms today;
	LrNotify asked;
	const char *message;
} Telling;

static void begin_telling(Telling *t, LrCase *c, LrNotify asked, const char *message);
static void tell(Telling *t, LrEventKind kind, LrRecipient to);
static bool is_wanted(const Telling *t, LrRecipient to);
static void read_parties(LrEvent *event);
static void write_event(LrEvent *event, const LrTerms *today);
static const char *address_of(const LrEvent *event, const LrTerms *today);
static const char *language_of(const LrEvent *event, const LrTerms *today);
static const char *name_of(const LrEvent *event);
static const char *account_text(const LrEvent *event, int account_column, int buyer_column);
static const char *column_text(const LrRow *row, int column);
static void set_text(Datum *values, bool *nulls, int column, const char *text);
static void wake_once(LrStore *store);
static bool any_due(LrStore *store, TimestampTz until);
static void release_row(LrStore *store, LrRow *row, TimestampTz now);
static void forget_look(XactEvent event, void *arg);
static void forget_sublook(SubXactEvent event, SubTransactionId mine, SubTransactionId parent,
						   void *arg);

void
lr_outbox_init(void)
{
	/* How many settings there are already: a load that failed half way is repeated. */
	static int made = 0;

	if (made == 0)
	{
		DefineCustomEnumVariable("leadreturns.notify",
								 "Whether NOTIFY wakes the workers that send notifications.",
								 "NOTIFY serialises commits, so it is off by default.",
								 &notify_setting, NOTIFY_OFF, notify_options, PGC_USERSET, 0,
								 NULL, NULL, NULL);
		made++;
	}
	if (made == 1)
	{
		DefineCustomIntVariable("leadreturns.notify_attempts",
								"How many times a notification is tried before it is given up.",
								NULL, &notify_attempts, notify_attempts, 1, 1000, PGC_SUSET, 0,
								NULL, NULL, NULL);
		made++;
	}
	if (made == 2)
	{
		DefineCustomIntVariable("leadreturns.notify_backoff",
								"How long a notification rests after its first failed attempt.",
								"Twice as long after each further one, up to 6 hours.",
								&notify_backoff, notify_backoff, 1, SECS_PER_HOUR * 6, PGC_SUSET,
								GUC_UNIT_S, NULL, NULL, NULL);
		made++;
	}
	RegisterXactCallback(forget_look, NULL);
	RegisterSubXactCallback(forget_sublook, NULL);
}

void
lr_outbox_requested(LrCase *c)
{
	Telling t;

	begin_telling(&t, c, LR_NOTIFY_BY_TERMS, NULL);
	tell(&t, LR_RETURN_REQUESTED, LR_TO_SELLER);
}

/* Suppliers hear of acceptance and its undoing alone. */
void
lr_outbox_moved(LrCase *c, LrNotify asked, const char *note)
{
	Telling t;

	/* a decision's note is in the request, but for that of reopening */
	begin_telling(&t, c, asked, c->request.status == LR_OPEN ? note : NULL);
	switch (c->request.status)
	{
		case LR_OPEN:
			tell(&t, LR_RETURN_REOPENED, LR_TO_BUYER);
			break;
		case LR_ACCEPTED:
			tell(&t, LR_RETURN_ACCEPTED, LR_TO_BUYER);
			tell(&t, LR_LEAD_RETURNED, LR_TO_SUPPLIER);
			break;
		case LR_DECLINED:
			tell(&t, LR_RETURN_DECLINED, LR_TO_BUYER);
			break;
		case LR_WITHDRAWN:
			tell(&t, LR_RETURN_WITHDRAWN, LR_TO_SELLER);
			break;
		default:
			tell(&t, LR_RETURN_ROLLED_BACK, LR_TO_BUYER);
			tell(&t, LR_RETURN_ROLLED_BACK, LR_TO_SUPPLIER);
	}
}

bool
lr_outbox_said(LrCase *c, bool question, const char *said)
{
	int32 count = DatumGetInt32(c->request.values[REQUEST_EVENT_COUNT]);
	Telling t;

	begin_telling(&t, c, LR_NOTIFY_BY_TERMS, said);
	if (c->party.kind != LR_BUYER_PARTY)
		tell(&t, question ? LR_INFO_REQUESTED : LR_MESSAGE_RECEIVED, LR_TO_BUYER);
	else
		tell(&t, c->request.status == LR_DECLINED ? LR_DECISION_DISPUTED : LR_MESSAGE_RECEIVED,
			 LR_TO_SELLER);
	return DatumGetInt32(c->request.values[REQUEST_EVENT_COUNT]) > count;
}

static void
begin_telling(Telling *t, LrCase *c, LrNotify asked, const char *message)
{
	t->c = c;
	t->asked = asked;
	t->message = message;
	lr_case_today(c, &t->today);
}

static void
tell(Telling *t, LrEventKind kind, LrRecipient to)
{
	LrRequest *r = &t->c->request;
	LrEvent event = {t->c, kind, to};

	if (!is_wanted(t, to) || (to == LR_TO_SUPPLIER && !t->c->delivery->supplier.given))
		return;
	event.id = lr_store_next_id(LR_NOTIFICATION_SEQ);
	event.sequence = DatumGetInt32(r->values[REQUEST_EVENT_COUNT]) + 1;
	event.message = t->message;
	read_parties(&event);
	event.recipient = name_of(&event);
	lr_request_set(r, REQUEST_EVENT_COUNT, Int32GetDatum(event.sequence));
	write_event(&event, &t->today);
	wake_once(t->c->store);
}

static bool
is_wanted(const Telling *t, LrRecipient to)
{
	if (to == LR_TO_SELLER)
		return t->today.notify_seller;
	if (t->asked != LR_NOTIFY_BY_TERMS)
		return t->asked == LR_NOTIFY_ALWAYS;
	return to == LR_TO_BUYER ? t->today.notify_buyer : t->today.notify_supplier;
}

/* Those that the recipient may hear of. */
static void
read_parties(LrEvent *event)
{
	LrCase *c = event->c;
	LrId supplier = c->delivery->supplier;

	if (event->to != LR_TO_SUPPLIER &&
		!lr_store_get_id(c->store, LR_BUYER, LR_BUYER_PKEY, c->account->buyer_id, &event->buyer))
		event->buyer.values = NULL;
	if (event->to != LR_TO_BUYER && supplier.given &&
		!lr_store_get_id(c->store, LR_SUPPLIER, LR_SUPPLIER_PKEY, supplier.id, &event->supplier))
		event->supplier.values = NULL;
}

static void
write_event(LrEvent *event, const LrTerms *today)
{
	LrCase *c = event->c;
	LrTexts texts = lr_template_texts(event, language_of(event, today));
	Datum values[NOTIFICATION_NCOLUMNS];
	bool nulls[NOTIFICATION_NCOLUMNS] = {false};

	values[NOTIFICATION_ID] = Int64GetDatum(event->id);
	values[NOTIFICATION_RETURN_ID] = Int64GetDatum(c->request.return_id);
	values[NOTIFICATION_ACCOUNT_ID] = Int64GetDatum(c->account->account_id);
	lr_set_id(values, nulls, NOTIFICATION_SUPPLIER_ID, c->delivery->supplier);
	values[NOTIFICATION_SEQUENCE] = Int32GetDatum(event->sequence);
	set_text(values, nulls, NOTIFICATION_KIND, lr_event_name(event->kind));
	set_text(values, nulls, NOTIFICATION_RECIPIENT_KIND, lr_recipient_name(event->to));
	set_text(values, nulls, NOTIFICATION_RECIPIENT, lr_one_line(event->recipient));
	set_text(values, nulls, NOTIFICATION_ADDRESS, lr_one_line(address_of(event, today)));
	set_text(values, nulls, NOTIFICATION_SENDER, lr_one_line(today->sender_address));
	set_text(values, nulls, NOTIFICATION_LANGUAGE, texts.language);
	set_text(values, nulls, NOTIFICATION_SUBJECT, texts.subject);
	set_text(values, nulls, NOTIFICATION_BODY, texts.body);
	values[NOTIFICATION_PAYLOAD] = lr_event_payload(event);
	values[NOTIFICATION_CREATED_AT] = TimestampTzGetDatum(c->now);
	set_text(values, nulls, NOTIFICATION_STATUS, "pending");
	values[NOTIFICATION_ATTEMPTS] = Int32GetDatum(0);
	values[NOTIFICATION_DUE_AT] = TimestampTzGetDatum(c->now);
	for (int column = NOTIFICATION_CLAIMED_BY; column < NOTIFICATION_NCOLUMNS; column++)
		set_text(values, nulls, column, NULL);
	lr_store_insert(c->store, LR_NOTIFICATION, values, nulls);
}

static void
set_text(Datum *values, bool *nulls, int column, const char *text)
{
	nulls[column] = text == NULL;
	values[column] = text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

/* NULL: there is no such row, or it says nothing. */
static const char *
column_text(const LrRow *row, int column)
{
	if (row->values == NULL || row->nulls[column])
		return NULL;
	return lr_one_line(TextDatumGetCString(row->values[column]));
}

/* The account's own comes before the buyer's. */
static const char *
account_text(const LrEvent *event, int account_column, int buyer_column)
{
	const char *own = column_text(&event->c->account->row, account_column);

	return own != NULL ? own : column_text(&event->buyer, buyer_column);
}

static const char *
address_of(const LrEvent *event, const LrTerms *today)
{
	if (event->to == LR_TO_BUYER)
		return account_text(event, ACCOUNT_EMAIL, BUYER_EMAIL);
	if (event->to == LR_TO_SUPPLIER)
		return column_text(&event->supplier, SUPPLIER_EMAIL);
	if (event->recipient != NULL && strchr(event->recipient, '@') != NULL)
		return event->recipient;
	return today->seller_address;
}

static const char *
language_of(const LrEvent *event, const LrTerms *today)
{
	const char *own = NULL;

	if (event->to == LR_TO_BUYER)
		own = account_text(event, ACCOUNT_LANGUAGE, BUYER_LANGUAGE);
	else if (event->to == LR_TO_SUPPLIER)
		own = column_text(&event->supplier, SUPPLIER_LANGUAGE);
	return own != NULL ? own : today->language;
}

/* Of the seller, whoever the task is assigned to. */
static const char *
name_of(const LrEvent *event)
{
	const LrRequest *r = &event->c->request;

	if (event->to == LR_TO_SUPPLIER)
		return column_text(&event->supplier, SUPPLIER_NAME);
	if (event->to == LR_TO_BUYER)
		return column_text(&event->buyer, BUYER_NAME);
	return r->nulls[REQUEST_ASSIGNEE] ? NULL : TextDatumGetCString(r->values[REQUEST_ASSIGNEE]);
}

/*
 * NOTIFY makes commits wait for each other, so it is sent only when there was nothing to do: a
 * worker that has something to do looks again by itself.
 */
static void
wake_once(LrStore *store)
{
	if (notify_setting == NOTIFY_OFF || looked)
		return;
	looked = true;
	if (!any_due(store, DT_NOEND))
		Async_Notify(CHANNEL, "");
}

static bool
any_due(LrStore *store, TimestampTz until)
{
	LrKey key = {1, BTLessEqualStrategyNumber, TIMESTAMPTZOID, TimestampTzGetDatum(until)};
	LrRow row;

	return lr_store_get(store, LR_NOTIFICATION, LR_NOTIFICATION_DUE_IDX, &key, 1, &row);
}

void
lr_outbox_wake_due(void)
{
	LrStore *store;

	if (notify_setting == NOTIFY_OFF)
		return;
	store = lr_open_for_command();
	if (any_due(store, lr_clock()))
		Async_Notify(CHANNEL, "");
	lr_store_close(store);
}

/* What another session holds is being settled. */
int64
lr_outbox_release(int64 max_rows)
{
	TimestampTz now = lr_clock();
	LrKey key = {1, BTLessEqualStrategyNumber, TIMESTAMPTZOID, TimestampTzGetDatum(now)};
	LrStore *store = lr_open_for_command();
	LrScan *scan = lr_store_scan(store, LR_NOTIFICATION, LR_NOTIFICATION_LEASE_IDX, &key, 1);
	int64 released = 0;
	LrRow row;

	while (released < max_rows && lr_store_next(scan, &row))
	{
		int64 id = DatumGetInt64(row.values[NOTIFICATION_ID]);
		LrRow held;

		CHECK_FOR_INTERRUPTS();
		if (!lr_store_try_lock(store, LR_NOTIFICATION, LR_NOTIFICATION_PKEY, id,
							   LockTupleNoKeyExclusive, &held) ||
			strcmp(TextDatumGetCString(held.values[NOTIFICATION_STATUS]), "claimed") != 0 ||
			DatumGetTimestampTz(held.values[NOTIFICATION_DUE_AT]) > now)
			continue;
		release_row(store, &held, now);
		released++;
	}
	lr_store_end_scan(scan);
	lr_store_close(store);
	return released;
}

/* A lease that runs out is an attempt like another: after the last one it is given up. */
static void
release_row(LrStore *store, LrRow *row, TimestampTz now)
{
	Datum values[NOTIFICATION_NCOLUMNS];
	bool nulls[NOTIFICATION_NCOLUMNS];

	memcpy(values, row->values, sizeof(values));
	memcpy(nulls, row->nulls, sizeof(nulls));
	if (DatumGetInt32(values[NOTIFICATION_ATTEMPTS]) < notify_attempts)
		set_text(values, nulls, NOTIFICATION_STATUS, "pending");
	else
	{
		set_text(values, nulls, NOTIFICATION_STATUS, "dead");
		set_text(values, nulls, NOTIFICATION_DUE_AT, NULL);
		values[NOTIFICATION_SETTLED_AT] = TimestampTzGetDatum(now);
		nulls[NOTIFICATION_SETTLED_AT] = false;
		set_text(values, nulls, NOTIFICATION_LAST_ERROR, "the lease of the last attempt ran out");
	}
	lr_store_update(store, LR_NOTIFICATION, row, values, nulls);
}

/* release_notifications(max_rows): for lr_claim_notifications */
Datum
lr_release_notifications(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(lr_outbox_release(PG_GETARG_INT64(0)));
}

/* require_worker(what): whoever may drain the outbox */
Datum
lr_require_worker(PG_FUNCTION_ARGS)
{
	if (lr_session_party().kind != LR_APP)
		lr_require_staff(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	PG_RETURN_VOID();
}

/* sees_outbox(): whoever reads all of it */
Datum
lr_sees_outbox(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(lr_session_party().kind == LR_STAFF);
}

static void
forget_look(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		looked = false;
}

/* With its rows goes the NOTIFY that it sent. */
static void
forget_sublook(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		looked = false;
}
