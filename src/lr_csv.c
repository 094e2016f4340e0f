/*
 * lr_csv.c
 *		Splitting a CSV text into records and fields; lr_csv.h tells the rules.
 *
 * A record is read field by field in one pass. Only a record whose first line ends inside quotes
 * may turn out to be broken on a later line, so at that point the rest of it is looked through
 * first. Many such records can overlap: each line of a hostile text may start one of its own. But
 * two of them that are inside quotes at the same line end go on alike from there, and the earlier
 * one was inside quotes at all line ends that it passed, else it would have ended there. So looking
 * ahead always continues from where it got to before, and no byte is looked at twice.
 */
#include "lr_csv.h"

#include <string.h>

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

/* The record that is being read. */
typedef struct Reading
{
	const char *start;
	const char *at;
	int64_t lines; /* line ends passed, all in quotes */
	bool zero;     /* a byte 0 was passed */
} Reading;

static bool read_record(LrCsv *csv, LrCsvRecord *record);
static void read_unquoted(const LrCsv *csv, Reading *reading, LrCsvField *field);
static LrCsvProblem read_quoted(LrCsv *csv, Reading *reading, LrCsvField *field);
static bool ends_properly(LrCsv *csv, const char *start, const char *at);
static LrCsvPlace place_behind(LrCsvPlace place, char c, char delimiter);
static void take_line(LrCsv *csv, LrCsvRecord *record, LrCsvProblem problem);
static void take(LrCsv *csv, LrCsvRecord *record, const char *end, LrCsvProblem problem);
static bool is_blank(const LrCsvField *field);

static inline bool
is_line_end(char c)
{
	return c == '\n' || c == '\r';
}

static inline const char *
behind_line_end(const char *at, const char *end)
{
	return *at == '\r' && end - at > 1 && at[1] == '\n' ? at + 2 : at + 1;
}

/* The next place that may be special: this character, a line end, a byte 0, or the text's end. */
static inline const char *
skip(const char *at, const char *end, char special)
{
	while (at < end && *at != special && (unsigned char) *at > '\r')
		at++;
	return at;
}

void
lr_csv_begin(LrCsv *csv, const char *text, size_t length, int64_t first_line, char delimiter)
{
	size_t mark = sizeof(BYTE_ORDER_MARK) - 1;
	bool marked = first_line == 1 && length >= mark && memcmp(text, BYTE_ORDER_MARK, mark) == 0;

	csv->at = marked ? text + mark : text;
	csv->end = text + length;
	csv->line = first_line;
	csv->delimiter = delimiter;
	csv->ahead = text;
	csv->ahead_place = LR_CSV_IN_QUOTES;
}

char
lr_csv_sniff_delimiter(const char *text, size_t length)
{
	static const char candidates[] = {',', ';', '\t'};
	char best = candidates[0];
	int most = 1;

	for (size_t i = 0; i < sizeof(candidates); i++)
	{
		LrCsv csv;
		LrCsvRecord record;

		lr_csv_begin(&csv, text, length, 1, candidates[i]);
		if (lr_csv_next(&csv, &record) && record.nfields > most)
		{
			most = record.nfields;
			best = candidates[i];
		}
	}
	return best;
}

bool
lr_csv_next(LrCsv *csv, LrCsvRecord *record)
{
	while (csv->at < csv->end)
	{
		if (read_record(csv, record))
			return true;
	}
	return false;
}

/* False if there is nothing in it. */
static bool
read_record(LrCsv *csv, LrCsvRecord *record)
{
	Reading reading = {csv->at, csv->at, 0, false};
	LrCsvProblem problem = LR_CSV_FINE;
	size_t nfields = 0;
	bool blank = true;

	for (;; reading.at++)
	{
		LrCsvField unkept;
		LrCsvField *field = nfields < LR_CSV_MAX_FIELDS ? &record->fields[nfields] : &unkept;

		nfields++;
		if (reading.at < csv->end && *reading.at == '"')
			problem = read_quoted(csv, &reading, field);
		else
			read_unquoted(csv, &reading, field);
		if (problem != LR_CSV_FINE)
		{
			take_line(csv, record, problem);
			return true;
		}
		blank = blank && is_blank(field);
		if (reading.at == csv->end || *reading.at != csv->delimiter)
			break;
	}

	if (reading.at - reading.start > LR_CSV_MAX_RECORD)
		problem = LR_CSV_TOO_LONG;
	else if (reading.zero)
		problem = LR_CSV_ZERO_BYTE;
	record->nfields = problem == LR_CSV_FINE ? (int) nfields : 0;
	take(csv, record, reading.at, problem);
	csv->line += reading.lines;
	return !blank;
}

static void
read_unquoted(const LrCsv *csv, Reading *reading, LrCsvField *field)
{
	const char *at = reading->at;

	for (;; at++)
	{
		at = skip(at, csv->end, csv->delimiter);
		if (at == csv->end || *at == csv->delimiter || is_line_end(*at))
			break;
		reading->zero = reading->zero || *at == '\0';
	}
	field->start = reading->at;
	field->length = (size_t) (at - reading->at);
	field->quoted = false;
	field->doubled = false;
	reading->at = at;
}

static LrCsvProblem
read_quoted(LrCsv *csv, Reading *reading, LrCsvField *field)
{
	const char *at = reading->at + 1;

	field->start = at;
	field->quoted = true;
	field->doubled = false;
	for (;;)
	{
		at = skip(at, csv->end, '"');
		if (at == csv->end)
			return LR_CSV_UNCLOSED_QUOTE;
		if (*at == '"')
		{
			if (csv->end - at == 1 || at[1] != '"')
				break;
			field->doubled = true;
			at += 2;
		}
		else if (is_line_end(*at))
		{
			at = behind_line_end(at, csv->end);
			if (reading->lines == 0 && !ends_properly(csv, reading->start, at))
				return LR_CSV_UNCLOSED_QUOTE;
			reading->lines++;
		}
		else
		{
			reading->zero = reading->zero || *at == '\0';
			at++;
		}
	}
	field->length = (size_t) (at - field->start);
	reading->at = ++at;
	if (at < csv->end && *at != csv->delimiter && !is_line_end(*at))
		return LR_CSV_TEXT_AFTER_QUOTE;
	return LR_CSV_FINE;
}

/*
 * ends_properly
 *		Whether a record that is inside quotes behind the end of its first line ends within the
 *		limit, and without text after a closing quote.
 */
static bool
ends_properly(LrCsv *csv, const char *start, const char *at)
{
	bool limited = csv->end - start > LR_CSV_MAX_RECORD;
	const char *limit = limited ? start + LR_CSV_MAX_RECORD : csv->end;

	if (at > csv->ahead)
	{
		csv->ahead = at;
		csv->ahead_place = LR_CSV_IN_QUOTES;
	}
	/* A line end may be at the limit, but not behind it */
	while (csv->ahead < csv->end && csv->ahead <= limit && csv->ahead_place < LR_CSV_ENDED)
		csv->ahead_place = place_behind(csv->ahead_place, *csv->ahead++, csv->delimiter);

	if (csv->ahead_place == LR_CSV_IN_QUOTES || csv->ahead_place == LR_CSV_BROKEN)
		return false;
	return csv->ahead_place == LR_CSV_ENDED || !limited;
}

/* Where one is behind this character. */
static LrCsvPlace
place_behind(LrCsvPlace place, char c, char delimiter)
{
	if (place == LR_CSV_IN_QUOTES)
		return c == '"' ? LR_CSV_BEHIND_QUOTE : LR_CSV_IN_QUOTES;
	if (c == '"' && place != LR_CSV_UNQUOTED)
		return LR_CSV_IN_QUOTES;
	if (c == delimiter)
		return LR_CSV_FIELD_START;
	if (is_line_end(c))
		return LR_CSV_ENDED;
	return place == LR_CSV_BEHIND_QUOTE ? LR_CSV_BROKEN : LR_CSV_UNQUOTED;
}

/* The record cannot be split, and is the line it starts on. */
static void
take_line(LrCsv *csv, LrCsvRecord *record, LrCsvProblem problem)
{
	const char *end = csv->at;

	while (end < csv->end && !is_line_end(*end))
		end++;
	if (end - csv->at > LR_CSV_MAX_RECORD)
		problem = LR_CSV_TOO_LONG;
	record->nfields = 0;
	take(csv, record, end, problem);
}

static void
take(LrCsv *csv, LrCsvRecord *record, const char *end, LrCsvProblem problem)
{
	record->line = csv->line;
	record->start = csv->at;
	record->length = (size_t) (end - csv->at);
	record->problem = problem;
	if (end < csv->end)
	{
		end = behind_line_end(end, csv->end);
		csv->line++;
	}
	record->next = end;
	csv->at = end;
}

static bool
is_blank(const LrCsvField *field)
{
	for (size_t i = 0; i < field->length; i++)
	{
		if (field->start[i] != ' ' && field->start[i] != '\t')
			return false;
	}
	return true;
}

size_t
lr_csv_copy(const LrCsvField *field, char *out)
{
	const char *from = field->start;
	const char *end = from + field->length;
	char *to = out;

	if (!field->doubled)
	{
		memcpy(out, from, field->length);
		return field->length;
	}
	while (from < end)
	{
		from += *from == '"' ? 1 : 0;
		*to++ = *from++;
	}
	return (size_t) (to - out);
}

const char *
lr_csv_problem_text(LrCsvProblem problem)
{
	switch (problem)
	{
		case LR_CSV_FINE:
			break;
		case LR_CSV_UNCLOSED_QUOTE:
			return "a quote that opens on this line is never properly closed";
		case LR_CSV_TEXT_AFTER_QUOTE:
			return "text follows a closing quote";
		case LR_CSV_TOO_LONG:
			return "the record is too long";
		case LR_CSV_ZERO_BYTE:
			return "the record has a zero byte";
	}
	return "nothing is wrong";
}
