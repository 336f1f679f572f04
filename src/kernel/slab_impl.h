/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The inside of struct slabs: what slab.c resolves for slab_lists.c and slab_sheaf.c. */
#include "kernel/fields.h"
#include "kernel/slab.h"

enum { CPU_FREELIST, CPU_SLAB, CPU_PARTIAL, CPU_FIELDS };
enum { NODE_PARTIAL_COUNT, NODE_PARTIAL, NODE_SLABS, NODE_OBJECTS, NODE_BARN, NODE_FIELDS };
enum {
	SLAB_CACHE,
	SLAB_FREELIST,
	SLAB_INUSE,
	SLAB_OBJECTS,
	SLAB_FROZEN,
	SLAB_FLAGS,
	SLAB_NEXT,
	SLAB_LIST,
	SLAB_FIELDS
};

/* A free object that a sheaf holds. */
struct sheaf_object {
	uint64_t addr;
	uint32_t cpu; /* SHEAF_OF_NODE: none's */
};
#define SHEAF_OF_NODE UINT32_MAX

/* The sheaves' objects of one cache, sorted by address. */
struct sheaf_set {
	struct sheaf_object *objects;
	size_t count, room;
	bool loaded;
	struct error error; /* where one could not be read */
};

struct sheaf_layout {
	struct fields sheaves; /* slub_percpu_sheaves: main, spare */
	struct fields sheaf;   /* slab_sheaf: size */
	uint64_t objects;      /* of slab_sheaf */
	uint64_t barn_list;    /* of slab_sheaf */
	uint64_t full;	       /* of node_barn: sheaves_full */
};

struct slabs {
	struct kernel_reader *reader;
	struct pages *pages;
	const struct percpu *percpu;
	struct fields cpu, node, slab;
	bool has_cpu, has_sheaves;
	struct sheaf_layout sheaf;
	/* kmem_cache.node or .per_node */
	uint64_t node_array, node_stride, node_pointer, barn_pointer;
	bool barn_in_array;
	uint32_t nodes;
	unsigned node_bits; /* of a page's flags, at the top */

	struct slab_cache *list; /* in the kernel's order */
	size_t count, room;
	uint32_t *by_addr;	/* indexes of list */
	struct sheaf_set *sets; /* of each in list */
	char damage[200];

	uint64_t known; /* the slab whose states these are; 0: none */
	int known_err;
	uint8_t states[SLAB_OBJECTS_MAX];
	uint32_t cpus[SLAB_OBJECTS_MAX];
};

/* The types of sheaves. False where the kernel has none. */
bool sheaf_find_layout(struct types *t, struct sheaf_layout *ret);

/* Loaded once. Objects that could be had are there in every case; errors are told again. */
int sheaf_objects(struct slabs *s, const struct slab_cache *cache, const struct sheaf_set **ret,
		  struct error *e);

void slab_shape_of(const struct slab *slab, struct slab_shape *ret);

/* kernel_read() for slab_freelist(). */
struct kernel_memory slabs_memory(const struct slabs *s);

int slabs_pointer(const struct slabs *s, uint64_t addr, uint64_t *ret, struct error *e);
