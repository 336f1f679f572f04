/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The parts of `dev`. */
#include "inspect/command.h"

#define DEV_NAME_SIZE 64

struct dev_show {
	struct inspect *c;
	struct object_source source;
	struct json *json; /* the document's object is open; NULL: text */
	struct error damage;
};

/* Remembers the first damage. */
void dev_damage(struct dev_show *d, int err, const struct error *why);

/* Character and block devices by major number. */
int dev_tables(struct dev_show *d, struct error *e) _must_check_;

/* -i: I/O ports and memory. */
int dev_resources(struct dev_show *d, struct error *e) _must_check_;

/* -p */
int dev_pci(struct dev_show *d, struct error *e) _must_check_;

/* -d; busy: -D, those with requests in flight alone. */
int dev_disks(struct dev_show *d, bool busy, struct error *e) _must_check_;

/* -V: the device dumps that drivers added to the vmcore; -v: the bytes of one, to a file where `file` is not NULL. */
int dev_dumps(struct dev_show *d, struct error *e) _must_check_;
int dev_dump(struct dev_show *d, uint64_t index, const char *file, struct error *e) _must_check_;

/* ---- shared ---- */

/* One gendisk. Non-zero stops. */
typedef int (*dev_disk_emit)(void *user, const struct object *disk);

/* All whole disks, as the class "block" lists them. */
int dev_each_disk(struct dev_show *d, dev_disk_emit emit, void *user, struct error *e) _must_check_;

/* The cdev that covers a device number most closely. False where there is none. */
bool dev_find_cdev(struct dev_show *d, uint32_t major, uint32_t minor, struct object *ret);
