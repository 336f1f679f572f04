/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel's log: blocks keep their bounds, whatever is in it, and each has a title of one line. */
#include "signature/oops.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct oops *o)
{
	struct signature_frame frames[OOPS_FRAMES + 1];
	struct signature_input in = { .words = o->words, .frames = frames };
	char satyr[SIGNATURE_SATYR_SIZE];
	struct signature s;

	in.count = oops_signature_frames(o, frames);
	signature_make(&in, &s);
	if (!*s.title || strchr(s.title, '\n') || !*s.hash || o->reg_count > OOPS_REGS ||
	    in.count > OOPS_FRAMES + 1 || strcmp(s.kind, o->kind) != 0)
		abort();
	(void)signature_satyr(SATYR_ABRT, frames, in.count, satyr);
	(void)signature_satyr(SATYR_DUPHASH, frames, in.count, satyr);
}

static void take(struct oops_story *s, struct oops *o)
{
	if (!o)
		return;
	check(o);
	oops_story_add(s, o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct oops_parser *p;
	struct oops_story story = { 0 };
	const char *text = (const char *)data, *end = text + size;
	struct oops *o;

	if (oops_parser_new(&p) < 0)
		return 0;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t len = newline ? (size_t)(newline - text) : (size_t)(end - text);

		o = NULL;
		if (oops_feed(p, text, len, &o) == 0)
			take(&story, o);
		text += len + 1;
	}
	while ((o = oops_end(p)))
		take(&story, o);
	if (story.count > 0 && !oops_story_death(&story))
		abort();
	oops_story_done(&story);
	oops_parser_free(p);
	return 0;
}
