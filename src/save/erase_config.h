/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The language in which people say what kernel data is not to be told: makedumpfile's filter configuration (makedumpfile.conf(5)).
 *
 *	[vmlinux] | [MODULE]				whose symbols follow; vmlinux at the start
 *	erase SYMBOL[.MEMBER…] [size N[K|M] | size SYMBOL[.MEMBER…] | nullify]
 *	for ID in ARRAY | FIRST [via NEXT] | HEAD within STRUCT[:MEMBER]
 *		erase ID[.MEMBER…] …
 *	endfor
 *
 * Without its word NEXT is "next", MEMBER "list". Loops may stand in loops, which makedumpfile's may not; SYMBOL or ID begins what they
 * are over. Words are parted by blanks and line ends; # begins a comment.
 *
 * This parser looks at text alone; erase_find.h finds what the words mean in a dump.
 */
#include "base/error.h"
#include "base/macro.h"

#define ERASE_WORD 128

enum erase_how {
	ERASE_WHOLE,  /* all of it; what a pointer leads to; a string to its end */
	ERASE_BYTES,  /* so many bytes, of what a pointer leads to where it is one */
	ERASE_SIZED,  /* as many as another variable says */
	ERASE_NULLIFY /* the pointer itself becomes 0 */
};

enum erase_walk {
	WALK_ITSELF, /* an array; else, where it has a member of the name, via next */
	WALK_VIA,
	WALK_WITHIN
};

struct erase_loop {
	unsigned line;
	int outer; /* index of the one it stands in, smaller than its own, or -1 */
	enum erase_walk walk;
	char module[ERASE_WORD]; /* "" vmlinux */
	char id[ERASE_WORD], path[ERASE_WORD];
	char type[ERASE_WORD];	 /* of WALK_WITHIN */
	char member[ERASE_WORD]; /* that leads to the next one */
};

struct erase_rule {
	unsigned line;
	int loop; /* index of the one it stands in, or -1 */
	enum erase_how how;
	uint64_t bytes;
	char module[ERASE_WORD];
	char path[ERASE_WORD]; /* as written: names joined by dots */
	char size_path[ERASE_WORD];
};

struct erase_config {
	struct erase_rule *rules;
	size_t rule_count;
	struct erase_loop *loops;
	size_t loop_count;
};

/* -EINVAL with the line's number and words. Nothing is skipped: what is not understood might be a secret. */
int erase_config_parse(const char *text, size_t len, struct erase_config *ret,
		       struct error *e) _must_check_;
void erase_config_done(struct erase_config *c);
