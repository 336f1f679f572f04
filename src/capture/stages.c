/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/stages.h"

#include <stdio.h>
#include <string.h>

/* The board is written to by another process, which may die while it does. */
static void copy(char *to, size_t size, const char *from, size_t from_size)
{
	snprintf(to, size, "%.*s", (int)strnlen(from, from_size), from);
}

#define COPY(to, from) copy(to, sizeof(to), from, sizeof(from))

static bool target_changed(struct stages *s, const struct board *b)
{
	char opened[sizeof(s->opened)];

	COPY(opened, b->opened);
	if (!*opened || strcmp(opened, s->opened) == 0)
		return false;
	memcpy(s->opened, opened, sizeof(opened));
	s->percent = 0;
	s->progress_told = 0;
	return true;
}

/* A level that is raised begins the dump anew: percent may fall. */
static bool moved_on(struct stages *s, const struct board *b, usec_t now)
{
	uint64_t done = b->done, total = b->total;
	unsigned percent;

	if (b->phase != PHASE_DUMP || total == 0)
		return false;
	percent = done >= total ? 100 : (unsigned)((double)done / (double)total * 100);
	if (s->progress_told == 0)
		s->progress_told = now;
	if (percent == s->percent ||
	    (percent / 10 == s->percent / 10 && now - s->progress_told < STAGES_PAUSE))
		return false;
	s->percent = percent;
	s->progress_told = now;
	return true;
}

static const char *why_not(const struct board *b)
{
	if (b->vetoed)
		return "a hook wants no dump";
	return b->looping ? "crashes come too often: no dump" : NULL;
}

bool stages_next(struct stages *s, const struct board *b, usec_t now, enum announce_stage *ret,
		 char text[STAGES_TEXT])
{
	if (s->over)
		return false;
	if (target_changed(s, b)) {
		*ret = ANNOUNCE_TARGET;
		snprintf(text, STAGES_TEXT, "%s", s->opened);
	} else if (b->dump_saved && !s->saved) {
		s->saved = true;
		*ret = ANNOUNCE_SAVED;
		copy(text, STAGES_TEXT, b->result, sizeof(b->result));
	} else if (b->ended && !s->saved && !s->failed) {
		s->failed = true;
		*ret = ANNOUNCE_FAILED;
		if (why_not(b))
			snprintf(text, STAGES_TEXT, "%s", why_not(b));
		else
			copy(text, STAGES_TEXT, b->failure, sizeof(b->failure));
	} else if (b->ended) {
		s->over = true;
		*ret = ANNOUNCE_ACTION;
		snprintf(text, STAGES_TEXT, "%s", plan_action_name(b->action));
	} else if (!s->saved && moved_on(s, b, now)) {
		*ret = ANNOUNCE_PROGRESS;
		snprintf(text, STAGES_TEXT, "%u %%", s->percent);
	} else {
		return false;
	}
	return true;
}
