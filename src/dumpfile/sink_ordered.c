/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/sink_ordered.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* What is lost at most when the power goes, and how often the disk is waited for. */
#define WAITING_MAX KIB(256)
#define DATA_MAX MIB(64)

/* In front of each piece that waits. */
struct waiting {
	uint64_t offset, len;
};

struct sink_ordered {
	struct sink sink;
	struct sink *inner;
	uint64_t start, end;
	pthread_mutex_t lock; /* of what follows */
	struct buf table;
	uint64_t data; /* bytes since the last sync */
};

/* The data first, then the table. Locked. */
static int flush(struct sink_ordered *o, struct error *e)
{
	int r = sink_sync(o->inner, e);

	for (size_t at = 0; r >= 0 && at < o->table.len;) {
		struct waiting w;

		memcpy(&w, o->table.data + at, sizeof(w));
		at += sizeof(w);
		r = sink_write_at(o->inner, o->table.data + at, w.len, w.offset, e);
		at += w.len;
	}
	if (r >= 0) {
		o->table.len = 0;
		o->data = 0;
	}
	return r;
}

static int keep(struct sink_ordered *o, const void *data, size_t len, uint64_t offset,
		struct error *e)
{
	struct waiting w = { offset, len };
	size_t before = o->table.len;
	int r = buf_append(&o->table, &w, sizeof(w));

	if (r >= 0)
		r = buf_append(&o->table, data, len);
	if (r < 0) {
		o->table.len = before;
		return error_errno(e, r, "%s", o->sink.name);
	}
	return 0;
}

static int ordered_write_at(struct sink *s, const void *data, size_t len, uint64_t offset,
			    struct error *e)
{
	struct sink_ordered *o = (struct sink_ordered *)s;
	bool in_table = offset >= o->start && offset < o->end;
	/* Data has its own place: only the counts are shared. */
	int r = in_table ? 0 : sink_write_at(o->inner, data, len, offset, e);

	if (r < 0)
		return r;
	pthread_mutex_lock(&o->lock);
	if (in_table)
		r = keep(o, data, len, offset, e);
	else
		o->data += len;
	if (r >= 0 && (o->table.len > WAITING_MAX || o->data > DATA_MAX))
		r = flush(o, e);
	pthread_mutex_unlock(&o->lock);
	return r;
}

static int ordered_sync(struct sink *s, struct error *e)
{
	struct sink_ordered *o = (struct sink_ordered *)s;
	int r;

	pthread_mutex_lock(&o->lock);
	r = flush(o, e);
	pthread_mutex_unlock(&o->lock);
	return r < 0 ? r : sink_sync(o->inner, e);
}

static int ordered_close(struct sink *s, struct error *e)
{
	struct sink_ordered *o = (struct sink_ordered *)s;

	pthread_mutex_destroy(&o->lock);
	buf_done(&o->table);
	free(o);
	return 0;
}

static const struct sink_ops ordered_ops = {
	.write_at = ordered_write_at,
	.sync = ordered_sync,
	.close = ordered_close,
};

int sink_ordered_new(struct sink *inner, uint64_t start, uint64_t end, struct sink **ret,
		     struct error *e)
{
	struct sink_ordered *o = calloc(1, sizeof(*o));

	if (!o)
		return error_set(e, -ENOMEM, "%s: out of memory", inner->name);
	o->sink = (struct sink){ .ops = &ordered_ops, .name = inner->name, .seekable = true };
	o->inner = inner;
	o->start = start;
	o->end = end;
	pthread_mutex_init(&o->lock, NULL);
	*ret = &o->sink;
	return 0;
}
