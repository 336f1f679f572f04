/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sheaves (6.18 and later): arrays of free objects that CPUs and nodes keep. Their slabs count them as in use.
 */
#include "kernel/slab_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "kernel/list.h"

#define SHEAF_LIMIT 8192      /* objects of one; kernels have some tens */
#define OBJECTS_LIMIT 4000000 /* of one cache */

enum { SHEAVES_MAIN, SHEAVES_SPARE, SHEAVES_FIELDS };
enum { SHEAF_SIZE, SHEAF_FIELDS };

static const char *const sheaves_paths[SHEAVES_FIELDS] = {
	[SHEAVES_MAIN] = "main",
	[SHEAVES_SPARE] = "spare",
};

static const char *const sheaf_paths[SHEAF_FIELDS] = { [SHEAF_SIZE] = "size" };

bool sheaf_find_layout(struct types *t, struct sheaf_layout *ret)
{
	struct type_member objects, list, full;

	if (!types_has(t, "slab_sheaf") ||
	    fields_resolve(t, "slub_percpu_sheaves", sheaves_paths, SHEAVES_FIELDS, &ret->sheaves,
			   NULL) < 0 ||
	    fields_resolve(t, "slab_sheaf", sheaf_paths, SHEAF_FIELDS, &ret->sheaf, NULL) < 0 ||
	    !types_member(t, "slab_sheaf.objects", &objects) ||
	    !types_member(t, "slab_sheaf.barn_list", &list) ||
	    !types_member(t, "node_barn.sheaves_full", &full))
		return false;
	ret->objects = objects.offset;
	ret->barn_list = list.offset;
	ret->full = full.offset;
	return true;
}

static int add_object(struct sheaf_set *set, uint64_t addr, uint32_t cpu)
{
	if (set->count == set->room) {
		size_t room = set->room ? 2 * set->room : 64;
		struct sheaf_object *objects;

		if (set->count >= OBJECTS_LIMIT)
			return -E2BIG;
		objects = reallocarray(set->objects, room, sizeof(*objects));
		if (!objects)
			return -ENOMEM;
		set->objects = objects;
		set->room = room;
	}
	set->objects[set->count++] = (struct sheaf_object){ addr, cpu };
	return 0;
}

static int add_sheaf(const struct slabs *s, uint64_t addr, uint32_t cpu, struct sheaf_set *set,
		     struct error *e)
{
	struct fields_of o;
	uint64_t size, object;
	int err = fields_read(&s->sheaf.sheaf, s->reader, addr, &o, e);

	if (err < 0)
		return err;
	size = fields_number(&o, SHEAF_SIZE);
	if (size > SHEAF_LIMIT)
		return error_set(e, -EINVAL,
				 "the sheaf %" PRIx64 " says that it has %" PRIu64 " objects", addr,
				 size);
	for (uint64_t i = 0; i < size && err == 0; i++) {
		err = slabs_pointer(s, addr + s->sheaf.objects + i * 8, &object, e);
		if (err == 0)
			err = add_object(set, object, cpu);
	}
	return err;
}

static int add_cpus(const struct slabs *s, const struct slab_cache *cache, struct sheaf_set *set,
		    struct error *e)
{
	static const unsigned fields[] = { SHEAVES_MAIN, SHEAVES_SPARE };
	int first_err = 0;

	for (uint32_t cpu = 0; cpu < s->percpu->count; cpu++) {
		struct fields_of o;
		uint64_t addr;

		if (!percpu_address(s->percpu, cpu, cache->sheaves, &addr) ||
		    fields_read(&s->sheaf.sheaves, s->reader, addr, &o, NULL) < 0)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
			uint64_t sheaf = fields_number(&o, fields[i]);
			int err = sheaf ? add_sheaf(s, sheaf, cpu, set, first_err ? NULL : e) : 0;

			first_err = first_err ? first_err : err;
		}
	}
	return first_err;
}

struct barn_walk {
	const struct slabs *slabs;
	struct sheaf_set *set;
	struct error *e;
};

static int take_sheaf(void *user, uint64_t node)
{
	struct barn_walk *w = user;

	return add_sheaf(w->slabs, node - w->slabs->sheaf.barn_list, SHEAF_OF_NODE, w->set, w->e);
}

static bool find_barn(const struct slabs *s, const struct slab_cache *cache, uint32_t node,
		      uint64_t *ret)
{
	uint64_t entry = cache->addr + s->node_array + node * s->node_stride;
	uint64_t at = entry + s->barn_pointer;

	if (!s->barn_in_array) {
		if (!s->node.there[NODE_BARN] || slabs_pointer(s, entry, &at, NULL) < 0 || !at)
			return false;
		at += s->node.member[NODE_BARN].offset;
	}
	return slabs_pointer(s, at, ret, NULL) == 0 && *ret != 0;
}

static int add_barns(const struct slabs *s, const struct slab_cache *cache, struct sheaf_set *set,
		     struct error *e)
{
	int first_err = 0;

	for (uint32_t node = 0; node < s->nodes; node++) {
		struct barn_walk w = { s, set, first_err ? NULL : e };
		uint64_t barn;
		int err;

		if (!find_barn(s, cache, node, &barn))
			continue;
		err = list_each(s->reader, barn + s->sheaf.full, 0, take_sheaf, &w, w.e);
		first_err = first_err ? first_err : err;
	}
	return first_err;
}

static int compare_objects(const void *a, const void *b)
{
	const struct sheaf_object *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

int sheaf_objects(struct slabs *s, const struct slab_cache *cache, const struct sheaf_set **ret,
		  struct error *e)
{
	struct sheaf_set *set = &s->sets[cache - s->list];
	struct error why = { 0 };
	int err, more;

	if (!set->loaded) {
		err = add_cpus(s, cache, set, &why);
		more = add_barns(s, cache, set, err < 0 ? NULL : &why);
		if (err == 0)
			err = more;
		if (set->count > 1)
			qsort(set->objects, set->count, sizeof(*set->objects), compare_objects);
		if (err < 0)
			error_set(&set->error, err, "%s: %s", cache->name, error_text(&why));
		set->loaded = true;
	}
	*ret = set;
	if (set->error.code)
		return error_set(e, set->error.code, "%s", error_text(&set->error));
	return 0;
}

int slab_each_in_sheaves(struct slabs *s, const struct slab_cache *cache,
			 int (*emit)(void *user, uint64_t object, uint32_t cpu), void *user,
			 struct error *e)
{
	const struct sheaf_set *set;
	int err, stopped;

	if (!s->has_sheaves || !cache->sheaves)
		return 0;
	err = sheaf_objects(s, cache, &set, e);
	for (size_t i = 0; i < set->count; i++) {
		stopped = emit(user, set->objects[i].addr, set->objects[i].cpu);
		if (stopped != 0)
			return stopped;
	}
	return err;
}

bool slabs_have_cpus(const struct slabs *s)
{
	return s->has_cpu;
}
