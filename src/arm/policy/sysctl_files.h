/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The files of sysctl.d(5) as systemd-sysctl reads them at boot: by their names in all directories together, a name in /etc
 * hides the same one in /run and /usr/lib; the last line that names a switch counts, a pattern only where no line names it.
 */
#include "base/buf.h"
#include "base/error.h"
#include "base/root.h"

struct sysctl_line {
	char *key;   /* "kernel.panic"; may be a pattern */
	char *value; /* NULL: the key is exempt from patterns */
	char *file;
	unsigned number;
	bool persons; /* outside /usr/lib and /lib */
};

struct sysctl_lines {
	struct sysctl_line *items;
	size_t count;
};

/* Adds the lines of one file's text; what is no assignment is passed over, as at boot. text: hostile. */
int sysctl_lines_parse(struct sysctl_lines *l, const char *text, size_t len, const char *file,
		       bool persons) _must_check_;

/* All files, in their order. */
int sysctl_lines_read(const struct root *root, struct sysctl_lines *ret,
		      struct error *e) _must_check_;

/* The line that counts for a switch, leaving out the file `but` (or NULL); NULL where none does. */
const struct sysctl_line *sysctl_lines_find(const struct sysctl_lines *l, const char *name,
					    const char *but);

void sysctl_lines_done(struct sysctl_lines *l);

#define _cleanup_sysctl_lines_ _cleanup_(sysctl_lines_done)
