/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "inspect/choose.h"
#include "kernel/type_value.h"

#define MEMBERS_MAX 64

/* What is shown of each task: values of task_struct, then of thread_info. */
struct printer {
	struct inspect *c;
	struct json *j;
	struct type_source source;
	struct type types[2];
	const char *names[2];
	char *members[MEMBERS_MAX]; /* none: all of both */
	size_t count;
};

static bool is_member(const struct printer *p, const char *word)
{
	struct type_member m;

	for (size_t i = 0; i < ARRAY_SIZE(p->types); i++)
		if (p->types[i].btf && type_member_find(p->types[i], word, &m))
			return true;
	return false;
}

static int add_members(struct printer *p, char *words, struct error *e)
{
	char *rest = NULL;

	for (char *word = strtok_r(words, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		if (!is_member(p, word))
			return error_set(e, -EINVAL,
					 "neither task_struct nor thread_info has a member %s",
					 word);
		if (p->count == MEMBERS_MAX)
			return error_set(e, -EINVAL, "more than %d members", MEMBERS_MAX);
		p->members[p->count++] = word;
	}
	return 0;
}

/* thread_info is a part of the task since 4.9; before it lies at the stack's lowest address. */
static uint64_t place(const struct printer *p, const struct task *task, size_t i)
{
	struct type_member info;

	if (i == 0)
		return task->addr;
	if (type_member_find(p->types[0], "thread_info", &info))
		return task->addr + info.offset;
	return task->stack;
}

/* A value that is not in the dump is said in its place. */
static int print_value(struct printer *p, size_t i, const char *member, uint64_t base,
		       struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error why = { 0 };
	struct type_member m;
	int err;

	if (!p->types[i].btf || !type_member_find(p->types[i], member, &m))
		return 0;
	p->source.indent = *member ? 2 : 0;
	err = type_value(&p->source, &m, base, &text, &why);
	if (err < 0) {
		kernel_read_error(base + m.offset, err, &why);
		err = buf_printf(&text, "(%s)", error_text(&why));
	}
	if (err < 0)
		return error_errno(e, err, "task");
	if (p->c->json) {
		json_object(p->j);
		json_put_string(p->j, "type", p->names[i]);
		json_put_text(p->j, "member", member);
		json_put_string(p->j, "value", text.data);
		json_object_end(p->j);
	} else if (*member) {
		fprintf(p->c->out, "  %s = %s,\n", member, (const char *)text.data);
	} else {
		fprintf(p->c->out, "%sstruct %s %s\n", i ? "\n" : "", p->names[i],
			(const char *)text.data);
	}
	return 0;
}

static int print_task(struct printer *p, const struct task *task, struct error *e)
{
	int err = 0;

	if (!p->c->json)
		print_task_line(p->c->out, task);
	for (size_t n = 0; n < MAX(p->count, (size_t)1) && err == 0; n++)
		for (size_t i = 0; i < ARRAY_SIZE(p->types) && err == 0; i++)
			err = print_value(p, i, p->count ? p->members[n] : "", place(p, task, i),
					  e);
	if (!p->c->json)
		fputc('\n', p->c->out);
	return err;
}

static int print_tasks(struct printer *p, const struct chosen *chosen, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;
	int err = 0, ended;

	p->j = &j;
	if (p->c->json) {
		inspect_json_begin(p->c, &j, &buf, "task");
		json_put_array(&j, "tasks");
	}
	for (size_t i = 0; i < chosen->count && err == 0; i++) {
		if (p->c->json) {
			json_object(&j);
			json_task_line(&j, chosen->tasks[i]);
			json_put_array(&j, "values");
		}
		err = print_task(p, chosen->tasks[i], e);
		if (p->c->json) {
			json_array_end(&j);
			json_object_end(&j);
		}
	}
	if (!p->c->json)
		return err;
	json_array_end(&j);
	ended = inspect_json_end(p->c, &j, e);
	return err < 0 ? err : ended;
}

static int open_printer(struct inspect *c, struct printer *ret, struct error *e)
{
	struct printer p = { .c = c, .names = { "task_struct", "thread_info" } };
	struct types *types;
	int err = inspect_types(c, &types, e);

	if (err < 0)
		return err;
	p.source = (struct type_source){ .reader = c->reader, .hex = c->hex };
	if (inspect_symbols(c, &p.source.symbols, NULL) < 0)
		p.source.symbols = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(p.types); i++)
		if (!types_find(types, p.names[i], &p.types[i]) && i == 0)
			return error_set(e, -ENOENT, "the dump's types have no task_struct");
	*ret = p;
	return 0;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	_cleanup_chosen_ struct chosen chosen = { 0 };
	struct printer p;
	int opt, count = 0, err = open_printer(c, &p, e);

	while (err == 0 && (opt = getopt(argc, argv, "+R:dx")) != -1) {
		if (opt == 'R')
			err = add_members(&p, optarg, e);
		else if (opt == 'd' || opt == 'x')
			p.source.hex = opt == 'x';
		else
			err = inspect_bad_option(argc, argv, e);
	}
	/* members may stand without -R; what is left are tasks */
	for (int i = optind; i < argc && err == 0; i++) {
		_cleanup_free_ char *first = strndup(argv[i], strcspn(argv[i], ","));

		if (first && is_member(&p, first))
			err = add_members(&p, argv[i], e);
		else
			argv[optind + count++] = argv[i];
	}
	if (err == 0)
		err = choose_tasks(c, count, argv + optind, &chosen, e);
	return err < 0 ? err : print_tasks(&p, &chosen, e);
}

const struct inspect_command inspect_task_command = {
	.name = "task",
	.usage = "[-R member[,member…]] [-x | -d] [pid | task | command …]",
	.summary = "the values in a task's task_struct and thread_info",
	.details = "  -R member  only these, such as se.on_rq or comm; without -R too\n"
		   "  -x         numbers are hexadecimal; -d decimal\n",
	.run = run,
};
