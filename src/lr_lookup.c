/*
 * lr_lookup.c
 *		Finding the deliveries that a lead id, an external id, an e-mail address or a telephone
 *		number may mean.
 */
#include "postgres.h"

#include "lr_lookup.h"

#include "access/stratnum.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

static bool target_key(const LrTarget *target, LrKey *key);
static bool is_mine(LrStore *store, const LrCandidate *candidate, const LrTarget *target,
					LrParty party);
static int compare_candidates(const void *a, const void *b);

bool
lr_key_kind_find(const char *name, LrKeyKind *kind)
{
	static const char *const names[] = {"lead_id", "delivery_id", "external_id", "email",
										"phone"};

	for (int i = 0; name != NULL && i < (int) lengthof(names); i++)
	{
		*kind = i;
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

char *
lr_target_text(const LrTarget *target)
{
	static const char *const what[] = {"Lead", "Delivery", "External id", "E-mail address",
									   "Telephone number"};

	if (target->kind == LR_BY_LEAD_ID || target->kind == LR_BY_DELIVERY_ID)
		return target->id.given
				   ? psprintf("%s " INT64_FORMAT, what[target->kind], target->id.id)
				   : psprintf("%s (null)", what[target->kind]);
	if (target->key == NULL)
		return psprintf("%s (null)", what[target->kind]);
	return psprintf("%s \"%s\"", what[target->kind],
					text_to_cstring(target->key));
}

LrCandidates
lr_find_candidates(LrStore *store, const LrTarget *target, LrParty party)
{
	static const LrRelation indexes[] = {LR_DELIVERY_LEAD_IDX, LR_DELIVERY_PKEY,
										 LR_DELIVERY_EXTERNAL_IDX, LR_DELIVERY_EMAIL_IDX,
										 LR_DELIVERY_PHONE_IDX};
	LrCandidates found = {0, palloc(sizeof(LrCandidate) * 4)};
	int size = 4;
	LrScan *scan;
	LrKey key;
	LrRow row;

	if (!target_key(target, &key))
		return found;
	scan = lr_store_scan(store, LR_DELIVERY, indexes[target->kind], &key, 1);
	while (lr_store_next(scan, &row))
	{
		LrCandidate candidate = {
			DatumGetInt64(row.values[DELIVERY_ID]),
			DatumGetInt64(row.values[DELIVERY_ACCOUNT_ID]),
			DatumGetTimestampTz(row.values[DELIVERY_DELIVERED_AT]), row.tid};

		if (!is_mine(store, &candidate, target, party))
			continue;
		if (found.n == size)
		{
			size *= 2;
			found.all = repalloc(found.all, sizeof(LrCandidate) * size);
		}
		found.all[found.n++] = candidate;
	}
	lr_store_end_scan(scan);
	if (found.n > 1)
		qsort(found.all, found.n, sizeof(LrCandidate), compare_candidates);
	return found;
}

LrCondition
lr_check_candidates(const LrCandidates *candidates, const LrTarget *target, char **detail)
{
	if (candidates->n == 0)
	{
		*detail = target->account.given
					  ? psprintf("%s was not delivered to account " INT64_FORMAT ".",
								 lr_target_text(target), target->account.id)
					  : psprintf("%s was not delivered.", lr_target_text(target));
		return LR_LEAD_NOT_FOUND;
	}
	for (int i = 1; i < candidates->n && !target->buyer.given; i++)
	{
		if (candidates->all[i].account_id == candidates->all[0].account_id)
			continue;
		*detail = psprintf("%s was delivered to accounts " INT64_FORMAT " and " INT64_FORMAT ".",
						   lr_target_text(target), candidates->all[0].account_id,
						   candidates->all[i].account_id);
		return LR_AMBIGUOUS_DELIVERY;
	}
	return LR_OK;
}

/* False when the target names nothing: a null, or a key without anything to match by. */
static bool
target_key(const LrTarget *target, LrKey *key)
{
	text *sought = target->key;

	if (target->kind == LR_BY_LEAD_ID || target->kind == LR_BY_DELIVERY_ID)
	{
		*key = lr_key_id(1, target->id.id);
		return target->id.given;
	}
	if (sought == NULL)
		return false;
	sought = lr_matched_by(target->kind, sought);
	*key = (LrKey){1, BTEqualStrategyNumber, TEXTOID, PointerGetDatum(sought)};
	return VARSIZE_ANY_EXHDR(sought) > 0;
}

text *
lr_matched_by(LrKeyKind kind, text *given)
{
	if (kind == LR_BY_EMAIL)
		return cstring_to_text(lr_lower(text_to_cstring(given)));
	if (kind == LR_BY_PHONE)
		return DatumGetTextPP(DirectFunctionCall1(lr_phone_digits, PointerGetDatum(given)));
	return given;
}

static bool
is_mine(LrStore *store, const LrCandidate *candidate, const LrTarget *target, LrParty party)
{
	LrAccount account;

	if (target->account.given && candidate->account_id != target->account.id)
		return false;
	if (party.kind != LR_BUYER_PARTY && !target->buyer.given)
		return true;
	return lr_get_account(store, candidate->account_id, &account) &&
		   (party.kind != LR_BUYER_PARTY || account.buyer_id == party.party.id) &&
		   (!target->buyer.given || account.buyer_id == target->buyer.id);
}

static int
compare_candidates(const void *a, const void *b)
{
	return lr_compare_ids(((const LrCandidate *) a)->delivery_id,
						  ((const LrCandidate *) b)->delivery_id);
}
