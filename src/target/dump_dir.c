/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/dump_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Two dumps within one second happen where the clock was lost; a hundred do not. */
#define SUFFIX_MAX 100

#define AGAIN_MAX 1000

static int open_in_root(int root_fd, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd = -1;

	/* openat2(2): -EAGAIN where something was renamed or mounted meanwhile, anywhere on the machine. */
	for (unsigned i = 0; i < AGAIN_MAX; i++) {
		fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd < 0 ? -errno : (int)fd;
}

static int sync_dir(int fd, const char *path, struct error *e)
{
	return fsync(fd) < 0 ? error_errno(e, -errno, "%s: sync of the directory", path) : 0;
}

/* Opens prefix, which is made in its parent where it is not there. parent is replaced. */
static int descend(int root_fd, int *parent, const char *prefix, struct error *e)
{
	const char *slash = strrchr(prefix, '/');
	const char *last = slash ? slash + 1 : prefix;
	int fd = open_in_root(root_fd, prefix);

	if (fd == -ENOENT) {
		int r;

		if (mkdirat(*parent, last, 0755) < 0)
			return error_errno(e, -errno, "%s: make directory", prefix);
		r = sync_dir(*parent, prefix, e);
		if (r < 0)
			return r;
		fd = open_in_root(root_fd, prefix);
	}
	if (fd < 0)
		return error_errno(e, fd, "%s", prefix);
	close(*parent);
	*parent = fd;
	return 0;
}

static int open_path(int root_fd, const char *path, int *ret_fd, struct error *e)
{
	_cleanup_close_ int fd = open_in_root(root_fd, ".");
	char prefix[PATH_MAX];
	size_t at = 0;

	if (fd < 0)
		return error_errno(e, fd, "%s", path);
	if (strlen(path) >= sizeof(prefix))
		return error_set(e, -ENAMETOOLONG, "%s: the path is too long", path);
	while (*path) {
		size_t n = strcspn(path, "/");
		int r;

		if (n > 0) {
			if (at > 0)
				prefix[at++] = '/';
			memcpy(prefix + at, path, n);
			at += n;
			prefix[at] = '\0';
			r = descend(root_fd, &fd, prefix, e);
			if (r < 0)
				return r;
		}
		path += n + (path[n] == '/');
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int make_exclusive(int parent, const char *name, char *made, size_t size, struct error *e)
{
	for (unsigned i = 0; i < SUFFIX_MAX; i++) {
		if (i == 0)
			snprintf(made, size, "%s", name);
		else
			snprintf(made, size, "%s-%u", name, i);
		if (mkdirat(parent, made, 0700) == 0)
			return 0;
		if (errno != EEXIST)
			return error_errno(e, -errno, "%s: make directory", made);
	}
	return error_set(e, -EEXIST, "%s: it and %u more of that name exist", name, SUFFIX_MAX - 1);
}

static int join(const char *path, const char *name, char **ret, struct error *e)
{
	size_t len = strlen(path);
	char *dir;

	while (len > 0 && path[len - 1] == '/')
		len--;
	if (asprintf(&dir, "%.*s/%s", (int)len, path, name) < 0)
		return error_set(e, -ENOMEM, "%s: out of memory", path);
	*ret = dir;
	return 0;
}

int dump_dir_open(int mount_fd, const char *path, const char *name, int *ret_fd, char **ret_dir,
		  struct error *e)
{
	_cleanup_close_ int parent = -1, fd = -1;
	int r = open_path(mount_fd, path, &parent, e);

	if (r < 0)
		return r;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ENOENT : error_errno(e, -errno, "%s/%s", path, name);
	r = join(path, name, ret_dir, e);
	if (r == 0)
		*ret_fd = TAKE_FD(fd);
	return r;
}

int dump_dir_make(int mount_fd, const char *path, const char *name, int *ret_fd, char **ret_dir,
		  struct error *e)
{
	_cleanup_close_ int parent = -1, fd = -1;
	char made[NAME_MAX + 1];
	int r = open_path(mount_fd, path, &parent, e);

	if (r < 0)
		return r;
	r = make_exclusive(parent, name, made, sizeof(made), e);
	if (r < 0)
		return error_prefix(e, r, "%s", path);
	fd = openat(parent, made, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_errno(e, -errno, "%s/%s", path, made);
	r = sync_dir(parent, path, e);
	if (r < 0)
		return r;
	r = join(path, made, ret_dir, e);
	if (r == 0)
		*ret_fd = TAKE_FD(fd);
	return r;
}

int dump_dir_incomplete_name(const char *name, char *buf, size_t size)
{
	size_t len = strlen(name);
	bool encrypted = len > 4 && strcmp(name + len - 4, ".enc") == 0;
	const char *dot = memrchr(name, '.', encrypted ? len - 4 : len);
	int stem = dot ? (int)(dot - name) : (int)(encrypted ? len - 4 : len);

	return snprintf(buf, size, "%.*s-incomplete%s", stem, name, name + stem);
}

int dump_dir_create(int dir_fd, const char *name, struct sink **ret, struct error *e)
{
	_cleanup_close_ int fd = -1;
	char incomplete[NAME_MAX + 1];
	int r;

	dump_dir_incomplete_name(name, incomplete, sizeof(incomplete));
	fd = openat(dir_fd, incomplete, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(e, -errno, "%s", incomplete);
	r = sync_dir(dir_fd, incomplete, e);
	if (r == 0)
		r = sink_fd_new(fd, name, ret, e);
	if (r == 0)
		(void)TAKE_FD(fd);
	return r;
}

int dump_dir_reopen(int dir_fd, const char *name, int *ret_fd, struct error *e)
{
	char incomplete[NAME_MAX + 1];
	int fd;

	dump_dir_incomplete_name(name, incomplete, sizeof(incomplete));
	fd = openat(dir_fd, incomplete, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_errno(e, -errno, "%s", incomplete);
	*ret_fd = fd;
	return 0;
}

int dump_dir_commit(int dir_fd, const char *name, struct error *e)
{
	char incomplete[NAME_MAX + 1];

	dump_dir_incomplete_name(name, incomplete, sizeof(incomplete));
	/* The directory is new and ours alone, so nothing can be there under the final name. */
	if (renameat(dir_fd, incomplete, dir_fd, name) < 0)
		return error_errno(e, -errno, "%s: rename to %s", incomplete, name);
	return sync_dir(dir_fd, name, e);
}
