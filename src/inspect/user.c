/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/user.h"

#include <errno.h>
#include <inttypes.h>

int user_root(struct inspect *c, uint64_t mm, uint64_t *ret, struct error *e)
{
	struct object_source source;
	uint64_t pgd, left;
	struct object o;
	int err = inspect_source(c, &source, e);

	if (err == 0)
		err = object_at(&source, "mm_struct", mm, &o, e);
	if (err == 0)
		err = object_number(&source, &o, "pgd", &pgd, e);
	return err < 0 ? err : kernel_translate(c->reader, pgd, ret, &left, e);
}

int user_mapping(struct inspect *c, uint64_t mm, uint64_t vaddr, struct kernel_mapping *ret,
		 struct error *e)
{
	uint64_t root;
	int err;

	*ret = (struct kernel_mapping){ 0 };
	err = user_root(c, mm, &root, e);
	return err < 0 ? err : kernel_mapping(c->reader, root, vaddr, ret, e);
}

static int read_error(uint64_t vaddr, int err, struct error *e)
{
	if (err == -ENODATA)
		return error_set(e, err, "%" PRIx64 ": page excluded", vaddr);
	return error_errno(e, err, "%" PRIx64, vaddr);
}

int user_read(struct inspect *c, uint64_t mm, uint64_t vaddr, void *buf, size_t len,
	      struct error *e)
{
	struct dump_reader *reader = kernel_reader_dump(c->reader);
	uint64_t root;
	int err = user_root(c, mm, &root, e);

	if (err < 0)
		return err;
	for (size_t done = 0; done < len;) {
		struct kernel_mapping m;
		uint64_t at = vaddr + done, left;

		err = kernel_mapping(c->reader, root, at, &m, e);
		if (err < 0)
			return err;
		left = MIN(m.size - (at - m.vaddr), (uint64_t)(len - done));
		err = dump_read(reader, m.paddr + (at - m.vaddr), (char *)buf + done, left, NULL);
		if (err < 0)
			return read_error(at, err, e);
		done += left;
	}
	return 0;
}
