/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Targets on disks, encryption, iSCSI. */
#include <errno.h>

#include "../test.h"
#include "doctor_made.h"

#define CONF "/etc/kdump.conf"
#define ISCSI "/sys/devices/platform/host2/session1/target2:0:0/2:0:0:0/block/vda1"
#define DUMP "/var/crash/127.0.0.1-2026-11-21-03:14:00"
#define KEY "# created: today\n# public key: age1\n"

static void second_disk(const struct root *r)
{
	made_ext4(r, "/dev/vdb");
}

static void little_room(const struct root *r)
{
	answers.room.bytes = MIB(20);
}

static void less_room(const struct root *r)
{
	answers.room.bytes = MIB(300);
}

static void no_inodes(const struct root *r)
{
	answers.room.files = 3;
}

static void denied(const struct root *r)
{
	answers.write_r = -EACCES;
}

static void immutable(const struct root *r)
{
	answers.write_r = -EPERM;
}

static void quota(const struct root *r)
{
	answers.write_r = -EDQUOT;
}

/* 64 KiB that are there, on a disk of 100. */
static void old_dump(const struct root *r)
{
	static char text[65537];

	for (size_t i = 0; i + 1 < sizeof(text); i++)
		text[i] = 'x';
	made_file(r, DUMP "/vmcore", text);
	answers.room.total = 100000;
}

static void old_dump_kept(const struct root *r)
{
	old_dump(r);
	made_file(r, CONF, "lastword_keep dumps=3\n");
}

const struct doctor_case cases_target[] = {
	{ "target-missing", FINDING_FAILURE, "no block device has UUID=0000-dead",
	  .base = { { CONF, "ext4 UUID=" MADE_UUID "\npath /var/crash\n" } },
	  .broken = { { CONF, "ext4 UUID=0000-dead\npath /var/crash\n" } } },
	{ "target-missing", FINDING_WARNING, "/dev/vdz",
	  .base = { { CONF, "raw /dev/vdb\nfallback ext4 /dev/vda1\n" } },
	  .broken = { { CONF, "raw /dev/vdz\nfallback ext4 /dev/vda1\n" } } },
	{ "target-ambiguous", FINDING_FAILURE, "more than one device",
	  .base = { { CONF, "ext4 LABEL=dumps\npath /var/crash\n" } }, .break_it = second_disk },
	{ "target-type", FINDING_FAILURE, "holds ext4",
	  .base = { { CONF, "ext4 /dev/vda1\npath /var/crash\n" } },
	  .broken = { { CONF, "xfs /dev/vda1\npath /var/crash\n" } } },
	{ "target-path", FINDING_FAILURE, "mkdir -p /var/none",
	  .broken = { { CONF, "path /var/none\n" } } },
	{ "target-path", FINDING_FAILURE, "mkdir -p /none",
	  .base = { { CONF, "ext4 /dev/vda1\npath /var/crash\n" } },
	  .broken = { { CONF, "ext4 /dev/vda1\npath /none\n" } } },
	{ "target-unusable", FINDING_FAILURE, "tmpfs",
	  .broken = { { "/proc/self/mountinfo",
			"23 1 254:1 / / rw - ext4 /dev/vda1 rw\n"
			"24 23 0:40 / /var/crash rw - tmpfs none rw\n" } } },
	{ "target-unusable", FINDING_FAILURE, "a raw dump would destroy it",
	  .base = { { CONF, "raw /dev/vdb\n" } }, .broken = { { CONF, "raw /dev/vda1\n" } } },

	{ "target-mounted", FINDING_NOTE, "is not mounted",
	  .base = { { CONF, "ext4 /dev/vda1\npath /var/crash\n" } },
	  .broken = { { "/proc/self/mountinfo", "24 1 0:30 / / rw - overlay none rw\n" } } },
	{ "target-read-only", FINDING_WARNING, "remount,rw /",
	  .broken = { { "/proc/self/mountinfo",
			"23 1 254:1 / / rw,relatime - ext4 /dev/vda1 ro\n" } } },
	{ "target-read-only", FINDING_FAILURE, "blockdev --setrw /dev/vda1",
	  .base = { { CONF, "ext4 /dev/vda1\npath /var/crash\n" } },
	  .broken = { { "/sys/class/block/vda1/ro", "1\n" } } },
	{ "target-full", FINDING_FAILURE, "20 MiB", .break_it = little_room },
	{ "target-full", FINDING_WARNING, "300 MiB", .break_it = less_room },
	{ "target-full", FINDING_FAILURE, "raw /dev/vdb",
	  .broken = { { CONF, "raw /dev/vdb\n" } } },
	{ "target-inodes", FINDING_FAILURE, "3 inodes", .break_it = no_inodes },
	{ "target-write", FINDING_FAILURE, "chown root: /var/crash", .break_it = denied },
	{ "target-write", FINDING_FAILURE, "chattr -i /var/crash", .break_it = immutable },
	{ "target-quota", FINDING_FAILURE, "quota of /var/crash", .break_it = quota },
	{ "target-quota", FINDING_NOTE, "prjquota",
	  .broken = { { "/proc/self/mountinfo",
			"23 1 254:1 / / rw - ext4 /dev/vda1 rw,prjquota\n" } } },
	{ "target-errors", FINDING_WARNING, "errors_count is 3",
	  .base = { { "/sys/fs/ext4/vda1/errors_count", "0\n" } },
	  .broken = { { "/sys/fs/ext4/vda1/errors_count", "3\n" } } },
	{ "target-degraded", FINDING_WARNING, "md5/md/degraded is not 0 (raid5)",
	  .base = { { "/sys/class/block/vda1/slaves/md5", "/" },
		    { "/sys/class/block/md5/md/level", "raid5\n" },
		    { "/sys/class/block/md5/md/degraded", "0\n" } },
	  .broken = { { "/sys/class/block/md5/md/degraded", "1\n" } } },
	{ "target-degraded", FINDING_WARNING, "md6/md/degraded is not 0 (raid6)",
	  .base = { { "/sys/class/block/vda1/slaves/md1", "/" },
		    { "/sys/class/block/md1/md/level", "raid1\n" },
		    { "/sys/class/block/md1/md/degraded", "1\n" },
		    { "/sys/class/block/vda1/slaves/md6", "/" },
		    { "/sys/class/block/md6/md/level", "raid6\n" },
		    { "/sys/class/block/md6/md/degraded", "0\n" } },
	  .broken = { { "/sys/class/block/md6/md/degraded", "1\n" } } },
	{ "target-degraded", FINDING_WARNING, "vda1/../md/degraded",
	  .base = { { "/sys/class/block/vda1/../md/level", "raid1\n" },
		    { "/sys/class/block/vda1/../md/degraded", "1\n" } },
	  .broken = { { "/sys/class/block/vda1/../md/level", "raid6\n" } } },
	{ "target-old-dumps", FINDING_WARNING, "1 older dumps", .base = { { DUMP "/vmcore", "x" } },
	  .break_it = old_dump },
	{ "target-old-dumps", FINDING_NOTE, "1 older dumps", .break_it = old_dump_kept },

	{ "target-encrypted", FINDING_FAILURE, "CRYPT-",
	  .base = { { "/sys/class/block/vda1/dm/uuid", "LVM-x\n" } },
	  .broken = { { "/sys/class/block/vda1/dm/uuid", "CRYPT-LUKS2-0-luks\n" } } },
	{ "target-encrypted", FINDING_FAILURE, "dm-7",
	  .broken = { { "/sys/class/block/vda1/slaves/dm-7", "/" },
		      { "/sys/class/block/dm-7/dm/uuid", "CRYPT-LUKS2-0-luks\n" } } },
	{ "encrypt-key-missing", FINDING_FAILURE, "/etc/none.pub",
	  .broken = { { CONF, "lastword_encrypt /etc/none.pub\n" } } },
	{ "encrypt-key-secret", FINDING_FAILURE, "AGE-SECRET-KEY",
	  .base = { { CONF, "lastword_encrypt /etc/dump.pub\n" }, { "/etc/dump.pub", KEY } },
	  .broken = { { "/etc/dump.pub", KEY "AGE-SECRET-KEY-1\n" } } },
	{ "encrypt-not", FINDING_NOTE, "in clear",
	  .base = { { CONF, "nfs 10.0.0.5:/dumps\nlastword_encrypt /etc/dump.pub\n" },
		    { "/etc/dump.pub", KEY } },
	  .broken = { { CONF, "nfs 10.0.0.5:/dumps\n" } } },
	{ "target-iscsi", FINDING_FAILURE, "/sys/firmware/ibft",
	  .broken = { { "/sys/class/block/vda1",
			"-> ../../devices/platform/host2/session1/target2:0:0/2:0:0:0/block/vda1" },
		      { "/sys/dev/block/254:1",
			"-> ../../devices/platform/host2/session1/target2:0:0/2:0:0:0/block/vda1" },
		      { ISCSI "/size", "2048\n" },
		      { ISCSI "/uevent", "DEVNAME=vda1\n" },
		      { "/sys/firmware/ibft", "/" } } },
	{ 0 },
};
