/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/mounted.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "base/cleanup.h"
#include "target/dump_dir.h"

/*
 * Room kept back from a dump that fills the disk: for the manifest and kexec-dmesg.log, which tell why, and what those leave for
 * the log of the next crash. Of a disk that is nearly full it is a quarter.
 */
#define RESERVE MIB(4)

/* Directories with more entries than these have other worries. */
#define LIST_MAX 100000

struct mounted *mounted_new(const struct target_ops *ops)
{
	struct mounted *m = calloc(1, sizeof(*m));

	if (m) {
		m->target.ops = ops;
		m->mount_fd = m->dir_fd = m->reserve_fd = -1;
	}
	return m;
}

static int check_writable(const struct mounted *m, const char *device, struct error *e)
{
	struct statvfs st;

	if (fstatvfs(m->mount_fd, &st) < 0)
		return error_errno(e, -errno, "%s", device);
	if (st.f_flag & ST_RDONLY)
		return error_set(e, -EROFS,
				 "%s is mounted read-only: the device is write-protected or its "
				 "file system has errors; run fsck on it",
				 device);
	/* what is kept for root is ours, too */
	if (st.f_bfree == 0)
		return error_set(e, -ENOSPC, "%s is full", device);
	return 0;
}

/* Not every file system can; then a full disk has no room for the last file. */
static void take_reserve(struct mounted *m)
{
	m->reserve_fd = openat(m->dir_fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (m->reserve_fd >= 0)
		(void)!fallocate(m->reserve_fd, 0, 0,
				 (off_t)MIN(RESERVE, mounted_space(&m->target) / 4));
}

static void give_reserve(struct mounted *m)
{
	if (m->reserve_fd < 0)
		return;
	close(m->reserve_fd);
	m->reserve_fd = -1;
	/* ext4 gives freed blocks out again when its journal has them. */
	(void)!syncfs(m->mount_fd);
}

int mounted_release(struct mounted *m)
{
	int r = 0;

	if (m->reserve_fd >= 0)
		close(m->reserve_fd);

	if (m->dir_fd >= 0)
		close(m->dir_fd);
	if (m->mount_fd >= 0)
		close(m->mount_fd);
	if (m->at && umount2(m->at, UMOUNT_NOFOLLOW) < 0)
		r = -errno;
	free(m->at);
	free(m->target.what);
	free(m->target.dir);
	free(m->target.note);
	free(m);
	return r;
}

int mounted_prepare(struct mounted *m, const struct plan_target *t, const char *device,
		    const char *fstype, const struct target_where *where, struct error *e)
{
	_cleanup_free_ char *inside = NULL;
	int r;

	m->at = strdup(where->mount);
	if (!m->at)
		return error_set(e, -ENOMEM, "%s: out of memory", device);
	m->mount_fd = open(m->at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->mount_fd < 0)
		return error_errno(e, -errno, "%s", m->at);
	r = check_writable(m, device, e);
	if (r < 0)
		return r;
	r = where->again ? dump_dir_open(m->mount_fd, t->path, where->dir, &m->dir_fd, &inside, e)
			 : -ENOENT;
	if (r == -ENOENT)
		r = dump_dir_make(m->mount_fd, t->path, where->dir, &m->dir_fd, &inside, e);
	if (r < 0)
		return error_prefix(e, r, "%s", device);
	if (asprintf(&m->target.dir, "%s/%s", m->at, inside + strspn(inside, "/")) < 0 ||
	    asprintf(&m->target.what, "%s (%s)", device, fstype) < 0)
		return error_set(e, -ENOMEM, "%s: out of memory", device);
	target_name_dir(&m->target, inside);
	take_reserve(m);
	return 0;
}

int mounted_create(struct target *t, const char *name, struct sink **ret, struct error *e)
{
	struct mounted *m = (struct mounted *)t;

	if (m->pending)
		give_reserve(m);
	m->pending = true;
	return dump_dir_create(m->dir_fd, name, ret, e);
}

int mounted_reopen(struct target *t, const char *name, int *ret_fd, struct error *e)
{
	struct mounted *m = (struct mounted *)t;

	m->pending = true;
	return dump_dir_reopen(m->dir_fd, name, ret_fd, e);
}

int mounted_commit(struct target *t, const char *name, struct error *e)
{
	struct mounted *m = (struct mounted *)t;
	int r = dump_dir_commit(m->dir_fd, name, e);

	m->pending = r < 0;
	return r;
}

uint64_t mounted_space(struct target *t)
{
	struct statvfs st;
	uint64_t bytes;

	if (fstatvfs(((struct mounted *)t)->mount_fd, &st) < 0 ||
	    mul_overflow((uint64_t)st.f_bfree, (uint64_t)st.f_frsize, &bytes))
		return UINT64_MAX;
	return bytes;
}

int mounted_list(struct target *t, const char *prefix, struct buf *ret, struct error *e)
{
	int fd = openat(((struct mounted *)t)->dir_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	    r = 0;
	_cleanup_closedir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		r = error_errno(e, -errno, "%s: list", t->what);
		if (fd >= 0)
			close(fd);
		return r;
	}
	for (unsigned i = 0; i < LIST_MAX && r == 0 && (entry = readdir(dir)); i++)
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
			r = buf_printf(ret, "%s\n", entry->d_name);
	return r < 0 ? error_errno(e, r, "%s: list", t->what) : 0;
}

int mounted_close(struct target *t, struct error *e)
{
	struct mounted *m = (struct mounted *)t;
	int synced = syncfs(m->mount_fd) < 0 ? -errno : 0, r;

	if (synced < 0)
		error_errno(e, synced, "%s: sync", t->what);
	r = mounted_release(m);
	if (synced < 0)
		return synced;
	return r < 0 ? error_errno(e, r, "unmount") : 0;
}
