/*
 * lr_reason.c
 *		The catalogue of reasons, kept by each backend as a hash of everything that can be matched.
 *
 * Like the terms, it is read anew when table reason or reason_alias has changed.
 */
#include "postgres.h"

#include "lr_reason.h"

#include "utils/hsearch.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/varlena.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(lr_reason_key_sql);
PG_FUNCTION_INFO_V1(lr_phone_digits);

#define MAX_KEY_BYTES (LR_REASON_CHARS * 4 + 1)
#define MAX_MERGES 64

typedef struct MatchEntry
{
	char key[MAX_KEY_BYTES]; /* hash key */
	LrReason *reason;
	int rank; /* 0 code, 1 label, 2 alias: the lower one wins */
} MatchEntry;

static struct
{
	MemoryContext cxt;
	uint64 reason_version;
	uint64 alias_version;
	HTAB *matches;
	HTAB *by_code;
	/* a file gives the same reason over and over: the last ones found */
	char last_given[MAX_KEY_BYTES];
	const LrReason *last_match;
	const LrReason *last_by_code;
} cache;

typedef struct CodeEntry
{
	char code[MAX_KEY_BYTES];
	LrReason reason;
} CodeEntry;

static void ensure_loaded(LrStore *store);
static void load_reasons(LrStore *store, HTAB *by_code, HTAB *matches, uint64 *version);
static void load_aliases(LrStore *store, HTAB *by_code, HTAB *matches, uint64 *version);
static void add_match(HTAB *matches, const char *text, LrReason *reason, int rank);
static HTAB *make_hash(const char *name, Size entry_size, MemoryContext cxt);
static int blank_length(const char *p, const char *end, bool punctuation);

char *
lr_reason_text(const char *given)
{
	const char *end = given + strlen(given);
	char *text = palloc(strlen(given) + 1);
	char *out = text;
	const char *p = given;

	while (p < end)
	{
		int skip = blank_length(p, end, false);

		if (skip > 0)
		{
			if (out > text && out[-1] != ' ')
				*out++ = ' ';
			p += skip;
		}
		else
		{
			int width = Min(pg_mblen(p), end - p);

			memcpy(out, p, width);
			out += width;
			p += width;
		}
	}
	*out = '\0';
	text[pg_mbcharcliplen(text, out - text, LR_REASON_CHARS)] = '\0';
	for (out = text + strlen(text); out > text && out[-1] == ' '; out--)
		out[-1] = '\0';
	return text[0] == '\0' ? NULL : text;
}

/*
 * Lower case; an apostrophe is dropped ("don't" is "dont"), any other punctuation is a blank
 * ("bad-contact_info" is "bad contact info").
 */
char *
lr_reason_key(const char *given)
{
	char *text = lr_reason_text(given);
	char *key;
	char *out;
	const char *p;
	const char *end;

	if (text == NULL)
		return pstrdup("");
	key = lr_lower(text);
	key[pg_mbcharcliplen(key, strlen(key), LR_REASON_CHARS)] = '\0';
	end = key + strlen(key);
	out = key;
	for (p = key; p < end;)
	{
		int skip = blank_length(p, end, true);

		if (*p == '\'' || (skip == 3 && strncmp(p, "\xE2\x80\x99", 3) == 0))
			p += Max(skip, 1);
		else if (skip > 0)
		{
			if (out > key && out[-1] != ' ')
				*out++ = ' ';
			p += skip;
		}
		else
		{
			int width = Min(pg_mblen(p), end - p);

			memmove(out, p, width);
			out += width;
			p += width;
		}
	}
	if (out > key && out[-1] == ' ')
		out--;
	*out = '\0';
	return key;
}

/*
 * How many bytes at p are one blank (or, if asked, one mark of punctuation); 0 when it is neither.
 * In UTF-8 that includes the no-break and ideographic space, the byte-order mark and the block
 * General Punctuation (dashes, typographic quotes); bytes of other encodings are letters.
 */
static int
blank_length(const char *p, const char *end, bool punctuation)
{
	unsigned char c = *p;
	bool utf8 = GetDatabaseEncoding() == PG_UTF8;

	if (c < 0x80)
	{
		if (isspace(c) || c < 0x20 || c == 0x7F)
			return 1;
		return punctuation && ispunct(c) ? 1 : 0;
	}
	if (!utf8)
		return 0;
	if (end - p >= 2 && strncmp(p, "\xC2\xA0", 2) == 0)
		return 2;
	if (end - p >= 3)
	{
		unsigned char third = p[2];

		if (strncmp(p, "\xE3\x80\x80", 3) == 0 || strncmp(p, "\xEF\xBB\xBF", 3) == 0)
			return 3;
		/* U+2000 to U+200F and U+2028 to U+202F are blanks, the rest up to U+206F punctuation */
		if (strncmp(p, "\xE2\x80", 2) == 0)
			return punctuation || third <= 0x8F || third >= 0xA8 ? 3 : 0;
		if (strncmp(p, "\xE2\x81", 2) == 0 && third <= 0xAF)
			return punctuation ? 3 : 0;
	}
	return 0;
}

char *
lr_trimmed(char *text)
{
	const char *end = text + strlen(text);
	char *kept;
	int skip;

	while (text < end && (skip = blank_length(text, end, false)) > 0)
		text += skip;
	kept = text;
	for (char *p = text; p < end;)
	{
		skip = blank_length(p, end, false);
		p += skip > 0 ? skip : Min(pg_mblen(p), end - p);
		if (skip == 0)
			kept = p;
	}
	*kept = '\0';
	return *text == '\0' ? NULL : text;
}

const LrReason *
lr_reason_match(LrStore *store, const char *given)
{
	char key[MAX_KEY_BYTES] = {0};
	MatchEntry *entry;
	LrReason *reason;

	ensure_loaded(store);
	if (cache.last_match != NULL && strcmp(cache.last_given, given) == 0)
		return cache.last_match;
	strlcpy(key, lr_reason_key(given), sizeof(key));
	if (key[0] == '\0')
		return NULL;
	entry = hash_search(cache.matches, key, HASH_FIND, NULL);
	if (entry == NULL)
		return NULL;

	/* what was merged means what it was merged into */
	reason = entry->reason;
	for (int i = 0; reason->merged_into != NULL && i < MAX_MERGES; i++)
		reason = unconstify(LrReason *, lr_reason_by_code(store, reason->merged_into));
	if (strlcpy(cache.last_given, given, sizeof(cache.last_given)) < sizeof(cache.last_given))
		cache.last_match = reason;
	else
		cache.last_match = NULL;
	return reason;
}

const LrReason *
lr_reason_by_code(LrStore *store, const char *code)
{
	char key[MAX_KEY_BYTES] = {0};
	CodeEntry *entry;

	ensure_loaded(store);
	if (cache.last_by_code != NULL && strcmp(cache.last_by_code->code, code) == 0)
		return cache.last_by_code;
	strlcpy(key, code, sizeof(key));
	entry = hash_search(cache.by_code, key, HASH_FIND, NULL);
	if (entry == NULL)
		return NULL;
	cache.last_by_code = &entry->reason;
	return cache.last_by_code;
}

const char *
lr_reason_nearest(LrStore *store, const char *given)
{
	char *key = lr_reason_key(given);
	int length = strlen(key);
	int nearest = Max(length / 2, 1) + 1; /* farther away is no help */
	const char *code = NULL;
	HASH_SEQ_STATUS status;
	MatchEntry *entry;

	ensure_loaded(store);
	hash_seq_init(&status, cache.matches);
	while ((entry = hash_seq_search(&status)) != NULL)
	{
		int distance;

		if (!entry->reason->active)
			continue;
		distance = varstr_levenshtein_less_equal(key, length, entry->key, strlen(entry->key), 1,
												 1, 1, nearest, true);
		if (distance < nearest ||
			(code != NULL && distance == nearest && strcmp(entry->reason->code, code) < 0))
		{
			nearest = distance;
			code = entry->reason->code;
		}
	}
	return code;
}

static void
ensure_loaded(LrStore *store)
{
	MemoryContext cxt;
	uint64 reason_version;
	uint64 alias_version;
	HTAB *by_code;
	HTAB *matches;

	if (cache.cxt != NULL && cache.reason_version == lr_table_version(LR_REASON) &&
		cache.alias_version == lr_table_version(LR_REASON_ALIAS))
		return;

	cxt = AllocSetContextCreate(CurrentMemoryContext, "leadreturns reasons",
								ALLOCSET_DEFAULT_SIZES);
	by_code = make_hash("leadreturns reason codes", sizeof(CodeEntry), cxt);
	matches = make_hash("leadreturns reason matches", sizeof(MatchEntry), cxt);
	load_reasons(store, by_code, matches, &reason_version);
	load_aliases(store, by_code, matches, &alias_version);

	/* what this command resolved before may still point into the old one */
	if (cache.cxt != NULL)
		MemoryContextSetParent(cache.cxt, CurrentMemoryContext);
	MemoryContextSetParent(cxt, CacheMemoryContext);
	cache.cxt = cxt;
	cache.by_code = by_code;
	cache.matches = matches;
	cache.last_match = cache.last_by_code = NULL;
	cache.reason_version = reason_version;
	cache.alias_version = alias_version;
}

static void
load_reasons(LrStore *store, HTAB *by_code, HTAB *matches, uint64 *version)
{
	LrScan *scan = lr_store_scan_reference(store, LR_REASON, version);
	LrRow row;

	while (lr_store_next(scan, &row))
	{
		char *code = TextDatumGetCString(row.values[REASON_CODE]);
		char key[MAX_KEY_BYTES] = {0};
		MemoryContext old;
		CodeEntry *entry;
		LrReason *reason;

		strlcpy(key, code, sizeof(key));
		entry = hash_search(by_code, key, HASH_ENTER, NULL);
		reason = &entry->reason;
		old = MemoryContextSwitchTo(GetMemoryChunkContext(by_code));
		reason->code = entry->code;
		reason->label = TextDatumGetCString(row.values[REASON_LABEL]);
		reason->active = DatumGetBool(row.values[REASON_ACTIVE]);
		reason->requires_note = DatumGetBool(row.values[REASON_REQUIRES_NOTE]);
		reason->supplier_fault = DatumGetBool(row.values[REASON_SUPPLIER_FAULT]);
		reason->always_review = DatumGetBool(row.values[REASON_ALWAYS_REVIEW]);
		reason->min_age = reason->max_age = NULL;
		if (!row.nulls[REASON_MIN_AGE])
		{
			reason->min_age = palloc(sizeof(Interval));
			*reason->min_age = *DatumGetIntervalP(row.values[REASON_MIN_AGE]);
		}
		if (!row.nulls[REASON_MAX_AGE])
		{
			reason->max_age = palloc(sizeof(Interval));
			*reason->max_age = *DatumGetIntervalP(row.values[REASON_MAX_AGE]);
		}
		reason->merged_into = row.nulls[REASON_MERGED_INTO]
								  ? NULL
								  : TextDatumGetCString(row.values[REASON_MERGED_INTO]);
		MemoryContextSwitchTo(old);
		add_match(matches, code, reason, 0);
		add_match(matches, reason->label, reason, 1);
	}
	lr_store_end_scan(scan);
}

static void
load_aliases(LrStore *store, HTAB *by_code, HTAB *matches, uint64 *version)
{
	LrScan *scan = lr_store_scan_reference(store, LR_REASON_ALIAS, version);
	LrRow row;

	while (lr_store_next(scan, &row))
	{
		char key[MAX_KEY_BYTES] = {0};
		CodeEntry *entry;

		strlcpy(key, TextDatumGetCString(row.values[1]), sizeof(key));
		entry = hash_search(by_code, key, HASH_FIND, NULL);
		if (entry != NULL)
			add_match(matches, TextDatumGetCString(row.values[0]), &entry->reason, 2);
	}
	lr_store_end_scan(scan);
}

static void
add_match(HTAB *matches, const char *text, LrReason *reason, int rank)
{
	char key[MAX_KEY_BYTES] = {0};
	MatchEntry *entry;
	bool found;

	strlcpy(key, lr_reason_key(text), sizeof(key));
	entry = hash_search(matches, key, HASH_ENTER, &found);
	/* of two reasons with one label the first code is meant */
	if (found && (entry->rank < rank || (entry->rank == rank &&
										 strcmp(entry->reason->code, reason->code) <= 0)))
		return;
	entry->reason = reason;
	entry->rank = rank;
}

static HTAB *
make_hash(const char *name, Size entry_size, MemoryContext cxt)
{
	HASHCTL ctl;

	ctl.keysize = MAX_KEY_BYTES;
	ctl.entrysize = entry_size;
	ctl.hcxt = cxt;
	return hash_create(name, 64, &ctl, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
}

Datum
lr_reason_key_sql(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(lr_reason_key(text_to_cstring(PG_GETARG_TEXT_PP(0)))));
}

Datum
lr_phone_digits(PG_FUNCTION_ARGS)
{
	text *phone = PG_GETARG_TEXT_PP(0);
	text *digits = palloc(VARSIZE_ANY_EXHDR(phone) + VARHDRSZ);
	char *out = VARDATA(digits);
	const char *p = VARDATA_ANY(phone);

	for (int i = 0; i < (int) VARSIZE_ANY_EXHDR(phone); i++)
	{
		if (p[i] >= '0' && p[i] <= '9')
			*out++ = p[i];
	}
	SET_VARSIZE(digits, out - (char *) digits);
	PG_RETURN_TEXT_P(digits);
}
