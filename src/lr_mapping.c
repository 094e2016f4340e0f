/*
 * lr_mapping.c
 *		Reading and checking the mapping of an attached table.
 *
 * A mapping is an object: {"lead_id": "id", "account": "buyer_id", "price": "price", ...}. Its keys
 * are those of the list below, "delivered" (which rows are deliveries) and, as stored, "key" (the
 * columns of the primary key).
 */
#include "postgres.h"

#include "lr_mapping.h"

#include "access/genam.h"
#include "catalog/pg_type.h"
#include "lr_error.h"
#include "miscadmin.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/rel.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#define NAMES_OF_ROWS (VALUE_INTEGER | VALUE_TEXT | VALUE_UUID)
#define WORDS (VALUE_TEXT | VALUE_ENUM)

typedef struct MappingItem
{
	const char *name;
	bool required;
	int kinds; /* LrValueKind */
	const char *wants;
} MappingItem;

/* Indexed by LrMapped. */
static const MappingItem items[] = {
	{"lead_id", true, NAMES_OF_ROWS, "an integer, a text or a uuid"},
	{"account", true, NAMES_OF_ROWS, "an integer, a text or a uuid"},
	{"supplier", false, NAMES_OF_ROWS, "an integer, a text or a uuid"},
	{"lead_group", false, NAMES_OF_ROWS, "an integer, a text or a uuid"},
	{"price", true, VALUE_NUMERIC | VALUE_INTEGER, "numeric or an integer"},
	{"cost", false, VALUE_NUMERIC | VALUE_INTEGER, "numeric or an integer"},
	{"delivered_at", false, VALUE_TIMESTAMPTZ | VALUE_TIMESTAMP | VALUE_DATE,
	 "a timestamp or a date"},
	{"status", false, WORDS, "a text or an enum"},
	{"external_id", false, NAMES_OF_ROWS, "a text, a uuid or an integer"},
	{"email", false, VALUE_TEXT, "a text"},
	{"phone", false, VALUE_TEXT, "a text"},
};

StaticAssertDecl(lengthof(items) == LR_NMAPPED, "every column has its item");

static const MappingItem condition_item = {"delivered", false,
										   WORDS | VALUE_BOOLEAN | VALUE_INTEGER,
										   "a text, an enum, a boolean or an integer"};
static const MappingItem key_item = {"key", true,
									 NAMES_OF_ROWS | VALUE_ENUM | VALUE_TIMESTAMPTZ |
										 VALUE_TIMESTAMP | VALUE_DATE,
									 "an integer, a text, a uuid, an enum, a timestamp or a date"};

static JsonbValue *find(Jsonb *mapping, const char *name, JsonbValue *value);
static void check_keys(Jsonb *mapping);
static char *string_of(const MappingItem *item, const JsonbValue *value);
static LrColumn resolve_column(const MappingItem *item, const char *name, TupleDesc desc,
							   const char *table);
static LrValueKind kind_of(Oid type);
static void resolve_condition(LrMapping *m, const JsonbValue *given, TupleDesc desc,
							  const char *table);
static int read_list(const MappingItem *item, const JsonbValue *given, char ***list);
static char *instant_text(Timestamp at, bool zoned);

static void
refuse(const char *item, const char *detail)
{
	lr_raise(LR_INVALID_SETTING, psprintf("Mapping \"%s\": %s.", item, detail),
			 "See doc/attach; lr_attach() with a mapping that fits puts it right.");
}

Jsonb *
lr_mapping_with_key(Jsonb *given, Relation rel)
{
	Oid pkey = RelationGetPrimaryKeyIndex(rel);
	JsonbParseState *state = NULL;
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue value;
	Relation index;

	if (!JB_ROOT_IS_OBJECT(given))
		refuse("", "it is no object");
	if (find(given, "key", &value) != NULL)
		refuse("key", "rows are found by the primary key, which need not be named");
	check_keys(given);
	if (!OidIsValid(pkey))
		refuse("key", psprintf("table \"%s\" has no primary key", RelationGetRelationName(rel)));

	it = JsonbIteratorInit(&given->root);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_END_OBJECT)
		pushJsonbValue(&state, token, token < WJB_BEGIN_ARRAY ? &value : NULL);
	value.type = jbvString;
	value.val.string.val = pstrdup("key");
	value.val.string.len = 3;
	pushJsonbValue(&state, WJB_KEY, &value);
	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	index = index_open(pkey, AccessShareLock);
	for (int i = 0; i < IndexRelationGetNumberOfKeyAttributes(index); i++)
	{
		Form_pg_attribute a =
			TupleDescAttr(RelationGetDescr(rel), index->rd_index->indkey.values[i] - 1);

		value.val.string.val = NameStr(a->attname);
		value.val.string.len = strlen(NameStr(a->attname));
		pushJsonbValue(&state, WJB_ELEM, &value);
	}
	index_close(index, AccessShareLock);
	pushJsonbValue(&state, WJB_END_ARRAY, NULL);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

static JsonbValue *
find(Jsonb *mapping, const char *name, JsonbValue *value)
{
	JsonbValue *found =
		getKeyJsonValueFromContainer(&mapping->root, name, strlen(name), value);

	return found == NULL || found->type == jbvNull ? NULL : found;
}

/* A key that nothing is known of is a mistake that somebody would like to hear about. */
static void
check_keys(Jsonb *mapping)
{
	JsonbIterator *it = JsonbIteratorInit(&mapping->root);
	JsonbIteratorToken token;
	JsonbValue value;

	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		char *name;
		bool known;

		if (token != WJB_KEY)
			continue;
		name = pnstrdup(value.val.string.val, value.val.string.len);
		known = strcmp(name, condition_item.name) == 0;
		for (int i = 0; i < LR_NMAPPED; i++)
			known |= strcmp(name, items[i].name) == 0;
		if (!known)
			refuse(name, "there is nothing of this name to map");
	}
}

LrMapping *
lr_mapping_resolve(Jsonb *mapping, TupleDesc desc, const char *table)
{
	LrMapping *m = palloc0(sizeof(LrMapping));
	JsonbValue value;
	char **keys;

	for (int i = 0; i < LR_NMAPPED; i++)
	{
		if (find(mapping, items[i].name, &value) != NULL)
			m->columns[i] = resolve_column(&items[i], string_of(&items[i], &value), desc,
										   table);
		else if (items[i].required)
			refuse(items[i].name, "it is missing");
	}
	if (m->columns[MAPPED_LEAD_ID].kind != VALUE_INTEGER &&
		m->columns[MAPPED_EXTERNAL_ID].name != NULL)
		refuse("external_id", "lead_id is no integer, so that it is the external id already");
	resolve_condition(m, find(mapping, condition_item.name, &value), desc, table);

	if (find(mapping, key_item.name, &value) == NULL)
		refuse(key_item.name, "it is missing");
	m->nkeys = read_list(&key_item, &value, &keys);
	m->keys = palloc(sizeof(LrColumn) * m->nkeys);
	for (int i = 0; i < m->nkeys; i++)
		m->keys[i] = resolve_column(&key_item, keys[i], desc, table);
	return m;
}

static char *
string_of(const MappingItem *item, const JsonbValue *value)
{
	if (value->type != jbvString)
		refuse(item->name, "it wants the name of a column, as a string");
	return pnstrdup(value->val.string.val, value->val.string.len);
}

static LrColumn
resolve_column(const MappingItem *item, const char *name, TupleDesc desc, const char *table)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(desc, i);
		LrColumn column = {name, i};

		if (a->attisdropped || strcmp(NameStr(a->attname), name) != 0)
			continue;
		column.type = getBaseType(a->atttypid);
		column.kind = kind_of(column.type);
		if ((column.kind & item->kinds) == 0)
			refuse(item->name, psprintf("column \"%s\" of \"%s\" is %s; it wants %s", name, table,
										format_type_be(a->atttypid), item->wants));
		return column;
	}
	refuse(item->name, psprintf("table \"%s\" has no column \"%s\"", table, name));
	pg_unreachable();
}

static LrValueKind
kind_of(Oid type)
{
	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return VALUE_INTEGER;
		case NUMERICOID:
			return VALUE_NUMERIC;
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
			return VALUE_TEXT;
		case UUIDOID:
			return VALUE_UUID;
		case BOOLOID:
			return VALUE_BOOLEAN;
		case TIMESTAMPTZOID:
			return VALUE_TIMESTAMPTZ;
		case TIMESTAMPOID:
			return VALUE_TIMESTAMP;
		case DATEOID:
			return VALUE_DATE;
		default:
			if (type_is_enum(type))
				return VALUE_ENUM;
			/* such as citext: only a superuser can say so of a type */
			return IsBinaryCoercible(type, TEXTOID) ? VALUE_TEXT : 0;
	}
}

/* "delivered": a list of values of the status, or {"column": ..., "in": [...]}. */
static void
resolve_condition(LrMapping *m, const JsonbValue *given, TupleDesc desc, const char *table)
{
	JsonbValue column;
	JsonbValue list;

	if (given == NULL)
		return;
	if (given->type == jbvBinary && JsonContainerIsArray(given->val.binary.data))
	{
		if (m->columns[MAPPED_STATUS].name == NULL)
			refuse(condition_item.name, "it lists values of the status, which is not mapped");
		m->condition = m->columns[MAPPED_STATUS];
		m->nvalues = read_list(&condition_item, given, &m->values);
		return;
	}
	if (given->type != jbvBinary || JsonContainerSize(given->val.binary.data) != 2 ||
		getKeyJsonValueFromContainer(given->val.binary.data, "column", 6, &column) == NULL ||
		getKeyJsonValueFromContainer(given->val.binary.data, "in", 2, &list) == NULL)
		refuse(condition_item.name,
			   "it wants a list of values of the status, or an object with column and in");
	m->condition = resolve_column(&condition_item, string_of(&condition_item, &column), desc,
								  table);
	m->nvalues = read_list(&condition_item, &list, &m->values);
}

/* Strings, numbers and booleans, each as text. */
static int
read_list(const MappingItem *item, const JsonbValue *given, char ***list)
{
	JsonbContainer *array;
	int n;

	if (given->type != jbvBinary || !JsonContainerIsArray(given->val.binary.data) ||
		JsonContainerSize(given->val.binary.data) == 0)
		refuse(item->name, "it wants a list with at least one value");
	array = given->val.binary.data;
	n = JsonContainerSize(array);
	*list = palloc(sizeof(char *) * n);
	for (int i = 0; i < n; i++)
	{
		JsonbValue *v = getIthJsonbValueFromContainer(array, i);

		if (v->type == jbvString)
			(*list)[i] = pnstrdup(v->val.string.val, v->val.string.len);
		else if (v->type == jbvBool)
			(*list)[i] = pstrdup(v->val.boolean ? "true" : "false");
		else if (v->type == jbvNumeric)
			(*list)[i] = DatumGetCString(
				DirectFunctionCall1(numeric_out, NumericGetDatum(v->val.numeric)));
		else
			refuse(item->name, "a value of its list is neither text, number nor boolean");
	}
	return n;
}

bool
lr_mapping_is_delivered(const LrMapping *m, const Datum *values, const bool *nulls)
{
	const LrColumn *c = &m->condition;
	char *value;

	if (c->name == NULL)
		return true;
	if (nulls[c->index])
		return false;
	value = lr_column_text(c, values[c->index]);
	for (int i = 0; i < m->nvalues; i++)
	{
		if (strcmp(m->values[i], value) == 0)
			return true;
	}
	return false;
}

/* One column: its text. Several: with commas between, and backslashes before those within. */
char *
lr_mapping_key(const LrMapping *m, const Datum *values)
{
	StringInfoData key;

	if (m->nkeys == 1)
		return lr_column_text(&m->keys[0], values[m->keys[0].index]);
	initStringInfo(&key);
	for (int i = 0; i < m->nkeys; i++)
	{
		if (i > 0)
			appendStringInfoChar(&key, ',');
		for (char *p = lr_column_text(&m->keys[i], values[m->keys[i].index]); *p != '\0'; p++)
		{
			if (*p == ',' || *p == '\\')
				appendStringInfoChar(&key, '\\');
			appendStringInfoChar(&key, *p);
		}
	}
	return key.data;
}

char **
lr_mapping_key_parts(const char *row_key, int nkeys)
{
	char **parts = palloc0(sizeof(char *) * nkeys);
	int part = 0;
	StringInfoData text;

	if (nkeys == 1)
	{
		parts[0] = pstrdup(row_key);
		return parts;
	}
	initStringInfo(&text);
	for (const char *p = row_key;; p++)
	{
		if ((*p == ',' || *p == '\0') && part < nkeys)
		{
			parts[part++] = pstrdup(text.data);
			resetStringInfo(&text);
		}
		if (*p == '\0')
			break;
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == ',')
			continue;
		appendStringInfoChar(&text, *p);
	}
	return parts;
}

char *
lr_column_text(const LrColumn *column, Datum value)
{
	switch (column->kind)
	{
		case VALUE_INTEGER:
			return psprintf(INT64_FORMAT, lr_column_integer(column, value));
		case VALUE_NUMERIC:
			return DatumGetCString(DirectFunctionCall1(numeric_out, value));
		case VALUE_TEXT:
			if (column->type == BPCHAROID)
				return TextDatumGetCString(DirectFunctionCall1(rtrim1, value));
			return TextDatumGetCString(value);
		case VALUE_UUID:
			return DatumGetCString(DirectFunctionCall1(uuid_out, value));
		case VALUE_ENUM:
			return DatumGetCString(DirectFunctionCall1(enum_out, value));
		case VALUE_BOOLEAN:
			return pstrdup(DatumGetBool(value) ? "true" : "false");
		case VALUE_TIMESTAMPTZ:
			return instant_text(DatumGetTimestampTz(value), true);
		case VALUE_TIMESTAMP:
			return instant_text(DatumGetTimestamp(value), false);
		case VALUE_DATE:
			break;
	}
	return instant_text(DatumGetTimestamp(DirectFunctionCall1(date_timestamp, value)), false);
}

/* ISO 8601, in UTC if it has a zone. */
static char *
instant_text(Timestamp at, bool zoned)
{
	struct pg_tm tm;
	fsec_t fsec;
	char buf[MAXDATELEN + 1];

	if (zoned)
		return lr_instant_text(at);
	if (TIMESTAMP_NOT_FINITE(at))
		return pstrdup(TIMESTAMP_IS_NOBEGIN(at) ? "-infinity" : "infinity");
	if (timestamp2tm(at, NULL, &tm, &fsec, NULL, NULL) != 0)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("timestamp out of range")));
	EncodeDateTime(&tm, fsec, false, 0, NULL, USE_ISO_DATES, buf);
	return pstrdup(buf);
}

int64
lr_column_integer(const LrColumn *column, Datum value)
{
	if (column->type == INT2OID)
		return DatumGetInt16(value);
	if (column->type == INT4OID)
		return DatumGetInt32(value);
	return DatumGetInt64(value);
}

Datum
lr_column_numeric(const LrColumn *column, Datum value)
{
	if (column->kind == VALUE_NUMERIC)
		return value;
	return NumericGetDatum(int64_to_numeric(lr_column_integer(column, value)));
}
