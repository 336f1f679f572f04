/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What each line of /etc/kdump.conf and /etc/sysconfig/kdump does here, in words. */
#include "arm/config/config.h"
#include "arm/config/sysconfig.h"

enum explained_state {
	EXPLAINED_TAKEN,   /* has its effect */
	EXPLAINED_MOOT,	   /* accepted, and has no effect here */
	EXPLAINED_REFUSED, /* nothing is armed with it */
};

/* "taken", "no effect", "refused" */
const char *explained_state_name(enum explained_state state);

/* Strings are owned, "" where there is nothing to say; effect and differs may have several lines, each with a newline. */
struct explained_line {
	unsigned number;
	char *name, *value;
	enum explained_state state;
	struct buf effect;
	struct buf differs; /* what lastword does otherwise than kdump-utils, and why */
	struct buf error;   /* of a refused line */
};

struct explained_file {
	const char *path;
	bool present;
	struct explained_line *lines; /* those that say something */
	size_t count;
	struct error fault; /* why the file is not accepted; code 0 where it is */
};

#define EXPLAINED_FILES 2

struct explanation {
	struct explained_file files[EXPLAINED_FILES]; /* kdump.conf, sysconfig */
};

/* Fails only where memory or a file does; a file that is refused is in *ret. */
int explain_config(const struct root *root, struct explanation *ret, struct error *e) _must_check_;

void explanation_done(struct explanation *x);

#define _cleanup_explanation_ _cleanup_(explanation_done)

/* explain_words.c: fills effect, differs and state of a line that is accepted. */
int explain_directive(struct explained_line *l) _must_check_;
int explain_variable(struct explained_line *l) _must_check_;
