/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/sink_hash.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"

#define READ_CHUNK KIB(256)

struct sink_hash {
	struct sink sink;
	struct sink *inner;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t turn;
	struct sha256_ctx ctx;
	uint64_t start, position;
	bool ordered; /* write_at() behind start comes without gaps */
	bool broken;  /* bytes came in an order that cannot be hashed */
};

/* Threads took their places in order and write in any: each waits until what stands before it is hashed. */
static void hash_in_turn(struct sink_hash *h, const void *data, size_t len, uint64_t offset)
{
	pthread_mutex_lock(&h->lock);
	if (!h->ordered)
		h->broken = true;
	if (h->ordered && offset >= h->start) {
		while (offset > h->position)
			pthread_cond_wait(&h->turn, &h->lock);
		if (offset == h->position) {
			sha256_update(&h->ctx, len, data);
			h->position += len;
			pthread_cond_broadcast(&h->turn);
		} else {
			h->broken = true;
		}
	}
	pthread_mutex_unlock(&h->lock);
}

static int hash_write_at(struct sink *s, const void *data, size_t len, uint64_t offset,
			 struct error *e)
{
	struct sink_hash *h = (struct sink_hash *)s;

	hash_in_turn(h, data, len, offset);
	return sink_write_at(h->inner, data, len, offset, e);
}

static int hash_append(struct sink *s, const void *data, size_t len, struct error *e)
{
	struct sink_hash *h = (struct sink_hash *)s;

	pthread_mutex_lock(&h->lock);
	sha256_update(&h->ctx, len, data);
	h->position += len;
	pthread_mutex_unlock(&h->lock);
	return sink_append(h->inner, data, len, e);
}

static void begin(struct sink_hash *h, uint64_t start, bool ordered)
{
	pthread_mutex_lock(&h->lock);
	sha256_init(&h->ctx);
	h->start = h->position = start;
	h->ordered = ordered;
	h->broken = false;
	pthread_mutex_unlock(&h->lock);
}

static void hash_reserve(struct sink *s, uint64_t offset, uint64_t len)
{
	struct sink_hash *h = (struct sink_hash *)s;

	begin(h, offset + len, true);
	sink_reserve(h->inner, offset, len);
}

static int hash_restart(struct sink *s, struct error *e)
{
	struct sink_hash *h = (struct sink_hash *)s;

	begin(h, 0, false);
	return sink_restart(h->inner, e);
}

static int hash_sync(struct sink *s, struct error *e)
{
	return sink_sync(((struct sink_hash *)s)->inner, e);
}

static int hash_close(struct sink *s, struct error *e)
{
	struct sink_hash *h = (struct sink_hash *)s;
	int r = sink_close(h->inner, e);

	pthread_cond_destroy(&h->turn);
	pthread_mutex_destroy(&h->lock);
	free(h);
	return r;
}

static const struct sink_ops hash_ops = {
	.write_at = hash_write_at,
	.append = hash_append,
	.reserve = hash_reserve,
	.restart = hash_restart,
	.sync = hash_sync,
	.close = hash_close,
};

int sink_hash_new(struct sink *inner, struct sink **ret, struct error *e)
{
	struct sink_hash *h = calloc(1, sizeof(*h));

	if (!h)
		return error_set(e, -ENOMEM, "%s: out of memory", inner->name);
	h->sink = (struct sink){
		.ops = &hash_ops,
		.name = inner->name,
		.seekable = inner->seekable,
	};
	h->inner = inner;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->turn, NULL);
	sha256_init(&h->ctx);
	*ret = &h->sink;
	return 0;
}

static void to_hex(struct sha256_ctx *ctx, char ret[SINK_HASH_HEX])
{
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_digest(ctx, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}

void sink_hash_sum(struct sink *s, struct sink_hash_sum *ret)
{
	struct sink_hash *h = (struct sink_hash *)s;
	struct sha256_ctx ctx;

	*ret = (struct sink_hash_sum){ 0 };
	pthread_mutex_lock(&h->lock);
	if (!h->broken && h->position > h->start) {
		ctx = h->ctx; /* the digest ends a context, and more may come */
		ret->offset = h->start;
		ret->bytes = h->position - h->start;
		to_hex(&ctx, ret->hex);
	}
	pthread_mutex_unlock(&h->lock);
}

int file_hash(int fd, uint64_t offset, uint64_t bytes, struct progress *p, char ret[SINK_HASH_HEX])
{
	_cleanup_free_ uint8_t *chunk = malloc(READ_CHUNK);
	struct sha256_ctx ctx;

	if (!chunk)
		return -ENOMEM;
	sha256_init(&ctx);
	for (uint64_t at = 0; at < bytes;) {
		size_t n = MIN(bytes - at, READ_CHUNK);
		int r = pread_exactly(fd, chunk, n, offset + at);

		if (r < 0)
			return r;
		sha256_update(&ctx, n, chunk);
		at += n;
		progress_add(p, n);
		progress_step(p);
	}
	to_hex(&ctx, ret);
	return 0;
}
