/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libdeflate.h>

#include "dumpfile/codec_impl.h"

/* A third of zlib's time at level 1 for the same size. */
#define LEVEL_DEFAULT 1

struct zlib_state {
	struct codec_state base;
	struct libdeflate_compressor *compressor;
	struct libdeflate_decompressor *decompressor;
};

static void state_free(struct codec_state *s)
{
	struct zlib_state *z = (struct zlib_state *)s;

	if (!z)
		return;
	libdeflate_free_compressor(z->compressor);
	libdeflate_free_decompressor(z->decompressor);
	free(z);
}

static struct codec_state *compressor_new(int level, uint32_t page_size)
{
	struct zlib_state *z = calloc(1, sizeof(*z));

	if (!z)
		return NULL;
	z->compressor = libdeflate_alloc_compressor(level > 0 ? MIN(level, 12) : LEVEL_DEFAULT);
	if (!z->compressor) {
		free(z);
		return NULL;
	}
	return &z->base;
}

static size_t compress(struct codec_state *s, const void *src, size_t len, void *dst, size_t cap)
{
	struct zlib_state *z = (struct zlib_state *)s;

	return len ? libdeflate_zlib_compress(z->compressor, src, len, dst, MIN(cap, len - 1)) : 0;
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
	.compressor_new = compressor_new,
	.compress = compress,
	.decompressor_new = decompressor_new,
	.decompress = decompress,
	.state_free = state_free,
};
