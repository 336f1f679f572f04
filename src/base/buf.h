/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Bytes that grow up to a limit. Owned by whoever holds the struct; zero-initialised is empty.
 * data is always NUL-terminated behind len, so that text can be used as a string.
 */
#include "base/cleanup.h"
#include "base/macro.h"

struct buf {
	char *data;
	size_t len;
	size_t size;  /* allocated, with the NUL */
	size_t limit; /* most bytes it may hold; 0 for BUF_LIMIT */
};

#define BUF_LIMIT ((size_t)64 << 20)

/* -ENOMEM, or -E2BIG past the limit; the content is then unchanged. */
int buf_append(struct buf *b, const void *data, size_t len) _must_check_;
int buf_printf(struct buf *b, const char *fmt, ...) _printf_(2, 3) _must_check_;

/* Room for len more bytes behind the content: a pointer to it, or NULL as above. len is not advanced. */
void *buf_reserve(struct buf *b, size_t len);

void buf_done(struct buf *b);

#define _cleanup_buf_ _cleanup_(buf_done)
