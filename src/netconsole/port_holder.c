/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/port_holder.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_MAX MIB(4)

struct holder {
	unsigned uid;
	unsigned long long inode; /* of the socket */
};

/* "  12: 00000000:1A0A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 12345 …" */
static bool is_row(const char *line, uint16_t port, struct holder *ret)
{
	unsigned local, uid;
	unsigned long long inode;

	if (sscanf(line, " %*u: %*[0-9A-Fa-f]:%x %*s %*s %*s %*s %*s %u %*s %llu", &local, &uid,
		   &inode) != 3 ||
	    local != port)
		return false;
	*ret = (struct holder){ uid, inode };
	return true;
}

static bool find_socket(const struct root *root, uint16_t port, struct holder *ret)
{
	static const char *const tables[] = { "/proc/net/udp6", "/proc/net/udp" };

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		_cleanup_buf_ struct buf b = { 0 };
		char *rest, *line;

		if (root_read_file(root, tables[i], TABLE_MAX, &b) < 0)
			continue;
		rest = b.data;
		while ((line = strsep(&rest, "\n")))
			if (is_row(line, port, ret))
				return true;
	}
	return false;
}

/* Has that process the socket open? */
static bool has_open(int proc, const char *pid, unsigned long long inode)
{
	_cleanup_closedir_ DIR *dir = NULL;
	char path[300], wanted[48], found[48];
	struct dirent *entry;
	int fd;

	snprintf(path, sizeof(path), "%s/fd", pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	snprintf(wanted, sizeof(wanted), "socket:[%llu]", inode);
	while ((entry = readdir(dir))) {
		ssize_t n = readlinkat(fd, entry->d_name, found, sizeof(found) - 1);

		if (n > 0 && (size_t)n == strlen(wanted) && memcmp(found, wanted, (size_t)n) == 0)
			return true;
	}
	return false;
}

static void describe(const struct root *root, const char *pid, char ret[PORT_HOLDER_SIZE])
{
	_cleanup_buf_ struct buf name = { 0 };
	char path[300];

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	if (root_read_file(root, path, 64, &name) < 0 || name.len == 0)
		snprintf(ret, PORT_HOLDER_SIZE, "process %.16s", pid);
	else
		snprintf(ret, PORT_HOLDER_SIZE, "%.*s (process %.16s)",
			 (int)MIN(strcspn(name.data, "\n"), (size_t)32), name.data, pid);
}

int port_holder_find(const struct root *root, uint16_t port, char ret[PORT_HOLDER_SIZE])
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct holder holder;
	struct dirent *entry;
	int fd;

	if (!find_socket(root, port, &holder))
		return -ENOENT;
	snprintf(ret, PORT_HOLDER_SIZE, "a process of user %u", holder.uid);
	fd = openat(root->fd, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while ((entry = readdir(dir)))
		if (isdigit((unsigned char)*entry->d_name) &&
		    has_open(fd, entry->d_name, holder.inode)) {
			describe(root, entry->d_name, ret);
			break;
		}
	return 0;
}
