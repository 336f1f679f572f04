/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/json_line.h"

#include <errno.h>
#include <string.h>

#include "netconsole/text.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* The first failure sticks. */
struct writer {
	struct buf *out;
	int err;
};

static void put(struct writer *w, const char *s)
{
	if (w->err == 0)
		w->err = buf_append(w->out, s, strlen(s));
}

static char *put_byte(char *at, const char *s, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char c = (unsigned char)*s;

	if (n == 0)
		return stpcpy(at, REPLACEMENT);
	if (c == '"' || c == '\\') {
		*at++ = '\\';
		*at++ = *s;
	} else if (c == '\n') {
		at = stpcpy(at, "\\n");
	} else if (c < ' ' || c == 0x7f) {
		at = stpcpy(at, "\\u00");
		*at++ = hex[c >> 4];
		*at++ = hex[c & 15];
	} else {
		for (; n > 0; n--)
			*at++ = *s++;
	}
	return at;
}

static void put_string(struct writer *w, const char *s, size_t len)
{
	char *start, *at;

	if (w->err < 0)
		return;
	at = start = buf_reserve(w->out, 6 * len + 2);
	if (!at) {
		w->err = -ENOMEM;
		return;
	}
	*at++ = '"';
	for (size_t i = 0; i < len;) {
		size_t n = text_utf8(s + i, len - i);

		at = put_byte(at, s + i, n);
		i += MAX(n, (size_t)1);
	}
	*at++ = '"';
	w->out->len += (size_t)(at - start);
	w->out->data[w->out->len] = '\0';
}

/* name is written with what stands before it: ",\"host\":" */
static void put_text(struct writer *w, const char *name, const char *s)
{
	if (!s)
		return;
	put(w, name);
	put_string(w, s, strlen(s));
}

static void put_uint(struct writer *w, const char *name, uint64_t v)
{
	if (w->err == 0)
		w->err = buf_printf(w->out, "%s%llu", name, (unsigned long long)v);
}

static void put_flags(struct writer *w, unsigned flags)
{
	const char *before = ",\"flags\":[\"";

	for (size_t i = 0; i < RECORD_FLAGS; i++)
		if (flags & 1U << i) {
			put(w, before);
			put(w, record_flag_names[i]);
			before = "\",\"";
		}
	if (flags)
		put(w, "\"]");
}

/* Pairs, because a key may come twice. */
static void put_fields(struct writer *w, const char *name, const struct body *b, bool trusted)
{
	bool any = false;

	for (size_t i = 0; i < b->count; i++) {
		const struct body_field *f = &b->fields[i];

		if (f->trusted != trusted)
			continue;
		put(w, any ? ",[" : name);
		put_string(w, f->key.start, f->key.len);
		put(w, ",");
		put_string(w, f->value.start, f->value.len);
		put(w, "]");
		any = true;
	}
	if (any)
		put(w, "]");
}

static void put_record(struct writer *w, const struct record *r)
{
	if (r->extended) {
		put_uint(w, ",\"level\":", r->priority & 7);
		put_uint(w, ",\"facility\":", r->priority >> 3);
		put_uint(w, ",\"seq\":", r->seq);
		put_uint(w, ",\"time_us\":", r->time_us);
		if (r->flag != '-') {
			put(w, ",\"flag\":");
			put_string(w, &r->flag, 1);
		}
		put_text(w, ",\"caller\":", *r->caller ? r->caller : NULL);
	}
	put_flags(w, r->flags);
	put(w, ",\"text\":");
	put_string(w, r->text, r->len);
	if (r->body) {
		put_fields(w, ",\"fields\":[[", r->body, true);
		put_fields(w, ",\"untrusted\":[[", r->body, false);
	}
}

static void put_crash(struct writer *w, const struct record_crash *c)
{
	put(w, c->panic ? ",\"panic\":true" : ",\"panic\":false");
	put_text(w, ",\"title\":", c->signature.title);
	put_text(w, ",\"crash_kind\":", c->signature.kind);
	put_text(w, ",\"signature\":", c->signature.hash);
	put_text(w, ",\"exact\":", *c->signature.exact ? c->signature.exact : NULL);
	put_text(w, ",\"kernel\":", c->release);
	put_text(w, ",\"task\":", c->comm);
	if (c->pid >= 0)
		put_uint(w, ",\"pid\":", (uint64_t)c->pid);
	if (c->cpu >= 0)
		put_uint(w, ",\"cpu\":", (uint64_t)c->cpu);
	put_text(w, ",\"text\":", c->text);
}

int json_line_put(struct buf *out, const struct record *r)
{
	struct writer w = { .out = out };
	char time[TEXT_TIME_SIZE];

	text_time(r->received_us, time);
	put(&w, "{\"time\":\"");
	put(&w, time);
	put(&w, "\",\"kind\":\"");
	put(&w, record_kind_names[r->kind]);
	put(&w, "\",\"address\":\"");
	put(&w, r->address);
	put_uint(&w, "\",\"port\":", r->port);
	put_text(&w, ",\"host\":", r->host);
	put_text(&w, ",\"boot\":", r->boot);
	put_text(&w, ",\"release\":", r->release);
	switch (r->kind) {
	case RECORD_TEXT:
		put_record(&w, r);
		break;
	case RECORD_LOST:
		put_uint(&w, ",\"count\":", r->count);
		break;
	case RECORD_CRASH:
		put_crash(&w, r->crash);
		break;
	case RECORD_CAPTURE:
		put_text(&w, ",\"stage\":", r->stage);
		put_text(&w, ",\"text\":", r->stage ? r->text : NULL);
		break;
	case RECORD_REBOOT:
	case RECORD_KINDS:
		break;
	}
	put(&w, "}\n");
	return w.err;
}
