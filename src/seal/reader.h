/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What a sealed file holds, from its beginning to its end, a chunk at a time. What was read so is what was written: a changed
 * byte, a chunk that is missing or in another place, and an end that is not the end are all errors.
 */
#include <sys/types.h>

#include "seal/header.h"

struct seal_reader;

/* Reads fd, which stays the caller's, from its position on. name is borrowed. Errors as of seal_header_open(). */
int seal_reader_new(int fd, const char *name, const struct seal_keys *secrets,
		    struct seal_reader **ret, struct error *e) _must_check_;

/*
 * At most len bytes. 0: the end, and all is there. -ENODATA: cut off here. -EBADMSG: damaged, what follows cannot be read. Other
 * errors of read(2). Each failure stays.
 */
ssize_t seal_read(struct seal_reader *r, void *buf, size_t len, struct error *e) _must_check_;

/* What the next seal_read() gives at least, without taking it: more than one chunk is never lent. */
ssize_t seal_peek(struct seal_reader *r, const void **ret, struct error *e) _must_check_;

struct seal_reader *seal_reader_free(struct seal_reader *r);
DEFINE_CLEANUP(struct seal_reader *, seal_reader_free)
