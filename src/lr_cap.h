/*
 * lr_cap.h
 *		How much of a cap is used: counters per account and period (table cap_period) and the
 *		deliveries that they have not counted yet (table volume_delta).
 */
#ifndef LR_CAP_H
#define LR_CAP_H

#include "lr_decide.h"
#include "lr_store.h"

/* Where a request lies for its cap. */
typedef struct LrCapSubject
{
	int64 account_id;
	TimestampTz delivered_at;
	const LrCycle *cycle;
	const LrTerms *terms;
	TimestampTz now;
} LrCapSubject;

/*
 * The usage of the period that the terms name. A store that writes must hold the account's lock:
 * it makes the counters of a period that has none, and folds deltas when there are many.
 */
extern LrUsage lr_cap_usage(LrStore *store, const LrCapSubject *subject);
/* Adds to what is used in every period that the delivery lies in; the account is locked. */
extern void lr_cap_use(LrStore *store, int64 account_id, TimestampTz delivered_at, int64 count,
					   LrMoney value);

#endif /* LR_CAP_H */
