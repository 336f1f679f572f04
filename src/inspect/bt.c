/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/bt.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"

/* What is shown: one of these. */
enum what { TASKS, CPUS, GROUPS, CPU_STACKS, OVERFLOWS };

struct request {
	enum what what;
	bool panicked;	  /* -p */
	const char *cpus; /* -a: NULL with what CPUS; -c */
};

bool bt_symbol_name(struct bt *b, uint64_t addr, bool offset, char ret[INSPECT_NAME_SIZE],
		    const char **ret_module)
{
	struct symbol sym;

	*ret_module = "";
	if (!symbols_at(b->c->symbols, addr, &sym) ||
	    (!sym.module && (addr < b->image_start || addr > b->image_end)))
		return false;
	if (!offset || addr == sym.addr)
		snprintf(ret, INSPECT_NAME_SIZE, "%s", sym.name);
	else
		snprintf(ret, INSPECT_NAME_SIZE, b->o.hex ? "%s+0x%" PRIx64 : "%s+%" PRIu64,
			 sym.name, addr - sym.addr);
	if (sym.module) {
		snprintf(b->module, sizeof(b->module), " [%s]", sym.module->name);
		*ret_module = b->module;
	}
	return true;
}

void bt_frame_name(struct bt *b, const struct frame *f, bool offset, char ret[INSPECT_NAME_SIZE])
{
	struct symbol sym;

	ret[0] = '\0';
	if (!symbols_at(b->c->symbols, f->pc - f->is_call, &sym))
		return;
	if (offset)
		snprintf(ret, INSPECT_NAME_SIZE, b->o.hex ? "%s+0x%" PRIx64 : "%s+%" PRIu64,
			 sym.name, f->pc - sym.addr);
	else
		snprintf(ret, INSPECT_NAME_SIZE, "%s", sym.name);
}

bool bt_frame_data(struct bt *b, size_t index, uint64_t *ret_start, uint64_t *ret_end)
{
	const struct frame *f = &b->trace.frames[index], *next = f + 1;
	uint64_t start = f->at + (f->is_call ? 8 : 0), end = 0;
	struct stack stack;

	stacks_find(b->stacks, start, &stack);
	if (index + 1 < b->trace.count) {
		end = next->has_regs ? next->regs_at : next->at + 8;
		if (end < start || end > stack.end)
			end = stack.end;
	} else if (b->trace.end == UNWIND_USER) {
		end = b->trace.user_at;
	}
	if (end <= start || end > stack.end)
		return false;
	*ret_start = start;
	*ret_end = end;
	return true;
}

bool bt_shows_regs(struct bt *b, const struct task *task, size_t index)
{
	const struct frame *f = &b->trace.frames[index];
	struct symbol sym;

	if (f->has_regs || index > 0 || f->is_call || !task->current || b->o.has_ip || b->o.has_sp)
		return f->has_regs;
	return !symbols_at(b->c->symbols, f->pc, &sym) || strcmp(sym.name, "__crash_kexec") != 0;
}

bool bt_has_ref(struct bt *b)
{
	uint64_t addr;
	bool is_address = b->o.ref && inspect_hex(b->o.ref, &addr);

	for (size_t i = 0; b->o.ref && i < b->trace.count; i++) {
		const struct frame *f = &b->trace.frames[i];
		struct symbol sym;

		if (is_address && f->pc == addr)
			return true;
		if (symbols_at(b->c->symbols, f->pc - f->is_call, &sym) &&
		    (strcmp(sym.name, b->o.ref) == 0 ||
		     (sym.module && strcmp(sym.module->name, b->o.ref) == 0)))
			return true;
	}
	return !b->o.ref;
}

/* -S, -I: the word at sp may be the return address itself. */
static int override_start(struct bt *b, const struct task *task, struct regs *regs, bool *is_call,
			  struct error *e)
{
	uint64_t word, end = task->stack + stacks_thread_size(b->stacks);
	struct stack stack;

	if (b->o.has_ip) {
		regs->r[PT_IP] = b->o.ip;
		*is_call = false;
	}
	if (!b->o.has_sp)
		return 0;
	stacks_find(b->stacks, b->o.sp, &stack);
	if (b->o.sp % 8 || (stack.kind == STACK_TASK && (b->o.sp < task->stack || b->o.sp >= end)))
		return error_set(e, -EINVAL,
				 "non-process stack address for this task: %" PRIx64
				 ", valid range: %" PRIx64 " - %" PRIx64,
				 b->o.sp, task->stack, end);
	regs->r[PT_SP] = b->o.sp;
	if (inspect_number(b->c, b->o.sp, 8, &word, e) < 0)
		return -EINVAL;
	if (word == regs->r[PT_IP] || (!b->o.has_ip && unwinder_is_code(b->unwinder, word))) {
		regs->r[PT_IP] = word;
		regs->r[PT_SP] += 8;
		*is_call = true;
	}
	return 0;
}

int bt_trace(struct bt *b, const struct task *task, struct error *e)
{
	struct regs regs;
	bool is_call;
	int err;

	if (!b->o.has_ip && !b->o.has_sp)
		return inspect_trace(b->c, task, true, &b->trace, e);
	unwinder_set_task(b->unwinder, task->addr);
	err = task_registers(b->tasks, task, &regs, &is_call, e);
	if (err < 0 && b->o.has_ip && b->o.has_sp) {
		regs = (struct regs){ 0 };
		is_call = false;
		err = 0;
	}
	if (err == 0)
		err = override_start(b, task, &regs, &is_call, e);
	if (err < 0)
		return err;
	unwind(b->unwinder, &regs, is_call, &b->trace);
	return 0;
}

/* A stack that cannot be had is said in its place: the others are still shown. */
static void show(struct bt *b, const struct task *task)
{
	bool look = b->o.text || b->o.all_text || b->o.raw || b->o.exceptions;
	struct error why = { 0 };
	int err = bt_trace(b, task, &why);
	const char *fault = err < 0 ? error_text(&why) : NULL;

	if (b->o.ref && (err < 0 || !bt_has_ref(b)))
		return;
	if (err < 0)
		b->trace.count = 0;
	if (!b->c->json) {
		if (b->any)
			fputc('\n', b->c->out);
		print_task_line(b->c->out, task);
	}
	b->any = true;
	if (!b->c->json && b->o.no_idle && task->idle)
		return;
	if (look) {
		bt_look(b, task, fault);
	} else if (b->c->json) {
		bt_json(b, task, fault);
		json_object_end(&b->json);
	} else {
		bt_print(b, task, fault);
	}
}

/* The leader first, then the others of its threads. */
static void show_thread_group(struct bt *b, const struct task *task)
{
	const struct task *list, *leader = tasks_by_pid(b->tasks, task->tgid);
	size_t count = tasks_list(b->tasks, &list);

	if (leader)
		show(b, leader);
	for (size_t i = 0; i < count; i++)
		if (list[i].tgid == task->tgid && &list[i] != leader && !list[i].idle)
			show(b, &list[i]);
}

/* What runs on each CPU, or on those that were asked for. */
static int show_cpus(struct bt *b, const bool *cpus, struct error *e)
{
	for (unsigned i = 0; i < tasks_cpus(b->tasks); i++) {
		const struct task *task = tasks_on_cpu(b->tasks, i);

		if (task && (!cpus || cpus[i]))
			show(b, task);
	}
	if (!b->any && !b->o.ref)
		return error_set(e, -ENOENT, "no task is known to have run there");
	return 0;
}

static int show_tasks(struct bt *b, bool panicked, int count, char **words, struct error *e)
{
	_cleanup_chosen_ struct chosen chosen = { 0 };
	const struct task *task;
	int err;

	if (panicked) {
		task = tasks_panicked(b->tasks);
		if (!task)
			return error_set(e, -ENOENT, "nothing tells which task panicked");
		show(b, task);
		return 0;
	}
	err = choose_tasks(b->c, count, words, &chosen, e);
	if (err < 0)
		return err;
	for (size_t i = 0; i < chosen.count; i++)
		if (b->o.thread_group)
			show_thread_group(b, chosen.tasks[i]);
		else
			show(b, chosen.tasks[i]);
	return 0;
}

static int show_all(struct bt *b, const struct request *r, int count, char **words, struct error *e)
{
	_cleanup_chosen_ struct chosen chosen = { 0 };
	_cleanup_free_ bool *cpus = NULL;
	uint32_t cpu_count;
	int err = 0;

	if (r->cpus)
		err = choose_cpus(b->c, r->cpus, &cpus, &cpu_count, e);
	if (err < 0)
		return err;
	switch (r->what) {
	case CPUS:
		return show_cpus(b, cpus, e);
	case CPU_STACKS:
		return bt_look_cpus(b, cpus, e);
	case OVERFLOWS:
		return bt_check_overflow(b, e);
	case GROUPS:
		err = choose_tasks_or_all(b->c, count, words, &chosen, e);
		return err < 0 ? err : bt_groups(b, &chosen, e);
	case TASKS:
		break;
	}
	return show_tasks(b, r->panicked, count, words, e);
}

static int open_parts(struct bt *b, struct error *e)
{
	int err = inspect_tasks(b->c, &b->tasks, e);

	if (err == 0)
		err = inspect_unwinder(b->c, &b->unwinder, e);
	if (err == 0)
		err = inspect_stacks(b->c, &b->stacks, e);
	if (err < 0)
		return err;
	b->image_end = UINT64_MAX;
	if (!symbols_find(b->c->symbols, "_text", &b->image_start) &&
	    !symbols_find(b->c->symbols, "_stext", &b->image_start))
		b->image_start = 0;
	(void)symbols_find(b->c->symbols, "_end", &b->image_end);
	if (b->o.symbolic)
		(void)!inspect_slabs(b->c, &b->slabs, NULL);
	return 0;
}

static int show_result(struct bt *b, const struct request *r, int count, char **words,
		       struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	int err = open_parts(b, e), ended;

	if (err < 0)
		return err;
	if (b->c->json) {
		inspect_json_begin(b->c, &b->json, &buf, "bt");
		json_put_array(&b->json, "stacks");
	}
	err = show_all(b, r, count, words, e);
	if (b->c->json) {
		json_array_end(&b->json);
		ended = inspect_json_end(b->c, &b->json, e);
		return err < 0 ? err : ended;
	}
	if (err == 0 && (b->o.lines || b->o.locals) && !b->c->lines)
		fprintf(b->c->out, "bt: -%c: %s need debuginfo, which a dump does not have\n",
			b->o.lines ? 'l' : 'L', b->o.lines ? "source lines" : "variables");
	return err;
}

static int take_address(const char *word, uint64_t *ret, bool *ret_has, struct error *e)
{
	*ret_has = inspect_hex(word, ret);
	return *ret_has ? 0 : error_set(e, -EINVAL, "%s is no hexadecimal address", word);
}

/* One option; 0 or -EINVAL. */
static int take_option(struct bt *b, struct request *r, int opt, struct error *e)
{
	const struct {
		char opt;
		bool *flag;
	} flags[] = {
		{ 'T', &b->o.all_text },     { 'e', &b->o.exceptions }, { 'f', &b->o.data },
		{ 'g', &b->o.thread_group }, { 'l', &b->o.lines },	{ 'L', &b->o.locals },
		{ 'p', &r->panicked },	     { 'r', &b->o.raw },	{ 's', &b->o.offsets },
		{ 't', &b->o.text },	     { 'x', &b->o.hex },
	};
	const struct {
		char opt;
		enum what what;
	} whats[] = { { 'a', CPUS },
		      { 'c', CPUS },
		      { 'G', GROUPS },
		      { 'E', CPU_STACKS },
		      { 'v', OVERFLOWS } };

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].opt == opt) {
			*flags[i].flag = true;
			return 0;
		}
	/* -E -c: of these CPUs */
	for (size_t i = 0; i < ARRAY_SIZE(whats); i++)
		if (whats[i].opt == opt && (opt != 'c' || r->what != CPU_STACKS))
			r->what = whats[i].what;
	switch (opt) {
	case 'c':
		r->cpus = optarg;
		return 0;
	case 'd':
		b->o.hex = false;
		return 0;
	case 'F':
		b->o.data = true;
		b->o.symbolic = b->o.symbolic ? BT_CACHED_ADDRESSES : BT_CACHES;
		return 0;
	case 'n':
		b->o.no_idle = strcmp(optarg, "idle") == 0;
		return b->o.no_idle ? 0 : error_set(e, -EINVAL, "-n %s: only idle", optarg);
	case 'R':
		b->o.ref = optarg;
		return 0;
	case 'S':
		return take_address(optarg, &b->o.sp, &b->o.has_sp, e);
	case 'I':
		return take_address(optarg, &b->o.ip, &b->o.has_ip, e);
	default:
		return 0;
	}
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	_cleanup_free_ struct bt *b = calloc(1, sizeof(*b));
	struct request r = { .what = TASKS };
	int opt, err = 0;

	if (!b)
		return error_errno(e, -ENOMEM, "stacks");
	b->c = c;
	b->o.hex = c->hex;
	while (err == 0 && (opt = getopt(argc, argv, "+EFGI:LR:S:Tac:defgln:prstvx")) != -1)
		err = opt == '?' ? inspect_bad_option(argc, argv, e) : take_option(b, &r, opt, e);
	return err < 0 ? err : show_result(b, &r, argc - optind, argv + optind, e);
}

const struct inspect_command inspect_bt = {
	.name = "bt",
	.usage = "[-a | -c cpus | -p | -g | -G | -v | -E] [-t | -T | -r | -e] [-f | -F] [-l] [-s "
		 "[-x | -d]] "
		 "[-n idle] [-R ref] [-I ip] [-S sp] [pid | task …]",
	.summary = "the calls that led to where a task is",
	.details =
		"  -a       what ran on each CPU\n"
		"  -c cpus  what ran on these CPUs: 3, 1,8-9\n"
		"  -p       the task that panicked\n"
		"  -g       all threads of the task's group\n"
		"  -G       tasks with equal stacks together; all tasks, where none is named\n"
		"  -n idle  nothing of idle tasks but their names\n"
		"  -R ref   only stacks with this function, module or address\n"
		"  -s       with the offset in each function, -x in hexadecimal\n"
		"  -f       with the words of each frame; -F as symbols and slab caches,\n"
		"           -FF these with the address\n"
		"  -l       with file and line, where debuginfo is at hand\n"
		"  -L       with the variables of each function, where debuginfo is at hand\n"
		"  -t       all addresses of code from there on up the stack, -T of the whole "
		"stack\n"
		"  -e       registers that exceptions saved on the stack\n"
		"  -E       the same on the CPUs' own stacks\n"
		"  -r       all words of the stack\n"
		"  -v       tasks whose stack was too small\n"
		"  -S sp, -I ip  begin there\n"
		"  \"?\" before a name: found by looking, not by the kernel's unwinding tables\n",
	.run = run,
};
