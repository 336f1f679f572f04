/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/place/seen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <libmount/libmount.h>
#include <net/if.h>
#include <string.h>

#include "arm/place/impl.h"

static int give(const char *at, const char *path, char **ret, struct error *e)
{
	if (asprintf(ret, "%s%s", strcmp(at, "/") == 0 ? "" : at, path) < 0)
		return error_errno(e, -ENOMEM, "%s", path);
	return 0;
}

static bool is_same_source(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	while (n && a[n - 1] == '/')
		n--;
	while (m && b[m - 1] == '/')
		m--;
	return n == m && memcmp(a, b, n) == 0;
}

static struct libmnt_fs *mount_of_source(struct libmnt_table *mounts, const char *source)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs, *found = NULL;

	while (iter && !found && mnt_table_next_fs(mounts, iter, &fs) == 0)
		if (mnt_fs_get_source(fs) && is_same_source(mnt_fs_get_source(fs), source))
			found = fs;
	mnt_free_iter(iter);
	return found;
}

static int seen_mounted(const struct root *root, const struct config_target *c, char **ret,
			struct error *e)
{
	struct libmnt_table *mounts = place_read_mounts(root, e);
	_cleanup_blockdev_ struct blockdev device = { 0 };
	struct libmnt_fs *fs;
	int r;

	if (!mounts)
		return -EIO;
	fs = mount_of_source(mounts, c->device);
	if (!fs && c->kind == CONFIG_TARGET_FS &&
	    blockdev_find(root, c->device, &device, NULL) == 0)
		fs = place_mount_of_device(root, mounts, &device);
	r = fs ? give(mnt_fs_get_target(fs), c->path, ret, e)
	       : error_set(e, -ENODEV, "%s is not mounted: dumps there cannot be seen", c->device);
	mnt_unref_table(mounts);
	return r;
}

int place_seen(const struct root *root, const struct config_target *c, char **ret, struct error *e)
{
	switch (c->kind) {
	case CONFIG_TARGET_SSH:
		return error_set(e, -EOPNOTSUPP, "dumps on %s are not looked at: tell there",
				 c->device);
	case CONFIG_TARGET_FS:
	case CONFIG_TARGET_NFS:
	case CONFIG_TARGET_VIRTIOFS:
		return seen_mounted(root, c, ret, e);
	case CONFIG_TARGET_PATH:
	case CONFIG_TARGET_ROOTFS:
	case CONFIG_TARGET_RAW: /* where arm puts what was on the device */
	default:
		return give("/", c->path, ret, e);
	}
}

bool place_is_ours(const char *name)
{
	struct ifaddrs *all, *a;
	bool found = false;

	if (getifaddrs(&all) < 0)
		return false;
	for (a = all; a && !found; a = a->ifa_next) {
		char text[INET6_ADDRSTRLEN] = "";
		int family = a->ifa_addr ? a->ifa_addr->sa_family : AF_UNSPEC;
		const void *bytes =
			family == AF_INET
				? (void *)&((struct sockaddr_in *)a->ifa_addr)->sin_addr
				: (void *)&((struct sockaddr_in6 *)a->ifa_addr)->sin6_addr;

		if ((family != AF_INET && family != AF_INET6) || (a->ifa_flags & IFF_LOOPBACK) ||
		    !inet_ntop(family, bytes, text, sizeof(text)))
			continue;
		found = strncmp(name, text, strlen(text)) == 0 && name[strlen(text)] == '-';
	}
	freeifaddrs(all);
	return found;
}
