/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/kexec/cmdline.h"

#include <errno.h>
#include <string.h>

#include "../test.h"

/* What is left of the running kernel's words: the rest is the same for all. */
static void kept(const char *running, const char *wanted)
{
	_cleanup_buf_ struct buf with = { 0 }, without = { 0 };
	size_t tail;

	struct cmdline_words w = { .running = running, .remove = "drop.this also-that=1" };

	assert_int_equal(cmdline_build(&w, 2047, &with, NULL), 0);
	w.running = NULL;
	assert_int_equal(cmdline_build(&w, 2047, &without, NULL), 0);
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
		{ "drop.this=1 drop.thisnot also_that=2 also-that", "drop.thisnot" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		kept(cases[i][0], cases[i][1]);
}

#define OWN                                                                                        \
	"cgroup.memory=nokmem initcall_blacklist=tracer_init_tracefs rootfstype=ramfs "            \
	"rdinit=/init"

static void golden(const struct cmdline_words *w, const char *wanted)
{
	_cleanup_buf_ struct buf line = { 0 };

	assert_int_equal(cmdline_build(w, 2047, &line, NULL), 0);
	assert_string_equal(line.data, wanted);
}

static void test_golden(void **state)
{
	struct cmdline_words w = { .running = "root=/dev/vda1 console=ttyS0",
				   .machine = "i6300esb.pretimeout=0",
				   .append = "lastword.fault=hang-dump" };

	golden(&w, "console=ttyS0 panic=10 oops=panic irqpoll reset_devices mce=off "
		   "cgroup_disable=memory numa=off transparent_hugepage=never acpi_no_memhotplug "
		   "hest_disable cma=0 hugetlb_cma=0 kfence.sample_interval=0 nokaslr "
		   "pcie_ports=compat " OWN " i6300esb.pretimeout=0 lastword.fault=hang-dump");
	/* KDUMP_COMMANDLINE_APPEND: all that the user did not write is gone, but what lastword needs. */
	w.usual = "reset_devices nr_cpus=4\n panic=30 rdinit=/bin/sh novmcoredd console=tty0";
	golden(&w, "console=ttyS0 panic=10 oops=panic reset_devices panic=30 console=tty0 " OWN
		   " i6300esb.pretimeout=0 lastword.fault=hang-dump");
	w.usual = "";
	w.more = "noapic maxcpus=1";
	w.machine = w.append = NULL;
	golden(&w, "console=ttyS0 panic=10 oops=panic noapic " OWN);
}

static void test_too_long(void **state)
{
	_cleanup_buf_ struct buf line = { 0 };
	struct error e = { 0 };
	char running[2048];

	memset(running, 'a', sizeof(running) - 1);
	running[sizeof(running) - 1] = '\0';
	assert_int_equal(
		cmdline_build(&(struct cmdline_words){ .running = running }, 2047, &line, &e),
		-E2BIG);
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
