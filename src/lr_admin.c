/*
 * lr_admin.c
 *		What staff does besides returns: posting money, closing periods, merging reasons.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "lr_deliver.h"
#include "lr_ledger.h"
#include "lr_parents.h"
#include "lr_request.h"
#include "lr_row.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(lr_post);
PG_FUNCTION_INFO_V1(lr_close_period);
PG_FUNCTION_INFO_V1(lr_merge_reason);

static LrTransferKind kind_from_name(const char *name, LrMoney *amount);
static Datum currency_of_supplier(int64 supplier_id, Datum given, bool is_given);
static DateADT day_of_posting(LrStore *store, const LrTransfer *t);
static void count_adjustment(LrStore *store, const LrTransfer *t);
static const LrReason *mergeable(LrStore *store, const char *code);
static void run(const char *query, const char *first, const char *second);
static void read_covered(LrCase *c, int64 delivery_id);
static int64 merge_requests(LrCase *c, const char *from, const char *into);

/* lr_post(kind, party_id, amount, note, currency) */
Datum
lr_post(PG_FUNCTION_ARGS)
{
	LrId party = LR_ARG_ID(1);
	const char *currency = LR_ARG_CSTRING(4);
	LrTransfer t = {0};
	LrStore *store;
	LrRow row;
	Oid type = INT8OID;
	Datum id;

	lr_require_staff("post to the ledger");
	if (PG_ARGISNULL(2) || !lr_money_from_argument(PG_GETARG_DATUM(2), &t.amount))
		LR_RAISE(LR_AMOUNT_OUT_OF_RANGE, "The amount is %s.",
				 PG_ARGISNULL(2) ? "null"
								 : DatumGetCString(DirectFunctionCall1(numeric_out,
																	   PG_GETARG_DATUM(2))));
	t.kind = kind_from_name(LR_ARG_CSTRING(0), &t.amount);
	t.actor = lr_session_role();
	t.note = lr_note(LR_ARG_CSTRING(3));

	store = lr_open_for_command();
	if (t.kind == LR_PAYOUT)
	{
		if (!party.given ||
			!lr_store_get_id(store, LR_SUPPLIER, LR_SUPPLIER_PKEY, party.id, &row))
			lr_raise_no_parent(LR_SUPPLIER, party);
		t.supplier = party;
		t.currency = currency_of_supplier(party.id, PG_GETARG_DATUM(4), !PG_ARGISNULL(4));
		t.posted_at = lr_clock();
	}
	else
	{
		if (!party.given || !lr_store_lock_id(store, LR_ACCOUNT, LR_ACCOUNT_PKEY, party.id,
											  LockTupleKeyShare, &row))
			lr_raise_no_parent(LR_ACCOUNT, party);
		lr_store_refresh(store);
		t.account = party;
		t.currency = row.values[ACCOUNT_CURRENCY];
		if (currency != NULL && strcmp(currency, TextDatumGetCString(t.currency)) != 0)
			LR_RAISE(LR_CURRENCY_MISMATCH, "The account's currency is %s, not %s.",
					 TextDatumGetCString(t.currency), currency);
		t.posted_at = Max(lr_clock(), lr_closed_until(store, party.id));
	}
	t.posted_on = day_of_posting(store, &t);
	id = Int64GetDatum(lr_transfer_post(store, &t));
	count_adjustment(store, &t);
	lr_store_close(store);
	return lr_view_row("SELECT * FROM leadreturns.ledger WHERE transfer_id "
					   "OPERATOR(pg_catalog.=) $1",
					   1, &type, &id);
}

/* In the zone of the account's terms; a supplier has the global ones. */
static DateADT
day_of_posting(LrStore *store, const LrTransfer *t)
{
	LrTermsOf of = {0};
	LrAccount account;
	LrTerms terms;

	if (t->account.given && lr_get_account(store, t->account.id, &account))
	{
		of.account_id = account.account_id;
		of.buyer_id = account.buyer_id;
	}
	lr_terms_resolve(store, &of, t->posted_at, &terms, NULL);
	return lr_day_of(t->posted_at, terms.time_zone);
}

/* The only posting by hand that is profit or loss. */
static void
count_adjustment(LrStore *store, const LrTransfer *t)
{
	LrRates *rates = lr_rates_open();
	LrRateKey key = {t->account.id};

	if (t->kind != LR_ADJUSTMENT && t->kind != LR_ADJUSTMENT_DEBIT)
		return;
	key.currency = t->currency;
	key.moved_on = (LrDay){t->posted_on, true};
	lr_rates_add(rates, &key, FIGURE_ADJUSTED,
				 t->kind == LR_ADJUSTMENT ? -t->amount : t->amount);
	lr_rates_write(rates, store);
}

/* A negative adjustment is one against the account; other amounts are above 0. */
static LrTransferKind
kind_from_name(const char *name, LrMoney *amount)
{
	bool adjustment = name != NULL && strcmp(name, "adjustment") == 0;

	if (*amount == 0 || (*amount < 0 && !adjustment))
		LR_RAISE(LR_AMOUNT_OUT_OF_RANGE, "The amount is %s; it must be %s.",
				 lr_money_text(*amount), adjustment ? "other than 0" : "above 0");
	if (adjustment)
	{
		LrTransferKind kind = *amount > 0 ? LR_ADJUSTMENT : LR_ADJUSTMENT_DEBIT;

		*amount = Abs(*amount);
		return kind;
	}
	if (name != NULL && strcmp(name, "deposit") == 0)
		return LR_DEPOSIT;
	if (name != NULL && strcmp(name, "payment") == 0)
		return LR_PAYMENT;
	if (name != NULL && strcmp(name, "payout") == 0)
		return LR_PAYOUT;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid kind"),
					errdetail("The kind is \"%s\".", name == NULL ? "(null)" : name),
					errhint("Give deposit, payment, payout or adjustment.")));
}

/*
 * A supplier is owed in the currencies of its deliveries. With several the caller names one, which
 * may be any that some account has.
 */
static Datum
currency_of_supplier(int64 supplier_id, Datum given, bool is_given)
{
	Oid type = is_given ? TEXTOID : INT8OID;
	Datum argument = is_given ? given : Int64GetDatum(supplier_id);
	Datum currency = (Datum) 0;
	bool null;
	int n;

	SPI_connect();
	if (SPI_execute_with_args(is_given ? "SELECT DISTINCT currency FROM leadreturns.account "
										 "WHERE currency OPERATOR(pg_catalog.=) $1"
									   : "SELECT DISTINCT currency FROM leadreturns.transfer "
										 "WHERE supplier_id OPERATOR(pg_catalog.=) $1",
							  1, &type, &argument, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the currencies of supplier " INT64_FORMAT, supplier_id);
	n = (int) SPI_processed;
	if (n == 1)
		currency = SPI_datumTransfer(
			SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null), false, -1);
	SPI_finish();
	if (n != 1 && is_given)
		LR_RAISE(LR_CURRENCY_MISMATCH, "No account has currency \"%s\".",
				 TextDatumGetCString(given));
	if (n != 1)
		LR_RAISE(LR_CURRENCY_MISMATCH, "Supplier " INT64_FORMAT " is owed in %d currencies.",
				 supplier_id, n);
	return currency;
}

/*
 * lr_close_period(account_id, ends_before)
 *		What was posted before this day, in the zone of the account's terms, is final. Waits for
 *		deliveries in flight.
 */
Datum
lr_close_period(PG_FUNCTION_ARGS)
{
	LrId account_id = LR_ARG_ID(0);
	Oid types[2] = {INT8OID, DATEOID};
	Datum key[2] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)};
	Datum values[CLOSING_NCOLUMNS];
	bool nulls[CLOSING_NCOLUMNS] = {false};
	LrStore *store;
	LrAccount account;
	LrTermsOf of = {0};
	LrTerms terms;
	TimestampTz ends_at;
	TimestampTz now;
	LrRow row;

	lr_require_staff("close a period");
	if (PG_ARGISNULL(1) || DATE_NOT_FINITE(PG_GETARG_DATEADT(1)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid ends_before"),
						errhint("Give the first day that stays open.")));
	store = lr_open_for_command();
	if (!account_id.given || !lr_store_lock_id(store, LR_ACCOUNT, LR_ACCOUNT_PKEY, account_id.id,
											   LockTupleExclusive, &row))
		lr_raise_no_parent(LR_ACCOUNT, account_id);
	lr_read_account(&row, &account);
	lr_store_refresh(store);
	now = lr_clock();
	of.account_id = account.account_id;
	of.buyer_id = account.buyer_id;
	lr_terms_resolve(store, &of, now, &terms, NULL);
	ends_at = lr_start_of_day(PG_GETARG_DATEADT(1), terms.time_zone);
	if (ends_at > now)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("billing period has not ended"),
						errdetail("It is %s; the period ends at %s.", lr_instant_text(now),
								  lr_instant_text(ends_at)),
						errhint("Close it when it has ended.")));
	if (ends_at <= lr_closed_until(store, account_id.id))
		LR_RAISE(LR_PERIOD_CLOSED, "Account " INT64_FORMAT " is closed until %s.", account_id.id,
				 lr_instant_text(lr_closed_until(store, account_id.id)));

	values[CLOSING_ACCOUNT_ID] = key[0];
	values[CLOSING_ENDS_BEFORE] = key[1];
	values[CLOSING_ENDS_AT] = TimestampTzGetDatum(ends_at);
	values[CLOSING_CLOSED_AT] = TimestampTzGetDatum(now);
	values[CLOSING_CLOSED_BY] = CStringGetTextDatum(lr_session_role());
	lr_store_insert(store, LR_CLOSING, values, nulls);
	lr_store_close(store);
	lr_forget_parents();
	return lr_view_row("SELECT * FROM leadreturns.closed_periods WHERE account_id "
					   "OPERATOR(pg_catalog.=) $1 AND ends_before OPERATOR(pg_catalog.=) $2",
					   2, types, key);
}

/*
 * lr_merge_reason(from_code, into_code)
 *		Retires a reason; its aliases and its requests move to the other one, and so does whatever
 *		is given as it from now on. Holding every account keeps out returns that have matched the
 *		reason already.
 */
Datum
lr_merge_reason(PG_FUNCTION_ARGS)
{
	const char *from = LR_ARG_CSTRING(0);
	const char *into = LR_ARG_CSTRING(1);
	LrCase *c;
	int64 touched;

	lr_require_staff("merge reasons");
	c = lr_begin_command(lr_session_party());
	lr_lock_accounts(c->store, LR_SCOPE_GLOBAL, 0);
	c->now = lr_clock();
	mergeable(c->store, from);
	if (!mergeable(c->store, into)->active || strcmp(from, into) == 0)
		LR_RAISE(LR_REASON_RETIRED, "Reason \"%s\" cannot take in \"%s\".", into, from);

	touched = merge_requests(c, from, into);
	lr_case_end(c);
	run("UPDATE leadreturns.reason SET active = false, merged_into = $2 "
		"WHERE code OPERATOR(pg_catalog.=) $1",
		from, into);
	run("UPDATE leadreturns.reason_alias SET code = $2 WHERE code OPERATOR(pg_catalog.=) $1",
		from, into);
	PG_RETURN_INT64(touched);
}

static const LrReason *
mergeable(LrStore *store, const char *code)
{
	const LrReason *reason = code == NULL ? NULL : lr_reason_by_code(store, code);

	if (reason == NULL)
		LR_RAISE(LR_REASON_UNKNOWN, "There is no reason with code \"%s\".",
				 code == NULL ? "(null)" : code);
	if (reason->merged_into != NULL)
		LR_RAISE(LR_REASON_RETIRED, "Reason \"%s\" was merged into \"%s\".", code,
				 reason->merged_into);
	return reason;
}

static void
run(const char *query, const char *first, const char *second)
{
	Oid types[2] = {TEXTOID, TEXTOID};
	Datum values[2] = {CStringGetTextDatum(first), CStringGetTextDatum(second)};

	SPI_connect();
	if (SPI_execute_with_args(query, 2, types, values, NULL, false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not run: %s", query);
	SPI_finish();
}

/* The delivery in hand, its account and terms; every account is locked, which covers it. */
static void
read_covered(LrCase *c, int64 delivery_id)
{
	LrRow row;

	if (!lr_store_get_id(c->store, LR_DELIVERY, LR_DELIVERY_PKEY, delivery_id, &row))
		elog(ERROR, "delivery " INT64_FORMAT " has vanished", delivery_id);
	lr_read_delivery(&row, c->delivery);
	if (!lr_get_account(c->store, c->delivery->account_id, c->account))
		elog(ERROR, "account " INT64_FORMAT " has vanished", c->delivery->account_id);
	lr_case_terms(c);
}

/* Every request with the reason gets the other one, and a line of history. */
static int64
merge_requests(LrCase *c, const char *from, const char *into)
{
	LrScan *scan = lr_store_scan_all(c->store, LR_REQUEST);
	const char *note = psprintf("%s was merged into %s", from, into);
	int64 *ids = palloc(sizeof(int64) * 64);
	int64 n = 0;
	int64 size = 64;
	LrRow row;

	while (lr_store_next(scan, &row))
	{
		if (strcmp(TextDatumGetCString(row.values[REQUEST_REASON]), from) != 0)
			continue;
		if (n == size)
		{
			size *= 2;
			ids = repalloc_huge(ids, sizeof(int64) * size);
		}
		ids[n++] = DatumGetInt64(row.values[REQUEST_ID]);
	}
	lr_store_end_scan(scan);
	c->delivery = palloc0(sizeof(LrDelivery));
	c->account = palloc0(sizeof(LrAccount));
	for (int64 i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		lr_store_forget_rows(c->store);
		if (!lr_store_get_covered(c->store, LR_REQUEST, LR_REQUEST_PKEY, ids[i], &row))
			elog(ERROR, "return " INT64_FORMAT " has vanished", ids[i]);
		lr_read_request(&row, &c->request);
		read_covered(c, DatumGetInt64(row.values[REQUEST_DELIVERY_ID]));
		lr_change_reason(c, into, note);
	}
	return n;
}
