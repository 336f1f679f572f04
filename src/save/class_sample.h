/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Some pages of a class, spread evenly over memory, taken while pages are selected: every step-th. How many there will be is
 * not known before, so that the step doubles and every other page goes where there are too many.
 */
#include "base/macro.h"

/* At least half of these where the class has as many. The error of a share is then below 2.5 percent. */
#define CLASS_SAMPLE_PAGES 4096

struct class_sample {
	uint64_t pfns[CLASS_SAMPLE_PAGES];
	size_t count;
	uint64_t shift; /* the step is 2^shift */
	uint64_t seen;	/* pages of the class */
};

/* Pages of the class follow. */
void class_sample_add(struct class_sample *s, uint64_t pfn, uint64_t pages);

/* What another thread took goes into s. */
void class_sample_join(struct class_sample *s, const struct class_sample *other);
