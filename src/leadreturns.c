/*
 * leadreturns.c
 *		The module: magic, settings, initialisation.
 *
 * Who owns which memory: a command works in the context it is called in, and its store
 * (lr_store.c) in a child of that; both are gone when the call ends or fails. What a backend keeps
 * (table writers, terms, reasons, holidays) lies in contexts of its own below CacheMemoryContext,
 * built aside and put in place when complete, replaced as a whole when the table behind it has
 * changed. What lives as long as a transaction (gathered deliveries, lr_act_as) lies in
 * TopTransactionContext and is forgotten by transaction callbacks.
 */
#include "postgres.h"

#include "leadreturns.h"

#include "lr_compat.h"
#include "lr_deliver.h"
#include "lr_import.h"
#include "lr_outbox.h"
#include "lr_parents.h"
#include "lr_pause.h"
#include "lr_report.h"
#include "lr_session.h"
#include "miscadmin.h"
#include "utils/guc.h"

PG_MODULE_MAGIC;

void _PG_init(void);

static void warn_if_old(void);

static void (*const inits[])(void) = {
	lr_session_init,
	lr_deliver_init,
	lr_parents_init,
	lr_import_upload_init,
	lr_outbox_init,
	lr_clock_init,
	lr_report_init,
#ifdef LR_TEST
	lr_pause_init,
#endif
};

/*
 * _PG_init
 *		A load that fails for want of memory is repeated by the next call in the same session, with
 *		our variables as they were: it goes on where it stopped, because a setting cannot be made
 *		twice and callbacks are not to pile up.
 */
void
_PG_init(void)
{
	static int done = 0;

	for (; done < (int) lengthof(inits); done++)
		inits[done]();
	MarkGUCPrefixReserved("leadreturns");
	warn_if_old();
}

static void
warn_if_old(void)
{
	const char *version = GetConfigOption("server_version_num", false, false);

	if (PG_VERSION_NUM / 10000 == LR_MIN_SERVER_VERSION / 10000 &&
		atoi(version) < LR_MIN_SERVER_VERSION)
		ereport(WARNING, (errmsg("leadreturns wants PostgreSQL 15.20 or later"),
						  errdetail("Earlier minor releases lack security fixes it relies on."),
						  errhint("Update the server.")));
}
