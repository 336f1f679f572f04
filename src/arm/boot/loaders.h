/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A boot loader: a file and a row in loader.c. And what their files have in common. */
#include "arm/boot/loader.h"
#include "arm/boot/slot.h"

enum loader_evidence {
	EVIDENCE_NONE,
	EVIDENCE_FILES,	 /* it is installed */
	EVIDENCE_BOOTED, /* it says of itself that it booted this machine */
};

/* One way to make the boot loader's own configuration anew; the first whose program exists is used. */
struct regenerate {
	const char *argv[5]; /* NULL at the end */
};

struct loader_ops {
	const char *name;
	enum loader_evidence (*find)(const struct root *root, char why[LOADER_WHY_MAX]);
	/* In the order in which their words reach the kernel. */
	int (*slots)(const struct root *root, struct slots *ret, struct error *e);
	const struct regenerate *regenerate; /* NULL: its configuration is what we write */
	size_t regenerate_count;
	const char *const
		*generated; /* what is regenerated, ended with NULL: must have our words then */
};

extern const struct loader_ops loader_uki, loader_systemd_boot, loader_grub_bls, loader_grub_dropin,
	loader_grub, loader_uboot_menu, loader_extlinux;

/* All of them; ends with NULL. Where two are equally likely, the first: what knows most of the machine comes first. */
extern const struct loader_ops *const loaders[];

bool boot_exists(const struct root *root, const char *path);

/* Does a file have that text in it? */
bool boot_file_has(const struct root *root, const char *path, const char *text);

/* An EFI variable of the boot loader interface (systemd.io/BOOT_LOADER_INTERFACE), as ASCII. */
bool boot_efi_text(const struct root *root, const char *name, char *ret, size_t size);

/* One slot with a path of its own and nothing special. */
int boot_add_slot(struct slots *slots, const char *path, enum slot_syntax syntax,
		  const char *keyword, bool only_read) _must_check_;

/* Calls f for each file of a directory whose name ends with the suffix, sorted by name; 0 where there is no directory. */
int boot_each_file(const struct root *root, const char *dir, const char *suffix,
		   int (*f)(const struct root *root, const char *path, void *context),
		   void *context) _must_check_;

/* The options of Linux entries below DIR/loader/entries, for each directory where the boot partition may be. through_grubenv:
 * entries that take $kernelopts are left out where grubenv has it. */
int boot_add_entries(const struct root *root, bool through_grubenv, struct slots *ret) _must_check_;
bool boot_has_entries(const struct root *root);
