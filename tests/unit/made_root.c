/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "made_root.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/io.h"

#include "test.h"

#define DEVICE_SIZE (1 << 20)
#define PCI "/sys/devices/pci0000:00/0000:00:03.0"

static void make(const char *in, struct root *ret)
{
	char path[64], real[PATH_MAX];

	snprintf(path, sizeof(path), "%s/lastword-root-XXXXXX", in);
	assert_non_null(mkdtemp(path));
	assert_non_null(realpath(path, real));
	assert_int_equal(root_open(real, ret), 0);
}

void made_root(struct root *ret)
{
	make("/tmp", ret);
}

void made_root_in_memory(struct root *ret)
{
	make(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", ret);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

void made_root_remove(struct root *r)
{
	assert_int_equal(nftw(r->path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	root_done(r);
}

void made_dir(const struct root *r, const char *path)
{
	char dir[PATH_MAX];

	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
		(void)mkdirat(r->fd, root_relative(dir), 0755);
	}
	(void)mkdirat(r->fd, root_relative(path), 0755);
}

static void make_parent(const struct root *r, const char *path)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(path, '/') - path), path);
	if (*dir)
		made_dir(r, dir);
}

void made_bytes(const struct root *r, const char *path, const void *data, size_t len)
{
	_cleanup_close_ int fd = -1;

	make_parent(r, path);
	fd = openat(r->fd, root_relative(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write_all(fd, data, len), 0);
}

void made_file(const struct root *r, const char *path, const char *text)
{
	made_bytes(r, path, text, strlen(text));
}

void made_link(const struct root *r, const char *path, const char *to)
{
	make_parent(r, path);
	(void)unlinkat(r->fd, root_relative(path), 0);
	assert_int_equal(symlinkat(to, r->fd, root_relative(path)), 0);
}

static void made_in(const struct root *r, const char *dir, const char *name, const char *text)
{
	_cleanup_free_ char *path = NULL;

	assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
	made_file(r, path, text);
}

void made_disk(const struct root *r, const char *name, const char *disk, unsigned minor,
	       const char *serial)
{
	char dir[PATH_MAX], path[PATH_MAX + 64], text[64];

	snprintf(dir, sizeof(dir), PCI "/virtio0/block/%s%s%s", disk, *disk ? "/" : "", name);
	snprintf(text, sizeof(text), "%d\n", DEVICE_SIZE / 512);
	made_in(r, dir, "size", text);
	made_in(r, dir, "ro", "0\n");
	snprintf(text, sizeof(text), "DEVNAME=%s\n", name);
	made_in(r, dir, "uevent", text);
	if (*disk)
		made_in(r, dir, "partition", "1\n");
	else
		made_in(r, dir, "serial", serial);
	snprintf(path, sizeof(path), "%s/holders", dir);
	made_dir(r, path);
	snprintf(path, sizeof(path), "/sys/class/block/%s", name);
	snprintf(dir, sizeof(dir), "../../devices/pci0000:00/0000:00:03.0/virtio0/block/%s%s%s",
		 disk, *disk ? "/" : "", name);
	made_link(r, path, dir);
	snprintf(path, sizeof(path), "/sys/dev/block/254:%u", minor);
	made_link(r, path, dir);
	made_link(r, PCI "/driver", "../../../bus/pci/drivers/virtio-pci");
	made_link(r, PCI "/virtio0/driver", "../../../../bus/virtio/drivers/virtio_blk");
	made_dir(r, "/sys/module/virtio_pci");
	made_dir(r, "/sys/module/virtio_blk");
	made_link(r, "/sys/bus/pci/drivers/virtio-pci/module", "../../../../module/virtio_pci");
	made_link(r, "/sys/bus/virtio/drivers/virtio_blk/module", "../../../../module/virtio_blk");
	snprintf(path, sizeof(path), "/dev/%s", name);
	made_file(r, path, "");
	snprintf(path, sizeof(path), "%s/dev/%s", r->path, name);
	assert_int_equal(truncate(path, DEVICE_SIZE), 0);
}

/* Offsets in the superblock at 1024: Documentation/filesystems/ext4/super.rst of the kernel. */
void made_ext4(const struct root *r, const char *device)
{
	static const uint8_t uuid[] = { 0x4b, 0x9f, 0x4c, 0x1e, 0x0c, 0x1c, 0x4b, 0x0e,
					0x9b, 0x39, 0x0f, 0x9f, 0x6e, 0x6a, 0x2b, 0x11 };
	uint8_t sb[1024] = { 0 };
	_cleanup_close_ int fd = openat(r->fd, root_relative(device), O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	le32_put(sb + 0x00, 64);		 /* inodes */
	le32_put(sb + 0x04, DEVICE_SIZE / 4096); /* blocks */
	le32_put(sb + 0x18, 2);			 /* 4096 bytes a block */
	le16_put(sb + 0x38, 0xef53);
	le32_put(sb + 0x4c, 1);
	le32_put(sb + 0x5c, 0x0004);	      /* has a journal */
	le32_put(sb + 0x60, 0x0002 | 0x0040); /* file types, extents */
	memcpy(sb + 0x68, uuid, sizeof(uuid));
	memcpy(sb + 0x78, "dumps", 5);
	assert_int_equal(pwrite_all(fd, sb, sizeof(sb), 1024), 0);
}

int made_root_setup(void **state)
{
	struct root *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	made_root(r);
	*state = r;
	return 0;
}

int made_root_teardown(void **state)
{
	made_root_remove(*state);
	free(*state);
	return 0;
}
