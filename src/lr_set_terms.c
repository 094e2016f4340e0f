/*
 * lr_set_terms.c
 *		Setting terms, and showing them.
 *
 * A version holds all settings of its scope: those of the version in force before it, changed by
 * the ones given. Setting terms never re-judges the past: a version is refused if a delivery that
 * already has a request would get other terms by it.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "funcapi.h"
#include "lr_deliver.h"
#include "lr_request.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(lr_set_terms);
PG_FUNCTION_INFO_V1(lr_terms);

/* The terms of one request's delivery, as a fingerprint. */
typedef struct Judged
{
	int64 return_id;
	LrTermsOf of;
	TimestampTz delivered_at;
	uint64 fingerprint;
} Judged;

typedef struct JudgedList
{
	Judged *all;
	int64 n;
	int64 size;
} JudgedList;

static void check_scope(LrStore *store, LrScope scope, LrId scope_id);
static void check_settings(Jsonb *settings, LrTerms *terms, uint64 *given);
static Jsonb *merge_settings(LrStore *store, LrScope scope, int64 scope_id, TimestampTz at,
							 Jsonb *given);
static Jsonb *settings_of(LrStore *store, int64 terms_id);
static void gather_judged(LrStore *store, LrScope scope, int64 scope_id, TimestampTz from,
						  JudgedList *list);
static void check_judged(LrStore *store, const JudgedList *list);
static uint64 fingerprint(LrStore *store, const Judged *judged);

/* lr_set_terms(scope, scope_id, settings, valid_from) */
Datum
lr_set_terms(PG_FUNCTION_ARGS)
{
	char *scope_name = LR_ARG_CSTRING(0);
	LrId scope_id = LR_ARG_ID(1);
	LrScope scope = scope_name == NULL ? LR_NSCOPES : lr_scope_from_name(scope_name);
	LrStore *store;
	JudgedList judged = {NULL, 0, 0};
	LrTerms terms;
	uint64 given = 0;
	TimestampTz now;
	TimestampTz valid_from;
	Datum values[TERMS_NCOLUMNS];
	bool nulls[TERMS_NCOLUMNS] = {false};
	TupleDesc desc;

	lr_require_staff("set terms");
	if (scope == LR_NSCOPES)
		LR_RAISE(LR_INVALID_SETTING,
				 "There is no scope \"%s\": give global, lead_group, buyer or account.",
				 scope_name == NULL ? "(null)" : scope_name);
	if (PG_ARGISNULL(2) || !JB_ROOT_IS_OBJECT(PG_GETARG_JSONB_P(2)))
		LR_RAISE(LR_INVALID_SETTING, "The settings are no JSON object.");
	lr_setting_defaults(&terms);
	check_settings(PG_GETARG_JSONB_P(2), &terms, &given);

	store = lr_open_for_command();
	check_scope(store, scope, scope_id);
	lr_lock_accounts(store, scope, scope_id.id);
	now = lr_clock();
	valid_from = PG_ARGISNULL(3) ? now : PG_GETARG_TIMESTAMPTZ(3);
	if (TIMESTAMP_NOT_FINITE(valid_from))
		LR_RAISE(LR_INVALID_SETTING, "valid_from is not finite.");
	gather_judged(store, scope, scope_id.id, valid_from, &judged);

	values[TERMS_ID] = Int64GetDatum(lr_store_next_id(LR_TERMS_SEQ));
	values[TERMS_SCOPE] = CStringGetTextDatum(lr_scope_name(scope));
	values[TERMS_SCOPE_ID] = Int64GetDatum(scope_id.id);
	nulls[TERMS_SCOPE_ID] = !scope_id.given;
	values[TERMS_VALID_FROM] = TimestampTzGetDatum(valid_from);
	values[TERMS_SETTINGS] = JsonbPGetDatum(
		merge_settings(store, scope, scope_id.id, valid_from, PG_GETARG_JSONB_P(2)));
	values[TERMS_SET_AT] = TimestampTzGetDatum(now);
	values[TERMS_SET_BY] = CStringGetTextDatum(lr_session_role());
	lr_store_insert(store, LR_TERMS, values, nulls);
	CacheInvalidateRelcacheByRelid(lr_relation(LR_TERMS));
	lr_store_step(store);
	check_judged(store, &judged);
	lr_store_close(store);

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "lr_set_terms must return a row");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

static void
check_scope(LrStore *store, LrScope scope, LrId scope_id)
{
	static const LrRelation tables[] = {0, LR_LEAD_GROUP, LR_BUYER, LR_ACCOUNT};
	static const LrRelation pkeys[] = {0, LR_LEAD_GROUP_PKEY, LR_BUYER_PKEY, LR_ACCOUNT_PKEY};
	LrRow row;

	if (scope == LR_SCOPE_GLOBAL ? !scope_id.given
								 : scope_id.given && lr_store_get_id(store, tables[scope],
																	 pkeys[scope], scope_id.id,
																	 &row))
		return;
	if (scope == LR_SCOPE_GLOBAL)
		LR_RAISE(LR_INVALID_SETTING, "Scope global takes no scope_id.");
	if (!scope_id.given)
		LR_RAISE(LR_INVALID_SETTING, "Scope %s needs a scope_id.", lr_scope_name(scope));
	LR_RAISE(LR_INVALID_SETTING, "There is no %s " INT64_FORMAT ".", lr_scope_name(scope),
			 scope_id.id);
}

/* Each setting must be known and its value fit; null takes a setting away. */
static void
check_settings(Jsonb *settings, LrTerms *terms, uint64 *given)
{
	JsonbIterator *it = JsonbIteratorInit(&settings->root);
	JsonbIteratorToken token;
	JsonbValue value;
	int setting = -1;

	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			setting = lr_setting_find(value.val.string.val, value.val.string.len);
			if (setting < 0)
				LR_RAISE(LR_INVALID_SETTING, "There is no setting \"%s\".",
						 pnstrdup(value.val.string.val, Min(value.val.string.len, 80)));
		}
		else if (token == WJB_VALUE && value.type != jbvNull)
		{
			Assert(setting >= 0);
			lr_setting_parse(setting, &value, terms);
			*given |= UINT64CONST(1) << setting;
		}
	}
}

static Jsonb *
merge_settings(LrStore *store, LrScope scope, int64 scope_id, TimestampTz at, Jsonb *given)
{
	const LrTermsVersion *former = lr_terms_version_at(store, scope, scope_id, at);
	Datum merged = JsonbPGetDatum(given);
	LrTerms terms;
	uint64 which = 0;
	uint64 ages = (UINT64CONST(1) << lr_setting_find("min_age", 7)) |
				  (UINT64CONST(1) << lr_setting_find("max_age", 7));

	if (former != NULL)
		merged = DirectFunctionCall2(jsonb_concat,
									 JsonbPGetDatum(settings_of(store, former->terms_id)),
									 merged);
	merged = DirectFunctionCall1(jsonb_strip_nulls, merged);
	lr_setting_defaults(&terms);
	check_settings(DatumGetJsonbP(merged), &terms, &which);
	if ((which & ages) == ages &&
		DatumGetBool(DirectFunctionCall2(interval_gt, IntervalPGetDatum(&terms.min_age),
										 IntervalPGetDatum(&terms.max_age))))
		LR_RAISE(LR_INVALID_SETTING, "Setting \"min_age\", %s, is more than \"max_age\", %s.",
				 lr_interval_text(&terms.min_age), lr_interval_text(&terms.max_age));
	return DatumGetJsonbP(merged);
}

static Jsonb *
settings_of(LrStore *store, int64 terms_id)
{
	uint64 version;
	LrScan *scan = lr_store_scan_reference(store, LR_TERMS, &version);
	Jsonb *settings = NULL;
	LrRow row;

	while (settings == NULL && lr_store_next(scan, &row))
	{
		if (DatumGetInt64(row.values[TERMS_ID]) == terms_id)
			settings = DatumGetJsonbPCopy(row.values[TERMS_SETTINGS]);
	}
	lr_store_end_scan(scan);
	if (settings == NULL)
		elog(ERROR, "terms " INT64_FORMAT " have vanished", terms_id);
	return settings;
}

/*
 * Locks the accounts that a scope touches, in the order of their ids: whoever holds them knows
 * that no return of theirs is in flight, and that the next one sees what is set now.
 */
void
lr_lock_accounts(LrStore *store, LrScope scope, int64 scope_id)
{
	int64 n;
	int64 *ids = lr_accounts_of(store, scope, scope_id, &n);
	LrRow row;

	for (int64 i = 0; i < n; i++)
		lr_store_lock_id(store, LR_ACCOUNT, LR_ACCOUNT_PKEY, ids[i], LockTupleNoKeyExclusive,
						 &row);
	lr_store_refresh(store);
}

/* The accounts of a scope, by id; all of them for global and lead_group. */
int64 *
lr_accounts_of(LrStore *store, LrScope scope, int64 scope_id, int64 *n)
{
	LrKey key = lr_key_id(1, scope_id);
	int64 size = 16;
	int64 *ids = palloc(sizeof(int64) * size);
	LrScan *scan;
	LrRow row;

	if (scope == LR_SCOPE_ACCOUNT)
		scan = lr_store_scan(store, LR_ACCOUNT, LR_ACCOUNT_PKEY, &key, 1);
	else if (scope == LR_SCOPE_BUYER)
		scan = lr_store_scan(store, LR_ACCOUNT, LR_ACCOUNT_BUYER_IDX, &key, 1);
	else
		scan = lr_store_scan_all(store, LR_ACCOUNT);
	for (*n = 0; lr_store_next(scan, &row); (*n)++)
	{
		if (*n == size)
		{
			size *= 2;
			ids = repalloc_huge(ids, sizeof(int64) * size);
		}
		ids[*n] = DatumGetInt64(row.values[ACCOUNT_ID]);
	}
	lr_store_end_scan(scan);
	qsort(ids, *n, sizeof(int64), lr_compare_elements);
	return ids;
}

/* The requests on deliveries from an instant on, with the terms that they are judged by today. */
static void
gather_judged(LrStore *store, LrScope scope, int64 scope_id, TimestampTz from, JudgedList *list)
{
	int64 naccounts;
	int64 *accounts = lr_accounts_of(store, scope, scope_id, &naccounts);

	list->size = 64;
	list->all = palloc(sizeof(Judged) * list->size);
	for (int64 i = 0; i < naccounts; i++)
	{
		LrKey key = lr_key_id(1, accounts[i]);
		LrScan *scan = lr_store_scan(store, LR_REQUEST, LR_REQUEST_ACCOUNT_IDX, &key, 1);
		LrAccount account;
		LrRow row;

		if (!lr_get_account(store, accounts[i], &account))
			elog(ERROR, "account " INT64_FORMAT " has vanished", accounts[i]);
		while (lr_store_next(scan, &row))
		{
			Judged one = {DatumGetInt64(row.values[REQUEST_ID]),
						  {accounts[i], account.buyer_id, {0, false}},
						  DatumGetTimestampTz(row.values[REQUEST_DELIVERED_AT]),
						  0};
			LrRow delivery;

			if (one.delivered_at < from ||
				!lr_store_get_id(store, LR_DELIVERY, LR_DELIVERY_PKEY,
								 DatumGetInt64(row.values[REQUEST_DELIVERY_ID]), &delivery))
				continue;
			one.of.lead_group = lr_id(delivery.values[DELIVERY_LEAD_GROUP_ID],
									  delivery.nulls[DELIVERY_LEAD_GROUP_ID]);
			one.fingerprint = fingerprint(store, &one);
			if (list->n == list->size)
			{
				list->size *= 2;
				list->all = repalloc_huge(list->all, sizeof(Judged) * list->size);
			}
			list->all[list->n++] = one;
		}
		lr_store_end_scan(scan);
	}
}

static void
check_judged(LrStore *store, const JudgedList *list)
{
	for (int64 i = 0; i < list->n; i++)
	{
		const Judged *one = &list->all[i];

		if (fingerprint(store, one) != one->fingerprint)
			lr_raise(LR_INVALID_SETTING,
					 psprintf("valid_from would give other terms to return " INT64_FORMAT
							  ", whose lead was delivered at %s.",
							  one->return_id, lr_instant_text(one->delivered_at)),
					 "Give a later valid_from: what has been asked for keeps its terms.");
	}
}

static uint64
fingerprint(LrStore *store, const Judged *judged)
{
	uint64 hash = 0;
	LrTerms terms;

	lr_terms_resolve(store, &judged->of, judged->delivered_at, &terms, NULL);
	for (int i = 0; i < lr_setting_count(); i++)
	{
		char *value = lr_setting_is_of_today(i) ? NULL : lr_setting_text(i, &terms);

		if (value != NULL)
			hash = hash_combine64(hash, hash_bytes_extended((unsigned char *) value,
															strlen(value), i));
	}
	return hash;
}

/*
 * lr_terms(account_id, lead_group_id, at)
 *		Every setting with its value and the scope it came from; scope "default" is built in.
 */
Datum
lr_terms(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	LrParty party = lr_session_party();
	LrId account_id = LR_ARG_ID(0);
	TimestampTz at = PG_ARGISNULL(2) ? lr_clock() : PG_GETARG_TIMESTAMPTZ(2);
	LrTermsOrigin origin;
	LrAccount account;
	LrTermsOf of;
	LrTerms terms;
	LrStore *store;

	if (party.kind != LR_REPORTING)
		lr_require_staff_or_buyer("read terms");
	InitMaterializedSRF(fcinfo, 0);
	store = lr_store_open(false);
	if (!account_id.given || !lr_get_account(store, account_id.id, &account) ||
		(party.kind == LR_BUYER_PARTY && account.buyer_id != party.party.id))
		lr_raise_no_parent(LR_ACCOUNT, account_id);
	of.account_id = account.account_id;
	of.buyer_id = account.buyer_id;
	of.lead_group = LR_ARG_ID(1);
	lr_terms_resolve(store, &of, at, &terms, &origin);
	for (int i = 0; i < lr_setting_count(); i++)
	{
		const LrTermsVersion *version = origin.of[i];
		char *value = lr_setting_text(i, &terms);
		Datum values[5] = {0};
		bool nulls[5] = {false, value == NULL, false, version == NULL, version == NULL};

		values[0] = CStringGetTextDatum(lr_setting_name(i));
		values[1] = lr_text_datum(value);
		values[2] = CStringGetTextDatum(version == NULL ? "default"
														: lr_scope_name(version->scope));
		if (version != NULL)
		{
			nulls[3] = version->scope == LR_SCOPE_GLOBAL;
			values[3] = Int64GetDatum(version->scope_id);
			values[4] = TimestampTzGetDatum(version->valid_from);
		}
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	lr_store_close(store);
	return (Datum) 0;
}
