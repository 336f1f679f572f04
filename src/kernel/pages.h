/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Struct pages as something to ask: which page is this, whose is it? The scan over all of them, by class, is page.h's.
 */
#include "kernel/memmap.h"
#include "kernel/types.h"

struct pages;

struct page_info {
	uint64_t addr; /* of the struct page */
	uint64_t pfn;
	uint64_t head; /* the struct page of its compound page; addr where it is none's tail */
	uint64_t flags, mapping, index, private;
	uint32_t type; /* the word that is _mapcount or a type */
	int32_t count; /* references */
	bool slab;     /* what is at head is a slab */
	bool buddy;    /* head of a free block of 2^private pages */
};

int pages_open(struct kernel_reader *r, struct symbols *symbols, struct types *types,
	       struct pages **ret, struct error *e) _must_check_;
struct pages *pages_free(struct pages *p);
DEFINE_CLEANUP(struct pages *, pages_free)

const struct memmap *pages_map(const struct pages *p);
unsigned pages_shift(const struct pages *p);

/* The struct page of a pfn, and back from any address in it. False where there is none. */
bool pages_at(const struct pages *p, uint64_t pfn, uint64_t *ret);
bool pages_pfn(const struct pages *p, uint64_t page, uint64_t *ret);

/* Where the kernel sees a page's memory: the map of all memory. False where that was not found. */
bool pages_virtual(const struct pages *p, uint64_t pfn, uint64_t *ret);

/* The lowest address of the map of all memory; 0 where it was not found. */
uint64_t pages_direct(const struct pages *p);

/* page is the address of a struct page. Errors of kernel_read(). */
int page_read(struct pages *p, uint64_t page, struct page_info *ret, struct error *e) _must_check_;

/* The free block of the buddy allocator that a pfn lies in. False where it lies in none. */
bool page_free_block(struct pages *p, uint64_t pfn, struct page_info *ret_head,
		     unsigned *ret_order);

/*
 * Every slab's head, in the order of memory: emit gets the address and the struct page's bytes, which end at the page's size.
 * Stops where emit returns non-zero and returns that. *ret_missing counts struct pages that are not in the dump.
 */
int pages_each_slab(struct pages *p,
		    int (*emit)(void *user, uint64_t page, uint64_t pfn, const void *bytes),
		    void *user, uint64_t *ret_missing);
