/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/flat_write.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "dumpfile/flat.h"

struct flat_write {
	struct sink sink;
	struct sink *inner;
	pthread_mutex_t lock; /* of all below, and the order of the records */
	uint64_t position;    /* where append() goes on */
	int failed;	      /* a record may be half written: nothing can follow it */
	bool finished;
	uint8_t seal[FLAT_SEAL_SIZE];
};

static int record(struct flat_write *f, const void *data, size_t len, uint64_t offset,
		  struct error *e)
{
	uint8_t head[FLAT_RECORD_SIZE];
	int r;

	if (!len)
		return 0;
	if (offset > INT64_MAX || len > INT64_MAX - offset)
		return error_set(e, -EFBIG, "%s: offset %#llx is out of reach", f->sink.name,
				 (unsigned long long)offset);
	if (f->finished)
		return error_set(e, -EBADF, "%s: the stream is finished", f->sink.name);
	if (f->failed)
		return error_set(e, f->failed, "%s: an earlier write failed", f->sink.name);
	be64_put(head, offset);
	be64_put(head + 8, len);
	r = sink_append(f->inner, head, sizeof(head), e);
	if (r == 0)
		r = sink_append(f->inner, data, len, e);
	f->failed = r;
	return r;
}

static int flat_write_at(struct sink *s, const void *data, size_t len, uint64_t offset,
			 struct error *e)
{
	struct flat_write *f = (struct flat_write *)s;
	int r;

	pthread_mutex_lock(&f->lock);
	r = record(f, data, len, offset, e);
	pthread_mutex_unlock(&f->lock);
	return r;
}

static int flat_append(struct sink *s, const void *data, size_t len, struct error *e)
{
	struct flat_write *f = (struct flat_write *)s;
	int r;

	pthread_mutex_lock(&f->lock);
	r = record(f, data, len, f->position, e);
	if (r == 0)
		f->position += len;
	pthread_mutex_unlock(&f->lock);
	return r;
}

static int flat_sync(struct sink *s, struct error *e)
{
	struct flat_write *f = (struct flat_write *)s;
	int r;

	pthread_mutex_lock(&f->lock);
	r = sink_sync(f->inner, e);
	pthread_mutex_unlock(&f->lock);
	return r;
}

static int flat_close(struct sink *s, struct error *e)
{
	struct flat_write *f = (struct flat_write *)s;
	int r = sink_close(f->inner, e);

	pthread_mutex_destroy(&f->lock);
	free(f);
	return r;
}

static const struct sink_ops flat_ops = {
	.write_at = flat_write_at,
	.append = flat_append,
	.sync = flat_sync,
	.close = flat_close,
};

/* Unlike any earlier stream's; nobody guesses it, so the clock will do where the kernel has no entropy yet. */
static void seal_make(uint8_t seal[FLAT_SEAL_SIZE])
{
	size_t magic = strlen(FLAT_SEAL_MAGIC);
	uint64_t id;

	if (getrandom(&id, sizeof(id), GRND_NONBLOCK) != sizeof(id)) {
		struct timespec t;

		clock_gettime(CLOCK_REALTIME, &t);
		id = (uint64_t)t.tv_sec << 30 ^ (uint64_t)t.tv_nsec;
	}
	memcpy(seal, FLAT_SEAL_MAGIC, magic);
	memcpy(seal + magic, &id, sizeof(id));
}

int flat_write_new(struct sink *inner, struct sink **ret, struct error *e)
{
	struct flat_write *f = calloc(1, sizeof(*f));
	uint8_t header[FLAT_HEADER_SIZE] = FLAT_SIGNATURE;
	int r;

	if (!f)
		return error_set(e, -ENOMEM, "%s: out of memory", inner->name);
	f->sink = (struct sink){ .ops = &flat_ops, .name = inner->name, .seekable = true };
	f->inner = inner;
	seal_make(f->seal);
	be64_put(header + 16, FLAT_TYPE);
	be64_put(header + 24, FLAT_VERSION);
	memcpy(header + FLAT_SEAL_OFFSET, f->seal, sizeof(f->seal));
	r = sink_append(inner, header, sizeof(header), e);
	if (r < 0) {
		free(f);
		return r;
	}
	pthread_mutex_init(&f->lock, NULL);
	*ret = &f->sink;
	return 0;
}

int flat_write_finish(struct sink *flat, struct error *e)
{
	struct flat_write *f = (struct flat_write *)flat;
	uint8_t end[FLAT_RECORD_SIZE + FLAT_SEAL_SIZE];
	int r;

	memset(end, 0xff, FLAT_RECORD_SIZE);
	memcpy(end + FLAT_RECORD_SIZE, f->seal, sizeof(f->seal));
	pthread_mutex_lock(&f->lock);
	if (f->failed)
		r = error_set(e, f->failed, "%s: an earlier write failed", f->sink.name);
	else if (f->finished)
		r = 0;
	else
		r = sink_append(f->inner, end, sizeof(end), e);
	f->failed = r;
	f->finished = r == 0;
	pthread_mutex_unlock(&f->lock);
	return r;
}
