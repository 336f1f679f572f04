/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The body of an extended record: escaped text, then a dictionary of lines " KEY=VALUE". The device's own keys come first,
 * then the user's (userdata), then what the kernel adds (cpu, taskname, release, msgid). Userdata and task names are not
 * escaped: a task whose name holds a newline writes lines of its own, which are not believed.
 */
#include "netconsole/wire.h"

#define BODY_FIELDS 64

struct body_field {
	struct wire_slice key, value;
	bool trusted; /* before the task's name, or known and last behind it */
};

struct body {
	struct wire_slice text; /* escaped, without its newline */
	struct body_field fields[BODY_FIELDS];
	size_t count;
	bool stray; /* lines that are no dictionary's: they are part of the text, see body_text() */
	bool full;  /* more fields than are kept */
	struct wire_slice rest; /* all behind the text */
};

void body_split(struct wire_slice raw, struct body *ret);

/* The first trusted value of that key; start NULL: none. */
struct wire_slice body_find(const struct body *b, const char *key);

/* The kernel's count of what it sent to this receiver. */
bool body_msgid(const struct body *b, uint32_t *ret);

/*
 * The text with \xHH made bytes again, stray lines behind it, at most size. Escapes that are none stay. Returns the
 * length; out may be the text itself.
 */
size_t body_text(const struct body *b, char *out, size_t size);

/* The same for any escaped bytes. */
size_t body_unescape(struct wire_slice s, char *out, size_t size);
