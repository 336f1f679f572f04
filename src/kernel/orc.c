/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/orc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define ENTRY_SIZE 6
#define IP_SIZE 4
#define MODULE_ENTRIES_LIMIT MIB(1)
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

/* count 0: code without a table. */
static int add_table(struct orc *o, uint64_t ips, uint64_t entries, uint32_t count, uint64_t start,
		     uint64_t end)
{
	const struct kernel_memory memory = { read_memory, o->reader };
	struct table *t;
	int err = 0;

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
	if (count > 0) {
		err = lazy_init(&t->ips, &memory, ips, (uint64_t)count * IP_SIZE);
		if (err == 0)
			err = lazy_init(&t->entries, &memory, entries,
					(uint64_t)count * ENTRY_SIZE);
	}
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
	uint64_t ips = 0, ips_end = 0, entries = 0, start, end, init, init_end;
	struct type_member m;
	int err;

	if (!symbols_find(s, "__start_orc_unwind_ip", &ips) ||
	    !symbols_find(s, "__stop_orc_unwind_ip", &ips_end) ||
	    !symbols_find(s, "__start_orc_unwind", &entries))
		ips = ips_end = 0;
	if (!symbols_find(s, "_stext", &start) || !symbols_find(s, "_etext", &end))
		return error_set(e, -ENOENT, "no symbol tells where the kernel's code ends");
	if (ips_end < ips || (ips_end - ips) / IP_SIZE > UINT32_MAX / ENTRY_SIZE)
		return error_set(e, -EINVAL, "the ORC table ends before it starts");
	err = add_table(o, ips, entries, (ips_end - ips) / IP_SIZE, start, end);
	/* The same table has entries for code of init, which is there until the kernel has started. */
	if (err == 0 && symbols_find(s, "_sinittext", &init) &&
	    symbols_find(s, "_einittext", &init_end))
		err = add_table(o, ips, entries, (ips_end - ips) / IP_SIZE, init, init_end);
	if (err < 0)
		return error_errno(e, err, "ORC table");
	o->layout.wide_type = types_member(types, "orc_entry.type", &m) && m.bit_size == 3;
	o->layout.has_signal = types_member(types, "orc_entry.signal", &m);
	find_numbering(o, &o->tables[0]);
	return 0;
}

/* Where the code lies that an entry is for: each is the distance from its own place. */
static bool read_ip(struct orc *o, uint64_t ips, uint64_t index, uint64_t *ret)
{
	uint64_t addr = ips + index * IP_SIZE;
	uint8_t bytes[IP_SIZE];

	if (kernel_read(o->reader, addr, bytes, sizeof(bytes), NULL) < 0)
		return false;
	*ret = addr + (uint64_t)(int64_t)(int32_t)le32_get(bytes);
	return true;
}

/* One table is for the module's code and, while the module is loaded, for that of its init, which may lie elsewhere. */
static int add_module(struct orc *o, const struct module *m)
{
	uint64_t first, last;
	int err = 0;

	if (m->orc_count == 0 || m->orc_count > MODULE_ENTRIES_LIMIT || !m->orc_ip || !m->orc ||
	    !read_ip(o, m->orc_ip, 0, &first) || !read_ip(o, m->orc_ip, m->orc_count - 1, &last))
		return 0;
	for (unsigned i = 0; err == 0 && i < m->regions; i++) {
		const struct module_region *r = &m->region[i];

		if (r->addr == m->text.addr || first - r->addr < r->size ||
		    last - r->addr < r->size)
			err = add_table(o, m->orc_ip, m->orc, (uint32_t)m->orc_count, r->addr,
					r->addr + r->size);
	}
	return err == -ENOMEM ? err : 0;
}

int orc_open(struct kernel_reader *r, struct symbols *symbols, struct types *types,
	     const struct modules *modules, struct orc **ret, struct error *e)
{
	_cleanup_(orc_freep) struct orc *o = calloc(1, sizeof(*o));
	int err;

	if (!o)
		return error_errno(e, -ENOMEM, "ORC");
	o->reader = r;
	err = add_vmlinux(o, symbols, types, e);
	for (size_t i = 0; err == 0 && modules && i < modules_count(modules); i++)
		err = add_module(o, modules_get(modules, i));
	if (err < 0)
		return err;
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
