/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What an engineer wants to know of a crash first, and then in detail, from the dump alone. Sections are rows of a table; what
 * is damaged or takes too long costs its section and is named there. Memory is that of a few sections' worth of text, and what
 * the kernel's symbols and types take.
 */
#include "base/clock.h"
#include "inspect/command.h"
#include "inspect/report_document.h"

struct report_options {
	usec_t (*now)(void);
	usec_t section_limit; /* what a section may take before it stops and says so */
	usec_t total_limit;   /* later sections are then left out, and named */
	bool quick;	      /* leaves out what walks long lists: the use of slab caches */
	bool satyr;	      /* the ids by which other tools know a crash */

	/* Called when a section is whole: items from `first` on. NULL: nobody asks. Non-zero ends the report with that. */
	int (*section_done)(void *user, const struct document *d, size_t first);
	void *user;
};

#define REPORT_SECTION_LIMIT (10 * USEC_PER_SEC)
#define REPORT_TOTAL_LIMIT (60 * USEC_PER_SEC)

/* Fails where there is no memory for it alone. ret is the caller's to free in any case. */
int report_build(struct inspect *c, const struct report_options *o, struct document *ret,
		 struct error *e) _must_check_;
