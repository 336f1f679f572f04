/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/mapped.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "kernel/fields.h"
#include "kernel/list.h"
#include "kernel/maple.h"

enum { VMA_START, VMA_END, VMA_FLAGS, VMA_OFFSET, VMA_FILE, VMA_NEXT, VMA_FIELDS };

struct walk {
	struct inspect *c;
	struct paths *paths;
	struct fields fields;
	int (*emit)(void *user, const struct mapped_area *area);
	void *user;
	unsigned told;
	struct error damage; /* the first area that could not be read */
};

static int tell(struct walk *w, uint64_t addr)
{
	struct mapped_area area = { .addr = addr };
	struct fields_of o;

	if (w->told++ == MAPPED_MAX)
		return -E2BIG;
	if (fields_read(&w->fields, w->c->reader, addr, &o, w->damage.code ? NULL : &w->damage) < 0)
		return 0;
	area.start = fields_number(&o, VMA_START);
	area.end = fields_number(&o, VMA_END);
	area.flags = fields_number(&o, VMA_FLAGS);
	area.offset = fields_number(&o, VMA_OFFSET);
	area.file.addr = fields_number(&o, VMA_FILE);
	if (area.file.addr && w->paths)
		(void)path_read_file(w->paths, area.file.addr, &area.file);
	return w->emit(w->user, &area);
}

static int tell_entry(void *user, const struct tree_entry *entry)
{
	return tell(user, entry->value);
}

static int tell_node(void *user, uint64_t node)
{
	return tell(user, node);
}

int mapped_each(struct inspect *c, struct paths *paths, uint64_t mm,
		int (*emit)(void *user, const struct mapped_area *area), void *user,
		struct error *e)
{
	static const char *const names[VMA_FIELDS] = {
		[VMA_START] = "vm_start",  [VMA_END] = "vm_end",   [VMA_FLAGS] = "vm_flags|flags",
		[VMA_OFFSET] = "vm_pgoff", [VMA_FILE] = "vm_file", [VMA_NEXT] = "?vm_next",
	};
	struct walk w = { .c = c, .paths = paths, .emit = emit, .user = user };
	struct object_source source;
	struct object o, areas;
	int err = inspect_source(c, &source, e);

	if (err == 0)
		err = fields_resolve(source.types, "vm_area_struct", names, VMA_FIELDS, &w.fields,
				     e);
	if (err == 0)
		err = object_at(&source, "mm_struct", mm, &o, e);
	if (err < 0)
		return err;
	if (object_has(&o, "mm_mt")) {
		err = object_follow(&source, &o, "mm_mt", &areas, e);
		if (err == 0)
			err = maple_each(&source, areas.addr, tell_entry, &w, e);
	} else {
		/* mmap is where a node's vm_next is: the walk begins there */
		err = object_follow(&source, &o, "mmap", &areas, e);
		if (err == 0)
			err = list_each(c->reader, areas.addr - w.fields.member[VMA_NEXT].offset,
					w.fields.member[VMA_NEXT].offset, tell_node, &w, e);
	}
	if (err == 0 && w.damage.code)
		err = error_set(e, w.damage.code, "%s", error_text(&w.damage));
	return err;
}

/* include/linux/mm.h. Bit 11 was DENYWRITE until 5.14, bit 41 and others depend on the configuration: they are numbers here. */
static const struct {
	unsigned bit;
	const char *name;
} flag_names[] = {
	{ 0, "READ" },	      { 1, "WRITE" },	     { 2, "EXEC" },	    { 3, "SHARED" },
	{ 4, "MAYREAD" },     { 5, "MAYWRITE" },     { 6, "MAYEXEC" },	    { 7, "MAYSHARE" },
	{ 8, "GROWSDOWN" },   { 9, "UFFD_MISSING" }, { 10, "PFNMAP" },	    { 12, "UFFD_WP" },
	{ 13, "LOCKED" },     { 14, "IO" },	     { 15, "SEQ_READ" },    { 16, "RAND_READ" },
	{ 17, "DONTCOPY" },   { 18, "DONTEXPAND" },  { 19, "LOCKONFAULT" }, { 20, "ACCOUNT" },
	{ 21, "NORESERVE" },  { 22, "HUGETLB" },     { 23, "SYNC" },	    { 24, "ARCH_1" },
	{ 25, "WIPEONFORK" }, { 26, "DONTDUMP" },    { 27, "SOFTDIRTY" },   { 28, "MIXEDMAP" },
	{ 29, "HUGEPAGE" },   { 30, "NOHUGEPAGE" },  { 31, "MERGEABLE" },
};

void mapped_flags(uint64_t flags, char ret[MAPPED_FLAGS_SIZE])
{
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(flag_names); i++) {
		uint64_t bit = UINT64_C(1) << flag_names[i].bit;

		if (!(flags & bit) || len >= MAPPED_FLAGS_SIZE)
			continue;
		flags &= ~bit;
		len += snprintf(ret + len, MAPPED_FLAGS_SIZE - len, "%s%s", len ? "|" : "",
				flag_names[i].name);
	}
	if (flags && len < MAPPED_FLAGS_SIZE)
		snprintf(ret + len, MAPPED_FLAGS_SIZE - len, "%s0x%" PRIx64, len ? "|" : "", flags);
}
