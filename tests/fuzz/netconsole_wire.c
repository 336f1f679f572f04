/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A datagram: all that is told of it lies inside it; a piece lies inside its total; a text never grows. */
#include "netconsole/body.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct wire_slice s, const char *data, size_t size)
{
	if (s.len && (s.start < data || s.start + s.len > data + size))
		abort();
}

static void check_body(struct wire_slice raw)
{
	struct body b;
	char *out = malloc(raw.len + 1);
	uint32_t msgid;

	body_split(raw, &b);
	check_inside(b.text, raw.start, raw.len);
	for (size_t i = 0; i < b.count; i++) {
		check_inside(b.fields[i].key, raw.start, raw.len);
		check_inside(b.fields[i].value, raw.start, raw.len);
	}
	(void)body_find(&b, "host");
	(void)body_msgid(&b, &msgid);
	if (out && (body_text(&b, out, raw.len) > raw.len || body_text(&b, out, 3) > 3))
		abort();
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct wire_message m;

	if (size == 0)
		return 0;
	check_body((struct wire_slice){ bytes, size });
	if (wire_parse(bytes, size, &m) != WIRE_EXTENDED)
		return 0;
	check_inside(m.release, bytes, size);
	check_inside(m.body, bytes, size);
	if (m.piece && !range_inside(m.offset, m.body.len, m.total))
		abort();
	check_body(m.body);
	return 0;
}
