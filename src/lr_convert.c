/*
 * lr_convert.c
 *		Between PostgreSQL's values and ours, the same whatever the session's settings are.
 */
#include "postgres.h"

#include "leadreturns.h"

#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/formatting.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

Datum
lr_money_datum(LrMoney cents)
{
	return NumericGetDatum(int64_div_fast_to_numeric(cents, 2));
}

/* The cents of a numeric(14,2) that comes from one of our tables. */
LrMoney
lr_money_from_datum(Datum amount)
{
	Datum scaled = DirectFunctionCall2(numeric_mul, amount,
									   NumericGetDatum(int64_to_numeric(100)));

	return DatumGetInt64(DirectFunctionCall1(numeric_int8, scaled));
}

/*
 * lr_money_from_argument
 *		The cents of a caller's numeric; false when it is no amount of money: NaN, infinite, too
 *		large, or finer than a hundredth.
 */
bool
lr_money_from_argument(Datum amount, LrMoney *cents)
{
	Numeric given = DatumGetNumeric(amount);
	Datum limit = NumericGetDatum(int64_to_numeric(LR_MONEY_LIMIT / 100));
	Datum size;

	if (numeric_is_nan(given) || numeric_is_inf(given))
		return false;
	size = DirectFunctionCall1(numeric_abs, amount);
	if (DatumGetBool(DirectFunctionCall2(numeric_ge, size, limit)))
		return false;
	*cents = lr_money_from_datum(amount);
	return DatumGetBool(DirectFunctionCall2(numeric_eq, lr_money_datum(*cents), amount));
}

char *
lr_money_text(LrMoney cents)
{
	uint64 size = cents < 0 ? -(uint64) cents : (uint64) cents;

	return psprintf("%s" UINT64_FORMAT ".%02d", cents < 0 ? "-" : "", size / 100,
					(int) (size % 100));
}

/* An instant in ISO 8601, UTC, for messages. */
char *
lr_instant_text(TimestampTz at)
{
	struct pg_tm tm;
	fsec_t fsec;
	int tz;
	const char *abbreviation;
	char buf[MAXDATELEN + 1];

	if (TIMESTAMP_NOT_FINITE(at))
		return pstrdup(TIMESTAMP_IS_NOBEGIN(at) ? "-infinity" : "infinity");
	if (timestamp2tm(at, &tz, &tm, &fsec, &abbreviation, pg_tzset("UTC")) != 0)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("timestamp out of range")));
	EncodeDateTime(&tm, fsec, true, 0, NULL, USE_ISO_DATES, buf);
	return pstrdup(buf);
}

/* An interval in PostgreSQL's own style, whatever IntervalStyle says. */
char *
lr_interval_text(const Interval *span)
{
	struct pg_itm itm;
	char buf[MAXDATELEN + 1];

	interval2itm(*span, &itm);
	EncodeInterval(&itm, INTSTYLE_POSTGRES, buf);
	return pstrdup(buf);
}

/* Reads an interval as interval_in does, but answers false instead of raising an error. */
bool
lr_interval_from_text(const char *given, Interval *span)
{
	char work[256];
	char *field[MAXDATEFIELDS];
	int ftype[MAXDATEFIELDS];
	struct pg_itm_in itm;
	int nfields;
	int dtype;
	int error;

	memset(&itm, 0, sizeof(itm));
	if (strlen(given) >= sizeof(work) / 2)
		return false;
	error = ParseDateTime(given, work, sizeof(work), field, ftype, MAXDATEFIELDS, &nfields);
	if (error == 0)
		error = DecodeInterval(field, ftype, nfields, INTERVAL_FULL_RANGE, &dtype, &itm);
	if (error == DTERR_BAD_FORMAT)
	{
		char *copy = pstrdup(given);

		error = DecodeISO8601Interval(copy, &dtype, &itm);
	}
	return error == 0 && dtype == DTK_DELTA && itmin2interval(&itm, span) == 0;
}

/* NULL becomes the null pointer: callers test it. */
Datum
lr_text_datum(const char *s)
{
	return s == NULL ? (Datum) 0 : CStringGetTextDatum(s);
}

char *
lr_text_of_bytes(const char *bytes, size_t length, int encoding)
{
	int to = GetDatabaseEncoding();
	size_t room = length * MAX_CONVERSION_GROWTH + 1;
	Oid conversion;
	char *out;

	if (!pg_verify_mbstr(encoding, bytes, (int) length, true))
		return NULL;
	if (encoding == to || encoding == PG_SQL_ASCII || to == PG_SQL_ASCII)
		return pnstrdup(bytes, length);
	conversion = FindDefaultConversionProc(encoding, to);
	if (!OidIsValid(conversion))
		return NULL;
	out = palloc(room);
	if (pg_do_encoding_conversion_buf(conversion, encoding, to,
									  unconstify(unsigned char *, (const unsigned char *) bytes),
									  (int) length, (unsigned char *) out, (int) room,
									  true) != (int) length)
		return NULL;
	return out;
}

/*
 * lr_lower
 *		What differs in nothing but its case is the same in this. Where I and i are two letters, as
 *		in Turkish, they count as one: LEAD_ID and INFO@EXAMPLE.COM are written there too. The index
 *		delivery_email_idx holds the same.
 */
char *
lr_lower(const char *text)
{
	char *lower = str_tolower(text, strlen(text), DEFAULT_COLLATION_OID);
	const char *end = lower + strlen(lower);
	const char *dotless = str_tolower("I", 1, DEFAULT_COLLATION_OID);
	int dotless_length = strlen(dotless);
	char *to = lower;

	if (strcmp(dotless, "i") == 0)
		return lower;
	for (const char *from = lower; from < end;)
	{
		int width = Min(pg_mblen(from), end - from);

		if (width == dotless_length && memcmp(from, dotless, width) == 0)
			*to++ = 'i';
		else
		{
			memmove(to, from, width);
			to += width;
		}
		from += width;
	}
	*to = '\0';
	return lower;
}
