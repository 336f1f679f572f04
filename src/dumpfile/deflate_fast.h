/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The zlib format (RFC 1950, 1951) in half of libdeflate's time at level 1, some percent larger: a match is taken as a hash of
 * four bytes finds it, and codes are made as deflate_code.h tells. Any inflate reads it. The same page gives the same bytes.
 */
#include <stddef.h>
#include <stdint.h>

struct deflate_fast;

/* For up to len_max bytes at once, at most 64 KiB. NULL on no memory. */
struct deflate_fast *deflate_fast_new(size_t len_max);
void deflate_fast_free(struct deflate_fast *d); /* accepts NULL */

/* Bytes written to dst; 0 where they would not be fewer than len, or more than cap. */
size_t deflate_fast_zlib(struct deflate_fast *d, const void *src, size_t len, void *dst,
			 size_t cap);
