/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/policy/switches.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

const struct preset_info presets[PRESETS] = {
	[PRESET_DEFAULT] = { "default",
			     "dumps where the kernel is broken for certain, and on an NMI "
			     "from outside; what setup applies" },
	[PRESET_SERVER] = { "server", "default, and where a CPU no longer gets anywhere; reboots "
				      "when no capture kernel is loaded" },
	[PRESET_HPC] = { "hpc", "default, but a file system or driver that stalls never ends a "
				"node; slow watchdogs" },
	[PRESET_STRICT] = { "strict",
			    "every trigger, even a warning: for tests, not for production" },
};

const char *const switch_group_names[SWITCH_GROUPS] = {
	[SWITCH_FAULT] = "faults",  [SWITCH_LOCKUP] = "lockups", [SWITCH_NMI] = "NMI",
	[SWITCH_MEMORY] = "memory", [SWITCH_LOG] = "log",	 [SWITCH_ENDING] = "ending",
};

static const struct switch_bit panic_print_bits[] = {
	{ 0x01, "tasks" },  { 0x02, "mem" },	       { 0x04, "timers" },
	{ 0x08, "locks" },  { 0x10, "ftrace" },	       { 0x20, "replay" },
	{ 0x40, "all_bt" }, { 0x80, "blocked_tasks" }, { 0, NULL },
};

static const struct switch_bit sys_info_names[] = {
	{ 0x01, "tasks" },  { 0x02, "mem" },	{ 0x04, "timers" },	   { 0x08, "locks" },
	{ 0x10, "ftrace" }, { 0x40, "all_bt" }, { 0x80, "blocked_tasks" }, { 0, NULL },
};

static const struct switch_bit sysrq_bits[] = {
	{ 1, "all" },	   { 2, "loglevel" }, { 4, "keyboard" }, { 8, "dump" },	  { 16, "sync" },
	{ 32, "remount" }, { 64, "signal" },  { 128, "boot" },	 { 256, "nice" }, { 0, NULL },
};

#define BOOL .kind = SWITCH_NUMBER, .max = 1
#define NUMBER(lo, hi) .kind = SWITCH_NUMBER, .min = (lo), .max = (hi)
#define BITS(b) .kind = SWITCH_BITS, .bits = (b)
#define WORDS(b) .kind = SWITCH_WORDS, .bits = (b)
#define DEFAULT(v) [PRESET_DEFAULT] = (v)
#define SERVER(v) [PRESET_SERVER] = (v)
#define HPC(v) [PRESET_HPC] = (v)
#define STRICT(v) [PRESET_STRICT] = (v)
#define EACH(v)                                                                                    \
	{                                                                                          \
		DEFAULT(v), SERVER(v), HPC(v), STRICT(v)                                           \
	}

/* clang-format off */
const struct policy_switch policy_switches[] = {
	{ "kernel.panic_on_oops", SWITCH_FAULT, BOOL,
	  .explains = "a bug in the kernel (oops) is a panic, not just the end of one task",
	  .preset = EACH("1") },
	{ "kernel.panic_on_warn", SWITCH_FAULT, BOOL,
	  .explains = "the first WARN() is a panic; most warnings are harmless",
	  .preset = { STRICT("1") } },
	{ "kernel.oops_limit", SWITCH_FAULT, NUMBER(0, UINT_MAX),
	  .explains = "that many oopses are a panic; 0 no limit; moot with panic_on_oops" },
	{ "kernel.warn_limit", SWITCH_FAULT, NUMBER(0, UINT_MAX),
	  .explains = "that many warnings are a panic; 0 no limit; moot with panic_on_warn" },
	{ "kernel.panic_on_stackoverflow", SWITCH_FAULT, BOOL,
	  .explains = "a kernel stack about to overflow is a panic; some architectures only",
	  .preset = EACH("1") },

	{ "kernel.hardlockup_panic", SWITCH_LOCKUP, BOOL,
	  .explains = "a CPU that takes no interrupts for watchdog_thresh seconds is a panic; needs nmi_watchdog",
	  .preset = EACH("1") },
	{ "kernel.softlockup_panic", SWITCH_LOCKUP, NUMBER(0, INT_MAX),
	  .explains = "a CPU that does not schedule for 2 x watchdog_thresh seconds is a panic; from 7.0 N: after N times that",
	  .preset = { SERVER("1"), HPC("0"), STRICT("1") } },
	{ "kernel.hung_task_panic", SWITCH_LOCKUP, NUMBER(0, INT_MAX),
	  .explains = "a task blocked for hung_task_timeout_secs is a panic; a dead NFS server does that; from 7.0 N: N tasks at once",
	  .preset = { HPC("0"), STRICT("1") } },
	{ "kernel.hung_task_timeout_secs", SWITCH_LOCKUP, NUMBER(0, INT_MAX),
	  .explains = "seconds after which a blocked task counts as hung; 0 is never" },
	{ "kernel.panic_on_rcu_stall", SWITCH_LOCKUP, BOOL,
	  .explains = "a CPU that holds up RCU (21 s, 60 s on many distributions) is a panic",
	  .preset = { SERVER("1"), HPC("0"), STRICT("1") } },
	{ "kernel.max_rcu_stall_to_panic", SWITCH_LOCKUP, NUMBER(1, INT_MAX),
	  .explains = "which RCU stall is the panic, counted since the boot",
	  .preset = { SERVER("2"), STRICT("1") } },
	{ "kernel.watchdog", SWITCH_LOCKUP, BOOL,
	  .explains = "watch for soft and hard lockups at all" },
	{ "kernel.soft_watchdog", SWITCH_LOCKUP, BOOL,
	  .explains = "watch for soft lockups" },
	{ "kernel.nmi_watchdog", SWITCH_LOCKUP, BOOL,
	  .explains = "watch for hard lockups; virtual machines mostly lack the counter for it" },
	{ "kernel.watchdog_thresh", SWITCH_LOCKUP, NUMBER(0, 60),
	  .explains = "seconds of a hard lockup, half of a soft one; 0 watches for none",
	  .preset = { HPC("30") } },

	{ "kernel.unknown_nmi_panic", SWITCH_NMI, BOOL,
	  .explains = "an NMI nobody claims is a panic: the NMI button, ipmitool, virsh inject-nmi, clouds",
	  .preset = EACH("1") },
	{ "kernel.panic_on_io_nmi", SWITCH_NMI, BOOL,
	  .explains = "an NMI for an I/O error (IOCHK) is a panic; some NMI buttons come as that",
	  .preset = EACH("1") },
	{ "kernel.panic_on_unrecovered_nmi", SWITCH_NMI, BOOL,
	  .explains = "an NMI for a memory or bus error (SERR), or of unknown reason, is a panic",
	  .preset = EACH("1") },

	{ "vm.panic_on_oom", SWITCH_MEMORY, NUMBER(0, 2),
	  .explains = "out of memory: 0 kill a task, 1 panic, 2 panic even for a container's or a node's own limit",
	  .preset = { STRICT("1") } },
	{ "vm.memory_failure_recovery", SWITCH_MEMORY, BOOL,
	  .explains = "memory that breaks: 1 carry on where possible, 0 panic at once" },

	{ "kernel.panic_print", SWITCH_LOG, BITS(panic_print_bits),
	  .explains = "what a panic adds to the log; a dump has it all" },
	{ "kernel.panic_sys_info", SWITCH_LOG, WORDS(sys_info_names),
	  .explains = "the same by name; a dump has it all" },
	{ "kernel.softlockup_sys_info", SWITCH_LOG, WORDS(sys_info_names),
	  .explains = "what a soft lockup adds to the log" },
	{ "kernel.hardlockup_sys_info", SWITCH_LOG, WORDS(sys_info_names),
	  .explains = "what a hard lockup adds to the log" },
	{ "kernel.hung_task_sys_info", SWITCH_LOG, WORDS(sys_info_names),
	  .explains = "what a hung task adds to the log" },
	{ "kernel.oops_all_cpu_backtrace", SWITCH_LOG, BOOL,
	  .explains = "an oops logs the stacks of all CPUs; a dump has them" },
	{ "kernel.softlockup_all_cpu_backtrace", SWITCH_LOG, BOOL,
	  .explains = "a soft lockup logs the stacks of all CPUs" },
	{ "kernel.hardlockup_all_cpu_backtrace", SWITCH_LOG, BOOL,
	  .explains = "a hard lockup logs the stacks of all CPUs" },
	{ "kernel.hung_task_all_cpu_backtrace", SWITCH_LOG, BOOL,
	  .explains = "a hung task logs the stacks of all CPUs" },
	{ "kernel.hung_task_warnings", SWITCH_LOG, NUMBER(-1, INT_MAX),
	  .explains = "how many hung tasks are still to be logged; -1 all" },
	{ "vm.oom_dump_tasks", SWITCH_LOG, BOOL,
	  .explains = "out of memory logs all tasks with their memory" },

	{ "kernel.panic", SWITCH_ENDING, NUMBER(INT_MIN, INT_MAX),
	  .explains = "seconds from a panic to the reboot; 0 never, below 0 at once; moot while a capture kernel is loaded",
	  .preset = { SERVER("30"), HPC("30") } },
	{ "kernel.sysrq", SWITCH_ENDING, BITS(sysrq_bits),
	  .explains = "what the SysRq key may do; a crash needs dump (8); root's /proc/sysrq-trigger may always",
	  .preset = { STRICT("1") } },
};
/* clang-format on */

const size_t policy_switches_count = ARRAY_SIZE(policy_switches);

int preset_find(const char *name, enum preset *ret, struct error *e)
{
	for (size_t i = 0; i < PRESETS; i++) {
		if (strcmp(presets[i].name, name) == 0) {
			*ret = (enum preset)i;
			return 0;
		}
	}
	return error_set(e, -ENOENT,
			 "no preset is called '%s'; there are default, server, hpc "
			 "and strict",
			 name);
}

static bool same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if ((*a == '/' ? '.' : *a) != (*b == '/' ? '.' : *b))
			return false;
	return *a == *b;
}

const struct policy_switch *policy_switch_find(const char *name)
{
	for (size_t i = 0; i < policy_switches_count; i++) {
		const char *full = policy_switches[i].name;

		if (same_name(full, name) || strcmp(strchr(full, '.') + 1, name) == 0)
			return &policy_switches[i];
	}
	return NULL;
}
