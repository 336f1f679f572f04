/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/image/encrypt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(PLAN_RECIPIENTS_MAX == SEAL_KEYS_MAX, "the plan has room for every key");

/* Where a dump on a device ends only its content tells, and that takes the secret key. */
static int refuse_raw(const struct config *c, struct error *e)
{
	for (size_t i = 0; i < c->targets_count; i++)
		if (c->targets[i].kind == CONFIG_TARGET_RAW)
			return error_set(
				e, -EINVAL,
				"lastword_encrypt: raw %s: a dump on a raw device cannot be "
				"encrypted, as nobody could bring it into a file without the "
				"secret key; use a file system, nfs or ssh",
				c->targets[i].device);
	return 0;
}

int encrypt_keys(const struct root *root, const struct config *c, struct seal_keys *ret,
		 struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r;

	if (!c->encrypt)
		return 0;
	r = refuse_raw(c, e);
	if (r == 0)
		r = seal_init(e);
	if (r < 0)
		return r;
	r = root_read_file(root, c->encrypt, SEAL_KEY_FILE_MAX, &text);
	if (r < 0)
		return error_errno(e, r, "lastword_encrypt: %s", c->encrypt);
	r = seal_keys_parse(SEAL_PUBLIC, text.data ?: "", text.len, c->encrypt, ret, e);
	return r < 0 ? error_prefix(e, r, "lastword_encrypt") : 0;
}

static int add_words(const struct seal_keys *keys, char **words, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	char id[SEAL_ID_TEXT];
	int r = buf_printf(&text, "%s; encrypted for", *words);

	for (size_t i = 0; i < keys->count && r == 0; i++) {
		seal_key_id(&keys->keys[i], id);
		r = buf_printf(&text, "%s %s…", i ? "," : "", id);
	}
	if (r < 0)
		return error_errno(e, r, "lastword_encrypt");
	free(*words);
	*words = TAKE_PTR(text.data);
	return 0;
}

int encrypt_give(const struct seal_keys *keys, struct plan *p, char **words, struct error *e)
{
	char text[SEAL_PUBLIC_TEXT];

	if (keys->count == 0)
		return 0;
	p->recipients = calloc(keys->count, sizeof(*p->recipients));
	if (!p->recipients)
		return error_errno(e, -ENOMEM, "lastword_encrypt");
	for (size_t i = 0; i < keys->count; i++) {
		seal_public_format(&keys->keys[i], text);
		p->recipients[p->recipients_count].key = strdup(text);
		if (!p->recipients[p->recipients_count++].key)
			return error_errno(e, -ENOMEM, "lastword_encrypt");
	}
	return add_words(keys, words, e);
}
