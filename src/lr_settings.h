/*
 * lr_settings.h
 *		The settings of the return terms: one table says of each its name, type, default and place.
 */
#ifndef LR_SETTINGS_H
#define LR_SETTINGS_H

#include "leadreturns.h"
#include "pgtime.h"
#include "utils/jsonb.h"

/* Values of the settings that take one of a few words; the order is that of their names. */
enum
{
	LR_CALENDAR,
	LR_BUSINESS
}; /* window_calendar */
enum
{
	LR_BY_COUNT,
	LR_BY_VALUE
}; /* cap_basis */
enum
{
	LR_LIFETIME,
	LR_MONTH,
	LR_CYCLE,
	LR_ROLLING
}; /* cap_period */
enum
{
	LR_CAP_REFUSE,
	LR_CAP_REVIEW
}; /* at_cap */
enum
{
	LR_AUTO_NEVER,
	LR_AUTO_ALWAYS,
	LR_AUTO_WITHIN
}; /* auto_accept */
enum
{
	LR_TIMEOUT_ACCEPT,
	LR_TIMEOUT_DECLINE
}; /* timeout_action */
enum
{
	LR_CLAWBACK_NEVER,
	LR_CLAWBACK_ALWAYS,
	LR_CLAWBACK_BY_REASON
}; /* clawback */
enum
{
	LR_CREDIT,
	LR_REPLACEMENT
}; /* remedy */

/* Percentages are counted in millionths of a percent. */
#define LR_PERCENT_SCALE INT64CONST(1000000)

/* max_return_percent, max_return_count and cycle_grace have no default: none means no limit. */
#define LR_NO_LIMIT INT64CONST(-1)

/*
 * The terms of one account at one instant. Every member is a setting; lr_settings.c knows where
 * each lies and of which type it is.
 */
typedef struct LrTerms
{
	bool returns_enabled;
	bool buyer_may_return;
	Interval min_age;
	Interval max_age;
	pg_tz *time_zone;
	int window_calendar;
	Interval *cycle_grace; /* NULL: none */
	int64 max_return_percent;
	int64 max_return_count;
	int cap_basis;
	int cap_period;
	int64 cap_days;
	int64 cap_min_volume;
	int at_cap;
	int auto_accept;
	Interval auto_accept_within;
	Interval auto_accept_delay;
	Interval *review_timeout; /* NULL: none */
	int timeout_action;       /* -1: none */
	bool allow_other_reason;
	bool resubmission;
	char *accepted_status;
	bool reverse_money;
	int clawback;
	int remedy;
	bool replacement_returnable;
	bool notify_buyer;
	bool notify_supplier;
	bool notify_seller;
	char *assignee; /* NULL: none, here and in the next two */
	char *seller_address;
	char *sender_address;
	char *language;
} LrTerms;

extern int lr_setting_count(void);
extern const char *lr_setting_name(int setting);
extern int lr_setting_find(const char *name, int length);
extern bool lr_setting_is_of_today(int setting);

extern void lr_setting_defaults(LrTerms *terms);
extern void lr_setting_parse(int setting, const JsonbValue *given, LrTerms *terms);
extern void lr_setting_copy(int setting, LrTerms *to, const LrTerms *from);
extern char *lr_setting_text(int setting, const LrTerms *terms);

#endif /* LR_SETTINGS_H */
