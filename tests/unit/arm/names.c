/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/place/names.h"

#include <string.h>

#include "arm/image/modules.h"

#include "../test.h"

#define LIMIT (10 * USEC_PER_SEC)

static void test_numeric(void **state)
{
	_cleanup_(names_freep) char **list = NULL;
	struct record now = { 0 };
	struct names n = { .limit = LIMIT, .now = &now };

	assert_int_equal(names_look_up(&n, "fd09:1::1", &list, NULL), 0);
	assert_string_equal(list[0], "fd09:1::1");
	assert_null(list[1]);
	/* it says itself where it is */
	assert_int_equal(names_remember(&n, "fd09:1::1", list[0]), 0);
	assert_int_equal(now.hosts_count, 0);
}

/* With no time at all nobody answers. */
static void test_silence(void **state)
{
	_cleanup_(names_freep) char **list = NULL;
	_cleanup_record_ struct record armed = { 0 };
	struct names n = { .limit = 0 };
	struct error e = { 0 };

	assert_true(names_look_up(&n, "nas.example", &list, &e) < 0);
	assert_string_equal(error_text(&e), "nas.example: no name server answers");
	assert_int_equal(record_add_host(&armed, "nas.example", "10.0.0.1"), 0);
	n.armed = &armed;
	assert_int_equal(names_look_up(&n, "nas.example", &list, NULL), 0);
	assert_string_equal(list[0], "10.0.0.1");
	assert_string_equal(n.unsure.data, "the address of nas.example (no name server answers)");
	buf_done(&n.unsure);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numeric),
		cmocka_unit_test(test_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
