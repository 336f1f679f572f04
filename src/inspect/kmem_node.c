/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmem -n: nodes, their zones, the sections of memory and its blocks. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "inspect/kmem.h"
#include "kernel/xarray.h"
#include "kernel/zone.h"

struct printer {
	struct inspect *c;
	struct object_source source;
	struct symbols *symbols;
	struct pages *pages;
	struct json j;
	bool first;
};

static uint64_t page_of(const struct printer *p, uint64_t pfn)
{
	uint64_t page;

	return pages_at(p->pages, pfn, &page) ? page : 0;
}

static int node_zone(void *user, const struct zone *zone)
{
	struct printer *p = user;

	if (p->first)
		fprintf(p->c->out, "%" PRIx64 "\n", zone->object.addr);
	else
		fprintf(p->c->out, "%52s%" PRIx64 "\n", "", zone->object.addr);
	p->first = false;
	return 0;
}

static int zone_row(void *user, const struct zone *zone)
{
	struct printer *p = user;
	const uint64_t start = zone->spanned ? zone->start_pfn : 0;

	fprintf(p->c->out, "%3u   %-8s%9" PRIu64 "  %16" PRIx64 "  %11" PRIx64 "  %11" PRIu64 "\n",
		zone->index, zone->name, zone->spanned, zone->spanned ? page_of(p, start) : 0,
		start << pages_shift(p->pages), start);
	return 0;
}

static int json_zone(void *user, const struct zone *zone)
{
	struct printer *p = user;

	json_object(&p->j);
	json_put_string(&p->j, "name", zone->name);
	json_put_hex(&p->j, "address", zone->object.addr);
	json_put_uint(&p->j, "start_pfn", zone->start_pfn);
	json_put_uint(&p->j, "spanned", zone->spanned);
	json_object_end(&p->j);
	return 0;
}

static int show_node(void *user, const struct zone_node *node)
{
	struct printer *p = user;
	char start[20];
	int err;

	if (p->c->json) {
		json_object(&p->j);
		json_put_uint(&p->j, "node", node->id);
		json_put_hex(&p->j, "pglist_data", node->object.addr);
		json_put_uint(&p->j, "start_pfn", node->start_pfn);
		json_put_uint(&p->j, "spanned", node->spanned);
		json_put_uint(&p->j, "present", node->present);
		json_put_array(&p->j, "zones");
		err = zone_each(&p->source, p->symbols, node, json_zone, p, NULL);
		json_array_end(&p->j);
		json_object_end(&p->j);
		return err;
	}
	fputs("NODE    SIZE      PGLIST_DATA       BOOTMEM_DATA       NODE_ZONES   \n", p->c->out);
	fprintf(p->c->out, "%3u%10" PRIu64 "   %" PRIx64 "        ----        ", node->id,
		node->spanned, node->object.addr);
	p->first = true;
	err = zone_each(&p->source, p->symbols, node, node_zone, p, NULL);
	if (err < 0)
		return err;
	snprintf(start, sizeof(start), "%" PRIx64, node->start_pfn << pages_shift(p->pages));
	fputs("    MEM_MAP          START_PADDR    START_MAPNR\n", p->c->out);
	fprintf(p->c->out, "%016" PRIx64 "  %10s  %12" PRIu64 "     \n\n",
		page_of(p, node->start_pfn), start, node->start_pfn);
	fputs("ZONE  NAME         SIZE       MEM_MAP      START_PADDR  START_MAPNR\n", p->c->out);
	err = zone_each(&p->source, p->symbols, node, zone_row, p, NULL);
	fputs("\n-------------------------------------------------------------------\n\n",
	      p->c->out);
	return err;
}

/* ---- sections ---- */

/* include/linux/mmzone.h: letters of the bits below the address in section_mem_map. */
static const char section_letters[] = "PMOED";
#define SECTION_ADDRESS ~UINT64_C(0xfff)
#define SECTIONS_MAX (UINT64_C(1) << 22)

struct sections {
	uint64_t roots, per_root, pages; /* of a section */
	uint64_t size;			 /* of struct mem_section */
	uint64_t map;			 /* offset of section_mem_map */
	uint64_t count;
	bool pointers; /* roots are pointers to arrays */
};

static bool find_sections(struct printer *p, struct sections *s)
{
	const struct vmcoreinfo *v = kernel_vmcoreinfo(p->c->kernel);
	const struct dump_info *info = dumpfile_info(kernel_dump(p->c->kernel));
	struct type_member m;
	int64_t bits = 27; /* x86_64's, where nothing tells */

	if (!types_member(p->source.types, "mem_section.section_mem_map", &m) ||
	    !types_size(p->source.types, "mem_section", &s->size) || s->size == 0 ||
	    !symbols_find(p->symbols, "mem_section", &s->roots))
		return false;
	(void)vmcoreinfo_number(v, "SECTION_SIZE_BITS", &bits);
	if (bits <= info->page_shift || bits > 40)
		return false;
	s->map = m.offset;
	s->pages = UINT64_C(1) << (bits - info->page_shift);
	s->per_root = info->page_size / s->size;
	s->count = MIN(DIV_ROUND_UP(info->max_pfn, s->pages), SECTIONS_MAX);
	/* CONFIG_SPARSEMEM_EXTREME: the symbol is a pointer to the array of roots */
	s->pointers = s->per_root > 0 && inspect_number(p->c, s->roots, 8, &s->roots, NULL) == 0 &&
		      s->roots;
	return s->pointers;
}

static bool section_at(struct printer *p, const struct sections *s, uint64_t n, uint64_t *ret,
		       uint64_t *ret_map)
{
	uint64_t root;

	if (inspect_number(p->c, s->roots + n / s->per_root * 8, 8, &root, NULL) < 0 || !root)
		return false;
	*ret = root + n % s->per_root * s->size;
	return inspect_number(p->c, *ret + s->map, 8, ret_map, NULL) == 0 && (*ret_map & 1);
}

static void show_section(struct printer *p, const struct sections *s, uint64_t n, uint64_t addr,
			 uint64_t map)
{
	const uint64_t coded = map & SECTION_ADDRESS, start = n * s->pages;
	uint64_t mem_map = coded + start * pages_map(p->pages)->page_struct_size;
	char state[sizeof(section_letters)] = "";
	size_t len = 0;

	for (size_t i = 0; section_letters[i]; i++)
		if (map >> i & 1)
			state[len++] = section_letters[i];
	state[len] = '\0';
	if (p->c->json) {
		json_object(&p->j);
		json_put_uint(&p->j, "section", n);
		json_put_hex(&p->j, "address", addr);
		json_put_hex(&p->j, "mem_map", mem_map);
		json_put_string(&p->j, "state", state);
		json_put_uint(&p->j, "start_pfn", start);
		json_object_end(&p->j);
		return;
	}
	fprintf(p->c->out,
		"%2" PRIu64 "  %016" PRIx64 "  %016" PRIx64 "  %016" PRIx64 "  %-4s  %-16" PRIu64
		"\n",
		n, addr, coded, mem_map, state, start);
}

static void show_sections(struct printer *p)
{
	struct sections s;

	if (!p->c->json)
		fputs("NR      SECTION        CODED_MEM_MAP        MEM_MAP       STATE PFN\n",
		      p->c->out);
	if (!find_sections(p, &s)) {
		if (!p->c->json)
			fputs("(the dump does not tell)\n", p->c->out);
		return;
	}
	for (uint64_t n = 0; n < s.count; n++) {
		uint64_t addr, map;

		if (section_at(p, &s, n, &addr, &map))
			show_section(p, &s, n, addr, map);
	}
}

/* ---- blocks: what memory hotplug has names for ---- */

static const struct {
	uint64_t state; /* until an enum says it (6.19): include/linux/memory.h */
	const char *name, *word;
} block_states[] = {
	{ 1, "MEM_ONLINE", "ONLINE" },
	{ 2, "MEM_GOING_OFFLINE", "GOING_OFFLINE" },
	{ 4, "MEM_OFFLINE", "OFFLINE" },
	{ 8, "MEM_GOING_ONLINE", "GOING_ONLINE" },
	{ 16, "MEM_CANCEL_ONLINE", "CANCEL_ONLINE" },
	{ 32, "MEM_CANCEL_OFFLINE", "CANCEL_OFFLINE" },
};

static const char *block_state_word(struct types *types, uint64_t state)
{
	for (size_t i = 0; i < ARRAY_SIZE(block_states); i++) {
		int64_t value = (int64_t)block_states[i].state;

		(void)types_enumerator(types, block_states[i].name, &value);
		if (state == (uint64_t)value)
			return block_states[i].word;
	}
	return "UNKNOWN";
}

static int show_block(void *user, const struct tree_entry *entry)
{
	struct printer *p = user;
	const struct dump_info *info = dumpfile_info(kernel_dump(p->c->kernel));
	uint64_t section, state = 0, start, bytes;
	const char *word;
	struct object block;
	char name[32];
	int64_t bits = 27;

	if (object_at(&p->source, "memory_block", entry->value, &block, NULL) < 0 ||
	    object_number(&p->source, &block, "start_section_nr", &section, NULL) < 0)
		return 0;
	(void)!object_number(&p->source, &block, "state", &state, NULL);
	(void)vmcoreinfo_number(kernel_vmcoreinfo(p->c->kernel), "SECTION_SIZE_BITS", &bits);
	if (bits <= info->page_shift || bits > 40 || section > SECTIONS_MAX)
		return 0;
	bytes = UINT64_C(1) << bits;
	start = section * bytes;
	(void)object_text(&p->source, &block, "dev.kobj.name", name, sizeof(name), NULL);
	word = block_state_word(p->source.types, state);
	if (p->c->json) {
		json_object(&p->j);
		json_put_hex(&p->j, "address", block.addr);
		json_put_string(&p->j, "name", name);
		json_put_hex(&p->j, "physical", start);
		json_put_uint(&p->j, "size", bytes);
		json_put_string(&p->j, "state", word);
		json_object_end(&p->j);
		return 0;
	}
	fprintf(p->c->out,
		" %016" PRIx64 "   %-9s%10" PRIx64 " - %8" PRIx64 "  %-5" PRIu64 "%s  %-12" PRIu64
		"\n",
		block.addr, name, start, start + bytes - 1,
		object_number_or_0(&p->source, &block, "nid"), word, section);
	return 0;
}

static void show_blocks(struct printer *p)
{
	uint64_t blocks;

	if (!symbols_find(p->symbols, "memory_blocks", &blocks))
		return;
	if (!p->c->json)
		fputs("\n   MEM_BLOCK        NAME        PHYSICAL RANGE     NODE  STATE   "
		      "START_SECTION_NO\n",
		      p->c->out);
	if (xarray_each(&p->source, blocks, show_block, p, NULL) < 0 && !p->c->json)
		fputs("(perhaps not all blocks)\n", p->c->out);
}

int kmem_nodes(struct kmem *k, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct printer p = { .c = k->c };
	int err = inspect_symbols(k->c, &p.symbols, e);

	if (err == 0)
		err = inspect_source(k->c, &p.source, e);
	if (err == 0)
		err = inspect_pages(k->c, &p.pages, e);
	if (err < 0)
		return err;
	if (k->c->json) {
		inspect_json_begin(k->c, &p.j, &buf, "kmem");
		json_put_array(&p.j, "nodes");
	}
	err = zone_each_node(&p.source, p.symbols, show_node, &p, e);
	if (k->c->json) {
		json_array_end(&p.j);
		json_put_array(&p.j, "sections");
	}
	show_sections(&p);
	if (k->c->json) {
		json_array_end(&p.j);
		json_put_array(&p.j, "blocks");
	}
	show_blocks(&p);
	if (!k->c->json)
		return err;
	json_array_end(&p.j);
	return err < 0 ? err : inspect_json_end(k->c, &p.j, e);
}
