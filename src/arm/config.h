/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * /etc/kdump.conf, by the rules of kdump-utils: a line is `directive value`; blank lines and lines
 * that begin with # say nothing; a value ends at the first # wherever it stands; one pair of double
 * quotes around the whole value goes. A directive comes once, a dump target once. What kdump-utils
 * knows and lastword does not do is an error that says so; an unknown word too.
 */
#include "base/buf.h"
#include "base/error.h"
#include "dumpfile/codec.h"
#include "plan/plan.h"

#define CONFIG_PATH "/etc/kdump.conf"
#define CONFIG_SIZE_MAX ((size_t)1 << 20)

enum config_target_kind {
	CONFIG_TARGET_PATH, /* the file system that holds `path` */
	CONFIG_TARGET_FS,
	CONFIG_TARGET_RAW,
	CONFIG_TARGET_NFS,
	CONFIG_TARGET_SSH,
};

struct config_target {
	enum config_target_kind kind;
	char *fstype; /* of CONFIG_TARGET_FS */
	char *device; /* UUID=…, LABEL=…, /dev/…; of NFS HOST:/DIRECTORY, of SSH USER@HOST */
	char *sshkey; /* of CONFIG_TARGET_SSH: the private key's file */
	char *path;   /* absolute, single slashes, none at the end */
	bool path_given;
};

struct config {
	/* The first is kdump's own; the others are tried one after the other where those before fail. */
	struct config_target targets[PLAN_TARGETS_MAX];
	size_t targets_count; /* at least 1 */

	char *sshkey; /* of all SSH targets; NULL: kdump's own name */

	enum plan_collector collector;
	unsigned level;
	enum codec_id codec;
	unsigned threads; /* 0 for one a CPU */

	enum plan_action failure_action, final_action;
	bool report; /* lastword's own directive */

	/* Lines for the user: what was accepted and has no effect, or is out of date. */
	struct buf notes;
};

/* Text of any origin. name is the file's, for messages: "kdump.conf:12: …". */
int config_parse(const char *text, size_t len, const char *name, struct config *ret,
		 struct error *e) _must_check_;

/* What holds where there is no file at all. */
int config_defaults(struct config *ret) _must_check_;

void config_done(struct config *c);

#define _cleanup_config_ _cleanup_(config_done)

/* The words of core_collector. Fills collector, level, codec and threads; the rest is left. */
int config_parse_collector(const char *value, struct config *c, struct error *e) _must_check_;
