/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Where BTF lies in a dump: that of vmlinux between two symbols or by its magic in the kernel's image, those of
 * modules on the list btf_modules.
 */
#include "kernel/types.h"

/* As types_open(); provenance gets a line of words. */
int btf_locate(struct kernel_reader *r, struct symbols *symbols, struct btf **ret, char *provenance,
	       size_t size, struct error *e) _must_check_;

/* What can be read of them; a module whose types are damaged or excluded is left out. *ret is the caller's to free. */
void btf_locate_modules(struct types *t, struct kernel_reader *r, struct symbols *symbols,
			struct btf ***ret, size_t *ret_count);
