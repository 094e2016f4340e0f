/*
 * lr_import_upload.c
 *		COPY and INSERT into the view import_upload: rows become lines of a file, many at a time.
 *
 * The rows of a statement are gathered as CSV text and written as chunks, the last one by the
 * AFTER STATEMENT trigger. A row takes one line, whatever line breaks it has.
 */
#include "postgres.h"

#include "lr_import.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "lr_deliver.h"
#include "lr_pause.h"
#include "lr_trigger.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"

PG_FUNCTION_INFO_V1(lr_import_upload);

#define CHUNK_BYTES (64 * 1024)
#define CHUNK_ROWS 1000
#define MAX_ROW_BYTES (30 * 1024) /* doubled quotes included, far below the limit of a record */

static struct
{
	MemoryContext cxt; /* NULL: nothing is gathered */
	StringInfoData text;
	int64 import_id;
	int64 rows;
	int nest_level; /* of the statement */
} gathered;

static int64 last_import_id = 0;

static void gather(TriggerData *trigger);
static void begin(int64 import_id, int nest_level);
static void append_field(const char *value);
static void flush(void);
static void forget(void);
static void at_xact_end(XactEvent event, void *arg);
static void at_subxact_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent,
						   void *arg);

void
lr_import_upload_init(void)
{
	RegisterXactCallback(at_xact_end, NULL);
	RegisterSubXactCallback(at_subxact_end, NULL);
}

void
lr_import_remember(int64 import_id)
{
	last_import_id = import_id;
}

/* INSTEAD OF INSERT row trigger, and the AFTER STATEMENT trigger. */
Datum
lr_import_upload(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = lr_trigger_data(fcinfo);

	if (TRIGGER_FIRED_FOR_STATEMENT(trigger->tg_event))
	{
		flush();
		return PointerGetDatum(NULL);
	}
	gather(trigger);
	/* the executor frees its row only when it gets another one back */
	return PointerGetDatum(heap_copytuple(trigger->tg_trigtuple));
}

static void
gather(TriggerData *trigger)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	int level = GetCurrentTransactionNestLevel();
	const char *fields[3];
	Datum values[4];
	bool nulls[4];
	int64 import_id;
	size_t length = 0;

	Assert(desc->natts == 4);
	lr_require_staff_or_buyer("import returns");
	heap_deform_tuple(trigger->tg_trigtuple, desc, values, nulls);
	if (nulls[0] && last_import_id == 0)
		lr_raise(LR_INVALID_IMPORT, "import_id is null, and this session has made no import.",
				 "Give the import_id that lr_import_create() returned.");
	import_id = nulls[0] ? last_import_id : DatumGetInt64(values[0]);
	if (gathered.cxt != NULL && gathered.nest_level != level)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE),
						errmsg("import_upload is being filled by an outer statement")));
	if (gathered.cxt != NULL && gathered.import_id != import_id)
		flush();
	if (gathered.cxt == NULL)
		begin(import_id, level);
	for (int i = 0; i < 3; i++)
	{
		fields[i] = nulls[i + 1] ? "" : TextDatumGetCString(values[i + 1]);
		length += strlen(fields[i]);
	}
	if (length > MAX_ROW_BYTES)
		LR_RAISE(LR_INVALID_IMPORT, "A row has %zu bytes; it may have %d.", length,
				 MAX_ROW_BYTES);
	/* a first field that is never empty: no row is taken for a blank line */
	appendStringInfoChar(&gathered.text, '-');
	for (int i = 0; i < 3; i++)
		append_field(fields[i]);
	appendStringInfoChar(&gathered.text, '\n');
	gathered.rows++;
	if (gathered.text.len >= CHUNK_BYTES || gathered.rows >= CHUNK_ROWS)
		flush();
}

static void
begin(int64 import_id, int nest_level)
{
	MemoryContext old;

	gathered.cxt = AllocSetContextCreate(TopTransactionContext, "leadreturns upload",
										 ALLOCSET_DEFAULT_SIZES);
	gathered.import_id = import_id;
	gathered.rows = 0;
	gathered.nest_level = nest_level;
	old = MemoryContextSwitchTo(gathered.cxt);
	initStringInfo(&gathered.text);
	MemoryContextSwitchTo(old);
}

static void
append_field(const char *value)
{
	appendStringInfoString(&gathered.text, ",\"");
	for (; *value != '\0'; value++)
	{
		if (*value == '"')
			appendStringInfoChar(&gathered.text, '"');
		appendStringInfoChar(&gathered.text, *value);
	}
	appendStringInfoChar(&gathered.text, '"');
}

static void
flush(void)
{
	LrStore *store;
	LrImport import;
	bytea *body;

	if (gathered.cxt == NULL)
		return;
	store = lr_open_for_command();
	lr_import_lock(store, (LrId){gathered.import_id, true}, &import);
	if (import.status != LR_IMPORT_NEW && import.status != LR_IMPORT_VERIFIED)
		lr_import_refuse(&import, "load into it");
	body = palloc(VARHDRSZ + gathered.text.len);
	SET_VARSIZE(body, VARHDRSZ + gathered.text.len);
	memcpy(VARDATA(body), gathered.text.data, gathered.text.len);
	lr_import_write_chunk(store, &(LrChunk){gathered.import_id, import.last_line + 1,
											import.last_line + gathered.rows, true,
											GetDatabaseEncoding(), ',', 4, 1, 2, 3, body});
	import.last_line += gathered.rows;
	import.total += gathered.rows;
	import.status = LR_IMPORT_NEW;
	lr_import_write(store, &import);
	lr_store_close(store);
	pfree(body);
	forget();
	LR_PAUSE("upload.chunk");
}

static void
forget(void)
{
	if (gathered.cxt != NULL)
		MemoryContextDelete(gathered.cxt);
	gathered.cxt = NULL;
}

static void
at_xact_end(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			/* only a disabled trigger of the view can leave rows behind */
			flush();
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			gathered.cxt = NULL;
			break;
		default:
			break;
	}
}

static void
at_subxact_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	int level = GetCurrentTransactionNestLevel();

	if (gathered.cxt == NULL || gathered.nest_level < level)
		return;
	if (event == SUBXACT_EVENT_ABORT_SUB)
		forget();
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
		gathered.nest_level = level - 1;
}
