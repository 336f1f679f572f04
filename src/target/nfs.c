/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory of an NFS server, mounted at TARGET_MOUNT. */
#include "target/nfs.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/io.h"
#include "target/mount_options.h"
#include "target/mounted.h"
#include "target/nfs_options.h"

#define RETRY_SECONDS 2

/* As mount.nfs(8) tries them. */
static const char *const versions[] = { "4.2", "4.1", "4.0", "3" };

/* What the server says by "not this version". */
static bool is_version_refused(int err)
{
	return err == -EPROTONOSUPPORT || err == -EINVAL || err == -EPROTO || err == -ENOENT ||
	       err == -EOPNOTSUPP;
}

/*
 * In a child, whose death ends a mount(2) that waits for a server. Its exit status is an errno.
 */
static void mount_in_child(const char *source, const char *at, unsigned long flags,
			   const char *data)
{
	_exit(mount(source, at, "nfs", flags, data) < 0 ? errno : 0);
}

static int wait_for_child(pid_t child, int ends, usec_t deadline)
{
	struct pollfd p = { .fd = ends, .events = POLLIN };
	int status;

	if (poll_until(&p, 1, deadline) > 0) {
		if (waitpid(child, &status, 0) != child)
			return -ECHILD;
		return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
	}
	kill(child, SIGKILL);
	/* NFS waits can be killed; one that cannot is left behind rather than waited for. */
	(void)waitpid(child, &status, WNOHANG);
	return -ETIMEDOUT;
}

/* The pipe's end is closed by the child's death. */
static int mount_until(const char *source, const char *at, unsigned long flags, const char *data,
		       usec_t deadline)
{
	int ends[2], r;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	child = fork();
	if (child == 0) {
		close(ends[0]);
		mount_in_child(source, at, flags, data);
	}
	close(ends[1]);
	r = child < 0 ? -errno : wait_for_child(child, ends[0], deadline);
	close(ends[0]);
	return r;
}

static int try_version(const struct plan_target *t, const char *source, const char *at,
		       unsigned long flags, const char *given, const char *version, usec_t deadline)
{
	_cleanup_buf_ struct buf data = { 0 };
	int r = nfs_options_format(given, version, t->server, &data);

	return r < 0 ? r : mount_until(source, at, flags, data.data, deadline);
}

int nfs_mount(const struct plan_target *t, const char *at, usec_t deadline,
	      char ret_version[NFS_VERSION_SIZE], struct error *e)
{
	bool v6 = strchr(t->server, ':');
	_cleanup_buf_ struct buf given = { 0 };
	_cleanup_free_ char *source = NULL;
	unsigned long flags;
	const char *words;
	bool missing = false;
	int r = mount_options_split(t->mount_options, &flags, &given);

	if (r == 0 &&
	    asprintf(&source, "%s%s%s:%s", v6 ? "[" : "", t->server, v6 ? "]" : "", t->share) < 0)
		source = NULL;
	if (r < 0 || !source)
		return error_errno(e, -ENOMEM, "%s:%s", t->server, t->share);
	words = given.data ?: "";
	r = -EPROTONOSUPPORT;
	for (size_t i = 0; i < ARRAY_SIZE(versions) && is_version_refused(r); i++) {
		if (!nfs_options_allow(words, versions[i]))
			continue;
		snprintf(ret_version, NFS_VERSION_SIZE, "%s", versions[i]);
		r = try_version(t, source, at, flags, words, versions[i], deadline);
		missing |= r == -ENOENT;
	}
	if (r < 0 && missing)
		return error_set(e, -ENOENT, "%s: the server exports no such directory", source);
	if (r == -ETIMEDOUT)
		return error_set(e, r, "%s does not answer", source);
	if (r == -ENODEV)
		return error_set(e, r, "%s: this kernel has no NFS; its module is missing", source);
	if (r == -EACCES || r == -EPERM)
		return error_set(e, r, "%s: the server does not let this machine mount it", source);
	return r < 0 ? error_errno(e, r, "mount of %s", source) : 0;
}

static void nfs_needs(const struct plan_target *t, struct target_needs *ret)
{
	*ret = (struct target_needs){ .fstype = "nfs", .network = true };
}

/* A switch may take half a minute to forward to a port that came up, a server to restart: both look like this. */
static bool is_passing(int err)
{
	return err == -EHOSTUNREACH || err == -ENETUNREACH || err == -ECONNREFUSED ||
	       err == -EHOSTDOWN || err == -ENETDOWN;
}

static int mount_patiently(const struct plan_target *t, const struct target_where *where,
			   char ret_version[NFS_VERSION_SIZE], struct error *e)
{
	int r = nfs_mount(t, where->mount, where->deadline, ret_version, e);

	while (is_passing(r) && clock_now() + RETRY_SECONDS * USEC_PER_SEC < where->deadline) {
		sleep(RETRY_SECONDS);
		r = nfs_mount(t, where->mount, where->deadline, ret_version, e);
	}
	return r;
}

static int nfs_open(const struct plan_target *t, const struct target_where *where,
		    struct target **ret, struct error *e)
{
	struct mounted *m = mounted_new(&target_nfs);
	_cleanup_free_ char *source = NULL;
	char version[NFS_VERSION_SIZE], fstype[16];
	int r;

	if (!m || asprintf(&source, "%s:%s", t->server, t->share) < 0) {
		free(m);
		return error_set(e, -ENOMEM, "NFS target: out of memory");
	}
	if (mkdir(where->mount, 0700) < 0 && errno != EEXIST)
		r = error_errno(e, -errno, "%s: make directory", where->mount);
	else
		r = mount_patiently(t, where, version, e);
	if (r == 0) {
		snprintf(fstype, sizeof(fstype), "NFS %s", version);
		r = mounted_prepare(m, t, source, fstype, where, e);
	}
	if (r < 0) {
		(void)mounted_release(m);
		return r;
	}
	*ret = &m->target;
	return 0;
}

const struct target_ops target_nfs = {
	.name = "nfs",
	.kind = PLAN_TARGET_NFS,
	.needs = nfs_needs,
	.open = nfs_open,
	.create = mounted_create,
	.reopen = mounted_reopen,
	.commit = mounted_commit,
	.space = mounted_space,
	.list = mounted_list,
	.close = mounted_close,
};
