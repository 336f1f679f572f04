/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A module's build id from its ELF note. The kernel keeps notes for /sys/module/NAME/notes: module->notes_attrs, an array of files
 * whose contents lie in the module (kernel/module/sysfs.c).
 */
#include "kernel/module.h"
#include "kernel/object.h"

/* Hexadecimal; untouched where there is none. */
void module_read_build_id(const struct object_source *s, uint64_t module,
			  char ret[2 * MODULE_BUILD_ID_SIZE + 1]);
