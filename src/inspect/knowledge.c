/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands share of tasks and stacks: opened when first asked for. */
#include <errno.h>
#include <string.h>

#include "inspect/command.h"

int inspect_tasks(struct inspect *c, struct tasks **ret, struct error *e)
{
	struct symbols *symbols = NULL;
	struct types *types = NULL;
	int err = 0;

	if (!c->tasks) {
		err = inspect_symbols(c, &symbols, e);
		if (err == 0)
			err = inspect_types(c, &types, e);
		if (err == 0)
			err = tasks_open(c->reader, symbols, types, &c->tasks, e);
	}
	if (err < 0)
		return err;
	*ret = c->tasks;
	return 0;
}

int inspect_stacks(struct inspect *c, const struct stacks **ret, struct error *e)
{
	struct symbols *symbols = NULL;
	struct types *types = NULL;
	struct percpu *percpu = NULL;
	int err = 0;

	if (!c->stacks) {
		err = inspect_symbols(c, &symbols, e);
		if (err == 0)
			err = inspect_types(c, &types, e);
		if (err < 0)
			return err;
		(void)!inspect_percpu(c, &percpu, NULL);
		err = stacks_open(c->reader, symbols, types, percpu, &c->stacks);
		if (err < 0)
			return error_errno(e, err, "stacks");
	}
	*ret = c->stacks;
	return 0;
}

int inspect_pages(struct inspect *c, struct pages **ret, struct error *e)
{
	struct symbols *symbols = NULL;
	struct types *types = NULL;
	int err = 0;

	if (!c->pages) {
		(void)!inspect_symbols(c, &symbols, NULL);
		err = inspect_types(c, &types, e);
		if (err == 0)
			err = pages_open(c->reader, symbols, types, &c->pages, e);
	}
	if (err < 0)
		return err;
	*ret = c->pages;
	return 0;
}

int inspect_slabs(struct inspect *c, struct slabs **ret, struct error *e)
{
	struct percpu *percpu = NULL;
	struct symbols *symbols = NULL;
	struct types *types = NULL;
	struct pages *pages = NULL;
	int err = 0;

	if (!c->slabs) {
		err = inspect_symbols(c, &symbols, e);
		if (err == 0)
			err = inspect_types(c, &types, e);
		if (err == 0)
			err = inspect_percpu(c, &percpu, e);
		if (err == 0)
			err = inspect_pages(c, &pages, e);
		if (err == 0)
			err = slabs_open(c->reader, symbols, types, pages, percpu, &c->slabs, e);
	}
	if (err < 0)
		return err;
	*ret = c->slabs;
	return 0;
}

/* Without modules the kernel's own code is still unwound. */
int inspect_unwinder(struct inspect *c, struct unwinder **ret, struct error *e)
{
	const struct stacks *stacks = NULL;
	struct modules *modules = NULL;
	int err = 0;

	if (!c->unwinder) {
		err = inspect_stacks(c, &stacks, e);
		if (err < 0)
			return err;
		(void)!inspect_modules(c, &modules, NULL);
		err = unwinder_open(c->reader, c->symbols, c->types, modules, stacks, &c->unwinder,
				    e);
	}
	if (err < 0)
		return err;
	*ret = c->unwinder;
	return 0;
}

/* A task whose thread.sp is excluded: marked, for it is a guess. */
static bool trace_asleep(struct inspect *c, const struct task *task, struct trace *ret)
{
	struct regs regs;

	if (!task->stack || !unwind_asleep(c->unwinder, task->stack, &regs))
		return false;
	unwind(c->unwinder, &regs, true, ret);
	for (size_t i = 0; i < ret->count; i++)
		ret->frames[i].uncertain = true;
	snprintf(ret->why, sizeof(ret->why), "thread.sp is not in the dump; found on the stack");
	return true;
}

int inspect_trace(struct inspect *c, const struct task *task, bool stopped, struct trace *ret,
		  struct error *e)
{
	struct unwinder *unwinder;
	struct regs regs, nmi;
	struct tasks *tasks;
	bool is_call;
	int err = inspect_tasks(c, &tasks, e);

	if (err == 0)
		err = inspect_unwinder(c, &unwinder, e);
	if (err < 0)
		return err;
	unwinder_set_task(unwinder, task->addr);
	err = task_registers(tasks, task, &regs, &is_call, e);
	if (err == -ENODATA && !task->current && trace_asleep(c, task, ret))
		return 0;
	if (err < 0)
		return err;
	if (stopped && task->current && unwind_stopped(unwinder, task->cpu, &regs, &nmi)) {
		regs = nmi;
		is_call = true;
	}
	unwind(unwinder, &regs, is_call, ret);
	return 0;
}

int inspect_task(struct inspect *c, const char *word, const struct task **ret, struct error *e)
{
	const struct task *task = NULL;
	struct tasks *tasks;
	uint64_t value;
	int err = inspect_tasks(c, &tasks, e);

	if (err < 0)
		return err;
	if (inspect_count(word, &value, NULL) == 0 && value <= UINT32_MAX)
		task = tasks_by_pid(tasks, value);
	if (!task && inspect_hex(word, &value))
		task = tasks_by_addr(tasks, value);
	if (!task)
		return error_set(e, -EINVAL, "%s is neither a pid nor a task's address", word);
	*ret = task;
	return 0;
}

int inspect_source(struct inspect *c, struct object_source *ret, struct error *e)
{
	struct object_source s = { .reader = c->reader };
	int err = inspect_types(c, &s.types, e);

	if (err < 0)
		return err;
	*ret = s;
	return 0;
}
