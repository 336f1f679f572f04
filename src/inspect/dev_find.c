/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/dev.h"

#include <errno.h>
#include <string.h>

#include "kernel/list.h"

#define PROBES 255 /* drivers/base/map.c: a hash by major number */
#define CHAIN_LIMIT 100000
#define MINOR_BITS 20

/* ---- character devices ---- */

bool dev_find_cdev(struct dev_show *d, uint32_t major, uint32_t minor, struct object *ret)
{
	const uint64_t wanted = (uint64_t)major << MINOR_BITS | minor;
	const struct object_source *s = &d->source;
	uint64_t best = UINT64_MAX, data = 0;
	struct object map, probe;

	if (inspect_variable(d->c, "cdev_map", 0, &map, NULL) < 0 ||
	    object_pointee(s, &map, &map, NULL) < 0 ||
	    object_follow(s, &map, "probes", &map, NULL) < 0 ||
	    !object_element(&map, major % PROBES, &probe) ||
	    object_pointee(s, &probe, &probe, NULL) < 0)
		return false;
	for (unsigned n = 0; n < CHAIN_LIMIT; n++) {
		const uint64_t first = object_number_or_0(s, &probe, "dev");
		const uint64_t range = object_number_or_0(s, &probe, "range");

		if (wanted >= first && wanted - first < range && range < best) {
			best = range;
			data = object_number_or_0(s, &probe, "data");
		}
		if (object_follow(s, &probe, "next->", &probe, NULL) < 0)
			break;
	}
	return data && object_at(s, "cdev", data, ret, NULL) == 0;
}

/* ---- disks ---- */

struct walk {
	struct dev_show *d;
	dev_disk_emit emit;
	void *user;
	uint64_t class;
	struct object found; /* the class's subsys_private */
};

#define FOUND 1

static int on_class(void *user, uint64_t node)
{
	struct walk *w = user;
	struct object o;
	int err = object_container(&w->d->source, node, "subsys_private", "subsys.kobj.entry", &o,
				   NULL);

	if (err < 0)
		return err;
	if (object_number_or_0(&w->d->source, &o, "class") != w->class)
		return 0;
	w->found = o;
	return FOUND;
}

/* A class points to its private part; since 6.4 that is looked for among all classes. */
static int find_class(struct walk *w, struct error *e)
{
	const struct object_source *s = &w->d->source;
	struct object class, kset, list;
	int err = inspect_variable(w->d->c, "block_class", 0, &class, e);

	if (err < 0)
		return err;
	if (object_has(&class, "p"))
		return object_follow(s, &class, "p->", &w->found, e);
	w->class = class.addr;
	err = inspect_variable(w->d->c, "class_kset", 0, &kset, e);
	if (err == 0)
		err = object_pointee(s, &kset, &kset, e);
	if (err == 0)
		err = object_follow(s, &kset, "list", &list, e);
	if (err == 0)
		err = list_each(w->d->c->reader, list.addr, 0, on_class, w, e);
	if (err == 0)
		err = error_set(e, -ENOENT, "the class \"block\" is not among the classes");
	return err == FOUND ? 0 : err;
}

/* A disk's device is in its first partition: an hd_struct in it, or since 5.11 a block_device that points to the disk. */
static int disk_of(const struct object_source *s, const struct object *device, struct object *ret)
{
	struct object bdev;
	int err;

	if (types_has(s->types, "hd_struct"))
		return object_container(s, device->addr, "gendisk", "part0.__dev", ret, NULL);
	err = object_container(s, device->addr, "block_device", "bd_device", &bdev, NULL);
	return err < 0 ? err : object_follow(s, &bdev, "bd_disk->", ret, NULL);
}

static int on_device(void *user, uint64_t node)
{
	struct walk *w = user;
	const struct object_source *s = &w->d->source;
	struct object private, device, disk;
	struct error why = { 0 };
	char type[DEV_NAME_SIZE];
	int err = object_container(s, node, "device_private", "knode_class.n_node", &private, &why);

	if (err == 0)
		err = object_follow(s, &private, "device->", &device, &why);
	if (err == 0)
		err = object_text(s, &device, "type->name", type, sizeof(type), &why);
	if (err == 0 && strcmp(type, "disk") != 0)
		return 0;
	if (err == 0)
		err = disk_of(s, &device, &disk);
	dev_damage(w->d, err, &why);
	return err < 0 ? 0 : w->emit(w->user, &disk);
}

int dev_each_disk(struct dev_show *d, dev_disk_emit emit, void *user, struct error *e)
{
	struct walk w = { .d = d, .emit = emit, .user = user };
	struct error why = { 0 };
	struct object list;
	int err = find_class(&w, e);

	if (err == 0)
		err = object_follow(&d->source, &w.found, "klist_devices.k_list", &list, e);
	if (err < 0)
		return err;
	err = list_each(d->c->reader, list.addr, 0, on_device, &w, &why);
	dev_damage(d, err, &why);
	return err > 0 ? err : 0;
}
