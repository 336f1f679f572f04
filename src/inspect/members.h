/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* "struct.member,member" as list and tree take it: what is shown of each thing on the way. */
#include "inspect/command.h"

#define MEMBERS_WORDS_SIZE 500

struct members {
	struct inspect *c;
	struct type type;
	char name[MEMBERS_WORDS_SIZE]; /* the struct's */
	char list[MEMBERS_WORDS_SIZE]; /* "pid,comm"; "" is the whole struct */
	bool hex;
	bool plain; /* numbers and text alone, as crash's -S has them */
};

/* -EINVAL, -ENOENT: no such type or member. `hex` and `plain` stay as they are in *ret. */
int members_parse(struct inspect *c, const char *words, struct members *ret,
		  struct error *e) _must_check_;

/*
 * The members of the struct at addr: lines below its address, or into the JSON object that is open. What cannot be read says
 * so in its place. -ENOMEM.
 */
int members_show(const struct members *m, uint64_t addr, struct json *j,
		 struct error *e) _must_check_;

/* An offset: "struct.member", or a number of bytes. -EINVAL. */
int members_offset(struct inspect *c, const char *word, uint64_t *ret,
		   struct error *e) _must_check_;
