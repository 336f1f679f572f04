/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What of a dump is not to be told: ranges of physical memory that are overwritten in the pages' copies. Built once, then read by
 * many threads.
 */
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/macro.h"

/* makedumpfile's: erased bytes are X, nullified pointers 0. */
#define ERASER_FILL 'X'

struct eraser;

/* page_size is the dump's. NULL on no memory. */
struct eraser *eraser_new(uint32_t page_size);
struct eraser *eraser_free(struct eraser *x);
DEFINE_CLEANUP(struct eraser *, eraser_free)

/* Adds [paddr, paddr + size). -ENOMEM, -E2BIG past a limit. */
int eraser_add(struct eraser *x, uint64_t paddr, uint64_t size, uint8_t fill) _must_check_;

/* One line of the text that readers of the dump see. */
int eraser_note(struct eraser *x, const char *fmt, ...) _printf_(2, 3) _must_check_;

/* After the last add: before it nothing below may be called. */
void eraser_sort(struct eraser *x);

/* The first pfn at or above pfn that has something to erase; UINT64_MAX where there is none, or x is NULL. */
uint64_t eraser_next(const struct eraser *x, uint64_t pfn);

/* Overwrites what is to be erased in the copy of one page. */
void eraser_apply(const struct eraser *x, uint64_t pfn, uint8_t *page, size_t page_size);

const char *eraser_text(const struct eraser *x, size_t *ret_len);
