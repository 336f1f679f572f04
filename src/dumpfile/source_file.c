/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "dumpfile/source.h"

/* Page tables of 128 KiB, and a cost of a millisecond to map that is lost in reading it. */
#define WINDOW_SIZE MIB(64)

/* Less than this is read, unless it goes on where the last window ended. */
#define WINDOW_WORTH KIB(64)

/* Where mapping is refused. */
#define BUFFER_SIZE MIB(1)

struct source_file {
	struct source source;
	int fd;
	const uint8_t *map; /* the whole file, or NULL */
	_Atomic bool map_refused;
	_Atomic bool scattered;
};

/* Each page touched through the mapping costs a page of page tables, where none is near another. */
static bool is_scattered(const struct source_file *f)
{
	return atomic_load_explicit(&f->scattered, memory_order_relaxed);
}

static int file_read(const struct source *s, void *buf, size_t len, uint64_t offset)
{
	const struct source_file *f = (const struct source_file *)s;

	if (!f->map || is_scattered(f))
		return pread_exactly(f->fd, buf, len, offset);
	memcpy(buf, f->map + offset, len);
	return 0;
}

void source_window_done(struct source_window *w)
{
	if (w->buffer_size)
		free(w->map);
	else if (w->map)
		munmap(w->map, w->size);
	*w = (struct source_window){ 0 };
}

/* Replaces what the window shows by a mapping that starts at or below offset. */
static int window_map(struct source_file *f, struct source_window *w, uint64_t offset, size_t want)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), start = align_down(offset, page);
	uint64_t size = MIN(want + (offset - start), WINDOW_SIZE);
	void *p;

	if (atomic_load_explicit(&f->map_refused, memory_order_relaxed))
		return -EOPNOTSUPP;
	source_window_done(w);
	p = mmap(NULL, align_up(size, page), PROT_READ, MAP_PRIVATE, f->fd, (off_t)start);
	if (p == MAP_FAILED) {
		/* ENOMEM and EAGAIN pass; all else is the file system's nature. */
		if (errno != ENOMEM && errno != EAGAIN)
			atomic_store_explicit(&f->map_refused, true, memory_order_relaxed);
		return -errno;
	}
	w->map = p;
	w->size = size;
	w->offset = start;
	return 0;
}

static int window_read(struct source_file *f, struct source_window *w, uint64_t offset, size_t want)
{
	int r;

	if (!w->buffer_size) {
		source_window_done(w);
		w->map = malloc(BUFFER_SIZE);
		if (!w->map)
			return -ENOMEM;
		w->buffer_size = BUFFER_SIZE;
	}
	w->size = 0;
	want = MIN(want, w->buffer_size);
	r = pread_exactly(f->fd, w->map, want, offset);
	if (r < 0)
		return r;
	w->size = want;
	w->offset = offset;
	return 0;
}

/*
 * What was lent last is over. Of a file that is mapped whole, a large piece is unmapped by the thread that has used it, so
 * that neither the resident size grows with the dump nor one thread has all of it to unmap at the end.
 */
static void map_let_go(const struct source_file *f, struct source_window *w)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), start = align_up(w->offset, page);
	uint64_t end = align_down(w->offset + w->size, page);

	if (start < end && end - start >= WINDOW_WORTH)
		(void)madvise((void *)(f->map + start), end - start, MADV_DONTNEED);
}

static size_t file_lend(struct source *s, struct source_window *w, uint64_t offset, size_t want,
			const void **ret)
{
	struct source_file *f = (struct source_file *)s;
	uint64_t end = w->offset + w->size;
	size_t window = want;

	if (f->map) {
		map_let_go(f, w);
		if (is_scattered(f)) {
			w->size = 0;
			return 0;
		}
		w->offset = offset;
		w->size = want;
		*ret = f->map + offset;
		return want;
	}
	if (offset < w->offset || offset >= end) {
		bool goes_on = w->size && offset >= end && offset - end < WINDOW_WORTH;

		if (!goes_on && want < WINDOW_WORTH)
			return 0;
		/* Who reads on reads twice as much: mapping /proc/vmcore costs time for each page of it. */
		if (goes_on)
			window = (size_t)MIN(MIN(MAX(want, 2 * w->size), WINDOW_SIZE),
					     s->size - offset);
		if (window_map(f, w, offset, window) < 0 && window_read(f, w, offset, window) < 0)
			return 0;
		end = w->offset + w->size;
	}
	*ret = (const uint8_t *)w->map + (offset - w->offset);
	return (size_t)MIN(want, end - offset);
}

static void file_close(struct source *s)
{
	struct source_file *f = (struct source_file *)s;

	if (f->map)
		munmap((void *)f->map, s->size);
	close(f->fd);
	free(f);
}

static void file_scattered(struct source *s, bool on)
{
	struct source_file *f = (struct source_file *)s;

	if (!f->map)
		return;
	(void)posix_fadvise(f->fd, 0, 0, on ? POSIX_FADV_RANDOM : POSIX_FADV_NORMAL);
	atomic_store_explicit(&f->scattered, on, memory_order_relaxed);
}

static void file_forget(struct source *s)
{
	struct source_file *f = (struct source_file *)s;

	if (f->map)
		(void)madvise((void *)f->map, s->size, MADV_DONTNEED);
}

static const struct source_ops file_ops = {
	.read = file_read,
	.lend = file_lend,
	.scattered = file_scattered,
	.forget = file_forget,
	.close = file_close,
};

struct source *source_close(struct source *s)
{
	if (s)
		s->ops->close(s);
	return NULL;
}

/* Bytes in what fd shows, UINT64_MAX where the system does not tell. */
static int size_of(int fd, bool live, uint64_t *ret, struct error *e)
{
	struct stat st;
	off_t end;

	if (fstat(fd, &st) < 0)
		return error_errno(e, -errno, "stat");
	if (S_ISDIR(st.st_mode))
		return error_set(e, -EISDIR, "is a directory, not a dump");
	if (live && st.st_size == 0) {
		*ret = UINT64_MAX;
		return 0;
	}
	end = lseek(fd, 0, SEEK_END);
	if (live)
		end = st.st_size;
	if (end < 0)
		return error_set(e, -EINVAL,
				 "cannot be read out of order; save it to a file first");
	*ret = (uint64_t)end;
	return 0;
}

int source_file_new(int fd, struct source **ret, struct error *e)
{
	_cleanup_close_ int own = fd;
	struct source_file *f;
	struct statfs fs;
	uint64_t size = 0;
	bool live;
	void *p;
	int r;

	live = fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
	r = size_of(fd, live, &size, e);
	if (r < 0)
		return r;
	f = calloc(1, sizeof(*f));
	if (!f)
		return error_set(e, -ENOMEM, "out of memory");
	f->source = (struct source){
		.ops = &file_ops,
		.size = size,
		.file_size = size,
		.live = live,
	};
	f->fd = TAKE_FD(own);
	if (!live && size && size <= SIZE_MAX) {
		p = mmap(NULL, size, PROT_READ, MAP_SHARED, f->fd, 0);
		if (p != MAP_FAILED)
			f->map = p;
	}
	*ret = &f->source;
	return 0;
}
