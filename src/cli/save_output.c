/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/save_output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "target/dump_dir.h"

char *save_output_incomplete(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char buf[NAME_MAX + 1], *ret;
	int n = dump_dir_incomplete_name(name, buf, sizeof(buf));

	if (n < 0 || (size_t)n >= sizeof(buf) ||
	    asprintf(&ret, "%.*s%s", (int)(name - path), path, buf) < 0)
		return NULL;
	return ret;
}

int save_output_lock(int fd, struct error *e)
{
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return error_set(e, -EBUSY, "is being written by another process");
	return 0;
}

bool save_output_is_source(const struct stat *to, const char *source)
{
	struct stat from;

	return stat(source, &from) == 0 && to->st_dev == from.st_dev && to->st_ino == from.st_ino;
}

static int open_stdout(struct save_output *o, struct error *e)
{
	int fd;

	if (isatty(STDOUT_FILENO))
		return error_set(e, -ENOTTY,
				 "standard output is a terminal; send it to a file or a pipe");
	fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return error_errno(e, -errno, "standard output");
	return sink_fd_new(fd, "standard output", &o->sink, e);
}

static int open_fd(struct save_output *o, const char *path, int flags, struct error *e)
{
	int fd = open(path, flags | O_WRONLY | O_CLOEXEC, 0600), r;

	if (fd < 0)
		return errno == EEXIST ? error_set(e, -EEXIST,
						   "%s: is left from an earlier run; remove it, or "
						   "-f overwrites",
						   path)
				       : error_errno(e, -errno, "%s", path);
	(void)save_output_lock(fd, NULL);
	/* Errors name the file that was asked for. */
	r = sink_fd_new(fd, o->path, &o->sink, e);
	if (r < 0)
		close(fd);
	return r;
}

static int open_path(struct save_output *o, const char *source, struct error *e)
{
	struct stat to;
	bool exists = stat(o->path, &to) == 0;

	if (exists && save_output_is_source(&to, source))
		return error_set(e, -EINVAL, "%s: is the dump to be read itself", o->path);
	if (exists && S_ISDIR(to.st_mode))
		return error_set(e, -EISDIR, "%s: is a directory; name the file to write", o->path);
	if (exists && !S_ISREG(to.st_mode))
		return open_fd(o, o->path, 0, e);
	if (exists && !o->replace)
		return error_set(e, -EEXIST, "%s: exists; -f overwrites it", o->path);
	o->incomplete = save_output_incomplete(o->path);
	if (!o->incomplete)
		return error_set(e, -ENAMETOOLONG, "%s: the name is too long", o->path);
	if (o->replace && unlink(o->incomplete) < 0 && errno != ENOENT)
		return error_errno(e, -errno, "%s", o->incomplete);
	return open_fd(o, o->incomplete, O_CREAT | O_EXCL | O_NOFOLLOW, e);
}

int save_output_open(const char *path, const char *source, bool replace, struct save_output *ret,
		     struct error *e)
{
	_cleanup_save_output_ struct save_output o = { .replace = replace };
	int r;

	if (path) {
		o.path = strdup(path);
		r = o.path ? open_path(&o, source, e) : error_set(e, -ENOMEM, "out of memory");
	} else {
		r = open_stdout(&o, e);
	}
	if (r < 0)
		return r;
	*ret = o;
	o = (struct save_output){ 0 };
	return 0;
}

static int sync_parent(const char *path, struct error *e)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];
	_cleanup_close_ int fd = -1;

	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL))
		return error_errno(e, -errno, "%s: sync", dir);
	return 0;
}

int save_output_name(const char *incomplete, const char *path, bool replace, struct error *e)
{
	if (renameat2(AT_FDCWD, incomplete, AT_FDCWD, path, replace ? 0 : RENAME_NOREPLACE) < 0) {
		/* File systems without that flag: NFS, FAT. The name was free when the file was opened. */
		if (errno != EINVAL || rename(incomplete, path) < 0)
			return error_errno(e, -errno, "%s: rename to %s", incomplete, path);
	}
	return sync_parent(path, e);
}

int save_output_commit(struct save_output *o, struct error *e)
{
	int r = sink_sync(o->sink, e), closed = sink_close(TAKE_PTR(o->sink), r < 0 ? NULL : e);

	if (r >= 0)
		r = closed;
	if (r < 0 || !o->incomplete)
		return r;
	return save_output_name(o->incomplete, o->path, o->replace, e);
}

void save_output_abandon(struct save_output *o, bool keep)
{
	(void)sink_close(TAKE_PTR(o->sink), NULL);
	if (o->incomplete && !keep)
		unlink(o->incomplete);
}

void save_output_done(struct save_output *o)
{
	(void)sink_close(o->sink, NULL);
	free(o->path);
	free(o->incomplete);
	*o = (struct save_output){ 0 };
}
