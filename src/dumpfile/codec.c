/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/codec.h"

#include "dumpfile/codec_impl.h"

static const struct codec *const codecs[CODEC_COUNT] = {
	[CODEC_NONE] = &codec_none,	[CODEC_ZLIB] = &codec_zlib, [CODEC_LZO] = &codec_lzo,
	[CODEC_SNAPPY] = &codec_snappy, [CODEC_ZSTD] = &codec_zstd,
};

struct codec_state *codec_state_new(size_t bounce_size)
{
	struct codec_state *s = calloc(1, sizeof(*s));

	if (!s || !bounce_size)
		return s;
	s->bounce = malloc(bounce_size);
	s->bounce_size = bounce_size;
	if (!s->bounce) {
		free(s);
		return NULL;
	}
	return s;
}

void codec_state_free(struct codec_state *s)
{
	if (!s)
		return;
	free(s->context);
	free(s->bounce);
	free(s);
}

const struct codec *codec_by_id(enum codec_id id)
{
	return (unsigned)id < CODEC_COUNT ? codecs[id] : NULL;
}

const struct codec *codec_by_option(char option)
{
	for (unsigned i = 0; option && i < CODEC_COUNT; i++)
		if (codecs[i]->option == option)
			return codecs[i];
	return NULL;
}

const struct codec *codec_by_flag(uint32_t page_flags)
{
	for (unsigned i = 0; i < CODEC_COUNT; i++)
		if (codecs[i]->flag == page_flags)
			return codecs[i];
	return NULL;
}
