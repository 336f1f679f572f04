/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/orc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define ENTRY_SIZE 6
#define IP_SIZE 4
#define MODULES_LIMIT 4096
#define RANGES 8 /* MOD_* kinds of memory of a module */
#define SAMPLES 256

/* One table, and the code it is for. */
struct table {
	struct lazy ips, entries;
	uint64_t ip_addr;
	uint32_t count;
	uint64_t start, end;
};

struct orc {
	struct kernel_reader *reader;
	struct orc_layout layout;
	struct table *tables;
	size_t count, room;
};

struct orc_entry orc_decode(const struct orc_layout *layout, const uint8_t bytes[6])
{
	static const uint8_t old_numbers[16] = {
		ORC_UNDEFINED, ORC_PREVIOUS_SP, ORC_DX,		 ORC_DI,	  ORC_BP, ORC_SP,
		ORC_R10,       ORC_R13,		ORC_BP_INDIRECT, ORC_SP_INDIRECT, ORC_AX,
	};
	static const uint8_t new_numbers[16] = {
		ORC_UNDEFINED, ORC_AX,	ORC_DX,		 ORC_SP,	  ORC_BP,	   ORC_DI,
		ORC_R10,       ORC_R13, ORC_PREVIOUS_SP, ORC_SP_INDIRECT, ORC_BP_INDIRECT,
	};
	static const uint8_t narrow_types[4] = { ORC_CALL, ORC_REGS, ORC_REGS_PARTIAL,
						 ORC_NOTHING };
	const uint8_t *numbers = layout->renumbered ? new_numbers : old_numbers;
	uint16_t flags = le16_get(bytes + 4);
	struct orc_entry entry = {
		.sp = numbers[flags & 0xf],
		.bp = numbers[flags >> 4 & 0xf],
		.sp_offset = (int16_t)le16_get(bytes),
		.bp_offset = (int16_t)le16_get(bytes + 2),
	};

	if (layout->wide_type) {
		unsigned type = flags >> 8 & 7;

		entry.type = type <= ORC_REGS_PARTIAL ? type : ORC_NOTHING;
	} else if (entry.sp == ORC_UNDEFINED) {
		entry.type = flags >> (layout->has_signal ? 11 : 10) & 1 ? ORC_END : ORC_NOTHING;
	} else {
		entry.type = narrow_types[flags >> 8 & 3];
	}
	return entry;
}

static int read_memory(void *user, uint64_t vaddr, void *buf, size_t len, struct error *e)
{
	return kernel_read(user, vaddr, buf, len, e);
}

static int add_table(struct orc *o, uint64_t ips, uint64_t entries, uint32_t count, uint64_t start,
		     uint64_t end)
{
	const struct kernel_memory memory = { read_memory, o->reader };
	struct table *t;
	int err;

	if (o->count == o->room) {
		size_t wider = o->room ? o->room * 2 : 64;
		struct table *grown = reallocarray(o->tables, wider, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		o->tables = grown;
		o->room = wider;
	}
	t = &o->tables[o->count];
	*t = (struct table){ .ip_addr = ips, .count = count, .start = start, .end = end };
	err = lazy_init(&t->ips, &memory, ips, (uint64_t)count * IP_SIZE);
	if (err < 0)
		return err;
	err = lazy_init(&t->entries, &memory, entries, (uint64_t)count * ENTRY_SIZE);
	if (err < 0) {
		lazy_done(&t->ips);
		return err;
	}
	o->count++;
	return 0;
}

static bool entry_at(struct orc *o, struct table *t, uint32_t index, struct orc_entry *ret)
{
	const uint8_t *bytes = lazy_at(&t->entries, (uint64_t)index * ENTRY_SIZE, ENTRY_SIZE);

	if (bytes)
		*ret = orc_decode(&o->layout, bytes);
	return bytes;
}

/* Whichever number most entries have is the stack pointer: 5 until 7.0, 3 since. */
static void find_numbering(struct orc *o, struct table *t)
{
	unsigned old = 0, renumbered = 0;

	for (uint32_t i = 0; i < SAMPLES; i++) {
		uint64_t index = (uint64_t)t->count / 8 * i / SAMPLES;
		const uint8_t *bytes = lazy_at(&t->entries, index * ENTRY_SIZE, ENTRY_SIZE);

		if (!bytes)
			continue;
		old += (bytes[4] & 0xf) == 5;
		renumbered += (bytes[4] & 0xf) == 3;
	}
	o->layout.renumbered = renumbered > old;
}

static int add_vmlinux(struct orc *o, struct symbols *s, struct types *types, struct error *e)
{
	uint64_t ips, ips_end, entries, start, end;
	struct type_member m;
	int err;

	if (!symbols_find(s, "__start_orc_unwind_ip", &ips) ||
	    !symbols_find(s, "__stop_orc_unwind_ip", &ips_end) ||
	    !symbols_find(s, "__start_orc_unwind", &entries) || !symbols_find(s, "_stext", &start))
		return error_set(e, -ENOENT, "this kernel has no ORC tables");
	/* The code of init is gone, but entries for it come after the rest. */
	if (!symbols_find(s, "_einittext", &end) && !symbols_find(s, "_etext", &end))
		return error_set(e, -ENOENT, "no symbol tells where the kernel's code ends");
	if (ips_end < ips || (ips_end - ips) / IP_SIZE > UINT32_MAX / ENTRY_SIZE)
		return error_set(e, -EINVAL, "the ORC table ends before it starts");
	err = add_table(o, ips, entries, (ips_end - ips) / IP_SIZE, start, end);
	if (err < 0)
		return error_errno(e, err, "ORC table");
	o->layout.wide_type = types_member(types, "orc_entry.type", &m) && m.bit_size == 3;
	o->layout.has_signal = types_member(types, "orc_entry.signal", &m);
	find_numbering(o, &o->tables[0]);
	return 0;
}

static bool read_number(struct kernel_reader *r, uint64_t addr, size_t size, uint64_t *ret)
{
	uint8_t bytes[8] = { 0 };

	if (size > sizeof(bytes) || kernel_read(r, addr, bytes, size, NULL) < 0)
		return false;
	*ret = le64_get(bytes);
	return true;
}

/* What of struct module is needed: in one piece until 6.3, in several since. */
struct module_layout {
	struct type_member list, ips, entries, count;
	struct {
		struct type_member base, size;
	} ranges[RANGES];
	size_t range_count;
};

static bool find_module_layout(struct types *t, struct module_layout *l)
{
	if (!types_member(t, "module.list", &l->list) ||
	    !types_member(t, "module.arch.orc_unwind_ip", &l->ips) ||
	    !types_member(t, "module.arch.orc_unwind", &l->entries) ||
	    !types_member(t, "module.arch.num_orcs", &l->count))
		return false;
	if (types_member(t, "module.core_layout.base", &l->ranges[0].base) &&
	    types_member(t, "module.core_layout.size", &l->ranges[0].size)) {
		l->range_count = 1;
		return true;
	}
	for (size_t i = 0; i < RANGES; i++) {
		char path[40];

		snprintf(path, sizeof(path), "module.mem[%zu].base", i);
		if (!types_member(t, path, &l->ranges[i].base))
			break;
		snprintf(path, sizeof(path), "module.mem[%zu].size", i);
		if (!types_member(t, path, &l->ranges[i].size))
			break;
		l->range_count++;
	}
	return l->range_count > 0;
}

static void add_module(struct orc *o, const struct module_layout *l, uint64_t module)
{
	uint64_t ips, entries, count, first;

	if (!read_number(o->reader, module + l->ips.offset, 8, &ips) ||
	    !read_number(o->reader, module + l->entries.offset, 8, &entries) ||
	    !read_number(o->reader, module + l->count.offset, MIN(l->count.size, 8u), &count) ||
	    count == 0 || count > MIB(1) || !read_number(o->reader, ips, IP_SIZE, &first))
		return;
	first = ips + (uint64_t)(int64_t)(int32_t)first;
	for (size_t i = 0; i < l->range_count; i++) {
		uint64_t base, size;

		/* The first piece of code says which range the table is for. */
		if (read_number(o->reader, module + l->ranges[i].base.offset, 8, &base) &&
		    read_number(o->reader, module + l->ranges[i].size.offset, 4, &size) &&
		    first - base < size) {
			if (add_table(o, ips, entries, count, base, base + size) < 0)
				return;
		}
	}
}

static void add_modules(struct orc *o, struct symbols *s, struct types *types)
{
	struct module_layout l = { 0 };
	uint64_t head, node;

	if (!symbols_find(s, "modules", &head) || !find_module_layout(types, &l))
		return;
	node = head;
	for (unsigned i = 0; i < MODULES_LIMIT; i++) {
		if (!read_number(o->reader, node, 8, &node) || node == head)
			return;
		add_module(o, &l, node - l.list.offset);
	}
}

int orc_open(struct kernel_reader *r, struct symbols *symbols, struct types *types,
	     struct orc **ret, struct error *e)
{
	_cleanup_(orc_freep) struct orc *o = calloc(1, sizeof(*o));
	int err;

	if (!o)
		return error_errno(e, -ENOMEM, "ORC");
	o->reader = r;
	err = add_vmlinux(o, symbols, types, e);
	if (err < 0)
		return err;
	add_modules(o, symbols, types);
	*ret = TAKE_PTR(o);
	return 0;
}

struct orc *orc_free(struct orc *o)
{
	if (o) {
		for (size_t i = 0; i < o->count; i++) {
			lazy_done(&o->tables[i].ips);
			lazy_done(&o->tables[i].entries);
		}
		free(o->tables);
		free(o);
	}
	return NULL;
}

static struct table *table_of(const struct orc *o, uint64_t pc)
{
	for (size_t i = 0; i < o->count; i++)
		if (pc >= o->tables[i].start && pc < o->tables[i].end)
			return &o->tables[i];
	return NULL;
}

bool orc_covers(const struct orc *o, uint64_t pc)
{
	return table_of(o, pc);
}

/* The last entry that begins at or before pc: of several at one address the last is the right one. */
bool orc_find(struct orc *o, uint64_t pc, struct orc_entry *ret)
{
	struct table *t = table_of(o, pc);
	uint32_t low = 0, high;

	if (!t)
		return false;
	high = t->count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		uint64_t offset = (uint64_t)middle * IP_SIZE;
		const void *ip = lazy_at(&t->ips, offset, IP_SIZE);

		if (!ip)
			return false;
		if (t->ip_addr + offset + (uint64_t)(int64_t)(int32_t)le32_get(ip) <= pc)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && entry_at(o, t, low - 1, ret);
}
