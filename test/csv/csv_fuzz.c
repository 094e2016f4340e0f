/*
 * csv_fuzz.c
 *		What holds for whatever text the CSV parser is given; a target for libFuzzer.
 *
 * Built with a lower LR_CSV_MAX_RECORD, so that short texts reach it.
 */
#include "lr_csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOM "\xEF\xBB\xBF"
#define MAX_RECORDS 4096
#define MAX_CUTS 6 /* of a text, spread over it */

#define ENSURE(condition)                                                           \
	do                                                                              \
	{                                                                               \
		if (!(condition))                                                           \
		{                                                                           \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                \
		}                                                                           \
	} while (0)

/* A record by its places in the text; the fields as a checksum. */
typedef struct Summary
{
	int64_t line;
	int64_t next_line;
	size_t at;
	size_t length;
	size_t next;
	LrCsvProblem problem;
	int nfields;
	uint64_t fields;
} Summary;

typedef struct Summaries
{
	int n;
	Summary of[MAX_RECORDS];
} Summaries;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t
checksum(uint64_t sum, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sum = (sum ^ (unsigned char) bytes[i]) * 1099511628211U;
	return (sum ^ length) * 1099511628211U;
}

/* Line ends of a text, counted in another way than the parser does. */
static int64_t
count_line_ends(const char *text, size_t length)
{
	int64_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += text[i] == '\r' || (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'));
	return count;
}

static size_t
count_quotes(const char *text, size_t length)
{
	size_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += text[i] == '"';
	return count;
}

/* Fields, their quotes and the delimiters between them make up the record, without gaps. */
static uint64_t
check_fields(const LrCsvRecord *record, char delimiter)
{
	const char *at = record->start;
	const char *end = record->start + record->length;
	uint64_t sum = 0;
	bool blank = true;

	for (int i = 0; i < record->nfields && i < LR_CSV_MAX_FIELDS; i++)
	{
		const LrCsvField *field = &record->fields[i];
		size_t quotes = count_quotes(field->start, field->length);
		char *value = malloc(field->length > 0 ? field->length : 1);
		size_t length = lr_csv_copy(field, value);

		if (i > 0)
			ENSURE(at < end && *at++ == delimiter);
		if (field->quoted)
			ENSURE(at < end && *at++ == '"');
		ENSURE(field->start == at && (size_t) (end - at) >= field->length);
		at += field->length;
		if (field->quoted)
		{
			ENSURE(at < end && *at++ == '"');
			ENSURE(quotes % 2 == 0 && field->doubled == (quotes > 0));
			ENSURE(length == field->length - quotes / 2);
			ENSURE(count_quotes(value, length) == quotes / 2);
		}
		else
		{
			ENSURE(!field->doubled && length == field->length);
			ENSURE(length == 0 || (*value != '"' && memchr(value, delimiter, length) == NULL));
			ENSURE(count_line_ends(value, length) == 0);
		}
		for (size_t k = 0; k < length; k++)
			blank = blank && (value[k] == ' ' || value[k] == '\t');
		sum = checksum(sum, value, length);
		free(value);
	}
	if (record->problem == LR_CSV_FINE && record->nfields <= LR_CSV_MAX_FIELDS)
		ENSURE(at == end && !blank);
	return sum;
}

static void
check_record(const LrCsvRecord *record)
{
	const char *start = record->start;
	bool zero = memchr(start, 0, record->length) != NULL;
	bool long_ = record->length > LR_CSV_MAX_RECORD;

	ENSURE(record->length > 0);
	ENSURE((record->problem == LR_CSV_FINE) == (record->nfields > 0));
	ENSURE((record->problem == LR_CSV_TOO_LONG) == long_);
	switch (record->problem)
	{
		case LR_CSV_FINE:
			ENSURE(!zero);
			break;
		case LR_CSV_ZERO_BYTE:
			ENSURE(zero);
			break;
		case LR_CSV_UNCLOSED_QUOTE:
			ENSURE(count_quotes(start, record->length) >= 1);
			break;
		case LR_CSV_TEXT_AFTER_QUOTE:
			ENSURE(count_quotes(start, record->length) >= 2);
			break;
		case LR_CSV_TOO_LONG:
			break;
	}
	if (record->problem != LR_CSV_FINE && record->problem != LR_CSV_ZERO_BYTE)
		ENSURE(count_line_ends(start, record->length) == 0);
}

/* What lies between records: skipped lines, and a mark where the text begins. */
static void
check_gap(const char *gap, size_t length, bool first, char delimiter)
{
	if (first && length >= 3 && memcmp(gap, BOM, 3) == 0)
	{
		gap += 3;
		length -= 3;
	}
	for (size_t i = 0; i < length; i++)
		ENSURE(gap[i] == delimiter || (gap[i] != '\0' && strchr(" \t\r\n\"", gap[i]) != NULL));
}

static void
check_line_end(const char *at, const char *next, const char *end)
{
	if (next - at == 0)
		ENSURE(at == end);
	else if (next - at == 1)
		ENSURE(*at == '\n' || (*at == '\r' && (next == end || *next != '\n')));
	else
		ENSURE(next - at == 2 && at[0] == '\r' && at[1] == '\n');
}

/* Reads and checks a text, of which the sanitizer sees reading beyond either end. */
static void
read_all(const char *given, size_t length, int64_t line, char delimiter, Summaries *out)
{
	char *text = malloc(length > 0 ? length : 1);
	const char *behind = text;
	LrCsv csv;
	LrCsvRecord record;

	memcpy(text, given, length);
	out->n = 0;
	lr_csv_begin(&csv, text, length, line, delimiter);
	while (lr_csv_next(&csv, &record))
	{
		Summary *summary = &out->of[out->n++];

		ENSURE(out->n < MAX_RECORDS);
		ENSURE(record.start >= behind && record.next <= text + length);
		check_gap(behind, (size_t) (record.start - behind), behind == text && line == 1, delimiter);
		check_line_end(record.start + record.length, record.next, text + length);
		check_record(&record);
		ENSURE(record.line == line + count_line_ends(text, (size_t) (record.start - text)));
		ENSURE(csv.line == line + count_line_ends(text, (size_t) (record.next - text)));
		ENSURE(csv.at == record.next);
		behind = record.next;

		summary->line = record.line;
		summary->next_line = csv.line;
		summary->at = (size_t) (record.start - text);
		summary->length = record.length;
		summary->next = (size_t) (record.next - text);
		summary->problem = record.problem;
		summary->nfields = record.nfields;
		summary->fields = check_fields(&record, delimiter);
	}
	check_gap(behind, (size_t) (text + length - behind), behind == text && line == 1, delimiter);
	ENSURE(csv.line == line + count_line_ends(text, length));
	ENSURE(!lr_csv_next(&csv, &record));
	free(text);
}

/*
 * That the part between the nexts of two records has the records that the whole has there. Before
 * the first one it begins with the text, and behind the last one it ends with it.
 */
static void
check_part(const char *text, size_t length, const Summaries *whole, int from, int to,
		   char delimiter)
{
	static Summaries part;
	size_t start = from > 0 ? whole->of[from - 1].next : 0;
	size_t end = to < whole->n ? whole->of[to - 1].next : length;
	int64_t line = from > 0 ? whole->of[from - 1].next_line : 1;

	read_all(text + start, end - start, line, delimiter, &part);
	ENSURE(part.n == to - from);
	for (int i = 0; i < part.n; i++)
	{
		const Summary *a = &part.of[i];
		const Summary *b = &whole->of[from + i];

		ENSURE(a->line == b->line && a->next_line == b->next_line);
		ENSURE(a->at + start == b->at && a->length == b->length && a->next + start == b->next);
		ENSURE(a->problem == b->problem && a->nfields == b->nfields && a->fields == b->fields);
	}
}

static void
check_parts(const char *text, size_t length, const Summaries *whole, char delimiter)
{
	int step = 1 + whole->n / MAX_CUTS;

	for (int cut = 1; cut <= whole->n; cut += step)
	{
		check_part(text, length, whole, 0, cut, delimiter);
		check_part(text, length, whole, cut / 2, cut, delimiter);
		check_part(text, length, whole, cut - 1, cut, delimiter);
		check_part(text, length, whole, cut, whole->n, delimiter);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char delimiters[] = {',', ';', '\t'};
	static Summaries whole;
	int most = 1;
	char expected = ',';
	char *text = malloc(size > 0 ? size : 1);

	if (size >= MAX_RECORDS)
	{
		free(text);
		return 0;
	}
	if (size > 0)
		memcpy(text, data, size);
	for (size_t i = 0; i < sizeof(delimiters); i++)
	{
		read_all(text, size, 1, delimiters[i], &whole);
		check_parts(text, size, &whole, delimiters[i]);
		if (whole.n > 0 && whole.of[0].nfields > most)
		{
			most = whole.of[0].nfields;
			expected = delimiters[i];
		}
	}
	ENSURE(lr_csv_sniff_delimiter(text, size) == expected);
	free(text);
	return 0;
}
