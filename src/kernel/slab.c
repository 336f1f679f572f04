/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/slab_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/search.h"
#include "kernel/list.h"

#define NODES_LIMIT 1024

/* struct kmem_cache_order_objects (mm/slab.h): the order of pages above 16 bits of how many objects. */
#define ORDER_SHIFT 16
#define ORDER_MAX 20

enum {
	C_OBJECT_SIZE,
	C_SIZE,
	C_OFFSET,
	C_OO,
	C_PAD,
	C_RANDOM,
	C_USERS,
	C_NAME,
	C_CPU,
	C_SHEAVES,
	C_CAPACITY,
	C_FIELDS
};

static const char *const cache_paths[C_FIELDS] = {
	[C_OBJECT_SIZE] = "object_size",
	[C_SIZE] = "size",
	[C_OFFSET] = "offset",
	[C_OO] = "oo.x",
	[C_PAD] = "?red_left_pad",
	[C_RANDOM] = "?random",
	[C_USERS] = "?refcount",
	[C_NAME] = "name",
	[C_CPU] = "?cpu_slab",
	[C_SHEAVES] = "?cpu_sheaves",
	[C_CAPACITY] = "?sheaf_capacity",
};

static const char *const cpu_paths[CPU_FIELDS] = {
	[CPU_FREELIST] = "freelist",
	[CPU_SLAB] = "slab|page",
	[CPU_PARTIAL] = "?partial",
};

static const char *const node_paths[NODE_FIELDS] = {
	[NODE_PARTIAL_COUNT] = "nr_partial",
	[NODE_PARTIAL] = "partial.next",
	[NODE_SLABS] = "?nr_slabs.counter",
	[NODE_OBJECTS] = "?total_objects.counter",
	[NODE_BARN] = "?barn",
};

static const char *const slab_paths[SLAB_FIELDS] = {
	[SLAB_CACHE] = "slab_cache", [SLAB_FREELIST] = "freelist",
	[SLAB_INUSE] = "inuse",	     [SLAB_OBJECTS] = "objects",
	[SLAB_FROZEN] = "frozen",    [SLAB_FLAGS] = "flags|__page_flags",
	[SLAB_NEXT] = "?next",	     [SLAB_LIST] = "slab_list.next",
};

int slabs_pointer(const struct slabs *s, uint64_t addr, uint64_t *ret, struct error *e)
{
	uint8_t bytes[8];
	int err = kernel_read(s->reader, addr, bytes, sizeof(bytes), NULL);

	if (err < 0)
		return kernel_read_error(addr, err, e);
	*ret = le64_get(bytes);
	return 0;
}

static int find_types(struct slabs *s, struct types *t, struct fields *ret_cache, struct error *e)
{
	struct type_member nodes, m;
	int err = fields_resolve(t, "kmem_cache", cache_paths, C_FIELDS, ret_cache, e);

	if (err == 0)
		err = fields_resolve(t, "kmem_cache_node", node_paths, NODE_FIELDS, &s->node, e);
	if (err == 0)
		err = fields_resolve(t, types_has(t, "slab") ? "slab" : "page", slab_paths,
				     SLAB_FIELDS, &s->slab, e);
	if (err < 0)
		return err;
	s->has_cpu = fields_resolve(t, "kmem_cache_cpu", cpu_paths, CPU_FIELDS, &s->cpu, NULL) == 0;
	s->has_sheaves = sheaf_find_layout(t, &s->sheaf);
	s->node_stride = 8;
	if (types_member(t, "kmem_cache.per_node", &nodes)) {
		if (!types_size(t, "kmem_cache_per_node_ptrs", &s->node_stride) ||
		    !types_member(t, "kmem_cache_per_node_ptrs.node", &m))
			return error_set(e, -ENOENT,
					 "the dump does not say where caches have their nodes");
		s->node_pointer = m.offset;
		s->barn_in_array = types_member(t, "kmem_cache_per_node_ptrs.barn", &m);
		s->barn_pointer = m.offset;
	} else if (!types_member(t, "kmem_cache.node", &nodes)) {
		return error_set(e, -ENOENT, "the dump does not say where caches have their nodes");
	}
	s->node_array = nodes.offset;
	/* the array has a place for each node that a page's flags can name */
	while (s->node_bits < 16 && (UINT64_C(1) << s->node_bits) < nodes.elements)
		s->node_bits++;
	return 0;
}

static bool read_cache(struct slabs *s, const struct fields *fields, uint64_t addr,
		       struct slab_cache *ret)
{
	struct fields_of o;
	uint64_t name, oo;

	if (fields_read(fields, s->reader, addr, &o, NULL) < 0)
		return false;
	oo = fields_number(&o, C_OO);
	*ret = (struct slab_cache){
		.addr = addr,
		.object_size = fields_number(&o, C_OBJECT_SIZE),
		.size = fields_number(&o, C_SIZE),
		.order = oo >> ORDER_SHIFT,
		.per_slab = oo & ((1u << ORDER_SHIFT) - 1),
		.offset = fields_number(&o, C_OFFSET),
		.red_left_pad = fields_number(&o, C_PAD),
		.sheaf_capacity = fields_number(&o, C_CAPACITY),
		.users = fields_number(&o, C_USERS),
		.random = fields_number(&o, C_RANDOM),
		.per_cpu = fields_number(&o, C_CPU),
		.sheaves = fields_number(&o, C_SHEAVES),
	};
	name = fields_number(&o, C_NAME);
	for (size_t i = 0; name && i + 1 < sizeof(ret->name); i++) {
		char *c = &ret->name[i];

		if (kernel_read(s->reader, name + i, c, 1, NULL) < 0 || !*c)
			break;
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	}
	/* what could not be the size of anything is no cache */
	return ret->size >= 8 && ret->object_size <= ret->size && ret->offset < ret->size &&
	       ret->order <= ORDER_MAX && ret->red_left_pad < ret->size;
}

struct list_walk {
	struct slabs *slabs;
	const struct fields *fields;
	uint64_t list; /* offset of kmem_cache.list */
	uint64_t last; /* the node that was met last on the way forward */
};

static int add_cache(void *user, uint64_t node)
{
	struct list_walk *w = user;
	struct slabs *s = w->slabs;
	uint64_t addr = node - w->list;

	w->last = node;
	if (s->count >= SLAB_CACHES_MAX)
		return -E2BIG;
	if (s->count == s->room) {
		size_t room = s->room ? 2 * s->room : 256;
		struct slab_cache *list = reallocarray(s->list, room, sizeof(*list));

		if (!list)
			return -ENOMEM;
		s->list = list;
		s->room = room;
	}
	if (read_cache(s, w->fields, addr, &s->list[s->count]))
		s->count++;
	else if (!s->damage[0])
		snprintf(s->damage, sizeof(s->damage), "what stands at %" PRIx64 " is no cache",
			 addr);
	return 0;
}

/* From the other end: up to where the way forward ended, which is at once where the list is whole. */
static int add_from_behind(void *user, uint64_t node)
{
	struct list_walk *w = user;
	uint64_t last = w->last;
	int err;

	if (node == last)
		return 1;
	err = add_cache(user, node);
	w->last = last;
	return err;
}

static int read_list(struct slabs *s, struct types *t, uint64_t head, const struct fields *fields,
		     struct error *e)
{
	struct list_walk w = { .slabs = s, .fields = fields };
	struct error why = { 0 };
	struct type_member list;
	size_t forward;
	int err;

	if (!types_member(t, "kmem_cache.list", &list))
		return error_set(e, -ENOENT, "kmem_cache has no member list");
	w.list = list.offset;
	err = list_each(s->reader, head, 0, add_cache, &w, &why);
	if (err < 0 && err != -ENOMEM)
		snprintf(s->damage, sizeof(s->damage), "slab_caches: %.150s", error_text(&why));
	forward = s->count;
	if (err != -ENOMEM)
		err = list_each(s->reader, head, 8, add_from_behind, &w, NULL);
	if (err == -ENOMEM)
		return error_errno(e, err, "slab caches");
	if (s->count > forward && !s->damage[0])
		snprintf(s->damage, sizeof(s->damage), "slab_caches: backward the list is longer");
	if (s->count == 0 && !s->damage[0])
		return error_set(e, -EINVAL, "slab_caches is empty");
	return 0;
}

static int compare_addr(const void *a, const void *b, void *list)
{
	const struct slab_cache *caches = list;
	uint64_t x = caches[*(const uint32_t *)a].addr, y = caches[*(const uint32_t *)b].addr;

	return x < y ? -1 : x > y;
}

static void sort_index(struct slabs *s)
{
	for (size_t i = 0; i < s->count; i++)
		s->by_addr[i] = i;
	if (s->count > 1)
		qsort_r(s->by_addr, s->count, sizeof(*s->by_addr), compare_addr, s->list);
}

/* A damaged list gives a cache more than once: the first stays. */
static void drop_doubles(struct slabs *s)
{
	size_t kept = 0;

	for (size_t i = 0; i + 1 < s->count; i++) {
		struct slab_cache *one = &s->list[s->by_addr[i]],
				  *other = &s->list[s->by_addr[i + 1]];

		if (one->addr == other->addr)
			MAX(one, other)->size = 0;
	}
	for (size_t i = 0; i < s->count; i++)
		if (s->list[i].size)
			s->list[kept++] = s->list[i];
	if (kept < s->count) {
		s->count = kept;
		sort_index(s);
	}
}

static int index_list(struct slabs *s, struct error *e)
{
	s->by_addr = calloc(s->count + 1, sizeof(*s->by_addr));
	s->sets = calloc(s->count + 1, sizeof(*s->sets));
	if (!s->by_addr || !s->sets)
		return error_errno(e, -ENOMEM, "slab caches");
	sort_index(s);
	drop_doubles(s);
	return 0;
}

static void find_nodes(struct slabs *s, struct symbols *symbols)
{
	uint8_t bytes[4];
	uint64_t at;

	s->nodes = 1;
	if (symbols_find(symbols, "nr_node_ids", &at) &&
	    kernel_read(s->reader, at, bytes, sizeof(bytes), NULL) == 0 &&
	    le32_get(bytes) <= NODES_LIMIT)
		s->nodes = MAX(le32_get(bytes), 1u);
}

int slabs_open(struct kernel_reader *r, struct symbols *symbols, struct types *types,
	       struct pages *pages, const struct percpu *percpu, struct slabs **ret,
	       struct error *e)
{
	_cleanup_(slabs_freep) struct slabs *s = calloc(1, sizeof(*s));
	struct fields cache;
	uint64_t head;
	int err;

	if (!s)
		return error_errno(e, -ENOMEM, "slab caches");
	s->reader = r;
	s->pages = pages;
	s->percpu = percpu;
	if (!symbols_find(symbols, "slab_caches", &head))
		return error_set(e, -ENOENT, "slab_caches: no such symbol in the dump");
	err = find_types(s, types, &cache, e);
	if (err < 0)
		return err;
	find_nodes(s, symbols);
	err = read_list(s, types, head, &cache, e);
	if (err == 0)
		err = index_list(s, e);
	if (err < 0)
		return err;
	*ret = TAKE_PTR(s);
	return 0;
}

struct slabs *slabs_free(struct slabs *s)
{
	if (s) {
		for (size_t i = 0; s->sets && i < s->count; i++)
			free(s->sets[i].objects);
		free(s->sets);
		free(s->by_addr);
		free(s->list);
		free(s);
	}
	return NULL;
}

size_t slabs_list(const struct slabs *s, const struct slab_cache **ret)
{
	*ret = s->list;
	return s->count;
}

const char *slabs_damage(const struct slabs *s)
{
	return s->damage[0] ? s->damage : NULL;
}

const struct slab_cache *slabs_by_name(const struct slabs *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->list[i].name, name) == 0)
			return &s->list[i];
	return NULL;
}

const struct slab_cache *slabs_by_addr(const struct slabs *s, uint64_t addr)
{
	size_t at = search_first(i, s->count, s->list[s->by_addr[i]].addr >= addr);

	return at < s->count && s->list[s->by_addr[at]].addr == addr ? &s->list[s->by_addr[at]]
								     : NULL;
}

static int make_slab(struct slabs *s, const struct fields_of *o, uint64_t pfn, struct slab *ret,
		     struct error *e)
{
	uint64_t flags = fields_number(o, SLAB_FLAGS), bytes;
	struct slab slab = {
		.addr = o->addr,
		.cache = slabs_by_addr(s, fields_number(o, SLAB_CACHE)),
		.freelist = fields_number(o, SLAB_FREELIST),
		.inuse = fields_number(o, SLAB_INUSE),
		.objects = fields_number(o, SLAB_OBJECTS),
		.frozen = fields_number(o, SLAB_FROZEN),
		.node = s->node_bits ? flags >> (64 - s->node_bits) : 0,
	};

	if (!slab.cache)
		return error_set(e, -EINVAL, "the slab %" PRIx64 " is of no known cache", o->addr);
	bytes = (uint64_t)slab.cache->size * slab.objects;
	if (slab.objects == 0 || slab.inuse > slab.objects || bytes > KIB(4) << slab.cache->order)
		return error_set(e, -EINVAL,
				 "the slab %" PRIx64 " has %u of %u objects in use: damaged",
				 o->addr, slab.inuse, slab.objects);
	if (!pages_virtual(s->pages, pfn, &slab.memory))
		return error_set(e, -ENOENT, "where memory is mapped was not found");
	if (slab.node >= s->nodes)
		slab.node = 0;
	*ret = slab;
	return 0;
}

int slab_read(struct slabs *s, uint64_t page, struct slab *ret, struct error *e)
{
	struct page_info info;
	struct fields_of o;
	int err = page_read(s->pages, page, &info, e);

	if (err < 0)
		return err;
	if (!info.slab)
		return error_set(e, -ENOENT, "%" PRIx64 " is no slab", page);
	err = fields_read(&s->slab, s->reader, info.head, &o, e);
	if (err < 0)
		return err;
	if (!pages_pfn(s->pages, info.head, &info.pfn))
		return error_set(e, -EINVAL, "%" PRIx64 " is no struct page", info.head);
	return make_slab(s, &o, info.pfn, ret, e);
}

int slab_of(struct slabs *s, uint64_t addr, struct slab_object *ret, struct error *e)
{
	uint64_t direct = pages_direct(s->pages), shift = pages_shift(s->pages), page;
	struct slab_object o = { 0 };
	struct slab_shape shape;
	int err;

	if (!direct || addr < direct || !pages_at(s->pages, (addr - direct) >> shift, &page))
		return error_set(e, -ENOENT, "%" PRIx64 " is in no slab", addr);
	err = slab_read(s, page, &o.slab, e);
	if (err < 0)
		return err;
	slab_shape_of(&o.slab, &shape);
	o.is_object = slab_object_index(&shape, addr, &o.index);
	if (o.is_object) {
		if (s->known != o.slab.addr) {
			s->known_err = slab_states(s, &o.slab, s->states, s->cpus, NULL);
			s->known = o.slab.addr;
		}
		o.addr = shape.base + (uint64_t)o.index * shape.size;
		o.state = s->states[o.index];
		o.cpu = s->cpus[o.index];
	}
	*ret = o;
	return 0;
}

struct each {
	struct slabs *slabs;
	const struct slab_cache *cache;
	slab_emit emit;
	void *user;
};

static int each_slab(void *user, uint64_t page, uint64_t pfn, const void *bytes)
{
	struct each *each = user;
	struct fields_of o;
	struct slab slab;

	fields_copy(&each->slabs->slab, page, bytes, &o);
	if ((each->cache && fields_number(&o, SLAB_CACHE) != each->cache->addr) ||
	    make_slab(each->slabs, &o, pfn, &slab, NULL) < 0)
		return 0;
	return each->emit(each->user, &slab);
}

int slab_each(struct slabs *s, const struct slab_cache *cache, slab_emit emit, void *user,
	      uint64_t *ret_missing)
{
	struct each each = { s, cache, emit, user };

	return pages_each_slab(s->pages, each_slab, &each, ret_missing);
}
