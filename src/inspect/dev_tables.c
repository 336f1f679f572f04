/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/dev.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 255 /* CHRDEV_MAJOR_HASH_SIZE, BLKDEV_MAJOR_HASH_SIZE */
#define CHAIN_LIMIT 100000
#define MAJORS_MAX 512 /* CHRDEV_MAJOR_MAX */

struct disk {
	uint64_t major, addr, ops;
};

struct disks {
	struct dev_show *d;
	struct disk list[MAJORS_MAX];
	size_t count;
};

static void show(struct dev_show *d, uint64_t major, const char *name, const char *what,
		 uint64_t addr, uint64_t ops)
{
	char symbol[INSPECT_NAME_SIZE];

	inspect_symbol_name(d->c, ops, symbol);
	if (d->json) {
		json_object(d->json);
		json_put_uint(d->json, "major", major);
		json_put_string(d->json, "name", name);
		json_put_hex(d->json, what, addr);
		json_put_hex(d->json, "operations", ops);
		json_put_string(d->json, "operations_name", symbol);
		json_object_end(d->json);
	} else if (!addr) {
		fprintf(d->c->out, "%4" PRIu64 "      %-14s      (none)\n", major, name);
	} else if (*symbol) {
		fprintf(d->c->out, "%4" PRIu64 "      %-14s %016" PRIx64 "  %s\n", major, name,
			addr, symbol);
	} else {
		fprintf(d->c->out, "%4" PRIu64 "      %-14s %016" PRIx64 "  %" PRIx64 "\n", major,
			name, addr, ops);
	}
}

/* ---- character devices ---- */

static void show_char(struct dev_show *d, const struct object *region)
{
	const struct object_source *s = &d->source;
	const uint64_t major = object_number_or_0(s, region, "major");
	const uint64_t minor = object_number_or_0(s, region, "baseminor");
	char name[DEV_NAME_SIZE];
	struct object cdev = { 0 };
	uint64_t ops = 0;

	object_text_or_mark(s, region, "name", name, sizeof(name));
	if (object_follow(s, region, "cdev->", &cdev, NULL) == 0 ||
	    dev_find_cdev(d, (uint32_t)major, (uint32_t)minor, &cdev))
		ops = object_number_or_0(s, &cdev, "ops");
	show(d, major, name, "cdev", cdev.addr, ops);
}

/* A bucket: a chain by `next`. */
static void each_in_bucket(struct dev_show *d, struct object o, void *user,
			   void (*emit)(struct dev_show *d, const struct object *o, void *user))
{
	struct error why = { 0 };
	int err = object_number_or_0(&d->source, &o, "") ? object_pointee(&d->source, &o, &o, &why)
							 : 1;

	for (unsigned n = 0; err == 0 && n < CHAIN_LIMIT; n++) {
		emit(d, &o, user);
		if (object_number_or_0(&d->source, &o, "next") == 0)
			return;
		err = object_follow(&d->source, &o, "next->", &o, &why);
	}
	dev_damage(d, err, &why);
}

static void on_char(struct dev_show *d, const struct object *o, void *user)
{
	show_char(d, o);
}

static int show_chars(struct dev_show *d, struct error *e)
{
	struct object table, bucket;
	int err = inspect_variable(d->c, "chrdevs", 0, &table, e);

	if (err < 0)
		return err;
	if (d->json) {
		json_put_array(d->json, "character_devices");
	} else {
		fputs("CHRDEV    NAME                 CDEV        OPERATIONS\n", d->c->out);
	}
	for (unsigned i = 0; i < BUCKETS && object_element(&table, i, &bucket); i++)
		each_in_bucket(d, bucket, NULL, on_char);
	if (d->json)
		json_array_end(d->json);
	return 0;
}

/* ---- block devices ---- */

/* One disk of each major number: the last, as in crash. */
static int on_disk(void *user, const struct object *disk)
{
	struct disks *disks = user;
	const struct object_source *s = &disks->d->source;
	const uint64_t major = object_number_or_0(s, disk, "major");
	size_t at = 0;

	while (at < disks->count && disks->list[at].major != major)
		at++;
	if (at == ARRAY_SIZE(disks->list))
		return 0;
	disks->count = MAX(disks->count, at + 1);
	disks->list[at] = (struct disk){ major, disk->addr, object_number_or_0(s, disk, "fops") };
	return 0;
}

static void on_block(struct dev_show *d, const struct object *o, void *user)
{
	const struct disks *disks = user;
	const uint64_t major = object_number_or_0(&d->source, o, "major");
	char name[DEV_NAME_SIZE];

	object_text_or_mark(&d->source, o, "name", name, sizeof(name));
	for (size_t i = 0; i < disks->count; i++)
		if (disks->list[i].major == major) {
			show(d, major, name, "gendisk", disks->list[i].addr, disks->list[i].ops);
			return;
		}
	show(d, major, name, "gendisk", 0, 0);
}

static int show_blocks(struct dev_show *d, struct error *e)
{
	_cleanup_free_ struct disks *disks = calloc(1, sizeof(*disks));
	struct object table, bucket;
	struct error why = { 0 };
	int err = inspect_variable(d->c, "major_names", 0, &table, e);

	if (err < 0)
		return err;
	if (!disks)
		return error_errno(e, -ENOMEM, "disks");
	disks->d = d;
	err = dev_each_disk(d, on_disk, disks, &why);
	dev_damage(d, err, &why);
	if (d->json) {
		json_put_array(d->json, "block_devices");
	} else {
		fputs("\nBLKDEV    NAME                GENDISK      OPERATIONS\n", d->c->out);
	}
	for (unsigned i = 0; i < BUCKETS && object_element(&table, i, &bucket); i++)
		each_in_bucket(d, bucket, disks, on_block);
	if (d->json)
		json_array_end(d->json);
	return 0;
}

int dev_tables(struct dev_show *d, struct error *e)
{
	struct modules *modules;
	int err;

	/* Most operations are modules': their symbols are known once modules are. */
	(void)!inspect_modules(d->c, &modules, NULL);
	err = show_chars(d, e);
	return err < 0 ? err : show_blocks(d, e);
}
