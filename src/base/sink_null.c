/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "base/sink_special.h"

static int null_write_at(struct sink *s, const void *data, size_t len, uint64_t offset,
			 struct error *e)
{
	return 0;
}

static int null_append(struct sink *s, const void *data, size_t len, struct error *e)
{
	return 0;
}

static int null_sync(struct sink *s, struct error *e)
{
	return 0;
}

static int null_close(struct sink *s, struct error *e)
{
	free(s);
	return 0;
}

static const struct sink_ops null_ops = {
	.write_at = null_write_at,
	.append = null_append,
	.sync = null_sync,
	.close = null_close,
};

int sink_null_new(const char *name, struct sink **ret, struct error *e)
{
	struct sink *s = calloc(1, sizeof(*s));

	if (!s)
		return error_set(e, -ENOMEM, "out of memory");
	*s = (struct sink){ .ops = &null_ops, .name = name, .seekable = true };
	*ret = s;
	return 0;
}
