/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What lastword wrote into a boot loader's configuration: the values, and of each file that it changed a copy from before its first
 * change. With the copy a file comes back byte for byte, as long as nobody else changed it.
 *
 * /var/lib/lastword/boot, a line each:
 *	set WORDS	a value that we wrote
 *	file PATH	a file that we changed; its copy is in /var/lib/lastword/boot.before, named by the path with % for /
 */
#include "arm/boot/edit.h"

#define OURS_FILE "/var/lib/lastword/boot"
#define OURS_COPIES "/var/lib/lastword/boot.before"

struct ours {
	char **values;
	size_t values_count;
	char **files;
	size_t files_count;
};

/* Empty where there is nothing. */
int ours_read(const struct root *root, struct ours *ret, struct error *e) _must_check_;

bool ours_has_value(const struct ours *o, const char *words);
bool ours_has_file(const struct ours *o, const char *path);

int ours_add_value(struct ours *o, const char *words) _must_check_;
int ours_add_file(struct ours *o, const char *path) _must_check_;

/* Writes it down; nothing in it removes the file. */
int ours_put(const struct root *root, const struct ours *o, struct edits *edits,
	     struct error *e) _must_check_;

/* Newly allocated; NULL on no memory. */
char *ours_copy_path(const char *path);

void ours_done(struct ours *o);

#define _cleanup_ours_ _cleanup_(ours_done)
