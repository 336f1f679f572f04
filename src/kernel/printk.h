/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The kernel log: the lockless ring buffer (5.10+) and the older record buffer.
 */
#include "base/buf.h"
#include "kernel/kernel.h"

struct printk_record {
	uint64_t seq;
	uint64_t ts_nsec;
	uint32_t caller_id;
	uint8_t level, facility;
	const char *text; /* not NUL-terminated, any bytes */
	size_t text_len;
};

struct printk_stats {
	uint64_t records;
	uint64_t damaged; /* records whose place in the buffer made no sense, skipped */
};

/* Calls emit for each record, oldest first; stops where emit returns non-zero and returns that. Bounded whatever the
 * memory holds. -ENOENT where the log cannot be found. */
int printk_each(struct kernel *k, int (*emit)(void *user, const struct printk_record *rec),
		void *user, struct printk_stats *ret_stats, struct error *e) _must_check_;

/* The text as `makedumpfile --dump-dmesg` writes it, byte for byte. */
int printk_text(struct kernel *k, struct buf *ret, struct printk_stats *ret_stats,
		struct error *e) _must_check_;
