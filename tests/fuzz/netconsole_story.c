/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host's file of any bytes, and a story of it: entries are in the order of their times. The other way round, what any
 * basic datagram comes to in such a file holds no mark of ours but those of its own capture kernels.
 */
#include "netconsole/source.h"
#include "netconsole/story_host.h"
#include "netconsole/text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void tell(const char *text, size_t size)
{
	struct story_list list = { 0 };
	struct host_story s = { 0 };

	while (size) {
		const char *newline = memchr(text, '\n', size);
		size_t len = newline ? (size_t)(newline - text) : size;
		struct story_line l;

		if (story_line_parse(text, len, &l))
			host_story_put(&s, &l, story_list_add, &list);
		len += newline != NULL;
		text += len;
		size -= len;
	}
	host_story_end(&s, story_list_add, &list);
	for (size_t i = 1; i < list.count; i++)
		if (list.entries[i].time_us < list.entries[i - 1].time_us)
			abort();
	story_list_done(&list);
}

/* The text of records is written, and read back: nothing in it may look like an event. */
static void check(void *user, const struct record *r)
{
	struct buf *out = user;
	const char *line;

	if (r->kind != RECORD_TEXT)
		return;
	out->len = 0;
	if (text_put(out, r, false) < 0)
		abort();
	for (line = out->data; *line; line = strchr(line, '\n') + 1) {
		struct story_line l;

		if (!story_line_parse(line, strcspn(line, "\n"), &l) || l.mark != STORY_TEXT ||
		    l.resent != (r->flags & RECORD_RESENT ? true : false))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct buf out;
	static struct source_shared shared = { .emit = check, .user = &out };
	struct address from = { .port = 1 };
	struct source s;

	tell((const char *)data, size);
	if (!shared.text && source_shared_init(&shared) < 0)
		return 0;
	source_init(&s, &from, 1);
	source_put(&s, &shared, (const char *)data, size, 1, 1);
	source_expire(&s, &shared, UINT64_MAX, 1);
	source_done(&s, &shared);
	return 0;
}
