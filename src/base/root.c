/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/root.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/io.h"

int root_open(const char *path, struct root *ret)
{
	_cleanup_free_ char *copy = strdup(path ? path : "");
	size_t len;
	int fd;

	if (!copy)
		return -ENOMEM;
	len = strlen(copy);
	while (len && copy[len - 1] == '/')
		copy[--len] = '\0';
	fd = open(len ? copy : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret->fd = fd;
	ret->path = TAKE_PTR(copy);
	return 0;
}

void root_done(struct root *r)
{
	if (r->path)
		close(r->fd);
	free(r->path);
	*r = (struct root){ .fd = -1 };
}

const char *root_relative(const char *path)
{
	while (*path == '/')
		path++;
	return *path ? path : ".";
}

char *root_join(const struct root *r, const char *path)
{
	char *joined;

	return asprintf(&joined, "%s/%s", r->path, *path == '/' ? path + 1 : path) < 0 ? NULL
										       : joined;
}

int root_read_file(const struct root *r, const char *path, size_t limit, struct buf *ret)
{
	return read_file_at(r->fd, root_relative(path), limit, ret);
}
