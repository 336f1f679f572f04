/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the codecs' files share. A row each of the table in codec.c.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "dumpfile/codec.h"

/* First member of what a codec keeps. */
struct codec_state {
	void *context; /* the library's, of malloc() */
	void *bounce;  /* for libraries that write past the room they are given */
	size_t bounce_size;
};

/* zeroed, with a bounce buffer where bounce_size is not 0; NULL on no memory */
struct codec_state *codec_state_new(size_t bounce_size);

void codec_state_free(struct codec_state *s);

extern const struct codec codec_none, codec_zlib, codec_lzo, codec_snappy, codec_zstd;
