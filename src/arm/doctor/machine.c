/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the machine is, and what of it may get in the way. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "arm/doctor/families.h"
#include "arm/image/files.h"

#define WATCHDOGS "/sys/class/watchdog"

/* From a panic to the driver in the capture kernel a machine needs this long. */
#define BOOT_SECONDS 30

/* What Fedora adds to crashkernel= with memory encryption: bounce buffers. */
#define ENCRYPTION_BYTES MIB(64)

#define DAY 86400
#define YEAR_2024 1704067200

static void check_container(struct doctor *d)
{
	static const char *const marks[] = { "/run/systemd/container", "/.dockerenv",
					     "/run/.containerenv" };
	const struct root *root = d->facts->root;

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (!look_exists(root, marks[i]))
			continue;
		found(d, FINDING_FAILURE, "this is a container: its kernel belongs to the host");
		evidence(d, "%s", marks[i]);
		fix(d, "run lastword on the host");
		return;
	}
}

static void check_xen(struct doctor *d)
{
	const struct root *root = d->facts->root;

	if (look_is(root, "/sys/hypervisor/type", "xen") &&
	    look_is(root, "/sys/hypervisor/guest_type", "PV")) {
		found(d, FINDING_FAILURE, "a paravirtual Xen guest cannot start another kernel");
		evidence(d, "/sys/hypervisor/guest_type is PV");
		fix(d, "make it an HVM or PVH guest, or dump from outside: xl dump-core");
	} else if (look_contains(root, "/proc/xen/capabilities", "control_d")) {
		found(d, FINDING_FAILURE,
		      "this is Xen's dom0: Xen itself has to start the capture kernel");
		evidence(d, "/proc/xen/capabilities: control_d");
		fix(d, "reserve memory with crashkernel= on Xen's own command line and load with "
		       "kexec-tools");
	}
}

static void check_encryption(struct doctor *d)
{
	/* arch/x86/mm/mem_encrypt.c */
	static const struct {
		const char *mark;
		const char *name;
		bool untried; /* kernels learned to hand over such memory late */
	} kinds[] = {
		{ "SEV-SNP", "SEV-SNP", true },
		{ "Intel TDX", "TDX", true },
		{ "AMD SEV", "SEV", false },
		{ "AMD SME", "SME", false },
	};
	const struct facts *f = d->facts;
	char line[300];

	if (!look_find_line(f->log.data ?: "", "Memory Encryption Features active:", line,
			    sizeof(line)))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strstr(line, kinds[i].mark))
			continue;
		if (kinds[i].untried) {
			found(d, FINDING_WARNING,
			      "memory is encrypted (%s): older kernels cannot start "
			      "a capture kernel there",
			      kinds[i].name);
			fix(d, "try a crash once on a machine that may be lost: lastword trigger");
		} else if (f->needed && f->reservation.reserved < f->needed + ENCRYPTION_BYTES) {
			found(d, FINDING_WARNING,
			      "memory is encrypted (%s): bounce buffers take up to "
			      "64 MiB of the reservation",
			      kinds[i].name);
			fix(d, "boot with crashkernel=%lluM",
			    (unsigned long long)(align_up(f->needed + ENCRYPTION_BYTES, MIB(8)) >>
						 20));
		} else {
			found(d, FINDING_NOTE,
			      "memory is encrypted (%s); the reservation has room for it",
			      kinds[i].name);
		}
		evidence(d, "kernel log: %s", line);
		return;
	}
}

struct watchdog {
	char identity[100], state[32], timeout[32];
	bool software;
};

/* False: not running, or not hardware. */
static bool read_watchdog(const struct root *root, const char *name, struct watchdog *ret)
{
	char path[300];

	snprintf(path, sizeof(path), WATCHDOGS "/%s/identity", name);
	(void)look_line(root, path, ret->identity, sizeof(ret->identity));
	snprintf(path, sizeof(path), WATCHDOGS "/%s/timeout", name);
	(void)look_line(root, path, ret->timeout, sizeof(ret->timeout));
	snprintf(path, sizeof(path), WATCHDOGS "/%s/state", name);
	return look_is(root, path, "active") && strcmp(ret->identity, "Software Watchdog") != 0;
}

static void look_at_timeout(void *user, const char *name)
{
	struct doctor *d = user;
	struct watchdog w;

	if (!read_watchdog(d->facts->root, name, &w) || !*w.timeout ||
	    strtoul(w.timeout, NULL, 10) >= BOOT_SECONDS)
		return;
	found(d, FINDING_WARNING,
	      "%s (%s) may reset the machine before the capture kernel can keep it alive", name,
	      w.identity);
	evidence(d, WATCHDOGS "/%s/timeout is %s s, a start takes up to %d", name, w.timeout,
		 BOOT_SECONDS);
	fix(d,
	    "RuntimeWatchdogSec=60 in /etc/systemd/system.conf, or what else runs it; then reboot");
}

static void check_watchdog_short(struct doctor *d)
{
	look_directory(d->facts->root, WATCHDOGS, look_at_timeout, d);
}

static void look_at_service(void *user, const char *name)
{
	struct doctor *d = user;
	const struct facts *f = d->facts;
	const struct watchdogs_found *packed = &f->composed.watchdogs;
	struct watchdog w;

	if (!read_watchdog(f->root, name, &w))
		return;
	if (f->config_r == 0 && !f->config.time.watchdog) {
		found(d, FINDING_WARNING,
		      "%s (%s) is running and resets the machine in the middle of a dump", name,
		      w.identity);
		evidence(d, CONFIG_PATH ": lastword_watchdog no");
		fix(d, "take lastword_watchdog out of " CONFIG_PATH "; then lastword arm");
	} else if (f->composed_r == 0 && !packed->syspaths_count && !packed->named_count) {
		found(d, FINDING_WARNING,
		      "%s (%s) is running, and its driver is not in the capture image", name,
		      w.identity);
		evidence(d,
			 WATCHDOGS
			 "/%s does not tell its device, and no loaded module is a watchdog's",
			 name);
		fix(d, "stop it, or name its module in extra_modules; then lastword arm");
	}
}

static void check_watchdog_served(struct doctor *d)
{
	look_directory(d->facts->root, WATCHDOGS, look_at_service, d);
}

static void check_clock_wrong(struct doctor *d)
{
	const struct facts *f = d->facts;
	static const char *const written[] = { ARM_RECORD, "/etc/kdump.conf", "/etc/os-release" };
	struct stat st;

	if (f->now < YEAR_2024) {
		found(d, FINDING_WARNING,
		      "the clock is years behind: dumps get names that mislead");
		evidence(d, "%lld s since 1970", (long long)f->now);
		fix(d, "date -s …, then hwclock --systohc");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(written); i++) {
		if (fstatat(f->root->fd, root_relative(written[i]), &st, 0) < 0 ||
		    st.st_mtime <= f->now + DAY)
			continue;
		found(d, FINDING_WARNING, "the clock is behind: dumps get names that mislead");
		evidence(d, "%s was written %lld days from now", written[i],
			 (long long)(st.st_mtime - f->now) / DAY);
		fix(d, "date -s …, then hwclock --systohc");
		return;
	}
}

static void check_clock_loose(struct doctor *d)
{
	const struct facts *f = d->facts;
	bool known = false, good;

	if (!f->trials.clock_synchronised) {
		skipped(d, "another root: the clock is this machine's");
		return;
	}
	good = f->trials.clock_synchronised(&known);
	if (good || !known)
		return;
	found(d, FINDING_NOTE, "nobody sets the clock");
	evidence(d, "adjtimex: unsynchronised");
	fix(d, "timedatectl set-ntp true");
}

static void check_clock_local(struct doctor *d)
{
	if (!look_contains(d->facts->root, "/etc/adjtime", "\nLOCAL"))
		return;
	found(d, FINDING_NOTE,
	      "the hardware clock has local time: dumps' names are off by the time zone");
	evidence(d, "/etc/adjtime: LOCAL");
	fix(d, "timedatectl set-local-rtc 0");
}

const struct check checks_machine[] = {
	{ "container", "machine", "this is no container", FINDING_FAILURE, check_container },
	{ "xen", "machine", "no hypervisor stands in the way of another kernel", FINDING_FAILURE,
	  check_xen },
	{ "memory-encryption", "machine", "memory encryption leaves the capture kernel room",
	  FINDING_WARNING, check_encryption },
	{ "watchdog-short", "machine", "no watchdog bites before the capture kernel is up",
	  FINDING_WARNING, check_watchdog_short },
	{ "watchdog-unserved", "machine", "watchdogs that run are kept alive during a dump",
	  FINDING_WARNING, check_watchdog_served },
	{ "clock-wrong", "machine", "the clock is not behind", FINDING_WARNING, check_clock_wrong },
	{ "clock-loose", "machine", "somebody sets the clock", FINDING_NOTE, check_clock_loose },
	{ "clock-local", "machine", "the hardware clock has UTC", FINDING_NOTE, check_clock_local },
	{ 0 },
};
