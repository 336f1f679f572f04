/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/image/encrypt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../made_root.h"
#include "../test.h"

#define CONFIG "lastword_encrypt /etc/dump.pub\n"
#define PUBLIC "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
#define SECRET "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"

static int keys(const char *config, const char *file, struct seal_keys *ret, struct error *e)
{
	_cleanup_config_ struct config c = { 0 };
	struct root root;
	int r;

	*ret = (struct seal_keys){ 0 };
	*e = (struct error){ 0 };
	made_root(&root);
	if (file)
		made_file(&root, "/etc/dump.pub", file);
	r = config_parse(config, strlen(config), "kdump.conf", &c, e);
	if (r == 0)
		r = encrypt_keys(&root, &c, ret, e);
	made_root_remove(&root);
	return r;
}

static void test_keys(void **state)
{
	struct seal_keys k;
	struct error e;

	assert_int_equal(keys("", NULL, &k, &e), 0);
	assert_int_equal(k.count, 0);
	assert_int_equal(keys("lastword_encrypt no\n", NULL, &k, &e), 0);
	assert_int_equal(k.count, 0);
	assert_int_equal(keys(CONFIG, "# the lab's\n" PUBLIC "\n" PUBLIC "\n", &k, &e), 0);
	assert_int_equal(k.count, 2);
}

static void test_refused(void **state)
{
	static const struct {
		const char *config, *file, *words;
	} rows[] = {
		{ "lastword_encrypt dump.pub\n", PUBLIC, "absolute path" },
		{ CONFIG CONFIG, PUBLIC, "given twice" },
		{ CONFIG, NULL, "/etc/dump.pub: No such file" },
		{ CONFIG, "", "has no key" },
		{ CONFIG, SECRET, "/etc/dump.pub:1: this is a SECRET key" },
		{ CONFIG "raw /dev/vdb\n", PUBLIC, "raw /dev/vdb: a dump on a raw device" },
		{ CONFIG "fallback raw /dev/vdb\n", PUBLIC, "raw /dev/vdb" },
	};
	struct seal_keys k;
	struct error e;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_true(keys(rows[i].config, rows[i].file, &k, &e) < 0);
		if (!strstr(error_text(&e), rows[i].words))
			fail_msg("'%s' does not say '%s'", error_text(&e), rows[i].words);
	}
}

static void test_plan(void **state)
{
	_cleanup_(plan_freep) struct plan *p = calloc(1, sizeof(*p));
	_cleanup_free_ char *words = strdup("ext4 on /dev/vda1");
	struct seal_keys k;
	struct error e;

	assert_int_equal(keys(CONFIG, PUBLIC, &k, &e), 0);
	assert_int_equal(encrypt_give(&k, p, &words, &e), 0);
	assert_int_equal(p->recipients_count, 1);
	assert_string_equal(p->recipients[0].key, PUBLIC);
	assert_string_equal(words, "ext4 on /dev/vda1; encrypted for age1zvkyg2lq…");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
