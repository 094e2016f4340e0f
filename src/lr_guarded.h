/*
 * lr_guarded.h
 *		Doing something in a subtransaction, for work that must not fail as a whole because of one
 *		row, and for work that is only tried.
 */
#ifndef LR_GUARDED_H
#define LR_GUARDED_H

#include "postgres.h"

typedef void (*LrWork)(void *arg);

/*
 * Does the work; NULL when it is done, else the error, after which nothing of it remains. Errors
 * that say nothing about the row in hand are raised again: cancellation, shutdown, lack of memory
 * or disk, deadlock, serialization failure, a lock that could not be had.
 */
extern ErrorData *lr_guarded(LrWork work, void *arg);
/* Does the work and undoes it, whatever it has written; its errors as above. */
extern ErrorData *lr_tried(LrWork work, void *arg);

#endif /* LR_GUARDED_H */
