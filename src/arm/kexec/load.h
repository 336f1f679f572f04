/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * kexec_file_load(2), its refusals in words, and what /sys says of it. There are two places for a loaded kernel: the one that
 * the next panic starts, and the one that a restart without firmware starts.
 *
 * kexec_load(2) is not used: a program would have to make there what the kernel makes here (boot parameters, the memory map, the
 * headers of /proc/vmcore, purgatory), from structures that belong to the kernel, and a locked-down kernel refuses it.
 */
#include "base/error.h"
#include "base/root.h"

enum kexec_place { KEXEC_FOR_RESTART, KEXEC_FOR_CRASH };

/*
 * kernel, initrd: descriptors; initrd -1 for none. cmdline: without a command line "". Where it fails the kernel may have
 * dropped what was loaded before: ask kexec_loaded().
 */
int kexec_load_files(const struct root *root, enum kexec_place place, int kernel, int initrd,
		     const char *cmdline, struct error *e) _must_check_;

/* Done too where nothing was loaded. */
int kexec_unload(const struct root *root, enum kexec_place place, struct error *e) _must_check_;

/* False too where the kernel has no kexec. */
bool kexec_loaded(const struct root *root, enum kexec_place place);

/* The same for the crash kernel; kernel and image are paths inside the root. */
int crash_load(const struct root *root, const char *kernel, const char *image, const char *cmdline,
	       struct error *e) _must_check_;
int crash_unload(const struct root *root, struct error *e) _must_check_;
bool crash_loaded(const struct root *root);
