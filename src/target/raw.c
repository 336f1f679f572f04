/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A block device that holds one flattened dump from its first byte on, as kdump's `raw` does with dd: what
 * `makedumpfile -R < DEVICE` restores. What follows the stream's end mark is left as it was.
 *
 * O_EXCL: the kernel refuses a device that is mounted or otherwise claimed. O_DIRECT: the dump does not pass through
 * the page cache of a kernel that has little memory.
 */
#include "target/target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "base/io.h"
#include "target/device.h"

/* A multiple of every device's block size. */
#define CHUNK ((size_t)256 << 10)

/* The last write is rounded up to this: at least the logical block size of any disk. */
#define BLOCK 4096

struct raw_target {
	struct target target;
	int fd;
	uint64_t size;
};

struct raw_sink {
	struct sink sink;
	const struct raw_target *raw; /* borrowed */
	char *chunk;		      /* mapped, so page aligned */
	size_t filled;
	uint64_t offset; /* of the chunk on the device */
};

static int raw_write_chunk(struct raw_sink *s, size_t len, struct error *e)
{
	int r;

	if (!range_inside(s->offset, len, s->raw->size))
		return error_set(e, -ENOSPC, "%s: the dump does not fit in %llu MiB", s->sink.name,
				 (unsigned long long)(s->raw->size >> 20));
	r = pwrite_all(s->raw->fd, s->chunk, len, s->offset);
	return r < 0 ? error_errno(e, r, "%s: write at offset %llu", s->sink.name,
				   (unsigned long long)s->offset)
		     : 0;
}

static int raw_append(struct sink *sink, const void *data, size_t len, struct error *e)
{
	struct raw_sink *s = (struct raw_sink *)sink;
	const char *p = data;

	while (len > 0) {
		size_t n = MIN(len, CHUNK - s->filled);

		memcpy(s->chunk + s->filled, p, n);
		s->filled += n;
		p += n;
		len -= n;
		if (s->filled == CHUNK) {
			int r = raw_write_chunk(s, CHUNK, e);

			if (r < 0)
				return r;
			s->offset += CHUNK;
			s->filled = 0;
		}
	}
	return 0;
}

/* The started chunk is written as it is, padded with zeros; it stays in memory to be written again when it is full. */
static int raw_sync(struct sink *sink, struct error *e)
{
	struct raw_sink *s = (struct raw_sink *)sink;
	size_t len = align_up(s->filled, BLOCK);
	int r;

	memset(s->chunk + s->filled, 0, len - s->filled);
	r = len ? raw_write_chunk(s, len, e) : 0;
	if (r == 0 && fsync(s->raw->fd) < 0)
		r = error_errno(e, -errno, "%s: sync", s->sink.name);
	return r;
}

static int raw_sink_close(struct sink *sink, struct error *e)
{
	struct raw_sink *s = (struct raw_sink *)sink;

	munmap(s->chunk, CHUNK);
	free(s);
	return 0;
}

static const struct sink_ops raw_sink_ops = {
	.append = raw_append,
	.sync = raw_sync,
	.close = raw_sink_close,
};

static void raw_needs(const struct plan_target *t, struct target_needs *ret)
{
	*ret = (struct target_needs){ .stream = true, .dump_alone = true };
}

static int raw_free(struct raw_target *t)
{
	int r = t->fd >= 0 && close(t->fd) < 0 ? -errno : 0;

	free(t->target.what);
	free(t->target.dir);
	free(t);
	return r;
}

static int raw_open_device(struct raw_target *t, const struct root *root,
			   const struct device_facts *facts, struct error *e)
{
	char path[DEVICE_NAME_MAX + 8];

	snprintf(path, sizeof(path), "dev/%s", facts->name);
	t->fd = openat(root->fd, path, O_RDWR | O_EXCL | O_DIRECT | O_CLOEXEC);
	if (t->fd < 0)
		return error_errno(e, -errno, "/%s", path);
	if (ioctl(t->fd, BLKGETSIZE64, &t->size) < 0)
		return error_errno(e, -errno, "/%s: size", path);
	t->target.dir = strdup("");
	if (!t->target.dir || asprintf(&t->target.what, "/%s (raw)", path) < 0)
		return error_set(e, -ENOMEM, "/%s: out of memory", path);
	return 0;
}

static int raw_open(const struct plan_target *t, const struct target_where *where,
		    struct target **ret, struct error *e)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	struct device_facts facts;
	struct raw_target *raw;
	int r = root_open("/", &root);

	if (r < 0)
		return error_errno(e, r, "/");
	r = device_wait(&root, &t->device, "", where->deadline, &facts, e);
	if (r < 0)
		return r;
	raw = calloc(1, sizeof(*raw));
	if (!raw)
		return error_set(e, -ENOMEM, "raw target: out of memory");
	raw->target.ops = &target_raw;
	raw->fd = -1;
	r = raw_open_device(raw, &root, &facts, e);
	if (r < 0) {
		(void)raw_free(raw);
		return r;
	}
	*ret = &raw->target;
	return 0;
}

static int raw_create(struct target *t, const char *name, struct sink **ret, struct error *e)
{
	struct raw_sink *s;

	if (strcmp(name, "vmcore") != 0)
		return error_set(e, -EOPNOTSUPP, "%s holds the dump alone", t->what);
	s = calloc(1, sizeof(*s));
	if (!s)
		return error_set(e, -ENOMEM, "%s: out of memory", t->what);
	s->sink = (struct sink){ .ops = &raw_sink_ops, .name = t->what };
	s->raw = (const struct raw_target *)t;
	s->chunk = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->chunk == MAP_FAILED) {
		free(s);
		return error_set(e, -ENOMEM, "%s: out of memory", t->what);
	}
	*ret = &s->sink;
	return 0;
}

static int raw_commit(struct target *t, const char *name, struct error *e)
{
	return 0;
}

static uint64_t raw_space(struct target *t)
{
	return ((struct raw_target *)t)->size;
}

static int raw_close(struct target *t, struct error *e)
{
	struct raw_target *raw = (struct raw_target *)t;
	int r = fsync(raw->fd) < 0 ? error_errno(e, -errno, "%s: sync", t->what) : 0;
	int closed = raw_free(raw);

	return r < 0 || closed == 0 ? r : error_errno(e, closed, "raw target: close");
}

const struct target_ops target_raw = {
	.name = "raw",
	.kind = PLAN_TARGET_RAW,
	.needs = raw_needs,
	.open = raw_open,
	.create = raw_create,
	.commit = raw_commit,
	.space = raw_space,
	.close = raw_close,
};
