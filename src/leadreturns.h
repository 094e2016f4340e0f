/*
 * leadreturns.h
 *		Types and small helpers that every module uses.
 */
#ifndef LEADRETURNS_H
#define LEADRETURNS_H

#include "postgres.h"
#include "datatype/timestamp.h"
#include "fmgr.h"

/* Money is counted in hundredths of the currency unit; tables hold numeric(14,2). */
typedef int64 LrMoney;

#define LR_MONEY_LIMIT INT64CONST(10000000000000) /* 1e11 units: so that sums fit */
#define LR_REASON_CHARS 75                        /* longer reasons are cut, never refused */

/* An id that may be absent. */
typedef struct LrId
{
	int64 id;
	bool given;
} LrId;

/* lr_clock.c */
extern TimestampTz lr_clock(void);
extern void lr_clock_init(void);

/* lr_convert.c */
extern Datum lr_money_datum(LrMoney cents);
extern LrMoney lr_money_from_datum(Datum amount);
extern bool lr_money_from_argument(Datum amount, LrMoney *cents);
extern char *lr_money_text(LrMoney cents);
extern char *lr_instant_text(TimestampTz at);
extern char *lr_interval_text(const Interval *span);
extern bool lr_interval_from_text(const char *given, Interval *span);
extern Datum lr_text_datum(const char *s);
/* Lower case, in which I and i are one letter in every language. */
extern char *lr_lower(const char *text);
/* Bytes in some encoding as text of the database; NULL when they are not valid in it. */
extern char *lr_text_of_bytes(const char *bytes, size_t length, int encoding);

/* lr_reason.c */
extern PGDLLEXPORT Datum lr_phone_digits(PG_FUNCTION_ARGS);

/* An argument as a C string, NULL when it is null. */
#define LR_ARG_CSTRING(n) (PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n)))
/* An argument as a text value, NULL when it is null. */
#define LR_ARG_TEXT(n) (PG_ARGISNULL(n) ? NULL : PG_GETARG_TEXT_PP(n))

static inline LrId
lr_id(Datum value, bool null)
{
	LrId id = {null ? 0 : DatumGetInt64(value), !null};

	return id;
}

/* The other way round, into the columns of a row. */
static inline void
lr_set_id(Datum *values, bool *nulls, int column, LrId id)
{
	values[column] = Int64GetDatum(id.id);
	nulls[column] = !id.given;
}

/* Before, the same, after. */
static inline int
lr_compare_ids(int64 x, int64 y)
{
	return x < y ? -1 : x > y;
}

/* For qsort and bsearch of an array of int64. */
static inline int
lr_compare_elements(const void *a, const void *b)
{
	return lr_compare_ids(*(const int64 *) a, *(const int64 *) b);
}

#define LR_ARG_ID(n) lr_id(PG_GETARG_DATUM(n), PG_ARGISNULL(n))

#endif /* LEADRETURNS_H */
