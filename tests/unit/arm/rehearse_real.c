/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/real.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../made_root.h"
#include "../test.h"
#include "arm/rehearse/standin.h"
#include "arm/rehearse/work.h"

static void test_directory(void **state)
{
	const struct root *root = *state;
	_cleanup_close_ int dir = -1;
	struct real_rate rate = { 0 };
	struct error e = { 0 };

	made_dir(root, "/dumps");
	dir = openat(root->fd, "dumps", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(real_try_directory(dir, "ext4", &rate, &e), 0);
	assert_true(rate.write > 0 && rate.read > 0 && rate.room > 0);
	/* Nothing is left. */
	assert_int_equal(unlinkat(root->fd, "dumps", AT_REMOVEDIR), 0);
	assert_true(real_try_directory(dir, "ext4 on /dev/vda", &rate, &e) < 0);
	assert_non_null(strstr(e.text, "ext4 on /dev/vda: make a file"));
}

static void test_unpack(void **state)
{
	static const char *const names[] = { "/init", "/lib/modules/a.ko", "/etc/ssh/key" };
	_cleanup_image_ struct image im = { 0 }, back = { 0 };
	_cleanup_buf_ struct buf packed = { 0 };
	struct buf link = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct buf content = { 0 };

		assert_int_equal(buf_printf(&content, "content of %s", names[i]), 0);
		assert_int_equal(image_add(&im, names[i], 0640, &content, NULL), 0);
	}
	assert_int_equal(buf_printf(&link, "/init"), 0);
	assert_int_equal(image_add(&im, "/sbin/init", S_IFLNK | 0777, &link, NULL), 0);
	assert_int_equal(image_pack(&im, &packed, NULL), 0);
	assert_int_equal(image_unpack(packed.data, packed.len, &back, NULL), 0);
	assert_int_equal(back.count, im.count);
	assert_int_equal(back.unpacked, im.unpacked);
	for (size_t i = 0; i < im.count; i++) {
		assert_string_equal(back.files[i].name, im.files[i].name);
		assert_int_equal(back.files[i].mode, im.files[i].mode);
		assert_string_equal(back.files[i].content.data, im.files[i].content.data);
	}
}

/* The same content gives the same bytes: what is not changed is packed as it was. */
static void test_unpack_and_pack(void **state)
{
	_cleanup_image_ struct image im = { 0 }, back = { 0 };
	_cleanup_buf_ struct buf packed = { 0 }, again = { 0 };
	struct buf content = { 0 };

	assert_int_equal(buf_printf(&content, "plan"), 0);
	assert_int_equal(image_add(&im, "/lastword.plan", 0600, &content, NULL), 0);
	assert_int_equal(image_pack(&im, &packed, NULL), 0);
	assert_int_equal(image_unpack(packed.data, packed.len, &back, NULL), 0);
	assert_int_equal(image_pack(&back, &again, NULL), 0);
	assert_int_equal(packed.len, again.len);
	assert_memory_equal(packed.data, again.data, again.len);
}

static void test_unpack_damaged(void **state)
{
	_cleanup_image_ struct image im = { 0 };
	struct error e = { 0 };

	assert_int_equal(image_unpack("nothing", 7, &im, &e), -EBADMSG);
	assert_int_equal(im.count, 0);
}

static void test_copy_keeps_holes(void **state)
{
	const struct root *root = *state;
	_cleanup_free_ char *from = root_join(root, "/from"), *to = root_join(root, "/to");
	struct stat a, b;
	int fd = open(from, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(ftruncate(fd, (off_t)MIB(64)), 0);
	assert_int_equal(pwrite(fd, "data", 4, (off_t)MIB(32)), 4);
	close(fd);
	assert_int_equal(standin_copy(root->fd, "from", to, NULL), 0);
	assert_int_equal(stat(from, &a), 0);
	assert_int_equal(stat(to, &b), 0);
	assert_int_equal(a.st_size, b.st_size);
	assert_true(b.st_blocks < 4096);
}

static void test_work(void **state)
{
	char path[PATH_MAX], file[PATH_MAX + 8];

	assert_int_equal(work_make(NULL, path, NULL), 0);
	snprintf(file, sizeof(file), "%s/x", path);
	close(open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	work_remove(path, "kept");
	assert_int_equal(access(file, F_OK), 0);
	work_remove(path, NULL);
	assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_directory, made_root_setup,
						made_root_teardown),
		cmocka_unit_test(test_unpack),
		cmocka_unit_test(test_unpack_and_pack),
		cmocka_unit_test(test_unpack_damaged),
		cmocka_unit_test_setup_teardown(test_copy_keeps_holes, made_root_setup,
						made_root_teardown),
		cmocka_unit_test(test_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
