/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmem ADDRESS: everything that is known of an address. */
#include "inspect/kmem_find.h"

#include <errno.h>
#include <inttypes.h>

#include "inspect/choose.h"

/* One thing that an address may be. Returns whether it is: text, or members of the JSON object. */
struct finder {
	struct kmem *k;
	struct inspect *c;
	struct json *json; /* NULL: text */
	const char *word;
	uint64_t addr;	 /* virtual; meaningless where there is none */
	bool is_virtual; /* mapped by the kernel */
	bool has_pfn;
	uint64_t pfn;
	unsigned found;
};

/* An empty line between two parts of the text. */
static void separate(struct finder *f)
{
	if (f->found++ > 0 && !f->json)
		fputc('\n', f->c->out);
}

static void find_symbol(struct finder *f)
{
	struct symbol sym;

	if (!inspect_symbol_at(f->c, f->addr, &sym))
		return;
	separate(f);
	if (f->json) {
		json_put_string(f->json, "symbol", sym.name);
		json_put_uint(f->json, "offset", f->addr - sym.addr);
		json_put_string(f->json, "module", sym.module ? sym.module->name : NULL);
		return;
	}
	fprintf(f->c->out, "%" PRIx64 " (%c) %s", f->addr, sym.type, sym.name);
	if (f->addr != sym.addr)
		fprintf(f->c->out, "+%" PRIu64, f->addr - sym.addr);
	if (sym.module)
		fprintf(f->c->out, " [%s]", sym.module->name);
	fputc('\n', f->c->out);
}

static void find_slab(struct finder *f)
{
	struct slab_object o;
	struct slabs *slabs;

	if (inspect_slabs(f->c, &slabs, NULL) < 0 || slab_of(slabs, f->addr, &o, NULL) < 0)
		return;
	separate(f);
	if (f->json) {
		json_name(f->json, "slab");
		kmem_json_object(f->json, &o);
		return;
	}
	kmem_print_object(f->c, slabs, &o);
}

static const struct task *owner(struct finder *f)
{
	const struct stacks *stacks;
	struct tasks *tasks;
	const struct task *list;
	struct types *types;
	uint64_t size = 0, thread = 0;
	size_t n;

	if (inspect_tasks(f->c, &tasks, NULL) < 0)
		return NULL;
	if (inspect_types(f->c, &types, NULL) == 0)
		(void)types_size(types, "task_struct", &size);
	if (inspect_stacks(f->c, &stacks, NULL) == 0)
		thread = stacks_thread_size(stacks);
	n = tasks_list(tasks, &list);
	for (size_t i = 0; i < n; i++)
		if (f->addr - list[i].addr < size ||
		    (list[i].stack && f->addr - list[i].stack < thread))
			return &list[i];
	return NULL;
}

static void find_task(struct finder *f)
{
	const struct task *task = owner(f);

	if (!task)
		return;
	separate(f);
	if (f->json)
		json_name(f->json, "task");
	show_task_context(f->c, f->json, task);
}

static void find_area(struct finder *f)
{
	struct error none = { 0 };

	if (f->json)
		json_put_array(f->json, "vmalloc");
	if (kmem_area_at(f->c, f->addr, f->json, f->found > 0, &none) == 0)
		f->found++;
	if (f->json)
		json_array_end(f->json);
}

static void find_free(struct finder *f)
{
	struct page_info block;
	struct pages *pages;
	unsigned order;

	if (inspect_pages(f->c, &pages, NULL) < 0 ||
	    !page_free_block(pages, f->pfn, &block, &order))
		return;
	separate(f);
	(void)!kmem_free_at(f->c, f->pfn, f->word, f->json, NULL);
}

static void find_page(struct finder *f)
{
	struct pages *pages;
	uint64_t addr;

	if (inspect_pages(f->c, &pages, NULL) < 0 || !pages_at(pages, f->pfn, &addr))
		return;
	separate(f);
	if (f->json)
		json_put_array(f->json, "page");
	(void)!kmem_page_at(f->c, f->pfn, f->json, NULL);
	if (f->json)
		json_array_end(f->json);
}

static int locate(struct finder *f, struct error *e)
{
	struct pages *pages;
	uint64_t paddr, rest;
	int err = inspect_address(f->c, f->word, &f->addr, e);

	if (err < 0)
		return err;
	if (!f->k->physical && inspect_pages(f->c, &pages, NULL) == 0 &&
	    pages_pfn(pages, f->addr, &f->pfn)) {
		f->has_pfn = true;
		return 0;
	}
	f->is_virtual = !f->k->physical &&
			kernel_translate(f->c->reader, f->addr, &paddr, &rest, NULL) == 0;
	f->has_pfn = kmem_pfn(f->k, f->word, &f->pfn, NULL) == 0;
	if (f->is_virtual || !f->has_pfn || inspect_pages(f->c, &pages, NULL) < 0 ||
	    !pages_virtual(pages, f->pfn, &rest))
		return 0;
	/* of a physical address what the kernel has at its own mapping of it */
	f->addr = rest + (f->addr & ((UINT64_C(1) << pages_shift(pages)) - 1));
	f->is_virtual = true;
	return 0;
}

int kmem_address(struct kmem *k, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct finder f = { .k = k, .c = k->c, .word = k->words[0] };
	struct json j;
	int err = locate(&f, e);

	if (err < 0)
		return err;
	if (k->c->json) {
		f.json = &j;
		inspect_json_begin(k->c, &j, &buf, "kmem");
		json_put_hex(&j, "address", f.addr);
	}
	if (f.is_virtual) {
		find_symbol(&f);
		find_slab(&f);
		find_task(&f);
		find_area(&f);
	}
	if (f.has_pfn) {
		find_free(&f);
		find_page(&f);
	}
	if (k->c->json)
		return inspect_json_end(k->c, &j, e);
	if (f.found == 0)
		return error_set(e, -ENOENT, "%s: address not found", f.word);
	return 0;
}
