/*
 * lr_mapping.h
 *		Which column of an attached table is what, and reading its values.
 */
#ifndef LR_MAPPING_H
#define LR_MAPPING_H

#include "access/tupdesc.h"
#include "utils/relcache.h"
#include "leadreturns.h"
#include "utils/jsonb.h"

/* What a column may be; the names are in lr_mapping.c in the same order. */
typedef enum LrMapped
{
	MAPPED_LEAD_ID,
	MAPPED_ACCOUNT,
	MAPPED_SUPPLIER,
	MAPPED_LEAD_GROUP,
	MAPPED_PRICE,
	MAPPED_COST,
	MAPPED_DELIVERED_AT,
	MAPPED_STATUS,
	MAPPED_EXTERNAL_ID,
	MAPPED_EMAIL,
	MAPPED_PHONE,
	LR_NMAPPED
} LrMapped;

/* How a value is read. Only these types: no conversion of somebody's own runs with our rights. */
typedef enum LrValueKind
{
	VALUE_INTEGER = 1 << 0,
	VALUE_NUMERIC = 1 << 1,
	VALUE_TEXT = 1 << 2,
	VALUE_UUID = 1 << 3,
	VALUE_ENUM = 1 << 4,
	VALUE_BOOLEAN = 1 << 5,
	VALUE_TIMESTAMPTZ = 1 << 6,
	VALUE_TIMESTAMP = 1 << 7,
	VALUE_DATE = 1 << 8
} LrValueKind;

typedef struct LrColumn
{
	const char *name; /* NULL: not mapped */
	int index;        /* in the values of a row */
	Oid type;         /* below any domain */
	LrValueKind kind;
} LrColumn;

typedef struct LrMapping
{
	LrColumn columns[LR_NMAPPED];
	LrColumn condition; /* a row is delivered when it has one of these values */
	int nvalues;
	char **values;
	int nkeys; /* the primary key */
	LrColumn *keys;
} LrMapping;

/* The mapping with the primary key in it, as it is stored; raises invalid_setting. */
extern Jsonb *lr_mapping_with_key(Jsonb *given, Relation rel);
/* Finds the columns of a stored mapping in rows of this shape; raises invalid_setting. */
extern LrMapping *lr_mapping_resolve(Jsonb *mapping, TupleDesc desc, const char *table);

/* Has the row been delivered? */
extern bool lr_mapping_is_delivered(const LrMapping *mapping, const Datum *values,
									const bool *nulls);
/* The primary key as a text that no setting of the session changes. */
extern char *lr_mapping_key(const LrMapping *mapping, const Datum *values);
/* The parts of such a text, one for each column of the key. */
extern char **lr_mapping_key_parts(const char *row_key, int nkeys);

/* A value as text, as a number, as an amount; the column is mapped and not null. */
extern char *lr_column_text(const LrColumn *column, Datum value);
extern int64 lr_column_integer(const LrColumn *column, Datum value);
extern Datum lr_column_numeric(const LrColumn *column, Datum value);

#endif /* LR_MAPPING_H */
