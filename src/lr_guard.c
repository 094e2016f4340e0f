/*
 * lr_guard.c
 *		Trigger functions on our base tables. Our own writes fire none of the guards (lr_write.c),
 *		so whatever reaches one of them comes from somebody else.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lr_error.h"
#include "lr_store.h"
#include "lr_trigger.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/rel.h"

PG_FUNCTION_INFO_V1(lr_guard_records);
PG_FUNCTION_INFO_V1(lr_guard_reference);
PG_FUNCTION_INFO_V1(lr_replace_seed);
PG_FUNCTION_INFO_V1(lr_forget_cached);

/* A table whose seed rows a dump brings back: the texts of its key come first. */
typedef struct SeededTable
{
	const char *name;
	LrRelation table;
	LrRelation pkey;
	int nkeys;
	int seeded; /* the column */
} SeededTable;

static const SeededTable seeded_tables[] = {
	{"reason", LR_REASON, LR_REASON_PKEY, 1, REASON_SEEDED},
	{"notification_template", LR_NOTIFICATION_TEMPLATE, LR_NOTIFICATION_TEMPLATE_PKEY, 3,
	 TEMPLATE_SEEDED},
};

static bool column_changes(TriggerData *trigger, const char *column);
static const char *verb_of(TriggerEvent event);

Datum
lr_guard_records(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = lr_trigger_data(fcinfo);
	const char *table = RelationGetRelationName(trigger->tg_relation);

	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) && strcmp(table, "request") == 0 &&
		column_changes(trigger, "status"))
		LR_RAISE(LR_ILLEGAL_TRANSITION,
				 "The status of a return changes by the commands or the view returns, not by %s "
				 "of table leadreturns.%s.",
				 verb_of(trigger->tg_event), table);
	LR_RAISE(LR_HISTORY_IS_IMMUTABLE, "%s of table leadreturns.%s.", verb_of(trigger->tg_event),
			 table);
	return PointerGetDatum(NULL);
}

Datum
lr_guard_reference(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = lr_trigger_data(fcinfo);
	const char *table = RelationGetRelationName(trigger->tg_relation);

	if (!TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		LR_RAISE(LR_HISTORY_IS_IMMUTABLE,
				 "%s of table leadreturns.%s: what has been recorded refers to its rows.",
				 verb_of(trigger->tg_event), table);
	for (int i = 0; i < trigger->tg_trigger->tgnargs; i++)
	{
		if (column_changes(trigger, trigger->tg_trigger->tgargs[i]))
			LR_RAISE(LR_HISTORY_IS_IMMUTABLE,
					 "Column \"%s\" of table leadreturns.%s cannot be changed.",
					 trigger->tg_trigger->tgargs[i], table);
	}
	return PointerGetDatum(trigger->tg_newtuple);
}

static bool
column_changes(TriggerData *trigger, const char *column)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	int attnum = SPI_fnumber(desc, column);
	bool old_null;
	bool new_null;
	Datum old = SPI_getbinval(trigger->tg_trigtuple, desc, attnum, &old_null);
	Datum new = SPI_getbinval(trigger->tg_newtuple, desc, attnum, &new_null);

	return lr_value_differs(TupleDescAttr(desc, attnum - 1), old, old_null, new, new_null);
}

static const char *
verb_of(TriggerEvent event)
{
	if (TRIGGER_FIRED_BY_UPDATE(event))
		return "UPDATE";
	if (TRIGGER_FIRED_BY_DELETE(event))
		return "DELETE";
	return TRIGGER_FIRED_BY_INSERT(event) ? "INSERT" : "TRUNCATE";
}

/*
 * BEFORE INSERT of a seeded row: pg_restore brings back the row that CREATE EXTENSION has just made
 * anew, perhaps edited since; the dumped one wins.
 */
Datum
lr_replace_seed(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = lr_trigger_data(fcinfo);
	const char *name = RelationGetRelationName(trigger->tg_relation);
	const SeededTable *t = seeded_tables;
	LrStore *store;
	LrKey keys[3];
	LrRow row;
	bool null;

	while (strcmp(t->name, name) != 0)
	{
		if (++t == seeded_tables + lengthof(seeded_tables))
			elog(ERROR, "table %s has no seed rows", name);
	}
	for (int i = 0; i < t->nkeys; i++)
		keys[i] = (LrKey){i + 1, BTEqualStrategyNumber, TEXTOID,
						  SPI_getbinval(trigger->tg_trigtuple,
										RelationGetDescr(trigger->tg_relation), i + 1, &null)};
	store = lr_store_open(true);
	if (lr_store_get(store, t->table, t->pkey, keys, t->nkeys, &row) &&
		DatumGetBool(row.values[t->seeded]))
		lr_store_delete(store, t->table, &row);
	lr_store_close(store);
	return PointerGetDatum(trigger->tg_trigtuple);
}

/* Changes of rows send no invalidation by themselves; all backends' caches live by this one. */
Datum
lr_forget_cached(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = lr_trigger_data(fcinfo);

	CacheInvalidateRelcache(trigger->tg_relation);
	return PointerGetDatum(NULL);
}
