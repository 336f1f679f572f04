/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arm/image/modules.h"

#define NAMES_MAX 64
#define DEVICES "sys/devices"

/* Multipath NVMe disks hang below a subsystem, whose controllers are links to where the hardware
 * is. */
#define NVME_SUBSYSTEM "virtual/nvme-subsystem/"

struct names {
	char **items; /* room for NAMES_MAX and the NULL */
	size_t count;
};

char **names_free(char **names)
{
	for (char **n = names; n && *n; n++)
		free(*n);
	free(names);
	return NULL;
}

/* At the front: devices are visited from the disk up, drivers are loaded from the bus down. */
static int names_prepend(struct names *n, const char *name)
{
	for (size_t i = 0; i < n->count; i++)
		if (strcmp(n->items[i], name) == 0)
			return 0;
	if (n->count == NAMES_MAX)
		return -E2BIG;
	memmove(n->items + 1, n->items, n->count * sizeof(*n->items));
	n->items[0] = strdup(name);
	if (!n->items[0]) {
		memmove(n->items, n->items + 1, n->count * sizeof(*n->items));
		n->items[n->count] = NULL;
		return -ENOMEM;
	}
	n->count++;
	return 0;
}

static int visit_device(const struct root *root, const char *syspath, struct names *n)
{
	char path[PATH_MAX + 64], link[PATH_MAX];
	const char *name;
	ssize_t len;

	snprintf(path, sizeof(path), DEVICES "/%s/driver/module", syspath);
	len = readlinkat(root->fd, path, link, sizeof(link) - 1);
	if (len < 0)
		return 0;
	link[len] = '\0';
	name = strrchr(link, '/');
	return name && name[1] ? names_prepend(n, name + 1) : 0;
}

static int visit_upwards(const struct root *root, const char *syspath, struct names *n)
{
	char path[PATH_MAX];
	char *slash;
	int r;

	if ((size_t)snprintf(path, sizeof(path), "%s", syspath) >= sizeof(path))
		return -ENAMETOOLONG;
	for (;;) {
		r = visit_device(root, path, n);
		slash = strrchr(path, '/');
		if (r < 0 || !slash)
			return r;
		*slash = '\0';
	}
}

static int visit_nvme_controllers(const struct root *root, const char *syspath, struct names *n)
{
	char subsystem[PATH_MAX];
	_cleanup_free_ char *devices = root_join(root, DEVICES);
	_cleanup_free_ char *all = devices ? realpath(devices, NULL) : NULL;
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	size_t len = strlen(NVME_SUBSYSTEM) + strcspn(syspath + strlen(NVME_SUBSYSTEM), "/");
	int r = 0;

	if (!all)
		return -ENOENT;
	snprintf(subsystem, sizeof(subsystem), "%s/%.*s", all, (int)len, syspath);
	dir = opendir(subsystem);
	while (dir && r == 0 && (entry = readdir(dir))) {
		_cleanup_free_ char *link = NULL, *real = NULL;

		if (entry->d_type != DT_LNK || strncmp(entry->d_name, "nvme", 4) != 0)
			continue;
		if (asprintf(&link, "%s/%s", subsystem, entry->d_name) < 0) {
			link = NULL;
			return -ENOMEM;
		}
		real = realpath(link, NULL);
		if (real && strncmp(real, all, strlen(all)) == 0)
			r = visit_upwards(root, real + strlen(all) + 1, n);
	}
	return r;
}

int modules_of_device(const struct root *root, const char *syspath, char ***ret_names,
		      struct error *e)
{
	_cleanup_(names_freep) char **items = calloc(NAMES_MAX + 1, sizeof(*items));
	struct names n = { .items = items };
	int r;

	if (!items)
		return error_errno(e, -ENOMEM, "%s", syspath);
	r = visit_upwards(root, syspath, &n);
	if (r == 0 && strncmp(syspath, NVME_SUBSYSTEM, strlen(NVME_SUBSYSTEM)) == 0)
		r = visit_nvme_controllers(root, syspath, &n);
	if (r < 0)
		return error_errno(e, r, "/" DEVICES "/%s: drivers", syspath);
	*ret_names = TAKE_PTR(items);
	return 0;
}
