/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ps -l and -m: who ran last, and how long ago. */
#include <errno.h>
#include <inttypes.h>

#include "inspect/ps.h"
#include "inspect/sched_clock.h"

struct list {
	struct ps *ps;
	bool since;
	uint64_t *clocks; /* by CPU */
	uint32_t cpus;
	int width; /* of the largest time */
};

static int later_first(const void *a, const void *b)
{
	const struct task *x = *(const struct task *const *)a, *y = *(const struct task *const *)b;

	if (x->last_run != y->last_run)
		return x->last_run < y->last_run ? 1 : -1;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

static uint64_t age(const struct list *l, const struct task *task)
{
	uint64_t clock = task->cpu < l->cpus ? l->clocks[task->cpu] : 0;

	return clock > task->last_run ? clock - task->last_run : 0;
}

static void show(struct list *l, const struct task *task)
{
	struct json *j = &l->ps->json;
	char words[SCHED_AGE_SIZE];

	if (l->ps->c->json) {
		json_object(j);
		json_task_line(j, task);
		json_put_string(j, "state", task_state_name(task));
		json_put_uint(j, "last_run_ns", task->last_run);
		json_put_uint(j, "since_ns", age(l, task));
		json_object_end(j);
		return;
	}
	sched_age(age(l, task), words);
	if (l->since)
		fprintf(l->ps->c->out, "[%s]", words);
	else
		fprintf(l->ps->c->out, "[%*" PRIu64 "]", l->width, task->last_run);
	fprintf(l->ps->c->out, " [%s]  ", task_state_name(task));
	print_task_line(l->ps->c->out, task);
}

static void show_all(struct list *l, bool one_cpu, uint32_t cpu)
{
	for (size_t i = 0; i < l->ps->chosen.count; i++)
		if (!one_cpu || l->ps->chosen.tasks[i]->cpu == cpu)
			show(l, l->ps->chosen.tasks[i]);
}

static int show_by_cpu(struct list *l, const char *words, struct error *e)
{
	_cleanup_free_ bool *wanted = NULL;
	uint32_t count;
	bool first = true;
	int err = choose_cpus(l->ps->c, words, &wanted, &count, e);

	if (err < 0)
		return err;
	for (uint32_t cpu = 0; cpu < count; cpu++) {
		if (!wanted[cpu])
			continue;
		if (!l->ps->c->json)
			fprintf(l->ps->c->out, "%sCPU: %u\n", first ? "" : "\n", cpu);
		show_all(l, true, cpu);
		first = false;
	}
	return 0;
}

int ps_sorted(struct ps *ps, bool since, const char *cpus, struct error *e)
{
	_cleanup_free_ uint64_t *clocks = NULL;
	struct list l = { .ps = ps, .since = since, .cpus = tasks_cpus(ps->tasks) };

	clocks = calloc(l.cpus + 1, sizeof(*clocks));
	if (!clocks)
		return error_errno(e, -ENOMEM, "clocks");
	l.clocks = clocks;
	for (uint32_t cpu = 0; cpu < l.cpus; cpu++)
		(void)!sched_clock_of(ps->c, cpu, &clocks[cpu], NULL);
	if (ps->chosen.count > 0) {
		qsort(ps->chosen.tasks, ps->chosen.count, sizeof(*ps->chosen.tasks), later_first);
		l.width = snprintf(NULL, 0, "%" PRIu64, ps->chosen.tasks[0]->last_run);
	}
	if (cpus)
		return show_by_cpu(&l, cpus, e);
	show_all(&l, false, 0);
	return 0;
}
