/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Device-mapper's ioctls (linux/dm-ioctl.h), as much as it takes to read a table and to make a device of one.
 */
#include <sys/types.h>

#include "base/error.h"
#include "base/root.h"

/* In 512-byte sectors. */
struct dm_row {
	uint64_t start, length;
	char *type, *parameters; /* devices in parameters as MAJOR:MINOR */
};

struct dm_table {
	struct dm_row *rows;
	size_t count;
};

/* The control device. -ENOENT or -ENXIO where dm-mod is not loaded. */
int dm_open(const struct root *root, int *ret_fd, struct error *e) _must_check_;

/* The live table of a device. What the kernel wrote is wiped: there may be keys in it. */
int dm_table_read(int control, dev_t device, struct dm_table *ret, struct error *e) _must_check_;
void dm_table_done(struct dm_table *t);

#define _cleanup_dm_table_ _cleanup_(dm_table_done)

/* Makes the device dm-MINOR of the table, ready for use; on failure there is none. uuid may be "". */
int dm_create(int control, const char *name, const char *uuid, unsigned minor,
	      const struct dm_table *t, struct error *e) _must_check_;

/* Tells the row at that sector something; each type has words of its own. */
int dm_message(int control, const char *name, uint64_t sector, const char *words) _must_check_;

/* For tests: `count` rows of a status answer, from `data` on. -EBADMSG where they lead outside. */
int dm_table_parse(const char *data, size_t len, uint32_t count, struct dm_table *ret) _must_check_;
