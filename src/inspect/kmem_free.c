/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmem -f and -F: the free lists of the buddy allocator. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/kmem_find.h"
#include "kernel/list.h"
#include "kernel/vmstat.h"
#include "kernel/zone.h"

#define TYPES_MAX 16 /* migrate types */
#define ORDERS_MAX 32

struct printer {
	struct kmem *k;
	struct inspect *c;
	struct object_source source;
	struct symbols *symbols;
	struct pages *pages;
	struct json j;
	uint64_t link;	     /* of lists, in struct page */
	uint64_t node_start; /* pfn */
	uint64_t found;	     /* free pages on the lists */
	uint64_t blocks;     /* of the list that is walked */
	uint64_t wanted;     /* the struct page that is looked for; 0: none */
};

static int open_printer(struct inspect *c, struct printer *p, struct error *e)
{
	struct type_member link;
	int err = inspect_symbols(c, &p->symbols, e);

	p->c = c;
	if (err == 0)
		err = inspect_source(c, &p->source, e);
	if (err == 0)
		err = inspect_pages(c, &p->pages, e);
	if (err == 0 && !types_member(p->source.types, "page.buddy_list", &link) &&
	    !types_member(p->source.types, "page.lru", &link))
		err = error_set(e, -ENOENT, "struct page has no list of free blocks");
	if (err == 0)
		p->link = link.offset;
	return err;
}

static int take_block(void *user, uint64_t node)
{
	struct printer *p = user;
	uint64_t page = node - p->link;

	p->blocks++;
	if (page == p->wanted)
		return 1;
	if (p->wanted || !p->k->pages)
		return 0;
	if (p->c->json)
		json_hex(&p->j, page);
	else
		fprintf(p->c->out, "%" PRIx64 "\n", page);
	return ferror(p->c->out) ? -EPIPE : 0;
}

/* As many blanks before it as makes it stand in the middle. */
static void print_centred(FILE *out, const char *word, int width, bool rather_right)
{
	int rest = width - (int)strlen(word), left = rest > 0 ? (rest + rather_right) / 2 : 0;

	fprintf(out, "%*s%s%*s", left, "", word, rest > left ? rest - left : 0, "");
}

static void print_zone_line(struct printer *p, const struct zone *zone, uint64_t free)
{
	char map[20] = "0", start[20] = "0", number[20] = "0";
	uint64_t page;

	if (zone->spanned > 0) {
		if (pages_at(p->pages, zone->start_pfn, &page))
			snprintf(map, sizeof(map), "%" PRIx64, page);
		snprintf(start, sizeof(start), "%" PRIx64,
			 zone->start_pfn << pages_shift(p->pages));
		snprintf(number, sizeof(number), "%" PRIu64,
			 zone->start_pfn - MIN(p->node_start, zone->start_pfn));
	}
	fputs("ZONE  NAME        SIZE    FREE      MEM_MAP       START_PADDR  START_MAPNR\n",
	      p->c->out);
	fprintf(p->c->out, "%3u   %-8s%8" PRIu64 "%8" PRIu64 "  ", zone->index, zone->name,
		zone->spanned, free);
	print_centred(p->c->out, map, 16, false);
	fputs("  ", p->c->out);
	print_centred(p->c->out, start, 12, false);
	fputc(' ', p->c->out);
	print_centred(p->c->out, number, 11, true);
	fputc('\n', p->c->out);
}

static void print_list_line(struct printer *p, unsigned order, uint64_t head, bool counts)
{
	const unsigned kib = 1u << (pages_shift(p->pages) - 10);
	char size[16];

	snprintf(size, sizeof(size), "%uk", kib << order);
	fprintf(p->c->out, "%3u  %7s  %016" PRIx64 "  ", order, size, head);
	if (counts)
		fprintf(p->c->out, "%6" PRIu64 "  %5" PRIu64, p->blocks, p->blocks << order);
	fputc('\n', p->c->out);
}

static void json_list(struct printer *p, unsigned order, unsigned type, uint64_t head,
		      const char *damage)
{
	json_put_uint(&p->j, "order", order);
	json_put_uint(&p->j, "migrate_type", type);
	json_put_hex(&p->j, "list", head);
	json_put_uint(&p->j, "blocks", p->blocks);
	json_put_string(&p->j, "damage", damage);
}

#define LIST_HEADING "AREA    SIZE  FREE_AREA_STRUCT"

/* One list: counted, and with -F its blocks. Damage is told below its line. */
static int show_list(struct printer *p, unsigned order, unsigned type, uint64_t head)
{
	struct error why = { 0 };
	int err;

	p->blocks = 0;
	if (p->c->json) {
		json_object(&p->j);
		json_put_array(&p->j, "pages");
	} else if (p->k->pages) {
		fputs(LIST_HEADING "\n", p->c->out);
		print_list_line(p, order, head, false);
	}
	err = list_each(p->c->reader, head, 0, take_block, p, &why);
	if (p->c->json) {
		json_array_end(&p->j);
		json_list(p, order, type, head, err < 0 ? error_text(&why) : NULL);
		json_object_end(&p->j);
	} else if (!p->k->pages) {
		print_list_line(p, order, head, true);
	}
	p->found += p->blocks << order;
	if (err < 0 && err != -EPIPE && !p->c->json)
		fprintf(p->c->out, "(%s)\n", error_text(&why));
	return err == -EPIPE ? err : 0;
}

/* Calls show for each list of a zone, until it returns non-zero. */
static int each_list(struct printer *p, const struct zone *zone,
		     int (*show)(struct printer *p, unsigned order, unsigned type, uint64_t head))
{
	struct object areas, area, lists, list;
	uint64_t orders, types;
	int err = object_follow(&p->source, &zone->object, "free_area", &areas, NULL);

	if (err < 0 || !object_element(&areas, 0, &area) || object_size(&area) == 0)
		return 0;
	orders = MIN(object_size(&areas) / object_size(&area), (uint64_t)ORDERS_MAX);
	for (unsigned order = 0; order < orders && err == 0; order++) {
		if (!object_element(&areas, order, &area) ||
		    object_follow(&p->source, &area, "free_list", &lists, NULL) < 0 ||
		    !object_element(&lists, 0, &list) || object_size(&list) == 0)
			break;
		types = MIN(object_size(&lists) / object_size(&list), (uint64_t)TYPES_MAX);
		for (unsigned type = 0; type < types && err == 0; type++)
			if (object_element(&lists, type, &list))
				err = show(p, order, type, list.addr);
	}
	return err;
}

static uint64_t free_of(struct printer *p, const struct zone *zone)
{
	int64_t index;
	char path[40];

	if (!types_enumerator(p->source.types, "NR_FREE_PAGES", &index))
		return 0;
	snprintf(path, sizeof(path), "vm_stat[%" PRId64 "]", index);
	return object_number_or_0(&p->source, &zone->object, path);
}

static int show_zone(void *user, const struct zone *zone)
{
	struct printer *p = user;
	int err = 0;

	if (p->c->json) {
		json_object(&p->j);
		json_put_string(&p->j, "zone", zone->name);
		json_put_uint(&p->j, "node", zone->node);
		json_put_uint(&p->j, "free", free_of(p, zone));
		json_put_array(&p->j, "lists");
	} else {
		print_zone_line(p, zone, free_of(p, zone));
		if (zone->spanned > 0 && !p->k->pages)
			fputs(LIST_HEADING "  BLOCKS  PAGES\n", p->c->out);
	}
	if (zone->spanned > 0)
		err = each_list(p, zone, show_list);
	if (p->c->json) {
		json_array_end(&p->j);
		json_object_end(&p->j);
	} else {
		fputc('\n', p->c->out);
	}
	return err;
}

static int show_node(void *user, const struct zone_node *node)
{
	struct printer *p = user;

	p->node_start = node->start_pfn;
	if (!p->c->json && node->id > 0)
		fprintf(p->c->out, "NODE\n%3u\n", node->id);
	return zone_each(&p->source, p->symbols, node, show_zone, p, NULL);
}

static int show_total(struct printer *p, struct error *e)
{
	const struct vmstat v = { &p->source, p->symbols, NULL };
	uint64_t counted = 0;

	(void)!vmstat_get(&v, VMSTAT_ZONE, "NR_FREE_PAGES", &counted);
	if (p->c->json) {
		json_array_end(&p->j);
		json_put_uint(&p->j, "nr_free_pages", counted);
		json_put_uint(&p->j, "found", p->found);
		return inspect_json_end(p->c, &p->j, e);
	}
	if (p->found == counted)
		fprintf(p->c->out, "nr_free_pages: %" PRIu64 "  (verified)\n", counted);
	else
		fprintf(p->c->out, "nr_free_pages: %" PRIu64 "  (found %" PRIu64 ")\n", counted,
			p->found);
	return 0;
}

int kmem_free(struct kmem *k, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct printer p = { .k = k };
	uint64_t pfn;
	int err;

	if (k->count > 0) {
		err = kmem_pfn(k, k->words[0], &pfn, e);
		if (err < 0)
			return err;
		if (k->c->json)
			inspect_json_begin(k->c, &p.j, &buf, "kmem");
		err = kmem_free_at(k->c, pfn, k->words[0], k->c->json ? &p.j : NULL, e);
		if (err < 0 || !k->c->json)
			return err;
		return inspect_json_end(k->c, &p.j, e);
	}
	err = open_printer(k->c, &p, e);
	if (err < 0)
		return err;
	if (k->c->json) {
		inspect_json_begin(k->c, &p.j, &buf, "kmem");
		json_put_array(&p.j, "zones");
	}
	err = zone_each_node(&p.source, p.symbols, show_node, &p, e);
	return err < 0 ? err : show_total(&p, e);
}

/* ---- one block ---- */

struct search {
	struct printer p;
	uint64_t pfn; /* of the block's head */
	unsigned order;
	struct zone zone;
	bool found;
	uint64_t head; /* of the list it is on; 0: on none */
};

static int find_zone(void *user, const struct zone *zone)
{
	struct search *s = user;

	if (s->pfn < zone->start_pfn || s->pfn - zone->start_pfn >= zone->spanned)
		return 0;
	s->zone = *zone;
	s->found = true;
	return 1;
}

static int note_start(void *user, const struct zone_node *node)
{
	struct search *s = user;

	if (!s->found)
		s->p.node_start = node->start_pfn;
	return zone_each(&s->p.source, s->p.symbols, node, find_zone, s, NULL);
}

static int find_list(struct printer *p, unsigned order, unsigned type, uint64_t head)
{
	struct search *s = (struct search *)((char *)p - offsetof(struct search, p));

	if (order != s->order || list_each(p->c->reader, head, 0, take_block, p, NULL) != 1)
		return 0;
	s->head = head;
	return 1;
}

static const char *ordinal(uint64_t n)
{
	static const char *const endings[] = { "th", "st", "nd", "rd" };

	return n % 10 < ARRAY_SIZE(endings) && n / 10 % 10 != 1 ? endings[n % 10] : "th";
}

int kmem_free_at(struct inspect *c, uint64_t pfn, const char *word, struct json *json,
		 struct error *e)
{
	struct kmem k = { .c = c };
	struct search s = { .p = { .k = &k } };
	struct page_info block;
	uint64_t place, pages;
	int err = open_printer(c, &s.p, e);

	if (err < 0)
		return err;
	if (!page_free_block(s.p.pages, pfn, &block, &s.order))
		return error_set(e, -ENOENT, "%s is in no free block", word);
	s.pfn = block.pfn;
	s.p.wanted = block.addr;
	place = pfn - block.pfn + 1;
	pages = UINT64_C(1) << s.order;
	if (json) {
		json_put_object(json, "free");
		json_put_hex(json, "block", block.addr);
		json_put_uint(json, "order", s.order);
		json_put_uint(json, "place", place);
		json_object_end(json);
		return 0;
	}
	(void)!zone_each_node(&s.p.source, s.p.symbols, note_start, &s, NULL);
	if (s.found) {
		print_zone_line(&s.p, &s.zone, free_of(&s.p, &s.zone));
		(void)!each_list(&s.p, &s.zone, find_list);
		fputs(LIST_HEADING "\n", c->out);
		print_list_line(&s.p, s.order, s.head, false);
	}
	fprintf(c->out, "%" PRIx64 "  ", block.addr);
	if (pages > 1)
		fprintf(c->out, "(%s is %" PRIu64 "%s of %" PRIu64 " pages)", word, place,
			ordinal(place), pages);
	fputc('\n', c->out);
	return 0;
}
