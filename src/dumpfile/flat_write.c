/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/flat_write.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "dumpfile/flat.h"

struct flat_write {
	struct sink sink;
	struct sink *inner;
	pthread_mutex_t lock; /* of all below, and the order of the records */
	uint64_t position;    /* where append() goes on */
	int failed;	      /* a record may be half written: nothing can follow it */
	bool finished;
	int fd;	     /* of a file, cut back where a record fails; -1: what it is cannot be cut */
	bool sealed; /* streams of other writers are not */
	uint8_t seal[FLAT_SEAL_SIZE];
};

/* A record that failed is taken back, so that others can follow. Locked. */
static int take_back(struct flat_write *f, off_t start, int r)
{
	if (f->fd < 0 || start < 0 || ftruncate(f->fd, start) < 0 ||
	    lseek(f->fd, start, SEEK_SET) < 0)
		f->failed = r;
	return r;
}

static int record(struct flat_write *f, const void *data, size_t len, uint64_t offset,
		  struct error *e)
{
	uint8_t head[FLAT_RECORD_SIZE];
	off_t start;
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
	start = f->fd < 0 ? -1 : lseek(f->fd, 0, SEEK_CUR);
	r = sink_append(f->inner, head, sizeof(head), e);
	if (r == 0)
		r = sink_append(f->inner, data, len, e);
	return r < 0 ? take_back(f, start, r) : 0;
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

static int flat_finish(struct sink *flat, struct error *e)
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
		r = sink_append(f->inner, end, f->sealed ? sizeof(end) : FLAT_RECORD_SIZE, e);
	f->failed = r;
	if (r == 0 && !f->finished)
		r = sink_finish(f->inner, e);
	f->finished = r == 0;
	pthread_mutex_unlock(&f->lock);
	return r;
}

static const struct sink_ops flat_ops = {
	.write_at = flat_write_at,
	.append = flat_append,
	.finish = flat_finish,
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

static struct flat_write *flat_new(struct sink *inner, int fd, const uint8_t *seal)
{
	struct flat_write *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->sink = (struct sink){ .ops = &flat_ops, .name = inner->name, .seekable = true };
	f->inner = inner;
	f->fd = fd;
	f->sealed = seal != NULL;
	if (seal)
		memcpy(f->seal, seal, sizeof(f->seal));
	pthread_mutex_init(&f->lock, NULL);
	return f;
}

int flat_write_new(struct sink *inner, struct sink **ret, struct error *e)
{
	uint8_t header[FLAT_HEADER_SIZE] = FLAT_SIGNATURE, *seal = header + FLAT_SEAL_OFFSET;
	struct flat_write *f;
	int r;

	be64_put(header + 16, FLAT_TYPE);
	be64_put(header + 24, FLAT_VERSION);
	seal_make(seal);
	f = flat_new(inner, -1, seal);
	if (!f)
		return error_set(e, -ENOMEM, "%s: out of memory", inner->name);
	r = sink_append(inner, header, sizeof(header), e);
	if (r < 0) {
		pthread_mutex_destroy(&f->lock);
		free(f);
		return r;
	}
	*ret = &f->sink;
	return 0;
}

int flat_write_continue(struct sink *inner, int fd, const uint8_t *seal, struct sink **ret,
			struct error *e)
{
	struct flat_write *f = flat_new(inner, fd, seal);

	if (!f)
		return error_set(e, -ENOMEM, "%s: out of memory", inner->name);
	*ret = &f->sink;
	return 0;
}
