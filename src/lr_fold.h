/*
 * lr_fold.h
 *		Folding what commands have appended into the counters and rollups that are read.
 */
#ifndef LR_FOLD_H
#define LR_FOLD_H

#include "leadreturns.h"

/* Both return how many rows they have folded, at most max_rows, in the caller's transaction. */
extern int64 lr_fold_caps(int64 max_rows);
extern int64 lr_fold_rates(int64 max_rows);

#endif /* LR_FOLD_H */
