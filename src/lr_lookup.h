/*
 * lr_lookup.h
 *		Which delivery does a command mean?
 */
#ifndef LR_LOOKUP_H
#define LR_LOOKUP_H

#include "lr_records.h"

/* The order is that of the indexes in lr_find_candidates(). */
typedef enum LrKeyKind
{
	LR_BY_LEAD_ID,
	LR_BY_DELIVERY_ID,
	LR_BY_EXTERNAL_ID,
	LR_BY_EMAIL,
	LR_BY_PHONE
} LrKeyKind;

/* What the caller named. */
typedef struct LrTarget
{
	LrKeyKind kind;
	LrId id;   /* lead or delivery */
	text *key; /* of the other kinds */
	LrId account;
	LrId buyer; /* the newest live delivery to any account of it is meant */
} LrTarget;

typedef struct LrCandidate
{
	int64 delivery_id;
	int64 account_id;
	TimestampTz delivered_at;
	ItemPointerData tid; /* where it was read */
} LrCandidate;

/* The deliveries that the target may mean and the caller may touch, by delivery id. */
typedef struct LrCandidates
{
	int n;
	LrCandidate *all;
} LrCandidates;

extern LrCandidates lr_find_candidates(LrStore *store, const LrTarget *target, LrParty party);
/* What a key is compared by: e-mail addresses in lower case, telephone numbers by their digits. */
extern text *lr_matched_by(LrKeyKind kind, text *given);
/* How the target reads in a message: lead 42. */
extern char *lr_target_text(const LrTarget *target);
/* Raises lead_not_found or ambiguous_delivery; LR_OK otherwise. */
extern LrCondition lr_check_candidates(const LrCandidates *candidates, const LrTarget *target,
									   char **detail);
/* The kind of key with this name; false when there is none. */
extern bool lr_key_kind_find(const char *name, LrKeyKind *kind);

#endif /* LR_LOOKUP_H */
