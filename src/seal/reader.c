/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seal/reader.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#define SEALED (SEAL_CHUNK + SEAL_TAG)

/* Of bytes not decrypted yet: the header at first, then a chunk and the byte behind it that tells whether it is the last. */
#define AHEAD (SEALED + 1)

_Static_assert(AHEAD >= SEAL_HEADER_MAX + SEAL_NONCE, "the header is read into the same buffer");

struct seal_reader {
	int fd;
	const char *name;
	uint8_t key[32];
	uint64_t number; /* of the next chunk */
	bool ended;	 /* the last chunk was decrypted */
	int failed;
	size_t ahead;
	size_t start, end; /* of what is left in plain */
	uint8_t sealed[AHEAD];
	uint8_t plain[SEAL_CHUNK];
};

/* Until the buffer is full or the file ends. */
static int read_ahead(struct seal_reader *r)
{
	while (r->ahead < AHEAD) {
		ssize_t n = read(r->fd, r->sealed + r->ahead, AHEAD - r->ahead);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		r->ahead += (size_t)n;
	}
	return 0;
}

static void drop(struct seal_reader *r, size_t len)
{
	r->ahead -= len;
	memmove(r->sealed, r->sealed + len, r->ahead);
}

static bool decrypt(struct seal_reader *r, size_t len, bool last)
{
	uint8_t nonce[12];

	if (len < SEAL_TAG)
		return false;
	seal_chunk_nonce(r->number, last, nonce);
	return crypto_aead_chacha20poly1305_ietf_decrypt(r->plain, NULL, NULL, r->sealed, len, NULL,
							 0, nonce, r->key) == 0;
}

/* In words, with how far it could be read. */
static int failure(const struct seal_reader *r, int code, struct error *e)
{
	unsigned long long kib = r->number * SEAL_CHUNK >> 10;

	if (code == -ENODATA)
		return error_set(e, code,
				 "%s: cut off, or damaged in its last piece, after %llu KiB",
				 r->name, kib);
	if (code == -EBADMSG)
		return error_set(e, code, "%s: damaged after %llu KiB", r->name, kib);
	return error_errno(e, code, "%s: read after %llu KiB", r->name, kib);
}

/* The next chunk into plain, which is used up. It may be there and the failure behind it known already. */
static int next_chunk(struct seal_reader *r)
{
	int err = read_ahead(r);
	size_t len = MIN(r->ahead, SEALED);
	bool last = r->ahead <= SEALED, whole;

	if (err < 0)
		return err;
	whole = decrypt(r, len, last);
	if (!whole && last && len == SEALED && decrypt(r, len, false)) {
		/* the file ends here, its content does not */
		whole = true;
		err = -ENODATA;
	}
	if (!whole)
		return last ? -ENODATA : -EBADMSG;
	/* only of an empty file the last chunk is empty: there is one way to write each content */
	if (last && len == SEAL_TAG && r->number > 0)
		return -EBADMSG;
	r->end = len - SEAL_TAG;
	r->number++;
	r->ended = last && err == 0;
	drop(r, len);
	return err;
}

/* 1: something is in plain; 0: the end. */
static int fill(struct seal_reader *r, struct error *e)
{
	if (r->start == r->end && !r->failed && !r->ended) {
		r->start = r->end = 0;
		r->failed = next_chunk(r);
	}
	if (r->start < r->end)
		return 1;
	return r->failed ? failure(r, r->failed, e) : 0;
}

ssize_t seal_peek(struct seal_reader *r, const void **ret, struct error *e)
{
	int filled = fill(r, e);

	if (filled <= 0)
		return filled;
	*ret = r->plain + r->start;
	return (ssize_t)(r->end - r->start);
}

ssize_t seal_read(struct seal_reader *r, void *buf, size_t len, struct error *e)
{
	int filled = fill(r, e);

	if (filled <= 0)
		return filled;
	len = MIN(len, r->end - r->start);
	memcpy(buf, r->plain + r->start, len);
	r->start += len;
	return (ssize_t)len;
}

static int open_header(struct seal_reader *r, const struct seal_keys *secrets, struct error *e)
{
	uint8_t file_key[SEAL_FILE_KEY];
	struct seal_header h;
	int err = read_ahead(r);

	if (err < 0)
		return failure(r, err, e);
	err = seal_header_parse(r->sealed, r->ahead, &h, e);
	if (err == 0)
		err = seal_header_open(&h, r->sealed, secrets, file_key, e);
	if (err < 0)
		return error_prefix(e, err, "%s", r->name);
	drop(r, h.size);
	if (r->ahead < SEAL_NONCE)
		err = failure(r, -ENODATA, e);
	if (err == 0) {
		seal_payload_key(file_key, r->sealed, r->key);
		drop(r, SEAL_NONCE);
	}
	sodium_memzero(file_key, sizeof(file_key));
	return err;
}

int seal_reader_new(int fd, const char *name, const struct seal_keys *secrets,
		    struct seal_reader **ret, struct error *e)
{
	_cleanup_(seal_reader_freep) struct seal_reader *r = NULL;
	int err = seal_init(e);

	if (err < 0)
		return err;
	r = calloc(1, sizeof(*r));
	if (!r)
		return error_errno(e, -ENOMEM, "%s", name);
	r->fd = fd;
	r->name = name;
	err = open_header(r, secrets, e);
	if (err == 0)
		*ret = TAKE_PTR(r);
	return err;
}

struct seal_reader *seal_reader_free(struct seal_reader *r)
{
	if (r) {
		sodium_memzero(r, sizeof(*r));
		free(r);
	}
	return NULL;
}
