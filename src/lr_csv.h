/*
 * lr_csv.h
 *		Splitting a CSV text into records and fields: RFC 4180, and what real files have besides.
 *
 * Plain C, no PostgreSQL header, so that a fuzzer can link it alone. Nothing is allocated or
 * copied: records and fields point into the caller's text, which need not end in a zero byte.
 *
 *	- a byte-order mark (UTF-8) at the very start is skipped;
 *	- records end with CR, LF or CRLF, also mixed; the last one may end without;
 *	- a field that starts with a quote runs to its closing quote, line breaks included, and a
 *	  doubled quote in it is one quote; a quote anywhere else is an ordinary character;
 *	- lines with nothing but delimiters, blanks (spaces, tabs) and quoted fields of none or only
 *	  such are no records, but count as lines;
 *	- a record's line is the physical line it starts on, from 1.
 *
 * What is wrong with a record is told in its problem, never by skipping or guessing. One that
 * cannot be split is only the physical line it starts on, and reading goes on with the next line,
 * so that one bad line never spoils the others. Which problem it then has follows from that line
 * alone. Hence a text may be cut at any record's next: both parts, the second one begun with the
 * number of its first line, have together the same records as the whole.
 *
 * The time taken is linear in the length of the text, whatever is in it.
 */
#ifndef LR_CSV_H
#define LR_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LR_CSV_MAX_FIELDS 256         /* fields kept of a record; all are counted */
#ifndef LR_CSV_MAX_RECORD             /* tests of the parser set a lower one */
#define LR_CSV_MAX_RECORD (64 * 1024) /* bytes of a record, its line end not counted */
#endif

typedef enum LrCsvProblem
{
	LR_CSV_FINE,
	LR_CSV_UNCLOSED_QUOTE,   /* its line ends inside quotes, and no proper end is in the limit */
	LR_CSV_TEXT_AFTER_QUOTE, /* on its line a closing quote is not followed by a delimiter */
	LR_CSV_TOO_LONG,         /* its line has more than LR_CSV_MAX_RECORD bytes */
	LR_CSV_ZERO_BYTE         /* has a byte 0, which no text of the database may have */
} LrCsvProblem;

/* A field as it stands in the text, without the quotes around it. */
typedef struct LrCsvField
{
	const char *start;
	size_t length;
	bool quoted;
	bool doubled; /* has doubled quotes: lr_csv_copy() makes them single */
} LrCsvField;

typedef struct LrCsvRecord
{
	int64_t line;      /* number of the physical line it starts on, from 1 */
	const char *start; /* as it came, without its line end */
	size_t length;
	const char *next; /* behind its line end: where reading goes on, on line csv->line */
	LrCsvProblem problem;
	int nfields; /* counted; 0 when there is a problem */
	LrCsvField fields[LR_CSV_MAX_FIELDS];
} LrCsvRecord;

/* Where in a record a place is. */
typedef enum LrCsvPlace
{
	LR_CSV_FIELD_START,
	LR_CSV_UNQUOTED,
	LR_CSV_IN_QUOTES,
	LR_CSV_BEHIND_QUOTE, /* which closes the field, or is the first one of two */
	LR_CSV_ENDED,        /* behind the line end of the record */
	LR_CSV_BROKEN        /* behind text after a closing quote */
} LrCsvPlace;

typedef struct LrCsv
{
	const char *at;
	const char *end;
	int64_t line; /* of at */
	char delimiter;
	const char *ahead; /* how far it has been looked ahead for the end of records */
	LrCsvPlace ahead_place;
} LrCsv;

/*
 * Starts reading a text whose first line has this number, and skips a byte-order mark if that is 1.
 * The delimiter is any character but quote, CR, LF and the byte 0.
 */
extern void lr_csv_begin(LrCsv *csv, const char *text, size_t length, int64_t first_line,
						 char delimiter);
/*
 * The delimiter that the first record (the header) uses: of comma, semicolon and tab the one that
 * stands most often outside quotes; the first of those if several do, comma if none does.
 */
extern char lr_csv_sniff_delimiter(const char *text, size_t length);
/* The next record; false at the end. */
extern bool lr_csv_next(LrCsv *csv, LrCsvRecord *record);
/* Copies a field's value to out, which has room for field->length bytes; returns its length. */
extern size_t lr_csv_copy(const LrCsvField *field, char *out);
/* What is wrong, for people: "text follows a closing quote". */
extern const char *lr_csv_problem_text(LrCsvProblem problem);

#endif /* LR_CSV_H */
