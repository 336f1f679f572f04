/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/vmalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/search.h"
#include "kernel/fields.h"
#include "kernel/list.h"

#define NODES_MAX 1024

enum { AREA_START, AREA_END, AREA_VM, AREA_LIST, AREA_FIELDS };
enum { VM_ADDR, VM_SIZE, VM_FLAGS, VM_PAGES, VM_PHYSICAL, VM_CALLER, VM_FIELDS };

static const char *const area_paths[AREA_FIELDS] = {
	[AREA_START] = "va_start",
	[AREA_END] = "va_end",
	[AREA_VM] = "vm",
	[AREA_LIST] = "list.next",
};

static const char *const vm_paths[VM_FIELDS] = {
	[VM_ADDR] = "addr",	 [VM_SIZE] = "size",	      [VM_FLAGS] = "flags",
	[VM_PAGES] = "nr_pages", [VM_PHYSICAL] = "phys_addr", [VM_CALLER] = "?caller",
};

struct walk {
	struct kernel_reader *reader;
	struct fields area, vm;
	struct vmalloc_areas *ret;
	uint64_t last; /* the node that was met last on the way forward */
};

static void damage(struct vmalloc_areas *areas, const char *what)
{
	if (!areas->damage[0])
		snprintf(areas->damage, sizeof(areas->damage), "%s", what);
}

static int add_area(struct vmalloc_areas *areas, const struct vmalloc_area *area)
{
	if (areas->count == areas->room) {
		size_t room = areas->room ? 2 * areas->room : 256;
		struct vmalloc_area *list;

		if (areas->count >= VMALLOC_MAX)
			return -E2BIG;
		list = reallocarray(areas->list, room, sizeof(*list));
		if (!list)
			return -ENOMEM;
		areas->list = list;
		areas->room = room;
	}
	areas->list[areas->count++] = *area;
	return 0;
}

/* An area without a vm_struct is one of vm_map_ram(), which is of nobody's asking. */
static int take_area(void *user, uint64_t node)
{
	struct walk *w = user;
	struct vmalloc_area area = { .addr = node - w->area.member[AREA_LIST].offset };
	struct error why = { 0 };
	struct fields_of o, vm;
	int err = fields_read(&w->area, w->reader, area.addr, &o, &why);

	w->last = node;
	if (err < 0) {
		damage(w->ret, error_text(&why));
		return err;
	}
	area.start = fields_number(&o, AREA_START);
	area.end = fields_number(&o, AREA_END);
	area.vm = fields_number(&o, AREA_VM);
	if (!area.vm || area.end <= area.start)
		return 0;
	if (fields_read(&w->vm, w->reader, area.vm, &vm, NULL) == 0) {
		area.pages = fields_number(&vm, VM_PAGES);
		area.physical = fields_number(&vm, VM_PHYSICAL);
		area.caller = fields_number(&vm, VM_CALLER);
		area.flags = fields_number(&vm, VM_FLAGS);
	}
	return add_area(w->ret, &area);
}

/* From the other end: up to where the way forward ended, which is at once where the list is whole. */
static int take_from_behind(void *user, uint64_t node)
{
	struct walk *w = user;
	uint64_t last = w->last;
	int err;

	if (node == last)
		return 1;
	damage(w->ret, "backward the list is longer");
	err = take_area(user, node);
	w->last = last;
	return err;
}

static int walk_list(struct walk *w, uint64_t head)
{
	struct error why = { 0 };
	int err;

	w->last = 0;
	err = list_each(w->reader, head, 0, take_area, w, &why);
	if (err < 0 && err != -ENOMEM)
		damage(w->ret, error_text(&why));
	if (err != -ENOMEM)
		err = list_each(w->reader, head, 8, take_from_behind, w, NULL);
	return err == -ENOMEM ? err : 0;
}

/* vmap_nodes points to an array of nodes, each with the list of the areas in use. */
static int walk_nodes(const struct object_source *s, struct symbols *symbols, struct walk *w,
		      struct error *e)
{
	struct variable nodes, count_of;
	struct object node, array, head;
	uint64_t count = 1;
	int err = variable_find(s, symbols, "vmap_nodes", &nodes, e);

	if (err == 0)
		err = object_pointee(s, &nodes.object, &array, e);
	if (err < 0)
		return err;
	if (variable_find(s, symbols, "nr_vmap_nodes", &count_of, NULL) == 0)
		(void)!object_number(s, &count_of.object, "", &count, NULL);
	if (count == 0 || count > NODES_MAX)
		return error_set(e, -EINVAL, "nr_vmap_nodes: %" PRIu64 " makes no sense", count);
	for (uint64_t i = 0; i < count && err == 0; i++) {
		node = array;
		node.addr += i * object_size(&array);
		err = object_follow(s, &node, "busy.head", &head, e);
		if (err == 0)
			err = walk_list(w, head.addr);
	}
	return err;
}

static int compare_areas(const void *a, const void *b)
{
	const struct vmalloc_area *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* A damaged list gives an area more than once. */
static void drop_doubles(struct vmalloc_areas *areas)
{
	size_t kept = 0;

	for (size_t i = 0; i < areas->count; i++)
		if (kept == 0 || areas->list[i].addr != areas->list[kept - 1].addr)
			areas->list[kept++] = areas->list[i];
	areas->count = kept;
}

int vmalloc_areas(const struct object_source *s, struct symbols *symbols, struct vmalloc_areas *ret,
		  struct error *e)
{
	_cleanup_vmalloc_areas_ struct vmalloc_areas areas = { 0 };
	struct walk w = { .reader = s->reader, .ret = &areas };
	uint64_t head;
	int err = fields_resolve(s->types, "vmap_area", area_paths, AREA_FIELDS, &w.area, e);

	if (err == 0)
		err = fields_resolve(s->types, "vm_struct", vm_paths, VM_FIELDS, &w.vm, e);
	if (err < 0)
		return err;
	if (symbols_find(symbols, "vmap_area_list", &head))
		err = walk_list(&w, head);
	else
		err = walk_nodes(s, symbols, &w, e);
	if (err < 0)
		return err == -ENOMEM ? error_errno(e, err, "vmalloc areas") : err;
	if (areas.count > 1)
		qsort(areas.list, areas.count, sizeof(*areas.list), compare_areas);
	drop_doubles(&areas);
	*ret = areas;
	areas = (struct vmalloc_areas){ 0 };
	return 0;
}

void vmalloc_areas_done(struct vmalloc_areas *areas)
{
	free(areas->list);
	*areas = (struct vmalloc_areas){ 0 };
}

const struct vmalloc_area *vmalloc_area_at(const struct vmalloc_areas *areas, uint64_t addr)
{
	size_t above = search_first(i, areas->count, areas->list[i].start > addr);

	return above && addr < areas->list[above - 1].end ? &areas->list[above - 1] : NULL;
}
