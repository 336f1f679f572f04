/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/real.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/io.h"

#define CHUNK ((size_t)1 << 20)
#define CHUNKS 32
#define UNFINISHED ".lastword-rehearsal.tmp"
#define FINISHED ".lastword-rehearsal"

/* Bytes that no file system compresses to nothing. */
static void fill(unsigned char *chunk, uint64_t seed)
{
	uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;

	for (size_t i = 0; i < CHUNK; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		chunk[i] = (unsigned char)x;
	}
}

static double rate(usec_t begun)
{
	usec_t took = MAX(clock_now() - begun, (usec_t)1);

	return (double)(CHUNKS * CHUNK) * (double)USEC_PER_SEC / (double)took;
}

static int write_file(int dir_fd, unsigned char *chunk, const char *what, double *ret,
		      struct error *e)
{
	_cleanup_close_ int fd =
		openat(dir_fd, UNFINISHED, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	usec_t begun = clock_now();
	int r = fd < 0 ? -errno : 0;

	if (r < 0)
		return error_errno(e, r, "%s: make a file", what);
	for (size_t i = 0; i < CHUNKS && r == 0; i++) {
		fill(chunk, i);
		r = write_all(fd, chunk, CHUNK);
	}
	if (r < 0)
		return error_errno(e, r, "%s: write %u MiB", what, CHUNKS);
	if (fsync(fd) < 0)
		return error_errno(e, -errno, "%s: sync", what);
	*ret = rate(begun);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	return 0;
}

static int read_file(int dir_fd, unsigned char *chunk, unsigned char *wanted, const char *what,
		     double *ret, struct error *e)
{
	_cleanup_close_ int fd = openat(dir_fd, FINISHED, O_RDONLY | O_CLOEXEC);
	usec_t begun = clock_now();
	int r = fd < 0 ? -errno : 0;

	for (size_t i = 0; i < CHUNKS && r == 0; i++) {
		r = pread_exactly(fd, chunk, CHUNK, i * CHUNK);
		fill(wanted, i);
		if (r == 0 && memcmp(chunk, wanted, CHUNK) != 0)
			return error_set(e, -EIO, "%s: what is read is not what was written", what);
	}
	if (r < 0)
		return error_errno(e, r, "%s: read back", what);
	*ret = rate(begun);
	return 0;
}

int real_try_directory(int dir_fd, const char *what, struct real_rate *ret, struct error *e)
{
	_cleanup_free_ unsigned char *chunk = malloc(CHUNK), *wanted = malloc(CHUNK);
	struct real_rate found = { 0 };
	struct statvfs st;
	int r;

	if (!chunk || !wanted)
		return error_errno(e, -ENOMEM, "%s", what);
	if (fstatvfs(dir_fd, &st) < 0)
		return error_errno(e, -errno, "%s", what);
	found.room = (uint64_t)st.f_bavail * st.f_frsize;
	r = write_file(dir_fd, chunk, what, &found.write, e);
	if (r == 0 && renameat(dir_fd, UNFINISHED, dir_fd, FINISHED) < 0)
		r = error_errno(e, -errno, "%s: rename", what);
	if (r == 0)
		r = read_file(dir_fd, chunk, wanted, what, &found.read, e);
	unlinkat(dir_fd, UNFINISHED, 0);
	if (unlinkat(dir_fd, FINISHED, 0) < 0 && r == 0)
		r = error_errno(e, -errno, "%s: remove", what);
	if (r == 0 && fsync(dir_fd) < 0)
		r = error_errno(e, -errno, "%s: sync of the directory", what);
	if (r < 0)
		return r;
	*ret = found;
	return 0;
}
