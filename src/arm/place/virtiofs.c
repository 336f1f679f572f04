/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtiofs TAG: a directory of the host. Whether the host has it, only a mount tells: arm tries one. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "arm/place/impl.h"
#include "arm/place/volumes_impl.h"

#define DEVICES "sys/bus/virtio/devices"

/* VIRTIO_ID_FS of linux/virtio_ids.h, as sysfs writes it. */
#define DEVICE_ID "0x001a"

/* Every virtiofs device: older kernels do not say which has which tag. */
static int add_device(const struct root *root, const char *name, struct volumes *v)
{
	_cleanup_buf_ struct buf id = { 0 };
	char path[PATH_MAX], link[PATH_MAX];
	const char *below;
	ssize_t n;

	snprintf(path, sizeof(path), "/" DEVICES "/%s/device", name);
	if (root_read_file(root, path, 64, &id) < 0 ||
	    strncmp(id.data ?: "", DEVICE_ID, strlen(DEVICE_ID)) != 0)
		return 0;
	snprintf(path, sizeof(path), DEVICES "/%s", name);
	n = readlinkat(root->fd, path, link, sizeof(link) - 1);
	if (n < 0)
		return 0;
	link[n] = '\0';
	below = strstr(link, "/devices/");
	return below ? volumes_add_syspath(v, below + strlen("/devices/")) : 0;
}

static int add_devices(const struct root *root, const char *tag, struct volumes *v, struct error *e)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	int fd = openat(root->fd, DEVICES, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

	dir = fd >= 0 ? fdopendir(fd) : NULL;
	while (dir && r == 0 && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			r = add_device(root, entry->d_name, v);
	if (r < 0)
		return error_errno(e, r, "virtiofs %s", tag);
	return v->syspaths_count
		       ? 0
		       : error_set(e, -ENODEV, "virtiofs %s: this machine has no virtiofs device",
				   tag);
}

int place_fill_virtiofs(const struct root *root, const char *tag, const char *path, struct place *p,
			struct error *e)
{
	struct plan_target *t = &p->target;

	t->kind = PLAN_TARGET_VIRTIOFS;
	t->fstype = strdup("virtiofs");
	t->share = strdup(tag);
	t->path = strdup(*path ? path : "/");
	t->mount_options = strdup("");
	p->volumes = calloc(1, sizeof(*p->volumes));
	if (!t->fstype || !t->share || !t->path || !t->mount_options || !p->volumes)
		return error_errno(e, -ENOMEM, "virtiofs %s", tag);
	return add_devices(root, tag, p->volumes, e);
}
