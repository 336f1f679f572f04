/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../test.h"
#include "arm/rehearse/devices.h"
#include "arm/rehearse/standin.h"
#include "arm/rehearse/try.h"

static bool has_pair(char **argv, const char *option, const char *value)
{
	for (size_t i = 0; argv[i] && argv[i + 1]; i++)
		if (strcmp(argv[i], option) == 0 && strcmp(argv[i + 1], value) == 0)
			return true;
	return false;
}

static void test_argv(void **state)
{
	const char *words[] = { "-device", "nvme,drive=d0", NULL };
	const struct vm_spec spec = { .kernel = "/boot/k",
				      .initrd = "/i",
				      .cmdline = "a b",
				      .memory = GIB(1),
				      .cpus = 2,
				      .words = words };
	char **argv = vm_argv("/q", VM_TCG, &spec);

	assert_non_null(argv);
	assert_string_equal(argv[0], "/q");
	assert_true(has_pair(argv, "-m", "1024M"));
	assert_true(has_pair(argv, "-smp", "2"));
	assert_true(has_pair(argv, "-append", "a b"));
	assert_true(has_pair(argv, "-accel", "tcg,thread=multi"));
	assert_true(has_pair(argv, "-device", "nvme,drive=d0"));
	assert_false(has_pair(argv, "-cpu", "host"));
	vm_argv_free(argv);
	argv = vm_argv("/q", VM_KVM, &spec);
	assert_true(has_pair(argv, "-accel", "kvm"));
	assert_true(has_pair(argv, "-cpu", "host"));
	vm_argv_free(argv);
}

static void test_no_qemu(void **state)
{
	struct error e = { 0 };
	char path[PATH_MAX];

	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(vm_find(path, &e), -ENOENT);
	assert_non_null(strstr(e.text, "qemu-system-x86"));
}

/* A script in QEMU's place. */
static void make_program(const char *text, char *path)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, 0700), 0);
	close(fd);
}

static bool count_lines(void *user, const char *line, usec_t when)
{
	unsigned *lines = user;

	assert_null(strpbrk(line, "\r\n\033"));
	return ++*lines < 3;
}

static int run(const char *script, usec_t silence, enum vm_ending *ret, unsigned *lines,
	       struct error *e)
{
	char path[] = "/tmp/lastword-test-XXXXXX";
	const struct vm_spec spec = { .memory = MIB(32) };
	_cleanup_vm_interrupt_ struct vm_interrupt interrupt = { 0 };
	_cleanup_vm_ struct vm m = VM_NONE;
	int r;

	make_program(script, path);
	vm_interrupt_begin(&interrupt);
	*lines = 0;
	assert_int_equal(vm_start(path, VM_TCG, &spec, &m, e), 0);
	r = vm_follow(&m, clock_now() + 20 * USEC_PER_SEC, silence, count_lines, lines, ret, e);
	unlink(path);
	return r;
}

static void test_follow(void **state)
{
	struct error e = { 0 };
	enum vm_ending ending;
	unsigned lines;

	assert_int_equal(run("#!/bin/sh\nprintf 'a\\r\\n\\033[1mb'\n", 0, &ending, &lines, &e), 0);
	assert_int_equal(ending, VM_ENDED);
	assert_int_equal(lines, 2);
	assert_int_equal(run("#!/bin/sh\necho a; echo b; echo c; echo d; exec sleep 30\n", 0,
			     &ending, &lines, &e),
			 0);
	assert_int_equal(ending, VM_STOPPED);
	assert_int_equal(lines, 3);
	assert_int_equal(
		run("#!/bin/sh\necho a; exec sleep 30\n", USEC_PER_SEC / 5, &ending, &lines, &e),
		0);
	assert_int_equal(ending, VM_SILENT);
	assert_int_equal(
		run("#!/bin/sh\necho no such device >&2; exit 1\n", 0, &ending, &lines, &e), -EIO);
	assert_non_null(strstr(e.text, "no such device"));
}

static void test_words(void **state)
{
	char words[100];

	try_words("console=tty0 ro", VM_KVM, words, sizeof(words));
	assert_string_equal(words, " console=ttyS0,115200");
	try_words("console=ttyS0,9600 no_timer_check", VM_TCG, words, sizeof(words));
	assert_string_equal(words, "");
	try_words("console=ttyS0 console=tty0", VM_TCG, words, sizeof(words));
	assert_string_equal(words, " console=ttyS0,115200 no_timer_check");
	try_words("xconsole=ttyS0", VM_KVM, words, sizeof(words));
	assert_string_equal(words, " console=ttyS0,115200");
}

static void test_devices(void **state)
{
	static const struct {
		const char *drivers[3], *place, *device;
	} cases[] = {
		{ { "virtio_pci", "virtio_blk" },
		  "pci0000:00/0000:00:04.0/virtio1/block/vda",
		  "virtio-blk-pci" },
		{ { 0 }, "pci0000:00/0000:00:04.0/virtio1/block/vda/vda1", "virtio-blk-pci" },
		{ { 0 },
		  "pci0000:00/0000:00:04.0/virtio1/host0/target0:0:0/0:0:0:0/block/sda",
		  "virtio-scsi-pci" },
		{ { "nvme" }, "pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1", "nvme" },
		{ { "ahci", "sd_mod" },
		  "pci0000:00/0000:00:1f.2/ata1/host0/block/sda",
		  "ich9-ahci" },
		{ { "ata_piix", "sd_mod" },
		  "pci0000:00/0000:00:01.1/ata1/host0/block/sda",
		  "ide-hd" },
		{ { "xhci_pci", "usb_storage" },
		  "pci0000:00/0000:00:05.0/usb1/1-1/host6/block/sdb",
		  "qemu-xhci" },
		{ { "mpt3sas", "sd_mod" },
		  "pci0000:00/0000:03:00.0/host0/port-0:0/block/sda",
		  NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct qemu_disk *d = qemu_disk_find(cases[i].drivers, cases[i].place);

		if (!cases[i].device) {
			assert_null(d);
			continue;
		}
		assert_non_null(d);
		assert_string_equal(qemu_disk_device(d), cases[i].device);
	}
	assert_string_equal(qemu_card_find("e1000e"), "e1000e");
	assert_null(qemu_card_find("ice"));
}

static void test_disk_words(void **state)
{
	static const char *const ahci[] = { "ahci", NULL }, *const nvme[] = { "nvme", NULL };
	_cleanup_qemu_words_ struct qemu_words w = { 0 };

	assert_int_equal(qemu_disk_words(qemu_disk_find(ahci, "x"), 1, "/t/d", "S1", &w), 0);
	assert_string_equal(w.words[1], "file=/t/d,format=raw,if=none,id=d1");
	assert_string_equal(w.words[3], "ich9-ahci,id=c1");
	assert_string_equal(w.words[5], "ide-hd,drive=d1,bus=c1.0,serial=S1");
	qemu_words_done(&w);
	/* A comma would end the value. */
	assert_int_equal(qemu_disk_words(qemu_disk_find(nvme, "x"), 0, "/t/d", "a,b", &w), 0);
	assert_string_equal(w.words[3], "nvme,drive=d0,serial=lastword0");
}

static void test_mkfs(void **state)
{
	struct standin s = { .fstype = "xfs", .uuid = "u-u", .label = "l" };
	struct standin_words w;
	struct error e = { 0 };

	assert_int_equal(standin_mkfs_words(&s, "/d", &w, &e), 0);
	assert_string_equal(w.words[2], "-m");
	assert_string_equal(w.words[3], "uuid=u-u");
	assert_string_equal(w.words[5], "l");
	assert_string_equal(w.words[6], "/d");
	s = (struct standin){ .fstype = "vfat", .uuid = "ABCD-1234", .label = "" };
	assert_int_equal(standin_mkfs_words(&s, "/d", &w, &e), 0);
	assert_string_equal(w.uuid, "ABCD1234");
	s.fstype = "zfs";
	assert_int_equal(standin_mkfs_words(&s, "/d", &w, &e), -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_argv),	cmocka_unit_test(test_follow),
		cmocka_unit_test(test_no_qemu), cmocka_unit_test(test_words),
		cmocka_unit_test(test_devices), cmocka_unit_test(test_disk_words),
		cmocka_unit_test(test_mkfs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
