/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Writes one JSON value into a buffer: indented, in call order, commas and escapes taken care of.
 * The first failure (memory) sticks: it is returned by json_end() and later calls do nothing. Bytes that are no
 * UTF-8 are written as U+FFFD. Numbers above 2^53 are the caller's choice: addresses go out as hex strings.
 */
#include "base/buf.h"
#include "base/macro.h"

#define JSON_DEPTH 32

struct json {
	struct buf *out; /* borrowed */
	int r;
	unsigned depth;
	bool filled[JSON_DEPTH]; /* has this level a member yet? */
	bool named;		 /* a name was written, its value comes next */
};

void json_begin(struct json *j, struct buf *out);
int json_end(struct json *j) _must_check_;

void json_name(struct json *j, const char *name);
void json_object(struct json *j);
void json_object_end(struct json *j);
void json_array(struct json *j);
void json_array_end(struct json *j);
void json_string(struct json *j, const char *s); /* NULL writes null */
void json_uint(struct json *j, uint64_t v);
void json_int(struct json *j, int64_t v);
void json_hex(struct json *j, uint64_t v); /* "0x…" */
void json_double(struct json *j, double v);
void json_bool(struct json *j, bool v);
