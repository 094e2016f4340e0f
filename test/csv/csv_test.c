/*
 * csv_test.c
 *		Cases of the CSV parser with what its rules demand. The last line is "N passed, N failed".
 *
 * What was read is compared as text: a line per record, which is its line number and either each
 * field in brackets or its problem and the whole record in braces.
 */
#include "lr_csv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BOM "\xEF\xBB\xBF"
#define TEXT(literal) literal, sizeof(literal) - 1
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Ample time for one pass, and far too little for one pass per line */
#define HOSTILE_BYTES 8000000
#define HOSTILE_SECONDS 20

typedef struct Case
{
	const char *name;
	char delimiter;
	const char *text;
	size_t length;
	const char *expected;
} Case;

typedef struct SniffCase
{
	const char *name;
	const char *text;
	size_t length;
	char expected;
} SniffCase;

static const Case cases[] = {
	{"nothing at all", ',', TEXT(""), ""},
	{"header and a row", ',', TEXT("lead,reason\n17,spam\n"), "1[lead][reason]\n2[17][spam]\n"},
	{"last line without end", ',', TEXT("a,b\nc,d"), "1[a][b]\n2[c][d]\n"},
	{"one character", ',', TEXT("a"), "1[a]\n"},
	{"CRLF is one line end", ',', TEXT("a,b\r\nc,d\r\n"), "1[a][b]\n2[c][d]\n"},
	{"CR alone ends a line", ',', TEXT("a,b\rc,d\r"), "1[a][b]\n2[c][d]\n"},
	{"line ends mixed", ',', TEXT("a\nb\rc\r\nd"), "1[a]\n2[b]\n3[c]\n4[d]\n"},
	{"LF CR are two", ',', TEXT("a\n\rb"), "1[a]\n3[b]\n"},
	{"CR CR LF are two", ',', TEXT("a\r\r\nb"), "1[a]\n3[b]\n"},
	{"text ends in CR", ',', TEXT("a\r"), "1[a]\n"},
	{"ragged rows", ',', TEXT("a\nb,c\nd,e,f\n"), "1[a]\n2[b][c]\n3[d][e][f]\n"},
	{"blanks are kept", ',', TEXT(" a , b\t\n"), "1[ a ][ b\t]\n"},
	{"other bytes are kept", ',', TEXT("\x01\x0b\x0c\x7f\xff,z\n"), "1[\x01\x0b\x0c\x7f\xff][z]\n"},

	{"trailing delimiter is one more field", ',', TEXT("a,b,\nc,"), "1[a][b][]\n2[c][]\n"},
	{"leading delimiter", ',', TEXT(",a\n,,b"), "1[][a]\n2[][][b]\n"},
	{"semicolon", ';', TEXT("a;b,c\n"), "1[a][b,c]\n"},
	{"tab", '\t', TEXT("a\tb c\t\n"), "1[a][b c][]\n"},
	{"quotes with tabs", '\t', TEXT("\"a\tb\"\tc\n"), "1[a\tb][c]\n"},

	{"empty lines", ',', TEXT("\na\n\r\n\n\rb\n\n"), "2[a]\n6[b]\n"},
	{"nothing but line ends", ',', TEXT("\n\r\n\r\n\n"), ""},
	{"lines of delimiters and blanks", ',', TEXT(",,\na\n \t \n, ,\t,\nb\n,"), "2[a]\n5[b]\n"},
	{"tabs as delimiters alone", '\t', TEXT("\t\t\na\tb\n \t \n"), "2[a][b]\n"},
	{"another delimiter is content", ';', TEXT(",\n"), "1[,]\n"},
	{"lines of empty quoted fields", ',', TEXT("\"\"\n\"\",\" \"\na\n\"\""), "3[a]\n"},
	{"a quoted line break is no blank", ',', TEXT("\"\n\"\na\n"), "1[\n]\n3[a]\n"},

	{"quoted fields", ',', TEXT("\"a\",\"b,c\"\n\"d\",e\n"), "1[a][b,c]\n2[d][e]\n"},
	{"empty quoted field", ',', TEXT("\"\",a,\"\"\n"), "1[][a][]\n"},
	{"doubled quotes", ',', TEXT("\"a\"\"b\",\"\"\"\",\"\"\"c\"\"\"\n"), "1[a\"b][\"][\"c\"]\n"},
	{"two doubled quotes", ',', TEXT("\"\"\"\"\"\",x\n"), "1[\"\"][x]\n"},
	{"quotes inside an unquoted field", ',', TEXT("a\"b,5\"\n \"c\",d\n"),
	 "1[a\"b][5\"]\n2[ \"c\"][d]\n"},
	{"doubled quotes unquoted stay", ',', TEXT("a\"\"b\n"), "1[a\"\"b]\n"},
	{"quoted last field without line end", ',', TEXT("a,\"b\""), "1[a][b]\n"},
	{"doubled quote at the end", ',', TEXT("\"a\"\"\""), "1[a\"]\n"},

	{"quoted line breaks count as lines", ',', TEXT("\"a\nb\r\nc\rd\",e\nf\n"),
	 "1[a\nb\r\nc\rd][e]\n5[f]\n"},
	{"line breaks in two fields", ',', TEXT("\"a\nb\",\"c\n\"\nd\n"), "1[a\nb][c\n]\n4[d]\n"},
	{"a line break first in the field", ',', TEXT("\"\n\na\"\nb"), "1[\n\na]\n4[b]\n"},
	{"doubled quotes over lines", ',', TEXT("\"\"\"a\n\"\"b\"\"\n\"\nc\n"),
	 "1[\"a\n\"b\"\n]\n4[c]\n"},
	{"quoted CR before LF of the end", ',', TEXT("\"a\r\"\nb\n"), "1[a\r]\n3[b]\n"},
	{"last record over lines, no end", ',', TEXT("a\n\"b\nc\""), "1[a]\n2[b\nc]\n"},
	{"unquoted behind quoted lines", ',', TEXT("\"a\nb\",c d\re\r"), "1[a\nb][c d]\n3[e]\n"},
	{"a quote in an unquoted field behind", ',', TEXT("\"a\nb\",c\"d,e\nf\n"),
	 "1[a\nb][c\"d][e]\n3[f]\n"},

	{"byte-order mark", ',', TEXT(BOM "a,b\nc\n"), "1[a][b]\n2[c]\n"},
	{"byte-order mark before a quote", ',', TEXT(BOM "\"a\",b\n"), "1[a][b]\n"},
	{"byte-order mark alone", ',', TEXT(BOM), ""},
	{"only one mark is skipped", ',', TEXT(BOM BOM "a\n"), "1[" BOM "a]\n"},
	{"a mark elsewhere is content", ',', TEXT("a\n" BOM "b\n"), "1[a]\n2[" BOM "b]\n"},
	{"part of a mark is content", ',', TEXT("\xEF\xBB"), "1[\xEF\xBB]\n"},

	{"unclosed quote, then good lines", ',', TEXT("a,b\nc,\"d\ne,f\ng,h\n"),
	 "1[a][b]\n2!unclosed{c,\"d}\n3[e][f]\n4[g][h]\n"},
	{"unclosed quote before CRLF", ',', TEXT("\"a\r\nb\r\n"), "1!unclosed{\"a}\n2[b]\n"},
	{"unclosed quote on the last line", ',', TEXT("a\nb,\"c"), "1[a]\n2!unclosed{b,\"c}\n"},
	{"a quote and nothing else", ',', TEXT("\""), "1!unclosed{\"}\n"},
	{"doubled quotes leave it open", ',', TEXT("\"a\"\"\nb\n"), "1!unclosed{\"a\"\"}\n2[b]\n"},
	{"unclosed quote, then quoted fields", ',', TEXT("1,\"a\n2,\"b\"\n\"3\",c\n"),
	 "1!unclosed{1,\"a}\n2[2][b]\n3[3][c]\n"},
	{"each line opens a quote anew", ',', TEXT("a\",\"\nb\",\"\nc\",\"\nd\n"),
	 "1!unclosed{a\",\"}\n2!unclosed{b\",\"}\n3!unclosed{c\",\"}\n4[d]\n"},
	{"closed later, but broken there", ',', TEXT("\"a\nb\"c\nd\n"),
	 "1!unclosed{\"a}\n2[b\"c]\n3[d]\n"},
	{"closed and opened again, but broken", ',', TEXT("\"a\nb\",\"c\"d\ne\n"),
	 "1!unclosed{\"a}\n2!after{b\",\"c\"d}\n3[e]\n"},
	{"unclosed behind a record over lines", ',', TEXT("\"a\nb\"\n\"c\nd\n"),
	 "1[a\nb]\n3!unclosed{\"c}\n4[d]\n"},

	{"text after a closing quote", ',', TEXT("a\n\"b\"c,d\ne\n"),
	 "1[a]\n2!after{\"b\"c,d}\n3[e]\n"},
	{"a blank after a closing quote", ',', TEXT("\"a\" ,b\nc\n"), "1!after{\"a\" ,b}\n2[c]\n"},
	{"text after empty quotes", ',', TEXT("\"\"a\n"), "1!after{\"\"a}\n"},
	{"text after a quote ends the text", ',', TEXT("\"a\"b"), "1!after{\"a\"b}\n"},
	{"text after a quote, then a quoted break", ',', TEXT("\"a\"b,\"c\nd\"\ne\n"),
	 "1!after{\"a\"b,\"c}\n2[d\"]\n3[e]\n"},
	{"another delimiter after a quote", ';', TEXT("\"a\",b\nc;d\n"), "1!after{\"a\",b}\n2[c][d]\n"},

	{"zero byte", ',', TEXT("a\nb\0c,d\ne\n"), "1[a]\n2!zero{b\\0c,d}\n3[e]\n"},
	{"zero byte in quotes", ',', TEXT("\"a\0\",b\nc\n"), "1!zero{\"a\\0\",b}\n2[c]\n"},
	{"zero byte over lines", ',', TEXT("\"a\n\0\",b\nc\n"), "1!zero{\"a\n\\0\",b}\n3[c]\n"},
	{"zero byte alone", ',', TEXT("\0"), "1!zero{\\0}\n"},
	{"zero byte and an unclosed quote", ',', TEXT("\0,\"a\nb\n"), "1!unclosed{\\0,\"a}\n2[b]\n"},
};

static const SniffCase sniff_cases[] = {
	{"delimiter of a comma header", TEXT("a,b\n1;2;3;4\n"), ','},
	{"delimiter of a semicolon header", TEXT("a;b;c\n1,5;2;3\n"), ';'},
	{"delimiter of a tab header", TEXT("a\tb\n"), '\t'},
	{"delimiter: the most frequent", TEXT("a,b;c;d\n"), ';'},
	{"delimiter: as often, comma", TEXT("a;b,c\n"), ','},
	{"delimiter: quoted ones do not count", TEXT("\"a;b;c;d\",e\n"), ','},
	{"delimiter: doubled quotes", TEXT("\"a\"\";\"\";\";b;\"c,d,e,f\"\n"), ';'},
	{"delimiter: quoted line break", TEXT("\"a\n,,,,\"\tb\n"), '\t'},
	{"delimiter: none", TEXT("lead\n1\n"), ','},
	{"delimiter: of no text", TEXT(""), ','},
	{"delimiter: behind a mark", TEXT(BOM "\"a\";b"), ';'},
	{"delimiter: behind empty lines", TEXT("\n\r\n;;;\na;b\n"), ';'},
	{"delimiter: of the header only", TEXT("a;b\r,,,,,\r"), ';'},
};

static int passed;
static int failed;

static void
check(const char *name, bool right)
{
	printf("%s  %s\n", right ? "ok    " : "FAILED", name);
	if (right)
		passed++;
	else
		failed++;
}

/* A copy of exactly this size, so that the sanitizer sees reading beyond either end. */
static char *
exact_copy(const char *text, size_t length)
{
	char *copy = malloc(length > 0 ? length : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, text, length);
	return copy;
}

static char *
filled(size_t length, char c)
{
	char *text = malloc(length);

	if (text == NULL)
		abort();
	memset(text, c, length);
	return text;
}

typedef struct Out
{
	char text[1024];
	size_t length;
} Out;

static void
out_bytes(Out *out, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
	{
		if (out->length + 3 > sizeof(out->text))
			abort();
		if (bytes[i] == '\0')
		{
			out->text[out->length++] = '\\';
			out->text[out->length++] = '0';
		}
		else
			out->text[out->length++] = bytes[i];
	}
	out->text[out->length] = '\0';
}

static void
out_format(Out *out, const char *format, ...)
{
	char buffer[100];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(buffer, sizeof(buffer), format, arguments);
	va_end(arguments);
	out_bytes(out, buffer, (size_t) length);
}

static void
out_record(Out *out, const LrCsvRecord *record)
{
	static const char *const problems[] = {"fine", "unclosed", "after", "long", "zero"};

	out_format(out, "%lld", (long long) record->line);
	if (record->problem != LR_CSV_FINE)
	{
		out_format(out, "!%s{", problems[record->problem]);
		out_bytes(out, record->start, record->length);
		out_format(out, "}");
		if (record->nfields != 0)
			out_format(out, " has fields");
	}
	for (int i = 0; i < record->nfields; i++)
	{
		char *value = exact_copy(record->fields[i].start, record->fields[i].length);
		size_t length = lr_csv_copy(&record->fields[i], value);

		out_format(out, "[");
		out_bytes(out, value, length);
		out_format(out, "]");
		free(value);
	}
	out_format(out, "\n");
}

static void
run_case(const Case *it)
{
	char *text = exact_copy(it->text, it->length);
	Out out = {.length = 0};
	LrCsv csv;
	LrCsvRecord record;
	bool right;

	lr_csv_begin(&csv, text, it->length, 1, it->delimiter);
	while (lr_csv_next(&csv, &record))
		out_record(&out, &record);
	right = strcmp(out.text, it->expected) == 0;
	check(it->name, right);
	if (!right)
		printf("got:\n%sexpected:\n%s", out.text, it->expected);
	free(text);
}

static void
run_sniff_case(const SniffCase *it)
{
	char *text = exact_copy(it->text, it->length);

	check(it->name, lr_csv_sniff_delimiter(text, it->length) == it->expected);
	free(text);
}

/*
 * test_limit
 *		A text of this length, from opening to closing and x between, then a line with a z: it must
 *		begin with a record that has this problem and length, and end with the good one.
 */
static void
test_limit(const char *name, size_t length, const char *opening, const char *closing,
		   LrCsvProblem expected, size_t expected_length)
{
	size_t total = length + 2;
	char *text = filled(total, 'x');
	LrCsv csv;
	LrCsvRecord record;
	bool right;

	memcpy(text, opening, strlen(opening));
	memcpy(text + length - strlen(closing), closing, strlen(closing));
	memcpy(text + length, "\nz", 2);
	lr_csv_begin(&csv, text, total, 1, ',');
	right = lr_csv_next(&csv, &record) && record.problem == expected && record.line == 1 &&
			record.start == text && record.length == expected_length &&
			record.next == text + expected_length + 1;
	while (right && record.next < text + total - 1)
		right = lr_csv_next(&csv, &record);
	right = right && lr_csv_next(&csv, &record) && record.problem == LR_CSV_FINE &&
			record.length == 1 && *record.start == 'z' && record.nfields == 1 &&
			!lr_csv_next(&csv, &record);
	check(name, right);
	free(text);
}

static void
test_limits(void)
{
	const size_t most = LR_CSV_MAX_RECORD;

	test_limit("a line at the limit", most, "", "", LR_CSV_FINE, most);
	test_limit("a line over the limit", most + 1, "", "", LR_CSV_TOO_LONG, most + 1);
	test_limit("a line far over the limit", most * 5, "", ",,", LR_CSV_TOO_LONG, most * 5);
	test_limit("quoted at the limit", most, "\"", "\"", LR_CSV_FINE, most);
	test_limit("quoted over the limit", most + 1, "\"", "\"", LR_CSV_TOO_LONG, most + 1);
	test_limit("a long line that is broken too", most * 2, "\"\"a,", "", LR_CSV_TOO_LONG, most * 2);
	test_limit("a long line, quote open", most * 2, "\"", "", LR_CSV_TOO_LONG, most * 2);
	test_limit("over lines at the limit", most, "\"ab\n", "\"", LR_CSV_FINE, most);
	test_limit("over lines, unquoted to the limit", most, "\"ab\n\",", "", LR_CSV_FINE, most);
	test_limit("over lines over the limit", most + 1, "\"ab\n", "\"", LR_CSV_UNCLOSED_QUOTE, 3);
	test_limit("over lines, unquoted over the limit", most + 1, "\"ab\n\",", "",
			   LR_CSV_UNCLOSED_QUOTE, 3);
}

/* The limit holds for the line end's place, also if that is two bytes or the end of the text. */
static void
test_limit_ends(void)
{
	size_t length = LR_CSV_MAX_RECORD;
	char *text = filled(length + 2, 'x');
	LrCsv csv;
	LrCsvRecord record;

	memcpy(text, "\"\n", 2);
	memcpy(text + length - 1, "\"\r\n", 3);
	lr_csv_begin(&csv, text, length + 2, 1, ',');
	check("over lines at the limit, CRLF",
		  lr_csv_next(&csv, &record) && record.problem == LR_CSV_FINE && record.length == length &&
			  record.next == text + length + 2 && csv.line == 3);
	lr_csv_begin(&csv, text, length, 1, ',');
	check("over lines at the limit, end of text",
		  lr_csv_next(&csv, &record) && record.problem == LR_CSV_FINE && record.length == length &&
			  record.next == text + length && csv.line == 2);
	text[length - 1] = 'x';
	text[length] = '"';
	lr_csv_begin(&csv, text, length + 1, 1, ',');
	check("over lines over the limit, end of text",
		  lr_csv_next(&csv, &record) && record.problem == LR_CSV_UNCLOSED_QUOTE &&
			  record.length == 1);
	free(text);
}

static void
test_many_fields(void)
{
	size_t length = LR_CSV_MAX_FIELDS + 50;
	char *text = filled(length, ',');
	LrCsv csv;
	LrCsvRecord record;

	lr_csv_begin(&csv, text, length, 1, ',');
	check("many empty fields are no record", !lr_csv_next(&csv, &record));

	text[length - 1] = 'x'; /* two of the bytes are not delimiters */
	text[LR_CSV_MAX_FIELDS - 1] = 'y';
	lr_csv_begin(&csv, text, length, 1, ',');
	check("more fields than are kept are counted",
		  lr_csv_next(&csv, &record) && record.problem == LR_CSV_FINE &&
			  record.nfields == (int) length - 1 &&
			  record.fields[LR_CSV_MAX_FIELDS - 1].start == text + LR_CSV_MAX_FIELDS - 1 &&
			  record.fields[LR_CSV_MAX_FIELDS - 1].length == 1);
	free(text);

	text = filled(LR_CSV_MAX_RECORD * 2, ',');
	text[LR_CSV_MAX_RECORD + 9] = '\n';
	lr_csv_begin(&csv, text, LR_CSV_MAX_RECORD * 2, 1, ',');
	check("delimiters over the limit are no record", !lr_csv_next(&csv, &record));
	free(text);
}

static void
test_details(void)
{
	static const char source[] = BOM "a,\"b\"\"\"\r\n\n\"c\nd\"";
	size_t length = sizeof(source) - 1;
	char *text = exact_copy(source, length);
	LrCsv csv;
	LrCsvRecord record;

	lr_csv_begin(&csv, text, length, 1, ',');
	check("a record's place", lr_csv_next(&csv, &record) && record.start == text + 3 &&
								  record.length == 7 && record.next == text + 12 &&
								  csv.at == record.next && csv.line == 2);
	check("a field is told to be quoted",
		  !record.fields[0].quoted && record.fields[1].quoted && !record.fields[0].doubled);
	check("a field as it stands", record.fields[1].doubled && record.fields[1].length == 3 &&
									  record.fields[1].start == text + 6);
	check("a skipped line belongs to no record",
		  lr_csv_next(&csv, &record) && record.start == text + 13 && record.length == 5 &&
			  record.next == text + 18 && record.line == 3 && !record.fields[0].doubled);
	free(text);
}

static void
test_begin_later(void)
{
	static const char source[] = BOM "a\n\nb\n";
	size_t length = sizeof(source) - 1;
	char *text = exact_copy(source, length);
	LrCsv csv;
	LrCsvRecord record;

	lr_csv_begin(&csv, text, length, 1000000000000, ',');
	check("a mark is content behind the first line",
		  lr_csv_next(&csv, &record) && record.length == 4 && record.line == 1000000000000);
	check("lines count from where it began",
		  lr_csv_next(&csv, &record) && record.length == 1 && record.line == 1000000000002 &&
			  csv.line == 1000000000003 && !lr_csv_next(&csv, &record));
	free(text);
}

static void
test_problem_texts(void)
{
	bool differ = true;

	for (int i = LR_CSV_FINE; i <= LR_CSV_ZERO_BYTE; i++)
	{
		for (int j = LR_CSV_FINE; j < i; j++)
			differ = differ && strcmp(lr_csv_problem_text((LrCsvProblem) i),
									  lr_csv_problem_text((LrCsvProblem) j)) != 0;
	}
	check("each problem has its own text", differ);
}

/* Each line may start a record that spans many of the next ones. */
static void
test_hostile(const char *name, const char *line, long expected_problems)
{
	size_t length = HOSTILE_BYTES - HOSTILE_BYTES % strlen(line);
	char *text = filled(length, 'x');
	clock_t latest = clock() + (clock_t) HOSTILE_SECONDS * CLOCKS_PER_SEC;
	long problems = 0;
	LrCsv csv;
	LrCsvRecord record;

	for (size_t i = 0; i < length; i += strlen(line))
		memcpy(text + i, line, strlen(line));
	lr_csv_begin(&csv, text, length, 1, ',');
	while (clock() < latest && lr_csv_next(&csv, &record))
		problems += record.problem != LR_CSV_FINE;
	check(name, problems == expected_problems && csv.at == text + length);
	free(text);
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(cases); i++)
		run_case(&cases[i]);
	for (size_t i = 0; i < COUNT(sniff_cases); i++)
		run_sniff_case(&sniff_cases[i]);
	test_limits();
	test_limit_ends();
	test_many_fields();
	test_details();
	test_begin_later();
	test_problem_texts();
	test_hostile("each line opens a quote", "a\",\"\n", HOSTILE_BYTES / 5);
	test_hostile("each line opens a quote, and doubles it", "a\",\"\"\"\n", HOSTILE_BYTES / 7);
	printf("%d passed, %d failed\n", passed, failed);
	return failed > 0;
}
