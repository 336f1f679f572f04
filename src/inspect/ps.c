/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/command.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

struct options {
	bool kernel, user, leaders, active, summary; /* -k -u -G -A -S */
};

#define STATES_MAX 16

struct printer {
	struct inspect *c;
	struct options o;
	struct tasks *tasks;
	struct json json;
	struct {
		const char *name;
		unsigned count;
	} states[STATES_MAX];
};

static double percent(const struct printer *p, const struct task *task)
{
	uint64_t memory = tasks_memory(p->tasks);

	return memory ? (double)task->rss * 100 / (double)memory : 0;
}

static void json_task(struct printer *p, const struct task *task)
{
	struct json *j = &p->json;

	json_object(j);
	json_name(j, "pid");
	json_uint(j, task->pid);
	json_name(j, "tgid");
	json_uint(j, task->tgid);
	json_name(j, "ppid");
	json_uint(j, task->ppid);
	json_name(j, "cpu");
	json_uint(j, task->cpu);
	json_name(j, "task");
	json_hex(j, task->addr);
	json_name(j, "state");
	json_string(j, task_state_name(task));
	json_name(j, "vsz_kib");
	json_uint(j, task->vsz);
	json_name(j, "rss_kib");
	json_uint(j, task->rss);
	json_name(j, "command");
	json_string(j, task->comm);
	json_name(j, "active");
	json_bool(j, task->current);
	json_name(j, "kernel");
	json_bool(j, !task->mm);
	json_object_end(j);
}

static void count_state(struct printer *p, const struct task *task)
{
	const char *name = task_state_name(task);

	for (size_t i = 0; i < STATES_MAX; i++) {
		if (!p->states[i].name)
			p->states[i].name = name;
		if (strcmp(p->states[i].name, name) == 0) {
			p->states[i].count++;
			return;
		}
	}
}

static void print(struct printer *p, const struct task *task)
{
	if (p->o.summary) {
		count_state(p, task);
		return;
	}
	if (p->c->json) {
		json_task(p, task);
		return;
	}
	fprintf(p->c->out,
		"%c %7u %7u %3u  %016" PRIx64 "  %s %5.1f %8" PRIu64 " %8" PRIu64 "  %s%s%s\n",
		task->current ? '>' : ' ', task->pid, task->ppid, task->cpu, task->addr,
		task_state_name(task), percent(p, task), task->vsz, task->rss, task->mm ? "" : "[",
		task->comm, task->mm ? "" : "]");
}

/* A number is a pid or an address, anything else a command's name. */
static bool is_named(const struct task *task, const char *word)
{
	uint64_t value;

	if (strcmp(task->comm, word) == 0)
		return true;
	if (inspect_count(word, &value, NULL) == 0 && value == task->pid)
		return true;
	return inspect_hex(word, &value) && value == task->addr;
}

static bool is_wanted(const struct printer *p, const struct task *task, int count, char **words)
{
	if ((p->o.kernel && task->mm) || (p->o.user && !task->mm) ||
	    (p->o.leaders && task->pid != task->tgid) || (p->o.active && !task->current))
		return false;
	for (int i = 0; i < count; i++)
		if (is_named(task, words[i]))
			return true;
	return count == 0;
}

static int print_tasks(struct printer *p, int count, char **words, struct error *e)
{
	const struct task *list;
	size_t n = tasks_list(p->tasks, &list);
	unsigned shown = 0;

	if (!p->c->json && !p->o.summary)
		fprintf(p->c->out, "      PID    PPID  CPU       TASK        ST  %%MEM      VSZ    "
				   "  RSS  COMM\n");
	for (size_t i = 0; i < n; i++)
		if (is_wanted(p, &list[i], count, words)) {
			print(p, &list[i]);
			shown++;
		}
	if (count > 0 && shown == 0)
		return error_set(e, -ENOENT, "no such task");
	for (size_t i = 0; i < STATES_MAX && p->states[i].name; i++) {
		if (p->c->json)
			break;
		fprintf(p->c->out, "  %s: %u\n", p->states[i].name, p->states[i].count);
	}
	if (tasks_damage(p->tasks) && !p->c->json)
		fprintf(p->c->out, "ps: perhaps not all tasks: %s\n", tasks_damage(p->tasks));
	return 0;
}

static int print_json(struct printer *p, int count, char **words, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	int err, ended;

	p->o.summary = false;
	inspect_json_begin(p->c, &p->json, &buf, "ps");
	json_name(&p->json, "damage");
	json_string(&p->json, tasks_damage(p->tasks));
	json_name(&p->json, "tasks");
	json_array(&p->json);
	err = print_tasks(p, count, words, e);
	json_array_end(&p->json);
	ended = inspect_json_end(p->c, &p->json, e);
	return err < 0 ? err : ended;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct printer p = { .c = c };
	int opt, err;

	optind = 0;
	opterr = 0;
	while ((opt = getopt(argc, argv, "+AGSku")) != -1) {
		switch (opt) {
		case 'A':
			p.o.active = true;
			break;
		case 'G':
			p.o.leaders = true;
			break;
		case 'S':
			p.o.summary = true;
			break;
		case 'k':
			p.o.kernel = true;
			break;
		case 'u':
			p.o.user = true;
			break;
		default:
			return inspect_bad_option(argc, argv, e);
		}
	}
	err = inspect_tasks(c, &p.tasks, e);
	if (err < 0)
		return err;
	if (c->json)
		return print_json(&p, argc - optind, argv + optind, e);
	return print_tasks(&p, argc - optind, argv + optind, e);
}

const struct inspect_command inspect_ps = {
	.name = "ps",
	.usage = "[-k | -u] [-G] [-A] [-S] [pid | task | command …]",
	.summary = "the tasks",
	.details = "  -k  kernel threads alone\n"
		   "  -u  tasks of user space alone\n"
		   "  -G  the leaders of thread groups alone\n"
		   "  -A  what ran on the CPUs\n"
		   "  -S  how many tasks are in which state\n",
	.run = run,
};
