/*
 * lr_state.h
 *		The states of a return and the only list of legal moves between them.
 */
#ifndef LR_STATE_H
#define LR_STATE_H

#include "leadreturns.h"

typedef enum LrStatus
{
	LR_OPEN,
	LR_ACCEPTED,
	LR_DECLINED,
	LR_WITHDRAWN,
	LR_ROLLED_BACK,
	LR_NSTATUSES
} LrStatus;

typedef enum LrCommand
{
	LR_ACCEPT,
	LR_DECLINE,
	LR_WITHDRAW,
	LR_REOPEN,
	LR_ROLLBACK
} LrCommand;

/* How a change came about; what the history calls it. */
typedef enum LrHow
{
	LR_MANUAL,
	LR_BY_RULE,
	LR_BY_SWEEP,
	LR_BY_IMPORT
} LrHow;

extern const char *lr_status_name(LrStatus status);
extern LrStatus lr_status_from_name(const char *name, int length);
/* The status that a text value of a table says. */
extern LrStatus lr_status_of(Datum status);
extern const char *lr_how_name(LrHow how);

/* True and the status it leads to if the command is legal in this status. */
extern bool lr_state_move(LrStatus from, LrCommand command, LrStatus *to);
/* The command that makes the move, false when none does. */
extern bool lr_state_command(LrStatus from, LrStatus to, LrCommand *command);

static inline bool
lr_is_live(LrStatus status)
{
	return status == LR_OPEN || status == LR_ACCEPTED;
}

#endif /* LR_STATE_H */
