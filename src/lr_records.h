/*
 * lr_records.h
 *		The rows that commands work on, and everything that one command knows (LrCase).
 */
#ifndef LR_RECORDS_H
#define LR_RECORDS_H

#include "lr_decide.h"
#include "lr_store.h"
#include "lr_terms.h"

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
	bool deleted;
} LrDelivery;

typedef struct LrAccount
{
	LrRow row;
	int64 account_id;
	int64 buyer_id;
	LrCycle cycle;
} LrAccount;

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
} LrRequest;

/*
 * What one command works on. The delivery and the account are locked, in this order, before now
 * is read and the terms are resolved.
 */
typedef struct LrCase
{
	LrStore *store;
	LrParty party;
	const char *role;
	LrHow how;
	TimestampTz now;
	LrDelivery delivery;
	LrAccount account;
	LrTerms terms; /* in force when the lead was delivered */
	LrRequest request;
} LrCase;

extern void lr_read_delivery(const LrRow *row, LrDelivery *delivery);
extern void lr_read_account(const LrRow *row, LrAccount *account);
extern void lr_read_request(const LrRow *row, LrRequest *request);
/* Raises a foreign-key violation: an account, supplier or lead group that does not exist. */
extern void lr_raise_no_parent(LrRelation table, LrId id) pg_attribute_noreturn();
extern bool lr_get_account(LrStore *store, int64 account_id, LrAccount *account);

/* lr_set_terms.c */
extern void lr_lock_accounts(LrStore *store, LrScope scope, int64 scope_id);
extern int64 *lr_accounts_of(LrStore *store, LrScope scope, int64 scope_id, int64 *n);

extern void lr_case_begin(LrCase *c, LrStore *store, LrParty party, LrHow how);
/* After the locks: refreshes the store, reads the clock and resolves the terms. */
extern void lr_case_settle(LrCase *c);
extern void lr_case_resolve_terms(LrCase *c);
/* Who gets the task: a setting that follows today's terms. NULL: nobody. */
extern const char *lr_case_assignee(LrCase *c);
/* tid: where the store has read the delivery, NULL if it has not. */
extern void lr_case_lock_delivery(LrCase *c, int64 delivery_id, ItemPointer tid);
extern void lr_case_lock_account(LrCase *c, int64 account_id);
extern LrUsage lr_case_cap_usage(LrCase *c);

extern void lr_request_set(LrRequest *r, int column, Datum value);
extern void lr_request_set_text(LrRequest *r, int column, const char *value);
extern void lr_request_clear(LrRequest *r, int column);
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
} LrOthers;

extern LrOthers lr_other_requests(LrStore *store, int64 delivery_id, int64 except_return_id);

#endif /* LR_RECORDS_H */
