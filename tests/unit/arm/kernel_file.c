/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/kexec/kernel_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../made_root.h"
#include "../test.h"
#include "arm/boot/lockdown.h"
#include "arm/machine.h"
#include "base/bytes.h"
#include "base/io.h"

#define IMAGE "/boot/efi/EFI/Linux/0123-6.1.0-9.efi"
#define RELEASE "6.1.0-9"
#define PE 128
#define TABLE (PE + 24 + 240)
#define LINUX_AT 4096
#define SIZE 8192

static void section(uint8_t *p, unsigned i, const char *name, uint32_t size, uint32_t padded,
		    uint32_t offset)
{
	uint8_t *s = p + TABLE + i * 40;

	memset(s, 0, 40);
	memcpy(s, name, MIN(strlen(name), (size_t)8));
	le32_put(s + 8, size);
	le32_put(s + 16, padded);
	le32_put(s + 20, offset);
}

/* Three sections; the kernel is "kernel", 6 bytes of a 512-byte section. */
static void make(uint8_t *p)
{
	memset(p, 0, SIZE);
	memcpy(p, "MZ", 2);
	le32_put(p + 60, PE);
	memcpy(p + PE, "PE\0\0", 4);
	le16_put(p + PE + 6, 3);
	le16_put(p + PE + 20, 240);
	section(p, 0, ".text", 100, 512, 1024);
	section(p, 1, ".linuxx", 100, 512, 2048);
	section(p, 2, ".linux", 6, 512, LINUX_AT);
	memcpy(p + LINUX_AT, "kernel", 6);
}

static void test_unified(void **state)
{
	_cleanup_buf_ struct buf b = { 0 };
	_cleanup_close_ int fd = -1;
	char text[20] = "";
	uint8_t p[SIZE];

	make(p);
	made_bytes(*state, IMAGE, p, SIZE);
	assert_int_equal(kernel_file_read(*state, IMAGE, &b, NULL), 0);
	assert_int_equal(b.len, 6);
	assert_memory_equal(b.data, "kernel", 6);
	assert_int_equal(kernel_file_open(*state, IMAGE, &fd, NULL), 0);
	assert_int_equal(read(fd, text, sizeof(text)), 6);
	assert_string_equal(text, "kernel");
}

static void test_plain(void **state)
{
	static const char *const texts[] = { "", "MZ", "a kernel" };
	uint8_t p[SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_buf_ struct buf b = { 0 };

		made_file(*state, "/boot/k", texts[i]);
		assert_int_equal(kernel_file_read(*state, "/boot/k", &b, NULL), 0);
		assert_int_equal(b.len, strlen(texts[i]));
	}
	/* a kernel with an EFI stub is a PE image, too */
	make(p);
	section(p, 2, ".data", 6, 512, LINUX_AT);
	_cleanup_buf_ struct buf b = { 0 };
	made_bytes(*state, "/boot/k", p, SIZE);
	assert_int_equal(kernel_file_read(*state, "/boot/k", &b, NULL), 0);
	assert_int_equal(b.len, SIZE);
}

static void test_damaged(void **state)
{
	uint64_t offset, size;
	struct error e = { 0 };
	uint8_t p[SIZE];

	make(p);
	for (size_t len = 0; len < TABLE + 3 * 40; len++)
		assert_int_equal(unified_kernel(p, len, len, &offset, &size, NULL), -ENOENT);
	assert_int_equal(unified_kernel(p, SIZE, LINUX_AT + 5, &offset, &size, &e), -ENOEXEC);
	assert_non_null(strstr(e.text, "not inside the file"));
	section(p, 2, ".linux", 0, 512, LINUX_AT);
	assert_int_equal(unified_kernel(p, SIZE, SIZE, &offset, &size, NULL), -ENOEXEC);
	section(p, 2, ".linux", UINT32_MAX, UINT32_MAX, UINT32_MAX);
	assert_int_equal(unified_kernel(p, SIZE, UINT64_MAX, &offset, &size, NULL), -ENOEXEC);
	make(p);
	le32_put(p + 60, UINT32_MAX);
	assert_int_equal(unified_kernel(p, SIZE, SIZE, &offset, &size, NULL), -ENOENT);
	make(p);
	le16_put(p + PE + 20, UINT16_MAX);
	assert_int_equal(unified_kernel(p, SIZE, SIZE, &offset, &size, NULL), -ENOENT);
}

/* Not the signature around it: the kernel's own is what kexec looks at. */
static void test_signed(void **state)
{
	uint8_t p[SIZE], *inner = p + LINUX_AT;
	struct lockdown l;

	make(p);
	le16_put(p + PE + 24, 0x20b);
	le32_put(p + PE + 24 + 108, 16);
	le32_put(p + PE + 24 + 112 + 4 * 8 + 4, 1000);
	section(p, 2, ".linux", 2048, 2048, LINUX_AT);
	memcpy(inner, "MZ", 2);
	le32_put(inner + 60, PE);
	memcpy(inner + PE, "PE\0\0", 4);
	le16_put(inner + PE + 24, 0x20b);
	le32_put(inner + PE + 24 + 108, 16);
	made_bytes(*state, IMAGE, p, SIZE);
	lockdown_read(*state, IMAGE, &l);
	assert_true(l.image_known);
	assert_false(l.image_signed);
	le32_put(inner + PE + 24 + 112 + 4 * 8 + 4, 1000);
	made_bytes(*state, IMAGE, p, SIZE);
	lockdown_read(*state, IMAGE, &l);
	assert_true(l.image_signed);
}

static void finds(const struct root *root, const struct sysconfig *s, const char *wanted)
{
	_cleanup_free_ char *path = NULL;
	int r = machine_kernel_image(root, s, RELEASE, &path, NULL);

	assert_int_equal(r, wanted ? 0 : -ENOENT);
	if (wanted)
		assert_string_equal(path, wanted);
}

static void test_found(void **state)
{
	static char img[] = "0123", ext[] = ".efi", dir[] = "/srv";
	const struct sysconfig usual = { 0 },
			       named = { .img = img, .img_ext = ext, .bootdir = dir };

	made_file(*state, "/boot/efi/EFI/Linux/0123-6.1.0-9.efi.old", "");
	made_file(*state, "/boot/efi/EFI/Linux/0123-6.1.0-91.efi", "");
	made_file(*state, "/boot/efi/EFI/Linux/6.1.0-9.efi", "");
	finds(*state, &usual, NULL);
	made_file(*state, "/lib/modules/6.1.0-9/vmlinuz-virt.efi", "");
	finds(*state, &usual, "/lib/modules/6.1.0-9/vmlinuz-virt.efi");
	made_file(*state, "/efi/EFI/Linux/0123-6.1.0-9+2-1.efi", "");
	finds(*state, &usual, "/efi/EFI/Linux/0123-6.1.0-9+2-1.efi");
	made_file(*state, IMAGE, "");
	finds(*state, &usual, IMAGE);
	finds(*state, &named, NULL);
	made_file(*state, "/srv/0123-6.1.0-9.efi", "");
	finds(*state, &named, "/srv/0123-6.1.0-9.efi");
	made_file(*state, "/boot/vmlinuz-6.1.0-9", "");
	finds(*state, &usual, "/boot/vmlinuz-6.1.0-9");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_unified, made_root_setup, made_root_teardown),
		cmocka_unit_test_setup_teardown(test_plain, made_root_setup, made_root_teardown),
		cmocka_unit_test_setup_teardown(test_damaged, made_root_setup, made_root_teardown),
		cmocka_unit_test_setup_teardown(test_signed, made_root_setup, made_root_teardown),
		cmocka_unit_test_setup_teardown(test_found, made_root_setup, made_root_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
