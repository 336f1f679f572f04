/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libdeflate.h>
#include <string.h>

#include "dumpfile/codec_impl.h"
#include "dumpfile/deflate_fast.h"

/*
 * Half of zlib's time at level 1, and mostly smaller. What it leaves between a half and five eighths of a page, zlib
 * packs better: such a page, one of twenty, is tried at the next level, too (measured on kernel dumps).
 */
#define LEVEL_DEFAULT 1
#define LEVEL_AGAIN 2
/* deflate_fast.h */
#define LEVEL_FAST (-1)

static bool again_pays(size_t packed, size_t len)
{
	return packed >= len / 2 && packed < len / 8 * 5;
}

struct zlib_state {
	struct codec_state base;
	struct libdeflate_compressor *compressor,
		*again;		   /* again NULL where a level was asked for */
	struct deflate_fast *fast; /* the others NULL then */
	struct libdeflate_decompressor *decompressor;
};

static void state_free(struct codec_state *s)
{
	struct zlib_state *z = (struct zlib_state *)s;

	if (!z)
		return;
	libdeflate_free_compressor(z->compressor);
	libdeflate_free_compressor(z->again);
	deflate_fast_free(z->fast);
	free(z->base.bounce);
	libdeflate_free_decompressor(z->decompressor);
	free(z);
}

static bool compressors_new(struct zlib_state *z, int level, uint32_t page_size)
{
	if (level < 0) {
		z->fast = deflate_fast_new(page_size);
		return z->fast;
	}
	z->compressor = libdeflate_alloc_compressor(level ? MIN(level, 12) : LEVEL_DEFAULT);
	if (level)
		return z->compressor;
	z->again = libdeflate_alloc_compressor(LEVEL_AGAIN);
	z->base.bounce_size = page_size;
	z->base.bounce = malloc(page_size);
	return z->compressor && z->again && z->base.bounce;
}

static struct codec_state *compressor_new(int level, uint32_t page_size)
{
	struct zlib_state *z = calloc(1, sizeof(*z));

	if (z && !compressors_new(z, level, page_size)) {
		state_free(&z->base);
		return NULL;
	}
	return z ? &z->base : NULL;
}

static size_t compress(struct codec_state *s, const void *src, size_t len, void *dst, size_t cap)
{
	struct zlib_state *z = (struct zlib_state *)s;
	size_t n, m;

	if (!len)
		return 0;
	if (z->fast)
		return deflate_fast_zlib(z->fast, src, len, dst, cap);
	n = libdeflate_zlib_compress(z->compressor, src, len, dst, MIN(cap, len - 1));
	if (!z->again || !again_pays(n, len))
		return n;
	m = libdeflate_zlib_compress(z->again, src, len, s->bounce, MIN(s->bounce_size, n - 1));
	if (m)
		memcpy(dst, s->bounce, m);
	return m ? m : n;
}

static struct codec_state *decompressor_new(uint32_t page_size)
{
	struct zlib_state *z = calloc(1, sizeof(*z));

	if (!z)
		return NULL;
	z->decompressor = libdeflate_alloc_decompressor();
	if (!z->decompressor) {
		free(z);
		return NULL;
	}
	return &z->base;
}

static int decompress(struct codec_state *s, const void *src, size_t len, void *dst, size_t dst_len)
{
	struct zlib_state *z = (struct zlib_state *)s;

	/* Without a place for the actual length, anything but exactly dst_len bytes is a failure. */
	if (libdeflate_zlib_decompress(z->decompressor, src, len, dst, dst_len, NULL) !=
	    LIBDEFLATE_SUCCESS)
		return -EINVAL;
	return 0;
}

const struct codec codec_zlib = {
	.id = CODEC_ZLIB,
	.name = "zlib",
	.option = 'c',
	.flag = 0x1,
	.fast_level = LEVEL_FAST,
	.compressor_new = compressor_new,
	.compress = compress,
	.decompressor_new = decompressor_new,
	.decompress = decompress,
	.state_free = state_free,
};
