/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The slab allocator (SLUB): its caches, their slabs, and for any address which object of which cache it lies in. Free objects
 * are on the lists of slabs and of CPUs (until 6.19), or in sheaves of CPUs and nodes (from 6.18).
 *
 * Bounded whatever memory holds; what is damaged is said and the rest is still told.
 */
#include "kernel/pages.h"
#include "kernel/percpu.h"
#include "kernel/slab_freelist.h"

#define SLAB_NAME_SIZE 64
#define SLAB_CACHES_MAX 100000
#define SLAB_OBJECTS_MAX 32767 /* of one slab: 15 bits */

struct slabs;

struct slab_cache {
	uint64_t addr;
	char name[SLAB_NAME_SIZE];
	uint32_t object_size;	 /* what its users get */
	uint32_t size;		 /* from one object to the next */
	uint32_t order;		 /* a slab has 2^order pages, where there was such memory */
	uint32_t per_slab;	 /* objects */
	uint32_t offset;	 /* of a free object's pointer */
	uint32_t red_left_pad;	 /* before the first object */
	uint32_t sheaf_capacity; /* objects; 0: no sheaves */
	uint32_t users;		 /* caches that were merged into it, itself too */
	uint64_t random;
	uint64_t per_cpu, sheaves; /* kmem_cache_cpu and slub_percpu_sheaves, per-CPU; 0: none */
};

struct slab {
	uint64_t addr; /* of struct slab, which is its first struct page */
	const struct slab_cache *cache;
	uint64_t memory;
	uint64_t freelist;
	uint32_t inuse, objects; /* as the slab counts: what CPUs and sheaves keep is in use */
	uint32_t node;
	bool frozen; /* a CPU has it */
};

struct slab_cpu {
	uint64_t addr; /* of kmem_cache_cpu */
	uint64_t slab; /* that it allocates from; 0: none */
	uint64_t partial, freelist;
};

struct slab_node {
	uint64_t addr; /* of kmem_cache_node; 0: none */
	uint64_t slabs, objects, partial;
};

struct slab_usage {
	uint64_t slabs, objects, allocated;
	uint64_t bytes; /* of the slabs */
	bool damaged;	/* a list is cut: allocated is too high */
};

struct slab_object {
	struct slab slab;
	bool is_object; /* else the slab's padding, or a red zone before the first object */
	uint64_t addr;	/* of the object */
	uint32_t index;
	enum slab_state state;
	uint32_t cpu; /* of SLAB_CPU_FREE */
};

/* pages and percpu are borrowed. -ENOENT where there is no SLUB. */
int slabs_open(struct kernel_reader *r, struct symbols *symbols, struct types *types,
	       struct pages *pages, const struct percpu *percpu, struct slabs **ret,
	       struct error *e) _must_check_;
struct slabs *slabs_free(struct slabs *s);
DEFINE_CLEANUP(struct slabs *, slabs_free)

/* In the order of the kernel's list, newest first. Pointers stay valid. */
size_t slabs_list(const struct slabs *s, const struct slab_cache **ret);
const char *slabs_damage(const struct slabs *s);

const struct slab_cache *slabs_by_name(const struct slabs *s, const char *name);
const struct slab_cache *slabs_by_addr(const struct slabs *s, uint64_t addr);

/* Which object is at addr, a virtual address? -ENOENT where no slab is there. Cheap: a few reads. */
int slab_of(struct slabs *s, uint64_t addr, struct slab_object *ret, struct error *e) _must_check_;

/* The slab at a struct page. -ENOENT no slab, -EINVAL what stands there makes no sense. */
int slab_read(struct slabs *s, uint64_t page, struct slab *ret, struct error *e) _must_check_;

/*
 * The state of each object into states (SLAB_OBJECTS_MAX bytes) and, where cpus is not NULL, the CPU of SLAB_CPU_FREE. On failure,
 * a damaged list, what is left is SLAB_UNKNOWN.
 */
int slab_states(struct slabs *s, const struct slab *slab, uint8_t *states, uint32_t *cpus,
		struct error *e);

/* Totals of a cache, from its counters and its lists of partial slabs. Words of damage in e. */
void slab_cache_usage(struct slabs *s, const struct slab_cache *cache, struct slab_usage *ret,
		      struct error *e);

/* The parts of a cache. False where it has none such. */
uint32_t slabs_nodes(const struct slabs *s);
uint32_t slabs_cpus(const struct slabs *s);
bool slab_cache_cpu(struct slabs *s, const struct slab_cache *cache, uint32_t cpu,
		    struct slab_cpu *ret);
bool slab_cache_node(struct slabs *s, const struct slab_cache *cache, uint32_t node,
		     struct slab_node *ret);

typedef int (*slab_emit)(void *user, const struct slab *slab);

/* Slabs on the list of a CPU or a node. Stops where emit returns non-zero; a list that is damaged gives an error with words. */
int slab_cpu_partial(struct slabs *s, const struct slab_cache *cache, uint32_t cpu, slab_emit emit,
		     void *user, struct error *e);
int slab_node_partial(struct slabs *s, const struct slab_cache *cache, uint32_t node,
		      slab_emit emit, void *user, struct error *e);

/* All slabs of a cache (NULL: of all), by a walk over mem_map. *ret_missing: struct pages that are not in the dump. */
int slab_each(struct slabs *s, const struct slab_cache *cache, slab_emit emit, void *user,
	      uint64_t *ret_missing);

/* The free objects that sheaves hold, by address; cpu is UINT32_MAX for those of nodes. Errors as slab_cpu_partial(). */
int slab_each_in_sheaves(struct slabs *s, const struct slab_cache *cache,
			 int (*emit)(void *user, uint64_t object, uint32_t cpu), void *user,
			 struct error *e);

/* Does this kernel have slabs of CPUs (kmem_cache_cpu), or sheaves alone? */
bool slabs_have_cpus(const struct slabs *s);
