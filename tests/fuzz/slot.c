/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A boot loader's file: words that are put in are found again, the only ones of their name; words that are taken out are gone; what is
 * in place is not changed. The first byte chooses the syntax.
 */
#include "arm/boot/slot.h"

#include <stdlib.h>
#include <string.h>

#define NAME "crashkernel"
#define WORDS "crashkernel=300M,high crashkernel=72M,low"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct slot slots[] = {
	{ .syntax = SLOT_SHELL, .keyword = "A" },   { .syntax = SLOT_KEYWORD, .keyword = "a" },
	{ .syntax = SLOT_APPEND, .keyword = "a" },  { .syntax = SLOT_WHOLE },
	{ .syntax = SLOT_GRUBENV, .keyword = "a" }, { .syntax = SLOT_BINARY },
};

static void check_words(const struct slot *slot, const struct buf *text, const char *words)
{
	_cleanup_buf_ struct buf found = { 0 };

	if (slot_words(slot, text, NAME, &found) < 0 ||
	    strcmp(found.len ? found.data : "", words) != 0)
		abort();
}

static void check_same(const struct buf *a, const struct buf *b)
{
	if (a->len != b->len || memcmp(a->data, b->data, a->len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf text = { 0 }, with = { 0 }, again = { 0 }, without = { 0 },
				 words = { 0 };
	const struct slot *slot;

	if (size < 1)
		return 0;
	slot = &slots[data[0] % ARRAY_SIZE(slots)];
	if (buf_append(&text, data + 1, size - 1) < 0 ||
	    slot_words(slot, &text, NAME, &words) < 0 || slot->syntax == SLOT_BINARY)
		return 0;
	if (slot_edit(slot, &text, NAME, WORDS, &with) < 0)
		return 0;
	if (slot_words(slot, &with, NAME, &again) == 0 && again.len)
		check_words(slot, &with, WORDS);
	buf_done(&again);
	again = (struct buf){ 0 };
	if (slot_edit(slot, &with, NAME, WORDS, &again) == 0)
		check_same(&with, &again);
	if (slot_edit(slot, &with, NAME, NULL, &without) == 0)
		check_words(slot, &without, "");
	return 0;
}
