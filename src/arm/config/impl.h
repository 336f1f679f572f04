/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * How the files that parse kdump.conf share the work: config.c has lines, the table of directives
 * and the targets; each further file the directives of one subject.
 */
#include "arm/config/config.h"

struct config_parser {
	struct config *config;
	const char *name; /* of the file, for messages */
	unsigned line;
	unsigned target_line; /* where the dump target was named; 0 where it was not */
	struct seen *seen;    /* lines of directives so far */

	int fault; /* of the first line that was refused */

	/* Set: a line that is refused does not end it. */
	int (*tell)(void *user, const struct config_line *line);
	void *user;
};

struct config_directive {
	const char *name;
	/* The value is not empty; the caller puts file and line before the error. */
	int (*apply)(struct config_parser *p, const struct config_directive *d, const char *value,
		     struct error *e);
	const char *slot; /* directives that share one may come once together; NULL: the name */
};

/* A line for the user: "kdump.conf:3: WHAT: TEXT". -ENOMEM. */
int config_note(struct config_parser *p, const char *what, const char *text) _must_check_;

int config_set_yes(const struct config_directive *d, const char *value, bool *ret,
		   struct error *e) _must_check_;

int config_replace(char **field, const char *value, struct error *e) _must_check_;

/* Does the directive name a dump target? */
bool config_is_target(const char *name);

/* targets.c: the target that a directive or a file system's type and a value name. */
int config_set_target(struct config_target *t, const char *name, const char *value,
		      struct error *e) _must_check_;

/* time.c: limits, watchdog, crash loops, CPUs, device dumps. */
void config_time_defaults(struct config *c);

/* hooks.c */
void config_hooks_defaults(struct config *c);
void config_hooks_done(struct config *c);

/* notify.c */
void config_notify_done(struct config *c);

/* keep.c: are there targets that lastword_keep can hold for? */
int config_check_keep(struct config *c, struct error *e) _must_check_;

#define CONFIG_APPLY(name)                                                                         \
	int name(struct config_parser *p, const struct config_directive *d, const char *value,     \
		 struct error *e) _must_check_

CONFIG_APPLY(config_apply_encrypt);
CONFIG_APPLY(config_apply_notify);
CONFIG_APPLY(config_apply_timeout);
CONFIG_APPLY(config_apply_watchdog);
CONFIG_APPLY(config_apply_crash_loop);
CONFIG_APPLY(config_apply_cpus);
CONFIG_APPLY(config_apply_keep);
CONFIG_APPLY(config_apply_device_dumps);
CONFIG_APPLY(config_apply_netconsole);

CONFIG_APPLY(config_apply_path);
CONFIG_APPLY(config_apply_target);
CONFIG_APPLY(config_apply_sshkey);
CONFIG_APPLY(config_apply_fallback);
CONFIG_APPLY(config_apply_collector);
CONFIG_APPLY(config_apply_fast);
CONFIG_APPLY(config_apply_target_rate);

CONFIG_APPLY(config_apply_hook);
CONFIG_APPLY(config_apply_extra_bins);
CONFIG_APPLY(config_apply_fence_nodes);
CONFIG_APPLY(config_apply_fence_args);
CONFIG_APPLY(config_apply_dracut_args);
CONFIG_APPLY(config_apply_extra_modules);
