/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/device.h"

#include <blkid.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "plan/volumes.h"
#include "target/uevent.h"

/* A disk that was not meant may be one that does not answer: with a hint the others are read this much later. */
#define ELSEWHERE_AFTER (3 * USEC_PER_SEC)

/* A disk that could not be read may be readable later, and no event tells. */
#define LOOK_AGAIN (2 * USEC_PER_SEC)

#define CLASS_BLOCK "sys/class/block"

/* sysfs counts in 512-byte sectors whatever the device's own are. */
#define SECTOR 512

DEFINE_CLEANUP(blkid_probe, blkid_free_probe)

/* Where drivers show a serial number, from the disk's directory. The VPD page has a header of 4 bytes (SPC-4, 7.8.13). */
static const struct {
	const char *file;
	size_t skip;
} serial_files[] = {
	{ "serial", 0 },	  /* virtio-blk */
	{ "device/serial", 0 },	  /* NVMe, MMC */
	{ "device/vpd_pg80", 4 }, /* SCSI, ATA */
};

static int read_attribute(const struct root *root, const char *kernel_name, const char *file,
			  struct buf *ret)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), CLASS_BLOCK "/%s/%s", kernel_name, file);
	return read_file_at(root->fd, path, 4096, ret);
}

static uint64_t read_number(const struct root *root, const char *kernel_name, const char *file)
{
	_cleanup_buf_ struct buf text = { 0 };

	return read_attribute(root, kernel_name, file, &text) == 0 ? strtoull(text.data, NULL, 10)
								   : 0;
}

/* Copies without surrounding blanks; what is not printable ends it. */
static void copy_trimmed(char *to, size_t size, const char *from, size_t len)
{
	size_t n = 0;

	while (len > 0 && isspace((unsigned char)*from)) {
		from++;
		len--;
	}
	while (n < len && n < size - 1 && isprint((unsigned char)from[n])) {
		to[n] = from[n];
		n++;
	}
	while (n > 0 && isspace((unsigned char)to[n - 1]))
		n--;
	to[n] = '\0';
}

static void read_serial(const struct root *root, const char *kernel_name, struct device_facts *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(serial_files) && !f->serial[0]; i++) {
		_cleanup_buf_ struct buf text = { 0 };
		char file[64];

		snprintf(file, sizeof(file), "%s%s", f->partition ? "../" : "",
			 serial_files[i].file);
		if (read_attribute(root, kernel_name, file, &text) == 0 &&
		    text.len > serial_files[i].skip)
			copy_trimmed(f->serial, sizeof(f->serial), text.data + serial_files[i].skip,
				     text.len - serial_files[i].skip);
	}
}

/* DEVNAME= of the uevent file: the name in devtmpfs, where the kernel's '!' is a '/'. */
static void read_devname(const struct root *root, const char *kernel_name, struct device_facts *f)
{
	_cleanup_buf_ struct buf text = { 0 };
	const char *p = NULL;

	if (read_attribute(root, kernel_name, "uevent", &text) == 0)
		p = strstr(text.data, "DEVNAME=");
	if (p)
		copy_trimmed(f->name, sizeof(f->name), p + 8, strcspn(p + 8, "\n"));
	else
		copy_trimmed(f->name, sizeof(f->name), kernel_name, strlen(kernel_name));
}

int device_facts_read(const struct root *root, const char *kernel_name, struct device_facts *ret)
{
	struct device_facts f = { 0 };
	char path[PATH_MAX], link[PATH_MAX];
	const char *place;
	ssize_t n;

	snprintf(path, sizeof(path), CLASS_BLOCK "/%s", kernel_name);
	n = readlinkat(root->fd, path, link, sizeof(link) - 1);
	if (n < 0)
		return -errno;
	link[n] = '\0';
	place = strstr(link, "/devices/");
	if (place)
		copy_trimmed(f.syspath, sizeof(f.syspath), place + 9, strlen(place + 9));
	f.partition = (uint32_t)read_number(root, kernel_name, "partition");
	if (mul_overflow(read_number(root, kernel_name, "size"), (uint64_t)SECTOR, &f.size))
		f.size = 0;
	f.read_only = read_number(root, kernel_name, "ro") != 0;
	read_devname(root, kernel_name, &f);
	read_serial(root, kernel_name, &f);
	*ret = f;
	return 0;
}

/* Plans may say the place as /sys/devices/…, /devices/… or without either. */
static bool same_place(const char *want, const char *have)
{
	static const char *const prefixes[] = { "/sys/devices/", "/devices/", "/" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (strncmp(want, prefixes[i], strlen(prefixes[i])) == 0) {
			want += strlen(prefixes[i]);
			break;
		}
	}
	return strcmp(want, have) == 0;
}

static bool known(const char *s)
{
	return s && s[0];
}

enum device_match device_match(const struct plan_device *want, const struct device_facts *have)
{
	bool place = known(want->syspath) && same_place(want->syspath, have->syspath);
	bool serial = known(want->serial) && strcmp(want->serial, have->serial) == 0;

	if (have->size == 0)
		return DEVICE_NO;
	if (plan_device_is_virtual(want))
		return place ? DEVICE_LIKELY : DEVICE_NO;
	if (known(want->fs_uuid))
		return place || (serial && want->partition == have->partition) ? DEVICE_LIKELY
									       : DEVICE_POSSIBLE;
	if (have->partition != want->partition || (want->size && want->size != have->size))
		return DEVICE_NO;
	if (known(want->serial) && have->serial[0])
		return serial ? DEVICE_LIKELY : DEVICE_NO;
	if (known(want->syspath) && have->syspath[0])
		return place ? DEVICE_LIKELY : DEVICE_NO;
	return known(want->name) && strcmp(want->name, have->name) == 0 ? DEVICE_LIKELY : DEVICE_NO;
}

static bool has_uuid(const struct root *root, const char *name, const char *fstype,
		     const char *uuid)
{
	char *types[] = { (char *)fstype, NULL };
	_cleanup_(blkid_free_probep) blkid_probe probe = NULL;
	_cleanup_close_ int fd = -1;
	char path[DEVICE_NAME_MAX + 8];
	const char *found;

	snprintf(path, sizeof(path), "dev/%s", name);
	fd = openat(root->fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	probe = blkid_new_probe();
	if (!probe || blkid_probe_set_device(probe, fd, 0, 0) != 0)
		return false;
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_UUID);
	if (known(fstype))
		blkid_probe_filter_superblocks_type(probe, BLKID_FLTR_ONLYIN, types);
	if (blkid_do_safeprobe(probe) != 0 ||
	    blkid_probe_lookup_value(probe, "UUID", &found, NULL) != 0)
		return false;
	return strcasecmp(found, uuid) == 0;
}

/* One look at all block devices for those of one degree of match. */
static bool look(const struct root *root, const struct plan_device *want, const char *fstype,
		 enum device_match degree, struct device_facts *ret)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	int fd = openat(root->fd, CLASS_BLOCK, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (!dir)
		return false;
	while ((entry = readdir(dir))) {
		struct device_facts facts;

		if (entry->d_name[0] == '.' || device_facts_read(root, entry->d_name, &facts) < 0 ||
		    device_match(want, &facts) != degree)
			continue;
		if (known(want->fs_uuid) && !has_uuid(root, facts.name, fstype, want->fs_uuid))
			continue;
		*ret = facts;
		return true;
	}
	return false;
}

/* "vda 8192 MiB, vda1 8191 MiB" */
static void describe_present(const struct root *root, char *text, size_t size)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	size_t at = 0;
	int fd = openat(root->fd, CLASS_BLOCK, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	snprintf(text, size, "none");
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	while (dir && (entry = readdir(dir)) && at < size) {
		struct device_facts facts;

		if (entry->d_name[0] == '.' || device_facts_read(root, entry->d_name, &facts) < 0 ||
		    facts.size == 0)
			continue;
		at += (size_t)snprintf(text + at, size - at, "%s%s %llu MiB", at ? ", " : "",
				       facts.name, (unsigned long long)(facts.size >> 20));
	}
}

static int not_found(const struct root *root, const struct plan_device *want, struct error *e)
{
	char present[200];

	describe_present(root, present, sizeof(present));
	if (known(want->fs_uuid))
		return error_set(e, -ETIMEDOUT, "no block device with the UUID %s; there are: %s",
				 want->fs_uuid, present);
	return error_set(e, -ETIMEDOUT,
			 "no block device of %llu bytes with serial '%s', place '%s' or name '%s'; "
			 "there are: %s",
			 (unsigned long long)want->size, want->serial ? want->serial : "",
			 want->syspath ? want->syspath : "", want->name ? want->name : "", present);
}

static int accept_found(const struct device_facts *found, struct device_facts *ret, struct error *e)
{
	if (found->read_only)
		return error_set(e, -EROFS, "/dev/%s is write-protected", found->name);
	*ret = *found;
	return 0;
}

static bool hinted(const struct plan_device *want)
{
	return known(want->syspath) || known(want->serial);
}

int device_wait(const struct root *root, const struct plan_device *want, const char *fstype,
		usec_t deadline, struct device_facts *ret, struct error *e)
{
	const usec_t elsewhere = clock_now() + (hinted(want) ? ELSEWHERE_AFTER : 0);
	_cleanup_close_ int events = -1;
	struct device_facts found;
	int r = uevent_open(&events, e);

	if (r < 0)
		return r;
	do {
		bool last = clock_now() >= deadline;

		if (look(root, want, fstype, DEVICE_LIKELY, &found) ||
		    ((last || clock_now() >= elsewhere) &&
		     look(root, want, fstype, DEVICE_POSSIBLE, &found)))
			return accept_found(&found, ret, e);
		if (last)
			return not_found(root, want, e);
		r = uevent_wait_block(events, MIN(deadline, clock_now() + LOOK_AGAIN));
	} while (r == 0 || r == -ETIMEDOUT);
	return error_errno(e, r, "waiting for a block device");
}
