/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/story_line.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

struct slice {
	const char *at;
	size_t len;
};

static bool take(struct slice *s, const char *word)
{
	size_t n = strlen(word);

	if (s->len < n || memcmp(s->at, word, n) != 0)
		return false;
	s->at += n;
	s->len -= n;
	return true;
}

/* Exactly so many digits. */
static bool take_number(struct slice *s, size_t digits, int *ret)
{
	int v = 0;

	if (s->len < digits)
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (s->at[i] < '0' || s->at[i] > '9')
			return false;
		v = v * 10 + (s->at[i] - '0');
	}
	s->at += digits;
	s->len -= digits;
	*ret = v;
	return true;
}

static bool take_date(struct slice *s, struct tm *tm)
{
	if (!take_number(s, 4, &tm->tm_year) || !take(s, "-") || !take_number(s, 2, &tm->tm_mon) ||
	    !take(s, "-") || !take_number(s, 2, &tm->tm_mday))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon--;
	return tm->tm_year >= 70 && tm->tm_mon >= 0 && tm->tm_mon < 12 && tm->tm_mday >= 1 &&
	       tm->tm_mday <= 31;
}

static bool take_time(struct slice *s, uint64_t *ret_us)
{
	struct tm tm = { 0 };
	int us = 0;

	if (!take_date(s, &tm))
		return false;
	if (take(s, "T") &&
	    (!take_number(s, 2, &tm.tm_hour) || !take(s, ":") || !take_number(s, 2, &tm.tm_min) ||
	     !take(s, ":") || !take_number(s, 2, &tm.tm_sec) || tm.tm_hour > 23 || tm.tm_min > 59 ||
	     tm.tm_sec > 60))
		return false;
	if (take(s, ".") && !take_number(s, 6, &us))
		return false;
	(void)!take(s, "Z");
	*ret_us = (uint64_t)timegm(&tm) * USEC_PER_SEC + (uint64_t)us;
	return true;
}

bool story_time_parse(const char *text, size_t len, uint64_t *ret_us)
{
	struct slice s = { text, len };
	uint64_t us;

	if (!take_time(&s, &us) || s.len)
		return false;
	*ret_us = us;
	return true;
}

/* "capture STAGE: TEXT" */
static bool take_stage(struct slice *s, struct story_line *ret)
{
	struct slice rest = *s;
	const char *colon;

	if (!take(&rest, "capture "))
		return false;
	colon = memchr(rest.at, ':', rest.len);
	if (!colon || !announce_stage_parse(rest.at, (size_t)(colon - rest.at), &ret->stage))
		return false;
	rest.len -= (size_t)(colon - rest.at);
	rest.at = colon;
	if (!take(&rest, ": "))
		return false;
	ret->mark = STORY_STAGE;
	*s = rest;
	return true;
}

/* "panic: TITLE (HASH)"; a crash of which nothing is known has no hash between the brackets. */
static bool take_crash(struct slice *s, struct story_line *ret)
{
	const char *bracket;

	ret->panic = take(s, "panic: ");
	if (!ret->panic && !take(s, "crash: "))
		return false;
	ret->mark = STORY_CRASH;
	bracket = s->len && s->at[s->len - 1] == ')' ? memrchr(s->at, '(', s->len) : NULL;
	if (!bracket || bracket == s->at || bracket[-1] != ' ')
		return true;
	ret->hash_len = (size_t)(s->at + s->len - bracket) - 2;
	ret->hash = ret->hash_len ? bracket + 1 : NULL;
	s->len = (size_t)(bracket - s->at) - 1;
	return true;
}

static void parse_event(struct slice *s, struct story_line *ret)
{
	if (take(s, "a new kernel begins")) {
		ret->mark = STORY_BOOT;
		(void)!take(s, ": ");
	} else if (take(s, "it is a capture kernel")) {
		ret->mark = STORY_IS_CAPTURE;
	} else if (!take_stage(s, ret) && !take_crash(s, ret)) {
		ret->mark = STORY_LOST;
		for (size_t i = 0; i < MIN(s->len, (size_t)9) && isdigit((unsigned char)s->at[i]);
		     i++)
			ret->count = ret->count * 10 + (uint64_t)(s->at[i] - '0');
	}
}

bool story_line_parse(const char *line, size_t len, struct story_line *ret)
{
	struct story_line l = { .mark = STORY_TEXT };
	struct slice s = { line, len };

	if (!take_time(&s, &l.time_us) || !take(&s, " "))
		return false;
	if (take(&s, "-- lastword: "))
		parse_event(&s, &l);
	else
		l.resent = take(&s, "(resent) ");
	l.text = s.at;
	l.len = s.len;
	*ret = l;
	return true;
}
