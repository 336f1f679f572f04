/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/wire.h"

#include <string.h>

#define HEADER_MAX 1023
#define PRIORITY_MAX 1023

/* The rest of a header. */
struct cursor {
	const char *at, *end;
};

/* The field up to the next ',' or the end; false where none is left. */
static bool next_field(struct cursor *c, struct wire_slice *ret)
{
	const char *comma;

	if (!c->at)
		return false;
	comma = memchr(c->at, ',', (size_t)(c->end - c->at));
	*ret = (struct wire_slice){ c->at, (size_t)((comma ?: c->end) - c->at) };
	c->at = comma ? comma + 1 : NULL;
	return true;
}

/* Digits alone: no sign, no blank, no 0x. */
static bool number(struct wire_slice s, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (s.len == 0 || s.len > 20)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned)(s.start[i] - '0');

		if (digit > 9 || mul_overflow(v, 10, &v) || add_overflow(v, digit, &v))
			return false;
	}
	*ret = v;
	return v <= max;
}

static bool is_digits(struct wire_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.start[i] < '0' || s.start[i] > '9')
			return false;
	return s.len > 0;
}

/* As uname -r writes it: nothing that no file name or terminal would bear. */
static bool is_release(struct wire_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.start[i] <= ' ' || s.start[i] >= 0x7f || s.start[i] == '/')
			return false;
	return s.len > 0 && s.len <= WIRE_RELEASE_MAX;
}

static bool is_token(struct wire_slice token, const char *key, struct wire_slice *ret_value)
{
	size_t len = strlen(key);

	if (token.len < len || memcmp(token.start, key, len) != 0)
		return false;
	*ret_value = (struct wire_slice){ token.start + len, token.len - len };
	return true;
}

/* "OFFSET/TOTAL" */
static bool take_piece(struct wire_slice value, struct wire_message *m)
{
	const char *slash = memchr(value.start, '/', value.len);
	struct wire_slice offset, total;

	if (!slash || m->piece)
		return false;
	offset = (struct wire_slice){ value.start, (size_t)(slash - value.start) };
	total = (struct wire_slice){ slash + 1, value.len - offset.len - 1 };
	m->piece = true;
	return number(total, WIRE_TOTAL_MAX, &m->total) && m->total > 0 &&
	       number(offset, m->total - 1, &m->offset) &&
	       range_inside(m->offset, m->body.len, m->total) && m->body.len > 0;
}

static void take_caller(struct wire_slice value, struct wire_message *m)
{
	size_t len = MIN(value.len, sizeof(m->caller) - 1);

	for (size_t i = 0; i < len; i++)
		m->caller[i] = value.start[i] > ' ' && value.start[i] < 0x7f ? value.start[i] : '?';
	m->caller[len] = '\0';
}

/* Tokens that are not known are passed by: kernels grow more of them. */
static enum wire_reason take_tokens(struct cursor *c, struct wire_message *m)
{
	struct wire_slice token, value;
	bool emergency = false;

	while (next_field(c, &token)) {
		if (is_token(token, "ncfrag=", &value)) {
			if (!take_piece(value, m))
				return WIRE_PIECE;
		} else if (is_token(token, "ncemg=", &value)) {
			if (emergency)
				return WIRE_PIECE;
			emergency = true;
		} else if (is_token(token, "caller=", &value)) {
			take_caller(value, m);
		}
	}
	return WIRE_EXTENDED;
}

static enum wire_reason take_header(struct cursor *c, struct wire_message *m)
{
	struct wire_slice field;
	uint64_t priority;

	if (!next_field(c, &field))
		return WIRE_FIELDS;
	if (!is_digits(field)) {
		if (!is_release(field))
			return WIRE_FIELDS;
		m->release = field;
		if (!next_field(c, &field))
			return WIRE_FIELDS;
	}
	if (!number(field, PRIORITY_MAX, &priority))
		return WIRE_NUMBER;
	m->priority = (unsigned)priority;
	if (!next_field(c, &field))
		return WIRE_FIELDS;
	/* the last one of all is left out: streams count the one that is to come */
	if (!number(field, UINT64_MAX - 1, &m->seq))
		return WIRE_NUMBER;
	if (!next_field(c, &field))
		return WIRE_FIELDS;
	if (!number(field, UINT64_MAX, &m->time_us))
		return WIRE_NUMBER;
	if (!next_field(c, &field))
		return WIRE_FIELDS;
	if (field.len != 1 || *field.start <= ' ' || *field.start >= 0x7f)
		return WIRE_FLAG;
	m->flag = *field.start;
	return take_tokens(c, m);
}

enum wire_reason wire_parse(const char *datagram, size_t len, struct wire_message *ret)
{
	struct wire_message m = { 0 };
	const char *semicolon;
	struct cursor c;
	enum wire_reason reason;

	if (len > WIRE_DATAGRAM_MAX)
		return WIRE_LONG;
	if (memchr(datagram, '\0', len))
		return WIRE_NUL;
	semicolon = memchr(datagram, ';', MIN(len, (size_t)HEADER_MAX));
	if (!semicolon)
		return WIRE_NO_HEADER;
	c = (struct cursor){ datagram, semicolon };
	m.body = (struct wire_slice){ semicolon + 1, len - (size_t)(semicolon + 1 - datagram) };
	reason = take_header(&c, &m);
	if (reason == WIRE_EXTENDED)
		*ret = m;
	return reason;
}
