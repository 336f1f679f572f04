/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A dump that a raw device still holds: brought into `path` as a file before the next crash
 * overwrites it.
 */
#include <time.h>

#include "base/error.h"
#include "base/root.h"

struct rawdump {
	char *file; /* of the recovered dump, inside the root; NULL where the device held none */
	uint64_t size;
	bool complete; /* false: cut short on the device; `file` has what there was */
};

/*
 * node: the device, a path inside the root, which holds no file system (place_find() refuses
 * those). Its header is wiped only after the file is whole and durable, or holds all of a dump that
 * was cut short; on any failure the device stays as it is and no file is left.
 */
int rawdump_recover(const struct root *root, const char *node, const char *path, time_t now,
		    struct rawdump *ret, struct error *e) _must_check_;

void rawdump_done(struct rawdump *d);
