/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor_healthy.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arm/image/compose.h"
#include "arm/image/files.h"
#include "arm/rehearse/past.h"
#include "base/bytes.h"

#include "../test.h"
#include "doctor_made.h"

#define RELEASE "6.1.0-50-amd64"
#define MODULES "/lib/modules/" RELEASE
#define BOOT "540daf65-07da-4a9f-8c54-5ac33fd0c9b9"
#define KERNEL_SIZE 8192

static const struct edit files[] = {
	{ "/proc/sys/kernel/osrelease", RELEASE "\n" },
	{ "/proc/sys/kernel/random/boot_id", BOOT "\n" },
	{ "/proc/sys/kernel/panic_on_oops", "1\n" },
	{ "/proc/sys/kernel/panic", "10\n" },
	{ "/proc/sys/kernel/unknown_nmi_panic", "1\n" },
	{ "/proc/sys/kernel/sysrq", "446\n" },
	{ "/proc/sys/kernel/kptr_restrict", "0\n" },
	{ "/proc/sys/kernel/kexec_load_disabled", "0\n" },
	{ "/proc/sys/kernel/kexec_load_limit_panic", "-1\n" },
	{ "/proc/cmdline", "root=/dev/vda1 ro crashkernel=128M\n" },
	{ "/proc/cpuinfo", "processor\t: 0\ninitial apicid\t: 0\n" },
	{ "/proc/filesystems", "nodev\tproc\n\text4\n" },
	{ "/proc/meminfo",
	  "MemTotal:        4000000 kB\nMemFree:         2000000 kB\nBuffers:           10000 kB\n"
	  "Cached:          1000000 kB\nSwapCached:            0 kB\nAnonPages:        500000 "
	  "kB\n" },
	{ "/proc/iomem", "00100000-ffffffff : System RAM\n  01000000-01ffffff : Kernel code\n"
			 "  02000000-02ffffff : Kernel bss\n  40000000-47ffffff : Crash kernel\n" },
	{ "/proc/self/mountinfo", "22 1 0:21 / /proc rw - proc proc rw\n"
				  "23 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw\n" },
	{ "/proc/net/fib_trie", "Main:\n" },
	{ "/sys/kernel/kexec_crash_size", "134217728\n" },
	{ "/sys/kernel/kexec_crash_loaded", "1\n" },
	{ "/sys/module/kernel/parameters/crash_kexec_post_notifiers", "N\n" },
	{ "/sys/class/tty/tty0/dev", "4:0\n" },
	{ "/etc/kdump.conf", "path /var/crash\nlastword_notify journal\n" },
	{ "/etc/adjtime", "0.0 0 0.0\n0\nUTC\n" },
	{ "/usr/lib/systemd/systemd", "" },
	{ "/usr/lib/systemd/system/lastword.service", "" },
	{ "/usr/lib/systemd/system/lastword-notify.service", "" },
	{ "/etc/systemd/system/multi-user.target.wants/lastword.service", "" },
	{ "/etc/systemd/system/multi-user.target.wants/lastword-notify.service", "" },
	{ "/usr/lib/lastword/lastword-init", "\177ELF" },
	{ "/usr/bin/ssh", "" },
	{ "/boot/config-" RELEASE,
	  "\nCONFIG_KEXEC_FILE=y\nCONFIG_CRASH_DUMP=y\nCONFIG_PROC_VMCORE=y\nCONFIG_RELOCATABLE=y\n"
	  "CONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_GZIP=y\nCONFIG_BINFMT_ELF=y\nCONFIG_DEVTMPFS=y\n"
	  "CONFIG_PROC_FS=y\nCONFIG_SYSFS=y\nCONFIG_KALLSYMS=y\nCONFIG_KALLSYMS_ALL=y\n"
	  "CONFIG_DEBUG_INFO_BTF=y\nCONFIG_UNWINDER_ORC=y\nCONFIG_IKCONFIG=m\nCONFIG_MAGIC_SYSRQ="
	  "y\n" },
};

/* As in bzimage.c: a header with 3 setup sectors and 4096 bytes of payload. */
static void made_kernel(const struct root *r)
{
	uint8_t p[KERNEL_SIZE] = { 0 };

	p[0x1f1] = 3;
	memcpy(p + 0x202, "HdrS", 4);
	le16_put(p + 0x206, 0x20f);
	p[0x211] = 1;
	le32_put(p + 0x230, 0x200000);
	p[0x234] = 1;
	le16_put(p + 0x236, 1);
	le32_put(p + 0x238, 2047);
	le32_put(p + 0x248, 0x100);
	le32_put(p + 0x24c, 4096);
	le32_put(p + 0x260, 63 << 20);
	made_bytes(r, "/boot/vmlinuz-" RELEASE, p, sizeof(p));
}

/* Empty indexes of kmod: magic, version 2.1, no root node. */
static void made_modules(const struct root *r)
{
	static const uint8_t index[] = { 0xb0, 0x07, 0xf4, 0x57, 0, 2, 0, 1, 0, 0, 0, 0 };
	static const char *const names[] = { "dep", "alias", "symbols", "builtin",
					     "builtin.alias" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = NULL;

		assert_true(asprintf(&path, MODULES "/modules.%s.bin", names[i]) > 0);
		made_bytes(r, path, index, sizeof(index));
	}
}

void made_healthy(struct root *ret)
{
	static const char *const built_in[] = { "/sys/bus/pci/drivers/virtio-pci/module",
						"/sys/bus/virtio/drivers/virtio_blk/module" };
	const struct timespec times[2] = { { .tv_sec = MADE_NOW }, { .tv_sec = MADE_NOW } };

	made_root_in_memory(ret);
	made_disk(ret, "vda", "", 0, "S-1\n");
	made_disk(ret, "vda1", "vda", 1, "");
	made_disk(ret, "vdb", "", 16, "S-2\n");
	made_ext4(ret, "/dev/vda1");
	for (size_t i = 0; i < ARRAY_SIZE(built_in); i++)
		assert_int_equal(unlinkat(ret->fd, root_relative(built_in[i]), 0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		made_file(ret, files[i].path, files[i].text);
	assert_int_equal(utimensat(ret->fd, "etc/kdump.conf", times, 0), 0);
	made_kernel(ret);
	made_modules(ret);
	made_dir(ret, "/var/crash");
	made_dir(ret, "/root/.ssh");
	made_dir(ret, ARM_STATE_DIR);
}

static void write_records(const struct root *r, struct record *rec, const struct buf *packed)
{
	const struct timespec times[2] = { { .tv_sec = MADE_NOW }, { .tv_sec = MADE_NOW } };
	_cleanup_buf_ struct buf text = { 0 };
	struct rehearsal rehearsal;

	rec->image_size = packed->len;
	digest_bytes(packed->data, packed->len, &rec->image);
	free(rec->boot_id);
	rec->boot_id = strdup(BOOT);
	assert_int_equal(record_format(rec, &text), 0);
	made_bytes(r, ARM_IMAGE, packed->data, packed->len);
	made_bytes(r, ARM_RECORD, text.data, text.len);
	made_bytes(r, ARM_ARMED, text.data, text.len);
	assert_int_equal(utimensat(r->fd, root_relative(ARM_RECORD), times, 0), 0);
	rehearsal = (struct rehearsal){ .passed = true,
					.when = MADE_NOW,
					.release = rec->release,
					.target = rec->target,
					.image = rec->image };
	assert_int_equal(past_write(r, &rehearsal, NULL), 0);
}

void made_armed(const struct root *r)
{
	_cleanup_composition_ struct composition c = { 0 };
	_cleanup_buf_ struct buf packed = { 0 };

	if (faccessat(r->fd, root_relative(ARM_ARMED), F_OK, 0) == 0 ||
	    compose(r, NULL, NULL, &c, NULL) < 0)
		return;
	assert_int_equal(image_pack(&c.image, &packed, NULL), 0);
	write_records(r, &c.record, &packed);
}

void made_armed_plan(const struct root *r, const char *lines)
{
	_cleanup_composition_ struct composition c = { 0 };
	_cleanup_buf_ struct buf packed = { 0 };
	_cleanup_image_ struct image im = { 0 };
	struct buf text = { 0 };

	assert_int_equal(compose(r, NULL, NULL, &c, NULL), 0);
	assert_int_equal(plan_format(c.plan, &text), 0);
	text.len -= strlen("end\n");
	assert_int_equal(buf_printf(&text, "%send\n", lines), 0);
	assert_int_equal(image_add(&im, PLAN_PATH, 0600, &text, NULL), 0);
	assert_int_equal(image_pack(&im, &packed, NULL), 0);
	write_records(r, &c.record, &packed);
}
