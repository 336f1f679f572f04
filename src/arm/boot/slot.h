/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A place in a boot loader's configuration where a kernel's command line, or a part of one, is written. Finding words in it and
 * changing them is the same for all boot loaders.
 */
#include "base/buf.h"
#include "base/error.h"
#include "base/root.h"

enum slot_syntax {
	SLOT_SHELL,   /* KEYWORD="words", also with += and export */
	SLOT_KEYWORD, /* KEYWORD words: the options of a boot loader entry; several add up */
	SLOT_APPEND,  /* as that, one for each entry of the file: append of extlinux */
	SLOT_WHOLE,   /* the file is the command line; lines with # are remarks */
	SLOT_GRUBENV, /* KEYWORD=words in a block of 1024 bytes (GRUB manual, "The GRUB environment block") */
	SLOT_BINARY, /* words somewhere in a file that is no text; it can be made anew, not edited */
};

struct slot {
	char *path; /* inside the root; owned */
	enum slot_syntax syntax;
	const char *keyword;
	bool only_read; /* looked at, not written to: a file that other software writes, or one before ours */
	char *kernel; /* name of the image the entry starts, or NULL: for all; owned */
	/* Makes a file that is ours as a whole; NULL: words are put into what is there. root: for what is needed to make it. */
	int (*make)(const struct root *root, const char *words, struct buf *ret, struct error *e);
};

#define SLOTS_MAX 512

struct slots {
	struct slot *list;
	size_t count;
};

/* Takes path and kernel over, also when it fails. */
int slots_add(struct slots *slots, struct slot slot) _must_check_;
void slots_done(struct slots *slots);

#define _cleanup_slots_ _cleanup_(slots_done)

/* Words "NAME=…" of a line: apart where blanks are, quoted blanks belong to a word. Appends to ret, with blanks between. */
int words_find(const char *line, size_t len, const char *name, struct buf *ret) _must_check_;

/* All words of that name in the slot, once where several entries have the same; ret->len 0 for none. */
int slot_words(const struct slot *slot, const struct buf *text, const char *name,
	       struct buf *ret) _must_check_;

/*
 * The file with `words` in the place of all words of that name; words NULL takes them away. A file without a place for them
 * gets one at its start. Not for SLOT_BINARY.
 */
int slot_edit(const struct slot *slot, const struct buf *text, const char *name, const char *words,
	      struct buf *ret) _must_check_;
