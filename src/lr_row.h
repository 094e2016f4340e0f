/*
 * lr_row.h
 *		The rows of the public views, as commands return them.
 */
#ifndef LR_ROW_H
#define LR_ROW_H

#include "lr_records.h"

/* The row of the view returns for the request of the case, whose other parts are read. */
extern Datum lr_returns_row(LrCase *c);
/* The same as values and nulls of the view's columns, for triggers. */
extern void lr_returns_columns(LrCase *c, Datum *values, bool *nulls);
/* The column review of that row. */
extern const char *lr_request_review(const LrRequest *r);
/* The row that a query, with these parameters, reads from a view. */
extern Datum lr_view_row(const char *query, int nargs, Oid *types, Datum *values);
/* The row of the view deliveries with these columns. */
extern Datum lr_deliveries_view_row(Datum *values, bool *nulls);

enum
{
	RETURNS_RETURN_ID = 0,
	RETURNS_DELIVERY_ID,
	RETURNS_LEAD_ID,
	RETURNS_EXTERNAL_ID,
	RETURNS_ACCOUNT_ID,
	RETURNS_ACCOUNT,
	RETURNS_BUYER_ID,
	RETURNS_BUYER,
	RETURNS_SUPPLIER_ID,
	RETURNS_SUPPLIER,
	RETURNS_LEAD_GROUP_ID,
	RETURNS_LEAD_GROUP,
	RETURNS_REASON,
	RETURNS_REASON_LABEL,
	RETURNS_REASON_TEXT,
	RETURNS_NOTE,
	RETURNS_STATUS,
	RETURNS_REVIEW,
	RETURNS_COLOUR,
	RETURNS_DELIVERED_AT,
	RETURNS_REQUESTED_AT,
	RETURNS_REQUESTED_BY,
	RETURNS_DECIDED_AT,
	RETURNS_DECIDED_BY,
	RETURNS_DECIDED_HOW,
	RETURNS_DECISION_NOTE,
	RETURNS_ASSIGNEE,
	RETURNS_PRICE,
	RETURNS_COST,
	RETURNS_CREDIT,
	RETURNS_CLAWBACK,
	RETURNS_REMEDY,
	RETURNS_CURRENCY,
	RETURNS_PRIOR_STATUS,
	RETURNS_OVERRIDDEN,
	RETURNS_IMPORT_ID,
	RETURNS_IDEMPOTENCY_KEY,
	RETURNS_AGE_HOURS,
	RETURNS_NCOLUMNS
};

enum
{
	DELIVERIES_DELIVERY_ID = 0,
	DELIVERIES_LEAD_ID,
	DELIVERIES_ACCOUNT_ID,
	DELIVERIES_SUPPLIER_ID,
	DELIVERIES_LEAD_GROUP_ID,
	DELIVERIES_PRICE,
	DELIVERIES_COST,
	DELIVERIES_DELIVERED_AT,
	DELIVERIES_STATUS,
	DELIVERIES_EXTERNAL_ID,
	DELIVERIES_EMAIL,
	DELIVERIES_PHONE,
	DELIVERIES_REPLACES,
	DELIVERIES_DELETED_AT,
	DELIVERIES_CURRENCY,
	DELIVERIES_NCOLUMNS
};

#endif /* LR_ROW_H */
