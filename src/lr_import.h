/*
 * lr_import.h
 *		Files of returns: the row of an import, its lines, and what became of them.
 */
#ifndef LR_IMPORT_H
#define LR_IMPORT_H

#include "lr_batch.h"

typedef enum LrImportStatus
{
	LR_IMPORT_NEW,
	LR_IMPORT_VERIFIED,
	LR_IMPORT_RUNNING,
	LR_IMPORT_CANCELLED,
	LR_IMPORT_DONE,
	LR_IMPORT_UNDONE
} LrImportStatus;

/* A row of table import; what C code changes stands beside the columns until it is written. */
typedef struct LrImport
{
	LrRow row;
	bool stored;
	Datum values[IMPORT_NCOLUMNS];
	bool nulls[IMPORT_NCOLUMNS];
	int64 import_id;
	LrKeyKind match_by;
	const char *reason; /* of lines that give none; NULL: none */
	bool undo;          /* its lines roll returns back */
	LrId buyer;
	LrId owner; /* the buyer that made it */
	LrImportStatus status;
	int64 total;
	int64 last_line;
	int64 position; /* lines up to this one have been seen to */
	int64 returned;
	int64 failed;
	int64 errors;
	LrMoney credit;
	LrMoney clawback;
	int64 undone;
	int64 conflicts;
} LrImport;

/* A line of the file, as far as it can be read. */
typedef struct LrLine
{
	int64 line_no;
	const char *problem; /* why it cannot be read, NULL: it can */
	const char *raw;     /* as it came, in the database's encoding */
	const char *key;     /* without blanks around it; these three are NULL when empty */
	const char *reason;
	const char *note;
} LrLine;

/* The states of a line; the names are those of import_outcome.status. */
typedef enum LrLineStatus
{
	LR_LINE_RETURNED,
	LR_LINE_REQUESTED,
	LR_LINE_ROLLED_BACK,
	LR_LINE_ALREADY_RETURNED,
	LR_LINE_NOT_RETURNABLE,
	LR_LINE_UNKNOWN_LEAD,
	LR_LINE_MALFORMED,
	LR_LINE_ERROR
} LrLineStatus;

/* What became of a line, or would. */
typedef struct LrLineResult
{
	int64 line_no;
	LrLineStatus status;
	const char *sqlstate; /* NULL: none */
	LrOutcome outcome;
} LrLineResult;

/* lr_import.c */
/* Locks the import for whoever works on it; raises invalid_import if the caller has no such. */
extern void lr_import_lock(LrStore *store, LrId import_id, LrImport *import);
extern void lr_import_write(LrStore *store, LrImport *import);
extern Datum lr_import_progress_row(int64 import_id);
/* Raises import_state: what cannot be done in its status. */
extern void lr_import_refuse(const LrImport *import, const char *what) pg_attribute_noreturn();
/* Whether somebody wants it to stop. */
extern bool lr_import_is_cancelled(LrStore *store, int64 import_id);
extern void lr_import_forget_cancel(LrStore *store, int64 import_id);

/* lr_import_lines.c */
typedef struct LrLines LrLines;

/* Reads the lines after this one, but for those that have an outcome if asked to skip them. */
extern LrLines *lr_lines_open(LrStore *store, int64 import_id, int64 after_line, bool skip_done);
/* All lines of a file that has been archived. */
extern LrLines *lr_archived_lines_open(LrStore *store, int64 import_id);
extern bool lr_lines_next(LrLines *lines, LrLine *line);
/* Whether there is another one. */
extern bool lr_lines_more(LrLines *lines);
extern void lr_lines_close(LrLines *lines);

/* lr_import_result.c */
extern LrLineStatus lr_line_status_of(Datum status);
/* Fills the columns that import_verdict and import_outcome share, and return_id. */
extern void lr_result_fill(int64 import_id, const LrLineResult *result, Datum *values,
						   bool *nulls);
/* Counts the line in what the import shows. */
extern void lr_result_count(LrImport *import, const LrLineResult *result, int sign);
extern LrLineResult lr_result_of_order(const LrImport *import, int64 line_no,
									   const LrOrder *order);
extern LrLineResult lr_result_malformed(const LrLine *line, const char *problem);

/* A piece of a file, and how to read it; fields of the header are counted from 0, -1: none. */
typedef struct LrChunk
{
	int64 import_id;
	int64 first_line;
	int64 last_line;
	bool by_row; /* each record is one line, whatever line breaks it has */
	int encoding;
	char delimiter;
	int fields;
	int key_field;
	int reason_field;
	int note_field;
	bytea *body;
} LrChunk;

/* lr_import_load.c */
extern void lr_import_write_chunk(LrStore *store, const LrChunk *chunk);

/* lr_import_upload.c */
extern void lr_import_upload_init(void);
/* The import that this session has made last, for rows that name none. */
extern void lr_import_remember(int64 import_id);

#endif /* LR_IMPORT_H */
