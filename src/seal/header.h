/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The format of age, version 1 (https://age-encryption.org/v1, C2SP): a header in text, which gives the file's key to each holder
 * of a secret key, then the content in chunks, each encrypted and authenticated with its number; the last says that it is.
 *
 *	age-encryption.org/v1
 *	-> lastword-key age1ql3z7hjy	whom the next is for; ours, other readers pass it over
 *
 *	-> X25519 SHARE			SHARE and BODY: 32 bytes each in base64 without padding
 *	BODY				the file's key, encrypted
 *	--- MAC
 *
 * then 16 bytes of nonce, then chunks. What seal_init() says holds.
 */
#include "base/bytes.h"
#include "seal/key.h"

#define SEAL_MAGIC "age-encryption.org/v1\n"
#define SEAL_HEADER_MAX ((size_t)16 << 10)
#define SEAL_FILE_KEY 16
#define SEAL_NONCE 16

#define SEAL_CHUNK                                                                                 \
	((size_t)64                                                                                \
	 << 10) /* of content; the last may be shorter, and empty if it is the only one */
#define SEAL_TAG 16

struct seal_header {
	size_t size; /* bytes of text; the nonce follows */
	struct {
		uint8_t share[32], body[32];
	} wraps[SEAL_KEYS_MAX];
	size_t wraps_count;
	char ids[SEAL_KEYS_MAX]
		[SEAL_ID_TEXT]; /* as the writer gave them: not authenticated, printable */
	size_t ids_count;
	size_t others;	  /* ways to open it that are not ours: a passphrase, a plugin */
	size_t signed_to; /* the MAC is over so many bytes */
	uint8_t mac[32];
};

/* A new key for a new file, and the header. */
int seal_header_make(const struct seal_keys *to, uint8_t ret_file_key[SEAL_FILE_KEY],
		     struct buf *out, struct error *e) _must_check_;

/* The first bytes of a file, SEAL_HEADER_MAX or all. -EINVAL with words. */
int seal_header_parse(const void *data, size_t len, struct seal_header *ret,
		      struct error *e) _must_check_;

/* data: as given to parse. -ENOKEY: none of the keys opens it; -EBADMSG: somebody changed the header. */
int seal_header_open(const struct seal_header *h, const void *data, const struct seal_keys *secrets,
		     uint8_t ret_file_key[SEAL_FILE_KEY], struct error *e) _must_check_;

/* The key of the content. */
void seal_payload_key(const uint8_t file_key[SEAL_FILE_KEY], const uint8_t nonce[SEAL_NONCE],
		      uint8_t ret[32]);

/* The 12 bytes of nonce of a chunk: its number, big-endian, and whether it is the last. */
static inline void seal_chunk_nonce(uint64_t number, bool last, uint8_t ret[12])
{
	ret[0] = ret[1] = ret[2] = 0;
	be64_put(ret + 3, number);
	ret[11] = last;
}

/* "age1ql3z7hjy, age1…" of the keys named in the header; "" where it names none. */
void seal_header_ids(const struct seal_header *h, char *buf, size_t size);
