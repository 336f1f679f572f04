/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/image/image.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../made_root.h"
#include "../test.h"

static void add(struct image *im, const char *name, unsigned mode, const char *content)
{
	struct buf b = { 0 };

	assert_int_equal(buf_append(&b, content, strlen(content)), 0);
	assert_int_equal(image_add(im, name, mode, &b, NULL), 0);
	assert_null(b.data);
}

static void pack(struct buf *ret)
{
	_cleanup_image_ struct image im = { 0 };

	add(&im, "/init", 0755, "#!");
	add(&im, "/lib/modules/ext4.ko", 0644, "module");
	assert_int_equal(im.unpacked, 8192);
	assert_int_equal(image_pack(&im, ret, NULL), 0);
}

static void test_same_content_same_bytes(void **state)
{
	_cleanup_buf_ struct buf a = { 0 }, b = { 0 };

	pack(&a);
	pack(&b);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	/* gzip without a time. */
	assert_memory_equal(a.data, "\x1f\x8b\x08\x00\x00\x00\x00\x00", 8);
}

static void test_content(void **state)
{
	_cleanup_buf_ struct buf packed = { 0 };
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	bool init = false, console = false;
	const char *previous = "";
	char last[100] = "";

	pack(&packed);
	archive_read_support_filter_gzip(a);
	archive_read_support_format_cpio(a);
	assert_int_equal(archive_read_open_memory(a, packed.data, packed.len), ARCHIVE_OK);
	while (archive_read_next_header(a, &entry) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);

		assert_int_not_equal(*name, '/');
		assert_int_equal(archive_entry_uid(entry), 0);
		assert_int_equal(archive_entry_mtime(entry), 0);
		if (strcmp(name, "init") == 0) {
			char content[10];

			init = true;
			assert_int_equal(archive_entry_perm(entry), 0755);
			assert_int_equal(archive_read_data(a, content, sizeof(content)), 2);
		}
		if (strcmp(name, "dev/console") == 0) {
			console = true;
			assert_int_equal(archive_entry_filetype(entry), S_IFCHR);
			assert_int_equal(archive_entry_rdevmajor(entry), 5);
			assert_int_equal(archive_entry_rdevminor(entry), 1);
			assert_string_equal(previous, "dev");
		}
		snprintf(last, sizeof(last), "%s", name);
		previous = last;
	}
	archive_read_free(a);
	assert_true(init && console);
}

static void test_modules_come_uncompressed(void **state)
{
	struct root r;
	_cleanup_buf_ struct buf plain = { 0 }, xz = { 0 };
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	_cleanup_free_ char *path = NULL;

	made_root(&r);
	made_file(&r, "/a.ko", "module");
	assert_int_equal(image_read_module(&r, "/a.ko", &plain, NULL), 0);
	assert_string_equal(plain.data, "module");

	path = root_join(&r, "/b.ko.xz");
	archive_write_add_filter_xz(a);
	archive_write_set_format_raw(a);
	assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
	archive_entry_set_filetype(entry, AE_IFREG);
	assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(a, "module", 6), 6);
	archive_write_free(a);
	archive_entry_free(entry);
	assert_int_equal(image_read_module(&r, "/b.ko.xz", &xz, NULL), 0);
	assert_string_equal(xz.data, "module");
	assert_true(image_read_module(&r, "/none.ko", &xz, NULL) < 0);
	made_root_remove(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_content_same_bytes),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_modules_come_uncompressed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
