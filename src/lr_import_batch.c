/*
 * lr_import_batch.c
 *		From lines to orders, and from their outcomes to the results of the lines.
 */
#include "postgres.h"

#include "lr_import_batch.h"

#include "lr_guarded.h"
#include "lr_pause.h"
#include "miscadmin.h"
#include "utils/builtins.h"

typedef struct Work
{
	LrOrder *orders;
	int norders;
} Work;

static bool order_of_line(const LrImport *import, const LrLine *line, LrOrder *order,
						  const char **problem);
static void run_orders(void *arg);
static void take_outcome(LrImportBatch *batch, int order);
static void take_error(LrImportBatch *batch, int order, const ErrorData *error);

LrImportBatch *
lr_import_batch(const LrImport *import, LrLines *lines, int max_lines)
{
	LrImportBatch *batch = palloc0(sizeof(LrImportBatch));
	LrLine line;

	batch->import = import;
	batch->position = import->position;
	batch->results = palloc(sizeof(LrLineResult) * max_lines);
	batch->orders = palloc_extended(sizeof(LrOrder) * max_lines, MCXT_ALLOC_HUGE);
	batch->line_of = palloc(sizeof(int) * max_lines);
	while (batch->n < max_lines)
	{
		const char *problem;

		CHECK_FOR_INTERRUPTS();
		if (!lr_lines_next(lines, &line))
		{
			batch->at_end = true;
			batch->position = import->last_line;
			break;
		}
		batch->position = line.line_no;
		if (order_of_line(import, &line, &batch->orders[batch->norders], &problem))
		{
			batch->results[batch->n].line_no = line.line_no;
			batch->line_of[batch->norders++] = batch->n;
		}
		else
			batch->results[batch->n] = lr_result_malformed(&line, problem);
		batch->n++;
	}
	/* whether a full batch is the last one is known only by the next line */
	if (!batch->at_end && !lr_lines_more(lines))
	{
		batch->at_end = true;
		batch->position = import->last_line;
	}
	return batch;
}

/* False when the line names nothing, or cannot be read. */
static bool
order_of_line(const LrImport *import, const LrLine *line, LrOrder *order, const char **problem)
{
	LrTarget target = {import->match_by};

	*problem = line->problem;
	if (line->problem != NULL)
		return false;
	if (line->key == NULL)
	{
		*problem = "The line has no key.";
		return false;
	}
	target.buyer = import->buyer;
	target.key = cstring_to_text(line->key);
	target.id.given = true;
	if (import->match_by == LR_BY_LEAD_ID && !lr_parse_lead_id(line->key, &target.id.id))
	{
		*problem = psprintf("\"%s\" is no lead id.", line->key);
		return false;
	}

	memset(order, 0, sizeof(*order));
	if (import->undo)
	{
		order->kind = LR_ROLLBACK_ORDER;
		order->target = target;
		order->decision = (LrDecision){LR_ROLLBACK, line->note};
		return true;
	}
	order->kind = LR_SUBMIT_ORDER;
	order->submission.target = target;
	order->submission.reason = line->reason != NULL ? line->reason : import->reason;
	order->submission.note = line->note;
	order->submission.import_id = (LrId){import->import_id, true};
	return true;
}

/* A whole number that is a bigint, and nothing else. */
bool
lr_parse_lead_id(const char *text, int64 *id)
{
	const char *digits = text + (*text == '-' || *text == '+');
	char *end;

	if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0')
		return false;
	errno = 0;
	*id = strtoll(text, &end, 10);
	return errno == 0;
}

void
lr_import_carry_out(LrImportBatch *batch)
{
	Work all = {batch->orders, batch->norders};

	if (batch->norders == 0)
		return;
	if (lr_guarded(run_orders, &all) == NULL)
	{
		for (int i = 0; i < batch->norders; i++)
			take_outcome(batch, i);
		return;
	}
	for (int i = 0; i < batch->norders; i++)
	{
		Work one = {&batch->orders[i], 1};
		ErrorData *error = lr_guarded(run_orders, &one);

		if (error == NULL)
			take_outcome(batch, i);
		else
			take_error(batch, i, error);
	}
}

void
lr_import_carry_out_together(LrImportBatch *batch, LrCapBooks *books)
{
	lr_import_run_orders(batch->orders, batch->norders, books);
	for (int i = 0; i < batch->norders; i++)
		take_outcome(batch, i);
}

static void
run_orders(void *arg)
{
	Work *work = arg;

	lr_import_run_orders(work->orders, work->norders, NULL);
}

void
lr_import_run_orders(LrOrder *orders, int norders, LrCapBooks *books)
{
	LrCase *c = palloc0(sizeof(LrCase));

	lr_case_begin(c, lr_store_open(true), lr_session_party(), LR_BY_IMPORT);
	lr_held_share(c->held, books);
	lr_batch_run(c, orders, norders);
	lr_case_end(c);
	LR_PAUSE("import.batch_written");
}

static void
take_outcome(LrImportBatch *batch, int order)
{
	LrLineResult *result = &batch->results[batch->line_of[order]];

	*result = lr_result_of_order(batch->import, result->line_no, &batch->orders[order]);
}

/* An error that no rule of ours raises: it is told as it came. */
static void
take_error(LrImportBatch *batch, int order, const ErrorData *error)
{
	LrLineResult *result = &batch->results[batch->line_of[order]];
	LrLineResult failed = {result->line_no, LR_LINE_ERROR,
						   pstrdup(unpack_sql_state(error->sqlerrcode))};

	failed.outcome.refusal.detail = error->message;
	*result = failed;
}
