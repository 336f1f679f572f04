/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/choose.h"
#include "kernel/list.h"

struct walk {
	struct inspect *c;
	struct object_source source;
	struct tasks *tasks;
	struct json *j;
	size_t count;
};

/* private is the task that waits, or something of the function's own. */
static const struct task *task_of(struct walk *w, uint64_t entry)
{
	struct object o;

	if (object_container(&w->source, entry, "wait_queue_entry", "entry", &o, NULL) < 0)
		return NULL;
	return tasks_by_addr(w->tasks, object_number_or_0(&w->source, &o, "private"));
}

static void print_function(struct walk *w, uint64_t entry)
{
	char name[INSPECT_NAME_SIZE] = "";
	struct object o;

	if (object_container(&w->source, entry, "wait_queue_entry", "entry", &o, NULL) == 0)
		inspect_symbol_name(w->c, object_number_or_0(&w->source, &o, "func"), name);
	fprintf(w->c->out, "(no task: entry %016" PRIx64 ", woken by %s)\n", entry,
		*name ? name : "an unknown function");
}

static int take(void *user, uint64_t entry)
{
	struct walk *w = user;
	const struct task *task = task_of(w, entry);

	w->count++;
	if (w->c->json) {
		json_object(w->j);
		if (task)
			json_task_line(w->j, task);
		json_put_hex(w->j, "entry", entry);
		json_object_end(w->j);
	} else if (task) {
		print_task_line(w->c->out, task);
	} else {
		print_function(w, entry);
	}
	return 0;
}

/* A symbol, an address, or "struct.member" and the struct's address. */
static int find_queue(struct walk *w, int count, char **words, uint64_t *ret, struct error *e)
{
	struct type_member m;
	uint64_t base;
	int err;

	if (count == 1)
		return inspect_address(w->c, words[0], ret, e);
	if (count != 2)
		return error_set(e, -EINVAL, "which wait queue?");
	if (!types_member(w->source.types, words[0], &m))
		return error_set(e, -EINVAL, "%s: no such member in the dump's types", words[0]);
	err = inspect_address(w->c, words[1], &base, e);
	if (err == 0)
		*ret = base + m.offset;
	return err;
}

static int show(struct walk *w, const char *name, uint64_t queue, struct error *e)
{
	struct object head;
	int err = object_at(&w->source, "wait_queue_head", queue, &head, e);

	if (err == 0)
		err = object_follow(&w->source, &head, "head|task_list", &head, e);
	if (err == 0)
		err = list_each(w->c->reader, head.addr, 0, take, w, e);
	if (err == 0 && w->count == 0 && !w->c->json)
		fprintf(w->c->out, "wait queue \"%s\" (%016" PRIx64 ") is empty\n", name, queue);
	return err;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct walk w = { .c = c };
	uint64_t queue = 0;
	struct json j;
	int err, ended;

	if (getopt(argc, argv, "+") != -1)
		return inspect_bad_option(argc, argv, e);
	err = inspect_tasks(c, &w.tasks, e);
	if (err == 0)
		err = inspect_source(c, &w.source, e);
	if (err == 0)
		err = find_queue(&w, argc - optind, argv + optind, &queue, e);
	if (err < 0)
		return err;
	if (!c->json)
		return show(&w, argv[optind], queue, e);
	w.j = &j;
	inspect_json_begin(c, &j, &buf, "waitq");
	json_put_hex(&j, "queue", queue);
	json_put_array(&j, "waiters");
	err = show(&w, argv[optind], queue, e);
	json_array_end(&j);
	ended = inspect_json_end(c, &j, e);
	return err < 0 ? err : ended;
}

const struct inspect_command inspect_waitq = {
	.name = "waitq",
	.usage = "symbol | address | struct.member address",
	.summary = "the tasks in a wait queue",
	.details = "",
	.run = run,
};
