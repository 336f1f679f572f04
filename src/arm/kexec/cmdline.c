/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/kexec/cmdline.h"

#include <errno.h>
#include <string.h>

#include "arm/config/sysconfig.h"

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
	"netconsole", /* lastword-init tells what there is to be told */
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

/* Of KDUMP_COMMANDLINE_APPEND: kdump.conf, lastword_cpus and the image decide these. */
static const char *const decided[] = {
	"nr_cpus", "maxcpus", "disable_cpu_apicid", "novmcoredd", "rdinit", "elfcorehdr",
};

/* A capture kernel that fails restarts; KDUMP_COMMANDLINE_APPEND may want it another way. */
static const char ending[] = "panic=10 oops=panic";

/*
 * As kdump-utils has them in KDUMP_COMMANDLINE_APPEND. irqpoll, reset_devices: devices are as the crash left them.
 * cgroup_disable, numa, transparent_hugepage, cma, hugetlb_cma, kfence, hest_disable: memory. mce: the handler must not end
 * the capture kernel.
 */
static const char usual[] =
	"irqpoll reset_devices mce=off cgroup_disable=memory numa=off transparent_hugepage=never "
	"acpi_no_memhotplug hest_disable cma=0 hugetlb_cma=0 kfence.sample_interval=0 nokaslr "
	"pcie_ports=compat";

/*
 * initcall_blacklist: up to 6.5 the directories of tracefs cost 8 MiB. cgroup.memory=nokmem: the
 * per-CPU allocator's accounting costs 4 MiB. rootfstype=ramfs: a tmpfs would hold half of the
 * memory at most.
 */
static const char own[] = "cgroup.memory=nokmem initcall_blacklist=tracer_init_tracefs "
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

static bool in_table(const char *const *names, size_t count, const char *word, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (name_is(word, len, names[i]))
			return true;
	return false;
}

static size_t name_length(const char *word, size_t len)
{
	const char *equals = memchr(word, '=', len);

	return equals ? (size_t)(equals - word) : len;
}

bool cmdline_decides(const char *word, size_t len)
{
	return in_table(decided, ARRAY_SIZE(decided), word, name_length(word, len));
}

const char *cmdline_usual(void)
{
	return usual;
}

bool cmdline_removes(const char *name, size_t len)
{
	return in_table(removed, ARRAY_SIZE(removed), name, len);
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

/* Is the name among the words? Each is a name, or a name and a value. */
static bool is_listed(const char *words, const char *name, size_t name_len)
{
	for (const char *p = words; p && *p; p += strspn(p, " \t\n")) {
		size_t len = word_length(p), listed = name_length(p, len);
		size_t same = 0;

		while (same < listed && same < name_len && same_letter(p[same], name[same]))
			same++;
		if (listed == name_len && same == name_len)
			return true;
		p += len;
	}
	return false;
}

enum filter { COPY_ALL, COPY_KEPT, COPY_UNDECIDED };

static bool is_copied(const struct cmdline_words *w, enum filter filter, const char *word,
		      size_t len)
{
	size_t name_len = name_length(word, len);

	switch (filter) {
	case COPY_ALL:
		return true;
	case COPY_UNDECIDED:
		return !cmdline_decides(word, len);
	case COPY_KEPT:
		/* "foo=" with nothing behind says nothing. */
		return name_len + 1 != len && !cmdline_removes(word, name_len) &&
		       !is_listed(w->remove, word, name_len);
	}
	return true;
}

static int copy_words(const struct cmdline_words *w, const char *from, enum filter filter,
		      struct buf *to)
{
	int r = 0;

	while (from && r == 0) {
		size_t len;

		from += strspn(from, " \t\n");
		len = word_length(from);
		/* Words behind "--" are for the init of the first kernel. */
		if (!len || (filter == COPY_KEPT && len == 2 && memcmp(from, "--", 2) == 0))
			return 0;
		if (is_copied(w, filter, from, len)) {
			r = to->len ? buf_append(to, " ", 1) : 0;
			if (r == 0)
				r = buf_append(to, from, len);
		}
		from += len;
	}
	return r;
}

int cmdline_build(const struct cmdline_words *w, size_t limit, struct buf *ret, struct error *e)
{
	const struct {
		const char *words;
		enum filter filter;
	} parts[] = {
		{ w->running, COPY_KEPT },
		{ ending, COPY_ALL },
		{ w->usual ?: usual, COPY_UNDECIDED },
		{ w->more, COPY_UNDECIDED },
		{ own, COPY_ALL },
		{ w->machine, COPY_ALL },
		{ w->append, COPY_ALL },
	};
	_cleanup_buf_ struct buf line = { 0 };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts) && r == 0; i++)
		r = copy_words(w, parts[i].words, parts[i].filter, &line);
	if (r < 0)
		return error_errno(e, r, "command line of the capture kernel");
	if (line.len + CMDLINE_KERNEL_ADDS + CMDLINE_LOAD_ADDS > limit)
		return error_set(e, -E2BIG,
				 "the command line of the capture kernel would have %zu bytes, %zu "
				 "fit; shorten the kernel's own command line, or name what is not "
				 "needed in KDUMP_COMMANDLINE_REMOVE (" SYSCONFIG_PATH ")",
				 line.len + CMDLINE_KERNEL_ADDS + CMDLINE_LOAD_ADDS, limit);
	*ret = line;
	line = (struct buf){ 0 };
	return 0;
}
