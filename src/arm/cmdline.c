/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/cmdline.h"

#include <errno.h>
#include <string.h>

/* Names whose words go, as kernel-parameters.rst has them; '-' and '_' are the same, as for the
 * kernel. A '*' at the end takes the rest of the name. */
static const char *const removed[] = {
	/* another system's start */
	"BOOT_IMAGE",
	"initrd",
	"init",
	"rdinit",
	"root",
	"rootflags",
	"rootfstype",
	"rootwait",
	"rootdelay",
	"ro",
	"rw",
	"resume",
	"resume_offset",
	"noresume",
	"netroot",
	"nfsroot",
	"ip",
	"fcoe",
	"iscsi_initiator",
	"rd.*",
	"systemd.*",
	"ignition.*",
	"single",
	"S",
	"emergency",
	"rescue",
	/* the first kernel's reservation and end */
	"crashkernel",
	"elfcorehdr",
	"panic",
	"panic_on_warn",
	"panic_on_oops",
	"oops",
	"crash_kexec_post_notifiers",
	"lastword.*",
	/* what limits or eats memory */
	"mem",
	"memmap",
	"hugepages",
	"hugepagesz",
	"default_hugepagesz",
	"hugetlb_cma",
	"cma",
	"log_buf_len",
	"swiotlb",
	"slub_debug",
	"slab_debug",
	"page_owner",
	"debug_pagealloc",
	"page_poison",
	"kmemleak",
	"trace_buf_size",
	"trace_event",
	"ftrace",
	"ftrace_filter",
	"initramfs_options",
	"transparent_hugepage",
	"numa",
	"kfence.*",
	"movablecore",
	"kernelcore",
	"zswap.*",
	"cgroup_disable",
	"cgroup_enable",
	"cgroup.memory",
	/* one CPU, loud */
	"nr_cpus",
	"maxcpus",
	"possible_cpus",
	"isolcpus",
	"nohz_full",
	"rcu_nocbs",
	"irqaffinity",
	"irqpoll",
	"quiet",
	"nokaslr",
	"kaslr",
	"mce",
	"disable_cpu_apicid",
};

/*
 * irqpoll, reset_devices: devices are as the crash left them. nr_cpus=1, cgroup_disable, numa,
 * transparent_hugepage, cma, hugetlb_cma, kfence, novmcoredd, hest_disable: memory. mce: the
 * handler must not end the capture kernel. panic, oops: a capture kernel that fails restarts.
 * initcall_blacklist: up to 6.5 the directories of tracefs cost 8 MiB. cgroup.memory=nokmem: the
 * per-CPU allocator's accounting costs 4 MiB. rootfstype=ramfs: a tmpfs would hold half of the
 * memory at most.
 */
static const char appended[] =
	"irqpoll nr_cpus=1 reset_devices mce=off panic=10 oops=panic cgroup_disable=memory "
	"cgroup.memory=nokmem numa=off "
	"transparent_hugepage=never novmcoredd acpi_no_memhotplug hest_disable cma=0 hugetlb_cma=0 "
	"kfence.sample_interval=0 initcall_blacklist=tracer_init_tracefs nokaslr pcie_ports=compat "
	"rootfstype=ramfs rdinit=/init";

static bool same_letter(char a, char b)
{
	return a == b || ((a == '-' || a == '_') && (b == '-' || b == '_'));
}

static bool name_is(const char *word, size_t len, const char *name)
{
	size_t i;

	for (i = 0; name[i] && name[i] != '*'; i++)
		if (i >= len || !same_letter(word[i], name[i]))
			return false;
	return name[i] == '*' || i == len;
}

static bool is_removed(const char *word, size_t len)
{
	size_t name_len = 0;

	while (name_len < len && word[name_len] != '=')
		name_len++;
	/* "foo=" with nothing behind says nothing. */
	if (name_len + 1 == len && name_len < len)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(removed); i++)
		if (name_is(word, name_len, removed[i]))
			return true;
	return false;
}

/* To the next blank outside double quotes, as the kernel splits. */
static size_t word_length(const char *p)
{
	bool quoted = false;
	size_t n = 0;

	for (; p[n] && (quoted || !strchr(" \t\n", p[n])); n++)
		if (p[n] == '"')
			quoted = !quoted;
	return n;
}

static int copy_words(const char *from, bool filter, struct buf *to)
{
	for (;;) {
		size_t len;
		int r = 0;

		from += strspn(from, " \t\n");
		len = word_length(from);
		if (!len)
			return 0;
		/* Words behind "--" are for the init of the first kernel. */
		if (filter && len == 2 && memcmp(from, "--", 2) == 0)
			return 0;
		if (!filter || !is_removed(from, len)) {
			r = to->len ? buf_append(to, " ", 1) : 0;
			if (r == 0)
				r = buf_append(to, from, len);
		}
		if (r < 0)
			return r;
		from += len;
	}
}

int cmdline_build(const char *running, const char *append, size_t limit, struct buf *ret,
		  struct error *e)
{
	_cleanup_buf_ struct buf line = { 0 };
	int r = copy_words(running, true, &line);

	if (r == 0)
		r = copy_words(appended, false, &line);
	if (r == 0 && append)
		r = copy_words(append, false, &line);
	if (r < 0)
		return error_errno(e, r, "command line of the capture kernel");
	if (line.len + CMDLINE_KERNEL_ADDS > limit)
		return error_set(e, -E2BIG,
				 "the command line of the capture kernel would have %zu bytes, %zu "
				 "fit; shorten the "
				 "kernel's own command line",
				 line.len + CMDLINE_KERNEL_ADDS, limit);
	*ret = line;
	line = (struct buf){ 0 };
	return 0;
}
