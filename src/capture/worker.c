/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/worker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture/console.h"
#include "capture/dump_name.h"
#include "capture/log.h"
#include "capture/modules.h"
#include "capture/network.h"
#include "capture/ownlog.h"
#include "capture/report.h"
#include "capture/vmcore.h"
#include "capture/watch.h"

/* Where the plan says 0. */
#define DEVICE_WAIT_DEFAULT 60

void worker_report(const struct worker *w, enum phase phase, uint64_t done, uint64_t total)
{
	struct watch_report report = {
		.magic = WATCH_MAGIC,
		.phase = phase,
		.done = done,
		.total = total,
	};

	/* A full pipe means the supervisor has plenty to read already. */
	(void)!write(w->c->report_fd, &report, sizeof(report));
}

static int run_modules(struct worker *w, struct error *e)
{
	size_t loaded = modules_load(w->c->plan);

	say("%zu of %zu modules loaded", loaded, w->c->plan->modules_count);
	return 0;
}

static usec_t wait_deadline(const struct worker *w)
{
	unsigned wait = w->c->plan->device_timeout;

	return clock_now() + (wait ? wait : DEVICE_WAIT_DEFAULT) * USEC_PER_SEC;
}

static int run_network(struct worker *w, struct error *e)
{
	const struct plan *p = w->c->plan;
	int r = p->links_count ? network_up(p, wait_deadline(w), e) : 0;

	if (r == 0 && p->links_count)
		say("network up, as %s", p->host_ip);
	return r;
}

static int open_target(struct worker *w, const struct plan_target *planned, const char *name,
		       struct error *e)
{
	int r = target_ops(planned->kind)->open(planned, name, wait_deadline(w), &w->target, e);

	if (r < 0)
		return r;
	w->planned = planned;
	snprintf(w->c->board->dir, sizeof(w->c->board->dir), "%s", w->target->dir);
	if (w->target->note)
		say("%s: %s", w->target->what, w->target->note);
	if (w->target->dir[0])
		say("mounted %s, saving to %s", w->target->what,
		    w->target->dir + strlen(TARGET_MOUNT));
	else
		say("opened %s", w->target->what);
	return 0;
}

static int run_target(struct worker *w, struct error *e)
{
	const struct plan *p = w->c->plan;
	char name[256];
	int r = -ENODEV;

	dump_name_format(p->host_ip, p->timezone, time(NULL), name, sizeof(name));
	for (size_t i = 0; i < p->targets_count && !w->target; i++) {
		r = open_target(w, &p->targets[i], name, e);
		if (r < 0 && i + 1 < p->targets_count)
			say("target: %s; trying the next", error_text(e));
	}
	return r;
}

static int run_ownlog(struct worker *w, struct error *e)
{
	const struct target_ops *ops = w->target->ops;
	struct sink *sink;
	int closed, r;

	if (!w->target->dir[0])
		return 0;
	r = ops->create(w->target, OWNLOG_NAME, &sink, e);
	if (r < 0)
		return r;
	r = ownlog_write(sink, e);
	if (r == 0)
		r = sink_sync(sink, e);
	closed = sink_close(sink, r == 0 ? e : NULL);
	r = r < 0 ? r : closed;
	return r == 0 ? ops->commit(w->target, OWNLOG_NAME, e) : r;
}

static int run_close(struct worker *w, struct error *e)
{
	struct target *target = TAKE_PTR(w->target);
	int r;

	r = target->ops->close(target, e);
	if (r == 0)
		say("target closed");
	return r;
}

static const struct step {
	enum phase phase;
	bool needs_target;
	int (*run)(struct worker *w, struct error *e);
} steps[] = {
	{ PHASE_MODULES, false, run_modules }, { PHASE_NETWORK, false, run_network },
	{ PHASE_TARGET, false, run_target },   { PHASE_LOG, true, log_save },
	{ PHASE_REPORT, true, report_save },   { PHASE_DUMP, true, vmcore_save },
	{ PHASE_OWNLOG, true, run_ownlog },    { PHASE_CLOSE, true, run_close },
};

int worker_run(struct capture *c)
{
	struct worker w = { .c = c };
	bool failed = false;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct error e = { 0 };

		if (steps[i].needs_target && !w.target)
			continue;
		worker_report(&w, steps[i].phase, 0, 0);
		/* The dump's own fault point is behind the file's creation, the report's in its process. */
		if (steps[i].phase != PHASE_DUMP && steps[i].phase != PHASE_REPORT)
			fault_point(&c->fault, steps[i].phase);
		if (steps[i].run(&w, &e) < 0) {
			say("%s: %s", phase_name(steps[i].phase), error_text(&e));
			failed = true;
		}
	}
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
