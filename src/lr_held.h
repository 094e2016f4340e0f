/*
 * lr_held.h
 *		The deliveries and accounts that a command holds. Every command names all it needs before
 *		it locks, and locks in one order: rows of attached tables, deliveries by id, then accounts
 *		by id.
 */
#ifndef LR_HELD_H
#define LR_HELD_H

#include "lr_cap.h"
#include "utils/date.h"

typedef struct LrDelivery
{
	LrRow row;
	int64 delivery_id;
	int64 lead_id;
	int64 account_id;
	LrId supplier;
	LrId lead_group;
	LrId replaces;
	LrMoney price;
	LrMoney cost;
	TimestampTz delivered_at;
	DateADT delivered_on; /* its day, in the zone of the terms of then */
	bool deleted;
	bool touched; /* this command has written to it or its requests */
} LrDelivery;

typedef struct LrAccount
{
	LrRow row;
	int64 account_id;
	int64 buyer_id;
	LrCycle cycle;
	TimestampTz closed_until; /* its billing periods; 0: not read yet */
	LrCapBook *caps;          /* NULL: not held */
} LrAccount;

typedef struct LrHeld LrHeld;

extern void lr_read_delivery(const LrRow *row, LrDelivery *delivery);
extern void lr_read_account(const LrRow *row, LrAccount *account);
extern bool lr_get_account(LrStore *store, int64 account_id, LrAccount *account);

extern LrHeld *lr_held_open(LrStore *store);
/*
 * Before anything is held: the accounts' books are those of a command of several batches, which
 * writes them itself. NULL: each account has a book of its own, as without this.
 */
extern void lr_held_share(LrHeld *held, LrCapBooks *books);
/* Names a delivery; tid is where the store has read it, NULL if it has not. */
extern void lr_held_want(LrHeld *held, int64 delivery_id, int64 account_id, ItemPointer tid);
/* Locks a delivery and its account at once; false if another session holds one of them. */
extern bool lr_held_try(LrHeld *held, int64 delivery_id, int64 account_id);
/* Locks what was named; a store that does not write only reads it. */
extern void lr_held_lock(LrHeld *held);
/*
 * Locks what was named and keeps nothing: for a command of several batches, whose locks must be
 * taken in one order all the same. Each batch then names and holds its own.
 */
extern void lr_held_reserve(LrHeld *held);
/* Locks an account at once; NULL if another session holds it. */
extern LrAccount *lr_held_try_account(LrHeld *held, int64 account_id);
/* What is held; a delivery is read anew when the command has written to it. */
extern LrDelivery *lr_held_delivery(LrHeld *held, int64 delivery_id);
extern LrAccount *lr_held_account(LrHeld *held, int64 account_id);
/* Up to when the account's billing periods are closed, DT_NOBEGIN when none is. */
extern TimestampTz lr_account_closed_until(LrHeld *held, LrAccount *account);
/* Writes what the books of the accounts have gathered. */
extern void lr_held_write(LrHeld *held);
/* The row of an attached table that the delivery is, if it is one, is to get this status. */
extern void lr_held_write_back(LrHeld *held, const LrDelivery *delivery, const char *status);
/* Writes them, when the store is closed: the application's own triggers see all that was done. */
extern void lr_held_finish(LrHeld *held);

#endif /* LR_HELD_H */
