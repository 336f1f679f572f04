/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the token table to the names. Two orders exist (until 6.3, and from 6.4 on), and seqs_of_names may lie
 * between markers and token table (6.2, 6.3, and backported to 6.1.y); in all, names are followed by markers, and these
 * come before the token table. So markers are looked for backwards from there, and names backwards from them.
 */
#include "kernel/kallsyms_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* Bytes from one marker to the next: 256 names of at least 2 and at most 512. */
#define GAP_MIN 0x200
#define GAP_MAX 0x20000

/* What is missing is missing by the page. */
#define PAGE 4096

/* Tables are aligned to 4 or 8. */
#define PAD_MAX 7

/* How far before the token table markers are looked for: 3 bytes a symbol, and the markers. */
#define MARKERS_REACH MIB(4)
#define MARKERS_TRIES 64 /* runs that look like markers */
#define MARKERS_LIMIT (KALLSYMS_LIMIT / KALLSYMS_BLOCK)

struct markers {
	uint64_t addr;
	uint64_t last; /* value of the last one */
	uint32_t count;
	unsigned size;	      /* of an entry */
	uint32_t min_symbols; /* by what lies between them and the token table */
	uint32_t max_symbols;
};

static bool entry_at(struct lazy *l, uint64_t offset, unsigned size, uint64_t *ret)
{
	const void *p = lazy_at(l, offset, size);

	if (!p)
		return false;
	*ret = size == 8 ? le64_get(p) : le32_get(p);
	return true;
}

/* The run of markers that starts at offset, where one does: 0 and then rising. */
static uint32_t run_from(struct lazy *l, uint64_t offset, unsigned size, uint64_t *ret_last)
{
	uint64_t last = 0, value;
	uint32_t n = 1;

	if (!entry_at(l, offset, size, &value) || value != 0)
		return 0;
	while (n < MARKERS_LIMIT && entry_at(l, offset + (uint64_t)n * size, size, &value) &&
	       value > last && value - last >= GAP_MIN && value - last <= GAP_MAX) {
		last = value;
		n++;
	}
	*ret_last = last;
	return n;
}

/*
 * Does a run of m->count markers leave before the token table what it should: nothing but padding, or 3 bytes for each of as
 * many symbols as it has blocks for?
 */
static bool run_fits(struct markers *m, uint64_t table)
{
	uint64_t end = m->addr + (uint64_t)m->count * m->size;
	uint32_t most = m->count * KALLSYMS_BLOCK, least = most - KALLSYMS_BLOCK + 1;
	uint64_t left = table - end;

	if (end > table)
		return false;
	m->min_symbols = least;
	m->max_symbols = most;
	if (left <= PAD_MAX)
		return true;
	if (left < UINT64_C(3) * least || left > UINT64_C(3) * most + PAD_MAX)
		return false;
	m->max_symbols = MIN(most, left / 3);
	m->min_symbols = MAX(least, (left - PAD_MAX) / 3);
	return true;
}

bool kallsyms_block_fits(const uint8_t *p, size_t size, unsigned count, unsigned slack,
			 bool *ret_wide)
{
	for (int wide = 1; wide >= 0; wide--) {
		size_t at = 0;
		unsigned i;

		for (i = 0; i < count && at < size; i++) {
			size_t len = p[at++];

			if (wide && len & 0x80) {
				if (at == size)
					break;
				len = (len & 0x7f) | (size_t)p[at++] << 7;
			}
			if (len == 0 || len > size - at)
				break;
			at += len;
		}
		if (i == count && size - at <= slack) {
			*ret_wide = wide;
			return true;
		}
	}
	return false;
}

/* Do the first, the last and some blocks between hold as many names as they should? */
static bool names_fit(const struct kernel_memory *mem, uint64_t names, uint32_t symbols,
		      const struct markers *m)
{
	struct lazy l, markers;
	const uint32_t samples = MIN(m->count, 8u);
	unsigned good = 0;
	bool fits = true, wide;

	if (lazy_init(&l, mem, names, m->addr - names) < 0)
		return false;
	if (lazy_init(&markers, mem, m->addr, (uint64_t)m->count * m->size) < 0) {
		lazy_done(&l);
		return false;
	}
	for (uint32_t i = 0; i < samples; i++) {
		/* the last first: it settles most */
		uint32_t block =
			(uint64_t)(m->count - 1) * (samples - i - 1) / MAX(samples - 1, 1u);
		bool last = block == m->count - 1;
		uint64_t start, end = l.size;
		const void *p;

		if (!entry_at(&markers, (uint64_t)block * m->size, m->size, &start) ||
		    (!last && !entry_at(&markers, (uint64_t)(block + 1) * m->size, m->size, &end)))
			continue;
		fits = start < end && end - start <= GAP_MAX + PAD_MAX;
		if (!fits)
			break;
		p = lazy_at(&l, start, end - start);
		if (!p && range_inside(start, end - start, l.size))
			continue; /* a page is missing */
		fits = p &&
		       kallsyms_block_fits(p, end - start,
					   last ? symbols - block * KALLSYMS_BLOCK : KALLSYMS_BLOCK,
					   last ? PAD_MAX : 0, &wide);
		good += fits;
		if (!fits)
			break;
	}
	lazy_done(&l);
	lazy_done(&markers);
	return fits && good > 0;
}

/* num_syms stands right before names, perhaps padded to 8 (u32), or as 8 bytes (until 4.19). */
static bool find_names(const struct kernel_memory *mem, const struct markers *m,
		       uint64_t *ret_names, uint32_t *ret_symbols)
{
	uint64_t latest, earliest;
	struct lazy l;
	bool found = false;

	if (m->addr < m->last + GAP_MAX + PAD_MAX + 16)
		return false;
	latest = align_down(m->addr - m->last, 4);
	earliest = align_down(m->addr - m->last - GAP_MAX - PAD_MAX, 4);
	if (lazy_init(&l, mem, earliest - 8, latest - earliest + 8) < 0)
		return false;
	for (uint64_t names = latest; names >= earliest && !found; names -= 4) {
		for (unsigned back = 4; back <= 8 && !found; back += 4) {
			uint64_t n;

			if (!entry_at(&l, names - earliest + 8 - back, 4, &n) ||
			    n < m->min_symbols || n > m->max_symbols)
				continue;
			found = names_fit(mem, names, n, m);
			*ret_names = names;
			*ret_symbols = n;
		}
	}
	lazy_done(&l);
	return found;
}

/* The first run, backwards from the token table, that names agree with. */
static bool find_by_markers(const struct kernel_memory *mem, uint64_t table, unsigned size,
			    struct kallsyms_layout *ret)
{
	uint64_t reach = MIN(MARKERS_REACH, align_down(table, 8));
	uint64_t base = align_down(table, 8) - reach;
	struct lazy l;
	unsigned tries = 0;
	bool found = false;

	if (reach < 8 || lazy_init(&l, mem, base, table - base) < 0)
		return false;
	for (uint64_t offset = reach; offset >= size && !found && tries < MARKERS_TRIES;) {
		struct markers m = { .size = size };

		offset -= size;
		m.addr = base + offset;
		if (!lazy_at(&l, offset, size)) {
			/* on to the page before the one that is missing */
			offset = MAX(align_down(m.addr, PAGE), base) - base;
			continue;
		}
		m.count = run_from(&l, offset, size, &m.last);
		if (m.count < 2 || !run_fits(&m, table))
			continue;
		tries++;
		found = find_names(mem, &m, &ret->names, &ret->count);
		if (found) {
			ret->markers = m.addr;
			ret->marker_size = size;
		}
	}
	lazy_done(&l);
	return found;
}

static bool exported(const struct vmcoreinfo *v, uint64_t *ret_table, uint64_t *ret_index)
{
	return vmcoreinfo_symbol(v, "kallsyms_token_table", ret_table) &&
	       vmcoreinfo_symbol(v, "kallsyms_token_index", ret_index);
}

static int find_by_table(const struct kernel_memory *mem, uint64_t table, struct kallsyms_layout *l,
			 struct error *e)
{
	static const unsigned sizes[] = { 4, 8 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		if (find_by_markers(mem, table, sizes[i], l))
			return 0;
	return error_set(e, -ENOENT,
			 "kallsyms: no names before the token table at 0x%" PRIx64
			 " that its markers agree with",
			 table);
}

int kallsyms_find_names(const struct kernel_memory *m, const struct vmcoreinfo *v, uint64_t scan,
			uint64_t scan_size, struct kallsyms_layout *ret, struct error *e)
{
	_cleanup_free_ struct kallsyms_tokens *tokens = malloc(sizeof(*tokens));
	struct kallsyms_layout l = { 0 };
	int err;

	if (!tokens)
		return error_errno(e, -ENOMEM, "kallsyms");
	l.exported = exported(v, &l.token_table, &l.token_index) &&
		     kallsyms_tokens_read(m, l.token_table, l.token_index, tokens);
	if (!l.exported && !kallsyms_scan(m, scan, scan_size, &l.token_table, &l.token_index))
		return error_set(e, -ENOENT,
				 "kallsyms: vmcoreinfo does not tell where it is, and no token "
				 "table is in the %" PRIu64 " KiB from 0x%" PRIx64 " on",
				 scan_size / 1024, scan);
	err = find_by_table(m, l.token_table, &l, e);
	if (err < 0)
		return err;
	*ret = l;
	return 0;
}
