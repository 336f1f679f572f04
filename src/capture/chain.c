/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/chain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "capture/console.h"
#include "capture/dump_name.h"
#include "capture/manifest.h"
#include "capture/volumes.h"

/* Where the plan says 0. */
#define DEVICE_WAIT_DEFAULT 60

/* Seconds for a target that only gets the log now: the dump is waiting. */
#define OTHER_WAIT 15

usec_t chain_deadline(const struct plan *p)
{
	return clock_now() +
	       (p->device_timeout ? p->device_timeout : DEVICE_WAIT_DEFAULT) * USEC_PER_SEC;
}

bool chain_has_next(const struct capture *c)
{
	return !c->board->dump_saved && !c->board->vetoed && !c->board->looping &&
	       c->attempt < PLAN_TARGETS_MAX &&
	       (uint64_t)c->board->target + 1 < c->plan->targets_count;
}

bool chain_can_resume(const struct capture *c)
{
	const struct plan *p = c->plan;
	const struct board *b = c->board;
	uint32_t target = b->target;

	if (c->resume || b->phase != PHASE_DUMP || b->dump_saved || b->vetoed || b->looping ||
	    target >= p->targets_count || !b->log_on[target])
		return false;
	return target_ops(p->targets[target].kind)->reopen && !p->recipients_count && !p->elf &&
	       !*p->erase && !p->limit && p->collector == PLAN_COLLECT_MAKEDUMPFILE;
}

/* The same name for all: what belongs together is called the same. */
static const char *dir_name(struct capture *c)
{
	const struct plan *p = c->plan;

	if (!c->board->name[0])
		dump_name_format(p->host_ip, p->timezone, time(NULL), c->board->name,
				 sizeof(c->board->name));
	return c->board->name;
}

static int open_target(struct worker *w, uint32_t index, const char *mount, usec_t deadline,
		       struct error *e)
{
	const struct plan_target *planned = &w->c->plan->targets[index];
	struct board *board = w->c->board;
	const bool again = board->log_on[index];
	const struct target_where where = {
		.mount = mount,
		.dir = again ? board->dir_on[index] : dir_name(w->c),
		.again = again,
		.deadline = deadline,
	};
	int r = volumes_up(w->c->plan, &planned->device, deadline, e);

	if (r == 0)
		r = target_ops(planned->kind)->open(planned, &where, &w->target, e);
	if (r < 0) {
		manifest_unopened(w->c, index, e);
		return r;
	}
	w->planned = planned;
	w->index = index;
	manifest_opened(w, index);
	if (w->target->note)
		say("%s: %s", w->target->what, w->target->note);
	return 0;
}

static void mount_point(const struct worker *w, uint32_t index, char ret[32])
{
	if (index == 0 && w->c->attempt == 0)
		snprintf(ret, 32, "%s", TARGET_MOUNT);
	else
		snprintf(ret, 32, "%s-%u.%u", TARGET_MOUNT, index + 1, w->c->attempt + 1);
}

int chain_open(struct worker *w, struct error *e)
{
	const struct plan *p = w->c->plan;
	struct board *board = w->c->board;
	int r = -ENODEV;

	board->dir[0] = board->mount[0] = '\0';
	for (uint32_t i = w->c->first_target; i < p->targets_count && !w->target; i++) {
		char mount[32];

		if (p->targets[i].last_resort && i > w->c->first_target)
			break;
		board->target = i;
		mount_point(w, i, mount);
		r = open_target(w, i, mount, chain_deadline(p), e);
		if (r < 0 && i + 1 < p->targets_count)
			say("target: %s; trying the next", error_text(e));
		if (r < 0)
			continue;
		snprintf(board->dir, sizeof(board->dir), "%s", w->target->dir);
		snprintf(board->mount, sizeof(board->mount), "%s", mount);
		snprintf(board->opened, sizeof(board->opened), "%s%s%s", w->target->what,
			 w->target->dir[0] ? ", " : "",
			 w->target->dir[0] ? w->target->dir + strlen(mount) : "");
		if (w->target->dir[0])
			say("mounted %s, saving to %s", w->target->what,
			    w->target->dir + strlen(mount));
		else
			say("opened %s", w->target->what);
	}
	return r;
}

void chain_each_other(struct worker *w, void (*each)(struct worker *other, void *user), void *user)
{
	const struct plan *p = w->c->plan;

	for (uint32_t i = w->index + 1; i < p->targets_count; i++) {
		struct worker other = *w;
		struct target_needs needs;
		struct error e = { 0 };
		char mount[32];

		target_ops(p->targets[i].kind)->needs(&p->targets[i], &needs);
		if (w->c->board->log_on[i] || needs.dump_alone)
			continue;
		other.target = NULL;
		mount_point(w, i, mount);
		if (open_target(&other, i, mount, clock_now() + OTHER_WAIT * USEC_PER_SEC, &e) <
		    0) {
			say("the log for the next target: %s", error_text(&e));
			continue;
		}
		each(&other, user);
		if (other.target->ops->close(other.target, &e) < 0)
			say("the log for the next target: %s", error_text(&e));
	}
}
