/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machine, kernel, reservation, configuration, what is armed. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arm/image/files.h"
#include "arm/rehearse/past.h"
#include "base/bytes.h"

#include "../test.h"
#include "doctor_made.h"

#define LOADED "/sys/kernel/kexec_crash_loaded"
#define SIZE "/sys/kernel/kexec_crash_size"
#define WATCHDOG "/sys/devices/pci0000:00/0000:00:05.0/watchdog/watchdog0"
#define HARD_WATCHDOG                                                                              \
	{ "/sys/class/watchdog/watchdog0",                                                         \
	  "-> ../../devices/pci0000:00/0000:00:05.0/watchdog/watchdog0" },                         \
		{ WATCHDOG "/identity", "i6300ESB timer\n" },                                      \
	{                                                                                          \
		WATCHDOG "/state", "active\n"                                                      \
	}
#define KERNEL "/boot/vmlinuz-6.1.0-50-amd64"

static void log_sme(struct facts *f)
{
	assert_int_equal(
		buf_printf(&f->log, "x86/mm: Memory Encryption Features active: AMD SME\n"), 0);
	f->reservation.reserved = f->needed + MIB(8);
}

static void log_tdx(struct facts *f)
{
	assert_int_equal(buf_printf(&f->log, "Memory Encryption Features active: Intel TDX\n"), 0);
}

static void no_driver(struct facts *f)
{
	watchdogs_done(&f->composed.watchdogs);
}

static void early(struct facts *f)
{
	f->now = 1000;
}

static void behind(const struct root *r)
{
	const struct timespec times[2] = { { .tv_sec = MADE_NOW + 86400 * 9 },
					   { .tv_sec = MADE_NOW + 86400 * 9 } };

	assert_int_equal(utimensat(r->fd, "etc/kdump.conf", times, 0), 0);
}

static void loose(const struct root *r)
{
	answers.synchronised = false;
}

/* A PE header with a certificate table in the kernel's zeros. */
static void sign(const struct root *r)
{
	_cleanup_close_ int fd = openat(r->fd, root_relative(KERNEL), O_WRONLY | O_CLOEXEC);
	uint8_t pe[256] = { 'P', 'E' };
	uint8_t at[4];

	le32_put(at, 0x1000);
	le16_put(pe + 24, 0x20b);
	le32_put(pe + 24 + 108, 16);
	le32_put(pe + 24 + 112 + 32, 0x2000);
	le32_put(pe + 24 + 112 + 36, 100);
	assert_int_equal(pwrite(fd, "MZ", 2, 0), 2);
	assert_int_equal(pwrite(fd, at, 4, 0x3c), 4);
	assert_int_equal(pwrite(fd, pe, sizeof(pe), 0x1000), sizeof(pe));
}

static void unsign(const struct root *r)
{
	_cleanup_close_ int fd = openat(r->fd, root_relative(KERNEL), O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, "\0\0\0\0", 4, 0x3c), 4);
}

static void pack(struct facts *f, const char *name, const char *content)
{
	struct buf text = { 0 };

	assert_int_equal(buf_printf(&text, "%s", content), 0);
	assert_int_equal(image_add(&f->composed.image, name, 0644, &text, NULL), 0);
}

static void signed_module(struct facts *f)
{
	pack(f, "/lib/modules/a.ko", "x~Module signature appended~\n");
}

static void unsigned_module(struct facts *f)
{
	pack(f, "/lib/modules/zfs.ko", "x");
}

static void log_refused(struct facts *f)
{
	assert_int_equal(
		buf_printf(&f->log,
			   "[    0.0] crashkernel reservation failed - No suitable area found.\n"),
		0);
}

static void needs_more(struct facts *f)
{
	f->needed = MIB(200);
}

static void needs_little(struct facts *f)
{
	f->reservation.reserved = GIB(4);
}

static void changed(const struct root *r)
{
	_cleanup_buf_ struct buf text = { 0 };
	char *at;

	assert_int_equal(root_read_file(r, ARM_ARMED, 65536, &text), 0);
	at = strstr(text.data, "release 6.1");
	assert_non_null(at);
	at[strlen("release ")] = '5';
	made_file(r, ARM_ARMED, text.data);
}

static void rehearsal_failed(const struct root *r)
{
	_cleanup_buf_ struct buf text = { 0 };
	char *at;

	assert_int_equal(root_read_file(r, PAST_REHEARSAL, 65536, &text), 0);
	at = strstr(text.data, "true");
	assert_non_null(at);
	memcpy(at, "null", 4);
	made_file(r, PAST_REHEARSAL, text.data);
}

static void no_writing(const struct root *r)
{
	answers.write_r = -13;
}

static void read_only_room(const struct root *r)
{
	answers.room.read_only = true;
}

static void add_host(struct record *rec, const char *address)
{
	assert_int_equal(record_add_host(rec, "storage", address), 0);
}

static void same_address(struct facts *f)
{
	add_host(&f->armed, "10.0.0.5");
	add_host(&f->composed.record, "10.0.0.5");
}

static void other_address(struct facts *f)
{
	add_host(&f->armed, "10.0.0.5");
	add_host(&f->composed.record, "10.0.0.9");
}

static void unsure(struct facts *f)
{
	assert_int_equal(buf_printf(&f->composed.unsure, "the address of storage"), 0);
}

const struct doctor_case cases_machine[] = {
	{ "container", FINDING_FAILURE, "container",
	  .broken = { { "/run/systemd/container", "docker" } } },
	{ "xen", FINDING_FAILURE, "guest_type is PV",
	  .base = { { "/sys/hypervisor/type", "xen\n" },
		    { "/sys/hypervisor/guest_type", "HVM\n" } },
	  .broken = { { "/sys/hypervisor/guest_type", "PV\n" } } },
	{ "xen", FINDING_FAILURE, "dom0",
	  .broken = { { "/proc/xen/capabilities", "control_d\n" } } },
	{ "memory-encryption", FINDING_WARNING, "SME", .tweak = log_sme },
	{ "memory-encryption", FINDING_WARNING, "TDX", .tweak = log_tdx },
	{ "watchdog-short", FINDING_WARNING, "timeout is 20 s",
	  .base = { HARD_WATCHDOG, { WATCHDOG "/timeout", "60\n" } },
	  .broken = { { WATCHDOG "/timeout", "20\n" } } },
	{ "watchdog-unserved", FINDING_WARNING, "lastword_watchdog no",
	  .base = { HARD_WATCHDOG, { WATCHDOG "/timeout", "60\n" } },
	  .broken = { { "/etc/kdump.conf", "lastword_watchdog no\n" } } },
	{ "watchdog-unserved", FINDING_WARNING, "does not tell its device",
	  .base = { HARD_WATCHDOG, { WATCHDOG "/timeout", "60\n" } }, .tweak = no_driver },
	{ "clock-wrong", FINDING_WARNING, "years behind", .tweak = early },
	{ "clock-wrong", FINDING_WARNING, "kdump.conf was written 9 days", .break_it = behind },
	{ "clock-loose", FINDING_NOTE, "unsynchronised", .break_it = loose },
	{ "clock-local", FINDING_NOTE, "LOCAL",
	  .broken = { { "/etc/adjtime", "0.0 0 0.0\n0\nLOCAL\n" } } },

	{ "kernel-config", FINDING_FAILURE, "CONFIG_PROC_VMCORE",
	  .broken = { { "/boot/config-6.1.0-50-amd64", "CONFIG_KEXEC_FILE=y\n" } } },
	{ "kernel-config-useful", FINDING_NOTE, "CONFIG_DEBUG_INFO_BTF",
	  .broken = { { "/boot/config-6.1.0-50-amd64", "CONFIG_KEXEC_FILE=y\n" } } },
	{ "kernel-config", FINDING_SKIPPED, "/proc/config.gz",
	  .broken = { { "/boot/config-6.1.0-50-amd64", NULL } } },

	{ "kexec-missing", FINDING_FAILURE, "kexec_crash_loaded", .broken = { { LOADED, NULL } } },
	{ "kexec-disabled", FINDING_WARNING, "kexec_load_disabled = 1",
	  .broken = { { "/proc/sys/kernel/kexec_load_disabled", "1\n" } } },
	{ "kexec-disabled", FINDING_FAILURE, "kexec_load_disabled = 1",
	  .broken = { { "/proc/sys/kernel/kexec_load_disabled", "1\n" }, { LOADED, "0\n" } } },
	{ "kexec-limit", FINDING_WARNING, "limit_panic = 0",
	  .broken = { { "/proc/sys/kernel/kexec_load_limit_panic", "0\n" } } },
	{ "kexec-limit", FINDING_FAILURE, "limit_panic = 0",
	  .broken = { { "/proc/sys/kernel/kexec_load_limit_panic", "0\n" }, { LOADED, "0\n" } } },
	{ "kernel-unsigned", FINDING_WARNING, "[integrity]",
	  .base = { { "/sys/kernel/security/lockdown", "none [integrity] confidentiality\n" } },
	  .prepare = sign, .break_it = unsign },
	{ "kernel-unsigned", FINDING_FAILURE, "[integrity]",
	  .base = { { "/sys/kernel/security/lockdown", "none [integrity] confidentiality\n" } },
	  .prepare = sign, .broken = { { LOADED, "0\n" } }, .break_it = unsign },
	{ "kernel-unsigned", FINDING_WARNING, "[confidentiality]",
	  .base = { { "/sys/kernel/security/lockdown", "[none] integrity confidentiality\n" } },
	  .broken = { { "/sys/kernel/security/lockdown", "none integrity [confidentiality]\n" } } },
	{ "module-unsigned", FINDING_FAILURE, "zfs.ko",
	  .base = { { "/sys/module/module/parameters/sig_enforce", "Y\n" } },
	  .tweak_base = signed_module, .tweak = unsigned_module },
	{ "modules-missing", FINDING_FAILURE, "modules.dep.bin",
	  .broken = { { "/lib/modules/6.1.0-50-amd64/modules.dep.bin", NULL } } },
	{ "kernel-update", FINDING_NOTE, "vmlinuz-6.1.0-100-amd64",
	  .base = { { "/boot/vmlinuz-6.1.0-9-amd64", "" } },
	  .broken = { { "/boot/vmlinuz-6.1.0-100-amd64", "" } } },

	{ "crashkernel-missing", FINDING_FAILURE,
	  "no crashkernel=", .broken = { { SIZE, "0\n" }, { "/proc/cmdline", "ro\n" } } },
	{ "crashkernel-refused", FINDING_FAILURE, "No suitable area found",
	  .broken = { { SIZE, "0\n" } }, .tweak = log_refused },
	{ "crashkernel-refused", FINDING_FAILURE, "ranges",
	  .broken = { { SIZE, "0\n" }, { "/proc/cmdline", "crashkernel=64G-:512M\n" } } },
	{ "crashkernel-form", FINDING_WARNING, "crashkernel=",
	  .broken = { { "/proc/cmdline", "crashkernel=128M crashkernel=72M,low\n" } } },
	{ "reservation-shrunk", FINDING_WARNING, "100 MiB", .broken = { { SIZE, "104857600\n" } } },
	{ "reservation-low", FINDING_WARNING, "below 100000000",
	  .broken = { { "/proc/iomem", "100000000-1ffffffff : System RAM\n  140000000-147ffffff : "
				       "Crash kernel\n" } } },
	{ "reservation-low", FINDING_SKIPPED, "root",
	  .broken = { { "/proc/iomem", "00000000-00000000 : System RAM\n  00000000-00000000 : "
				       "Crash kernel\n" } } },
	{ "reservation-small", FINDING_FAILURE, "need 200 MiB", .tweak = needs_more },
	{ "reservation-large", FINDING_NOTE, "4096 MiB", .tweak = needs_little },

	{ "config-error", FINDING_FAILURE, "kdump.conf:1",
	  .broken = { { "/etc/kdump.conf", "foo\n" } } },
	{ "config-missing", FINDING_NOTE, "/var/crash", .broken = { { "/etc/kdump.conf", NULL } } },
	{ "config-notes", FINDING_NOTE, "no module foo",
	  .broken = { { "/etc/kdump.conf", "extra_modules foo\n" } } },
	{ "config-fallback", FINDING_NOTE, "nfs 10.0.0.5:/dumps",
	  .base = { { "/etc/kdump.conf", "nfs 10.0.0.5:/dumps\nfallback ext4 /dev/vda1\n" } },
	  .broken = { { "/etc/kdump.conf", "nfs 10.0.0.5:/dumps\n" } } },

	{ "not-armed", FINDING_FAILURE, "lastword arm", .broken = { { LOADED, "0\n" } } },
	{ "armed-by-other", FINDING_FAILURE, "armed", .broken = { { ARM_ARMED, NULL } } },
	{ "armed-by-other", FINDING_FAILURE, "another boot",
	  .broken = { { "/proc/sys/kernel/random/boot_id", "0-0\n" } } },
	{ "arm-refuses", FINDING_FAILURE, "/no/such",
	  .broken = { { "/etc/kdump.conf", "path /no/such\n" } } },
	{ "armed-stale", FINDING_FAILURE, "changed",
	  .broken = { { "/etc/kdump.conf", "core_collector makedumpfile -d 1\n" } } },
	{ "armed-other-kernel", FINDING_WARNING, "armed with 5.1.0", .break_it = changed },
	{ "image-damaged", FINDING_WARNING, "not the one that was made",
	  .broken = { { ARM_IMAGE, "x" } } },
	{ "image-damaged", FINDING_WARNING, "cannot be read", .broken = { { ARM_IMAGE, NULL } } },
	{ "image-damaged", FINDING_WARNING, "damaged", .broken = { { ARM_RECORD, "x" } } },
	{ "state-directory", FINDING_FAILURE, "Permission denied", .break_it = no_writing },
	{ "state-directory", FINDING_FAILURE, "read-only", .break_it = read_only_room },
	{ "name-moved", FINDING_FAILURE, "armed with 10.0.0.5, now 10.0.0.9",
	  .tweak_base = same_address, .tweak = other_address },
	{ "name-unchecked", FINDING_NOTE, "storage", .tweak = unsure },
	{ "rehearsed", FINDING_NOTE, "never rehearsed", .broken = { { PAST_REHEARSAL, NULL } } },
	{ "rehearsed", FINDING_NOTE, "another image",
	  .broken = { { PAST_REHEARSAL, "{\"schema\": \"" PAST_REHEARSAL_SCHEMA "\"}" } } },
	{ "rehearsed", FINDING_WARNING, "what is armed failed", .break_it = rehearsal_failed },
	{ 0 },
};
