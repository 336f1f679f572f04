/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Software RAID. The kernel reads the superblocks of the members it is given, sorts out what is out of date and starts with
 * what is there. It starts read-only until the first write (start_ro), and neither resync nor rebuild begins ("frozen"): the
 * dump is waiting, and the next boot does that.
 */
#include "capture/volumes_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/major.h>
#include <linux/raid/md_u.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "capture/console.h"
#include "capture/setup.h"
#include "plan/volumes.h"

/* Where one member more is not needed: long enough for a disk that spins up, short enough for a target that waits. */
#define MISSING_WAIT (15 * USEC_PER_SEC)

#define PARAMETERS "/sys/module/md_mod/parameters/"

/* Those that start without all their members. */
static bool is_redundant(const struct plan_volume *v)
{
	return plan_level_redundancy(v->level) != PLAN_REDUNDANCY_NONE;
}

/* Two versions there are: 0.90 and 1.0 to 1.2. */
static int begin(int fd, const struct plan_volume *v, struct error *e)
{
	mdu_array_info_t info = { 0 }; /* raid_disks 0: the superblocks tell */

	if (sscanf(v->metadata, "%9d.%9d", &info.major_version, &info.minor_version) != 2)
		return error_set(e, -EINVAL, "metadata '%s'", v->metadata);
	if (ioctl(fd, SET_ARRAY_INFO, &info) < 0)
		return error_errno(e, -errno, "metadata %s", v->metadata);
	return 0;
}

static int add_member(int fd, dev_t number, struct error *e)
{
	mdu_disk_info_t disk = { .major = (int)major(number), .minor = (int)minor(number) };

	return ioctl(fd, ADD_NEW_DISK, &disk) < 0 ? error_errno(e, -errno, "the superblock") : 0;
}

static uint32_t add_members(int fd, const struct plan *p, const struct plan_volume *v,
			    usec_t deadline)
{
	usec_t patience = is_redundant(v) ? MIN(clock_now() + MISSING_WAIT, deadline) : deadline;
	uint32_t added = 0;

	for (size_t i = 0; i < p->parts_count; i++) {
		const struct plan_part *part = &p->parts[i];
		struct error why = { 0 };
		dev_t number;
		int r;

		if (strcmp(part->volume, v->name) != 0)
			continue;
		r = volumes_part(p, part, patience, &number, &why);
		if (r == 0)
			r = add_member(fd, number, &why);
		if (r == 0)
			added++;
		else
			say("%s: without its member %s: %s", v->name, part->device.name,
			    error_text(&why));
	}
	return added;
}

static int open_array(const struct plan_volume *v, int *ret, struct error *e)
{
	char path[64];
	int fd;

	setting_write(PARAMETERS "start_ro", "1\n");
	setting_write(PARAMETERS "new_array", v->name);
	snprintf(path, sizeof(path), "/dev/%s", v->name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return error_errno(e, -errno, "%s: is md-mod loaded?", path);
	*ret = fd;
	return 0;
}

/* What the kernel made of them: some may be out of date. */
static void say_started(int fd, const struct plan_volume *v)
{
	mdu_array_info_t info = { 0 };

	if (ioctl(fd, GET_ARRAY_INFO, &info) < 0)
		return;
	if (is_redundant(v) && (uint32_t)info.active_disks < v->disks)
		say("%s started degraded: %d of %u disks (%s)", v->name, info.active_disks,
		    v->disks, v->level);
	else
		say("%s started: %d disks (%s)", v->name, info.active_disks, v->level);
}

static int assemble(int fd, const struct plan *p, const struct plan_volume *v, usec_t deadline,
		    struct error *e)
{
	uint32_t added;
	int r = begin(fd, v, e);

	if (r < 0)
		return r;
	added = add_members(fd, p, v, deadline);
	if (added == 0)
		return error_set(e, -ENODEV, "none of its members is there");
	if (ioctl(fd, RUN_ARRAY, NULL) == 0)
		return 0;
	/* Of RAID 4, 5 and 6, this is one that was "dirty degraded", or has too few disks at all. */
	if (errno == EIO && plan_level_redundancy(v->level) == PLAN_REDUNDANCY_PARITY)
		return error_set(
			e, -EIO,
			"Linux does not start it with %u of %u disks (%s): one is missing, or was "
			"being rebuilt while the array was written",
			added, v->disks, v->level);
	return error_errno(e, -errno, "starting it with %u of %u disks (%s)", added, v->disks,
			   v->level);
}

int volume_md_up(const struct plan *p, const struct plan_volume *v, usec_t deadline,
		 struct error *e)
{
	_cleanup_close_ int fd = -1;
	char action[128];
	int r = open_array(v, &fd, e);

	if (r < 0)
		return r;
	r = assemble(fd, p, v, deadline, e);
	if (r < 0) {
		(void)ioctl(fd, STOP_ARRAY, NULL);
		return r;
	}
	snprintf(action, sizeof(action), "/sys/class/block/%s/md/sync_action", v->name);
	setting_write(action, "frozen\n");
	say_started(fd, v);
	(void)ioctl(fd, BLKRRPART); /* there need not be partitions */
	return 0;
}
