/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/task.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/search.h"
#include "kernel/task_impl.h"

/* A crash note (kernel/crash_core.c): the ELF note's header and "CORE", then struct elf_prstatus. */
#define NOTE_DESC 20
#define NOTE_REGS (NOTE_DESC + 112)
#define NOTE_SIZE (NOTE_REGS + REGS * 8)
#define NT_PRSTATUS 1

int tasks_open(struct kernel_reader *r, struct symbols *symbols, struct types *types,
	       struct tasks **ret, struct error *e)
{
	_cleanup_(tasks_freep) struct tasks *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return error_errno(e, -ENOMEM, "tasks");
	t->reader = r;
	t->symbols = symbols;
	t->types = types;
	if (percpu_open(r, symbols, &t->percpu, NULL) < 0)
		t->percpu = NULL;
	err = task_find_layout(t, e);
	if (err == 0)
		err = tasks_collect(t, e);
	if (err < 0)
		return err;
	tasks_add_own_pages(t);
	*ret = TAKE_PTR(t);
	return 0;
}

struct tasks *tasks_free(struct tasks *t)
{
	if (t) {
		percpu_free(t->percpu);
		free(t->index.slots);
		free(t->list);
		free(t);
	}
	return NULL;
}

size_t tasks_list(const struct tasks *t, const struct task **ret)
{
	*ret = t->list;
	return t->count;
}

const char *tasks_damage(const struct tasks *t)
{
	return t->damage[0] ? t->damage : NULL;
}

/* The first that is not below pid in the order of the list. */
const struct task *tasks_by_pid(const struct tasks *t, uint32_t pid)
{
	size_t at;

	if (pid == 0)
		return t->count && t->list[0].pid == 0 ? &t->list[0] : NULL;
	at = search_first(i, t->count, !t->list[i].idle && t->list[i].pid >= pid);
	return at < t->count && t->list[at].pid == pid ? &t->list[at] : NULL;
}

const struct task *tasks_by_addr(const struct tasks *t, uint64_t addr)
{
	size_t place = task_place(t, addr);

	return place == SIZE_MAX ? NULL : &t->list[place];
}

const struct task *tasks_on_cpu(const struct tasks *t, uint32_t cpu)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->list[i].current && t->list[i].cpu == cpu)
			return &t->list[i];
	return NULL;
}

unsigned tasks_cpus(const struct tasks *t)
{
	return t->percpu ? t->percpu->count : 0;
}

const struct task *tasks_panicked(const struct tasks *t)
{
	static const char *const names[] = { "crashing_cpu", "panic_cpu" };
	uint64_t addr, cpu;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct task *task = NULL;

		if (symbols_find(t->symbols, names[i], &addr) &&
		    task_read_number(t->reader, addr, 4, &cpu))
			task = tasks_on_cpu(t, cpu);
		if (task)
			return task;
	}
	return NULL;
}

/* include/linux/sched.h; the bits have had these places since 4.14. */
const char *task_state_name(const struct task *task)
{
	static const struct {
		uint32_t bits;
		const char *name;
	} names[] = {
		{ 0x402, "ID" }, /* TASK_UNINTERRUPTIBLE | TASK_NOLOAD */
		{ 0x01, "IN" },	 { 0x02, "UN" }, { 0x04, "ST" }, { 0x08, "TR" },  { 0x10, "DE" },
		{ 0x20, "ZO" },	 { 0x40, "PA" }, { 0x80, "DE" }, { 0x200, "WA" }, { 0x800, "NE" },
	};

	if (task->state == 0)
		return "RU";
	if (task->state == TASK_STATE_UNKNOWN)
		return "??";
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if ((task->state & names[i].bits) == names[i].bits)
			return names[i].name;
	return "??";
}

static int note_registers(struct tasks *t, uint32_t cpu, struct regs *ret, struct error *e)
{
	uint64_t symbol, notes;
	uint8_t note[NOTE_SIZE];
	int err;

	if (!t->percpu || cpu >= t->percpu->count ||
	    !symbols_find(t->symbols, "crash_notes", &symbol) ||
	    !task_read_number(t->reader, symbol, 8, &notes))
		return error_set(e, -ENOENT, "no crash notes");
	err = kernel_read(t->reader, notes + t->percpu->offsets[cpu], note, sizeof(note), e);
	if (err < 0)
		return error_prefix(e, err, "crash note of CPU %u", cpu);
	if (le32_get(note + 8) != NT_PRSTATUS || memcmp(note + 12, "CORE", 5) != 0)
		return error_set(e, -ENOENT, "CPU %u left no registers", cpu);
	for (size_t i = 0; i < REGS; i++)
		ret->r[i] = le64_get(note + NOTE_REGS + i * 8);
	return 0;
}

/* struct inactive_task_frame is what switching away leaves at thread.sp. */
static int sleeping_registers(struct tasks *t, const struct task *task, struct regs *ret,
			      struct error *e)
{
	const struct task_layout *l = &t->layout;
	struct regs regs = { 0 };
	uint64_t sp;
	int err;

	if (!l->frame_size || !l->sp.size)
		return error_set(e, -ENOENT, "the kernel's types do not tell how tasks sleep");
	err = kernel_read(t->reader, task->addr + l->sp.offset, &sp, 8, NULL);
	if (err == 0) {
		sp = le64_get(&sp);
		err = kernel_read(t->reader, sp + l->frame_bp.offset, &regs.r[PT_BP], 8, NULL);
	}
	if (err == 0)
		err = kernel_read(t->reader, sp + l->frame_return.offset, &regs.r[PT_IP], 8, NULL);
	if (err == -ENODATA)
		return error_set(e, err, "stack unknown (page excluded)");
	if (err == -EFAULT)
		return error_set(e, err,
				 "stack unknown (thread.sp is %" PRIx64 ", nothing is there)", sp);
	if (err < 0)
		return error_set(e, err, "stack unknown (page lost)");
	regs.r[PT_BP] = le64_get(&regs.r[PT_BP]);
	regs.r[PT_IP] = le64_get(&regs.r[PT_IP]);
	regs.r[PT_SP] = sp + l->frame_size;
	*ret = regs;
	return 0;
}

/* A task that never ran yet will begin at the first instruction of ret_from_fork(): no call leads there. */
static bool is_new(struct tasks *t, uint64_t ip)
{
	struct symbol symbol;

	return symbols_at(t->symbols, ip, &symbol) && symbol.addr == ip;
}

int task_registers(struct tasks *t, const struct task *task, struct regs *ret, bool *ret_is_call,
		   struct error *e)
{
	int err;

	if (task->current) {
		*ret_is_call = false;
		return note_registers(t, task->cpu, ret, e);
	}
	err = sleeping_registers(t, task, ret, e);
	if (err < 0)
		return err;
	*ret_is_call = !is_new(t, ret->r[PT_IP]);
	return 0;
}
