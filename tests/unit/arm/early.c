/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/early.h"

#include <errno.h>
#include <string.h>

#include "../made_root.h"
#include "../test.h"

#define KERNEL "/boot/vmlinuz-6.1"

static void check_is(const struct root *root, const struct record *rec, int r, const char *words)
{
	struct error e = { 0 };

	assert_int_equal(early_check(root, rec, &e), r);
	if (words && !strstr(error_text(&e), words))
		fail_msg("'%s' does not say '%s'", error_text(&e), words);
}

/* Each thing that changes makes the image stale, and is named; put back, it is right again. */
static void test_what_makes_it_stale(void **state)
{
	static const struct {
		const char *path, *was, *becomes, *words;
	} changes[] = {
		{ KERNEL, "kernel", "other", KERNEL " changed" },
		{ "/proc/sys/kernel/osrelease", "6.1\n", "6.2\n", "for kernel 6.1, this is 6.2" },
		{ "/etc/kdump.conf", "path /a\n", "path /b\n", "kdump.conf changed" },
		{ "/etc/sysconfig/kdump", "", "KDUMP_IMG=x\n", "changed" },
	};
	_cleanup_record_ struct record rec = { 0 };
	struct digest configuration;
	struct root root;

	made_root(&root);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
		made_file(&root, changes[i].path, changes[i].was);
	rec.release = strdup("6.1");
	rec.kernel = strdup(KERNEL);
	assert_int_equal(record_add(&rec, RECORD_KERNEL_IMAGE, "kernel", 6), 0);
	assert_int_equal(early_configuration(&root, &configuration, NULL), 0);
	rec.configuration = strdup(configuration.hex);
	check_is(&root, &rec, 0, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		made_file(&root, changes[i].path, changes[i].becomes);
		check_is(&root, &rec, -ESTALE, changes[i].words);
		made_file(&root, changes[i].path, changes[i].was);
		check_is(&root, &rec, 0, NULL);
	}
	made_root_remove(&root);
}

static void test_no_configuration(void **state)
{
	struct digest none, empty;
	struct root root;

	made_root(&root);
	assert_int_equal(early_configuration(&root, &none, NULL), 0);
	made_file(&root, "/etc/kdump.conf", "");
	assert_int_equal(early_configuration(&root, &empty, NULL), 0);
	assert_string_equal(none.hex, empty.hex);
	made_root_remove(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_makes_it_stale),
		cmocka_unit_test(test_no_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
