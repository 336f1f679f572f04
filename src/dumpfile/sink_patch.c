/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/sink_patch.h"

#include <string.h>

/* What a disk writes as a whole. */
#define BLOCK KIB(4)

/* Are the n bytes at offset those that are there, but for what does not matter? */
static bool is_same(const struct sink_patch *p, const uint8_t *data, const uint8_t *there, size_t n,
		    uint64_t offset)
{
	if (memcmp(data, there, n) == 0)
		return true;
	for (size_t i = 0; i < n; i++) {
		uint64_t at = offset + i;

		if (data[i] != there[i] && (at < p->ignore || at - p->ignore >= p->count))
			return false;
	}
	return true;
}

/* At most one block. */
static int put(struct sink_patch *p, const uint8_t *data, size_t n, uint64_t offset,
	       struct error *e)
{
	uint64_t size = p->there->size;
	size_t has = offset < size ? (size_t)MIN(size - offset, (uint64_t)n) : 0;
	uint8_t there[BLOCK];
	int r = has ? source_read(p->there, there, has, offset) : 0;

	if (r < 0)
		return error_errno(e, r, "%s: read at offset %#llx", p->sink.name,
				   (unsigned long long)offset);
	p->missing += n - has;
	if (!is_same(p, data, there, has, offset))
		p->differing += has;
	else if (has == n)
		return 0;
	return p->inner ? sink_write_at(p->inner, data, n, offset, e) : 0;
}

static int patch_write_at(struct sink *s, const void *data, size_t len, uint64_t offset,
			  struct error *e)
{
	struct sink_patch *p = (struct sink_patch *)s;
	const uint8_t *from = data;
	int r = 0;

	while (len && r >= 0) {
		size_t n = (size_t)MIN((uint64_t)len, BLOCK - offset % BLOCK);

		r = put(p, from, n, offset, e);
		from += n;
		offset += n;
		len -= n;
	}
	return r;
}

static int patch_sync(struct sink *s, struct error *e)
{
	struct sink_patch *p = (struct sink_patch *)s;

	return p->inner ? sink_sync(p->inner, e) : 0;
}

static int patch_close(struct sink *s, struct error *e)
{
	return 0;
}

static const struct sink_ops patch_ops = {
	.write_at = patch_write_at,
	.sync = patch_sync,
	.close = patch_close,
};

struct sink *sink_patch_init(struct sink_patch *p, const struct source *there, struct sink *inner)
{
	*p = (struct sink_patch){
		.sink = { .ops = &patch_ops,
			  .name = inner ? inner->name : "comparison",
			  .seekable = true },
		.there = there,
		.inner = inner,
	};
	return &p->sink;
}
