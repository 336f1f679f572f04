/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/worker.h"

#include <unistd.h>

#include "capture/chain.h"
#include "capture/console.h"
#include "capture/crash_loop.h"
#include "capture/fence.h"
#include "capture/file.h"
#include "capture/hooks.h"
#include "capture/log.h"
#include "capture/manifest.h"
#include "capture/modules.h"
#include "capture/network.h"
#include "capture/ownlog.h"
#include "capture/report.h"
#include "capture/setup.h"
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

	if (phase == PHASE_DUMP) {
		w->c->board->done = done;
		w->c->board->total = total;
	}
	/* A full pipe means the supervisor has plenty to read already. */
	(void)!write(w->c->report_fd, &report, sizeof(report));
}

static void report_module(void *user, size_t done)
{
	const struct worker *w = user;

	worker_report(w, PHASE_MODULES, done, w->c->plan->modules_count);
}

static int run_modules(struct worker *w, struct error *e)
{
	const struct plan *p = w->c->plan;
	size_t loaded = modules_load(p, false, report_module, w);

	say("%zu of %zu modules loaded", loaded, modules_number(p, false));
	return 0;
}

static int run_network(struct worker *w, struct error *e)
{
	const struct plan *p = w->c->plan;
	struct error why = { 0 };

	if (!network_has(p, false))
		return 0;
	/* no failure of its own: a target on a disk may still get everything */
	if (network_up(p, false, chain_deadline(p), &why) < 0)
		say("network: %s", error_text(&why));
	else
		say("network up, as %s", p->host_ip);
	if (fence_begin(p) < 0)
		say("fence_kdump: no process for it");
	return 0;
}

static int run_pre_hooks(struct worker *w, struct error *e)
{
	hooks_pre(w, &w->c->board->vetoed);
	return 0;
}

/* A dump that a hook does not want is no failure, nor is one too many. */
static int run_dump(struct worker *w, struct error *e)
{
	struct board *board = w->c->board;

	if (board->vetoed) {
		say("vmcore: a hook wants no dump");
		manifest_add_skipped(&board->manifest, "vmcore", "a hook wants no dump");
		return 0;
	}
	board->looping = crash_loop_found(w);
	if (!board->looping)
		return vmcore_save(w, e);
	manifest_add_skipped(&board->manifest, "vmcore", "crashes come too often");
	return 0;
}

static int run_post_hooks(struct worker *w, struct error *e)
{
	hooks_post(w);
	return 0;
}

static int run_ownlog(struct worker *w, struct error *e)
{
	struct sink *sink;
	int r;

	if (!file_is_taken(w))
		return 0;
	r = file_create(w, OWNLOG_NAME, &sink, e);
	if (r < 0)
		return r;
	return file_finish(w, OWNLOG_NAME, sink, ownlog_write(sink, e), true, e);
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
	bool once; /* not again by a worker that comes after one that did it */
	int (*run)(struct worker *w, struct error *e);
} steps[] = {
	{ PHASE_MODULES, false, true, run_modules },
	{ PHASE_NETWORK, false, true, run_network },
	{ PHASE_TARGET, false, false, chain_open },
	{ PHASE_LOG, true, false, log_save },
	{ PHASE_REPORT, true, false, report_save },
	{ PHASE_PRE, true, false, run_pre_hooks },
	{ PHASE_DUMP, true, false, run_dump },
	{ PHASE_MANIFEST, true, false, manifest_save },
	{ PHASE_POST, false, false, run_post_hooks },
	{ PHASE_OWNLOG, true, false, run_ownlog },
	{ PHASE_CLOSE, true, false, run_close },
};

static void say_recipients(const struct plan *p)
{
	for (size_t i = 0; i < p->recipients_count; i++)
		say("all files are encrypted for %s", p->recipients[i].key);
}

int worker_run(struct capture *c)
{
	struct worker w = { .c = c };
	bool failed = false;

	if (c->attempt == 0)
		say_recipients(c->plan);
	else
		setup_memory();

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct manifest_phase *noted;
		struct error e = { 0 };
		int r;

		if ((steps[i].needs_target && !w.target) ||
		    (steps[i].once && steps[i].phase < c->board->phase))
			continue;
		worker_report(&w, steps[i].phase, 0, 0);
		c->board->phase = steps[i].phase;
		noted = manifest_begin_phase(&w, steps[i].phase);
		/* The dump's own fault point is behind the file's creation, the report's in its process. */
		if (steps[i].phase != PHASE_DUMP && steps[i].phase != PHASE_REPORT)
			fault_point(&c->fault, steps[i].phase);
		r = steps[i].run(&w, &e);
		manifest_end_phase(&w, noted, steps[i].phase, r, &e);
		if (r < 0) {
			say("%s: %s", phase_name(steps[i].phase), error_text(&e));
			snprintf(c->board->failure, sizeof(c->board->failure), "%s: %s",
				 phase_name(steps[i].phase), error_text(&e));
			failed = true;
		}
	}
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
