/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/list.h"

#include <errno.h>
#include <inttypes.h>

#include "base/bytes.h"

static int read_pointer(struct kernel_reader *r, uint64_t addr, uint64_t *ret, struct error *e)
{
	uint8_t bytes[8];
	int err = kernel_read(r, addr, bytes, sizeof(bytes), NULL);

	if (err < 0)
		return kernel_read_error(addr, err, e);
	*ret = le64_get(bytes);
	return 0;
}

/* `mark` is a node passed before, renewed at growing distances: a circle comes back to it. */
int list_each(struct kernel_reader *r, uint64_t head, uint64_t next, list_emit emit, void *user,
	      struct error *e)
{
	uint64_t node = head, mark = 0;

	for (unsigned n = 0, renew = 1; n < LIST_LIMIT; n++) {
		int err = read_pointer(r, node + next, &node, e);

		if (err < 0)
			return error_prefix(e, err, "the list is cut");
		if (node == head || node == 0)
			return 0;
		if (node == mark)
			return error_set(e, -ELOOP, "the list runs in a circle at %" PRIx64, node);
		if (n == renew) {
			mark = node;
			renew *= 2;
		}
		err = emit(user, node);
		if (err != 0)
			return err;
	}
	return error_set(e, -E2BIG, "the list has no end");
}
