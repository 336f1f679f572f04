/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seal/key.h"

#include <errno.h>
#include <string.h>

#include "../test.h"

/* Of the specification of age. */
#define PUBLIC "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
#define SECRET "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"

static void test_known(void **state)
{
	struct seal_key public, secret;
	char text[SEAL_PUBLIC_TEXT], secret_text[SEAL_SECRET_TEXT], id[SEAL_ID_TEXT];

	memset(secret.bytes, 0x42, sizeof(secret.bytes));
	seal_secret_format(&secret, secret_text);
	assert_string_equal(secret_text, SECRET);
	seal_key_public(&secret, &public);
	seal_public_format(&public, text);
	assert_string_equal(text, PUBLIC);
	assert_int_equal(seal_public_parse(PUBLIC, &secret), 0);
	assert_memory_equal(&secret, &public, sizeof(public));
	seal_key_id(&public, id);
	assert_string_equal(id, "age1zvkyg2lq");
}

/* Every letter replaced by every other, and every two neighbours swapped. */
static void test_typing_errors(void **state)
{
	struct seal_key k;
	char text[] = PUBLIC;

	for (size_t i = 0; i < strlen(PUBLIC); i++) {
		for (char c = '0'; c <= 'z'; c++) {
			text[i] = c;
			if (c != PUBLIC[i])
				assert_int_equal(seal_public_parse(text, &k), -EINVAL);
		}
		text[i] = PUBLIC[i];
		if (!PUBLIC[i + 1] || PUBLIC[i] == PUBLIC[i + 1])
			continue;
		text[i] = PUBLIC[i + 1];
		text[i + 1] = PUBLIC[i];
		assert_int_equal(seal_public_parse(text, &k), -EINVAL);
		text[i] = PUBLIC[i];
		text[i + 1] = PUBLIC[i + 1];
	}
	assert_int_equal(seal_public_parse("", &k), -EINVAL);
	assert_int_equal(seal_public_parse(PUBLIC "q", &k), -EINVAL);
}

static int parse(enum seal_kind kind, const char *text, struct seal_keys *ret, struct error *e)
{
	*e = (struct error){ 0 };
	return seal_keys_parse(kind, text, strlen(text), "file", ret, e);
}

static void test_files(void **state)
{
	struct seal_keys keys;
	struct error e;

	assert_int_equal(parse(SEAL_PUBLIC, "# ours\n\n  " PUBLIC " \r\n" PUBLIC, &keys, &e), 0);
	assert_int_equal(keys.count, 2);
	assert_int_equal(parse(SEAL_SECRET, "# public key: " PUBLIC "\n" SECRET "\n", &keys, &e),
			 0);
	assert_int_equal(keys.count, 1);
	assert_int_equal(parse(SEAL_PUBLIC, "", &keys, &e), -EINVAL);
	assert_int_equal(parse(SEAL_PUBLIC, "ssh-ed25519 AAAA", &keys, &e), -EINVAL);
	assert_int_equal(parse(SEAL_SECRET, PUBLIC, &keys, &e), -EKEYREJECTED);
}

/* Said loudly, with the line, and never repeated. */
static void test_secret_where_public_is_meant(void **state)
{
	struct seal_keys keys;
	struct error e;

	assert_int_equal(parse(SEAL_PUBLIC, PUBLIC "\n" SECRET "\n", &keys, &e), -EKEYREJECTED);
	assert_non_null(strstr(error_text(&e), "file:2: this is a SECRET key"));
	assert_null(strcasestr(error_text(&e), "GFPYY"));
	assert_int_equal(parse(SEAL_SECRET, SECRET "Q", &keys, &e), -EINVAL);
	assert_null(strcasestr(error_text(&e), "GFPYY"));
}

static void test_limit(void **state)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct seal_keys keys;
	struct error e;

	for (unsigned i = 0; i < SEAL_KEYS_MAX; i++)
		assert_int_equal(buf_printf(&text, PUBLIC "\n"), 0);
	assert_int_equal(parse(SEAL_PUBLIC, text.data, &keys, &e), 0);
	assert_int_equal(buf_printf(&text, PUBLIC "\n"), 0);
	assert_int_equal(parse(SEAL_PUBLIC, text.data, &keys, &e), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known), cmocka_unit_test(test_typing_errors),
		cmocka_unit_test(test_files), cmocka_unit_test(test_secret_where_public_is_meant),
		cmocka_unit_test(test_limit),
	};
	struct error e;

	return seal_init(&e) < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
