/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/boot/loader.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "arm/boot/loaders.h"
#include "base/process.h"

#define REGENERATE_SECONDS 600

const struct loader_ops *const loaders[] = {
	&loader_uki,  &loader_systemd_boot, &loader_grub_bls, &loader_grub_dropin,
	&loader_grub, &loader_uboot_menu,   &loader_extlinux, NULL,
};

/* Systems whose command line is not in a file that may be edited. */
static const struct {
	const char *path, *words;
} images[] = {
	{ "/run/ostree-booted",
	  "this system is an image of ostree, and its tool keeps the command line: run "
	  "'rpm-ostree kargs --append-if-missing=crashkernel=SIZE' and reboot, then "
	  "'lastword setup --no-bootloader'" },
	{ "/etc/NIXOS",
	  "NixOS makes the boot loader's configuration from its own: add crashkernel=SIZE to "
	  "boot.kernelParams, run 'nixos-rebuild boot' and reboot, then 'lastword setup "
	  "--no-bootloader'" },
};

void loader_find(const struct root *root, struct loader *ret)
{
	enum loader_evidence best = EVIDENCE_NONE;
	struct loader l = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(images); i++) {
		if (boot_exists(root, images[i].path)) {
			snprintf(l.why, sizeof(l.why), "%s", images[i].words);
			*ret = l;
			return;
		}
	}
	for (size_t i = 0; loaders[i]; i++) {
		char why[LOADER_WHY_MAX];
		enum loader_evidence evidence = loaders[i]->find(root, why);

		if (evidence > best) {
			best = evidence;
			l.ops = loaders[i];
			snprintf(l.why, sizeof(l.why), "%s", why);
		}
	}
	if (!l.ops)
		snprintf(l.why, sizeof(l.why),
			 "no boot loader was found (GRUB, systemd-boot, UKI, extlinux): add "
			 "crashkernel=SIZE to the kernel's command line by hand and reboot");
	*ret = l;
}

const char *loader_name(const struct loader *l)
{
	return l->ops ? l->ops->name : "none";
}

static const struct regenerate *regenerate_command(const struct root *root, const struct loader *l)
{
	for (size_t i = 0; i < l->ops->regenerate_count; i++)
		if (boot_exists(root, l->ops->regenerate[i].argv[0]))
			return &l->ops->regenerate[i];
	return NULL;
}

static int join(const char *const argv[], struct buf *ret)
{
	int r = 0;

	for (size_t i = 0; argv[i] && r == 0; i++)
		r = buf_printf(ret, "%s%s", i ? " " : "", argv[i]);
	return r;
}

static int regenerate(const struct root *root, const struct loader *l, struct buf *said,
		      struct error *e)
{
	const struct regenerate *command = regenerate_command(root, l);
	_cleanup_buf_ struct buf line = { 0 };
	int r;

	if (!command)
		return error_set(e, -ENOENT,
				 "%s: the program that makes its configuration anew is not "
				 "installed (%s)",
				 l->ops->name, l->ops->regenerate[0].argv[0]);
	r = join(command->argv, &line);
	if (r == 0 && *root->path)
		return buf_printf(said, "not run, because of --root: %s\n", line.data) < 0
			       ? error_errno(e, -ENOMEM, "%s", line.data)
			       : 0;
	if (r == 0)
		r = process_run(command->argv, NULL,
				clock_now() + REGENERATE_SECONDS * USEC_PER_SEC, NULL, e);
	if (r < 0)
		return error_prefix(e, r, "%s", line.data ?: "");
	return buf_printf(said, "ran %s\n", line.data) < 0
		       ? error_errno(e, -ENOMEM, "%s", line.data)
		       : 0;
}

int loader_apply(const struct root *root, const struct loader *l, const struct edits *edits,
		 struct buf *said, struct error *e)
{
	int r = edits_write(root, edits, e);

	return r < 0 || !l->ops->regenerate ? r : regenerate(root, l, said, e);
}

bool loader_menu_has(const struct root *root, const struct loader *l, const char *words,
		     const char **ret_menu)
{
	for (size_t i = 0; l->ops->generated && l->ops->generated[i]; i++) {
		if (!boot_exists(root, l->ops->generated[i]))
			continue;
		*ret_menu = l->ops->generated[i];
		return boot_file_has(root, l->ops->generated[i], words);
	}
	*ret_menu = NULL;
	return true;
}
