/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which faults become a panic, and what stands between a panic and the capture kernel. */
#include <stdio.h>
#include <stdlib.h>

#include "arm/doctor/families.h"
#include "arm/policy/sysctl.h"

#define SYSCTL "/proc/sys/"

struct setting {
	const char *path; /* below /proc/sys */
	const char *name; /* for sysctl(8) */
	const char *bad;
	const char *good;
	const char *text;
	enum finding_level level;
};

static void judge(struct doctor *d, const struct setting *s)
{
	char path[200], value[64];

	snprintf(path, sizeof(path), SYSCTL "%s", s->path);
	if (!look_line(d->facts->root, path, value, sizeof(value)) || strcmp(value, s->bad) != 0)
		return;
	found(d, s->level, "%s", s->text);
	evidence(d, "%s = %s", s->name, value);
	fix(d, "lastword sysctl set %s=%s", s->name, s->good);
}

static void check_oops(struct doctor *d)
{
	static const struct setting s = { "kernel/panic_on_oops",
					  "kernel.panic_on_oops",
					  "0",
					  "1",
					  "an oops kills a task and gives no dump",
					  FINDING_WARNING };

	judge(d, &s);
}

static void check_timeout(struct doctor *d)
{
	static const struct setting s = {
		"kernel/panic",
		"kernel.panic",
		"0",
		"10",
		"a panic without a capture kernel leaves the machine hanging",
		FINDING_NOTE
	};

	judge(d, &s);
}

static void check_nmi(struct doctor *d)
{
	static const struct setting s = {
		"kernel/unknown_nmi_panic",
		"kernel.unknown_nmi_panic",
		"0",
		"1",
		"an NMI from the management controller gives no dump of a machine that hangs",
		FINDING_NOTE
	};

	judge(d, &s);
}

static void check_kptr(struct doctor *d)
{
	static const struct setting s = { "kernel/kptr_restrict",
					  "kernel.kptr_restrict",
					  "2",
					  "1",
					  "addresses are hidden from root: 'lastword crash' of the "
					  "running kernel and perf see none; "
					  "dumps have them",
					  FINDING_NOTE };

	judge(d, &s);
}

/* Bit 8 of the mask: Documentation/admin-guide/sysrq.rst. */
static void check_sysrq(struct doctor *d)
{
	char value[64];
	unsigned long mask;

	if (!look_line(d->facts->root, SYSCTL "kernel/sysrq", value, sizeof(value)))
		return;
	mask = strtoul(value, NULL, 0);
	if (mask == 1 || mask & 8)
		return;
	found(d, FINDING_NOTE, "SysRq-C at a console gives no dump of a machine that hangs");
	evidence(d, "kernel.sysrq = %s, without the bit 8", value);
	fix(d, "lastword sysctl set kernel.sysrq=%lu", mask | 8);
}

static void check_notifiers(struct doctor *d)
{
	static const char path[] = "/sys/module/kernel/parameters/crash_kexec_post_notifiers";

	if (!look_is(d->facts->root, path, "Y"))
		return;
	found(d, FINDING_WARNING,
	      "at a panic other code runs before the capture kernel, and may hang");
	evidence(d, "%s is Y", path);
	fix(d, "echo N > %s; take crash_kexec_post_notifiers off the kernel's command line", path);
}

/* What the next boot makes of what lastword set. */
static void check_boot(struct doctor *d)
{
	_cleanup_sysctl_state_ struct sysctl_state state = { 0 };

	if (sysctl_read(d->facts->root, &state, NULL) < 0)
		return;
	for (size_t i = 0; i < state.count; i++) {
		const struct sysctl_entry *e = &state.entries[i];

		if (!e->ours || !e->boot || e->boot_ours || strcmp(e->ours, e->boot) == 0)
			continue;
		found(d, FINDING_WARNING, "%s is %s after the next boot, not %s as lastword set it",
		      e->about->name, e->boot, e->ours);
		evidence(d, "%s", e->boot_place ?: SYSCTL_FILE);
		fix(d, "take the line out there");
	}
}

const struct check checks_policy[] = {
	{ "panic-on-oops", "policy", "an oops is a panic", FINDING_WARNING, check_oops },
	{ "panic-notifiers", "policy", "nothing runs before the capture kernel", FINDING_WARNING,
	  check_notifiers },
	{ "panic-timeout", "policy", "a machine without a capture kernel restarts", FINDING_NOTE,
	  check_timeout },
	{ "panic-nmi", "policy", "an NMI dumps a machine that hangs", FINDING_NOTE, check_nmi },
	{ "panic-sysrq", "policy", "SysRq-C dumps a machine that hangs", FINDING_NOTE,
	  check_sysrq },
	{ "policy-boot", "policy", "what lastword set is so after the next boot, too",
	  FINDING_WARNING, check_boot },
	{ "kptr-restrict", "policy", "root sees the kernel's addresses", FINDING_NOTE, check_kptr },
	{ 0 },
};
