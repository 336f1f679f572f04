/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The running kernel's command line, of which the capture kernel gets what cmdline_build() leaves. */
#include <limits.h>
#include <stdio.h>

#include "arm/config/sysconfig.h"
#include "arm/doctor/families.h"
#include "arm/kexec/cmdline.h"

#define CMDLINE_MAX 65536

/* Words that mean another thing in a small kernel that starts behind a crash. Most are taken out by cmdline_build(). */
static const struct {
	const char *name;
	const char *harm;
	bool memory; /* it costs memory, or takes it away */
} harmful[] = {
	{ "hugepages", "takes memory for huge pages", true },
	{ "hugepagesz", "takes memory for huge pages", true },
	{ "default_hugepagesz", "takes memory for huge pages", true },
	{ "hugetlb_cma", "takes memory for huge pages", true },
	{ "cma", "takes memory for contiguous blocks", true },
	{ "mem", "limits the memory", true },
	{ "memmap", "takes memory away", true },
	{ "movablecore", "ties memory down", true },
	{ "kernelcore", "ties memory down", true },
	{ "swiotlb", "takes memory for bounce buffers", true },
	{ "log_buf_len", "takes memory for the log", true },
	{ "trace_buf_size", "takes memory for traces", true },
	{ "slub_debug", "makes each object larger", true },
	{ "slab_debug", "makes each object larger", true },
	{ "slub_max_order", "makes slabs larger", true },
	{ "slub_min_objects", "makes slabs larger", true },
	{ "page_owner", "takes memory for each page", true },
	{ "kasan*", "takes an eighth of the memory", true },
	{ "kmemleak", "takes memory for each object", true },
	{ "cgroup_enable", "takes memory for accounting", true },
	{ "transparent_hugepage", "takes huge pages for what is small", true },
	{ "dhash_entries", "makes a table larger", true },
	{ "ihash_entries", "makes a table larger", true },
	{ "thash_entries", "makes a table larger", true },
	{ "uhash_entries", "makes a table larger", true },
	{ "mhash_entries", "makes a table larger", true },
	{ "percpu_alloc", "takes memory for each CPU", true },
	{ "ramdisk_size", "takes memory for RAM disks", true },
	{ "zswap.*", "takes memory for compressed pages", true },
	{ "brd.*", "takes memory for RAM disks", true },
	{ "nvme.poll_queues", "makes queues for CPUs that are not there", true },
	{ "oci_hpc.*", "is for the machine's own start", false },
	{ "maxcpus", "is about CPUs that are not started", false },
	{ "nr_cpus", "is about CPUs that are not started", false },
	{ "possible_cpus", "is about CPUs that are not started", false },
	{ "isolcpus", "is about CPUs that are not started", false },
	{ "nohz_full", "is about CPUs that are not started", false },
	{ "rcu_nocbs", "is about CPUs that are not started", false },
	{ "irqaffinity", "is about CPUs that are not started", false },
	{ "rd.*", "is for the distribution's initramfs", false },
	{ "panic_on_warn", "would end the capture kernel at a warning", false },
	{ "nokaslr", "is set anyway", false },
	{ "acpi", "changes how hardware is found", false },
	{ "noapic", "may leave disks without interrupts", false },
	{ "nolapic", "may leave disks without interrupts", false },
	{ "efi", "changes how firmware tables are found", false },
	{ "noefi", "hides firmware tables: a kernel started by kexec may not find ACPI", false },
	{ "module_blacklist", "may keep out a driver that the dump needs", false },
	{ "modprobe.blacklist", "is for the first kernel's modprobe", false },
	{ "initcall_blacklist", "keeps parts of the kernel from starting", false },
	{ "debug_pagealloc", "makes all slower", false },
	{ "earlyprintk", "may wait for a port that does not answer", false },
	{ "netconsole", "sends from a network card that is not set up", false },
	{ "kgdboc", "stops at a debugger", false },
	{ "kgdbwait", "stops at a debugger", false },
};

static size_t find_harm(const struct word *w)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(harmful) && !look_is_named(w, harmful[i].name))
		i++;
	return i;
}

/* What the capture kernel gets of a word alone; ours are added to each line. */
static bool is_kept(const struct word *w, const char *remove, const struct buf *ours)
{
	_cleanup_free_ char *word = strndup(w->at, w->len);
	_cleanup_buf_ struct buf line = { 0 };

	return word &&
	       cmdline_build(&(struct cmdline_words){ .running = word, .remove = remove },
			     CMDLINE_MAX, &line, NULL) == 0 &&
	       line.len > ours->len;
}

static void tell(struct doctor *d, const struct word *w, size_t harm, bool kept, const char *from)
{
	found(d, kept && harmful[harm].memory ? FINDING_WARNING : FINDING_NOTE, "%.*s %s%s",
	      (int)w->len, w->at, harmful[harm].harm,
	      kept ? ", in the capture kernel, too" : "; the capture kernel does not get it");
	evidence(d, "%s: %.*s", from, (int)w->len, w->at);
	if (kept)
		fix(d,
		    "%sKDUMP_COMMANDLINE_REMOVE=\"… %.*s\" in /etc/sysconfig/kdump; then "
		    "lastword arm",
		    harmful[harm].memory ? "" : "if a rehearsal shows harm: ", (int)w->name_len,
		    w->at);
}

/* Words of the table that are kept, or those that are not. */
static void words(struct doctor *d, bool kept, bool memory)
{
	_cleanup_sysconfig_ struct sysconfig s = { 0 };
	_cleanup_buf_ struct buf ours = { 0 };
	const char *pos;
	struct word w;

	/* Where it cannot be read, arm-refuses tells of it. */
	if (sysconfig_read(d->facts->root, &s, NULL) < 0)
		s = (struct sysconfig){ 0 };
	if (cmdline_build(&(struct cmdline_words){ 0 }, CMDLINE_MAX, &ours, NULL) < 0)
		return;
	pos = s.commandline ?: d->facts->cmdline.data ?: "";
	while (look_next_word(&pos, &w)) {
		size_t i = find_harm(&w);

		if (i < ARRAY_SIZE(harmful) && is_kept(&w, s.remove, &ours) == kept &&
		    (!kept || harmful[i].memory == memory))
			tell(d, &w, i, kept, s.commandline ? "KDUMP_COMMANDLINE" : "/proc/cmdline");
	}
}

static void check_dropped(struct doctor *d)
{
	words(d, false, false);
}

static void check_memory(struct doctor *d)
{
	words(d, true, true);
}

static void check_start(struct doctor *d)
{
	words(d, true, false);
}

/* "ttyS1,115200n8" -> is there such a device? The kernel takes a console that is not there without a word, and as the last one it
 * is where init's own output goes. */
static void check_console(struct doctor *d)
{
	const struct facts *f = d->facts;
	const char *pos = f->cmdline.data ?: "";
	struct word w;

	while (look_next_word(&pos, &w)) {
		char path[PATH_MAX], device[64];

		if (!look_is_named(&w, "console") || !w.value_len)
			continue;
		snprintf(device, sizeof(device), "%.*s",
			 (int)MIN(w.value_len, strcspn(w.value, ", \n")), w.value);
		snprintf(path, sizeof(path), "/sys/class/tty/%s", device);
		if (strncmp(device, "tty", 3) != 0 || look_exists(f->root, path) ||
		    !look_exists(f->root, "/sys/class/tty"))
			continue;
		found(d, FINDING_WARNING,
		      "console=%s names a device that is not there: what the capture "
		      "kernel says may be lost",
		      device);
		evidence(d, "no %s", path);
		fix(d,
		    "take console=%.*s off the kernel's command line, or name a port that exists",
		    (int)w.value_len, w.value);
	}
}

/* DMA that the crash left running; what the first kernel mapped is taken over, which drivers of IOMMUs do differently well. */
static void check_iommu(struct doctor *d)
{
	static const char *const names[] = { "intel_iommu", "amd_iommu", "iommu", "iommu.*" };
	const char *pos = d->facts->cmdline.data ?: "";
	struct word w;

	while (look_next_word(&pos, &w))
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			if (!look_is_named(&w, names[i]))
				continue;
			found(d, FINDING_NOTE, "%.*s holds in the capture kernel, too", (int)w.len,
			      w.at);
			evidence(d, "/proc/cmdline: %.*s", (int)w.len, w.at);
			fix(d, "if disks do not appear there: lastword arm --append "
			       "'intel_iommu=off iommu=off'");
			break;
		}
}

static void check_long(struct doctor *d)
{
	const struct facts *f = d->facts;
	size_t len = f->composed_r == 0 ? strlen(f->composed.record.cmdline) : 0;
	uint64_t max = f->composed.kernel.cmdline_max;

	if (!len || len + CMDLINE_KERNEL_ADDS + max / 8 <= max)
		return;
	found(d, FINDING_NOTE,
	      "the capture kernel's command line is nearly as long as the kernel takes");
	evidence(d, "%zu of %llu bytes", len + CMDLINE_KERNEL_ADDS, (unsigned long long)max);
	fix(d, "shorten the kernel's own command line");
}

const struct check checks_cmdline[] = {
	{ "cmdline-dropped", "command line", "nothing on it is kept from the capture kernel",
	  FINDING_NOTE, check_dropped },
	{ "cmdline-memory", "command line", "nothing on it takes the capture kernel's memory",
	  FINDING_WARNING, check_memory },
	{ "cmdline-start", "command line", "nothing on it hinders the capture kernel's start",
	  FINDING_NOTE, check_start },
	{ "cmdline-console", "command line", "consoles on it are there", FINDING_WARNING,
	  check_console },
	{ "cmdline-iommu", "command line", "no IOMMU is asked for", FINDING_NOTE, check_iommu },
	{ "cmdline-long", "command line", "it has room to grow", FINDING_NOTE, check_long },
	{ 0 },
};
