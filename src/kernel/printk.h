/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The kernel log: the lockless ring buffer (5.10+) and the older record buffer.
 */
#include "base/buf.h"
#include "kernel/kernel.h"

/* level and facility where the record's shape is not known */
#define PRINTK_UNKNOWN 255

struct printk_record {
	uint64_t
		seq; /* counted from the oldest record where the buffer holds no number (before 5.10) */
	uint64_t ts_nsec;
	uint32_t caller_id;
	bool has_caller; /* caller_id is told */
	uint8_t level, facility;
	bool numbered;	/* seq is the kernel's own number */
	bool continued; /* the text was not whole yet */
	/* The device it is about, as its bus calls it; not NUL-terminated where it is full; NULL: not known. */
	const char *subsystem, *device;
	size_t subsystem_size, device_size;
	const char *text; /* not NUL-terminated, any bytes */
	size_t text_len;
	const char
		*info; /* the kernel's struct printk_info; NULL where the log is of another form */
	size_t info_len;
};

struct printk_stats {
	uint64_t records;
	uint64_t damaged; /* records whose place in the buffer made no sense, skipped */
	bool ends_lost; /* the buffer's ends made no sense: they were found by the records' numbers */
	uint64_t cut;	/* bytes of the oldest text that printk_text() gave up for want of room */
};

/* Calls emit for each record, oldest first; stops where emit returns non-zero and returns that. Bounded whatever the
 * memory holds. -ENOENT where the log cannot be found. */
int printk_each(struct kernel *k, int (*emit)(void *user, const struct printk_record *rec),
		void *user, struct printk_stats *ret_stats, struct error *e) _must_check_;

#define PRINTK_CALLER_SIZE 16

/* "T1", "C0": the task or CPU that spoke. */
void printk_caller(const struct printk_record *rec, char ret[PRINTK_CALLER_SIZE]);

/*
 * The text as `makedumpfile --dump-dmesg` writes it, byte for byte. Where it does not fit into ret (its limit, or
 * memory) the oldest half is given up: the last words count. On failure ret holds what was read so far.
 */
int printk_text(struct kernel *k, struct buf *ret, struct printk_stats *ret_stats,
		struct error *e) _must_check_;

/* As above, from the place on where the log was cleared last (dmesg --clear). -ENOENT also where the kernel does not tell: 5.12 and before. */
int printk_text_since_clear(struct kernel *k, struct buf *ret, struct printk_stats *ret_stats,
			    struct error *e) _must_check_;
