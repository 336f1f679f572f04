/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/place/blockdev.h"

#include <blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/io.h"

#define CLASS_BLOCK "/sys/class/block"

DEFINE_CLEANUP(blkid_probe, blkid_free_probe)

/* A tag of fstab(5): where blkid keeps it, and the directory of links udev makes of it. */
struct tag {
	const char *name;
	const char *blkid_name;
	const char *directory;
	bool any_case;
};

static const struct tag tags[] = {
	{ "UUID=", "UUID", "/dev/disk/by-uuid/", true },
	{ "LABEL=", "LABEL", "/dev/disk/by-label/", false },
	{ "PARTUUID=", "PART_ENTRY_UUID", "/dev/disk/by-partuuid/", true },
	{ "PARTLABEL=", "PART_ENTRY_NAME", "/dev/disk/by-partlabel/", false },
};

static const char *lookup(blkid_probe probe, const char *name)
{
	const char *value = NULL;

	return blkid_probe_lookup_value(probe, name, &value, NULL) == 0 ? value : NULL;
}

static blkid_probe probe_open(const struct root *root, const char *node, int *ret_fd)
{
	_cleanup_(blkid_free_probep) blkid_probe probe = blkid_new_probe();
	_cleanup_close_ int fd =
		openat(root->fd, root_relative(node), O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || !probe || blkid_probe_set_device(probe, fd, 0, 0) != 0)
		return NULL;
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_UUID | BLKID_SUBLKS_LABEL |
							 BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE);
	blkid_probe_enable_partitions(probe, 1);
	blkid_probe_set_partitions_flags(probe, BLKID_PARTS_ENTRY_DETAILS);
	/* A negative answer is one of several superblocks at once: then no tag of this device
	 * counts. */
	if (blkid_do_safeprobe(probe) < 0)
		return NULL;
	*ret_fd = TAKE_FD(fd);
	return TAKE_PTR(probe);
}

static void copy_tag(char *to, size_t size, const char *value)
{
	if (value && strlen(value) < size)
		strcpy(to, value);
}

static int describe(const struct root *root, const char *kernel_name, struct blockdev *ret,
		    struct error *e)
{
	_cleanup_blockdev_ struct blockdev d = { 0 };
	_cleanup_close_ int fd = -1;
	_cleanup_(blkid_free_probep) blkid_probe probe = NULL;
	int r = device_facts_read(root, kernel_name, &d.facts);

	if (r < 0)
		return error_errno(e, r, CLASS_BLOCK "/%s", kernel_name);
	d.kernel_name = strdup(kernel_name);
	if (!d.kernel_name || asprintf(&d.node, "/dev/%s", d.facts.name) < 0) {
		d.node = NULL;
		return error_errno(e, -ENOMEM, "%s", kernel_name);
	}
	probe = probe_open(root, d.node, &fd);
	if (probe) {
		copy_tag(d.fstype, sizeof(d.fstype), lookup(probe, "TYPE"));
		copy_tag(d.uuid, sizeof(d.uuid), lookup(probe, "UUID"));
		copy_tag(d.label, sizeof(d.label), lookup(probe, "LABEL"));
		d.partition_table = lookup(probe, "PTTYPE") != NULL;
	}
	*ret = d;
	d = (struct blockdev){ 0 };
	return 0;
}

int blockdev_from_number(const struct root *root, unsigned major, unsigned minor,
			 struct blockdev *ret, struct error *e)
{
	char path[64], link[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "sys/dev/block/%u:%u", major, minor);
	n = readlinkat(root->fd, path, link, sizeof(link) - 1);
	if (n < 0)
		return error_errno(e, -errno, "/%s", path);
	link[n] = '\0';
	return describe(root, strrchr(link, '/') ? strrchr(link, '/') + 1 : link, ret, e);
}

/* The name sysfs has for a path below /dev of a made-up root. */
static char *kernel_name_of(const char *inside)
{
	char *name = strdup(inside + strlen("/dev/"));

	for (char *c = name; c && *c; c++)
		if (*c == '/')
			*c = '!';
	return name;
}

static int find_node(const struct root *root, const char *path, struct blockdev *ret,
		     struct error *e)
{
	_cleanup_free_ char *joined = root_join(root, path), *real = NULL, *name = NULL;
	size_t prefix = strlen(root->path);
	struct stat st;

	if (!joined)
		return error_errno(e, -ENOMEM, "%s", path);
	real = realpath(joined, NULL);
	if (!real)
		return error_set(e, -ENODEV, "%s does not exist", path);
	if (stat(real, &st) < 0)
		return error_errno(e, -errno, "%s", path);
	if (S_ISBLK(st.st_mode))
		return blockdev_from_number(root, major(st.st_rdev), minor(st.st_rdev), ret, e);
	if (!prefix || strncmp(real, root->path, prefix) != 0 ||
	    strncmp(real + prefix, "/dev/", 5) != 0 || !S_ISREG(st.st_mode))
		return error_set(e, -ENOTBLK, "%s is no block device", path);
	name = kernel_name_of(real + prefix);
	return name ? describe(root, name, ret, e) : error_errno(e, -ENOMEM, "%s", path);
}

static bool has_tag(const struct root *root, const char *kernel_name, const struct tag *tag,
		    const char *value)
{
	_cleanup_(blkid_free_probep) blkid_probe probe = NULL;
	_cleanup_close_ int fd = -1;
	struct device_facts facts;
	char node[DEVICE_NAME_MAX + 8];
	const char *found;

	if (device_facts_read(root, kernel_name, &facts) < 0 || !facts.size)
		return false;
	snprintf(node, sizeof(node), "/dev/%s", facts.name);
	probe = probe_open(root, node, &fd);
	found = probe ? lookup(probe, tag->blkid_name) : NULL;
	return found && (tag->any_case ? strcasecmp(found, value) : strcmp(found, value)) == 0;
}

static int find_tag(const struct root *root, const char *spec, const struct tag *tag,
		    const char *value, struct blockdev *ret, struct error *e)
{
	_cleanup_closedir_ DIR *dir = NULL;
	_cleanup_free_ char *match = NULL;
	struct dirent *entry;
	int fd = openat(root->fd, root_relative(CLASS_BLOCK), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (!dir)
		return error_errno(e, -errno, CLASS_BLOCK);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || !has_tag(root, entry->d_name, tag, value))
			continue;
		if (match)
			return error_set(e, -ENOTUNIQ,
					 "%s is on more than one device: /dev/%s and /dev/%s", spec,
					 match, entry->d_name);
		match = strdup(entry->d_name);
		if (!match)
			return error_errno(e, -ENOMEM, "%s", spec);
	}
	if (!match)
		return error_set(e, -ENODEV, "no block device has %s", spec);
	return describe(root, match, ret, e);
}

int blockdev_find(const struct root *root, const char *spec, struct blockdev *ret, struct error *e)
{
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		if (strncmp(spec, tags[i].name, strlen(tags[i].name)) == 0)
			return find_tag(root, spec, &tags[i], spec + strlen(tags[i].name), ret, e);
	r = find_node(root, spec, ret, e);
	/* Without udev there are no links; what they say can be found all the same. */
	for (size_t i = 0; i < ARRAY_SIZE(tags) && r == -ENODEV; i++)
		if (strncmp(spec, tags[i].directory, strlen(tags[i].directory)) == 0)
			return find_tag(root, spec, &tags[i], spec + strlen(tags[i].directory), ret,
					e);
	return r;
}

int blockdev_check(const struct blockdev *d, struct error *e)
{
	if (!d->facts.size)
		return error_set(e, -ENOMEDIUM, "%s has no medium", d->node);
	if (d->facts.read_only)
		return error_set(e, -EROFS, "%s is read-only", d->node);
	return 0;
}

void blockdev_done(struct blockdev *d)
{
	free(d->kernel_name);
	free(d->node);
	*d = (struct blockdev){ 0 };
}
