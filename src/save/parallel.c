/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/parallel.h"

#include <pthread.h>
#include <sched.h>

/* Workers keep their buffers on the heap; the capture kernel has no memory for 8 MiB stacks to be locked or counted. */
#define STACK_SIZE KIB(256)

struct task {
	pthread_t thread;
	bool started;
	int (*work)(void *user, unsigned index);
	void *user;
	unsigned index;
	int r;
};

unsigned parallel_threads(unsigned wanted)
{
	cpu_set_t set;

	if (!wanted)
		wanted =
			sched_getaffinity(0, sizeof(set), &set) < 0 ? 1 : (unsigned)CPU_COUNT(&set);
	return MIN(MAX(wanted, 1u), (unsigned)PARALLEL_MAX);
}

static void *task_main(void *arg)
{
	struct task *t = arg;

	t->r = t->work(t->user, t->index);
	return NULL;
}

int parallel_run(unsigned threads, int (*work)(void *user, unsigned index), void *user)
{
	struct task tasks[PARALLEL_MAX] = { 0 };
	pthread_attr_t attr;
	int r;

	threads = MIN(threads, (unsigned)PARALLEL_MAX);
	if (threads > 1 && pthread_attr_init(&attr) == 0) {
		pthread_attr_setstacksize(&attr, STACK_SIZE);
		for (unsigned i = 1; i < threads; i++) {
			tasks[i] = (struct task){ .work = work, .user = user, .index = i };
			tasks[i].started =
				pthread_create(&tasks[i].thread, &attr, task_main, &tasks[i]) == 0;
		}
		pthread_attr_destroy(&attr);
	}
	r = work(user, 0);
	for (unsigned i = 1; i < threads; i++) {
		if (!tasks[i].started)
			continue;
		pthread_join(tasks[i].thread, NULL);
		if (r >= 0)
			r = tasks[i].r;
	}
	return r < 0 ? r : 0;
}
