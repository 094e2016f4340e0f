/*
 * lr_rollup.h
 *		Cells of the rollups, added up in memory and then added to their tables.
 */
#ifndef LR_ROLLUP_H
#define LR_ROLLUP_H

#include "lr_rates.h"

typedef struct LrRollups LrRollups;

/* Nothing added up yet, in the current memory context. */
extern LrRollups *lr_rollups_open(void);
/* Adds a row of rate_delta: figures has LR_NFIGURES numbers. */
extern void lr_rollups_add(LrRollups *rollups, const LrRateKey *key, const int64 *figures);
/* Adds all cells to the tables. Nobody else may write to these meanwhile. */
extern void lr_rollups_write(LrRollups *rollups, LrStore *store);

#endif /* LR_ROLLUP_H */
