/*
 * lr_template.c
 *		Checking the templates of notifications when they are saved, and filling them in.
 *
 * A template is text with {{fact}} in it; the facts are a fixed list (lr_event.c), there is nothing
 * to compute and what is put in is never read as a template again. Each backend keeps the templates
 * parsed and reads them anew when their table has changed, as it does the reasons.
 */
#include "postgres.h"

#include "lr_template.h"

#include "lr_trigger.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"

PG_FUNCTION_INFO_V1(lr_template_is_valid);
PG_FUNCTION_INFO_V1(lr_guard_seed);

#define FALLBACK_LANGUAGE "en"

/* Text, and the fact that comes after it; -1: the template ends. */
typedef struct Part
{
	const char *text;
	int length;
	int fact;
} Part;

typedef struct Template
{
	const char *language;
	List *subject; /* of Part */
	List *body;
	struct Template *next; /* in another language */
} Template;

static struct
{
	MemoryContext cxt;
	uint64 version;
	Template *templates[LR_NEVENTS][LR_NRECIPIENTS];
} cache;

static List *parse(const char *text, LrRecipient to);
static int parse_fact(const char **text, LrRecipient to);
static void invalid(const char *detail, const char *hint) pg_attribute_noreturn();
static void ensure_loaded(LrStore *store);
static void load_template(const LrRow *row, MemoryContext cxt);
static const Template *find(const LrEvent *event, const char *language);
static char *fill_in(const LrEvent *event, List *parts, bool one_line);

/*
 * template_is_valid(kind, recipient_kind, template, one_line)
 *		True, or invalid_setting that says what is wrong. A CHECK: nothing but the row decides.
 */
Datum
lr_template_is_valid(PG_FUNCTION_ARGS)
{
	char *kind_name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char *to_name = text_to_cstring(PG_GETARG_TEXT_PP(1));
	char *given = text_to_cstring(PG_GETARG_TEXT_PP(2));
	LrEventKind kind = lr_event_find(kind_name);
	LrRecipient to = lr_recipient_find(to_name);
	StringInfoData pairs;

	if (kind == LR_NEVENTS || to == LR_NRECIPIENTS || !lr_event_is_told(kind, to))
	{
		initStringInfo(&pairs);
		for (int i = 0; i < LR_NEVENTS * LR_NRECIPIENTS; i++)
		{
			if (lr_event_is_told(i / LR_NRECIPIENTS, i % LR_NRECIPIENTS))
				appendStringInfo(&pairs, "%s%s to %s", pairs.len == 0 ? "" : ", ",
								 lr_event_name(i / LR_NRECIPIENTS),
								 lr_recipient_name(i % LR_NRECIPIENTS));
		}
		invalid(psprintf("Nothing of kind \"%s\" is told to \"%s\".", kind_name, to_name),
				psprintf("There are %s.", pairs.data));
	}
	if (PG_GETARG_BOOL(3) && strpbrk(given, "\r\n") != NULL)
		invalid("The subject has a line break.", "Write it on one line.");
	parse(given, to);
	PG_RETURN_BOOL(true);
}

static void
invalid(const char *detail, const char *hint)
{
	lr_raise(LR_INVALID_SETTING, detail, hint);
}

/* BEFORE UPDATE OR DELETE of a template that came with the extension: a restore would make it. */
Datum
lr_guard_seed(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = lr_trigger_data(fcinfo);

	lr_raise(LR_HISTORY_IS_IMMUTABLE,
			 psprintf("This row of table leadreturns.%s came with the extension; it would be back "
					  "after a restore.",
					  RelationGetRelationName(trigger->tg_relation)),
			 "Change its texts, or switch off what it tells with the notify_ settings.");
	return PointerGetDatum(NULL);
}

/* The parts point into the text. */
static List *
parse(const char *text, LrRecipient to)
{
	List *parts = NIL;

	for (;;)
	{
		const char *open = strstr(text, "{{");
		Part *part = palloc(sizeof(Part));

		part->text = text;
		part->length = open == NULL ? (int) strlen(text) : (int) (open - text);
		part->fact = -1;
		parts = lappend(parts, part);
		if (open == NULL)
			return parts;
		text = open;
		part->fact = parse_fact(&text, to);
	}
}

/* {{fact}}, with or without blanks around it; text moves behind it. */
static int
parse_fact(const char **text, LrRecipient to)
{
	const char *name = *text + 2;
	const char *close = strstr(name, "}}");
	int shown;
	int length;
	int fact;

	if (close == NULL)
	{
		shown = pg_mbcliplen(*text, strlen(*text), 40);
		invalid(psprintf("\"%s\" is not closed.", pnstrdup(*text, shown)), "Write {{field}}.");
		pg_unreachable();
	}
	*text = close + 2;
	while (*name == ' ')
		name++;
	while (close > name && close[-1] == ' ')
		close--;
	length = close - name;
	fact = lr_fact_find(name, length, to);
	if (fact < 0)
	{
		shown = pg_mbcliplen(name, length, 80);
		invalid(psprintf("There is no field \"%s\" for a %s.", pnstrdup(name, shown),
						 lr_recipient_name(to)),
				psprintf("The fields are %s.", lr_fact_names(to)));
	}
	return fact;
}

LrTexts
lr_template_texts(const LrEvent *event, const char *language)
{
	const Template *template;
	LrTexts texts = {language};

	ensure_loaded(event->c->store);
	template = find(event, language);
	if (template == NULL)
		template = find(event, FALLBACK_LANGUAGE);
	if (template == NULL)
		return texts;
	texts.language = template->language;
	texts.subject = fill_in(event, template->subject, true);
	texts.body = fill_in(event, template->body, false);
	return texts;
}

static const Template *
find(const LrEvent *event, const char *language)
{
	const Template *template = cache.templates[event->kind][event->to];

	while (template != NULL && strcmp(template->language, language) != 0)
		template = template->next;
	return template;
}

static char *
fill_in(const LrEvent *event, List *parts, bool one_line)
{
	StringInfoData text;
	ListCell *lc;

	initStringInfo(&text);
	foreach (lc, parts)
	{
		const Part *part = lfirst(lc);
		char *value = part->fact < 0 ? NULL : lr_fact_text(event, part->fact);

		appendBinaryStringInfo(&text, part->text, part->length);
		if (value != NULL)
			appendStringInfoString(&text, value);
	}
	return one_line ? lr_one_line(text.data) : text.data;
}

/* Nothing that a mail header would take for its end. */
char *
lr_one_line(const char *text)
{
	char *line;
	char *end;

	if (text == NULL)
		return NULL;
	line = pstrdup(text);
	for (char *p = line; *p != '\0'; p++)
	{
		if ((unsigned char) *p < ' ' || *p == 0x7F)
			*p = ' ';
	}
	for (end = line + strlen(line); end > line && end[-1] == ' '; end--)
		end[-1] = '\0';
	line += strspn(line, " ");
	return *line == '\0' ? NULL : line;
}

static void
ensure_loaded(LrStore *store)
{
	uint64 version;
	MemoryContext cxt;
	LrScan *scan;
	LrRow row;

	if (cache.cxt != NULL && cache.version == lr_table_version(LR_NOTIFICATION_TEMPLATE))
		return;
	/* while it is read there is none, so that an error leaves nothing half made */
	if (cache.cxt != NULL)
		MemoryContextDelete(cache.cxt);
	cache.cxt = NULL;
	memset(cache.templates, 0, sizeof(cache.templates));
	cxt = AllocSetContextCreate(CurrentMemoryContext, "leadreturns templates",
								ALLOCSET_DEFAULT_SIZES);
	scan = lr_store_scan_reference(store, LR_NOTIFICATION_TEMPLATE, &version);
	while (lr_store_next(scan, &row))
		load_template(&row, cxt);
	lr_store_end_scan(scan);
	MemoryContextSetParent(cxt, CacheMemoryContext);
	cache.cxt = cxt;
	cache.version = version;
}

static void
load_template(const LrRow *row, MemoryContext cxt)
{
	LrEventKind kind = lr_event_find(TextDatumGetCString(row->values[TEMPLATE_KIND]));
	LrRecipient to = lr_recipient_find(TextDatumGetCString(row->values[TEMPLATE_RECIPIENT_KIND]));
	MemoryContext old;
	Template *template;

	/* what another version of the library knows */
	if (kind == LR_NEVENTS || to == LR_NRECIPIENTS)
		return;
	old = MemoryContextSwitchTo(cxt);
	template = palloc(sizeof(Template));
	template->language = TextDatumGetCString(row->values[TEMPLATE_LANGUAGE]);
	template->subject = parse(TextDatumGetCString(row->values[TEMPLATE_SUBJECT]), to);
	template->body = parse(TextDatumGetCString(row->values[TEMPLATE_BODY]), to);
	template->next = cache.templates[kind][to];
	cache.templates[kind][to] = template;
	MemoryContextSwitchTo(old);
}
