/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/text.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define PREFIX_MAX (TEXT_TIME_SIZE + 64 + 2 * 4 * 64 + 64)

/* Digits right-aligned in width, filled with `fill`; wider where they are more. Returns the end. */
static char *put_number(char *at, uint64_t v, int width, char fill)
{
	char digits[20];
	int n = 0;

	do {
		digits[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	for (int i = n; i < width; i++)
		*at++ = fill;
	while (n > 0)
		*at++ = digits[--n];
	return at;
}

void text_time(uint64_t us, char ret[TEXT_TIME_SIZE])
{
	/* most records are of the second of the one before */
	static _Thread_local uint64_t second = UINT64_MAX;
	static _Thread_local char date[64];
	uint64_t now = us / USEC_PER_SEC;
	char *at;

	if (now != second) {
		time_t t = (time_t)now;
		struct tm tm;

		if (!gmtime_r(&t, &tm) || tm.tm_year > 9999 - 1900)
			memset(&tm, 0, sizeof(tm));
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
		second = now;
	}
	at = stpcpy(ret, date);
	*at++ = '.';
	at = put_number(at, us % USEC_PER_SEC, 6, '0');
	*at++ = 'Z';
	*at = '\0';
}

size_t text_utf8(const char *s, size_t len)
{
	unsigned char c = (unsigned char)*s;
	size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : 4;
	uint32_t point = n == 1 ? c : c & (0x7fU >> n);

	if (c >= 0xf5 || (c >= 0x80 && c < 0xc2) || n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if ((n == 3 && point < 0x800) || (n == 4 && point < 0x10000) || point > 0x10ffff ||
	    (point >= 0xd800 && point < 0xe000))
		return 0;
	return n;
}

/* C1 controls are two bytes of UTF-8, and terminals obey them. */
static bool is_harmless(const char *s, size_t n)
{
	if (n == 1)
		return (*s >= ' ' && *s != 0x7f) || *s == '\t';
	return !(n == 2 && (unsigned char)s[0] == 0xc2 && (unsigned char)s[1] < 0xa0);
}

/* How many bytes of plain ASCII begin there: most lines are nothing else. */
static size_t plain_run(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && (unsigned char)(s[n] - ' ') < 0x7f - ' ')
		n++;
	return n;
}

int text_clean(struct buf *out, const char *bytes, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	char *at = buf_reserve(out, 4 * len);
	char *start = at;

	if (!at)
		return -ENOMEM;
	for (size_t i = 0; i < len;) {
		size_t n = plain_run(bytes + i, len - i);

		at = mempcpy(at, bytes + i, n);
		i += n;
		if (i == len)
			break;
		n = text_utf8(bytes + i, len - i);
		if (n && is_harmless(bytes + i, n)) {
			for (; n > 0; n--)
				*at++ = bytes[i++];
			continue;
		}
		*at++ = '\\';
		*at++ = 'x';
		*at++ = hex[(unsigned char)bytes[i] >> 4];
		*at++ = hex[bytes[i] & 15];
		i++;
	}
	out->len += (size_t)(at - start);
	out->data[out->len] = '\0';
	return 0;
}

/* ---- lines ---- */

/* What we write ourselves, and nobody else may. */
#define MARK_EVENT "-- lastword: "
#define MARK_RESENT "(resent) "

/* A name with blanks could be followed by anything. */
static int put_name(struct buf *out, const char *name)
{
	int err = 0;

	/* nor be a mark itself */
	if (*name == '-' || *name == '(')
		err = buf_printf(out, "\\x%02x", (unsigned char)*name++);
	while (err == 0 && *name) {
		size_t len = strcspn(name, " ");

		err = len ? text_clean(out, name, len) : buf_append(out, "\\x20", 4);
		name += MAX(len, (size_t)1);
	}
	return err;
}

static int put_source(struct buf *out, const struct record *r)
{
	int err = buf_printf(out, "%s ", r->address);

	if (err == 0 && r->host)
		err = put_name(out, r->host);
	return err == 0 && r->host ? buf_append(out, " ", 1) : err;
}

/* Console text that looks like a mark of ours gets its first byte escaped; that of a record stands behind its time. */
static int put_unmarked(struct buf *out, const char *text, size_t len)
{
	static const char *const marks[] = { MARK_EVENT, MARK_RESENT };
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		size_t n = strlen(marks[i]);

		if (len < n || memcmp(text, marks[i], n) != 0)
			continue;
		err = buf_printf(out, "\\x%02x", (unsigned char)*text);
		return err < 0 ? err : text_clean(out, text + 1, len - 1);
	}
	return text_clean(out, text, len);
}

static int put_prefix(struct buf *out, const struct record *r, bool with_source)
{
	char text[PREFIX_MAX], *at = text;
	int err = 0;

	text_time(r->received_us, text);
	at += strlen(text);
	*at++ = ' ';
	if (with_source) {
		err = buf_append(out, text, (size_t)(at - text));
		if (err == 0)
			err = put_source(out, r);
		at = text;
	}
	if (r->kind != RECORD_TEXT) {
		at = stpcpy(at, MARK_EVENT);
	} else if (r->extended) {
		if (r->flags & RECORD_RESENT)
			at = stpcpy(at, MARK_RESENT);
		*at++ = '[';
		at = put_number(at, r->time_us / USEC_PER_SEC, 5, ' ');
		*at++ = '.';
		at = put_number(at, r->time_us % USEC_PER_SEC, 6, '0');
		*at++ = ']';
		if (*r->caller)
			at += sprintf(at, "[%6s]", r->caller);
		*at++ = ' ';
	}
	return err < 0 ? err : buf_append(out, text, (size_t)(at - text));
}

static int put_lines(struct buf *out, const struct record *r, bool with_source)
{
	const char *text = r->text, *end = r->text + r->len;
	int err = 0;

	do {
		const char *newline = memchr(text, '\n', (size_t)(end - text)) ?: end;
		size_t len = (size_t)(newline - text);

		/* what ends a line on a serial console */
		if (len > 0 && text[len - 1] == '\r')
			len--;
		err = put_prefix(out, r, with_source);
		if (err == 0)
			err = r->extended ? text_clean(out, text, len)
					  : put_unmarked(out, text, len);
		if (err == 0)
			err = buf_append(out, "\n", 1);
		text = newline + 1;
	} while (err == 0 && text < end);
	return err;
}

int text_put_event(struct buf *out, const struct record *r)
{
	const struct record_crash *c = r->crash;
	int err;

	switch (r->kind) {
	case RECORD_LOST:
		return buf_printf(out, "%llu messages lost", (unsigned long long)r->count);
	case RECORD_REBOOT:
		err = buf_printf(out, "a new kernel begins%s", r->release ? ": " : "");
		return err < 0 || !r->release ? err
					      : text_clean(out, r->release, strlen(r->release));
	case RECORD_CAPTURE:
		if (!r->stage)
			return buf_printf(out, "it is a capture kernel");
		err = buf_printf(out, "capture %s: ", r->stage);
		return err < 0 ? err : text_clean(out, r->text, r->len);
	case RECORD_CRASH:
		err = buf_printf(out, "%s: ", c->panic ? "panic" : "crash");
		if (err == 0)
			err = text_clean(out, c->signature.title, strlen(c->signature.title));
		return err < 0 ? err : buf_printf(out, " (%s)", c->signature.hash);
	case RECORD_TEXT:
	case RECORD_KINDS:
		break;
	}
	return 0;
}

int text_put(struct buf *out, const struct record *r, bool with_source)
{
	int err;

	if (r->kind == RECORD_TEXT)
		return put_lines(out, r, with_source);
	err = put_prefix(out, r, with_source);
	if (err == 0)
		err = text_put_event(out, r);
	return err < 0 ? err : buf_append(out, "\n", 1);
}
