/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

int pread_exactly(int fd, void *buf, size_t len, uint64_t offset)
{
	char *p = buf;

	if (offset > INT64_MAX)
		return -EOVERFLOW;
	while (len) {
		ssize_t n = pread(fd, p, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ENODATA;
		p += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

/* poll(2) counts milliseconds in an int. */
#define POLL_MAX ((usec_t)60000)

int poll_until(struct pollfd *fds, nfds_t count, usec_t deadline)
{
	for (;;) {
		usec_t now = clock_now();
		int ready;

		if (now >= deadline)
			return -ETIMEDOUT;
		ready = poll(fds, count, (int)MIN((deadline - now) / USEC_PER_MSEC + 1, POLL_MAX));
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready > 0)
			return ready;
	}
}

int write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int pwrite_all(int fd, const void *data, size_t len, uint64_t offset)
{
	const char *p = data;

	if (offset > INT64_MAX)
		return -EOVERFLOW;
	while (len) {
		ssize_t n = pwrite(fd, p, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ENOSPC;
		p += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

int read_file_at(int dirfd, const char *path, size_t limit, struct buf *ret)
{
	_cleanup_buf_ struct buf b = { .limit = limit };
	_cleanup_close_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	for (;;) {
		char chunk[16384];
		ssize_t n = read(fd, chunk, sizeof(chunk));
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		r = buf_append(&b, chunk, (size_t)n);
		if (r < 0)
			return r;
		if (n == 0)
			break;
	}
	*ret = b;
	b = (struct buf){ 0 };
	return 0;
}

int write_file_at(int dirfd, const char *path, const char *text)
{
	_cleanup_close_ int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, len);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}
