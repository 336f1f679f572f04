/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/volumes_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/root.h"
#include "plan/volumes.h"
#include "target/device.h"

static int (*const kinds[])(const struct plan *p, const struct plan_volume *v, usec_t deadline,
			    struct error *e) = {
	[PLAN_VOLUME_DM] = volume_dm_up,
	[PLAN_VOLUME_MD] = volume_md_up,
};

/* An array that was not started and a table that was not loaded have no size. */
static bool is_up(const struct root *root, const struct plan_volume *v)
{
	struct device_facts facts;

	return device_facts_read(root, v->name, &facts) == 0 && facts.size > 0;
}

int volumes_up(const struct plan *p, const struct plan_device *d, usec_t deadline, struct error *e)
{
	const struct plan_volume *v = plan_volume_of(p, d);
	_cleanup_root_ struct root root = { .fd = -1 };
	int r = v ? root_open("/", &root) : 0;

	if (r < 0)
		return error_errno(e, r, "/");
	if (!v || is_up(&root, v))
		return 0;
	r = kinds[v->kind](p, v, deadline, e);
	return r < 0 ? error_prefix(e, r, "%s", v->name) : 0;
}

int volumes_part(const struct plan *p, const struct plan_part *part, usec_t deadline, dev_t *ret,
		 struct error *e)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	char path[DEVICE_NAME_MAX + 8];
	struct device_facts facts;
	struct stat st;
	int r = volumes_up(p, &part->device, deadline, e);

	if (r == 0)
		r = root_open("/", &root);
	if (r == 0)
		r = device_wait(&root, &part->device, part->signature, deadline, &facts, e);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/dev/%s", facts.name);
	if (stat(path, &st) < 0)
		return error_errno(e, -errno, "%s", path);
	*ret = st.st_rdev;
	return 0;
}
