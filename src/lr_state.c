/*
 * lr_state.c
 *		The transition table of a return request.
 */
#include "postgres.h"

#include "lr_state.h"

static const char *const status_names[] = {"open", "accepted", "declined", "withdrawn",
										   "rolled_back"};
static const char *const how_names[] = {"manual", "rule", "sweep", "import"};

typedef struct Move
{
	LrStatus from;
	LrCommand command;
	LrStatus to;
} Move;

static const Move moves[] = {
	{LR_OPEN, LR_ACCEPT, LR_ACCEPTED},
	{LR_OPEN, LR_DECLINE, LR_DECLINED},
	{LR_OPEN, LR_WITHDRAW, LR_WITHDRAWN},
	{LR_DECLINED, LR_ACCEPT, LR_ACCEPTED},
	{LR_DECLINED, LR_REOPEN, LR_OPEN},
	{LR_ACCEPTED, LR_ROLLBACK, LR_ROLLED_BACK},
};

const char *
lr_status_name(LrStatus status)
{
	Assert(status < LR_NSTATUSES);
	return status_names[status];
}

/* LR_NSTATUSES when there is no such status. */
LrStatus
lr_status_from_name(const char *name, int length)
{
	for (int i = 0; i < LR_NSTATUSES; i++)
	{
		if (strlen(status_names[i]) == (size_t) length &&
			memcmp(status_names[i], name, length) == 0)
			return i;
	}
	return LR_NSTATUSES;
}

LrStatus
lr_status_of(Datum status)
{
	text *name = DatumGetTextPP(status);

	return lr_status_from_name(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
}

const char *
lr_how_name(LrHow how)
{
	return how_names[how];
}

bool
lr_state_move(LrStatus from, LrCommand command, LrStatus *to)
{
	for (int i = 0; i < (int) lengthof(moves); i++)
	{
		if (moves[i].from == from && moves[i].command == command)
		{
			*to = moves[i].to;
			return true;
		}
	}
	return false;
}

bool
lr_state_command(LrStatus from, LrStatus to, LrCommand *command)
{
	for (int i = 0; i < (int) lengthof(moves); i++)
	{
		if (moves[i].from == from && moves[i].to == to)
		{
			*command = moves[i].command;
			return true;
		}
	}
	return false;
}
