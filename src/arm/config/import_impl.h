/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* How the tables of both systems share the work. */
#include "arm/config/import.h"

#define IMPORT_TARGETS_MAX 4
#define IMPORT_VALUE_MAX 2048
#define IMPORT_LINE_SIZE (IMPORT_VALUE_MAX + 64) /* of a directive with a value */

struct import_target {
	char *words; /* "nfs HOST:/DIRECTORY"; NULL: the local file system */
	char *path;  /* NULL: not said */
};

/* What has been gathered. Strings are owned. */
struct importer {
	struct import *import;
	struct import_line *line; /* the one that is looked at */
	bool in_place;
	bool failed; /* no memory where there was no way to say so */

	struct import_target targets[IMPORT_TARGETS_MAX]; /* the first, then fallbacks */
	size_t targets_count;
	char *path; /* local */
	char *sshkey;
	char *level, *codec, *options; /* of makedumpfile */
	char *collector;	       /* instead of makedumpfile */
	unsigned keep;		       /* dumps; 0: all */
	struct import_line *keep_line;
	unsigned mails;
	struct buf directives; /* lines of kdump.conf that need nothing else */
	struct buf sysconfig;  /* lines of sysconfig/kdump */
};

struct import_variable {
	const char *name;
	/* Called with the value that holds at the end; "" too. 0 or a negative errno of no memory. */
	int (*take)(struct importer *i, const struct import_variable *v, const char *value);
	const char *word; /* for take: a directive, a variable, words */
};

/* One of each system; ends with a name of NULL. */
extern const struct import_variable import_debian[], import_suse[];

/* What became of the line. */
int import_say(struct importer *i, enum import_fate fate, const char *fmt, ...)
	_printf_(3, 4) _must_check_;

int import_set(char **field, const char *value) _must_check_;

/* v->word says why there is nothing like it here. */
int import_lost(struct importer *i, const struct import_variable *v, const char *value);
/* v->word says how it is here anyway. */
int import_same(struct importer *i, const struct import_variable *v, const char *value);
/* v->word is a directive: "DIRECTIVE VALUE", where the value is not empty. */
int import_directive(struct importer *i, const struct import_variable *v, const char *value);
/* v->word is a variable of sysconfig/kdump. */
int import_sysconfig(struct importer *i, const struct import_variable *v, const char *value);
/* The directive takes an absolute path. */
int import_program(struct importer *i, const struct import_variable *v, const char *value);

/* Would kdump.conf take the line "DIRECTIVE VALUE"? Where it would not, the line is lost, and its words are said. */
bool import_accepts(struct importer *i, const char *directive, const char *value);

/* A further target, or one before all others; words NULL: the local file system. Both are copied. */
int import_add_target(struct importer *i, const char *words, const char *path,
		      bool front) _must_check_;

int import_options(struct importer *i, const char *options) _must_check_;
int import_keep(struct importer *i, uint64_t dumps) _must_check_;

/* NAME="VALUE" for sysconfig/kdump; where that would be refused, the line is lost, its words are said, and *ret_taken is false. */
int import_assign(struct importer *i, const char *name, const char *value,
		  bool *ret_taken) _must_check_;
