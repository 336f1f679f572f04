/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/kexec/kernel_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/io.h"

#define KERNEL_MAX MIB(512)
#define SECTION ".linux\0\0"
#define SECTION_SIZE 40
#define SECTIONS_MAX 96 /* PE format, 3.3 */

int unified_kernel(const void *head, size_t len, uint64_t file_size, uint64_t *ret_offset,
		   uint64_t *ret_size, struct error *e)
{
	const uint8_t *p = head;
	uint64_t at, table;
	unsigned count;

	if (len < 64 || memcmp(p, "MZ", 2) != 0)
		return -ENOENT;
	at = le32_get(p + 60);
	if (!range_inside(at, 24, len) || memcmp(p + at, "PE\0\0", 4) != 0)
		return -ENOENT;
	count = le16_get(p + at + 6);
	table = at + 24 + le16_get(p + at + 20);
	for (unsigned i = 0; i < MIN(count, (unsigned)SECTIONS_MAX); i++) {
		const uint8_t *s = p + table + i * SECTION_SIZE;
		uint64_t size, offset;

		if (!range_inside(table + i * SECTION_SIZE, SECTION_SIZE, len))
			return -ENOENT;
		if (memcmp(s, SECTION, 8) != 0)
			continue;
		/* The file has it padded; what it is, is the smaller one. */
		size = MIN(le32_get(s + 8), le32_get(s + 16));
		offset = le32_get(s + 20);
		if (!size || size > KERNEL_MAX || !range_inside(offset, size, file_size))
			return error_set(e, -ENOEXEC,
					 "unified kernel image: its kernel is not inside the file");
		*ret_offset = offset;
		*ret_size = size;
		return 0;
	}
	return -ENOENT;
}

/* Where in the file the kernel lies: all of it, but in a unified image. */
static int find(int fd, uint64_t *ret_offset, uint64_t *ret_size, struct error *e)
{
	uint8_t head[KERNEL_HEADERS_MAX];
	struct stat st;
	size_t len;
	int r;

	if (fstat(fd, &st) < 0)
		return error_errno(e, -errno, "fstat");
	if (!S_ISREG(st.st_mode) || st.st_size < 0)
		return error_set(e, -EINVAL, "no regular file");
	len = (size_t)MIN((uint64_t)st.st_size, sizeof(head));
	r = pread_exactly(fd, head, len, 0);
	if (r < 0)
		return error_errno(e, r, "read");
	r = unified_kernel(head, len, (uint64_t)st.st_size, ret_offset, ret_size, e);
	if (r != -ENOENT)
		return r;
	if ((uint64_t)st.st_size > KERNEL_MAX)
		return error_set(e, -EFBIG, "%llu MiB: no kernel image is as large",
				 (unsigned long long)st.st_size >> 20);
	*ret_offset = 0;
	*ret_size = (uint64_t)st.st_size;
	return 0;
}

static int read_part(int fd, uint64_t offset, uint64_t size, struct buf *ret, struct error *e)
{
	_cleanup_buf_ struct buf b = { .limit = KERNEL_MAX + 1 };
	char *to = buf_reserve(&b, (size_t)size);
	int r;

	if (!to)
		return error_errno(e, -ENOMEM, "kernel image");
	r = pread_exactly(fd, to, (size_t)size, offset);
	if (r < 0)
		return error_errno(e, r, "read");
	b.len = (size_t)size;
	*ret = b;
	b = (struct buf){ 0 };
	return 0;
}

int kernel_file_read(const struct root *root, const char *path, struct buf *ret, struct error *e)
{
	_cleanup_close_ int fd = openat(root->fd, root_relative(path), O_RDONLY | O_CLOEXEC);
	uint64_t offset = 0, size = 0;
	int r = fd < 0 ? error_errno(e, -errno, "open") : find(fd, &offset, &size, e);

	if (r == 0)
		r = read_part(fd, offset, size, ret, e);
	return r < 0 ? error_prefix(e, r, "%s", path) : 0;
}

/* In memory: kexec_file_load(2) takes any regular file. */
static int copy(int fd, uint64_t offset, uint64_t size, int *ret, struct error *e)
{
	_cleanup_close_ int to = memfd_create("lastword-kernel", MFD_CLOEXEC);
	_cleanup_buf_ struct buf part = { 0 };
	int r = to < 0 ? error_errno(e, -errno, "memfd_create")
		       : read_part(fd, offset, size, &part, e);

	if (r < 0)
		return r;
	r = write_all(to, part.data, part.len);
	if (r < 0)
		return error_errno(e, r, "write");
	if (lseek(to, 0, SEEK_SET) < 0)
		return error_errno(e, -errno, "lseek");
	*ret = TAKE_FD(to);
	return 0;
}

int kernel_file_open(const struct root *root, const char *path, int *ret, struct error *e)
{
	_cleanup_close_ int fd = openat(root->fd, root_relative(path), O_RDONLY | O_CLOEXEC);
	uint64_t offset = 0, size = 0;
	int r = fd < 0 ? error_errno(e, -errno, "open") : find(fd, &offset, &size, e);

	if (r == 0 && offset)
		r = copy(fd, offset, size, ret, e);
	else if (r == 0)
		*ret = TAKE_FD(fd);
	return r < 0 ? error_prefix(e, r, "%s", path) : 0;
}
