/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/volumes.h"

#include <errno.h>
#include <string.h>

#define VIRTUAL "virtual/block/"

bool plan_device_known(const struct plan_device *d)
{
	return given(d->fs_uuid) || given(d->syspath) || given(d->serial) || given(d->name);
}

bool plan_device_is_virtual(const struct plan_device *d)
{
	return given(d->syspath) && strncmp(d->syspath, VIRTUAL, strlen(VIRTUAL)) == 0;
}

static const struct plan_volume *find(const struct plan *p, const char *name, size_t len,
				      size_t before)
{
	for (size_t i = 0; i < before; i++)
		if (given(p->volumes[i].name) && strlen(p->volumes[i].name) == len &&
		    memcmp(p->volumes[i].name, name, len) == 0)
			return &p->volumes[i];
	return NULL;
}

const struct plan_volume *plan_volume_of(const struct plan *p, const struct plan_device *d)
{
	const char *name;

	if (!plan_device_is_virtual(d))
		return NULL;
	name = d->syspath + strlen(VIRTUAL);
	return find(p, name, strcspn(name, "/"), p->volumes_count);
}

enum plan_redundancy plan_level_redundancy(const char *level)
{
	static const struct {
		const char *level;
		enum plan_redundancy redundancy;
	} levels[] = {
		{ "raid1", PLAN_REDUNDANCY_COPIES }, { "raid10", PLAN_REDUNDANCY_COPIES },
		{ "raid4", PLAN_REDUNDANCY_PARITY }, { "raid5", PLAN_REDUNDANCY_PARITY },
		{ "raid6", PLAN_REDUNDANCY_PARITY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (strcmp(level, levels[i].level) == 0)
			return levels[i].redundancy;
	return PLAN_REDUNDANCY_NONE;
}

static int check_device(const struct plan *p, const struct plan_device *d, size_t before,
			struct error *e)
{
	const struct plan_volume *v = plan_volume_of(p, d);

	if (!plan_device_known(d))
		return error_set(e, -EINVAL, "nothing is known of a device");
	if (plan_device_is_virtual(d) && (!v || (size_t)(v - p->volumes) >= before))
		return error_set(e, -EINVAL, "no volume for %s comes before it", d->syspath);
	return 0;
}

static int check_volume(const struct plan *p, size_t index, struct error *e)
{
	const struct plan_volume *v = &p->volumes[index];
	size_t parts = 0, rows = 0;
	int r = 0;

	if (find(p, v->name, strlen(v->name), index))
		return error_set(e, -EINVAL, "there are two");
	if (strchr(v->name, '/') || (v->kind == PLAN_VOLUME_DM && !given(v->label)) ||
	    (v->kind == PLAN_VOLUME_MD && (!given(v->metadata) || !given(v->level))))
		return error_set(e, -EINVAL, "it is not described");
	for (size_t i = 0; i < p->parts_count && r == 0; i++) {
		if (strcmp(p->parts[i].volume, v->name) != 0)
			continue;
		parts++;
		r = check_device(p, &p->parts[i].device, index, e);
	}
	for (size_t i = 0; i < p->rows_count; i++)
		rows += given(p->rows[i].volume) && strcmp(p->rows[i].volume, v->name) == 0;
	if (r == 0 && (parts == 0 || (rows > 0) != (v->kind == PLAN_VOLUME_DM)))
		r = error_set(e, -EINVAL, "it is made of nothing");
	return r;
}

int plan_check_volumes(const struct plan *p, struct error *e)
{
	for (size_t i = 0; i < p->volumes_count; i++) {
		int r = check_volume(p, i, e);

		if (r < 0)
			return error_prefix(e, r, "volume %s", p->volumes[i].name);
	}
	for (size_t i = 0; i < p->parts_count; i++)
		if (!find(p, p->parts[i].volume, strlen(p->parts[i].volume), p->volumes_count))
			return error_set(e, -EINVAL, "part of %s: there is no such volume",
					 p->parts[i].volume);
	for (size_t i = 0; i < p->rows_count; i++)
		if (!given(p->rows[i].volume) ||
		    !find(p, p->rows[i].volume, strlen(p->rows[i].volume), p->volumes_count))
			return error_set(e, -EINVAL, "row %s: of no volume", p->rows[i].type);
	for (size_t i = 0; i < p->targets_count; i++) {
		const struct plan_device *d = &p->targets[i].device;
		int r = plan_device_is_virtual(d) ? check_device(p, d, p->volumes_count, e) : 0;

		if (r < 0)
			return error_prefix(e, r, "target %zu", i + 1);
	}
	return 0;
}
