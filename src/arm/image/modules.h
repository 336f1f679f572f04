/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The modules a capture kernel needs to reach a dump target, in the order in which they are loaded:
 * drivers of every device from the bus down to the disk, then the file system; each after its
 * dependencies, hard and soft. What is built in is left out.
 */
#include "base/buf.h"
#include "base/error.h"
#include "base/root.h"
#include "plan/plan.h"

struct module {
	char *name;    /* with '_' */
	char *file;    /* inside the root, compressed or not */
	char *options; /* from modprobe.d, "" for none */
	bool late;     /* as in struct plan_module */
};

struct modules {
	struct module *items;
	size_t count;
};

/* *ret_names: modules of the drivers bound to the device and its parents, from the bus down,
 * each once; an array that ends with NULL. Those without a module are built in. syspath is below
 * /sys/devices. */
int modules_of_device(const struct root *root, const char *syspath, char ***ret_names,
		      struct error *e) _must_check_;

#define MODULES_NAMED_MAX 64

/* What the modules are for. All is borrowed; arrays end with NULL. */
struct modules_wanted {
	const char *first[5]; /* devices below /sys/devices whose modules come before all others */
	const char *first_named[5]; /* and modules that come then, where they are no builtins */
	const char *syspaths[PLAN_LINKS_MAX + PLAN_PARTS_MAX + PLAN_TARGETS_MAX +
			     1];		  /* below /sys/devices */
	const char *named[MODULES_NAMED_MAX + 1]; /* by name or alias; they must exist */
	const char *fstypes[PLAN_TARGETS_MAX + 1];
	const char
		*extra; /* names with blanks between them, or NULL: loaded last; need not exist */
};

/* Those that are not in `early` are late. */
void modules_mark_late(struct modules *m, const struct modules *early);

/* notes: a line for each extra module that does not exist. */
int modules_collect(const struct root *root, const char *release, const struct modules_wanted *w,
		    struct modules *ret, struct buf *notes, struct error *e) _must_check_;

void modules_done(struct modules *m);

#define _cleanup_modules_ _cleanup_(modules_done)

char **names_free(char **names);
DEFINE_CLEANUP(char **, names_free)
