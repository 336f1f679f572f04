/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Senders, whatever they send and whenever: datagrams, each behind two bytes of length, one of time and one that says who
 * sends. What a record says can be written as text and JSON; no deadline is missed; no more senders are remembered than
 * asked for; all memory comes back.
 */
#include "netconsole/hosts.h"
#include "netconsole/json_line.h"
#include "netconsole/text.h"

#include <stdlib.h>
#include <string.h>

#define SENDERS 4 /* remembered, of 8 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(void *user, const struct record *r)
{
	struct buf *out = user;

	if (r->kind == RECORD_TEXT && r->text[r->len] != '\0')
		abort();
	out->len = 0;
	if (text_put(out, r, true) < 0 || out->data[out->len - 1] != '\n')
		abort();
	out->len = 0;
	if (json_line_put(out, r) < 0 || memchr(out->data, '\n', out->len - 1))
		abort();
}

static void play(struct hosts *h, const uint8_t *data, size_t size)
{
	usec_t now = 1;

	while (size >= 4) {
		struct address from = { .port = 1 + data[3] % (2 * SENDERS) };
		size_t len = data[0] | (size_t)data[1] << 8;

		now += (usec_t)data[2] * 50 * USEC_PER_MSEC;
		hosts_expire(h, now, now);
		if (hosts_deadline(h) <= now)
			abort();
		data += 4;
		size -= 4;
		len = len < size ? len : size;
		if (hosts_put(h, &from, (const char *)data, len, now, now) < 0 ||
		    hosts_count(h) > SENDERS)
			abort();
		data += len;
		size -= len;
	}
	hosts_expire(h, UINT64_MAX, now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct buf out;
	static struct source_shared shared = { .emit = check, .user = &out };
	struct hosts h;

	if (!shared.text && source_shared_init(&shared) < 0)
		return 0;
	/* little, so that it is used up */
	shared.waiting.limit = KIB(16);
	shared.crashes.limit = KIB(256);
	if (hosts_init(&h, &shared, SENDERS, 1) < 0)
		return 0;
	play(&h, data, size);
	hosts_done(&h);
	if (shared.waiting.used || shared.crashes.used)
		abort();
	return 0;
}
