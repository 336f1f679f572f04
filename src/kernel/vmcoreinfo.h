/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * vmcoreinfo: KEY=VALUE lines the kernel prints about itself (kernel/vmcore_info.c). Hostile text of at most a few
 * pages. Parsed once into a sorted table.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/macro.h"

struct vmcoreinfo;

/*
 * Copies the text, which ends at len or at a NUL. -EINVAL where no line parses; lines that make no sense are skipped,
 * and so is a last line without newline (the kernel cuts the text where its page is full). Of equal keys the first counts.
 */
int vmcoreinfo_parse(const char *text, size_t len, struct vmcoreinfo **ret,
		     struct error *e) _must_check_;
struct vmcoreinfo *vmcoreinfo_free(struct vmcoreinfo *v);
DEFINE_CLEANUP(struct vmcoreinfo *, vmcoreinfo_free)

/* The value of a whole key, as in "OSRELEASE" or "SYMBOL(_stext)"; NULL where absent. */
const char *vmcoreinfo_get(const struct vmcoreinfo *v, const char *key);

/* What is between the parentheses. All: true and *ret where the entry is there and is a number of its kind. */
bool vmcoreinfo_symbol(const struct vmcoreinfo *v, const char *name,
		       uint64_t *ret); /* hex without 0x */
bool vmcoreinfo_size(const struct vmcoreinfo *v, const char *name, uint64_t *ret);
bool vmcoreinfo_offset(const struct vmcoreinfo *v, const char *name, uint64_t *ret);
bool vmcoreinfo_length(const struct vmcoreinfo *v, const char *name, uint64_t *ret);
bool vmcoreinfo_number(const struct vmcoreinfo *v, const char *name,
		       int64_t *ret); /* signed decimal, or 0x hex */
bool vmcoreinfo_hex(const struct vmcoreinfo *v, const char *key,
		    uint64_t *ret); /* whole key, such as KERNELOFFSET */

/* The text as it was found. */
const char *vmcoreinfo_text(const struct vmcoreinfo *v, size_t *ret_len);
