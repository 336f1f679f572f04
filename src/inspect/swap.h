/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The swap devices and files that were in use. */
#include "inspect/command.h"

#define SWAP_NAME_SIZE 256
#define SWAP_DEVICES_MAX 64

struct swap_device {
	uint64_t addr; /* of swap_info_struct */
	uint32_t index;
	bool partition; /* else a file */
	uint64_t pages, used;
	int64_t priority;
	char name[SWAP_NAME_SIZE]; /* "/dev/zram0"; "" where it is not known */
};

/* Stops where emit returns non-zero and returns that. A kernel without swap has none. */
int swap_each(struct inspect *c, int (*emit)(void *user, const struct swap_device *device),
	      void *user, struct error *e) _must_check_;
