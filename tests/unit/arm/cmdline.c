/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/cmdline.h"

#include <errno.h>
#include <string.h>

#include "../test.h"

/* What is left of the running kernel's words: the rest is the same for all. */
static void kept(const char *running, const char *wanted)
{
	_cleanup_buf_ struct buf with = { 0 }, without = { 0 };
	size_t tail;

	assert_int_equal(cmdline_build(running, NULL, 2047, &with, NULL), 0);
	assert_int_equal(cmdline_build("", NULL, 2047, &without, NULL), 0);
	tail = with.len - without.len;
	assert_string_equal(with.data + tail, without.data);
	if (tail)
		with.data[tail - 1] = '\0';
	assert_string_equal(tail ? with.data : "", wanted);
}

static void test_kept_and_removed(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "\n", "" },
		{ "BOOT_IMAGE=/boot/vmlinuz-6.1 root=UUID=1 ro quiet\n", "" },
		{ "root=/dev/vda1 console=tty0 console=ttyS0,115200n8 crashkernel=256M",
		  "console=tty0 console=ttyS0,115200n8" },
		{ "rd.lvm.lv=vg/root rd.luks.uuid=x rhgb intel_iommu=on", "rhgb intel_iommu=on" },
		{ "panic_on_warn panic-on-warn=1 panic=0 oops=panic net.ifnames=0",
		  "net.ifnames=0" },
		{ "slub_debug=FZ slub-debug hugepages=512 default_hugepagesz=1G log_buf_len=16M",
		  "" },
		{ "foo= bar=1", "bar=1" },
		{ "rootless=1 rdx quieter", "rootless=1 rdx quieter" },
		{ "dyndbg=\"file a.c +p ; root=x\" x", "dyndbg=\"file a.c +p ; root=x\" x" },
		{ "a=1 -- single b", "a=1" },
		{ "mem=512M memmap=1G$4G", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		kept(cases[i][0], cases[i][1]);
}

static void test_golden(void **state)
{
	_cleanup_buf_ struct buf line = { 0 };

	assert_int_equal(cmdline_build("root=/dev/vda1 console=ttyS0", "lastword.fault=hang-dump",
				       2047, &line, NULL),
			 0);
	assert_string_equal(
		line.data,
		"console=ttyS0 irqpoll nr_cpus=1 reset_devices mce=off panic=10 oops=panic "
		"cgroup_disable=memory cgroup.memory=nokmem numa=off transparent_hugepage=never "
		"novmcoredd "
		"acpi_no_memhotplug "
		"hest_disable cma=0 hugetlb_cma=0 kfence.sample_interval=0 "
		"initcall_blacklist=tracer_init_tracefs nokaslr pcie_ports=compat rootfstype=ramfs "
		"rdinit=/init lastword.fault=hang-dump");
}

static void test_too_long(void **state)
{
	_cleanup_buf_ struct buf line = { 0 };
	struct error e = { 0 };
	char running[2048];

	memset(running, 'a', sizeof(running) - 1);
	running[sizeof(running) - 1] = '\0';
	assert_int_equal(cmdline_build(running, NULL, 2047, &line, &e), -E2BIG);
	assert_non_null(strstr(error_text(&e), "2047 fit"));
	assert_null(line.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept_and_removed),
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
