/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory of the host's, by its tag. */
#include "target/virtiofs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>

#include "target/mounted.h"

/* The device has no event of its own that is worth waiting for: its driver takes milliseconds. */
#define RETRY_NS (100 * 1000 * 1000)

int virtiofs_mount(const char *tag, const char *at, usec_t deadline, struct error *e)
{
	const struct timespec pause = { .tv_nsec = RETRY_NS };
	int r;

	/* -EINVAL: no device has that tag */
	while ((r = mount(tag, at, "virtiofs", 0, NULL) < 0 ? -errno : 0) == -EINVAL &&
	       clock_now() < deadline)
		nanosleep(&pause, NULL);
	if (r == -EINVAL)
		return error_set(e, r, "virtiofs %s: the host has no directory of that tag", tag);
	if (r == -ENODEV)
		return error_set(e, r,
				 "virtiofs %s: this kernel has no virtiofs; its module is missing",
				 tag);
	return r < 0 ? error_errno(e, r, "mount of virtiofs %s", tag) : 0;
}

static void virtiofs_needs(const struct plan_target *t, struct target_needs *ret)
{
	*ret = (struct target_needs){ .fstype = "virtiofs" };
}

static int virtiofs_open(const struct plan_target *t, const struct target_where *where,
			 struct target **ret, struct error *e)
{
	struct mounted *m = mounted_new(&target_virtiofs);
	int r = 0;

	if (!m)
		return error_set(e, -ENOMEM, "virtiofs target: out of memory");
	if (mkdir(where->mount, 0700) < 0 && errno != EEXIST)
		r = error_errno(e, -errno, "%s: make directory", where->mount);
	if (r == 0)
		r = virtiofs_mount(t->share, where->mount, where->deadline, e);
	if (r == 0)
		r = mounted_prepare(m, t, t->share, "virtiofs", where, e);
	if (r < 0) {
		(void)mounted_release(m);
		return r;
	}
	*ret = &m->target;
	return 0;
}

const struct target_ops target_virtiofs = {
	.name = "virtiofs",
	.kind = PLAN_TARGET_VIRTIOFS,
	.needs = virtiofs_needs,
	.open = virtiofs_open,
	.create = mounted_create,
	.reopen = mounted_reopen,
	.commit = mounted_commit,
	.space = mounted_space,
	.list = mounted_list,
	.close = mounted_close,
};
