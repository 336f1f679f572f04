/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The parts of the command search: which memory (search_space.c), where in it the values are (search_scan.c), and what is said of
 * that (search.c).
 */
#include "inspect/command.h"

#define SEARCH_VALUES 64
#define SEARCH_TEXT_MAX 256 /* bytes of a string */

enum search_space {
	SEARCH_KERNEL,
	SEARCH_KERNEL_STATIC, /* -K: the map of all memory, and the image */
	SEARCH_KERNEL_MAPPED, /* -V: the rest */
	SEARCH_USER,
	SEARCH_PHYSICAL,
};

/* ---- what to look for ---- */

struct search_value {
	const char *word; /* as it was written; NULL: a plain number */
	uint64_t value;
	const uint8_t *text; /* of strings */
	size_t len;
};

/* Returns non-zero to stop. found: the number in memory, with the bits of the mask. */
typedef int (*search_emit)(void *user, uint64_t addr, const struct search_value *value,
			   uint64_t found);

struct search_scan {
	unsigned width; /* bytes of a number; 0: strings */
	uint64_t mask;	/* bits that do not count */
	const struct search_value *values;
	size_t count;
	search_emit emit;
	void *user;
	/* strings that lie across two spans: the end of the one before */
	uint64_t before_end;
	uint8_t before[SEARCH_TEXT_MAX];
	size_t before_len;
};

/* Looks through len bytes that stand at addr, in order of addresses. What emit returned, where that was not 0. */
int search_bytes(struct search_scan *s, uint64_t addr, const uint8_t *bytes, size_t len);

/* ---- where to look ---- */

struct search_area {
	enum search_space space;
	uint64_t start, end; /* end: one past the last byte; 0: none */
	uint64_t mm;	     /* of SEARCH_USER */
};

struct search_stats {
	uint64_t bytes;		 /* that were looked at */
	uint64_t excluded, lost; /* pages */
	bool cut;		 /* page tables that have no end, or lack a part */
};

/*
 * Hands the memory of an area to the scan, in order of its addresses; what is not in the dump is left out and counted. What emit
 * returned, or errors where there are no page tables.
 */
int search_area(struct inspect *c, const struct search_area *area, struct search_scan *s,
		struct search_stats *stats, struct error *e);
