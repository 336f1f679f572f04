/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The boot loader of this machine, and the kernel's command line in its configuration.
 *
 * lastword owns what it wrote: values are remembered in /var/lib/lastword/boot. A word with the same name that is not ours was
 * written by a person (or another program); it is kept, and replaced only with LOADER_FORCE, after a copy of the file
 * was made. Nothing is written before loader_apply().
 */
#include "arm/boot/edit.h"
#include "base/error.h"
#include "base/root.h"

#define LOADER_WHY_MAX 400

/* Who wrote a word of the command line. */
enum loader_owner { OWNER_NOBODY, OWNER_US, OWNER_PERSON };

struct loader_ops;

struct loader {
	const struct loader_ops *ops; /* NULL: none was found */
	char why[LOADER_WHY_MAX];     /* the evidence, or what to do without one */
};

/* Which one boots this machine. Never fails: ops is NULL with the reason. */
void loader_find(const struct root *root, struct loader *ret);

const char *loader_name(const struct loader *l); /* "GRUB", …; "none" */

/* What the configuration has for a parameter, for the next boot. */
struct loader_value {
	enum loader_owner owner; /* OWNER_PERSON where a single file has a value that is not ours */
	struct buf words; /* the values, each once, with blanks; of a person where there is one */
	struct buf where; /* "FILE: WORDS", one a line */
};

int loader_read(const struct root *root, const struct loader *l, const char *name,
		struct loader_value *ret, struct error *e) _must_check_;
void loader_value_done(struct loader_value *v);

#define _cleanup_loader_value_ _cleanup_(loader_value_done)

enum loader_flags {
	LOADER_FORCE = 1 << 0, /* replace a person's words too, with a copy of each file */
};

/*
 * What to write so that the next boot has `words` ("crashkernel=128M", several with blanks) for `name`; kernel NULL for all,
 * else the path of one kernel's image. -EEXIST: a person's value is in the way (no LOADER_FORCE). -EOPNOTSUPP: this boot loader
 * has one command line for all kernels. No edits: it is so already.
 */
int loader_set(const struct root *root, const struct loader *l, const char *name, const char *words,
	       const char *kernel, unsigned flags, struct edits *ret, struct error *e) _must_check_;

/*
 * What to write so that nothing of ours is left, and what was replaced by force is back: byte for byte where nobody else changed
 * the file since.
 */
int loader_clear(const struct root *root, const struct loader *l, const char *name,
		 struct edits *ret, struct error *e) _must_check_;

/*
 * Writes, then runs what the distribution regenerates its configuration with; inside another root (--root) that is only
 * named. said: lines of what was run.
 */
int loader_apply(const struct root *root, const struct loader *l, const struct edits *edits,
		 struct buf *said, struct error *e) _must_check_;

/* Has the configuration that is regenerated these words? True where there is none. *ret_menu: its path, or NULL. */
bool loader_menu_has(const struct root *root, const struct loader *l, const char *words,
		     const char **ret_menu);
