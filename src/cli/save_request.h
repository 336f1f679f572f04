/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What is to be made of a dump. `lastword save` and `makedumpfile` fill it from their command lines; save_create.h obeys it.
 */
#include "save/save.h"

#define SAVE_LEVELS_MAX 32

struct save_request {
	struct save_options options;	  /* the level is that of levels */
	unsigned levels[SAVE_LEVELS_MAX]; /* one after the other until the dump fits */
	unsigned level_count;
	uint64_t threads;   /* 0: one for each CPU */
	uint64_t limit;	    /* bytes a file may have; 0: any number */
	uint64_t split_kib; /* parts begin at multiples of it; 0: anywhere */
	bool elf, flat, split, force;
	bool discard;	   /* do all, keep nothing */
	const char *erase; /* the file that says what is not to be told; NULL: none */

	const char *source;
	char *const *files; /* to write; none: standard output, or nothing of a dry run */
	int file_count;
};

/*
 * What options fill, for rows of options.h: the levels of a struct save_request of "31" or "31,1" (a comma may follow the last); a
 * uint64_t of "4096" or "90M", bytes, above 0, with k, M or G; an enum codec_id, by its name. -EINVAL with words.
 */
int save_take_levels(void *request, const char *words, struct error *e) _must_check_;
int save_take_size(void *size, const char *word, struct error *e) _must_check_;
int save_take_codec(void *codec, const char *word, struct error *e) _must_check_;

/* "auto", or bytes a second as above; without a codec, which says nothing yet, any is allowed. -EINVAL with words. */
int save_request_rate(struct save_request *q, const char *word, struct error *e) _must_check_;

/* What does not go together. -EINVAL with words. */
int save_request_check(const struct save_request *q, struct error *e) _must_check_;
