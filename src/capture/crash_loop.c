/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/crash_loop.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture/console.h"
#include "capture/dump_name.h"

#define NAMES_MAX KIB(256)

unsigned crash_loop_count(const char *names, const char *host_ip, const char *zone, time_t now,
			  unsigned window, unsigned *ret_future)
{
	unsigned count = 0, future = 0;

	while (*names) {
		size_t len = strcspn(names, "\n");
		char name[128];
		time_t when;

		snprintf(name, sizeof(name), "%.*s", (int)MIN(len, sizeof(name)), names);
		if (dump_name_parse(name, host_ip, zone, &when)) {
			count += when <= now && when >= now - (time_t)window;
			future += when > now;
		}
		names += len + (names[len] == '\n');
	}
	*ret_future = future;
	return count;
}

static int list(struct worker *w, struct buf *ret, struct error *e)
{
	char prefix[sizeof(w->c->board->name)];

	if (!w->target->ops->list)
		return error_set(e, -EOPNOTSUPP, "%s has no directories", w->target->what);
	snprintf(prefix, sizeof(prefix), "%s-", w->c->plan->host_ip);
	return w->target->ops->list(w->target, prefix, ret, e);
}

bool crash_loop_found(struct worker *w)
{
	const struct plan *p = w->c->plan;
	_cleanup_buf_ struct buf names = { .limit = NAMES_MAX };
	struct error e = { 0 };
	unsigned count, future;
	time_t now;

	if (!p->crash_loop_count)
		return false;
	if (list(w, &names, &e) < 0 ||
	    !dump_name_parse(w->c->board->name, p->host_ip, p->timezone, &now)) {
		say("earlier crashes cannot be counted: %s", error_text(&e));
		return false;
	}
	/* this one's directory is among them */
	count = crash_loop_count(names.data ?: "", p->host_ip, p->timezone, now,
				 p->crash_loop_window, &future);
	if (future)
		say("%u dump directories are of a time to come and do not count as crashes",
		    future);
	if (count < p->crash_loop_count)
		return false;
	say("crash loop: %u crashes within %u s; no dump, %s comes next", count,
	    p->crash_loop_window, plan_action_name(p->crash_loop_action));
	return true;
}
