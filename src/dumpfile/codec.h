/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The page codecs of the kdump-compressed format as a table. One page is one frame; a page that does not get
 * smaller is stored raw.
 */
#include "base/macro.h"

enum codec_id { CODEC_NONE, CODEC_ZLIB, CODEC_LZO, CODEC_SNAPPY, CODEC_ZSTD, CODEC_COUNT };

/* Working memory of one thread, for one direction. */
struct codec_state;

struct codec {
	enum codec_id id;
	const char *name; /* "zlib" */
	char option;	  /* makedumpfile's letter: c l p z; 0 for none */
	uint32_t flag;	  /* page_desc.flags and header status bit */
	int fast_level;	  /* less time, a larger dump; 0 where the default is the fastest */

	/* NULL on no memory. level 0 is the codec's default here (dumps want speed). */
	struct codec_state *(*compressor_new)(int level, uint32_t page_size);
	/* Bytes written to dst, or 0 where they would be len or more. cap >= len. */
	size_t (*compress)(struct codec_state *s, const void *src, size_t len, void *dst,
			   size_t cap);
	struct codec_state *(*decompressor_new)(uint32_t page_size);
	/* 0 when exactly dst_len bytes came out, -EINVAL otherwise. src is hostile. */
	int (*decompress)(struct codec_state *s, const void *src, size_t len, void *dst,
			  size_t dst_len);
	void (*state_free)(struct codec_state *s); /* accepts NULL */
};

const struct codec *codec_by_id(enum codec_id id);
const struct codec *codec_by_option(char option); /* NULL where there is none */
const struct codec *codec_by_flag(
	uint32_t page_flags); /* NULL where there is none; 0 gives CODEC_NONE */
