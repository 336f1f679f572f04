/* SPDX-License-Identifier: GPL-2.0-or-later */
/* files -p: the pages of an inode that are in memory. */
#include <errno.h>
#include <inttypes.h>

#include "inspect/files.h"
#include "inspect/kmem.h"
#include "inspect/pageflags.h"
#include "kernel/xarray.h"

struct walk {
	struct inspect *c;
	struct json *json;
	struct pages *pages;
	struct pageflags flags;
	struct xarray_layout layout;
};

/* Entries that are numbers stand for pages that were evicted. A large folio comes once, as its first page. */
static int show_page(void *user, const struct tree_entry *entry)
{
	struct walk *w = user;
	struct page_info info;
	uint64_t number;

	if (!xarray_value(&w->layout, entry->value, &number) &&
	    page_read(w->pages, entry->value, &info, NULL) == 0)
		kmem_print_page(w->c, w->json, &w->flags, &info, pages_shift(w->pages));
	return 0;
}

static int walk_pages(struct walk *w, const struct path_inode *inode, struct error *e)
{
	struct object_source source;
	struct object mapping, tree;
	int err = inspect_source(w->c, &source, e);

	if (err == 0)
		err = xarray_layout(source.types, &w->layout, e);
	if (err == 0)
		err = object_at(&source, "address_space", inode->mapping, &mapping, e);
	if (err == 0)
		err = object_follow(&source, &mapping, "i_pages|page_tree", &tree, e);
	return err < 0 ? err : xarray_each(&source, tree.addr, show_page, w, e);
}

int files_show_pages(struct inspect *c, struct paths *paths, const char *word, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct walk w = { .c = c };
	struct path_inode inode;
	struct json j;
	uint64_t addr;
	int err, ended;

	if (!inspect_hex(word, &addr))
		return error_set(e, -EINVAL, "%s is no address of an inode", word);
	if (!path_read_inode(paths, addr, &inode))
		return error_set(e, -ENOENT, "no inode can be read at %s", word);
	err = inspect_pages(c, &w.pages, e);
	if (err == 0)
		err = pageflags_read(c, &w.flags, e);
	if (err < 0)
		return err;
	if (!c->json) {
		fprintf(c->out, "     INODE        NRPAGES\n%016" PRIx64 " %8" PRIu64 "\n\n", addr,
			inode.pages);
		if (inode.pages)
			fputs(KMEM_PAGE_HEADING, c->out);
		return walk_pages(&w, &inode, e);
	}
	w.json = &j;
	inspect_json_begin(c, &j, &buf, "files");
	json_put_hex(&j, "inode", addr);
	json_put_uint(&j, "pages", inode.pages);
	json_put_array(&j, "in_memory");
	err = walk_pages(&w, &inode, e);
	json_array_end(&j);
	ended = inspect_json_end(c, &j, e);
	return err < 0 ? err : ended;
}
