/*
 * lr_error.h
 *		Every condition that leadreturns can raise, in the order in which the checks run.
 *
 * A condition has a SQLSTATE of class LR, a short stable message, a hint and the status an HTTP
 * layer should answer; table error_code shows the same list. The constraint name of the error is
 * the condition's name. The detail has the facts of the case.
 */
#ifndef LR_ERROR_H
#define LR_ERROR_H

#include "leadreturns.h"

typedef enum LrCondition
{
	LR_OK = -1,
	LR_NOT_PERMITTED = 0,
	LR_LEAD_NOT_FOUND,
	LR_RETURN_NOT_FOUND,
	LR_AMBIGUOUS_DELIVERY,
	LR_LEAD_DELETED,
	LR_RETURN_ALREADY_OPEN,
	LR_ALREADY_RETURNED,
	LR_NOT_RETURNED,
	LR_ILLEGAL_TRANSITION,
	LR_ROLLBACK_CONFLICT,
	LR_RESUBMISSION_NOT_ALLOWED,
	LR_RETURNS_DISABLED,
	LR_WINDOW_NOT_OPEN,
	LR_WINDOW_CLOSED,
	LR_CAP_REACHED,
	LR_REASON_REQUIRED,
	LR_REASON_UNKNOWN,
	LR_REASON_RETIRED,
	LR_NOTE_REQUIRED,
	LR_AMOUNT_OUT_OF_RANGE,
	LR_PERIOD_CLOSED,
	LR_CURRENCY_MISMATCH,
	LR_IDEMPOTENCY_CONFLICT,
	LR_INVALID_SETTING,
	LR_INVALID_IMPORT,
	LR_IMPORT_STATE,
	LR_HISTORY_IS_IMMUTABLE
} LrCondition;

#define LR_NCONDITIONS (LR_HISTORY_IS_IMMUTABLE + 1)

extern const char *lr_condition_name(LrCondition condition);
extern const char *lr_condition_sqlstate(LrCondition condition);
extern const char *lr_condition_hint(LrCondition condition);

/* Raises the condition; detail is a whole sentence with the facts, hint NULL for the usual one. */
extern void lr_raise(LrCondition condition, const char *detail, const char *hint)
	pg_attribute_noreturn();

/* The same with a detail made like printf's. */
#define LR_RAISE(condition, ...) lr_raise((condition), psprintf(__VA_ARGS__), NULL)

#endif /* LR_ERROR_H */
