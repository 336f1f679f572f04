/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The parts of the command vm. */
#include "inspect/choose.h"
#include "inspect/mapped.h"

struct vm {
	struct inspect *c;
	struct paths *paths;
	struct json *j;
	bool pages;	 /* -p */
	uint64_t area;	 /* -P: this one alone */
	const char *ref; /* -R */
	uint64_t
		root; /* the process's top page table, physical; UINT64_MAX where it cannot be had */
	char path[PATH_SIZE];
};

/* The pages from start to end of an area (-p, -P; -R with an address). */
void vm_print_pages(struct vm *v, const struct mapped_area *area, uint64_t start, uint64_t end);
