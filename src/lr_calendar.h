/*
 * lr_calendar.h
 *		The holidays, kept by each backend.
 */
#ifndef LR_CALENDAR_H
#define LR_CALENDAR_H

#include "lr_store.h"
#include "lr_window.h"

extern const LrHolidays *lr_holidays(LrStore *store);

#endif /* LR_CALENDAR_H */
