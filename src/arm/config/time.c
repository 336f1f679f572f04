/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lastword_timeout, lastword_watchdog, lastword_crash_loop, lastword_cpus, lastword_device_dumps */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arm/config/impl.h"
#include "base/parse.h"

#define HOUR 3600
#define DAY (24 * HOUR)

/* Less would reset a machine whose console is slow; drivers know no more than some minutes. */
#define WATCHDOG_MIN 10
#define WATCHDOG_MAX 600
#define WATCHDOG_DEFAULT 60

#define LOOP_COUNT_MIN 2
#define LOOP_COUNT_MAX 100
#define LOOP_WINDOW_MIN 60

#define CPUS_MAX 64

/*
 * A disk behind a slow controller needs up to a minute; a dump of terabytes takes hours, but not one of them without any
 * progress for minutes.
 */
static const struct {
	const char *name;
	size_t offset;
	unsigned usual, max;
} limits[] = {
	{ "device", offsetof(struct config_time, device), 90, HOUR },
	{ "log", offsetof(struct config_time, log), 180, HOUR },
	{ "report", offsetof(struct config_time, report), 30, HOUR },
	{ "dump", offsetof(struct config_time, dump), 300, DAY },
	{ "hook", offsetof(struct config_time, hook), 60, HOUR },
	{ "words", offsetof(struct config_time, words), 60, HOUR },
	{ "total", offsetof(struct config_time, total), 6 * HOUR, 7 * DAY },
};

void config_time_defaults(struct config *c)
{
	c->time = (struct config_time){ .watchdog = WATCHDOG_DEFAULT };
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		*(unsigned *)((char *)&c->time + limits[i].offset) = limits[i].usual;
}

/* min and max are seconds; a time of 0 would be no limit at all. */
static int set_time(const char *what, const char *word, unsigned min, unsigned max, unsigned *ret,
		    struct error *e)
{
	uint64_t seconds = 0;
	int r = parse_seconds(word, max, &seconds);

	if (r == 0 && seconds < min)
		r = -ERANGE;
	if (r == -ERANGE)
		return error_set(e, r, "%s: '%s' is not within %u s to %u s", what, word, min, max);
	if (r < 0)
		return error_set(e, r, "%s: '%s' is no time; write 90, 90s, 5m or 6h", what, word);
	*ret = (unsigned)seconds;
	return 0;
}

/* "dump=10m" */
static int set_limit(struct config_time *t, char *word, unsigned *given, struct error *e)
{
	char *value = strchr(word, '=');

	if (value)
		*value++ = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(limits) && value; i++) {
		if (strcmp(word, limits[i].name) != 0)
			continue;
		if (*given & 1U << i)
			return error_set(e, -EINVAL, "%s is given twice", word);
		*given |= 1U << i;
		return set_time(word, value, 1, limits[i].max,
				(unsigned *)((char *)t + limits[i].offset), e);
	}
	return error_set(
		e, -EINVAL,
		"'%s': write device=, log=, report=, dump=, hook=, words= or total= and a time",
		word);
}

int config_apply_timeout(struct config_parser *p, const struct config_directive *d,
			 const char *value, struct error *e)
{
	_cleanup_free_ char *copy = strdup(value);
	char *rest = copy, *word;
	unsigned given = 0;
	int r = copy ? 0 : error_errno(e, -ENOMEM, "'%s'", value);

	while (r == 0 && (word = strtok_r(rest, " \t", &rest)))
		r = set_limit(&p->config->time, word, &given, e);
	return r < 0 ? error_prefix(e, r, "%s", d->name) : 0;
}

int config_apply_watchdog(struct config_parser *p, const struct config_directive *d,
			  const char *value, struct error *e)
{
	unsigned *seconds = &p->config->time.watchdog;
	bool yes;

	if (*value >= '0' && *value <= '9')
		return set_time(d->name, value, WATCHDOG_MIN, WATCHDOG_MAX, seconds, e);
	if (config_set_yes(d, value, &yes, NULL) < 0)
		return error_set(e, -EINVAL, "%s: '%s' is neither yes, no, nor a time", d->name,
				 value);
	*seconds = yes ? WATCHDOG_DEFAULT : 0;
	return 0;
}

static int set_number(const char *name, const char *word, unsigned min, unsigned max, unsigned *ret,
		      struct error *e)
{
	uint64_t number = 0;
	int r = parse_decimal(word, max, &number);

	if (r < 0 || number < min)
		return error_set(e, -EINVAL, "%s: '%s' is no number from %u to %u", name, word, min,
				 max);
	*ret = (unsigned)number;
	return 0;
}

/* "3 in 30m [poweroff]" */
int config_apply_crash_loop(struct config_parser *p, const struct config_directive *d,
			    const char *value, struct error *e)
{
	_cleanup_free_ char *copy = strdup(value);
	struct config_time *t = &p->config->time;
	char *rest = copy, *count, *in, *window, *action;
	int r;

	if (!copy)
		return error_errno(e, -ENOMEM, "%s", d->name);
	count = strtok_r(rest, " \t", &rest);
	in = strtok_r(NULL, " \t", &rest);
	window = strtok_r(NULL, " \t", &rest);
	action = strtok_r(NULL, " \t", &rest);
	if (!window || strcmp(in, "in") != 0 || strtok_r(NULL, " \t", &rest))
		return error_set(e, -EINVAL, "%s: '%s': write '3 in 30m', and an action behind it",
				 d->name, value);
	if (!plan_action_parse(action ?: "poweroff", &t->loop_action) ||
	    t->loop_action > PLAN_POWEROFF)
		return error_set(e, -EINVAL,
				 "%s: unknown action '%s'; use poweroff, halt or reboot", d->name,
				 action);
	r = set_number(d->name, count, LOOP_COUNT_MIN, LOOP_COUNT_MAX, &t->loop_count, e);
	return r < 0 ? r : set_time(d->name, window, LOOP_WINDOW_MIN, 7 * DAY, &t->loop_window, e);
}

int config_apply_cpus(struct config_parser *p, const struct config_directive *d, const char *value,
		      struct error *e)
{
	return set_number(d->name, value, 1, CPUS_MAX, &p->config->time.cpus, e);
}

int config_apply_device_dumps(struct config_parser *p, const struct config_directive *d,
			      const char *value, struct error *e)
{
	return config_set_yes(d, value, &p->config->time.device_dumps, e);
}
