/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/setup/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arm/setup/blank.h"
#include "arm/setup/target_text.h"
#include "base/io.h"

#include "../made_root.h"
#include "../test.h"

#define UUID "4b9f4c1e-0c1c-4b0e-9b39-0f9f6e6a2b11"
#define CONF "/etc/kdump.conf"
#define FSTAB "/etc/fstab"
#define SIZE MIB(128)

/* Sparse, so that it costs nothing. */
static void made_big_disk(const struct root *r, const char *name, unsigned minor)
{
	char path[300], text[32];

	made_disk(r, name, "", minor, "disk\n");
	snprintf(path, sizeof(path), "/sys/class/block/%s/size", name);
	snprintf(text, sizeof(text), "%llu\n", (unsigned long long)SIZE / 512);
	made_file(r, path, text);
	snprintf(path, sizeof(path), "%s/dev/%s", r->path, name);
	assert_int_equal(truncate(path, (off_t)SIZE), 0);
}

static void put_bytes(const struct root *r, const char *device, uint64_t offset, const void *data,
		      size_t len)
{
	_cleanup_close_ int fd = openat(r->fd, root_relative(device), O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite_all(fd, data, len, offset), 0);
}

static void made_machine(struct root *r)
{
	made_root(r);
	made_file(r, "/proc/self/mountinfo", "");
	made_file(r, "/proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n");
	made_file(r, "/proc/iomem", "00001000-3fffffff : System RAM\n");
	made_file(r, "/proc/meminfo", "MemTotal: 1048576 kB\nSlab: 51200 kB\nPercpu: 1024 kB\n");
	made_big_disk(r, "vdb", 16);
}

static void nothing(const struct root *r)
{
}

static void ext4(const struct root *r)
{
	made_ext4(r, "/dev/vdb");
}

static void dos_table(const struct root *r)
{
	/* One partition of Linux from sector 2048 on, and the magic at the end of the sector. */
	static const uint8_t entry[] = { 0, 0, 2, 0, 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0 };

	put_bytes(r, "/dev/vdb", 446, entry, sizeof(entry));
	put_bytes(r, "/dev/vdb", 510, "\x55\xaa", 2);
}

static void lvm(const struct root *r)
{
	static const char label[] = "LABELONE\1\0\0\0\0\0\0\0\0\0\0\0\x20\0\0\0LVM2 001";

	put_bytes(r, "/dev/vdb", 512, label, sizeof(label) - 1);
}

static void md(const struct root *r)
{
	/* Superblock 1.2, at 4 KiB: magic, version, and what libblkid reads of the rest is zeros. */
	static const uint8_t super[] = { 0xfc, 0x4e, 0x2b, 0xa9, 1, 0, 0, 0 };

	put_bytes(r, "/dev/vdb", 4096, super, sizeof(super));
	put_bytes(r, "/dev/vdb", 4096 + 144, "\x8", 1);
}

static void swap_signature(const struct root *r)
{
	static const uint8_t header[] = { 1, 0, 0, 0, 0xff, 0x0f, 0, 0 };

	put_bytes(r, "/dev/vdb", 1024, header, sizeof(header));
	put_bytes(r, "/dev/vdb", 4096 - 10, "SWAPSPACE2", 10);
}

static void luks(const struct root *r)
{
	put_bytes(r, "/dev/vdb", 0, "LUKS\xba\xbe\0\1", 8);
}

static void a_byte_at_the_beginning(const struct root *r)
{
	put_bytes(r, "/dev/vdb", 70000, "x", 1);
}

static void a_byte_at_the_end(const struct root *r)
{
	put_bytes(r, "/dev/vdb", SIZE - 1, "x", 1);
}

static void swapped_to(const struct root *r)
{
	made_file(r, "/proc/swaps", "Filename\n/dev/vdb  partition 1 0 -2\n");
}

static void swap_of_another(const struct root *r)
{
	made_file(r, "/proc/swaps", "Filename\n/dev/vdb1  partition 1 0 -2\n");
}

static void mounted(const struct root *r)
{
	made_file(r, "/proc/self/mountinfo", "30 1 254:16 / /data rw - ext4 /dev/vdb rw\n");
}

static void held(const struct root *r)
{
	made_link(r, "/sys/class/block/vdb/holders/dm-0", "../../dm-0");
}

static void partitioned(const struct root *r)
{
	made_file(r, "/sys/class/block/vdb/vdb1/partition", "1\n");
}

static void read_only(const struct root *r)
{
	made_file(r, "/sys/class/block/vdb/ro", "1\n");
}

static void tiny(const struct root *r)
{
	made_file(r, "/sys/class/block/vdb/size", "2048\n");
}

static const struct {
	void (*make)(const struct root *r);
	int result, forced;
	const char *words;
} devices[] = {
	{ nothing, 0, 0, "" },
	{ swap_of_another, 0, 0, "" },
	{ ext4, -EEXIST, -EEXIST, "holds ext4" },
	{ dos_table, -EEXIST, -EEXIST, "partition table (dos)" },
	{ lvm, -EEXIST, -EEXIST, "LVM2_member" },
	{ md, -EEXIST, -EEXIST, "linux_raid_member" },
	{ swap_signature, -EEXIST, -EEXIST, "holds swap" },
	{ luks, -EEXIST, -EEXIST, "crypto_LUKS" },
	{ a_byte_at_the_beginning, -EEXIST, 0, "at its beginning" },
	{ a_byte_at_the_end, -EEXIST, 0, "at its end" },
	{ swapped_to, -EBUSY, -EBUSY, "swapped to" },
	{ mounted, -EBUSY, -EBUSY, "mounted at /data" },
	{ held, -EBUSY, -EBUSY, "used by dm-0" },
	{ partitioned, -EBUSY, -EBUSY, "used by vdb1" },
	{ read_only, -EROFS, -EROFS, "read-only" },
	{ tiny, -ENOSPC, -ENOSPC, "too small" },
};

static void only_an_empty_device(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		_cleanup_blockdev_ struct blockdev d = { 0 };
		struct error e = { 0 };
		struct root r;

		made_machine(&r);
		devices[i].make(&r);
		assert_int_equal(blockdev_find(&r, "/dev/vdb", &d, NULL), 0);
		if (blank_check(&r, &d, false, &e) != devices[i].result ||
		    !strstr(devices[i].result ? e.text : "", devices[i].words))
			fail_msg("case %zu: %d, '%s'", i, e.code, e.text);
		if (blank_check(&r, &d, true, &e) != devices[i].forced)
			fail_msg("case %zu forced: '%s'", i, e.text);
		made_root_remove(&r);
	}
}

static void several_signatures(void **state)
{
	_cleanup_blockdev_ struct blockdev d = { 0 };
	struct root r;

	made_machine(&r);
	ext4(&r);
	luks(&r);
	assert_int_equal(blockdev_find(&r, "/dev/vdb", &d, NULL), 0);
	assert_int_equal(blank_check(&r, &d, true, NULL), -EEXIST);
	made_root_remove(&r);
}

static void texts_come_back(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"path /var/crash\n",
		"path /var/crash",
		"# a comment\n\n  nfs old:/x   # note\ncore_collector makedumpfile\npath /y\n",
		"core_collector makedumpfile -l -d 31",
		"nfs old:/x",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_buf_ struct buf once = { 0 }, twice = { 0 }, back = { 0 }, fstab = { 0 },
					 fstab_back = { 0 };
		size_t len = strlen(texts[i]);

		assert_int_equal(
			target_conf_put(texts[i], len, "xfs UUID=a\npath /\n", true, &once, NULL),
			0);
		assert_non_null(strstr(once.data, "\nxfs UUID=a\npath /\n"));
		assert_null(strstr(once.data, "\nnfs"));
		assert_int_equal(target_conf_put(once.data, once.len, "ssh a@b\npath /z\n", false,
						 &twice, NULL),
				 strstr(texts[i], "nfs") || strstr(texts[i], "/y") ? -EEXIST : 0);
		assert_int_equal(target_text_remove(once.data, once.len, &back), 0);
		assert_string_equal(back.data, texts[i]);
		assert_int_equal(target_fstab_put(texts[i], len, "x\n", &fstab), 0);
		assert_int_equal(target_text_remove(fstab.data, fstab.len, &fstab_back), 0);
		assert_string_equal(fstab_back.data, texts[i]);
	}
}

static void a_persons_target_stays(void **state)
{
	static const char text[] = "core_collector makedumpfile\nnfs old:/x\n";
	struct error e = { 0 };
	struct buf out = { 0 };

	assert_int_equal(target_conf_put(text, strlen(text), "path /\n", false, &out, &e), -EEXIST);
	assert_string_equal(e.text, "kdump.conf:2 says 'nfs old:/x' already; --force replaces it");
}

static char *file(const struct root *r, const char *path)
{
	struct buf text = { 0 };

	return root_read_file(r, path, 65536, &text) < 0 ? NULL : text.data ?: strdup("");
}

static void a_device(void **state)
{
	static const struct setup_target_options o = { .target = "/dev/vdb" };
	_cleanup_setup_target_ struct setup_target t = { 0 }, undone = { 0 };
	_cleanup_free_ char *conf = NULL, *fstab = NULL, *fstab_after = NULL;
	struct error e = { 0 };
	struct root r;

	made_machine(&r);
	ext4(&r);
	made_file(&r, FSTAB, "UUID=other / ext4 defaults 0 1\n");
	assert_int_equal(setup_target(&r, &o, &t, &e), 0);
	conf = file(&r, CONF);
	fstab = file(&r, FSTAB);
	assert_non_null(strstr(conf, "\next4 UUID=" UUID "\npath /\n"));
	assert_non_null(strstr(fstab, "UUID=other / ext4 defaults 0 1\n"));
	assert_non_null(strstr(fstab, "\nUUID=" UUID " /var/crash ext4 defaults,nofail 0 2\n"));
	assert_non_null(
		strstr(t.said.data,
		       "room: 128 MiB for 1024 MiB of RAM: level 0 may not fit; level 31 takes "
		       "some 67 MiB now"));
	assert_int_equal(setup_target_undo(&r, false, &undone, NULL), 0);
	assert_null(file(&r, CONF));
	fstab_after = file(&r, FSTAB);
	assert_string_equal(fstab_after, "UUID=other / ext4 defaults 0 1\n");
	made_root_remove(&r);
}

static void a_dry_run(void **state)
{
	static const struct setup_target_options o = { .target = "/dev/vdb",
						       .format = "xfs",
						       .dry_run = true };
	_cleanup_setup_target_ struct setup_target t = { 0 };
	struct root r;

	made_machine(&r);
	assert_int_equal(setup_target(&r, &o, &t, NULL), 0);
	assert_null(file(&r, CONF));
	assert_null(file(&r, FSTAB));
	assert_non_null(strstr(t.diff.data, "+xfs UUID="));
	assert_non_null(strstr(t.said.data, "would get a new xfs"));
	made_root_remove(&r);
}

static void a_mount_point_in_use(void **state)
{
	static const struct setup_target_options o = { .target = "UUID=" UUID };
	_cleanup_setup_target_ struct setup_target t = { 0 };
	_cleanup_free_ char *fstab = NULL;
	struct root r;

	made_machine(&r);
	ext4(&r);
	made_file(&r, "/var/crash/old-dump", "");
	assert_int_equal(setup_target(&r, &o, &t, NULL), 0);
	fstab = file(&r, FSTAB);
	assert_non_null(strstr(fstab, " /var/lib/lastword/dumps ext4 "));
	made_root_remove(&r);
}

static void a_line_of_a_persons_fstab(void **state)
{
	static const struct setup_target_options o = { .target = "/dev/vdb" };
	_cleanup_setup_target_ struct setup_target t = { 0 };
	_cleanup_free_ char *fstab = NULL;
	struct root r;

	made_machine(&r);
	ext4(&r);
	made_file(&r, FSTAB, "UUID=" UUID " /dumps ext4 noauto 0 0\n");
	assert_int_equal(setup_target(&r, &o, &t, NULL), 0);
	fstab = file(&r, FSTAB);
	assert_string_equal(fstab, "UUID=" UUID " /dumps ext4 noauto 0 0\n");
	made_root_remove(&r);
}

static void refused(void **state)
{
	static const struct {
		struct setup_target_options o;
		const char *words;
	} cases[] = {
		{ { .target = "dumps" }, "is no target" },
		{ { .target = "/dev/vdz" }, "does not exist" },
		{ { .target = "/dev/vdb" }, "--format xfs makes one" },
		{ { .target = "/dev/vdb", .format = "vfat" }, "write xfs or ext4" },
		{ { .target = "/dumps", .format = "xfs" }, "--format is for a device" },
		{ { .target = "/a b" }, "cannot name" },
		{ { .target = "nfs:server" }, "write nfs:HOST" },
		{ { .target = "ssh:server" }, "write ssh:USER@HOST" },
		{ { .target = "ssh:root@:/x" }, "write ssh:USER@HOST" },
	};
	struct root r;

	made_machine(&r);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_setup_target_ struct setup_target t = { 0 };
		struct error e = { 0 };

		assert_true(setup_target(&r, &cases[i].o, &t, &e) < 0);
		if (!strstr(e.text, cases[i].words))
			fail_msg("%s: '%s'", cases[i].o.target, e.text);
		assert_null(file(&r, CONF));
		assert_null(file(&r, FSTAB));
	}
	made_root_remove(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_an_empty_device),
		cmocka_unit_test(several_signatures),
		cmocka_unit_test(texts_come_back),
		cmocka_unit_test(a_persons_target_stays),
		cmocka_unit_test(a_device),
		cmocka_unit_test(a_dry_run),
		cmocka_unit_test(a_mount_point_in_use),
		cmocka_unit_test(a_line_of_a_persons_fstab),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
