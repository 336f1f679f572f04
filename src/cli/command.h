/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A sub-command of `lastword`: a file and a row in command.c.
 */
#include <stdbool.h>
#include <stdio.h>

#include "base/json.h"

/* Given before or after the verb, taken out of argv before run() sees it. */
struct cli {
	const char *root; /* --root DIR, "" for the real one */
	bool json;	  /* --json */
};

#define EXIT_USAGE 2

struct command {
	const char *name;
	const char *arguments; /* "SRC DST" */
	const char *summary;   /* one line, for `lastword help` */
	/* argv[0] is the verb. Returns the exit status. */
	int (*run)(const struct cli *cli, int argc, char **argv);
};

extern const struct command *const commands[];

/* "lastword: …" on standard error. */
void say_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Ends what json_document() began and prints it. Returns status, or EXIT_FAILURE where there was no memory for it, which is
 * said.
 */
int say_json(struct json *j, FILE *to, int status);

/* The usage line of a command on standard error; returns EXIT_USAGE. */
int usage_error(const struct command *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
