/*
 * lr_outbox.h
 *		The outbox: what has happened to a return is written down for whoever is to be told, in the
 *		transaction in which it happens.
 */
#ifndef LR_OUTBOX_H
#define LR_OUTBOX_H

#include "lr_records.h"

/* Whether a decision tells the buyer and the supplier. */
typedef enum LrNotify
{
	LR_NOTIFY_BY_TERMS,
	LR_NOTIFY_ALWAYS,
	LR_NOTIFY_NEVER
} LrNotify;

/*
 * Called with the request in hand as it is after the change, and before it is written: it counts
 * its events.
 */
extern void lr_outbox_requested(LrCase *c);
/* A move from what it was; note is the command's. */
extern void lr_outbox_moved(LrCase *c, LrNotify asked, const char *note);
/* A message or the address of evidence, from whoever asks. Returns whether anybody is told. */
extern bool lr_outbox_said(LrCase *c, bool question, const char *said);

/* Takes back up to so many notifications whose lease has run out; returns how many. */
extern int64 lr_outbox_release(int64 max_rows);
/* Wakes the workers if something is due, where they are to be woken. */
extern void lr_outbox_wake_due(void);

extern void lr_outbox_init(void);

#endif /* LR_OUTBOX_H */
