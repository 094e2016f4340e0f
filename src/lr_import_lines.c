/*
 * lr_import_lines.c
 *		Reading the lines of a loaded file: its chunks are parsed again, and the columns that the
 *		header named are picked from each record.
 */
#include "postgres.h"

#include "lr_import.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "lr_csv.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(lr_import_lines);
PG_FUNCTION_INFO_V1(lr_archived_import_lines);

#define BLANKS " \t\r\n"

struct LrLines
{
	LrStore *store;
	LrScan *chunks;
	LrScan *done; /* outcomes, NULL: none are skipped */
	int64 done_line;
	int64 after_line;
	MemoryContext chunk_cxt;
	bool in_chunk;
	bool by_row;
	int encoding;
	int fields;
	int key_field;
	int reason_field;
	int note_field;
	int64 next_row;
	LrCsv csv;
	LrCsvRecord record; /* read last */
	int64 line_no;      /* of it */
	bool waiting;       /* for lr_lines_next() */
};

static LrLines *open_lines(LrStore *store, LrRelation chunks, LrRelation pkey, int64 import_id,
						   int64 after_line);
static void show_lines(FunctionCallInfo fcinfo, bool archived);
static bool next_chunk(LrLines *lines);
static bool is_done(LrLines *lines, int64 line_no);
static void read_line(LrLines *lines, LrLine *line);
static const char *problem_of(LrLines *lines);
static char *field_text(LrLines *lines, int field);
static char *escape_bytes(const char *bytes, size_t length);

LrLines *
lr_lines_open(LrStore *store, int64 import_id, int64 after_line, bool skip_done)
{
	LrLines *lines = open_lines(store, LR_IMPORT_CHUNK, LR_IMPORT_CHUNK_PKEY, import_id,
								after_line);
	LrKey keys[2] = {lr_key_id(1, import_id), lr_key_id(2, after_line)};

	keys[1].strategy = BTGreaterStrategyNumber;
	if (skip_done)
		lines->done = lr_store_scan(store, LR_IMPORT_OUTCOME, LR_IMPORT_OUTCOME_PKEY, keys, 2);
	return lines;
}

LrLines *
lr_archived_lines_open(LrStore *store, int64 import_id)
{
	return open_lines(store, LR_ARCHIVED_IMPORT_CHUNK, LR_ARCHIVED_IMPORT_CHUNK_PKEY, import_id,
					  0);
}

static LrLines *
open_lines(LrStore *store, LrRelation chunks, LrRelation pkey, int64 import_id, int64 after_line)
{
	LrLines *lines = palloc0(sizeof(LrLines));
	LrKey keys[2] = {lr_key_id(1, import_id), lr_key_id(2, after_line)};

	keys[1].strategy = BTGreaterStrategyNumber;
	lines->store = store;
	lines->after_line = after_line;
	lines->chunk_cxt = AllocSetContextCreate(CurrentMemoryContext, "leadreturns chunk",
											 ALLOCSET_DEFAULT_SIZES);
	lines->chunks = lr_store_scan(store, chunks, pkey, keys, 2);
	return lines;
}

void
lr_lines_close(LrLines *lines)
{
	lr_store_end_scan(lines->chunks);
	if (lines->done != NULL)
		lr_store_end_scan(lines->done);
	MemoryContextDelete(lines->chunk_cxt);
	pfree(lines);
}

bool
lr_lines_next(LrLines *lines, LrLine *line)
{
	if (!lr_lines_more(lines))
		return false;
	lines->waiting = false;
	line->line_no = lines->line_no;
	read_line(lines, line);
	return true;
}

bool
lr_lines_more(LrLines *lines)
{
	while (!lines->waiting)
	{
		if (!lines->in_chunk && !next_chunk(lines))
			return false;
		if (!lr_csv_next(&lines->csv, &lines->record))
		{
			lines->in_chunk = false;
			continue;
		}
		lines->line_no = lines->by_row ? lines->next_row++ : lines->record.line;
		lines->waiting = lines->line_no > lines->after_line && !is_done(lines, lines->line_no);
	}
	return true;
}

static bool
next_chunk(LrLines *lines)
{
	MemoryContext old = MemoryContextSwitchTo(lines->chunk_cxt);
	LrRow row;
	bytea *body;

	MemoryContextReset(lines->chunk_cxt);
	lines->in_chunk = lr_store_next(lines->chunks, &row);
	if (lines->in_chunk)
	{
		const char *delimiter = TextDatumGetCString(row.values[CHUNK_DELIMITER]);
		int64 first_line = DatumGetInt64(row.values[CHUNK_FIRST_LINE]);

		lines->by_row = DatumGetBool(row.values[CHUNK_BY_ROW]);
		lines->encoding = pg_char_to_encoding(TextDatumGetCString(row.values[CHUNK_ENCODING]));
		lines->fields = DatumGetInt32(row.values[CHUNK_FIELDS]);
		lines->key_field = DatumGetInt32(row.values[CHUNK_KEY_FIELD]);
		lines->reason_field = DatumGetInt32(row.values[CHUNK_REASON_FIELD]);
		lines->note_field = DatumGetInt32(row.values[CHUNK_NOTE_FIELD]);
		lines->next_row = first_line;
		body = DatumGetByteaPP(row.values[CHUNK_BODY]);
		lr_csv_begin(&lines->csv, VARDATA_ANY(body), VARSIZE_ANY_EXHDR(body), first_line,
					 delimiter[0]);
	}
	MemoryContextSwitchTo(old);
	return lines->in_chunk;
}

/* Both the lines and the outcomes come in the order of their numbers. */
static bool
is_done(LrLines *lines, int64 line_no)
{
	LrRow row;

	while (lines->done != NULL && lines->done_line < line_no)
		lines->done_line = lr_store_next(lines->done, &row)
							   ? DatumGetInt64(row.values[OUTCOME_LINE_NO])
							   : PG_INT64_MAX;
	return lines->done != NULL && lines->done_line == line_no;
}

static void
read_line(LrLines *lines, LrLine *line)
{
	const LrCsvRecord *record = &lines->record;
	/* rows of import_upload start with a field that is not theirs */
	size_t skip = lines->by_row ? 2 : 0;
	char *raw = lr_text_of_bytes(record->start + skip, record->length - skip, lines->encoding);

	line->problem = problem_of(lines);
	line->key = line->reason = line->note = NULL;
	line->raw = raw != NULL ? raw : escape_bytes(record->start, record->length);
	if (raw == NULL && line->problem == NULL)
		line->problem = psprintf("The line has bytes that are not %s.",
								 pg_encoding_to_char(lines->encoding));
	if (line->problem != NULL)
		return;
	line->key = field_text(lines, lines->key_field);
	if (line->key != NULL)
		line->key = lr_trimmed(unconstify(char *, line->key));
	line->reason = field_text(lines, lines->reason_field);
	line->note = field_text(lines, lines->note_field);
}

/* Missing fields at the end are empty, empty ones too many are nothing. */
static const char *
problem_of(LrLines *lines)
{
	const LrCsvRecord *record = &lines->record;

	if (record->problem != LR_CSV_FINE)
		return psprintf("The line cannot be read: %s.", lr_csv_problem_text(record->problem));
	if (record->nfields > LR_CSV_MAX_FIELDS)
		return psprintf("The line has %d fields, the header has %d.", record->nfields,
						lines->fields);
	for (int i = lines->fields; i < record->nfields; i++)
	{
		if (field_text(lines, i) != NULL)
			return psprintf("The line has %d fields, the header has %d.", record->nfields,
							lines->fields);
	}
	return NULL;
}

/* The field without blanks around it; NULL when it is empty or there is none. */
static char *
field_text(LrLines *lines, int field)
{
	const LrCsvRecord *record = &lines->record;
	char *bytes;
	char *value;
	char *end;
	size_t length;

	if (field < 0 || field >= record->nfields || record->fields[field].length == 0)
		return NULL;
	bytes = palloc(record->fields[field].length);
	length = lr_csv_copy(&record->fields[field], bytes);
	value = lr_text_of_bytes(bytes, length, lines->encoding);
	if (value == NULL || value[strspn(value, BLANKS)] == '\0')
		return NULL;
	value += strspn(value, BLANKS);
	for (end = value + strlen(value); strchr(BLANKS, end[-1]) != NULL; end--)
		end[-1] = '\0';
	return value;
}

/* For people: what is printable ASCII stays, other bytes are shown as \xNN. */
static char *
escape_bytes(const char *bytes, size_t length)
{
	StringInfoData out;

	initStringInfo(&out);
	for (size_t i = 0; i < length; i++)
	{
		unsigned char byte = (unsigned char) bytes[i];

		if (byte >= ' ' && byte < 0x7f)
			appendStringInfoChar(&out, (char) byte);
		else
			appendStringInfo(&out, "\\x%02x", byte);
	}
	return out.data;
}

/* lr_import_lines(import_id): every line of the file, for the view import_results */
Datum
lr_import_lines(PG_FUNCTION_ARGS)
{
	show_lines(fcinfo, false);
	return (Datum) 0;
}

/* The same of a file that has been archived. */
Datum
lr_archived_import_lines(PG_FUNCTION_ARGS)
{
	show_lines(fcinfo, true);
	return (Datum) 0;
}

static void
show_lines(FunctionCallInfo fcinfo, bool archived)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	LrStore *store = lr_store_open(false);
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "leadreturns line",
											  ALLOCSET_DEFAULT_SIZES);
	LrParty party = lr_session_party();
	LrLines *lines;
	LrLine line;
	LrRow row;

	InitMaterializedSRF(fcinfo, 0);
	if (lr_store_get_id(store, LR_IMPORT, LR_IMPORT_PKEY, PG_GETARG_INT64(0), &row) &&
		(party.kind == LR_STAFF ||
		 (party.kind == LR_BUYER_PARTY && !row.nulls[IMPORT_OWNER_ID] &&
		  DatumGetInt64(row.values[IMPORT_OWNER_ID]) == party.party.id)))
	{
		MemoryContext old;

		lines = archived ? lr_archived_lines_open(store, PG_GETARG_INT64(0))
						 : lr_lines_open(store, PG_GETARG_INT64(0), 0, false);
		old = MemoryContextSwitchTo(cxt);
		while (lr_lines_next(lines, &line))
		{
			Datum values[6] = {Int64GetDatum(line.line_no), CStringGetTextDatum(line.raw),
							   lr_text_datum(line.key), lr_text_datum(line.reason),
							   lr_text_datum(line.note), lr_text_datum(line.problem)};
			bool nulls[6] = {false, false, line.key == NULL, line.reason == NULL,
							 line.note == NULL, line.problem == NULL};

			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
			MemoryContextReset(cxt);
		}
		MemoryContextSwitchTo(old);
		lr_lines_close(lines);
	}
	MemoryContextDelete(cxt);
	lr_store_close(store);
}
