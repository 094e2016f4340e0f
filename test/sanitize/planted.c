/*
 * planted.c
 *		Faults that a tool must report, or its silence about the library means nothing. Each is
 *		committed by a function of its own.
 */
#include "postgres.h"

#include <stdlib.h>

#include "fmgr.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(planted_overflow);
PG_FUNCTION_INFO_V1(planted_heap);
PG_FUNCTION_INFO_V1(planted_stack);
PG_FUNCTION_INFO_V1(planted_uninitialised);

/* Volatile, so that the compiler neither sees nor removes what is done */
static volatile int32 most = PG_INT32_MAX;
static volatile int past = 100;

Datum
planted_overflow(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(most + 1);
}

Datum
planted_heap(PG_FUNCTION_ARGS)
{
	volatile char *volatile bytes = malloc(past);

	bytes[past] = 1;
	free((void *) bytes);
	PG_RETURN_VOID();
}

Datum
planted_stack(PG_FUNCTION_ARGS)
{
	volatile char bytes[100];

	bytes[past] = 1;
	PG_RETURN_INT32(bytes[past]);
}

Datum
planted_uninitialised(PG_FUNCTION_ARGS)
{
	volatile char *volatile bytes = malloc(past);

	if (bytes[1] > 'a')
		elog(NOTICE, "above");
	free((void *) bytes);
	PG_RETURN_VOID();
}
