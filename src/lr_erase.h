/*
 * lr_erase.h
 *		What lr_erase.c and lr_erase_lines.c share.
 */
#ifndef LR_ERASE_H
#define LR_ERASE_H

#include "lr_store.h"
#include "nodes/pg_list.h"

/* A lead, and all that a file may have named it by. */
typedef struct LrLead
{
	int64 lead_id;
	List *deliveries; /* LrLeadDelivery, by id */
	List *keys[5];    /* by LrKeyKind: what it is matched by, as C strings */
} LrLead;

typedef struct LrLeadDelivery
{
	int64 delivery_id;
	int64 account_id;
} LrLeadDelivery;

/* The files that have lines of the lead, in the order in which they are locked. */
extern List *lr_files_of_lead(LrStore *store, const LrLead *lead);
/* Blanks the lead's lines in a file that is locked; whether there was anything to blank. */
extern bool lr_erase_lines(LrStore *store, const LrRow *import, const LrLead *lead);

#endif /* LR_ERASE_H */
