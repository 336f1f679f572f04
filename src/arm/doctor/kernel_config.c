/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the kernel was built: it is the capture kernel, too. */
#include <stdio.h>

#include "arm/doctor/families.h"

struct option {
	const char *name, *for_what;
};

static const struct option required[] = {
	{ "KEXEC_FILE", "to load the capture kernel" },
	{ "CRASH_DUMP", "to start behind a crash" },
	{ "PROC_VMCORE", "to read the memory of the kernel that crashed" },
	{ "RELOCATABLE", "to run inside the reservation" },
	{ "BLK_DEV_INITRD", "to start from the capture image" },
	{ "RD_GZIP", "to unpack the capture image" },
	{ "BINFMT_ELF", "to run lastword-init" },
	{ "DEVTMPFS", "to find devices" },
	{ "PROC_FS", "to see the system" },
	{ "SYSFS", "to find devices" },
};

static const struct option useful[] = {
	{ "KALLSYMS", "a dump cannot explain its stacks" },
	{ "KALLSYMS_ALL", "variables have no names in a dump" },
	{ "DEBUG_INFO_BTF",
	  "a dump does not know its own types: tasks and modules are found by other means" },
	{ "UNWINDER_ORC", "stacks are guessed where the kernel has no frame pointers" },
	{ "IKCONFIG", "a dump does not tell how its kernel was built" },
	{ "MAGIC_SYSRQ", "a crash cannot be tried by key" },
};

static bool is_set(const struct facts *f, const char *name)
{
	char line[80];
	const char *at;

	snprintf(line, sizeof(line), "CONFIG_%s=", name);
	for (at = strstr(f->kernel_config.data, line); at; at = strstr(at + 1, line))
		if (at == f->kernel_config.data || at[-1] == '\n')
			return at[strlen(line)] == 'y' || at[strlen(line)] == 'm';
	return false;
}

/* False where it is not known, which is said. */
static bool is_known(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (f->kernel_config.len)
		return true;
	skipped(d, "no /boot/config-%s, /lib/modules/%s/config or /proc/config.gz", f->release,
		f->release);
	return false;
}

static void check_required(struct doctor *d)
{
	const struct facts *f = d->facts;

	for (size_t i = 0; i < ARRAY_SIZE(required) && (i || is_known(d)); i++) {
		if (!f->kernel_config.len || is_set(f, required[i].name))
			continue;
		found(d, FINDING_FAILURE,
		      "the kernel was built without CONFIG_%s, which it needs %s", required[i].name,
		      required[i].for_what);
		evidence(d, "%s", f->kernel_config_from);
		fix(d, "boot a kernel with CONFIG_%s=y", required[i].name);
	}
}

static void check_useful(struct doctor *d)
{
	const struct facts *f = d->facts;

	for (size_t i = 0; i < ARRAY_SIZE(useful) && (i || is_known(d)); i++) {
		if (!f->kernel_config.len || is_set(f, useful[i].name))
			continue;
		found(d, FINDING_NOTE, "the kernel was built without CONFIG_%s: %s", useful[i].name,
		      useful[i].for_what);
		evidence(d, "%s", f->kernel_config_from);
	}
}

const struct check checks_kernel_config[] = {
	{ "kernel-config", "kernel", "the kernel was built with all that capturing takes",
	  FINDING_FAILURE, check_required },
	{ "kernel-config-useful", "kernel", "a dump of this kernel explains itself", FINDING_NOTE,
	  check_useful },
	{ 0 },
};
