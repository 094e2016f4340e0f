/*
 * lr_cron.c
 *		What the server says of pg_cron. Any role may ask, unlike of the settings themselves.
 */
#include "postgres.h"

#include "leadreturns.h"

#include "utils/builtins.h"
#include "utils/guc.h"

PG_FUNCTION_INFO_V1(lr_cron_database);

/* The setting exists when the library is loaded at server start. */
Datum
lr_cron_database(PG_FUNCTION_ARGS)
{
	const char *database = GetConfigOption("cron.database_name", true, false);
	const char *libraries = GetConfigOption("shared_preload_libraries", true, false);

	if (database == NULL || libraries == NULL || strstr(libraries, "pg_cron") == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(database));
}
