/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the kinds of volumes and the walk down through them offer each other. */
#include "arm/place/volumes.h"

/* Each fills parts (and rows) of v, whose name is the kernel's; the walk goes on to what is below. */
int volumes_read_dm(const struct root *root, struct volume *v, struct volumes *all,
		    struct error *e) _must_check_;
int volumes_read_md(const struct root *root, struct volume *v, struct volumes *all,
		    struct error *e) _must_check_;

/* An attribute of a block device in sysfs, without its line's end; "" where there is none. */
void volumes_attribute(const struct root *root, const char *kernel_name, const char *attribute,
		       char *ret, size_t size);

/* *ret_index: of the part in the volume. One that is there is not added again. */
int volumes_add_part(struct volume *v, const struct blockdev *d, size_t *ret_index,
		     struct error *e) _must_check_;

/* Each once. */
int volumes_add_syspath(struct volumes *all, const char *syspath) _must_check_;
int volumes_want_module(struct volumes *all, const char *name) _must_check_;
