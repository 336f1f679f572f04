/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The ways a kernel dies, by what it says: the one table behind titles, kinds, and where a block of the log begins.
 */
#include "signature/frames.h"
#include "signature/pattern.h"

struct death {
	const char *kind;
	/* What a line begins with; pattern.h. "\n" goes on to the next of the words. */
	const char *pattern;
	/* %1 to %4: what the pattern's '*' took; %@: " in F" where F is known. */
	const char *title;
	enum frames_anchor anchor;
	/* What a panic was made from: kinds, '|' between; NULL: the panic's own words are the reason. */
	const char *after;
	enum grave {
		GRAVE_WARNING,
		GRAVE_GOES_ON, /* somebody waits, or the machine has a fault */
		GRAVE_FAULT,
		GRAVE_PANIC,
	} grave;
};

/*
 * Of the first line of words that begins as a row says; NULL where none does. Groups: as pattern_begins(). *ret_line, where
 * not NULL: that line.
 */
const struct death *death_find(const char *words, struct pattern_group groups[PATTERN_GROUPS]);

/* The same for one line alone. What subsystems write before their words ("watchdog: ", "rcu: ") is passed by. */
const struct death *death_of_line(const char *line, struct pattern_group groups[PATTERN_GROUPS]);

/* Cheap: false where no row begins with that character. */
bool death_may_begin(char first);

bool death_is_panic(const struct death *d);

/* Is it a panic that is made from deaths of that kind? */
bool death_follows(const struct death *d, const char *kind);

/* The title's text; function "" where none is known. */
void death_title(const struct death *d, const struct pattern_group groups[PATTERN_GROUPS],
		 const char *function, char ret[SIGNATURE_TITLE_SIZE]);
