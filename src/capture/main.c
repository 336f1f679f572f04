/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lastword-init: PID 1 of the capture kernel. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "capture/action.h"
#include "capture/capture.h"
#include "capture/console.h"
#include "capture/setup.h"
#include "capture/supervisor.h"
#include "capture/worker.h"

#define PLAN_MAX ((size_t)1 << 20)
#define CMDLINE_MAX 65536

static int read_plan(struct plan **ret, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = read_file_at(AT_FDCWD, PLAN_PATH, PLAN_MAX, &text);

	if (r < 0)
		return error_errno(e, r, "%s", PLAN_PATH);
	r = plan_parse(text.data, text.len, ret, e);
	return r < 0 ? error_prefix(e, r, "%s", PLAN_PATH) : 0;
}

static void read_fault(struct fault *ret, struct plan *p)
{
	_cleanup_buf_ struct buf text = { 0 };

	if (read_file_at(AT_FDCWD, "/proc/cmdline", CMDLINE_MAX, &text) < 0)
		return;
	if (fault_parse(text.data, ret) < 0)
		say("lastword.fault= or lastword.patience= on the command line makes no sense; no "
		    "fault is injected");
	else if (ret->kind != FAULT_NONE)
		say("a fault will be injected in phase %s", phase_name(ret->phase));
	if (ret->patience)
		p->device_timeout = p->log_timeout = p->report_timeout = p->dump_timeout =
			ret->patience;
}

static int prepare(struct capture *c, struct error *e)
{
	int r = read_plan(&c->plan, e);

	if (r < 0)
		return r;
	read_fault(&c->fault, c->plan);
	c->watchdogs.seconds = c->plan->watchdog_timeout;
	c->board = mmap(NULL, sizeof(*c->board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (c->board == MAP_FAILED)
		return error_errno(e, -errno, "shared memory");
	if (access(VMCORE, R_OK) < 0)
		return error_set(e, -ENOENT,
				 "%s is not there: this is not the capture kernel of a crash",
				 VMCORE);
	return 0;
}

int main(void)
{
	struct capture c = { .started = clock_now() };
	struct error e = { 0 };
	enum plan_action action;

	if (getpid() != 1) {
		fputs("lastword-init: runs as PID 1 of a capture kernel alone\n", stderr);
		return 2;
	}
	setup_mounts();
	console_open();
	setup_memory();
	say("lastword " LASTWORD_VERSION " in the capture kernel");
	if (prepare(&c, &e) < 0) {
		say("%s", error_text(&e));
		action = c.plan ? c.plan->failure_action : PLAN_REBOOT;
	} else {
		action = supervise(&c) ? c.plan->final_action : c.plan->failure_action;
		if (c.plan->crash_loop_count && c.board->looping)
			action = c.plan->crash_loop_action;
		/* a shell and the last resort are behind us */
		if (action > PLAN_POWEROFF)
			action = c.plan->final_action;
		supervise_end(&c, action);
	}
	if (action > PLAN_POWEROFF)
		action = c.plan->final_action;
	/* A reboot that hangs is one more thing that they end. */
	if (action != PLAN_REBOOT)
		watchdogs_stop(&c.watchdogs);
	action_run(action, &c.fault);
}
