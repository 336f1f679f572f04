/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/setup/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "arm/config/import.h"

#include "../made_root.h"
#include "../test.h"

#define GRUB "/etc/default/grub.d/lastword.cfg"

/* A Debian with GRUB on which nothing is reserved. Its kernel's image is not there, so no image can be composed. */
static void make(struct root *root)
{
	made_root(root);
	made_file(root, "/boot/grub/grub.cfg", "linux /vmlinuz-6.1 ro quiet\n");
	made_file(root, "/proc/cmdline", "BOOT_IMAGE=(hd0,gpt2)/vmlinuz-6.1 ro\n");
	made_file(root, "/proc/iomem", "00100000-ffffffff : System RAM\n");
	made_file(root, "/proc/sys/kernel/osrelease", "6.1\n");
	made_file(root, "/proc/sys/kernel/arch", "x86_64\n");
	made_file(root, "/proc/sys/kernel/panic_on_oops", "0\n");
	made_file(root, "/sys/kernel/kexec_crash_size", "0\n");
	made_file(root, "/sys/kernel/kexec_crash_loaded", "0\n");
	made_file(root, "/usr/sbin/update-grub", "");
	made_file(root, "/usr/bin/systemctl", "");
	made_file(root, "/usr/lib/systemd/system/lastword.service", "");
	made_file(root, "/etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
}

static const struct setup_row *row(const struct setup *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->rows[i].name, name) == 0)
			return &s->rows[i];
	return NULL;
}

static bool says(const struct setup *s, const char *name, enum setup_outcome outcome,
		 const char *text)
{
	const struct setup_row *r = row(s, name);

	return r && r->outcome == outcome && strstr(r->text.data ?: "", text);
}

static bool file_has(const struct root *root, const char *path, const char *text)
{
	_cleanup_buf_ struct buf content = { 0 };

	return root_read_file(root, path, 1 << 20, &content) == 0 && content.len &&
	       strstr(content.data, text);
}

static void test_first_time(void **state)
{
	_cleanup_setup_ struct setup s = { 0 }, again = { 0 };
	struct root root;

	make(&root);
	s.root = again.root = &root;
	assert_int_equal(setup_run(&s, NULL), 0);
	assert_true(says(&s, "kernel", SETUP_ALREADY, "can be loaded"));
	assert_true(says(&s, "size", SETUP_ADVICE, "256M"));
	assert_true(says(&s, "bootloader", SETUP_DONE, "not run, because of --root"));
	assert_true(says(&s, "sysctl", SETUP_DONE, "kernel.panic_on_oops: 0 becomes 1"));
	assert_true(says(&s, "service", SETUP_LEFT, "systemctl enable lastword.service"));
	assert_true(says(&s, "arm", SETUP_LATER, "no memory is reserved yet"));
	assert_true(s.reboot_needed);
	assert_true(file_has(&root, GRUB, "_DEFAULT crashkernel=256M\""));
	assert_true(file_has(&root, "/proc/sys/kernel/panic_on_oops", "1"));
	assert_int_equal(setup_run(&again, NULL), 0);
	assert_true(says(&again, "bootloader", SETUP_ALREADY, "has crashkernel=256M"));
	assert_true(says(&again, "sysctl", SETUP_ALREADY, "is there"));
	made_root_remove(&root);
}

/* The configuration that comes with kdump-utils names the default directory; it may not be there yet. */
static void test_directory(void **state)
{
	_cleanup_setup_ struct setup s = { 0 };
	struct root root;

	make(&root);
	made_file(&root, "/etc/kdump.conf", "path /var/crash\n");
	s.root = &root;
	assert_int_equal(setup_run(&s, NULL), 0);
	assert_int_equal(faccessat(root.fd, "var/crash", F_OK, 0), 0);
	made_root_remove(&root);
}

/* A person's own directory is made, too, but not where a file system should be mounted. */
static void test_own_directory(void **state)
{
	_cleanup_setup_ struct setup dry = { .options.dry_run = true }, s = { 0 }, hidden = { 0 };
	struct root root;

	make(&root);
	made_file(&root, "/etc/kdump.conf", "path /data/crash\n");
	made_file(&root, "/etc/fstab",
		  "/dev/sda1 / ext4 defaults 0 1\n/dev/sda2 /dat ext4 ro 0 2\n");
	dry.root = s.root = hidden.root = &root;
	assert_int_equal(setup_run(&dry, NULL), 0);
	assert_true(says(&dry, "target", SETUP_WOULD, "make /data/crash"));
	assert_true(says(&dry, "size", SETUP_ADVICE, "vmlinuz-6.1"));
	assert_int_equal(setup_run(&s, NULL), 0);
	assert_true(says(&s, "target", SETUP_DONE, "made /data/crash"));
	assert_int_equal(faccessat(root.fd, "data/crash", F_OK, 0), 0);
	assert_int_equal(unlinkat(root.fd, "data/crash", AT_REMOVEDIR), 0);
	made_file(&root, "/etc/fstab", "/dev/sda2 /data ext4 ro 0 2\n");
	assert_int_equal(setup_run(&hidden, NULL), 0);
	assert_true(says(&hidden, "target", SETUP_ADVICE, "/data of fstab is not mounted"));
	assert_true(setup_failed(&hidden));
	assert_int_not_equal(faccessat(root.fd, "data/crash", F_OK, 0), 0);
	made_root_remove(&root);
}

/* A target that does not answer: what would be done is shown all the same. */
static void test_dry_run_target(void **state)
{
	_cleanup_setup_ struct setup dry = { .options = { .dry_run = true,
							  .target = "nfs:127.0.0.1:/x" } };
	_cleanup_setup_ struct setup s = { .options.target = "nfs:127.0.0.1:/x" };
	struct root root;

	make(&root);
	dry.root = s.root = &root;
	assert_int_equal(setup_run(&dry, NULL), 0);
	assert_true(says(&dry, "target", SETUP_WOULD, "nothing would be changed"));
	assert_non_null(strstr(dry.diff.data, "+nfs 127.0.0.1:/x\n"));
	assert_non_null(row(&dry, "arm"));
	assert_int_equal(setup_run(&s, NULL), 0);
	assert_int_equal(row(&s, "target")->outcome, SETUP_FAILED);
	assert_false(file_has(&root, "/etc/kdump.conf", ""));
	made_root_remove(&root);
}

/* Undo names what an import made. */
static void test_undo_import(void **state)
{
	_cleanup_setup_ struct setup none = { 0 }, imported = { 0 };
	struct root root;

	make(&root);
	none.root = imported.root = &root;
	made_file(&root, "/etc/kdump.conf", "path /var/crash\n");
	assert_int_equal(setup_undo(&none, NULL), 0);
	assert_true(says(&none, "import", SETUP_LEFT, "nothing was imported"));
	made_file(&root, "/etc/kdump.conf", IMPORT_MARK "/etc/default/kdump-tools\n");
	made_file(&root, "/etc/kdump.conf.before-import", "path /\n");
	assert_int_equal(setup_undo(&imported, NULL), 0);
	assert_true(says(&imported, "import", SETUP_LEFT,
			 "'mv /etc/kdump.conf.before-import /etc/kdump.conf'"));
	made_root_remove(&root);
}

static void test_undo(void **state)
{
	_cleanup_setup_ struct setup s = { 0 }, undo = { 0 };
	struct root root;

	make(&root);
	s.root = undo.root = &root;
	assert_int_equal(setup_run(&s, NULL), 0);
	assert_int_equal(setup_undo(&undo, NULL), 0);
	assert_true(says(&undo, "bootloader", SETUP_DONE, GRUB " (removed)"));
	assert_true(says(&undo, "sysctl", SETUP_DONE, "kernel.panic_on_oops: 1 becomes 0"));
	assert_false(file_has(&root, GRUB, ""));
	assert_false(file_has(&root, "/etc/sysctl.d/60-lastword.conf", ""));
	assert_false(file_has(&root, "/var/lib/lastword/boot", ""));
	made_root_remove(&root);
}

static void test_dry_run(void **state)
{
	_cleanup_setup_ struct setup s = { .options.dry_run = true };
	struct root root;

	make(&root);
	s.root = &root;
	assert_int_equal(setup_run(&s, NULL), 0);
	assert_non_null(strstr(s.diff.data, "+++ " GRUB "\n"));
	assert_non_null(strstr(s.diff.data, "+kernel.panic_on_oops = 1\n"));
	assert_false(file_has(&root, GRUB, ""));
	assert_true(file_has(&root, "/proc/sys/kernel/panic_on_oops", "0"));
	made_root_remove(&root);
}

static void test_options(void **state)
{
	_cleanup_setup_ struct setup s = { .options = { .crashkernel = "300M,high 72M,low",
							.no_sysctl = true,
							.no_service = true } };
	_cleanup_setup_ struct setup hands_off = { .options.no_bootloader = true };
	_cleanup_setup_ struct setup nonsense = { .options.crashkernel = "72M,low" };
	struct root root;

	make(&root);
	nonsense.root = s.root = hands_off.root = &root;
	assert_int_equal(setup_run(&nonsense, NULL), 0);
	assert_true(says(&nonsense, "size", SETUP_FAILED, "alone reserves nothing"));
	assert_null(row(&nonsense, "bootloader"));
	assert_int_equal(setup_run(&hands_off, NULL), 0);
	assert_false(file_has(&root, GRUB, ""));
	assert_int_equal(setup_run(&s, NULL), 0);
	assert_true(file_has(&root, GRUB, "crashkernel=300M,high crashkernel=72M,low"));
	assert_true(says(&s, "sysctl", SETUP_LEFT, "--no-sysctl"));
	assert_true(says(&s, "service", SETUP_LEFT, "--no-service"));
	made_root_remove(&root);
}

static void test_person(void **state)
{
	_cleanup_setup_ struct setup enough = { 0 }, broken = { 0 },
				     force = { .options.force = true };
	_cleanup_setup_ struct setup named = { .options.crashkernel = "512M" };
	struct root root;

	make(&root);
	enough.root = broken.root = force.root = named.root = &root;
	made_file(&root, "/etc/default/grub", "GRUB_CMDLINE_LINUX=\"crashkernel=512M\"\n");
	assert_int_equal(setup_run(&enough, NULL), 0);
	assert_true(says(&enough, "bootloader", SETUP_ALREADY, "lastword did not write it"));
	assert_int_equal(setup_run(&named, NULL), 0);
	assert_true(says(&named, "bootloader", SETUP_ALREADY, "so it is kept"));
	assert_false(file_has(&root, GRUB, ""));
	made_file(&root, "/etc/default/grub", "GRUB_CMDLINE_LINUX=\"crashkernel=8G-:512M\"\n");
	assert_int_equal(setup_run(&broken, NULL), 0);
	assert_true(says(&broken, "bootloader", SETUP_ADVICE, "none of its ranges"));
	assert_true(setup_failed(&broken));
	assert_int_equal(setup_run(&force, NULL), 0);
	assert_true(file_has(&root, GRUB, "crashkernel=256M"));
	assert_true(file_has(&root, "/etc/default/grub", "GRUB_CMDLINE_LINUX=\"\"\n"));
	made_root_remove(&root);
}

/* What stops the rest: a machine that panics sooner and cannot dump is worse off. */
static void test_stops(void **state)
{
	static const struct {
		const char *path, *text, *words;
	} cases[] = {
		{ "/proc/sys/kernel/kexec_load_disabled", "1\n", "kexec_load_disabled is 1" },
		{ "/proc/sys/kernel/kexec_load_limit_panic", "0\n", "kexec_load_limit_panic is 0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_setup_ struct setup s = { 0 };
		struct root root;

		make(&root);
		made_file(&root, cases[i].path, cases[i].text);
		s.root = &root;
		assert_int_equal(setup_run(&s, NULL), 0);
		assert_true(says(&s, "kernel", SETUP_FAILED, cases[i].words));
		assert_true(setup_failed(&s));
		assert_int_equal(s.count, 1);
		assert_true(file_has(&root, "/proc/sys/kernel/panic_on_oops", "0"));
		made_root_remove(&root);
	}
}

static void test_other_services(void **state)
{
	_cleanup_setup_ struct setup s = { 0 };
	struct root root;

	make(&root);
	s.root = &root;
	made_link(&root, "/etc/systemd/system/multi-user.target.wants/kdump-tools.service",
		  "/lib/systemd/system/kdump-tools.service");
	made_link(&root, "/etc/systemd/system/multi-user.target.wants/lastword.service",
		  "/usr/lib/systemd/system/lastword.service");
	assert_int_equal(setup_run(&s, NULL), 0);
	assert_true(says(&s, "service", SETUP_ADVICE, "disable --now kdump-tools.service"));
	assert_true(says(&s, "arm", SETUP_LATER, "and it arms itself"));
	made_root_remove(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_time),    cmocka_unit_test(test_undo),
		cmocka_unit_test(test_directory),     cmocka_unit_test(test_dry_run),
		cmocka_unit_test(test_options),	      cmocka_unit_test(test_person),
		cmocka_unit_test(test_stops),	      cmocka_unit_test(test_other_services),
		cmocka_unit_test(test_own_directory), cmocka_unit_test(test_dry_run_target),
		cmocka_unit_test(test_undo_import),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
