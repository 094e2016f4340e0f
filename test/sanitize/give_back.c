/*
 * give_back.c
 *		give_back(): the calling backend's memory that is free goes back to the system, so that
 *		what it then has is in use. Queries with much to sort or hash leave a large free heap.
 */
#include "postgres.h"

#include <malloc.h>

#include "fmgr.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(give_back);

Datum
give_back(PG_FUNCTION_ARGS)
{
	malloc_trim(0);
	PG_RETURN_VOID();
}
