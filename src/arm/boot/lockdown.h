/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What keeps this kernel from loading a capture kernel, or us from seeing what is needed. */
#include "base/root.h"

enum lockdown_mode {
	LOCKDOWN_UNKNOWN,
	LOCKDOWN_NONE,
	LOCKDOWN_INTEGRITY,
	LOCKDOWN_CONFIDENTIALITY
};

struct lockdown {
	bool efi;		 /* the machine booted with EFI */
	bool secure_boot;	 /* its firmware checks signatures (EFI variable SecureBoot is 1) */
	enum lockdown_mode mode; /* /sys/kernel/security/lockdown */
	bool load_disabled;	 /* sysctl kernel.kexec_load_disabled is 1: until the next boot */
	bool limit_reached;	 /* sysctl kernel.kexec_load_limit_panic is 0 */
	unsigned kptr_restrict;	 /* sysctl; 0 unknown too */
	bool image_signed; /* the running kernel's image has a PE signature; only where image_known */
	bool image_known;
};

/* kernel: the image that would be loaded, a path inside the root, or NULL. Never fails. */
void lockdown_read(const struct root *root, const char *kernel, struct lockdown *ret);

/* Will kexec_file_load(2) be refused? A reason with what to do about it, or NULL. */
const char *lockdown_refusal(const struct lockdown *l);

/* One line for people: "Secure Boot on, lockdown integrity". */
void lockdown_text(const struct lockdown *l, char *ret, size_t size);
