/*
 * lr_deliver.h
 *		Recording deliveries, one at a time or in batches.
 */
#ifndef LR_DELIVER_H
#define LR_DELIVER_H

#include "lr_records.h"

/* What a caller says of a delivery: columns of the view deliveries. */
typedef struct LrDeliveryInput
{
	Datum *values;
	bool *nulls;
} LrDeliveryInput;

/*
 * Checks a delivery, completes its columns (id, instant, status, currency) and gathers it; it is
 * written with its transfers by the next lr_deliver_flush().
 */
extern void lr_deliver_gather(LrDeliveryInput *input);
extern void lr_deliver_flush(void);
/* Opens a store for a command that writes, once everything gathered is written. */
extern LrStore *lr_open_for_command(void);
extern void lr_deliver_update(const LrDeliveryInput *before, const LrDeliveryInput *after);
extern void lr_deliver_forget_parents(void);
extern void lr_deliver_init(void);

#endif /* LR_DELIVER_H */
