/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/device.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/io.h"

#include "../test.h"

#define UUID "f81d4fae-7dec-41d0-a765-00a0c91e6bf6"

/* A made-up machine: vda without partitions and sda with one, which holds swap space with a UUID. */
#define VDA "pci0000:00/0000:00:04.0/virtio1/block/vda"
#define SDA "pci0000:00/0000:00:05.0/ata1/host0/target0:0:0/0:0:0:0/block/sda"

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void make_dirs(int fd, const char *path)
{
	char part[512];

	for (const char *slash = path; (slash = strchr(slash, '/')); slash++) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		mkdirat(fd, part, 0755);
	}
}

static void put(int root, const char *path, const void *data, size_t len)
{
	_cleanup_close_ int fd = -1;

	make_dirs(root, path);
	fd = openat(root, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write_all(fd, data, len), 0);
}

static void put_text(int root, const char *path, const char *text)
{
	put(root, path, text, strlen(text));
}

/* The header of mkswap(8), include/linux/swap.h: union swap_header; the magic ends the first page. */
static void put_swap(int root, const char *path)
{
	static const unsigned char uuid[16] = { 0xf8, 0x1d, 0x4f, 0xae, 0x7d, 0xec, 0x41, 0xd0,
						0xa7, 0x65, 0x00, 0xa0, 0xc9, 0x1e, 0x6b, 0xf6 };
	static char page[1 << 16];

	le32_put(page + 1024, 1);
	le32_put(page + 1028, sizeof(page) / 4096 - 1);
	memcpy(page + 1036, uuid, sizeof(uuid));
	memcpy(page + 4096 - 10, "SWAPSPACE2", 10);
	put(root, path, page, sizeof(page));
}

static int setup(void **state)
{
	static struct root root;
	char path[] = "/tmp/lastword-test-XXXXXX";
	int r = mkdtemp(path) ? root_open(path, &root) : -1;

	if (r < 0)
		return r;
	make_dirs(root.fd, "sys/class/block/");
	make_dirs(root.fd, "dev/");
	put_text(root.fd, "sys/devices/" VDA "/size", "2097152\n");
	put_text(root.fd, "sys/devices/" VDA "/serial", "disk-1");
	put_text(root.fd, "sys/devices/" VDA "/ro", "1\n");
	put_text(root.fd, "sys/devices/" VDA "/uevent", "MAJOR=254\nMINOR=0\nDEVNAME=vda\n");
	put_text(root.fd, "sys/devices/" SDA "/size", "1024\n");
	put(root.fd, "sys/devices/" SDA "/device/vpd_pg80", "\0\x80\0\x0c  QM00001   ", 16);
	put_text(root.fd, "sys/devices/" SDA "/sda1/size", "128\n");
	put_text(root.fd, "sys/devices/" SDA "/sda1/partition", "1\n");
	put_text(root.fd, "sys/devices/" SDA "/sda1/uevent", "DEVNAME=deep/sda1\n");
	put_swap(root.fd, "dev/deep/sda1");
	r |= symlinkat("../../devices/" VDA, root.fd, "sys/class/block/vda");
	r |= symlinkat("../../devices/" SDA, root.fd, "sys/class/block/sda");
	r |= symlinkat("../../devices/" SDA "/sda1", root.fd, "sys/class/block/sda1");
	*state = &root;
	return r;
}

static int teardown(void **state)
{
	struct root *root = *state;
	int r = nftw(root->path, remove_entry, 32, FTW_DEPTH | FTW_PHYS);

	root_done(root);
	return r;
}

static void test_facts(void **state)
{
	struct device_facts f = { .size = 7 };

	assert_int_equal(device_facts_read(*state, "vdx", &f), -ENOENT);
	assert_int_equal(f.size, 7);
	assert_int_equal(device_facts_read(*state, "vda", &f), 0);
	assert_string_equal(f.name, "vda");
	assert_string_equal(f.syspath, VDA);
	assert_string_equal(f.serial, "disk-1");
	assert_int_equal(f.size, GIB(1));
	assert_int_equal(f.partition, 0);
	assert_true(f.read_only);

	assert_int_equal(device_facts_read(*state, "sda1", &f), 0);
	assert_string_equal(f.name, "deep/sda1");
	assert_string_equal(f.syspath, SDA "/sda1");
	assert_int_equal(f.partition, 1);
	assert_int_equal(f.size, KIB(64));
	assert_false(f.read_only);
}

static void test_serial_of_the_disk(void **state)
{
	struct device_facts f;

	assert_int_equal(device_facts_read(*state, "sda1", &f), 0);
	assert_string_equal(f.serial, "QM00001");
}

static void test_match_raw(void **state)
{
	const struct device_facts have = {
		.name = "vdb1",
		.serial = "S1",
		.syspath = "pci/a",
		.size = 4096,
		.partition = 1,
	};
	static const struct {
		struct plan_device want;
		enum device_match match;
	} rows[] = {
		{ { .serial = (char *)"S1", .partition = 1, .size = 4096 }, DEVICE_LIKELY },
		{ { .serial = (char *)"S1", .partition = 1 }, DEVICE_LIKELY },
		{ { .serial = (char *)"S1", .partition = 1, .size = 8192 }, DEVICE_NO },
		{ { .serial = (char *)"S1", .partition = 2, .size = 4096 }, DEVICE_NO },
		{ { .serial = (char *)"S2", .partition = 1, .syspath = (char *)"pci/a" },
		  DEVICE_NO },
		{ { .syspath = (char *)"/sys/devices/pci/a", .partition = 1 }, DEVICE_LIKELY },
		{ { .syspath = (char *)"pci/b", .name = (char *)"vdb1", .partition = 1 },
		  DEVICE_NO },
		{ { .name = (char *)"vdb1", .serial = (char *)"", .partition = 1 }, DEVICE_LIKELY },
		{ { .name = (char *)"vda1", .partition = 1 }, DEVICE_NO },
		{ { .partition = 1 }, DEVICE_NO },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(device_match(&rows[i].want, &have), rows[i].match);
}

static void test_match_file_system(void **state)
{
	struct device_facts have = { .name = "vdb1", .serial = "S1", .partition = 1 };
	struct plan_device want = { .fs_uuid = (char *)UUID, .partition = 1, .size = 9 };

	assert_int_equal(device_match(&want, &have), DEVICE_NO);
	have.size = 4096;
	assert_int_equal(device_match(&want, &have), DEVICE_POSSIBLE);
	want.serial = (char *)"S1";
	assert_int_equal(device_match(&want, &have), DEVICE_LIKELY);
	want.serial = (char *)"S2";
	assert_int_equal(device_match(&want, &have), DEVICE_POSSIBLE);
}

static void test_found_by_uuid(void **state)
{
	/* The hints are wrong: the disk was moved. */
	const struct plan_device want = {
		.fs_uuid = (char *)UUID,
		.syspath = (char *)VDA,
		.serial = (char *)"disk-1",
	};
	struct device_facts f;
	struct error e = { 0 };

	assert_int_equal(device_wait(*state, &want, "swap", clock_now(), &f, &e), 0);
	assert_string_equal(f.name, "deep/sda1");
	assert_int_equal(device_wait(*state, &want, "ext4", clock_now(), &f, &e), -ETIMEDOUT);
	assert_non_null(strstr(error_text(&e), UUID));
	assert_non_null(strstr(error_text(&e), "vda 1024 MiB"));
}

static void test_write_protected(void **state)
{
	const struct plan_device want = { .serial = (char *)"disk-1", .size = GIB(1) };
	struct device_facts f = { .size = 7 };
	struct error e = { 0 };

	assert_int_equal(device_wait(*state, &want, "", clock_now(), &f, &e), -EROFS);
	assert_int_equal(f.size, 7);
	assert_string_equal(error_text(&e), "/dev/vda is write-protected");
}

static void test_raw_not_there(void **state)
{
	const struct plan_device want = { .serial = (char *)"disk-1", .size = GIB(2) };
	struct device_facts f = { .size = 7 };
	struct error e = { 0 };

	assert_int_equal(device_wait(*state, &want, "", clock_now(), &f, &e), -ETIMEDOUT);
	assert_int_equal(f.size, 7);
	assert_non_null(strstr(error_text(&e), "2147483648"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts),		cmocka_unit_test(test_serial_of_the_disk),
		cmocka_unit_test(test_match_raw),	cmocka_unit_test(test_match_file_system),
		cmocka_unit_test(test_found_by_uuid),	cmocka_unit_test(test_raw_not_there),
		cmocka_unit_test(test_write_protected),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
