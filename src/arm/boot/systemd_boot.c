/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd-boot with boot loader entries: each entry, and /etc/kernel/cmdline, of which kernel-install makes new ones. Without that
 * file kernel-install takes the running kernel's command line.
 */
#include "arm/boot/loaders.h"

#include <stdio.h>
#include <string.h>

static enum loader_evidence find(const struct root *root, char why[LOADER_WHY_MAX])
{
	static const char *const programs[] = { "/boot/efi/EFI/systemd", "/boot/EFI/systemd",
						"/efi/EFI/systemd" };
	char info[100];

	if (!boot_has_entries(root))
		return EVIDENCE_NONE;
	if (boot_efi_text(root, "LoaderInfo", info, sizeof(info))) {
		snprintf(why, LOADER_WHY_MAX, "the EFI variable LoaderInfo says '%s'", info);
		return strncmp(info, "systemd-boot", 12) == 0 ? EVIDENCE_BOOTED : EVIDENCE_NONE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		if (boot_exists(root, programs[i])) {
			snprintf(why, LOADER_WHY_MAX, "%s and boot loader entries are there",
				 programs[i]);
			return EVIDENCE_FILES;
		}
	}
	return EVIDENCE_NONE;
}

static int slots(const struct root *root, struct slots *ret, struct error *e)
{
	int r = 0;

	if (boot_exists(root, "/etc/kernel/cmdline"))
		r = boot_add_slot(ret, "/etc/kernel/cmdline", SLOT_WHOLE, NULL, false);
	if (r == 0)
		r = boot_add_entries(root, false, ret);
	return r < 0 ? error_errno(e, r, "boot loader entries") : 0;
}

const struct loader_ops loader_systemd_boot = {
	.name = "systemd-boot",
	.find = find,
	.slots = slots,
};
