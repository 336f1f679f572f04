/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/json.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define PUT(j, ...)                                                                                \
	do {                                                                                       \
		if ((j)->r >= 0)                                                                   \
			(j)->r = buf_printf((j)->out, __VA_ARGS__);                                \
	} while (0)

void json_begin(struct json *j, struct buf *out)
{
	*j = (struct json){ .out = out };
}

int json_end(struct json *j)
{
	PUT(j, "\n");
	return j->r;
}

static void separate(struct json *j)
{
	if (j->named) {
		j->named = false;
		return;
	}
	if (!j->depth)
		return;
	PUT(j, "%s\n%*s", j->filled[j->depth] ? "," : "", (int)j->depth * 2, "");
	j->filled[j->depth] = true;
}

static void open_level(struct json *j, char c)
{
	separate(j);
	PUT(j, "%c", c);
	if (j->depth + 1 >= JSON_DEPTH) {
		j->r = -E2BIG;
		return;
	}
	j->filled[++j->depth] = false;
}

static void close_level(struct json *j, char c)
{
	bool filled = j->filled[j->depth];

	if (j->r < 0)
		return;
	j->depth--;
	if (filled)
		PUT(j, "\n%*s", (int)j->depth * 2, "");
	PUT(j, "%c", c);
}

/* Length of the UTF-8 sequence at s, 0 where it is none (overlong forms and surrogates included). */
static size_t utf8_length(const unsigned char *s)
{
	static const struct {
		unsigned char mask, lead;
		size_t len;
		uint32_t min;
	} forms[] = { { 0xe0, 0xc0, 2, 0x80 },
		      { 0xf0, 0xe0, 3, 0x800 },
		      { 0xf8, 0xf0, 4, 0x10000 } };

	if (*s < 0x80)
		return 1;
	for (size_t f = 0; f < ARRAY_SIZE(forms); f++) {
		uint32_t c = *s & (unsigned char)~forms[f].mask;

		if ((*s & forms[f].mask) != forms[f].lead)
			continue;
		for (size_t i = 1; i < forms[f].len; i++) {
			if ((s[i] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (s[i] & 0x3f);
		}
		return c < forms[f].min || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)
			       ? 0
			       : forms[f].len;
	}
	return 0;
}

static void quote(struct json *j, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	PUT(j, "\"");
	while (*s) {
		size_t n = utf8_length(s);

		if (*s == '"' || *s == '\\')
			PUT(j, "\\%c", *s);
		else if (*s == '\n')
			PUT(j, "\\n");
		else if (*s < 0x20 || *s == 0x7f)
			PUT(j, "\\u%04x", *s);
		else if (!n)
			PUT(j, "\xef\xbf\xbd");
		else
			PUT(j, "%.*s", (int)n, (const char *)s);
		s += n ? n : 1;
	}
	PUT(j, "\"");
}

void json_name(struct json *j, const char *name)
{
	separate(j);
	quote(j, name);
	PUT(j, ": ");
	j->named = true;
}

void json_object(struct json *j)
{
	open_level(j, '{');
}

void json_object_end(struct json *j)
{
	close_level(j, '}');
}

void json_array(struct json *j)
{
	open_level(j, '[');
}

void json_array_end(struct json *j)
{
	close_level(j, ']');
}

void json_string(struct json *j, const char *s)
{
	separate(j);
	if (s)
		quote(j, s);
	else
		PUT(j, "null");
}

void json_uint(struct json *j, uint64_t v)
{
	separate(j);
	PUT(j, "%llu", (unsigned long long)v);
}

void json_int(struct json *j, int64_t v)
{
	separate(j);
	PUT(j, "%lld", (long long)v);
}

void json_hex(struct json *j, uint64_t v)
{
	separate(j);
	PUT(j, "\"%#llx\"", (unsigned long long)v);
}

void json_double(struct json *j, double v)
{
	separate(j);
	if (isfinite(v))
		PUT(j, "%.6g", v);
	else
		PUT(j, "null");
}

void json_bool(struct json *j, bool v)
{
	separate(j);
	PUT(j, "%s", v ? "true" : "false");
}

void json_put_string(struct json *j, const char *name, const char *s)
{
	json_name(j, name);
	json_string(j, s);
}

void json_put_text(struct json *j, const char *name, const char *s)
{
	json_name(j, name);
	json_string(j, *s ? s : NULL);
}

void json_put_uint(struct json *j, const char *name, uint64_t v)
{
	json_name(j, name);
	json_uint(j, v);
}

void json_put_int(struct json *j, const char *name, int64_t v)
{
	json_name(j, name);
	json_int(j, v);
}

void json_put_hex(struct json *j, const char *name, uint64_t v)
{
	json_name(j, name);
	json_hex(j, v);
}

void json_put_double(struct json *j, const char *name, double v)
{
	json_name(j, name);
	json_double(j, v);
}

void json_put_bool(struct json *j, const char *name, bool v)
{
	json_name(j, name);
	json_bool(j, v);
}

void json_put_object(struct json *j, const char *name)
{
	json_name(j, name);
	json_object(j);
}

void json_put_array(struct json *j, const char *name)
{
	json_name(j, name);
	json_array(j);
}

void json_numbers(struct json *j, const struct json_number *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		json_put_uint(j, numbers[i].name, numbers[i].value);
}

void json_document(struct json *j, struct buf *out, const char *schema)
{
	json_begin(j, out);
	json_object(j);
	json_put_string(j, "schema", schema);
}
