/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drivers, command line, policy, services. */
#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "doctor_made.h"

#define CONF "/etc/kdump.conf"
#define CMDLINE "/proc/cmdline"
#define SYSCONFIG "/etc/sysconfig/kdump"
#define UNITS "/usr/lib/systemd/system/"
#define WANTS "/etc/systemd/system/multi-user.target.wants/"
#define WITH(words)                                                                                \
	{                                                                                          \
		{                                                                                  \
			CMDLINE, "crashkernel=128M " words "\n"                                    \
		}                                                                                  \
	}

static void pack(struct facts *f, const char *name)
{
	struct modules *m = &f->composed.modules;

	m->items = reallocarray(m->items, m->count + 1, sizeof(*m->items));
	assert_non_null(m->items);
	m->items[m->count++] = (struct module){ strdup(name), strdup("/x.ko"), strdup(""), false };
}

/* A module that asks for this symbol of the kernel. */
static void pack_that_asks(struct facts *f, const char *name, const char *symbol)
{
	struct buf content = { 0 };
	char path[100];

	pack(f, name);
	snprintf(path, sizeof(path), "/lib/modules/%s.ko", name);
	assert_int_equal(buf_append(&content, symbol, strlen(symbol) + 1), 0);
	assert_int_equal(image_add(&f->composed.image, path, 0644, &content, NULL), 0);
}

static void plain_driver(struct facts *f)
{
	pack(f, "virtio_net");
}

static void mlx5(struct facts *f)
{
	pack_that_asks(f, "mlx5_core", "elfcorehdr_addr");
}

static void old_mlx5(struct facts *f)
{
	pack_that_asks(f, "mlx5_core", "xelfcorehdr_addrx");
}

static void i40e(struct facts *f)
{
	pack_that_asks(f, "i40e", "elfcorehdr_addr");
}

static void old_i40e(struct facts *f)
{
	pack(f, "i40e");
}

static void megaraid(struct facts *f)
{
	pack_that_asks(f, "megaraid_sas", "reset_devices");
}

static void lpfc(struct facts *f)
{
	pack(f, "lpfc");
}

static void bnx2x(struct facts *f)
{
	pack(f, "bnx2x");
}

static void nouveau(struct facts *f)
{
	pack(f, "nouveau");
}

static void short_limit(struct facts *f)
{
	f->composed.kernel.cmdline_max = strlen(f->composed.record.cmdline) + 40;
}

static void executable(const struct root *r)
{
	made_file(r, "/etc/kdump/post.d/10-tell", "#!/bin/sh\n");
	made_mode(r, "/etc/kdump/post.d/10-tell", 0755);
}

static void not_executable(const struct root *r)
{
	made_mode(r, "/etc/kdump/post.d/10-tell", 0644);
}

static void hook(const struct root *r)
{
	made_file(r, "/usr/bin/pre", "#!/bin/sh\n");
	made_mode(r, "/usr/bin/pre", 0755);
}

static void no_hook(const struct root *r)
{
	made_mode(r, "/usr/bin/pre", 0644);
}

const struct doctor_case cases_rest[] = {
	{ "driver-missing", FINDING_FAILURE, "virtio_blk is loaded, but not in",
	  .broken = { { "/sys/bus/virtio/drivers/virtio_blk/module",
			"-> ../../../../module/virtio_blk" } } },
	{ "driver-memory", FINDING_WARNING, "mlx5_core takes up to 124 MiB",
	  .tweak_base = plain_driver, .tweak = mlx5 },
	{ "driver-memory", FINDING_WARNING, "mlx5_core takes up to 350 MiB",
	  .tweak_base = plain_driver, .tweak = old_mlx5 },
	{ "driver-memory", FINDING_WARNING, "i40e takes up to 86 MiB", .tweak_base = i40e,
	  .tweak = old_i40e },
	{ "driver-memory", FINDING_NOTE, "lpfc", .tweak = lpfc },
	{ "driver-memory", FINDING_WARNING, "megaraid_sas holds back with reset_devices alone",
	  .tweak_base = plain_driver, .tweak = megaraid,
	  .broken = { { SYSCONFIG, "KDUMP_COMMANDLINE_APPEND=\"irqpoll\"\n" } } },
	{ "driver-memory", FINDING_NOTE, "megaraid_sas may take much", .tweak_base = plain_driver,
	  .tweak = megaraid },
	{ "driver-memory", FINDING_NOTE, "lpfc", .tweak = lpfc,
	  .base = { { "/var/lib/lastword/highwater.json",
		      "{\"schema\": \"lastword.highwater/1\", \"release\": \"6.1.0-50-amd64\", "
		      "\"given_bytes\": 134217728, \"total_bytes\": 80000000}" } },
	  .tweak_base = lpfc, .broken = { { "/var/lib/lastword/highwater.json", NULL } } },
	{ "driver-firmware", FINDING_WARNING, "bnx2x", .tweak_base = plain_driver, .tweak = bnx2x },
	{ "driver-graphics", FINDING_WARNING, "nouveau", .tweak_base = plain_driver,
	  .tweak = nouveau },

	{ "cmdline-dropped", FINDING_NOTE, "hugepages=512", .broken = WITH("hugepages=512") },
	{ "cmdline-dropped", FINDING_NOTE, "default_hugepagesz=1G",
	  .broken = WITH("default_hugepagesz=1G") },
	{ "cmdline-memory", FINDING_WARNING, "dhash_entries=9999999", .base = WITH("foo=1"),
	  .broken = WITH("foo=1 dhash-entries=9 dhash_entries=9999999") },
	{ "cmdline-memory", FINDING_WARNING, "dhash_entries=9",
	  .base = { { CMDLINE, "crashkernel=128M dhash_entries=9\n" },
		    { SYSCONFIG, "KDUMP_COMMANDLINE_REMOVE=\"quiet dhash_entries\"\n" } },
	  .broken = { { SYSCONFIG, NULL } } },
	{ "cmdline-memory", FINDING_WARNING, "KDUMP_COMMANDLINE: ihash_entries=9",
	  .broken = { { SYSCONFIG, "KDUMP_COMMANDLINE=\"ihash_entries=9\"\n" } } },
	{ "cmdline-start", FINDING_NOTE, "acpi=off", .broken = WITH("acpi=off") },
	{ "cmdline-start", FINDING_NOTE, "oci_hpc.x=1", .broken = WITH("oci_hpc.x=1") },
	{ "cmdline-console", FINDING_WARNING, "console=ttyS7", .base = WITH("console=tty0"),
	  .broken = WITH("console=ttyS7,115200n8") },
	{ "cmdline-iommu", FINDING_NOTE, "intel_iommu=on", .broken = WITH("intel_iommu=on") },
	{ "cmdline-long", FINDING_NOTE, "bytes", .tweak = short_limit },

	{ "panic-on-oops", FINDING_WARNING, "kernel.panic_on_oops=1",
	  .broken = { { "/proc/sys/kernel/panic_on_oops", "0\n" } } },
	{ "panic-notifiers", FINDING_WARNING, "post_notifiers is Y",
	  .broken = { { "/sys/module/kernel/parameters/crash_kexec_post_notifiers", "Y\n" } } },
	{ "panic-timeout", FINDING_NOTE, "kernel.panic=10",
	  .broken = { { "/proc/sys/kernel/panic", "0\n" } } },
	{ "panic-nmi", FINDING_NOTE, "unknown_nmi_panic=1",
	  .broken = { { "/proc/sys/kernel/unknown_nmi_panic", "0\n" } } },
	{ "panic-sysrq", FINDING_NOTE, "kernel.sysrq=24",
	  .broken = { { "/proc/sys/kernel/sysrq", "16\n" } } },
	{ "policy-boot", FINDING_WARNING, "99-mine.conf",
	  .base = { { "/etc/sysctl.d/60-lastword.conf", "kernel.panic_on_oops = 1\n" } },
	  .broken = { { "/etc/sysctl.d/99-mine.conf", "kernel.panic_on_oops = 0\n" } } },
	{ "kptr-restrict", FINDING_NOTE, "kptr_restrict = 2",
	  .broken = { { "/proc/sys/kernel/kptr_restrict", "2\n" } } },

	{ "other-kdump", FINDING_WARNING, "disable --now kdump-tools.service",
	  .base = { { UNITS "kdump-tools.service", "" } },
	  .broken = { { WANTS "kdump-tools.service", "" } } },
	{ "kexec-restart", FINDING_NOTE, "LOAD_KEXEC=true",
	  .base = { { "/etc/default/kexec", "# x\nLOAD_KEXEC=false\n" } },
	  .broken = { { "/etc/default/kexec", "# x\nLOAD_KEXEC=true\n" } } },
	{ "service-missing", FINDING_WARNING, "make install",
	  .broken = { { UNITS "lastword.service", NULL }, { WANTS "lastword.service", NULL } } },
	{ "service-disabled", FINDING_WARNING, "systemctl enable --now lastword",
	  .broken = { { WANTS "lastword.service", NULL } } },
	{ "service-masked", FINDING_WARNING, "systemctl unmask lastword",
	  .broken = { { "/etc/systemd/system/lastword.service", "-> /dev/null" } } },
	{ "service-missing", FINDING_SKIPPED, "no systemd",
	  .broken = { { "/usr/lib/systemd/systemd", NULL } } },
	{ "notify-disabled", FINDING_WARNING, "lastword_notify journal",
	  .broken = { { WANTS "lastword-notify.service", NULL } } },
	{ "notify-disabled", FINDING_NOTE, "no lastword_notify",
	  .broken = { { WANTS "lastword-notify.service", NULL }, { CONF, "path /var/crash\n" } } },
	{ "hook-missing", FINDING_FAILURE, "/usr/bin/none is not there",
	  .broken = { { CONF, "kdump_pre /usr/bin/none\n" } } },
	{ "hook-missing", FINDING_FAILURE, "chmod 755 /usr/bin/pre",
	  .base = { { CONF, "extra_bins /usr/bin/pre\n" } }, .prepare = hook, .break_it = no_hook },
	{ "hook-not-executable", FINDING_WARNING, "10-tell", .prepare = executable,
	  .break_it = not_executable },
	{ "denied", FINDING_WARNING, "audit.log",
	  .base = { { "/var/log/audit/audit.log", "type=AVC denied { read } comm=\"cat\"\ntype=X "
						  "granted comm=\"lastword\"\n" } },
	  .broken = { { "/var/log/audit/audit.log", "type=X comm=\"lastword\"\ntype=AVC avc:  "
						    "denied  { write } comm=\"lastword\"\n" } } },
	{ 0 },
};
