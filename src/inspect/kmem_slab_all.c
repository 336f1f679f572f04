/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmem -S: each slab of a cache, and its objects. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "inspect/choose.h"
#include "inspect/kmem_slab.h"

/* Full slabs are on no list: one walk over mem_map finds those of all caches. */
#define FULL_LIMIT 4000000

struct full {
	uint64_t slab, cache;
};

struct contents {
	struct kmem *k;
	struct inspect *c;
	struct slabs *slabs;
	const struct slab_cache *only;
	bool *cpus; /* -S=; NULL: all */
	uint32_t cpu_count;
	struct full *full;
	size_t count, room;
	uint64_t missing; /* struct pages */
	bool objects;	  /* of the slabs that are listed now */
	bool of_cpu; /* what is listed now is the slab of a CPU: all that is free there is that CPU's */
	uint32_t cpu;
	unsigned listed;
	struct json j;
	uint8_t states[SLAB_OBJECTS_MAX];
	uint32_t owners[SLAB_OBJECTS_MAX];
};

static int note_full(void *user, const struct slab *slab)
{
	struct contents *s = user;

	if (slab->inuse != slab->objects || slab->frozen)
		return 0;
	if (s->count == s->room) {
		size_t room = s->room ? 2 * s->room : 256;
		struct full *full;

		if (s->count >= FULL_LIMIT)
			return -E2BIG;
		full = reallocarray(s->full, room, sizeof(*full));
		if (!full)
			return -ENOMEM;
		s->full = full;
		s->room = room;
	}
	s->full[s->count++] = (struct full){ slab->addr, slab->cache->addr };
	return 0;
}

static uint32_t allocated_of(const struct slab *slab, const uint8_t *states)
{
	return kmem_count_allocated(states, slab->objects);
}

static int print_slab(void *user, const struct slab *slab)
{
	struct contents *s = user;
	const uint64_t base = slab->memory + slab->cache->red_left_pad;
	struct error why = { 0 };
	int err = slab_states(s->slabs, slab, s->states, s->owners, &why);

	if (s->listed++ == 0 || s->objects)
		fputs(KMEM_SLAB_HEADING, s->c->out);
	kmem_print_slab(s->c, slab, allocated_of(slab, s->states));
	if (err < 0)
		fprintf(s->c->out, "  (%s)\n", error_text(&why));
	if (!s->objects)
		return ferror(s->c->out) ? -EPIPE : 0;
	fputs(KMEM_OBJECT_HEADING, s->c->out);
	for (uint32_t i = 0; i < slab->objects; i++) {
		bool is_cpus = s->of_cpu && s->states[i] == SLAB_FREE;

		kmem_print_object_line(s->c, base + (uint64_t)i * slab->cache->size,
				       is_cpus ? SLAB_CPU_FREE : s->states[i],
				       is_cpus ? s->cpu : s->owners[i]);
	}
	return ferror(s->c->out) ? -EPIPE : 0;
}

/* Where a list ended: what is wrong with it, or that there is nothing. */
static int end_list(struct contents *s, int err, const struct error *why)
{
	if (err == -EPIPE)
		return err;
	if (err < 0)
		fprintf(s->c->out, "  (%s)\n", error_text(why));
	else if (s->listed == 0)
		fputs("  (empty)\n", s->c->out);
	return 0;
}

static int print_cpu(struct contents *s, const struct slab_cache *cache, uint32_t cpu)
{
	struct error why = { 0 };
	struct slab_cpu here;
	struct slab slab;
	int err = 0;

	if (!slab_cache_cpu(s->slabs, cache, cpu, &here))
		return 0;
	s->objects = true;
	s->listed = 0;
	fprintf(s->c->out, "CPU %u KMEM_CACHE_CPU:\n  %" PRIx64 "\nCPU %u SLAB:\n", cpu, here.addr,
		cpu);
	if (here.slab)
		err = slab_read(s->slabs, here.slab, &slab, &why);
	s->of_cpu = true;
	s->cpu = cpu;
	if (err == 0 && here.slab)
		err = print_slab(s, &slab);
	s->of_cpu = false;
	err = end_list(s, err, &why);
	if (err < 0)
		return err;
	s->listed = 0;
	fprintf(s->c->out, "CPU %u PARTIAL:\n", cpu);
	err = slab_cpu_partial(s->slabs, cache, cpu, print_slab, s, &why);
	return end_list(s, err, &why);
}

static int print_full(struct contents *s, const struct slab_cache *cache, uint32_t node)
{
	struct error why = { 0 };
	struct slab slab;
	int err = 0;

	s->listed = 0;
	fprintf(s->c->out, "NODE %u FULL:\n", node);
	for (size_t i = 0; i < s->count && err == 0; i++)
		if (s->full[i].cache == cache->addr &&
		    slab_read(s->slabs, s->full[i].slab, &slab, NULL) == 0 && slab.node == node)
			err = print_slab(s, &slab);
	return end_list(s, err, &why);
}

static int print_node(struct contents *s, const struct slab_cache *cache, uint32_t node)
{
	struct error why = { 0 };
	struct slab_node here;
	unsigned per_cpu = 0;
	int err;

	if (!slab_cache_node(s->slabs, cache, node, &here))
		return 0;
	for (uint32_t cpu = 0; cpu < slabs_cpus(s->slabs); cpu++) {
		struct slab_cpu at;

		if (slab_cache_cpu(s->slabs, cache, cpu, &at))
			per_cpu += at.slab != 0;
	}
	fprintf(s->c->out, "KMEM_CACHE_NODE   NODE  SLABS  PARTIAL  PER-CPU\n");
	fprintf(s->c->out, "%016" PRIx64 "  %4u  %5" PRIu64 "  %7" PRIu64 "  %7u\n", here.addr,
		node, here.slabs, here.partial, per_cpu);
	s->objects = !slabs_have_cpus(s->slabs);
	s->listed = 0;
	fprintf(s->c->out, "NODE %u PARTIAL:\n", node);
	err = slab_node_partial(s->slabs, cache, node, print_slab, s, &why);
	err = end_list(s, err, &why);
	return err < 0 ? err : print_full(s, cache, node);
}

static int print_sheaf_object(void *user, uint64_t object, uint32_t cpu)
{
	struct contents *s = user;

	if (s->listed++ == 0)
		fputs("FREE IN SHEAVES:\n", s->c->out);
	kmem_print_object_line(s->c, object, cpu == UINT32_MAX ? SLAB_NODE_FREE : SLAB_CPU_FREE,
			       cpu);
	return 0;
}

static int print_cache(struct contents *s, const struct slab_cache *cache)
{
	struct error why = { 0 };
	int err = 0;

	kmem_print_cache(s->c, s->slabs, cache);
	for (uint32_t cpu = 0; cpu < slabs_cpus(s->slabs) && err == 0; cpu++)
		if (!s->cpus || (cpu < s->cpu_count && s->cpus[cpu]))
			err = print_cpu(s, cache, cpu);
	s->listed = 0;
	if (err == 0 && slab_each_in_sheaves(s->slabs, cache, print_sheaf_object, s, &why) < 0)
		fprintf(s->c->out, "  (%s)\n", error_text(&why));
	for (uint32_t node = 0; node < slabs_nodes(s->slabs) && err == 0; node++)
		err = print_node(s, cache, node);
	fputc('\n', s->c->out);
	return err;
}

/* JSON has every slab that mem_map has, with the state of each object. */
static int json_slab(void *user, const struct slab *slab)
{
	struct contents *s = user;
	const uint64_t base = slab->memory + slab->cache->red_left_pad;
	struct error why = { 0 };
	struct json *j = &s->j;
	int err;

	if (kmem_is_ignored(s->k, slab->cache))
		return 0;
	err = slab_states(s->slabs, slab, s->states, s->owners, &why);
	json_object(j);
	json_put_string(j, "cache", slab->cache->name);
	json_put_hex(j, "slab", slab->addr);
	json_put_hex(j, "memory", slab->memory);
	json_put_uint(j, "node", slab->node);
	json_put_uint(j, "allocated", allocated_of(slab, s->states));
	json_put_string(j, "damage", err < 0 ? error_text(&why) : NULL);
	json_put_array(j, "objects");
	for (uint32_t i = 0; i < slab->objects; i++) {
		json_object(j);
		json_put_hex(j, "address", base + (uint64_t)i * slab->cache->size);
		json_put_string(j, "state", kmem_state_words(s->states[i]));
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
	return 0;
}

static int run_json(struct contents *s, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };

	inspect_json_begin(s->c, &s->j, &buf, "kmem");
	json_put_array(&s->j, "slabs");
	(void)!slab_each(s->slabs, s->only, json_slab, s, &s->missing);
	json_array_end(&s->j);
	json_put_uint(&s->j, "missing_struct_pages", s->missing);
	return inspect_json_end(s->c, &s->j, e);
}

static int run_text(struct contents *s, struct error *e)
{
	const struct slab_cache *list;
	size_t n = slabs_list(s->slabs, &list);
	int err = slab_each(s->slabs, s->only, note_full, s, &s->missing);

	if (err == -ENOMEM)
		return error_errno(e, err, "slabs");
	if (err == -E2BIG)
		fprintf(s->c->out, "(of the full slabs the first %d are listed)\n", FULL_LIMIT);
	if (s->missing > 0)
		fprintf(s->c->out,
			"(%" PRIu64
			" struct pages are not in the dump: perhaps not all full slabs)\n",
			s->missing);
	err = 0;
	for (size_t i = 0; i < n && err == 0; i++)
		if ((!s->only || s->only == &list[i]) && !kmem_is_ignored(s->k, &list[i]))
			err = print_cache(s, &list[i]);
	if (slabs_damage(s->slabs))
		fprintf(s->c->out, "(perhaps not all caches: %s)\n", slabs_damage(s->slabs));
	return err;
}

int kmem_slab_contents(struct kmem *k, struct slabs *slabs, const struct slab_cache *cache,
		       struct error *e)
{
	struct contents *s = calloc(1, sizeof(*s));
	int err = 0;

	if (!s)
		return error_errno(e, -ENOMEM, "slabs");
	s->k = k;
	s->c = k->c;
	s->slabs = slabs;
	s->only = cache;
	if (k->cpus)
		err = choose_cpus(k->c, k->cpus, &s->cpus, &s->cpu_count, e);
	if (err == 0)
		err = k->c->json ? run_json(s, e) : run_text(s, e);
	free(s->cpus);
	free(s->full);
	free(s);
	return err;
}
