/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the kinds of places offer place.c. */
#include <libmount/libmount.h>

#include "arm/place/place.h"

static inline void mnt_unref_tablep(struct libmnt_table **t)
{
	mnt_unref_table(*t);
}

#define mount_table _cleanup_(mnt_unref_tablep) struct libmnt_table

/* As they are now; NULL with words. */
struct libmnt_table *place_read_mounts(const struct root *root, struct error *e);

/* A mount of the device; NULL where it is not mounted. */
struct libmnt_fs *place_mount_of_device(const struct root *root, struct libmnt_table *mounts,
					const struct blockdev *d);

/* The first of a host's addresses to which there is a way: p->target.server and p->network. */
int place_find_server(const struct root *root, const char *host, struct names *names,
		      struct place *p, struct error *e) _must_check_;

int place_find_ssh(const struct root *root, const struct config_target *c, struct names *names,
		   struct place *p, struct error *e) _must_check_;

/* path: inside what the host shares. */
int place_fill_virtiofs(const struct root *root, const char *tag, const char *path, struct place *p,
			struct error *e) _must_check_;

int place_find_nfs(const struct root *root, const struct config_target *c, struct names *names,
		   struct place *p, struct error *e) _must_check_;
