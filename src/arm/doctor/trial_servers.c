/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arm/doctor/trials.h"
#include "arm/place/nfs_refused.h"
#include "arm/place/probe.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "target/nfs.h"

#define MOUNT_DIR "/run/lastword/doctor"
#define PROBE_FILE ".lastword-doctor"
#define MOUNT_LIMIT (20 * USEC_PER_SEC)
#define SSH_LIMIT (40 * USEC_PER_SEC)

static int at_step(struct nfs_trial *t, enum nfs_step step, int code)
{
	t->step = step;
	t->code = code;
	return code;
}

static int mount_it(const struct plan_target *target, struct nfs_trial *t)
{
	struct error e = { 0 };
	int r;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return at_step(t, NFS_MOUNT, -errno);
	(void)mkdir("/run/lastword", 0755);
	if (mkdir(MOUNT_DIR, 0700) < 0 && errno != EEXIST)
		return at_step(t, NFS_MOUNT, -errno);
	r = nfs_mount(target, MOUNT_DIR, clock_now() + MOUNT_LIMIT, t->version, &e);
	if (r == -EINVAL)
		r = nfs_name_refused(target, r, &e);
	if (r < 0)
		snprintf(t->text, sizeof(t->text), "%s", error_text(&e));
	return at_step(t, NFS_MOUNT, r);
}

static int write_it(const struct plan_target *target, struct nfs_trial *t)
{
	const char *path = target->path + strspn(target->path, "/");
	_cleanup_close_ int mounted = open(MOUNT_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int dir = -1, file = -1;
	struct statvfs v;
	struct stat st;
	int r;

	dir = mounted < 0 ? -1
			  : openat(mounted, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || fstatvfs(dir, &v) < 0)
		return at_step(t, NFS_PATH, -errno);
	t->room = (struct room){
		.bytes = (uint64_t)v.f_bfree * v.f_frsize,
		.total = (uint64_t)v.f_blocks * v.f_frsize,
		.files = v.f_ffree,
		.files_limited = v.f_files,
	};
	file = openat(dir, PROBE_FILE, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (file < 0 || fstat(file, &st) < 0)
		return at_step(t, NFS_CREATE, -errno);
	t->owner = st.st_uid;
	r = write_all(file, "lastword\n", strlen("lastword\n"));
	if (r == 0 && fsync(file) < 0)
		r = -errno;
	if (unlinkat(dir, PROBE_FILE, 0) < 0 && r == 0)
		r = -errno;
	return at_step(t, r < 0 ? NFS_WRITE : NFS_DONE, r);
}

/* In a child, with whose mount namespace the mount ends. */
void trial_nfs(const struct plan_target *target, struct nfs_trial *ret)
{
	struct nfs_trial t = { .step = NFS_MOUNT, .code = -EIO };
	int ends[2];
	pid_t child;

	*ret = t;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	child = fork();
	if (child == 0) {
		close(ends[0]);
		if (mount_it(target, &t) == 0)
			(void)write_it(target, &t);
		_exit(write(ends[1], &t, sizeof(t)) == sizeof(t) ? 0 : 1);
	}
	close(ends[1]);
	if (child > 0 && read(ends[0], &t, sizeof(t)) == sizeof(t))
		*ret = t;
	close(ends[0]);
	if (child > 0)
		(void)waitpid(child, NULL, 0);
}

int trial_ssh(const struct plan_target *t, const struct place *p, const char *command,
	      struct buf *ret, struct error *e)
{
	return probe_command(t, p, command, SSH_LIMIT, ret, e);
}
