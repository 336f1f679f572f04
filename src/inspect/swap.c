/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/swap.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/vma.h"

/* include/linux/swap.h */
#define SWP_USED 1
#define SWP_WRITEOK 2

/* include/uapi/linux/stat.h */
#define S_IFMT 0170000
#define S_IFBLK 0060000

static void name_file(struct inspect *c, uint64_t file, char ret[SWAP_NAME_SIZE])
{
	char path[PATH_SIZE];

	vma_file_name(c, file, path);
	snprintf(ret, SWAP_NAME_SIZE, "%.*s", SWAP_NAME_SIZE - 1, path);
}

static bool read_device(struct inspect *c, const struct object_source *s, const struct object *o,
			uint32_t index, struct swap_device *ret)
{
	uint64_t flags = 0, mode = 0, priority = 0;
	struct object file;

	if (object_number(s, o, "flags", &flags, NULL) < 0 || !(flags & SWP_USED) ||
	    !(flags & SWP_WRITEOK))
		return false;
	*ret = (struct swap_device){ .addr = o->addr, .index = index };
	ret->pages = object_number_or_0(s, o, "pages");
	ret->used = object_number_or_0(s, o, "inuse_pages");
	/* its top bit says that the device is not in a list */
	ret->used &= UINT64_MAX >> 2;
	if (object_number(s, o, "prio", &priority, NULL) == 0)
		ret->priority = (int64_t)priority;
	if (object_follow(s, o, "swap_file->", &file, NULL) < 0)
		return true;
	(void)!object_number(s, &file, "f_inode->i_mode", &mode, NULL);
	ret->partition = (mode & S_IFMT) == S_IFBLK;
	name_file(c, file.addr, ret->name);
	return true;
}

int swap_each(struct inspect *c, int (*emit)(void *user, const struct swap_device *device),
	      void *user, struct error *e)
{
	struct object array, count_of, o;
	struct object_source source;
	struct swap_device device;
	uint64_t count = SWAP_DEVICES_MAX;
	int err = inspect_source(c, &source, e);

	if (err == 0)
		err = inspect_variable(c, "swap_info", 0, &array, e);
	if (err < 0)
		return err;
	if (inspect_variable(c, "nr_swapfiles", 0, &count_of, NULL) == 0)
		(void)!object_number(&source, &count_of, "", &count, NULL);
	for (uint32_t i = 0; i < MIN(count, (uint64_t)SWAP_DEVICES_MAX) && err == 0; i++) {
		if (!object_element(&array, i, &o) || object_pointee(&source, &o, &o, NULL) < 0 ||
		    !read_device(c, &source, &o, i, &device))
			continue;
		err = emit(user, &device);
	}
	return err;
}

struct printer {
	struct inspect *c;
	struct inspect_rows rows;
};

static int print_device(void *user, const struct swap_device *d)
{
	struct printer *p = user;
	const unsigned kib = dumpfile_info(kernel_dump(p->c->kernel))->page_size / 1024;
	const char *kind = d->partition ? "PARTITION" : "FILE";

	if (p->c->json) {
		table_row(&p->rows.table, (union cell[]){ { .n = d->addr },
							  { .text = kind },
							  { .n = d->pages * kib },
							  { .n = d->used * kib },
							  { .i = d->priority },
							  { .text = d->name } });
		return 0;
	}
	fprintf(p->c->out,
		"%016" PRIx64 "  %-9s %7" PRIu64 "k %9" PRIu64 "k %5" PRIu64 "%% %4" PRId64
		"  %s\n",
		d->addr, kind, d->pages * kib, d->used * kib,
		d->pages ? d->used * 100 / d->pages : 0, d->priority,
		d->name[0] ? d->name : "(unknown)");
	return 0;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	static const struct column columns[] = {
		{ "swap_info_struct", NULL, COLUMN_ADDRESS, 0 },
		{ "type", NULL, COLUMN_TEXT, 0 },
		{ "size_kib", NULL, COLUMN_UINT, 0 },
		{ "used_kib", NULL, COLUMN_UINT, 0 },
		{ "priority", NULL, COLUMN_INT, 0 },
		{ "file", NULL, COLUMN_TEXT, 0 },
	};
	struct printer p = { .c = c };
	int err, ended;

	if (argc > 1)
		return error_set(e, -EINVAL, "no arguments");
	if (!c->json)
		fputs("SWAP_INFO_STRUCT    TYPE       SIZE       USED     PCT  PRI  FILENAME\n",
		      c->out);
	inspect_rows_begin(c, &p.rows, "swap", "devices", columns, ARRAY_SIZE(columns));
	err = swap_each(c, print_device, &p, e);
	ended = inspect_rows_end(c, &p.rows, err < 0 ? NULL : e);
	return err < 0 ? err : ended;
}

const struct inspect_command inspect_swap = {
	.name = "swap",
	.usage = "",
	.summary = "the swap devices",
	.details = "",
	.run = run,
};
