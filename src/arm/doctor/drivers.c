/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The modules that the image packs: what they take, and what they need beside themselves. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arm/doctor/driver_memory.h"
#include "arm/doctor/families.h"
#include "arm/rehearse/highwater.h"

/* A picture is no part of a dump. */
static const char *const graphics[] = { "nvidia", "nvidia_drm", "nvidia_modeset", "nvidia_uvm",
					"amdgpu", "radeon",	"nouveau",	  "i915",
					"xe",	  "ast",	"mgag200" };

/* What does not work without files of /lib/firmware, which are not packed. */
static const char *const wants_firmware[] = { "bnx2",	    "bnx2x",	"qed",	   "cxgb3",
					      "cxgb4",	    "liquidio", "nfp",	   "ql2400",
					      "mlxsw_pci",  "be2net",	"iwlwifi", "ath10k_pci",
					      "ath11k_pci", "rtw88_pci" };

static bool is_in(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

static bool is_composed(struct doctor *d)
{
	if (d->facts->composed_r == 0)
		return true;
	skipped(d, "no capture image can be made now");
	return false;
}

static enum driver_restraint restraint_of(const struct facts *f, const char *module)
{
	const struct image *im = &f->composed.image;
	char path[128];

	snprintf(path, sizeof(path), "/lib/modules/%s.ko", module);
	for (size_t i = 0; i < im->count; i++)
		if (strcmp(im->files[i].name, path) == 0)
			return driver_restraint(im->files[i].content.data,
						im->files[i].content.len);
	return DRIVER_TAKES_ALL;
}

/* What it is known to take, and there is no room for; false where there is, or nobody knows. */
static bool check_measured(struct doctor *d, const struct driver_memory *m, bool held_back)
{
	const struct facts *f = d->facts;
	uint64_t bytes = held_back ? m->held_back : m->all, want = f->needed + bytes;

	if (!bytes || (m->page && m->page != (uint64_t)sysconf(_SC_PAGESIZE)))
		return false;
	if (f->reservation.reserved >= want)
		return true;
	found(d, FINDING_WARNING, "driver %s takes up to %llu MiB more%s", m->module,
	      (unsigned long long)(bytes >> 20),
	      held_back || m->held_back >= m->all
		      ? ""
		      : ": this kernel's does not hold back in a capture kernel");
	evidence(d, "%llu MiB are reserved, %llu are needed without it; measured: %s",
		 (unsigned long long)(f->reservation.reserved >> 20),
		 (unsigned long long)(f->needed >> 20), m->source);
	fix(d, "boot with crashkernel=%lluM", (unsigned long long)(align_up(want, MIB(8)) >> 20));
	return true;
}

static void check_driver(struct doctor *d, const struct driver_memory *m)
{
	static const char *const words[] = {
		[DRIVER_TAKES_ALL] = "its module does not ask whether it is in a capture kernel",
		[DRIVER_KNOWS] = "it holds back in a capture kernel",
		[DRIVER_BY_WORD] = "it holds back where reset_devices is on the command line",
	};
	const struct facts *f = d->facts;
	enum driver_restraint r = restraint_of(f, m->module);
	bool word = strstr(f->composed.record.cmdline ?: "", "reset_devices");

	if (r == DRIVER_BY_WORD && !word) {
		found(d, FINDING_WARNING,
		      "driver %s holds back with reset_devices alone, which the capture kernel is "
		      "not given",
		      m->module);
		evidence(d, "its command line: %s", f->composed.record.cmdline ?: "");
		fix(d, "put reset_devices into KDUMP_COMMANDLINE_APPEND of " SYSCONFIG_PATH
		       "; then lastword arm");
		return;
	}
	if (check_measured(d, m, r != DRIVER_TAKES_ALL))
		return;
	found(d, FINDING_NOTE,
	      "driver %s may take much memory; how much depends on the card, and nobody has "
	      "published it",
	      m->module);
	evidence(d, "%s; %llu MiB are reserved, %llu are needed without it", words[r],
		 (unsigned long long)(f->reservation.reserved >> 20),
		 (unsigned long long)(f->needed >> 20));
	fix(d, "one crash that is meant (lastword trigger) tells: what it took is kept");
}

/* A crash that was captured has seen what the drivers take. */
static void check_memory(struct doctor *d)
{
	const struct facts *f = d->facts;
	const struct modules *m = &f->composed.modules;
	struct highwater seen;

	if (!is_composed(d) || f->reserved_r < 0 ||
	    highwater_read(f->root, f->composed.record.release ?: "", &seen) == 0)
		return;
	for (size_t i = 0; i < m->count; i++) {
		const struct driver_memory *known = driver_memory_find(m->items[i].name);

		if (known)
			check_driver(d, known);
	}
}

static void check_graphics(struct doctor *d)
{
	const struct facts *f = d->facts;
	const struct modules *m = &f->composed.modules;

	if (!is_composed(d))
		return;
	for (size_t i = 0; i < m->count; i++) {
		if (!is_in(m->items[i].name, graphics, ARRAY_SIZE(graphics)))
			continue;
		found(d, FINDING_WARNING,
		      "graphics driver %s is packed: it takes memory and may hang",
		      m->items[i].name);
		evidence(d, CONFIG_PATH ": extra_modules %s",
			 f->composed.config.extra_modules ?: "");
		fix(d, "take it out of extra_modules in " CONFIG_PATH "; then lastword arm");
	}
}

static void check_firmware(struct doctor *d)
{
	const struct modules *m = &d->facts->composed.modules;

	if (!is_composed(d))
		return;
	for (size_t i = 0; i < m->count; i++) {
		if (!is_in(m->items[i].name, wants_firmware, ARRAY_SIZE(wants_firmware)))
			continue;
		found(d, FINDING_WARNING,
		      "driver %s loads firmware from files, which are not in the capture image",
		      m->items[i].name);
		evidence(d, "%s", m->items[i].file);
		fix(d, "add a fallback target on a disk in " CONFIG_PATH "; then lastword arm");
	}
}

/* A driver that runs, and whose file is gone: an image made now would lack it. What modules_collect() says of it. */
static void check_missing(struct doctor *d)
{
	static const char *const says[] = { "is loaded, but not in /lib/modules", "has no module",
					    ".ko" };
	const struct facts *f = d->facts;
	bool missing = false;

	if (f->composed_r == 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(says); i++)
		missing |= strstr(error_text(&f->composed_why), says[i]) != NULL;
	if (!missing)
		return;
	found(d, FINDING_FAILURE, "a module that the dump needs is not installed");
	evidence(d, "%s", error_text(&f->composed_why));
	fix(d, "install the running kernel's modules again; depmod; then lastword arm");
}

const struct check checks_drivers[] = {
	{ "driver-missing", "drivers", "the modules that a dump needs are installed",
	  FINDING_FAILURE, check_missing },
	{ "driver-memory", "drivers", "drivers leave room in the reservation", FINDING_WARNING,
	  check_memory },
	{ "driver-firmware", "drivers", "no packed driver wants firmware", FINDING_WARNING,
	  check_firmware },
	{ "driver-graphics", "drivers", "no graphics driver is packed", FINDING_WARNING,
	  check_graphics },
	{ 0 },
};
