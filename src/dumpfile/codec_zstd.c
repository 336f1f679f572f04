/* SPDX-License-Identifier: GPL-2.0-or-later */
#define ZSTD_STATIC_LINKING_ONLY
#include <errno.h>
#include <zstd.h>

#include "dumpfile/codec_impl.h"

/* makedumpfile's level; lower ones are faster and make dumps more than 2 % larger. */
#define LEVEL_DEFAULT 1
/* Three fifths of the time, a tenth larger; below it dumps soon grow by a quarter and more for little time. */
#define LEVEL_FAST (-1)

struct zstd_state {
	struct codec_state base;
	void *workspace;
	ZSTD_CCtx *compressor;
	ZSTD_DCtx *decompressor;
};

static void state_free(struct codec_state *s)
{
	struct zstd_state *z = (struct zstd_state *)s;

	if (!z)
		return;
	free(z->workspace);
	free(z);
}

static struct zstd_state *state_new(size_t workspace)
{
	struct zstd_state *z = calloc(1, sizeof(*z));

	if (!z)
		return NULL;
	z->workspace = malloc(workspace);
	if (!z->workspace) {
		free(z);
		return NULL;
	}
	return z;
}

static bool set(ZSTD_CCtx *c, ZSTD_cParameter parameter, unsigned value)
{
	return !ZSTD_isError(ZSTD_CCtx_setParameter(c, parameter, (int)value));
}

/* The context lives in a block of the size a page needs, a fraction of what an open-ended stream would. */
static struct codec_state *compressor_new(int level, uint32_t page_size)
{
	ZSTD_compressionParameters p;
	struct zstd_state *z;
	size_t size;

	if (!level)
		level = LEVEL_DEFAULT;
	p = ZSTD_getCParams(level, page_size, 0);
	size = ZSTD_estimateCCtxSize_usingCParams(p);
	z = state_new(size);
	if (!z)
		return NULL;
	z->compressor = ZSTD_initStaticCCtx(z->workspace, size);
	if (!z->compressor ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(z->compressor, ZSTD_c_compressionLevel, level)) ||
	    !set(z->compressor, ZSTD_c_windowLog, p.windowLog) ||
	    !set(z->compressor, ZSTD_c_hashLog, p.hashLog) ||
	    !set(z->compressor, ZSTD_c_chainLog, p.chainLog)) {
		state_free(&z->base);
		return NULL;
	}
	return &z->base;
}

static size_t compress(struct codec_state *s, const void *src, size_t len, void *dst, size_t cap)
{
	struct zstd_state *z = (struct zstd_state *)s;
	size_t n;

	if (!len)
		return 0;
	n = ZSTD_compress2(z->compressor, dst, MIN(cap, len - 1), src, len);
	return ZSTD_isError(n) ? 0 : n;
}

static struct codec_state *decompressor_new(uint32_t page_size)
{
	size_t size = ZSTD_estimateDCtxSize();
	struct zstd_state *z = state_new(size);

	if (!z)
		return NULL;
	z->decompressor = ZSTD_initStaticDCtx(z->workspace, size);
	if (!z->decompressor) {
		state_free(&z->base);
		return NULL;
	}
	return &z->base;
}

static int decompress(struct codec_state *s, const void *src, size_t len, void *dst, size_t dst_len)
{
	struct zstd_state *z = (struct zstd_state *)s;
	size_t n = ZSTD_decompressDCtx(z->decompressor, dst, dst_len, src, len);

	return ZSTD_isError(n) || n != dst_len ? -EINVAL : 0;
}

const struct codec codec_zstd = {
	.id = CODEC_ZSTD,
	.name = "zstd",
	.option = 'z',
	.flag = 0x20,
	.fast_level = LEVEL_FAST,
	.compressor_new = compressor_new,
	.compress = compress,
	.decompressor_new = decompressor_new,
	.decompress = decompress,
	.state_free = state_free,
};
