/*
 * lr_erase_lines.c
 *		Blanking a lead's lines in files. A line is the lead's if what became of it, or would,
 *		names the lead, or if its key does, by the rule by which the file is matched.
 *
 * A blanked line has a star in the place of each field, and the line breaks that it had, so all
 * lines keep their numbers and their number of fields.
 */
#include "postgres.h"

#include "lr_erase.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "lr_csv.h"
#include "lr_import_batch.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* Numbers of lines. */
typedef struct LineSet
{
	int64 *lines;
	int n;
	int size;
} LineSet;

static void find_lines(LrStore *store, const LrRow *import, const LrLead *lead, LineSet *set);
static void find_results(LrStore *store, int i, int64 import_id, const LrLead *lead,
						 LineSet *set);
static void find_keys(LrLines *lines, LrKeyKind match_by, const LrLead *lead, LineSet *set);
static bool names_lead(const LrLine *line, LrKeyKind match_by, const LrLead *lead);
static bool mentions_lead(const char *raw, const LrLead *lead);
static bool has_number(const char *raw, int64 number);
static bool is_delivery_of(const LrLead *lead, int64 delivery_id);
static void add_line(LineSet *set, int64 line_no);
static bool has_line(const LineSet *set, int64 line_no);
static bool blank_results(LrStore *store, int i, int64 import_id, const LineSet *set);
static bool blank_chunks(LrStore *store, LrRelation table, LrRelation pkey, int64 import_id,
						 const LineSet *set);
static bytea *blanked_body(const LrRow *chunk, const LineSet *set);
static void append_blank(StringInfo out, const LrCsvRecord *record, bool by_row, char delimiter);
static void append_breaks(StringInfo out, const LrCsvRecord *record);

/* Where results of lines are: up to OUTCOME_CLAWBACK they have the same columns. */
static const struct
{
	LrRelation table;
	LrRelation pkey;
	int ncolumns;
} results[] = {
	{LR_IMPORT_VERDICT, LR_IMPORT_VERDICT_PKEY, VERDICT_NCOLUMNS},
	{LR_IMPORT_OUTCOME, LR_IMPORT_OUTCOME_PKEY, OUTCOME_NCOLUMNS},
	{LR_ARCHIVED_IMPORT_VERDICT, LR_ARCHIVED_IMPORT_VERDICT_PKEY, VERDICT_NCOLUMNS},
	{LR_ARCHIVED_IMPORT_OUTCOME, LR_ARCHIVED_IMPORT_OUTCOME_PKEY, OUTCOME_NCOLUMNS},
};

/* It reads every file: nothing else tells which lines nobody has run yet. */
List *
lr_files_of_lead(LrStore *store, const LrLead *lead)
{
	LrScan *scan = lr_store_scan(store, LR_IMPORT, LR_IMPORT_PKEY, NULL, 0);
	List *files = NIL;
	LrRow row;

	while (lr_store_next(scan, &row))
	{
		LineSet set = {0};

		find_lines(store, &row, lead, &set);
		if (set.n > 0)
		{
			int64 *id = palloc(sizeof(int64));

			*id = DatumGetInt64(row.values[IMPORT_ID]);
			files = lappend(files, id);
			pfree(set.lines);
		}
	}
	lr_store_end_scan(scan);
	return files;
}

bool
lr_erase_lines(LrStore *store, const LrRow *import, const LrLead *lead)
{
	int64 import_id = DatumGetInt64(import->values[IMPORT_ID]);
	LineSet set = {0};
	bool erased = false;

	find_lines(store, import, lead, &set);
	if (set.n == 0)
		return false;
	qsort(set.lines, set.n, sizeof(int64), lr_compare_elements);
	erased |= blank_chunks(store, LR_IMPORT_CHUNK, LR_IMPORT_CHUNK_PKEY, import_id, &set);
	erased |= blank_chunks(store, LR_ARCHIVED_IMPORT_CHUNK, LR_ARCHIVED_IMPORT_CHUNK_PKEY,
						   import_id, &set);
	for (int i = 0; i < (int) lengthof(results); i++)
		erased |= blank_results(store, i, import_id, &set);
	return erased;
}

static void
find_lines(LrStore *store, const LrRow *import, const LrLead *lead, LineSet *set)
{
	int64 import_id = DatumGetInt64(import->values[IMPORT_ID]);
	LrKeyKind match_by;
	LrLines *lines;

	if (!lr_key_kind_find(TextDatumGetCString(import->values[IMPORT_MATCH_BY]), &match_by))
		elog(ERROR, "import " INT64_FORMAT " is matched by nothing", import_id);
	for (int i = 0; i < (int) lengthof(results); i++)
		find_results(store, i, import_id, lead, set);
	lines = lr_lines_open(store, import_id, 0, false);
	find_keys(lines, match_by, lead, set);
	lr_lines_close(lines);
	lines = lr_archived_lines_open(store, import_id);
	find_keys(lines, match_by, lead, set);
	lr_lines_close(lines);
}

static void
find_results(LrStore *store, int i, int64 import_id, const LrLead *lead, LineSet *set)
{
	LrKey key = lr_key_id(1, import_id);
	LrScan *scan = lr_store_scan(store, results[i].table, results[i].pkey, &key, 1);
	LrRow row;

	while (lr_store_next(scan, &row))
	{
		if ((!row.nulls[OUTCOME_LEAD_ID] &&
			 DatumGetInt64(row.values[OUTCOME_LEAD_ID]) == lead->lead_id) ||
			(!row.nulls[OUTCOME_DELIVERY_ID] &&
			 is_delivery_of(lead, DatumGetInt64(row.values[OUTCOME_DELIVERY_ID]))))
			add_line(set, DatumGetInt64(row.values[OUTCOME_LINE_NO]));
	}
	lr_store_end_scan(scan);
}

static void
find_keys(LrLines *lines, LrKeyKind match_by, const LrLead *lead, LineSet *set)
{
	MemoryContext outer = CurrentMemoryContext;
	MemoryContext cxt = AllocSetContextCreate(outer, "leadreturns line", ALLOCSET_DEFAULT_SIZES);
	LrLine line;

	for (;;)
	{
		bool more;
		bool of_lead;

		MemoryContextSwitchTo(cxt);
		more = lr_lines_next(lines, &line);
		of_lead = more && names_lead(&line, match_by, lead);
		MemoryContextSwitchTo(outer);
		if (!more)
			break;
		if (of_lead)
			add_line(set, line.line_no);
		MemoryContextReset(cxt);
	}
	MemoryContextDelete(cxt);
}

static bool
names_lead(const LrLine *line, LrKeyKind match_by, const LrLead *lead)
{
	int64 lead_id;
	ListCell *lc;
	char *key;

	if (line->problem != NULL)
		return mentions_lead(line->raw, lead);
	if (line->key == NULL)
		return false;
	if (match_by == LR_BY_LEAD_ID)
		return lr_parse_lead_id(line->key, &lead_id) && lead_id == lead->lead_id;
	key = text_to_cstring(lr_matched_by(match_by, cstring_to_text(line->key)));
	foreach (lc, lead->keys[match_by])
	{
		if (strcmp(key, lfirst(lc)) == 0)
			return true;
	}
	return false;
}

/* A line that cannot be read has no key: it is the lead's if it has its data anywhere. */
static bool
mentions_lead(const char *raw, const LrLead *lead)
{
	text *given = cstring_to_text(raw);
	ListCell *lc;

	if (has_number(raw, lead->lead_id))
		return true;
	for (int kind = LR_BY_EXTERNAL_ID; kind <= LR_BY_PHONE; kind++)
	{
		char *line = text_to_cstring(lr_matched_by(kind, given));

		foreach (lc, lead->keys[kind])
		{
			if (strstr(line, lfirst(lc)) != NULL)
				return true;
		}
	}
	return false;
}

/* As a number of its own, not as a part of a longer one. */
static bool
has_number(const char *raw, int64 number)
{
	char *digits = psprintf(INT64_FORMAT, number);
	size_t length = strlen(digits);

	for (const char *at = strstr(raw, digits); at != NULL; at = strstr(at + 1, digits))
	{
		if ((at == raw || !isdigit((unsigned char) at[-1])) &&
			!isdigit((unsigned char) at[length]))
			return true;
	}
	return false;
}

static bool
is_delivery_of(const LrLead *lead, int64 delivery_id)
{
	ListCell *lc;

	foreach (lc, lead->deliveries)
	{
		if (((LrLeadDelivery *) lfirst(lc))->delivery_id == delivery_id)
			return true;
	}
	return false;
}

static void
add_line(LineSet *set, int64 line_no)
{
	if (set->n == set->size)
	{
		set->size = Max(set->size * 2, 16);
		set->lines = set->lines == NULL
						 ? palloc(sizeof(int64) * set->size)
						 : repalloc_huge(set->lines, sizeof(int64) * set->size);
	}
	set->lines[set->n++] = line_no;
}

static bool
has_line(const LineSet *set, int64 line_no)
{
	return bsearch(&line_no, set->lines, set->n, sizeof(int64), lr_compare_elements) != NULL;
}

/* The texts of a result may repeat the key. */
static bool
blank_results(LrStore *store, int i, int64 import_id, const LineSet *set)
{
	LrKey key = lr_key_id(1, import_id);
	LrScan *scan = lr_store_scan(store, results[i].table, results[i].pkey, &key, 1);
	bool has_undo = results[i].ncolumns > OUTCOME_UNDO_DETAIL;
	Datum values[OUTCOME_NCOLUMNS];
	bool nulls[OUTCOME_NCOLUMNS];
	bool erased = false;
	LrRow row;

	while (lr_store_next(scan, &row))
	{
		if (!has_line(set, DatumGetInt64(row.values[OUTCOME_LINE_NO])) ||
			(row.nulls[OUTCOME_DETAIL] && row.nulls[OUTCOME_HINT] &&
			 (!has_undo || row.nulls[OUTCOME_UNDO_DETAIL])))
			continue;
		memcpy(values, row.values, sizeof(Datum) * results[i].ncolumns);
		memcpy(nulls, row.nulls, sizeof(bool) * results[i].ncolumns);
		nulls[OUTCOME_DETAIL] = nulls[OUTCOME_HINT] = true;
		if (has_undo)
			nulls[OUTCOME_UNDO_DETAIL] = true;
		lr_store_update(store, results[i].table, &row, values, nulls);
		erased = true;
	}
	lr_store_end_scan(scan);
	return erased;
}

static bool
blank_chunks(LrStore *store, LrRelation table, LrRelation pkey, int64 import_id,
			 const LineSet *set)
{
	LrKey key = lr_key_id(1, import_id);
	LrScan *scan = lr_store_scan(store, table, pkey, &key, 1);
	Datum values[CHUNK_NCOLUMNS];
	bool nulls[CHUNK_NCOLUMNS];
	bool erased = false;
	LrRow row;

	while (lr_store_next(scan, &row))
	{
		bytea *body = blanked_body(&row, set);

		if (body == NULL)
			continue;
		memcpy(values, row.values, sizeof(values));
		memcpy(nulls, row.nulls, sizeof(nulls));
		values[CHUNK_BODY] = PointerGetDatum(body);
		lr_store_update(store, table, &row, values, nulls);
		pfree(body);
		erased = true;
	}
	lr_store_end_scan(scan);
	return erased;
}

/* The chunk's text with these lines blanked; NULL when that changes nothing. */
static bytea *
blanked_body(const LrRow *chunk, const LineSet *set)
{
	bytea *body = DatumGetByteaPP(chunk->values[CHUNK_BODY]);
	const char *at = VARDATA_ANY(body);
	const char *end = at + VARSIZE_ANY_EXHDR(body);
	int64 line_no = DatumGetInt64(chunk->values[CHUNK_FIRST_LINE]);
	bool by_row = DatumGetBool(chunk->values[CHUNK_BY_ROW]);
	char delimiter = *TextDatumGetCString(chunk->values[CHUNK_DELIMITER]);
	LrCsvRecord *record = palloc(sizeof(LrCsvRecord));
	StringInfoData out;
	LrCsv csv;

	initStringInfo(&out);
	appendStringInfoSpaces(&out, VARHDRSZ);
	lr_csv_begin(&csv, at, end - at, line_no, delimiter);
	while (lr_csv_next(&csv, record))
	{
		if (!has_line(set, by_row ? line_no++ : record->line))
			continue;
		appendBinaryStringInfo(&out, at, record->start - at);
		append_blank(&out, record, by_row, delimiter);
		at = record->start + record->length;
	}
	appendBinaryStringInfo(&out, at, end - at);
	pfree(record);
	SET_VARSIZE(out.data, out.len);
	if (out.len - VARHDRSZ == (int) VARSIZE_ANY_EXHDR(body) &&
		memcmp(out.data + VARHDRSZ, VARDATA_ANY(body), out.len - VARHDRSZ) == 0)
		return NULL;
	return (bytea *) out.data;
}

/* Rows of import_upload start with a field that is not theirs, which stays. */
static void
append_blank(StringInfo out, const LrCsvRecord *record, bool by_row, char delimiter)
{
	int nfields = Max(record->nfields, 1);

	for (int i = 0; i < nfields; i++)
	{
		if (i > 0)
			appendStringInfoChar(out, delimiter);
		if (i == 0 && by_row)
			appendStringInfoChar(out, *record->start);
		else if (i == nfields - 1)
			append_breaks(out, record);
		else
			appendStringInfoChar(out, '*');
	}
}

/* The last field takes up the line breaks of all, in quotes. */
static void
append_breaks(StringInfo out, const LrCsvRecord *record)
{
	const char *end = record->start + record->length;
	bool quoted = false;

	for (const char *at = record->start; at < end; at++)
	{
		if (*at != '\r' && *at != '\n')
			continue;
		appendStringInfoString(out, quoted ? "*" : "\"*");
		quoted = true;
		appendStringInfoChar(out, *at);
		if (*at == '\r' && at + 1 < end && at[1] == '\n')
			appendStringInfoChar(out, *++at);
	}
	appendStringInfoString(out, quoted ? "*\"" : "*");
}
