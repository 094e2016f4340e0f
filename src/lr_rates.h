/*
 * lr_rates.h
 *		What the reports count, gathered by a command and written as rows of rate_delta.
 */
#ifndef LR_RATES_H
#define LR_RATES_H

#include "lr_store.h"
#include "utils/date.h"

/* The figures of rate_delta, in the order of its columns; amounts are in cents. */
typedef enum LrFigure
{
	/* of the deliveries of a day, as they are now */
	FIGURE_DELIVERED,
	FIGURE_RETURNED,
	FIGURE_OPEN,
	FIGURE_DECLINED,
	/* moves that a day has seen */
	FIGURE_ACCEPTANCES,
	FIGURE_DECLINES,
	FIGURE_WITHDRAWALS,
	FIGURE_ROLLBACKS,
	FIGURE_MONEY, /* counts end here */
	/* of the deliveries of a day, as they are now */
	FIGURE_DELIVERED_VALUE = FIGURE_MONEY,
	FIGURE_COST,
	FIGURE_RETURNED_VALUE,
	FIGURE_CLAWBACK,
	/* posted on a day */
	FIGURE_CREDITED,
	FIGURE_CLAWED_BACK,
	FIGURE_ADJUSTED,
	LR_NFIGURES
} LrFigure;

typedef struct LrDay
{
	DateADT day;
	bool given;
} LrDay;

/* Of the deliveries of a day, or else of what that day has seen? */
static inline bool
lr_figure_is_of_delivery(LrFigure figure)
{
	return figure < FIGURE_ACCEPTANCES ||
		   (figure >= FIGURE_MONEY && figure < FIGURE_CREDITED);
}

/* As its column has it: counts are integer, amounts bigint. */
extern Datum lr_figure_datum(LrFigure figure, int64 value);

static inline int64
lr_figure_of(LrFigure figure, Datum value)
{
	return figure < FIGURE_MONEY ? DatumGetInt32(value) : DatumGetInt64(value);
}

/* What a figure is counted under. */
typedef struct LrRateKey
{
	int64 account_id;
	LrId supplier;
	LrId lead_group;
	Datum currency;
	LrDay delivered_on;
	LrDay moved_on;
	const char *reason; /* of a request; NULL: none */
} LrRateKey;

typedef struct LrRates LrRates;

/* Nothing gathered yet, in the current memory context. */
extern LrRates *lr_rates_open(void);
/* Adds to a figure; what the key points to is copied. */
extern void lr_rates_add(LrRates *rates, const LrRateKey *key, LrFigure figure, int64 amount);
/* Writes one row for each key that something has changed for, and forgets all. */
extern void lr_rates_write(LrRates *rates, LrStore *store);

#endif /* LR_RATES_H */
