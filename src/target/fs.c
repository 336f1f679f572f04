/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file system on a block device, mounted at TARGET_MOUNT. */
#include "target/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "target/device.h"
#include "target/dump_dir.h"
#include "target/mount_options.h"

/* Room kept back for the files after a dump that filled the disk: kexec-dmesg.log tells why. */
#define RESERVE ((off_t)512 << 10)

struct fs_target {
	struct target target;
	bool mounted;
	bool pending; /* a file was begun and not committed */
	int mount_fd;
	int dir_fd;
	int reserve_fd; /* a file without a name that holds RESERVE, -1 none */
};

static void fs_needs(const struct plan_target *t, struct target_needs *ret)
{
	*ret = (struct target_needs){ .fstype = t->fstype, .block_device = true };
}

/* Options are a matter of taste, the dump is not: options the file system refuses are left away. */
static int mount_device(struct fs_target *fs, const struct plan_target *t, const char *device,
			struct error *e)
{
	_cleanup_buf_ struct buf data = { 0 };
	unsigned long flags;
	int r = mount_options_split(t->mount_options, &flags, &data);

	if (r < 0)
		return error_errno(e, r, "mount options of %s", device);
	if (mkdir(TARGET_MOUNT, 0700) < 0 && errno != EEXIST)
		return error_errno(e, -errno, "%s: make directory", TARGET_MOUNT);
	r = mount(device, TARGET_MOUNT, t->fstype, flags, data.data) < 0 ? -errno : 0;
	if (r == -EINVAL && (flags || data.len)) {
		r = mount(device, TARGET_MOUNT, t->fstype, 0, NULL) < 0 ? -errno : 0;
		if (r == 0 && asprintf(&fs->target.note, "mount options '%s' were refused",
				       t->mount_options) < 0)
			fs->target.note = NULL;
	}
	if (r == -ENODEV)
		return error_set(e, r, "mount of %s: this kernel has no %s; its module is missing",
				 device, t->fstype);
	if (r < 0)
		return error_errno(e, r, "mount of %s as %s", device, t->fstype);
	fs->mounted = true;
	return 0;
}

static int check_writable(const struct fs_target *fs, const char *device, struct error *e)
{
	struct statvfs st;

	if (fstatvfs(fs->mount_fd, &st) < 0)
		return error_errno(e, -errno, "%s", device);
	if (st.f_flag & ST_RDONLY)
		return error_set(e, -EROFS,
				 "%s is mounted read-only: the device is write-protected or its "
				 "file system has errors; run fsck on it",
				 device);
	if (st.f_bavail == 0)
		return error_set(e, -ENOSPC, "%s is full", device);
	return 0;
}

/* Not every file system can; then a full disk has no room for the last file. */
static void take_reserve(struct fs_target *fs)
{
	fs->reserve_fd = openat(fs->dir_fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (fs->reserve_fd >= 0)
		(void)!fallocate(fs->reserve_fd, 0, 0, RESERVE);
}

static void give_reserve(struct fs_target *fs)
{
	if (fs->reserve_fd < 0)
		return;
	close(fs->reserve_fd);
	fs->reserve_fd = -1;
	/* ext4 gives freed blocks out again when its journal has them. */
	(void)!syncfs(fs->mount_fd);
}

static int fs_release(struct fs_target *fs)
{
	int r = 0;

	if (fs->reserve_fd >= 0)
		close(fs->reserve_fd);

	if (fs->dir_fd >= 0)
		close(fs->dir_fd);
	if (fs->mount_fd >= 0)
		close(fs->mount_fd);
	if (fs->mounted && umount2(TARGET_MOUNT, UMOUNT_NOFOLLOW) < 0)
		r = -errno;
	free(fs->target.what);
	free(fs->target.dir);
	free(fs->target.note);
	free(fs);
	return r;
}

static int fs_prepare(struct fs_target *fs, const struct plan_target *t, const char *device,
		      const char *dir, struct error *e)
{
	_cleanup_free_ char *inside = NULL;
	int r = mount_device(fs, t, device, e);

	if (r < 0)
		return r;
	fs->mount_fd = open(TARGET_MOUNT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fs->mount_fd < 0)
		return error_errno(e, -errno, "%s", TARGET_MOUNT);
	r = check_writable(fs, device, e);
	if (r < 0)
		return r;
	r = dump_dir_make(fs->mount_fd, t->path, dir, &fs->dir_fd, &inside, e);
	if (r < 0)
		return error_prefix(e, r, "%s", device);
	if (asprintf(&fs->target.dir, "%s/%s", TARGET_MOUNT, inside + strspn(inside, "/")) < 0 ||
	    asprintf(&fs->target.what, "%s (%s)", device, t->fstype) < 0)
		return error_set(e, -ENOMEM, "%s: out of memory", device);
	take_reserve(fs);
	return 0;
}

static int fs_open(const struct plan_target *t, const char *dir, usec_t deadline,
		   struct target **ret, struct error *e)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	char device[DEVICE_NAME_MAX + 8];
	struct device_facts facts;
	struct fs_target *fs;
	int r = root_open("/", &root);

	if (r < 0)
		return error_errno(e, r, "/");
	r = device_wait(&root, &t->device, t->fstype, deadline, &facts, e);
	if (r < 0)
		return r;
	fs = calloc(1, sizeof(*fs));
	if (!fs)
		return error_set(e, -ENOMEM, "file system target: out of memory");
	fs->target.ops = &target_fs;
	fs->mount_fd = fs->dir_fd = fs->reserve_fd = -1;
	snprintf(device, sizeof(device), "/dev/%s", facts.name);
	r = fs_prepare(fs, t, device, dir, e);
	if (r < 0) {
		(void)fs_release(fs);
		return r;
	}
	*ret = &fs->target;
	return 0;
}

static int fs_create(struct target *t, const char *name, struct sink **ret, struct error *e)
{
	struct fs_target *fs = (struct fs_target *)t;

	if (fs->pending)
		give_reserve(fs);
	fs->pending = true;
	return dump_dir_create(fs->dir_fd, name, ret, e);
}

static int fs_commit(struct target *t, const char *name, struct error *e)
{
	struct fs_target *fs = (struct fs_target *)t;
	int r = dump_dir_commit(fs->dir_fd, name, e);

	fs->pending = r < 0;
	return r;
}

static uint64_t fs_space(struct target *t)
{
	struct statvfs st;
	uint64_t bytes;

	if (fstatvfs(((struct fs_target *)t)->mount_fd, &st) < 0 ||
	    mul_overflow((uint64_t)st.f_bavail, (uint64_t)st.f_frsize, &bytes))
		return UINT64_MAX;
	return bytes;
}

static int fs_close(struct target *t, struct error *e)
{
	struct fs_target *fs = (struct fs_target *)t;
	int synced = syncfs(fs->mount_fd) < 0 ? -errno : 0;
	int r = fs_release(fs);

	if (synced < 0)
		return error_errno(e, synced, "%s: sync", TARGET_MOUNT);
	return r < 0 ? error_errno(e, r, "%s: unmount", TARGET_MOUNT) : 0;
}

const struct target_ops target_fs = {
	.name = "fs",
	.kind = PLAN_TARGET_FS,
	.needs = fs_needs,
	.open = fs_open,
	.create = fs_create,
	.commit = fs_commit,
	.space = fs_space,
	.close = fs_close,
};
