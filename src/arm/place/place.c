/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/config/impl.h"
#include "arm/place/filesystems.h"
#include "arm/place/impl.h"

#include <errno.h>
#include <limits.h>
#include <libmount/libmount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define MOUNTINFO "/proc/self/mountinfo"

static void mnt_free_iterp(struct libmnt_iter **i)
{
	mnt_free_iter(*i);
}

struct libmnt_table *place_read_mounts(const struct root *root, struct error *e)
{
	_cleanup_free_ char *path = root_join(root, MOUNTINFO);
	struct libmnt_table *t = path ? mnt_new_table_from_file(path) : NULL;

	if (!t)
		(void)error_set(e, -EIO, MOUNTINFO " cannot be read; is /proc mounted?");
	return t;
}

/* What of path lies below a mount point: "" or "/…"; NULL where it is not below it. */
static const char *below(const char *path, const char *mount_point)
{
	size_t len = strlen(mount_point);

	if (strcmp(mount_point, "/") == 0)
		return path[1] ? path : "";
	return strncmp(path, mount_point, len) == 0 && (path[len] == '/' || !path[len]) ? path + len
											: NULL;
}

/* The mount that holds a path: the longest mount point, of equal ones the last. */
static struct libmnt_fs *mount_of_path(struct libmnt_table *mounts, const char *path)
{
	_cleanup_(mnt_free_iterp) struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs, *best = NULL;

	while (iter && mnt_table_next_fs(mounts, iter, &fs) == 0) {
		const char *at = mnt_fs_get_target(fs);

		if (at && below(path, at) &&
		    (!best || strlen(at) >= strlen(mnt_fs_get_target(best))))
			best = fs;
	}
	return best;
}

/* A mount of the device; NULL where it is not mounted. btrfs has device numbers of its own:
 * there the source counts. */
struct libmnt_fs *place_mount_of_device(const struct root *root, struct libmnt_table *mounts,
					const struct blockdev *d)
{
	_cleanup_(mnt_free_iterp) struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;

	while (iter && mnt_table_next_fs(mounts, iter, &fs) == 0) {
		dev_t number = mnt_fs_get_devno(fs);
		const char *source = mnt_fs_get_srcpath(fs);
		_cleanup_blockdev_ struct blockdev mounted = { 0 };
		int r = -ENODEV;

		if (major(number))
			r = blockdev_from_number(root, major(number), minor(number), &mounted,
						 NULL);
		else if (source && strncmp(source, "/dev/", 5) == 0)
			r = blockdev_find(root, source, &mounted, NULL);
		if (r == 0 && strcmp(mounted.kernel_name, d->kernel_name) == 0)
			return fs;
	}
	return NULL;
}

static struct libmnt_fs *fstab_entry(const struct root *root, struct libmnt_table *fstab,
				     const struct blockdev *d)
{
	_cleanup_(mnt_free_iterp) struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;

	while (iter && fstab && mnt_table_next_fs(fstab, iter, &fs) == 0) {
		const char *source = mnt_fs_get_source(fs);
		_cleanup_blockdev_ struct blockdev named = { 0 };

		if (source && (strchr(source, '=') || strncmp(source, "/dev/", 5) == 0) &&
		    blockdev_find(root, source, &named, NULL) == 0 &&
		    strcmp(named.kernel_name, d->kernel_name) == 0)
			return fs;
	}
	return NULL;
}

/* The subvolume of btrfs is the one option without which the path is another one. Newly
 * allocated, "" where there is none. */
static int subvolume_of(struct libmnt_fs *fs, char **ret)
{
	const char *options = fs ? mnt_fs_get_options(fs) : NULL;
	char *value = NULL, *subvolume = NULL;
	size_t len = 0;

	if (options && mnt_optstr_get_option(options, "subvol", &value, &len) == 0 && value)
		subvolume = strndup(value, len);
	else
		subvolume = strdup("");
	if (!subvolume)
		return -ENOMEM;
	*ret = subvolume;
	return 0;
}

static int check_options(struct libmnt_fs *fs, struct error *e)
{
	static const char *const external[] = { "logdev", "rtdev" };
	const char *options = fs ? mnt_fs_get_options(fs) : NULL;

	for (size_t i = 0; options && i < ARRAY_SIZE(external); i++) {
		char *value = NULL;
		size_t len;

		if (mnt_optstr_get_option(options, external[i], &value, &len) == 0)
			return error_set(
				e, -EOPNOTSUPP,
				"its file system needs a second device (%s): not supported yet",
				external[i]);
	}
	return 0;
}

static int check_single_device(const struct root *root, const struct blockdev *d, struct error *e)
{
	char path[128];
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	_cleanup_free_ char *joined = NULL;
	unsigned devices = 0;

	if (strcmp(d->fstype, "btrfs") != 0)
		return 0;
	snprintf(path, sizeof(path), "/sys/fs/btrfs/%s/devices", d->uuid);
	joined = root_join(root, path);
	dir = joined ? opendir(joined) : NULL;
	while (dir && (entry = readdir(dir)))
		devices += entry->d_name[0] != '.';
	return devices > 1
		       ? error_set(e, -EOPNOTSUPP, "%s: btrfs over %u devices: not supported yet",
				   d->node, devices)
		       : 0;
}

static int check_device(const struct root *root, struct place *p, struct error *e)
{
	int r = volumes_find(root, &p->device, &p->volumes, e);
	const struct volumes *v = p->volumes;
	const char *label = r == 0 && v->count ? v->items[v->count - 1].plan.label : "";

	if (*label && asprintf(&p->called, "/dev/mapper/%s", label) < 0) {
		p->called = NULL;
		return error_errno(e, -ENOMEM, "%s", label);
	}
	return r < 0 ? r : blockdev_check(&p->device, e);
}

/* The device's side of the target. */
static int fill_device(struct plan_target *t, const struct blockdev *d)
{
	int r = volumes_describe_device(d, &t->device);

	if (r == 0 && t->kind == PLAN_TARGET_FS) {
		free(t->device.fs_uuid);
		t->device.fs_uuid = strdup(d->uuid);
	}
	return r == 0 && t->device.fs_uuid ? 0 : -ENOMEM;
}

/* root_inside is what mountinfo calls the mount's root: its part beyond the subvolume belongs to
 * the path. */
static int fill_fs(struct place *p, struct libmnt_fs *mounted, const char *root_inside,
		   const char *path, struct error *e)
{
	struct plan_target *t = &p->target;
	_cleanup_free_ char *subvolume = NULL;
	const char *inside = root_inside;
	int r = check_options(mounted, e);

	if (r < 0)
		return error_prefix(e, r, "%s", p->device.node);
	if (subvolume_of(mounted, &subvolume) < 0)
		return error_errno(e, -ENOMEM, "%s", p->device.node);
	if (*subvolume && below(root_inside, subvolume))
		inside = below(root_inside, subvolume);
	if (strcmp(inside, "/") == 0)
		inside = "";
	t->kind = PLAN_TARGET_FS;
	t->fstype = strdup(p->device.fstype);
	if (asprintf(&t->path, "%s%s", inside, path) < 0)
		t->path = NULL;
	if (asprintf(&t->mount_options, "%s%s", *subvolume ? "subvol=" : "", subvolume) < 0)
		t->mount_options = NULL;
	if (t->path && !*t->path) {
		free(t->path);
		t->path = strdup("/");
	}
	if (!t->fstype || !t->path || !t->mount_options || fill_device(t, &p->device) < 0)
		return error_errno(e, -ENOMEM, "%s", p->device.node);
	return 0;
}

/* The path without links, inside the root. */
static int resolve_path(const struct root *root, const struct config_target *c, char **ret,
			struct error *e)
{
	_cleanup_free_ char *joined = root_join(root, c->path), *real = NULL;
	size_t prefix = strlen(root->path);
	struct stat st;

	if (!joined)
		return error_errno(e, -ENOMEM, "path %s", c->path);
	real = realpath(joined, NULL);
	if (!real)
		return error_set(e, -ENOENT, "path %s does not exist; make it with 'mkdir -p %s'",
				 c->path, c->path);
	if (stat(real, &st) < 0 || !S_ISDIR(st.st_mode))
		return error_set(e, -ENOTDIR, "path %s is no directory", c->path);
	if (strncmp(real, root->path, prefix) != 0)
		return error_set(e, -EXDEV, "path %s leads out of %s", c->path, root->path);
	*ret = strdup(real[prefix] ? real + prefix : "/");
	return *ret ? 0 : error_errno(e, -ENOMEM, "path %s", c->path);
}

static int find_on_virtiofs(const struct root *root, struct libmnt_fs *fs, const char *path,
			    struct place *p, struct error *e)
{
	const char *inside = mnt_fs_get_root(fs) ?: "/";
	_cleanup_free_ char *whole = NULL;

	if (asprintf(&whole, "%s%s", strcmp(inside, "/") == 0 ? "" : inside,
		     below(path, mnt_fs_get_target(fs))) < 0) {
		whole = NULL;
		return error_errno(e, -ENOMEM, "path %s", path);
	}
	return place_fill_virtiofs(root, mnt_fs_get_source(fs) ?: "", whole, p, e);
}

static int find_by_path(const struct root *root, const struct config_target *c, struct place *p,
			struct error *e)
{
	mount_table *mounts = NULL;
	_cleanup_free_ char *path = NULL;
	struct libmnt_fs *fs;
	const char *fstype;
	dev_t number;
	int r = 0;

	if (c->kind == CONFIG_TARGET_PATH)
		r = resolve_path(root, c, &path, e);
	else if (!(path = strdup(c->path)))
		r = error_errno(e, -ENOMEM, "path %s", c->path);
	if (r < 0)
		return r;
	mounts = place_read_mounts(root, e);
	if (!mounts)
		return -EIO;
	/* of the root file system it is a directory that the capture kernel makes, whatever is mounted there now */
	fs = mount_of_path(mounts, c->kind == CONFIG_TARGET_PATH ? path : "/");
	if (!fs)
		return error_set(e, -ENOENT, "path %s: no mount in " MOUNTINFO " holds it",
				 c->path);
	fstype = mnt_fs_get_fstype(fs);
	if (fstype && strcmp(fstype, "virtiofs") == 0)
		return find_on_virtiofs(root, fs, path, p, e);
	if (!fstype || filesystem_refusal(fstype))
		return error_set(e, -EOPNOTSUPP,
				 "path %s is on %s (mounted at %s), which cannot hold a dump (%s); "
				 "name a dump target in " CONFIG_PATH
				 " (ext4 UUID=…, xfs UUID=…, raw /dev/…)",
				 c->path, fstype ?: "no file system", mnt_fs_get_target(fs),
				 filesystem_refusal(fstype ?: ""));
	number = mnt_fs_get_devno(fs);
	r = major(number) ? blockdev_from_number(root, major(number), minor(number), &p->device, e)
			  : blockdev_find(root, mnt_fs_get_srcpath(fs) ?: "", &p->device, e);
	if (r < 0)
		return error_prefix(e, r, "path %s", c->path);
	r = check_device(root, p, e);
	if (r == 0)
		r = check_single_device(root, &p->device, e);
	if (r < 0)
		return error_prefix(e, r, "path %s", c->path);
	return fill_fs(p, fs, mnt_fs_get_root(fs) ?: "/", below(path, mnt_fs_get_target(fs)), e);
}

/* On a mounted target the directory has to be there; on another one capture makes it. */
static int check_path_on(const struct root *root, const struct config_target *c,
			 struct libmnt_fs *mounted, struct error *e)
{
	_cleanup_free_ char *inside = NULL, *joined = NULL;
	const char *at = mnt_fs_get_target(mounted);
	struct stat st;

	if (asprintf(&inside, "%s%s", strcmp(at, "/") == 0 ? "" : at, c->path) < 0) {
		inside = NULL;
		return error_errno(e, -ENOMEM, "path");
	}
	joined = root_join(root, inside);
	if (!joined)
		return error_errno(e, -ENOMEM, "path");
	if (!c->path_given || (stat(joined, &st) == 0 && S_ISDIR(st.st_mode)))
		return 0;
	return error_set(e, -ENOENT, "path %s does not exist on %s; make it with 'mkdir -p %s'",
			 c->path, c->device, inside);
}

static int find_fs(const struct root *root, const struct config_target *c, struct place *p,
		   struct error *e)
{
	mount_table *mounts = NULL, *fstab = NULL;
	_cleanup_free_ char *fstab_path = root_join(root, "/etc/fstab");
	struct libmnt_fs *fs;
	int r = blockdev_find(root, c->device, &p->device, e);

	if (r == 0)
		r = check_device(root, p, e);
	if (r < 0)
		return error_prefix(e, r, "%s", c->fstype);
	if (!*p->device.fstype)
		return error_set(e, -EINVAL,
				 "%s: %s holds no file system; make one with 'mkfs.%s %s'",
				 c->fstype, c->device, c->fstype, p->device.node);
	if (filesystem_refusal(c->fstype))
		return error_set(e, -EOPNOTSUPP, "%s cannot hold a dump: %s", c->fstype,
				 filesystem_refusal(c->fstype));
	if (strcmp(p->device.fstype, c->fstype) != 0)
		return error_set(e, -EINVAL, "%s: %s holds %s; write '%s %s' in " CONFIG_PATH,
				 c->fstype, c->device, p->device.fstype, p->device.fstype,
				 c->device);
	r = check_single_device(root, &p->device, e);
	if (r < 0)
		return r;
	mounts = place_read_mounts(root, e);
	if (!mounts)
		return -EIO;
	fs = place_mount_of_device(root, mounts, &p->device);
	if (fs) {
		r = check_path_on(root, c, fs, e);
		if (r < 0)
			return r;
	} else if (fstab_path) {
		fstab = mnt_new_table_from_file(fstab_path);
		fs = fstab_entry(root, fstab, &p->device);
	}
	r = fill_fs(p, fs, "/", c->path, e);
	return r == 0 && c->mount_options
		       ? config_replace(&p->target.mount_options, c->mount_options, e)
		       : r;
}

static int check_unused(const struct root *root, const struct blockdev *d, struct error *e)
{
	mount_table *mounts = place_read_mounts(root, e);
	_cleanup_closedir_ DIR *dir = NULL;
	_cleanup_free_ char *holders = NULL;
	struct libmnt_fs *fs;
	struct dirent *entry;

	if (!mounts)
		return -EIO;
	fs = place_mount_of_device(root, mounts, d);
	if (fs)
		return error_set(e, -EBUSY, "%s is mounted at %s; a raw dump would destroy it",
				 d->node, mnt_fs_get_target(fs));
	if (asprintf(&holders, "%s/sys/class/block/%s/holders", root->path, d->kernel_name) < 0) {
		holders = NULL;
		return error_errno(e, -ENOMEM, "%s", d->node);
	}
	dir = opendir(holders);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			return error_set(e, -EBUSY,
					 "%s is in use by %s; a raw dump would destroy it", d->node,
					 entry->d_name);
	return 0;
}

static int find_raw(const struct root *root, const struct config_target *c, struct place *p,
		    struct error *e)
{
	struct plan_target *t = &p->target;
	int r = blockdev_find(root, c->device, &p->device, e);

	if (r == 0)
		r = check_device(root, p, e);
	if (r == 0)
		r = check_unused(root, &p->device, e);
	if (r < 0)
		return error_prefix(e, r, "raw");
	if (*p->device.fstype || p->device.partition_table)
		return error_set(
			e, -EEXIST,
			"raw: %s holds %s, which a dump would destroy; if nothing on it is needed: "
			"'wipefs -a %s'",
			c->device, *p->device.fstype ? p->device.fstype : "a partition table",
			p->device.node);
	t->kind = PLAN_TARGET_RAW;
	t->fstype = strdup("");
	t->mount_options = strdup("");
	t->path = strdup("");
	if (!t->fstype || !t->mount_options || !t->path || fill_device(t, &p->device) < 0)
		return error_errno(e, -ENOMEM, "raw");
	return 0;
}

int place_find(const struct root *root, const struct config_target *c, struct names *names,
	       struct place *ret, struct error *e)
{
	_cleanup_place_ struct place p = { 0 };
	int r;

	switch (c->kind) {
	case CONFIG_TARGET_PATH:
	case CONFIG_TARGET_ROOTFS:
		r = find_by_path(root, c, &p, e);
		break;
	case CONFIG_TARGET_FS:
		r = find_fs(root, c, &p, e);
		break;
	case CONFIG_TARGET_RAW:
		r = find_raw(root, c, &p, e);
		break;
	case CONFIG_TARGET_SSH:
		r = place_find_ssh(root, c, names, &p, e);
		break;
	case CONFIG_TARGET_VIRTIOFS:
		r = place_fill_virtiofs(root, c->device, c->path, &p, e);
		break;
	case CONFIG_TARGET_NFS:
		r = place_find_nfs(root, c, names, &p, e);
		break;
	default:
		r = -EINVAL;
	}
	if (r < 0)
		return r;
	p.path_given = c->path_given;
	p.target.last_resort = c->kind == CONFIG_TARGET_ROOTFS;
	*ret = p;
	p = (struct place){ 0 };
	return 0;
}

int place_describe(const struct place *p, char *buf, size_t size)
{
	const char *device = p->called ?: p->device.node;

	if (p->target.kind == PLAN_TARGET_RAW)
		return snprintf(buf, size, "raw on %s", device);
	if (p->target.kind == PLAN_TARGET_NFS)
		return snprintf(buf, size, "NFS %s:%s, %s", p->target.server, p->target.share,
				p->target.path);
	if (p->target.kind == PLAN_TARGET_VIRTIOFS)
		return snprintf(buf, size, "virtiofs %s, %s", p->target.share, p->target.path);
	if (p->target.kind == PLAN_TARGET_SSH)
		return snprintf(buf, size, "SSH %s@%s, %s", p->target.user, p->target.host,
				p->target.path);
	return snprintf(buf, size, "%s on %s, %s", p->device.fstype, device, p->target.path);
}

void place_done(struct place *p)
{
	free(p->target.fstype);
	free(p->target.mount_options);
	free(p->target.path);
	free(p->target.server);
	free(p->target.share);
	free(p->target.host);
	free(p->target.user);
	free(p->target.key);
	free(p->target.known_hosts);
	buf_done(&p->key);
	buf_done(&p->known_hosts);
	free(p->target.device.fs_uuid);
	free(p->target.device.syspath);
	free(p->target.device.serial);
	free(p->target.device.name);
	blockdev_done(&p->device);
	volumes_free(p->volumes);
	free(p->called);
	network_done(&p->network);
	*p = (struct place){ 0 };
}
