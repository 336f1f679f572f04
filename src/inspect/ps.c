/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/ps.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/machine.h"

struct options {
	bool kernel, user, leaders, active, summary, stack, bare; /* -k -u -G -A -S -s -H */
	bool last, since;					  /* -l -m */
	const char *cpus;					  /* -C */
	uint32_t policies;					  /* -y: bits */
	const struct ps_view *view;
};

#define STATES_MAX 16

static double percent(const struct ps *ps, const struct task *task)
{
	return ps->memory ? (double)task->rss * 100 / (double)ps->memory : 0;
}

static void json_task(struct ps *ps, const struct task *task, const struct ps_view *view)
{
	struct json *j = &ps->json;

	json_object(j);
	json_put_uint(j, "pid", task->pid);
	json_put_uint(j, "tgid", task->tgid);
	json_put_uint(j, "ppid", task->ppid);
	json_put_uint(j, "cpu", task->cpu);
	json_put_hex(j, "task", task->addr);
	json_put_string(j, "state", task_state_name(task));
	json_put_uint(j, "vsz_kib", task->vsz);
	json_put_uint(j, "rss_kib", task->rss);
	json_put_string(j, "command", task->comm);
	json_put_bool(j, "active", task->current);
	json_put_bool(j, "kernel", task_is_kernel(task));
	json_put_uint(j, "policy", task->policy);
	if (view)
		view->show(ps, task);
	json_object_end(j);
}

/* What switching away left in thread.sp; a task that ran has its stack pointer in a register. */
static void stack_pointer(const struct ps *ps, const struct task *task, char ret[20])
{
	struct object_source source;
	struct object o;
	uint64_t sp;

	if (!task->current && inspect_source(ps->c, &source, NULL) == 0 &&
	    object_at(&source, "task_struct", task->addr, &o, NULL) == 0 &&
	    object_number(&source, &o, "thread.sp", &sp, NULL) == 0)
		snprintf(ret, 20, "%016" PRIx64, sp);
	else
		strcpy(ret, "       --       ");
}

static void print_task(struct ps *ps, const struct options *o, const struct task *task)
{
	bool kernel = task_is_kernel(task);
	char place[20];

	if (o->stack)
		stack_pointer(ps, task, place);
	else
		snprintf(place, sizeof(place), "%016" PRIx64, task->addr);
	fprintf(ps->c->out, "%c %7u %7u %3u  %s  %s %5.1f %8" PRIu64 " %8" PRIu64 "  %s%s%s\n",
		task->current ? '>' : ' ', task->pid, task->ppid, task->cpu, place,
		task_state_name(task), percent(ps, task), task->vsz, task->rss, kernel ? "[" : "",
		task->comm, kernel ? "]" : "");
}

static void print_states(struct ps *ps)
{
	struct {
		const char *name;
		unsigned count;
	} states[STATES_MAX] = { 0 };

	for (size_t i = 0; i < ps->chosen.count; i++) {
		const char *name = task_state_name(ps->chosen.tasks[i]);

		for (size_t s = 0; s < STATES_MAX; s++) {
			if (states[s].name && strcmp(states[s].name, name) != 0)
				continue;
			states[s].name = name;
			states[s].count++;
			break;
		}
	}
	for (size_t s = 0; s < STATES_MAX && states[s].name; s++)
		fprintf(ps->c->out, "  %s: %u\n", states[s].name, states[s].count);
}

static void print_view(struct ps *ps, const struct ps_view *view)
{
	for (size_t i = 0; i < ps->chosen.count; i++) {
		const struct task *task = ps->chosen.tasks[i];

		/* -p ends with this line itself */
		if (view->letter != 'p')
			print_task_line(ps->c->out, task);
		view->show(ps, task);
		fputc('\n', ps->c->out);
	}
}

static void print_table(struct ps *ps, const struct options *o)
{
	if (!o->bare)
		fprintf(ps->c->out,
			"      PID    PPID  CPU      %s      ST  %%MEM      VSZ      RSS  COMM\n",
			o->stack ? "KSTACKP" : " TASK  ");
	for (size_t i = 0; i < ps->chosen.count; i++)
		print_task(ps, o, ps->chosen.tasks[i]);
}

static int show_json(struct ps *ps, const struct options *o, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	int err = 0, ended;

	inspect_json_begin(ps->c, &ps->json, &buf, "ps");
	json_put_string(&ps->json, "damage", tasks_damage(ps->tasks));
	json_put_array(&ps->json, "tasks");
	if (o->last || o->since)
		err = ps_sorted(ps, o->since, o->cpus, e);
	for (size_t i = 0; i < ps->chosen.count && !o->last && !o->since; i++)
		json_task(ps, ps->chosen.tasks[i], o->view);
	json_array_end(&ps->json);
	ended = inspect_json_end(ps->c, &ps->json, e);
	return err < 0 ? err : ended;
}

static int show(struct ps *ps, const struct options *o, struct error *e)
{
	int err = 0;

	if (ps->c->json)
		return show_json(ps, o, e);
	if (o->summary)
		print_states(ps);
	else if (o->last || o->since)
		err = ps_sorted(ps, o->since, o->cpus, e);
	else if (o->view)
		print_view(ps, o->view);
	else
		print_table(ps, o);
	if (tasks_damage(ps->tasks))
		fprintf(ps->c->out, "ps: perhaps not all tasks: %s\n", tasks_damage(ps->tasks));
	return err;
}

static bool is_wanted(const struct options *o, const struct task *task)
{
	bool kernel = task_is_kernel(task);

	return !(o->kernel && !kernel) && !(o->user && kernel) &&
	       !(o->leaders && task->pid != task->tgid) && !(o->active && !task->current) &&
	       (!o->policies || (task->policy < 32 && o->policies >> task->policy & 1));
}

/* include/uapi/linux/sched.h */
static const char *const policies[] = {
	"NORMAL", "FIFO", "RR", "BATCH", "ISO", "IDLE", "DEADLINE", "EXT",
};

static int parse_policies(const char *words, uint32_t *ret, struct error *e)
{
	_cleanup_free_ char *text = strdup(words);
	char *rest = NULL;

	if (!text)
		return error_errno(e, -ENOMEM, "-y");
	for (char *word = strtok_r(text, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		uint64_t value = ARRAY_SIZE(policies);

		for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
			if (strcasecmp(word, policies[i]) == 0)
				value = i;
		if (value == ARRAY_SIZE(policies) && isdigit((unsigned char)*word) &&
		    inspect_count(word, &value, e) < 0)
			return -EINVAL;
		if (value >= ARRAY_SIZE(policies))
			return error_set(e, -EINVAL, "%s is no scheduling policy", word);
		*ret |= UINT32_C(1) << value;
	}
	return 0;
}

/* Options that only switch something on. */
static bool take_flag(struct options *o, int opt)
{
	const struct {
		char letter;
		bool *flag;
	} flags[] = {
		{ 'A', &o->active },  { 'G', &o->leaders }, { 'H', &o->bare },
		{ 'S', &o->summary }, { 'k', &o->kernel },  { 'l', &o->last },
		{ 'm', &o->since },   { 's', &o->stack },   { 'u', &o->user },
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].letter == opt)
			return *flags[i].flag = true;
	return false;
}

static int parse(int argc, char **argv, struct options *o, struct error *e)
{
	int opt, err;

	while ((opt = getopt(argc, argv, "+AGHSklmsuacgprtC:y:")) != -1) {
		if (opt == '?')
			return inspect_bad_option(argc, argv, e);
		if (take_flag(o, opt))
			continue;
		if (opt == 'C') {
			o->cpus = optarg;
			continue;
		}
		if (opt == 'y') {
			err = parse_policies(optarg, &o->policies, e);
			if (err < 0)
				return err;
			continue;
		}
		if (o->view)
			return error_set(e, -EINVAL, "one of -%c and -%c at a time",
					 o->view->letter, opt);
		for (size_t i = 0; i < ps_view_count; i++)
			if (ps_views[i].letter == opt)
				o->view = &ps_views[i];
	}
	if (o->kernel && o->user)
		return error_set(e, -EINVAL, "-k and -u exclude each other");
	if (o->cpus && !o->last && !o->since)
		return error_set(e, -EINVAL, "-C goes with -l or -m");
	return 0;
}

/* As in the list, whatever the order of the words. */
static int in_order(const void *a, const void *b)
{
	const struct task *x = *(const struct task *const *)a, *y = *(const struct task *const *)b;

	return (x > y) - (x < y);
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct ps ps = { .c = c };
	struct options o = { 0 };
	struct machine machine;
	size_t kept = 0;
	int err = parse(argc, argv, &o, e);

	if (err == 0)
		err = inspect_tasks(c, &ps.tasks, e);
	if (err == 0)
		err = choose_tasks_or_all(c, argc - optind, argv + optind, &ps.chosen, e);
	if (err < 0)
		return err;
	machine_find(c, &machine);
	ps.uptime = machine.uptime_ns;
	ps.memory = machine.memory / 1024;
	for (size_t i = 0; i < ps.chosen.count; i++)
		if (is_wanted(&o, ps.chosen.tasks[i]))
			ps.chosen.tasks[kept++] = ps.chosen.tasks[i];
	ps.chosen.count = kept;
	if (kept > 0)
		qsort(ps.chosen.tasks, kept, sizeof(*ps.chosen.tasks), in_order);
	err = show(&ps, &o, e);
	chosen_done(&ps.chosen);
	return err;
}

const struct inspect_command inspect_ps = {
	.name = "ps",
	.usage = "[-k | -u] [-G] [-A] [-y policy] [-s] [-H] [-S | -a | -c | -g | -p | -r | -t | -l "
		 "| -m] "
		 "[-C cpus] [pid | task | command …]",
	.summary = "the tasks",
	.details = "  command    its name, or an extended regular expression of it\n"
		   "  -k -u      kernel threads, tasks of user space alone\n"
		   "  -G -A      leaders of thread groups, what ran on the CPUs alone\n"
		   "  -y policy  with this scheduling policy alone: its number or name, several "
		   "with commas\n"
		   "  -s         the stack pointer instead of the task; -H without headings\n"
		   "  -S         how many tasks are in which state\n"
		   "  -a         arguments and environment, where the dump has user pages\n"
		   "  -c -p -g   children, ancestors, threads of the same group\n"
		   "  -r -t      limits of resources, times\n"
		   "  -l -m      by when they last ran, or how long ago; -C cpus: for each of "
		   "these CPUs\n",
	.run = run,
};
