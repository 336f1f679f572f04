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

/* json_begin() and what all of ours begin with: an object whose first member names its schema. The caller ends the object. */
void json_document(struct json *j, struct buf *out, const char *schema);

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

/* Members: a name and its value. */
void json_put_string(struct json *j, const char *name, const char *s);
void json_put_text(struct json *j, const char *name, const char *s); /* "" writes null */
void json_put_uint(struct json *j, const char *name, uint64_t v);
void json_put_int(struct json *j, const char *name, int64_t v);
void json_put_hex(struct json *j, const char *name, uint64_t v);
void json_put_double(struct json *j, const char *name, double v);
void json_put_bool(struct json *j, const char *name, bool v);
void json_put_object(struct json *j, const char *name); /* begins it */
void json_put_array(struct json *j, const char *name);

/* Several, in this order. */
struct json_number {
	const char *name;
	uint64_t value;
};
void json_numbers(struct json *j, const struct json_number *numbers, size_t count);
