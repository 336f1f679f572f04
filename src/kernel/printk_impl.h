/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The two forms of the kernel log as parsers over "memory at an address": the dump's, or a test's.
 */
#include "kernel/printk.h"

struct printk_memory {
	const struct vmcoreinfo *vmcoreinfo;
	int (*read)(void *user, uint64_t vaddr, void *buf, size_t len, struct error *e);
	void *user;
};

typedef int (*printk_emit)(void *user, const struct printk_record *rec);

/* Contracts as printk_each(). -ENOENT: vmcoreinfo does not have this form. */
int printk_ring_each(const struct printk_memory *m, printk_emit emit, void *user,
		     struct printk_stats *stats, struct error *e) _must_check_;
int printk_log_each(const struct printk_memory *m, printk_emit emit, void *user,
		    struct printk_stats *stats, struct error *e) _must_check_;

/* One record as printk_text() writes it. */
int printk_format(struct buf *ret, const struct printk_record *rec) _must_check_;

/* What printk_text() does with each record; user is a struct printk_text. */
struct printk_text {
	struct buf *buf; /* borrowed */
	uint64_t cut;	 /* bytes given up */
};

int printk_text_append(void *user, const struct printk_record *rec);
