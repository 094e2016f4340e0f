/*
 * lr_import_load.c
 *		Loading a file: the header says where the columns are, the rest is kept as it came, in
 *		chunks that end where a record ends.
 */
#include "postgres.h"

#include "lr_import.h"

#include "lr_csv.h"
#include "lr_deliver.h"
#include "lr_pause.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(lr_import_text);
PG_FUNCTION_INFO_V1(lr_import_bytes);

#define CHUNK_BYTES (64 * 1024)
#define CHUNK_RECORDS 1000

/* What is loaded, and how to read it. */
typedef struct Load
{
	const char *bytes;
	size_t length;
	int encoding;
	char delimiter;
	LrCsvRecord header;
	int key_field;
	int reason_field;
	int note_field;
} Load;

static int64 load(FunctionCallInfo fcinfo, Load *l, int first_column);
static bool begin(Load *l, LrCsv *csv, int64 first_line);
static void find_columns(Load *l, const LrImport *import, const char *key, const char *reason,
						 const char *note);
static int find_column(const Load *l, const char *name, bool required);
static char *column_name(const Load *l, int field);
static char *column_list(const Load *l);
static char *folded(const char *name);
static int64 load_records(LrStore *store, const LrImport *import, const Load *l, LrCsv *csv);
static void write_chunk(LrStore *store, const LrImport *import, const Load *l, const char *from,
						const char *to, int64 first_line, int64 last_line);
static int64 line_before(const LrCsv *csv);

/* lr_import_text(import_id, csv, key_column, reason_column, note_column) */
Datum
lr_import_text(PG_FUNCTION_ARGS)
{
	text *csv = LR_ARG_TEXT(1);
	Load l = {0};

	lr_require_staff_or_buyer("import returns");
	if (csv == NULL)
		LR_RAISE(LR_INVALID_IMPORT, "The file is null.");
	l.bytes = VARDATA_ANY(csv);
	l.length = VARSIZE_ANY_EXHDR(csv);
	l.encoding = GetDatabaseEncoding();
	PG_RETURN_INT64(load(fcinfo, &l, 2));
}

/* lr_import_bytes(import_id, csv, encoding, key_column, reason_column, note_column) */
Datum
lr_import_bytes(PG_FUNCTION_ARGS)
{
	bytea *csv = PG_ARGISNULL(1) ? NULL : PG_GETARG_BYTEA_PP(1);
	const char *encoding = LR_ARG_CSTRING(2);
	Load l = {0};

	lr_require_staff_or_buyer("import returns");
	if (csv == NULL)
		LR_RAISE(LR_INVALID_IMPORT, "The file is null.");
	l.encoding = encoding == NULL ? -1 : pg_char_to_encoding(encoding);
	if (!PG_VALID_BE_ENCODING(l.encoding))
		lr_raise(LR_INVALID_IMPORT,
				 psprintf("Encoding %s is unknown, or its characters may contain ASCII bytes.",
						  encoding == NULL ? "null" : psprintf("\"%s\"", encoding)),
				 "Give an encoding that a server can have, such as UTF8, LATIN1 or WIN1252.");
	l.bytes = VARDATA_ANY(csv);
	l.length = VARSIZE_ANY_EXHDR(csv);
	PG_RETURN_INT64(load(fcinfo, &l, 3));
}

/* Both have key_column, reason_column and note_column in this order. */
static int64
load(FunctionCallInfo fcinfo, Load *l, int first_column)
{
	LrStore *store;
	LrImport import;
	LrCsv csv;
	int64 loaded;

	store = lr_open_for_command();
	lr_import_lock(store, LR_ARG_ID(0), &import);
	if (import.status != LR_IMPORT_NEW && import.status != LR_IMPORT_VERIFIED)
		lr_import_refuse(&import, "load into it");
	if (!begin(l, &csv, import.last_line + 1))
		lr_raise(LR_INVALID_IMPORT, "The file has no header line.",
				 "Give a file whose first line names its columns.");
	find_columns(l, &import, LR_ARG_CSTRING(first_column), LR_ARG_CSTRING(first_column + 1),
				 LR_ARG_CSTRING(first_column + 2));
	loaded = load_records(store, &import, l, &csv);
	import.last_line = line_before(&csv);
	import.total += loaded;
	import.status = LR_IMPORT_NEW;
	lr_import_write(store, &import);
	lr_store_close(store);
	LR_PAUSE("import.loaded");
	return loaded;
}

/* Reads the header; false when there is none. Spreadsheets may name the delimiter before it. */
static bool
begin(Load *l, LrCsv *csv, int64 first_line)
{
	const char *header;

	if (l->length >= 3 && memcmp(l->bytes, "\xef\xbb\xbf", 3) == 0)
	{
		l->bytes += 3;
		l->length -= 3;
	}
	l->delimiter = lr_csv_sniff_delimiter(l->bytes, l->length);
	lr_csv_begin(csv, l->bytes, l->length, first_line, l->delimiter);
	if (!lr_csv_next(csv, &l->header))
		return false;
	header = l->header.start;
	if (l->header.length != 5 || memcmp(header, "sep=", 4) != 0 ||
		strchr(",;\t|", header[4]) == NULL)
		return true;
	l->delimiter = header[4];
	lr_csv_begin(csv, l->header.next, l->bytes + l->length - l->header.next, csv->line,
				 l->delimiter);
	return lr_csv_next(csv, &l->header);
}

static void
find_columns(Load *l, const LrImport *import, const char *key, const char *reason,
			 const char *note)
{
	const char *match_by = TextDatumGetCString(import->values[IMPORT_MATCH_BY]);

	if (l->header.problem != LR_CSV_FINE || l->header.nfields > LR_CSV_MAX_FIELDS)
		LR_RAISE(LR_INVALID_IMPORT, "The header cannot be read: %s.",
				 l->header.problem != LR_CSV_FINE ? lr_csv_problem_text(l->header.problem)
												  : "it has too many fields");
	/* a file of one column needs no name for it */
	if (key == NULL && l->header.nfields == 1)
		l->key_field = 0;
	else
		l->key_field = find_column(l, key != NULL ? key : match_by, true);
	l->reason_field = find_column(l, reason != NULL ? reason : "reason", reason != NULL);
	l->note_field = find_column(l, note != NULL ? note : "note", note != NULL);
	if (l->reason_field == l->key_field || l->note_field == l->key_field)
		LR_RAISE(LR_INVALID_IMPORT, "Column \"%s\" cannot be the key and something else.",
				 column_name(l, l->key_field));
}

/* Without regard to case, blanks, underscores and hyphens; -1 when there is none. */
static int
find_column(const Load *l, const char *name, bool required)
{
	char *sought = folded(name);
	int found = -1;

	for (int i = 0; i < l->header.nfields; i++)
	{
		if (strcmp(folded(column_name(l, i)), sought) != 0)
			continue;
		if (found >= 0)
			lr_raise(LR_INVALID_IMPORT,
					 psprintf("The file has several columns \"%s\": %s.", name, column_list(l)),
					 "Rename one of them.");
		found = i;
	}
	if (found < 0 && required)
		lr_raise(LR_INVALID_IMPORT,
				 psprintf("The file has no column \"%s\"; it has %s.", name, column_list(l)),
				 "Name the columns with key_column, reason_column and note_column.");
	return found;
}

static char *
column_name(const Load *l, int field)
{
	const LrCsvField *f = &l->header.fields[field];
	char *bytes = palloc(f->length + 1);
	size_t length = lr_csv_copy(f, bytes);
	char *name = lr_text_of_bytes(bytes, length, l->encoding);

	if (name == NULL)
		LR_RAISE(LR_INVALID_IMPORT, "The header has bytes that are not %s.",
				 pg_encoding_to_char(l->encoding));
	return name;
}

static char *
column_list(const Load *l)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < l->header.nfields; i++)
		appendStringInfo(&list, "%s\"%s\"", i == 0 ? "" : ", ", column_name(l, i));
	return list.data;
}

static char *
folded(const char *name)
{
	char *lower = lr_lower(name);
	char *to = lower;

	for (const char *from = lower; *from != '\0'; from++)
	{
		if (strchr(" \t\r\n_-", *from) == NULL)
			*to++ = *from;
	}
	*to = '\0';
	return lower;
}

static int64
load_records(LrStore *store, const LrImport *import, const Load *l, LrCsv *csv)
{
	LrCsvRecord *record = palloc(sizeof(LrCsvRecord));
	const char *from = l->header.next;
	int64 first_line = csv->line;
	int64 loaded = 0;
	int records = 0;

	while (lr_csv_next(csv, record))
	{
		loaded++;
		records++;
		if (record->next - from < CHUNK_BYTES && records < CHUNK_RECORDS)
			continue;
		write_chunk(store, import, l, from, record->next, first_line, line_before(csv));
		from = record->next;
		first_line = csv->line;
		records = 0;
	}
	if (records > 0)
		write_chunk(store, import, l, from, l->bytes + l->length, first_line, line_before(csv));
	pfree(record);
	return loaded;
}

static void
write_chunk(LrStore *store, const LrImport *import, const Load *l, const char *from,
			const char *to, int64 first_line, int64 last_line)
{
	bytea *body = palloc(VARHDRSZ + (to - from));

	CHECK_FOR_INTERRUPTS();
	SET_VARSIZE(body, VARHDRSZ + (to - from));
	memcpy(VARDATA(body), from, to - from);
	lr_import_write_chunk(store,
						  &(LrChunk){import->import_id, first_line, last_line, false, l->encoding,
									 l->delimiter, l->header.nfields, l->key_field,
									 l->reason_field, l->note_field, body});
	pfree(body);
	LR_PAUSE("import.chunk");
}

/* The last line of what has been read. */
static int64
line_before(const LrCsv *csv)
{
	char last = csv->at[-1];

	return last == '\n' || last == '\r' ? csv->line - 1 : csv->line;
}

void
lr_import_write_chunk(LrStore *store, const LrChunk *chunk)
{
	char delimiter[2] = {chunk->delimiter, '\0'};
	Datum values[CHUNK_NCOLUMNS];
	bool nulls[CHUNK_NCOLUMNS] = {false};

	values[CHUNK_IMPORT_ID] = Int64GetDatum(chunk->import_id);
	values[CHUNK_LAST_LINE] = Int64GetDatum(chunk->last_line);
	values[CHUNK_FIRST_LINE] = Int64GetDatum(chunk->first_line);
	values[CHUNK_BY_ROW] = BoolGetDatum(chunk->by_row);
	values[CHUNK_ENCODING] = CStringGetTextDatum(pg_encoding_to_char(chunk->encoding));
	values[CHUNK_DELIMITER] = CStringGetTextDatum(delimiter);
	values[CHUNK_FIELDS] = Int32GetDatum(chunk->fields);
	values[CHUNK_KEY_FIELD] = Int32GetDatum(chunk->key_field);
	values[CHUNK_REASON_FIELD] = Int32GetDatum(chunk->reason_field);
	values[CHUNK_NOTE_FIELD] = Int32GetDatum(chunk->note_field);
	values[CHUNK_BODY] = PointerGetDatum(chunk->body);
	lr_store_insert(store, LR_IMPORT_CHUNK, values, nulls);
	/* so large a row does not wait for others */
	lr_store_step(store);
}
