/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Keys, as age writes them (https://age-encryption.org/v1): X25519; "age1…" is public, "AGE-SECRET-KEY-1…" secret. A file of
 * keys has one a line; blank lines and lines that begin with # say nothing.
 */
#include "base/buf.h"
#include "base/error.h"
#include "seal/bech32.h"

#define SEAL_PUBLIC_PREFIX "age"
#define SEAL_SECRET_PREFIX "age-secret-key-"
#define SEAL_PUBLIC_TEXT BECH32_SIZE(sizeof(SEAL_PUBLIC_PREFIX) - 1)
#define SEAL_SECRET_TEXT BECH32_SIZE(sizeof(SEAL_SECRET_PREFIX) - 1)
#define SEAL_KEYS_MAX 16
#define SEAL_KEY_FILE_MAX KIB(64)

/* Behind the name of a file that is encrypted. */
#define SEAL_SUFFIX ".enc"

enum seal_kind { SEAL_PUBLIC, SEAL_SECRET };

struct seal_key {
	uint8_t bytes[32];
};

struct seal_keys {
	struct seal_key keys[SEAL_KEYS_MAX];
	size_t count;
};

/* Random numbers and the fastest code for this CPU. Before anything else of this room; again does no harm. */
int seal_init(struct error *e) _must_check_;

void seal_key_make(struct seal_key *ret_secret);
void seal_key_public(const struct seal_key *secret, struct seal_key *ret);

/* -EINVAL */
int seal_public_parse(const char *word, struct seal_key *ret) _must_check_;
void seal_public_format(const struct seal_key *k, char ret[SEAL_PUBLIC_TEXT]);
void seal_secret_format(const struct seal_key *k, char ret[SEAL_SECRET_TEXT]);

/* A short name of a public key, for people: the beginning of its text. */
#define SEAL_ID_TEXT 13
void seal_key_id(const struct seal_key *public, char ret[SEAL_ID_TEXT]);

/*
 * The text of a file; name is for messages. At least one key. -EKEYREJECTED: a key of the other kind, which for SEAL_PUBLIC is a
 * secret that should not be there; -EINVAL: else not as it should be.
 */
int seal_keys_parse(enum seal_kind kind, const char *text, size_t len, const char *name,
		    struct seal_keys *ret, struct error *e) _must_check_;

/* So that no secret stays in memory that others get; data may be NULL where len is 0. */
void seal_wipe(void *data, size_t len);
void seal_keys_wipe(struct seal_keys *k);
#define _cleanup_seal_keys_ _cleanup_(seal_keys_wipe)
