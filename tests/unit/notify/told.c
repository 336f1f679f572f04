/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/told.h"

#include <string.h>

#include "../made_root.h"
#include "../test.h"

static char one[] = "one", two[] = "two", root_address[] = "root";
static const struct config_notify mail = { CONFIG_NOTIFY_MAIL, root_address };
static const struct config_notify webhook = { CONFIG_NOTIFY_WEBHOOK, root_address };
static const struct notify_dump first = { .name = one }, second = { .name = two };

static struct told open_told(const struct root *root)
{
	struct error e = { 0 };
	struct told t;

	if (told_open(root, false, &t, &e) < 0)
		fail_msg("%s", error_text(&e));
	return t;
}

static void test_remembers(void **state)
{
	struct root root;
	struct error e;
	struct told t;

	made_root(&root);
	t = open_told(&root);
	assert_true(t.first);
	assert_false(told_has(&t, &mail, &first));
	assert_int_equal(told_add(&t, &mail, &first), 0);
	assert_int_equal(told_save(&root, &t, &e), 0);
	told_done(&t);
	t = open_told(&root);
	assert_false(t.first);
	assert_true(told_has(&t, &mail, &first));
	assert_false(told_has(&t, &webhook, &first));
	assert_false(told_has(&t, &mail, &second));
	told_done(&t);
	made_root_remove(&root);
}

/* What was written by nobody of us. */
static void test_damaged(void **state)
{
	struct root root;
	struct told t;

	made_root(&root);
	made_file(&root, TOLD_PATH, "lastword-notified 1\nzz\n\n\xff\xff");
	t = open_told(&root);
	assert_false(t.first);
	assert_int_equal(t.count, 0);
	told_done(&t);
	made_root_remove(&root);
}

/* The oldest go. */
static void test_limit(void **state)
{
	struct told t = { .lock = -1 };
	char name[20];

	for (unsigned i = 0; i <= TOLD_MAX; i++) {
		const struct notify_dump d = { .name = name };

		snprintf(name, sizeof(name), "%u", i);
		assert_int_equal(told_add(&t, &mail, &d), 0);
	}
	assert_int_equal(t.count, TOLD_MAX);
	assert_true(told_has(&t, &mail, &(struct notify_dump){ .name = name }));
	assert_false(told_has(&t, &mail, &(struct notify_dump){ .name = (char *)"0" }));
	told_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remembers),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
