/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/room.h"

#include <errno.h>
#include <libmount/libmount.h>
#include <string.h>
#include <sys/statvfs.h>

#include "arm/place/impl.h"

int mount_of_device(const struct root *root, const struct blockdev *d, char **ret)
{
	struct libmnt_table *mounts;
	struct libmnt_fs *fs;
	char *where = NULL;

	/* What is mounted in a tree of another machine is not mounted here. */
	if (*root->path)
		return -ENODATA;
	mounts = place_read_mounts(root, NULL);
	if (!mounts)
		return -ENODATA;
	fs = place_mount_of_device(root, mounts, d);
	if (fs)
		where = strdup(mnt_fs_get_target(fs));
	mnt_unref_table(mounts);
	if (!where)
		return -ENODATA;
	*ret = where;
	return 0;
}

int room_of_device(const struct root *root, const struct blockdev *d, uint64_t *ret)
{
	_cleanup_free_ char *where = NULL;
	struct statvfs st;
	int r = mount_of_device(root, d, &where);

	if (r < 0)
		return r;
	if (statvfs(where, &st) < 0 ||
	    mul_overflow((uint64_t)st.f_bavail, (uint64_t)st.f_frsize, ret))
		return -ENODATA;
	return 0;
}
