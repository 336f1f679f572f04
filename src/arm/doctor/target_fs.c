/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Targets on disks of this machine: can they be written, and is there room? */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "arm/doctor/below.h"
#include "arm/doctor/target.h"
#include "plan/volumes.h"

/* A dump makes a directory and seven files. */
#define NAMES_NEEDED 16
#define DUMPS_MAX 4096

static bool is_local(const struct target_facts *t)
{
	return t->config->kind == CONFIG_TARGET_PATH || t->config->kind == CONFIG_TARGET_FS ||
	       t->config->kind == CONFIG_TARGET_ROOTFS;
}

static void check_mounted(struct doctor *d)
{
	const struct facts *f = d->facts;

	for_each_target(t, f)
	{
		if (!is_local(t) || t->r < 0 || t->dir)
			continue;
		found(d, FINDING_NOTE,
		      "'%s' is not mounted: whether it has room, and what it holds, cannot be seen",
		      t->words);
		evidence(d, "%s", error_text(&t->unseen));
		fix(d, "mount it; a crash is saved all the same");
	}
}

static bool has_option(const struct target_facts *t, const char *option)
{
	return strstr(t->mount_options, option);
}

static void check_read_only(struct doctor *d)
{
	const struct facts *f = d->facts;

	for_each_target(t, f)
	{
		if (t->r == -EROFS) {
			found(d, target_fault(f), "target '%s': %s", t->words, error_text(&t->why));
			evidence(d, "/sys/class/block/%s/ro is 1", t->disk);
			fix(d, "blockdev --setrw /dev/%s; then lastword arm", t->disk);
		} else if (is_local(t) && has_option(t, ",ro,")) {
			found(d, FINDING_WARNING,
			      "'%s' is mounted read-only: the capture kernel writes "
			      "to it all the same, if it is sound",
			      t->words);
			evidence(d, "/proc/self/mountinfo: %s %.*s", t->mounted_at,
				 (int)strlen(t->mount_options) - 2, t->mount_options + 1);
			fix(d, "mount -o remount,rw %s", t->mounted_at);
		}
	}
}

static void check_room(struct doctor *d)
{
	const struct facts *f = d->facts;
	struct room room;

	for_each_target(t, f)
	{
		const char *dir = target_directory(f, t);

		if (t->config->kind == CONFIG_TARGET_RAW && t->r == 0) {
			room = (struct room){ .bytes = t->place.device.facts.size };
			target_room(d, &room, t->words);
		} else if (is_local(t) && dir && f->trials.room &&
			   f->trials.room(f->root, dir, &room) == 0) {
			target_room(d, &room, t->mounted_at);
		}
	}
}

static void check_names(struct doctor *d)
{
	const struct facts *f = d->facts;
	struct room room;

	for_each_target(t, f)
	{
		const char *dir = target_directory(f, t);

		if (!is_local(t) || !dir || !f->trials.room ||
		    f->trials.room(f->root, dir, &room) < 0 || !room.files_limited ||
		    room.files >= NAMES_NEEDED)
			continue;
		found(d, target_fault(f), "%s has no inodes left for the files of a dump",
		      t->mounted_at);
		evidence(d, "statvfs of %s: %llu inodes free", dir, (unsigned long long)room.files);
		fix(d,
		    "remove small files there: find %s -xdev | cut -d/ -f-4 | sort | uniq -c | "
		    "sort -n",
		    t->mounted_at);
	}
}

/* By a file that is made, synced and removed. */
static int try_write(const struct facts *f, const struct target_facts *t)
{
	if (!is_local(t) || t->r < 0 || !t->dir || !look_exists(f->root, t->dir) ||
	    has_option(t, ",ro,"))
		return 0;
	return f->trials.write(f->root, t->dir);
}

static bool can_write(struct doctor *d)
{
	const struct trials *trials = &d->facts->trials;

	if (trials->write && trials->root)
		return true;
	skipped(d, "%s", trials->write ? "not root" : "another root: nothing is written");
	return false;
}

static void check_write(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (!can_write(d))
		return;
	for_each_target(t, f)
	{
		int r = try_write(f, t);

		if (r == 0 || r == -EDQUOT || r == -ENOSPC)
			continue;
		found(d, target_fault(f), "root cannot write to %s", t->dir);
		evidence(d, "a file there: %s", strerror(-r));
		fix(d, "%s %s", r == -EPERM ? "chattr -i" : "chown root:", t->dir);
	}
}

static void check_quota(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (!can_write(d))
		return;
	for_each_target(t, f)
	{
		if (try_write(f, t) == -EDQUOT) {
			found(d, target_fault(f), "the quota of %s is used up", t->dir);
			evidence(d, "a file there: %s", strerror(EDQUOT));
			fix(d, "xfs_quota -x -c 'report -p' %s, or repquota %s; raise the limit",
			    t->mounted_at, t->mounted_at);
		} else if (is_local(t) && has_option(t, ",prjquota,")) {
			found(d, FINDING_NOTE, "%s has project quotas, which hold for root, too",
			      t->mounted_at);
			evidence(d, "mount options of %s: prjquota", t->mounted_at);
			fix(d, "xfs_quota -x -c 'report -p' %s", t->mounted_at);
		}
	}
}

static void check_errors(struct doctor *d)
{
	const struct facts *f = d->facts;
	char path[300], count[64];

	for_each_target(t, f)
	{
		if (!*t->disk)
			continue;
		snprintf(path, sizeof(path), "/sys/fs/ext4/%s/errors_count", t->disk);
		if (!look_line(f->root, path, count, sizeof(count)) || strcmp(count, "0") == 0)
			continue;
		found(d, FINDING_WARNING,
		      "the file system on /dev/%s has errors: it may turn read-only "
		      "in the middle of a dump",
		      t->disk);
		evidence(d, "%s is %s", path, count);
		fix(d, "umount it; e2fsck -f /dev/%s", t->disk);
	}
}

static bool md_line(const struct root *root, const char *device, const char *name, char *ret,
		    size_t size)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/md/%s", device, name);
	return look_line(root, path, ret, size);
}

/* RAID 4, 5 and 6 of which a disk is missing or is being rebuilt do not start where they were being written at the crash. */
static bool is_degraded(const struct root *root, const char *device)
{
	char missing[32], level[32];

	return md_line(root, device, "degraded", missing, sizeof(missing)) &&
	       strcmp(missing, "0") != 0 && md_line(root, device, "level", level, sizeof(level)) &&
	       plan_level_redundancy(level) == PLAN_REDUNDANCY_PARITY;
}

static void check_degraded(struct doctor *d)
{
	const struct facts *f = d->facts;
	char device[256], level[32];

	for_each_target(t, f)
	{
		if (!*t->disk || !below_find(f->root, t->disk, is_degraded, device, sizeof(device)))
			continue;
		found(d, FINDING_WARNING,
		      "the array of '%s' has not all its disks: one that is written when the "
		      "kernel crashes does not start again by itself",
		      t->words);
		md_line(f->root, device, "level", level, sizeof(level));
		evidence(d, "%s/md/degraded is not 0 (%s)", device, level);
		fix(d, "cat /proc/mdstat: add the disk that is missing, or wait for its rebuild; "
		       "until then a fallback in " CONFIG_PATH);
	}
}

struct dumps {
	const struct facts *facts;
	const char *dir;
	unsigned count;
	uint64_t bytes;
};

static void count_dump(void *user, const char *name)
{
	static const char *const cores[] = { "vmcore", "vmcore.flat", "vmcore.flat.enc",
					     "vmcore-incomplete" };
	struct dumps *dumps = user;
	bool is_dump = false;
	struct stat st;
	char path[1000];

	for (size_t i = 0; i < ARRAY_SIZE(cores) && dumps->count < DUMPS_MAX; i++) {
		snprintf(path, sizeof(path), "%s/%s/%s", root_relative(dumps->dir), name, cores[i]);
		if (fstatat(dumps->facts->root->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		is_dump = true;
		dumps->bytes += (uint64_t)st.st_blocks * 512;
	}
	dumps->count += is_dump;
}

/* Half of a file system is more than anyone meant. */
static void check_old(struct doctor *d)
{
	const struct facts *f = d->facts;
	const struct plan_keep *keep = &f->config.keep;
	char bytes[SIZE_TEXT], total[SIZE_TEXT];
	struct room room;

	for_each_target(t, f)
	{
		struct dumps dumps = { .facts = f, .dir = t->dir };

		if (!is_local(t) || !t->dir || !f->trials.room ||
		    f->trials.room(f->root, t->dir, &room) < 0)
			continue;
		look_directory(f->root, t->dir, count_dump, &dumps);
		if (!dumps.count ||
		    (dumps.bytes < room.total / 2 &&
		     (room.bytes >= f->dump_bytes || dumps.bytes < f->dump_bytes / 4)))
			continue;
		found(d,
		      keep->dumps || keep->days || keep->bytes || keep->room ? FINDING_NOTE
									     : FINDING_WARNING,
		      "%u older dumps fill %s", dumps.count, t->mounted_at);
		evidence(d, "%s holds %s of dumps, of %s", t->dir, size_text(dumps.bytes, bytes),
			 size_text(room.total, total));
		fix(d,
		    "move or remove some, or write 'lastword_keep dumps=3 room' into " CONFIG_PATH
		    "; then lastword arm");
	}
}

const struct check checks_target_fs[] = {
	{ "target-mounted", "target", "targets on disks can be looked at", FINDING_NOTE,
	  check_mounted },
	{ "target-read-only", "target", "no target is read-only", FINDING_FAILURE,
	  check_read_only },
	{ "target-full", "target", "each target has room for a dump", FINDING_FAILURE, check_room },
	{ "target-inodes", "target", "each target has inodes for a dump's files", FINDING_FAILURE,
	  check_names },
	{ "target-write", "target", "root can write where dumps go", FINDING_FAILURE, check_write },
	{ "target-quota", "target", "no quota ends a dump", FINDING_FAILURE, check_quota },
	{ "target-errors", "target", "the file systems of targets have no errors", FINDING_WARNING,
	  check_errors },
	{ "target-degraded", "target", "the arrays of targets have all their disks",
	  FINDING_WARNING, check_degraded },
	{ "target-old-dumps", "target", "older dumps leave room", FINDING_WARNING, check_old },
	{ 0 },
};
