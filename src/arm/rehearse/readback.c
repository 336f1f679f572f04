/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/readback.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "dumpfile/manifest_read.h"

struct answer {
	struct readback found;
	struct error error;
};

static int mount_image(const char *image, const char *fstype, const char *where, struct error *e)
{
	struct libmnt_context *c = mnt_new_context();
	int r = -ENOMEM;

	if (c && mnt_context_set_source(c, image) == 0 && mnt_context_set_target(c, where) == 0 &&
	    mnt_context_set_fstype(c, fstype) == 0 && mnt_context_set_options(c, "loop,ro") == 0)
		r = mnt_context_mount(c);
	mnt_free_context(c);
	return r ? error_set(e, r < 0 ? r : -EIO, "the stand-in cannot be mounted to be read back")
		 : 0;
}

/* The directory with the newest manifest: a machine that is looked at from outside may bring dumps of its own. */
static int newest(int dumps, char name[80], struct error *e)
{
	_cleanup_closedir_ DIR *dir = fdopendir(dup(dumps));
	struct dirent *entry;
	time_t best = 0;

	*name = '\0';
	while (dir && (entry = readdir(dir))) {
		char path[NAME_MAX + sizeof(MANIFEST_NAME) + 2];
		struct stat st;

		snprintf(path, sizeof(path), "%s/" MANIFEST_NAME, entry->d_name);
		if (strlen(entry->d_name) >= 80 || fstatat(dumps, path, &st, 0) < 0 ||
		    st.st_mtime < best)
			continue;
		best = st.st_mtime;
		strcpy(name, entry->d_name);
	}
	return *name ? 0 : error_set(e, -ENOENT, "the stand-in has no dump");
}

static void take(void *user, const struct manifest_finding *f)
{
	struct answer *a = user;

	if (manifest_state_is_wrong(f->state) && !a->error.code)
		(void)error_set(&a->error, -EBADMSG, "%s on the stand-in is not what was saved",
				f->name);
	if (f->state == MANIFEST_AGREES || f->state == MANIFEST_SIZE_AGREES) {
		a->found.files++;
		a->found.bytes += f->bytes;
	}
}

static int look(const char *where, const char *path, struct answer *a)
{
	_cleanup_free_ struct manifest *m = calloc(1, sizeof(*m));
	_cleanup_close_ int root = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int dumps = -1, dump = -1;
	int r;

	if (root < 0 || !m)
		return error_errno(&a->error, m ? -errno : -ENOMEM, "the stand-in");
	path += strspn(path, "/");
	dumps = openat(root, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dumps < 0)
		return error_errno(&a->error, -errno, "/%s on the stand-in", path);
	r = newest(dumps, a->found.directory, &a->error);
	if (r < 0)
		return r;
	dump = openat(dumps, a->found.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = dump < 0 ? -errno : manifest_read_at(dump, m, &a->error);
	if (r < 0)
		return error_prefix(&a->error, r, "%s", a->found.directory);
	if (!m->dump_saved)
		return error_set(&a->error, -EBADMSG, "the manifest says: %s", m->why);
	(void)manifest_check(dump, m, NULL, take, a);
	return a->error.code;
}

static void child(const char *image, const char *fstype, const char *path, const char *where,
		  struct answer *a)
{
	struct error *e = &a->error;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		(void)error_errno(e, -EPERM, "mount namespace");
		return;
	}
	if (mount_image(image, fstype, where, e) < 0)
		return;
	(void)look(where, path, a);
	(void)umount2(where, MNT_DETACH);
}

int readback_check(const char *image, const char *fstype, const char *path, struct readback *ret,
		   struct error *e)
{
	char where[] = "/tmp/lastword-standin-XXXXXX";
	struct answer a = { 0 };
	int ends[2], status;
	ssize_t len;
	pid_t pid;

	if (geteuid() != 0)
		return error_set(e, -EPERM, "only root may mount the stand-in");
	if (!mkdtemp(where) || pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(e, -errno, "%s", where);
	pid = fork();
	if (pid == 0) {
		child(image, fstype, path, where, &a);
		_exit(write(ends[1], &a, sizeof(a)) == sizeof(a) ? 0 : 1);
	}
	close(ends[1]);
	len = pid > 0 ? read(ends[0], &a, sizeof(a)) : -1;
	close(ends[0]);
	if (pid > 0)
		(void)waitpid(pid, &status, 0);
	rmdir(where);
	if (len != sizeof(a))
		return error_set(e, -EIO, "the stand-in could not be read back");
	if (a.error.code < 0)
		return error_set(e, a.error.code, "%s", error_text(&a.error));
	*ret = a.found;
	return 0;
}
