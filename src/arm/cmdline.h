/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The capture kernel's command line: that of the running kernel without what must not hold there,
 * and behind it what makes a kernel small, single and certain to end. Starts from the rules of
 * kdump-utils' prepare_cmdline().
 */
#include "base/buf.h"
#include "base/error.h"

/* The kernel itself puts "elfcorehdr=0x…" and a blank before the line
 * (arch/x86/kernel/kexec-bzimage64.c). */
#define CMDLINE_KERNEL_ADDS 32

/* running: /proc/cmdline, hostile. append: the user's words, or NULL. limit: bytes the kernel
 * takes, without the NUL. */
int cmdline_build(const char *running, const char *append, size_t limit, struct buf *ret,
		  struct error *e) _must_check_;
