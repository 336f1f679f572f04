/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/runq.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>

#include "inspect/sched_clock.h"

struct cpu_clock {
	uint32_t cpu;
	uint64_t clock;
	const struct task *task; /* on it; may be NULL */
};

/* Each shows the CPUs of the list in its own way. */
typedef void (*cpus_view)(struct runq *r, const struct cpu_clock *list, size_t count);

static void json_clock(struct runq *r, const struct cpu_clock *c)
{
	json_put_uint(r->j, "cpu", c->cpu);
	json_put_uint(r->j, "clock_ns", c->clock);
	json_name(r->j, "current_pid");
	if (c->task)
		json_uint(r->j, c->task->pid);
	else
		json_string(r->j, NULL);
	json_put_uint(r->j, "last_run_ns", c->task ? c->task->last_run : 0);
}

static void print_current(struct runq *r, const struct cpu_clock *c)
{
	if (c->task)
		runq_print_task(r->c->out, c->task);
	else
		fputs("(unknown)", r->c->out);
	fputc('\n', r->c->out);
}

static void show_queues(struct runq *r, const struct cpu_clock *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct object rq;

		if (inspect_variable(r->c, "runqueues", list[i].cpu, &rq, NULL) < 0)
			continue;
		if (r->c->json) {
			json_object(r->j);
			json_clock(r, &list[i]);
			json_put_hex(r->j, "runqueue", rq.addr);
		} else {
			fprintf(r->c->out, "%sCPU %u", i ? "\n" : "", list[i].cpu);
			if (!r->groups)
				fprintf(r->c->out, " RUNQUEUE: %016" PRIx64, rq.addr);
			fputs("\n  CURRENT: ", r->c->out);
			print_current(r, &list[i]);
		}
		runq_show_queues(r, list[i].cpu, &rq);
		if (r->c->json)
			json_object_end(r->j);
	}
}

static void show_clocks(struct runq *r, const struct cpu_clock *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int width = snprintf(NULL, 0, "%" PRIu64, list[i].clock);

		fprintf(r->c->out, "%sCPU %u: %" PRIu64 "\n", list[i].cpu < 10 ? " " : "",
			list[i].cpu, list[i].clock);
		fprintf(r->c->out, "        %0*" PRIu64 "  ", width,
			list[i].task ? list[i].task->last_run : 0);
		print_current(r, &list[i]);
	}
}

static int latest_first(const void *a, const void *b)
{
	const struct cpu_clock *x = a, *y = b;

	if (x->clock != y->clock)
		return x->clock < y->clock ? 1 : -1;
	return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

static void show_lags(struct runq *r, const struct cpu_clock *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fprintf(r->c->out, "%*sCPU %u: %.2f secs\n", list[i].cpu < 10 ? 2 : 1, "",
			list[i].cpu, (double)(list[0].clock - list[i].clock) / 1e9);
}

static void show_running(struct runq *r, const struct cpu_clock *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t since = list[i].task ? list[i].task->last_run : 0;
		char age[SCHED_AGE_SIZE];

		sched_age(list[i].clock > since ? list[i].clock - since : 0, age);
		fprintf(r->c->out, "%sCPU %u: [%s]  ", list[i].cpu < 10 ? " " : "", list[i].cpu,
			age);
		print_current(r, &list[i]);
	}
}

static int find_clocks(struct runq *r, const char *cpus, struct cpu_clock **ret, size_t *ret_count,
		       struct error *e)
{
	_cleanup_free_ bool *wanted = NULL;
	struct cpu_clock *list;
	uint32_t count;
	int err = choose_cpus(r->c, cpus ? cpus : "all", &wanted, &count, e);

	if (err < 0)
		return err;
	list = calloc(count + 1, sizeof(*list));
	if (!list)
		return error_errno(e, -ENOMEM, "CPUs");
	*ret_count = 0;
	for (uint32_t cpu = 0; cpu < count; cpu++) {
		struct cpu_clock *c = &list[*ret_count];

		if (!wanted[cpu] || (!cpus && !r->c->percpu->online[cpu]))
			continue;
		c->cpu = cpu;
		c->task = tasks_on_cpu(r->tasks, cpu);
		(void)!sched_clock_of(r->c, cpu, &c->clock, NULL);
		++*ret_count;
	}
	*ret = list;
	return 0;
}

static int show(struct runq *r, cpus_view view, const char *cpus, struct error *e)
{
	_cleanup_free_ struct cpu_clock *list = NULL;
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;
	size_t count = 0;
	int err = find_clocks(r, cpus, &list, &count, e);

	if (err < 0)
		return err;
	if (view == show_lags && count > 0)
		qsort(list, count, sizeof(*list), latest_first);
	if (!r->c->json) {
		view(r, list, count);
		return 0;
	}
	/* one shape for all options: the queues with the clocks */
	r->j = &j;
	inspect_json_begin(r->c, &j, &buf, "runq");
	json_put_array(&j, "cpus");
	show_queues(r, list, count);
	json_array_end(&j);
	return inspect_json_end(r->c, &j, e);
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct runq r = { .c = c };
	cpus_view view = show_queues;
	const char *cpus = NULL;
	int opt, err;

	while ((opt = getopt(argc, argv, "+tTmgc:")) != -1) {
		if (opt == 't')
			view = show_clocks;
		else if (opt == 'T')
			view = show_lags;
		else if (opt == 'm')
			view = show_running;
		else if (opt == 'g')
			r.groups = true;
		else if (opt == 'c')
			cpus = optarg;
		else
			return inspect_bad_option(argc, argv, e);
	}
	if (optind < argc)
		return error_set(e, -EINVAL, "runq takes no words");
	err = inspect_tasks(c, &r.tasks, e);
	if (err == 0)
		err = inspect_source(c, &r.source, e);
	return err < 0 ? err : show(&r, view, cpus, e);
}

const struct inspect_command inspect_runq = {
	.name = "runq",
	.usage = "[-t | -T | -m | -g] [-c cpus]",
	.summary = "what runs on each CPU and what waits for it",
	.details = "  -t       the scheduler's clock of each CPU, and when its task got it\n"
		   "  -T       how far each CPU's clock is behind the latest\n"
		   "  -m       how long each CPU's task has had it\n"
		   "  -g       by task groups\n"
		   "  -c cpus  of these alone: 3, 1,8,9, 1-23\n",
	.run = run,
};
