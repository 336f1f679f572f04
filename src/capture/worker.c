/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/worker.h"

#include <unistd.h>

#include "capture/chain.h"
#include "capture/console.h"
#include "capture/log.h"
#include "capture/modules.h"
#include "capture/network.h"
#include "capture/ownlog.h"
#include "capture/report.h"
#include "capture/vmcore.h"
#include "capture/watch.h"

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

static int run_network(struct worker *w, struct error *e)
{
	const struct plan *p = w->c->plan;
	struct error why = { 0 };

	if (p->links_count == 0)
		return 0;
	/* no failure of its own: a target on a disk may still get everything */
	if (network_up(p, chain_deadline(p), &why) < 0)
		say("network: %s", error_text(&why));
	else
		say("network up, as %s", p->host_ip);
	return 0;
}

static int run_ownlog(struct worker *w, struct error *e)
{
	const struct target_ops *ops = w->target->ops;
	struct target_needs needs;
	struct sink *sink;
	int closed, r;

	ops->needs(w->planned, &needs);
	if (needs.dump_alone)
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
	bool once; /* not again by a worker that comes after another */
	int (*run)(struct worker *w, struct error *e);
} steps[] = {
	{ PHASE_MODULES, false, true, run_modules }, { PHASE_NETWORK, false, true, run_network },
	{ PHASE_TARGET, false, false, chain_open },  { PHASE_LOG, true, false, log_save },
	{ PHASE_REPORT, true, false, report_save },  { PHASE_DUMP, true, false, vmcore_save },
	{ PHASE_OWNLOG, true, false, run_ownlog },   { PHASE_CLOSE, true, false, run_close },
};

int worker_run(struct capture *c)
{
	struct worker w = { .c = c };
	bool failed = false;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct error e = { 0 };

		if ((steps[i].needs_target && !w.target) || (steps[i].once && c->attempt > 0))
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
