/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Small looks at files of the root, for checks. What cannot be read is as if it were not there. */
#include "base/root.h"

bool look_exists(const struct root *root, const char *path);

/* The first line without blanks around it; "" and false where there is none. */
bool look_line(const struct root *root, const char *path, char *ret, size_t size);

/* Is that line `text`? */
bool look_is(const struct root *root, const char *path, const char *text);

/* Where `text` stands in a file of at most 4 MiB. */
bool look_contains(const struct root *root, const char *path, const char *text);

/* The line's number, from 1, in which `text` stands in a string, and the line; 0 where it does not. */
unsigned look_find_line(const char *text, const char *wanted, char *ret, size_t size);

/* A word of a kernel's command line: "name=value", '-' and '_' alike; the last one counts. NULL: it is not there. */
struct word {
	const char *at;
	size_t len, name_len;
	const char *value; /* behind '=', or the word's end */
	size_t value_len;
};

/* The word behind *pos, which moves on; false at the end. */
bool look_next_word(const char **pos, struct word *ret);
bool look_word(const char *cmdline, const char *name, struct word *ret);

/* Do a word's name and `name` agree, '-' and '_' alike? A '*' at the end of `name` takes the rest. */
bool look_is_named(const struct word *w, const char *name);

enum unit_state {
	UNIT_MISSING,
	UNIT_DISABLED, /* nothing wants it */
	UNIT_ENABLED,
	UNIT_MASKED,
};

/* A systemd unit, by its files. */
enum unit_state look_unit(const struct root *root, const char *name);

/* Does anybody listen at that TCP port, of either family? From /proc/net. */
bool look_listens(const struct root *root, unsigned port);

/* Is it a machine with systemd? */
bool look_systemd(const struct root *root);

/* Calls for each name in a directory, sorted, but those that begin with '.'. */
void look_directory(const struct root *root, const char *path,
		    void (*each)(void *user, const char *name), void *user);
