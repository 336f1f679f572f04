/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/stack.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/search.h"

#define THREAD_SIZE_USUAL KIB(16)
#define STACK_LIMIT MIB(1)
#define RESERVE_LIMIT 64
/* include/uapi/linux/magic.h: in the lowest word of every task's stack */
#define STACK_END_MAGIC 0x57ac6e9d

struct stacks {
	struct stack *list; /* by start */
	size_t count;
	uint64_t thread_size, reserve;
};

/* What the search needs. */
struct finder {
	struct kernel_reader *reader;
	struct symbols *symbols;
	struct types *types;
};

static bool read_pointer(struct finder *f, uint64_t addr, uint64_t *ret)
{
	uint8_t bytes[8];

	if (kernel_read(f->reader, addr, bytes, sizeof(bytes), NULL) < 0)
		return false;
	*ret = le64_get(bytes);
	return true;
}

static bool is_stack_size(uint64_t size)
{
	return size >= KIB(4) && size <= STACK_LIMIT && (size & (size - 1)) == 0;
}

/* Of init's stack, which the linker script bounds: under one pair of names until 6.9, another since. */
static uint64_t find_thread_size(struct finder *f)
{
	static const char *const bounds[][2] = {
		{ "__start_init_stack", "__end_init_stack" },
		{ "__start_init_task", "__end_init_task" },
	};
	uint64_t start, end, magic, size;

	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++)
		if (symbols_find(f->symbols, bounds[i][0], &start) &&
		    symbols_find(f->symbols, bounds[i][1], &end) && is_stack_size(end - start) &&
		    (!read_pointer(f, start, &magic) || magic == STACK_END_MAGIC))
			return end - start;
	if (types_size(f->types, "irq_stack", &size) && is_stack_size(size))
		return size;
	return THREAD_SIZE_USUAL;
}

/* A per-CPU variable that was a member of pcpu_hot from 6.2 to 6.14: what to add the CPU's offset to. */
static bool find_hot(struct finder *f, const char *symbol, const char *member, uint64_t *ret)
{
	struct type_member m;

	if (symbols_find(f->symbols, symbol, ret))
		return true;
	if (!symbols_find(f->symbols, "pcpu_hot", ret) || !types_member(f->types, member, &m))
		return false;
	*ret += m.offset;
	return true;
}

/* The kernel keeps the upper end of the stack of each CPU's task: what is left free lies above. */
static uint64_t find_reserve(struct finder *f, const struct percpu *percpu, uint64_t thread_size)
{
	uint64_t symbol, addr, top;

	if (percpu && find_hot(f, "cpu_current_top_of_stack", "pcpu_hot.top_of_stack", &symbol))
		for (uint32_t cpu = 0; cpu < percpu->count; cpu++) {
			if (!percpu->online[cpu] || !percpu_address(percpu, cpu, symbol, &addr) ||
			    !read_pointer(f, addr, &top) || top == 0)
				continue;
			top = align_up(top, thread_size) - top;
			if (top <= RESERVE_LIMIT)
				return top;
		}
	return types_has(f->types, "fred_frame") ? 16 : 0;
}

static void add(struct stacks *s, enum stack_kind kind, uint32_t cpu, uint64_t start, uint64_t size)
{
	uint64_t end;

	if (start && size && size <= STACK_LIMIT && !add_overflow(start, size, &end))
		s->list[s->count++] = (struct stack){ kind, cpu, start, end };
}

/* The pointer is to the upper end, since 5.12 to the word below it. */
static void add_irq(struct stacks *s, struct finder *f, const struct percpu *percpu)
{
	uint64_t symbol, size, addr, top;

	if (!find_hot(f, "hardirq_stack_ptr", "pcpu_hot.hardirq_stack_ptr", &symbol) ||
	    !types_size(f->types, "irq_stack", &size))
		return;
	for (uint32_t cpu = 0; cpu < percpu->count; cpu++)
		if (percpu_address(percpu, cpu, symbol, &addr) && read_pointer(f, addr, &top) &&
		    top > size)
			add(s, STACK_IRQ, cpu, align_up(top, 16) - size, size);
}

/* cea_exception_stacks leads into the middle of the CPU's cpu_entry_area. */
static void add_entry_area(struct stacks *s, struct finder *f, const struct percpu *percpu)
{
	static const struct {
		const char *path;
		enum stack_kind kind;
	} wanted[] = {
		{ "cea_exception_stacks.DF_stack", STACK_DF },
		{ "cea_exception_stacks.NMI_stack", STACK_NMI },
		{ "cea_exception_stacks.DB_stack", STACK_DB },
		{ "cea_exception_stacks.MCE_stack", STACK_MCE },
		{ "cea_exception_stacks.VC_stack", STACK_VC },
		{ "cea_exception_stacks.VC2_stack", STACK_VC2 },
	};
	struct type_member m[ARRAY_SIZE(wanted)], area, entry;
	bool has[ARRAY_SIZE(wanted)], has_entry;
	uint64_t symbol, addr, base;

	if (!symbols_find(f->symbols, "cea_exception_stacks", &symbol))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		has[i] = types_member(f->types, wanted[i].path, &m[i]);
	has_entry = types_member(f->types, "cpu_entry_area.estacks", &area) &&
		    types_member(f->types, "cpu_entry_area.entry_stack_page", &entry);
	for (uint32_t cpu = 0; cpu < percpu->count; cpu++) {
		if (!percpu_address(percpu, cpu, symbol, &addr) || !read_pointer(f, addr, &base) ||
		    base == 0)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
			if (has[i])
				add(s, wanted[i].kind, cpu, base + m[i].offset, m[i].size);
		if (has_entry)
			add(s, STACK_ENTRY, cpu, base - area.offset + entry.offset, entry.size);
	}
}

static int compare(const void *a, const void *b)
{
	const struct stack *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

int stacks_open(struct kernel_reader *r, struct symbols *symbols, struct types *types,
		const struct percpu *percpu, struct stacks **ret)
{
	_cleanup_(stacks_freep) struct stacks *s = calloc(1, sizeof(*s));
	struct finder f = { r, symbols, types };

	if (!s)
		return -ENOMEM;
	s->thread_size = find_thread_size(&f);
	s->reserve = find_reserve(&f, percpu, s->thread_size);
	if (percpu) {
		s->list = calloc((size_t)percpu->count * STACK_KINDS, sizeof(*s->list));
		if (!s->list)
			return -ENOMEM;
		add_irq(s, &f, percpu);
		add_entry_area(s, &f, percpu);
		if (s->count)
			qsort(s->list, s->count, sizeof(*s->list), compare);
	}
	*ret = TAKE_PTR(s);
	return 0;
}

struct stacks *stacks_free(struct stacks *s)
{
	if (s) {
		free(s->list);
		free(s);
	}
	return NULL;
}

void stacks_find(const struct stacks *s, uint64_t addr, struct stack *ret)
{
	size_t above = search_first(i, s->count, s->list[i].start > addr);

	if (above > 0 && addr < s->list[above - 1].end) {
		*ret = s->list[above - 1];
		return;
	}
	*ret = (struct stack){ .kind = STACK_TASK, .start = align_down(addr, s->thread_size) };
	ret->end = ret->start + s->thread_size;
}

bool stacks_of_cpu(const struct stacks *s, uint32_t cpu, enum stack_kind kind, struct stack *ret)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->list[i].cpu == cpu && s->list[i].kind == kind) {
			*ret = s->list[i];
			return true;
		}
	return false;
}

uint64_t stacks_thread_size(const struct stacks *s)
{
	return s->thread_size;
}

uint64_t stacks_reserve(const struct stacks *s)
{
	return s->reserve;
}

const char *stack_name(enum stack_kind kind)
{
	static const char *const names[STACK_KINDS] = {
		[STACK_TASK] = "task stack",	     [STACK_IRQ] = "IRQ stack",
		[STACK_ENTRY] = "entry stack",	     [STACK_DF] = "DOUBLEFAULT exception stack",
		[STACK_NMI] = "NMI exception stack", [STACK_DB] = "DEBUG exception stack",
		[STACK_MCE] = "MCE exception stack", [STACK_VC] = "VC exception stack",
		[STACK_VC2] = "VC2 exception stack",
	};

	return names[kind];
}
