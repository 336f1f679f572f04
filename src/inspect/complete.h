/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What a word that is half typed may become: commands, symbols, types and their members.
 */
#include "inspect/command.h"

enum complete_kind {
	COMPLETE_COMMANDS,
	COMPLETE_SYMBOLS,
	COMPLETE_TYPES, /* structs, unions, enums, typedefs; members behind a dot */
	COMPLETE_FILES, /* behind > and for the shell */
};

/* What goes where the word at line[start] is; the words before it tell. */
enum complete_kind complete_kind_at(const char *line, size_t start);

/*
 * Each name that begins with word, as it would stand in the line; one may come more than once. Stops where emit returns non-zero. Words too
 * short to tell anything have none, files neither.
 */
void inspect_complete(struct inspect *c, enum complete_kind kind, const char *word,
		      int (*emit)(void *user, const char *name), void *user);
