/*
 * lr_session.c
 *		Who is asking, from the role's grants (table party_grant) and, for application servers, the
 *		party they named for this transaction with lr_act_as().
 *
 * The role is the one that the client set (SET ROLE counts, a SECURITY DEFINER function between
 * the client and us does not). Superusers and the extension's owner are staff.
 */
#include "postgres.h"

#include "lr_session.h"

#include "access/xact.h"
#include "catalog/pg_authid.h"
#include "funcapi.h"
#include "lr_error.h"
#include "lr_store.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/inval.h"

PG_FUNCTION_INFO_V1(lr_act_as);
PG_FUNCTION_INFO_V1(lr_whoami);
PG_FUNCTION_INFO_V1(lr_sees_all);
PG_FUNCTION_INFO_V1(lr_reads_figures);
PG_FUNCTION_INFO_V1(lr_reads_texts);
PG_FUNCTION_INFO_V1(lr_own_buyer);
PG_FUNCTION_INFO_V1(lr_own_supplier);
PG_FUNCTION_INFO_V1(lr_require_staff_sql);
PG_FUNCTION_INFO_V1(lr_caller);

static const char *const kind_names[] = {"none", "staff", "app", "buyer", "supplier",
										 "reporting"};

/* What the grants say of one role; valid while nothing about roles or grants changed. */
static struct
{
	bool valid;
	Oid role;
	uint64 version;
	LrParty party;
} granted;

/* The party named by lr_act_as: a stack, so that a rolled-back savepoint restores the outer one. */
typedef struct ActingAs
{
	LrParty party;
	Oid role; /* who named it: after SET ROLE it is not the party of the next one */
	int nest_level;
	struct ActingAs *outer;
} ActingAs;

static ActingAs *acting_as = NULL;

static LrParty party_of_role(Oid role, uint64 *version);
static LrPartyKind kind_from_name(const char *name);
static void roles_changed(Datum arg, int cacheid, uint32 hashvalue);
static void at_xact_end(XactEvent event, void *arg);
static void at_subxact_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent,
						   void *arg);

void
lr_session_init(void)
{
	RegisterXactCallback(at_xact_end, NULL);
	RegisterSubXactCallback(at_subxact_end, NULL);
	/* last, because these cannot fail but have few slots, and a load that failed is repeated */
	CacheRegisterSyscacheCallback(AUTHOID, roles_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, roles_changed, (Datum) 0);
}

LrParty
lr_session_party(void)
{
	Oid role = GetOuterUserId();

	if (!granted.valid || granted.role != role ||
		granted.version != lr_table_version(LR_PARTY_GRANT))
	{
		/* a change that is heard of while it is read wins; after an error it is read again */
		granted.role = InvalidOid;
		granted.valid = true;
		granted.party = party_of_role(role, &granted.version);
		granted.role = role;
	}
	if (granted.party.kind == LR_APP && acting_as != NULL && acting_as->role == role)
		return acting_as->party;
	return granted.party;
}

const char *
lr_session_role(void)
{
	return GetUserNameFromId(GetOuterUserId(), false);
}

const char *
lr_party_kind_name(LrPartyKind kind)
{
	return kind_names[kind];
}

void
lr_require_staff(const char *what)
{
	LrParty party = lr_session_party();

	if (party.kind != LR_STAFF)
		LR_RAISE(LR_NOT_PERMITTED, "Role \"%s\" (%s) may not %s.", lr_session_role(),
				 kind_names[party.kind], what);
}

LrParty
lr_require_staff_or_buyer(const char *what)
{
	LrParty party = lr_session_party();

	if (party.kind != LR_BUYER_PARTY)
		lr_require_staff(what);
	return party;
}

/*
 * The grant of the role itself wins; else that of a role whose rights it has, the widest first
 * (the order of LrPartyKind). A role that would act for two buyers or two suppliers at once acts
 * for none.
 */
static LrParty
party_of_role(Oid role, uint64 *version)
{
	LrParty best = {LR_NOBODY, {0, false}};
	bool best_is_own = false;
	bool ambiguous = false;
	LrStore *store;
	LrScan *scan;
	LrRow row;

	if (superuser_arg(role) || role == lr_extension_owner())
	{
		best.kind = LR_STAFF;
		*version = lr_table_version(LR_PARTY_GRANT);
		return best;
	}

	store = lr_store_open(false);
	scan = lr_store_scan_reference(store, LR_PARTY_GRANT, version);
	while (lr_store_next(scan, &row))
	{
		LrPartyKind kind = kind_from_name(TextDatumGetCString(row.values[GRANT_KIND]));
		LrId party = lr_id(row.values[GRANT_PARTY_ID], row.nulls[GRANT_PARTY_ID]);
		Oid granted_role = DatumGetObjectId(row.values[GRANT_ROLE]);
		bool own = granted_role == role;

		/* of a role that was dropped, nobody has the rights */
		if (!has_privs_of_role(role, granted_role))
			continue;
		if (best.kind == LR_NOBODY || (own && !best_is_own) ||
			(own == best_is_own && kind < best.kind))
		{
			best = (LrParty){kind, party};
			best_is_own = own;
			ambiguous = false;
		}
		else if (own == best_is_own && kind == best.kind && party.id != best.party.id)
			ambiguous = true;
	}
	lr_store_end_scan(scan);
	lr_store_close(store);
	return ambiguous ? (LrParty){LR_NOBODY, {0, false}} : best;
}

static LrPartyKind
kind_from_name(const char *name)
{
	for (int i = LR_STAFF; i < (int) lengthof(kind_names); i++)
	{
		if (strcmp(kind_names[i], name) == 0)
			return i;
	}
	return LR_NOBODY;
}

static void
roles_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	granted.valid = false;
}

/*
 * lr_act_as(kind, party_id)
 *		Until the end of the transaction an application server acts for this party.
 */
Datum
lr_act_as(PG_FUNCTION_ARGS)
{
	char *kind_name = LR_ARG_CSTRING(0);
	LrId id = LR_ARG_ID(1);
	LrPartyKind kind = kind_name == NULL ? LR_NOBODY : kind_from_name(kind_name);
	bool needs_id = kind == LR_BUYER_PARTY || kind == LR_SUPPLIER_PARTY;
	ActingAs *entry;

	lr_session_party();
	if (granted.party.kind != LR_APP)
		LR_RAISE(LR_NOT_PERMITTED, "Role \"%s\" (%s) may not act for others.", lr_session_role(),
				 kind_names[granted.party.kind]);
	if (kind == LR_NOBODY || kind == LR_APP || needs_id != id.given)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid party"),
						errdetail("Kind is \"%s\", party_id is %s.",
								  kind_name == NULL ? "(null)" : kind_name,
								  id.given ? "given" : "null"),
						errhint("Give staff, reporting, or buyer or supplier with its id.")));

	entry = MemoryContextAllocZero(TopTransactionContext, sizeof(ActingAs));
	entry->party.kind = kind;
	entry->party.party = id;
	entry->role = granted.role;
	entry->nest_level = GetCurrentTransactionNestLevel();
	entry->outer = acting_as;
	acting_as = entry;
	return lr_whoami(fcinfo);
}

/* role, kind and party of the caller */
Datum
lr_whoami(PG_FUNCTION_ARGS)
{
	LrParty party = lr_session_party();
	TupleDesc desc;
	Datum values[3];
	bool nulls[3] = {false, false, !party.party.given};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "lr_whoami must return a row");
	values[0] = CStringGetTextDatum(lr_session_role());
	values[1] = CStringGetTextDatum(kind_names[party.kind]);
	values[2] = Int64GetDatum(party.party.id);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/* The name of the caller's role, for SECURITY DEFINER functions that record it. */
Datum
lr_caller(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(lr_session_role()));
}

/*
 * What the views ask. Each tells one class of rows or columns: everything, figures of everybody,
 * and what people wrote or are called.
 */
Datum
lr_sees_all(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(lr_session_party().kind == LR_STAFF);
}

Datum
lr_reads_figures(PG_FUNCTION_ARGS)
{
	LrPartyKind kind = lr_session_party().kind;

	PG_RETURN_BOOL(kind == LR_STAFF || kind == LR_REPORTING);
}

Datum
lr_reads_texts(PG_FUNCTION_ARGS)
{
	LrPartyKind kind = lr_session_party().kind;

	PG_RETURN_BOOL(kind == LR_STAFF || kind == LR_BUYER_PARTY);
}

Datum
lr_own_buyer(PG_FUNCTION_ARGS)
{
	LrParty party = lr_session_party();

	if (party.kind != LR_BUYER_PARTY)
		PG_RETURN_NULL();
	PG_RETURN_INT64(party.party.id);
}

Datum
lr_own_supplier(PG_FUNCTION_ARGS)
{
	LrParty party = lr_session_party();

	if (party.kind != LR_SUPPLIER_PARTY)
		PG_RETURN_NULL();
	PG_RETURN_INT64(party.party.id);
}

static void
at_xact_end(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		acting_as = NULL;
}

static void
at_subxact_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	int level = GetCurrentTransactionNestLevel();

	for (ActingAs *entry = acting_as; entry != NULL && entry->nest_level >= level;
		 entry = entry->outer)
	{
		if (event == SUBXACT_EVENT_ABORT_SUB)
			acting_as = entry->outer;
		else if (event == SUBXACT_EVENT_COMMIT_SUB)
			entry->nest_level = level - 1;
	}
}

Datum
lr_require_staff_sql(PG_FUNCTION_ARGS)
{
	lr_require_staff(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	PG_RETURN_VOID();
}
