/*
 * lr_session.h
 *		Who is asking: the login role and the party it acts for.
 */
#ifndef LR_SESSION_H
#define LR_SESSION_H

#include "leadreturns.h"

typedef enum LrPartyKind
{
	LR_NOBODY,
	LR_STAFF,
	LR_APP,
	LR_BUYER_PARTY,
	LR_SUPPLIER_PARTY,
	LR_REPORTING
} LrPartyKind;

typedef struct LrParty
{
	LrPartyKind kind;
	LrId party; /* the buyer or supplier */
} LrParty;

extern LrParty lr_session_party(void);
extern const char *lr_session_role(void);
extern const char *lr_party_kind_name(LrPartyKind kind);

/* Raises not_permitted unless staff asks; what names the act: "accept a return". */
extern void lr_require_staff(const char *what);
/* The same, but buyers may too, each for its own deliveries. */
extern LrParty lr_require_staff_or_buyer(const char *what);

extern void lr_session_init(void);

#endif /* LR_SESSION_H */
