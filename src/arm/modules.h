/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The modules a capture kernel needs to reach a dump target, in the order in which they are loaded:
 * drivers of every device from the bus down to the disk, then the file system; each after its
 * dependencies, hard and soft. What is built in is left out.
 */
#include "base/error.h"
#include "base/root.h"
#include "plan/plan.h"

struct module {
	char *name;    /* with '_' */
	char *file;    /* inside the root, compressed or not */
	char *options; /* from modprobe.d, "" for none */
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

#define MODULES_NAMED_MAX 8

/* What the modules are for. All is borrowed; arrays end with NULL. */
struct modules_wanted {
	const char *syspaths[PLAN_LINKS_MAX + PLAN_TARGETS_MAX + 1]; /* below /sys/devices */
	const char *named[MODULES_NAMED_MAX + 1]; /* by name or alias; they must exist */
	const char *fstypes[PLAN_TARGETS_MAX + 1];
};

int modules_collect(const struct root *root, const char *release, const struct modules_wanted *w,
		    struct modules *ret, struct error *e) _must_check_;

void modules_done(struct modules *m);

#define _cleanup_modules_ _cleanup_(modules_done)

char **names_free(char **names);
DEFINE_CLEANUP(char **, names_free)
