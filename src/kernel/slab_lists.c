/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lists of slabs that caches have for CPUs and nodes, and the objects that are free. */
#include "kernel/slab_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/search.h"
#include "kernel/list.h"

uint32_t slabs_nodes(const struct slabs *s)
{
	return s->nodes;
}

uint32_t slabs_cpus(const struct slabs *s)
{
	return s->has_cpu ? s->percpu->count : 0;
}

static int read_memory(void *user, uint64_t vaddr, void *buf, size_t len, struct error *e)
{
	int err = kernel_read(user, vaddr, buf, len, NULL);

	return err < 0 ? kernel_read_error(vaddr, err, e) : 0;
}

struct kernel_memory slabs_memory(const struct slabs *s)
{
	return (struct kernel_memory){ .read = read_memory, .user = s->reader };
}

void slab_shape_of(const struct slab *slab, struct slab_shape *ret)
{
	const struct slab_cache *cache = slab->cache;

	*ret = (struct slab_shape){
		.base = slab->memory + cache->red_left_pad,
		.size = cache->size,
		.objects = slab->objects,
		.offset = cache->offset,
		.random = cache->random,
		.hardened = cache->random != 0,
	};
}

bool slab_cache_cpu(struct slabs *s, const struct slab_cache *cache, uint32_t cpu,
		    struct slab_cpu *ret)
{
	struct fields_of o;
	uint64_t addr;

	if (!s->has_cpu || !cache->per_cpu ||
	    !percpu_address(s->percpu, cpu, cache->per_cpu, &addr) ||
	    fields_read(&s->cpu, s->reader, addr, &o, NULL) < 0)
		return false;
	*ret = (struct slab_cpu){
		.addr = addr,
		.slab = fields_number(&o, CPU_SLAB),
		.partial = fields_number(&o, CPU_PARTIAL),
		.freelist = fields_number(&o, CPU_FREELIST),
	};
	return true;
}

bool slab_cache_node(struct slabs *s, const struct slab_cache *cache, uint32_t node,
		     struct slab_node *ret)
{
	struct fields_of o;
	uint64_t addr;

	if (node >= s->nodes ||
	    slabs_pointer(s, cache->addr + s->node_array + node * s->node_stride + s->node_pointer,
			  &addr, NULL) < 0 ||
	    !addr || fields_read(&s->node, s->reader, addr, &o, NULL) < 0)
		return false;
	*ret = (struct slab_node){
		.addr = addr,
		.slabs = fields_number(&o, NODE_SLABS),
		.objects = fields_number(&o, NODE_OBJECTS),
		.partial = fields_number(&o, NODE_PARTIAL_COUNT),
	};
	return true;
}

/* What a walk over a list of slabs hands to its callers, once it is seen to be theirs. */
struct list_walk {
	struct slabs *slabs;
	const struct slab_cache *cache;
	slab_emit emit;
	void *user;
	uint64_t offset; /* of the link in struct slab */
	struct error *e;
};

static int take_slab(void *user, uint64_t node)
{
	struct list_walk *w = user;
	struct slab slab;
	int err = slab_read(w->slabs, node - w->offset, &slab, w->e);

	if (err < 0)
		return err;
	if (slab.cache != w->cache)
		return error_set(w->e, -EINVAL, "the list leads to %" PRIx64 ", a slab of %s",
				 slab.addr, slab.cache->name);
	return w->emit(w->user, &slab);
}

/* head is where the pointer to the first one is. */
static int each_linked(struct slabs *s, const struct slab_cache *cache, uint64_t head,
		       unsigned field, slab_emit emit, void *user, struct error *e)
{
	struct error why = { 0 };
	struct list_walk w = { s, cache, emit, user, s->slab.member[field].offset, &why };
	/* `next` chains lead to structs, lists to the links in them */
	bool chain = field == SLAB_NEXT;
	uint64_t next = chain ? w.offset : 0;
	int err;

	if (chain)
		w.offset = 0;
	err = list_each(s->reader, head - next, next, take_slab, &w, &why);
	return err < 0 ? error_set(e, err, "%s: %s", cache->name, error_text(&why)) : err;
}

int slab_cpu_partial(struct slabs *s, const struct slab_cache *cache, uint32_t cpu, slab_emit emit,
		     void *user, struct error *e)
{
	struct slab_cpu c;

	if (!slab_cache_cpu(s, cache, cpu, &c) || !c.partial || !s->slab.there[SLAB_NEXT])
		return 0;
	return each_linked(s, cache, c.addr + s->cpu.member[CPU_PARTIAL].offset, SLAB_NEXT, emit,
			   user, e);
}

int slab_node_partial(struct slabs *s, const struct slab_cache *cache, uint32_t node,
		      slab_emit emit, void *user, struct error *e)
{
	struct slab_node n;

	if (!slab_cache_node(s, cache, node, &n))
		return 0;
	return each_linked(s, cache, n.addr + s->node.member[NODE_PARTIAL].offset, SLAB_LIST, emit,
			   user, e);
}

static void mark_sheaves(struct slabs *s, const struct slab *slab, const struct slab_shape *shape,
			 uint8_t *states, uint32_t *cpus, int *err, struct error *e)
{
	const uint64_t end = shape->base + (uint64_t)shape->size * shape->objects;
	const struct sheaf_set *set;
	int told = sheaf_objects(s, slab->cache, &set, e);
	size_t at = search_first(i, set->count, set->objects[i].addr >= shape->base);

	if (*err == 0)
		*err = told;
	for (; at < set->count && set->objects[at].addr < end; at++) {
		const struct sheaf_object *o = &set->objects[at];
		uint32_t index;

		if (!slab_object_index(shape, o->addr, &index) || states[index] != SLAB_ALLOCATED)
			continue;
		states[index] = o->cpu == SHEAF_OF_NODE ? SLAB_NODE_FREE : SLAB_CPU_FREE;
		if (cpus)
			cpus[index] = o->cpu;
	}
}

/* The list of the CPU that has this slab. */
static int mark_cpu(struct slabs *s, const struct slab *slab, const struct slab_shape *shape,
		    uint8_t *states, uint32_t *cpus, struct error *e)
{
	const struct kernel_memory memory = slabs_memory(s);
	struct slab_cpu c;
	uint32_t count;
	int err;

	for (uint32_t cpu = 0; cpu < slabs_cpus(s); cpu++) {
		if (!slab_cache_cpu(s, slab->cache, cpu, &c) || c.slab != slab->addr)
			continue;
		err = slab_freelist(&memory, shape, c.freelist, SLAB_CPU_FREE, states, &count, e);
		for (uint32_t i = 0; cpus && i < shape->objects; i++)
			if (states[i] == SLAB_CPU_FREE)
				cpus[i] = cpu;
		return err;
	}
	return 0;
}

int slab_states(struct slabs *s, const struct slab *slab, uint8_t *states, uint32_t *cpus,
		struct error *e)
{
	const struct kernel_memory memory = slabs_memory(s);
	struct slab_shape shape;
	uint32_t count;
	int err, told;

	slab_shape_of(slab, &shape);
	memset(states, SLAB_ALLOCATED, shape.objects);
	if (cpus)
		memset(cpus, 0, shape.objects * sizeof(*cpus));
	err = slab_freelist(&memory, &shape, slab->freelist, SLAB_FREE, states, &count, e);
	if (slab->frozen) {
		told = mark_cpu(s, slab, &shape, states, cpus, err == 0 ? e : NULL);
		err = err < 0 ? err : told;
	}
	if (s->has_sheaves && slab->cache->sheaves)
		mark_sheaves(s, slab, &shape, states, cpus, &err, err == 0 ? e : NULL);
	for (uint32_t i = 0; err < 0 && i < shape.objects; i++)
		if (states[i] == SLAB_ALLOCATED)
			states[i] = SLAB_UNKNOWN;
	return err;
}

static int add_free(void *user, const struct slab *slab)
{
	uint64_t *free = user;

	*free += slab->objects - slab->inuse;
	return 0;
}

static int free_on_cpu(struct slabs *s, const struct slab_cache *cache, uint32_t cpu,
		       uint64_t *free, struct error *e)
{
	const struct kernel_memory memory = slabs_memory(s);
	struct slab_shape shape;
	struct slab_cpu c;
	struct slab slab;
	uint32_t count;
	int err;

	if (!slab_cache_cpu(s, cache, cpu, &c))
		return 0;
	if (c.slab) {
		err = slab_read(s, c.slab, &slab, e);
		if (err < 0)
			return err;
		if (slab.cache != cache)
			return error_set(e, -EINVAL, "%s: CPU %u has a slab of %s", cache->name,
					 cpu, slab.cache->name);
		slab_shape_of(&slab, &shape);
		memset(s->states, SLAB_ALLOCATED, shape.objects);
		s->known = 0;
		err = slab_freelist(&memory, &shape, c.freelist, SLAB_CPU_FREE, s->states, &count,
				    e);
		*free += count + slab.objects - slab.inuse;
		if (err < 0)
			return error_prefix(e, err, "%s: CPU %u", cache->name, cpu);
	}
	return slab_cpu_partial(s, cache, cpu, add_free, free, e);
}

static void keep_first(int err, struct error *first, const struct error *e)
{
	if (err < 0 && first->code == 0)
		*first = *e;
}

void slab_cache_usage(struct slabs *s, const struct slab_cache *cache, struct slab_usage *ret,
		      struct error *e)
{
	struct error first = { 0 }, why = { 0 };
	struct slab_usage u = { 0 };
	const struct sheaf_set *set;
	uint64_t free = 0;

	for (uint32_t node = 0; node < s->nodes; node++) {
		struct slab_node n;

		if (!slab_cache_node(s, cache, node, &n))
			continue;
		u.slabs += n.slabs;
		u.objects += n.objects;
		keep_first(slab_node_partial(s, cache, node, add_free, &free, &why), &first, &why);
	}
	for (uint32_t cpu = 0; cpu < slabs_cpus(s); cpu++)
		keep_first(free_on_cpu(s, cache, cpu, &free, &why), &first, &why);
	if (s->has_sheaves && cache->sheaves) {
		keep_first(sheaf_objects(s, cache, &set, &why), &first, &why);
		free += set->count;
	}
	u.allocated = u.objects - MIN(free, u.objects);
	u.bytes = u.slabs * (KIB(4) << cache->order);
	u.damaged = first.code != 0;
	if (u.damaged && e)
		*e = first;
	*ret = u;
}
