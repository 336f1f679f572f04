/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#include "../made_root.h"
#include "../test.h"

#define UUID "f81d4fae-7dec-41d0-a765-00a0c91e6bf6"

/* A made-up machine: vda without partitions and sda with one, which holds swap space with a UUID. */
#define VDA "pci0000:00/0000:00:04.0/virtio1/block/vda"
#define SDA "pci0000:00/0000:00:05.0/ata1/host0/target0:0:0/0:0:0:0/block/sda"

/* The header of mkswap(8), include/linux/swap.h: union swap_header; the magic ends the first page. */
static void put_swap(const struct root *r, const char *path)
{
	static const unsigned char uuid[16] = { 0xf8, 0x1d, 0x4f, 0xae, 0x7d, 0xec, 0x41, 0xd0,
						0xa7, 0x65, 0x00, 0xa0, 0xc9, 0x1e, 0x6b, 0xf6 };
	static char page[1 << 16];

	le32_put(page + 1024, 1);
	le32_put(page + 1028, sizeof(page) / 4096 - 1);
	memcpy(page + 1036, uuid, sizeof(uuid));
	memcpy(page + 4096 - 10, "SWAPSPACE2", 10);
	made_bytes(r, path, page, sizeof(page));
}

static int setup(void **state)
{
	const struct root *r;

	made_root_setup(state);
	r = *state;
	made_dir(r, "/sys/class/block");
	made_dir(r, "/dev");
	made_file(r, "/sys/devices/" VDA "/size", "2097152\n");
	made_file(r, "/sys/devices/" VDA "/serial", "disk-1");
	made_file(r, "/sys/devices/" VDA "/ro", "1\n");
	made_file(r, "/sys/devices/" VDA "/uevent", "MAJOR=254\nMINOR=0\nDEVNAME=vda\n");
	made_file(r, "/sys/devices/" SDA "/size", "1024\n");
	made_bytes(r, "/sys/devices/" SDA "/device/vpd_pg80", "\0\x80\0\x0c  QM00001   ", 16);
	made_file(r, "/sys/devices/" SDA "/sda1/size", "128\n");
	made_file(r, "/sys/devices/" SDA "/sda1/partition", "1\n");
	made_file(r, "/sys/devices/" SDA "/sda1/uevent", "DEVNAME=deep/sda1\n");
	put_swap(r, "/dev/deep/sda1");
	made_link(r, "/sys/class/block/vda", "../../devices/" VDA);
	made_link(r, "/sys/class/block/sda", "../../devices/" SDA);
	made_link(r, "/sys/class/block/sda1", "../../devices/" SDA "/sda1");
	return 0;
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

/* An array's member may show the same file system: only what was made is it. */
static void test_match_volume(void **state)
{
	struct device_facts have = { .name = "sda1", .syspath = "pci/a", .size = 4096 };
	const struct plan_device want = {
		.fs_uuid = (char *)UUID,
		.syspath = (char *)"virtual/block/md0",
		.name = (char *)"sda1",
	};

	assert_int_equal(device_match(&want, &have), DEVICE_NO);
	strcpy(have.syspath, "virtual/block/md0");
	assert_int_equal(device_match(&want, &have), DEVICE_LIKELY);
	have.size = 0;
	assert_int_equal(device_match(&want, &have), DEVICE_NO);
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
		cmocka_unit_test(test_facts),	      cmocka_unit_test(test_serial_of_the_disk),
		cmocka_unit_test(test_match_raw),     cmocka_unit_test(test_match_file_system),
		cmocka_unit_test(test_match_volume),  cmocka_unit_test(test_found_by_uuid),
		cmocka_unit_test(test_raw_not_there), cmocka_unit_test(test_write_protected),
	};

	return cmocka_run_group_tests(tests, setup, made_root_teardown);
}
