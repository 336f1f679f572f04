/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seal/sink.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "seal/header.h"

struct seal_sink {
	struct sink sink;
	struct sink *inner;
	uint8_t key[32];
	uint64_t number; /* of the next chunk */
	size_t filled;
	int failed; /* a chunk may be half written */
	bool finished;
	uint8_t plain[SEAL_CHUNK];
	uint8_t sealed[SEAL_CHUNK + SEAL_TAG];
};

static int write_chunk(struct seal_sink *s, const void *data, size_t len, bool last,
		       struct error *e)
{
	unsigned long long n;
	uint8_t nonce[12];

	seal_chunk_nonce(s->number++, last, nonce);
	(void)crypto_aead_chacha20poly1305_ietf_encrypt(s->sealed, &n, data, len, NULL, 0, NULL,
							nonce, s->key);
	s->failed = sink_append(s->inner, s->sealed, (size_t)n, e);
	return s->failed;
}

/* A full chunk waits for the next byte: only then it is not the last. */
static int seal_append(struct sink *sink, const void *data, size_t len, struct error *e)
{
	struct seal_sink *s = (struct seal_sink *)sink;
	const uint8_t *from = data;
	int r = 0;

	if (s->failed || s->finished)
		return error_set(e, s->failed ?: -EBADF, "%s: the stream has ended", sink->name);
	while (len && r == 0) {
		size_t n = MIN(len, SEAL_CHUNK - s->filled);

		if (s->filled == SEAL_CHUNK) {
			r = write_chunk(s, s->plain, SEAL_CHUNK, false, e);
			s->filled = 0;
			continue;
		}
		if (s->filled == 0 && len > SEAL_CHUNK) {
			r = write_chunk(s, from, SEAL_CHUNK, false, e);
		} else {
			memcpy(s->plain + s->filled, from, n);
			s->filled += n;
		}
		from += n;
		len -= n;
	}
	return r;
}

static int seal_finish(struct sink *sink, struct error *e)
{
	struct seal_sink *s = (struct seal_sink *)sink;
	int r;

	if (s->failed)
		return error_set(e, s->failed, "%s: an earlier write failed", sink->name);
	if (s->finished)
		return 0;
	s->finished = true;
	r = write_chunk(s, s->plain, s->filled, true, e);
	return r < 0 ? r : sink_finish(s->inner, e);
}

static int seal_sync(struct sink *sink, struct error *e)
{
	return sink_sync(((struct seal_sink *)sink)->inner, e);
}

static void free_sink(struct seal_sink *s)
{
	sodium_memzero(s, sizeof(*s));
	free(s);
}

static int seal_close(struct sink *sink, struct error *e)
{
	struct seal_sink *s = (struct seal_sink *)sink;
	int r = sink_close(s->inner, e);

	free_sink(s);
	return r;
}

static const struct sink_ops seal_ops = {
	.append = seal_append,
	.finish = seal_finish,
	.sync = seal_sync,
	.close = seal_close,
};

static int write_header(struct seal_sink *s, const struct seal_keys *to, struct error *e)
{
	_cleanup_buf_ struct buf header = { 0 };
	uint8_t file_key[SEAL_FILE_KEY], nonce[SEAL_NONCE];
	int r = seal_header_make(to, file_key, &header, e);

	if (r < 0)
		return r;
	randombytes_buf(nonce, sizeof(nonce));
	seal_payload_key(file_key, nonce, s->key);
	sodium_memzero(file_key, sizeof(file_key));
	r = sink_append(s->inner, header.data, header.len, e);
	return r < 0 ? r : sink_append(s->inner, nonce, sizeof(nonce), e);
}

int seal_sink_new(struct sink *inner, const struct seal_keys *to, struct sink **ret,
		  struct error *e)
{
	struct seal_sink *s;
	int r = seal_init(e);

	if (r < 0)
		return error_prefix(e, r, "%s", inner->name);
	s = calloc(1, sizeof(*s));
	if (!s)
		return error_set(e, -ENOMEM, "%s: out of memory", inner->name);
	s->sink = (struct sink){ .ops = &seal_ops, .name = inner->name };
	s->inner = inner;
	r = write_header(s, to, e);
	if (r < 0) {
		free_sink(s);
		return r;
	}
	*ret = &s->sink;
	return 0;
}
