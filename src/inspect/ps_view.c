/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "inspect/ps.h"

#define NSEC_PER_SEC UINT64_C(1000000000)
#define ANCESTORS_MAX 1000

static bool task_object(struct ps *ps, const struct task *task, struct object_source *ret_source,
			struct object *ret)
{
	return inspect_source(ps->c, ret_source, NULL) == 0 &&
	       object_at(ret_source, "task_struct", task->addr, ret, NULL) == 0;
}

static void show_run_time(FILE *out, uint64_t s)
{
	fputs("    RUN TIME: ", out);
	if (s >= 86400)
		fprintf(out, "%" PRIu64 " days, ", s / 86400);
	fprintf(out, "%02u:%02u:%02u\n", (unsigned)(s / 3600 % 24), (unsigned)(s / 60 % 60),
		(unsigned)(s % 60));
}

static void show_times(struct ps *ps, const struct task *task)
{
	uint64_t ran = ps->uptime > task->start_time ? ps->uptime - task->start_time : 0;
	uint64_t user = 0, system = 0;
	struct object_source source;
	struct object o;

	if (task_object(ps, task, &source, &o)) {
		user = object_number_or_0(&source, &o, "utime");
		system = object_number_or_0(&source, &o, "stime");
	}
	if (ps->c->json) {
		json_put_uint(&ps->json, "run_time_ns", ran);
		json_put_uint(&ps->json, "start_time_ns", task->start_time);
		json_put_uint(&ps->json, "utime_ns", user);
		json_put_uint(&ps->json, "stime_ns", system);
		return;
	}
	/* of whole seconds, as crash does */
	show_run_time(ps->c->out,
		      ran ? ps->uptime / NSEC_PER_SEC - task->start_time / NSEC_PER_SEC : 0);
	fprintf(ps->c->out,
		"  START TIME: %" PRIu64 "\n       UTIME: %" PRIu64 "\n       STIME: %" PRIu64 "\n",
		task->start_time, user, system);
}

static void show_relative(struct ps *ps, const struct task *task, unsigned indent)
{
	if (ps->c->json) {
		json_object(&ps->json);
		json_task_line(&ps->json, task);
		json_object_end(&ps->json);
		return;
	}
	fprintf(ps->c->out, "%*s", (int)MIN(indent, 200u), "");
	print_task_line(ps->c->out, task);
}

/* From the first ancestor down; the task itself is the last. */
static void show_parents(struct ps *ps, const struct task *task)
{
	const struct task *chain[ANCESTORS_MAX];
	size_t n = 0;

	for (; task && n < ANCESTORS_MAX; n++) {
		chain[n] = task;
		task = task->parent == task->addr ? NULL : tasks_by_addr(ps->tasks, task->parent);
	}
	if (ps->c->json) {
		json_put_array(&ps->json, "ancestors");
		for (size_t i = n; i > 1; i--)
			show_relative(ps, chain[i - 1], 0);
		json_array_end(&ps->json);
		return;
	}
	for (size_t i = n; i > 0; i--)
		show_relative(ps, chain[i - 1], n - i);
}

/* Tasks of the list that are to another one what `is` asks for. */
static void show_relatives(struct ps *ps, const struct task *task, const char *name,
			   bool (*is)(const struct task *one, const struct task *of))
{
	const struct task *list;
	size_t n = tasks_list(ps->tasks, &list);
	bool any = false;

	if (ps->c->json)
		json_put_array(&ps->json, name);
	for (size_t i = 0; i < n; i++)
		if (is(&list[i], task)) {
			show_relative(ps, &list[i], 2);
			any = true;
		}
	if (ps->c->json)
		json_array_end(&ps->json);
	else if (!any)
		fprintf(ps->c->out, "  (no %s)\n", name);
}

static bool is_child(const struct task *one, const struct task *of)
{
	return one->parent == of->addr;
}

static bool is_thread(const struct task *one, const struct task *of)
{
	return one->tgid == of->tgid && one->pid != of->pid && !one->idle;
}

static void show_children(struct ps *ps, const struct task *task)
{
	show_relatives(ps, task, "children", is_child);
}

static void show_threads(struct ps *ps, const struct task *task)
{
	show_relatives(ps, task, "threads", is_thread);
}

/* include/uapi/asm-generic/resource.h */
static const char *const limits[] = {
	"CPU",	   "FSIZE", "DATA",  "STACK",	   "CORE",     "RSS",  "NPROC",	 "NOFILE",
	"MEMLOCK", "AS",    "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME",
};

#define LIMIT_WIDTH 11

/* In the middle of its column. */
static void print_limit(FILE *out, uint64_t value)
{
	char text[32] = "(unlimited)";
	int left, len;

	if (value != UINT64_MAX)
		snprintf(text, sizeof(text), "%" PRIu64, value);
	len = strlen(text);
	left = len < LIMIT_WIDTH ? (LIMIT_WIDTH - len) / 2 : 0;
	fprintf(out, "   %*s%-*s", left, "", LIMIT_WIDTH - left, text);
}

static void json_limit(struct json *j, const char *name, uint64_t value)
{
	json_name(j, name);
	if (value == UINT64_MAX)
		json_string(j, NULL);
	else
		json_uint(j, value);
}

static void show_limit(struct ps *ps, const char *name, uint64_t now, uint64_t most)
{
	if (ps->c->json) {
		json_object(&ps->json);
		json_put_string(&ps->json, "limit", name);
		json_limit(&ps->json, "current", now);
		json_limit(&ps->json, "maximum", most);
		json_object_end(&ps->json);
		return;
	}
	fprintf(ps->c->out, "%12s", name);
	print_limit(ps->c->out, now);
	print_limit(ps->c->out, most);
	fputc('\n', ps->c->out);
}

static void show_limits(struct ps *ps, const struct task *task)
{
	struct object_source source;
	struct object o, array, limit;
	struct error why = { 0 };

	if (ps->c->json) {
		json_put_array(&ps->json, "limits");
	} else {
		fputs("      RLIMIT     CURRENT       MAXIMUM\n", ps->c->out);
	}
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		uint64_t now, most;

		if (!task_object(ps, task, &source, &o) ||
		    object_follow(&source, &o, "signal->rlim", &array, &why) < 0 ||
		    !object_element(&array, i, &limit) ||
		    object_number(&source, &limit, "rlim_cur", &now, &why) < 0 ||
		    object_number(&source, &limit, "rlim_max", &most, &why) < 0) {
			if (!ps->c->json)
				fprintf(ps->c->out, "%12s   (%s)\n", limits[i], error_text(&why));
			break;
		}
		show_limit(ps, limits[i], now, most);
	}
	if (ps->c->json)
		json_array_end(&ps->json);
}

const struct ps_view ps_views[] = {
	{ 'a', ps_show_arguments }, { 'c', show_children }, { 'g', show_threads },
	{ 'p', show_parents },	    { 'r', show_limits },   { 't', show_times },
};
const size_t ps_view_count = ARRAY_SIZE(ps_views);
