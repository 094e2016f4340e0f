/*
 * lr_template.h
 *		The texts of notifications: templates that staff edits, with {{fact}} for what differs.
 */
#ifndef LR_TEMPLATE_H
#define LR_TEMPLATE_H

#include "lr_event.h"

/* A notification's texts. */
typedef struct LrTexts
{
	const char *language; /* that they are in */
	char *subject;        /* NULL: there is no template */
	char *body;
} LrTexts;

/*
 * Subject and body in this language or, where it has no template, in English. Never fails: what
 * happened to a return does not depend on how it is told.
 */
extern LrTexts lr_template_texts(const LrEvent *event, const char *language);

/* A copy with line breaks and other controls made blanks; NULL for NULL and for nothing left. */
extern char *lr_one_line(const char *text);

#endif /* LR_TEMPLATE_H */
