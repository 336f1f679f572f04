/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seal/header.h"

#include <ctype.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define WRAP_INFO "age-encryption.org/v1/X25519"
#define BODY_COLUMNS 64

/* 32 bytes in base64 without padding, with the NUL. */
#define WORD 44
#define BASE64 sodium_base64_VARIANT_ORIGINAL_NO_PADDING

/* HKDF of RFC 5869 with SHA-256, for one block of output. */
static void derive(const void *key, size_t key_len, const void *salt, size_t salt_len,
		   const char *info, uint8_t ret[32])
{
	static const uint8_t first = 1;
	crypto_auth_hmacsha256_state s;
	uint8_t extracted[32];

	crypto_auth_hmacsha256_init(&s, salt, salt_len);
	crypto_auth_hmacsha256_update(&s, key, key_len);
	crypto_auth_hmacsha256_final(&s, extracted);
	crypto_auth_hmacsha256_init(&s, extracted, sizeof(extracted));
	crypto_auth_hmacsha256_update(&s, (const uint8_t *)info, strlen(info));
	crypto_auth_hmacsha256_update(&s, &first, 1);
	crypto_auth_hmacsha256_final(&s, ret);
	sodium_memzero(extracted, sizeof(extracted));
	sodium_memzero(&s, sizeof(s));
}

/* Ours for one secret and one share: -EINVAL where the share is none. */
static int wrap_key(const uint8_t secret[32], const uint8_t other[32], const uint8_t share[32],
		    const uint8_t recipient[32], uint8_t ret[32])
{
	uint8_t shared[32], salt[64];

	/* refuses points that make all secrets the same */
	if (crypto_scalarmult_curve25519(shared, secret, other) < 0)
		return -EINVAL;
	memcpy(salt, share, 32);
	memcpy(salt + 32, recipient, 32);
	derive(shared, sizeof(shared), salt, sizeof(salt), WRAP_INFO, ret);
	sodium_memzero(shared, sizeof(shared));
	return 0;
}

static void header_mac(const uint8_t file_key[SEAL_FILE_KEY], const void *data, size_t len,
		       uint8_t ret[32])
{
	uint8_t key[32];

	derive(file_key, SEAL_FILE_KEY, "", 0, "header", key);
	(void)crypto_auth_hmacsha256(ret, data, len, key);
	sodium_memzero(key, sizeof(key));
}

void seal_payload_key(const uint8_t file_key[SEAL_FILE_KEY], const uint8_t nonce[SEAL_NONCE],
		      uint8_t ret[32])
{
	derive(file_key, SEAL_FILE_KEY, nonce, SEAL_NONCE, "payload", ret);
}

static int add_wrap(const struct seal_key *to, const uint8_t file_key[SEAL_FILE_KEY],
		    struct buf *out)
{
	static const uint8_t nonce[12];
	uint8_t secret[32], share[32], key[32], body[SEAL_FILE_KEY + SEAL_TAG];
	char id[SEAL_ID_TEXT], share_text[WORD], body_text[WORD];
	int r;

	randombytes_buf(secret, sizeof(secret));
	(void)crypto_scalarmult_curve25519_base(share, secret);
	r = wrap_key(secret, to->bytes, share, to->bytes, key);
	sodium_memzero(secret, sizeof(secret));
	if (r < 0)
		return r;
	(void)crypto_aead_chacha20poly1305_ietf_encrypt(body, NULL, file_key, SEAL_FILE_KEY, NULL,
							0, NULL, nonce, key);
	sodium_memzero(key, sizeof(key));
	seal_key_id(to, id);
	return buf_printf(
		out, "-> lastword-key %s\n\n-> X25519 %s\n%s\n", id,
		sodium_bin2base64(share_text, sizeof(share_text), share, sizeof(share), BASE64),
		sodium_bin2base64(body_text, sizeof(body_text), body, sizeof(body), BASE64));
}

int seal_header_make(const struct seal_keys *to, uint8_t ret_file_key[SEAL_FILE_KEY],
		     struct buf *out, struct error *e)
{
	uint8_t file_key[SEAL_FILE_KEY], mac[32];
	char text[WORD];
	int r = buf_printf(out, "%s", SEAL_MAGIC);

	randombytes_buf(file_key, sizeof(file_key));
	for (size_t i = 0; i < to->count && r == 0; i++)
		r = add_wrap(&to->keys[i], file_key, out);
	if (r == 0)
		r = buf_printf(out, "---");
	if (r < 0)
		return error_errno(e, r, "encryption header");
	header_mac(file_key, out->data, out->len, mac);
	r = buf_printf(out, " %s\n",
		       sodium_bin2base64(text, sizeof(text), mac, sizeof(mac), BASE64));
	if (r < 0)
		return error_errno(e, r, "encryption header");
	memcpy(ret_file_key, file_key, sizeof(file_key));
	sodium_memzero(file_key, sizeof(file_key));
	return 0;
}

struct parser {
	const char *at, *end;
	const char *line; /* last taken */
	size_t len;
};

/* Without its newline. */
static bool take_line(struct parser *p)
{
	const char *newline = memchr(p->at, '\n', (size_t)(p->end - p->at));

	if (!newline)
		return false;
	p->line = p->at;
	p->len = (size_t)(newline - p->at);
	p->at = newline + 1;
	return true;
}

static bool begins(const struct parser *p, const char *prefix)
{
	return p->len >= strlen(prefix) && memcmp(p->line, prefix, strlen(prefix)) == 0;
}

/* "PREFIX WORD": the word, and nothing behind it. */
static const char *word_behind(const struct parser *p, const char *prefix, size_t *ret_len)
{
	size_t n = strlen(prefix);

	if (p->len <= n || memcmp(p->line, prefix, n) != 0 || memchr(p->line + n, ' ', p->len - n))
		return NULL;
	*ret_len = p->len - n;
	return p->line + n;
}

/* Strictly: libsodium takes some bytes above 0x7f for others. */
static bool decode_word(const char *word, size_t len, uint8_t ret[32])
{
	char again[WORD];
	size_t n;

	return sodium_base642bin(ret, 32, word, len, NULL, &n, NULL, BASE64) == 0 && n == 32 &&
	       memcmp(sodium_bin2base64(again, sizeof(again), ret, n, BASE64), word, len) == 0;
}

/* Of a way to open the file that is not known: lines of 64 columns, and a shorter one. */
static bool pass_body(struct parser *p)
{
	do {
		if (!take_line(p) || p->len > BODY_COLUMNS)
			return false;
	} while (p->len == BODY_COLUMNS);
	return true;
}

static void add_id(struct seal_header *h, const char *id, size_t len)
{
	if (h->ids_count == SEAL_KEYS_MAX || len >= SEAL_ID_TEXT)
		return;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)id[i]))
			return;
	memcpy(h->ids[h->ids_count++], id, len);
}

static bool parse_stanza(struct parser *p, struct seal_header *h)
{
	size_t len;
	const char *word = word_behind(p, "-> X25519 ", &len);

	if (word) {
		if (h->wraps_count == SEAL_KEYS_MAX ||
		    !decode_word(word, len, h->wraps[h->wraps_count].share) || !take_line(p) ||
		    !decode_word(p->line, p->len, h->wraps[h->wraps_count].body))
			return false;
		h->wraps_count++;
		return true;
	}
	word = word_behind(p, "-> lastword-key ", &len);
	if (word)
		add_id(h, word, len);
	else if (p->len <= strlen("-> ") || !begins(p, "-> ") || begins(p, "-> X25519 "))
		return false;
	else
		h->others++;
	return pass_body(p);
}

int seal_header_parse(const void *data, size_t len, struct seal_header *ret, struct error *e)
{
	struct parser p = { .at = data, .end = (const char *)data + MIN(len, SEAL_HEADER_MAX) };
	struct seal_header h = { 0 };
	const char *mac;
	size_t n;

	if (len < strlen(SEAL_MAGIC) || memcmp(data, SEAL_MAGIC, strlen(SEAL_MAGIC)) != 0)
		return error_set(e, -EINVAL, "not encrypted by lastword or age");
	p.at += strlen(SEAL_MAGIC);
	for (;;) {
		if (!take_line(&p))
			return error_set(e, -EINVAL, "the encryption header is cut short");
		if (begins(&p, "---"))
			break;
		if (!parse_stanza(&p, &h))
			return error_set(e, -EINVAL, "the encryption header is damaged at byte %zu",
					 (size_t)(p.line - (const char *)data));
	}
	mac = word_behind(&p, "--- ", &n);
	if (!mac || !decode_word(mac, n, h.mac))
		return error_set(e, -EINVAL, "the encryption header is damaged at its end");
	h.signed_to = (size_t)(p.line + 3 - (const char *)data);
	h.size = (size_t)(p.at - (const char *)data);
	*ret = h;
	return 0;
}

/* 0 where it is for this key. */
static int unwrap(const struct seal_header *h, size_t i, const struct seal_key *secret,
		  uint8_t ret[SEAL_FILE_KEY])
{
	static const uint8_t nonce[12];
	struct seal_key public;
	uint8_t key[32];
	int r;

	seal_key_public(secret, &public);
	r = wrap_key(secret->bytes, h->wraps[i].share, h->wraps[i].share, public.bytes, key);
	if (r == 0 && crypto_aead_chacha20poly1305_ietf_decrypt(ret, NULL, NULL, h->wraps[i].body,
								sizeof(h->wraps[i].body), NULL, 0,
								nonce, key) < 0)
		r = -ENOKEY;
	sodium_memzero(key, sizeof(key));
	return r;
}

static int no_key(const struct seal_header *h, struct error *e)
{
	char ids[SEAL_KEYS_MAX * (SEAL_ID_TEXT + 2)];

	seal_header_ids(h, ids, sizeof(ids));
	if (!h->wraps_count && h->others)
		return error_set(e, -ENOKEY,
				 "was not encrypted to a key but in another way that age knows; "
				 "'age -d' may open it");
	return error_set(e, -ENOKEY, "is not for this key%s%s", *ids ? " but for " : "", ids);
}

int seal_header_open(const struct seal_header *h, const void *data, const struct seal_keys *secrets,
		     uint8_t ret_file_key[SEAL_FILE_KEY], struct error *e)
{
	uint8_t file_key[SEAL_FILE_KEY], mac[32];
	bool found = false;

	for (size_t k = 0; k < secrets->count && !found; k++)
		for (size_t i = 0; i < h->wraps_count && !found; i++)
			found = unwrap(h, i, &secrets->keys[k], file_key) == 0;
	if (!found)
		return no_key(h, e);
	header_mac(file_key, data, h->signed_to, mac);
	if (sodium_memcmp(mac, h->mac, sizeof(mac)) != 0)
		return error_set(e, -EBADMSG, "the encryption header was changed");
	memcpy(ret_file_key, file_key, sizeof(file_key));
	sodium_memzero(file_key, sizeof(file_key));
	return 0;
}

void seal_header_ids(const struct seal_header *h, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < h->ids_count && at < size; i++)
		at += (size_t)snprintf(buf + at, size - at, "%s%s", i ? ", " : "", h->ids[i]);
}
