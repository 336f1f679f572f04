/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * extlinux.conf, which U-Boot and syslinux read. Debian's u-boot-menu writes it from shell fragments, and one of them is ours; where
 * a person or another tool writes it, each entry's append line is edited.
 */
#include "arm/boot/loaders.h"

#include <stdio.h>
#include <string.h>

#define UPDATE "/usr/sbin/u-boot-update"
#define DROPIN "/etc/u-boot-menu/conf.d/lastword.conf"

static const char *const menus[] = { "/boot/extlinux/extlinux.conf", "/boot/extlinux.conf",
				     "/boot/syslinux/syslinux.cfg", NULL };

static enum loader_evidence evidence(const struct root *root, char why[LOADER_WHY_MAX])
{
	bool uboot = boot_exists(root, "/proc/device-tree/chosen/u-boot,version");

	for (size_t i = 0; menus[i]; i++) {
		if (!boot_exists(root, menus[i]))
			continue;
		snprintf(why, LOADER_WHY_MAX, "%s is there%s", menus[i],
			 uboot ? ", and the device tree says that U-Boot started this kernel" : "");
		return uboot ? EVIDENCE_BOOTED : EVIDENCE_FILES;
	}
	return EVIDENCE_NONE;
}

/* u-boot-menu 4.0 and before have no fragments. */
static bool has_fragments(const struct root *root)
{
	return boot_file_has(root, UPDATE, "/etc/u-boot-menu/conf.d");
}

static enum loader_evidence find_menu(const struct root *root, char why[LOADER_WHY_MAX])
{
	return has_fragments(root) ? evidence(root, why) : EVIDENCE_NONE;
}

static enum loader_evidence find_plain(const struct root *root, char why[LOADER_WHY_MAX])
{
	return has_fragments(root) ? EVIDENCE_NONE : evidence(root, why);
}

/* Without a value of its own u-boot-update takes /etc/kernel/cmdline, less its root=, or "ro quiet". */
static int make_fragment(const struct root *root, const char *words, struct buf *ret,
			 struct error *e)
{
	int r = buf_printf(
		ret,
		"# Written by `lastword setup`; `lastword setup --undo` removes it.\n"
		"if [ -z \"$U_BOOT_PARAMETERS\" ] && [ -f /etc/kernel/cmdline ]; then\n"
		"	U_BOOT_PARAMETERS=$(sed 's/root=[^[:space:]]*//' /etc/kernel/cmdline)\n"
		"	U_BOOT_ROOT=${U_BOOT_ROOT:-$(sed -n 's/.*\\(root=[^[:space:]]*\\).*/\\1/p' "
		"/etc/kernel/cmdline)}\n"
		"fi\n"
		"U_BOOT_PARAMETERS=\"${U_BOOT_PARAMETERS:-ro quiet} %s\"\n",
		words);

	return r < 0 ? error_errno(e, r, DROPIN) : 0;
}

static int add_read(const struct root *root, const char *path, void *context)
{
	return boot_add_slot(context, path, SLOT_SHELL, "U_BOOT_PARAMETERS", true);
}

static int slots_menu(const struct root *root, struct slots *ret, struct error *e)
{
	int r = add_read(root, "/etc/default/u-boot", ret);

	if (r == 0)
		r = boot_add_slot(ret, "/etc/kernel/cmdline", SLOT_WHOLE, NULL, true);
	if (r == 0)
		r = slots_add(ret, (struct slot){ .path = strdup(DROPIN),
						  .syntax = SLOT_SHELL,
						  .keyword = "U_BOOT_PARAMETERS",
						  .make = make_fragment });
	return r < 0 ? error_errno(e, r, DROPIN) : 0;
}

static int slots_plain(const struct root *root, struct slots *ret, struct error *e)
{
	for (size_t i = 0; menus[i]; i++) {
		int r = boot_exists(root, menus[i])
				? boot_add_slot(ret, menus[i], SLOT_APPEND, "append", false)
				: 0;

		if (r < 0)
			return error_errno(e, r, "%s", menus[i]);
	}
	return 0;
}

static const struct regenerate update[] = { { { UPDATE } } };

const struct loader_ops loader_uboot_menu = {
	.name = "extlinux.conf of u-boot-menu",
	.find = find_menu,
	.slots = slots_menu,
	.regenerate = update,
	.regenerate_count = ARRAY_SIZE(update),
	.generated = menus,
};

const struct loader_ops loader_extlinux = {
	.name = "extlinux.conf",
	.find = find_plain,
	.slots = slots_plain,
};
