/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the addresses stand and how they are written. No kernel says; each place and encoding that was ever used is tried,
 * and what vmcoreinfo says of some symbols must come out.
 */
#include "kernel/kallsyms_impl.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

#define INDEX_SIZE 512

/* In vmcoreinfo of one kernel or another under the very address that kallsyms has. */
static const char *const witnesses[] = {
	"_stext",	 "init_uts_ns",	    "prb",
	"init_top_pgt",	 "init_level4_pgt", "clear_seq",
	"node_data",	 "log_buf",	    "printk_rb_static",
	"log_first_idx", "log_next_idx",    "log_buf_len",
	"mem_map",	 "vmap_area_list",  "contig_page_data",
	"crashk_res",	 "_text",	    "kimage_voffset",
};

struct place {
	uint64_t addresses;
	uint64_t relative_base; /* where it stands; 0: nowhere */
	bool absolute;
};

#define PLACES 6

/* Exported; after the token index (6.4+); before num_syms (until 6.3). */
static size_t list_places(const struct kallsyms_layout *at, const struct vmcoreinfo *v,
			  struct place ret[PLACES])
{
	const uint64_t offsets_size = UINT64_C(4) * at->count;
	const uint64_t num_syms = align_down(at->names - 8, 8);
	uint64_t after = align_up(at->token_index + INDEX_SIZE, 8);
	uint64_t addresses, base = 0;
	size_t n = 0;

	if (vmcoreinfo_symbol(v, "kallsyms_offsets", &addresses)) {
		(void)vmcoreinfo_symbol(v, "kallsyms_relative_base", &base);
		ret[n++] = (struct place){ addresses, base, false };
	}
	if (vmcoreinfo_symbol(v, "kallsyms_addresses", &addresses))
		ret[n++] = (struct place){ addresses, 0, true };
	ret[n++] = (struct place){ after, align_up(after + offsets_size, 8), false };
	ret[n++] = (struct place){ align_up(at->token_index + INDEX_SIZE, 4), 0, false };
	base = num_syms - 8;
	ret[n++] = (struct place){ base - align_up(offsets_size, 8), base, false };
	ret[n++] = (struct place){ num_syms - UINT64_C(8) * at->count, 0, true };
	return n;
}

/* Is there a symbol of that name at that address? Its neighbours may share the address. */
static bool has(struct kallsyms *k, const char *name, uint64_t addr)
{
	uint32_t i;
	uint64_t found;

	if (!kallsyms_index_at(k, addr, &i))
		return false;
	for (uint32_t end = MIN(k->at.count, i + 64); i < end; i++) {
		const char *here;

		if (!kallsyms_address(k, i, &found) || found != addr)
			return false;
		here = kallsyms_name(k, i, NULL);
		if (here && strcmp(here, name) == 0)
			return true;
	}
	return false;
}

static unsigned count_agreed(struct kallsyms *k, const struct vmcoreinfo *v)
{
	unsigned agreed = 0;
	uint64_t addr;

	for (size_t i = 0; i < ARRAY_SIZE(witnesses); i++)
		agreed += vmcoreinfo_symbol(v, witnesses[i], &addr) && has(k, witnesses[i], addr);
	return agreed;
}

static bool may_be(const struct place *p, enum kallsyms_encoding encoding)
{
	if (p->absolute || encoding == KALLSYMS_ABSOLUTE)
		return p->absolute && encoding == KALLSYMS_ABSOLUTE;
	return encoding == KALLSYMS_PLACE || p->relative_base != 0;
}

static int find_best(struct kallsyms *k, const struct vmcoreinfo *v, struct error *e)
{
	struct kallsyms_layout best = { 0 };
	struct place places[PLACES];
	size_t n = list_places(&k->at, v, places);

	for (size_t i = 0; i < n; i++)
		for (enum kallsyms_encoding c = KALLSYMS_ABSOLUTE; c <= KALLSYMS_PLACE; c++) {
			uint8_t base[8];
			int err;

			if (!may_be(&places[i], c))
				continue;
			k->at.addresses = places[i].addresses;
			k->at.encoding = c;
			k->at.relative_base = 0;
			if (c == KALLSYMS_BASE || c == KALLSYMS_PERCPU) {
				if (k->memory.read(k->memory.user, places[i].relative_base, base,
						   sizeof(base), NULL) < 0)
					continue;
				k->at.relative_base = le64_get(base);
			}
			err = kallsyms_set_addresses(k);
			if (err == -ENOMEM)
				return error_errno(e, err, "kallsyms");
			k->at.agreed = err < 0 ? 0 : count_agreed(k, v);
			if (k->at.agreed > best.agreed)
				best = k->at;
		}
	if (best.agreed == 0)
		return error_set(e, -ENOENT,
				 "kallsyms: %u names, but no form of addresses agrees with "
				 "vmcoreinfo's symbols",
				 k->at.count);
	k->at = best;
	return kallsyms_set_addresses(k) < 0 ? error_errno(e, -ENOMEM, "kallsyms") : 0;
}

static int is_self(void *user, uint32_t index)
{
	return index == *(uint32_t *)user;
}

/* seqs_of_names is believed where some symbols are found through it. */
static bool seqs_lead_back(struct kallsyms *k)
{
	const uint32_t step = MAX(k->at.count / 5, 1u);

	for (uint32_t i = 0; i < k->at.count; i += step) {
		const char *name = kallsyms_name(k, i, NULL);

		if (!name || kallsyms_each_by_seq(k, name, is_self, &i) != 1)
			return false;
	}
	return true;
}

static int find_seqs(struct kallsyms *k)
{
	const struct kallsyms_layout *at = &k->at;
	const uint64_t size = UINT64_C(3) * at->count;
	const uint64_t markers_end =
		at->markers + DIV_ROUND_UP((uint64_t)at->count, KALLSYMS_BLOCK) * at->marker_size;
	const uint64_t end = at->addresses + UINT64_C(4) * at->count;
	const uint64_t places[] = {
		at->token_table - markers_end >= size ? markers_end : 0,
		at->token_table - markers_end >= size ? align_up(markers_end, 8) : 0,
		at->addresses > at->token_index ? end : 0,
		at->addresses > at->token_index ? align_up(end, 8) : 0,
		at->addresses > at->token_index ? align_up(end, 8) + 8 : 0,
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (places[i] == 0)
			continue;
		if (kallsyms_set_seqs(k, places[i]) == -ENOMEM)
			return -ENOMEM;
		if (seqs_lead_back(k))
			return 0;
	}
	return kallsyms_set_seqs(k, 0);
}

int kallsyms_find_addresses(struct kallsyms *k, const struct vmcoreinfo *v, struct error *e)
{
	int err = find_best(k, v, e);

	if (err < 0)
		return err;
	err = find_seqs(k);
	return err < 0 ? error_errno(e, err, "kallsyms") : 0;
}
