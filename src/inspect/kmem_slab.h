/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What kmem -s (kmem_slab.c) and kmem -S (kmem_slab_all.c) share. */
#include "inspect/kmem.h"

#define KMEM_SLAB_HEADING "  SLAB              MEMORY            NODE  TOTAL  ALLOCATED  FREE\n"
#define KMEM_OBJECT_HEADING "  FREE / [ALLOCATED]\n"

/* kmem -S: a cache, or all of them where cache is NULL. */
int kmem_slab_contents(struct kmem *k, struct slabs *slabs, const struct slab_cache *cache,
		       struct error *e);

bool kmem_is_ignored(const struct kmem *k, const struct slab_cache *cache);
void kmem_print_cache(struct inspect *c, struct slabs *slabs, const struct slab_cache *cache);
void kmem_print_slab(struct inspect *c, const struct slab *slab, uint32_t allocated);
void kmem_print_object_line(struct inspect *c, uint64_t addr, enum slab_state state, uint32_t cpu);

/* What is not known counts as allocated. */
uint32_t kmem_count_allocated(const uint8_t *states, uint32_t objects);
