/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file system on a block device, mounted at TARGET_MOUNT. */
#include "target/target.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>

#include "target/device.h"
#include "target/mount_options.h"
#include "target/mounted.h"

static void fs_needs(const struct plan_target *t, struct target_needs *ret)
{
	*ret = (struct target_needs){ .fstype = t->fstype };
}

/* Options are a matter of taste, the dump is not: options the file system refuses are left away. */
static int mount_device(struct mounted *fs, const struct plan_target *t, const char *device,
			const char *at, struct error *e)
{
	_cleanup_buf_ struct buf data = { 0 };
	unsigned long flags;
	int r = mount_options_split(t->mount_options, &flags, &data);

	if (r < 0)
		return error_errno(e, r, "mount options of %s", device);
	if (mkdir(at, 0700) < 0 && errno != EEXIST)
		return error_errno(e, -errno, "%s: make directory", at);
	r = mount(device, at, t->fstype, flags, data.data) < 0 ? -errno : 0;
	if (r == -EINVAL && (flags || data.len)) {
		r = mount(device, at, t->fstype, 0, NULL) < 0 ? -errno : 0;
		if (r == 0 && asprintf(&fs->target.note, "mount options '%s' were refused",
				       t->mount_options) < 0)
			fs->target.note = NULL;
	}
	if (r == -ENODEV)
		return error_set(e, r, "mount of %s: this kernel has no %s; its module is missing",
				 device, t->fstype);
	if (r < 0)
		return error_errno(e, r, "mount of %s as %s", device, t->fstype);
	return 0;
}

/* Found, and gone before it was mounted: a bus that resets gives the disk another name. */
static bool is_gone(int err)
{
	return err == -ENXIO || err == -ENOENT || err == -ENOMEDIUM;
}

/* *ret_device is of the caller's, DEVICE_NAME_MAX + 8 long. */
static int find_and_mount(struct mounted *fs, const struct plan_target *t,
			  const struct target_where *where, char *ret_device, struct error *e)
{
	const struct timespec pause = { .tv_nsec = 200 * 1000 * 1000 };
	_cleanup_root_ struct root root = { .fd = -1 };
	struct device_facts facts;
	int r = root_open("/", &root);

	if (r < 0)
		return error_errno(e, r, "/");
	for (;;) {
		r = device_wait(&root, &t->device, t->fstype, where->deadline, &facts, e);
		if (r < 0)
			return r;
		snprintf(ret_device, DEVICE_NAME_MAX + 8, "/dev/%s", facts.name);
		r = mount_device(fs, t, ret_device, where->mount, e);
		if (!is_gone(r) || clock_now() >= where->deadline)
			return r;
		nanosleep(&pause, NULL);
	}
}

static int fs_open(const struct plan_target *t, const struct target_where *where,
		   struct target **ret, struct error *e)
{
	struct mounted *fs = mounted_new(&target_fs);
	char device[DEVICE_NAME_MAX + 8];
	int r;

	if (!fs)
		return error_set(e, -ENOMEM, "file system target: out of memory");
	r = find_and_mount(fs, t, where, device, e);
	if (r == 0)
		r = mounted_prepare(fs, t, device, t->fstype, where, e);
	if (r < 0) {
		(void)mounted_release(fs);
		return r;
	}
	*ret = &fs->target;
	return 0;
}

const struct target_ops target_fs = {
	.name = "fs",
	.kind = PLAN_TARGET_FS,
	.needs = fs_needs,
	.open = fs_open,
	.create = mounted_create,
	.reopen = mounted_reopen,
	.commit = mounted_commit,
	.space = mounted_space,
	.list = mounted_list,
	.close = mounted_close,
};
