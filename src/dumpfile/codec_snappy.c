/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <snappy-c.h>
#include <string.h>

#include "dumpfile/codec_impl.h"

static struct codec_state *compressor_new(int level, uint32_t page_size)
{
	return codec_state_new(snappy_max_compressed_length(page_size));
}

static size_t compress(struct codec_state *s, const void *src, size_t len, void *dst, size_t cap)
{
	bool direct = cap >= snappy_max_compressed_length(len);
	size_t n = direct ? cap : s->bounce_size;

	if (snappy_compress(src, len, direct ? dst : s->bounce, &n) != SNAPPY_OK || n >= len)
		return 0;
	if (!direct)
		memcpy(dst, s->bounce, n);
	return n;
}

static struct codec_state *decompressor_new(uint32_t page_size)
{
	return codec_state_new(0);
}

static int decompress(struct codec_state *s, const void *src, size_t len, void *dst, size_t dst_len)
{
	size_t n = dst_len;

	if (snappy_uncompress(src, len, dst, &n) != SNAPPY_OK || n != dst_len)
		return -EINVAL;
	return 0;
}

const struct codec codec_snappy = {
	.id = CODEC_SNAPPY,
	.name = "snappy",
	.option = 'p',
	.flag = 0x4,
	.compressor_new = compressor_new,
	.compress = compress,
	.decompressor_new = decompressor_new,
	.decompress = decompress,
	.state_free = codec_state_free,
};
