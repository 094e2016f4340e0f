/*
 * lr_event.h
 *		What can be told of a return, to whom, and which of its facts each recipient may learn.
 */
#ifndef LR_EVENT_H
#define LR_EVENT_H

#include "lr_records.h"
#include "utils/jsonb.h"

/* The names are in lr_event.c, in the same order. */
typedef enum LrEventKind
{
	LR_RETURN_REQUESTED,
	LR_RETURN_WITHDRAWN,
	LR_RETURN_ACCEPTED,
	LR_RETURN_DECLINED,
	LR_RETURN_REOPENED,
	LR_RETURN_ROLLED_BACK,
	LR_INFO_REQUESTED,
	LR_MESSAGE_RECEIVED,
	LR_DECISION_DISPUTED,
	LR_LEAD_RETURNED,
	LR_NEVENTS
} LrEventKind;

typedef enum LrRecipient
{
	LR_TO_SELLER,
	LR_TO_BUYER,
	LR_TO_SUPPLIER,
	LR_NRECIPIENTS
} LrRecipient;

/* One notification in the making. */
typedef struct LrEvent
{
	LrCase *c; /* the return in hand, as it is after the move */
	LrEventKind kind;
	LrRecipient to;
	int64 id;
	int sequence;
	const char *recipient; /* its name; NULL: not known */
	const char *message;   /* what was said with it; NULL: nothing */
	LrRow buyer;           /* values NULL: not read, or there is none */
	LrRow supplier;
} LrEvent;

extern const char *lr_event_name(LrEventKind kind);
extern const char *lr_recipient_name(LrRecipient to);
/* LR_NEVENTS and LR_NRECIPIENTS when there is none of that name. */
extern LrEventKind lr_event_find(const char *name);
extern LrRecipient lr_recipient_find(const char *name);
/* Whether such an event is ever told to such a recipient. */
extern bool lr_event_is_told(LrEventKind kind, LrRecipient to);

/* A fact by its name; -1: there is none that this recipient may learn. */
extern int lr_fact_find(const char *name, int length, LrRecipient to);
/* The names of all that it may learn, for a message. */
extern char *lr_fact_names(LrRecipient to);
/* The fact as people read it; NULL: it has none. */
extern char *lr_fact_text(const LrEvent *event, int fact);
/* All that the recipient may learn, as an object. */
extern Datum lr_event_payload(const LrEvent *event);

#endif /* LR_EVENT_H */
