/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is memory set aside for the capture kernel, where it can be used, and enough of it? */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "arm/boot/advice.h"
#include "arm/doctor/families.h"

#define CRASH_SIZE "/sys/kernel/kexec_crash_size"
#define BELOW_4G GIB(4)

/* More than this beyond what is needed is memory that nobody uses. */
#define SPARE_MAX MIB(512)

static unsigned long long mib(uint64_t bytes)
{
	return (unsigned long long)(bytes >> 20);
}

/* What to ask for, as setup and reset-crashkernel do. */
static unsigned long long suggested(const struct facts *f)
{
	return f->needed ? mib(crashkernel_recommend(&f->need)) : 128ULL;
}

static void check_missing(struct doctor *d)
{
	const struct facts *f = d->facts;
	struct word w;

	if (f->reserved_r == 0 || !look_exists(f->root, CRASH_SIZE) ||
	    look_word(f->cmdline.data ?: "", "crashkernel", &w))
		return;
	found(d, FINDING_FAILURE, "no memory is reserved for a capture kernel");
	evidence(d, "/proc/cmdline has no crashkernel=");
	fix(d, "lastword setup, or add crashkernel=%lluM to the kernel's command line; then reboot",
	    suggested(f));
}

/* Lines of arch/x86/kernel/setup.c and kernel/crash_reserve.c, and what they mean. */
static const struct {
	const char *says, *means, *fix;
} refusals[] = {
	{ "low memory for crashkernel", "there is not enough free memory below 4 GiB",
	  "ask for less there: crashkernel=SIZE,high crashkernel=72M,low; then reboot" },
	{ "crashkernel reservation failed - memory is in use",
	  "the address that was asked for is taken",
	  "leave the address out (crashkernel=128M, without @); then reboot" },
	{ "crashkernel reservation failed", "no free range of that size was found",
	  "ask for less, or for memory above 4 GiB (crashkernel=SIZE,high); then reboot" },
	{ "cannot allocate crashkernel", "no free range of that size was found",
	  "ask for less, or for memory above 4 GiB (crashkernel=SIZE,high); then reboot" },
	{ "crashkernel: memory value expected", "the kernel cannot read the value",
	  "write crashkernel=128M; then reboot" },
	{ "crashkernel: invalid size", "the size is larger than the memory",
	  "write crashkernel=128M; then reboot" },
};

static void check_refused(struct doctor *d)
{
	const struct facts *f = d->facts;
	char line[300];
	struct word w;

	if (f->reserved_r == 0 || !look_exists(f->root, CRASH_SIZE) ||
	    !look_word(f->cmdline.data ?: "", "crashkernel", &w))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		if (!look_find_line(f->log.data ?: "", refusals[i].says, line, sizeof(line)))
			continue;
		found(d, FINDING_FAILURE, "the kernel reserved nothing for %.*s: %s", (int)w.len,
		      w.at, refusals[i].means);
		evidence(d, "kernel log: %s", line);
		fix(d, "%s", refusals[i].fix);
		return;
	}
	found(d, FINDING_FAILURE, "the kernel reserved nothing for %.*s", (int)w.len, w.at);
	evidence(d,
		 CRASH_SIZE " is 0; the machine has %llu MiB, which may be in none of its ranges",
		 mib(f->reservation.ram));
	fix(d, "write crashkernel=%lluM, without ranges; then reboot", suggested(f));
}

/* "128M", "256M,high", "128M@16M": a plain size; 0 for ranges and what else there is. */
static uint64_t plain_size(const struct word *w)
{
	static const struct {
		char unit;
		unsigned shift;
	} units[] = { { 'k', 10 }, { 'm', 20 }, { 'g', 30 } };
	unsigned long long n;
	char *end;

	if (memchr(w->value, '-', w->value_len) || !w->value_len)
		return 0;
	n = strtoull(w->value, &end, 0);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if ((*end | 0x20) == units[i].unit)
			return n << units[i].shift;
	return n;
}

static void check_shrunk(struct doctor *d)
{
	const struct facts *f = d->facts;
	const char *pos = f->cmdline.data ?: "";
	uint64_t asked = 0, have;
	struct word w, which = { 0 };
	char line[64];

	/* the one that asks for most counts: the others are for low memory */
	while (look_next_word(&pos, &w))
		if (look_is_named(&w, "crashkernel") && plain_size(&w) > asked) {
			asked = plain_size(&w);
			which = w;
		}
	if (f->reserved_r < 0 || !asked || !look_line(f->root, CRASH_SIZE, line, sizeof(line)))
		return;
	have = strtoull(line, NULL, 10);
	if (have >= asked)
		return;
	found(d, FINDING_WARNING, "%llu MiB are reserved, %.*s asked for more: it was made smaller",
	      mib(have), (int)which.len, which.at);
	evidence(d, CRASH_SIZE " is %" PRIu64, have);
	fix(d, "reboot; see who writes to " CRASH_SIZE " (KDUMP_AUTO_RESIZE of SUSE's kdump does)");
}

/* "  38000000-3fffffff : Crash kernel"; counts those below 4 GiB and all. False: hidden from whoever is not root. */
static bool count_ranges(const char *iomem, unsigned *ret_all, unsigned *ret_low)
{
	*ret_all = *ret_low = 0;
	for (const char *at = iomem; (at = strstr(at, " : Crash kernel")); at++) {
		const char *start = at;
		char *end;
		uint64_t first;

		while (start > iomem && start[-1] != '\n')
			start--;
		first = strtoull(start, &end, 16);
		if (*end == '-' && first == 0)
			return false;
		++*ret_all;
		*ret_low += first < BELOW_4G;
	}
	return true;
}

static void check_form(struct doctor *d)
{
	const struct facts *f = d->facts;
	_cleanup_buf_ struct buf words = { 0 };
	struct crashkernel_remarks remarks;
	char arch[65];

	crashkernel_arch(f->root, arch);
	crashkernel_check(f->cmdline.data ?: "", arch, f->reservation.ram, f->needed, &remarks);
	if (crashkernel_words(f->cmdline.data ?: "", &words) < 0)
		return;
	for (size_t i = 0; i < remarks.count; i++) {
		found(d,
		      remarks.remarks[i].grade == CRASHKERNEL_NOTE ? FINDING_NOTE : FINDING_WARNING,
		      "%s", remarks.remarks[i].text);
		evidence(d, "/proc/cmdline: %s", words.data ?: "");
	}
}

static void check_low(struct doctor *d)
{
	const struct facts *f = d->facts;
	unsigned all, low;

	if (f->reserved_r < 0)
		return;
	if (!count_ranges(f->iomem.data ?: "", &all, &low)) {
		skipped(d, "/proc/iomem hides its addresses; run it as root");
		return;
	}
	if (!all || low)
		return;
	found(d, FINDING_WARNING,
	      "all of the reservation is above 4 GiB: devices that reach no higher do not work");
	evidence(d, "/proc/iomem: no 'Crash kernel' below 100000000");
	fix(d, "add crashkernel=72M,low to the command line; then reboot");
}

static void check_small(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (f->reserved_r < 0)
		return;
	if (!f->needed) {
		skipped(d, "no capture image can be made now");
		return;
	}
	if (f->reservation.reserved >= f->needed)
		return;
	found(d, FINDING_FAILURE,
	      "the reservation is too small: the capture kernel would run out of memory");
	evidence(d, "%llu MiB are reserved, kernel and capture image need %llu MiB (%s)",
		 mib(f->reservation.reserved), mib(f->needed), f->need.words);
	fix(d, "boot with crashkernel=%lluM", suggested(f));
}

static void check_large(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (f->reserved_r < 0 || !f->needed || f->reservation.reserved < f->needed * 4 ||
	    f->reservation.reserved < f->needed + SPARE_MAX)
		return;
	found(d, FINDING_NOTE, "the reservation is far larger than what is needed");
	evidence(d, "%llu MiB are reserved, kernel and capture image need %llu MiB (%s)",
		 mib(f->reservation.reserved), mib(f->needed), f->need.words);
	fix(d, "boot with crashkernel=%lluM", suggested(f));
}

const struct check checks_reservation[] = {
	{ "crashkernel-missing", "reservation", "memory is reserved for a capture kernel",
	  FINDING_FAILURE, check_missing },
	{ "crashkernel-refused", "reservation", "the kernel reserved what crashkernel= asks for",
	  FINDING_FAILURE, check_refused },
	{ "crashkernel-form", "reservation", "crashkernel= says what was meant", FINDING_WARNING,
	  check_form },
	{ "reservation-shrunk", "reservation", "nobody made the reservation smaller",
	  FINDING_WARNING, check_shrunk },
	{ "reservation-low", "reservation", "some of the reservation is below 4 GiB",
	  FINDING_WARNING, check_low },
	{ "reservation-small", "reservation", "kernel and capture image live in the reservation",
	  FINDING_FAILURE, check_small },
	{ "reservation-large", "reservation", "the reservation is not far too large", FINDING_NOTE,
	  check_large },
	{ 0 },
};
