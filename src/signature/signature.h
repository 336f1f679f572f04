/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What a crash is called, and what it has in common with others: a title for people, a hash that is the same on each
 * kernel version, an id that is the same for this build alone.
 *
 * Frames may come from the unwinder (`report`) or from the kernel's own text (oops.h). No I/O, no allocation.
 */
#include "base/macro.h"

struct signature_frame {
	const char *function; /* as kallsyms has it; NULL or "": not known */
	const char *module;   /* NULL or "": the kernel itself */
	const char *build_id; /* of that module or of the kernel, hexadecimal; NULL: not known */
	uint64_t offset;      /* of the instruction in the function */
	bool uncertain; /* the kernel's "?", or found by scanning: never part of a signature */
};

struct signature_input {
	/*
	 * What the kernel said when it died: the lines that tell the reason, '\n' between, without times; oops->words. NULL
	 * or "": nothing is known.
	 */
	const char *words;
	/* Innermost first; where an exception stopped the code, the function it stopped is the first. */
	const struct signature_frame *frames;
	size_t count;
};

#define SIGNATURE_TITLE_SIZE 256
#define SIGNATURE_NAME_SIZE 128
#define SIGNATURE_HASH_SIZE 48

struct signature {
	char title[SIGNATURE_TITLE_SIZE]; /* "BUG: soft lockup in F", of one line */
	const char *kind;		  /* "soft-lockup", of a fixed list; "unknown" */
	char function
		[SIGNATURE_NAME_SIZE]; /* F, without compilers' suffixes; "" where none is known */
	char module[SIGNATURE_NAME_SIZE]; /* of F; "": the kernel itself */
	/* "lw1:" and 32 hexadecimal digits: kind and normalised functions. "" without a frame and a kind. */
	char hash[SIGNATURE_HASH_SIZE];
	/* "lw1x:" and 32 digits: kind, build ids, functions as they are, offsets. "" without frames. */
	char exact[SIGNATURE_HASH_SIZE];
};

void signature_make(const struct signature_input *in, struct signature *ret);

/*
 * The ids that other tools know an oops by: SHA-1, 40 hexadecimal digits. Of the frames of a Call Trace alone: satyr does not
 * see the RIP line of today's oopses. False where no frame is left.
 */
enum satyr_hash {
	SATYR_ABRT, /* what ABRT stores as uuid and duphash: the first six certain frames as they are */
	SATYR_DUPHASH, /* satyr's own default: all frames, also "?" ones; no suffixes, some functions dropped */
};
#define SIGNATURE_SATYR_SIZE 41
bool signature_satyr(enum satyr_hash which, const struct signature_frame *frames, size_t count,
		     char ret[SIGNATURE_SATYR_SIZE]);

/* "__handle_sysrq" of "__handle_sysrq.cold": without what compilers add. */
void signature_plain_name(const char *function, char ret[SIGNATURE_NAME_SIZE]);

/* Does the title pass this function by: panic and report machinery, helpers of locks, strings, lists, entry code? */
bool signature_skips(const char *function);
