/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A root directory made up for a test: /proc, /sys and /dev with what a test puts there. Faults
 * end the test. */
#include <stdint.h>

#include "base/root.h"

#define MADE_UUID "4b9f4c1e-0c1c-4b0e-9b39-0f9f6e6a2b11"

void made_root(struct root *ret);

/* For many of them: a root has a hundred directories. */
void made_root_in_memory(struct root *ret);
void made_root_remove(struct root *r);

/* A root a test, as cmocka calls them; a setup of its own begins with this one. */
int made_root_setup(void **state);
int made_root_teardown(void **state);

/* With the directories above. */
void made_file(const struct root *r, const char *path, const char *text);
void made_bytes(const struct root *r, const char *path, const void *data, size_t len);
void made_dir(const struct root *r, const char *path);
void made_link(const struct root *r, const char *path, const char *to);

/* A block device as sysfs shows it below a virtio bus: /dev/NAME is a file. disk is "" or the
 * disk a partition is on. */
void made_disk(const struct root *r, const char *name, const char *disk, unsigned minor,
	       const char *serial);

/* A superblock in a device, enough for libblkid: ext4 with MADE_UUID and the label "dumps". */
void made_ext4(const struct root *r, const char *device);
