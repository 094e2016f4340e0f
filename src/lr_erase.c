/*
 * lr_erase.c
 *		Taking a lead's personal data out of the records: contact data and whatever people have
 *		written. Ids, states, amounts and days stay, so no total and no proof changes.
 *
 * Whoever runs a file locks it before the deliveries of its lines. So files come first here too,
 * then deliveries, then accounts; notifications are last, because workers lock nothing else.
 */
#include "postgres.h"

#include "lr_erase.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "lr_deliver.h"
#include "lr_lookup.h"
#include "lr_pause.h"
#include "lr_request.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(lr_erase_lead);

#define ERASED_TEXT "[erased]"
#define ERASED_NOTE "erased"

/* Blanks what is personal in a row; whether anything was. */
typedef bool (*Wipe)(Datum *values, bool *nulls);

static void read_lead(LrStore *store, int64 lead_id, LrLead *lead);
static void add_key(LrLead *lead, LrKeyKind kind, const LrRow *row, int column);
static List *lock_files(LrStore *store, List *import_ids);
static void lock_notifications(LrStore *store, const LrLead *lead);
static List *returns_of(LrStore *store, int64 delivery_id);
static bool erase_contact(LrCase *c, int64 delivery_id);
static bool erase_return(LrCase *c, int64 return_id, LrFound *found);
static bool erase_request(LrCase *c);
static bool erase_texts(LrStore *store, int64 return_id);
static bool blank(Datum *values, bool *nulls, int column);
static bool replace(Datum *values, bool *nulls, int column, const char *by);
static bool wipe_history(Datum *values, bool *nulls);
static bool wipe_message(Datum *values, bool *nulls);
static bool wipe_notification(Datum *values, bool *nulls);
static bool reduce_payload(Datum *payload);
static bool is_kept(const JsonbValue *key);
static void write_erasure(LrCase *c, int64 lead_id, int deliveries, int returns);

/* Where people's words about a return are. */
static const struct
{
	LrRelation table;
	LrRelation by_return;
	int ncolumns;
	Wipe wipe;
} texts[] = {
	{LR_HISTORY, LR_HISTORY_RETURN_IDX, HISTORY_NCOLUMNS, wipe_history},
	{LR_ARCHIVED_HISTORY, LR_ARCHIVED_HISTORY_RETURN_IDX, HISTORY_NCOLUMNS, wipe_history},
	{LR_MESSAGE, LR_MESSAGE_RETURN_IDX, MESSAGE_NCOLUMNS, wipe_message},
	{LR_ARCHIVED_MESSAGE, LR_ARCHIVED_MESSAGE_RETURN_IDX, MESSAGE_NCOLUMNS, wipe_message},
	{LR_NOTIFICATION, LR_NOTIFICATION_RETURN_KEY, NOTIFICATION_NCOLUMNS, wipe_notification},
	{LR_ARCHIVED_NOTIFICATION, LR_ARCHIVED_NOTIFICATION_RETURN_KEY, NOTIFICATION_NCOLUMNS,
	 wipe_notification},
};

/* lr_erase_lead(lead_id): how many deliveries the lead has */
Datum
lr_erase_lead(PG_FUNCTION_ARGS)
{
	LrId lead_id = LR_ARG_ID(0);
	int deliveries = 0;
	int returns = 0;
	bool lines = false;
	List *files;
	LrLead lead;
	LrCase *c;
	ListCell *lc;
	ListCell *inner;

	lr_require_staff("erase a lead");
	if (!lead_id.given)
		LR_RAISE(LR_LEAD_NOT_FOUND, "lead_id is null.");
	c = lr_begin_command(lr_session_party());
	read_lead(c->store, lead_id.id, &lead);
	if (lead.deliveries == NIL)
		LR_RAISE(LR_LEAD_NOT_FOUND, "Lead " INT64_FORMAT " was not delivered.", lead_id.id);
	files = lock_files(c->store, lr_files_of_lead(c->store, &lead));
	foreach (lc, lead.deliveries)
	{
		LrLeadDelivery *d = lfirst(lc);

		lr_held_want(c->held, d->delivery_id, d->account_id, NULL);
	}
	lr_case_lock(c);
	lock_notifications(c->store, &lead);
	LR_PAUSE("erase.locked");

	foreach (lc, files)
		lines |= lr_erase_lines(c->store, lfirst(lc), &lead);
	foreach (lc, lead.deliveries)
	{
		int64 delivery_id = ((LrLeadDelivery *) lfirst(lc))->delivery_id;
		bool contact = erase_contact(c, delivery_id);

		deliveries += contact;
		foreach (inner, returns_of(c->store, delivery_id))
		{
			LrFound found = {{{0}}, delivery_id};

			ItemPointerSetInvalid(&found.tid);
			if (!erase_return(c, *(int64 *) lfirst(inner), &found) && !contact)
				continue;
			lr_history_append(c, false, c->request.status, c->request.status, ERASED_NOTE);
			returns++;
		}
	}
	if (deliveries > 0 || returns > 0 || lines)
		write_erasure(c, lead_id.id, deliveries, returns);
	lr_case_end(c);
	LR_PAUSE("erase.written");
	PG_RETURN_INT64(list_length(lead.deliveries));
}

/* Everything that it was delivered as, deleted deliveries included. */
static void
read_lead(LrStore *store, int64 lead_id, LrLead *lead)
{
	LrKey key = lr_key_id(1, lead_id);
	LrScan *scan = lr_store_scan(store, LR_DELIVERY, LR_DELIVERY_LEAD_IDX, &key, 1);
	LrRow row;

	memset(lead, 0, sizeof(*lead));
	lead->lead_id = lead_id;
	while (lr_store_next(scan, &row))
	{
		LrLeadDelivery *d = palloc(sizeof(LrLeadDelivery));

		d->delivery_id = DatumGetInt64(row.values[DELIVERY_ID]);
		d->account_id = DatumGetInt64(row.values[DELIVERY_ACCOUNT_ID]);
		lead->deliveries = lappend(lead->deliveries, d);
		add_key(lead, LR_BY_EXTERNAL_ID, &row, DELIVERY_EXTERNAL_ID);
		add_key(lead, LR_BY_EMAIL, &row, DELIVERY_EMAIL);
		add_key(lead, LR_BY_PHONE, &row, DELIVERY_PHONE);
	}
	lr_store_end_scan(scan);
}

static void
add_key(LrLead *lead, LrKeyKind kind, const LrRow *row, int column)
{
	char *key;

	if (row->nulls[column])
		return;
	key = text_to_cstring(lr_matched_by(kind, DatumGetTextPP(row->values[column])));
	if (*key != '\0')
		lead->keys[kind] = lappend(lead->keys[kind], key);
}

static List *
lock_files(LrStore *store, List *import_ids)
{
	List *files = NIL;
	ListCell *lc;

	foreach (lc, import_ids)
	{
		LrRow *row = palloc(sizeof(LrRow));

		if (!lr_store_lock_id(store, LR_IMPORT, LR_IMPORT_PKEY, *(int64 *) lfirst(lc),
							  LockTupleNoKeyExclusive, row))
			continue;
		lr_store_keep(store, row);
		files = lappend(files, row);
	}
	return files;
}

/* Waits for the workers that are about to say what became of theirs; in the order of returns. */
static void
lock_notifications(LrStore *store, const LrLead *lead)
{
	ListCell *lc;
	ListCell *inner;

	foreach (lc, lead->deliveries)
	{
		foreach (inner, returns_of(store, ((LrLeadDelivery *) lfirst(lc))->delivery_id))
		{
			LrKey key = lr_key_id(1, *(int64 *) lfirst(inner));
			LrScan *scan = lr_store_scan(store, LR_NOTIFICATION, LR_NOTIFICATION_RETURN_KEY, &key,
										 1);
			LrRow row;

			while (lr_store_next(scan, &row))
				lr_store_lock_id(store, LR_NOTIFICATION, LR_NOTIFICATION_PKEY,
								 DatumGetInt64(row.values[NOTIFICATION_ID]),
								 LockTupleNoKeyExclusive, &row);
			lr_store_end_scan(scan);
		}
	}
	lr_store_refresh(store);
}

static List *
returns_of(LrStore *store, int64 delivery_id)
{
	LrKey key = lr_key_id(1, delivery_id);
	LrScan *scan = lr_store_scan(store, LR_REQUEST, LR_REQUEST_DELIVERY_IDX, &key, 1);
	List *ids = NIL;
	LrRow row;

	while (lr_store_next(scan, &row))
	{
		int64 *id = palloc(sizeof(int64));

		*id = DatumGetInt64(row.values[REQUEST_ID]);
		ids = lappend(ids, id);
	}
	lr_store_end_scan(scan);
	return ids;
}

static bool
erase_contact(LrCase *c, int64 delivery_id)
{
	Datum values[DELIVERY_NCOLUMNS];
	bool nulls[DELIVERY_NCOLUMNS];
	LrRow *row;
	bool erased;

	lr_case_take(c, delivery_id);
	row = &c->delivery->row;
	memcpy(values, row->values, sizeof(values));
	memcpy(nulls, row->nulls, sizeof(nulls));
	erased = blank(values, nulls, DELIVERY_EXTERNAL_ID);
	erased |= blank(values, nulls, DELIVERY_EMAIL);
	erased |= blank(values, nulls, DELIVERY_PHONE);
	if (erased)
	{
		lr_store_update(c->store, LR_DELIVERY, row, values, nulls);
		c->delivery->touched = true;
	}
	return erased;
}

static bool
erase_return(LrCase *c, int64 return_id, LrFound *found)
{
	bool erased;

	lr_case_read(c, return_id, found);
	erased = erase_request(c);
	erased |= erase_texts(c->store, return_id);
	return erased;
}

/* The text of the reason cannot be null: it becomes the reason's code. */
static bool
erase_request(LrCase *c)
{
	LrRequest *r = &c->request;
	char *reason = TextDatumGetCString(r->values[REQUEST_REASON]);
	bool erased = blank(r->values, r->nulls, REQUEST_NOTE);

	erased |= blank(r->values, r->nulls, REQUEST_DECISION_NOTE);
	erased |= replace(r->values, r->nulls, REQUEST_REASON_TEXT, reason);
	if (erased)
		lr_request_write(c);
	return erased;
}

static bool
erase_texts(LrStore *store, int64 return_id)
{
	LrKey key = lr_key_id(1, return_id);
	Datum values[LR_MAX_COLUMNS];
	bool nulls[LR_MAX_COLUMNS];
	bool erased = false;

	for (int i = 0; i < (int) lengthof(texts); i++)
	{
		LrScan *scan = lr_store_scan(store, texts[i].table, texts[i].by_return, &key, 1);
		LrRow row;

		while (lr_store_next(scan, &row))
		{
			memcpy(values, row.values, sizeof(Datum) * texts[i].ncolumns);
			memcpy(nulls, row.nulls, sizeof(bool) * texts[i].ncolumns);
			if (!texts[i].wipe(values, nulls))
				continue;
			lr_store_update(store, texts[i].table, &row, values, nulls);
			erased = true;
		}
		lr_store_end_scan(scan);
	}
	return erased;
}

static bool
blank(Datum *values, bool *nulls, int column)
{
	bool had = !nulls[column];

	values[column] = (Datum) 0;
	nulls[column] = true;
	return had;
}

static bool
replace(Datum *values, bool *nulls, int column, const char *by)
{
	if (nulls[column] || strcmp(TextDatumGetCString(values[column]), by) == 0)
		return false;
	values[column] = CStringGetTextDatum(by);
	return true;
}

static bool
wipe_history(Datum *values, bool *nulls)
{
	if (!nulls[HISTORY_NOTE] &&
		strcmp(TextDatumGetCString(values[HISTORY_NOTE]), ERASED_NOTE) == 0)
		return false;
	return blank(values, nulls, HISTORY_NOTE);
}

static bool
wipe_message(Datum *values, bool *nulls)
{
	bool erased = replace(values, nulls, MESSAGE_BODY, ERASED_TEXT);

	erased |= replace(values, nulls, MESSAGE_URI, ERASED_TEXT);
	erased |= blank(values, nulls, MESSAGE_MEDIA_TYPE);
	erased |= blank(values, nulls, MESSAGE_SHA256);
	return erased;
}

/* One that waits to be sent is sent all the same, without words: its id and order stay. */
/* Who is told is a party, not the lead: one that waits is still sent, without its texts. */
static bool
wipe_notification(Datum *values, bool *nulls)
{
	static const int columns[] = {NOTIFICATION_SUBJECT, NOTIFICATION_BODY,
								  NOTIFICATION_LAST_ERROR};
	bool erased = reduce_payload(&values[NOTIFICATION_PAYLOAD]);

	for (int i = 0; i < (int) lengthof(columns); i++)
		erased |= blank(values, nulls, columns[i]);
	return erased;
}

/* Of the facts for machines only ids, states, amounts and instants stay. */
static bool
reduce_payload(Datum *payload)
{
	Jsonb *given = DatumGetJsonbP(*payload);
	JsonbIterator *it = JsonbIteratorInit(&given->root);
	JsonbParseState *state = NULL;
	bool is_object = JB_ROOT_IS_OBJECT(given);
	JsonbValue key;
	JsonbValue value;
	Jsonb *reduced;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	JsonbIteratorNext(&it, &value, true);
	while (is_object && JsonbIteratorNext(&it, &key, true) == WJB_KEY)
	{
		JsonbIteratorNext(&it, &value, true);
		if (value.type == jbvBinary || !is_kept(&key))
			continue;
		pushJsonbValue(&state, WJB_KEY, &key);
		pushJsonbValue(&state, WJB_VALUE, &value);
	}
	reduced = JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
	*payload = JsonbPGetDatum(reduced);
	return compareJsonbContainers(&given->root, &reduced->root) != 0;
}

static bool
is_kept(const JsonbValue *key)
{
	static const char *const kept[] = {
		"event_id", "sequence", "kind", "recipient_kind", "return_id", "lead_id", "account_id",
		"buyer_id", "supplier_id", "status", "review", "reason", "reason_label", "price", "cost",
		"credit", "clawback", "currency", "remedy", "occurred_at"};

	for (int i = 0; i < (int) lengthof(kept); i++)
	{
		if ((int) strlen(kept[i]) == key->val.string.len &&
			memcmp(kept[i], key->val.string.val, key->val.string.len) == 0)
			return true;
	}
	return false;
}

static void
write_erasure(LrCase *c, int64 lead_id, int deliveries, int returns)
{
	Datum values[ERASURE_NCOLUMNS];
	bool nulls[ERASURE_NCOLUMNS] = {false};

	values[ERASURE_ID] = Int64GetDatum(lr_store_next_id(LR_ERASURE_SEQ));
	values[ERASURE_LEAD_ID] = Int64GetDatum(lead_id);
	values[ERASURE_AT] = TimestampTzGetDatum(c->now);
	values[ERASURE_BY] = CStringGetTextDatum(c->role);
	values[ERASURE_DELIVERIES] = Int32GetDatum(deliveries);
	values[ERASURE_RETURNS] = Int32GetDatum(returns);
	lr_store_insert(c->store, LR_ERASURE, values, nulls);
}
