/*
 * lr_request.h
 *		The commands of a return's life, below their SQL entry points: what lr_api.c and the
 *		triggers of the view returns call.
 */
#ifndef LR_REQUEST_H
#define LR_REQUEST_H

#include "lr_lookup.h"
#include "lr_records.h"

/* What a submission says. */
typedef struct LrSubmission
{
	LrTarget target;
	const char *reason;          /* as given; NULL: none */
	const char *note;            /* NULL: none */
	const char *idempotency_key; /* NULL: none */
	bool override;
} LrSubmission;

/* What a decision says. */
typedef struct LrDecision
{
	LrCommand command;
	const char *note;
	LrAsked asked;          /* LR_ACCEPT only */
	const char *new_status; /* of the delivery; LR_ACCEPT only, NULL: the terms' */
	bool override;          /* LR_ACCEPT and LR_REOPEN only */
} LrDecision;

/* A case with an open store, for a command of this party. */
extern LrCase *lr_begin_command(LrParty party);

/* Files a request, or finds that of a repeated call; the case then holds it. */
extern void lr_submit(LrCase *c, const LrSubmission *submission);

/* Locks what the return is about and reads it; raises return_not_found. */
extern void lr_case_open(LrCase *c, LrId return_id);
/* Makes the move, everything that belongs to it included. */
extern void lr_decide(LrCase *c, const LrDecision *decision);
/* lr_decide for the accepted return of a lead. */
extern void lr_rollback(LrCase *c, const LrTarget *target, const LrDecision *decision);

/* Changes that are no moves (lr_thread.c). */
extern void lr_change_assignee(LrCase *c, const char *assignee);
extern void lr_change_decision_note(LrCase *c, const char *note);
extern void lr_change_reason(LrCase *c, const char *code, const char *note);

/* Acceptance of a request in the case, which may be stored or not; the caller writes it. */
extern void lr_apply_acceptance(LrCase *c, const LrDecision *decision, const char *decided_by);

/* A blank note is no note. */
static inline const char *
lr_note(const char *note)
{
	if (note == NULL || note[strspn(note, " \t\r\n")] == '\0')
		return NULL;
	return note;
}

/* An empty idempotency key is none. */
static inline const char *
lr_idempotency_key(const char *key)
{
	return key == NULL || key[0] == '\0' ? NULL : key;
}

#endif /* LR_REQUEST_H */
