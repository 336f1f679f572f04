/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Records as lines for people:
 *	2026-11-21T14:30:01.123456Z [   12.345678][  T123] text
 *	2026-11-21T14:30:01.123456Z -- lastword: 3 messages lost
 * Each line of a record stands behind its time. Bytes that a terminal would obey, and those that are no UTF-8, are written
 * as \xHH.
 */
#include "base/buf.h"
#include "netconsole/record.h"

/* with_source: the address, and the host's name where it is said, stand behind the time. */
int text_put(struct buf *out, const struct record *r, bool with_source) _must_check_;

/* "2026-11-21T14:30:01.123456Z" */
#define TEXT_TIME_SIZE 32
void text_time(uint64_t us, char ret[TEXT_TIME_SIZE]);

/* What a record that is no text says: "3 messages lost". */
int text_put_event(struct buf *out, const struct record *r) _must_check_;

/* The bytes made harmless, '\n' too. */
int text_clean(struct buf *out, const char *bytes, size_t len) _must_check_;

/* How many bytes of valid UTF-8 begin there (1 to 4), 0 where none. */
size_t text_utf8(const char *s, size_t len);
