/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/image/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

int file_make_parents(const struct root *root, const char *path, struct error *e)
{
	char dir[PATH_MAX];

	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
		if (mkdirat(root->fd, root_relative(dir), 0755) < 0 && errno != EEXIST)
			return error_errno(e, -errno, "make directory %s", dir);
	}
	return 0;
}

static int sync_parent(const struct root *root, const char *path)
{
	char dir[PATH_MAX];
	_cleanup_close_ int fd = -1;

	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(path, '/') - path), path);
	fd = openat(root->fd, root_relative(dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int write_new(const struct root *root, const char *path, const void *data, size_t len)
{
	_cleanup_close_ int fd =
		openat(root->fd, root_relative(path),
		       O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, data, len);
	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

int file_replace(const struct root *root, const char *path, const void *data, size_t len,
		 struct error *e)
{
	char temporary[PATH_MAX];
	int r = file_make_parents(root, path, e);

	if (r < 0)
		return r;
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	r = write_new(root, temporary, data, len);
	if (r == 0 &&
	    renameat(root->fd, root_relative(temporary), root->fd, root_relative(path)) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(root->fd, root_relative(temporary), 0);
		return error_errno(e, r, "write %s", path);
	}
	r = sync_parent(root, path);
	return r < 0 ? error_errno(e, r, "sync %s", path) : 0;
}

int file_remove(const struct root *root, const char *path, struct error *e)
{
	if (unlinkat(root->fd, root_relative(path), 0) < 0 && errno != ENOENT)
		return error_errno(e, -errno, "remove %s", path);
	return 0;
}
