/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/search.h"

#include <string.h>

#include "base/bytes.h"

/* Numbers that are compared before anybody asks whether one was equal. */
#define BLOCK 64

/* One loop for each width: the compiler makes the most of a constant. */
#define DEFINE_BLOCK(bits)                                                                         \
	static bool block##bits(const uint8_t *p, uint64_t keep, uint64_t value)                   \
	{                                                                                          \
		unsigned any = 0;                                                                  \
                                                                                                   \
		for (unsigned i = 0; i < BLOCK; i++) {                                             \
			uint##bits##_t v;                                                          \
                                                                                                   \
			memcpy(&v, p + i * sizeof(v), sizeof(v));                                  \
			any |= (uint##bits##_t)(v & keep) == (uint##bits##_t)value;                \
		}                                                                                  \
		return any;                                                                        \
	}

DEFINE_BLOCK(16)
DEFINE_BLOCK(32)
DEFINE_BLOCK(64)

static bool block_has(const struct search_scan *s, const uint8_t *p, uint64_t keep)
{
	bool any = false;

	for (size_t i = 0; i < s->count && !any; i++) {
		uint64_t value = s->values[i].value & keep;

		any = s->width == 8   ? block64(p, keep, value)
		      : s->width == 4 ? block32(p, keep, value)
				      : block16(p, keep, value);
	}
	return any;
}

static uint64_t number_at(const struct search_scan *s, const uint8_t *p)
{
	return s->width == 8 ? le64_get(p) : s->width == 4 ? le32_get(p) : le16_get(p);
}

static int search_numbers(struct search_scan *s, uint64_t addr, const uint8_t *bytes, size_t len)
{
	const uint64_t keep = ~s->mask;
	/* numbers are aligned: a span may begin behind one */
	size_t at = (s->width - addr % s->width) % s->width;

	while (at + s->width <= len) {
		if (len - at >= (size_t)BLOCK * s->width && !block_has(s, bytes + at, keep)) {
			at += (size_t)BLOCK * s->width;
			continue;
		}
		for (unsigned i = 0; i < BLOCK && at + s->width <= len; i++, at += s->width) {
			uint64_t v = number_at(s, bytes + at);

			for (size_t n = 0; n < s->count; n++) {
				int err = 0;

				if ((v & keep) == (s->values[n].value & keep))
					err = s->emit(s->user, addr + at, &s->values[n], v);
				if (err != 0)
					return err;
			}
		}
	}
	return 0;
}

/* Strings that begin in [from, len) and end before `len`; the lowest first. */
static int search_strings(struct search_scan *s, uint64_t addr, const uint8_t *bytes, size_t len,
			  size_t must_pass)
{
	const uint8_t *next[SEARCH_VALUES];

	for (size_t n = 0; n < s->count; n++)
		next[n] = memmem(bytes, len, s->values[n].text, s->values[n].len);
	for (;;) {
		const uint8_t *lowest = NULL;
		size_t which = 0;
		int err = 0;

		for (size_t n = 0; n < s->count; n++)
			if (next[n] && (!lowest || next[n] < lowest)) {
				lowest = next[n];
				which = n;
			}
		if (!lowest)
			return 0;
		if ((size_t)(lowest - bytes) < must_pass &&
		    (size_t)(lowest - bytes) + s->values[which].len > must_pass)
			err = s->emit(s->user, addr + (lowest - bytes), &s->values[which], 0);
		else if (must_pass == 0)
			err = s->emit(s->user, addr + (lowest - bytes), &s->values[which], 0);
		if (err != 0)
			return err;
		next[which] = memmem(lowest + 1, len - (lowest + 1 - bytes), s->values[which].text,
				     s->values[which].len);
	}
}

/* Strings that begin in what came before and end here. */
static int search_seam(struct search_scan *s, uint64_t addr, const uint8_t *bytes, size_t len)
{
	uint8_t both[2 * SEARCH_TEXT_MAX];
	size_t n = MIN(len, sizeof(s->before));

	if (s->before_len == 0 || s->before_end != addr)
		return 0;
	memcpy(both, s->before, s->before_len);
	memcpy(both + s->before_len, bytes, n);
	return search_strings(s, addr - s->before_len, both, s->before_len + n, s->before_len);
}

/* The last bytes of what was seen, for the seam with what follows. */
static void keep_end(struct search_scan *s, uint64_t addr, const uint8_t *bytes, size_t len)
{
	size_t n = MIN(len, sizeof(s->before) - 1);

	memcpy(s->before, bytes + len - n, n);
	s->before_len = n;
	s->before_end = addr + len;
}

int search_bytes(struct search_scan *s, uint64_t addr, const uint8_t *bytes, size_t len)
{
	int err;

	if (s->width != 0)
		return search_numbers(s, addr, bytes, len);
	err = search_seam(s, addr, bytes, len);
	if (err == 0)
		err = search_strings(s, addr, bytes, len, 0);
	keep_end(s, addr, bytes, len);
	return err;
}
