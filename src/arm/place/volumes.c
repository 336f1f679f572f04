/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/place/volumes_impl.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>

#include "plan/volumes.h"

/* Device-mapper itself allows 8 to 16 levels; loops cannot be made. */
#define DEPTH_MAX 16

/* What sysfs shows in the directory of a device that is made of others. */
static const struct kind {
	const char *entry;
	enum plan_volume_kind kind;
	int (*read)(const struct root *root, struct volume *v, struct volumes *all,
		    struct error *e);
	const char *refusal;
} kinds[] = {
	{ "dm", PLAN_VOLUME_DM, volumes_read_dm, NULL },
	{ "md", PLAN_VOLUME_MD, volumes_read_md, NULL },
	{ "bcache", 0, NULL, "a bcache device" },
	{ "loop", 0, NULL, "a loop device" },
	{ "backing_dev", 0, NULL, "a zram device" },
};

void volumes_attribute(const struct root *root, const char *kernel_name, const char *attribute,
		       char *ret, size_t size)
{
	_cleanup_buf_ struct buf text = { 0 };
	char path[PATH_MAX];

	*ret = '\0';
	snprintf(path, sizeof(path), "/sys/class/block/%s/%s", kernel_name, attribute);
	if (root_read_file(root, path, 4096, &text) == 0 && text.len < size)
		snprintf(ret, size, "%.*s", (int)strcspn(text.data, "\n"), text.data);
}

int volumes_describe_device(const struct blockdev *d, struct plan_device *ret)
{
	struct plan_device to = {
		.fs_uuid = strdup(""),
		.syspath = strdup(d->facts.syspath),
		.serial = strdup(d->facts.serial),
		.name = strdup(d->facts.name),
		.partition = d->facts.partition,
		.size = d->facts.size,
	};

	*ret = to;
	return to.fs_uuid && to.syspath && to.serial && to.name ? 0 : -ENOMEM;
}

static void device_done(struct plan_device *d)
{
	free(d->fs_uuid);
	free(d->syspath);
	free(d->serial);
	free(d->name);
}

static void part_done(struct plan_part *p)
{
	free(p->volume);
	free(p->signature);
	device_done(&p->device);
}

static void volume_done(struct volume *v)
{
	for (size_t i = 0; i < v->parts_count; i++)
		part_done(&v->parts[i]);
	for (size_t i = 0; i < v->rows_count; i++) {
		free(v->rows[i].type);
		free(v->rows[i].volume);
		free(v->rows[i].parameters);
	}
	free(v->parts);
	free(v->rows);
	free(v->plan.name);
	free(v->plan.label);
	free(v->plan.uuid);
	free(v->plan.level);
	free(v->plan.metadata);
	*v = (struct volume){ 0 };
}

/* The UUID of a physical volume of LVM is its own; an array has one for all its members. */
static int fill_part(struct plan_part *p, const struct volume *v, const struct blockdev *d)
{
	bool own_uuid = strcmp(d->fstype, "LVM2_member") == 0 && *d->uuid;

	p->volume = strdup(v->plan.name);
	p->signature = strdup(own_uuid ? d->fstype : "");
	if (!p->volume || !p->signature || volumes_describe_device(d, &p->device) < 0)
		return -ENOMEM;
	if (own_uuid) {
		free(p->device.fs_uuid);
		p->device.fs_uuid = strdup(d->uuid);
	}
	return p->device.fs_uuid ? 0 : -ENOMEM;
}

int volumes_add_part(struct volume *v, const struct blockdev *d, size_t *ret_index, struct error *e)
{
	struct plan_part *grown, part = { 0 };

	for (size_t i = 0; i < v->parts_count; i++) {
		if (strcmp(v->parts[i].device.name, d->facts.name) == 0) {
			*ret_index = i;
			return 0;
		}
	}
	if (v->parts_count == PLAN_PARTS_MAX)
		return error_set(e, -E2BIG, "more than %d parts", PLAN_PARTS_MAX);
	grown = reallocarray(v->parts, v->parts_count + 1, sizeof(*grown));
	if (grown)
		v->parts = grown;
	if (!grown || fill_part(&part, v, d) < 0) {
		part_done(&part);
		return error_errno(e, -ENOMEM, "%s", d->node);
	}
	*ret_index = v->parts_count;
	v->parts[v->parts_count++] = part;
	return 0;
}

int volumes_add_syspath(struct volumes *all, const char *syspath)
{
	char **grown;

	for (size_t i = 0; i < all->syspaths_count; i++)
		if (strcmp(all->syspaths[i], syspath) == 0)
			return 0;
	if (all->syspaths_count == PLAN_PARTS_MAX)
		return -E2BIG;
	grown = reallocarray(all->syspaths, all->syspaths_count + 2, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	all->syspaths = grown;
	grown[all->syspaths_count] = strdup(syspath);
	grown[all->syspaths_count + 1] = NULL;
	return grown[all->syspaths_count] ? (all->syspaths_count++, 0) : -ENOMEM;
}

int volumes_want_module(struct volumes *all, const char *name)
{
	for (size_t i = 0; i < all->modules_count; i++)
		if (strcmp(all->modules[i], name) == 0)
			return 0;
	if (all->modules_count == ARRAY_SIZE(all->modules))
		return -E2BIG;
	all->modules[all->modules_count] = strdup(name);
	return all->modules[all->modules_count] ? (all->modules_count++, 0) : -ENOMEM;
}

static bool has_volume(const struct volumes *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->items[i].plan.name, name) == 0)
			return true;
	return false;
}

static int visit(const struct root *root, const struct plan_device *d, struct volumes *all,
		 unsigned depth, struct error *e);

static int add_volume(const struct root *root, const struct kind *k, const char *name,
		      struct volumes *all, unsigned depth, struct error *e)
{
	_cleanup_(volume_done) struct volume v = { .plan.kind = k->kind };
	int r;

	v.plan.name = strdup(name);
	if (!v.plan.name)
		return error_errno(e, -ENOMEM, "%s", name);
	r = k->read(root, &v, all, e);
	for (size_t i = 0; i < v.parts_count && r == 0; i++)
		r = visit(root, &v.parts[i].device, all, depth + 1, e);
	if (r == 0 && all->count == PLAN_VOLUMES_MAX)
		r = error_set(e, -E2BIG, "more than %d devices made of others", PLAN_VOLUMES_MAX);
	if (r < 0)
		return r;
	all->items[all->count++] = v;
	v = (struct volume){ 0 };
	return 0;
}

/* Disks that are there only while a program of the first kernel keeps a connection. */
static bool is_remote(const char *syspath)
{
	return strncmp(syspath, "virtual/nvme-fabrics/", 21) == 0 ||
	       (strncmp(syspath, "platform/host", 13) == 0 && strstr(syspath, "/session"));
}

static int add_hardware(const struct plan_device *d, struct volumes *all, struct error *e)
{
	if (is_remote(d->syspath))
		return error_set(e, -EOPNOTSUPP,
				 "/dev/%s is a disk over the network (iSCSI, NVMe), which a "
				 "capture kernel does not connect to; use NFS or SSH",
				 d->name);
	return volumes_add_syspath(all, d->syspath) < 0 ? error_set(e, -E2BIG, "too many disks")
							: 0;
}

/* The device and what is below it, lower ones first. */
static int visit(const struct root *root, const struct plan_device *d, struct volumes *all,
		 unsigned depth, struct error *e)
{
	char name[DEVICE_NAME_MAX], path[PATH_MAX];
	const char *top;

	if (!plan_device_is_virtual(d))
		return add_hardware(d, all, e);
	top = d->syspath + strlen("virtual/block/"); /* a partition is below its array: md0/md0p1 */
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(top, "/"), top);
	if (has_volume(all, name))
		return 0;
	if (depth == DEPTH_MAX)
		return error_set(e, -ELOOP, "%s: more than %d levels", name, DEPTH_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		snprintf(path, sizeof(path), "sys/class/block/%s/%s", name, kinds[i].entry);
		if (faccessat(root->fd, path, F_OK, 0) < 0)
			continue;
		if (!kinds[i].read)
			return error_set(e, -EOPNOTSUPP,
					 "/dev/%s is %s, which is not made again in a capture "
					 "kernel; use a disk, a partition, LVM or md",
					 name, kinds[i].refusal);
		return add_volume(root, &kinds[i], name, all, depth, e);
	}
	return error_set(e, -EOPNOTSUPP,
			 "/dev/%s is a virtual device, which is not made again in a capture "
			 "kernel; use a disk, a partition, LVM or md",
			 name);
}

int volumes_find(const struct root *root, const struct blockdev *d, struct volumes **ret,
		 struct error *e)
{
	_cleanup_(volumes_freep) struct volumes *v = calloc(1, sizeof(*v));
	struct plan_device device = { .syspath = (char *)d->facts.syspath,
				      .name = (char *)d->facts.name };
	int r;

	if (!v)
		return error_errno(e, -ENOMEM, "%s", d->node);
	r = visit(root, &device, v, 0, e);
	if (r == 0)
		*ret = TAKE_PTR(v);
	return r;
}

int volumes_merge(struct volumes *to, struct volumes *from, struct error *e)
{
	int r = 0;

	for (size_t i = 0; i < from->count; i++) {
		if (has_volume(to, from->items[i].plan.name))
			continue;
		if (to->count == PLAN_VOLUMES_MAX)
			return error_set(e, -E2BIG, "more than %d devices made of others",
					 PLAN_VOLUMES_MAX);
		to->items[to->count++] = from->items[i];
		from->items[i] = (struct volume){ 0 };
	}
	for (size_t i = 0; i < from->syspaths_count && r == 0; i++)
		r = volumes_add_syspath(to, from->syspaths[i]);
	for (size_t i = 0; i < from->modules_count && r == 0; i++)
		r = volumes_want_module(to, from->modules[i]);
	return r < 0 ? error_errno(e, r, "disks and their modules") : 0;
}

int volumes_give(struct volumes *v, struct plan *p)
{
	size_t parts = 0, rows = 0;

	for (size_t i = 0; i < v->count; i++) {
		parts += v->items[i].parts_count;
		rows += v->items[i].rows_count;
	}
	if (parts > PLAN_PARTS_MAX || rows > PLAN_ROWS_MAX)
		return -E2BIG;
	p->volumes = calloc(v->count ?: 1, sizeof(*p->volumes));
	p->parts = calloc(parts ?: 1, sizeof(*p->parts));
	p->rows = calloc(rows ?: 1, sizeof(*p->rows));
	if (!p->volumes || !p->parts || !p->rows)
		return -ENOMEM;
	for (size_t i = 0; i < v->count; i++) {
		struct volume *from = &v->items[i];

		p->volumes[p->volumes_count++] = from->plan;
		for (size_t j = 0; j < from->parts_count; j++)
			p->parts[p->parts_count++] = from->parts[j];
		for (size_t j = 0; j < from->rows_count; j++)
			p->rows[p->rows_count++] = from->rows[j];
		free(from->parts);
		free(from->rows);
	}
	v->count = 0;
	return 0;
}

struct volumes *volumes_free(struct volumes *v)
{
	if (!v)
		return NULL;
	for (size_t i = 0; i < v->count; i++)
		volume_done(&v->items[i]);
	for (size_t i = 0; i < v->syspaths_count; i++)
		free(v->syspaths[i]);
	for (size_t i = 0; i < v->modules_count; i++)
		free(v->modules[i]);
	free(v->syspaths);
	free(v);
	return NULL;
}
