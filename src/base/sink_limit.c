/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "base/sink_special.h"

struct sink_limit {
	struct sink sink;
	struct sink *inner;
	uint64_t limit;
	_Atomic uint64_t position; /* of append */
};

static int check(const struct sink_limit *l, size_t len, uint64_t offset, struct error *e)
{
	return range_inside(offset, len, l->limit)
		       ? 0
		       : error_set(e, -EFBIG, "%s: the limit of %llu bytes was reached",
				   l->sink.name, (unsigned long long)l->limit);
}

static int limit_write_at(struct sink *s, const void *data, size_t len, uint64_t offset,
			  struct error *e)
{
	struct sink_limit *l = (struct sink_limit *)s;
	int r = check(l, len, offset, e);

	return r < 0 ? r : sink_write_at(l->inner, data, len, offset, e);
}

static int limit_append(struct sink *s, const void *data, size_t len, struct error *e)
{
	struct sink_limit *l = (struct sink_limit *)s;
	int r = check(l, len, atomic_load(&l->position), e);

	if (r >= 0)
		r = sink_append(l->inner, data, len, e);
	if (r >= 0)
		atomic_fetch_add(&l->position, len);
	return r;
}

static int limit_finish(struct sink *s, struct error *e)
{
	return sink_finish(((struct sink_limit *)s)->inner, e);
}

static int limit_restart(struct sink *s, struct error *e)
{
	struct sink_limit *l = (struct sink_limit *)s;
	int r = sink_restart(l->inner, e);

	if (r >= 0)
		atomic_store(&l->position, 0);
	return r;
}

static int limit_sync(struct sink *s, struct error *e)
{
	return sink_sync(((struct sink_limit *)s)->inner, e);
}

static int limit_close(struct sink *s, struct error *e)
{
	int r = sink_close(((struct sink_limit *)s)->inner, e);

	free(s);
	return r;
}

/* No reserve: room beyond the limit must not be taken, and below it there is room enough. */
static const struct sink_ops limit_ops = {
	.write_at = limit_write_at,
	.append = limit_append,
	.finish = limit_finish,
	.restart = limit_restart,
	.sync = limit_sync,
	.close = limit_close,
};

int sink_limit_new(struct sink *inner, uint64_t limit, struct sink **ret, struct error *e)
{
	struct sink_limit *l = calloc(1, sizeof(*l));

	if (!l)
		return error_set(e, -ENOMEM, "%s: out of memory", inner->name);
	l->sink = (struct sink){
		.ops = &limit_ops,
		.name = inner->name,
		.seekable = inner->seekable,
	};
	l->inner = inner;
	l->limit = limit;
	*ret = &l->sink;
	return 0;
}
