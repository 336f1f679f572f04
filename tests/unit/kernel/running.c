/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "running.h"

#include <string.h>

#include "base/bytes.h"
#include "kernel/btf_make.h"

#include "../test.h"

#define PAGE 4096
#define CODE RUNNING_CODE
#define CODE_END (FAKE_IMAGE + 0x20000)
#define TABLES (FAKE_IMAGE + 0x100000)
#define BTF_AT (FAKE_IMAGE + 0x160000)
#define BTF_END (FAKE_IMAGE + 0x170000)
#define ORC_IPS RUNNING_ORC_IPS
#define ORC_ENTRIES RUNNING_ORC_ENTRIES
#define DATA (FAKE_IMAGE + 0x190000)
#define CPU_AREA(cpu) (FAKE_IMAGE + 0x1c0000 + (uint64_t)(cpu)*0x10000)
#define HOLE GIB(2) /* physical memory that is not there */

/* Mapped page by page, in this order of physical memory from 4 MiB on. */
#define MAPPED_PADDR (FAKE_PADDR + MIB(4))
#define MAPPED_SIZE MIB(3)
#define STACK_AT(i) (RUNNING_MAPPED + MIB(1) + (uint64_t)(i)*2 * RUNNING_STACK)
#define IRQ_AT(cpu) (RUNNING_MAPPED + MIB(2) + (uint64_t)(cpu)*2 * RUNNING_STACK)
/* cpu_entry_area: a page, the entry stack, then exception stacks behind guards */
#define ENTRY_AREA(cpu) (RUNNING_MAPPED + MIB(2) + KIB(512) + (uint64_t)(cpu)*KIB(64))
#define ESTACKS 8192
#define NMI_OFFSET 16384

/* Per-CPU variables: offsets, as symbols were until 6.14. */
#define CPU_HARDIRQ 0x100
#define CPU_CEA 0x108
#define CPU_TOP 0x110
#define CPU_INUSE 0x118
#define CPU_RQ 0x200
#define CPU_NOTES 0x1000

/* Where nothing else is said: a call whose frame is found by the stack pointer. */
static const struct {
	const char *name;
	int frame; /* bytes below the return address */
	enum orc_type type;
	enum orc_register sp, bp;
	int sp_offset, bp_offset;
} functions[FUNCTIONS] = {
	[F_SCHEDULE_INNER] = { .name = "__schedule", .frame = 0x30 },
	[F_SCHEDULE] = { .name = "schedule", .frame = 0x10 },
	[F_SLEEP] = { .name = "do_nanosleep", .frame = 0x40 },
	[F_ENTRY] = { .name = "entry_SYSCALL_64", .type = ORC_REGS, .sp = ORC_SP },
	[F_NEW] = { .name = "ret_from_fork_asm", .type = ORC_END },
	[F_THREAD] = { .name = "kthread", .frame = 0x18 },
	[F_PANIC] = { .name = "panic", .frame = 0x20 },
	[F_CRASH] = { .name = "__crash_kexec", .frame = 0x60, .type = ORC_NOTHING },
	[F_INTERRUPT] = { .name = "asm_common_interrupt", .type = ORC_REGS, .sp = ORC_SP },
	/* the interrupted stack pointer is the word at the IRQ stack's end */
	[F_HANDLER] = { .name = "common_interrupt",
			.type = ORC_CALL,
			.sp = ORC_SP_INDIRECT,
			.sp_offset = 8 },
	[F_NMI] = { .name = "end_repeat_nmi", .type = ORC_REGS, .sp = ORC_SP },
	[F_STOP] = { .name = "crash_nmi_callback", .frame = 0x10 },
	[F_SWITCH] = { .name = "__switch_to_asm", .frame = 0x30 },
	[F_POINTER] = { .name = "by_pointer",
			.frame = 0x28,
			.type = ORC_CALL,
			.sp = ORC_BP,
			.bp = ORC_PREVIOUS_SP,
			.sp_offset = 16,
			.bp_offset = -16 },
	[F_TRAMPOLINE] = { .name = "arch_rethook_trampoline", .type = ORC_NOTHING },
	[F_UNKNOWN] = { .name = "unknown", .frame = 0x50, .type = ORC_NOTHING },
};

static bool is_plain(enum running_function f)
{
	return functions[f].frame > 0 && functions[f].sp == ORC_UNDEFINED && f != F_CRASH &&
	       f != F_UNKNOWN;
}

static char *at(struct running *r, uint64_t vaddr)
{
	if (vaddr >= FAKE_IMAGE)
		return fake_at(&r->fake, FAKE_PADDR + (vaddr - FAKE_IMAGE));
	assert_true(vaddr >= RUNNING_MAPPED && vaddr - RUNNING_MAPPED < MAPPED_SIZE);
	return fake_at(&r->fake, MAPPED_PADDR + (vaddr - RUNNING_MAPPED));
}

void running_put(struct running *r, uint64_t vaddr, uint64_t word)
{
	le64_put(at(r, vaddr), word);
}

uint64_t running_get(struct running *r, uint64_t vaddr)
{
	return le64_get(at(r, vaddr));
}

uint64_t running_function(enum running_function f)
{
	return CODE + (uint64_t)f * RUNNING_FUNCTION;
}

uint64_t running_call(struct running *r, enum running_function f, enum running_function callee)
{
	uint64_t pc = running_function(f) + RUNNING_CALL;

	*at(r, pc - 5) = (char)0xe8;
	le32_put(at(r, pc - 4), (uint32_t)(running_function(callee) - pc));
	return pc;
}

uint64_t running_stack(unsigned i)
{
	return STACK_AT(i);
}

uint64_t running_top(const struct running *r, unsigned i)
{
	return STACK_AT(i) + RUNNING_STACK - r->reserve;
}

uint64_t running_irq_stack(unsigned cpu)
{
	return IRQ_AT(cpu);
}

uint64_t running_nmi_stack(unsigned cpu)
{
	return ENTRY_AREA(cpu) + ESTACKS + NMI_OFFSET;
}

uint64_t running_entry_stack(unsigned cpu)
{
	return ENTRY_AREA(cpu) + PAGE;
}

void running_push(struct running *r, uint64_t *sp, uint64_t word)
{
	*sp -= 8;
	running_put(r, *sp, word);
}

void running_push_regs(struct running *r, uint64_t *sp, const struct regs *regs)
{
	for (unsigned i = REGS; i-- > 0;)
		running_push(r, sp, regs->r[i]);
}

void running_enter(uint64_t *sp, enum running_function f)
{
	assert_true(functions[f].frame > 0);
	*sp -= (uint64_t)functions[f].frame;
}

struct regs running_user(void)
{
	struct regs regs = { 0 };

	for (unsigned i = 0; i < REGS; i++)
		regs.r[i] = 0x1000 + i;
	regs.r[PT_CS] = 0x33;
	regs.r[PT_SS] = 0x2b;
	return regs;
}

struct regs running_at(enum running_function f, uint64_t sp)
{
	struct regs regs = { 0 };

	regs.r[PT_IP] = running_function(f) + RUNNING_CALL / 2;
	regs.r[PT_SP] = sp;
	regs.r[PT_CS] = 0x10;
	regs.r[PT_SS] = 0x18;
	regs.r[PT_FLAGS] = 2;
	return regs;
}

void running_sleep(struct running *r, unsigned task, uint64_t sp)
{
	running_enter(&sp, F_SCHEDULE);
	running_push(r, &sp, running_call(r, F_SCHEDULE, F_SCHEDULE_INNER));
	running_enter(&sp, F_SCHEDULE_INNER);
	running_push(r, &sp, running_call(r, F_SCHEDULE_INNER, F_SWITCH));
	for (unsigned i = 0; i < 6; i++) /* bp bx r12 … */
		running_push(r, &sp, 0xbb00 + i);
	running_put(r, RUNNING_TASK(task) + RUNNING_SP, sp);
}

void running_note(struct running *r, unsigned cpu, unsigned task, const struct regs *regs)
{
	char *note = at(r, CPU_AREA(cpu) + CPU_NOTES);

	le32_put(note, 5);
	le32_put(note + 4, 336);
	le32_put(note + 8, 1);
	memcpy(note + 12, "CORE", 5);
	for (unsigned i = 0; i < REGS; i++)
		le64_put(note + 20 + 112 + (size_t)i * 8, regs->r[i]);
	running_put(r, CPU_AREA(cpu) + CPU_RQ, RUNNING_TASK(task));
	running_put(r, CPU_AREA(cpu) + CPU_TOP, running_top(r, task));
}

void running_lose(struct running *r, uint64_t vaddr)
{
	fake_map(&r->fake, align_down(vaddr, PAGE), HOLE, 12);
}

/* ---- what it is at first ---- */

static void link_node(struct running *r, uint64_t node, uint64_t next)
{
	running_put(r, node, next);
	running_put(r, next + 8, node);
}

static void put_task(struct running *r, unsigned i)
{
	static const unsigned leader[RUNNING_TASKS] = { 0, 1, 2, 3, 3, 3 };
	const uint64_t task = RUNNING_TASK(i);
	char name[16] = "";
	uint64_t sp = running_top(r, i);
	const struct regs user = running_user();

	snprintf(name, sizeof(name), "task%u", i);
	memcpy(at(r, task + RUNNING_COMM), name, sizeof(name));
	le32_put(at(r, task + RUNNING_PID), i);
	le32_put(at(r, task + RUNNING_TGID), leader[i]);
	running_put(r, task + RUNNING_SIGNAL, RUNNING_SIGNAL_OF(leader[i]));
	running_put(r, task + RUNNING_STACK_AT, STACK_AT(i));
	running_put(r, task + RUNNING_PARENT, RUNNING_TASK(i > 1 ? 1 : 0));
	link_node(r, task + RUNNING_CHILDREN, task + RUNNING_CHILDREN);
	link_node(r, task + RUNNING_SIBLING, task + RUNNING_SIBLING);
	running_put(r, STACK_AT(i), 0x57ac6e9d);
	running_push_regs(r, &sp, &user);
	running_push(r, &sp, running_call(r, F_ENTRY, F_SLEEP));
	running_enter(&sp, F_SLEEP);
	running_push(r, &sp, running_call(r, F_SLEEP, F_SCHEDULE));
	running_sleep(r, i, sp);
}

static void link_tasks(struct running *r)
{
	static const unsigned processes[] = { 0, 1, 2, 3 };
	static const unsigned threads[] = { 3, 4, 5 };

	for (unsigned i = 0; i < ARRAY_SIZE(processes); i++) {
		unsigned task = processes[i], next = processes[(i + 1) % ARRAY_SIZE(processes)];
		uint64_t head = RUNNING_SIGNAL_OF(task) + RUNNING_HEAD;

		link_node(r, RUNNING_TASK(task) + RUNNING_TASKS_NODE,
			  RUNNING_TASK(next) + RUNNING_TASKS_NODE);
		link_node(r, head, RUNNING_TASK(task) + RUNNING_THREAD_NODE);
		link_node(r, RUNNING_TASK(task) + RUNNING_THREAD_NODE, head);
	}
	for (unsigned i = 0; i + 1 < ARRAY_SIZE(threads); i++)
		link_node(r, RUNNING_TASK(threads[i]) + RUNNING_THREAD_NODE,
			  RUNNING_TASK(threads[i + 1]) + RUNNING_THREAD_NODE);
	link_node(r, RUNNING_TASK(5) + RUNNING_THREAD_NODE, RUNNING_SIGNAL_OF(3) + RUNNING_HEAD);
	/* init_task's child is 1, whose children are 2 and 3 */
	link_node(r, RUNNING_TASK(0) + RUNNING_CHILDREN, RUNNING_TASK(1) + RUNNING_SIBLING);
	link_node(r, RUNNING_TASK(1) + RUNNING_SIBLING, RUNNING_TASK(0) + RUNNING_CHILDREN);
	link_node(r, RUNNING_TASK(1) + RUNNING_CHILDREN, RUNNING_TASK(2) + RUNNING_SIBLING);
	link_node(r, RUNNING_TASK(2) + RUNNING_SIBLING, RUNNING_TASK(3) + RUNNING_SIBLING);
	link_node(r, RUNNING_TASK(3) + RUNNING_SIBLING, RUNNING_TASK(1) + RUNNING_CHILDREN);
}

void running_init(struct running *r)
{
	fake_init(&r->fake, 4, 0);
	for (uint64_t offset = 0; offset < MAPPED_SIZE; offset += PAGE)
		fake_map(&r->fake, RUNNING_MAPPED + offset, MAPPED_PADDR + offset, 12);
	for (unsigned i = 0; i < RUNNING_TASKS; i++)
		put_task(r, i);
	link_tasks(r);
	for (unsigned cpu = 0; cpu < RUNNING_CPUS; cpu++) {
		running_put(r, DATA + (uint64_t)cpu * 8, CPU_AREA(cpu));
		running_put(r, CPU_AREA(cpu) + CPU_HARDIRQ,
			    IRQ_AT(cpu) + RUNNING_STACK - (r->old_switch ? 0 : 8));
		running_put(r, CPU_AREA(cpu) + CPU_CEA, ENTRY_AREA(cpu) + ESTACKS);
		running_put(r, CPU_AREA(cpu) + CPU_TOP, running_top(r, 1));
	}
	le32_put(at(r, DATA + 0x100), RUNNING_CPUS);
	running_put(r, DATA + 0x108, 3); /* both are online */
	running_put(r, DATA + 0x110, CPU_NOTES);
	le32_put(at(r, DATA + 0x118), UINT32_MAX);
}

/* ---- symbols ---- */

struct name {
	const char *name;
	uint64_t addr;
};

static int by_address(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

static const struct name names[] = {
	{ "hardirq_stack_ptr", CPU_HARDIRQ },
	{ "cea_exception_stacks", CPU_CEA },
	{ "cpu_current_top_of_stack", CPU_TOP },
	{ "runqueues", CPU_RQ },
	{ "_stext", FAKE_IMAGE },
	{ "init_uts_ns", FAKE_UTS },
	{ "_etext", CODE_END },
	{ "__start_BTF", BTF_AT },
	{ "__stop_BTF", BTF_END },
	{ "__start_orc_unwind_ip", ORC_IPS },
	{ "__stop_orc_unwind_ip", ORC_IPS + (uint64_t)FUNCTIONS * 4 },
	{ "__start_orc_unwind", ORC_ENTRIES },
	{ "__per_cpu_offset", DATA },
	{ "nr_cpu_ids", DATA + 0x100 },
	{ "__cpu_online_mask", DATA + 0x108 },
	{ "crash_notes", DATA + 0x110 },
	{ "crashing_cpu", DATA + 0x118 },
};

/* Enough that there are two blocks. */
#define FILLERS 300
#define NAMES_MAX (ARRAY_SIZE(names) + FUNCTIONS + FILLERS + 4)

static size_t collect(struct running *r, struct name *list, char fillers[FILLERS][16])
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!r->no_orc || !strstr(names[i].name, "_orc_"))
			list[n++] = names[i];
	for (unsigned i = 0; i < FUNCTIONS; i++)
		list[n++] = (struct name){ functions[i].name, running_function(i) };
	/* init_task and its stack lie where tasks do, above the image's start in the order of addresses or not */
	list[n++] = (struct name){ "init_task", RUNNING_TASK(0) };
	list[n++] = (struct name){ "__start_init_stack", STACK_AT(0) };
	list[n++] = (struct name){ "__end_init_stack", STACK_AT(0) + RUNNING_STACK };
	if (!r->old_switch)
		list[n++] = (struct name){ "hardirq_stack_inuse", CPU_INUSE };
	for (unsigned i = 0; i < FILLERS; i++) {
		snprintf(fillers[i], 16, "filler_%u", i);
		list[n++] = (struct name){ fillers[i], DATA + 0x1000 + i };
	}
	qsort(list, n, sizeof(*list), by_address);
	return n;
}

static void put_bytes(struct running *r, uint64_t *where, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		*at(r, (*where)++) = (char)(value >> (8 * i));
}

/* As scripts/kallsyms.c wrote it until 6.3, with whole addresses: these, count, names, markers, tokens. */
static void put_symbols(struct running *r)
{
	char fillers[FILLERS][16];
	struct name list[NAMES_MAX];
	size_t n = collect(r, list, fillers);
	uint64_t where = TABLES, start, markers[NAMES_MAX / 256 + 1], table;

	for (size_t i = 0; i < n; i++)
		put_bytes(r, &where, list[i].addr, 8);
	put_bytes(r, &where, n, 8);
	start = where;
	for (size_t i = 0; i < n; i++) {
		if (i % 256 == 0)
			markers[i / 256] = where - start;
		put_bytes(r, &where, strlen(list[i].name) + 1, 1);
		put_bytes(r, &where, 't', 1);
		for (const char *c = list[i].name; *c; c++)
			put_bytes(r, &where, (uint8_t)*c, 1);
	}
	where = align_up(where, 8);
	for (size_t i = 0; i < (n + 255) / 256; i++)
		put_bytes(r, &where, markers[i], 4);
	where = align_up(where, 8);
	table = where;
	for (unsigned i = 0; i < 256; i++) {
		put_bytes(r, &where, i ? i : 'x', 1);
		put_bytes(r, &where, 0, 1);
	}
	fake_info(&r->fake,
		  "SYMBOL(kallsyms_token_table)=%llx\nSYMBOL(kallsyms_token_index)=%llx\n"
		  "SYMBOL(kallsyms_addresses)=%llx\n",
		  (unsigned long long)table, (unsigned long long)where, (unsigned long long)TABLES);
	for (unsigned i = 0; i < 256; i++)
		put_bytes(r, &where, (uint64_t)2 * i, 2);
	assert_true(where < BTF_AT);
}

/* ---- types ---- */

/* Members are unsigned integers of a size, in order; a struct begins with its name and size. */
struct spec {
	const char *type, *member;
	uint32_t offset, size;
};

static const struct spec specs[] = {
	{ "task_struct", "tasks", RUNNING_TASKS_NODE, 8 },
	{ "task_struct", "thread_node", RUNNING_THREAD_NODE, 8 },
	{ "task_struct", "signal", RUNNING_SIGNAL, 8 },
	{ "task_struct", "pid", RUNNING_PID, 4 },
	{ "task_struct", "tgid", RUNNING_TGID, 4 },
	{ "task_struct", "comm", RUNNING_COMM, 8 },
	{ "task_struct", "stack", RUNNING_STACK_AT, 8 },
	{ "task_struct", "real_parent", RUNNING_PARENT, 8 },
	{ "task_struct", "children", RUNNING_CHILDREN, 8 },
	{ "task_struct", "sibling", RUNNING_SIBLING, 8 },
	{ "task_struct", "rethooks", RUNNING_RETHOOKS, 8 },
	{ "task_struct", "thread", RUNNING_SP, 0 }, /* struct thread_struct */
	{ "signal_struct", "thread_head", RUNNING_HEAD, 8 },
	{ "rethook_node", "llist", 16, 8 },
	{ "rethook_node", "ret_addr", 32, 8 },
	{ "rethook_node", "frame", 40, 8 },
	{ "inactive_task_frame", "bp", 40, 8 },
	{ "inactive_task_frame", "ret_addr", 48, 8 },
	{ "rq", "curr", 0, 8 },
	{ "rq", "idle", 8, 8 },
	{ "irq_stack", "stack", RUNNING_STACK - 8, 8 },
	{ "cea_exception_stacks", "DF_stack", 4096, 0x2000 },
	{ "cea_exception_stacks", "NMI_stack", NMI_OFFSET, 0x2000 },
	{ "cpu_entry_area", "entry_stack_page", PAGE, 0x1000 },
	{ "cpu_entry_area", "estacks", ESTACKS, 8 },
	{ "orc_entry", "sp_offset", 0, 2 },
};

static uint32_t put_sized(struct btf_maker *m, uint32_t size)
{
	uint32_t id;

	if (size <= 8) {
		id = btf_make_type(m, "", BTF_INT, false, 0, size);
		btf_make_word(m, size * 8);
		return id;
	}
	return btf_make_type(m, "", BTF_STRUCT, false, 0, size);
}

static uint32_t put_thread(struct btf_maker *m, uint32_t word)
{
	uint32_t id = btf_make_type(m, "thread_struct", BTF_STRUCT, false, 1, 8);

	btf_make_word(m, btf_make_string(m, "sp"));
	btf_make_word(m, word);
	btf_make_word(m, 0);
	return id;
}

/* The bits that tell layouts apart are at the same place in all. */
static void put_orc_bits(struct running *r, struct btf_maker *m, uint32_t number)
{
	bool wide = r->orc != ORC_UNTIL_6_3;

	btf_make_word(m, btf_make_string(m, "type"));
	btf_make_word(m, number);
	btf_make_word(m, (wide ? 3u : 2u) << 24 | 40);
	if (wide) {
		btf_make_word(m, btf_make_string(m, "signal"));
		btf_make_word(m, number);
		btf_make_word(m, 1u << 24 | 43);
	}
}

static void put_struct(struct running *r, struct btf_maker *m, size_t from, size_t to,
		       const uint32_t *types, uint32_t number)
{
	const char *name = specs[from].type;
	const struct spec *last = &specs[to - 1];
	bool orc = strcmp(name, "orc_entry") == 0;
	unsigned bits = !orc ? 0 : r->orc == ORC_UNTIL_6_3 ? 1 : 2;

	btf_make_type(m, name, BTF_STRUCT, orc, (uint32_t)(to - from) + bits,
		      orc ? 6 : last->offset + MAX(last->size, 8u));
	for (size_t i = from; i < to; i++) {
		btf_make_word(m, btf_make_string(m, specs[i].member));
		btf_make_word(m, types[i]);
		btf_make_word(m, specs[i].offset * 8);
	}
	if (orc)
		put_orc_bits(r, m, number);
}

static void put_types(struct running *r)
{
	uint32_t types[ARRAY_SIZE(specs)], word, number;
	struct btf_maker m;
	size_t size = 0;
	void *data;

	btf_make_begin(&m, NULL);
	word = put_sized(&m, 8);
	number = put_sized(&m, 4);
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++)
		types[i] = specs[i].size ? put_sized(&m, specs[i].size) : put_thread(&m, word);
	for (size_t from = 0, to; from < ARRAY_SIZE(specs); from = to) {
		for (to = from;
		     to < ARRAY_SIZE(specs) && strcmp(specs[to].type, specs[from].type) == 0;)
			to++;
		put_struct(r, &m, from, to, types, number);
	}
	data = btf_make_bytes(&m, &size);
	assert_non_null(data);
	assert_true(size < BTF_END - BTF_AT);
	memcpy(at(r, BTF_AT), data, size);
	free(data);
}

/* ---- ORC ---- */

static uint16_t encode(enum running_orc orc, enum orc_register sp, enum orc_register bp,
		       enum orc_type type)
{
	static const uint8_t before[ORC_REGISTERS] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
	static const uint8_t since[ORC_REGISTERS] = {
		[ORC_AX] = 1,	       [ORC_DX] = 2,	       [ORC_SP] = 3,  [ORC_BP] = 4,
		[ORC_DI] = 5,	       [ORC_R10] = 6,	       [ORC_R13] = 7, [ORC_PREVIOUS_SP] = 8,
		[ORC_SP_INDIRECT] = 9, [ORC_BP_INDIRECT] = 10,
	};
	const uint8_t *numbers = orc == ORC_SINCE_7_1 ? since : before;
	unsigned flags = numbers[sp] | numbers[bp] << 4;

	if (orc != ORC_UNTIL_6_3)
		return flags | type << 8;
	switch (type) {
	case ORC_REGS:
		return flags | 1 << 8;
	case ORC_REGS_PARTIAL:
		return flags | 2 << 8;
	case ORC_END:
		return flags | 1 << 10;
	case ORC_NOTHING:
	case ORC_CALL:
		break;
	}
	return flags;
}

static void put_entry(struct running *r, enum running_function f)
{
	const uint64_t ip = ORC_IPS + (uint64_t)f * 4, entry = ORC_ENTRIES + (uint64_t)f * 6;
	const bool plain = is_plain(f);
	int offset = plain ? functions[f].frame + 8 : functions[f].sp_offset;

	if (f == F_HANDLER && r->old_switch)
		offset = 0;
	le32_put(at(r, ip), (uint32_t)(running_function(f) - ip));
	le16_put(at(r, entry), (uint16_t)offset);
	le16_put(at(r, entry + 2), (uint16_t)functions[f].bp_offset);
	le16_put(at(r, entry + 4), encode(r->orc, plain ? ORC_SP : functions[f].sp, functions[f].bp,
					  plain ? ORC_CALL : functions[f].type));
}

void running_write(struct running *r)
{
	put_symbols(r);
	put_types(r);
	for (unsigned f = 0; f < FUNCTIONS; f++)
		put_entry(r, f);
}

int running_try(struct running *r, struct error *e)
{
	int err = fake_open(&r->fake, &r->dump, &r->kernel, e);

	if (err == 0)
		err = kernel_reader_new(r->kernel, &r->reader);
	if (err == 0)
		err = symbols_open(r->reader, &r->symbols, e);
	if (err == 0)
		err = types_open(r->reader, r->symbols, &r->types, e);
	if (err == 0)
		err = percpu_open(r->reader, r->symbols, &r->percpu, e);
	if (err == 0)
		err = stacks_open(r->reader, r->symbols, r->types, r->percpu, &r->stacks);
	if (err == 0)
		err = unwinder_open(r->reader, r->symbols, r->types, NULL, r->stacks, &r->unwinder,
				    e);
	if (err == 0)
		err = tasks_open(r->reader, r->symbols, r->types, &r->tasks, e);
	return err;
}

void running_open(struct running *r)
{
	struct error e = { 0 };

	running_write(r);
	if (running_try(r, &e) < 0)
		fail_msg("%s", error_text(&e));
}

void running_done(struct running *r)
{
	tasks_free(r->tasks);
	unwinder_free(r->unwinder);
	stacks_free(r->stacks);
	percpu_free(r->percpu);
	types_free(r->types);
	symbols_free(r->symbols);
	kernel_reader_free(r->reader);
	kernel_close(r->kernel);
	dumpfile_close(r->dump);
	fake_done(&r->fake);
}
