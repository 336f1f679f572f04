/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "inspect/choose.h"

#define WORDS_MAX 256

/* What foreach runs. each: the command works on the context, so it is run once for each task. */
static const struct {
	const char *name;
	bool each;
} runnable[] = {
	{ "bt", false },  { "files", false }, { "net", false }, { "ps", false },  { "set", false },
	{ "sig", false }, { "task", false },  { "vm", false },	{ "vtop", true },
};

static bool is_runnable(const char *word, bool *ret_each)
{
	for (size_t i = 0; i < ARRAY_SIZE(runnable); i++)
		if (strcmp(runnable[i].name, word) == 0) {
			*ret_each = runnable[i].each;
			return true;
		}
	return false;
}

/* Words up to the command: those of the filter are taken out, the rest names tasks. Returns the command's place. */
static int parse(int argc, char **argv, struct choose_filter *filter, char **names, int *ret_names,
		 bool *ret_each)
{
	int i = 1;

	*ret_names = 0;
	for (; i < argc && !is_runnable(argv[i], ret_each); i++)
		if (!choose_filter_word(argv[i], filter) && *ret_names < WORDS_MAX)
			names[(*ret_names)++] = argv[i];
	return i;
}

static int in_order(const void *a, const void *b)
{
	const struct task *x = *(const struct task *const *)a, *y = *(const struct task *const *)b;

	return (x > y) - (x < y);
}

/* In the order of the list, each task once. */
static void sift(struct chosen *chosen, const struct choose_filter *filter)
{
	size_t kept = 0;

	if (chosen->count > 0)
		qsort(chosen->tasks, chosen->count, sizeof(*chosen->tasks), in_order);
	for (size_t i = 0; i < chosen->count; i++)
		if (choose_filter_fits(filter, chosen->tasks[i]) &&
		    (kept == 0 || chosen->tasks[kept - 1] != chosen->tasks[i]))
			chosen->tasks[kept++] = chosen->tasks[i];
	chosen->count = kept;
}

static int run_each(struct inspect *c, const struct chosen *chosen, int argc, char **argv,
		    struct error *e)
{
	const struct task *before = c->context;
	int err = 0;

	if (c->json && chosen->count > 1)
		return error_set(e, -EINVAL, "%s --json is for one task at a time", argv[0]);
	for (size_t i = 0; i < chosen->count && err == 0; i++) {
		c->context = chosen->tasks[i];
		if (!c->json)
			print_task_line(c->out, c->context);
		err = inspect_run(c, argc, argv, e);
		if (!c->json)
			fputc('\n', c->out);
	}
	c->context = before;
	return err;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	_cleanup_chosen_ struct chosen chosen = { 0 };
	struct choose_filter filter = { 0 };
	char *names[WORDS_MAX];
	bool each = false;
	int count, at, err;

	if (c->foreach)
		return error_set(e, -EINVAL, "foreach is not to be nested");
	at = parse(argc, argv, &filter, names, &count, &each);
	if (at == argc)
		return error_set(
			e, -EINVAL,
			"no command to run: bt, files, net, ps, set, sig, task, vm or vtop");
	err = choose_tasks_or_all(c, count, names, &chosen, e);
	if (err < 0)
		return err;
	sift(&chosen, &filter);
	if (each)
		return run_each(c, &chosen, argc - at, argv + at, e);
	c->foreach = &chosen;
	err = inspect_run(c, argc - at, argv + at, e);
	c->foreach = NULL;
	return err;
}

const struct inspect_command inspect_foreach = {
	.name = "foreach",
	.usage = "[pid | task | name | state | kernel | user | gleader | active …] command "
		 "[arguments]",
	.summary = "runs a command on many tasks",
	.details = "  name      of a task, or an extended regular expression; \\name where it is a "
		   "word of "
		   "these\n"
		   "  state     RU, IN, UN, ST, TR, ZO, DE, PA, WA, ID or NE\n"
		   "  gleader   leaders of thread groups of user space\n"
		   "  active    what ran on the CPUs\n"
		   "  command   bt, files, net, ps, set, sig, task, vm or vtop\n"
		   "Names and numbers choose tasks, the other words must all be true of them.\n",
	.run = run,
};
