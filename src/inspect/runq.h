/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The parts of the command runq: the queues (runq_queue.c) and the clocks (runq.c). */
#include "inspect/choose.h"

struct runq {
	struct inspect *c;
	struct object_source source;
	struct tasks *tasks;
	struct json *j;
	bool groups; /* -g */
	bool none;   /* nothing was shown of the queue that is told now */
};

/* "PID: 1      TASK: ffff8d1481240000  COMMAND: \"init\"" without a line's end */
void runq_print_task(FILE *out, const struct task *task);

/* What waits for a CPU, below its heading; with --json members of the object that is open. */
void runq_show_queues(struct runq *r, uint32_t cpu, const struct object *rq);
