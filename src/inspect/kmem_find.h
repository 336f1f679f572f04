/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What kmem ADDRESS puts together from the other parts. json NULL: lines of text; else a member or an element that is open. */
#include "inspect/kmem.h"

/* The vmalloc area that holds addr, behind an empty line where that is asked for. -ENOENT. */
int kmem_area_at(struct inspect *c, uint64_t addr, struct json *json, bool separate,
		 struct error *e) _must_check_;

/* The line of kmem -p for the struct page of a pfn, with its headings. -ENOENT. */
int kmem_page_at(struct inspect *c, uint64_t pfn, struct json *json, struct error *e) _must_check_;

/* The free block of the buddy allocator that a pfn lies in; word: what the user wrote. -ENOENT where it is not free. */
int kmem_free_at(struct inspect *c, uint64_t pfn, const char *word, struct json *json,
		 struct error *e) _must_check_;

/* A pfn by what a user wrote: a struct page, a physical address or a virtual one. -EINVAL. */
int kmem_pfn(struct kmem *k, const char *word, uint64_t *ret, struct error *e) _must_check_;
