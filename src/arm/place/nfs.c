/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfs HOST:/SHARE: the server's address, the way there, and the options it is mounted with here. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arm/place/nfs_inherit.h"
#include "arm/place/impl.h"

/* "host:/share", "[fd00::1]:/share" */
static int split(const char *device, char **ret_host, char **ret_share, struct error *e)
{
	const char *colon = *device == '[' ? strstr(device, "]:") : strchr(device, ':');
	size_t skip = *device == '[';

	if (colon && skip)
		colon++;
	if (!colon || colon[1] != '/' || colon == device + skip)
		return error_set(e, -EINVAL, "nfs: '%s': write HOST:/DIRECTORY", device);
	*ret_host = strndup(device + skip, colon - device - 2 * skip);
	*ret_share = strdup(colon + 1);
	return *ret_host && *ret_share ? 0 : error_errno(e, -ENOMEM, "nfs");
}

int place_find_nfs(const struct root *root, const struct config_target *c, struct names *names,
		   struct place *p, struct error *e)
{
	_cleanup_free_ char *host = NULL;
	struct plan_target *t = &p->target;
	int r = split(c->device, &host, &t->share, e);

	t->kind = PLAN_TARGET_NFS;
	if (r == 0) {
		r = place_find_server(root, host, names, p, e);
		if (r < 0)
			return error_prefix(e, r, "nfs");
		r = c->mount_options ? nfs_take_options(c->mount_options, &t->mount_options, e)
				     : nfs_inherit(root, c->device, &t->mount_options, e);
	}
	if (r < 0)
		return r;
	t->path = strdup(c->path);
	return t->path ? 0 : error_errno(e, -ENOMEM, "nfs");
}
