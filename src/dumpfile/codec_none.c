/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "dumpfile/codec_impl.h"

static struct codec_state *compressor_new(int level, uint32_t page_size)
{
	return codec_state_new(0);
}

static size_t compress(struct codec_state *s, const void *src, size_t len, void *dst, size_t cap)
{
	return 0;
}

static struct codec_state *decompressor_new(uint32_t page_size)
{
	return codec_state_new(0);
}

static int decompress(struct codec_state *s, const void *src, size_t len, void *dst, size_t dst_len)
{
	if (len != dst_len)
		return -EINVAL;
	memcpy(dst, src, len);
	return 0;
}

const struct codec codec_none = {
	.id = CODEC_NONE,
	.name = "none",
	.compressor_new = compressor_new,
	.compress = compress,
	.decompressor_new = decompressor_new,
	.decompress = decompress,
	.state_free = codec_state_free,
};
