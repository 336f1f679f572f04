/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The header of an x86 kernel image: Documentation/arch/x86/boot.rst of the kernel, "The Real-Mode
 * Kernel Header".
 */
#include "base/error.h"
#include "base/macro.h"

struct bzimage {
	uint64_t file_size;
	uint64_t cmdline_max;  /* bytes without the NUL */
	uint64_t init_size;    /* memory the kernel needs to unpack itself in, bytes */
	uint64_t payload_size; /* the compressed kernel */
	uint64_t alignment;
};

/* data: the whole file; hostile. -ENOEXEC where it is no kernel that can be loaded into a
 * reservation above 4 GiB or below. */
int bzimage_parse(const void *data, size_t len, struct bzimage *ret, struct error *e) _must_check_;
