/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/crashes.h"

#include <string.h>

#include "signature/oops_line.h"
#include "signature/title.h"

#define CUT_HERE "------------[ cut here ]"

/* What a source that crashes may take: an open block, and those kept for a panic to come. */
#define CRASHES_SIZE KIB(128)
#define STORY_MAX 2

struct crashes {
	struct oops_parser *parser;
	struct oops_story story;
	usec_t idle; /* when open blocks are whole */
	usec_t keep; /* when all is forgotten, unless a block is open */
	usec_t last; /* when it is forgotten even so */
};

/* Cheap for the lines of a machine that is well. */
static bool begins_one(const char *line)
{
	return (*line == '-' && strncmp(line, CUT_HERE, strlen(CUT_HERE)) == 0) ||
	       (death_may_begin(*line) && death_of_line(line, NULL));
}

static struct crashes *begin(struct budget *budget, struct counters *n)
{
	struct crashes *c = NULL;

	if (budget_take(budget, CRASHES_SIZE)) {
		c = calloc(1, sizeof(*c));
		if (c && oops_parser_new(&c->parser) < 0)
			crashes_done(&c, budget);
		else if (!c)
			budget_give(budget, CRASHES_SIZE);
	}
	n->n[COUNT_CRASHES_UNREAD] += !c;
	return c;
}

void crashes_done(struct crashes **c, struct budget *budget)
{
	if (!*c)
		return;
	oops_parser_free((*c)->parser);
	oops_story_done(&(*c)->story);
	free(*c);
	*c = NULL;
	budget_give(budget, CRASHES_SIZE);
}

/* Of a panic, the title is that of what it came from. */
static void tell(struct crashes *c, struct counters *n, struct oops *o, crashes_emit emit,
		 void *user)
{
	struct signature_frame frames[OOPS_FRAMES + 1];
	struct record_crash crash = { .panic = o->panic, .text = o->text };
	const struct oops *death;
	struct signature_input in;

	if (c->story.count == STORY_MAX) {
		oops_free(c->story.blocks[0]);
		memmove(c->story.blocks, c->story.blocks + 1,
			(STORY_MAX - 1) * sizeof(c->story.blocks[0]));
		c->story.count--;
	}
	oops_story_add(&c->story, o);
	death = o->panic ? oops_story_death(&c->story) : o;
	in = (struct signature_input){ .words = death->words, .frames = frames };
	in.count = oops_signature_frames(death, frames);
	signature_make(&in, &crash.signature);
	crash.release = death->release;
	crash.comm = death->comm;
	crash.cpu = death->cpu;
	crash.pid = death->pid;
	n->n[COUNT_CRASHES]++;
	emit(user, &crash);
}

void crashes_put(struct crashes **c, struct budget *budget, struct counters *n, uint64_t time_us,
		 const char *caller, const char *line, size_t len, usec_t now, crashes_emit emit,
		 void *user)
{
	struct oops *whole = NULL;
	struct oops_prefix at = { .text = line, .len = len };
	uint64_t time_ns;

	if (!caller)
		oops_line_prefix(line, len, &at);
	if (!*c) {
		if (!begins_one(at.text))
			return;
		*c = begin(budget, n);
		if (!*c)
			return;
		(*c)->last = now + CRASHES_LONGEST;
	}
	if (mul_overflow(time_us, 1000, &time_ns))
		time_ns = 0;
	if (oops_feed_record((*c)->parser, caller ? time_ns : at.time_ns, caller ?: at.caller,
			     at.text, at.len, &whole) < 0)
		n->n[COUNT_CRASHES_UNREAD]++;
	if (whole)
		tell(*c, n, whole, emit, user);
	(*c)->idle = now + CRASHES_WAIT;
	if (whole || !(*c)->keep || begins_one(at.text))
		(*c)->keep = now + CRASHES_KEEP;
}

void crashes_expire(struct crashes **c, struct budget *budget, struct counters *n, usec_t now,
		    crashes_emit emit, void *user)
{
	struct oops *o;

	if (!*c)
		return;
	if (MIN((*c)->idle, (*c)->last) <= now) {
		while ((o = oops_end((*c)->parser))) {
			tell(*c, n, o, emit, user);
			(*c)->keep = now + CRASHES_KEEP;
		}
		(*c)->idle = UINT64_MAX;
	}
	if (((*c)->keep <= now && (*c)->idle == UINT64_MAX) || (*c)->last <= now)
		crashes_done(c, budget);
}

usec_t crashes_deadline(const struct crashes *c)
{
	return c ? MIN(c->idle == UINT64_MAX ? c->keep : c->idle, c->last) : UINT64_MAX;
}
