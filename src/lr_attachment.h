/*
 * lr_attachment.h
 *		The attached tables: whose rows are deliveries, locking a row before its delivery, and
 *		writing the status of a delivery back to it.
 */
#ifndef LR_ATTACHMENT_H
#define LR_ATTACHMENT_H

#include "lr_mapping.h"
#include "lr_store.h"

typedef struct LrAttachment
{
	int64 attachment_id;
	Oid tbl;
	bool attached; /* false: it was detached, or the table is gone */
	Jsonb *mapping;
} LrAttachment;

/* Which row of which attached table a delivery is. */
typedef struct LrLink
{
	int64 attachment_id; /* 0: of none */
	const char *row_key;
} LrLink;

/* NULL: there is none. What is returned is valid until the end of the statement. */
extern const LrAttachment *lr_attachment(int64 attachment_id);
extern const LrAttachment *lr_attachment_of(Oid tbl);
/* Whether any table is attached at all. */
extern bool lr_attachments_exist(void);
/* Tells every session that attachments have changed. */
extern void lr_attachments_changed(void);

/* The role that owns a table that exists. */
extern Oid lr_table_owner(Oid tbl);

/* The link in the columns of a delivery, its text copied; attachment_id 0 when there is none. */
extern LrLink lr_link_of(const LrRow *delivery);
/*
 * Locks the rows of attached tables, in one order. A row that does not exist is no matter: whoever
 * deletes it deletes the lead. With skip it does not wait, and answers whether all are locked.
 */
extern bool lr_link_lock(LrLink *links, int nlinks, bool skip);
/* Whether the row is there, for a table that is attached. */
extern bool lr_link_exists(const LrLink *link);
/* Sets the status of the row, if the mapping has one; an error if the row is not there. */
extern void lr_link_write_back(const LrLink *link, const char *status);

#endif /* LR_ATTACHMENT_H */
