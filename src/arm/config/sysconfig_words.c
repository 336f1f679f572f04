/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the variables of /etc/sysconfig/kdump and the words of KEXEC_ARGS mean here, in words. */
#include <string.h>

#include "arm/config/sysconfig.h"

#define SUSES "a variable of SUSE's: 'lastword setup --import' takes it into kdump.conf"

static const struct sysconfig_variable variables[] = {
	{ "KDUMP_KERNELVER", SYSCONFIG_USED,
	  "the release of the kernel that captures, with its modules; empty: the running one's, or "
	  "its "
	  "plain sibling where that is a +debug or -debug kernel",
	  "" },
	{ "KDUMP_IMG", SYSCONFIG_USED, "the name of the kernel's file: NAME-RELEASE", "" },
	{ "KDUMP_IMG_EXT", SYSCONFIG_USED, "what follows the release in that name", "" },
	{ "KDUMP_BOOTDIR", SYSCONFIG_USED, "the directory of that file, alone",
	  "the capture image is in /var/lib/lastword, never in /boot" },
	{ "KDUMP_COMMANDLINE", SYSCONFIG_USED,
	  "where it is not empty it stands in for /proc/cmdline, before parameters are removed and "
	  "added",
	  "no root= is needed: the capture kernel mounts only the target" },
	{ "KDUMP_COMMANDLINE_REMOVE", SYSCONFIG_USED,
	  "parameters that the capture kernel does not get from the running one",
	  "lastword removes more than these of itself: whatever starts another system, reserves "
	  "memory or limits it" },
	{ "KDUMP_COMMANDLINE_APPEND", SYSCONFIG_USED,
	  "words for the capture kernel, in place of the usual ones",
	  "lastword adds what it needs for itself: how PID 1 is called, and panic= and oops= where "
	  "they "
	  "are not among these" },
	{ "FADUMP_COMMANDLINE_APPEND", SYSCONFIG_MOOT, "",
	  "firmware-assisted dumps are of POWER; lastword is for x86_64" },
	{ "KEXEC_ARGS", SYSCONFIG_MOOT, "",
	  "nothing is called with arguments: lastword loads with kexec_file_load(2) itself" },
	{ "VMCORE_CREATION_NOTIFICATION", SYSCONFIG_USED,
	  "yes: kdumpctl says how the last test crash ended",
	  "new dumps are told by lastword_notify in kdump.conf" },
	{ "KDUMP_STDLOGLVL", SYSCONFIG_USED, "how much kdumpctl says on standard error, 0 to 4",
	  "lastword's own commands always say what matters, once" },
	{ "KDUMP_SYSLOGLVL", SYSCONFIG_MOOT, "",
	  "under systemd, standard error goes to the journal anyway" },
	{ "KDUMP_KMSGLOGLVL", SYSCONFIG_MOOT, "",
	  "lastword writes nothing into the running kernel's log" },

	{ "KDUMP_SAVEDIR", SYSCONFIG_IMPORTED, "target and path", SUSES },
	{ "KDUMP_DUMPLEVEL", SYSCONFIG_IMPORTED, "core_collector -d", SUSES },
	{ "KDUMP_DUMPFORMAT", SYSCONFIG_IMPORTED, "core_collector", SUSES },
	{ "KDUMP_KEEP_OLD_DUMPS", SYSCONFIG_IMPORTED, "lastword_keep", SUSES },
	{ "KDUMP_CRASHKERNEL", SYSCONFIG_IMPORTED, "crashkernel=", SUSES },
	{ "KDUMP_UPDATE_BOOTLOADER", SYSCONFIG_IMPORTED, "auto_reset_crashkernel", SUSES },
	{ "KDUMP_CPUS", SYSCONFIG_IMPORTED, "lastword_cpus", SUSES },
	{ "KDUMP_AUTO_RESIZE", SYSCONFIG_IMPORTED, "none", SUSES },
	{ "KDUMP_FADUMP", SYSCONFIG_IMPORTED, "none", SUSES },
	{ "KDUMP_FADUMP_SHELL", SYSCONFIG_IMPORTED, "none", SUSES },
	{ "KEXEC_OPTIONS", SYSCONFIG_IMPORTED, "none", SUSES },
	{ "KDUMP_IMMEDIATE_REBOOT", SYSCONFIG_IMPORTED, "final_action", SUSES },
	{ "KDUMP_CONTINUE_ON_ERROR", SYSCONFIG_IMPORTED, "failure_action", SUSES },
	{ "KDUMP_TRANSFER", SYSCONFIG_IMPORTED, "none", SUSES },
	{ "KDUMP_FREE_DISK_SIZE", SYSCONFIG_IMPORTED, "none", SUSES },
	{ "KDUMP_VERBOSE", SYSCONFIG_IMPORTED, "none", SUSES },
	{ "KDUMP_REQUIRED_PROGRAMS", SYSCONFIG_IMPORTED, "extra_bins", SUSES },
	{ "KDUMP_PRESCRIPT", SYSCONFIG_IMPORTED, "kdump_pre", SUSES },
	{ "KDUMP_POSTSCRIPT", SYSCONFIG_IMPORTED, "kdump_post", SUSES },
	{ "KDUMP_NETCONFIG", SYSCONFIG_IMPORTED, "none", SUSES },
	{ "KDUMP_NET_TIMEOUT", SYSCONFIG_IMPORTED, "lastword_timeout device=", SUSES },
	{ "KDUMP_SMTP_SERVER", SYSCONFIG_IMPORTED, "none", SUSES },
	{ "KDUMP_SMTP_USER", SYSCONFIG_IMPORTED, "none", SUSES },
	{ "KDUMP_SMTP_PASSWORD", SYSCONFIG_IMPORTED, "none", SUSES },
	{ "KDUMP_NOTIFICATION_TO", SYSCONFIG_IMPORTED, "lastword_notify mail", SUSES },
	{ "KDUMP_NOTIFICATION_CC", SYSCONFIG_IMPORTED, "lastword_notify mail", SUSES },
	{ "KDUMP_HOST_KEY", SYSCONFIG_IMPORTED, "none", SUSES },
	{ "KDUMP_SSH_IDENTITY", SYSCONFIG_IMPORTED, "sshkey", SUSES },
	{ "MAKEDUMPFILE_OPTIONS", SYSCONFIG_IMPORTED, "core_collector", SUSES },
};

const struct sysconfig_variable *sysconfig_variable(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		if (strcmp(variables[i].name, name) == 0)
			return &variables[i];
	return NULL;
}

static const struct {
	const char *word, *text;
} kexec_words[] = {
	{ "-s", "kexec_file_load(2), which lastword always uses" },
	{ "--kexec-file-syscall", "kexec_file_load(2), which lastword always uses" },
	{ "-a", "kexec_file_load(2) is tried first, and lastword uses no other" },
	{ "--kexec-syscall-auto", "kexec_file_load(2) is tried first, and lastword uses no other" },
	{ "-c", "no effect: the old system call is not used; it does not check signatures" },
	{ "--kexec-syscall",
	  "no effect: the old system call is not used; it does not check signatures" },
	{ "-d", "no effect: 'lastword arm' says what it loads" },
	{ "--debug", "no effect: 'lastword arm' says what it loads" },
	{ "--elf32-core-headers", "no effect: the kernel writes 64-bit headers itself" },
	{ "--elf64-core-headers", "no effect: the kernel writes 64-bit headers itself" },
	{ "--reset-vga", "no effect: it needed kexec-tools' own purgatory; the text console of the "
			 "capture kernel goes to what console= names" },
	{ "--console-vga", "no effect: purgatory is the kernel's" },
	{ "--console-serial", "no effect: purgatory is the kernel's" },
	{ "--no-checks", "no effect: the kernel checks the segments it loads" },
	{ "--no-ifdown", "no effect: it is for reboots" },
	{ "--noio", "no effect: purgatory is the kernel's" },
	{ "--dt-no-old-root", "no effect: there is no device tree on x86_64" },
	{ "--real-mode", "no effect: the kernel is entered in 64-bit mode" },
	{ "--args-linux", "no effect: the image is always a Linux kernel" },
	{ "--pass-memmap-cmdline", "no effect: the kernel passes its memory map itself" },
};

const char *sysconfig_kexec_word(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(kexec_words); i++)
		if (strcmp(kexec_words[i].word, word) == 0)
			return kexec_words[i].text;
	return NULL;
}
