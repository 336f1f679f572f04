/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/place/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arm/place/nfs_refused.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/io.h"
#include "target/nfs.h"
#include "target/ssh.h"
#include "target/virtiofs.h"

#define PROBE_DIR "/run/lastword/probe"
#define PROBE_FILE ".lastword-probe"

/* Servers that restart take a moment; nobody waits longer in front of a terminal. */
#define PROBE_TIMEOUT (60 * USEC_PER_SEC)

static int check_directory(const struct plan_target *t, const char *what, bool must_exist,
			   struct error *e)
{
	_cleanup_close_ int mounted = open(PROBE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int dir = -1, file = -1;
	const char *path = t->path + strspn(t->path, "/");

	if (mounted < 0)
		return error_errno(e, -errno, "%s", what);
	dir = openat(mounted, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 && errno == ENOENT && !must_exist)
		dir = openat(mounted, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return error_errno(e, -errno, "path %s on %s", t->path, what);
	file = openat(dir, PROBE_FILE, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (file < 0 || fsync(file) < 0)
		return error_errno(e, -errno, "%s: root cannot write there%s", what,
				   t->kind == PLAN_TARGET_NFS
					   ? " (is it exported rw and with no_root_squash?)"
					   : "");
	return unlinkat(dir, PROBE_FILE, 0) < 0 ? error_errno(e, -errno, "%s: remove a file", what)
						: 0;
}

static int probe(const struct plan_target *t, bool must_exist, struct error *e)
{
	char version[8], what[512];
	int r;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return error_errno(e, -errno, "mount namespace");
	(void)mkdir("/run/lastword", 0755);
	if (mkdir(PROBE_DIR, 0700) < 0 && errno != EEXIST)
		return error_errno(e, -errno, "make directory " PROBE_DIR);
	if (t->kind == PLAN_TARGET_VIRTIOFS) {
		snprintf(what, sizeof(what), "virtiofs %s", t->share);
		r = virtiofs_mount(t->share, PROBE_DIR, clock_now(), e);
	} else {
		snprintf(what, sizeof(what), "%s:%s", t->server, t->share);
		r = nfs_mount(t, PROBE_DIR, clock_now() + PROBE_TIMEOUT, version, e);
		if (r == -EINVAL)
			r = nfs_name_refused(t, r, e);
	}
	return r < 0 ? r : check_directory(t, what, must_exist, e);
}

/* In a child, with whose mount namespace the mount ends. */
static int probe_mount(const struct plan_target *t, bool path_must_exist, struct error *e)
{
	struct error found = { 0 };
	int ends[2], status;
	pid_t child;
	ssize_t len;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(e, -errno, "pipe");
	child = fork();
	if (child == 0) {
		close(ends[0]);
		found.code = probe(t, path_must_exist, &found);
		_exit(write(ends[1], &found, sizeof(found)) == sizeof(found) ? 0 : 1);
	}
	close(ends[1]);
	len = child > 0 ? read(ends[0], &found, sizeof(found)) : -1;
	close(ends[0]);
	if (child > 0)
		(void)waitpid(child, &status, 0);
	if (len != sizeof(found))
		return error_set(e, -EIO, "%s could not be tried", t->share);
	return found.code < 0 ? error_set(e, found.code, "%s", error_text(&found)) : 0;
}

int probe_command(const struct plan_target *t, const struct place *p, const char *command,
		  usec_t limit, struct buf *ret, struct error *e)
{
	char known[] = "/tmp/lastword-known-XXXXXX";
	_cleanup_close_ int fd = mkostemp(known, O_CLOEXEC);
	struct process process;
	int r;

	if (fd < 0)
		return error_errno(e, -errno, "%s", known);
	r = write_all(fd, p->known_hosts.data, p->known_hosts.len);
	if (r < 0)
		(void)error_errno(e, r, "%s", known);
	if (r == 0)
		r = ssh_start(t, p->sshkey, known, command, &process, e);
	if (r == 0)
		r = process_finish(&process, clock_now() + limit, ret, e);
	unlink(known);
	return r;
}

static int run_ssh(const struct plan_target *t, const struct place *p, const char *command,
		   struct error *e)
{
	int r = probe_command(t, p, command, PROBE_TIMEOUT, NULL, e);

	return r < 0 ? error_prefix(e, r, "ssh %s@%s", t->user, t->host) : 0;
}

static int probe_ssh(const struct plan_target *t, const struct place *p, struct error *e)
{
	_cleanup_free_ char *path = ssh_quote(t->path), *command = NULL;

	if (!path ||
	    asprintf(&command,
		     "umask 077; mkdir -p %s && : > %s/" PROBE_FILE " && rm %s/" PROBE_FILE, path,
		     path, path) < 0) {
		command = NULL;
		return error_errno(e, -ENOMEM, "ssh");
	}
	return run_ssh(t, p, command, e);
}

int probe_login(const struct place *p, struct error *e)
{
	return run_ssh(&p->target, p, "exit 0", e);
}

int probe_target(const struct plan_target *t, const struct place *p, struct error *e)
{
	if (t->kind == PLAN_TARGET_NFS || t->kind == PLAN_TARGET_VIRTIOFS)
		return probe_mount(t, p->path_given, e);
	return t->kind == PLAN_TARGET_SSH ? probe_ssh(t, p, e) : 0;
}
