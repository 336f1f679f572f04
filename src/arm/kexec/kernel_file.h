/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A kernel's image as it is loaded: the file, or of a unified kernel image its section .linux, which is a kernel's image of its
 * own (uapi-group.org/specifications/specs/unified_kernel_image). Secure Boot looks at that one's signature.
 */
#include "base/error.h"
#include "base/root.h"

#define KERNEL_HEADERS_MAX 8192

/*
 * Where the kernel lies in a PE file; head: its first KERNEL_HEADERS_MAX bytes, or all of it. -ENOENT: no unified kernel image.
 * -ENOEXEC, with words: one whose kernel is not inside the file. Hostile.
 */
int unified_kernel(const void *head, size_t len, uint64_t file_size, uint64_t *ret_offset,
		   uint64_t *ret_size, struct error *e) _must_check_;

int kernel_file_read(const struct root *root, const char *path, struct buf *ret,
		     struct error *e) _must_check_;

/* The same as a descriptor, which stands at the start of the kernel. */
int kernel_file_open(const struct root *root, const char *path, int *ret,
		     struct error *e) _must_check_;
