/*
 * lr_import_batch.h
 *		Some lines of a file, carried out together.
 */
#ifndef LR_IMPORT_BATCH_H
#define LR_IMPORT_BATCH_H

#include "lr_import.h"

/* Everything of a batch lies in the memory context in which it was made. */
typedef struct LrImportBatch
{
	const LrImport *import;
	int n;
	LrLineResult *results;
	LrOrder *orders; /* of the lines that can be read */
	int *line_of;    /* which result belongs to an order */
	int norders;
	int64 position; /* the last line read */
	bool at_end;    /* it is the last one of the file */
} LrImportBatch;

/* The lead id that a key says; false when it is none. */
extern bool lr_parse_lead_id(const char *text, int64 *id);
/* Reads the next lines; malformed ones have their result at once. */
extern LrImportBatch *lr_import_batch(const LrImport *import, LrLines *lines, int max_lines);
/*
 * Carries the orders out and fills the results: all at once, and if that fails with an error that
 * is about one of them, one after the other, to find which.
 */
extern void lr_import_carry_out(LrImportBatch *batch);
/* All at once, without looking for the one; errors are raised. */
extern void lr_import_carry_out_together(LrImportBatch *batch, LrCapBooks *books);
/* Carries orders out in a store of its own; books as lr_held_share() takes them. */
extern void lr_import_run_orders(LrOrder *orders, int norders, LrCapBooks *books);

#endif /* LR_IMPORT_BATCH_H */
