/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmem -s: the slab caches and what they hold. */
#include "inspect/kmem.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/kmem_slab.h"

static const struct column columns[] = {
	{ "cache", "CACHE", COLUMN_ADDRESS, -16 },
	{ "object_size", "OBJSIZE", COLUMN_UINT, 7 },
	{ "allocated", "ALLOCATED", COLUMN_UINT, 9 },
	{ "total", "TOTAL", COLUMN_UINT, 8 },
	{ "slabs", "SLABS", COLUMN_UINT, 5 },
	{ "slab_size", NULL, COLUMN_UINT, 0 },
	{ NULL, "SSIZE", COLUMN_TEXT, 5 },
	{ "name", "NAME", COLUMN_TEXT, 0 },
	{ "merged", NULL, COLUMN_UINT, 0 },
	{ "damage", NULL, COLUMN_TEXT, 0 },
};

const char *kmem_state_words(enum slab_state state)
{
	static const char *const words[] = {
		[SLAB_ALLOCATED] = "allocated",	   [SLAB_FREE] = "free",
		[SLAB_CPU_FREE] = "free on a CPU", [SLAB_NODE_FREE] = "free on a node",
		[SLAB_UNKNOWN] = "unknown",
	};

	return words[state];
}

static void cache_row(const struct table *t, const struct slab_cache *cache,
		      const struct slab_usage *u, const struct error *why)
{
	const uint64_t size = KIB(4) << cache->order;
	char words[24];

	snprintf(words, sizeof(words), "%" PRIu64 "k", size / 1024);
	table_row(t, (union cell[]){ { .n = cache->addr },
				     { .n = cache->object_size },
				     { .n = u->allocated },
				     { .n = u->objects },
				     { .n = u->slabs },
				     { .n = size },
				     { .text = words },
				     { .text = cache->name },
				     { .n = cache->users },
				     { .text = u->damaged ? error_text(why) : NULL } });
}

void kmem_print_cache(struct inspect *c, struct slabs *slabs, const struct slab_cache *cache)
{
	struct slab_usage u;
	struct error why = { 0 };
	struct table t;

	slab_cache_usage(slabs, cache, &u, &why);
	table_begin(&t, columns, ARRAY_SIZE(columns), c->out, NULL);
	cache_row(&t, cache, &u, &why);
	if (u.damaged)
		fprintf(c->out, "(%s)\n", error_text(&why));
}

bool kmem_is_ignored(const struct kmem *k, const struct slab_cache *cache)
{
	const char *at = k->ignore;
	size_t len = strlen(cache->name);

	while (at && *at) {
		size_t n = strcspn(at, ",");

		if (n == len && memcmp(at, cache->name, n) == 0)
			return true;
		at += n + (at[n] == ',');
	}
	return false;
}

static int list_names(struct inspect *c, struct slabs *slabs, struct error *e)
{
	static const struct column names[] = { { "cache", "", COLUMN_ADDRESS, 0 },
					       { "name", "", COLUMN_TEXT, 0 } };
	const struct slab_cache *list;
	size_t n = slabs_list(slabs, &list);
	struct inspect_rows r;

	inspect_rows_begin(c, &r, "kmem", "caches", names, ARRAY_SIZE(names));
	for (size_t i = 0; i < n; i++) {
		if (r.table.json)
			table_row(&r.table, (union cell[]){ { .n = list[i].addr },
							    { .text = list[i].name } });
		else
			fprintf(c->out, "%016" PRIx64 " %s\n", list[i].addr, list[i].name);
	}
	return inspect_rows_end(c, &r, e);
}

/* Every cache, or the one named. What is damaged is named below the table; the rest is true. */
static int list_caches(struct kmem *k, struct slabs *slabs, const struct slab_cache *only,
		       struct error *e)
{
	struct error first = { 0 };
	const struct slab_cache *list;
	size_t n = slabs_list(slabs, &list), damaged = 0;
	struct inspect_rows r;

	inspect_rows_begin(k->c, &r, "kmem", "caches", columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < n; i++) {
		struct error why = { 0 };
		struct slab_usage u;

		if (only && &list[i] != only)
			continue;
		if (kmem_is_ignored(k, &list[i])) {
			if (!k->c->json)
				fprintf(k->c->out, "%016" PRIx64 " %-44s %s\n", list[i].addr,
					"[IGNORED]", list[i].name);
			continue;
		}
		slab_cache_usage(slabs, &list[i], &u, &why);
		cache_row(&r.table, &list[i], &u, &why);
		if (u.damaged && damaged++ == 0)
			first = why;
	}
	if (damaged > 0 && !k->c->json)
		fprintf(k->c->out,
			"(%zu caches are damaged, and count too much as allocated: %s)\n", damaged,
			error_text(&first));
	if (slabs_damage(slabs) && !k->c->json)
		fprintf(k->c->out, "(perhaps not all caches: %s)\n", slabs_damage(slabs));
	r.damage = slabs_damage(slabs);
	return inspect_rows_end(k->c, &r, e);
}

void kmem_print_slab(struct inspect *c, const struct slab *slab, uint32_t allocated)
{
	fprintf(c->out, "  %016" PRIx64 "  %016" PRIx64 "  %4u  %5u  %9u  %4u\n", slab->addr,
		slab->memory, slab->node, slab->objects, allocated, slab->objects - allocated);
}

void kmem_print_object_line(struct inspect *c, uint64_t addr, enum slab_state state, uint32_t cpu)
{
	switch (state) {
	case SLAB_ALLOCATED:
		fprintf(c->out, "  [%" PRIx64 "]\n", addr);
		return;
	case SLAB_CPU_FREE:
		fprintf(c->out, "   %" PRIx64 "  (cpu %u cache)\n", addr, cpu);
		return;
	case SLAB_NODE_FREE:
		fprintf(c->out, "   %" PRIx64 "  (node cache)\n", addr);
		return;
	case SLAB_UNKNOWN:
		fprintf(c->out, "  ?%" PRIx64 "?\n", addr);
		return;
	case SLAB_FREE:
		break;
	}
	fprintf(c->out, "   %" PRIx64 "  \n", addr);
}

uint32_t kmem_count_allocated(const uint8_t *states, uint32_t objects)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < objects; i++)
		n += states[i] == SLAB_ALLOCATED || states[i] == SLAB_UNKNOWN;
	return n;
}

void kmem_print_object(struct inspect *c, struct slabs *slabs, const struct slab_object *o)
{
	uint8_t states[SLAB_OBJECTS_MAX];
	struct error why = { 0 };
	int err = slab_states(slabs, &o->slab, states, NULL, &why);

	kmem_print_cache(c, slabs, o->slab.cache);
	fputs(KMEM_SLAB_HEADING, c->out);
	kmem_print_slab(c, &o->slab, kmem_count_allocated(states, o->slab.objects));
	if (err < 0)
		fprintf(c->out, "(%s)\n", error_text(&why));
	if (!o->is_object) {
		fputs("  (in no object of the slab)\n", c->out);
		return;
	}
	fputs(KMEM_OBJECT_HEADING, c->out);
	kmem_print_object_line(c, o->addr, o->state, o->cpu);
}

void kmem_json_object(struct json *j, const struct slab_object *o)
{
	json_object(j);
	json_put_string(j, "cache", o->slab.cache->name);
	json_put_hex(j, "cache_address", o->slab.cache->addr);
	json_put_hex(j, "slab", o->slab.addr);
	json_put_hex(j, "memory", o->slab.memory);
	json_name(j, "object");
	if (o->is_object)
		json_hex(j, o->addr);
	else
		json_string(j, NULL);
	json_put_string(j, "state", o->is_object ? kmem_state_words(o->state) : NULL);
	json_put_uint(j, "index", o->index);
	json_object_end(j);
}

static int show_object(struct kmem *k, struct slabs *slabs, const char *word, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct slab_object o;
	struct json j;
	uint64_t addr;
	int err = inspect_address(k->c, word, &addr, NULL);

	if (err < 0)
		return error_set(e, -EINVAL, "%s is neither a slab cache nor an address", word);
	err = slab_of(slabs, addr, &o, e);
	if (err < 0)
		return err;
	if (!k->c->json) {
		kmem_print_object(k->c, slabs, &o);
		return 0;
	}
	inspect_json_begin(k->c, &j, &buf, "kmem");
	json_name(&j, "object");
	kmem_json_object(&j, &o);
	return inspect_json_end(k->c, &j, e);
}

int kmem_slabs(struct kmem *k, struct error *e)
{
	const struct slab_cache *cache = NULL;
	struct slabs *slabs;
	uint64_t addr;
	int err = inspect_slabs(k->c, &slabs, e);

	if (err < 0)
		return err;
	if (k->count > 1)
		return error_set(e, -EINVAL, "one cache or address");
	if (k->count == 1 && strcmp(k->words[0], "list") == 0)
		return list_names(k->c, slabs, e);
	if (k->count == 1) {
		cache = slabs_by_name(slabs, k->words[0]);
		if (!cache && inspect_hex(k->words[0], &addr))
			cache = slabs_by_addr(slabs, addr);
		if (!cache)
			return show_object(k, slabs, k->words[0], e);
	}
	return k->objects ? kmem_slab_contents(k, slabs, cache, e)
			  : list_caches(k, slabs, cache, e);
}
