/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/boot/edit.h"

#include <errno.h>
#include <string.h>

#include "arm/boot/diff.h"

#include "../made_root.h"
#include "../test.h"

static void put(const struct root *root, struct edits *edits, const char *path, const char *text)
{
	assert_int_equal(edits_put(root, edits, path, text, strlen(text), 0644, NULL), 0);
}

static void check_file(const struct root *root, const char *path, const char *text)
{
	_cleanup_buf_ struct buf content = { 0 };

	assert_int_equal(root_read_file(root, path, 4096, &content), 0);
	assert_string_equal(content.data ?: "", text);
}

static void test_write(void **state)
{
	_cleanup_edits_ struct edits edits = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	struct root root;

	made_root(&root);
	made_file(&root, "/etc/a", "one\n");
	made_file(&root, "/etc/c", "gone\n");
	put(&root, &edits, "/etc/a", "one\n");
	assert_int_equal(edits_remove(&root, &edits, "/etc/none", NULL), 0);
	assert_int_equal(edits.count, 0);
	put(&root, &edits, "/etc/a", "two\n");
	put(&root, &edits, "/etc/new/b", "b\n");
	assert_int_equal(edits_remove(&root, &edits, "/etc/c", NULL), 0);
	assert_int_equal(edits_read(&root, &edits, "/etc/a", &text, NULL), 0);
	assert_string_equal(text.data, "two\n");
	assert_int_equal(edits_read(&root, &edits, "/etc/c", &text, NULL), -ENOENT);
	check_file(&root, "/etc/a", "one\n");
	assert_int_equal(edits_write(&root, &edits, NULL), 0);
	check_file(&root, "/etc/a", "two\n");
	check_file(&root, "/etc/new/b", "b\n");
	assert_int_equal(root_read_file(&root, "/etc/c", 10, &(struct buf){ 0 }), -ENOENT);
	made_root_remove(&root);
}

static void check_diff(const char *before, const char *after, const char *diff)
{
	_cleanup_buf_ struct buf a = { 0 }, b = { 0 }, out = { 0 };

	assert_int_equal(buf_printf(&a, "%s", before ?: ""), 0);
	assert_int_equal(buf_printf(&b, "%s", after ?: ""), 0);
	assert_int_equal(diff_write("/f", before ? &a : NULL, after ? &b : NULL, &out), 0);
	assert_string_equal(out.data, diff);
}

/* As diff -U3 has it, but for the times. */
static void test_diff(void **state)
{
	check_diff(NULL, "a\nb\n", "--- /dev/null\n+++ /f\n@@ -0,0 +1,2 @@\n+a\n+b\n");
	check_diff("a\n", NULL, "--- /f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n");
	check_diff("a\nb\nc", "a\nx\nc",
		   "--- /f\n+++ /f\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"
		   "\\ No newline at end of file\n");
	check_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n",
		   "1\nx\n3\n4\n5\n6\n7\n8\n9\n10\ny\n12\n",
		   "--- /f\n+++ /f\n@@ -1,5 +1,5 @@\n 1\n-2\n+x\n 3\n 4\n 5\n"
		   "@@ -8,5 +8,5 @@\n 8\n 9\n 10\n-11\n+y\n 12\n");
	check_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "x\n1\n2\n3\n4\n5\n6\n7\n9\n",
		   "--- /f\n+++ /f\n@@ -1,3 +1,4 @@\n+x\n 1\n 2\n 3\n@@ -5,5 +6,4 @@\n 5\n 6\n "
		   "7\n-8\n 9\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_diff),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
