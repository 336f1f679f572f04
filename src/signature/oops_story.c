/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "signature/oops_block.h"

void oops_story_add(struct oops_story *s, struct oops *o)
{
	if (s->count == OOPS_KEPT) {
		oops_free(s->blocks[0]);
		memmove(s->blocks, s->blocks + 1, sizeof(s->blocks) - sizeof(s->blocks[0]));
		s->count--;
	}
	s->blocks[s->count++] = o;
}

void oops_story_done(struct oops_story *s)
{
	for (size_t i = 0; i < s->count; i++)
		oops_free(s->blocks[i]);
	s->count = 0;
}

/* What a panic was made from: the newest before it that fits. */
static const struct oops *find_cause(const struct oops_story *s, size_t panic)
{
	const struct death *d = oops_block_death(s->blocks[panic]);

	for (size_t i = panic; i > 0; i--)
		if (death_follows(d, s->blocks[i - 1]->kind))
			return s->blocks[i - 1];
	return s->blocks[panic];
}

const struct oops *oops_story_death(const struct oops_story *s)
{
	const struct oops *best = NULL;

	/* The first panic is the last that the kernel did; others came of it. */
	for (size_t i = 0; i < s->count; i++)
		if (s->blocks[i]->panic)
			return find_cause(s, i);
	for (size_t i = 0; i < s->count; i++)
		if (!best || oops_block_death(s->blocks[i])->grave >= oops_block_death(best)->grave)
			best = s->blocks[i];
	return best;
}

static struct signature_frame frame_of(const struct oops_frame *f)
{
	return (struct signature_frame){
		.function = f->function,
		.module = f->module,
		.offset = f->offset,
		.uncertain = f->uncertain,
	};
}

size_t oops_signature_frames(const struct oops *o, struct signature_frame *frames)
{
	size_t count = 0;

	if (o->has_ip)
		frames[count++] = frame_of(&o->ip);
	for (size_t i = 0; i < o->count; i++)
		frames[count++] = frame_of(&o->frames[i]);
	return count;
}
