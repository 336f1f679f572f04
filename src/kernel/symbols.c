/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/symbols.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kernel/kallsyms.h"

/* Below it are no addresses but constants and offsets of per-CPU data, which are in the table too until 6.14. */
#define LOWEST_ADDRESS MIB(2)

/* What is looked through for tables that vmcoreinfo does not point at: .rodata, or the image where that is not known. */
#define SCAN_LIMIT MIB(256)

/* The image is mapped with leaves of this size where the kernel delimits its sections. */
#define SECTION_LEAF MIB(2)

struct symbols {
	struct kernel_reader *reader; /* borrowed */
	struct kallsyms *kallsyms;
	const struct symbols_more *more; /* NULL: none */
	void *more_user;
	char provenance[200];
};

static int read_dump(void *user, uint64_t vaddr, void *buf, size_t len, struct error *e)
{
	return kernel_read(user, vaddr, buf, len, e);
}

/*
 * .rodata is the first run after _stext that is mapped read-only, not executable, with large pages. Where page tables do
 * not tell: everything mapped from _stext on.
 */
static void find_rodata(struct kernel_reader *r, uint64_t *ret, uint64_t *ret_size)
{
	uint64_t stext, start = 0, at;
	struct kernel_mapping m;

	*ret_size = 0;
	if (!vmcoreinfo_symbol(kernel_vmcoreinfo(kernel_reader_kernel(r)), "_stext", &stext))
		return;
	for (at = stext; at - stext < SCAN_LIMIT; at = m.vaddr + m.size) {
		bool read_only;

		if (kernel_mapping(r, UINT64_MAX, at, &m, NULL) < 0)
			break;
		read_only = !m.write && !m.execute && m.size >= SECTION_LEAF;
		if (read_only && start == 0)
			start = m.vaddr;
		if (!read_only && start != 0)
			break;
	}
	*ret = start ? start : stext;
	*ret_size = at > *ret ? at - *ret : SCAN_LIMIT / 4;
}

static void describe(struct symbols *s)
{
	static const char *const encodings[] = {
		[KALLSYMS_ABSOLUTE] = "absolute addresses",
		[KALLSYMS_BASE] = "offsets from a base",
		[KALLSYMS_PERCPU] = "offsets from a base beside per-CPU ones",
		[KALLSYMS_PLACE] = "offsets from their own place",
	};
	const struct kallsyms_layout *at = kallsyms_layout(s->kallsyms);

	snprintf(s->provenance, sizeof(s->provenance),
		 "kallsyms %s at 0x%" PRIx64 ": %u symbols, %s%s; %u symbols of vmcoreinfo agree",
		 at->exported ? "by vmcoreinfo" : "by its signature", at->names, at->count,
		 encodings[at->encoding], at->seqs ? ", an index by name" : "", at->agreed);
}

int symbols_open(struct kernel_reader *r, struct symbols **ret, struct error *e)
{
	const struct kernel_memory m = { .read = read_dump, .user = r };
	_cleanup_(symbols_freep) struct symbols *s = calloc(1, sizeof(*s));
	uint64_t scan = 0, scan_size = 0;
	int err;

	if (!s)
		return error_errno(e, -ENOMEM, "symbols");
	s->reader = r;
	find_rodata(r, &scan, &scan_size);
	err = kallsyms_open(&m, kernel_vmcoreinfo(kernel_reader_kernel(r)), scan, scan_size,
			    &s->kallsyms, e);
	if (err < 0)
		return err;
	describe(s);
	*ret = TAKE_PTR(s);
	return 0;
}

struct symbols *symbols_free(struct symbols *s)
{
	if (s) {
		kallsyms_free(s->kallsyms);
		free(s);
	}
	return NULL;
}

void symbols_set_more(struct symbols *s, const struct symbols_more *more, void *user)
{
	s->more = more;
	s->more_user = user;
}

/* To the next higher address. Equal ones are few. */
static uint64_t size_of(struct symbols *s, uint32_t index, uint64_t addr)
{
	uint64_t next;

	while (++index < kallsyms_layout(s->kallsyms)->count)
		if (kallsyms_address(s->kallsyms, index, &next) && next != addr)
			return next > addr ? next - addr : 0;
	return 0;
}

bool symbols_get(struct symbols *s, uint32_t index, struct symbol *ret)
{
	struct symbol sym = { 0 };

	if (index >= kallsyms_layout(s->kallsyms)->count)
		return false;
	sym.name = kallsyms_name(s->kallsyms, index, &sym.type);
	if (!sym.name || !kallsyms_address(s->kallsyms, index, &sym.addr))
		return false;
	sym.size = size_of(s, index, sym.addr);
	*ret = sym;
	return true;
}

static int take_first(void *user, uint32_t index)
{
	uint32_t *first = user;

	*first = MIN(*first, index);
	return 0;
}

bool symbols_find(struct symbols *s, const char *name, uint64_t *ret)
{
	uint32_t first = UINT32_MAX;

	return kallsyms_each_named(s->kallsyms, name, take_first, &first) == 0 &&
	       first != UINT32_MAX && kallsyms_address(s->kallsyms, first, ret);
}

struct named {
	struct symbols *symbols;
	int (*emit)(void *user, const struct symbol *sym);
	void *user;
};

static int emit_named(void *user, uint32_t index)
{
	struct named *n = user;
	struct symbol sym;

	return symbols_get(n->symbols, index, &sym) ? n->emit(n->user, &sym) : 0;
}

int symbols_each_named(struct symbols *s, const char *name,
		       int (*emit)(void *user, const struct symbol *sym), void *user)
{
	struct named n = { s, emit, user };

	int r = kallsyms_each_named(s->kallsyms, name, emit_named, &n);

	return r == 0 && s->more ? s->more->each(s->more_user, name, emit, user) : r;
}

bool symbols_index_at(struct symbols *s, uint64_t addr, uint32_t *ret)
{
	return kallsyms_index_at(s->kallsyms, addr, ret);
}

bool symbols_at(struct symbols *s, uint64_t addr, struct symbol *ret)
{
	struct symbol sym;
	uint32_t index;

	if (s->more && s->more->at(s->more_user, addr, ret))
		return true;
	if (addr < LOWEST_ADDRESS || !kallsyms_index_at(s->kallsyms, addr, &index) ||
	    !symbols_get(s, index, &sym) || sym.addr < LOWEST_ADDRESS)
		return false;
	/* The last symbol has no end: nothing lies in it. */
	if (addr - sym.addr >= MAX(sym.size, UINT64_C(1)))
		return false;
	*ret = sym;
	return true;
}

int symbols_each(struct symbols *s, int (*emit)(void *user, const struct symbol *sym), void *user)
{
	const uint32_t count = kallsyms_layout(s->kallsyms)->count;
	struct symbol sym;

	for (uint32_t i = 0; i < count; i++) {
		int r = symbols_get(s, i, &sym) ? emit(user, &sym) : 0;

		if (r != 0)
			return r;
	}
	return s->more ? s->more->each(s->more_user, NULL, emit, user) : 0;
}

const char *symbols_provenance(const struct symbols *s)
{
	return s->provenance;
}
