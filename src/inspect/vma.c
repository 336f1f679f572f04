/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/vma.h"

#include <errno.h>
#include <inttypes.h>

#include "kernel/list.h"
#include "kernel/maple.h"

struct search {
	const struct object_source *source;
	uint64_t vaddr;
	struct vma *ret;
};

static int try_vma(struct search *s, uint64_t addr)
{
	struct object o;
	struct vma v = { .addr = addr };

	if (object_at(s->source, "vm_area_struct", addr, &o, NULL) < 0 ||
	    object_number(s->source, &o, "vm_start", &v.start, NULL) < 0 ||
	    object_number(s->source, &o, "vm_end", &v.end, NULL) < 0 || s->vaddr < v.start ||
	    s->vaddr >= v.end)
		return 0;
	v.flags = object_number_or_0(s->source, &o, "vm_flags");
	v.page = object_number_or_0(s->source, &o, "vm_pgoff");
	v.file = object_number_or_0(s->source, &o, "vm_file");
	*s->ret = v;
	return 1;
}

static int take_entry(void *user, const struct tree_entry *entry)
{
	struct search *s = user;

	if (s->vaddr < entry->first || s->vaddr > entry->last)
		return 0;
	return try_vma(s, entry->value);
}

static int take_node(void *user, uint64_t node)
{
	return try_vma(user, node);
}

/* Until 6.0 areas are a chain; since then a maple tree. */
int vma_at(struct inspect *c, uint64_t mm, uint64_t vaddr, struct vma *ret, struct error *e)
{
	struct object_source source;
	struct object o, tree;
	struct search s = { &source, vaddr, ret };
	struct type_member next;
	uint64_t first;
	int err = inspect_source(c, &source, e);

	if (err == 0)
		err = object_at(&source, "mm_struct", mm, &o, e);
	if (err < 0)
		return err;
	if (object_follow(&source, &o, "mm_mt", &tree, NULL) == 0) {
		err = maple_each(&source, tree.addr, take_entry, &s, e);
	} else if (object_number(&source, &o, "mmap", &first, NULL) == 0 &&
		   types_member(source.types, "vm_area_struct.vm_next", &next)) {
		err = first ? try_vma(&s, first) : 0;
		if (err == 0 && first)
			err = list_each(c->reader, first, next.offset, take_node, &s, e);
	}
	if (err < 0)
		return err;
	if (err == 0)
		return error_set(e, -ENOENT, "%" PRIx64 " is in no area of that process", vaddr);
	return 0;
}

void vma_file_name(struct inspect *c, uint64_t file, char ret[PATH_SIZE])
{
	_cleanup_(paths_freep) struct paths *paths = NULL;
	struct path_file opened;

	ret[0] = '\0';
	if (paths_open(c, &paths, NULL) == 0 && path_read_file(paths, file, &opened))
		path_of(paths, opened.dentry, opened.mnt, ret);
}
