/*
 * lr_cap.h
 *		How much of a cap is used: counters per account and period (table cap_period) and the
 *		deliveries that they have not counted yet (table volume_delta).
 *
 * A command keeps one book for each account that it has locked: what it has read of the counters,
 * and what it has added to them, until lr_cap_write().
 */
#ifndef LR_CAP_H
#define LR_CAP_H

#include "lr_decide.h"
#include "lr_store.h"

/* Where a request lies for its cap. */
typedef struct LrCapSubject
{
	TimestampTz delivered_at;
	const LrCycle *cycle;
	const LrTerms *terms;
	TimestampTz now;
} LrCapSubject;

/* A change of what is used: requests, and their value; or of the value of a delivery. */
typedef struct LrCapUse
{
	TimestampTz delivered_at;
	TimestampTz requested_at;
	int64 count;
	LrMoney value;
	LrMoney delivered_value;
} LrCapUse;

typedef struct LrCapBook LrCapBook;

/* An empty book of the account, in the current memory context. */
extern LrCapBook *lr_cap_open(LrStore *store, int64 account_id);
/*
 * The usage of the period that the terms name. A store that writes must hold the account's lock:
 * it makes the counters of a period that has none, and folds deltas when there are many.
 */
extern LrUsage lr_cap_usage(LrCapBook *book, const LrCapSubject *subject);
/* Adds to what is used in every period that the delivery lies in; the account is locked. */
extern void lr_cap_use(LrCapBook *book, const LrCapUse *use);
/* Writes what has changed; afterwards the book must not be used. */
extern void lr_cap_write(LrCapBook *book);

/*
 * The books of a command that works in several batches: each batch goes on where the one before
 * left off, and only the command itself writes them. They lie in the current memory context.
 */
typedef struct LrCapBooks LrCapBooks;

extern LrCapBooks *lr_cap_books(void);
/* The account's book, for use with this store. */
extern LrCapBook *lr_cap_book_of(LrCapBooks *books, LrStore *store, int64 account_id);
extern void lr_cap_books_write(LrCapBooks *books, LrStore *store);
/*
 * Folds up to so many of the account's deltas into its counters; the account is locked. Returns how
 * many there were, up to that number.
 */
extern int64 lr_cap_fold(LrCapBook *book, int64 most);

#endif /* LR_CAP_H */
