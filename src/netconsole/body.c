/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/body.h"

#include <string.h>

static bool is(struct wire_slice s, const char *word)
{
	return s.len == strlen(word) && memcmp(s.start, word, s.len) == 0;
}

/* The line up to '\n' or the end; *s is advanced past it. */
static struct wire_slice next_line(struct wire_slice *s)
{
	const char *newline = memchr(s->start, '\n', s->len);
	struct wire_slice line = { s->start, newline ? (size_t)(newline - s->start) : s->len };
	size_t passed = line.len + (newline != NULL);

	s->start += passed;
	s->len -= passed;
	return line;
}

static bool is_field(struct wire_slice line, struct body_field *ret)
{
	const char *equals;

	if (line.len < 3 || line.start[0] != ' ' || line.start[1] == ' ')
		return false;
	equals = memchr(line.start + 1, '=', line.len - 1);
	if (!equals || equals == line.start + 1)
		return false;
	ret->key = (struct wire_slice){ line.start + 1, (size_t)(equals - line.start - 1) };
	ret->value = (struct wire_slice){ equals + 1, line.len - ret->key.len - 2 };
	return true;
}

/* Behind the task's name only the kernel's own two keys count, and of them the last. */
static void judge(struct body *b, size_t taskname)
{
	static const char *const behind[] = { "release", "msgid" };

	for (size_t i = 0; i < b->count; i++)
		b->fields[i].trusted = i <= taskname;
	for (size_t k = 0; k < ARRAY_SIZE(behind); k++)
		for (size_t i = b->count; i > taskname + 1; i--)
			if (is(b->fields[i - 1].key, behind[k])) {
				b->fields[i - 1].trusted = true;
				break;
			}
}

void body_split(struct wire_slice raw, struct body *ret)
{
	size_t taskname = SIZE_MAX - 1;
	struct wire_slice rest = raw;

	ret->count = 0;
	ret->stray = ret->full = false;
	ret->text = next_line(&rest);
	ret->rest = rest;
	while (rest.len > 0) {
		struct body_field f = { 0 };

		if (!is_field(next_line(&rest), &f)) {
			ret->stray = true;
		} else if (ret->count == BODY_FIELDS) {
			ret->full = true;
		} else {
			if (taskname > BODY_FIELDS && is(f.key, "taskname"))
				taskname = ret->count;
			ret->fields[ret->count++] = f;
		}
	}
	judge(ret, taskname);
}

struct wire_slice body_find(const struct body *b, const char *key)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->fields[i].trusted && is(b->fields[i].key, key))
			return b->fields[i].value;
	return (struct wire_slice){ 0 };
}

bool body_msgid(const struct body *b, uint32_t *ret)
{
	struct wire_slice value = { 0 };
	uint64_t v = 0;

	/* the kernel's is the last of all */
	for (size_t i = b->count; i > 0 && !value.start; i--)
		if (b->fields[i - 1].trusted && is(b->fields[i - 1].key, "msgid"))
			value = b->fields[i - 1].value;
	if (value.len == 0 || value.len > 10)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		if (value.start[i] < '0' || value.start[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(value.start[i] - '0');
	}
	if (v > UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t body_unescape(struct wire_slice s, char *out, size_t size)
{
	size_t at = 0, i = 0;

	while (i < s.len && at < size) {
		const char *slash = memchr(s.start + i, '\\', s.len - i);
		size_t plain = slash ? (size_t)(slash - s.start) - i : s.len - i;

		plain = MIN(plain, size - at);
		memmove(out + at, s.start + i, plain);
		at += plain;
		i += plain;
		if (i == s.len || at == size)
			break;
		if (s.len - i >= 4 && s.start[i + 1] == 'x' && digit(s.start[i + 2]) >= 0 &&
		    digit(s.start[i + 3]) >= 0) {
			out[at++] = (char)(digit(s.start[i + 2]) << 4 | digit(s.start[i + 3]));
			i += 4;
		} else {
			out[at++] = s.start[i++];
		}
	}
	return at;
}

size_t body_text(const struct body *b, char *out, size_t size)
{
	struct wire_slice rest = b->rest;
	size_t at = body_unescape(b->text, out, size);

	while (b->stray && rest.len > 0) {
		struct wire_slice line = next_line(&rest);
		struct body_field f;

		if (is_field(line, &f) || at >= size)
			continue;
		out[at++] = '\n';
		at += body_unescape(line, out + at, size - at);
	}
	return at;
}
