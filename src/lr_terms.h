/*
 * lr_terms.h
 *		The versions of the return terms, and the terms of an account at an instant.
 */
#ifndef LR_TERMS_H
#define LR_TERMS_H

#include "lr_settings.h"
#include "lr_store.h"

/* The four scopes, from the least to the most specific. */
typedef enum LrScope
{
	LR_SCOPE_GLOBAL,
	LR_SCOPE_LEAD_GROUP,
	LR_SCOPE_BUYER,
	LR_SCOPE_ACCOUNT,
	LR_NSCOPES
} LrScope;

/* Whose terms are asked for. */
typedef struct LrTermsOf
{
	int64 account_id;
	int64 buyer_id;
	LrId lead_group;
} LrTermsOf;

/* One version of the terms of one scope. */
typedef struct LrTermsVersion
{
	LrScope scope;
	int64 scope_id;
	TimestampTz valid_from;
	int64 terms_id;
	uint64 given; /* bit i: setting i is given */
	LrTerms terms;
} LrTermsVersion;

/* Where each setting came from: the version, NULL for the built-in default. */
typedef struct LrTermsOrigin
{
	const LrTermsVersion *of[64];
} LrTermsOrigin;

extern const char *lr_scope_name(LrScope scope);
extern LrScope lr_scope_from_name(const char *name);

/* The terms in force; origin may be NULL. Pointers in them last until the next call. */
extern void lr_terms_resolve(LrStore *store, const LrTermsOf *of, TimestampTz at, LrTerms *terms,
							 LrTermsOrigin *origin);
/* Their time_zone alone; needs no store. */
extern pg_tz *lr_terms_zone(const LrTermsOf *of, TimestampTz at);
/* The version of one scope in force at an instant, NULL when there is none. */
extern const LrTermsVersion *lr_terms_version_at(LrStore *store, LrScope scope, int64 scope_id,
												 TimestampTz at);

#endif /* LR_TERMS_H */
