/*
 * lr_ledger.h
 *		Transfers: each moves one amount from one ledger account to another.
 */
#ifndef LR_LEDGER_H
#define LR_LEDGER_H

#include "lr_store.h"
#include "utils/date.h"

/* The kinds of transfer; table transfer's constraint says which legs each has. */
typedef enum LrTransferKind
{
	LR_SALE,
	LR_PAYOUT_DUE,
	LR_CREDIT_GIVEN,
	LR_CLAWBACK,
	LR_CREDIT_REVERSED,
	LR_CLAWBACK_REVERSED,
	LR_DEPOSIT,
	LR_PAYMENT,
	LR_PAYOUT,
	LR_ADJUSTMENT,       /* in favour of the account */
	LR_ADJUSTMENT_DEBIT, /* against it */
	LR_SALE_RAISED,      /* corrections of a price ... */
	LR_SALE_LOWERED,
	LR_PAYOUT_RAISED, /* ... and of a cost */
	LR_PAYOUT_LOWERED
} LrTransferKind;

typedef struct LrTransfer
{
	int64 transfer_id; /* 0: the next one */
	LrTransferKind kind;
	TimestampTz posted_at;
	DateADT posted_on; /* its day, in the zone of the terms */
	LrMoney amount;    /* above 0 */
	Datum currency;
	LrId account;  /* of the account leg */
	LrId supplier; /* of the supplier leg */
	LrId delivery_id;
	LrId return_id;
	LrId reverses;
	const char *actor;
	const char *note;
} LrTransfer;

/* Posts the transfer and returns its id. */
extern int64 lr_transfer_post(LrStore *store, const LrTransfer *transfer);

/* Up to when the account's billing periods are closed, DT_NOBEGIN when none is. */
extern TimestampTz lr_closed_until(LrStore *store, int64 account_id);

#endif /* LR_LEDGER_H */
