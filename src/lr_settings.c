/*
 * lr_settings.c
 *		Parsing, checking, copying and printing the settings of the return terms.
 */
#include "postgres.h"

#include "lr_settings.h"

#include "lr_error.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#define MAX_COUNT INT64CONST(1000000000)
#define MAX_INTERVAL_YEARS 100
#define MAX_TEXT_BYTES 255

typedef enum SettingType
{
	BOOLEAN,
	INTERVAL,
	OPTIONAL_INTERVAL,
	PERCENT,
	COUNT,
	WORD,
	ZONE,
	TEXT
} SettingType;

typedef struct Setting
{
	const char *name;
	SettingType type;
	Size offset;
	const char *standard;     /* default; NULL: none */
	const char *const *words; /* of type WORD, ends with NULL */
	bool of_today;            /* follows today's terms, not those of the delivery */
} Setting;

static const char *const calendar_words[] = {"calendar", "business", NULL};
static const char *const basis_words[] = {"count", "value", NULL};
static const char *const period_words[] = {"lifetime", "month", "cycle", "rolling", NULL};
static const char *const at_cap_words[] = {"refuse", "review", NULL};
static const char *const auto_words[] = {"never", "always", "within", NULL};
static const char *const timeout_words[] = {"accept", "decline", NULL};
static const char *const clawback_words[] = {"never", "always", "by_reason", NULL};
static const char *const remedy_words[] = {"credit", "replacement", NULL};

#define AT(member) offsetof(LrTerms, member)

static const Setting settings[] = {
	{"returns_enabled", BOOLEAN, AT(returns_enabled), "true"},
	{"buyer_may_return", BOOLEAN, AT(buyer_may_return), "true"},
	{"min_age", INTERVAL, AT(min_age), "0"},
	{"max_age", INTERVAL, AT(max_age), "30 days"},
	{"time_zone", ZONE, AT(time_zone), "UTC"},
	{"window_calendar", WORD, AT(window_calendar), "calendar", calendar_words},
	{"cycle_grace", OPTIONAL_INTERVAL, AT(cycle_grace), NULL},
	{"max_return_percent", PERCENT, AT(max_return_percent), NULL},
	{"max_return_count", COUNT, AT(max_return_count), NULL},
	{"cap_basis", WORD, AT(cap_basis), "count", basis_words},
	{"cap_period", WORD, AT(cap_period), "month", period_words},
	{"cap_days", COUNT, AT(cap_days), "30"},
	{"cap_min_volume", COUNT, AT(cap_min_volume), "0"},
	{"at_cap", WORD, AT(at_cap), "refuse", at_cap_words},
	{"auto_accept", WORD, AT(auto_accept), "never", auto_words},
	{"auto_accept_within", INTERVAL, AT(auto_accept_within), "24 hours"},
	{"auto_accept_delay", INTERVAL, AT(auto_accept_delay), "0"},
	{"review_timeout", OPTIONAL_INTERVAL, AT(review_timeout), NULL},
	{"timeout_action", WORD, AT(timeout_action), NULL, timeout_words},
	{"allow_other_reason", BOOLEAN, AT(allow_other_reason), "true"},
	{"resubmission", BOOLEAN, AT(resubmission), "true"},
	{"accepted_status", TEXT, AT(accepted_status), "RETURNED"},
	{"reverse_money", BOOLEAN, AT(reverse_money), "true"},
	{"clawback", WORD, AT(clawback), "by_reason", clawback_words},
	{"remedy", WORD, AT(remedy), "credit", remedy_words},
	{"replacement_returnable", BOOLEAN, AT(replacement_returnable), "false"},
	{"notify_buyer", BOOLEAN, AT(notify_buyer), "true", NULL, true},
	{"notify_supplier", BOOLEAN, AT(notify_supplier), "true", NULL, true},
	{"notify_seller", BOOLEAN, AT(notify_seller), "true", NULL, true},
	{"assignee", TEXT, AT(assignee), NULL, NULL, true},
	{"seller_address", TEXT, AT(seller_address), NULL, NULL, true},
	{"sender_address", TEXT, AT(sender_address), NULL, NULL, true},
	{"language", TEXT, AT(language), "en", NULL, true},
};

static void parse_text(const Setting *setting, const char *given, LrTerms *terms);
static bool parse_interval(const char *given, Interval *span);
static bool parse_number(const char *given, int64 scale, int64 limit, int64 *number);
static void refuse(const Setting *setting, const char *given, const char *wants)
	pg_attribute_noreturn();
static const char *wanted(const Setting *setting);

int
lr_setting_count(void)
{
	return lengthof(settings);
}

const char *
lr_setting_name(int setting)
{
	return settings[setting].name;
}

/* -1 when there is no such setting. */
int
lr_setting_find(const char *name, int length)
{
	for (int i = 0; i < (int) lengthof(settings); i++)
	{
		if (strlen(settings[i].name) == (size_t) length &&
			memcmp(settings[i].name, name, length) == 0)
			return i;
	}
	return -1;
}

/* Notification and assignment follow today's terms; everything else those of the delivery. */
bool
lr_setting_is_of_today(int setting)
{
	return settings[setting].of_today;
}

void
lr_setting_defaults(LrTerms *terms)
{
	static LrTerms defaults;
	static bool parsed = false;

	if (!parsed)
	{
		MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

		memset(&defaults, 0, sizeof(defaults));
		defaults.max_return_percent = LR_NO_LIMIT;
		defaults.max_return_count = LR_NO_LIMIT;
		defaults.timeout_action = -1;
		for (int i = 0; i < (int) lengthof(settings); i++)
		{
			if (settings[i].standard != NULL)
				parse_text(&settings[i], settings[i].standard, &defaults);
		}
		parsed = true;
		MemoryContextSwitchTo(old);
	}
	*terms = defaults;
}

/*
 * lr_setting_parse
 *		Checks a JSON value and stores it; invalid_setting names the setting. Strings are taken for
 *		every type, numbers for counts and percentages, booleans for booleans.
 */
void
lr_setting_parse(int index, const JsonbValue *given, LrTerms *terms)
{
	const Setting *setting = &settings[index];

	switch (given->type)
	{
		case jbvString:
			parse_text(setting, pnstrdup(given->val.string.val, given->val.string.len), terms);
			break;
		case jbvNumeric:
		{
			char *number = DatumGetCString(
				DirectFunctionCall1(numeric_out, NumericGetDatum(given->val.numeric)));

			if (setting->type != PERCENT && setting->type != COUNT)
				refuse(setting, number, wanted(setting));
			parse_text(setting, number, terms);
			break;
		}
		case jbvBool:
			if (setting->type != BOOLEAN)
				refuse(setting, given->val.boolean ? "true" : "false", wanted(setting));
			*(bool *) ((char *) terms + setting->offset) = given->val.boolean;
			break;
		default:
			refuse(setting, "a list or an object", wanted(setting));
	}
}

static void
parse_text(const Setting *setting, const char *given, LrTerms *terms)
{
	void *place = (char *) terms + setting->offset;
	Interval span;
	bool good = false;

	switch (setting->type)
	{
		case BOOLEAN:
			good = parse_bool(given, (bool *) place);
			break;
		case INTERVAL:
			good = parse_interval(given, (Interval *) place);
			break;
		case OPTIONAL_INTERVAL:
			good = parse_interval(given, &span);
			*(Interval **) place = palloc(sizeof(Interval));
			**(Interval **) place = span;
			break;
		case PERCENT:
			good = parse_number(given, LR_PERCENT_SCALE, 100, (int64 *) place);
			break;
		case COUNT:
			good = parse_number(given, 1, MAX_COUNT, (int64 *) place) &&
				   (setting->offset != AT(cap_days) || (terms->cap_days >= 1 &&
														terms->cap_days <= 36500));
			break;
		case WORD:
			for (int i = 0; setting->words[i] != NULL && !good; i++)
			{
				good = strcmp(setting->words[i], given) == 0;
				*(int *) place = i;
			}
			break;
		case ZONE:
			*(pg_tz **) place = strlen(given) > TZ_STRLEN_MAX ? NULL : pg_tzset(given);
			good = *(pg_tz **) place != NULL && pg_tz_acceptable(*(pg_tz **) place);
			break;
		case TEXT:
			good = given[0] != '\0' && strlen(given) <= MAX_TEXT_BYTES;
			*(char **) place = pstrdup(given);
			break;
	}
	if (!good)
		refuse(setting, given, wanted(setting));
}

/* An interval from 0 to 100 years, no part of it negative. */
static bool
parse_interval(const char *given, Interval *span)
{
	if (!lr_interval_from_text(given, span))
		return false;
	return span->month >= 0 && span->day >= 0 && span->time >= 0 &&
		   span->month <= MAX_INTERVAL_YEARS * MONTHS_PER_YEAR &&
		   span->day <= MAX_INTERVAL_YEARS * 366 &&
		   span->time <= MAX_INTERVAL_YEARS * 366 * USECS_PER_DAY;
}

/* A decimal from 0 to limit that is whole when multiplied by scale. */
static bool
parse_number(const char *given, int64 scale, int64 limit, int64 *number)
{
	const char *p = given;
	int64 value = 0;
	int64 unit = scale;
	bool digits = false;

	for (; *p >= '0' && *p <= '9'; p++)
	{
		digits = true;
		value = value * 10 + (*p - '0');
		if (value > limit)
			return false;
	}
	value *= scale;
	if (*p == '.')
	{
		for (p++; *p >= '0' && *p <= '9'; p++)
		{
			digits = true;
			unit /= 10;
			if (unit == 0 && *p != '0')
				return false;
			value += unit * (*p - '0');
		}
	}
	*number = value;
	return digits && *p == '\0' && value <= limit * scale;
}

static const char *
wanted(const Setting *setting)
{
	StringInfoData words;

	switch (setting->type)
	{
		case BOOLEAN:
			return "true or false";
		case INTERVAL:
		case OPTIONAL_INTERVAL:
			return "an interval from 0 to 100 years";
		case PERCENT:
			return "a percentage from 0 to 100 with at most 6 decimals";
		case COUNT:
			return setting->offset == AT(cap_days) ? "a whole number from 1 to 36500"
												   : "a whole number from 0 to 1000000000";
		case ZONE:
			return "the name of a time zone";
		case TEXT:
			return "a text of 1 to 255 bytes";
		case WORD:
			break;
	}
	initStringInfo(&words);
	for (int i = 0; setting->words[i] != NULL; i++)
		appendStringInfo(&words, "%s%s", i == 0 ? "" : " or ", setting->words[i]);
	return words.data;
}

static void
refuse(const Setting *setting, const char *given, const char *wants)
{
	char *shown = pnstrdup(given, pg_mbcliplen(given, strlen(given), 80));

	lr_raise(LR_INVALID_SETTING,
			 psprintf("Setting \"%s\" takes %s, not \"%s\".", setting->name, wants, shown), NULL);
}

void
lr_setting_copy(int index, LrTerms *to, const LrTerms *from)
{
	static const Size sizes[] = {sizeof(bool), sizeof(Interval), sizeof(Interval *),
								 sizeof(int64), sizeof(int64), sizeof(int), sizeof(pg_tz *),
								 sizeof(char *)};
	const Setting *setting = &settings[index];

	memcpy((char *) to + setting->offset, (const char *) from + setting->offset,
		   sizes[setting->type]);
}

/* The value as lr_terms() shows it, NULL for none. */
char *
lr_setting_text(int index, const LrTerms *terms)
{
	const Setting *setting = &settings[index];
	const void *place = (const char *) terms + setting->offset;
	const Interval *span;
	int64 number;
	char *text;

	switch (setting->type)
	{
		case BOOLEAN:
			return *(const bool *) place ? "true" : "false";
		case INTERVAL:
			return lr_interval_text((const Interval *) place);
		case OPTIONAL_INTERVAL:
			span = *(Interval *const *) place;
			return span == NULL ? NULL : lr_interval_text(span);
		case COUNT:
			number = *(const int64 *) place;
			return number == LR_NO_LIMIT ? NULL : psprintf(INT64_FORMAT, number);
		case WORD:
			number = *(const int *) place;
			return number < 0 ? NULL : pstrdup(setting->words[number]);
		case ZONE:
			return pstrdup(pg_get_timezone_name(*(pg_tz *const *) place));
		case TEXT:
			return *(char *const *) place;
		case PERCENT:
			break;
	}
	number = *(const int64 *) place;
	if (number == LR_NO_LIMIT)
		return NULL;
	text = psprintf(INT64_FORMAT ".%06d", number / LR_PERCENT_SCALE,
					(int) (number % LR_PERCENT_SCALE));
	for (char *end = text + strlen(text) - 1; *end == '0' || *end == '.'; end--)
	{
		bool point = *end == '.';

		*end = '\0';
		if (point)
			break;
	}
	return text;
}
