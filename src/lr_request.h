/*
 * lr_request.h
 *		The commands of a return's life, below their SQL entry points: what lr_api.c and the
 *		triggers of the view returns call.
 */
#ifndef LR_REQUEST_H
#define LR_REQUEST_H

#include "lr_lookup.h"
#include "lr_outbox.h"
#include "lr_records.h"

/* What a submission says. */
typedef struct LrSubmission
{
	LrTarget target;
	const char *reason;          /* as given; NULL: none */
	const char *note;            /* NULL: none */
	const char *idempotency_key; /* NULL: none */
	bool override;
	LrId import_id; /* the file it comes from */
} LrSubmission;

/* What a decision says. */
typedef struct LrDecision
{
	LrCommand command;
	const char *note;
	LrAsked asked;          /* LR_ACCEPT only */
	const char *new_status; /* of the delivery; LR_ACCEPT only, NULL: the terms' */
	bool override;          /* LR_ACCEPT and LR_REOPEN only */
	LrNotify notify;
} LrDecision;

/* Where a request was found, before the locks. */
typedef struct LrFound
{
	ItemPointerData tid;
	int64 delivery_id;
	int64 account_id;
} LrFound;

/* A case with an open store, for a command of this party. */
extern LrCase *lr_begin_command(LrParty party);

/*
 * The commands come in two steps: what must be locked is found and named, and when everything is
 * locked the command is carried out. Each step answers false when it refuses. Whoever has one
 * command or many runs them through lr_batch.c.
 */
extern bool lr_submit_find(LrCase *c, const LrSubmission *submission, LrCandidates *candidates);
extern bool lr_submit_file(LrCase *c, const LrSubmission *submission,
						   const LrCandidates *candidates);
extern bool lr_decide_find(LrCase *c, LrId return_id, LrFound *found);
/* Fills it from a row of the request. */
extern void lr_found_request(const LrRow *row, LrFound *found);
extern void lr_case_read(LrCase *c, int64 return_id, LrFound *found);
/* Makes the move of the request in hand, everything that belongs to it included. */
extern bool lr_decide(LrCase *c, const LrDecision *decision);
extern bool lr_rollback_find(LrCase *c, const LrTarget *target, LrCandidates *candidates);
extern bool lr_rollback(LrCase *c, const LrTarget *target, const LrCandidates *candidates,
						const LrDecision *decision);

/* Locks what the return is about and takes it in hand; raises return_not_found. */
extern void lr_case_open(LrCase *c, LrId return_id);

/* Changes that are no moves (lr_thread.c). */
extern void lr_change_assignee(LrCase *c, const char *assignee);
extern void lr_change_decision_note(LrCase *c, const char *note);
extern void lr_change_reason(LrCase *c, const char *code, const char *note);

/* Acceptance of a request in the case, which may be stored or not; the caller writes it. */
extern bool lr_apply_acceptance(LrCase *c, const LrDecision *decision, const char *decided_by);

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
