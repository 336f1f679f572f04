/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * SLUB's lists of free objects: each free object holds, at an offset, where the next one is; with CONFIG_SLAB_FREELIST_HARDENED
 * as that address ^ the cache's random number ^ the place's own address with its bytes turned round (until 5.7 and its stable
 * branches not turned). mm/slub.c. A parser over "memory at an address".
 */
#include "kernel/lazy.h"

enum slab_state {
	SLAB_ALLOCATED,
	SLAB_FREE,	/* on its slab's list */
	SLAB_CPU_FREE,	/* on a CPU's list, or in a CPU's sheaf */
	SLAB_NODE_FREE, /* in a sheaf of a node's barn */
	SLAB_UNKNOWN,	/* the lists that would tell are damaged or not in the dump */
};

/* One slab: objects of size bytes from base on. */
struct slab_shape {
	uint64_t base; /* of the first object, behind a red zone */
	uint32_t size, objects;
	uint32_t offset; /* of the pointer in a free object */
	uint64_t random;
	bool hardened;
};

/* The object that holds addr. False outside of all. */
bool slab_object_index(const struct slab_shape *s, uint64_t addr, uint32_t *ret);

/*
 * Marks the objects of the list that begins at first; *ret counts them, also on failure. Ends whatever memory holds: -EINVAL
 * where the list leaves the slab, -ELOOP where it meets an object that is marked already, errors of read().
 */
int slab_freelist(const struct kernel_memory *m, const struct slab_shape *s, uint64_t first,
		  enum slab_state mark, uint8_t *states, uint32_t *ret,
		  struct error *e) _must_check_;
