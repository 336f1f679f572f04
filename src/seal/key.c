/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seal/key.h"

#include <ctype.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

int seal_init(struct error *e)
{
	return sodium_init() < 0 ? error_set(e, -EIO, "libsodium cannot be started") : 0;
}

void seal_key_make(struct seal_key *ret_secret)
{
	randombytes_buf(ret_secret->bytes, sizeof(ret_secret->bytes));
}

void seal_key_public(const struct seal_key *secret, struct seal_key *ret)
{
	(void)crypto_scalarmult_curve25519_base(ret->bytes, secret->bytes);
}

int seal_public_parse(const char *word, struct seal_key *ret)
{
	return bech32_decode(SEAL_PUBLIC_PREFIX, word, ret->bytes);
}

void seal_public_format(const struct seal_key *k, char ret[SEAL_PUBLIC_TEXT])
{
	bech32_encode(SEAL_PUBLIC_PREFIX, k->bytes, ret);
}

void seal_secret_format(const struct seal_key *k, char ret[SEAL_SECRET_TEXT])
{
	bech32_encode(SEAL_SECRET_PREFIX, k->bytes, ret);
	for (; *ret; ret++)
		*ret = (char)toupper((unsigned char)*ret);
}

void seal_key_id(const struct seal_key *public, char ret[SEAL_ID_TEXT])
{
	char text[SEAL_PUBLIC_TEXT];

	seal_public_format(public, text);
	memcpy(ret, text, SEAL_ID_TEXT - 1);
	ret[SEAL_ID_TEXT - 1] = '\0';
}

/* The words never repeat what is in the line: it may be a secret. */
static int parse_line(enum seal_kind kind, const char *line, struct seal_key *ret, struct error *e)
{
	bool secret = strncasecmp(line, SEAL_SECRET_PREFIX, strlen(SEAL_SECRET_PREFIX)) == 0;

	if (secret && kind == SEAL_PUBLIC)
		return error_set(
			e, -EKEYREJECTED,
			"this is a SECRET key, which opens every dump: keep it off this machine "
			"and name the file with the public key (.pub)");
	if (!secret && kind == SEAL_SECRET)
		return error_set(e, -EKEYREJECTED,
				 "no secret key: it would begin with AGE-SECRET-KEY-1");
	if (bech32_decode(secret ? SEAL_SECRET_PREFIX : SEAL_PUBLIC_PREFIX, line, ret->bytes) < 0)
		return error_set(e, -EINVAL,
				 secret ? "the secret key has a typing error"
					: "no public key: it would begin with age1 and "
					  "have 62 letters and digits");
	return 0;
}

static int add_line(enum seal_kind kind, char *line, struct seal_keys *keys, struct error *e)
{
	size_t len = strcspn(line, "\r");

	while (len && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	line[len] = '\0';
	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return 0;
	if (keys->count == SEAL_KEYS_MAX)
		return error_set(e, -E2BIG, "more than %d keys", SEAL_KEYS_MAX);
	return parse_line(kind, line, &keys->keys[keys->count++], e);
}

int seal_keys_parse(enum seal_kind kind, const char *text, size_t len, const char *name,
		    struct seal_keys *ret, struct error *e)
{
	_cleanup_seal_keys_ struct seal_keys keys = { 0 };
	_cleanup_free_ char *copy = NULL;
	unsigned number = 0;
	char *rest;
	int r = 0;

	if (len > SEAL_KEY_FILE_MAX || memchr(text, '\0', len))
		return error_set(e, -EINVAL, "%s: no file of keys", name);
	copy = strndup(text, len);
	if (!copy)
		return error_errno(e, -ENOMEM, "%s", name);
	rest = copy;
	while (rest && r == 0) {
		number++;
		r = add_line(kind, strsep(&rest, "\n"), &keys, e);
	}
	sodium_memzero(copy, len);
	if (r < 0)
		return error_prefix(e, r, "%s:%u", name, number);
	if (keys.count == 0)
		return error_set(e, -EINVAL, "%s: has no key", name);
	*ret = keys;
	return 0;
}

void seal_wipe(void *data, size_t len)
{
	if (len)
		sodium_memzero(data, len);
}

void seal_keys_wipe(struct seal_keys *k)
{
	sodium_memzero(k, sizeof(*k));
}
