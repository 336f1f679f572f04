/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmem -v: kernel memory that vmalloc and its like mapped. */
#include <errno.h>
#include <inttypes.h>

#include "inspect/kmem.h"
#include "inspect/kmem_find.h"
#include "kernel/vmalloc.h"

static const struct column columns[] = {
	{ "vmap_area", "", COLUMN_ADDRESS, 16 },
	{ "vm_struct", "", COLUMN_ADDRESS, 16 },
	{ "start", NULL, COLUMN_ADDRESS, 0 },
	{ "end", NULL, COLUMN_ADDRESS, 0 },
	{ NULL, "", COLUMN_TEXT, 0 },
	{ "size", "", COLUMN_UINT, 7 },
	{ "pages", NULL, COLUMN_UINT, 0 },
	{ "physical", NULL, COLUMN_HEX, 0 },
	{ "flags", NULL, COLUMN_HEX, 0 },
	{ "caller", NULL, COLUMN_TEXT, 0 },
};

static void print_area(struct inspect *c, const struct table *t, const struct vmalloc_area *a)
{
	char range[40], caller[INSPECT_NAME_SIZE] = "";

	snprintf(range, sizeof(range), "%" PRIx64 " - %" PRIx64, a->start, a->end);
	if (a->caller && t->json)
		inspect_symbol_name(c, a->caller, caller);
	table_row(t, (union cell[]){ { .n = a->addr },
				     { .n = a->vm },
				     { .n = a->start },
				     { .n = a->end },
				     { .text = range },
				     { .n = a->end - a->start },
				     { .n = a->pages },
				     { .n = a->physical },
				     { .n = a->flags },
				     { .text = caller } });
}

#define HEADING "   VMAP_AREA         VM_STRUCT                 ADDRESS RANGE                SIZE\n"

int kmem_area_at(struct inspect *c, uint64_t addr, struct json *json, bool separate,
		 struct error *e)
{
	_cleanup_vmalloc_areas_ struct vmalloc_areas areas = { 0 };
	const struct vmalloc_area *area;
	struct object_source source;
	struct symbols *symbols;
	struct table t;
	int err = inspect_symbols(c, &symbols, e);

	if (err == 0)
		err = inspect_source(c, &source, e);
	if (err == 0)
		err = vmalloc_areas(&source, symbols, &areas, e);
	if (err < 0)
		return err;
	area = vmalloc_area_at(&areas, addr);
	if (!area)
		return error_set(e, -ENOENT, "%" PRIx64 " is in no area of vmalloc's", addr);
	t = (struct table){ columns, ARRAY_SIZE(columns), c->out, json };
	if (!json)
		fprintf(c->out, "%s" HEADING, separate ? "\n" : "");
	print_area(c, &t, area);
	return 0;
}

int kmem_vmalloc(struct kmem *k, struct error *e)
{
	_cleanup_vmalloc_areas_ struct vmalloc_areas areas = { 0 };
	struct object_source source;
	struct inspect *c = k->c;
	struct symbols *symbols;
	struct inspect_rows r;
	uint64_t addr = 0;
	int err = inspect_symbols(c, &symbols, e);

	if (err == 0)
		err = inspect_source(c, &source, e);
	if (err == 0 && k->count > 0)
		err = inspect_address(c, k->words[0], &addr, e);
	if (err == 0)
		err = vmalloc_areas(&source, symbols, &areas, e);
	if (err < 0)
		return err;
	if (k->count > 0 && !vmalloc_area_at(&areas, addr))
		return error_set(e, -ENOENT, "%" PRIx64 " is in no area of vmalloc's", addr);
	if (!c->json)
		fputs(HEADING, c->out);
	inspect_rows_begin(c, &r, "kmem", "areas", columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < areas.count && !ferror(c->out); i++)
		if (k->count == 0 || &areas.list[i] == vmalloc_area_at(&areas, addr))
			print_area(c, &r.table, &areas.list[i]);
	if (areas.damage[0] && !c->json)
		fprintf(c->out, "(perhaps not all areas: %s)\n", areas.damage);
	r.damage = areas.damage[0] ? areas.damage : NULL;
	return inspect_rows_end(c, &r, e);
}
