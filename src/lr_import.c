/*
 * lr_import.c
 *		The row of an import, and the commands that change nothing but it: create, cancel, retry.
 */
#include "postgres.h"

#include "lr_import.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "lr_deliver.h"
#include "lr_row.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(lr_import_create);
PG_FUNCTION_INFO_V1(lr_import_cancel);
PG_FUNCTION_INFO_V1(lr_import_retry);

/* Indexed by LrImportStatus. */
static const char *const status_names[] = {"new", "verified", "running", "cancelled", "done",
										   "undone"};

static void refuse_import(LrId import_id) pg_attribute_noreturn();
static void read_import(const LrRow *row, LrImport *import);
static void find_mine(LrStore *store, LrId import_id, LrRow *row);
static LrKeyKind match_by_from_name(const char *name);
static bool is_archived(LrStore *store, int64 import_id);
static void put_back(LrStore *store, LrImport *import);

/* lr_import_create(name, match_by, reason, undo, buyer_id) */
Datum
lr_import_create(PG_FUNCTION_ARGS)
{
	const char *name = lr_note(LR_ARG_CSTRING(0));
	const char *match_by = LR_ARG_CSTRING(1);
	const char *reason = lr_note(LR_ARG_CSTRING(2));
	bool undo = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
	LrParty party = lr_require_staff_or_buyer("import returns");
	LrImport import = {0};
	LrStore *store;
	LrRow row;

	if (undo)
		lr_require_staff("roll back a return");
	if (name == NULL)
		LR_RAISE(LR_INVALID_IMPORT, "The name is empty.");
	match_by_from_name(match_by);
	import.owner = (LrId){party.party.id, party.kind == LR_BUYER_PARTY};
	import.buyer = PG_ARGISNULL(4) ? import.owner : LR_ARG_ID(4);
	store = lr_open_for_command();
	if (import.buyer.given &&
		((import.owner.given && import.owner.id != import.buyer.id) ||
		 !lr_store_get_id(store, LR_BUYER, LR_BUYER_PKEY, import.buyer.id, &row)))
		LR_RAISE(LR_INVALID_IMPORT, "There is no buyer " INT64_FORMAT ".", import.buyer.id);

	memset(import.nulls, true, sizeof(import.nulls));
	import.import_id = lr_store_next_id(LR_IMPORT_SEQ);
	import.values[IMPORT_ID] = Int64GetDatum(import.import_id);
	import.values[IMPORT_NAME] = CStringGetTextDatum(name);
	import.values[IMPORT_MATCH_BY] = CStringGetTextDatum(match_by);
	import.values[IMPORT_REASON] = lr_text_datum(reason);
	import.values[IMPORT_UNDO] = BoolGetDatum(undo);
	import.values[IMPORT_BUYER_ID] = Int64GetDatum(import.buyer.id);
	import.values[IMPORT_OWNER_ID] = Int64GetDatum(import.owner.id);
	import.values[IMPORT_CREATED_AT] = TimestampTzGetDatum(lr_clock());
	import.values[IMPORT_CREATED_BY] = CStringGetTextDatum(lr_session_role());
	import.nulls[IMPORT_ID] = import.nulls[IMPORT_NAME] = import.nulls[IMPORT_MATCH_BY] = false;
	import.nulls[IMPORT_UNDO] = import.nulls[IMPORT_CREATED_AT] = false;
	import.nulls[IMPORT_CREATED_BY] = false;
	import.nulls[IMPORT_REASON] = reason == NULL;
	import.nulls[IMPORT_BUYER_ID] = !import.buyer.given;
	import.nulls[IMPORT_OWNER_ID] = !import.owner.given;
	lr_import_write(store, &import);
	lr_store_close(store);
	lr_import_remember(import.import_id);
	return lr_import_progress_row(import.import_id);
}

/*
 * lr_import_cancel(import_id)
 *		Stops a running import after the batch in flight. It waits for nobody: whoever runs the
 *		import holds its row and finds the wish beside it.
 */
Datum
lr_import_cancel(PG_FUNCTION_ARGS)
{
	LrId import_id = LR_ARG_ID(0);
	LrStore *store;
	LrImport import;
	LrRow row;

	lr_require_staff_or_buyer("cancel an import");
	store = lr_open_for_command();
	find_mine(store, import_id, &row);
	read_import(&row, &import);
	if (lr_store_try_lock(store, LR_IMPORT, LR_IMPORT_PKEY, import_id.id,
						  LockTupleNoKeyExclusive, &row))
	{
		read_import(&row, &import);
		if (import.status == LR_IMPORT_DONE || import.status == LR_IMPORT_UNDONE)
			lr_import_refuse(&import, "cancel it");
		import.status = LR_IMPORT_CANCELLED;
		lr_import_write(store, &import);
	}
	else
	{
		Datum values[CANCEL_NCOLUMNS] = {Int64GetDatum(import_id.id),
										 TimestampTzGetDatum(lr_clock()),
										 CStringGetTextDatum(lr_session_role())};
		bool nulls[CANCEL_NCOLUMNS] = {false};

		lr_store_insert(store, LR_IMPORT_CANCEL, values, nulls);
	}
	lr_store_close(store);
	return lr_import_progress_row(import_id.id);
}

/*
 * lr_import_retry(import_id)
 *		Puts the lines that failed back, for the next step or run.
 */
Datum
lr_import_retry(PG_FUNCTION_ARGS)
{
	LrStore *store;
	LrImport import;

	lr_require_staff_or_buyer("import returns");
	store = lr_open_for_command();
	lr_import_lock(store, LR_ARG_ID(0), &import);
	if (import.status == LR_IMPORT_UNDONE)
		lr_import_refuse(&import, "retry it");
	put_back(store, &import);
	import.status = LR_IMPORT_NEW;
	import.position = 0;
	import.nulls[IMPORT_FINISHED_AT] = true;
	lr_import_write(store, &import);
	lr_store_close(store);
	return lr_import_progress_row(import.import_id);
}

static void
put_back(LrStore *store, LrImport *import)
{
	LrKey key = lr_key_id(1, import->import_id);
	LrScan *scan = lr_store_scan(store, LR_IMPORT_OUTCOME, LR_IMPORT_OUTCOME_PKEY, &key, 1);
	LrRow row;

	while (lr_store_next(scan, &row))
	{
		LrLineResult result = {0};

		result.status = lr_line_status_of(row.values[OUTCOME_STATUS]);
		if (result.status < LR_LINE_ALREADY_RETURNED)
			continue;
		lr_result_count(import, &result, -1);
		lr_store_delete(store, LR_IMPORT_OUTCOME, &row);
	}
	lr_store_end_scan(scan);
}

void
lr_import_lock(LrStore *store, LrId import_id, LrImport *import)
{
	LrRow row;

	/* first, because another party's may be locked, and waiting for it would tell of it */
	find_mine(store, import_id, &row);
	if (!lr_store_lock_id(store, LR_IMPORT, LR_IMPORT_PKEY, import_id.id,
						  LockTupleNoKeyExclusive, &row))
		refuse_import(import_id);
	lr_store_keep(store, &row);
	read_import(&row, import);
	lr_store_refresh(store);
	if (is_archived(store, import->import_id))
		lr_raise(LR_IMPORT_STATE,
				 psprintf("Import " INT64_FORMAT " has been archived.", import->import_id),
				 "Undo its returns one by one, or load the file again.");
}

/* Its chunks are the first that go into the archive. */
static bool
is_archived(LrStore *store, int64 import_id)
{
	LrKey key = lr_key_id(1, import_id);
	LrRow row;

	return lr_store_get(store, LR_ARCHIVED_IMPORT_CHUNK, LR_ARCHIVED_IMPORT_CHUNK_PKEY, &key, 1,
						&row);
}

/* The import as it is now, if the caller may see it; whose it is never changes. */
static void
find_mine(LrStore *store, LrId import_id, LrRow *row)
{
	LrParty party = lr_session_party();

	if (!import_id.given || !lr_store_get_id(store, LR_IMPORT, LR_IMPORT_PKEY, import_id.id, row))
		refuse_import(import_id);
	if (party.kind == LR_BUYER_PARTY &&
		(row->nulls[IMPORT_OWNER_ID] ||
		 DatumGetInt64(row->values[IMPORT_OWNER_ID]) != party.party.id))
		refuse_import(import_id);
}

/* Another party's import and none read the same. */
static void
refuse_import(LrId import_id)
{
	if (!import_id.given)
		LR_RAISE(LR_INVALID_IMPORT, "import_id is null.");
	LR_RAISE(LR_INVALID_IMPORT, "There is no import " INT64_FORMAT ".", import_id.id);
}

void
lr_import_refuse(const LrImport *import, const char *what)
{
	LR_RAISE(LR_IMPORT_STATE, "Import " INT64_FORMAT " is %s; you cannot %s now.",
			 import->import_id, status_names[import->status], what);
}

static void
read_import(const LrRow *row, LrImport *import)
{
	const char *status = TextDatumGetCString(row->values[IMPORT_STATUS]);

	memset(import, 0, sizeof(*import));
	import->row = *row;
	import->stored = true;
	memcpy(import->values, row->values, sizeof(import->values));
	memcpy(import->nulls, row->nulls, sizeof(import->nulls));
	import->import_id = DatumGetInt64(row->values[IMPORT_ID]);
	import->match_by = match_by_from_name(TextDatumGetCString(row->values[IMPORT_MATCH_BY]));
	if (!row->nulls[IMPORT_REASON])
		import->reason = TextDatumGetCString(row->values[IMPORT_REASON]);
	import->undo = DatumGetBool(row->values[IMPORT_UNDO]);
	import->buyer = lr_id(row->values[IMPORT_BUYER_ID], row->nulls[IMPORT_BUYER_ID]);
	import->owner = lr_id(row->values[IMPORT_OWNER_ID], row->nulls[IMPORT_OWNER_ID]);
	while (strcmp(status_names[import->status], status) != 0)
		import->status++;
	import->total = DatumGetInt64(row->values[IMPORT_TOTAL]);
	import->last_line = DatumGetInt64(row->values[IMPORT_LAST_LINE]);
	import->position = DatumGetInt64(row->values[IMPORT_POSITION]);
	import->returned = DatumGetInt64(row->values[IMPORT_RETURNED]);
	import->failed = DatumGetInt64(row->values[IMPORT_FAILED]);
	import->errors = DatumGetInt64(row->values[IMPORT_ERRORS]);
	import->credit = lr_money_from_datum(row->values[IMPORT_CREDIT]);
	import->clawback = lr_money_from_datum(row->values[IMPORT_CLAWBACK]);
	import->undone = DatumGetInt64(row->values[IMPORT_UNDONE]);
	import->conflicts = DatumGetInt64(row->values[IMPORT_CONFLICTS]);
}

void
lr_import_write(LrStore *store, LrImport *import)
{
	static const int always[] = {IMPORT_STATUS, IMPORT_TOTAL, IMPORT_LAST_LINE, IMPORT_POSITION,
								 IMPORT_RETURNED, IMPORT_FAILED, IMPORT_ERRORS, IMPORT_CREDIT,
								 IMPORT_CLAWBACK, IMPORT_UNDONE, IMPORT_CONFLICTS,
								 IMPORT_UPDATED_AT};
	Datum *values = import->values;

	values[IMPORT_STATUS] = CStringGetTextDatum(status_names[import->status]);
	values[IMPORT_TOTAL] = Int64GetDatum(import->total);
	values[IMPORT_LAST_LINE] = Int64GetDatum(import->last_line);
	values[IMPORT_POSITION] = Int64GetDatum(import->position);
	values[IMPORT_RETURNED] = Int64GetDatum(import->returned);
	values[IMPORT_FAILED] = Int64GetDatum(import->failed);
	values[IMPORT_ERRORS] = Int64GetDatum(import->errors);
	values[IMPORT_CREDIT] = lr_money_datum(import->credit);
	values[IMPORT_CLAWBACK] = lr_money_datum(import->clawback);
	values[IMPORT_UNDONE] = Int64GetDatum(import->undone);
	values[IMPORT_CONFLICTS] = Int64GetDatum(import->conflicts);
	values[IMPORT_UPDATED_AT] = TimestampTzGetDatum(lr_clock());
	for (int i = 0; i < (int) lengthof(always); i++)
		import->nulls[always[i]] = false;
	if (import->stored)
		lr_store_update(store, LR_IMPORT, &import->row, values, import->nulls);
	else
		lr_store_insert(store, LR_IMPORT, values, import->nulls);
}

/* As its caller reads it in the view. */
Datum
lr_import_progress_row(int64 import_id)
{
	Oid type = INT8OID;
	Datum id = Int64GetDatum(import_id);

	return lr_view_row("SELECT * FROM leadreturns.import_progress WHERE import_id "
					   "OPERATOR(pg_catalog.=) $1",
					   1, &type, &id);
}

bool
lr_import_is_cancelled(LrStore *store, int64 import_id)
{
	LrRow row;

	return lr_store_get_id(store, LR_IMPORT_CANCEL, LR_IMPORT_CANCEL_IDX, import_id, &row);
}

void
lr_import_forget_cancel(LrStore *store, int64 import_id)
{
	LrKey key = lr_key_id(1, import_id);
	LrScan *scan = lr_store_scan(store, LR_IMPORT_CANCEL, LR_IMPORT_CANCEL_IDX, &key, 1);
	LrRow row;

	while (lr_store_next(scan, &row))
		lr_store_delete(store, LR_IMPORT_CANCEL, &row);
	lr_store_end_scan(scan);
}

static LrKeyKind
match_by_from_name(const char *name)
{
	LrKeyKind kind;

	if (lr_key_kind_find(name, &kind) && kind != LR_BY_DELIVERY_ID)
		return kind;
	lr_raise(LR_INVALID_IMPORT,
			 psprintf("match_by is %s.", name == NULL ? "null" : psprintf("\"%s\"", name)),
			 "Give lead_id, external_id, email or phone.");
}
