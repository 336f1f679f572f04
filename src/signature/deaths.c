/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signature/title.h"

#include <limits.h>
#include <string.h>

#define FAULTS                                                                                     \
	"null-dereference|paging-request|user-access|general-protection|stack-overflow|"           \
	"double-fault|divide|stack-segment|alignment|corrupted-list|bug|user-copy|invalid-opcode|" \
	"control-protection|cfi|memory-fault|kasan|kfence|oops"
#define WARNINGS                                                                                   \
	"warning|refcount|ubsan|kasan|kfence|kmsan|kcsan|lockdep|suspicious-rcu|atomic-sleep|"     \
	"bad-page|leaked-lock|bug"

/* Of rows that begin alike the more special is first. Words: those of kernels 4.19 to 7.2. */
/* clang-format off */
static const struct death deaths[] = {
	/* What panics are made from. */
	{ "oops", "Kernel panic - not syncing: Fatal exception*", "kernel panic: Fatal exception%@",
	  FRAMES_FIRST, FAULTS, GRAVE_PANIC },
	{ "oops", "Kernel panic - not syncing: Aiee, killing interrupt handler!*",
	  "kernel panic: killing interrupt handler%@", FRAMES_FIRST, FAULTS, GRAVE_PANIC },
	{ "oops", "Kernel panic - not syncing: Attempted to kill the idle task!*",
	  "kernel panic: killing the idle task%@", FRAMES_FIRST, FAULTS, GRAVE_PANIC },
	{ "init-died", "Kernel panic - not syncing: Attempted to kill init!*",
	  "kernel panic: Attempted to kill init!", FRAMES_NONE, FAULTS, GRAVE_PANIC },
	{ "warning", "Kernel panic - not syncing: panic_on_warn set*",
	  "kernel panic: panic_on_warn set%@", FRAMES_FIRST, WARNINGS, GRAVE_PANIC },
	{ "warning", "Kernel panic - not syncing: kernel: panic_on_warn set*",
	  "kernel panic: panic_on_warn set%@", FRAMES_FIRST, WARNINGS, GRAVE_PANIC },
	{ "warning", "Kernel panic - not syncing: *: panic_on_warn set*",
	  "kernel panic: panic_on_warn set%@", FRAMES_FIRST, WARNINGS, GRAVE_PANIC },
	{ "ubsan", "Kernel panic - not syncing: UBSAN: *: Fatal exception", "UBSAN: %1%@",
	  FRAMES_FIRST, "ubsan", GRAVE_PANIC },
	{ "hung-task", "Kernel panic - not syncing: hung_task: blocked tasks*", "INFO: task hung",
	  FRAMES_NONE, "hung-task", GRAVE_PANIC },
	{ "soft-lockup", "Kernel panic - not syncing: softlockup: hung tasks*",
	  "BUG: soft lockup%@", FRAMES_ANCHOR, "soft-lockup", GRAVE_PANIC },
	{ "hard-lockup", "Kernel panic - not syncing: Hard LOCKUP*",
	  "Watchdog detected hard LOCKUP%@", FRAMES_ANCHOR, "hard-lockup", GRAVE_PANIC },
	{ "hard-lockup", "Kernel panic - not syncing: Watchdog detected hard LOCKUP*",
	  "Watchdog detected hard LOCKUP%@", FRAMES_ANCHOR, "hard-lockup", GRAVE_PANIC },
	{ "rcu-stall", "Kernel panic - not syncing: RCU Stall*", "INFO: rcu detected stall%@",
	  FRAMES_ANCHOR, "rcu-stall", GRAVE_PANIC },
	{ "workqueue-lockup", "Kernel panic - not syncing: workqueue: *", "BUG: workqueue lockup",
	  FRAMES_NONE, "workqueue-lockup", GRAVE_PANIC },
	{ "atomic-sleep", "Kernel panic - not syncing: scheduling while atomic*",
	  "BUG: scheduling while atomic%@", FRAMES_FIRST, "atomic-sleep", GRAVE_PANIC },
	{ "nmi", "Kernel panic - not syncing: NMI: Not continuing*",
	  "kernel panic: NMI: Not continuing", FRAMES_NONE, NULL, GRAVE_PANIC },
	{ "out-of-memory", "Kernel panic - not syncing: Out of memory: *",
	  "kernel panic: Out of memory", FRAMES_NONE, NULL, GRAVE_PANIC },
	{ "out-of-memory", "Kernel panic - not syncing: out of memory*",
	  "kernel panic: Out of memory", FRAMES_NONE, NULL, GRAVE_PANIC },
	{ "out-of-memory", "Kernel panic - not syncing: System is deadlocked on memory*",
	  "kernel panic: Out of memory", FRAMES_NONE, NULL, GRAVE_PANIC },
	{ "hardware", "Kernel panic - not syncing: Fatal machine check*",
	  "kernel panic: Fatal machine check", FRAMES_NONE, "hardware", GRAVE_PANIC },
	{ "hardware", "Kernel panic - not syncing: Fatal hardware error*",
	  "kernel panic: Fatal hardware error", FRAMES_NONE, "hardware", GRAVE_PANIC },
	{ "hardware", "Kernel panic - not syncing: *achine check*",
	  "kernel panic: Fatal machine check", FRAMES_NONE, "hardware", GRAVE_PANIC },
	{ "sysrq", "Kernel panic - not syncing: sysrq triggered crash*",
	  "kernel panic: sysrq triggered crash", FRAMES_FIRST, NULL, GRAVE_PANIC },
	{ "stack-overflow", "Kernel panic - not syncing: *tack overflow*",
	  "kernel stack overflow%@", FRAMES_FIRST, "stack-overflow", GRAVE_PANIC },
	{ "stack-overflow",
	  "Kernel panic - not syncing: corrupted stack end detected inside scheduler*",
	  "kernel panic: corrupted stack end%@", FRAMES_FIRST, NULL, GRAVE_PANIC },
	{ "stack-protector",
	  "Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: *",
	  "kernel panic: stack is corrupted%@", FRAMES_FIRST, NULL, GRAVE_PANIC },
	{ "no-root", "Kernel panic - not syncing: VFS: Unable to mount root fs*",
	  "kernel panic: VFS: Unable to mount root fs", FRAMES_NONE, NULL, GRAVE_PANIC },
	{ "panic", "Kernel panic - not syncing: *", "kernel panic: %1", FRAMES_FIRST, NULL,
	  GRAVE_PANIC },

	/* Faults. */
	{ "kasan", "BUG: KASAN: * in *\nRead of size *", "KASAN: %1 Read%@", FRAMES_FIRST, NULL,
	  2 },
	{ "kasan", "BUG: KASAN: * in *\nWrite of size *", "KASAN: %1 Write%@", FRAMES_FIRST, NULL,
	  2 },
	{ "kasan", "BUG: KASAN: * in *", "KASAN: %1%@", FRAMES_FIRST, NULL, GRAVE_FAULT },
	{ "kfence", "BUG: KFENCE: * in *", "KFENCE: %1%@", FRAMES_FIRST, NULL, GRAVE_FAULT },
	{ "kmsan", "BUG: KMSAN: * in *", "KMSAN: %1%@", FRAMES_FIRST, NULL, GRAVE_FAULT },
	{ "kcsan", "BUG: KCSAN: * in *", "KCSAN: %1%@", FRAMES_FIRST, NULL, GRAVE_WARNING },
	{ "ubsan", "UBSAN: * in *", "UBSAN: %1%@", FRAMES_FIRST, NULL, GRAVE_WARNING },
	{ "null-dereference", "BUG: kernel NULL pointer dereference*",
	  "BUG: unable to handle kernel NULL pointer dereference%@", FRAMES_FIRST, NULL,
	  GRAVE_FAULT },
	{ "null-dereference", "BUG: unable to handle kernel NULL pointer dereference*",
	  "BUG: unable to handle kernel NULL pointer dereference%@", FRAMES_FIRST, NULL,
	  GRAVE_FAULT },
	{ "null-dereference", "Unable to handle kernel NULL pointer dereference*",
	  "BUG: unable to handle kernel NULL pointer dereference%@", FRAMES_FIRST, NULL,
	  GRAVE_FAULT },
	{ "paging-request", "BUG: unable to handle *",
	  "BUG: unable to handle kernel paging request%@", FRAMES_FIRST, NULL, GRAVE_FAULT },
	{ "paging-request", "Unable to handle kernel *",
	  "BUG: unable to handle kernel paging request%@", FRAMES_FIRST, NULL, GRAVE_FAULT },
	{ "user-access", "BUG: unable to access user memory*",
	  "BUG: unable to access user memory%@", FRAMES_FIRST, NULL, GRAVE_FAULT },
	{ "general-protection", "general protection fault*", "general protection fault%@",
	  FRAMES_FIRST, NULL, GRAVE_FAULT },
	{ "general-protection", "Oops: general protection fault*", "general protection fault%@",
	  FRAMES_FIRST, NULL, GRAVE_FAULT },
	{ "stack-overflow", "BUG: stack guard page was hit at *", "kernel stack overflow%@",
	  FRAMES_FIRST, NULL, GRAVE_FAULT },
	{ "stack-overflow", "BUG: * stack guard page was hit at *", "kernel stack overflow%@",
	  FRAMES_FIRST, NULL, GRAVE_FAULT },
	{ "stack-overflow", "kernel stack overflow*", "kernel stack overflow%@", FRAMES_FIRST, NULL,
	  2 },
	{ "stack-overflow", "Insufficient stack space to handle exception*",
	  "kernel stack overflow%@", FRAMES_FIRST, NULL, GRAVE_FAULT },
	{ "double-fault", "PANIC: double fault*", "double fault%@", FRAMES_FIRST, NULL,
	  GRAVE_FAULT },
	{ "double-fault", "double fault*", "double fault%@", FRAMES_FIRST, NULL, GRAVE_FAULT },
	{ "divide", "divide error*", "divide error%@", FRAMES_FIRST, NULL, GRAVE_FAULT },
	{ "divide", "Oops: divide error*", "divide error%@", FRAMES_FIRST, NULL, GRAVE_FAULT },
	{ "stack-segment", "stack segment*", "stack segment fault%@", FRAMES_FIRST, NULL,
	  GRAVE_FAULT },
	{ "stack-segment", "Oops: stack segment*", "stack segment fault%@", FRAMES_FIRST, NULL,
	  GRAVE_FAULT },
	{ "alignment", "alignment check*", "alignment check%@", FRAMES_FIRST, NULL, GRAVE_FAULT },
	{ "corrupted-list", "list_* corruption*", "BUG: corrupted list%@", FRAMES_FIRST, NULL,
	  GRAVE_FAULT },
	{ "bug", "kernel BUG at *", "kernel BUG%@", FRAMES_FIRST, NULL, GRAVE_FAULT },
	{ "user-copy", "usercopy: Kernel memory *", "usercopy: kernel memory %1%@", FRAMES_FIRST,
	  NULL, GRAVE_FAULT },
	{ "invalid-opcode", "invalid opcode: *", "invalid opcode%@", FRAMES_FIRST, NULL,
	  GRAVE_FAULT },
	{ "invalid-opcode", "Oops: invalid opcode: *", "invalid opcode%@", FRAMES_FIRST, NULL,
	  GRAVE_FAULT },
	{ "control-protection", "Missing ENDBR: *", "Missing ENDBR%@", FRAMES_FIRST, NULL,
	  GRAVE_FAULT },
	{ "cfi", "CFI failure at *", "CFI failure%@", FRAMES_FIRST, NULL, GRAVE_FAULT },
	{ "memory-fault", "Internal error: *", "Internal error%@", FRAMES_FIRST, NULL,
	  GRAVE_FAULT },
	{ "oops", "Oops: *", "Oops%@", FRAMES_FIRST, NULL, GRAVE_FAULT },

	/* Those who wait too long. */
	{ "hung-task", "INFO: task * blocked for more than *", "INFO: task hung%@", FRAMES_FIRST,
	  NULL, GRAVE_GOES_ON },
	{ "hung-task", "INFO: task * blocked in I/O wait for more than *", "INFO: task hung%@",
	  FRAMES_FIRST, NULL, GRAVE_GOES_ON },
	{ "soft-lockup", "BUG: soft lockup - CPU#* stuck for *", "BUG: soft lockup%@",
	  FRAMES_ANCHOR, NULL, GRAVE_GOES_ON },
	{ "hard-lockup", "Watchdog detected hard LOCKUP on cpu *",
	  "Watchdog detected hard LOCKUP%@", FRAMES_ANCHOR, NULL, GRAVE_GOES_ON },
	{ "hard-lockup", "CPU*: Watchdog detected hard LOCKUP on cpu *",
	  "Watchdog detected hard LOCKUP%@", FRAMES_ANCHOR, NULL, GRAVE_GOES_ON },
	{ "rcu-stall", "INFO: rcu_* detected stalls on *", "INFO: rcu detected stall%@",
	  FRAMES_ANCHOR, NULL, GRAVE_GOES_ON },
	{ "rcu-stall", "INFO: rcu_* detected expedited stalls on *", "INFO: rcu detected stall%@",
	  FRAMES_ANCHOR, NULL, GRAVE_GOES_ON },
	{ "rcu-stall", "INFO: rcu_* self-detected stall on CPU*", "INFO: rcu detected stall%@",
	  FRAMES_ANCHOR, NULL, GRAVE_GOES_ON },
	{ "rcu-stall", "INFO: rcu_* kthread starved for *", "INFO: rcu kthread starved",
	  FRAMES_NONE, NULL, GRAVE_GOES_ON },
	{ "workqueue-lockup", "BUG: workqueue lockup*", "BUG: workqueue lockup", FRAMES_NONE, NULL,
	  GRAVE_GOES_ON },

	/* The machine. */
	{ "nmi", "Uhhuh. NMI received for unknown reason *", "unknown NMI", FRAMES_NONE, NULL,
	  GRAVE_GOES_ON },
	{ "nmi", "NMI received for unknown reason *", "unknown NMI", FRAMES_NONE, NULL,
	  GRAVE_GOES_ON },
	{ "pci-error", "NMI: PCI system error (SERR) *", "NMI: PCI system error (SERR)",
	  FRAMES_NONE, NULL, GRAVE_GOES_ON },
	{ "pci-error", "NMI: IOCK error *", "NMI: IOCK error", FRAMES_NONE, NULL, GRAVE_GOES_ON },
	{ "hardware", "mce: [Hardware Error]: *", "machine check", FRAMES_NONE, NULL,
	  GRAVE_GOES_ON },
	{ "hardware", "[Hardware Error]: CPU *: Machine Check*", "machine check", FRAMES_NONE, NULL,
	  GRAVE_GOES_ON },

	/* Bugs after which a kernel goes on. */
	{ "dentry", "BUG: Dentry * still in use *", "BUG: Dentry still in use%@", FRAMES_FIRST, NULL,
	  GRAVE_GOES_ON },
	{ "refcount", "refcount_t: *", "WARNING: refcount bug%@", FRAMES_FIRST, NULL,
	  GRAVE_WARNING },
	{ "atomic-sleep", "BUG: sleeping function called from invalid context *",
	  "BUG: sleeping function called from invalid context%@", FRAMES_FIRST, NULL,
	  GRAVE_WARNING },
	{ "atomic-sleep", "BUG: scheduling while atomic: *", "BUG: scheduling while atomic%@",
	  FRAMES_FIRST, NULL, GRAVE_GOES_ON },
	{ "spinlock", "BUG: spinlock * on CPU#*", "BUG: spinlock %1%@", FRAMES_FIRST, NULL,
	  GRAVE_GOES_ON },
	{ "spinlock", "BUG: rwlock * on CPU#*", "BUG: rwlock %1%@", FRAMES_FIRST, NULL,
	  GRAVE_GOES_ON },
	{ "bad-page", "BUG: Bad page state in process *", "BUG: Bad page state%@", FRAMES_FIRST,
	  NULL, GRAVE_GOES_ON },
	{ "bad-page", "BUG: Bad page map in process *", "BUG: Bad page map%@", FRAMES_FIRST, NULL,
	  GRAVE_GOES_ON },
	{ "bad-page", "BUG: Bad rss-counter state *", "BUG: Bad rss-counter state", FRAMES_NONE,
	  NULL, GRAVE_WARNING },
	{ "slab-corruption", "BUG * (*): *", "BUG: corrupted slab object%@", FRAMES_FIRST, NULL,
	  GRAVE_GOES_ON },
	{ "lockdep", "WARNING: possible circular locking dependency detected*",
	  "possible deadlock%@", FRAMES_FIRST, NULL, GRAVE_WARNING },
	{ "lockdep", "WARNING: possible recursive locking detected*", "possible deadlock%@",
	  FRAMES_FIRST, NULL, GRAVE_WARNING },
	{ "lockdep", "WARNING: possible irq lock inversion dependency detected*",
	  "possible deadlock%@", FRAMES_FIRST, NULL, GRAVE_WARNING },
	{ "lockdep", "WARNING: inconsistent lock state*", "inconsistent lock state%@", FRAMES_FIRST,
	  NULL, GRAVE_WARNING },
	{ "suspicious-rcu", "WARNING: suspicious RCU usage*", "WARNING: suspicious RCU usage%@",
	  FRAMES_FIRST, NULL, GRAVE_WARNING },
	{ "warning", "WARNING: CPU: * PID: * at *", "WARNING%@", FRAMES_FIRST, NULL,
	  GRAVE_WARNING },
	/* 6.19+: "WARNING: mm/slub.c:123 at f+0x1/0x2, CPU#0: comm/1" */
	{ "warning", "WARNING: * at *, CPU#*: *", "WARNING%@", FRAMES_FIRST, NULL, GRAVE_WARNING },
	{ "atomic-sleep", "BUG: using * in preemptible * code: *", "BUG: using %1 in preemptible code%@",
	  FRAMES_FIRST, NULL, GRAVE_WARNING },
	{ "lockdep", "WARNING: bad unlock balance detected*", "WARNING: bad unlock balance%@",
	  FRAMES_FIRST, NULL, GRAVE_WARNING },
	{ "lockdep", "WARNING: lock held when returning to user space*",
	  "WARNING: lock held when returning to user space%@", FRAMES_FIRST, NULL, GRAVE_WARNING },
	{ "lockdep", "WARNING: Nested lock was not taken*", "WARNING: nested lock was not taken%@",
	  FRAMES_FIRST, NULL, GRAVE_WARNING },
	{ "lockdep", "INFO: trying to register non-static key*",
	  "INFO: trying to register non-static key%@", FRAMES_FIRST, NULL, GRAVE_WARNING },
	{ "leaked-lock", "BUG: workqueue leaked lock or atomic: *",
	  "BUG: workqueue leaked lock or atomic%@", FRAMES_FIRST, NULL, GRAVE_WARNING },
	{ "hung-device", "unregister_netdevice: waiting for * to become free*",
	  "unregister_netdevice: waiting for a device to become free", FRAMES_NONE, NULL, GRAVE_WARNING },
	{ "leaked-lock", "BUG: held lock freed*", "BUG: held lock freed%@", FRAMES_FIRST, NULL,
	  GRAVE_WARNING },
	{ "leaked-lock", "WARNING: held lock freed*", "WARNING: held lock freed%@", FRAMES_FIRST,
	  NULL, GRAVE_WARNING },
	{ "bug", "BUG: *", "BUG: %1%@", FRAMES_FIRST, NULL, GRAVE_WARNING },
};
/* clang-format on */

/* What a subsystem's pr_fmt() writes first. */
static const char *const said_by[] = {
	"watchdog: ", "NMI watchdog: ", "rcu: ", "traps: ", "Kernel: ", "kernel: ", "usercopy: ",
};

static const char *pass_speaker(const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(said_by); i++)
		if (strncmp(line, said_by[i], strlen(said_by[i])) == 0)
			return line + strlen(said_by[i]);
	return line;
}

bool death_may_begin(char first)
{
	static bool firsts[UCHAR_MAX + 1];

	if (!firsts['K']) {
		for (size_t i = 0; i < ARRAY_SIZE(said_by); i++)
			firsts[(unsigned char)*said_by[i]] = true;
		for (size_t i = 0; i < ARRAY_SIZE(deaths); i++)
			firsts[(unsigned char)*deaths[i].pattern] = true;
	}
	return firsts[(unsigned char)first];
}

/* No pattern begins with '*': only rows of the line's own first letter are tried. */
static const struct death *first_row(const char *line, struct pattern_group groups[PATTERN_GROUPS])
{
	static char letters[ARRAY_SIZE(deaths)];
	const char *end = letters + sizeof(letters);

	/* from the end: the first says that all are there */
	for (size_t i = *letters ? 0 : sizeof(letters); i > 0; i--)
		letters[i - 1] = *deaths[i - 1].pattern;
	for (const char *at = letters; (at = memchr(at, *line, (size_t)(end - at))); at++)
		if (pattern_begins(deaths[at - letters].pattern, line, groups))
			return &deaths[at - letters];
	return NULL;
}

const struct death *death_of_line(const char *line, struct pattern_group groups[PATTERN_GROUPS])
{
	const char *said = pass_speaker(line);
	const struct death *of_line, *of_said = first_row(said, groups);

	if (said == line)
		return of_said;
	of_line = first_row(line, NULL);
	if (!of_line || (of_said && of_said < of_line))
		return of_said;
	return first_row(line, groups);
}

const struct death *death_find(const char *words, struct pattern_group groups[PATTERN_GROUPS])
{
	while (words) {
		const struct death *d = death_of_line(words, groups);

		if (d)
			return d;
		words = strchr(words, '\n');
		if (words)
			words++;
	}
	return NULL;
}

bool death_follows(const struct death *d, const char *kind)
{
	size_t len = strlen(kind);

	for (const char *list = d->after; list; list = strchr(list, '|')) {
		list += *list == '|';
		if (strncmp(list, kind, len) == 0 && (list[len] == '|' || list[len] == '\0'))
			return true;
	}
	return false;
}

bool death_is_panic(const struct death *d)
{
	return d->grave == GRAVE_PANIC;
}
