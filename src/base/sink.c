/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

/*
 * After so many bytes of a regular file the kernel is told to write them out, and those before them are waited for and forgotten:
 * no more than twice as much is not yet on the disk. The page cache of a capture kernel is all the memory there is; elsewhere a
 * dump is larger than what else is worth caching.
 */
#define LET_GO_EVERY MIB(16)

struct sink_fd {
	struct sink sink;
	int fd;
	bool regular;
	_Atomic uint64_t taken;
};

int sink_write_at(struct sink *s, const void *data, size_t len, uint64_t offset, struct error *e)
{
	int r;

	if (!s->seekable)
		return error_set(e, -ESPIPE, "%s: cannot be written out of order", s->name);
	r = s->ops->write_at(s, data, len, offset, e);
	if (r >= 0)
		atomic_fetch_add_explicit(&s->written, len, memory_order_relaxed);
	return r;
}

int sink_append(struct sink *s, const void *data, size_t len, struct error *e)
{
	int r = s->ops->append(s, data, len, e);

	if (r >= 0)
		atomic_fetch_add_explicit(&s->written, len, memory_order_relaxed);
	return r;
}

int sink_finish(struct sink *s, struct error *e)
{
	return s->ops->finish ? s->ops->finish(s, e) : 0;
}

int sink_sync(struct sink *s, struct error *e)
{
	return s->ops->sync(s, e);
}

void sink_reserve(struct sink *s, uint64_t offset, uint64_t len)
{
	if (s->ops->reserve && len)
		s->ops->reserve(s, offset, len);
}

int sink_restart(struct sink *s, struct error *e)
{
	if (!s->ops->restart)
		return error_set(e, -EOPNOTSUPP, "%s: cannot be begun anew", s->name);
	return s->ops->restart(s, e);
}

int sink_close(struct sink *s, struct error *e)
{
	return s ? s->ops->close(s, e) : 0;
}

static int let_go(struct sink_fd *f, size_t len, struct error *e)
{
	uint64_t before;

	if (!f->regular)
		return 0;
	before = atomic_fetch_add_explicit(&f->taken, len, memory_order_relaxed);
	if (before / LET_GO_EVERY == (before + len) / LET_GO_EVERY)
		return 0;
	/* The kernel tells of a failed write once: a later sync would not fail. Other errors mean that it cannot be asked. */
	if (sync_file_range(f->fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE) < 0 &&
	    (errno == EIO || errno == ENOSPC || errno == EDQUOT))
		return error_errno(e, -errno, "%s: writing to the disk", f->sink.name);
	(void)posix_fadvise(f->fd, 0, 0, POSIX_FADV_DONTNEED);
	return 0;
}

static int fd_write_at(struct sink *s, const void *data, size_t len, uint64_t offset,
		       struct error *e)
{
	struct sink_fd *f = (struct sink_fd *)s;
	int r = pwrite_all(f->fd, data, len, offset);

	if (r < 0)
		return error_errno(e, r, "%s: write of %zu bytes at offset %#llx", s->name, len,
				   (unsigned long long)offset);
	return let_go(f, len, e);
}

static int fd_append(struct sink *s, const void *data, size_t len, struct error *e)
{
	struct sink_fd *f = (struct sink_fd *)s;
	int r = write_all(f->fd, data, len);

	if (r < 0)
		return error_errno(e, r, "%s: write of %zu bytes", s->name, len);
	return let_go(f, len, e);
}

static void fd_reserve(struct sink *s, uint64_t offset, uint64_t len)
{
	struct sink_fd *f = (struct sink_fd *)s;

	if (f->regular && range_inside(offset, len, INT64_MAX))
		(void)fallocate(f->fd, 0, (off_t)offset, (off_t)len);
}

static int fd_restart(struct sink *s, struct error *e)
{
	struct sink_fd *f = (struct sink_fd *)s;

	if (!f->regular)
		return error_set(e, -EOPNOTSUPP, "%s: cannot be begun anew", s->name);
	if (lseek(f->fd, 0, SEEK_SET) < 0 || ftruncate(f->fd, 0) < 0)
		return error_errno(e, -errno, "%s: emptying it", s->name);
	return 0;
}

static int fd_sync(struct sink *s, struct error *e)
{
	/* Pipes and character devices have nothing to sync. */
	if (fsync(((struct sink_fd *)s)->fd) < 0 && errno != EINVAL && errno != EROFS)
		return error_errno(e, -errno, "%s: sync", s->name);
	return 0;
}

static int fd_close(struct sink *s, struct error *e)
{
	struct sink_fd *f = (struct sink_fd *)s;
	int r = close(f->fd) < 0 ? error_errno(e, -errno, "%s: close", s->name) : 0;

	free(f);
	return r;
}

static const struct sink_ops fd_ops = {
	.write_at = fd_write_at,
	.append = fd_append,
	.reserve = fd_reserve,
	.restart = fd_restart,
	.sync = fd_sync,
	.close = fd_close,
};

int sink_fd_new(int fd, const char *name, struct sink **ret, struct error *e)
{
	struct sink_fd *f;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_errno(e, -errno, "%s", name);
	f = calloc(1, sizeof(*f));
	if (!f)
		return error_set(e, -ENOMEM, "%s: out of memory", name);
	f->sink = (struct sink){
		.ops = &fd_ops,
		.name = name,
		.seekable = S_ISREG(st.st_mode) || S_ISBLK(st.st_mode),
	};
	f->fd = fd;
	f->regular = S_ISREG(st.st_mode);
	*ret = &f->sink;
	return 0;
}
