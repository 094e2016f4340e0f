/*
 * lr_terms.c
 *		Resolving terms from the versions, which each backend keeps parsed.
 *
 * The cache is an array of all versions sorted by scope, id and time, in one context below
 * CacheMemoryContext; it is replaced as a whole when table terms has changed since it was read.
 * A command resolves terms after it holds the account's lock and lr_store_refresh() has taken in
 * the invalidations, and lr_set_terms() holds the locks of all accounts it touches, so what is
 * resolved is what is committed.
 */
#include "postgres.h"

#include "lr_terms.h"

#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

static const char *const scope_names[] = {"global", "lead_group", "buyer", "account"};

static struct
{
	MemoryContext cxt;
	uint64 version;
	int nversions;
	LrTermsVersion *versions;
} cache;

static void load(LrStore *store);
static void parse_settings(Jsonb *settings, LrTermsVersion *version);
static int compare_versions(const void *a, const void *b);

const char *
lr_scope_name(LrScope scope)
{
	Assert(scope < LR_NSCOPES);
	return scope_names[scope];
}

/* LR_NSCOPES when there is no such scope. */
LrScope
lr_scope_from_name(const char *name)
{
	for (int i = 0; i < LR_NSCOPES; i++)
	{
		if (strcmp(scope_names[i], name) == 0)
			return i;
	}
	return LR_NSCOPES;
}

void
lr_terms_resolve(LrStore *store, const LrTermsOf *of, TimestampTz at, LrTerms *terms,
				 LrTermsOrigin *origin)
{
	int64 ids[LR_NSCOPES] = {0, of->lead_group.id, of->buyer_id, of->account_id};

	lr_setting_defaults(terms);
	if (origin != NULL)
		memset(origin, 0, sizeof(*origin));
	for (int scope = 0; scope < LR_NSCOPES; scope++)
	{
		const LrTermsVersion *version;

		if (scope == LR_SCOPE_LEAD_GROUP && !of->lead_group.given)
			continue;
		version = lr_terms_version_at(store, scope, ids[scope], at);
		if (version == NULL)
			continue;
		for (int i = 0; i < lr_setting_count(); i++)
		{
			if ((version->given & (UINT64CONST(1) << i)) == 0)
				continue;
			lr_setting_copy(i, terms, &version->terms);
			if (origin != NULL)
				origin->of[i] = version;
		}
	}
}

pg_tz *
lr_terms_zone(const LrTermsOf *of, TimestampTz at)
{
	LrStore *store = lr_store_open(false);
	LrTerms terms;

	lr_terms_resolve(store, of, at, &terms, NULL);
	lr_store_close(store);
	return terms.time_zone;
}

const LrTermsVersion *
lr_terms_version_at(LrStore *store, LrScope scope, int64 scope_id, TimestampTz at)
{
	LrTermsVersion sought;
	int low = 0;
	int high;

	if (cache.cxt == NULL || cache.version != lr_table_version(LR_TERMS))
		load(store);

	/* the last version that sorts at or before (scope, id, at, any terms_id) */
	sought.scope = scope;
	sought.scope_id = scope_id;
	sought.valid_from = at;
	sought.terms_id = PG_INT64_MAX;
	high = cache.nversions;
	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (compare_versions(&cache.versions[middle], &sought) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || cache.versions[low - 1].scope != scope ||
		cache.versions[low - 1].scope_id != scope_id)
		return NULL;
	return &cache.versions[low - 1];
}

static void
load(LrStore *store)
{
	uint64 version;
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "leadreturns terms",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old;
	LrTermsVersion *versions;
	int nversions = 0;
	int size = 16;
	LrScan *scan;
	LrRow row;

	versions = MemoryContextAllocZero(cxt, sizeof(LrTermsVersion) * size);
	scan = lr_store_scan_reference(store, LR_TERMS, &version);
	while (lr_store_next(scan, &row))
	{
		LrTermsVersion *v;

		if (nversions == size)
		{
			size *= 2;
			versions = repalloc_huge(versions, sizeof(LrTermsVersion) * size);
		}
		old = MemoryContextSwitchTo(cxt);
		v = &versions[nversions++];
		memset(v, 0, sizeof(*v));
		v->scope = lr_scope_from_name(TextDatumGetCString(row.values[TERMS_SCOPE]));
		v->scope_id = row.nulls[TERMS_SCOPE_ID] ? 0 : DatumGetInt64(row.values[TERMS_SCOPE_ID]);
		v->valid_from = DatumGetTimestampTz(row.values[TERMS_VALID_FROM]);
		v->terms_id = DatumGetInt64(row.values[TERMS_ID]);
		parse_settings(DatumGetJsonbPCopy(row.values[TERMS_SETTINGS]), v);
		MemoryContextSwitchTo(old);
	}
	lr_store_end_scan(scan);
	qsort(versions, nversions, sizeof(LrTermsVersion), compare_versions);

	/* what this command resolved before may still point into the old one */
	if (cache.cxt != NULL)
		MemoryContextSetParent(cache.cxt, CurrentMemoryContext);
	MemoryContextSetParent(cxt, CacheMemoryContext);
	cache.cxt = cxt;
	cache.versions = versions;
	cache.nversions = nversions;
	cache.version = version;
}

static void
parse_settings(Jsonb *settings, LrTermsVersion *version)
{
	JsonbIterator *it = JsonbIteratorInit(&settings->root);
	JsonbIteratorToken token;
	JsonbValue value;
	int setting = -1;

	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			setting = lr_setting_find(value.val.string.val, value.val.string.len);
		else if (token == WJB_VALUE && setting >= 0)
		{
			lr_setting_parse(setting, &value, &version->terms);
			version->given |= UINT64CONST(1) << setting;
		}
	}
}

static int
compare_versions(const void *a, const void *b)
{
	const LrTermsVersion *x = a;
	const LrTermsVersion *y = b;

	if (x->scope != y->scope)
		return x->scope < y->scope ? -1 : 1;
	if (x->scope_id != y->scope_id)
		return x->scope_id < y->scope_id ? -1 : 1;
	if (x->valid_from != y->valid_from)
		return x->valid_from < y->valid_from ? -1 : 1;
	if (x->terms_id != y->terms_id)
		return x->terms_id < y->terms_id ? -1 : 1;
	return 0;
}
