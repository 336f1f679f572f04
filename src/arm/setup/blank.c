/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/setup/blank.h"

#include <blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arm/place/impl.h"
#include "base/io.h"

#define ENDS MIB(1)
#define SMALLEST MIB(64)
#define SWAPS_MAX ((size_t)65536)

DEFINE_CLEANUP(blkid_probe, blkid_free_probe)

/* All signatures, also several that contradict each other, where a question for the one right answer gets none. */
static int check_signatures(int fd, const char *node, struct error *e)
{
	_cleanup_(blkid_free_probep) blkid_probe probe = blkid_new_probe();
	const char *type = NULL;
	int found;

	if (!probe || blkid_probe_set_device(probe, fd, 0, 0) != 0)
		return error_set(e, -EIO, "%s cannot be looked at", node);
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_MAGIC | BLKID_SUBLKS_TYPE |
							 BLKID_SUBLKS_BADCSUM);
	blkid_probe_enable_partitions(probe, 1);
	blkid_probe_set_partitions_flags(probe, BLKID_PARTS_MAGIC | BLKID_PARTS_FORCE_GPT);
	found = blkid_do_probe(probe);
	if (found == 1)
		return 0;
	if (found < 0)
		return error_set(e, -EIO, "%s: libblkid cannot tell what is on it", node);
	if (blkid_probe_lookup_value(probe, "TYPE", &type, NULL) == 0)
		return error_set(e, -EEXIST,
				 "%s holds %s; it is not formatted. If nothing on it is needed: "
				 "'wipefs -a %s'",
				 node, type, node);
	if (blkid_probe_lookup_value(probe, "PTTYPE", &type, NULL) != 0)
		type = "unknown";
	return error_set(e, -EEXIST,
			 "%s holds a partition table (%s); it is not formatted. If nothing on it "
			 "is needed: 'wipefs -a %s'",
			 node, type, node);
}

/* Data without a signature: a database's raw volume, a dump on a raw target, encryption without a header. */
static int check_ends(int fd, const struct blockdev *d, struct error *e)
{
	const uint64_t starts[] = { 0, d->facts.size - ENDS };
	_cleanup_free_ char *bytes = malloc(ENDS);

	if (!bytes)
		return error_errno(e, -ENOMEM, "%s", d->node);
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		int r = pread_exactly(fd, bytes, ENDS, starts[i]);

		if (r < 0)
			return error_errno(e, r, "%s at offset %llu", d->node,
					   (unsigned long long)starts[i]);
		if (bytes[0] || memcmp(bytes, bytes + 1, ENDS - 1) != 0)
			return error_set(e, -EEXIST,
					 "%s holds data of an unknown kind at its %s; it is not "
					 "formatted (--force does it all the same)",
					 d->node, i ? "end" : "beginning");
	}
	return 0;
}

/* Its partitions are directories of their own below it, its users links in holders. */
static int check_users(const struct root *root, const struct blockdev *d, struct error *e)
{
	static const char *const directories[] = { "/holders", "" };

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		_cleanup_closedir_ DIR *dir = NULL;
		_cleanup_free_ char *path = NULL;
		struct dirent *entry;

		if (asprintf(&path, "%s/sys/class/block/%s%s", root->path, d->kernel_name,
			     directories[i]) < 0) {
			path = NULL;
			return error_errno(e, -ENOMEM, "%s", d->node);
		}
		dir = opendir(path);
		while (dir && (entry = readdir(dir)))
			if (entry->d_name[0] != '.' &&
			    (*directories[i] ||
			     strncmp(entry->d_name, d->kernel_name, strlen(d->kernel_name)) == 0))
				return error_set(e, -EBUSY, "%s is used by %s", d->node,
						 entry->d_name);
	}
	return 0;
}

static int check_mounts(const struct root *root, const struct blockdev *d, struct error *e)
{
	mount_table *mounts = place_read_mounts(root, e);
	struct libmnt_fs *fs;

	if (!mounts)
		return -EIO;
	fs = place_mount_of_device(root, mounts, d);
	return fs ? error_set(e, -EBUSY, "%s is mounted at %s", d->node, mnt_fs_get_target(fs)) : 0;
}

static int check_swap(const struct root *root, const struct blockdev *d, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	size_t len = strlen(d->node);

	if (root_read_file(root, "/proc/swaps", SWAPS_MAX, &text) < 0 || !text.data)
		return 0;
	for (const char *line = strchr(text.data, '\n'); line; line = strchr(line + 1, '\n'))
		if (strncmp(line + 1, d->node, len) == 0 && strchr(" \t", line[1 + len]))
			return error_set(e, -EBUSY, "%s is swapped to", d->node);
	return 0;
}

int blank_check(const struct root *root, const struct blockdev *d, bool force, struct error *e)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r = blockdev_check(d, e);

	if (r == 0 && d->facts.size < SMALLEST)
		r = error_set(e, -ENOSPC, "%s is too small for any dump", d->node);
	if (r == 0)
		r = check_mounts(root, d, e);
	if (r == 0)
		r = check_swap(root, d, e);
	if (r == 0)
		r = check_users(root, d, e);
	if (r < 0)
		return r;
	fd = openat(root->fd, root_relative(d->node), O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(e, -errno, "%s", d->node);
	if (S_ISBLK(st.st_mode)) {
		_cleanup_close_ int alone =
			openat(root->fd, root_relative(d->node), O_RDONLY | O_EXCL | O_CLOEXEC);

		if (alone < 0)
			return error_errno(e, -errno, "%s", d->node);
	}
	r = check_signatures(fd, d->node, e);
	return r == 0 && !force ? check_ends(fd, d, e) : r;
}
