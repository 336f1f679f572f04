/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole made-up machine that is armed, and what `status` says when something of it changes. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arm/image/compose.h"
#include "arm/image/files.h"
#include "arm/image/parts.h"
#include "arm/status.h"
#include "base/bytes.h"
#include "base/io.h"

#include "../made_root.h"
#include "../test.h"

#define BOOT "540daf65-07da-4a9f-8c54-5ac33fd0c9b9"
#define MODULES "/lib/modules/6.1"
#define KERNEL "/boot/vmlinuz-6.1"
#define KERNEL_SIZE 8192

/* Offsets: boot.rst of the kernel. */
static void make_kernel(const struct root *r, char payload)
{
	uint8_t p[KERNEL_SIZE] = { 0 };

	p[0x1f1] = 3;
	memcpy(p + 0x202, "HdrS", 4);
	le16_put(p + 0x206, 0x20f);
	p[0x211] = 1;
	p[0x234] = 1;
	le16_put(p + 0x236, 1);
	le32_put(p + 0x238, 2047);
	le32_put(p + 0x248, 0x100);
	le32_put(p + 0x24c, 4096);
	le32_put(p + 0x260, 63 << 20);
	p[KERNEL_SIZE - 1] = (uint8_t)payload;
	made_bytes(r, KERNEL, p, sizeof(p));
}

/* modules.dep.bin with ext4 alone: libkmod-index.h of kmod. */
static void make_modules(const struct root *r)
{
	static const char index[] = "\xb0\x07\xf4\x57\0\2\0\1" /* magic, version */
				    "\xc0\0\0\x0c" /* the root is at 12, has a prefix and values */
				    "ext4\0\0\0\0\1\0\0\0\0" /* one value of priority 0 */
				    "kernel/ext4.ko:";

	made_bytes(r, MODULES "/modules.dep.bin", index, sizeof(index));
	made_file(r, MODULES "/kernel/ext4.ko", "module");
}

static void arm(const struct root *r)
{
	_cleanup_composition_ struct composition c = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	struct error e = { 0 };

	if (compose(r, NULL, NULL, &c, &e) < 0)
		fail_msg("%s", error_text(&e));
	free(c.record.boot_id);
	c.record.boot_id = strdup(BOOT);
	digest_bytes("", 0, &c.record.image);
	assert_int_equal(record_format(&c.record, &text), 0);
	assert_int_equal(file_replace(r, ARM_ARMED, text.data, text.len, NULL), 0);
}

static int setup(void **state)
{
	struct root *r;

	made_root_setup(state);
	r = *state;
	made_file(r, "/sys/kernel/kexec_crash_size", "134217728\n");
	made_file(r, "/sys/kernel/kexec_crash_loaded", "1\n");
	made_file(r, "/proc/sys/kernel/random/boot_id", BOOT "\n");
	made_file(r, "/proc/sys/kernel/osrelease", "6.1\n");
	made_file(r, "/proc/cmdline", "root=/dev/vda quiet\n");
	made_file(r, "/proc/self/mountinfo", "23 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n");
	made_file(r, "/usr/lib/lastword/lastword-init", "\177ELF");
	made_file(r, "/etc/kdump.conf", "path /var/crash\n");
	made_dir(r, "/var/crash");
	made_dir(r, "/var/dumps");
	made_disk(r, "vda", "", 0, "S-1\n");
	made_ext4(r, "/dev/vda");
	/* Drivers that are built in have no link. */
	assert_int_equal(unlinkat(r->fd, "sys/devices/pci0000:00/0000:00:03.0/driver", 0), 0);
	assert_int_equal(unlinkat(r->fd, "sys/devices/pci0000:00/0000:00:03.0/virtio0/driver", 0),
			 0);
	make_kernel(r, 'a');
	make_modules(r);
	arm(r);
	return 0;
}

static void status_is(const struct root *r, enum status_state state, const char *words)
{
	_cleanup_status_ struct status s = { 0 };

	status_read(r, &s);
	if (s.state != state || !strstr(s.why, words))
		fail_msg("%s: %s; wanted '%s'", status_name(s.state), s.why, words);
}

static void test_nothing(void **state)
{
	status_is(*state, STATUS_ARMED, "kernel 6.1, ext4 on /dev/vda, /var/crash");
	/* The same content at another time. */
	make_kernel(*state, 'a');
	make_modules(*state);
	made_file(*state, "/etc/kdump.conf", "# a comment\npath /var/crash\n");
	status_is(*state, STATUS_ARMED, "kernel 6.1");
}

static void test_kernel(void **state)
{
	make_kernel(*state, 'b');
	status_is(*state, STATUS_STALE, "but the kernel image changed");
	assert_int_equal(file_remove(*state, KERNEL, NULL), 0);
	status_is(*state, STATUS_STALE, "the image of kernel 6.1 is not there");
}

static void test_target(void **state)
{
	const struct root *r = *state;
	_cleanup_close_ int fd = -1;

	made_file(r, "/etc/kdump.conf", "path /var/dumps\n");
	status_is(r, STATUS_STALE, "but the target changed");
	/* A file system made anew in the same place. */
	made_file(r, "/etc/kdump.conf", "path /var/crash\n");
	status_is(r, STATUS_ARMED, "");
	fd = openat(r->fd, "dev/vda", O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite_all(fd, "x", 1, 1024 + 0x68), 0);
	status_is(r, STATUS_STALE, "but the target changed");
}

static void test_module(void **state)
{
	const struct root *r = *state;

	made_file(r, MODULES "/kernel/ext4.ko", "another");
	status_is(r, STATUS_STALE, "but /lib/modules/ext4.ko changed");
	assert_int_equal(file_remove(r, MODULES "/kernel/ext4.ko", NULL), 0);
	status_is(r, STATUS_STALE, MODULES "/kernel/ext4.ko: No such file or directory");
	/* Built into a kernel of the same release. */
	assert_int_equal(file_remove(r, MODULES "/modules.dep.bin", NULL), 0);
	made_bytes(r, MODULES "/modules.dep.bin", "\xb0\x07\xf4\x57\0\2\0\1\0\0\0\0", 12);
	made_file(r, "/proc/filesystems", "\text4\n");
	status_is(r, STATUS_STALE, "but the list of modules changed");
}

static void test_programs(void **state)
{
	const struct root *r = *state;

	made_file(r, "/usr/lib/lastword/lastword-init", "\177ELF of another version");
	status_is(r, STATUS_STALE, "but /init changed");
	made_file(r, "/usr/lib/lastword/lastword-init", "\177ELF");
	made_file(r, "/proc/cmdline", "root=/dev/vda quiet nosmt\n");
	status_is(r, STATUS_STALE, "but the command line changed");
	made_file(r, "/proc/cmdline", "root=/dev/vda quiet\n");
	made_file(r, "/etc/kdump.conf", "path /var/crash\nfinal_action poweroff\n");
	status_is(r, STATUS_STALE, "but the settings changed");
}

/* Network cards cannot be made up: what the plan would say of them can. */
static void test_network(void **state)
{
	static const char before[] = "lastword-plan 1\nkernel 6.1\nhost-ip 10.0.2.15\nlink eth0\n"
				     "link.kind hardware\nlink.mac 52:54:00:12:34:56\n"
				     "address 10.0.2.15/24\naddress.link eth0\nroute default\n"
				     "target nfs\ntarget.server 10.0.2.9\nhook pre\nend\n";
	static const struct {
		const char *from, *to, *words;
	} changes[] = {
		{ "12:34:56", "12:34:99", "the network changed" },
		{ "eth0\nroute", "eth1\nroute", "the network changed" },
		{ "host-ip 10.0.2.15", "host-ip 10.0.2.16", "the network changed" },
		{ "route default\n", "", "the network changed" },
		{ "10.0.2.9", "10.0.2.8", "the target changed" },
		{ "hook pre\n", "", "the hooks changed" },
		{ "kernel 6.1", "kernel 6.2", "the settings changed" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		_cleanup_record_ struct record then = { 0 }, now = { 0 };
		_cleanup_buf_ struct buf after = { 0 };
		const char *at = strstr(before, changes[i].from);
		char words[200] = "";

		assert_int_equal(buf_printf(&after, "%.*s%s%s", (int)(at - before), before,
					    changes[i].to, at + strlen(changes[i].from)),
				 0);
		assert_int_equal(parts_add(&then, before), 0);
		assert_int_equal(parts_add(&now, before), 0);
		assert_false(record_differs(&then, &now, words, sizeof(words)));
		record_done(&now);
		assert_int_equal(parts_add(&now, after.data), 0);
		assert_true(record_differs(&then, &now, words, sizeof(words)));
		assert_string_equal(words, changes[i].words);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, made_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing), TEST(test_kernel),	 TEST(test_target),
		TEST(test_module),  TEST(test_programs), cmocka_unit_test(test_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
