/*
 * failing_malloc.c
 *		Preloaded into the server, and loaded by it as a module too: makes allocations of the
 *		calling backend fail.
 *
 *		fail_malloc(at, every): the at-th from now on, and after it each every-th (0: no other).
 *		fail_malloc(0, 0): none. Both return how many have failed so far.
 */
#define _GNU_SOURCE
#include "postgres.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>

#include "fmgr.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(fail_malloc);

extern void *__libc_malloc(size_t size);
extern void *__libc_realloc(void *old, size_t size);

static int32 left = 0;
static int32 again = 0;
static int32 failed = 0;

/*
 * Whether the allocation is one that the server does not survive without: pgstat_get_entry_ref
 * enters a reference into its hash table before it has the memory for it, and at the end of the
 * session follows what it finds there.
 */
static bool
is_vital(void)
{
	void	   *frames[32];
	int			depth = backtrace(frames, lengthof(frames));

	for (int i = 0; i < depth; i++)
	{
		Dl_info		info;

		if (dladdr(frames[i], &info) != 0 && info.dli_sname != NULL &&
			strcmp(info.dli_sname, "pgstat_get_entry_ref") == 0)
			return true;
	}
	return false;
}

static bool
fails(void)
{
	if (left == 0 || --left > 0)
		return false;
	/* left is 0 here, so that what backtrace allocates is given */
	if (is_vital())
	{
		left = 1;
		return false;
	}
	left = again;
	failed++;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *
realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}

Datum
fail_malloc(PG_FUNCTION_ARGS)
{
	left = PG_GETARG_INT32(0);
	again = PG_GETARG_INT32(1);
	PG_RETURN_INT32(failed);
}
