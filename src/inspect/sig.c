/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/choose.h"
#include "inspect/signals.h"
#include "kernel/list.h"

struct printer {
	struct inspect *c;
	struct object_source source;
	struct tasks *tasks;
	struct json j;
	int indent; /* blanks before what is told of one thread of -g */
	bool any;   /* a queue has something in it */
};

static uint64_t number(const struct printer *p, const struct object *o, const char *path)
{
	return object_number_or_0(&p->source, o, path);
}

static void print_action(struct printer *p, unsigned sig, const struct object *action)
{
	uint64_t handler = number(p, action, "sa.sa_handler"),
		 mask = number(p, action, "sa.sa_mask.sig[0]"),
		 flags = number(p, action, "sa.sa_flags");
	char text[20], names[SIGNALS_SIZE];

	if (handler < 2)
		snprintf(text, sizeof(text), "%s", handler ? "SIG_IGN" : "SIG_DFL");
	else
		snprintf(text, sizeof(text), "%" PRIx64, handler);
	signals_action_flags(flags, names);
	if (p->c->json) {
		json_object(&p->j);
		json_put_uint(&p->j, "signal", sig);
		json_put_hex(&p->j, "sigaction", action->addr);
		json_put_string(&p->j, "handler", text);
		json_put_hex(&p->j, "mask", mask);
		json_put_hex(&p->j, "flags", flags);
		json_object_end(&p->j);
		return;
	}
	fprintf(p->c->out, "%s[%u] %016" PRIx64 " %10s %016" PRIx64 " %" PRIx64 " %s%s%s\n",
		sig < 10 ? " " : "", sig, action->addr, text, mask, flags, names[0] ? "(" : "",
		names, names[0] ? ")" : "");
}

static void print_actions(struct printer *p, const struct object *task)
{
	struct object actions, action;
	struct error why = { 0 };
	int err = object_follow(&p->source, task, "sighand->action", &actions, &why);

	if (p->c->json) {
		json_put_array(&p->j, "actions");
	} else if (err == 0) {
		fputs(" SIG    SIGACTION        HANDLER       MASK       FLAGS\n", p->c->out);
	} else {
		fprintf(p->c->out, "(no handlers: %s)\n", error_text(&why));
	}
	for (unsigned sig = 1; err == 0 && sig <= SIGNALS; sig++)
		if (object_element(&actions, sig - 1, &action))
			print_action(p, sig, &action);
	if (p->c->json)
		json_array_end(&p->j);
}

static int take_queued(void *user, uint64_t node)
{
	struct printer *p = user;
	struct object queued, info;
	uint64_t sig;

	if (object_container(&p->source, node, "sigqueue", "list", &queued, NULL) < 0 ||
	    object_follow(&p->source, &queued, "info", &info, NULL) < 0)
		return 0;
	sig = number(p, &info, "si_signo");
	if (p->c->json) {
		json_object(&p->j);
		json_put_uint(&p->j, "signal", sig);
		json_put_hex(&p->j, "siginfo", info.addr);
		json_object_end(&p->j);
		return 0;
	}
	if (!p->any)
		fputs(" SIG      SIGINFO\n", p->c->out);
	fprintf(p->c->out, "%*s            %3" PRIu64 "  %016" PRIx64 "\n", p->indent, "", sig,
		info.addr);
	p->any = true;
	return 0;
}

/* pending: a struct sigpending. */
static void print_pending(struct printer *p, const char *heading, const char *name,
			  const struct object *pending)
{
	struct error why = { 0 };
	struct object list;
	uint64_t set = number(p, pending, "signal.sig[0]");
	int err = object_follow(&p->source, pending, "list", &list, &why);

	p->any = false;
	if (p->c->json) {
		json_put_object(&p->j, name);
		json_put_hex(&p->j, "set", set);
		json_put_array(&p->j, "queue");
	} else {
		fprintf(p->c->out,
			"%*s%s\n%*s    SIGNAL: %016" PRIx64 "\n%*s  SIGQUEUE: ", p->indent, "",
			heading, p->indent, "", set, p->indent, "");
	}
	if (err == 0)
		err = list_each(p->c->reader, list.addr, 0, take_queued, p, &why);
	if (p->c->json) {
		json_array_end(&p->j);
		json_object_end(&p->j);
	} else if (err < 0) {
		fprintf(p->c->out, "(%s)\n", error_text(&why));
	} else if (!p->any) {
		fputs("(empty)\n", p->c->out);
	}
}

static void print_private(struct printer *p, const struct object *task)
{
	uint64_t blocked = number(p, task, "blocked.sig[0]"), waiting;
	struct object pending;

	if (object_follow(&p->source, task, "pending", &pending, NULL) < 0)
		return;
	waiting = number(p, &pending, "signal.sig[0]") |
		  number(p, task, "signal->shared_pending.signal.sig[0]");
	if (p->c->json) {
		json_put_bool(&p->j, "sigpending", waiting & ~blocked);
		json_put_hex(&p->j, "blocked", blocked);
	} else {
		fprintf(p->c->out, "%*sSIGPENDING: %s\n%*s   BLOCKED: %016" PRIx64 "\n", p->indent,
			"", waiting & ~blocked ? "yes" : "no", p->indent, "", blocked);
	}
	print_pending(p, "PRIVATE_PENDING", "private", &pending);
}

static void print_shared(struct printer *p, const struct object *task)
{
	struct object pending;

	if (object_follow(&p->source, task, "signal->shared_pending", &pending, NULL) == 0)
		print_pending(p, "SHARED_PENDING", "shared", &pending);
}

static void print_head(struct printer *p, const struct task *task, const struct object *o)
{
	uint64_t signal = number(p, o, "signal"), threads = number(p, o, "signal->nr_threads");

	if (!p->c->json) {
		print_task_line(p->c->out, task);
		fprintf(p->c->out, "SIGNAL_STRUCT: %016" PRIx64 "  NR_THREADS: %" PRIu64 "\n",
			signal, threads);
		return;
	}
	json_task_line(&p->j, task);
	json_put_hex(&p->j, "signal_struct", signal);
	json_put_uint(&p->j, "threads", threads);
}

/* -g: what each thread has for itself, below what they share. */
static void print_threads(struct printer *p, const struct task *of)
{
	const struct task *list;
	size_t n = tasks_list(p->tasks, &list);
	struct object o;

	p->indent = 2;
	if (p->c->json)
		json_put_array(&p->j, "group");
	for (size_t i = 0; i < n; i++) {
		if (list[i].tgid != of->tgid || list[i].idle != of->idle ||
		    object_at(&p->source, "task_struct", list[i].addr, &o, NULL) < 0)
			continue;
		if (p->c->json) {
			json_object(&p->j);
			json_task_line(&p->j, &list[i]);
			print_private(p, &o);
			json_object_end(&p->j);
			continue;
		}
		fputs("\n  ", p->c->out);
		print_task_line(p->c->out, &list[i]);
		print_private(p, &o);
	}
	if (p->c->json)
		json_array_end(&p->j);
	p->indent = 0;
}

static void print_task(struct printer *p, const struct task *task, bool group)
{
	const struct task *leader = group ? tasks_by_pid(p->tasks, task->tgid) : NULL;
	const struct task *shown = leader ? leader : task;
	struct object o;

	if (object_at(&p->source, "task_struct", shown->addr, &o, NULL) < 0)
		return;
	if (p->c->json)
		json_object(&p->j);
	print_head(p, shown, &o);
	print_actions(p, &o);
	if (!group)
		print_private(p, &o);
	print_shared(p, &o);
	if (group)
		print_threads(p, shown);
	if (p->c->json)
		json_object_end(&p->j);
	else
		fputc('\n', p->c->out);
}

static int print_tasks(struct printer *p, int count, char **words, bool group, struct error *e)
{
	_cleanup_chosen_ struct chosen chosen = { 0 };
	_cleanup_buf_ struct buf buf = { 0 };
	int err = inspect_tasks(p->c, &p->tasks, e);

	if (err == 0)
		err = inspect_source(p->c, &p->source, e);
	if (err == 0)
		err = choose_tasks(p->c, count, words, &chosen, e);
	if (err < 0)
		return err;
	if (p->c->json) {
		inspect_json_begin(p->c, &p->j, &buf, "sig");
		json_put_array(&p->j, "tasks");
	}
	for (size_t i = 0; i < chosen.count; i++)
		print_task(p, chosen.tasks[i], group);
	if (!p->c->json)
		return 0;
	json_array_end(&p->j);
	return inspect_json_end(p->c, &p->j, e);
}

static int print_set(struct inspect *c, const char *word, struct error *e)
{
	char names[SIGNALS_SIZE];
	uint64_t set;

	if (!inspect_hex(word, &set))
		return error_set(e, -EINVAL, "%s is no hexadecimal number", word);
	signals_set(set, names);
	fprintf(c->out, "%s\n", names);
	return 0;
}

static void print_names(struct inspect *c)
{
	char name[SIGNAL_NAME_SIZE];

	for (unsigned sig = 1; sig <= SIGNALS; sig++) {
		signal_name(sig, true, name);
		fprintf(c->out, "%s[%u] %s\n", sig < 10 ? " " : "", sig, name);
	}
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct printer p = { .c = c };
	bool group = false;
	int opt;

	while ((opt = getopt(argc, argv, "+gls:")) != -1) {
		if (opt == '?')
			return inspect_bad_option(argc, argv, e);
		if (opt != 'g' && c->json)
			return error_set(e, -EINVAL, "-%c has no JSON", opt);
		if (opt == 's')
			return print_set(c, optarg, e);
		if (opt == 'l') {
			print_names(c);
			return 0;
		}
		group = true;
	}
	return print_tasks(&p, argc - optind, argv + optind, group, e);
}

const struct inspect_command inspect_sig = {
	.name = "sig",
	.usage = "[-g] [pid | task | command …] | -l | -s set",
	.summary = "a task's signals: handlers, blocked and pending ones",
	.details = "  -g      for all threads of the group\n"
		   "  -l      the names of signals\n"
		   "  -s set  the names of a set's, which is hexadecimal\n",
	.run = run,
};
