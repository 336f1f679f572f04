/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel that ran, with any words written over its ORC tables, code, task_structs, stacks and per-CPU data: every task is
 * listed and unwound.
 */
#include <errno.h>
#include <stdlib.h>

#include "../unit/kernel/running.h"
#include "base/bytes.h"

#define RECORD 11 /* where (1), which word (2), the word (8) */
#define FLAGS 1

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	uint64_t addr, size;
} regions[] = {
	{ RUNNING_ORC_IPS, 64 },
	{ RUNNING_ORC_ENTRIES, 96 },
	{ RUNNING_CODE, 0x1000 },
	{ RUNNING_TASK(0), RUNNING_TASKS * 4096 },
	{ RUNNING_SIGNAL_OF(0), RUNNING_TASKS * 4096 },
	{ RUNNING_CPU_AREA(0), 0x1200 },
	{ RUNNING_CPU_AREA(1), 0x1200 },
	{ RUNNING_MAPPED + MIB(1), RUNNING_TASKS * 2 * RUNNING_STACK },
	{ RUNNING_MAPPED + MIB(2), KIB(640) },
};

static void patch(struct running *r, const uint8_t *data, size_t size)
{
	for (; size >= RECORD; data += RECORD, size -= RECORD) {
		size_t where = data[0] % ARRAY_SIZE(regions);
		uint64_t offset = (uint64_t)le16_get(data + 1) * 8 % regions[where].size;

		/* small numbers are offsets into what is there */
		if (data[0] & 0x80)
			running_put(r, regions[where].addr + offset,
				    regions[data[3] % ARRAY_SIZE(regions)].addr + data[4] * 8);
		else
			running_put(r, regions[where].addr + offset, le64_get(data + 3));
	}
}

static void look(struct running *r, struct trace *t)
{
	const struct task *list;
	size_t count = tasks_list(r->tasks, &list);
	struct regs regs;
	bool is_call;

	for (size_t i = 0; i < count; i++) {
		if (tasks_by_addr(r->tasks, list[i].addr) != &list[i])
			abort();
		if (task_registers(r->tasks, &list[i], &regs, &is_call, NULL) < 0)
			continue;
		unwind(r->unwinder, &regs, is_call, t);
		if (t->count == 0 && t->end != UNWIND_USER)
			abort();
		(void)unwind_asleep(r->unwinder, list[i].stack, &regs);
		(void)unwind_stopped(r->unwinder, list[i].cpu, &regs, &regs);
		(void)task_state_name(&list[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_running_ struct running r = { 0 };
	_cleanup_free_ struct trace *t = malloc(sizeof(*t));
	struct error e = { 0 };

	if (!t || size < FLAGS)
		return 0;
	r.orc = data[0] % 3;
	r.old_switch = data[0] & 4;
	r.reserve = data[0] & 8 ? 16 : 0;
	running_init(&r);
	running_write(&r);
	patch(&r, data + FLAGS, size - FLAGS);
	if (running_try(&r, &e) == 0)
		look(&r, t);
	return 0;
}
