/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/choose.h"

/* include/linux/sched.h; the bits have had these places since 4.14. */
static const struct {
	uint32_t bit;
	const char *name;
} states[] = {
	{ 0x001, "TASK_INTERRUPTIBLE" }, { 0x002, "TASK_UNINTERRUPTIBLE" },
	{ 0x004, "TASK_STOPPED" },	 { 0x008, "TASK_TRACED" },
	{ 0x010, "EXIT_DEAD" },		 { 0x020, "EXIT_ZOMBIE" },
	{ 0x040, "TASK_PARKED" },	 { 0x080, "TASK_DEAD" },
	{ 0x100, "TASK_WAKEKILL" },	 { 0x200, "TASK_WAKING" },
	{ 0x400, "TASK_NOLOAD" },	 { 0x800, "TASK_NEW" },
	{ 0x1000, "TASK_RTLOCK_WAIT" },	 { 0x2000, "TASK_FREEZABLE" },
	{ 0x8000, "TASK_FROZEN" },
};

void task_state_words(const struct task *task, char ret[TASK_STATE_SIZE])
{
	size_t len = 0;

	strcpy(ret, task->state == 0 ? "TASK_RUNNING" : "");
	if (task->state == TASK_STATE_UNKNOWN) {
		strcpy(ret, "(not in the dump)");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(states) && len < TASK_STATE_SIZE; i++)
		if (task->state & states[i].bit)
			len += snprintf(ret + len, TASK_STATE_SIZE - len, "%s%s", len ? "|" : "",
					states[i].name);
	if (task->state && len == 0)
		snprintf(ret, TASK_STATE_SIZE, "0x%x", task->state);
}

uint64_t task_thread_info(struct inspect *c, const struct task *task)
{
	struct type_member info;
	struct types *types;

	if (inspect_types(c, &types, NULL) == 0 &&
	    types_member(types, "task_struct.thread_info", &info))
		return task->addr + info.offset;
	return task->stack;
}

void show_task_context(struct inspect *c, struct json *j, const struct task *task)
{
	bool panicked = task == tasks_panicked(c->tasks);
	char state[TASK_STATE_SIZE];

	task_state_words(task, state);
	if (c->json) {
		json_object(j);
		json_task_line(j, task);
		json_put_hex(j, "thread_info", task_thread_info(c, task));
		json_put_string(j, "state", state);
		json_put_bool(j, "panicked", panicked);
		json_put_bool(j, "active", task->current);
		json_object_end(j);
		return;
	}
	fprintf(c->out,
		"    PID: %u\nCOMMAND: \"%s\"\n   TASK: %016" PRIx64 "  [THREAD_INFO: %016" PRIx64
		"]\n    CPU: %u\n  STATE: %s%s\n",
		task->pid, task->comm, task->addr, task_thread_info(c, task), task->cpu, state,
		panicked	? " (PANIC)"
		: task->current ? " (ACTIVE)"
				: "");
}

static int show_context(struct inspect *c, struct error *e)
{
	_cleanup_chosen_ struct chosen chosen = { 0 };
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;
	int err = choose_tasks(c, 0, NULL, &chosen, e);

	if (err < 0)
		return err;
	if (c->json) {
		inspect_json_begin(c, &j, &buf, "set");
		json_put_array(&j, "tasks");
	}
	for (size_t i = 0; i < chosen.count; i++) {
		if (c->foreach && !c->json)
			print_task_line(c->out, chosen.tasks[i]);
		show_task_context(c, &j, chosen.tasks[i]);
		if (c->foreach && !c->json)
			fputc('\n', c->out);
	}
	if (!c->json)
		return 0;
	json_array_end(&j);
	return inspect_json_end(c, &j, e);
}

/* crash's variables. What they control does not exist here but for radix: a script may set them and goes on. */
static const struct {
	const char *name, *value;
} variables[] = {
	{ "scroll", "off (none)" }, { "radix", NULL },
	{ "refresh", "off" },	    { "print_max", "256" },
	{ "print_array", "off" },   { "console", "(not assigned)" },
	{ "debug", "0" },	    { "core", "off" },
	{ "hash", "on" },	    { "silent", "off" },
	{ "edit", "emacs" },	    { "namelist", "(none: the dump has what is needed)" },
	{ "unwind", "on" },	    { "zero_excluded", "off" },
	{ "null-stop", "off" },	    { "gdb", "off" },
	{ "scope", "0 (not set)" }, { "offline", "show" },
	{ "redzone", "off" },	    { "error", "default" },
};

static const char *variable_value(const struct inspect *c, size_t i)
{
	return variables[i].value ? variables[i].value : c->hex ? "16 (hex)" : "10 (decimal)";
}

static int show_variables(struct inspect *c, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;

	for (size_t i = 0; i < ARRAY_SIZE(variables) && !c->json; i++)
		fprintf(c->out, "%14s: %s\n", variables[i].name, variable_value(c, i));
	if (!c->json)
		return 0;
	inspect_json_begin(c, &j, &buf, "set");
	json_put_object(&j, "variables");
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		json_put_string(&j, variables[i].name, variable_value(c, i));
	json_object_end(&j);
	return inspect_json_end(c, &j, e);
}

static int set_radix(struct inspect *c, const char *value, struct error *e)
{
	static const struct {
		const char *word;
		bool hex;
	} words[] = { { "10", false }, { "dec", false }, { "16", true }, { "hex", true } };

	for (size_t i = 0; value && i < ARRAY_SIZE(words); i++)
		if (strncmp(value, words[i].word, strlen(words[i].word)) == 0) {
			c->hex = words[i].hex;
			value = NULL;
		}
	if (value)
		return error_set(e, -EINVAL, "radix is 10 or 16, not %s", value);
	fprintf(c->out, "output radix: %s\n", c->hex ? "16 (hex)" : "10 (decimal)");
	return 0;
}

/* -ENOENT: there is no such variable. */
static int set_variable(struct inspect *c, const char *name, const char *value, struct error *e)
{
	if (strcmp(name, "radix") == 0)
		return set_radix(c, value, e);
	if (strcmp(name, "hex") == 0 || strcmp(name, "dec") == 0)
		return set_radix(c, name, e);
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		if (strcmp(variables[i].name, name) != 0)
			continue;
		fprintf(c->out, "%s: %s%s\n", name, variable_value(c, i),
			value ? " (it is not to be set here)" : "");
		return 0;
	}
	return -ENOENT;
}

static int set_cpu(struct inspect *c, const char *word, struct error *e)
{
	const struct task *task;
	uint64_t cpu;
	int err = inspect_count(word, &cpu, e);

	if (err < 0)
		return err;
	task = cpu < tasks_cpus(c->tasks) ? tasks_on_cpu(c->tasks, cpu) : NULL;
	if (!task)
		return error_set(e, -EINVAL,
				 "no task is known to have run on CPU %s: %u are possible", word,
				 tasks_cpus(c->tasks));
	c->context = task;
	return 0;
}

static int set_panicked(struct inspect *c, struct error *e)
{
	const struct task *task = tasks_panicked(c->tasks);

	if (!task)
		return error_set(e, -ENOENT, "nothing tells which task panicked");
	c->context = task;
	return 0;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct tasks *tasks;
	int opt, err = 0;

	while (err == 0 && (opt = getopt(argc, argv, "+c:pv")) != -1) {
		if (opt == 'v')
			return show_variables(c, e);
		if (opt == '?')
			return inspect_bad_option(argc, argv, e);
		err = inspect_tasks(c, &tasks, e);
		if (err == 0)
			err = opt == 'c' ? set_cpu(c, optarg, e) : set_panicked(c, e);
	}
	if (err < 0)
		return err;
	if (optind < argc) {
		err = set_variable(c, argv[optind], argv[optind + 1], e);
		if (err != -ENOENT)
			return err;
		err = choose_task(c, argv[optind], &c->context, e);
	}
	return err < 0 ? err : show_context(c, e);
}

const struct inspect_command inspect_set = {
	.name = "set",
	.usage = "[pid | task | -c cpu | -p | -v | variable [value]]",
	.summary = "the task that other commands mean where none is named",
	.details = "  pid, task  take this one\n"
		   "  -c cpu     what ran on that CPU\n"
		   "  -p         the task that panicked\n"
		   "  -v         crash's variables; `set radix 16` makes numbers hexadecimal, the "
		   "others do "
		   "nothing here\n",
	.run = run,
};
