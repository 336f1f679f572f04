/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/search.h"

#include <errno.h>

/* The formula of arm/kexec/reserve.h was seen to be 6 to 12 MiB above the smallest. */
#define BELOW MIB(8)

/* Beyond the guess the fault is not the size. */
#define FAR MIB(96)

#define SMALLEST MIB(24)

static int bisect(search_try *attempt, void *user, struct search *s, struct error *e)
{
	char why[SEARCH_WHY];
	int r = 0;

	while (r == 0 && s->enough - s->too_small > SEARCH_STEP) {
		uint64_t middle =
			align_down(s->too_small + (s->enough - s->too_small) / 2, SEARCH_STEP);
		bool enough = false;

		r = attempt(user, middle, &enough, why, e);
		if (enough)
			s->enough = middle;
		else
			s->too_small = middle;
	}
	return r;
}

int search_smallest(uint64_t guess, search_try *attempt, void *user, struct search *ret,
		    struct error *e)
{
	uint64_t size = MAX(align_down(MAX(guess, BELOW) - BELOW, SEARCH_STEP), SMALLEST);
	uint64_t step = SEARCH_STEP;
	struct search s = { 0 };
	char why[SEARCH_WHY];
	int r = 0;

	/* Larger steps away from the guess until one works and one does not. */
	while (r == 0 && (!s.enough || !s.too_small)) {
		bool enough = false;

		r = attempt(user, size, &enough, why, e);
		if (enough)
			s.enough = size;
		else
			s.too_small = size;
		if (r == 0 && !s.enough && size > guess + FAR)
			return error_set(e, -ENODATA, "no dump arrives even with %llu MiB: %s",
					 (unsigned long long)(size >> 20), why);
		if (!s.too_small && size <= SMALLEST)
			break;
		size = s.too_small ? size + step : MAX(size - MIN(step, size), SMALLEST);
		step *= 2;
	}
	if (r == 0)
		r = bisect(attempt, user, &s, e);
	if (r == 0)
		*ret = s;
	return r;
}
