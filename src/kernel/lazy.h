/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A table in the dump's memory that is read a page at a time, when first asked for. What was read stays, so that
 * pointers into it live as long as the table.
 */
#include "base/bitmap.h"
#include "base/error.h"

/* "Memory at an address": the dump's, or a test's. read() as kernel_read(); holes fail. */
struct kernel_memory {
	int (*read)(void *user, uint64_t vaddr, void *buf, size_t len, struct error *e);
	void *user;
};

struct lazy {
	struct kernel_memory memory;
	uint64_t addr;
	uint64_t size; /* bytes */
	char *bytes;   /* mapped: what is never asked for costs nothing */
	size_t mapped;
	struct bitmap tried, missing; /* a bit a page, counted from addr's page */
};

/* Reads nothing. -E2BIG past LAZY_LIMIT or past the last address, -ENOMEM. */
#define LAZY_LIMIT MIB(64)
int lazy_init(struct lazy *l, const struct kernel_memory *m, uint64_t addr,
	      uint64_t size) _must_check_;
void lazy_done(struct lazy *l);

/* [offset, offset + len) of the table, or NULL where that is outside or a page of it cannot be read. */
const void *lazy_at(struct lazy *l, uint64_t offset, size_t len);
