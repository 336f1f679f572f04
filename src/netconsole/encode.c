/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/encode.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Header and ",ncfrag=OFFSET/TOTAL;" */
#define HEADER_SIZE 256
#define PIECE_SIZE 48

static int put_escaped(struct buf *out, const char *text, size_t len, size_t limit)
{
	int r = 0;

	for (size_t i = 0; i < len && r == 0 && out->len + 4 < limit; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < ' ' || c >= 127 || c == '\\')
			r = buf_printf(out, "\\x%02x", c);
		else
			r = buf_append(out, text + i, 1);
	}
	return r;
}

static int put_device(struct buf *out, const char *key, const char *value)
{
	int r;

	if (!*value)
		return 0;
	r = buf_printf(out, " %s=", key);
	if (r == 0)
		r = put_escaped(out, value, strlen(value), SIZE_MAX);
	return r < 0 ? r : buf_append(out, "\n", 1);
}

static int make_body(const struct encode_record *r, const char *fields, struct buf *out)
{
	int err = put_escaped(out, r->text, r->len, ENCODE_TEXT_MAX);

	if (err == 0)
		err = buf_append(out, "\n", 1);
	if (err == 0)
		err = put_device(out, "SUBSYSTEM", r->subsystem);
	if (err == 0)
		err = put_device(out, "DEVICE", r->device);
	return err < 0 ? err : buf_append(out, fields, strlen(fields));
}

static int send_pieces(const char *header, size_t header_len, const struct buf *body,
		       encode_send send, void *user)
{
	char datagram[ENCODE_DATAGRAM];
	int r = 0;

	memcpy(datagram, header, header_len);
	for (size_t at = 0; at < body->len && r == 0;) {
		size_t n = header_len, chunk;

		n += (size_t)snprintf(datagram + n, sizeof(datagram) - n, ",ncfrag=%zu/%zu;", at,
				      body->len);
		chunk = MIN(body->len - at, sizeof(datagram) - n);
		memcpy(datagram + n, body->data + at, chunk);
		r = send(user, datagram, n + chunk);
		at += chunk;
	}
	return r;
}

int encode_record(const struct encode_record *r, const char *release, const char *fields,
		  encode_send send, void *user)
{
	_cleanup_buf_ struct buf body = { 0 };
	char header[HEADER_SIZE], datagram[ENCODE_DATAGRAM];
	int n = snprintf(header, sizeof(header), "%s%s%u,%" PRIu64 ",%" PRIu64 ",%c%s%s",
			 release ?: "", release ? "," : "", r->priority, r->seq, r->time_us,
			 r->continued ? 'c' : '-', *r->caller ? ",caller=" : "", r->caller);
	int err;

	if (n < 0 || (size_t)n >= sizeof(header) - PIECE_SIZE)
		return -E2BIG;
	err = make_body(r, fields, &body);
	if (err < 0)
		return err;
	if ((size_t)n + 1 + body.len > sizeof(datagram))
		return send_pieces(header, (size_t)n, &body, send, user);
	memcpy(datagram, header, (size_t)n);
	datagram[n] = ';';
	memcpy(datagram + n + 1, body.data, body.len);
	return send(user, datagram, (size_t)n + 1 + body.len);
}

int encode_field(struct buf *out, const char *key, const char *value)
{
	size_t start;
	int r;

	if (!*value)
		return 0;
	r = buf_printf(out, " %s=", key);
	start = out->len;
	if (r == 0)
		r = buf_printf(out, "%s\n", value);
	for (size_t i = start; r == 0 && i + 1 < out->len; i++)
		if (out->data[i] < ' ' || out->data[i] > '~')
			out->data[i] = '_';
	return r;
}
