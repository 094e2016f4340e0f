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
	int64 attachment_id; /* of the attached table that it is a row of; 0: none */
	const char *row_key; /* its key there */
} LrDeliveryInput;

/* A delivery that is about to be written: the columns of table delivery. */
typedef struct LrNewDelivery
{
	Datum values[DELIVERY_NCOLUMNS];
	bool nulls[DELIVERY_NCOLUMNS];
	LrMoney price;
	LrMoney cost;
} LrNewDelivery;

/* Checks the columns given and fills those left out, in the input too (lr_deliver.c). */
extern void lr_deliver_complete(LrDeliveryInput *input, LrNewDelivery *delivery);

/*
 * Checks a delivery, completes its columns (id, instant, status, currency) and gathers it; it is
 * written with its transfers by the next lr_deliver_flush(). The caller answers for who asks.
 */
extern void lr_deliver_gather(LrDeliveryInput *input);
/* An amount of the input, or the error that names it. */
extern LrMoney lr_deliver_amount(const LrDeliveryInput *input, int column, const char *name);
extern void lr_deliver_flush(void);
/* Opens a store for a command that writes, once everything gathered is written. */
extern LrStore *lr_open_for_command(void);
extern void lr_deliver_update(const LrDeliveryInput *before, const LrDeliveryInput *after);
extern void lr_deliver_init(void);

#endif /* LR_DELIVER_H */
