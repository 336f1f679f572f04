/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/setup/target.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "arm/boot/edit.h"
#include "arm/config/config.h"
#include "arm/image/files.h"
#include "arm/kexec/reserve.h"
#include "arm/place/filesystems.h"
#include "arm/place/impl.h"
#include "arm/place/probe.h"
#include "arm/setup/blank.h"
#include "arm/setup/target_text.h"
#include "base/clock.h"
#include "base/process.h"

#define FSTAB "/etc/fstab"
#define MOUNT_POINT "/var/crash"
#define OTHER_MOUNT_POINT "/var/lib/lastword/dumps"
#define FORMAT_TIMEOUT (600 * USEC_PER_SEC)
#define MOUNT_TIMEOUT (60 * USEC_PER_SEC)
#define NAMES_TIMEOUT (10 * USEC_PER_SEC)

struct job {
	const struct root *root;
	const struct setup_target_options *options;
	struct buf conf;	/* our lines of kdump.conf */
	struct buf fstab;	/* and of fstab, "" none */
	char mount_point[64];	/* of that */
	struct blockdev device; /* the target's */
	uint64_t room;		/* bytes; 0 unknown */
	struct edits edits;
	struct setup_target result;
};

static void job_done(struct job *j)
{
	buf_done(&j->conf);
	buf_done(&j->fstab);
	blockdev_done(&j->device);
	edits_done(&j->edits);
	setup_target_done(&j->result);
}

#define _cleanup_job_ _cleanup_(job_done)

static bool real(const struct root *root)
{
	return !*root->path;
}

static int find_program(const struct root *root, const char *name, char *path, size_t size,
			struct error *e)
{
	static const char *const places[] = { "/usr/sbin", "/sbin", "/usr/bin", "/bin" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(path, size, "%s/%s", places[i], name);
		if (faccessat(root->fd, root_relative(path), X_OK, 0) == 0)
			return 0;
	}
	return error_set(e, -ENOENT, "there is no %s here; install it first", name);
}

static const struct format {
	const char *name, *program;
} formats[] = {
	{ "xfs", "mkfs.xfs" },
	{ "ext4", "mkfs.ext4" },
};

static const struct format *find_format(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

/* mkfs is not told to overwrite anything: it looks once more. */
static int make_file_system(struct job *j, const struct format *f, struct error *e)
{
	char program[64];
	const char *argv[] = { program, "-q", "-L", "lastword", j->device.node, NULL };
	struct blockdev made = { 0 };
	int r = find_program(j->root, f->program, program, sizeof(program), e);

	if (r < 0)
		return r;
	r = process_run(argv, NULL, clock_now() + FORMAT_TIMEOUT, NULL, e);
	if (r < 0)
		return error_prefix(e, r, "%s %s", f->program, j->device.node);
	r = blockdev_find(j->root, j->device.node, &made, e);
	if (r < 0)
		return r;
	blockdev_done(&j->device);
	j->device = made;
	if (strcmp(made.fstype, f->name) != 0 || !*made.uuid)
		return error_set(e, -EIO, "%s was formatted, but holds %s", made.node,
				 *made.fstype ? made.fstype : "nothing");
	return buf_printf(&j->result.said, "%s has a new %s, UUID=%s\n", made.node, f->name,
			  made.uuid);
}

/* It was formatted for this before. */
static bool ours_already(const struct job *j)
{
	_cleanup_buf_ struct buf conf = { 0 };

	return *j->device.uuid && strcmp(j->device.fstype, j->options->format) == 0 &&
	       root_read_file(j->root, CONFIG_PATH, CONFIG_SIZE_MAX, &conf) == 0 && conf.data &&
	       strstr(conf.data, j->device.uuid);
}

static int format_device(struct job *j, struct error *e)
{
	const struct format *f = find_format(j->options->format);
	int r;

	if (!f)
		return error_set(e, -EINVAL, "--format %s: write xfs or ext4", j->options->format);
	if (ours_already(j))
		return 0;
	r = blank_check(j->root, &j->device, j->options->force, e);
	if (r < 0)
		return r;
	if (!j->options->dry_run)
		return real(j->root) ? make_file_system(j, f, e)
				     : error_set(e, -EINVAL,
						 "--format works with --root only "
						 "as --dry-run");
	strcpy(j->device.fstype, f->name);
	strcpy(j->device.uuid, "THE-NEW-ONE");
	return buf_printf(&j->result.said, "%s is empty and would get a new %s\n", j->device.node,
			  f->name);
}

/* Nothing is there that a mount would hide, and nothing else is to be mounted there. */
static bool free_for_mount(const struct root *root, struct libmnt_table *mounts,
			   struct libmnt_table *fstab, const char *path)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	int fd;

	if (mnt_table_find_target(mounts, path, MNT_ITER_FORWARD) ||
	    (fstab && mnt_table_find_target(fstab, path, MNT_ITER_FORWARD)))
		return false;
	fd = openat(root->fd, root_relative(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT;
	dir = fdopendir(fd);
	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return false;
	return dir != NULL;
}

/* A device that is mounted, or that a person's fstab has, needs no line. */
static int plan_mount(struct job *j, struct libmnt_table *mounts, struct error *e)
{
	_cleanup_free_ char *path = root_join(j->root, FSTAB);
	mount_table *fstab = path ? mnt_new_table_from_file(path) : NULL;
	_cleanup_free_ char *uuid = NULL;
	const char *at = MOUNT_POINT;

	if (asprintf(&uuid, "UUID=%s", j->device.uuid) < 0) {
		uuid = NULL;
		return error_errno(e, -ENOMEM, FSTAB);
	}
	if (fstab && (mnt_table_find_source(fstab, uuid, MNT_ITER_FORWARD) ||
		      mnt_table_find_source(fstab, j->device.node, MNT_ITER_FORWARD)))
		return 0;
	if (!free_for_mount(j->root, mounts, fstab, at))
		at = OTHER_MOUNT_POINT;
	if (!free_for_mount(j->root, mounts, fstab, at))
		return error_set(e, -EEXIST,
				 MOUNT_POINT " and " OTHER_MOUNT_POINT
					     " are both in use; mount %s yourself first",
				 j->device.node);
	snprintf(j->mount_point, sizeof(j->mount_point), "%s", at);
	if (buf_printf(&j->fstab, "%s %s %s defaults,nofail 0 2\n", uuid, at, j->device.fstype) < 0)
		return error_errno(e, -ENOMEM, FSTAB);
	return 0;
}

static uint64_t room_of(const struct root *root, const char *path)
{
	_cleanup_close_ int fd =
		openat(root->fd, root_relative(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statvfs fs;
	uint64_t room;

	if (fd < 0 || fstatvfs(fd, &fs) < 0 || mul_overflow(fs.f_bavail, fs.f_frsize, &room))
		return 0;
	return room;
}

static int plan_device(struct job *j, struct error *e)
{
	mount_table *mounts = place_read_mounts(j->root, e);
	struct libmnt_fs *mounted;
	const char *refusal;
	int r;

	if (!mounts)
		return -EIO;
	r = blockdev_find(j->root, j->options->target, &j->device, e);
	if (r == 0 && j->options->format)
		r = format_device(j, e);
	if (r < 0)
		return r;
	if (!*j->device.fstype || !*j->device.uuid)
		return error_set(
			e, -ENODEV,
			"%s holds no file system; --format xfs makes one where it is empty",
			j->device.node);
	refusal = filesystem_refusal(j->device.fstype);
	if (refusal)
		return error_set(e, -EINVAL, "%s holds %s: %s", j->device.node, j->device.fstype,
				 refusal);
	mounted = place_mount_of_device(j->root, mounts, &j->device);
	j->room = mounted ? room_of(j->root, mnt_fs_get_target(mounted)) : j->device.facts.size;
	if (buf_printf(&j->conf, "%s UUID=%s\npath /\n", j->device.fstype, j->device.uuid) < 0)
		return error_errno(e, -ENOMEM, "target");
	return mounted ? 0 : plan_mount(j, mounts, e);
}

static int plan_directory(struct job *j, struct error *e)
{
	const char *path = j->options->target;
	int r;

	if (strpbrk(path, " \t#\""))
		return error_set(e, -EINVAL, "'%s': kdump.conf cannot name this directory", path);
	if (buf_printf(&j->conf, "path %s\n", path) < 0)
		return error_errno(e, -ENOMEM, "target");
	if (!j->options->dry_run) {
		r = file_make_parents(j->root, path, e);
		if (r < 0)
			return r;
		if (mkdirat(j->root->fd, root_relative(path), 0700) < 0 && errno != EEXIST)
			return error_errno(e, -errno, "make directory %s", path);
	}
	j->room = room_of(j->root, path);
	return 0;
}

/* nfs:HOST:/DIRECTORY; the directory is mounted itself, so that dumps are at the top of it. */
static int plan_nfs(struct job *j, struct error *e)
{
	const char *share = j->options->target + strlen("nfs:");

	if (!strstr(share, ":/") || strpbrk(share, " \t#\""))
		return error_set(e, -EINVAL, "'%s': write nfs:HOST:/DIRECTORY", j->options->target);
	return buf_printf(&j->conf, "nfs %s\npath /\n", share) < 0
		       ? error_errno(e, -ENOMEM, "target")
		       : 0;
}

/* ssh:USER@HOST[:DIRECTORY]; an IPv6 address has colons of its own, and no slash. */
static int plan_ssh(struct job *j, struct error *e)
{
	const char *login = j->options->target + strlen("ssh:");
	const char *path = strstr(login, ":/");
	int len = path ? (int)(path - login) : (int)strlen(login);
	const char *at = memchr(login, '@', (size_t)len);

	if (!at || at == login || at + 1 == login + len || strpbrk(login, " \t#\""))
		return error_set(e, -EINVAL,
				 "'%s': write ssh:USER@HOST or ssh:USER@HOST:/DIRECTORY",
				 j->options->target);
	return buf_printf(&j->conf, "ssh %.*s\npath %s\n", len, login,
			  path ? path + 1 : "/var/crash") < 0
		       ? error_errno(e, -ENOMEM, "target")
		       : 0;
}

static int plan(struct job *j, struct error *e)
{
	static const struct {
		const char *prefix;
		bool device;
		int (*plan)(struct job *j, struct error *e);
	} kinds[] = {
		{ "nfs:", false, plan_nfs },	 { "ssh:", false, plan_ssh },
		{ "/dev/", true, plan_device },	 { "UUID=", true, plan_device },
		{ "LABEL=", true, plan_device }, { "PARTUUID=", true, plan_device },
		{ "/", false, plan_directory },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strncmp(j->options->target, kinds[i].prefix, strlen(kinds[i].prefix)) != 0)
			continue;
		if (j->options->format && !kinds[i].device)
			return error_set(e, -EINVAL, "--format is for a device, not for '%s'",
					 j->options->target);
		return kinds[i].plan(j, e);
	}
	return error_set(
		e, -EINVAL,
		"'%s' is no target: write a directory, /dev/…, UUID=…, nfs:HOST:/DIRECTORY "
		"or ssh:USER@HOST",
		j->options->target);
}

static int edit_conf(struct job *j, struct error *e)
{
	_cleanup_buf_ struct buf before = { 0 }, after = { 0 };
	int r = edits_read(j->root, &j->edits, CONFIG_PATH, &before, e);

	if (r == -ENOENT)
		r = 0;
	if (r == 0)
		r = target_conf_put(before.data ?: "", before.len, j->conf.data, j->options->force,
				    &after, e);
	return r < 0 ? r
		     : edits_put(j->root, &j->edits, CONFIG_PATH, after.data, after.len, 0644, e);
}

static int edit_fstab(struct job *j, struct error *e)
{
	_cleanup_buf_ struct buf before = { 0 }, after = { 0 };
	int r;

	if (!j->fstab.len)
		return 0;
	r = edits_read(j->root, &j->edits, FSTAB, &before, e);
	if (r == -ENOENT)
		r = 0;
	if (r == 0 && target_fstab_put(before.data ?: "", before.len, j->fstab.data, &after) < 0)
		r = error_errno(e, -ENOMEM, FSTAB);
	return r < 0 ? r : edits_put(j->root, &j->edits, FSTAB, after.data, after.len, 0644, e);
}

static int mount_now(struct job *j, struct error *e)
{
	char program[64];
	const char *argv[] = {
		program, "-t", j->device.fstype, j->device.node, j->mount_point, NULL
	};
	int r = file_make_parents(j->root, j->mount_point, e);

	if (r < 0)
		return r;
	if (mkdirat(j->root->fd, root_relative(j->mount_point), 0700) < 0 && errno != EEXIST)
		return error_errno(e, -errno, "make directory %s", j->mount_point);
	if (!real(j->root))
		return 0;
	r = find_program(j->root, "mount", program, sizeof(program), e);
	if (r == 0)
		r = process_run(argv, NULL, clock_now() + MOUNT_TIMEOUT, NULL, e);
	if (r < 0)
		return error_prefix(e, r, "mount %s", j->mount_point);
	j->room = room_of(j->root, j->mount_point);
	return buf_printf(&j->result.said, "mounted at %s, now and at each boot\n", j->mount_point);
}

/* As arm does it: found, and over the network mounted out of sight and written to. */
static int try_target(struct job *j, struct error *e)
{
	_cleanup_config_ struct config c = { 0 };
	_cleanup_place_ struct place p = { 0 };
	_cleanup_record_ struct record now = { 0 };
	struct names names = { .limit = NAMES_TIMEOUT, .now = &now };
	int r = config_parse(j->conf.data, j->conf.len, "kdump.conf", &c, e);

	if (r == 0)
		r = place_find(j->root, &c.targets[0], &names, &p, e);
	if (r == 0)
		r = probe_target(&p.target, &p, e);
	buf_done(&names.unsure);
	return r;
}

static bool is_ssh(const struct job *j)
{
	return strncmp(j->options->target, "ssh:", 4) == 0;
}

static int try_and_say(struct job *j, struct error *e)
{
	struct error why = { 0 };
	int r;

	/* What a dry run leaves undone cannot be tried. */
	if (j->options->dry_run && (j->options->format || *j->options->target == '/'))
		return 0;
	r = try_target(j, &why);
	if (r == 0)
		return buf_printf(&j->result.said, "tried: a dump could be written there\n");
	if (is_ssh(j))
		return buf_printf(&j->result.said,
				  "%s; 'lastword propagate' brings the key to the server\n",
				  error_text(&why));
	if (j->options->dry_run)
		return buf_printf(&j->result.said,
				  "%s: while that is so, nothing would be changed\n",
				  error_text(&why));
	return error_set(e, r, "%s", error_text(&why));
}

/* What level 31 keeps, before compression: the kernel's own memory and the page structs, 64 bytes for 4 KiB. Bytes, 0 unknown. */
static uint64_t kernel_memory(const struct root *root, uint64_t ram)
{
	static const char *const fields[] = { "\nSlab:", "\nKernelStack:", "\nPageTables:",
					      "\nVmallocUsed:", "\nPercpu:" };
	_cleanup_buf_ struct buf text = { 0 };
	uint64_t sum = 0;

	if (root_read_file(root, "/proc/meminfo", KIB(64), &text) < 0 || !text.data)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const char *at = strstr(text.data, fields[i]);

		if (at)
			sum += MIN(strtoull(at + strlen(fields[i]), NULL, 10), UINT64_MAX >> 20);
	}
	return sum ? sum * KIB(1) + ram / 64 : 0;
}

/* "512 MiB", "1.5 GiB" */
static const char *size_words(uint64_t bytes, char words[32])
{
	if (bytes < GIB(1))
		snprintf(words, 32, "%.0f MiB", (double)bytes / (double)MIB(1));
	else
		snprintf(words, 32, "%.1f GiB", (double)bytes / (double)GIB(1));
	return words;
}

static int say_room(struct job *j)
{
	struct reservation reservation = { 0 };
	_cleanup_buf_ struct buf iomem = { 0 };
	char room[32], ram[32], kernel[32];
	uint64_t least;

	if (root_read_file(j->root, "/proc/iomem", MIB(4), &iomem) == 0)
		reservation_parse(iomem.data ?: "", &reservation);
	if (!j->room || !reservation.ram)
		return 0;
	size_words(j->room, room);
	size_words(reservation.ram, ram);
	if (j->room > reservation.ram + reservation.ram / 16)
		return buf_printf(&j->result.said,
				  "room: %s for %s of RAM: a dump of any level fits\n", room, ram);
	least = kernel_memory(j->root, reservation.ram);
	return buf_printf(
		&j->result.said,
		"room: %s for %s of RAM: level 0 may not fit; level 31 takes some %s now, "
		"before compression%s\n",
		room, ram, size_words(least, kernel),
		j->room < least ? ", and may not fit either: more would be left out" : "");
}

static int finish(struct job *j, struct setup_target *ret, struct error *e)
{
	if (edits_diff(&j->edits, &j->result.diff) < 0)
		return error_errno(e, -ENOMEM, "target");
	*ret = j->result;
	j->result = (struct setup_target){ 0 };
	return 0;
}

int setup_target(const struct root *root, const struct setup_target_options *o,
		 struct setup_target *ret, struct error *e)
{
	_cleanup_job_ struct job j = { .root = root, .options = o };
	int r;

	/* What a person wrote is asked about before a device is touched. */
	r = buf_printf(&j.conf, "path /\n");
	if (r == 0)
		r = edit_conf(&j, e);
	if (r < 0)
		return r;
	edits_done(&j.edits);
	buf_done(&j.conf);
	r = plan(&j, e);
	if (r == 0)
		r = edit_conf(&j, e);
	if (r == 0)
		r = edit_fstab(&j, e);
	if (r == 0)
		r = try_and_say(&j, e);
	if (r == 0 && !o->dry_run && *j.mount_point)
		r = mount_now(&j, e);
	if (r == 0 && !o->dry_run)
		r = edits_write(root, &j.edits, e);
	if (r == 0 && say_room(&j) < 0)
		r = error_errno(e, -ENOMEM, "target");
	return r < 0 ? r : finish(&j, ret, e);
}

static int undo_file(struct job *j, const char *path, struct error *e)
{
	_cleanup_buf_ struct buf before = { 0 }, after = { 0 };
	int r = edits_read(j->root, &j->edits, path, &before, e);

	if (r == -ENOENT)
		return 0;
	if (r == 0 && target_text_remove(before.data, before.len, &after) < 0)
		r = error_errno(e, -ENOMEM, "%s", path);
	if (r < 0)
		return r;
	/* What has nothing but our lines was made by us. */
	if (!after.len && before.len)
		return edits_remove(j->root, &j->edits, path, e);
	return edits_put(j->root, &j->edits, path, after.data, after.len, 0644, e);
}

int setup_target_undo(const struct root *root, bool dry_run, struct setup_target *ret,
		      struct error *e)
{
	const struct setup_target_options o = { .dry_run = dry_run };
	_cleanup_job_ struct job j = { .root = root, .options = &o };
	int r = undo_file(&j, CONFIG_PATH, e);

	size_t conf_edits = j.edits.count;

	if (r == 0)
		r = undo_file(&j, FSTAB, e);
	if (r == 0 && j.edits.count > conf_edits &&
	    buf_printf(&j.result.said, "what is mounted stays so until the reboot\n") < 0)
		r = error_errno(e, -ENOMEM, "target");
	if (r == 0 && !dry_run)
		r = edits_write(root, &j.edits, e);
	return r < 0 ? r : finish(&j, ret, e);
}

void setup_target_done(struct setup_target *t)
{
	buf_done(&t->said);
	buf_done(&t->diff);
	*t = (struct setup_target){ 0 };
}
