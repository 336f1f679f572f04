/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Software RAID. The superblocks of its members say all but which they are; so what is recorded is where to look. */
#include "arm/place/volumes_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/parse.h"

static int check_array(const struct root *root, const struct volume *v, struct error *e)
{
	char reshape[32];

	volumes_attribute(root, v->plan.name, "md/reshape_position", reshape, sizeof(reshape));
	if (strcmp(v->plan.metadata, "none") == 0)
		return error_set(e, -EOPNOTSUPP,
				 "/dev/%s has no superblocks (mdadm --build): a capture kernel "
				 "cannot tell its members; make it with 'mdadm --create'",
				 v->plan.name);
	if (strncmp(v->plan.metadata, "external:", 9) == 0)
		return error_set(e, -EOPNOTSUPP,
				 "/dev/%s is a RAID of the BIOS (%s), whose metadata only mdadm "
				 "keeps; use another target",
				 v->plan.name, v->plan.metadata + 9);
	if (*reshape && strcmp(reshape, "none") != 0)
		return error_set(e, -EBUSY,
				 "/dev/%s is being reshaped; run 'lastword arm' when that is done",
				 v->plan.name);
	return 0;
}

/* A member that failed is none any more. */
static int add_member(const struct root *root, const char *entry, struct volume *v, struct error *e)
{
	_cleanup_blockdev_ struct blockdev d = { 0 };
	char state_path[PATH_MAX], state[128], number[32];
	unsigned major, minor;
	size_t index;
	int r;

	snprintf(state_path, sizeof(state_path), "md/%s/state", entry);
	volumes_attribute(root, v->plan.name, state_path, state, sizeof(state));
	if (strstr(state, "faulty"))
		return 0;
	snprintf(state_path, sizeof(state_path), "md/%s/block/dev", entry);
	volumes_attribute(root, v->plan.name, state_path, number, sizeof(number));
	if (sscanf(number, "%9u:%9u", &major, &minor) != 2)
		return 0; /* it is just leaving */
	r = blockdev_from_number(root, major, minor, &d, e);
	return r < 0 ? r : volumes_add_part(v, &d, &index, e);
}

static int add_members(const struct root *root, struct volume *v, struct error *e)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	char path[PATH_MAX];
	int fd, r = 0;

	snprintf(path, sizeof(path), "sys/class/block/%s/md", v->plan.name);
	fd = openat(root->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (!dir)
		return error_errno(e, -errno, "/%s", path);
	while (r == 0 && (entry = readdir(dir)))
		if (strncmp(entry->d_name, "dev-", 4) == 0)
			r = add_member(root, entry->d_name, v, e);
	if (r == 0 && v->parts_count == 0)
		r = error_set(e, -ENODEV, "/dev/%s has no members", v->plan.name);
	return r;
}

int volumes_read_md(const struct root *root, struct volume *v, struct volumes *all, struct error *e)
{
	char level[32], metadata[64], disks[16], alias[40];
	uint64_t number = 0;
	int r;

	volumes_attribute(root, v->plan.name, "md/level", level, sizeof(level));
	volumes_attribute(root, v->plan.name, "md/metadata_version", metadata, sizeof(metadata));
	volumes_attribute(root, v->plan.name, "md/raid_disks", disks, sizeof(disks));
	disks[strcspn(disks, " ")] = '\0'; /* "4 (3)" while it is reshaped */
	if (parse_decimal(disks, 4096, &number) < 0)
		number = 0;
	v->plan.disks = (uint32_t)number;
	v->plan.label = strdup("");
	v->plan.uuid = strdup("");
	v->plan.level = strdup(level);
	v->plan.metadata = strdup(metadata);
	if (!v->plan.label || !v->plan.uuid || !v->plan.level || !v->plan.metadata)
		return error_errno(e, -ENOMEM, "/dev/%s", v->plan.name);
	if (!*level || !*metadata)
		return error_set(e, -ENODEV, "/dev/%s is not running", v->plan.name);
	snprintf(alias, sizeof(alias), "md-%s", level);
	r = volumes_want_module(all, "md-mod");
	if (r == 0)
		r = volumes_want_module(all, alias);
	if (r < 0)
		return error_errno(e, r, "modules");
	r = check_array(root, v, e);
	return r < 0 ? r : add_members(root, v, e);
}
