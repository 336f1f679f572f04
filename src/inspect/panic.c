/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/panic.h"

#include <string.h>

#include "kernel/printk.h"

/* What a fault says of itself tells more than the panic that follows it. */
static const char *const texts[] = {
	"kernel BUG at ",
	"BUG: unable to handle ",
	"BUG: kernel NULL pointer",
	"Unable to handle kernel",
	"general protection fault",
	"double fault:",
	"divide error:",
	"stack segment:",
	"Kernel panic - ",
	"Oops:",
	"sysrq: Trigger a crash",
};

struct search {
	size_t best; /* index into texts */
	char *text;
};

static int look(void *user, const struct printk_record *rec)
{
	struct search *s = user;

	for (size_t i = 0; i < s->best; i++) {
		const char *at = memmem(rec->text, rec->text_len, texts[i], strlen(texts[i]));
		size_t len;

		if (!at)
			continue;
		len = MIN(rec->text_len - (at - rec->text), (size_t)PANIC_TEXT_SIZE - 1);
		memcpy(s->text, at, len);
		s->text[len] = '\0';
		s->text[strcspn(s->text, "\n")] = '\0';
		for (char *c = s->text; *c; c++)
			if ((unsigned char)*c < ' ')
				*c = '?';
		s->best = i;
	}
	return 0;
}

void panic_find_text(struct inspect *c, char ret[PANIC_TEXT_SIZE])
{
	struct search s = { ARRAY_SIZE(texts), ret };
	struct printk_stats stats;

	ret[0] = '\0';
	(void)!printk_each(c->kernel, look, &s, &stats, NULL);
}

/* crashing_cpu (x86: set where the other CPUs are stopped), else panic_cpu. Both are -1 before. */
static bool find_cpu(struct inspect *c, struct symbols *symbols, uint32_t count, uint32_t *ret)
{
	static const char *const names[] = { "crashing_cpu", "panic_cpu" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		uint64_t at, cpu;

		if (symbols_find(symbols, names[i], &at) &&
		    inspect_number(c, at, 4, &cpu, NULL) == 0 && cpu < count) {
			*ret = cpu;
			return true;
		}
	}
	return false;
}

static bool read_task(struct inspect *c, struct types *types, struct panic_task *t)
{
	struct type_member pid, comm, state, info;
	uint64_t n;

	if (!types_member(types, "task_struct.pid", &pid) ||
	    !types_member(types, "task_struct.comm", &comm) ||
	    inspect_number(c, t->addr + pid.offset, 4, &n, NULL) < 0)
		return false;
	t->pid = n;
	/* thread_info is a part of the task, but for kernels before 4.9 */
	t->thread_info = t->addr;
	if (types_member(types, "task_struct.thread_info", &info))
		t->thread_info += info.offset;
	if ((types_member(types, "task_struct.__state", &state) ||
	     types_member(types, "task_struct.state", &state)) &&
	    state.size <= 8)
		(void)!inspect_number(c, t->addr + state.offset, state.size, &t->state, NULL);
	memset(t->comm, 0, sizeof(t->comm));
	return kernel_read(c->reader, t->addr + comm.offset, t->comm,
			   MIN(comm.size, sizeof(t->comm) - 1), NULL) == 0;
}

bool panic_find_task(struct inspect *c, struct panic_task *ret)
{
	struct panic_task t = { 0 };
	struct type_member curr;
	struct symbols *symbols;
	struct percpu *percpu;
	struct types *types;
	uint64_t rq;

	if (inspect_symbols(c, &symbols, NULL) < 0 || inspect_types(c, &types, NULL) < 0 ||
	    inspect_percpu(c, &percpu, NULL) < 0 || !find_cpu(c, symbols, percpu->count, &t.cpu) ||
	    !symbols_find(symbols, "runqueues", &rq) || !types_member(types, "rq.curr", &curr) ||
	    !percpu_address(percpu, t.cpu, rq, &rq) ||
	    inspect_number(c, rq + curr.offset, 8, &t.addr, NULL) < 0 || !read_task(c, types, &t))
		return false;
	*ret = t;
	return true;
}
