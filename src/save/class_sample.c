/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/class_sample.h"

static void thin_out(struct class_sample *s)
{
	for (size_t i = 0; i < s->count; i += 2)
		s->pfns[i / 2] = s->pfns[i];
	s->count = (s->count + 1) / 2;
	s->shift++;
}

void class_sample_add(struct class_sample *s, uint64_t pfn, uint64_t pages)
{
	uint64_t end = s->seen + pages, at = s->seen;

	for (;; at++) {
		at = align_up(at, UINT64_C(1) << s->shift);
		if (at >= end)
			break;
		if (s->count == CLASS_SAMPLE_PAGES) {
			thin_out(s);
			at = align_up(at, UINT64_C(1) << s->shift);
			if (at >= end)
				break;
		}
		s->pfns[s->count++] = pfn + (at - s->seen);
	}
	s->seen = end;
}

void class_sample_join(struct class_sample *s, const struct class_sample *other)
{
	struct class_sample all = *other;

	while (all.shift < s->shift)
		thin_out(&all);
	while (s->shift < all.shift || s->count + all.count > CLASS_SAMPLE_PAGES) {
		thin_out(s);
		if (all.shift < s->shift)
			thin_out(&all);
	}
	for (size_t i = 0; i < all.count; i++)
		s->pfns[s->count++] = all.pfns[i];
	s->seen += all.seen;
}
