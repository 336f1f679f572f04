/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/command.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

/* Stacks of -G: how many different ones are told apart. */
#define GROUPS_MAX 65536

struct options {
	bool offsets; /* -s */
	bool group;   /* -G */
};

struct group {
	uint64_t hash;
	const struct task *task; /* the first that has this stack */
	unsigned count;
};

struct printer {
	struct inspect *c;
	struct options o;
	struct tasks *tasks;
	struct unwinder *unwinder;
	struct json json;
	struct trace trace;
	struct group *groups;
	size_t group_count;
};

static void print_regs(FILE *out, const struct regs *regs)
{
	static const struct {
		const char *name;
		uint8_t reg, digits;
		bool last;
	} shown[] = {
		{ "RIP", PT_IP, 16, false },
		{ "RSP", PT_SP, 16, false },
		{ "RFLAGS", PT_FLAGS, 8, true },
		{ "RAX", PT_AX, 16, false },
		{ "RBX", PT_BX, 16, false },
		{ "RCX", PT_CX, 16, true },
		{ "RDX", PT_DX, 16, false },
		{ "RSI", PT_SI, 16, false },
		{ "RDI", PT_DI, 16, true },
		{ "RBP", PT_BP, 16, false },
		{ " R8", PT_R8, 16, false },
		{ " R9", PT_R9, 16, true },
		{ "R10", PT_R10, 16, false },
		{ "R11", PT_R11, 16, false },
		{ "R12", PT_R12, 16, true },
		{ "R13", PT_R13, 16, false },
		{ "R14", PT_R14, 16, false },
		{ "R15", PT_R15, 16, true },
		{ "ORIG_RAX", PT_ORIG_AX, 16, false },
		{ "CS", PT_CS, 4, false },
		{ "SS", PT_SS, 4, true },
	};
	bool start = true;

	for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
		fprintf(out, "%s%s: %0*" PRIx64, start ? "    " : "  ", shown[i].name,
			shown[i].digits, regs->r[shown[i].reg]);
		start = shown[i].last;
		if (start)
			fputc('\n', out);
	}
}

/* The function of a frame: of a return address the one that called. "" where no symbol is known. */
static void frame_name(struct printer *p, const struct frame *f, bool offset,
		       char ret[INSPECT_NAME_SIZE])
{
	struct symbols *symbols;
	struct symbol sym;

	ret[0] = '\0';
	if (inspect_symbols(p->c, &symbols, NULL) < 0 ||
	    !symbols_at(symbols, f->pc - f->is_call, &sym))
		return;
	if (offset)
		snprintf(ret, INSPECT_NAME_SIZE, "%s+%" PRIu64, sym.name, f->pc - sym.addr);
	else
		snprintf(ret, INSPECT_NAME_SIZE, "%s", sym.name);
}

static void print_frames(struct printer *p)
{
	FILE *out = p->c->out;
	char name[INSPECT_NAME_SIZE];

	for (size_t i = 0; i < p->trace.count; i++) {
		const struct frame *f = &p->trace.frames[i];

		frame_name(p, f, p->o.offsets || f->has_regs, name);
		if (f->has_regs) {
			fprintf(out, "    [exception RIP: %s]\n", *name ? name : "unknown");
			print_regs(out, &f->regs);
		}
		if (f->has_regs)
			frame_name(p, f, p->o.offsets, name);
		fprintf(out, "%s#%zu [%016" PRIx64 "] %s%s at %016" PRIx64 "\n", i < 10 ? " " : "",
			i, f->at, f->uncertain ? "? " : "", *name ? name : "(unknown)", f->pc);
	}
	if (p->trace.end == UNWIND_USER)
		print_regs(out, &p->trace.user);
	else if (p->trace.end == UNWIND_LOST)
		fprintf(out, "    (the trace stops here: %s)\n", p->trace.why);
	else if (p->trace.end == UNWIND_LONG)
		fprintf(out, "    (more frames are not shown)\n");
}

static void json_trace(struct printer *p, const struct task *task, const char *fault)
{
	static const char *const ends[] = {
		[UNWIND_CLEAN] = "clean",
		[UNWIND_USER] = "user",
		[UNWIND_LOST] = "lost",
		[UNWIND_LONG] = "long",
	};
	struct json *j = &p->json;
	char name[INSPECT_NAME_SIZE];

	json_object(j);
	json_name(j, "pid");
	json_uint(j, task->pid);
	json_name(j, "task");
	json_hex(j, task->addr);
	json_name(j, "cpu");
	json_uint(j, task->cpu);
	json_name(j, "command");
	json_string(j, task->comm);
	json_name(j, "fault");
	json_string(j, fault);
	json_name(j, "end");
	json_string(j, fault ? NULL : p->trace.unexpected ? "unexpected" : ends[p->trace.end]);
	json_name(j, "frames");
	json_array(j);
	for (size_t i = 0; !fault && i < p->trace.count; i++) {
		const struct frame *f = &p->trace.frames[i];

		json_object(j);
		frame_name(p, f, false, name);
		json_name(j, "function");
		json_string(j, *name ? name : NULL);
		frame_name(p, f, true, name);
		json_name(j, "symbol");
		json_string(j, *name ? name : NULL);
		json_name(j, "pc");
		json_hex(j, f->pc);
		json_name(j, "stack");
		json_hex(j, f->at);
		json_name(j, "exception");
		json_bool(j, f->has_regs);
		json_name(j, "certain");
		json_bool(j, !f->uncertain);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

/* A stack that cannot be had is said in its place: the others are still shown. */
static void show(struct printer *p, const struct task *task, unsigned count)
{
	struct error why = { 0 };
	struct regs regs;
	bool is_call;
	int err = task_registers(p->tasks, task, &regs, &is_call, &why);

	if (err == 0)
		unwind(p->unwinder, &regs, is_call, &p->trace);
	if (p->c->json) {
		json_trace(p, task, err < 0 ? error_text(&why) : NULL);
		return;
	}
	if (count > 0)
		fprintf(p->c->out, "TASKS: %u, of them\n", count);
	fprintf(p->c->out, "PID: %-8u TASK: %016" PRIx64 "  CPU: %-3u  COMMAND: \"%s\"\n",
		task->pid, task->addr, task->cpu, task->comm);
	if (err < 0)
		fprintf(p->c->out, "    (%s)\n", error_text(&why));
	else
		print_frames(p);
}

/* By the program counters alone: where they stand differs from task to task. */
static uint64_t hash_stack(struct printer *p, const struct task *task)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	struct regs regs;
	bool is_call;

	if (task_registers(p->tasks, task, &regs, &is_call, NULL) < 0)
		return 0;
	unwind(p->unwinder, &regs, is_call, &p->trace);
	for (size_t i = 0; i < p->trace.count; i++)
		hash = (hash ^ p->trace.frames[i].pc) * UINT64_C(1099511628211);
	return hash ^ p->trace.end;
}

static int add_to_group(struct printer *p, const struct task *task)
{
	uint64_t hash = hash_stack(p, task);
	struct group *grown;

	for (size_t i = 0; i < p->group_count; i++)
		if (p->groups[i].hash == hash) {
			p->groups[i].count++;
			return 0;
		}
	if (p->group_count == GROUPS_MAX)
		return -E2BIG;
	grown = reallocarray(p->groups, p->group_count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	p->groups = grown;
	p->groups[p->group_count++] = (struct group){ hash, task, 1 };
	return 0;
}

static int compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return (x->count < y->count) - (x->count > y->count);
}

static int show_groups(struct printer *p, struct error *e)
{
	const struct task *list;
	size_t count = tasks_list(p->tasks, &list);

	for (size_t i = 0; i < count; i++) {
		int err = add_to_group(p, &list[i]);

		if (err < 0)
			return error_errno(e, err, "stacks");
	}
	if (p->group_count > 0)
		qsort(p->groups, p->group_count, sizeof(*p->groups), compare_groups);
	for (size_t i = 0; i < p->group_count; i++) {
		if (i > 0 && !p->c->json)
			fputc('\n', p->c->out);
		show(p, p->groups[i].task, p->groups[i].count);
	}
	return 0;
}

/* What runs on each CPU (all), or on one. */
static int show_cpus(struct printer *p, const char *wanted, struct error *e)
{
	bool any = false;
	uint64_t cpu = 0;

	if (wanted) {
		int err = inspect_count(wanted, &cpu, e);

		if (err < 0)
			return err;
	}
	for (unsigned i = 0; i < tasks_cpus(p->tasks); i++) {
		const struct task *task = tasks_on_cpu(p->tasks, i);

		if (!task || (wanted && i != cpu))
			continue;
		if (any && !p->c->json)
			fputc('\n', p->c->out);
		show(p, task, 0);
		any = true;
	}
	if (!any)
		return error_set(e, -ENOENT, "no task is known to have run there");
	return 0;
}

static int show_words(struct printer *p, int count, char **words, struct error *e)
{
	const struct task *task;

	for (int i = 0; i < count; i++) {
		int err = inspect_task(p->c, words[i], &task, e);

		if (err < 0)
			return err;
		if (i > 0 && !p->c->json)
			fputc('\n', p->c->out);
		show(p, task, 0);
	}
	if (count > 0)
		return 0;
	task = tasks_panicked(p->tasks);
	if (!task)
		return error_set(e, -ENOENT, "nothing tells which task panicked; give a pid");
	show(p, task, 0);
	return 0;
}

static int print_all(struct printer *p, bool every_cpu, const char *cpu, int count, char **words,
		     struct error *e)
{
	if (p->o.group)
		return show_groups(p, e);
	if (every_cpu || cpu)
		return show_cpus(p, cpu, e);
	return show_words(p, count, words, e);
}

static int print_stacks(struct printer *p, bool every_cpu, const char *cpu, int count, char **words,
			struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	int err, ended;

	err = inspect_tasks(p->c, &p->tasks, e);
	if (err == 0)
		err = inspect_unwinder(p->c, &p->unwinder, e);
	if (err < 0)
		return err;
	if (!p->c->json)
		return print_all(p, every_cpu, cpu, count, words, e);
	inspect_json_begin(p->c, &p->json, &buf, "bt");
	json_name(&p->json, "stacks");
	json_array(&p->json);
	err = print_all(p, every_cpu, cpu, count, words, e);
	json_array_end(&p->json);
	ended = inspect_json_end(p->c, &p->json, e);
	return err < 0 ? err : ended;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	_cleanup_free_ struct printer *p = calloc(1, sizeof(*p));
	const char *cpu = NULL;
	bool every_cpu = false;
	int opt, err;

	if (!p)
		return error_errno(e, -ENOMEM, "stacks");
	p->c = c;
	optind = 0;
	opterr = 0;
	while ((opt = getopt(argc, argv, "+aGpsc:")) != -1) {
		switch (opt) {
		case 'a':
			every_cpu = true;
			break;
		case 'c':
			cpu = optarg;
			break;
		case 'G':
			p->o.group = true;
			break;
		case 'p': /* the task that panicked: what is shown without arguments */
			break;
		case 's':
			p->o.offsets = true;
			break;
		default:
			return inspect_bad_option(argc, argv, e);
		}
	}
	err = print_stacks(p, every_cpu, cpu, argc - optind, argv + optind, e);
	free(p->groups);
	return err;
}

const struct inspect_command inspect_bt = {
	.name = "bt",
	.usage = "[-s] [-a | -c cpu | -p | -G | pid | task …]",
	.summary = "the calls that led to where a task is",
	.details = "  -a      what ran on each CPU\n"
		   "  -c cpu  what ran on that CPU\n"
		   "  -p      the task that panicked, as without arguments\n"
		   "  -s      with the offset in each function\n"
		   "  -G      all tasks, those with the same stack once, with their number\n",
	.run = run,
};
