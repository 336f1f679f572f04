/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/fit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "save/estimate.h"

/* A sample of 2000 pages is right within some percent; a dump that was seen not to fit gets no benefit of the doubt. */
#define DOUBT_PERCENT 5

/* Less than this is a file system's own coming and going. */
#define ROOM_WORTH_IT MIB(1)

/* Zero pages cost nothing to leave out, free ones are nobody's; what processes had in memory is missed most. */
static const struct {
	unsigned bits;
	const char *words;
} stages[] = {
	{ LEVEL_ZERO, "zero pages" },  { LEVEL_FREE, "free pages" },
	{ LEVEL_CACHE, "page cache" }, { LEVEL_CACHE_PRIVATE, "private page cache" },
	{ LEVEL_USER, "user data" },
};

static _printf_(2, 3) void say(const struct fit_job *j, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	j->options->room->say(j->options->room->user, text);
}

static unsigned long long mib(uint64_t bytes)
{
	return (unsigned long long)(bytes >> 20);
}

/* 1: another selection, with more left out; 0: there is no more to leave out. What the self-check undoes is not tried again. */
static int leave_out_more(struct fit_job *j, struct error *e)
{
	while (j->stage < ARRAY_SIZE(stages)) {
		unsigned bits = stages[j->stage].bits;
		const char *words = stages[j->stage++].words;
		uint64_t kept = j->sel->kept_pages;
		int r;

		if (j->res->level & bits || (!j->kernel && bits != LEVEL_ZERO))
			continue;
		j->res->level |= bits;
		r = j->select(j, e);
		if (r < 0)
			return r;
		if (j->sel->kept_pages == kept && bits != LEVEL_ZERO)
			continue;
		say(j, "leaving out %s: level %u", words, j->res->level);
		return 1;
	}
	return 0;
}

/* 1: no doubt that the dump does not fit. *ret_needed: bytes, or the most that it can be where that fits. */
static int is_too_large(const struct fit_job *j, uint64_t room, uint64_t *ret_needed,
			struct error *e)
{
	uint64_t most = estimate_most(j->dump, j->sel), doubt;
	int r;

	*ret_needed = most;
	if (most <= room)
		return 0;
	r = estimate_selection(j->dump, j->sel, j->res->level, j->options, ret_needed, e);
	if (r < 0)
		return r;
	doubt = *ret_needed / 100 * DOUBT_PERCENT;
	return (j->failed ? *ret_needed + doubt : *ret_needed - doubt) > room;
}

/* Until what is selected may fit, or nothing more can be left out. */
static int fit(struct fit_job *j, struct error *e)
{
	const struct save_room *room = j->options->room;
	uint64_t has = room->ask(room->user, 0, false), needed;
	bool said = false;
	int r;

	for (;;) {
		r = is_too_large(j, has, &needed, e);
		if (r <= 0)
			return r;
		has = room->ask(room->user, needed, false);
		if (needed <= has)
			return 0;
		if (!said)
			say(j, "level %u needs about %llu MiB, there is room for %llu MiB",
			    j->res->level, mib(needed), mib(has));
		said = true;
		r = leave_out_more(j, e);
		if (r < 0)
			return r;
		if (r == 0)
			break;
	}
	(void)room->ask(room->user, needed, true);
	return 0;
}

/* After a full disk: may the dump be begun anew, with less in it or with more room? */
static bool begin_anew(struct fit_job *j)
{
	const struct save_room *room = j->options->room;
	uint64_t had = room->ask(room->user, 0, false);
	unsigned level = j->res->level;
	struct error e = { 0 };
	int r = leave_out_more(j, &e);

	if (r < 0)
		return false;
	if (r == 0) {
		uint64_t has = room->ask(room->user, estimate_most(j->dump, j->sel), true);

		if (j->made_room || has < had || has - had < ROOM_WORTH_IT)
			return false;
		j->made_room = true;
	}
	if (sink_restart(j->sink, &e) < 0 || sink_sync(j->sink, &e) < 0)
		return false;
	j->failed = true;
	say(j, "the disk is full at level %u; begun anew", level);
	return true;
}

int fit_write(struct fit_job *j, struct error *e)
{
	const struct save_room *room = j->options->room;
	int r = room ? fit(j, e) : 0;

	while (r >= 0) {
		r = j->write(j, e);
		if (!room || (r != -ENOSPC && r != -EDQUOT && r != -EFBIG) || !begin_anew(j))
			break;
		r = fit(j, e);
	}
	return r;
}
