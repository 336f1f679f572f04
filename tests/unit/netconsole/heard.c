/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heard.h"

#include "../test.h"

static void note(void *user, const struct record *r)
{
	struct heard *h = user;

	assert_int_equal(buf_printf(&h->lines, "%s", record_kind_names[r->kind]), 0);
	if (r->extended)
		assert_int_equal(buf_printf(&h->lines, " %llu", (unsigned long long)r->seq), 0);
	for (size_t i = 0; i < RECORD_FLAGS; i++)
		if (r->flags & 1U << i)
			assert_int_equal(buf_printf(&h->lines, " %s", record_flag_names[i]), 0);
	if (r->kind == RECORD_TEXT)
		assert_int_equal(buf_printf(&h->lines, ": %s", r->text), 0);
	else if (r->kind == RECORD_LOST)
		assert_int_equal(buf_printf(&h->lines, ": %llu", (unsigned long long)r->count), 0);
	else if (r->kind == RECORD_CRASH)
		assert_int_equal(buf_printf(&h->lines, ": %s%s", r->crash->panic ? "panic " : "",
					    r->crash->signature.title),
				 0);
	assert_int_equal(buf_append(&h->lines, "\n", 1), 0);
}

void heard_init(struct heard *h)
{
	*h = (struct heard){ .shared = { .emit = note, .user = h } };
	assert_int_equal(source_shared_init(&h->shared), 0);
}

void heard_done(struct heard *h)
{
	/* whoever waits has given back what it held */
	assert_int_equal(h->shared.waiting.used, 0);
	assert_int_equal(h->shared.crashes.used, 0);
	source_shared_done(&h->shared);
	buf_done(&h->lines);
}

const char *heard_take(struct heard *h)
{
	if (!h->lines.data)
		return "";
	/* the text stays until the next record */
	h->lines.len = 0;
	return h->lines.data;
}
