/*
 * csv_dump.c
 *		Prints how the parser reads files: csv_dump [--delimiter=C] [--time] FILE ...
 *
 * A file is a line {"delimiter", "limit"}, then one per record: {"line", "at", "length", "next",
 * "problem", "nfields", "fields"}, and at last {"lines"}. Each byte of a field is one character, so
 * that those from 128 on are Latin-1. Options hold for the files behind them; without --delimiter
 * it is the one the file seems to use. With --time only the speed is printed.
 */
#include "lr_csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIMED_SECONDS 1.0

static char *
read_file(const char *name, size_t *length)
{
	FILE *file = fopen(name, "rb");
	char *text;
	long size;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0)
	{
		perror(name);
		exit(1);
	}
	rewind(file);
	*length = (size_t) size;
	text = malloc(*length + 1);
	if (text == NULL || fread(text, 1, *length, file) != *length)
	{
		perror(name);
		exit(1);
	}
	fclose(file);
	return text;
}

static void
print_json_string(const char *s, size_t length)
{
	putchar('"');
	for (size_t i = 0; i < length; i++)
	{
		unsigned char c = (unsigned char) s[i];

		if (c < ' ' || c > '~' || c == '"' || c == '\\')
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void
print_fields(const LrCsvRecord *record)
{
	int kept = record->nfields < LR_CSV_MAX_FIELDS ? record->nfields : LR_CSV_MAX_FIELDS;

	for (int i = 0; i < kept; i++)
	{
		char *value = malloc(record->fields[i].length + 1);
		size_t length = lr_csv_copy(&record->fields[i], value);

		if (i > 0)
			putchar(',');
		print_json_string(value, length);
		free(value);
	}
}

static void
dump(const char *text, size_t length, char delimiter)
{
	LrCsv csv;
	LrCsvRecord record;

	printf("{\"delimiter\":");
	print_json_string(&delimiter, 1);
	printf(",\"limit\":%d}\n", LR_CSV_MAX_RECORD);
	lr_csv_begin(&csv, text, length, 1, delimiter);
	while (lr_csv_next(&csv, &record))
	{
		printf("{\"line\":%lld,\"at\":%td,\"length\":%zu,\"next\":%td,\"problem\":%d,"
			   "\"nfields\":%d,\"fields\":[",
			   (long long) record.line, record.start - text, record.length, record.next - text,
			   (int) record.problem, record.nfields);
		print_fields(&record);
		printf("]}\n");
	}
	printf("{\"lines\":%lld}\n", (long long) csv.line);
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static void
measure(const char *name, const char *text, size_t length, char delimiter)
{
	double start = seconds();
	double taken;
	long rounds = 0;
	long records = 0;
	long problems = 0;

	do
	{
		LrCsv csv;
		LrCsvRecord record;

		lr_csv_begin(&csv, text, length, 1, delimiter);
		while (lr_csv_next(&csv, &record))
		{
			records++;
			problems += record.problem != LR_CSV_FINE;
		}
		rounds++;
		taken = seconds() - start;
	} while (taken < TIMED_SECONDS);
	printf("%s: %zu bytes, %ld records, %ld problems, %.0f MB/s\n", name, length, records / rounds,
		   problems / rounds, (double) length * (double) rounds / taken / 1e6);
}

int
main(int argc, char **argv)
{
	static const char option[] = "--delimiter=";
	char given = '\0';
	bool timed = false;

	for (int i = 1; i < argc; i++)
	{
		size_t length;
		char *text;
		char delimiter;

		if (strncmp(argv[i], option, strlen(option)) == 0)
		{
			given = argv[i][strlen(option)];
			continue;
		}
		if (strcmp(argv[i], "--time") == 0)
		{
			timed = true;
			continue;
		}
		text = read_file(argv[i], &length);
		delimiter = given != '\0' ? given : lr_csv_sniff_delimiter(text, length);
		if (timed)
			measure(argv[i], text, length, delimiter);
		else
			dump(text, length, delimiter);
		free(text);
	}
	return 0;
}
