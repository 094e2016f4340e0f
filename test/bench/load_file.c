/*
 * load_file.c
 *		Sends a file to the server: load_file HOW FILE, connected as the environment says.
 *
 * HOW is text (one bound parameter of lr_import_text), generic (the same with a generic plan, into
 * which the parameter is not copied), upload (COPY into import_upload) or staging (COPY into
 * bench.staging). Prints "load-HOW", the milliseconds it took, the milliseconds that
 * the backend computed, and by how many kB its anonymous memory grew at most meanwhile.
 */
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>

#define PIECE 65536

static PGconn *conn;
static long most_kb = 0;

static void
die(const char *what)
{
	fprintf(stderr, "load_file: %s: %s", what, conn == NULL ? "\n" : PQerrorMessage(conn));
	exit(1);
}

static FILE *
open_proc(const char *name)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/%s", PQbackendPID(conn), name);
	file = fopen(path, "r");
	if (file == NULL)
		die(path);
	return file;
}

static long
anonymous_kb(void)
{
	FILE *file = open_proc("status");
	char line[256];
	long kb = 0;

	while (fgets(line, sizeof(line), file) != NULL && sscanf(line, "RssAnon: %ld", &kb) != 1)
		;
	fclose(file);
	return kb;
}

static double
computed_ms(void)
{
	FILE *file = open_proc("schedstat");
	double ns = 0;

	if (fscanf(file, "%lf", &ns) != 1)
		die("schedstat");
	fclose(file);
	return ns / 1e6;
}

static double
clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static void
watch(void)
{
	long kb = anonymous_kb();

	if (kb > most_kb)
		most_kb = kb;
}

static void
expect(PGresult *result, ExecStatusType status)
{
	if (PQresultStatus(result) != status)
		die("failed");
	PQclear(result);
}

/* Waits for the answer, looking at the backend's memory every few milliseconds. */
static void
finish(ExecStatusType status)
{
	while (PQflush(conn) != 0 || PQisBusy(conn))
	{
		struct timeval pause = {0, 3000};
		fd_set readable;

		FD_ZERO(&readable);
		FD_SET(PQsocket(conn), &readable);
		select(PQsocket(conn) + 1, &readable, NULL, NULL, &pause);
		if (!PQconsumeInput(conn))
			die("lost");
		watch();
	}
	expect(PQgetResult(conn), status);
	while (PQgetResult(conn) != NULL)
		;
}

static void
send_text(const char *bytes, size_t length)
{
	int length_of = (int) length;
	int binary = 1;

	PQsetnonblocking(conn, 1);
	if (!PQsendQueryParams(conn, "SELECT lr_import_text(max(import_id), $1) "
								 "FROM leadreturns.import",
						   1, NULL, &bytes, &length_of, &binary, 0))
		die("send");
	finish(PGRES_TUPLES_OK);
}

static void
send_copy(const char *table, const char *bytes, size_t length)
{
	char copy[128];

	snprintf(copy, sizeof(copy), "COPY %s (key, reason) FROM STDIN (FORMAT csv, HEADER)", table);
	expect(PQexec(conn, copy), PGRES_COPY_IN);
	for (size_t at = 0; at < length; at += PIECE)
	{
		if (PQputCopyData(conn, bytes + at, (int) (length - at < PIECE ? length - at : PIECE)) != 1)
			die("send");
		watch();
	}
	if (PQputCopyEnd(conn, NULL) != 1)
		die("send");
	finish(PGRES_COMMAND_OK);
}

static char *
read_file(const char *name, size_t *length)
{
	FILE *file = fopen(name, "rb");
	char *bytes;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0)
		die(name);
	*length = ftell(file);
	rewind(file);
	bytes = malloc(*length + 1);
	if (bytes == NULL || fread(bytes, 1, *length, file) != *length)
		die(name);
	fclose(file);
	return bytes;
}

int
main(int argc, char **argv)
{
	const char *how = argc == 3 ? argv[1] : "";
	bool generic = strcmp(how, "generic") == 0;
	bool text = generic || strcmp(how, "text") == 0;
	double started, computed;
	size_t length;
	char *bytes;
	long before;

	if (!text && strcmp(how, "upload") != 0 && strcmp(how, "staging") != 0)
		die("usage: load_file text|generic|upload|staging FILE");
	bytes = read_file(argv[2], &length);
	conn = PQconnectdb("");
	if (PQstatus(conn) != CONNECTION_OK)
		die("connect");
	expect(PQexec(conn, "SELECT lr_import_create('file')"), PGRES_TUPLES_OK);
	if (generic)
		expect(PQexec(conn, "SET plan_cache_mode = force_generic_plan"), PGRES_COMMAND_OK);
	before = anonymous_kb();
	computed = computed_ms();
	started = clock_ms();
	if (text)
		send_text(bytes, length);
	else
		send_copy(strcmp(how, "upload") == 0 ? "leadreturns.import_upload" : "bench.staging",
				  bytes, length);
	started = clock_ms() - started;
	computed = computed_ms() - computed;
	printf("load-%s %.1f %.1f %ld\n", how, started, computed, most_kb - before);
	PQfinish(conn);
	free(bytes);
	return 0;
}
