/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB. Debian's reads drop-ins of /etc/default/grub.d, and one of them is ours as a whole. Others have /etc/default/grub alone.
 * Fedora's and its children's menu is made of boot loader entries (blscfg), whose options may be in grubenv.
 */
#include "arm/boot/loaders.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DEFAULTS "/etc/default/grub"
#define DROPINS "/etc/default/grub.d"
#define OURS DROPINS "/lastword.cfg"
#define CMDLINE "GRUB_CMDLINE_LINUX"
#define CMDLINE_DEFAULT "GRUB_CMDLINE_LINUX_DEFAULT"

static const char *const menus[] = { "/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", NULL };
static const char *const environments[] = { "/boot/grub2/grubenv", "/boot/grub/grubenv",
					    "/boot/efi/EFI/redhat/grubenv",
					    "/boot/efi/EFI/fedora/grubenv" };

static const char *menu(const struct root *root)
{
	for (size_t i = 0; menus[i]; i++)
		if (boot_exists(root, menus[i]))
			return menus[i];
	return NULL;
}

/* GRUB names the image with its device; 2.12 and later also say who they are. */
static enum loader_evidence evidence(const struct root *root, char why[LOADER_WHY_MAX])
{
	const char *cfg = menu(root);
	char info[100];

	if (boot_efi_text(root, "LoaderInfo", info, sizeof(info))) {
		snprintf(why, LOADER_WHY_MAX, "the EFI variable LoaderInfo says '%s'", info);
		return strncmp(info, "GRUB", 4) == 0 ? EVIDENCE_BOOTED : EVIDENCE_NONE;
	}
	if (!cfg)
		return EVIDENCE_NONE;
	if (boot_file_has(root, "/proc/cmdline", "BOOT_IMAGE=(")) {
		snprintf(
			why, LOADER_WHY_MAX,
			"%s is there, and the running kernel's BOOT_IMAGE= is written as GRUB does",
			cfg);
		return EVIDENCE_BOOTED;
	}
	if (boot_file_has(root, "/proc/cmdline", "BOOT_IMAGE=/") &&
	    !boot_exists(root, "/boot/extlinux/extlinux.conf")) {
		snprintf(why, LOADER_WHY_MAX,
			 "%s is there, and the running kernel has BOOT_IMAGE=", cfg);
		return EVIDENCE_BOOTED;
	}
	snprintf(why, LOADER_WHY_MAX, "%s is there", cfg);
	return EVIDENCE_FILES;
}

static bool has_bls(const struct root *root)
{
	const char *cfg = menu(root);

	return boot_has_entries(root) &&
	       (boot_file_has(root, DEFAULTS, "\nGRUB_ENABLE_BLSCFG=true") ||
		boot_file_has(root, DEFAULTS, "\nGRUB_ENABLE_BLSCFG=\"true\"") ||
		(cfg && boot_file_has(root, cfg, "\nblscfg")));
}

static bool has_dropins(const struct root *root)
{
	return boot_exists(root, DROPINS) || boot_exists(root, "/usr/sbin/update-grub");
}

static enum loader_evidence find_bls(const struct root *root, char why[LOADER_WHY_MAX])
{
	return has_bls(root) ? evidence(root, why) : EVIDENCE_NONE;
}

static enum loader_evidence find_dropin(const struct root *root, char why[LOADER_WHY_MAX])
{
	return has_bls(root) || !has_dropins(root) ? EVIDENCE_NONE : evidence(root, why);
}

static enum loader_evidence find_plain(const struct root *root, char why[LOADER_WHY_MAX])
{
	return has_bls(root) || has_dropins(root) || !boot_exists(root, DEFAULTS)
		       ? EVIDENCE_NONE
		       : evidence(root, why);
}

static int make_dropin(const struct root *root, const char *words, struct buf *ret, struct error *e)
{
	int r = buf_printf(ret,
			   "# Written by `lastword setup`; `lastword setup --undo` removes "
			   "it.\n" CMDLINE_DEFAULT "=\"$" CMDLINE_DEFAULT " %s\"\n",
			   words);

	return r < 0 ? error_errno(e, r, OURS) : 0;
}

static int add_both(struct slots *slots, const char *path)
{
	int r = boot_add_slot(slots, path, SLOT_SHELL, CMDLINE, true);

	return r < 0 ? r : boot_add_slot(slots, path, SLOT_SHELL, CMDLINE_DEFAULT, true);
}

static int add_dropin(const struct root *root, const char *path, void *context)
{
	return strcmp(path, OURS) == 0 ? 0 : add_both(context, path);
}

static int slots_dropin(const struct root *root, struct slots *ret, struct error *e)
{
	int r = add_both(ret, DEFAULTS);

	if (r == 0)
		r = boot_each_file(root, DROPINS, ".cfg", add_dropin, ret);
	if (r == 0)
		r = slots_add(ret, (struct slot){ .path = strdup(OURS),
						  .syntax = SLOT_SHELL,
						  .keyword = CMDLINE_DEFAULT,
						  .make = make_dropin });
	return r < 0 ? error_errno(e, r, DROPINS) : 0;
}

static int slots_plain(const struct root *root, struct slots *ret, struct error *e)
{
	int r = boot_add_slot(ret, DEFAULTS, SLOT_SHELL, CMDLINE, false);

	if (r == 0)
		r = boot_add_slot(ret, DEFAULTS, SLOT_SHELL, CMDLINE_DEFAULT, true);
	return r < 0 ? error_errno(e, r, DEFAULTS) : 0;
}

/* Entries, what new entries are made of, and what grub2-mkconfig would write over them. */
static int slots_bls(const struct root *root, struct slots *ret, struct error *e)
{
	const char *environment = NULL;
	int r = slots_plain(root, ret, e);

	for (size_t i = 0; i < ARRAY_SIZE(environments) && !environment; i++)
		if (boot_file_has(root, environments[i], "\nkernelopts="))
			environment = environments[i];
	if (r == 0 && environment)
		r = boot_add_slot(ret, environment, SLOT_GRUBENV, "kernelopts", false);
	if (r == 0 && boot_exists(root, "/etc/kernel/cmdline"))
		r = boot_add_slot(ret, "/etc/kernel/cmdline", SLOT_WHOLE, NULL, false);
	if (r == 0)
		r = boot_add_entries(root, environment, ret);
	return r < 0 ? error_errno(e, r, "boot loader entries") : 0;
}

static const struct regenerate commands[] = {
	{ { "/usr/sbin/update-grub" } },
	{ { "/sbin/update-bootloader", "--refresh" } },
	{ { "/usr/sbin/grub2-mkconfig", "-o", "/boot/grub2/grub.cfg" } },
	{ { "/usr/bin/grub2-mkconfig", "-o", "/boot/grub2/grub.cfg" } },
	{ { "/usr/sbin/grub-mkconfig", "-o", "/boot/grub/grub.cfg" } },
	{ { "/usr/bin/grub-mkconfig", "-o", "/boot/grub/grub.cfg" } },
};

const struct loader_ops loader_grub_bls = {
	.name = "GRUB with boot loader entries",
	.find = find_bls,
	.slots = slots_bls,
};

const struct loader_ops loader_grub_dropin = {
	.name = "GRUB with drop-ins",
	.find = find_dropin,
	.slots = slots_dropin,
	.regenerate = commands,
	.regenerate_count = ARRAY_SIZE(commands),
	.generated = menus,
};

const struct loader_ops loader_grub = {
	.name = "GRUB",
	.find = find_plain,
	.slots = slots_plain,
	.regenerate = commands,
	.regenerate_count = ARRAY_SIZE(commands),
	.generated = menus,
};
