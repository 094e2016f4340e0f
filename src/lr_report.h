/*
 * lr_report.h
 *		The settings by which reports judge, and their judgements.
 */
#ifndef LR_REPORT_H
#define LR_REPORT_H

#include "leadreturns.h"

extern void lr_report_init(void);

#endif /* LR_REPORT_H */
