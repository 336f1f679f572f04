/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/place/place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arm/image/modules.h"

#include "../made_root.h"
#include "../test.h"

#define PROC "22 1 0:21 / /proc rw - proc proc rw\n"
#define ROOT_MOUNT "23 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw\n"

static int setup(void **state)
{
	struct root *r;

	made_root_setup(state);
	r = *state;
	made_disk(r, "vda", "", 0, "S-1\n");
	made_disk(r, "vda1", "vda", 1, "");
	made_disk(r, "vdb", "", 16, "S-2\n");
	made_ext4(r, "/dev/vda1");
	made_file(r, "/proc/self/mountinfo", PROC ROOT_MOUNT);
	made_dir(r, "/var/crash");
	return 0;
}

static void find(const struct root *r, const char *conf, struct place *ret)
{
	_cleanup_config_ struct config c = { 0 };
	struct error e = { 0 };

	assert_int_equal(config_parse(conf, strlen(conf), "kdump.conf", &c, NULL), 0);
	if (place_find(r, &c.targets[0], NULL, ret, &e) < 0)
		fail_msg("%s: %s", conf, error_text(&e));
}

static void refused(const struct root *r, const char *conf, const char *words)
{
	_cleanup_config_ struct config c = { 0 };
	struct place p = { 0 };
	struct error e = { 0 };

	assert_int_equal(config_parse(conf, strlen(conf), "kdump.conf", &c, NULL), 0);
	assert_true(place_find(r, &c.targets[0], NULL, &p, &e) < 0);
	if (!strstr(error_text(&e), words))
		fail_msg("'%s' does not say '%s'", error_text(&e), words);
}

static void test_by_path(void **state)
{
	_cleanup_place_ struct place p = { 0 };
	char words[200];

	find(*state, "path /var/crash\n", &p);
	assert_int_equal(p.target.kind, PLAN_TARGET_FS);
	assert_string_equal(p.target.path, "/var/crash");
	assert_string_equal(p.target.fstype, "ext4");
	assert_string_equal(p.target.mount_options, "");
	assert_string_equal(p.target.device.fs_uuid, MADE_UUID);
	assert_string_equal(p.target.device.syspath,
			    "pci0000:00/0000:00:03.0/virtio0/block/vda/vda1");
	assert_string_equal(p.target.device.serial, "S-1");
	assert_int_equal(p.target.device.partition, 1);
	(void)place_describe(&p, words, sizeof(words));
	assert_string_equal(words, "ext4 on /dev/vda1, /var/crash");
}

static void test_mounted_elsewhere(void **state)
{
	static const struct {
		const char *mounts, *path;
	} cases[] = {
		{ PROC "24 1 0:30 / / rw - overlay none rw\n25 24 254:1 / /var/crash rw - ext4 "
		       "/dev/vda1 rw\n",
		  "/" },
		{ PROC "25 1 254:1 / /var rw - ext4 /dev/vda1 rw\n", "/crash" },
		{ PROC "25 1 254:1 /data/x /var rw - ext4 /dev/vda1 rw\n", "/data/x/crash" },
		{ PROC ROOT_MOUNT "25 23 254:1 /old /var/crash rw - ext4 /dev/vda1 rw\n", "/old" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_place_ struct place p = { 0 };

		made_file(*state, "/proc/self/mountinfo", cases[i].mounts);
		find(*state, "path /var/crash\n", &p);
		assert_string_equal(p.target.path, cases[i].path);
	}
}

/* Whatever is mounted on the directory now, and whether it is there. */
static void test_root_file_system(void **state)
{
	static const char text[] =
		"raw /dev/vdb\npath /var/crash/x\nfailure_action dump_to_rootfs\n";
	_cleanup_config_ struct config c = { 0 };
	_cleanup_place_ struct place p = { 0 };
	struct error e = { 0 };

	made_file(*state, "/proc/self/mountinfo",
		  PROC ROOT_MOUNT "25 23 254:16 / /var/crash rw - xfs /dev/vdb rw\n");
	assert_int_equal(config_parse(text, strlen(text), "kdump.conf", &c, NULL), 0);
	assert_int_equal(c.targets_count, 2);
	if (place_find(*state, &c.targets[1], NULL, &p, &e) < 0)
		fail_msg("%s", error_text(&e));
	assert_string_equal(p.device.kernel_name, "vda1");
	assert_string_equal(p.target.path, "/var/crash/x");
	assert_true(p.target.last_resort);
}

static void test_by_device(void **state)
{
	static const char *const specs[] = { "/dev/vda1",
					     "UUID=" MADE_UUID,
					     "LABEL=dumps",
					     "/dev/disk/by-uuid/" MADE_UUID,
					     "/dev/disk/by-label/dumps",
					     "/dev/disk/by-id/virtio-S-1-part1" };

	made_link(*state, "/dev/disk/by-id/virtio-S-1-part1", "../../vda1");
	made_file(*state, "/proc/self/mountinfo", PROC);
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		_cleanup_place_ struct place p = { 0 };
		char conf[200];

		snprintf(conf, sizeof(conf), "ext4 %s\npath /dumps\n", specs[i]);
		find(*state, conf, &p);
		assert_string_equal(p.target.device.name, "vda1");
		assert_string_equal(p.target.path, "/dumps");
	}
}

static void test_own_options(void **state)
{
	_cleanup_place_ struct place p = { 0 };

	find(*state, "dracut_args --mount \"UUID=" MADE_UUID " /m ext4 noatime\"\npath /\n", &p);
	assert_string_equal(p.target.mount_options, "noatime");
	assert_string_equal(p.target.device.fs_uuid, MADE_UUID);
}

static void test_virtiofs(void **state)
{
	const struct root *r = *state;
	_cleanup_place_ struct place p = { 0 };
	char words[200];

	refused(r, "virtiofs dumps\n", "this machine has no virtiofs device");
	made_file(r, "/sys/devices/pci0000:00/0000:00:07.0/virtio5/device", "0x001a\n");
	made_link(r, "/sys/bus/virtio/devices/virtio5",
		  "../../../devices/pci0000:00/0000:00:07.0/virtio5");
	find(r, "virtiofs dumps\npath /guests/a\n", &p);
	assert_int_equal(p.target.kind, PLAN_TARGET_VIRTIOFS);
	assert_string_equal(p.target.share, "dumps");
	assert_string_equal(p.volumes->syspaths[0], "pci0000:00/0000:00:07.0/virtio5");
	(void)place_describe(&p, words, sizeof(words));
	assert_string_equal(words, "virtiofs dumps, /guests/a");
}

static void test_raw(void **state)
{
	_cleanup_place_ struct place p = { 0 };

	find(*state, "raw /dev/vdb\n", &p);
	assert_int_equal(p.target.kind, PLAN_TARGET_RAW);
	assert_string_equal(p.target.device.serial, "S-2");
	assert_string_equal(p.target.device.fs_uuid, "");
	assert_int_equal(p.target.device.size, 1 << 20);
}

static void test_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "path /no/such\n", "make it with 'mkdir -p /no/such'" },
		{ "path /dev/vda1\n", "no directory" },
		{ "ext4 UUID=0000\n", "no block device has UUID=0000" },
		{ "ext4 LABEL=Dumps\n", "no block device has LABEL=Dumps" },
		{ "ext4 /dev/vdz\n", "/dev/vdz does not exist" },
		{ "ext4 /dev/vdb\n", "holds no file system" },
		{ "xfs /dev/vda1\n", "holds ext4; write 'ext4 /dev/vda1'" },
		{ "ext4 /dev/vda1\npath /none\n", "path /none does not exist on /dev/vda1" },
		{ "raw /dev/vda1\n", "mounted at /" },
		{ "dracut_args --mount \"/dev/vda1 /m vfat\"\n",
		  "vfat cannot hold a dump: its file names" },
		{ "dracut_args --mount \"/dev/vda1 /m romfs\"\n",
		  "romfs cannot hold a dump: it is none" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		refused(*state, cases[i][0], cases[i][1]);
	made_file(*state, "/proc/self/mountinfo", PROC);
	refused(*state, "raw /dev/vda1\n", "holds ext4, which a dump would destroy");
	made_file(*state, "/proc/self/mountinfo", PROC "24 1 0:30 / / rw - overlay none rw\n");
	refused(*state, "path /var/crash\n", "is on overlay (mounted at /)");
	made_dir(*state, "/sys/devices/pci0000:00/0000:00:03.0/virtio0/block/vdb/holders/dm-0");
	refused(*state, "raw /dev/vdb\n", "in use by dm-0");
	made_ext4(*state, "/dev/vdb");
	refused(*state, "ext4 LABEL=dumps\n", "on more than one device");
}

static void test_drivers(void **state)
{
	_cleanup_(names_freep) char **names = NULL;

	assert_int_equal(modules_of_device(*state, "pci0000:00/0000:00:03.0/virtio0/block/vda/vda1",
					   &names, NULL),
			 0);
	assert_string_equal(names[0], "virtio_pci");
	assert_string_equal(names[1], "virtio_blk");
	assert_null(names[2]);
}

static void test_nvme_subsystem(void **state)
{
	const struct root *r = *state;
	_cleanup_(names_freep) char **names = NULL;

	made_dir(r, "/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1");
	made_dir(r, "/sys/devices/pci0000:00/0000:00:09.0/nvme/nvme0");
	made_link(r, "/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0",
		  "../../../pci0000:00/0000:00:09.0/nvme/nvme0");
	made_link(r, "/sys/devices/pci0000:00/0000:00:09.0/driver",
		  "../../../bus/pci/drivers/nvme");
	made_dir(r, "/sys/module/nvme");
	made_link(r, "/sys/bus/pci/drivers/nvme/module", "../../../../module/nvme");
	assert_int_equal(
		modules_of_device(r, "virtual/nvme-subsystem/nvme-subsys0/nvme0n1", &names, NULL),
		0);
	assert_string_equal(names[0], "nvme");
	assert_null(names[1]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, made_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_by_path),   TEST(test_mounted_elsewhere),
		TEST(test_by_device), TEST(test_root_file_system),
		TEST(test_raw),	      TEST(test_own_options),
		TEST(test_virtiofs),  TEST(test_refused),
		TEST(test_drivers),   TEST(test_nvme_subsystem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
