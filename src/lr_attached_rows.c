/*
 * lr_attached_rows.c
 *		The triggers of attached tables: they hand the rows of a statement to lr_attached.c.
 *
 * They run once per statement and read its transition tables, so that a bulk load stays a bulk
 * load. Whoever writes to the application's table needs no right of ours: that its rows are
 * deliveries was said by the staff that attached it.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "executor/executor.h"
#include "lr_attached.h"
#include "lr_pause.h"
#include "lr_trigger.h"
#include "miscadmin.h"
#include "parser/parse_coerce.h"
#include "catalog/pg_inherits.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(lr_attached_rows);

static void begin(LrFollowing *f, TriggerData *trigger);
static TupleTableSlot *open_rows(Tuplestorestate *rows, Relation rel);
static bool next_row(Tuplestorestate *rows, TupleTableSlot *slot, LrSourceRow *row);
static void follow_rows(LrFollowing *f, Tuplestorestate *rows, Relation rel,
						void (*follow)(LrFollowing *, const LrSourceRow *));
static void follow_updates(LrFollowing *f, TriggerData *trigger);
static bool differs(const LrFollowing *f, TupleDesc desc, const LrSourceRow *old,
					const LrSourceRow *row);
static bool column_differs(const LrColumn *column, TupleDesc desc, const LrSourceRow *old,
						   const LrSourceRow *row);
static void follow_truncate(LrFollowing *f, Relation rel);
static MemoryContext begin_row(LrFollowing *f);

/* AFTER INSERT, UPDATE or DELETE, and BEFORE TRUNCATE, for each statement. */
Datum
lr_attached_rows(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = lr_trigger_data(fcinfo);
	LrFollowing f = {0};

	begin(&f, trigger);
	if (TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
		follow_rows(&f, trigger->tg_newtable, trigger->tg_relation, lr_follow_insert);
	else if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		follow_rows(&f, trigger->tg_oldtable, trigger->tg_relation, lr_follow_delete);
	else if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		follow_updates(&f, trigger);
	else
		follow_truncate(&f, trigger->tg_relation);
	lr_follow_end(&f);
	LR_PAUSE("attached.followed");
	return PointerGetDatum(NULL);
}

static void
begin(LrFollowing *f, TriggerData *trigger)
{
	Relation rel = trigger->tg_relation;
	const LrAttachment *a = NULL;

	if (trigger->tg_trigger->tgnargs == 1)
		a = lr_attachment(strtoll(trigger->tg_trigger->tgargs[0], NULL, 10));
	if (a == NULL || !a->attached ||
		(a->tbl != RelationGetRelid(rel) &&
		 !typeInheritsFrom(rel->rd_rel->reltype, get_rel_type_id(a->tbl))))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("table \"%s\" is not attached", RelationGetRelationName(rel)),
						errdetail("Trigger \"%s\" belongs to an attachment that does not have it.",
								  trigger->tg_trigger->tgname),
						errhint("Attach the table with lr_attach(), or drop the trigger.")));
	if (TRIGGER_FIRED_FOR_ROW(trigger->tg_event) ||
		(TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event)
			 ? !TRIGGER_FIRED_BEFORE(trigger->tg_event)
			 : trigger->tg_newtable == NULL && trigger->tg_oldtable == NULL))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("trigger \"%s\" is not one of those that lr_attach() makes",
							   trigger->tg_trigger->tgname)));
	f->cxt = CurrentMemoryContext;
	f->row_cxt = AllocSetContextCreate(f->cxt, "leadreturns row", ALLOCSET_DEFAULT_SIZES);
	f->attachment_id = a->attachment_id;
	f->table = RelationGetRelationName(rel);
	f->mapping = lr_mapping_resolve(a->mapping, RelationGetDescr(rel), f->table);
}

static TupleTableSlot *
open_rows(Tuplestorestate *rows, Relation rel)
{
	tuplestore_select_read_pointer(rows,
								   tuplestore_alloc_read_pointer(rows, EXEC_FLAG_REWIND));
	tuplestore_rescan(rows);
	return MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsMinimalTuple);
}

static bool
next_row(Tuplestorestate *rows, TupleTableSlot *slot, LrSourceRow *row)
{
	if (!tuplestore_gettupleslot(rows, true, false, slot))
		return false;
	slot_getallattrs(slot);
	row->values = slot->tts_values;
	row->nulls = slot->tts_isnull;
	return true;
}

static void
follow_rows(LrFollowing *f, Tuplestorestate *rows, Relation rel,
			void (*follow)(LrFollowing *, const LrSourceRow *))
{
	TupleTableSlot *slot = open_rows(rows, rel);
	LrSourceRow row;

	while (next_row(rows, slot, &row))
	{
		MemoryContext old = begin_row(f);

		follow(f, &row);
		MemoryContextSwitchTo(old);
	}
	ExecDropSingleTupleTableSlot(slot);
}

/* What a row needs lies in a context of its own; what outlives it does not. */
static MemoryContext
begin_row(LrFollowing *f)
{
	CHECK_FOR_INTERRUPTS();
	lr_follow_next(f);
	MemoryContextReset(f->row_cxt);
	return MemoryContextSwitchTo(f->row_cxt);
}

/*
 * The old and the new versions come in the same order, and most updates concern no column of ours.
 * Only if a trigger of the application has kept rows from being moved to another partition are
 * there fewer new ones; then rows are found by their keys alone.
 */
static void
follow_updates(LrFollowing *f, TriggerData *trigger)
{
	Relation rel = trigger->tg_relation;
	bool in_step = tuplestore_tuple_count(trigger->tg_oldtable) ==
				   tuplestore_tuple_count(trigger->tg_newtable);
	TupleTableSlot *old_slot;
	TupleTableSlot *slot;
	LrSourceRow old;
	LrSourceRow row;

	if (!in_step)
	{
		follow_rows(f, trigger->tg_oldtable, rel, lr_follow_delete);
		follow_rows(f, trigger->tg_newtable, rel, lr_follow_insert);
		return;
	}
	old_slot = open_rows(trigger->tg_oldtable, rel);
	slot = open_rows(trigger->tg_newtable, rel);
	while (next_row(trigger->tg_oldtable, old_slot, &old) &&
		   next_row(trigger->tg_newtable, slot, &row))
	{
		MemoryContext cxt;

		if (!differs(f, RelationGetDescr(rel), &old, &row))
			continue;
		cxt = begin_row(f);
		lr_follow_update(f, &old, &row);
		MemoryContextSwitchTo(cxt);
	}
	ExecDropSingleTupleTableSlot(old_slot);
	ExecDropSingleTupleTableSlot(slot);
}

static bool
differs(const LrFollowing *f, TupleDesc desc, const LrSourceRow *old, const LrSourceRow *row)
{
	const LrMapping *m = f->mapping;

	for (int i = 0; i < LR_NMAPPED; i++)
	{
		if (m->columns[i].name != NULL && column_differs(&m->columns[i], desc, old, row))
			return true;
	}
	for (int i = 0; i < m->nkeys; i++)
	{
		if (column_differs(&m->keys[i], desc, old, row))
			return true;
	}
	return m->condition.name != NULL && column_differs(&m->condition, desc, old, row);
}

static bool
column_differs(const LrColumn *column, TupleDesc desc, const LrSourceRow *old,
			   const LrSourceRow *row)
{
	int i = column->index;

	return lr_value_differs(TupleDescAttr(desc, i), old->values[i], old->nulls[i],
							row->values[i], row->nulls[i]);
}

/* Of a table and its partitions each has a trigger of its own, so each tells of its own rows. */
static void
follow_truncate(LrFollowing *f, Relation rel)
{
	Snapshot snapshot = GetActiveSnapshot();
	TupleTableSlot *slot;
	TableScanDesc scan;
	LrSourceRow row;

	if (rel->rd_rel->relkind != RELKIND_RELATION)
		return;
	slot = table_slot_create(rel, NULL);
	scan = table_beginscan(rel, snapshot, 0, NULL);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		MemoryContext old = begin_row(f);

		slot_getallattrs(slot);
		row.values = slot->tts_values;
		row.nulls = slot->tts_isnull;
		lr_follow_delete(f, &row);
		MemoryContextSwitchTo(old);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
}
