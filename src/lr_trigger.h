/*
 * lr_trigger.h
 *		What our trigger functions share.
 */
#ifndef LR_TRIGGER_H
#define LR_TRIGGER_H

#include "postgres.h"

#include "commands/trigger.h"
#include "utils/datum.h"

static inline TriggerData *
lr_trigger_data(FunctionCallInfo fcinfo)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("this function can only be called as a trigger")));
	return (TriggerData *) fcinfo->context;
}

/* Whether a column has another value, null included. */
static inline bool
lr_value_differs(Form_pg_attribute attribute, Datum old, bool old_null, Datum new, bool new_null)
{
	if (old_null || new_null)
		return old_null != new_null;
	return !datum_image_eq(old, new, attribute->attbyval, attribute->attlen);
}

#endif /* LR_TRIGGER_H */
