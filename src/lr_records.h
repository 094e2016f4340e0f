/*
 * lr_records.h
 *		The rows that commands work on, and everything that one command knows (LrCase).
 */
#ifndef LR_RECORDS_H
#define LR_RECORDS_H

#include "lr_held.h"
#include "lr_rates.h"
#include "lr_terms.h"

/* What the rates look at in a request. */
typedef struct LrCounted
{
	int64 return_id;
	LrStatus status;
	LrMoney credit;
	LrMoney clawback;
	const char *reason;
} LrCounted;

/* A request, stored or about to be: values and nulls are the columns of table request. */
typedef struct LrRequest
{
	LrRow row;   /* where it is stored */
	bool stored; /* false: about to be inserted */
	Datum values[REQUEST_NCOLUMNS];
	bool nulls[REQUEST_NCOLUMNS];
	int64 return_id;
	LrStatus status;
	LrMoney credit;
	LrMoney clawback;
	LrCounted was; /* if it is stored: as it is in the table */
} LrRequest;

/* Why a command does nothing; condition LR_OK: it is not refused. */
typedef struct LrRefusal
{
	LrCondition condition;
	const char *detail;
	const char *hint; /* NULL: the condition's own */
} LrRefusal;

/*
 * What a command works on: all that it holds, and of this the one delivery, account and request
 * in hand. Everything is locked before now is read and the terms are resolved.
 */
typedef struct LrCase
{
	LrStore *store;
	LrHeld *held;
	LrRates *rates;
	LrParty party;
	const char *role;
	LrHow how;
	bool skip_busy; /* leave alone what another session holds, instead of waiting */
	TimestampTz now;
	LrDelivery *delivery; /* NULL: not known yet */
	LrAccount *account;
	LrTerms terms; /* in force when the lead was delivered */
	LrRequest request;
	LrRefusal refusal;
} LrCase;

extern void lr_read_request(const LrRow *row, LrRequest *request);
/* Raises a foreign-key violation: an account, supplier or lead group that does not exist. */
extern void lr_raise_no_parent(LrRelation table, LrId id) pg_attribute_noreturn();
/* lr_set_terms.c */
extern void lr_lock_accounts(LrStore *store, LrScope scope, int64 scope_id);
extern int64 *lr_accounts_of(LrStore *store, LrScope scope, int64 scope_id, int64 *n);

extern void lr_case_begin(LrCase *c, LrStore *store, LrParty party, LrHow how);
/* Locks what was named, then takes in what others have committed and reads the clock. */
extern void lr_case_lock(LrCase *c);
/* Takes a delivery that is held in hand, with its account and terms. */
extern void lr_case_take(LrCase *c, int64 delivery_id);
/* The terms of the delivery and account in hand. */
extern void lr_case_terms(LrCase *c);
/* Writes what is left and closes the store. */
extern void lr_case_end(LrCase *c);
/*
 * Refuses what the case is about: returns false, for the caller to return. It comes before anything
 * is written, so that a refusal changes nothing.
 */
static inline bool
lr_refuse(LrCase *c, LrCondition condition, const char *detail, const char *hint)
{
	c->refusal = (LrRefusal){condition, detail, hint};
	return false;
}
/* The same with a detail made like printf's. */
#define LR_REFUSE(c, condition, ...) lr_refuse((c), (condition), psprintf(__VA_ARGS__), NULL)
/* Raises the refusal of a case. */
extern void lr_raise_refusal(const LrCase *c) pg_attribute_noreturn();
/* Today's terms, which who is told and assigned follows. */
extern void lr_case_today(LrCase *c, LrTerms *today);
extern LrUsage lr_case_cap_usage(LrCase *c);
/* Why one more return does not fit. */
extern char *lr_case_cap_detail(const LrCase *c, const LrCap *cap);
/* Changes what is used of the caps of the delivery in hand. */
extern void lr_case_cap_use(LrCase *c, int64 count, LrMoney value);

/* The day of an instant in the zone of the terms. */
extern DateADT lr_case_day(const LrCase *c, TimestampTz at);
/* Adds to what the rates count for the delivery in hand, and for the day of a move at that time. */
extern void lr_case_count(LrCase *c, const char *reason, TimestampTz at, LrFigure figure,
						  int64 amount);

extern void lr_request_set(LrRequest *r, int column, Datum value);
extern void lr_request_set_text(LrRequest *r, int column, const char *value);
extern void lr_request_clear(LrRequest *r, int column);
/* 0: it never times out. */
extern void lr_request_set_timeout(LrRequest *r, const LrTerms *terms, TimestampTz at);
extern void lr_request_write(LrCase *c);
extern void lr_delivery_set_status(LrCase *c, Datum status);

extern void lr_history_append(LrCase *c, bool is_new, LrStatus from, LrStatus to,
							  const char *note);

/* Other requests of the delivery: whether there is any, and the live one. */
typedef struct LrOthers
{
	bool any;
	bool live;
	LrStatus live_status;
	int64 live_return_id;
	LrId live_import; /* the file that it came from */
	LrCounted latest; /* of those that are not live; return_id 0: there is none */
} LrOthers;

extern LrOthers lr_other_requests(LrStore *store, int64 delivery_id, int64 except_return_id);

#endif /* LR_RECORDS_H */
