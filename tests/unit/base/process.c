/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/process.h"

#include <errno.h>

#include "../test.h"

static int run(const char *script, usec_t limit, struct buf *out, struct error *e)
{
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };

	return process_run(argv, NULL, clock_now() + limit, out, e);
}

static void test_output(void **state)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct error e = { 0 };

	assert_int_equal(run("echo one; echo two", 10 * USEC_PER_SEC, &out, &e), 0);
	assert_string_equal(out.data, "one\ntwo\n");
}

static void test_words(void **state)
{
	static const struct {
		const char *script, *words;
	} rows[] = {
		{ "echo '@@@@' >&2; echo 'key changed' >&2; exit 255", "key changed" },
		{ "printf 'denied\\r\\n\\n' >&2; exit 1", "denied" },
		{ "exit 3", "it failed with status 3" },
		{ "kill -9 $$", "it failed with status -9" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error e = { 0 };

		assert_int_equal(run(rows[i].script, 10 * USEC_PER_SEC, NULL, &e), -EIO);
		assert_string_equal(error_text(&e), rows[i].words);
	}
}

static void test_deadline(void **state)
{
	struct error e = { 0 };

	assert_int_equal(run("exec sleep 100", USEC_PER_SEC / 10, NULL, &e), -ETIMEDOUT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
