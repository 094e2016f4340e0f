/*
 * lr_reason.h
 *		Reasons: normalising the text that is given, and matching it to the catalogue.
 */
#ifndef LR_REASON_H
#define LR_REASON_H

#include "lr_store.h"

typedef struct LrReason
{
	char *code;
	char *label;
	bool active;
	bool requires_note;
	bool supplier_fault;
	bool always_review;
	Interval *min_age; /* NULL: the window of the terms */
	Interval *max_age;
	char *merged_into; /* NULL: none */
} LrReason;

/* Trimmed, inner blanks folded, cut at 75 characters; NULL when nothing is left. */
extern char *lr_reason_text(const char *given);
/* What a text is matched by. */
extern char *lr_reason_key(const char *given);

/* The reason that the text means, retired ones included; NULL when it means none. */
extern const LrReason *lr_reason_match(LrStore *store, const char *given);
extern const LrReason *lr_reason_by_code(LrStore *store, const char *code);
/* The code whose code, label or alias is nearest to the text; NULL when nothing is near. */
extern const char *lr_reason_nearest(LrStore *store, const char *given);

#define LR_OTHER_REASON "other"

/* Without the blanks around it, those that only spreadsheets use included; NULL when empty. */
extern char *lr_trimmed(char *text);

#endif /* LR_REASON_H */
